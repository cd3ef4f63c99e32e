#ifndef OPS_CERTIFY_H
#define OPS_CERTIFY_H

#include "ops/material.h"
#include "ops/ops.h"
#include "store/store.h"

/* What follows from new certificates, as parts of a batch that its maker commits. */

struct new_certificate {
    const struct identity *identity;
    struct str leaf_pem;  /* the new certificate */
    struct str chain_pem; /* intermediates, root last; "" for a self-signed one */
};

/* A file of certificates (0644) unless the store, or the batch, has it just so. */
void certify_put(const struct store *store, struct batch *batch, const char *name,
                 const struct str *text);
/* <name>.crt, bundle and full chain. A self-signed one has no bundle, and an old one goes. */
void certify_files(const struct facts *facts, const struct store *store,
                   const struct new_certificate *item, struct batch *batch);
/* Every derived trust file whose content changes by the batch. */
must_check bool certify_trusts(const struct facts *facts, const struct store *store,
                               struct batch *batch, struct error *err);
/* Commits; adds what was written to written, names in batch order. */
must_check bool certify_commit(struct store *store, const struct batch *batch, time_t now,
                               struct strings *written, struct error *err);

/* The request answered by the identity's signer, which is an identity: its files go to the batch.
 * *note says by whom, and to when; free it. The store is locked. */
must_check bool sign_into(const struct facts *facts, const struct store *store,
                          const struct identity *identity, const struct csr *csr,
                          struct batch *batch, char **note, struct error *err);

#endif
