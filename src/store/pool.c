#include "store/pool.h"

#include "base/mem.h"
#include "pki/chain.h"

#include <stdlib.h>

bool pool_add(struct pool *pool, const struct cert *cert)
{
    for (size_t i = 0; i < pool->count; i++)
        if (cert_same(pool->certs[i], cert))
            return false;
    pool->certs = grow(pool->certs, pool->count, sizeof *pool->certs);
    pool->certs[pool->count++] = cert;
    return true;
}

void pool_add_file(struct pool *pool, const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT)
            pool_add(pool, file->objects[i].cert);
}

void pool_add_above(struct pool *pool, const struct pki_file *file, const struct cert *leaf)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT &&
            (leaf->self_issued || !cert_same(file->objects[i].cert, leaf)))
            pool_add(pool, file->objects[i].cert);
}

void pool_add_authorities(struct pool *pool, const struct scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        for (size_t j = 0; j < scan->files[i].pki.count; j++) {
            const struct cert *cert = scan->files[i].pki.objects[j].cert;
            if (scan->files[i].pki.objects[j].kind == OBJECT_CERT &&
                (cert->is_ca || cert->self_signed))
                pool_add(pool, cert);
        }
}

void pool_add_scan(struct pool *pool, const struct scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        pool_add_file(pool, &scan->files[i].pki);
}

void pool_free(struct pool *pool)
{
    free(pool->certs);
    *pool = (struct pool){0};
}

static const char *what_forbids(enum chain_fault fault)
{
    switch (fault) {
    case FAULT_ENDED:
        return "has ended";
    case FAULT_EARLY:
        return "has not begun";
    case FAULT_NO_CA:
        return "may not sign";
    case FAULT_PATH_LENGTH:
        return "allows no CA below it that signs";
    case FAULT_CONSTRAINT:
        return "has a name that a CA above may not sign";
    default:
        return NULL;
    }
}

bool pool_upholds(const struct pool *above, const struct str *leaf_pem, const struct cert *ca,
                  time_t at, struct error *err)
{
    struct pki_file file;
    struct pool pool = {0};
    struct chain chain = {0};
    pki_parse((const unsigned char *)leaf_pem->data, leaf_pem->length, NULL, &file);
    const struct cert *leaf = pki_first_cert(&file);
    pool_add(&pool, ca);
    for (size_t i = 0; i < above->count; i++)
        pool_add(&pool, above->certs[i]);
    if (leaf)
        chain_build(leaf, pool.certs, pool.count, at, &chain);
    const char *what =
        leaf && chain.complete && !chain.valid ? what_forbids(chain_fault(&chain)) : NULL;
    if (what) {
        const struct cert *failed = chain_failed(&chain);
        error_set(err, STATUS_NO, ca->subject, "sign with another CA",
                  "no client would accept what it signs: \"%s\" %s", failed->subject, what);
    }
    pool_free(&pool);
    pki_file_free(&file);
    return !what;
}
