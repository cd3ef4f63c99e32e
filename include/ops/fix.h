#ifndef OPS_FIX_H
#define OPS_FIX_H

#include "rules/rules.h"

/* certwright check --fix: mends what needs no one's decision, in one transaction. Bundles and full
 * chains are put in order and into form, trust files that deployment.conf names are written from
 * the certificates in use, keys become readable by their owner only. What was accepted stays. Names
 * of the files changed are added to mended. */
must_check bool op_fix(const struct facts *facts, const struct findings *findings,
                       struct strings *mended, struct error *err);

#endif
