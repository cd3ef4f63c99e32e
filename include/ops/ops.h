#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "base/job.h"
#include "model/facts.h"

/* What a person can do, once for all front ends. Every one takes the store's lock, commits its
 * files in one transaction and leaves everything as it was when it fails. Facts are stale
 * afterwards. */

enum made { MADE_KEY = 1, MADE_CSR = 2, MADE_CERTIFICATE = 4, MADE_KEPT = 8, MADE_SKIPPED = 16 };
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

/* One verdict over one object found by import: TAKE, LEFT or STOP (WIZARD 2, SPEC 8). */
enum verdict { VERDICT_TAKE, VERDICT_LEFT, VERDICT_STOP };
struct import_object {
    enum verdict verdict;
    char *file;   /* path as given, or "pasted text" */
    int number;   /* of the object in its file, from 1 */
    char *what;   /* "certificate CN=…", "private key" … */
    char *target; /* callbridge.crt, callbridgebundle.crt, or the identity; "" none */
    char *why;    /* key matches, ends 2027-11-02; no key here fits … */
};
struct import_identity {
    char *identity;
    char *certificate, *bundle, *fullchain; /* file names */
    struct strings lost, gained;            /* asked and got: "DNS:x", "serverAuth", … */
    struct strings impact;                  /* one sentence a loss: which service it stops */
    bool stop;                              /* ended, or without a path to a root */
    bool in_place;                          /* the same certificate lies there already */
    bool take;               /* the front end's tick; set to !stop by op_import_look */
    char *problem, *remedy;  /* where stop */
    char *old_end, *new_end; /* dates; old "" where none was in place */
};
struct import_missing {
    char *identity, *issuer, *aia;
};
struct import {
    struct import_object *objects;
    size_t object_count;
    struct import_identity *identities;
    size_t identity_count;
    struct import_missing *missing;
    size_t missing_count;
    size_t file_count;
    bool locked;              /* some of it by a password that was not given, or is wrong */
    struct import_work *work; /* certificates and chains, owned */
};
struct import_options {
    const char *ca_folder;         /* NULL; CAs to complete chains with */
    const struct secret *password; /* NULL; for PKCS#12 */
    bool force;
};
/* Reads paths (files or folders; "-" reads fd 0) and sorts what they hold; writes nothing. text
 * (may be NULL) is pasted PEM, named "pasted text". Unreadable paths are errors that name them. */
must_check bool op_import_look(const struct facts *facts, const struct strings *paths,
                               const char *text, const struct import_options *options,
                               struct import *out, struct error *err);
/* Writes what is ticked: certificate, bundle, full chain, derived trust files, in one transaction.
 * A stopped identity is written only when its take was set (--force). */
must_check bool op_import_write(const struct facts *facts, const struct import *import,
                                struct strings *written, struct error *err);
void import_free(struct import *import);

/* Certificates to files: <name>.crt, bundle, full chain and every derived trust file that follows.
 * Used by sign and import. */
struct new_certificate {
    const struct identity *identity;
    struct str leaf_pem;  /* the new certificate */
    struct str chain_pem; /* intermediates, root last; "" for a self-signed one */
};
must_check bool op_certify(const struct facts *facts, const struct new_certificate *items,
                           size_t count, struct strings *written, struct error *err);

#endif
