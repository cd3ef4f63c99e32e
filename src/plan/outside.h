#ifndef PLAN_OUTSIDE_H
#define PLAN_OUTSIDE_H

#include "plan/change.h"
#include "plan/merge.h"

/* Who is outside of our servers and looks at their certificates. */

/* The component declares the fact or has a rule that hangs on it: its certificate is looked at. */
bool outside_concerns(const struct component *component, const char *fact);
/* Where one slot of several meets the outside, that one alone is meant. */
bool outside_faces(const struct component *component, const struct slot *slot);
/* The slot's public signer; NULL: none. */
const struct signer *outside_signer(const struct slot *slot);

/* Where a renewal changes a CA, what they must hold before, and need no more after: a line by hand
 * each, in the procedure of the first service whose certificate they meet. by_index: of each
 * service its procedure; NULL: none. */
void outside_lines(const struct changes *changes, struct procedure **by_index, struct arena *texts);

#endif
