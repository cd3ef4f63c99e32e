#ifndef RULES_VERDICTS_H
#define RULES_VERDICTS_H

#include "rules/rules.h"

/* Where each trust stands: what the rules that judge trusts say of it. They are the same rules, so
 * that a list of trusts and a list of findings cannot differ. */

enum trust_state {
    TRUST_OK,
    TRUST_WAITS,  /* for certificates that are not there yet */
    TRUST_STALE,  /* its file has not what is in use now */
    TRUST_MISSING /* it has no file */
};
struct trust_verdict {
    enum trust_state state;
    struct findings findings; /* why, one for each target that is not accepted; before accept {} */
};
struct trust_verdicts {
    struct trust_verdict *items; /* trusts with one need and one file share one */
    size_t count;
    size_t *of; /* by trust of the facts: its place in items */
};
void rules_verdicts(const struct facts *facts, struct trust_verdicts *out);
void rules_verdicts_free(struct trust_verdicts *verdicts);
/* The findings say nothing against this target of the need. */
bool verdict_accepts(const struct trust_verdict *verdict, size_t target);

#endif
