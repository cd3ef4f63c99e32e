#ifndef PLAN_RENEWAL_H
#define PLAN_RENEWAL_H

#include "plan/change.h"
#include "plan/merge.h"

/* The procedure of a service that is in place: of its component's commands those that name what
 * changes, each in its phase, inside what stops the service before and starts it after. */
must_check bool renewal_procedure(const struct changes *changes, const struct service *service,
                                  struct arena *texts, struct procedure *out, struct error *err);

#endif
