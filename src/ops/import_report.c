#include "base/clock.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *import_short_name(const char *distinguished_name)
{
    const char *cn = NULL;
    for (const char *at = distinguished_name; *at && !cn; at++) {
        bool starts = at == distinguished_name ||
                      (at[-1] == ',' && (at - 1 == distinguished_name || at[-2] != '\\'));
        if (starts && text_starts(at, "CN="))
            cn = at + 3;
    }
    if (!cn)
        return xstrdup(distinguished_name);
    struct str name = {0};
    for (; *cn && *cn != ',' && *cn != '+'; cn++) {
        if (*cn == '\\' && cn[1] && !isxdigit((unsigned char)cn[1]))
            cn++; /* \, is a comma; \1B stays as it is */
        str_add_char(&name, *cn);
    }
    return str_take(&name);
}

static const char *name_of(const struct cert *cert)
{
    return *cert->cn ? cert->cn : *cert->subject ? cert->subject : "without a name";
}

static char *end_of(const struct cert *cert)
{
    char date[16];
    clock_date(cert->not_after, date);
    return xstrdup(date);
}

static void stop(struct import_identity *out, char *problem, char *remedy)
{
    out->stop = true;
    out->problem = problem;
    out->remedy = remedy;
}

static void stop_ended(const struct facts *facts, const struct choice *choice,
                       const struct cert *ended, struct import_identity *out)
{
    char date[16];
    clock_date(ended->not_after, date);
    long days = (long)((facts->at - ended->not_after) / SECONDS_A_DAY);
    if (ended == choice->leaf)
        stop(out, xformat("ended on %s, %ld days ago", date, days),
             xformat("send %s.csr to the CA again and import its answer", choice->identity->name));
    else
        stop(out, xformat("its CA \"%s\" ended on %s, %ld days ago", name_of(ended), date, days),
             xstrdup("ask the CA for its new certificate and import that as well"));
}

static void stop_incomplete(const struct choice *choice, struct import_identity *out)
{
    const struct cert *last = choice->chain.certs[choice->chain.count - 1];
    char *issuer = import_short_name(last->issuer);
    char *problem =
        last == choice->leaf
            ? xformat("its issuer \"%s\" is not here", issuer)
            : xformat("\"%s\", the issuer of its CA \"%s\", is not here", issuer, name_of(last));
    char *remedy =
        *last->aia ? xformat("fetch %s and import it as well, or name a folder that has it with "
                             "--ca-folder",
                             last->aia)
                   : xstrdup("ask the CA for it and import it as well, or name a folder that has "
                             "it with --ca-folder (public roots: /etc/ssl/certs)");
    free(issuer);
    stop(out, problem, remedy);
}

static const struct cert *first_ended(const struct facts *facts, const struct choice *choice)
{
    for (size_t i = 0; i < choice->chain.count; i++)
        if (choice->chain.certs[i]->not_after <= facts->at)
            return choice->chain.certs[i];
    return NULL;
}

static void judge(const struct facts *facts, const struct choice *choice,
                  struct import_identity *out)
{
    const struct chain *chain = &choice->chain;
    const struct cert *ended = first_ended(facts, choice);
    if (choice->leaf->not_after <= facts->at)
        stop_ended(facts, choice, choice->leaf, out);
    else if (!chain->complete && chain->count)
        stop_incomplete(choice, out);
    else if (!chain->valid && ended)
        stop_ended(facts, choice, ended, out);
    else if (!chain->valid)
        stop(out,
             xformat("its chain does not verify: %s, at \"%s\"", chain->reason,
                     name_of((size_t)chain->depth < chain->count ? chain->certs[chain->depth]
                                                                 : choice->leaf)),
             xstrdup("ask the CA for the chain that belongs to it"));
}

static void report_identity(const struct facts *facts, const struct import_options *options,
                            const struct choice *choice, struct import *out)
{
    const struct identity *identity = choice->identity;
    out->identities = grow(out->identities, out->identity_count, sizeof *out->identities);
    struct import_identity *item = &out->identities[out->identity_count++];
    struct identity_files files;
    facts_files(facts, identity, &files);
    item->identity = xstrdup(identity->name);
    item->certificate = xstrdup(identity->certificate_file);
    item->bundle = xstrdup(choice->chain_pem.length ? identity->bundle_file : "");
    item->fullchain = xstrdup(identity->fullchain_file);
    item->in_place = choice->in_place;
    item->old_end = files.leaf ? end_of(files.leaf) : xstrdup("");
    item->new_end = end_of(choice->leaf);
    judge(facts, choice, item);
    item->take = !item->stop || options->force;
    import_compare(facts, choice, item);

    if (choice->chain.complete || choice->chain.count == 0)
        return;
    const struct cert *last = choice->chain.certs[choice->chain.count - 1];
    out->missing = grow(out->missing, out->missing_count, sizeof *out->missing);
    out->missing[out->missing_count++] =
        (struct import_missing){xstrdup(identity->name), xstrdup(last->issuer), xstrdup(last->aia)};
}

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

static const struct found *first_of(const struct import_work *work, const struct cert *cert)
{
    for (size_t i = 0; i < work->found_count; i++)
        if (cert_same(work->found[i].cert, cert))
            return &work->found[i];
    return NULL;
}

