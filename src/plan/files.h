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
/* A pair that a service takes, of what its lines name (paths: identity.key); for its checks. */
void files_uses(const struct facts *facts, const struct service *service,
                const struct strings *holes, struct server_files *out);
/* The file that a pair of the identity is verified with; NULL: itself. */
const char *files_anchor(const struct facts *facts, const struct identity *identity);
/* A bare name that sftp takes for nothing else. */
must_check bool files_check_name(const char *name, struct error *err);
/* A private key within, whatever the name says. */
bool files_holds_key(const struct store_file *file);
void server_files_free(struct server_files *files);

#endif
