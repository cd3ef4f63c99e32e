#ifndef MODEL_CATALOGUE_H
#define MODEL_CATALOGUE_H

#include "base/error.h"
#include "base/str.h"

/* The files of screens/ as values: everything certwright knows of a component
 * (doc/catalogue.md). */

enum source { SOURCE_GUIDE, SOURCE_FIELD, SOURCE_OURS };
enum stage {
    STAGE_BASE,
    STAGE_BEFORE,
    STAGE_ASSIGN,
    STAGE_AFTER,
    STAGE_DISPLAY,
    STAGE_BY_HAND,
    STAGE_OTHER,
    STAGE_RETIRE /* where a later release has the component no more: typed before the upgrade */
};
/* What a command does to those who use the service. */
enum effect {
    EFFECT_NONE,
    EFFECT_STOP,   /* it is out from here on */
    EFFECT_START,  /* it serves again */
    EFFECT_RESTART /* out and back in one: what it carries is dropped */
};
/* When, of the phases of a plan: none begins before the one before it has ended on every server. */
enum phase {
    PHASE_BASE,      /* what is set without certificates */
    PHASE_CHECKS,    /* uploads and checks */
    PHASE_WIDENING,  /* a renewal: trust in old and new */
    PHASE_REMOVAL,   /* a cluster that must not run while its certificates change is taken apart */
    PHASE_SERVICES,  /* each one's procedure */
    PHASE_BUILDING,  /* that cluster is put together */
    PHASE_NARROWING, /* a renewal: trust in the new alone */
    PHASES
};
enum answer_type {
    ANSWER_TEXT,
    ANSWER_HOST,
    ANSWER_HOSTS,
    ANSWER_LISTEN,
    ANSWER_LISTENS,
    ANSWER_PORT,
    ANSWER_URL,
    ANSWER_SERVER,
    ANSWER_CHOICE,
    ANSWER_TICK,
    ANSWER_INTERFACES
};
/* What a trust accepts, and what a file that certwright writes for it holds. */
enum trust_how {
    TRUST_PINNED, /* the very certificates, side by side */
    TRUST_CHAIN,  /* what CAs have signed: the CAs, root included */
    TRUST_EITHER, /* both serve: the certificates are written */
    TRUST_BOTH    /* both serve: the certificates are written, then the CAs above them */
};

/* The releases that have a thing; "" or NULL is open. 2.9.5 is still 2.9. */
struct release {
    char *from, *until;
    char *again; /* gone after until, it is back in this one */
};

