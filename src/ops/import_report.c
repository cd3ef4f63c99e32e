#include "base/clock.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct import_object *object_add(struct import *out, const char *file, int number)
{
    out->objects = grow(out->objects, out->object_count, sizeof *out->objects);
    struct import_object *object = &out->objects[out->object_count++];
    object->verdict = VERDICT_LEFT;
    object->file = xstrdup(file);
    object->number = number;
    return object;
}

static void put(struct import_object *object, enum verdict verdict, const char *target, char *why)
{
    object->verdict = verdict;
    object->target = xstrdup(target);
    object->why = why;
}

bool is_ca_cert(const struct cert *cert)
{
    return cert->is_ca || cert->self_signed;
}

static char *why_taken(const struct choice *choice, const struct import_identity *identity)
{
    char from[16] = "";
    if (choice->to_come)
        clock_date(choice->leaf->not_before, from);
    const char *forced = identity->stop ? "; taken by --force" : "";
    if (identity->in_place)
        return xformat("in place already, ends %s%s", identity->new_end, forced);
    char *loss = import_losing(identity);
    const char *comma = *loss ? ", " : "",
               *matches = identity->brings_key ? "its key comes with it" : "key matches";
    char *why = identity->stop
                    ? xformat("%s, but %s%s%s%s", matches, identity->problem, forced, comma, loss)
                : *from ? xformat("%s, valid from %s, ends %s%s%s", matches, from,
                                  identity->new_end, comma, loss)
                        : xformat("%s, ends %s%s%s", matches, identity->new_end, comma, loss);
    free(loss);
    return why;
}

/* A certificate with the identity's key that was not chosen. */
static char *why_not_chosen(const struct choice *choice, const struct cert *cert,
                            const struct import_work *work)
{
    char *end = import_end(cert), *other = import_end(choice->leaf), *why;
    const struct found *chosen = found_first(work, choice->leaf);
    if (choice->later)
        why = xformat("ends %s; %s #%d ends later, %s, and waits for what it lacks", end,
                      chosen ? work->sources.items[chosen->source].path : choice->identity->name,
                      chosen ? chosen->number : 1, other);
    else if (import_signed_weakly(cert) && !import_signed_weakly(choice->leaf) &&
             cert->not_after > choice->leaf->not_after)
        why = xformat("ends %s, but is signed with %s; the one taken is signed with %s, and ends "
                      "%s",
                      end, cert->signature_digest, choice->leaf->signature_digest, other);
    else if (choice->kept)
        why = xformat("ends %s; the one in place serves better, it ends %s", end, other);
    else
        why = xformat("ends %s; %s #%d serves better, it ends %s", end,
                      chosen ? work->sources.items[chosen->source].path : choice->identity->name,
                      chosen ? chosen->number : 1, other);
    free(end);
    free(other);
    return why;
}

static char *waited_for(const struct import *import, const struct import_identity *identity,
                        const struct choice *choice)
{
    for (size_t i = 0; i < import->missing_count; i++)
        if (strcmp(import->missing[i].identity, identity->identity) == 0)
            return import_short_name(import->missing[i].issuer);
    if (!choice->chain.valid && choice->chain.complete && choice->chain.depth > 0)
        return xstrdup(import_name(chain_failed(&choice->chain)));
    return import_short_name(choice->leaf->issuer);
}

static bool report_leaf(const struct facts *facts, const struct import *import,
                        const struct cert *cert, struct import_object *object)
{
    const struct import_work *work = import->work;
    for (size_t i = 0; i < work->choice_count; i++) {
        const struct choice *choice = &work->choices[i];
        const struct import_identity *identity = &import->identities[i];
        if (cert_same(choice->leaf, cert)) {
            bool take = identity->take;
            if (!take && identity->waits)
                object->waits = waited_for(import, identity, choice);
            put(object, take ? VERDICT_TAKE : VERDICT_STOP,
                take ? identity->certificate : identity->identity,
                take ? why_taken(choice, identity) : xstrdup(identity->problem));
            return true;
        }
        if (import_fits(facts, work, choice->identity, cert->key_id)) {
            put(object, VERDICT_LEFT, identity->identity, why_not_chosen(choice, cert, work));
            return true;
        }
    }
    return false;
}

