#ifndef MODEL_REQUIRED_H
#define MODEL_REQUIRED_H

#include "model/deployment.h"

/* The names that a service requires of a certificate, as its component's file says: asked by
 * whoever proposes names, judges them or shows them. */

/* The values of a template seen from a service; none where a hole has no value. */
void service_expand(const struct deployment *deployment, const struct service *service,
                    const char *pattern, struct strings *out);

struct required_name {
    const struct require *require; /* the rule that says so */
    struct strings any;            /* one of them has to be there; the first is the usual one */
};
struct required_names {
    struct required_name *items;
    size_t count;
};
/* Of every entry that holds for the slot; free with required_free. */
void required_names(const struct deployment *deployment, const struct service *service,
                    const struct slot *slot, struct required_names *out);
/* Of one entry, whatever its condition. Adds to out. */
void required_by(const struct deployment *deployment, const struct service *service,
                 const struct require *require, struct required_names *out);
void required_free(struct required_names *names);
/* The entry speaks of that slot, and its condition holds. */
bool require_holds(const struct deployment *deployment, const struct service *service,
                   const struct slot *slot, const struct require *require);

#endif
