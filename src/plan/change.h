#ifndef PLAN_CHANGE_H
#define PLAN_CHANGE_H

#include "model/held.h"
#include "plan/plan.h"

/* What is other than the servers hold: pairs that services present, and what they accept. */

/* The content of one or more trusts that accept the same, before and after. */
struct widening {
    const struct trust_need *was, *is;
    const char *given;      /* the user's file; NULL: derived */
    const struct trust *of; /* whose it is, where services come or go */
    struct cert_set held, last,
        wide;               /* wide: all that may be met meanwhile, without what has ended */
    struct cert_set gone;   /* held, and no more in the end */
    struct pki_file list;   /* what the list was before the store's lost what is gone */
    struct pki_file *since; /* what was imported between */
    size_t since_count;
    struct str text, last_text, held_text; /* wide, last and held as PEM */
    bool same;                             /* nothing changes */
    bool guessed; /* held is what must have been there: the file was written since */
    bool ended;   /* all that is gone has ended: nothing is lost by going at once */
    bool blurred; /* old and new cannot lie side by side: the first one hides the other */
};
struct trust_change {
    const struct trust *trust;
    const struct widening *content;
    char *was_file;  /* the name until now; "" none */
    char *wide_file; /* while both are accepted */
    bool widens;     /* before anybody presents anything new */
    bool at_once;    /* together with what it accepts: no side by side */
    bool narrows;    /* when nobody presents the old any more */
    bool stored;     /* the store's file of that name holds what is accepted in the end */
};
struct service_change {
    const struct service *service;
    bool in_place; /* runs already; else it is installed as for the first time */
    bool touched;
    bool *slots;                 /* by slot: what it presents changes */
    bool swaps;                  /* one of them */
    bool rebuilt;                /* of a cluster that is taken apart for it */
    bool joined;                 /* takes its wide lists with its own new pair: one restart less */
    struct trust_change *trusts; /* those that change */
    size_t count;
    size_t waits; /* joined readers that have to come before its own swap */
};
struct changes {
    const struct facts *facts;       /* every service in place where held is there */
    const struct held *held;         /* NULL: services come or go, no pair changes */
    struct service_change *services; /* by index */
    size_t count;
    struct cert_set come; /* CAs that are new above what is renewed */
    struct widening **contents;
    size_t content_count;
    bool any;
};
struct renewal_plan {
    struct facts facts; /* those of the plan, borrowed; in a renewal every service is in place */
    const struct held *held;
    struct changes changes;
};
/* all: everything is planned as for the first time, and nothing is a change. */
void changes_make(const struct facts *facts, const struct held *held, bool all,
                  struct changes *out);
void changes_free(struct changes *changes);
const struct trust_change *change_of(const struct service_change *change, const char *trust);
/* The same service in the facts of what is held. */
const struct service *held_service(const struct changes *changes, const struct service *service);
const struct facts *held_facts(const struct changes *changes);
/* "{path}" or "{path.part}" stands in the pattern. */
bool line_names(const char *pattern, const char *path);
/* A file of deployment.conf's options that the line names, and that holds a CA that is new: the
 * CAs of SIP peers, of whom a recorder may be one. NULL: none. */
const struct store_file *option_file(const struct changes *changes, const struct command *command);
/* The joined reader has had its turn: those who waited for it wait for one less. */
void changes_let_go(struct changes *changes, const struct service *reader);
/* The CAs of an identity, as its bundle has them; of what is signed by itself, itself. */
void identity_cas(const struct facts *facts, const struct identity *identity, struct cert_set *out);
bool cert_sets_equal(const struct cert_set *a, const struct cert_set *b);
/* The target presents something new. */
bool target_changes(const struct changes *changes, const struct trust_target *target);

#endif
