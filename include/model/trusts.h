#ifndef MODEL_TRUSTS_H
#define MODEL_TRUSTS_H

#include "model/deployment.h"
#include "store/scan.h"

/* A directed fact: reader accepts the certificates in file. */
struct trust_target {
    const struct service *service;
    const struct slot *slot;
    const struct identity *identity; /* NULL: none named there */
};
struct trust {
    const struct service *reader;
    const struct trust_rule *rule;
    struct trust_target *targets;
    size_t target_count;
    char *file; /* the name in the store and in the command; never NULL */
    bool given; /* named by …-file: the user's, never written by us */
};
struct trusts {
    struct trust *items;
    size_t count;
};
/* Every trust whose condition holds, that has a target and is not switched off ("none"). Of the
 * files' names: a trust of one certificate is that certificate's own file if an identity has it,
 * else <service>-<trust>.crt. How many certificates a chain has is read from the scan (bundles);
 * without any, a target signed by an identity of the store stands on that one's certificate. scan
 * may be NULL. */
void trusts_derive(const struct deployment *deployment, const struct scan *scan,
                   struct trusts *out);
void trusts_free(struct trusts *trusts);
const struct trust *trusts_find(const struct trusts *trusts, const struct service *reader,
                                const char *name);
/* What a derived trust file must hold, by identity and store: pinned: leaves in file order; chain:
 * the CAs of all targets, each once, root included; both: the leaves, then the CAs. Adds PEM to
 * out; false: something lacks yet. */
bool trust_content(const struct deployment *deployment, const struct scan *scan,
                   const struct trust *trust, struct str *out);

#endif
