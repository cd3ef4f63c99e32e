#include "store/archive.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static bool begins(const unsigned char *data, size_t length, const char *bytes, size_t size)
{
    return length >= size && memcmp(data, bytes, size) == 0;
}

enum archive_kind archive_kind(const unsigned char *data, size_t length)
{
    enum { TAR_MAGIC_AT = 257 };
    if (begins(data, length, "PK\3\4", 4) || begins(data, length, "PK\5\6", 4))
        return ARCHIVE_ZIP;
    if (length > TAR_MAGIC_AT && begins(data + TAR_MAGIC_AT, length - TAR_MAGIC_AT, "ustar", 5))
        return ARCHIVE_TAR;
    if (begins(data, length, "\x1F\x8B", 2) || begins(data, length, "BZh", 3) ||
        begins(data, length, "\xFD\x37zXZ\0", 6) || begins(data, length, "\x28\xB5\x2F\xFD", 4))
        return ARCHIVE_PACKED;
    return ARCHIVE_NONE;
}

/* As messages call it, within a sentence's beginning. */
static const char *const nouns[] = {[ARCHIVE_ZIP] = "a ZIP archive",
                                    [ARCHIVE_TAR] = "a tar archive",
                                    [ARCHIVE_PACKED] = "a compressed file"};

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

/* What is used of it, by its own prototypes. */
struct library {
    __typeof__(&archive_read_new) read_new;
    __typeof__(&archive_read_free) read_free;
    __typeof__(&archive_read_support_format_zip) support_zip;
    __typeof__(&archive_read_support_format_tar) support_tar;
    __typeof__(&archive_read_support_format_raw) support_raw;
    __typeof__(&archive_read_support_filter_gzip) support_gzip;
    __typeof__(&archive_read_support_filter_bzip2) support_bzip2;
    __typeof__(&archive_read_support_filter_xz) support_xz;
    __typeof__(&archive_read_support_filter_zstd) support_zstd;
    __typeof__(&archive_filter_count) filter_count;
    __typeof__(&archive_read_add_passphrase) add_passphrase;
    __typeof__(&archive_read_open_memory) open_memory;
    __typeof__(&archive_read_next_header) next_header;
    __typeof__(&archive_read_data) read_data;
    __typeof__(&archive_error_string) error_string;
    __typeof__(&archive_entry_pathname) pathname;
    __typeof__(&archive_entry_filetype) filetype;
    __typeof__(&archive_entry_hardlink) hardlink;
    __typeof__(&archive_entry_is_encrypted) is_encrypted;
};

struct walk {
    const struct library *library;
    struct archive *archive;
    enum archive_kind kind;
    const struct secret *password;
    struct unpack_share *share;
    archive_taker take;
    void *arg;
    unsigned char *room; /* of all that the share has left, and a byte more */
    size_t size, used;   /* of it, by all files so far */
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
        {"archive_read_support_format_tar", &library->support_tar},
        {"archive_read_support_format_raw", &library->support_raw},
        {"archive_read_support_filter_gzip", &library->support_gzip},
        {"archive_read_support_filter_bzip2", &library->support_bzip2},
        {"archive_read_support_filter_xz", &library->support_xz},
        {"archive_read_support_filter_zstd", &library->support_zstd},
        {"archive_filter_count", &library->filter_count},
        {"archive_read_add_passphrase", &library->add_passphrase},
        {"archive_read_open_memory", &library->open_memory},
        {"archive_read_next_header", &library->next_header},
        {"archive_read_data", &library->read_data},
        {"archive_error_string", &library->error_string},
        {"archive_entry_pathname", &library->pathname},
        {"archive_entry_filetype", &library->filetype},
        {"archive_entry_hardlink", &library->hardlink},
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
    char *of = name && walk->kind != ARCHIVE_PACKED ? xformat("%s in it ", name) : xstrdup("");
    if (walk->locked)
        error_set(err, STATUS_NO, "",
                  walk->password ? "try another one, or unpack it"
                                 : "give it (--password-file; on the screen p), or unpack it",
                  "%s, %sis locked by a password%s", nouns[walk->kind], of,
                  walk->password ? ", and not by this one" : "");
    else
        error_set(err, STATUS_NO, "", "have it sent again, or unpack it", "%s, %sdamaged: %s",
                  nouns[walk->kind], of, why ? why : "it ends too early");
    free(of);
    return false;
}

static bool too_much(const struct walk *walk, struct error *err)
{
    return error_set(err, STATUS_NO, "", "unpack it, and name what the CA sent",
                     "%s of more than 16 MiB", nouns[walk->kind]);
}

