#ifndef OPS_RENEW_H
#define OPS_RENEW_H

#include "model/facts.h"

/* A certificate's next one, from the day it is asked for to the day it is in place on every server
 * (guide 5.6). */

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
/* "keep the key", "new key": in every prompt, plan and log. */
const char *renew_words(bool new_key);

#endif
