#include "ops/renewing.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

static const struct store_write *written(const struct batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->items[i].remove && strcmp(batch->items[i].name, name) == 0)
            return &batch->items[i];
    return NULL;
}

static bool has_cert(const struct pki_file *file, const struct cert *cert)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT && cert_same(file->objects[i].cert, cert))
            return true;
    return false;
}

/* What a file held before, and will hold. */
struct exchange {
    struct pki_file was, is;
};

static void exchange_free(struct exchange *exchange)
{
    pki_file_free(&exchange->was);
    pki_file_free(&exchange->is);
}

/* false: nothing is there, or nothing is written. */
static bool exchange_of(const struct store *store, const struct batch *batch, const char *name,
                        struct exchange *out)
{
    struct buffer old = {0};
    const struct store_write *item = written(batch, name);
    *out = (struct exchange){0};
    if (!item || !store_has(store, name) || !store_read(store, name, &old, NULL))
        return false;
    pki_parse(old.data, old.length, NULL, &out->was);
    pki_parse(item->data, item->length, NULL, &out->is);
    buffer_free(&old);
    return true;
}

static bool loses_one(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->was.count; i++)
        if (exchange->was.objects[i].kind == OBJECT_CERT &&
            !has_cert(&exchange->is, exchange->was.objects[i].cert))
            return true;
    return false;
}

static bool replaces(const struct store *store, const struct batch *batch,
                     const struct identity *identity, bool *new_key)
{
    struct exchange leaf, bundle;
    *new_key = false;
    bool replaced = false;
    if (exchange_of(store, batch, identity->certificate_file, &leaf)) {
        const struct cert *was = pki_first_cert(&leaf.was), *is = pki_first_cert(&leaf.is);
        replaced = was && is && !cert_same(was, is);
        *new_key = replaced && memcmp(was->key_id, is->key_id, KEY_ID_BYTES) != 0;
    }
    if (!replaced && store_has(store, identity->certificate_file) &&
        exchange_of(store, batch, identity->bundle_file, &bundle)) {
        replaced = loses_one(&bundle);
        exchange_free(&bundle);
    }
    exchange_free(&leaf);
    return replaced;
}

static bool note(struct renewals *renewals, const struct identity *identity, bool new_key,
                 const char *today, unsigned entry)
{
    const struct renewal *open = renewals_open(renewals, identity->name);
    struct renewal renewal = {.identity = identity->name,
                              .new_key = new_key,
                              .first = entry,
                              .key_file = open && new_key ? open->key_file : NULL};
    memcpy(renewal.since, today, sizeof renewal.since);
    renewal.since[sizeof renewal.since - 1] = '\0';
    if (open && open->first) {
        if (open->new_key || !new_key)
            return false; /* nothing that it doesn't say */
        renewal.first = open->first;
    }
    if (open)
        memcpy(renewal.since, open->since, sizeof renewal.since);
    renewals_set(renewals, &renewal);
    return true;
}

/* The file under its name in use, and away from where it waited. */
static bool move_file(const struct store *store, const char *from, const char *to, mode_t mode,
                      struct batch *batch, struct error *err)
{
    struct buffer data;
    if (!store_has(store, from))
        return true;
    if (!store_read(store, from, &data, err))
        return false;
    batch_add(batch, to, data.data, data.length, mode, true);
    batch_remove(batch, from);
    buffer_free(&data);
    return true;
}

static bool fits_next(const struct store *store, const char *key_file, const struct str *leaf_pem)
{
    struct pki_file keys = {0}, certs;
    const struct key *key;
    if (!store_has(store, key_file) || !read_key(store, key_file, &keys, &key, NULL)) {
        pki_file_free(&keys);
        return false;
    }
    pki_parse((const unsigned char *)leaf_pem->data, leaf_pem->length, NULL, &certs);
    const struct cert *leaf = pki_first_cert(&certs);
    bool fits = leaf && memcmp(leaf->key_id, key->id, KEY_ID_BYTES) == 0;
    pki_file_free(&certs);
    pki_file_free(&keys);
    return fits;
}

bool renewing_take_next(const struct store *store, const struct new_certificate *item,
                        struct batch *batch, struct error *err)
{
    const struct identity *identity = item->identity;
    char *next_key = xformat("%s-next.key", identity->name);
    char *next_csr = xformat("%s-next.csr", identity->name), *csr = csr_name(identity);
    bool good = true;
    if (fits_next(store, next_key, &item->leaf_pem))
        good = move_file(store, next_key, identity->key_file, 0600, batch, err) &&
               move_file(store, next_csr, csr, 0644, batch, err);
    free(next_key);
    free(next_csr);
    free(csr);
    return good;
}

/* One of those whom the list is for presents it, or a CA above it did. */
static bool is_theirs(const struct facts *facts, const struct trust_need *need,
                      const struct cert *cert)
{
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        const char *const names[] = {identity ? identity->certificate_file : "",
                                     identity ? identity->bundle_file : ""};
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            const struct store_file *file = scan_find(&facts->scan, names[n]);
            if (file && has_cert(&file->pki, cert))
                return true;
        }
    }
    return false;
}

/* What is lost is nobody's here: the server or service that presented it is gone. */
static bool drops_strangers(const struct facts *facts, const struct trust *trust,
                            const struct exchange *list)
{
    for (size_t i = 0; i < list->was.count; i++) {
        const struct object *object = &list->was.objects[i];
        if (object->kind == OBJECT_CERT && !has_cert(&list->is, object->cert) &&
            !is_theirs(facts, trust->need, object->cert))
            return true;
    }
    return false;
}

static bool note_lists(const struct facts *facts, const struct store *store,
                       const struct batch *batch, struct renewals *renewals)
{
    bool changed = false;
    struct renewal list = {.first = journal_next(store)};
    char today[16];
    clock_date(facts->at, today);
    memcpy(list.since, today, sizeof list.since);
    list.since[sizeof list.since - 1] = '\0';
    for (size_t i = 0; i < facts->trusts.count; i++) {
        const struct trust *trust = facts->trusts.by_file[i];
        struct exchange exchange;
        if (!trust->reader->installed || renewals_open(renewals, trust->file) ||
            deployment_owns_file(&facts->deployment, trust->file) ||
            !exchange_of(store, batch, trust->file, &exchange))
            continue;
        list.identity = trust->file;
        if (drops_strangers(facts, trust, &exchange)) {
            renewals_set(renewals, &list);
            changed = true;
        }
        exchange_free(&exchange);
    }
    return changed;
}

bool renewing_narrow(const struct facts *facts, const struct store *store, struct batch *batch,
                     struct error *err)
{
    struct renewals renewals;
    if (!renewals_of(store, &renewals, err))
        return false;
    if (note_lists(facts, store, batch, &renewals)) {
        renewals_put(&renewals, batch);
        batch->verb = "fix";
    }
    renewals_free(&renewals);
    return true;
}

bool renewing_open(const struct facts *facts, const struct store *store, struct batch *batch,
                   struct error *err)
{
    const struct deployment *deployment = &facts->deployment;
    struct renewals renewals;
    char today[16];
    bool changed = false, new_key;
    if (!renewals_of(store, &renewals, err))
        return false;
    unsigned entry = journal_next(store);
    clock_date(facts->at, today);
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        if (replaces(store, batch, identity, &new_key))
            changed = note(&renewals, identity, new_key, today, entry) || changed;
    }
    changed = note_lists(facts, store, batch, &renewals) || changed;
    if (changed)
        renewals_put(&renewals, batch);
    renewals_free(&renewals);
    return true;
}
