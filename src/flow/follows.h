#ifndef FLOW_FOLLOWS_H
#define FLOW_FOLLOWS_H

#include "flow/step.h"

/* What follows from another choice of certificates, before it is made: identities and their files,
 * trust files, findings. Adds a sentence or list for each. */
void follows_identities(const struct facts *before, const struct facts *after,
                        struct strings *lines);
void follows_trusts(const struct facts *before, const struct facts *after, struct strings *lines);
void follows_findings(struct flow *flow, const struct facts *after, struct strings *lines);

#endif
