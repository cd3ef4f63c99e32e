#include "ops/certify.h"

#include "base/mem.h"
#include "ops/material.h"
#include "pki/chain.h"

#include <string.h>

static bool in_batch(const struct batch *batch, const char *name, const struct str *text)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct store_write *item = &batch->items[i];
        if (strcmp(item->name, name) == 0 && item->length == text->length &&
            memcmp(item->data, text->data, text->length) == 0)
            return true;
    }
    return false;
}

static bool in_store(const struct store *store, const char *name, const struct str *text)
{
    struct buffer old = {0};
    bool same = store_has(store, name) && store_read(store, name, &old, NULL) && old.mode == 0644 &&
                old.length == text->length && memcmp(old.data, text->data, text->length) == 0;
    buffer_free(&old);
    return same;
}

void certify_put(const struct store *store, struct batch *batch, const char *name,
                 const struct str *text)
{
    if (text->length && !in_batch(batch, name, text) && !in_store(store, name, text))
        batch_add(batch, name, text->data, text->length, 0644, true);
}

/* Two identities of one CA may share a bundle by bundle-file (guide D.2). */
static bool bundle_is_shared(const struct deployment *deployment, const struct identity *identity)
{
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (&deployment->identities[i] != identity &&
            strcmp(deployment->identities[i].bundle_file, identity->bundle_file) == 0)
            return true;
    return false;
}

/* Its file is one with the full chain's, or holds one (217062): the vendor's examples of 3.x give a
 * service no other. */
static bool is_chain(const struct facts *facts, const struct identity *identity)
{
    const struct store_file *file = scan_find(&facts->scan, identity->certificate_file);
    return deployment_takes_chains(&facts->deployment) &&
           (strcmp(identity->certificate_file, identity->fullchain_file) == 0 ||
            (file && !file->problem && pki_cert_count(&file->pki) > 1));
}

void certify_files(const struct facts *facts, const struct store *store,
                   const struct new_certificate *item, struct batch *batch)
{
    const struct identity *identity = item->identity;
    struct str full = {0};
    str_add_bytes(&full, item->leaf_pem.data, item->leaf_pem.length);
    str_add_bytes(&full, item->chain_pem.data, item->chain_pem.length);
    certify_put(store, batch, identity->certificate_file,
                is_chain(facts, identity) ? &full : &item->leaf_pem);
    if (item->chain_pem.length)
        certify_put(store, batch, identity->bundle_file, &item->chain_pem);
    else if (store_has(store, identity->bundle_file) &&
             !bundle_is_shared(&facts->deployment, identity))
        batch_remove(batch, identity->bundle_file); /* of the certificate before this one */
    certify_put(store, batch, identity->fullchain_file, &full);
    str_free(&full);
}

/* The new certificate of whoever had this one; NULL: it stays. */
static const struct cert *successor(const struct deployment *deployment, const struct scan *before,
                                    const struct scan *after, const struct cert *cert)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const char *file = deployment->identities[i].certificate_file;
        const struct cert *was = scan_cert(before, file), *is = scan_cert(after, file);
        if (was && is && cert_same(was, cert) && !cert_same(is, cert))
            return is;
    }
    return NULL;
}

/* A file that the person named keeps all that is in it but the certificates that are renewed. */
static void exchange(const struct facts *facts, const struct store *store, const char *name,
                     const struct scan *before, const struct scan *after, struct batch *batch)
{
    const struct store_file *file = scan_find(before, name);
    struct str content = {0};
    bool changed = false;
    for (size_t i = 0; file && !file->problem && i < file->pki.count; i++) {
        if (file->pki.objects[i].kind != OBJECT_CERT)
            continue;
        const struct cert *cert = file->pki.objects[i].cert;
        const struct cert *next = successor(&facts->deployment, before, after, cert);
        changed = changed || next;
        cert_pem(next ? next : cert, &content);
    }
    if (changed)
        certify_put(store, batch, name, &content);
    str_free(&content);
}

bool certify_trusts(const struct facts *facts, const struct store *store, struct batch *batch,
                    struct error *err)
{
    /* Scanned again under the lock: another process may have written since the facts were read. */
    struct scan scan;
    if (!scan_store(facts->store_path, &scan, err)) {
        scan_free(&scan);
        return false;
    }
    struct overlay after;
    struct trusts trusts = {0};
    overlay_make(&scan, batch, &after);
    trusts_derive(&facts->deployment, &after.scan, &trusts);
    const struct trust *last = NULL;
    for (size_t i = 0; i < trusts.count; i++) {
        const struct trust *trust = trusts.by_file[i];
        struct str content = {0};
        if (last && strcmp(last->file, trust->file) == 0)
            continue;
        last = trust;
        if (deployment_owns_file(&facts->deployment, trust->file))
            continue;
        if (trust->given)
            exchange(facts, store, trust->file, &scan, &after.scan, batch);
        else if (trust_content(&facts->deployment, &after.scan, trust->need, &content))
            certify_put(store, batch, trust->file, &content);
        str_free(&content);
    }
    trusts_free(&trusts);
    overlay_free(&after);
    scan_free(&scan);
    return true;
}

bool certify_commit(struct store *store, const struct batch *batch, time_t now,
                    struct strings *written, struct error *err)
{
    if (!store_commit(store, batch, now, err))
        return false;
    for (size_t i = 0; written && i < batch->count; i++)
        if (!batch->items[i].remove && *batch->items[i].name != '.')
            strings_add_new(written, batch->items[i].name);
    return true;
}
