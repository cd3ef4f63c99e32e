#include "ops/renewing.h"

#include "base/clock.h"
#include "store/journal.h"

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
    struct renewal renewal = {.identity = identity->name, .new_key = new_key, .first = entry};
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
    if (changed)
        renewals_put(&renewals, batch);
    renewals_free(&renewals);
    return true;
}
