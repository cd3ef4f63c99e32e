#include "base/lock.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "1234 2026-01-02T03:04:05Z" */
static void read_holder(int fd, struct lock_holder *out)
{
    char line[64] = "";
    *out = (struct lock_holder){0};
    ssize_t got = pread(fd, line, sizeof line - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    if (sscanf(line, "%ld %31[0-9TZ:-]", &out->process, out->since) != 2 || out->process <= 0)
        *out = (struct lock_holder){0};
}

static bool write_holder(int fd)
{
    char since[32], line[64];
    clock_stamp(time(NULL), since);
    int length = snprintf(line, sizeof line, "%ld %s\n", (long)getpid(), since);
    return ftruncate(fd, 0) == 0 && fchmod(fd, 0600) == 0 &&
           pwrite(fd, line, (size_t)length, 0) == length;
}

static enum lock lock_file(int fd, const char *place, struct lock_holder *holder, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        error_set(err, STATUS_NO, place, "remove it", "the lock must be a regular file");
        return LOCK_FAILED;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && write_holder(fd))
        return LOCK_TAKEN;
    if (errno == EWOULDBLOCK) {
        read_holder(fd, holder);
        return LOCK_HELD;
    }
    error_system(err, place, "cannot be locked");
    return LOCK_FAILED;
}

/* It may have been removed (lock_drop) between our opening it and our lock. */
static bool is_there(int dir, const char *name, int fd)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static enum lock try_lock(int dir, const char *name, const char *place, int *fd,
                          struct lock_holder *holder, struct error *err)
{
    *fd =
        openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (*fd < 0) {
        error_system(err, place, "cannot be locked for writing");
        if (err && errno != ELOOP)
            err->code = STATUS_SYSTEM;
        return LOCK_FAILED;
    }
    enum lock outcome = lock_file(*fd, place, holder, err);
    if (outcome != LOCK_TAKEN) {
        close(*fd);
        *fd = -1;
    }
    return outcome;
}

enum lock lock_take(int dir, const char *name, const char *place, int *fd,
                    struct lock_holder *holder, struct error *err)
{
    enum lock outcome = try_lock(dir, name, place, fd, holder, err);
    while (outcome == LOCK_TAKEN && !is_there(dir, name, *fd)) {
        close(*fd);
        outcome = try_lock(dir, name, place, fd, holder, err);
    }
    return outcome;
}

bool lock_wait(int dir, const char *name, const char *place, int *fd, struct error *err)
{
    *fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    int outcome = *fd < 0 ? -1 : flock(*fd, LOCK_EX);
    while (outcome != 0 && *fd >= 0 && errno == EINTR)
        outcome = flock(*fd, LOCK_EX);
    if (outcome == 0)
        return true;
    error_system(err, place, "cannot be locked for writing");
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return false;
}

void lock_drop(int dir, const char *name, int fd)
{
    if (fd < 0)
        return;
    unlinkat(dir, name, 0);
    close(fd);
}