struct signer {
    char *name; /* public, internal, self, or a slot of the component: whose identity signs it */
    char *when; /* a condition, "" always */
    char *why;
};
struct slot {
    char *name;           /* identity, https, c2w … : the service's option */
    char *identity;       /* template of the proposed identity's name */
    struct strings takes; /* key, certificate, bundle, fullchain */
    char *cn;             /* template */
    struct strings sans;  /* templates */
    struct strings eku;   /* serverAuth, clientAuth */
    char *when;           /* the slot is needed when this holds; "" always */
    char *against;        /* a trust: its pair is verified with that file, not with its bundle */
    struct signer *signers;
    size_t signer_count;
    struct release release;
};
/* What is proposed in place of an ask's default where its condition holds. */
struct proposal {
    char *value, *when;
};
struct ask {
    char *name; /* the service's option */
    enum answer_type type;
    char *label, *help, *section;
    char *initial; /* template of the default; "" none. A list is written "x y" */
    char *instead; /* default where another service of the server has that port already */
    struct proposal *proposals; /* the first that holds */
    size_t proposal_count;
    struct strings choices;
    char *of;  /* type server: of which kind */
    bool list; /* of type text: several values */
    bool fold; /* default taken unasked */
    struct release release;
};
struct fact {    /* an option of environment {} or validation {} that this component's rules need */
    char *block; /* environment or validation */
    char *name;  /* webrtc-apps, lync-fqdn … */
    enum answer_type type;
    char *label, *help, *section, *initial;
    struct strings choices;
    bool fold;
};
struct require { /* a rule of this component: an id and one verb */
    char *id;    /* the title up to a blank: "EKU-SERVER c2w" is EKU-SERVER */
    char *slot;  /* "" the whole service */
    char *when, *severity, *section;
    char *why;            /* a sentence or more; with `present` it is the finding itself */
    char *remedy;         /* what mends it; the other verbs know that themselves */
    struct strings names; /* templates that must be in the certificate; `{a} | {b}`: one of them */
    struct strings cn;    /* templates the CN must equal */
    struct strings eku;   /* usages that must be there if the extension is */
    char *not_signer, *not_platform, *key_not_of, *same_ca_as, *same_root_as, *wants, *present;
    struct release release;
};
struct trust_rule {
    char *name;   /* the title up to a blank: the template hole; its file's option is NAME-file */
    char *of;     /* kind accepted */
    char *slot;   /* its slot; "" the only or first */
    char *via;    /* paired by that question; "" all */
    char *back;   /* of those that ask that question: only whom it leads to this server; "" all */
    char *beside; /* only those on a server with this kind as well; "" all */
    char *as;     /* which side of the connection they are: server, client */
    enum trust_how how;
    char *when, *section;
    struct release release;
};
/* The appliance refuses a command with that line, where one of the conditions holds there. */
struct fault {
    char *line;
    struct strings when;
    enum source source;
};
/* What `help` prints for the commands that begin with a word, literally. */
struct usage {
    char *word, *about;
    struct strings lines;
    struct release release;
};
struct command {
    enum stage stage;
    enum phase phase; /* none of base and checks */
    enum effect effect;
    bool api;   /* of by-hand: method, path and parameters for the API */
    char *line; /* a template */
    struct strings
        typed; /* of by-hand: templates of what is typed, answers to questions included */
    char *when, *section;
    char *undo; /* a template: what takes the line back; `none = true` makes it of the line */
    enum source source;
    struct strings expect;
    struct strings reply; /* templates: the whole reply when all is well, in the order of the
                             checks; none: expect is all that is known */
    char *refusal;        /* its last line where a check failed; "" none */
    struct release release;
    struct fault *faults; /* the first that holds counts */
    size_t fault_count;
    struct strings sets; /* what the appliance knows of it then: state.on, !state.on, PATH=value */
    char *asks;          /* what it asks back before it does anything; "" nothing */
    char *shows;         /* the command whose display it prints; "" none */
};
/* What a display command prints, line by line: read as well as printed by it. All those of one
 * command that a release has are one form, in their order. */
struct status_form {
    char *line; /* the command, a template */
    char *section;
    enum source source;
    struct strings lines; /* templates (model/template.h), blanks included */
    struct release release;
};
/* Where a service of the kind is without being written: beside each of another kind for which a
 * condition holds, with some options of the first one written. */
struct implied {
    char *beside, *when;
    struct strings options;
};
struct component {
    char *kind; /* the file's name */
    long order; /* among the pages and in presets */
    char *title, *purpose, *section;
    char *head; /* the title in few letters, above a column */
    struct release release;
    struct strings beside, follows;
    char *per, *name;
    char *first; /* the tick of the service that a cluster begins with; "" the first one written */
    char *replaced_by; /* the kind that takes its place where it goes; "" none */
    char *part_of;     /* no service: its facts, rules and commands are that kind's; "" a service */
    struct implied *implied;
    size_t implied_count;
    struct slot *slots;
    size_t slot_count;
    struct ask *asks;
    size_t ask_count;
    struct fact *facts;
    size_t fact_count, own_facts;
    struct require *requires;
    size_t require_count, own_requires; /* its file's first, then those of its parts */
    struct trust_rule *trusts;
    size_t trust_count;
    struct command *commands; /* in file order: base, before, assign, after, display, by-hand */
    size_t command_count, own_commands;
    struct status_form *forms;
    size_t form_count, own_forms;
    struct usage *usages;
    size_t usage_count;
    char *outage;    /* who notices while it is stopped; may be "" */
    char *renewal;   /* the same where its certificates are renewed */
    char *notes;     /* what RUNBOOK adds for people; may be "" or several lines */
    bool compiled;   /* the program holds it, not the heap */
    bool joined;     /* its lists are on the heap: its own things, then those of its parts */
    bool management; /* everything on its server follows it (Web Admin) */
};

