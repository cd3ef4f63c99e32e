#include "base/mem.h"
#include "store/journaling.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

bool store_open(const char *path, bool create, struct store *out, struct error *err)
{
    *out = (struct store){.fd = -1, .lock_fd = -1};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        if (!folder_make(path, 0700, err))
            return false;
        if (chmod(path, 0700) != 0) /* whatever the umask */
            return error_system(err, path, "the store cannot be made");
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0 && errno == ENOENT)
        return error_set(err, STATUS_NO, path,
                         "certwright generate makes it; --store names another",
                         "the store is not there");
    if (fd < 0 && errno == ENOTDIR)
        return error_set(err, STATUS_NO, path, "name the folder with the keys and certificates",
                         "the store must be a folder, and this is none");
    if (fd < 0)
        return error_system(err, path, "the store cannot be opened");
    out->fd = fd;
    out->path = xstrdup(path);
    if (journal_recover(out, err))
        return true;
    store_close(out);
    return false;
}
