#ifndef OPS_RENEW_DUE_H
#define OPS_RENEW_DUE_H

#include "ops/ends.h"

/* What is due or will be soon, by what its installation disturbs: one window serves a group. */

enum { RENEW_SOON = 90 }; /* days */
struct renew_group {
    char *title;            /* "Restarts callbridge on core1-3" */
    struct strings notices; /* who notices that */
    const struct ending **endings;
    size_t count;
};
struct renew_groups {
    struct renew_group *items; /* by the first that ends */
    size_t count;
};
/* Belongs to the ends. */
void renew_due(const struct ends *ends, struct renew_groups *out);
void renew_groups_free(struct renew_groups *groups);

#endif
