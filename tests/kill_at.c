/* Loaded before a program: kills it at its N-th call that writes, before that call is made
 * (KILL_AT, from 1). Every call is a moment at which a machine may lose its power. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void count(void)
{
    static int calls;
    const char *at = getenv("KILL_AT");
    if (at && ++calls == atoi(at))
        kill(getpid(), SIGKILL);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int openat(int dir, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (flags & O_CREAT)
        count();
    return NEXT(openat)(dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (flags & O_CREAT)
        count();
    return NEXT(open)(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t length)
{
    if (fd > 2)
        count();
    return NEXT(write)(fd, data, length);
}

int fsync(int fd)
{
    count();
    return NEXT(fsync)(fd);
}

int syncfs(int fd)
{
    count();
    return NEXT(syncfs)(fd);
}

int fchmod(int fd, mode_t mode)
{
    count();
    return NEXT(fchmod)(fd, mode);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    count();
    return NEXT(renameat)(from_dir, from, to_dir, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    count();
    return NEXT(linkat)(from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
    count();
    return NEXT(unlinkat)(dir, path, flags);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    count();
    return NEXT(mkdirat)(dir, path, mode);
}
