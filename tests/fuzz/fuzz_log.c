/* Any bytes as a terminal's log of servers. What is read of them makes a deployment.conf that
 * reads, or an error that says why. */

#include "ops/adopt.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct catalogue catalogue;
    struct strings logs = {0};
    struct error err = {0};
    struct adopt adopt;
    char path[64];
    int fd = memfd_create("log", MFD_CLOEXEC);

    if ((catalogue.count == 0 && !catalogue_load(NULL, &catalogue, &err)) || fd < 0 ||
        write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    strings_add(&logs, path);
    const struct adopt_options options = {.logs = &logs, .store = "/nonexistent/store"};
    if (op_adopt_read(&catalogue, &options, &adopt, &err)) {
        struct str commands = {0};
        op_adopt_commands(&catalogue, &adopt, &commands);
        str_free(&commands);
        if (!op_adopt_make(&adopt, "fuzz.conf", &err) && (!*err.message || !*err.place))
            abort();
    } else if (!*err.message) {
        abort();
    }
    adopt_free(&adopt);
    strings_free(&logs);
    close(fd);
    return 0;
}
