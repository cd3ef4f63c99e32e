#include "base/json.h"
#include "base/mem.h"
#include "cli/pki.h"

#include <stdlib.h>
#include <string.h>

/* `pki match`: two public keys compared, of whatever kinds, and where they differ, what belongs
 * where. */

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

static char *describe(const struct object *object)
{
    struct str out = {0};
    switch (object->kind) {
    case OBJECT_CERT:
        str_addf(&out, "the certificate of \"%s\" (%s %d)", object->cert->subject,
                 object->cert->key_algorithm, object->cert->key_bits);
        break;
    case OBJECT_CSR:
        str_addf(&out, "the request of \"%s\" (%s %d)", object->csr->subject,
                 object->csr->key_algorithm, object->csr->key_bits);
        break;
    case OBJECT_KEY:
        str_addf(&out, "a %s key (%s %d)", object->key->is_private ? "private" : "public",
                 object->key->algorithm, object->key->bits);
        break;
    }
    return str_take(&out);
}

static const unsigned char *key_id(const struct object *object)
{
    return object->kind == OBJECT_CERT  ? object->cert->key_id
           : object->kind == OBJECT_CSR ? object->csr->key_id
                                        : object->key->id;
}

/* As object_same_key, also for keys of a scan, which were given up. */
static bool fits(const struct object *object, const struct object *other)
{
    return !is_locked(other) && memcmp(key_id(object), key_id(other), KEY_ID_BYTES) == 0;
}

/* The name of a file of the store that holds what fits object: a key for a certificate, the private
 * one before a public one, a certificate for a key. NULL when there is none; lies in scan. */
static const char *find_fitting(const struct scan *scan, const struct object *object,
                                enum object_kind wanted)
{
    const char *public_key = NULL;
    for (size_t i = 0; i < scan->count; i++) {
        const struct pki_file *file = &scan->files[i].pki;
        for (size_t j = 0; j < file->count; j++) {
            const struct object *other = &file->objects[j];
            if (other->kind != wanted || !fits(object, other))
                continue;
            if (wanted != OBJECT_KEY || other->key->is_private)
                return scan->files[i].name;
            public_key = scan->files[i].name;
        }
    }
    return public_key;
}

/* What to do: the key fits another certificate of that file, or other files belong together. */
static char *find_remedy(const struct cli *cli, const char *const names[2],
                         const struct pki_file *second, const struct object *const pair[2])
{
    for (size_t i = 0, number = 0; i < second->count; i++) {
        const struct object *other = &second->objects[i];
        number += other->kind == OBJECT_CERT;
        if (other->kind == OBJECT_CERT && fits(pair[0], other))
            return xformat("it fits certificate %zu of that file, the one of \"%s\": "
                           "certwright import %s writes the leaf first",
                           number, other->cert->subject, names[1]);
    }
    char *path = NULL, *remedy = NULL;
    struct scan scan = {0};
    if (cli_store_path(cli, &path, NULL) && scan_store(path, &scan, NULL)) {
        const char *key = find_fitting(&scan, pair[1], OBJECT_KEY);
        const char *cert = find_fitting(&scan, pair[0], OBJECT_CERT);
        if (key && strcmp(key, names[1]) != 0)
            remedy = xformat("%s belongs to %s", names[1], key);
        else if (cert && strcmp(cert, names[0]) != 0)
            remedy = xformat("%s belongs to %s", names[0], cert);
    }
    if (!remedy)
        remedy = xformat("no file of the store fits: ask the CA for a certificate for %s's own "
                         "request, made by certwright pki csr BASE --key %s",
                         names[0], names[0]);
    scan_free(&scan);
    free(path);
    return remedy;
}

static bool read_one(enum pki_need need, const struct cli *cli, const char *name,
                     enum object_kind wanted, struct pki_file *file, const struct object **object,
                     struct error *err)
{
    if (!pki_read_for(need, cli, name, file, err))
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

static const enum object_kind kinds[] = {OBJECT_KEY, OBJECT_CERT};

bool pki_read_pair(const struct cli *cli, const char *const names[2], struct pki_file files[2],
                   const struct object *pair[2], struct error *err)
{
    for (int i = 0; i < 2; i++) {
        if (!read_one(PKI_NAMES, cli, names[i], kinds[i], &files[i], &pair[i], err))
            return false;
        pki_note(cli, names[i], &files[i]);
        pki_note_unread(cli, names[i], &files[i]);
    }
    return true;
}

/* The files are read again for what only this needs. */
static void explain(const struct cli *cli, const char *const names[2])
{
    struct pki_file files[2] = {{0}, {0}};
    const struct object *pair[2] = {NULL, NULL};
    struct error err = {0};
    if (read_one(PKI_FACTS, cli, names[0], kinds[0], &files[0], &pair[0], &err) &&
        read_one(PKI_FACTS, cli, names[1], kinds[1], &files[1], &pair[1], &err)) {
        char *what[2] = {describe(pair[0]), describe(pair[1])};
        char *remedy = find_remedy(cli, names, &files[1], pair);
        error_set(&err, STATUS_NO, names[1], remedy, "%s and %s of %s are of two key pairs",
                  what[1], what[0], names[0]);
        free(what[0]);
        free(what[1]);
        free(remedy);
    }
    cli_fail(&err);
    pki_file_free(&files[0]);
    pki_file_free(&files[1]);
}

int pki_match(const struct cli *cli)
{
    if (cli_flag(cli, "each"))
        return pki_match_each(cli);
    const char *const names[2] = {cli->args[1], cli->args[2]};
    struct pki_file files[2] = {{0}, {0}};
    const struct object *pair[2] = {NULL, NULL};
    struct error err = {0};
    int status;
    if (!pki_read_pair(cli, names, files, pair, &err)) {
        status = cli_fail(&err);
    } else {
        bool match = object_same_key(pair[0], pair[1]);
        status = match ? STATUS_OK : STATUS_NO;
        if (cli->json) {
            json_t *out = json_object();
            json_put(out, "match", json_boolean(match));
            json_print(out, stdout);
        }
        pki_say(cli, match ? WORD_MATCH : WORD_NO_MATCH, NULL, NULL, NULL);
        if (!match)
            explain(cli, names);
    }
    pki_file_free(&files[0]);
    pki_file_free(&files[1]);
    return status;
}
