#ifndef FLOW_COMPONENT_H
#define FLOW_COMPONENT_H

#include "flow/alike.h"

/* A field of a kind's page, for all of its services or for one. */

/* Help, choices, what is wrong; its value is there. */
void component_fill(const struct alike *alike, const struct facet *facet, bool lab,
                    struct field *field);
/* The value, a pattern where there are several, for the service; done: identities that have it
 * already. true: it is another one than before. */
bool component_give(struct edit *edit, const struct alike *alike, const struct service *service,
                    const struct facet *facet, const char *pattern, struct strings *done);
/* Saves the edit, which belongs to a question called so. Frees it. */
must_check bool component_edit(struct flow *flow, struct edit *edit, const char *label,
                               struct error *err);

#endif
