#ifndef MODEL_SHARE_H
#define MODEL_SHARE_H

#include "model/edit.h"

/* How many services have one certificate: several one (guide 3.1's example), or each its own. Names
 * that were typed go along; an identity that is made keeps its name, its files and its key, and its
 * names grow: it then needs another request. */

/* It may be had by several services: no CA's, no key that never leaves its appliance. what: why
 * not, a sentence's end; may be NULL. */
bool share_may(const struct identity *identity, const char **why);
/* Those that one certificate can serve for all: not those that only one CA of the store may sign
 * (a slot of the same service), and of two kinds that must not have one key the second. Adds. */
void share_all(const struct deployment *deployment, struct strings *out);
/* The services of all of them have one certificate afterwards; its name, which is one of theirs
 * where one is made. Free it. */
char *edit_share(struct edit *edit, const struct strings *identities);

enum share_split {
    SPLIT_SERVICES, /* each service has the identity that its component proposes */
    SPLIT_SERVERS   /* each server has one */
};
/* The identity becomes several; their names are added to out: none, it is no other than that
 * already. lost: names that were typed and are no service's own; nobody has them afterwards. */
void edit_split(struct edit *edit, const struct identity *identity, enum share_split by,
                struct strings *out, struct strings *lost);
/* Another one signs it. */
void edit_sign(struct edit *edit, const struct identity *identity, const char *signer);

#endif
