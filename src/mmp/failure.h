#ifndef MMP_FAILURE_H
#define MMP_FAILURE_H

#include "pki/chain.h"

/* A chain that does not hold, in the form of guide 4.4: where, who issued it, why, and the
 * certificate. Adds whole lines. */
void failure_add(const struct chain *chain, struct str *out);

#endif
