#include "base/mem.h"
#include "ops/importing.h"
#include "store/unpack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_DEEP 32
#define FILES_MAX 20000

static struct import_source *source_add(struct import_sources *sources, const char *path)
{
    sources->items = grow(sources->items, sources->count, sizeof *sources->items);
    struct import_source *source = &sources->items[sources->count++];
    source->path = xstrdup(path);
    return source;
}

static char *problem_of(const struct error *why)
{
    return *why->remedy ? xformat("%s: %s", why->message, why->remedy) : xstrdup(why->message);
}

struct unpacking {
    const struct secret *password;
    struct pki_share share;
    struct import_sources *out;
};

/* A mail's own words, as long as no certificate stands in them. */
static bool is_prose(const struct pki_file *file)
{
    return file->count == 0 && !file->locked && !(file->flags & PEM_BROKEN);
}

static void take_packed(void *arg, const char *path, const unsigned char *data, size_t length,
                        bool is_text)
{
    struct unpacking *unpacking = arg;
    struct pki_file file;
    pki_parse_within(&unpacking->share, data, length, unpacking->password, &file);
    if (is_text && is_prose(&file))
        pki_file_free(&file);
    else
        source_add(unpacking->out, path)->pki = file;
}

static void refuse_packed(void *arg, const char *path, const struct error *why, bool is_locked)
{
    struct unpacking *unpacking = arg;
    struct import_source *source = source_add(unpacking->out, path);
    source->problem = problem_of(why);
    source->locked = is_locked;
}

/* A file's bytes; what is in an archive or a mail are files of their own. */
static void read_bytes(const struct buffer *data, const char *path, const struct secret *password,
                       struct import_sources *out)
{
    if (!unpack_is_packed(data->data, data->length)) {
        pki_parse(data->data, data->length, password, &source_add(out, path)->pki);
        return;
    }
    size_t before = out->count;
    struct unpacking unpacking = {password, pki_share_new(), out};
    const struct unpack unpack = {password, take_packed, refuse_packed, &unpacking};
    unpack_walk(&unpack, path, data->data, data->length);
    if (out->count == before)
        source_add(out, path)->problem =
            xstrdup("no certificate is in it, and no attachment: if the mail has a link to the "
                    "certificate, download it there");
}

static bool read_one(const char *path, const struct secret *password, struct import_sources *out,
                     struct error *err)
{
    struct buffer data = {0};
    if (!file_read(path, &data, err))
        return false;
    read_bytes(&data, path, password, out);
    buffer_free(&data);
    return true;
}

/* Standard input to its end, at most FILE_LIMIT_BYTES. */
static bool read_stdin(const struct secret *password, struct import_sources *out, struct error *err)
{
    static const char place[] = "standard input";
    struct buffer data = {.data = xcalloc(1, FILE_LIMIT_BYTES + 1)};
    ssize_t got = 1;
    while (got > 0 && data.length < FILE_LIMIT_BYTES) {
        got = read(STDIN_FILENO, data.data + data.length, FILE_LIMIT_BYTES - data.length);
        if (got > 0)
            data.length += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    bool good = false;
    if (got < 0)
        error_system(err, place, "cannot be read");
    else if (got > 0)
        error_set(err, STATUS_NO, place, "no file of a PKI is that large", "it has 16 MiB or more");
    else if (data.length == 0)
        error_set(err, STATUS_NO, place, "paste or pipe certificates into it", "it is empty");
    else
        good = true;
    if (good)
        read_bytes(&data, place, password, out);
    buffer_free(&data);
    return good;
}

static bool is_passed_by(const char *name)
{
    return name[0] == '.' || text_ends(name, ".bak"); /* .bak: kept when a file was replaced */
}

static bool list_folder(const char *path, struct strings *out, struct error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return error_system(err, path, "the folder cannot be read");
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (!is_passed_by(entry->d_name))
            strings_add(out, entry->d_name);
    closedir(dir);
    strings_sort(out);
    return true;
}

static bool read_folder(const char *path, int depth, const struct secret *password,
                        struct import_sources *out, struct error *err);

/* An entry of a folder. A symlink to a folder is passed by: it may lead round in a circle. */
static bool read_entry(const char *path, int depth, const struct secret *password,
                       struct import_sources *out, struct error *err)
{
    struct stat link, info;
    if (lstat(path, &link) == 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return S_ISLNK(link.st_mode) || read_folder(path, depth + 1, password, out, err);
    if (out->count >= FILES_MAX)
        return error_set(err, STATUS_NO, path, "name the folder with the CA's files",
                         "more than %d files", FILES_MAX);
    struct error why = {0};
    if (!read_one(path, password, out, &why))
        source_add(out, path)->problem = problem_of(&why);
    return true;
}

static bool read_folder(const char *path, int depth, const struct secret *password,
                        struct import_sources *out, struct error *err)
{
    if (depth > FOLDERS_DEEP)
        return error_set(err, STATUS_NO, path, "name the folder with the CA's files",
                         "folders nested too deep: more than %d in one another", FOLDERS_DEEP);
    struct strings names = {0};
    bool good = list_folder(path, &names, err);
    for (size_t i = 0; good && i < names.count; i++) {
        char *below = path_join(path, names.items[i]);
        good = read_entry(below, depth, password, out, err);
        free(below);
    }
    strings_free(&names);
    return good;
}

bool sources_read(const char *path, const struct secret *password, struct import_sources *out,
                  struct error *err)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return read_stdin(password, out, err);
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return read_one(path, password, out, err);
    size_t before = out->count;
    if (!read_folder(path, 1, password, out, err))
        return false;
    if (out->count == before)
        return error_set(err, STATUS_NO, path, "name the files or the folder that the CA returned",
                         "the folder holds no file");
    return true;
}

void sources_text(const char *text, const struct secret *password, struct import_sources *out)
{
    struct buffer data = {.data = xmemdup(text, strlen(text) + 1), .length = strlen(text)};
    read_bytes(&data, "pasted text", password, out);
    buffer_free(&data);
}

void sources_free(struct import_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->items[i].path);
        free(sources->items[i].problem);
        pki_file_free(&sources->items[i].pki);
    }
    free(sources->items);
    *sources = (struct import_sources){0};
}
