#ifndef RULES_EXPLAINED_H
#define RULES_EXPLAINED_H

#include "rules/explain.h"

/* The tests' deployments, written when certwright is built (src/rules/tool/examples.awk); those of
 * one rule stand together. */
extern const struct rule_example rule_examples[];
extern const size_t rule_example_count;

/* rules/explain: RULES_ADDED where the id is not built in. */
enum rule_group rule_group_of(const char *id);

#endif
