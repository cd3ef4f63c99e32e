#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "model/facts.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTICE };

/* What a rule has to say (SPEC 9). Empty strings where there is none, never NULL. */
struct finding {
    enum severity severity;
    char *id, *server, *service, *identity, *file;
    char *message, *remedy, *section;
    char *mend;    /* the value that mends the field CN (or SAN n), "" when F5 cannot */
    bool accepted; /* taken knowingly (accept {}): shown, not counted */
};
struct findings {
    struct finding *items;
    size_t count;
};

enum rules_scope {
    RULES_ALL,    /* deployment and store: certwright check */
    RULES_PLANNED /* deployment.conf alone, as if each certificate had the names planned: what the
                     wizard judges while a page is typed; no file is missed */
};
/* Every rule over the facts; sorted by severity, server, service, identity, file, id. One fault,
 * one error: RULES.md's precedence is applied, then accept {}. */
void rules_run(const struct facts *facts, enum rules_scope scope, struct findings *out);
void findings_free(struct findings *findings);
/* Errors that are not accepted. */
size_t findings_errors(const struct findings *findings);
const char *severity_word(enum severity severity); /* error warning notice */
/* The place in words: "server service identity file", what there is of it. Free it. */
char *finding_place(const struct finding *finding);

#endif
