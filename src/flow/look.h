#ifndef FLOW_LOOK_H
#define FLOW_LOOK_H

#include "flow/step.h"
#include "pki/chain.h"

/* look_who.c: whom a certificate is for, who accepts it, and what ends before it or with it, in
 * lines of the page Inspect. */

/* Where it stands: with the CA, renewed and not yet told to be on every server. */
void look_stands(const struct flow *flow, const struct identity *identity, struct strings *lines);
/* Of the CAs above, the first that ends before it. */
void look_first_end(const struct chain *chain, struct strings *lines);
/* The files of trusts that hold an identity's certificate, or a CA that lies in its own file. */
void look_copies(const struct flow *flow, const struct cert *leaf, struct strings *lines);
/* In another file than an identity's own: whose it is, or was. */
void look_whose(const struct flow *flow, const struct cert *cert, struct strings *lines);
/* The identities that a CA has signed. */
void look_signs(const struct flow *flow, const struct cert *ca, struct strings *lines);
/* The services that read the file to know whom they accept. */
void look_readers(struct flow *flow, const char *file, struct strings *lines);
/* The services that have to accept the identity's certificate, and whether they do. */
void look_accepted(struct flow *flow, const struct identity *identity, const struct cert *leaf,
                   struct strings *lines);
/* Where it has ended or is due: a sentence, and what stops. */
void look_due(const struct flow *flow, const struct identity *identity, const struct cert *leaf,
              struct strings *lines);

#endif