static char *why_taken(const struct choice *choice, const struct import_identity *identity)
{
    char from[16] = "";
    if (choice->to_come)
        clock_date(choice->leaf->not_before, from);
    const char *forced = identity->stop ? "; taken by --force" : "";
    if (identity->in_place)
        return xformat("in place already, ends %s%s", identity->new_end, forced);
    if (identity->stop)
        return xformat("key matches, but %s%s", identity->problem, forced);
    return *from ? xformat("key matches, counts from %s, ends %s", from, identity->new_end)
                 : xformat("key matches, ends %s", identity->new_end);
}

/* A certificate with the identity's key that was not chosen. */
static char *why_not_chosen(const struct choice *choice, const struct cert *cert,
                            const struct import_work *work)
{
    char *end = end_of(cert), *other = end_of(choice->leaf), *why;
    const struct found *chosen = first_of(work, choice->leaf);
    if (choice->kept)
        why = xformat("ends %s; the one in place serves better, it ends %s", end, other);
    else
        why = xformat("ends %s; %s #%d serves better, it ends %s", end,
                      chosen ? work->sources.items[chosen->source].path : choice->identity->name,
                      chosen ? chosen->number : 1, other);
    free(end);
    free(other);
    return why;
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
            put(object, take ? VERDICT_TAKE : VERDICT_STOP,
                take ? identity->certificate : identity->identity,
                take ? why_taken(choice, identity) : xstrdup(identity->problem));
            return true;
        }
        if (identity_has_key(facts, choice->identity, cert->key_id)) {
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
        char *end = end_of(cert),
             *target = bundles.count > 1 ? xformat("%s +%zu", bundles.items[0], bundles.count - 1)
                                         : xstrdup(bundles.items[0]);
        put(object, VERDICT_TAKE, target,
            xformat("%s, ends %s", cert->self_signed ? "root" : "intermediate", end));
        free(end);
        free(target);
    } else if (waits) {
        put(object, VERDICT_LEFT, waits, xformat("belongs to %s, which is not taken", waits));
    }
    strings_free(&bundles);
    return on_path;
}

static void report_cert(const struct facts *facts, const struct import *import,
                        const struct cert *cert, size_t source, struct import_object *object)
{
    const struct import_work *work = import->work;
    object->what = xformat(
        "%s %s",
        cert->is_ca || (cert->version == 1 && cert->self_signed) ? "CA certificate" : "certificate",
        name_of(cert));
    const struct found *first = first_of(work, cert);
    if (first->source != source || first->number != object->number)
        put(object, VERDICT_LEFT, "",
            xformat("the same as %s #%d", work->sources.items[first->source].path, first->number));
    else if (!report_leaf(facts, import, cert, object) && !report_ca(import, cert, object))
        put(object, VERDICT_LEFT, "",
            cert->is_ca || cert->self_signed
                ? xstrdup("on no path of a certificate that is taken")
                : xformat("no key or request here fits %s", name_of(cert)));
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

static void report_key(const struct facts *facts, const struct key *key,
                       struct import_object *object)
{
    object->what = xformat("%s key%s%s", key->is_private ? "private" : "public",
                           *key->algorithm ? " " : "", key->algorithm);
    const char *owner = key->encrypted ? "" : owner_of(facts, key->id);
    if (!key->is_private)
        put(object, VERDICT_LEFT, owner, xstrdup("a public key: not needed"));
    else if (lies_in_store(facts, object->file))
        put(object, VERDICT_LEFT, owner, xstrdup("the store's own: it stays"));
    else if (*owner)
        put(object, VERDICT_LEFT, owner,
            xformat("a private key, that of %s, which the store has: delete it here", owner));
    else
        put(object, VERDICT_LEFT, "",
            xstrdup("a private key: import takes none; delete it here, or copy it into the store "
                    "yourself"));
}

static void report_csr(const struct facts *facts, const struct csr *csr,
                       struct import_object *object)
{
    object->what = xformat("request %s", *csr->cn ? csr->cn : csr->subject);
    put(object, VERDICT_LEFT, owner_of(facts, csr->key_id),
        xstrdup("a certificate request, not a certificate: send it to the CA, the answer belongs "
                "here"));
}

/* What of a file, or all of it, could not be read. */
static void report_unread(const struct import_source *source, struct import *out)
{
    const struct pki_file *file = &source->pki;
    if (!source->problem && !file->problem && !file->locked && file->count)
        return;
    struct import_object *object =
        object_add(out, source->path, file->count ? (int)file->count + 1 : 1);
    object->what = xstrdup(file->count ? "an object" : pki_kind_word(file->kind));
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

static void report_source(const struct facts *facts, size_t index, struct import *out)
{
    const struct import_source *source = &out->work->sources.items[index];
    for (size_t i = 0; i < source->pki.count; i++) {
        const struct object *found = &source->pki.objects[i];
        struct import_object *object = object_add(out, source->path, (int)i + 1);
        if (found->kind == OBJECT_CERT)
            report_cert(facts, out, found->cert, index, object);
        else if (found->kind == OBJECT_KEY)
            report_key(facts, found->key, object);
        else
            report_csr(facts, found->csr, object);
    }
    report_unread(source, out);
}

void import_report(const struct facts *facts, const struct import_options *options,
                   struct import *out)
{
    for (size_t i = 0; i < out->work->choice_count; i++)
        report_identity(facts, options, &out->work->choices[i], out);
    for (size_t i = 0; i < out->work->sources.count; i++)
        report_source(facts, i, out);
}
