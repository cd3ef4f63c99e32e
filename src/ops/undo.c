#include "ops/undo.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"
#include "pki/load.h"
#include "store/renewals.h"

#include <stdlib.h>
#include <string.h>

/* One run under the lock. */
struct run {
    struct store store;
    struct journal journal;
    const struct journal_entry *entry;
    struct batch batch;
};

static bool changed_since(const struct journal_entry *entry, const struct journal_file *file,
                          struct error *err)
{
    char stamp[32];
    clock_stamp(entry->at, stamp);
    return error_set(err, STATUS_NO, file->name,
                     "move it out of the store if it is to stay, then undo again",
                     "was changed after the %s of %s, and undo would lose that",
                     journal_noun(entry->verb), stamp);
}

/* What stands there now is what the transaction left, or nothing. */
static bool is_as_left(const struct run *run, const struct journal_file *file, bool *there,
                       bool *key, struct error *err)
{
    struct buffer now = {0};
    char hash[DIGEST_HEX + 1];
    *key = false;
    *there = store_has(&run->store, file->name);
    if (!*there)
        return true;
    if (!file_read_at(run->store.fd, file->name, true, &now, err))
        return false;
    digest_hex(now.data, now.length, hash);
    *key = pki_holds_private(now.data, now.length);
    buffer_free(&now);
    return (file->is && strcmp(hash, file->is_hash) == 0) || changed_since(run->entry, file, err);
}

/* The copy that the transaction left beside goes where the same is in place again; one of a key
 * stays. */
static void drop_bak(struct run *run, const struct journal_file *file)
{
    struct buffer bak = {0};
    char hash[DIGEST_HEX + 1];
    if (!*file->bak || !file_read_at(run->store.fd, file->bak, true, &bak, NULL))
        return;
    digest_hex(bak.data, bak.length, hash);
    if (strcmp(hash, file->was_hash) == 0 && !pki_holds_private(bak.data, bak.length))
        batch_remove(&run->batch, file->bak);
    buffer_free(&bak);
}

static bool plan_file(struct run *run, size_t index, struct undone *out, struct error *err)
{
    const struct journal_file *file = &run->entry->files[index];
    bool there, key;
    if (!is_as_left(run, file, &there, &key, err))
        return false;
    if (!file->was) {
        if (there) {
            batch_retire(&run->batch, file->name, key);
            strings_add(&out->removed, file->name);
        }
        return true;
    }
    struct buffer old = {0};
    if (!journal_old(&run->store, run->entry, index, &old, err))
        return false;
    batch_add(&run->batch, file->name, old.data, old.length, file->was_mode, true);
    strings_add(&out->restored, file->name);
    buffer_free(&old);
    drop_bak(run, file);
    return true;
}

/* Opened by what is taken back, they are as they were; those that were ended meanwhile are over. */
static bool plan_renewals(struct run *run, size_t index, struct error *err)
{
    struct buffer old = {0};
    struct renewals was = {0}, now = {0};
    if (run->entry->files[index].was && !journal_old(&run->store, run->entry, index, &old, err))
        return false;
    renewals_parse(old.data ? (const char *)old.data : "", &was);
    bool good = renewals_of(&run->store, &now, err);
    if (good) {
        renewals_take_back(&now, &was, run->entry->number);
        renewals_put(&now, &run->batch);
    }
    renewals_free(&was);
    renewals_free(&now);
    buffer_free(&old);
    return good;
}

static bool plan(struct run *run, struct undone *out, struct error *err)
{
    run->entry = journal_last(&run->journal);
    if (!run->entry)
        return error_set(err, STATUS_NO, run->store.path,
                         "certwright undo --list says what was done",
                         "there is nothing to undo: no import, unlock, sign or renewal is left in "
                         "its journal");
    out->verb = xstrdup(run->entry->verb);
    out->at = run->entry->at;
    for (size_t i = 0; i < run->entry->count; i++) {
        bool renewals = strcmp(run->entry->files[i].name, RENEWALS_FILE) == 0;
        if (!(renewals ? plan_renewals(run, i, err) : plan_file(run, i, out, err)))
            return false;
    }
    run->batch.verb = "undo";
    run->batch.undoes = run->entry->number;
    return true;
}

/* Keys that the batch replaced or retired. */
static bool carry_out(struct run *run, time_t now, struct undone *out, struct error *err)
{
    return store_commit_telling(&run->store, &run->batch, now, &out->kept, err);
}

bool op_undo(const char *store_path, time_t now, struct undone *out, struct error *err)
{
    struct run run = {0};
    *out = (struct undone){0};
    if (!store_open(store_path, false, &run.store, err))
        return false;
    bool good = store_lock(&run.store, err) && journal_read(&run.store, &run.journal, err) &&
                plan(&run, out, err) && carry_out(&run, now, out, err);
    batch_free(&run.batch);
    journal_free(&run.journal);
    store_close(&run.store);
    if (!good)
        undone_free(out);
    return good;
}

void undone_free(struct undone *undone)
{
    free(undone->verb);
    strings_free(&undone->restored);
    strings_free(&undone->removed);
    strings_free(&undone->kept);
    *undone = (struct undone){0};
}
