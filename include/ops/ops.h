#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "base/job.h"
#include "model/facts.h"
#include "ops/import.h"

/* What a person can do, once for all front ends. Every one takes the store's lock, commits its
 * files in one transaction and leaves everything as it was when it fails. Facts are stale
 * afterwards. */

enum made {
    MADE_KEY = 1,
    MADE_CSR = 2,
    MADE_CERTIFICATE = 4,
    MADE_KEPT = 8,
    MADE_SKIPPED = 16,
    MADE_ANEW = 32 /* in place of one that said something else; the key is the old one */
};
/* What a person reads first of an item: OK, KEPT, SKIP. */
const char *made_word(unsigned what);
struct made_item {
    char *identity;
    unsigned what;        /* enum made */
    char *note;           /* "key, request"; "key of 2025-10-02, never overwritten" */
    struct strings files; /* written */
};
struct made_list {
    struct made_item *items;
    size_t count;
    struct strings trusts; /* trust files that followed */
};
void made_free(struct made_list *list);

/* certwright generate: names may be NULL (all identities). One store transaction an identity: what
 * is done stays done when cancelled. progress may be NULL. */
must_check bool op_generate(const struct facts *facts, const struct strings *names,
                            struct made_list *out, struct progress *progress, struct error *err);

/* Notes that the identity's request was sent to its CA today, or with false that it was not. The
 * request must be the one that facts saw: another one is another request. */
must_check bool op_sent(const struct facts *facts, const struct identity *identity, bool sent,
                        struct error *err);

struct sign_options {
    const char *ca; /* NULL: every signer is itself an identity */
    bool make_ca, force;
    int days; /* 0: the default */
};
must_check bool op_sign(const struct facts *facts, const struct sign_options *options,
                        const struct strings *names, struct made_list *out,
                        struct progress *progress, struct error *err);

#endif
