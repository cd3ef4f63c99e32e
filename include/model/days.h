#ifndef MODEL_DAYS_H
#define MODEL_DAYS_H

#include "model/deployment.h"

/* How long a certificate made here lasts by default (guide 3.1.5). identity may be NULL:
 * one that deployment.conf doesn't name. */

/* Signed by a CA of the store: long where its service trusts a root of its own. */
int days_signed(const struct deployment *deployment, const struct identity *identity);
/* Signing itself: long where it signs others. */
int days_selfsigned(const struct identity *identity);

#endif
