#include "base/job.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    pthread_t thread;
    job_function run;
    void *arg;
    struct progress progress;
    atomic_bool cancelled;
    struct error err;
    bool good;
    int read_end;
};

static void *work(void *arg)
{
    struct job *job = arg;
    job->good = job->run(job->arg, &job->progress, &job->err);
    close(job->progress.fd);
    return NULL;
}

bool job_start(job_function fn, void *arg, struct job **out, int *fd, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_system(err, "", "no pipe");
    struct job *job = xcalloc(1, sizeof *job);
    job->run = fn;
    job->arg = arg;
    job->read_end = ends[0];
    job->progress.fd = ends[1];
    job->progress.cancelled = &job->cancelled;

    /* Signals go to the loop's thread only. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&job->thread, NULL, work, job);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed) {
        close(ends[0]);
        close(ends[1]);
        free(job);
        errno = failed;
        return error_system(err, "", "no thread");
    }
    *out = job;
    *fd = ends[0];
    return true;
}

void job_cancel(struct job *job)
{
    atomic_store(&job->cancelled, true);
}

bool job_join(struct job *job, struct error *err)
{
    pthread_join(job->thread, NULL);
    bool good = job->good;
    if (err)
        *err = job->err;
    close(job->read_end);
    free(job);
    return good;
}

bool progress_cancelled(const struct progress *progress)
{
    return progress && progress->cancelled && atomic_load(progress->cancelled);
}

bool progress_step(struct progress *progress, size_t done, size_t total, const char *note)
{
    if (!progress)
        return true;
    if (progress->fd >= 0) {
        char line[512];
        int length = snprintf(line, sizeof line - 1, "%zu %zu %s", done, total, note);
        size_t size = length < 0 ? 0 : (size_t)length;
        if (size > sizeof line - 2)
            size = sizeof line - 2;
        line[size++] = '\n';
        ssize_t written = write(progress->fd, line, size);
        (void)written; /* a reader that is gone is no reason to stop */
    }
    return !progress_cancelled(progress);
}
