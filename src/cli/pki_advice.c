#include "base/clock.h"
#include "base/mem.h"
#include "cli/advice.h"
#include "cli/pki.h"
#include "mmp/read.h"

#include <stdlib.h>
#include <string.h>

/* What the appliance leaves its user alone with: why it says no, and what to do. */

static bool is_locked(const struct object *object)
{
    return object->kind == OBJECT_KEY && object->key->encrypted;
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
    if (pki_store_path(cli, &path, NULL) && scan_store(path, &scan, NULL)) {
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

/* Either order is taken, and told with the key first. */
static void exchange(const char *names[static 2], struct pki_file files[static 2],
                     const struct object *pair[static 2])
{
    const char *name = names[0];
    const struct object *object = pair[0];
    struct pki_file file = files[0];
    names[0] = names[1];
    names[1] = name;
    pair[0] = pair[1];
    pair[1] = object;
    files[0] = files[1];
    files[1] = file;
}

/* The files are read again for what only this needs. */
static void explain_match(const struct cli *cli, const struct pki_place *place)
{
    const char *names[2] = {cli->args[1], cli->args[2]};
    struct pki_file files[2] = {{0}, {0}};
    const struct object *pair[2] = {NULL, NULL};
    struct notes said = {0};
    struct error err = {0};
    if (pki_read_pair(place, PKI_FACTS, names, files, pair, &said, &err)) {
        if (pair[0]->kind != OBJECT_KEY && pair[1]->kind == OBJECT_KEY)
            exchange(names, files, pair);
        char *what[2] = {describe(pair[0]), describe(pair[1])};
        char *remedy = find_remedy(cli, names, &files[1], pair);
        error_set(&err, STATUS_NO, names[1], remedy, "%s and %s of %s do not belong together",
                  what[1], what[0], names[0]);
        free(what[0]);
        free(what[1]);
        free(remedy);
    }
    cli_fail(&err);
    notes_free(&said);
    pki_file_free(&files[0]);
    pki_file_free(&files[1]);
}

static void explain_chain(const struct cli *cli, const struct pki_place *place,
                          const struct pki_wishes *wishes, const struct pki_reply *reply)
{
    char *path = NULL;
    struct scan scan = {0};
    struct error err = {0};
    bool has_store = pki_store_path(cli, &path, NULL) && scan_store(path, &scan, NULL);
    const struct advice_question question = {.chain = &reply->chain,
                                             .files = cli->args + 1,
                                             .file_count = reply->file_count,
                                             .parsed = reply->files,
                                             .links = &reply->links,
                                             .anchors = &reply->anchors,
                                             .purpose = wishes->purpose,
                                             .host = wishes->host,
                                             .at = place->at,
                                             .store = has_store ? &scan : NULL};
    advice_give(&question, &err);
    cli_fail(&err);
    scan_free(&scan);
    free(path);
}

static void tell_signed(const struct cli *cli, const struct pki_reply *reply)
{
    char date[16], *list = strings_join(&reply->lost, ", ");
    clock_date(pki_first_cert(&reply->made)->not_after, date);
    if (reply->lost.count)
        cli_say(cli, "It lacks %s, which the request asks for: only a CA may have that", list);
    if (reply->cut)
        cli_say(cli, "It ends on %s, not after %d days: its CA ends then", date, reply->days);
    free(list);
}

void pki_advise(const struct cli *cli, const struct pki_place *place,
                const struct pki_wishes *wishes, const struct pki_reply *reply)
{
    if (reply->verb == VERB_MATCH && reply->judged && reply->status)
        explain_match(cli, place);
    if (reply->verb == VERB_VERIFY && reply->judged && reply->status)
        explain_chain(cli, place, wishes, reply);
    if (reply->verb == VERB_SIGN && !reply->status && !cli->json)
        tell_signed(cli, reply);
}
