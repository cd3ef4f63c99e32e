#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* A disk's journal writes what several ask for in one go, if they ask at the same time. */
enum { THREADS = 4 };

struct syncing {
    const int *fds;
    size_t count;
    atomic_size_t next;
    atomic_size_t failed; /* the first place */
    atomic_int why;
};

static void *work(void *arg)
{
    struct syncing *syncing = arg;
    for (size_t i; (i = atomic_fetch_add(&syncing->next, 1)) < syncing->count;) {
        int fd = syncing->fds[i];
        bool good = fsync(fd) == 0;
        int why = errno;
        if (close(fd) != 0 && good) {
            good = false;
            why = errno;
        }
        if (!good && i < atomic_load(&syncing->failed)) {
            atomic_store(&syncing->failed, i);
            atomic_store(&syncing->why, why);
        }
    }
    return NULL;
}

size_t files_sync(const int *fds, size_t count)
{
    struct syncing syncing = {.fds = fds, .count = count, .failed = count};
    pthread_t threads[THREADS - 1];
    size_t started = 0;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (started < THREADS - 1 && started + 1 < count &&
           pthread_create(&threads[started], NULL, work, &syncing) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    work(&syncing);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    errno = syncing.why;
    return syncing.failed;
}

bool unsynced_flush(struct unsynced *unsynced, struct error *err)
{
    size_t count = unsynced->count, failed = files_sync(unsynced->fds, count);
    bool good = failed == count || error_system(err, unsynced->names[failed], "cannot be written");
    for (size_t i = 0; i < count; i++)
        free(unsynced->names[i]);
    unsynced->count = 0;
    return good;
}

bool unsynced_add(struct unsynced *unsynced, int fd, const char *name, struct error *err)
{
    unsynced->fds[unsynced->count] = fd;
    unsynced->names[unsynced->count++] = xstrdup(name);
    return unsynced->count < sizeof unsynced->fds / sizeof *unsynced->fds ||
           unsynced_flush(unsynced, err);
}

bool disk_sync(int fd, const char *name, struct error *err)
{
    return syncfs(fd) == 0 || error_system(err, name, "cannot be synced");
}
