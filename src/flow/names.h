#ifndef FLOW_NAMES_H
#define FLOW_NAMES_H

#include "flow/alike.h"

/* The fields of a slot's certificate: whose it is, who signs, CN, SAN, O. Each is judged where it
 * is typed, for a wrong name is found by a CA only after days. */

enum field_kind names_kind(const struct facet *facet);
/* Help, choices and what is wrong, in a field whose value is there. */
void names_fill(const struct alike *alike, const struct facet *facet, struct field *field);

#endif