/* A CA on the paths of the identities: those that are written come first. */
static bool report_ca(const struct import *import, const struct cert *cert,
                      struct import_object *object)
{
    const struct import_work *work = import->work;
    struct strings bundles = {0};
    const char *waits = NULL;
    for (size_t i = 0; i < work->choice_count; i++)
        for (size_t j = 1; j < work->choices[i].chain.count; j++) {
            if (!cert_same(work->choices[i].chain.certs[j], cert))
                continue;
            if (import->identities[i].take)
                strings_add_new(&bundles, import->identities[i].bundle);
            else if (!waits)
                waits = import->identities[i].identity;
        }
    bool on_path = bundles.count || waits;
    if (bundles.count) {
        char *end = import_end(cert),
             *target = bundles.count > 1 ? xformat("%s +%zu", bundles.items[0], bundles.count - 1)
                                         : xstrdup(bundles.items[0]);
        put(object, VERDICT_TAKE, target,
            xformat("%s, ends %s", cert->self_signed ? "root" : "intermediate", end));
        free(end);
        free(target);
    } else if (waits) {
        put(object, VERDICT_LEFT, waits, xformat("belongs to %s, which is not taken yet", waits));
    }
    strings_free(&bundles);
    return on_path;
}

/* A root that another had signed, when that has ended: its self-signed certificate is on the path
 * in its place. */
static bool report_twin(const struct facts *facts, const struct import *import,
                        const struct cert *cert, struct import_object *object)
{
    const struct import_work *work = import->work;
    for (size_t i = 0; i < work->choice_count && !cert->self_signed; i++) {
        const struct chain *chain = &work->choices[i].chain;
        const struct cert *root = chain->count > 1 ? chain->certs[chain->count - 1] : NULL;
        if (!root || !root->self_signed || strcmp(root->subject, cert->subject) != 0 ||
            memcmp(root->key_id, cert->key_id, KEY_ID_BYTES) != 0)
            continue;
        char *end = import_end(cert);
        put(object, VERDICT_LEFT, "",
            xformat("%s %s; the self-signed root of the same key takes its place",
                    cert->not_after <= facts->at ? "ended" : "ends", end));
        free(end);
        return true;
    }
    return false;
}

/* No identity's key: where it is, and how to use it all the same. */
static char *why_no_key(const struct facts *facts, const struct import *import,
                        const struct cert *cert, const struct import_object *object)
{
    const struct identity *same = object->pair ? NULL : import_namesake(facts, cert);
    struct identity_files files = {0};
    if (same)
        facts_files(facts, same, &files);
    if (same && !files.key && !files.csr)
        return xformat("no key or request here fits %s: it has the names of %s, of which the store "
                       "has neither",
                       import_name(cert), same->name);
    if (same)
        return xformat("no key or request here fits %s: it has the names of %s, and was made for "
                       "another key",
                       import_name(cert), same->name);
    if (!object->pair)
        return xformat("no key or request here fits %s", import_name(cert));
    const struct import_pair *pair = &import->pairs[object->pair - 1];
    const char *as = pair->fits.count ? pair->fits.items[0] : "IDENTITY";
    const char *force = pair->force ? " --force" : "";
    if (cert->not_after <= facts->at) {
        char *end = import_end(cert), *why;
        why = xformat("ended on %s, and its key, %s, is no identity's", end, pair->key_file);
        free(end);
        return why;
    }
    if (pair->former && pair->fits.count == 0)
        return xformat("fits %s, a former key, and the certificate in place ends later",
                       pair->key_file);
    if (pair->former)
        return xformat("fits %s, the former key of %s: --as %s%s goes back to it", pair->key_file,
                       as, as, force);
    if (pair->extra)
        return xformat("fits %s of the store, which is no identity's key: --as %s%s takes both",
                       pair->key_file, as, force);
    return xformat("its private key came with it, %s: --as %s%s takes both", pair->key_file, as,
                   force);
}

/* One that bears the name of the CA that is missed, and is another: a CA that began anew. */
static char *why_no_ca(const struct import *import, const struct cert *cert)
{
    const struct import_work *work = import->work;
    for (size_t i = 0; i < work->choice_count; i++) {
        const struct chain *chain = &work->choices[i].chain;
        const struct cert *last = chain->count ? chain->certs[chain->count - 1] : NULL;
        if (last && !chain->complete && strcmp(last->issuer, cert->subject) == 0)
            return xformat(
                "has the name of the missing CA, but another key: it did not sign \"%s\"",
                import_name(last));
    }
    return xstrdup("not needed by any imported certificate");
}

