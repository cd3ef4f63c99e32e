#include "store/scan.h"

#include "base/mem.h"
#include "store/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool list_names(const struct store *store, struct strings *out, struct error *err)
{
    int fd = openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return error_system(err, store->path, "the store cannot be listed");
    }
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(dir)))
        if (name_is_pki(entry->d_name))
            strings_add(out, entry->d_name);
    bool good = errno == 0 || error_system(err, store->path, "the store cannot be listed");
    closedir(dir);
    strings_sort(out);
    return good;
}

/* What can't be read is said at its place, and stops nobody from looking at the rest. */
static void read_one(const struct scan_walk *walk, const char *name, struct store_file *out)
{
    struct buffer data = {0};
    struct error why = {0};
    out->name = xstrdup(name);
    if (store_read(&walk->store, name, &data, &why)) {
        out->mode = data.mode;
        if (walk->shelf)
            shelf_parse(walk->shelf, data.data, data.length, &out->pki);
        else
            pki_parse_for(walk->need, data.data, data.length, NULL, &out->pki);
        pki_file_forget_secrets(&out->pki);
    } else {
        out->problem =
            *why.remedy ? xformat("%s: %s", why.message, why.remedy) : xstrdup(why.message);
    }
    buffer_free(&data);
}

static void file_free(struct store_file *file)
{
    free(file->name);
    free(file->problem);
    pki_file_free(&file->pki);
    *file = (struct store_file){0};
}

bool scan_open(const char *path, enum pki_need need, struct scan_walk *out, struct error *err)
{
    *out = (struct scan_walk){.need = need, .store = {.fd = -1, .lock_fd = -1}};
    out->shelf = need == PKI_ALL ? shelf_new() : NULL;
    struct stat info;
    if (stat(path, &info) != 0 && errno == ENOENT)
        return true;
    if (store_open(path, false, &out->store, err) && list_names(&out->store, &out->names, err))
        return true;
    scan_close(out);
    return false;
}

const struct store_file *scan_next(struct scan_walk *walk)
{
    file_free(&walk->file);
    if (walk->next == walk->names.count)
        return NULL;
    read_one(walk, walk->names.items[walk->next++], &walk->file);
    return &walk->file;
}

void scan_close(struct scan_walk *walk)
{
    file_free(&walk->file);
    if (walk->shelf)
        shelf_free(walk->shelf);
    strings_free(&walk->names);
    store_close(&walk->store);
}

bool scan_store(const char *path, struct scan *out, struct error *err)
{
    struct scan_walk walk;
    *out = (struct scan){0};
    if (!scan_open(path, PKI_ALL, &walk, err))
        return false;
    if (walk.names.count)
        out->files = xcalloc(walk.names.count, sizeof *out->files);
    out->paths = paths_new();
    while (scan_next(&walk)) {
        out->files[out->count++] = walk.file;
        walk.file = (struct store_file){0};
    }
    scan_close(&walk);
    return true;
}

const struct store_file *scan_find(const struct scan *scan, const char *name)
{
    size_t low = 0, high = scan->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, scan->files[middle].name);
        if (order == 0)
            return &scan->files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct cert *scan_cert(const struct scan *scan, const char *name)
{
    const struct store_file *file = scan_find(scan, name);
    return file && !file->problem ? pki_first_cert(&file->pki) : NULL;
}

void scan_free(struct scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        file_free(&scan->files[i]);
    free(scan->files);
    paths_free(scan->paths);
    *scan = (struct scan){0};
}

/* Where name stands or belongs in the sorted list. */
static size_t place_of(const struct scan *scan, const char *name)
{
    size_t at = 0;
    while (at < scan->count && strcmp(scan->files[at].name, name) < 0)
        at++;
    return at;
}

void scan_drop(struct scan *scan, const char *name)
{
    size_t at = place_of(scan, name);
    if (at == scan->count || strcmp(scan->files[at].name, name) != 0)
        return;
    paths_forget(scan->paths); /* some may lead through it */
    file_free(&scan->files[at]);
    memmove(&scan->files[at], &scan->files[at + 1], (scan->count - at - 1) * sizeof *scan->files);
    scan->count--;
}

void scan_put(struct scan *scan, const char *name, mode_t mode, const void *data, size_t length)
{
    struct store_file file = {.name = xstrdup(name), .mode = mode};
    pki_parse(data, length, NULL, &file.pki);
    pki_file_forget_secrets(&file.pki);
    scan_drop(scan, name);
    size_t at = place_of(scan, name);
    scan->files = xrealloc(scan->files, (scan->count + 1) * sizeof *scan->files);
    memmove(&scan->files[at + 1], &scan->files[at], (scan->count - at) * sizeof *scan->files);
    scan->files[at] = file;
    scan->count++;
}

static void overlay_drop(struct overlay *overlay, const char *name)
{
    struct scan *scan = &overlay->scan;
    size_t at = place_of(scan, name);
    if (at == scan->count || strcmp(scan->files[at].name, name) != 0)
        return;
    memmove(&scan->files[at], &scan->files[at + 1], (scan->count - at - 1) * sizeof *scan->files);
    scan->count--;
}

static void overlay_put(struct overlay *overlay, const struct store_write *item,
                        struct store_file *file)
{
    struct scan *scan = &overlay->scan;
    file->name = xstrdup(item->name);
    file->mode = item->mode;
    pki_parse(item->data, item->length, NULL, &file->pki);
    size_t at = place_of(scan, item->name);
    memmove(&scan->files[at + 1], &scan->files[at], (scan->count - at) * sizeof *scan->files);
    scan->files[at] = *file;
    scan->count++;
}

void overlay_make(const struct scan *scan, const struct batch *batch, struct overlay *out)
{
    *out = (struct overlay){0};
    out->scan.files = xcalloc(scan->count + batch->count, sizeof *out->scan.files);
    if (scan->count)
        memcpy(out->scan.files, scan->files, scan->count * sizeof *scan->files);
    out->scan.count = scan->count;
    out->own = xcalloc(batch->count, sizeof *out->own);
    for (size_t i = 0; i < batch->count; i++) {
        overlay_drop(out, batch->items[i].name);
        if (!batch->items[i].remove)
            overlay_put(out, &batch->items[i], &out->own[out->own_count++]);
    }
}

void overlay_free(struct overlay *overlay)
{
    for (size_t i = 0; i < overlay->own_count; i++)
        file_free(&overlay->own[i]);
    free(overlay->own);
    free(overlay->scan.files);
    *overlay = (struct overlay){0};
}
