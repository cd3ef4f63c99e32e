#ifndef RULES_EXPLAIN_H
#define RULES_EXPLAIN_H

#include "model/catalogue.h"

/* What there is to know of a rule without a deployment: certwright explain, and F1. */

/* As doc/rules.md has them. */
enum rule_group {
    RULES_FILES,
    RULES_NAMES,
    RULES_USAGE,
    RULES_CHAINS,
    RULES_TRUSTS,
    RULES_SERVICES,
    RULES_ADDED /* by a component's file */
};
#define RULE_GROUP_COUNT (RULES_ADDED + 1)
const char *rule_group_title(enum rule_group group);

/* Whole sentences: what is wrong, what happens otherwise, how it is repaired. */
struct rule_words {
    const char *rule, *otherwise, *repair;
};
/* NULL: the id is not built in (a component's file added it). */
const struct rule_words *rule_explain(const char *id);

/* A small deployment that breaks the rule: the one that its test breaks it with. */
struct rule_example {
    const char *id, *severity; /* "" the rule's only one */
    const char *why;           /* a sentence */
    const char *store;         /* what is wrong in its store, a sentence; "" nothing is */
    const char *deployment;    /* deployment.conf */
};
struct rule_page {
    enum rule_group group;
    const struct rule_words *words;      /* NULL: a component's file added it */
    struct strings severities;           /* the most severe first */
    struct strings sections;             /* its sources; none: measured */
    struct strings says;                 /* of components' files: "Recorder: why" */
    const struct rule_example *examples; /* the smallest first */
    size_t example_count;
};
/* false: there is no such rule. The catalogue must outlive it. */
bool rule_page_open(const struct catalogue *catalogue, const char *id, struct rule_page *out);
void rule_page_close(struct rule_page *page);
/* The ids of all rules, group by group. */
void rule_page_ids(const struct catalogue *catalogue, struct strings *out);

#endif
