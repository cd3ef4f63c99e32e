#include "ops/fix.h"

#include "base/mem.h"
#include "ops/certify.h"
#include "ops/material.h"
#include "ops/renewing.h"
#include "pki/chain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The certificate of the identity's key, wherever it stands among its files. */
static const struct cert *leaf_of(const struct identity_files *files, const struct pool *pool)
{
    const struct key *key = files->key ? pki_first_key(&files->key->pki) : NULL;
    if (!key || key->encrypted)
        return files->leaf;
    for (size_t i = 0; i < pool->count; i++)
        if (memcmp(pool->certs[i]->key_id, key->id, KEY_ID_BYTES) == 0)
            return pool->certs[i];
    return NULL;
}

static void add_file(struct pool *pool, const struct store_file *file)
{
    if (file && !file->problem)
        pool_add_file(pool, &file->pki);
}

/* The certificates as they stand, written as they must be: what else is wrong with them is for a
 * person. Nothing of a file that holds anything else, or that can't be read to its end, is lost. */
static void mend_form(const struct facts *facts, const struct store *store, const char *name,
                      struct batch *batch)
{
    const struct store_file *file = scan_find(&facts->scan, name);
    struct str text = {0};
    bool whole = file && !file->problem && !file->pki.problem && !(file->pki.flags & PEM_BROKEN);
    for (size_t i = 0; whole && i < file->pki.count; i++) {
        whole = file->pki.objects[i].kind == OBJECT_CERT;
        if (whole)
            cert_pem(file->pki.objects[i].cert, &text);
    }
    if (whole)
        certify_put(store, batch, name, &text);
    str_free(&text);
}

/* Its own files first; where they don't reach a root, whatever the store has; where that doesn't
 * either, the form of the file alone. */
static void mend_chain(const struct facts *facts, const struct store *store,
                       const struct identity *identity, const char *file, struct batch *batch)
{
    struct identity_files files;
    struct pool pool = {0};
    struct chain chain;
    facts_files(facts, identity, &files);
    add_file(&pool, files.certificate);
    add_file(&pool, files.fullchain);
    add_file(&pool, files.bundle);
    const struct cert *leaf = leaf_of(&files, &pool);
    if (leaf) {
        chain_build(leaf, pool.certs, pool.count, facts->at, &chain);
        if (!chain.complete) {
            pool_add_scan(&pool, &facts->scan);
            chain_build(leaf, pool.certs, pool.count, facts->at, &chain);
        }
    }
    if (leaf && chain.complete) {
        struct new_certificate item = {.identity = identity};
        cert_pem(leaf, &item.leaf_pem);
        for (size_t i = 1; i < chain.count; i++)
            cert_pem(chain.certs[i], &item.chain_pem);
        certify_files(facts, store, &item, batch);
        str_free(&item.leaf_pem);
        str_free(&item.chain_pem);
    } else {
        mend_form(facts, store, file, batch);
    }
    pool_free(&pool);
}

/* A file that the person named is written here and nowhere else. */
static void mend_trust(const struct facts *facts, const struct store *store, const char *file,
                       struct batch *batch)
{
    struct str content = {0};
    if (trust_file_content(&facts->deployment, &facts->scan, &facts->trusts, file, &content))
        certify_put(store, batch, file, &content);
    str_free(&content);
}

static void mend_trusts(const struct facts *facts, const struct store *store,
                        const struct finding *finding, struct batch *batch)
{
    mend_trust(facts, store, finding->file, batch);
    for (size_t i = 0; i < finding->also_count; i++)
        if (strcmp(finding->also[i].file, finding->file) != 0)
            mend_trust(facts, store, finding->also[i].file, batch);
}

/* Only the mode: rewriting a key would leave a copy of it. */
static bool mend_modes(const struct store *store, const struct findings *findings,
                       struct strings *mended, struct error *err)
{
    for (size_t i = 0; i < findings->count; i++) {
        const char *file = findings->items[i].file;
        if (findings->items[i].fix != FIX_MODE || findings->items[i].accepted)
            continue;
        if (fchmodat(store->fd, file, 0600, 0) != 0)
            return error_system(err, file, "its mode cannot be changed");
        strings_add_new(mended, file);
    }
    return true;
}

bool op_fix(const struct facts *facts, const struct findings *findings, struct strings *mended,
            struct error *err)
{
    struct store store;
    struct batch batch = {0};
    if (!open_locked(facts, &store, err))
        return false;
    /* While a renewal is open a list that is mended is not yet what the servers hold. */
    if (renewals_first(&facts->renewals))
        batch.verb = "fix";
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        const struct identity *identity =
            deployment_identity(&facts->deployment, finding->identity);
        if (finding->accepted)
            continue;
        if (finding->fix == FIX_CHAIN && identity)
            mend_chain(facts, &store, identity, finding->file, &batch);
        else if (finding->fix == FIX_TRUST)
            mend_trusts(facts, &store, finding, &batch);
    }
    bool good = certify_trusts(facts, &store, &batch, err) &&
                renewing_narrow(facts, &store, &batch, err) &&
                certify_commit(&store, &batch, facts->at, mended, err) &&
                mend_modes(&store, findings, mended, err);
    batch_free(&batch);
    store_close(&store);
    return good;
}
