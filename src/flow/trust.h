#ifndef FLOW_TRUST_H
#define FLOW_TRUST_H

#include "flow/step.h"

/* What the pages of a trust share: the list of all, what its file holds, what it takes. */

/* The row of the map whose page has that id: edge1.Edge1toLB.trust; NULL: it is gone. */
const struct map_row *trust_row(struct flow *flow, const char *id);
/* "by the certificates themselves" */
const char *trust_how_words(enum trust_how how);
/* check --fix would write its file. */
bool trust_mendable(const struct map_row *row);
/* Does so; NULL: of all. What was written is said. */
must_check bool trust_mend(struct flow *flow, const struct map_row *only, struct error *err);
/* To the page KIND:PART. */
struct way trust_part(const char *kind, const char *part);

#endif
