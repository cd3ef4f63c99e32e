#ifndef OPS_IMPORTING_H
#define OPS_IMPORTING_H

#include "ops/material.h"
#include "ops/ops.h"
#include "pki/chain.h"

/* Import's inner parts: reading, sorting, comparing, telling. */

/* One file, or a text, that was handed in. */
struct import_source {
    char *path;
    struct pki_file pki;
    char *problem; /* why it can't be read; NULL when read */
    bool locked;   /* an archive that a password would open */
};
struct import_sources {
    struct import_source *items;
    size_t count;
};
/* A file, the files of an archive or a mail, or a folder with all below it in bytewise order; "-"
 * is fd 0. A path that can't be read is an error, a file of a folder only a source with its
 * problem. */
must_check bool sources_read(const char *path, const struct secret *password,
                             struct import_sources *out, struct error *err);
void sources_text(const char *text, const struct secret *password, struct import_sources *out);
void sources_free(struct import_sources *sources);

/* A certificate that was handed in, and where it first came from. */
struct found {
    const struct cert *cert;
    size_t source;
    int number; /* in its file, from 1 */
};

/* What was chosen for one identity. */
struct choice {
    const struct identity *identity;
    const struct cert *leaf;
    bool in_place; /* the leaf is what the store has */
    bool kept;     /* and what was handed in was worse */
    struct chain chain;
    time_t judged_at; /* now, or the leaf's first second where that is to come */
    bool to_come;     /* it counts only from later on */
    struct str leaf_pem, chain_pem;
};

struct import_work {
    struct import_sources sources, cas; /* cas: --ca-folder */
    struct found *found;
    size_t found_count;
    struct pool pool;       /* everything a chain may be made of */
    struct choice *choices; /* as import.identities */
    size_t choice_count;
};

/* Chooses a certificate and a chain for each identity that something was handed in for. */
void import_sort(const struct facts *facts, const struct import_options *options,
                 struct import_work *work);
/* The identities whose public key the certificate has: by key, else by request. */
bool identity_has_key(const struct facts *facts, const struct identity *identity,
                      const unsigned char key_id[KEY_ID_BYTES]);
/* How many of the names asked for the certificate lacks. */
size_t import_names_lost(const struct facts *facts, const struct identity *identity,
                         const struct cert *cert);
/* Asked and got (SPEC 8): lost, gained, impact. */
void import_compare(const struct facts *facts, const struct choice *choice,
                    struct import_identity *out);
/* Verdicts, problems, what is missing. */
void import_report(const struct facts *facts, const struct import_options *options,
                   struct import *out);
/* "Example CA 2" of "CN=Example CA 2,O=Example": the CN, else the whole; free it. */
char *import_short_name(const char *distinguished_name);

#endif
