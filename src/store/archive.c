#include "store/archive.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

bool archive_is_zip(const unsigned char *data, size_t length)
{
    return length >= 4 && memcmp(data, "PK\003\004", 4) == 0;
}

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

/* Linked it would bring a dozen libraries to every start. */
#ifdef __APPLE__
static const char library_name[] = "libarchive.13.dylib";
#else
static const char library_name[] = "libarchive.so.13";
#endif

enum { ENTRIES_MAX = 20000 };

/* What is used of it, by its own prototypes. */
struct library {
    __typeof__(&archive_read_new) read_new;
    __typeof__(&archive_read_free) read_free;
    __typeof__(&archive_read_support_format_zip) support_zip;
    __typeof__(&archive_read_add_passphrase) add_passphrase;
    __typeof__(&archive_read_open_memory) open_memory;
    __typeof__(&archive_read_next_header) next_header;
    __typeof__(&archive_read_data) read_data;
    __typeof__(&archive_error_string) error_string;
    __typeof__(&archive_entry_pathname) pathname;
    __typeof__(&archive_entry_filetype) filetype;
    __typeof__(&archive_entry_is_encrypted) is_encrypted;
};

struct walk {
    const struct library *library;
    struct archive *archive;
    const struct secret *password;
    archive_taker take;
    void *arg;
    unsigned char *room; /* FILE_LIMIT_BYTES of them, and one more */
    size_t used;         /* by all files so far */
    bool locked;
};

static bool load(struct library *library)
{
    void *handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"archive_read_new", &library->read_new},
        {"archive_read_free", &library->read_free},
        {"archive_read_support_format_zip", &library->support_zip},
        {"archive_read_add_passphrase", &library->add_passphrase},
        {"archive_read_open_memory", &library->open_memory},
        {"archive_read_next_header", &library->next_header},
        {"archive_read_data", &library->read_data},
        {"archive_error_string", &library->error_string},
        {"archive_entry_pathname", &library->pathname},
        {"archive_entry_filetype", &library->filetype},
        {"archive_entry_is_encrypted", &library->is_encrypted},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = handle ? dlsym(handle, symbols[i].name) : NULL;
        if (!symbol)
            return false;
        memcpy(symbols[i].place, &symbol, sizeof symbol);
    }
    return true;
}

static bool is_hidden(const char *name)
{
    return *path_base(name) == '.' || text_starts(name, "__MACOSX/");
}

static bool fail(const struct walk *walk, const char *name, struct error *err)
{
    const char *why = walk->library->error_string(walk->archive);
    char *of = name ? xformat("%s in it ", name) : xstrdup("");
    if (walk->locked)
        error_set(err, STATUS_NO, "",
                  walk->password ? "try another one, or unpack it"
                                 : "give it (--password-file; on the screen p), or unpack it",
                  "a ZIP archive, %sis locked by a password%s", of,
                  walk->password ? ", and not by this one" : "");
    else
        error_set(err, STATUS_NO, "", "have it sent again, or unpack it",
                  "a ZIP archive, %sdamaged: %s", of, why ? why : "it ends too early");
    free(of);
    return false;
}

static bool take_file(struct walk *walk, struct archive_entry *entry, const char *name,
                      struct error *err)
{
    unsigned char *start = walk->room + walk->used;
    size_t left = FILE_LIMIT_BYTES - walk->used, length = 0;
    la_ssize_t got = 1;
    while (got > 0 && length <= left) {
        got = walk->library->read_data(walk->archive, start + length, left + 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        walk->locked = walk->library->is_encrypted(entry);
        return fail(walk, name, err);
    }
    if (length > left)
        return error_set(err, STATUS_NO, "", "unpack it, and name what the CA sent",
                         "a ZIP archive of more than 16 MiB");
    walk->take(walk->arg, name, start, length);
    walk->used += length;
    return true;
}

static bool walk_entries(struct walk *walk, struct error *err)
{
    const struct library *library = walk->library;
    struct archive_entry *entry;
    int code, count = 0;
    while ((code = library->next_header(walk->archive, &entry)) == ARCHIVE_OK ||
           code == ARCHIVE_WARN) {
        const char *name = library->pathname(entry);
        if (++count > ENTRIES_MAX)
            return error_set(err, STATUS_NO, "", "unpack it, and name what the CA sent",
                             "a ZIP archive of more than %d files", ENTRIES_MAX);
        if (library->filetype(entry) != AE_IFREG || (name && is_hidden(name)))
            continue;
        if (!take_file(walk, entry, name ? name : "?", err))
            return false;
    }
    if (code != ARCHIVE_EOF)
        return fail(walk, NULL, err);
    return count || error_set(err, STATUS_NO, "", "have it sent again", "an empty ZIP archive");
}

bool archive_walk(const unsigned char *data, size_t length, const struct secret *password,
                  archive_taker take, void *arg, bool *locked, struct error *err)
{
    struct library library;
    *locked = false;
    if (!load(&library))
        return error_set(err, STATUS_NO, "", "unpack it, then import the folder",
                         "a ZIP archive, and the library libarchive is not installed");
    struct walk walk = {.library = &library,
                        .archive = library.read_new(),
                        .password = password && password->length ? password : NULL,
                        .take = take,
                        .arg = arg,
                        .room = xcalloc(1, FILE_LIMIT_BYTES + 1)};
    bool good = walk.archive && library.support_zip(walk.archive) >= ARCHIVE_WARN;
    if (good && walk.password) /* ends with a NUL */
        good =
            library.add_passphrase(walk.archive, (const char *)walk.password->data) == ARCHIVE_OK;
    good = good && library.open_memory(walk.archive, data, length) == ARCHIVE_OK
               ? walk_entries(&walk, err)
               : fail(&walk, NULL, err);
    *locked = walk.locked;
    wipe(walk.room, walk.used);
    free(walk.room);
    library.read_free(walk.archive);
    return good;
}

const char *archive_version(void)
{
    return "libarchive " ARCHIVE_VERSION_ONLY_STRING;
}
#else
bool archive_walk(const unsigned char *data, size_t length, const struct secret *password,
                  archive_taker take, void *arg, bool *locked, struct error *err)
{
    (void)data;
    (void)length;
    (void)password;
    (void)take;
    (void)arg;
    *locked = false;
    return error_set(err, STATUS_NO, "", "unpack it, then import the folder",
                     "a ZIP archive, and this certwright was built without libarchive");
}

const char *archive_version(void)
{
    return NULL;
}
#endif
