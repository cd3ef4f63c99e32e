#include "base/secret.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* A FIFO that nobody opens for writing would be waited for without an end. */
enum { WRITER_SECONDS = 10, WRITER_POLL_MS = 50 };

void secret_set(struct secret *secret, const void *data, size_t length)
{
    secret_free(secret);
    secret->data = xcalloc(1, length + 1);
    if (length)
        memcpy(secret->data, data, length);
    secret->length = length;
}

void secret_free(struct secret *secret)
{
    wipe(secret->data, secret->length);
    free(secret->data);
    *secret = (struct secret){0};
}

/* Waits until there is something to read, for a writer's first byte as long as it takes. false when
 * no writer came to a FIFO. */
static bool wait_for_input(int fd, ssize_t got, bool is_fifo, time_t since)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (got < 0) { /* a writer is there and thinks */
        poll(&wait, 1, -1);
        return true;
    }
    if (!is_fifo || time(NULL) - since > WRITER_SECONDS)
        return false;
    poll(NULL, 0, WRITER_POLL_MS);
    return true;
}

/* The first line, or all there is; a byte too many tells that it is too long. */
static bool read_line(int fd, bool is_fifo, char line[static PASSWORD_MAX + 1], size_t *length)
{
    time_t since = time(NULL);
    *length = 0;
    for (;;) {
        ssize_t got = read(fd, line + *length, PASSWORD_MAX + 1 - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got > 0) {
            const char *start = line + *length;
            *length += (size_t)got;
            if (*length > PASSWORD_MAX || memchr(start, '\n', (size_t)got))
                return true;
        } else if ((got < 0 && errno != EAGAIN) || (got == 0 && *length)) {
            return got == 0;
        } else if (!wait_for_input(fd, got, is_fifo, since)) {
            return true;
        }
    }
}

bool secret_read(const char *path, struct secret *out, struct error *err)
{
    char line[PASSWORD_MAX + 1];
    size_t length = 0;
    struct stat info;
    /* Without O_NONBLOCK a FIFO would block before its writer's absence can be told. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool good =
        fd >= 0 && fstat(fd, &info) == 0 && read_line(fd, S_ISFIFO(info.st_mode), line, &length);
    if (!good)
        error_system(err, path, "the password cannot be read");
    if (fd >= 0)
        close(fd);
    size_t end = 0;
    while (end < length && line[end] != '\n' && line[end] != '\r')
        end++;
    if (good && length == 0)
        good = error_set(err, STATUS_NO, path, "write the password into its first line",
                         "it is empty: no password is in it");
    else if (good && end > PASSWORD_MAX)
        good = error_set(err, STATUS_NO, path, "use a shorter one",
                         "the password is longer than %d bytes", PASSWORD_MAX);
    if (good)
        secret_set(out, line, end);
    wipe(line, sizeof line);
    return good;
}

void secret_no_dumps(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) /* whose leak check looks into itself */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
