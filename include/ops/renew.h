#ifndef OPS_RENEW_H
#define OPS_RENEW_H

#include "model/facts.h"

/* A certificate's next one, from the day it is asked for to the day it is in place on every server
 * (guide 5.6). */

/* "keep the key", "new key": in every prompt, plan and log. */
const char *renew_words(bool new_key);

enum renew_how {
    RENEW_WAITS,  /* a request is to be sent to its CA */
    RENEW_ISSUED, /* signed here at once: in place in the store */
    RENEW_THERE,  /* its new key is to be made on its appliance */
    RENEW_KEPT    /* it waits already, nothing was made */
};
struct renewed {
    const struct identity *identity;
    enum renew_how how;
    bool new_key;
    char *request;        /* the file that goes to its CA; "" none does */
    char *note;           /* what was made, a sentence */
    char *typed;          /* RENEW_THERE: the line for the appliance; "" */
    struct strings below; /* identities that it signs: theirs are to be renewed after it */
};
struct renewed_list {
    struct renewed *items; /* signers before those that they sign */
    size_t count;
};
/* Asks for the next certificate of each, or, where its signer is itself or an identity, makes it.
 * What cannot be renewed stops all before anything is made; then each is a transaction of its own.
 */
must_check bool op_renew(const struct facts *facts, const struct strings *names, bool new_key,
                         struct renewed_list *out, struct error *err);
void renewed_free(struct renewed_list *list);
/* Whether it must have a new key: its own is not here, or two certificates of one subject and key
 * would stand side by side in a store of CAs. A sentence that says why; NULL: it may keep it. Free
 * it. */
char *renew_needs_key(const struct facts *facts, const struct identity *identity);

/* What a renewal does to whom, whichever key: the sentences of it. */
struct renew_effects {
    struct strings trusts;   /* one a file that accepts it, with what happens to it */
    struct strings restarts; /* "KIND on core1-3" */
    struct strings notices;  /* who notices that, as the catalogue says */
    char *keep, *fresh;      /* what the one choice costs, and the other */
};
void renew_effects(const struct facts *facts, const struct identity *identity,
                   struct renew_effects *out);
void renew_effects_free(struct renew_effects *effects);

/* A renewal that is open. */
struct open_renewal {
    const struct identity *identity;
    char since[11];
    bool new_key;
    bool waits;      /* its certificate has not come yet */
    time_t held_end; /* of the certificate that the servers hold meanwhile; 0: not known */
};
struct open_renewals {
    struct open_renewal *items; /* in file order */
    size_t count;
};
/* Of the identities that deployment.conf has. */
void open_renewals(const struct facts *facts, struct open_renewals *out);
void open_renewals_free(struct open_renewals *list);

/* The servers have what the store has: these renewals are over, all of them or, with an error,
 * none. */
must_check bool op_renew_done(const struct facts *facts, const struct strings *names,
                              struct error *err);

/* Gives up renewals that wait for their certificate, all of them or, with an error, none: what was
 * asked for goes, a key as .bak, and what is in place stays. */
struct abandoned {
    const struct identity *identity;
    bool new_key;
    char *note; /* what became of what was made, a sentence */
};
struct abandoned_list {
    struct abandoned *items;
    size_t count;
};
must_check bool op_renew_abandon(const struct facts *facts, const struct strings *names,
                                 struct abandoned_list *out, struct error *err);
void abandoned_free(struct abandoned_list *list);

#endif