/* A file of screens/presets/: what init writes for one name. */
enum { PRESET_MOST = 999 }; /* servers of one sort */
struct preset_server {
    char *name, *address;       /* templates */
    char *count;                /* how many is asked by that word: cores; "" one */
    int initial;                /* how many, unasked */
    char *label, *names, *help; /* of the questions how many, and by which names; names "" none */
    char *section;
    char *with;           /* only where that kind is asked for; "" always */
    struct strings kinds; /* services in file order; "a|b": the first that the release has */
    struct strings also;  /* those that may be asked for here */
};
/* A service of some of the servers that another section makes. */
struct preset_add {
    char *kind, *to;
    int first;    /* on the first so many */
    char *unless; /* not where servers are asked for by that word */
};
struct preset_value {
    char *kind, *option, *value; /* an option that differs from the catalogue's default */
    char *when;                  /* a condition; of two for one option the first that holds */
};
/* A question to leave kinds out, or to have kinds that are not there unasked. */
struct preset_offer {
    char *name, *label, *help, *section;
    struct strings kinds;
    bool fold;
};
struct preset {
    long order;
    char *name, *title, *summary; /* summary: the wizard's two lines below the menu */
    int answers;                  /* what the start page promises; 0: says nothing */
    bool compiled;                /* as a component's */
    char *purpose;                /* production or lab */
    char *shared;         /* one identity for all slots: its name (template); "" each its own */
    char *signer;         /* of all identities; "" by the slots' conditions */
    char *ca;             /* a CA identity made here; "" none */
    struct strings facts; /* options set to true: native-apps, validation.xmpp */
    struct preset_server *servers;
    size_t server_count;
    struct preset_add *adds;
    size_t add_count;
    struct preset_value *values;
    size_t value_count;
    struct preset_offer *offers;
    size_t offer_count;
};

struct catalogue {
    struct component *components; /* in the order that presets and pages use: the `order` key */
    size_t count;
    struct preset *presets;
    size_t preset_count;
};

/* The built-in files, and those of folder (NULL: none), which replace by kind or add. */
must_check bool catalogue_load(const char *folder, struct catalogue *out, struct error *err);
void catalogue_free(struct catalogue *catalogue);
const struct component *catalogue_find(const struct catalogue *catalogue, const char *kind);
const struct preset *catalogue_preset(const struct catalogue *catalogue, const char *name);
const struct slot *component_slot(const struct component *component, const char *name);
/* One of its slots signs another: it shares no certificate with other components (guide 1.2.3). */
bool component_has_ca(const struct component *component);
const struct ask *component_ask(const struct component *component, const char *name);
/* Its file, as certwright writes it, holds the certificates themselves; the CAs above them. */
bool trust_lists(enum trust_how how);
bool trust_chains(enum trust_how how);
/* A file that a person wrote may hold CAs alone. */
bool trust_takes_cas(enum trust_how how);
const struct trust_rule *component_trust(const struct component *component, const char *name);
/* The trust whose file that option names: c2w-trust-file. NULL: none. */
const struct trust_rule *component_trust_option(const struct component *component,
                                                const char *option);
/* The lines that the display command (its template) has in that release, in order. */
void component_status(const struct component *component, const char *command, const char *release,
                      struct strings *out);
/* Each display command of the component that has a form in that release, once. */
void component_displays(const struct component *component, const char *release,
                        struct strings *out);
/* That release has it. Releases compare by their numbers: 2.10 is after 2.9. */
bool release_in(const struct release *range, const char *release);
/* "until release 2.9 and again from 3.1"; "in every release". Free it. */
char *release_words(const struct release *range);
/* The release nearest to that one that has it: what to choose instead. */
const char *release_nearest(const struct release *range, const char *release);

#endif