static void report_cert(const struct facts *facts, const struct import *import,
                        const struct cert *cert, size_t source, struct import_object *object)
{
    const struct import_work *work = import->work;
    object->what = xformat(
        "%s %s",
        cert->is_ca || (cert->version == 1 && cert->self_signed) ? "CA certificate" : "certificate",
        import_name(cert));
    object->is_leaf = !is_ca_cert(cert);
    const struct found *first = found_first(work, cert);
    if (first->source != source || first->number != object->number) {
        put(object, VERDICT_LEFT, "",
            xformat("the same as %s #%d", work->sources.items[first->source].path, first->number));
        return;
    }
    object->pair = import_pair_with(import, cert->key_id);
    if (report_leaf(facts, import, cert, object) || report_ca(import, cert, object) ||
        (cert->is_ca && report_twin(facts, import, cert, object)))
        return;
    object->stranger = object->is_leaf;
    put(object, VERDICT_LEFT, "",
        is_ca_cert(cert) && !object->pair ? why_no_ca(import, cert)
                                          : why_no_key(facts, import, cert, object));
}

static const char *owner_of(const struct facts *facts, const unsigned char key_id[KEY_ID_BYTES])
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        if (identity_has_key(facts, &facts->deployment.identities[i], key_id))
            return facts->deployment.identities[i].name;
    return "";
}

/* Someone imports the store's own folder: its keys are where they belong. */
static bool lies_in_store(const struct facts *facts, const char *path)
{
    const char *base = path_base(path);
    char *folder = base == path ? xstrdup(".") : xstrndup(path, (size_t)(base - path));
    struct stat here, store;
    bool same = stat(folder, &here) == 0 && stat(facts->store_path, &store) == 0 &&
                here.st_dev == store.st_dev && here.st_ino == store.st_ino;
    free(folder);
    return same;
}

/* The store has that very key: what was handed in is a copy of it. */
static bool store_has_key(const struct facts *facts, const struct key *key)
{
    for (size_t i = 0; i < facts->scan.count; i++) {
        const struct pki_file *file = &facts->scan.files[i].pki;
        for (size_t j = 0; j < file->count; j++)
            if (file->objects[j].kind == OBJECT_KEY && file->objects[j].key->is_private &&
                !file->objects[j].key->encrypted &&
                memcmp(file->objects[j].key->id, key->id, KEY_ID_BYTES) == 0)
                return true;
    }
    return false;
}

static bool is_taken(const struct import *import, const struct key *key, const char **target,
                     bool *take)
{
    const struct taking *taking = &import->work->taking;
    if (!taking->identity || memcmp(taking->key->id, key->id, KEY_ID_BYTES) != 0)
        return false;
    *target = taking->identity->key_file;
    *take = false;
    for (size_t i = 0; i < import->identity_count; i++)
        if (import->work->choices[i].identity == taking->identity)
            *take = import->identities[i].take;
    return true;
}

/* A key that has no other copy is never to be deleted. */
static char *why_key_left(const struct facts *facts, const struct import *import,
                          const struct key *key, const char *owner,
                          const struct import_object *object)
{
    if (store_has_key(facts, key))
        return *owner ? xformat("a private key, that of %s, which the store has: delete it here",
                                owner)
                      : xstrdup("a private key that the store has as well: delete it here");
    const struct identity *identity =
        *owner ? deployment_identity(&facts->deployment, owner) : NULL;
    if (identity && *identity->key_at)
        return xformat("a private key, that of %s, whose key stays on %s: it is not needed here",
                       owner, identity->key_at);
    if (identity)
        return xformat("a private key, that of %s's request, and the store has no other: --as %s "
                       "takes it with its certificate",
                       owner, owner);
    if (!object->pair)
        return xstrdup("a private key without its certificate: keep it; with the certificate, --as "
                       "IDENTITY takes both");
    const struct import_pair *pair = &import->pairs[object->pair - 1];
    return xformat("a private key, that of %s: --as %s%s takes both", pair->cert_file,
                   pair->fits.count ? pair->fits.items[0] : "IDENTITY",
                   pair->force ? " --force" : "");
}

static void report_key(const struct facts *facts, const struct import *import,
                       const struct key *key, struct import_object *object)
{
    object->what = xformat("%s key%s%s", key->is_private ? "private" : "public",
                           *key->algorithm ? " " : "", key->algorithm);
    const char *owner = key->encrypted ? "" : owner_of(facts, key->id), *target;
    bool take;
    if (!key->is_private)
        put(object, VERDICT_LEFT, owner, xstrdup("a public key: not needed"));
    else if (!key->encrypted && is_taken(import, key, &target, &take))
        put(object, take ? VERDICT_TAKE : VERDICT_LEFT, target,
            xstrdup(take ? "taken with its certificate" : "its certificate is not taken"));
    else if (lies_in_store(facts, object->file))
        put(object, VERDICT_LEFT, owner, xstrdup("the store's own: it stays"));
    else if (key->encrypted)
        put(object, VERDICT_LEFT, "",
            xstrdup("a private key, locked by a password: give it (--password-file; on the screen "
                    "p) to see whose it is"));
    else {
        object->pair = import_pair_with(import, key->id);
        put(object, VERDICT_LEFT, owner, why_key_left(facts, import, key, owner, object));
    }
}

