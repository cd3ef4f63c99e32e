#ifndef FLOW_FINDINGS_H
#define FLOW_FINDINGS_H

#include "flow/step.h"

/* What the wizard can do about a finding: where it is answered, and whether a key mends it. */

/* The page and the field where a person answers it: {NULL, NULL} where no page asks for it. */
struct way finding_way(const struct flow *flow, const struct finding *finding);
/* Its remedy for who stands on the page, at the field ("" at none): a place of deployment.conf that
 * a page asks for is that page and its field. Free it. */
char *finding_remedy(const struct flow *flow, const struct finding *finding, const char *page,
                     const char *field);
/* Where that begins; GO_STAY: at no page. */
struct way finding_remedy_way(const struct flow *flow, const struct finding *finding);

/* " (guide 4.7)"; "" where it is measured. Free it. */
char *finding_source(const struct finding *finding);

enum mending {
    MEND_NOT,     /* a person has to do something */
    MEND_ANSWER,  /* another value in deployment.conf, which is known: a decision all the same */
    MEND_SPLIT,   /* identities of their own for some services: a decision as well */
    MEND_REQUEST, /* its request is made anew, the key kept, before it is sent */
    MEND_SAFE     /* files of the store put in order */
};
enum mending finding_mending(const struct flow *flow, const struct finding *finding);
/* What F5 will do, a sentence's end: "makes O "Example" of it". Free it; "" where it does nothing.
 */
char *finding_mend_words(const struct flow *flow, const struct finding *finding);
/* Does it; what was done is said. */
must_check bool finding_mend(struct flow *flow, const struct finding *finding, struct error *err);
/* Mends every finding that needs no decision, in one transaction. */
must_check bool findings_mend_safe(struct flow *flow, const struct findings *findings,
                                   struct error *err);

/* Takes findings of one rule knowingly, or no longer so. */
must_check bool findings_accept(struct flow *flow, const struct finding *const *items, size_t count,
                                const char *reason, const char *until, struct error *err);
must_check bool findings_unaccept(struct flow *flow, const struct finding *const *items,
                                  size_t count, struct error *err);

#endif
