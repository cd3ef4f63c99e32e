#ifndef MODEL_RULEID_H
#define MODEL_RULEID_H

#include "model/catalogue.h"

/* The ids of the rules, for deployment.conf's accept {}: those that rules/ is built from, and those
 * that a component's file adds. */
bool rule_id_known(const struct catalogue *catalogue, const char *id);
/* The one that was meant; NULL when none is near. Written in small letters it is found as well. */
const char *rule_id_nearest(const struct catalogue *catalogue, const char *id);
/* The built-in ones, sorted. */
extern const char *const rule_ids[];
extern const size_t rule_id_count;

#endif