static void report_csr(const struct facts *facts, const struct csr *csr,
                       struct import_object *object)
{
    object->what = xformat("request %s", *csr->cn ? csr->cn : csr->subject);
    put(object, VERDICT_LEFT, owner_of(facts, csr->key_id),
        xstrdup("a certificate request, not a certificate: send it to the CA, the answer belongs "
                "here"));
}

static bool has_locked_key(const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_KEY && file->objects[i].key->encrypted)
            return true;
    return false;
}

/* What of a file, or all of it, could not be read. A key that is locked has its row. */
static void report_unread(const struct import_source *source, struct import *out)
{
    const struct pki_file *file = &source->pki;
    bool is_locked = file->locked && (file->wrong_password || !has_locked_key(file));
    if (!source->problem && !file->problem && !is_locked && file->count)
        return;
    struct import_object *object =
        object_add(out, source->path, file->count ? (int)file->count + 1 : 1);
    object->what = xstrdup(file->count ? "an object" : pki_kind_word(file->kind));
    object->item = source->item;
    object->unread = true;
    if (file->wrong_password)
        put(object, VERDICT_STOP, "",
            xstrdup(
                "the password does not open it: try another (--password-file; on the screen p)"));
    else if (file->locked && !file->problem)
        put(object, VERDICT_LEFT, "",
            xstrdup("locked by a password: give it (--password-file; on the screen p)"));
    else
        put(object, VERDICT_LEFT, "",
            xstrdup(source->problem ? source->problem
                    : file->problem ? file->problem
                                    : "no certificate in it"));
}

/* What waits from an earlier time, and has nothing to do with what came now, is no row of it. */
static bool is_silent(const struct import *import, const struct import_source *source, bool waiting)
{
    if (!source->kept || source->pki.count == 0)
        return source->kept;
    const struct cert *cert = source->pki.objects[0].cert;
    const struct found *first = found_first(import->work, cert);
    if (!first || &import->work->sources.items[first->source] != source)
        return true;
    for (size_t i = 0; i < import->work->choice_count; i++)
        if (cert_same(import->work->choices[i].leaf, cert))
            return import->identities[i].in_place;
    return !waiting;
}

static void report_source(const struct facts *facts, const struct import_options *options,
                          size_t index, struct import *out)
{
    const struct import_source *source = &out->work->sources.items[index];
    if (is_silent(out, source, options->waiting))
        return;
    for (size_t i = 0; i < source->pki.count; i++) {
        const struct object *found = &source->pki.objects[i];
        struct import_object *object = object_add(out, source->path, (int)i + 1);
        object->item = source->item;
        if (found->kind == OBJECT_CERT)
            report_cert(facts, out, found->cert, index, object);
        else if (found->kind == OBJECT_KEY)
            report_key(facts, out, found->key, object);
        else
            report_csr(facts, found->csr, object);
    }
    report_unread(source, out);
}

/* Of the folder of CAs those that a chain has taken, each once. */
static void report_cas(struct import *out)
{
    const struct import_work *work = out->work;
    struct pool told = {0};
    for (size_t i = 0; i < work->cas.count; i++) {
        const struct pki_file *file = &work->cas.items[i].pki;
        for (size_t j = 0; j < file->count; j++) {
            const struct cert *cert = file->objects[j].cert;
            if (file->objects[j].kind != OBJECT_CERT || found_first(work, cert))
                continue;
            struct import_object object = {0};
            if (!report_ca(out, cert, &object) || !pool_add(&told, cert)) {
                free(object.target);
                free(object.why);
                continue;
            }
            struct import_object *row = object_add(out, work->cas.items[i].path, (int)j + 1);
            row->verdict = object.verdict;
            row->target = object.target;
            row->why = object.why;
            row->what = xformat("CA certificate %s", import_name(cert));
        }
    }
    pool_free(&told);
}

void import_report(const struct facts *facts, const struct import_options *options,
                   struct import *out)
{
    for (size_t i = 0; i < out->work->choice_count; i++)
        import_judge(facts, options, &out->work->choices[i], out);
    import_pair_up(facts, out);
    for (size_t i = 0; i < out->work->sources.count; i++)
        report_source(facts, options, i, out);
    report_cas(out);
}
