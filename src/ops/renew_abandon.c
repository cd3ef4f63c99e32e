/* A renewal that waits is given up: what was made for it goes, what serves stays. */
#include "base/mem.h"
#include "model/conftext.h"
#include "model/edit.h"
#include "ops/material.h"
#include "ops/renew.h"
#include "ops/renewing.h"
#include "store/sent.h"

#include <stdlib.h>
#include <string.h>

struct run {
    const struct facts *facts;
    struct store store;
    struct renewals renewals;
    struct batch batch;
    struct strings unsent; /* requests that stay, and are sent no more */
    struct abandoned_list *out;
};

static bool may_abandon(const struct renewals *renewals, const char *name, struct error *err)
{
    const struct renewal *open = renewals_open(renewals, name);
    if (!open)
        return renewing_none(renewals, name, err);
    if (open->first)
        return error_set(
            err, STATUS_NO, name,
            "certwright plan writes its installation, certwright undo takes the import "
            "back where that was the last step",
            "its renewal (%s) waits no more: the new certificate is in place in the "
            "store",
            renew_words(open->new_key));
    return true;
}

/* deployment.conf has the name of the key in use again. */
static void put_back_key(const struct identity *identity, struct edit *edit)
{
    struct conf_step path[] = {{"identity", identity->name}, {"key-file", NULL}};
    char *standard = xformat("%s.key", identity->name);
    struct strings values = {0};
    strings_add(&values, identity_key(identity));
    if (strcmp(standard, values.items[0]) == 0)
        conf_remove(&edit->text, path, 2);
    else
        conf_set(&edit->text, path, 2, &values, false);
    strings_free(&values);
    free(standard);
}

static bool put_conf(const struct run *run, struct error *err)
{
    struct edit edit;
    struct deployment now;
    bool changed = false, good = true;
    edit_begin(&edit, run->facts);
    for (size_t i = 0; i < run->out->count; i++) {
        const struct identity *identity = run->out->items[i].identity;
        if (!identity->key_in_use || strcmp(identity->key_in_use, identity->key_file) == 0)
            continue;
        put_back_key(identity, &edit);
        changed = true;
    }
    if (changed && (good = edit_finish(&edit, false, &now, err))) {
        good = deployment_put(&run->facts->deployment, &now, err);
        deployment_free(&now);
    }
    edit_free(&edit);
    return good;
}

/* The request of a key that will not come into use. */
static void drop_request(struct run *run, const struct abandoned *item)
{
    struct identity_files files;
    facts_files(run->facts, item->identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    if (csr && files.leaf && memcmp(csr->key_id, files.leaf->key_id, KEY_ID_BYTES) != 0 &&
        store_has(&run->store, files.csr->name))
        batch_remove(&run->batch, files.csr->name);
}

static void abandon_one(struct run *run, struct abandoned *item)
{
    const struct identity *identity = item->identity;
    char *next = xformat("%s-next.key", identity->name), *csr = csr_name(identity);
    if (!item->new_key) {
        strings_add(&run->unsent, csr);
        item->note = xformat("%s is the key's request still", csr);
    } else if (*identity->key_at) {
        drop_request(run, item);
        item->note = xformat("key-file is %s again; on %s %s may be deleted by SFTP",
                             identity_key(identity), identity->key_at, identity->key_file);
    } else {
        drop_request(run, item);
        if (store_has(&run->store, next))
            batch_retire(&run->batch, next, true);
        item->note = xformat("%s stays in use", identity->key_file);
    }
    struct renewal over = *renewals_open(&run->renewals, identity->name);
    over.done = true;
    renewals_set(&run->renewals, &over);
    free(next);
    free(csr);
}

/* The names under which keys were kept, each told where it belongs. */
static void tell_kept(struct run *run, const struct strings *kept)
{
    for (size_t i = 0; i < run->out->count; i++) {
        struct abandoned *item = &run->out->items[i];
        char *next = xformat("%s-next.key.", item->identity->name);
        for (size_t k = 0; k < kept->count; k++)
            if (text_starts(kept->items[k], next)) {
                char *note =
                    xformat("%s; the key that waited is kept as %s", item->note, kept->items[k]);
                free(item->note);
                item->note = note;
            }
        free(next);
    }
}

static bool choose(struct run *run, const struct strings *names, struct error *err)
{
    for (size_t i = 0; i < names->count; i++)
        if (!may_abandon(&run->renewals, names->items[i], err))
            return false;
    for (size_t i = 0; i < run->facts->deployment.identity_count; i++) {
        const struct identity *identity = &run->facts->deployment.identities[i];
        if (!strings_has(names, identity->name))
            continue;
        run->out->items = grow(run->out->items, run->out->count, sizeof *run->out->items);
        run->out->items[run->out->count++] = (struct abandoned){
            .identity = identity,
            .new_key = renewals_open(&run->renewals, identity->name)->new_key,
        };
    }
    return true;
}

static bool carry_out(struct run *run, struct error *err)
{
    static const unsigned char none[32];
    struct strings kept = {0};
    for (size_t i = 0; i < run->out->count; i++)
        abandon_one(run, &run->out->items[i]);
    renewals_put(&run->renewals, &run->batch);
    bool good = put_conf(run, err);
    for (size_t i = 0; good && i < run->unsent.count; i++)
        good = sent_note(&run->store, run->unsent.items[i], none, NULL, err);
    good = good && store_commit_telling(&run->store, &run->batch, run->facts->at, &kept, err);
    if (good)
        tell_kept(run, &kept);
    strings_free(&kept);
    return good;
}

bool op_renew_abandon(const struct facts *facts, const struct strings *names,
                      struct abandoned_list *out, struct error *err)
{
    struct run run = {.facts = facts, .batch = {.verb = "renew"}, .out = out};
    *out = (struct abandoned_list){0};
    if (!open_locked(facts, &run.store, err))
        return false;
    bool good = renewals_of(&run.store, &run.renewals, err) && choose(&run, names, err) &&
                carry_out(&run, err);
    batch_free(&run.batch);
    strings_free(&run.unsent);
    renewals_free(&run.renewals);
    store_close(&run.store);
    if (!good)
        abandoned_free(out);
    return good;
}

void abandoned_free(struct abandoned_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].note);
    free(list->items);
    *list = (struct abandoned_list){0};
}
