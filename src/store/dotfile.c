#include "store/dotfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool dotfile_read(const struct store *store, const char *name, struct buffer *out,
                  struct error *err)
{
    struct stat info;
    *out = (struct buffer){0};
    if (fstatat(store->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return true;
    return file_read_at(store->fd, name, true, out, err);
}

bool dotfile_read_at(const char *path, const char *name, struct buffer *out, struct error *err)
{
    const struct store store = {.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    *out = (struct buffer){0};
    if (store.fd < 0)
        return errno == ENOENT || error_system(err, path, "the store cannot be opened");
    bool good = dotfile_read(&store, name, out, err);
    close(store.fd);
    return good;
}

bool dotfile_write(const struct store *store, const char *name, const struct str *text,
                   struct error *err)
{
    char *temp = NULL;
    if (store->lock_fd < 0)
        return error_set(err, STATUS_SYSTEM, store->path, NULL, "the store is not locked");
    if (!file_write_temp(store->fd, name, str_text(text), text->length, 0644, &temp, err))
        return false;
    bool good = renameat(store->fd, temp, store->fd, name) == 0;
    if (!good) {
        error_system(err, name, "cannot be put in place");
        unlinkat(store->fd, temp, 0);
    } else if (fsync(store->fd) != 0 && errno != EINVAL && errno != EROFS) {
        good = error_system(err, store->path, "the store cannot be synced");
    }
    free(temp);
    return good;
}
