#ifndef MODEL_TRUSTS_H
#define MODEL_TRUSTS_H

#include "model/deployment.h"
#include "store/scan.h"

struct trust_target {
    const struct service *service;
    const struct slot *slot;
    const struct identity *identity; /* NULL: none named there */
};
/* Whose certificates are accepted, and how. Services that accept the same share one. */
struct trust_need {
    enum trust_how how;
    struct trust_target *targets;
    size_t target_count;
    const struct identity *single; /* its certificate is all that is accepted; NULL: more is */
    size_t content;                /* equal numbers: the same, for whatever services */
};
/* A directed fact: reader accepts the certificates in file. */
struct trust {
    const struct service *reader;
    const struct trust_rule *rule;
    const struct trust_need *need;
    char *file; /* the name in the store and in the command; never NULL */
    bool given; /* named by …-file: the user's, never written by us */
};
/* Certificates, each once; they belong to a scan. Free items. */
struct cert_set {
    const struct cert **items;
    size_t count;
};
struct trusts {
    struct trust *items; /* in the order of their readers */
    size_t count;
    const struct trust **by_file; /* the same; of one file need by need */
    struct trust_need *needs;
    size_t need_count;
};
/* Every trust whose condition holds, that has a target and is not switched off ("none"). Of the
 * files' names: a trust of one certificate is that certificate's own file if an identity has it,
 * else <service>-<trust>.crt. How many certificates a chain has is read from the scan (bundles);
 * without any, a target signed by an identity of the store stands on that one's certificate. scan
 * may be NULL. */
void trusts_derive(const struct deployment *deployment, const struct scan *scan,
                   struct trusts *out);
/* Those that would be there if a service did not switch them off; their file is "none". */
void trusts_off(const struct deployment *deployment, struct trusts *out);
void trusts_free(struct trusts *trusts);
/* The trusts of one service; out is the first of them. */
size_t trusts_of(const struct trusts *trusts, const struct service *reader,
                 const struct trust **out);
const struct trust *trusts_find(const struct trusts *trusts, const struct service *reader,
                                const char *name);
/* What a derived trust file must hold, by identity and store: pinned: leaves in file order; chain:
 * the CAs of all targets, each once, root included; both: the leaves, then the CAs. Adds PEM to
 * out; false: something lacks yet. */
bool trust_content(const struct deployment *deployment, const struct scan *scan,
                   const struct trust_need *need, struct str *out);
/* The same as certificates; of what lacks the rest. */
bool trust_certs(const struct deployment *deployment, const struct scan *scan,
                 const struct trust_need *need, struct cert_set *out);
void cert_set_add(struct cert_set *set, const struct cert *cert);
bool cert_set_has(const struct cert_set *set, const struct cert *cert);
/* What a file must hold that services name: what each trust that names it needs, each certificate
 * once (guide 4.11.2). Adds PEM to out; false: something lacks yet. */
bool trust_file_content(const struct deployment *deployment, const struct scan *scan,
                        const struct trusts *trusts, const char *file, struct str *out);

#endif
