#ifndef PLAN_FILES_H
#define PLAN_FILES_H

#include "plan/merge.h"

/* What a server needs of the store: exactly the files its commands name, and the bundles that
 * `pki verify` wants. */

struct use { /* an identity on a server */
    const struct identity *identity;
    bool key, certificate, fullchain;
    const char *anchor; /* the file that `pki verify` checks it with; NULL: itself */
};
struct server_files {
    struct use *uses; /* by first use, services in file order */
    size_t use_count;
    struct strings upload; /* key, certificate, bundle, full chain of each; then trust files */
    struct strings notes;  /* what a person must see to: a file that lacks, a key made over there */
};

/* The identities that sign others: their keys go nowhere (guide 1.2.3, 4.8). */
struct ca_keys {
    const struct identity **items;
    size_t count;
};
void ca_keys_find(const struct facts *facts, struct ca_keys *out); /* free items */

/* A CA's key is never among them; a file that should be public and holds a private key is an error.
 * procedures: one for each service of the server. */
must_check bool files_gather(const struct facts *facts, const struct ca_keys *cas,
                             const struct server *server, const struct procedure *procedures,
                             struct server_files *out, struct error *err);
void server_files_free(struct server_files *files);

#endif
