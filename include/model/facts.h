#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include "model/deployment.h"
#include "model/trusts.h"
#include "store/renewals.h"
#include "store/scan.h"
#include "store/sent.h"

/* Everything the judges look at, read once; made anew after a change. They lie on the heap and
 * never move: deployment.scan and deployment.trusts point into them. */
struct facts {
    const struct catalogue *catalogue;
    struct deployment deployment;
    char *store_path;
    struct scan scan;
    struct sent_list sent;    /* which requests are with their CA */
    struct renewals renewals; /* those that are open */
    size_t *scan_users;       /* facts that have the same scan and lists */
    struct trusts trusts;
    time_t at; /* the moment judged */
};
struct facts_options {
    const char *config;  /* path of deployment.conf */
    const char *store;   /* NULL: the config's, relative to the config's folder */
    time_t at;           /* 0: now */
    const char *release; /* NULL: as written; else judged as if it were this one */
};
must_check bool facts_gather(const struct facts_options *options, const struct catalogue *catalogue,
                             struct facts **out, struct error *err);
/* A key made anew on its appliance has another name (guide 4.2: the live one is not to be
 * overwritten): sets key_in_use to the one before it. */
void facts_former_key(struct identity *identity, const struct renewal *renewal);
/* NAME-2, NAME-3 …: what the next key on its appliance is called. No key in use, request or
 * identity has that name. Free it. */
char *facts_next_base(const struct facts *facts, const struct identity *identity);
/* The same store and moment with another deployment.conf, parsed already, which is taken over: no
 * file is looked at. Both are freed, in any order. */
struct facts *facts_with(const struct facts *facts, struct deployment *deployment);
/* The same as if that release were installed; NULL: the one that is written. NULL where its text
 * cannot be read any more. */
struct facts *facts_for_release(const struct facts *facts, const char *release);
/* The same deployment.conf and moment over another store, as it was read; scan is taken over. NULL
 * where the text cannot be read any more. */
struct facts *facts_over(const struct facts *facts, struct scan *scan);
/* Nothing more is judged or changed: what only findings, edits and other releases are made of goes,
 * the text of deployment.conf and the paths that were found. Of thousands of identities it is a
 * tenth. */
void facts_settle(struct facts *facts);
void facts_free(struct facts *facts); /* NULL is none */

/* Files of an identity as the store has them now; NULL members where absent. While a renewal with a
 * new key waits, csr is the request of that key, which lies beside the one in use until its answer
 * comes (NAME-next.csr, NAME-next.key). */
struct identity_files {
    const struct store_file *key, *csr, *certificate, *bundle, *fullchain, *next_key;
    const struct cert *leaf;
};
void facts_files(const struct facts *facts, const struct identity *identity,
                 struct identity_files *out);

#endif
