#ifndef OPS_IMPORTING_H
#define OPS_IMPORTING_H

#include "ops/import.h"
#include "ops/material.h"
#include "pki/chain.h"

/* Import's inner parts: reading, sorting, comparing, telling. */

/* One file, or a text, that was handed in. */
struct import_source {
    char *path;
    struct pki_file pki;
    char *problem; /* why it can't be read; NULL when read */
    bool locked;   /* an archive that a password would open */
    size_t item;   /* of the tray */
    bool kept;     /* it waits from an earlier time */
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
/* What waits from an earlier time, a certificate each. */
void sources_kept(const struct facts *facts, struct import_sources *out);
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
    bool later;    /* what is in place, or was handed in beside it, serves meanwhile */
    struct chain chain;
    struct chain *chains; /* two or more that hold, the best first; NULL: no choice. Owned */
    size_t chain_count;
    bool picked;      /* by import_options.chains */
    time_t judged_at; /* now, or the leaf's first second where that is to come */
    bool to_come;     /* it counts only from later on */
    struct str leaf_pem, chain_pem;
};

/* A private key that is to become an identity's (--as). */
struct taking {
    const struct identity *identity; /* NULL: none */
    const struct key *key;
    bool is_new; /* the store has another, or none */
};
/* A private key of the store that no identity has under its name: .bak files among them. */
struct spare {
    char *file;
    const struct identity *owner; /* whose former key it is; NULL unknown */
    unsigned char id[KEY_ID_BYTES];
};

struct import_work {
    struct import_sources sources, cas; /* cas: --ca-folder */
    struct found *found;
    size_t found_count;
    struct pool pool;       /* everything a chain may be made of */
    struct choice *choices; /* as import.identities */
    size_t choice_count;
    struct taking taking;
    struct spare *spares;
    size_t spare_count;
    bool spares_read;
    const unsigned char **pair_keys; /* the key's id of each of import.pairs */
};

/* What was found, each once, and what chains may be made of. */
void import_list(const struct facts *facts, struct import_work *work);
/* Chooses a certificate and a chain for each identity that something was handed in for. */
void import_sort(const struct facts *facts, const struct import_options *options,
                 struct import_work *work);
/* Lists the chains that hold for each, and takes the ones that import_options.chains names. */
must_check bool import_pick_chains(const struct facts *facts, const struct import_options *options,
                                   struct import_work *work, struct error *err);
void import_tell_chains(const struct facts *facts, const struct choice *choice,
                        struct import_identity *out);
/* The identity's public key is this: by its key, else by its request. */
bool identity_has_key(const struct facts *facts, const struct identity *identity,
                      const unsigned char key_id[KEY_ID_BYTES]);
/* The same, once the key taken with --as is in place. */
bool import_fits(const struct facts *facts, const struct import_work *work,
                 const struct identity *identity, const unsigned char key_id[KEY_ID_BYTES]);
/* How many of the names and usages asked for the certificate lacks. */
size_t import_lost(const struct facts *facts, const struct identity *identity,
                   const struct cert *cert);
/* By SHA-1 or older. */
bool import_signed_weakly(const struct cert *cert);
/* Asked and got, had and got: lost, gained, impact and all about them. */
void import_compare(const struct facts *facts, const struct choice *choice,
                    struct import_identity *out);
/* Which service a loss stops, a sentence each, added to out. */
void import_impact(const struct facts *facts, const struct choice *choice, const char *lost,
                   struct strings *out);
/* Can it be written, and what is missing. */
void import_judge(const struct facts *facts, const struct import_options *options,
                  const struct choice *choice, struct import *out);
/* Verdicts over all that was handed in. */
void import_report(const struct facts *facts, const struct import_options *options,
                   struct import *out);

/* Finds the key that import_options.as asks for. */
must_check bool import_take_key(const struct facts *facts, const struct import_options *options,
                                struct import_work *work, struct error *err);
/* Finds the private keys of certificates that fit no identity, among what was handed in and in the
 * store: import.pairs. */
void import_pair_up(const struct facts *facts, struct import *import);
/* The identity that asks for its CN and has no name that it lacks; NULL: none. */
const struct identity *import_namesake(const struct facts *facts, const struct cert *cert);
/* 1 + the index of the pair with that key, 0 where there is none. */
size_t import_pair_with(const struct import *import, const unsigned char key_id[KEY_ID_BYTES]);
void import_pair_free(struct import_pair *pair);

/* The certificate at that place of the sources was the first of its kind. */
const struct found *found_first(const struct import_work *work, const struct cert *cert);
/* It may sign others, or signs itself. */
bool is_ca_cert(const struct cert *cert);
/* "Example CA 2" of "CN=Example CA 2,O=Example": the CN, else the whole; free it. */
char *import_short_name(const char *distinguished_name);
/* How a certificate is called in a sentence. */
const char *import_name(const struct cert *cert);
/* The last day of the certificate; free it. */
char *import_end(const struct cert *cert);

#endif
