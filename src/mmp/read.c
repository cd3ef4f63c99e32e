#include "mmp/read.h"

#include "base/mem.h"
#include "store/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of the store that is nearest, without the extension, which is alike too often. Free it.
 */
static char *nearest_name(const struct strings *names, const char *name)
{
    struct strings stems = {0};
    char *stem = xstrndup(name, strcspn(name, ".")), *found = NULL;
    for (size_t i = 0; i < names->count; i++)
        strings_add_take(&stems, xstrndup(names->items[i], strcspn(names->items[i], ".")));
    const char *near = text_nearest(stem, (const char *const *)stems.items, stems.count);
    struct strings same = {0};
    for (size_t i = 0; near && i < names->count; i++)
        if (strcmp(stems.items[i], near) == 0)
            strings_add(&same, names->items[i]);
    near = text_nearest(name, (const char *const *)same.items, same.count);
    if (near)
        found = xstrdup(near);
    strings_free(&stems);
    strings_free(&same);
    free(stem);
    return found;
}

/* A name that the store has not: what was meant? stem: it was given without its extension. */
static bool not_there(const char *store, const char *name, bool stem, struct error *err)
{
    struct scan_walk walk;
    char *remedy = NULL;
    if (!scan_open(store, PKI_NAMES, &walk, NULL))
        return error_set(err, STATUS_NO, name, "check the name", "it is not in the store");
    char *near = nearest_name(&walk.names, name);
    if (access(name, F_OK) == 0)
        remedy = xformat("the one of this folder is ./%s", name);
    else if (near)
        remedy =
            xformat("did you mean %.*s?", (int)(stem ? strcspn(near, ".") : strlen(near)), near);
    error_set(err, STATUS_NO, name, remedy ? remedy : "certwright pki list names what is there",
              "it is not in the store, %s", store);
    free(remedy);
    free(near);
    scan_close(&walk);
    return false;
}

bool pki_expect(const struct store *store, const char *name, bool stem, struct error *err)
{
    struct stat info;
    bool lacks = fstatat(store->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    return !lacks || not_there(store->path, name, stem, err);
}

bool pki_read(const struct pki_place *place, enum pki_need need, const char *name,
              struct pki_file *out, struct error *err)
{
    struct buffer data = {0};
    *out = (struct pki_file){0};
    bool good;
    if (strchr(name, '/')) {
        good = file_read(name, &data, err);
    } else {
        struct store store = {.fd = -1, .lock_fd = -1};
        good = store_open(place->store, false, &store, err);
        good = good && pki_expect(&store, name, false, err) && store_read(&store, name, &data, err);
        store_close(&store);
    }
    if (good) {
        pki_parse_for(need, data.data, data.length, place->password, out);
        if (out->wrong_password)
            good = error_set(err, STATUS_NO, name, "try another one", "the password is wrong");
    }
    buffer_free(&data);
    return good;
}

bool pki_open_store(const struct pki_place *place, bool create, struct store *out,
                    struct error *err)
{
    *out = (struct store){.fd = -1, .lock_fd = -1};
    if (!store_open(place->store, create, out, err))
        return false;
    if (store_lock(out, err))
        return true;
    store_close(out);
    return false;
}

/* What a file of that kind, named in the wrong place, is for. */
static const char *remedy_for_kind(enum pki_kind kind, const char *wanted)
{
    switch (kind) {
    case PKI_CSR:
        if (strcmp(wanted, "certificate") == 0)
            return "send it to the CA: the answer belongs here";
        return "name the private key that it was made with";
    case PKI_CERTIFICATE:
    case PKI_BUNDLE:
        return "name the private key that it was made with";
    case PKI_PUBLIC_KEY:
    case PKI_SSH_PUBLIC_KEY:
        if (strcmp(wanted, "private key") == 0)
            return "name the private key that it belongs to";
        return "name the certificate that was made with it";
    case PKI_PRIVATE_KEY:
        return "name the certificate that was made with it";
    case PKI_PKCS12:
    case PKI_PKCS7:
        return "certwright import takes it apart";
    default:
        return "certwright pki list names the files of the store";
    }
}

bool pki_wrong_kind(const char *name, const struct pki_file *file, const char *wanted,
                    struct error *err)
{
    if (file->locked && file->problem && !file->wrong_password)
        return error_set(err, STATUS_NO, name, "", "%s", file->problem);
    if (file->locked)
        return error_set(err, STATUS_NO, name,
                         "give the password with --password-file, or open a key with "
                         "certwright pki unlock",
                         "is locked by a password");
    if (file->kind == PKI_UNKNOWN)
        return error_set(err, STATUS_NO, name, "certwright pki inspect tells what a file is",
                         "holds no %s: %s", wanted,
                         file->problem ? file->problem : "nothing recognisable in it");
    return error_set(err, STATUS_NO, name, remedy_for_kind(file->kind, wanted), "%s, not a %s",
                     kind_phrase(file->kind), wanted);
}

static bool is_locked(const struct object *object)
{
    return object->kind == OBJECT_KEY && object->key->encrypted;
}

/* The object meant: the first of the wanted kind, else the first. */
static const struct object *pick(const struct pki_file *file, enum object_kind wanted)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == wanted)
            return &file->objects[i];
    return file->count ? &file->objects[0] : NULL;
}

static bool read_one(const struct pki_place *place, enum pki_need need, const char *name,
                     enum object_kind wanted, struct pki_file *file, const struct object **object,
                     struct error *err)
{
    if (!pki_read(place, need, name, file, err))
        return false;
    *object = pick(file, wanted);
    if (!*object)
        return pki_wrong_kind(name, file, wanted == OBJECT_KEY ? "key" : "certificate", err);
    if (!is_locked(*object))
        return true;
    char *remedy = xformat("certwright pki unlock %s, or --password-file", name);
    error_set(err, STATUS_NO, name, file->problem ? "" : remedy, "%s",
              file->problem ? file->problem : "the key is locked by a password");
    free(remedy);
    return false;
}

bool pki_read_pair(const struct pki_place *place, enum pki_need need, const char *const names[2],
                   struct pki_file files[2], const struct object *pair[2], struct notes *notes,
                   struct error *err)
{
    static const enum object_kind kinds[] = {OBJECT_KEY, OBJECT_CERT};
    for (int i = 0; i < 2; i++) {
        if (!read_one(place, need, names[i], kinds[i], &files[i], &pair[i], err))
            return false;
        notes_file(notes, names[i], &files[i]);
        notes_unread(notes, names[i], &files[i]);
    }
    return true;
}
