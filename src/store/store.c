#include "store/store.h"

#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "store/journaling.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME ".lock"
#define LINKS_MAX 8 /* symlinks followed inside the store */

void store_close(struct store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd); /* which gives the lock back */
    if (store->fd >= 0)
        close(store->fd);
    free(store->path);
    *store = (struct store){.fd = -1, .lock_fd = -1};
}

bool store_try_lock(struct store *store, bool *held, struct error *err)
{
    static const char remedy[] = "wait until it has ended, then try again";
    *held = false;
    if (store->lock_fd >= 0)
        return true;
    struct lock_holder holder;
    char *place = path_join(store->path, LOCK_NAME);
    enum lock lock = lock_take(store->fd, LOCK_NAME, place, &store->lock_fd, &holder, err);
    if (lock == LOCK_HELD && holder.process)
        error_set(err, STATUS_SYSTEM, place, remedy, "process %ld has been writing here since %s",
                  holder.process, holder.since);
    else if (lock == LOCK_HELD)
        error_set(err, STATUS_SYSTEM, place, remedy, "another process is writing here");
    free(place);
    *held = lock == LOCK_HELD;
    return lock == LOCK_TAKEN;
}

bool store_lock(struct store *store, struct error *err)
{
    bool held;
    return store_try_lock(store, &held, err);
}

bool store_has(const struct store *store, const char *name)
{
    struct stat info;
    return fstatat(store->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Is the folder part of a symlink's target the store itself? */
static bool is_own_folder(const struct store *store, const char *target)
{
    const char *base = path_base(target);
    if (base == target)
        return true;
    char *folder = xstrndup(target, (size_t)(base - target));
    struct stat there, here;
    bool same = fstatat(store->fd, folder, &there, 0) == 0 && fstat(store->fd, &here) == 0 &&
                there.st_dev == here.st_dev && there.st_ino == here.st_ino;
    free(folder);
    return same;
}

/* Follows symlinks that stay in the store, to the name of a file of it. */
static bool follow_links(const struct store *store, const char *name, char **out, struct error *err)
{
    char *at = xstrdup(name), target[PATH_MAX];
    for (int links = 0;; links++) {
        ssize_t length = readlinkat(store->fd, at, target, sizeof target - 1);
        if (length < 0)
            break; /* no symlink, or nothing there: reading says which */
        target[length] = '\0';
        if (links == LINKS_MAX || !is_own_folder(store, target)) {
            error_set(err, STATUS_NO, name, "put the file itself into the store",
                      links == LINKS_MAX ? "a symbolic link that leads nowhere"
                                         : "a symbolic link that leaves the store");
            free(at);
            return false;
        }
        free(at);
        at = xstrdup(path_base(target));
    }
    *out = at;
    return true;
}

bool store_read(const struct store *store, const char *name, struct buffer *out, struct error *err)
{
    *out = (struct buffer){0};
    if (!*name || strchr(name, '/'))
        return error_set(err, STATUS_NO, name, "name a file of the store, without a folder",
                         "the store has no folders");
    struct error why;
    if (file_read_at(store->fd, name, true, out, &why))
        return true;
    char *real;
    if (!follow_links(store, name, &real, err))
        return false;
    bool is_link = strcmp(real, name) != 0;
    bool good = is_link && file_read_at(store->fd, real, true, out, err);
    free(real);
    if (!is_link && err)
        *err = why;
    return good;
}

static struct store_write *batch_next(struct batch *batch, const char *name)
{
    batch->items = grow(batch->items, batch->count, sizeof *batch->items);
    struct store_write *item = &batch->items[batch->count++];
    item->name = xstrdup(name);
    return item;
}

void batch_add(struct batch *batch, const char *name, const void *data, size_t length, mode_t mode,
               bool replace)
{
    struct store_write *item = batch_next(batch, name);
    item->data = xmemdup(data, length);
    item->length = length;
    item->mode = mode;
    item->replace = replace;
}

void batch_remove(struct batch *batch, const char *name)
{
    struct store_write *item = batch_next(batch, name);
    item->remove = true;
    item->replace = true;
}

void batch_retire(struct batch *batch, const char *name, bool is_key)
{
    batch_remove(batch, name);
    batch->items[batch->count - 1].keep = is_key;
}

void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct store_write *item = &batch->items[i];
        wipe(item->data, item->length);
        free(item->data);
        free(item->name);
    }
    free(batch->items);
    *batch = (struct batch){0};
}
