#include "base/mem.h"
#include "ops/certify.h"
#include "ops/importing.h"
#include "ops/renewing.h"

#include <stdlib.h>
#include <string.h>

/* What came in since: of that item of the tray. */
static void mark_item(struct import_sources *sources, size_t first, size_t item)
{
    for (size_t i = first; i < sources->count; i++)
        sources->items[i].item = item;
}

static bool read_all(const struct facts *facts, const struct tray *tray,
                     const struct import_options *options, struct import_work *work,
                     struct error *err)
{
    struct import_sources *sources = &work->sources;
    for (size_t i = 0; i < tray->count; i++) {
        size_t before = sources->count;
        if (tray->items[i].text)
            sources_text(tray->items[i].text, options->password, sources);
        else if (!sources_read(tray->items[i].path, options->password, sources, err))
            return false;
        mark_item(sources, before, i);
    }
    size_t handed_in = sources->count;
    sources_kept(facts, sources);
    mark_item(sources, handed_in, tray->count);
    if (!options->ca_folder || sources_read(options->ca_folder, NULL, &work->cas, err))
        return true;
    error_wrap(err, "--ca-folder: ");
    return false;
}

bool op_import_look(const struct facts *facts, const struct tray *tray,
                    const struct import_options *options, struct import *out, struct error *err)
{
    *out = (struct import){.work = xcalloc(1, sizeof *out->work)};
    struct import_work *work = out->work;
    bool good = read_all(facts, tray, options, work, err);
    if (good) {
        import_list(facts, work);
        good = import_take_key(facts, options, work, err);
    }
    if (good) {
        import_sort(facts, options, work);
        good = import_pick_chains(facts, options, work, err);
    }
    if (!good) {
        import_free(out);
        return false;
    }
    for (size_t i = 0; i < work->sources.count; i++) {
        out->file_count += !work->sources.items[i].kept;
        out->locked =
            out->locked || work->sources.items[i].locked || work->sources.items[i].pki.locked;
    }
    import_report(facts, options, out);
    return true;
}

/* The key that comes with its certificate. A request of the key before it goes with that: nobody is
 * to send it any more. */
static bool add_key(const struct facts *facts, const struct store *store,
                    const struct taking *taking, struct batch *batch, struct error *err)
{
    struct secret pem = {0};
    struct identity_files files;
    if (!key_pem(taking->key, &pem, err))
        return false;
    batch_add(batch, taking->identity->key_file, pem.data, pem.length, 0600, true);
    secret_free(&pem);
    facts_files(facts, taking->identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    if (csr && memcmp(csr->key_id, taking->key->id, KEY_ID_BYTES) != 0 &&
        store_has(store, files.csr->name))
        batch_remove(batch, files.csr->name);
    return true;
}

static bool add_files(const struct facts *facts, const struct store *store,
                      const struct import *import, struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct choice *choice = &import->work->choices[i];
        const struct import_identity *identity = &import->identities[i];
        if (!identity->take)
            continue;
        if (identity->brings_key && !add_key(facts, store, &import->work->taking, batch, err))
            return false;
        const struct new_certificate item = {choice->identity, choice->leaf_pem, choice->chain_pem};
        certify_files(facts, store, &item, batch);
        if (!renewing_take_next(store, &item, batch, err))
            return false;
    }
    return certify_trusts(facts, store, batch, err) && renewing_open(facts, store, batch, err);
}

bool op_import_write(const struct facts *facts, const struct import *import,
                     struct strings *written, struct strings *kept, struct error *err)
{
    struct store store;
    struct batch batch = {.verb = "import"};
    struct strings unused = {0};
    if (!open_locked(facts, &store, err))
        return false;
    bool good = add_files(facts, &store, import, &batch, err) &&
                store_commit_keeping(&store, &batch, facts->at, kept ? kept : &unused, err);
    for (size_t i = 0; good && i < batch.count; i++)
        if (!batch.items[i].remove && *batch.items[i].name != '.')
            strings_add_new(written, batch.items[i].name);
    strings_free(&unused);
    batch_free(&batch);
    store_close(&store);
    return good;
}

static void work_free(struct import_work *work)
{
    for (size_t i = 0; i < work->choice_count; i++) {
        str_free(&work->choices[i].leaf_pem);
        str_free(&work->choices[i].chain_pem);
        free(work->choices[i].chains);
    }
    for (size_t i = 0; i < work->spare_count; i++)
        free(work->spares[i].file);
    free(work->spares);
    free(work->pair_keys);
    free(work->choices);
    free(work->found);
    pool_free(&work->pool);
    sources_free(&work->sources);
    sources_free(&work->cas);
    free(work);
}

void import_free(struct import *import)
{
    for (size_t i = 0; i < import->object_count; i++) {
        struct import_object *object = &import->objects[i];
        free(object->file);
        free(object->what);
        free(object->target);
        free(object->why);
        free(object->waits);
    }
    for (size_t i = 0; i < import->identity_count; i++) {
        struct import_identity *identity = &import->identities[i];
        free(identity->identity);
        free(identity->certificate);
        free(identity->bundle);
        free(identity->fullchain);
        strings_free(&identity->lost);
        strings_free(&identity->gained);
        strings_free(&identity->impact);
        strings_free(&identity->had);
        strings_free(&identity->losing);
        strings_free(&identity->lacking);
        for (size_t j = 0; j < identity->change_count; j++) {
            free(identity->changes[j].was);
            free(identity->changes[j].is);
        }
        free(identity->changes);
        for (size_t j = 0; j < identity->chain_count; j++) {
            free(identity->chains[j].names);
            free(identity->chains[j].end);
        }
        free(identity->chains);
        free(identity->problem);
        free(identity->remedy);
        free(identity->old_end);
        free(identity->new_end);
    }
    for (size_t i = 0; i < import->missing_count; i++) {
        free(import->missing[i].identity);
        free(import->missing[i].issuer);
        free(import->missing[i].aia);
    }
    for (size_t i = 0; i < import->pair_count; i++)
        import_pair_free(&import->pairs[i]);
    free(import->pairs);
    free(import->objects);
    free(import->identities);
    free(import->missing);
    if (import->work)
        work_free(import->work);
    *import = (struct import){0};
}