/* What is passed by is read as well: to skip a file means to unpack it, which has its limit. */
static bool read_entry(struct walk *walk, struct archive_entry *entry, const char *name,
                       bool is_wanted, struct error *err)
{
    unsigned char *start = walk->room + walk->used;
    size_t left = walk->share->bytes, length = 0;
    la_ssize_t got = 1;
    if (left > walk->size - walk->used) /* never: what is within took its part of both */
        left = walk->size - walk->used;
    while (got > 0 && length <= left) {
        got = walk->library->read_data(walk->archive, start + length, left + 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        walk->locked = walk->library->is_encrypted(entry);
        return fail(walk, name, err);
    }
    walk->used += length;
    if (length > left)
        return too_much(walk, err);
    walk->share->bytes -= length;
    if (is_wanted)
        walk->take(walk->arg, walk->kind == ARCHIVE_PACKED ? NULL : name, start, length);
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
        if (walk->share->files == 0)
            return error_set(err, STATUS_NO, "", "unpack it, and name what the CA sent",
                             "%s of too many files", nouns[walk->kind]);
        walk->share->files--;
        count++;
        bool is_wanted = library->filetype(entry) == AE_IFREG && !library->hardlink(entry) &&
                         !(name && is_hidden(name));
        if (!read_entry(walk, entry, name ? name : "?", is_wanted, err))
            return false;
    }
    if (code != ARCHIVE_EOF)
        return fail(walk, NULL, err);
    return count || error_set(err, STATUS_NO, "", "have it sent again", "%s without a file",
                              nouns[walk->kind]);
}

/* One format alone, and no program is ever started (a filter that lacks would be one, and says so
 * by ARCHIVE_WARN). */
static bool support(const struct walk *walk)
{
    const struct library *library = walk->library;
    struct archive *archive = walk->archive;
    if (!archive)
        return false;
    switch (walk->kind) {
    case ARCHIVE_ZIP:
        return library->support_zip(archive) >= ARCHIVE_WARN;
    case ARCHIVE_TAR:
        return library->support_tar(archive) == ARCHIVE_OK;
    default:
        return library->support_raw(archive) == ARCHIVE_OK &&
               library->support_gzip(archive) == ARCHIVE_OK &&
               library->support_bzip2(archive) == ARCHIVE_OK &&
               library->support_xz(archive) == ARCHIVE_OK &&
               library->support_zstd(archive) == ARCHIVE_OK;
    }
}

/* Compressed within compressed, at once, would be unpacked without a limit in between. */
static bool is_simple(const struct walk *walk)
{
    int filters = walk->library->filter_count(walk->archive); /* "none" is one, too */
    return walk->kind == ARCHIVE_PACKED ? filters == 2 : filters == 1;
}

static bool walk_all(struct walk *walk, const unsigned char *data, size_t length, struct error *err)
{
    bool good = support(walk);
    if (good && walk->password) /* ends with a NUL */
        good = walk->library->add_passphrase(walk->archive, (const char *)walk->password->data) ==
               ARCHIVE_OK;
    if (!good || walk->library->open_memory(walk->archive, data, length) != ARCHIVE_OK)
        return fail(walk, NULL, err);
    if (!is_simple(walk))
        return error_set(err, STATUS_NO, "", "unpack it", "%s, compressed more than once",
                         nouns[walk->kind]);
    return walk_entries(walk, err);
}

bool archive_walk(const unsigned char *data, size_t length, const struct secret *password,
                  struct unpack_share *share, archive_taker take, void *arg, bool *locked,
                  struct error *err)
{
    struct library library;
    enum archive_kind kind = archive_kind(data, length);
    *locked = false;
    if (!load(&library))
        return error_set(err, STATUS_NO, "", "unpack it, then import the folder",
                         "%s, and the library libarchive is not installed", nouns[kind]);
    struct walk walk = {.library = &library,
                        .archive = library.read_new(),
                        .kind = kind,
                        .password = password && password->length ? password : NULL,
                        .share = share,
                        .take = take,
                        .arg = arg,
                        .room = xcalloc(1, share->bytes + 1),
                        .size = share->bytes};
    bool good = walk_all(&walk, data, length, err);
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
                  struct unpack_share *share, archive_taker take, void *arg, bool *locked,
                  struct error *err)
{
    (void)password;
    (void)share;
    (void)take;
    (void)arg;
    *locked = false;
    return error_set(err, STATUS_NO, "", "unpack it, then import the folder",
                     "%s, and this certwright was built without libarchive",
                     nouns[archive_kind(data, length)]);
}

const char *archive_version(void)
{
    return NULL;
}
#endif
