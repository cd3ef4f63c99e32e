#ifndef FLOW_FOUND_H
#define FLOW_FOUND_H

#include "flow/findings.h"

/* Findings as rows: those of one rule that say the same of several places are one row. */

struct found {
    char *key; /* of one: findingN, its place among all; of several: KEY-WEAK, DEPRECATED.turn */
    const struct finding **items;
    size_t count;
    size_t depth;
};
struct founds {
    struct found *items; /* errors first, of those what lies deepest; what was accepted last */
    size_t count;
};
/* Belongs to the findings. */
void founds_make(const struct flow *flow, const struct findings *findings, struct founds *out);
void founds_free(struct founds *founds);
/* NULL: there is none of that key, any more. */
const struct found *founds_find(const struct founds *founds, const char *key);

/* A row; of several findings Enter shows each, by "findings:KEY". */
void found_row(const struct flow *flow, const struct found *found, struct page *page);
/* Each finding of it as a row of its own. */
void found_each(const struct flow *flow, const struct findings *findings, const struct found *found,
                struct page *page);
/* Mends what a key can of it; what was done is said. */
must_check bool found_mend(struct flow *flow, const char *key, struct error *err);

#endif
