#ifndef STORE_POOL_H
#define STORE_POOL_H

#include "store/scan.h"

/* Certificates that others own, each once: what chains are made of. Start with {0}. */
struct pool {
    const struct cert **certs;
    size_t count;
};
bool pool_add(struct pool *pool, const struct cert *cert);
/* What of the file may stand above the leaf: not itself, unless it signs itself. Whoever asks for
 * the path by a certificate's own files asks so, and is answered from memory (pki/paths.h). */
void pool_add_above(struct pool *pool, const struct pki_file *file, const struct cert *leaf);
void pool_add_file(struct pool *pool, const struct pki_file *file);
/* The store's CAs, and whatever signs itself. */
void pool_add_authorities(struct pool *pool, const struct scan *scan);
void pool_add_scan(struct pool *pool, const struct scan *scan);
void pool_free(struct pool *pool);
/* A certificate just made below that CA holds as far as the CAs above it are in the pool: their
 * path lengths, name constraints and lifetimes. */
must_check bool pool_upholds(const struct pool *above, const struct str *leaf_pem,
                             const struct cert *ca, time_t at, struct error *err);

#endif
