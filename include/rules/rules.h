#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "base/texts.h"
#include "model/facts.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTICE };
/* What certwright check --fix does about a finding: it needs no one's decision. */
enum fix { FIX_NONE, FIX_CHAIN, FIX_TRUST, FIX_MODE };

/* Where else the same is told of. */
struct finding_place {
    const char *server, *service, *file;
};
/* What a rule has to say. Empty strings where there is none, never NULL. */
struct finding {
    /* in texts: */
    const char *id, *server, *service, *identity, *file, *message, *section;
    const char *field; /* the option that mends it: of the identity (CN, subjectAltName, signer,
                          C …), else of the service; "" none */
    /* its own: */
    char *remedy;
    char *mend;           /* the value that mends that field, "" when F5 cannot */
    char *reason, *until; /* of accept {} */
    char *cause;          /* several of one id and cause are one fault: the identity whose
                             certificate it is, a tab, and what is wrong with it; "" by the message */
    struct finding_place *also;
    struct texts *texts; /* the findings' */
    unsigned also_count;
    unsigned target; /* which of the trust's targets it is about, from 1; 0: all, or no trust */
    enum severity severity;
    enum fix fix;  /* FIX_NONE: a person has to do something */
    bool accepted; /* taken knowingly (accept {}): shown, not counted */
};
struct findings {
    struct finding *items;
    size_t count;
    struct texts *texts; /* names and sentences that many of them have */
};

enum rules_scope {
    RULES_ALL,    /* deployment and store: certwright check */
    RULES_PLANNED /* deployment.conf alone, as if each certificate had the names planned: what the
                     wizard judges while a page is typed; no file is missed */
};
/* Every rule over the facts; sorted by severity, server, service, identity, file, id. One fault,
 * one error: the deeper reason silences the others, then accept {} is applied. */
void rules_run(const struct facts *facts, enum rules_scope scope, struct findings *out);
/* The errors of it alone, as they are told there: what marks and refusals ask, in half the time. */
void rules_errors(const struct facts *facts, enum rules_scope scope, struct findings *out);
void findings_free(struct findings *findings);
/* Errors that are not accepted. */
size_t findings_errors(const struct findings *findings);
const char *severity_word(enum severity severity); /* error warning notice */
/* The place in words: "server service identity file", what there is of it. Free it. */
char *finding_place(const struct finding *finding);

/* How long a certificate still serves: due under a third of its life or 60 days, whichever is less,
 * near under a half or 90 days. */
enum term_state { TERM_LONG, TERM_NEAR, TERM_DUE, TERM_ENDED };
/* Days before its end from which it is due. */
long rules_due_days(const struct cert *cert);
enum term_state rules_term(const struct cert *cert, time_t at);

#endif
