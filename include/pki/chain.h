#ifndef PKI_CHAIN_H
#define PKI_CHAIN_H

#include "pki/cert.h"

#define CHAIN_MAX 32

enum purpose { PURPOSE_ANY, PURPOSE_SERVER, PURPOSE_CLIENT };

/* A path from a leaf upwards; certs belong to whoever gave the pool. */
struct chain {
    const struct cert *certs[CHAIN_MAX]; /* leaf first */
    size_t count;
    bool complete;      /* ends in a self-signed certificate (an anchor) */
    bool valid;         /* and verifies: signatures, times, CA flags, path length, names */
    int error;          /* OpenSSL's X509_V_ERR_…, 0 when valid */
    int depth;          /* where */
    const char *reason; /* OpenSSL's words, "" when valid */
};

/* What kind of failure error is. */
enum chain_fault {
    FAULT_NONE,
    FAULT_ISSUER,      /* 2, 20: the issuer lacks */
    FAULT_SIGNATURE,   /* 7: made by another key, or the certificate was changed */
    FAULT_EARLY,       /* 9 */
    FAULT_ENDED,       /* 10 */
    FAULT_NO_ANCHOR,   /* 18, 19: signs itself, and nobody trusts it */
    FAULT_NO_CA,       /* 24, 32: may not sign */
    FAULT_PATH_LENGTH, /* 25 */
    FAULT_PURPOSE,     /* 26 */
    FAULT_CONSTRAINT,  /* 47, 48: a name that a CA above may not sign */
    FAULT_HOST,        /* 62, 64 */
    FAULT_OTHER
};
enum chain_fault chain_fault(const struct chain *chain);
/* The certificate at which it fails. */
const struct cert *chain_failed(const struct chain *chain);

/* The CA's key signed the certificate, and yet OpenSSL, and the appliance, do not take this
 * certificate of the CA for its issuer: its authority key identifier names another one, by serial
 * number or key identifier. Says which, a sentence without a full stop; NULL where it is the one
 * named. Free it. */
char *cert_other_issuer(const struct cert *cert, const struct cert *issuer);
/* The same of the first certificate of a path for which it is so; NULL where the path holds. */
char *chain_other_issuer(const struct chain *chain);
/* What to do then. */
extern const char chain_other_remedy[];

/* The best path for leaf among pool by signature, not by name alone: valid before invalid, complete
 * before not, shortest, latest to end. Every path is tried within a bound on work (same-name CAs,
 * cross-signed ones). Anchors are pool's self-signed certificates. */
void chain_build(const struct cert *leaf, const struct cert *const *pool, size_t count, time_t at,
                 struct chain *out);

/* Every path that holds, in that order, the first CHAINS_MAX of them; how many there are. */
enum { CHAINS_MAX = 8 };
size_t chain_build_all(const struct cert *leaf, const struct cert *const *pool, size_t count,
                       time_t at, struct chain out[static CHAINS_MAX]);
/* When the first of its certificates ends. */
time_t chain_end(const struct chain *chain);

/* pki verify (guide app. C): anchors are the self-signed certificates among anchors, links any of
 * both. When none holds the best failure is told: error 2 where the path ends below a self-signed
 * root, 20 where the leaf's own issuer lacks. host may be NULL. */
void chain_verify(const struct cert *leaf, const struct cert *const *links, size_t link_count,
                  const struct cert *const *anchors, size_t anchor_count, enum purpose purpose,
                  const char *host, time_t at, struct chain *out);

/* Many leaves against the same CAs (which must outlive it): what was found out of the path above
 * one serves the others, and each verdict is the one of chain_verify. Not for two threads at once.
 */
struct verifier *verifier_new(const struct cert *const *links, size_t link_count,
                              const struct cert *const *anchors, size_t anchor_count,
                              enum purpose purpose, const char *host, time_t at);
void verifier_check(struct verifier *verifier, const struct cert *leaf, struct chain *out);
void verifier_free(struct verifier *verifier);

#endif
