/* Renewals that are open, and their end. */
#include "base/mem.h"
#include "model/held.h"
#include "ops/material.h"
#include "ops/renew.h"
#include "ops/renewing.h"

#include <stdlib.h>
#include <string.h>

/* What the journal has lost is not known; whoever plans is told of it. */
static time_t end_of_held(const struct held *held, const struct facts *facts,
                          const struct open_renewal *renewal)
{
    const struct scan *scan = renewal->waits ? &facts->scan : held ? &held->facts->scan : NULL;
    const struct cert *leaf = scan ? scan_cert(scan, renewal->identity->certificate_file) : NULL;
    return leaf ? leaf->not_after : 0;
}

void open_renewals(const struct facts *facts, struct open_renewals *out)
{
    struct held *held = NULL;
    *out = (struct open_renewals){0};
    if (!held_gather(facts, &held, NULL))
        held = NULL;
    for (size_t i = 0; i < facts->deployment.identity_count; i++) {
        const struct identity *identity = &facts->deployment.identities[i];
        const struct renewal *open = renewals_open(&facts->renewals, identity->name);
        if (!open)
            continue;
        out->items = grow(out->items, out->count, sizeof *out->items);
        struct open_renewal *item = &out->items[out->count++];
        *item = (struct open_renewal){
            .identity = identity, .new_key = open->new_key, .waits = !open->first};
        memcpy(item->since, open->since, sizeof item->since);
        item->held_end = end_of_held(held, facts, item);
    }
    held_free(held);
}

void open_renewals_free(struct open_renewals *list)
{
    free(list->items);
    *list = (struct open_renewals){0};
}

bool renewing_none(const struct renewals *renewals, const char *name, struct error *err)
{
    struct strings open = {0};
    for (size_t i = 0; i < renewals->count; i++)
        if (!renewals->items[i].done)
            strings_add(&open, renewals->items[i].identity);
    char *list = strings_join(&open, ", ");
    char *remedy = open.count ? xformat("name one of those that are: %s", list)
                              : xstrdup("certwright renew lists what is due");
    error_set(err, STATUS_NO, name, remedy, "no renewal of it is open");
    free(remedy);
    free(list);
    strings_free(&open);
    return false;
}

static bool may_end(const struct renewals *renewals, const char *name, struct error *err)
{
    const struct renewal *open = renewals_open(renewals, name);
    if (!open)
        return renewing_none(renewals, name, err);
    if (!open->first)
        return error_set(err, STATUS_NO, name,
                         "import the CA's answer first; certwright renew --abandon gives it up",
                         "its renewal (%s) waits for its certificate, so nothing can have been "
                         "installed",
                         renew_words(open->new_key));
    return true;
}

static void end_one(struct renewals *renewals, const char *name)
{
    struct renewal over = *renewals_open(renewals, name);
    over.done = true;
    renewals_set(renewals, &over);
}

bool op_renew_done(const struct facts *facts, const struct strings *names, struct error *err)
{
    struct store store;
    struct renewals renewals;
    if (!store_open(facts->store_path, false, &store, err))
        return false;
    bool good = store_lock(&store, err) && renewals_of(&store, &renewals, err);
    if (good) {
        for (size_t i = 0; i < names->count && good; i++)
            good = may_end(&renewals, names->items[i], err);
        for (size_t i = 0; i < names->count && good; i++)
            end_one(&renewals, names->items[i]);
        good = good && renewals_write(&store, &renewals, err);
        renewals_free(&renewals);
    }
    store_close(&store);
    return good;
}
