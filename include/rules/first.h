#ifndef RULES_FIRST_H
#define RULES_FIRST_H

#include "rules/rules.h"

/* What to do first. Errors stand on one another: deployment.conf, keys and requests, certificates,
 * chains, trusts. Of those that lie deepest it is the one remedy that mends the most; what several
 * findings ask of several identities is put together. */
enum depth { DEPTH_DEPLOYMENT, DEPTH_KEY, DEPTH_CERTIFICATE, DEPTH_CHAIN, DEPTH_TRUST };
enum depth finding_depth(const struct facts *facts, const struct finding *finding);
struct first {
    struct strings steps; /* as those of a remedy; none: there is no error */
    bool *mends;          /* by finding: these steps make it go */
};
void rules_first(const struct facts *facts, const struct findings *findings, struct first *out);
void first_free(struct first *first);

#endif
