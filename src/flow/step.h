#ifndef FLOW_STEP_H
#define FLOW_STEP_H

#include "flow/flow.h"
#include "model/build.h"
#include "model/edit.h"
#include "model/lifecycle.h"
#include "model/shape.h"
#include "ops/map.h"
#include "ops/ops.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "store/pool.h"

/* Private to flow/: what the pages share. The room has two floors: the engine (flow.c, order.c,
 * history.c) calls the steps, and a step only answers where to go. */

/* What was rehearsed last in this visit. */
struct rehearsal_line {
    char *page, *at; /* where it is mended; NULL: nowhere */
    enum level level;
    char *words, *why;
};
struct rehearsal_lines {
    struct rehearsal_line *items;
    size_t count;
};

struct flow {
    const struct catalogue *catalogue;
    char *config, *store, *folder; /* folder: of config, "" for this one */
    time_t at;
    int lock_fd; /* -1: another has the lock, or none can be had here */
    char *held;  /* what is said of the other */

    bool loaded;         /* deployment.conf is there and facts are gathered */
    struct facts *facts; /* NULL: not loaded */
    bool lent;           /* a trial's, until it changes them: they are its flow's */

    /* A new deployment, until something is changed by hand: it is built anew from the answers. */
    const struct preset *preset;
    struct names subject;
    struct str built;         /* what the preset made of the last answers */
    struct shape_kept *shape; /* what flow_shape found */

    struct judged {
        struct findings findings;
        bool good;
        time_t at;
    } judged[2], errors[2];   /* RULES_PLANNED, RULES_ALL; errors: those alone */
    struct states *states;    /* of the identities; NULL: not counted since something changed */
    struct pool *authorities; /* the CAs of the store; NULL: not looked at since */
    struct pool *pool;        /* the store's certificates, each once; NULL: not looked at since */
    struct held *holds;       /* what the servers hold; see flow_holds */
    bool looked_what_holds;
    struct map *map; /* who trusts whom; NULL: not looked at since something changed */
    struct {
        bool good;
        struct timespec of; /* plan.json's time */
        enum plan_written is;
    } written; /* install/, compared last */
    struct rehearsal_lines rehearsed;
    bool rehearsal_due;     /* it begins when its page is shown */
    bool rehearsal_stopped; /* before its end */
    struct rehearsal_job *rehearsing;

    char *at_page;
    char *spot;            /* the field or row of it to begin with; NULL: as the step says */
    bool moved;            /* the last event led there */
    struct strings came;   /* the pages on the way here, for Esc */
    struct strings rows;   /* page, row: where each list was left */
    struct strings passed; /* pages that were left by Next, in this visit or an earlier one */
    struct history *past;  /* for EVENT_UNDO */
    char *store_verb; /* what of the store it takes back: import; "" nothing; NULL: not known */
    struct draft draft;
    char *waiting; /* "Basics, Organisation": where half-typed text waits; NULL: none */
    char *waiting_page, *waiting_field;
    char *refused;          /* the field whose answer was not taken last; NULL: none */
    struct error refusal;   /* and why */
    enum standing standing; /* of deployment.conf, when last it was to be written */
    struct page page;
    bool page_good;
    char *message;
    enum level message_level;
    bool warned; /* EVENT_NEXT was held back once on this page */
    bool ended;
    bool insist;          /* the event answers yes to what was asked of it */
    char *ask, *ask_verb; /* the event waits for that; NULL: nothing is asked */
    struct strings costs; /* of the last change: a sentence each */
    bool trial; /* judges a value half typed: nothing is saved, the store's scan is another's */

    struct make_job *job;
    bool job_failed;
    struct strings made; /* word, "callbridge  key, request": of the last run */
    size_t new_keys, new_requests, new_certificates, anew_requests, anew_certificates;

    struct import import;
    bool looked;
    struct tray tray;       /* what was named and pasted, not yet written or dropped */
    struct strings left;    /* identities whose certificate is not to be taken */
    struct strings chains;  /* "web=2": another of several that hold */
    struct secret password; /* of what a CA locked; NULL data: none */
    char *as;               /* the identity that a key which came is for; NULL: none */
    bool as_force;          /* in place of a key with a certificate */
    char *picked;           /* the folder that was last named; NULL: none */

    char *request;                      /* the identity whose CSR is shown */
    char *accept_reason, *accept_until; /* as typed for accept {}; NULL: not yet */
    struct strings marked;              /* servers that something is copied to */
    struct takeover *takeover;          /* what was named on the page takeover; NULL: nothing */
    size_t plan_server;                 /* whose steps the plan's page shows */
};

/* Where a step goes when it has taken an event. */
enum go {
    GO_REFUSED, /* nowhere: not taken, and err says why */
    GO_STAY,
    GO_NEXT, /* to the next page that has something to ask */
    GO_BACK, /* whence one came */
    GO_PAGE, /* to the page, at its field or row */
    GO_OPEN, /* to the deployment.conf at page */
    GO_LEAVE /* out of the wizard */
};
struct way {
    enum go go;
    char *page, *at; /* owned; of GO_PAGE and GO_OPEN alone; at may be NULL */
};
struct way way_go(enum go go); /* not GO_PAGE, GO_OPEN */
struct way way_to(const char *page, const char *at);
struct way way_open(const char *config);
/* Refused unless all went well. */
struct way way_if(bool good, enum go go);

/* A step: a page and what it does with an event. id is the page's, or its part up to ":". page is
 * the page as it was shown when the event came. */
struct step_ops {
    const char *id;
    void (*page)(struct flow *flow, struct page *page);
    struct way (*take)(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err);
};
extern const struct step_ops step_start, step_basics, step_topology, step_facts, step_servers,
    step_component, step_each, step_review, step_make, step_requests, step_request, step_import,
    step_key, step_check, step_look, step_plan, step_done, step_accept, step_order, step_text,
    step_trust, step_holds, step_commands, step_ends, step_findings, step_certificates,
    step_upgrade, step_certs, step_renew, step_takeover, step_typed, step_rehearsal;

/* rehearsal.c */
/* The work of its page; NULL: none is due. */
job_function rehearsal_job(struct flow *flow, void **arg);
void rehearsal_result(struct flow *flow, bool ok, const struct error *err);
void rehearsal_forget(struct flow *flow);

/* save.c */
/* A copy that takes an event without saving anything; flow must outlive it. */
void flow_trial(const struct flow *flow, struct flow *trial);
void flow_drop_trial(struct flow *trial);
/* The one wizard that may write has the lock beside deployment.conf. */
void flow_lock(struct flow *flow);
void flow_unlock(struct flow *flow);
/* Makes deployment.conf from the preset and the answers so far, or anew. */
must_check bool flow_create(struct flow *flow, const char *domain, struct error *err);
/* The same for servers of another shape, or for another release; NULL: as they are. */
must_check bool flow_create_as(struct flow *flow, const char *domain, const char *release,
                               const struct shape *shape, struct error *err);
/* The preset and answers that make servers like these; NULL: none do. Found once for each state of
 * the facts. */
const struct shape *flow_shape(const struct flow *flow);
void flow_forget_shape(struct flow *flow);
/* Nothing but the preset made this deployment: it may be made anew. */
bool flow_is_as_built(const struct flow *flow);
/* Reads deployment.conf and store again. */
must_check bool flow_gather(struct flow *flow, struct error *err);
/* No other wizard has this deployment open, or not any more. */
must_check bool flow_may_write(struct flow *flow, struct error *err);
/* Saves an edit, and with follow everything that follows from it; says what stays as it is and what
 * must be made anew, and where that is grave asks first. Frees the edit. */
must_check bool flow_edit(struct flow *flow, struct edit *edit, bool follow, struct error *err);
/* The same, and what follows is told first: whatever it is where tell adds a line, it is asked for.
 */
struct told;
typedef void (*tell_function)(struct flow *flow, const struct told *told, const struct facts *after,
                              struct strings *lines);
struct told {
    const char *verb; /* of the question */
    tell_function tell;
    const void *what; /* tell's own */
};
must_check bool flow_edit_told(struct flow *flow, struct edit *edit, bool follow,
                               const struct told *told, struct error *err);
/* Saves an edited text: deployment.conf and everything that follows from it. */
must_check bool flow_put(struct flow *flow, struct str *text, bool follow, struct error *err);
/* deployment.conf becomes text as it is; NULL: there was none, and there is none again. */
must_check bool flow_restore(struct flow *flow, const char *text, struct error *err);

/* change.c */
/* What a change keeps and what it needs anew is in flow->costs afterwards; true: it is to be asked
 * for first. after: how all stands with the change. */
bool change_weigh(struct flow *flow, const struct edit *edit, const struct facts *after);
/* The question, and false: refused until the event comes again with insist. */
bool change_ask(struct flow *flow, const struct edit *edit, struct error *err);
void change_forget(struct flow *flow);

/* state.c */
/* The event is taken only when it comes again with insist. Always false: refused. */
must_check bool flow_ask(struct flow *flow, const char *question, const char *verb,
                         struct error *err);
void flow_say(struct flow *flow, enum level level, const char *format, ...) printf_like(3, 4);
/* The part of the page's id behind "page:", "" when there is none. */
const char *flow_page_part(const struct flow *flow);
char *flow_path(const struct flow *flow, const char *name); /* beside deployment.conf */
bool flow_lab(const struct flow *flow);

/* order.c */
/* Every page of this deployment in order, with those that may be passed over. */
void order_pages(const struct flow *flow, struct strings *out);
bool order_has(const struct flow *flow, const char *page_id);
/* The page on the way that one beside it belongs to; NULL: it is no such page. */
const char *order_owner(const char *page_id);
/* The next page of the order that has something to ask, or the one before; NULL: none. Free it. */
char *order_beside(struct flow *flow, int direction);
/* The next page, where the walk passes it by; NULL: it does not. Free it. */
char *order_passed(struct flow *flow);
/* Nothing to ask there: Next and Back pass it by. */
bool order_passes(struct flow *flow, const char *page_id, bool forward);
/* The first page where something is open: by the files, not by where one was. Free it. */
char *order_resume(struct flow *flow);
/* "Review", "Call Bridge": how a page is called without being built. Free it. */
char *order_title(const struct flow *flow, const char *page_id);
/* The page was left by Next: written down for the next visit; and what earlier ones left. */
void order_pass(struct flow *flow, const char *page_id);
void order_unpass(struct flow *flow, const char *page_id);
void order_read_passed(struct flow *flow);
void order_marks(struct flow *flow, struct page *page);

/* history.c: what EVENT_UNDO takes back */
/* How everything stands before an event of the page is taken. */
struct change *history_before(const struct flow *flow, const struct page *page,
                              const struct event *event);
/* Afterwards: kept when something changed, and the event was taken. before is taken over. */
void history_after(struct flow *flow, struct change *before, bool taken);
/* Takes the last change back and tells where it was made. A tick is taken back by ticking that row
 * again, which is left to the caller: *tick. */
struct way history_undo(struct flow *flow, bool *tick, struct error *err);
/* The last change in a word or two; NULL: there is none. */
const char *history_last(const struct flow *flow);
/* What was written before is no more to be taken back: the store, or someone else, went on. */
void history_clear(struct flow *flow);

/* undo.c: the same of the store */
/* What its last change was: import, sign, unlock, renew; NULL: there is none to be taken back. */
const char *undo_of_store(struct flow *flow);
/* Asked first, and done when it comes again with insist. */
must_check bool undo_store(struct flow *flow, bool insist, struct error *err);
/* The keys for it, on pages where the store is at hand. */
void undo_action(struct flow *flow, struct page *page);
/* The store was read again. */
void undo_forget(struct flow *flow);

/* page.c: filling a page */
struct field *page_field(struct page *page, enum field_kind kind, const char *id, const char *label,
                         const char *value);
void field_help(struct field *field, const char *help, const char *section);
void field_choice(struct field *field, const char *word, const char *label, const char *why);
void field_finding(struct field *field, enum level level, const char *finding, const char *remedy,
                   const char *mend);
struct row *page_row(struct page *page, const char *id, enum level level, const char *word,
                     const char *format, ...) printf_like(5, 6);
/* All columns come before the first cell. */
struct column *page_column(struct page *page, const char *id, const char *label, const char *title,
                           const char *help, const char *section);
void row_detail(struct row *row, const char *format, ...) printf_like(2, 3);
struct action *page_add_action(struct page *page, const char *id, int function, char letter,
                               const char *label);
void page_line(struct strings *lines, const char *format, ...) printf_like(2, 3);
/* Adds a text of several lines, blank ones too; the front end wraps what is too long for its width.
 */
void page_lines(struct strings *lines, const char *text);
/* "3 requests made" behind what stands there, a comma between; nothing of none. */
void say_count(struct str *out, size_t count, const char *one, const char *many);
const struct action *page_find_action(const struct page *page, const char *id);
struct field *page_find_field(const struct page *page, const char *id);
/* Its place among the rows, row_count: none. */
size_t page_find_row(const struct page *page, const char *id);
enum level level_of(enum severity severity);
const char *flow_level_word(enum level level); /* OK note WARN ERROR */

/* basics.c */
const char *basics_label(const char *attribute); /* of O, L, C …; NULL: not asked there */

/* takeover.c; NULL is none */
void takeover_free(struct takeover *takeover);

/* topology.c: how many servers, and what runs there */
bool topology_is_asked(const struct flow *flow);
void topology_totals(const struct flow *flow, struct page *page); /* certificates, by signer */
/* certs.c: there is nothing to share or split */
bool certs_passes(const struct flow *flow);
/* component.c */
/* Every identity that is shown with a service of this kind was shown on an earlier page. */
bool component_page_passes(const struct flow *flow, const char *kind);
/* The first page that shows the identity; GO_STAY: none does. */
struct way component_way(const struct identity *identity);
/* each.c: there are several of the kind, which may be asked one by one */
bool each_has(const struct flow *flow, const char *kind);
/* names.c */
/* The row is marked, for what is copied to it; or no longer. */
void flow_mark(struct flow *flow, const char *row);
bool is_names_option(const char *option);
const char *names_label(const char *option); /* "" where it is none */
/* "internal CA"; a CA made here by its name. */
const char *signer_label(const char *signer);

/* look.c: what a certificate is, for F4 and the check page */
void look_file(struct flow *flow, const char *file, struct page *page);
/* One line: "key matches, chain of 2, ends 2027-11-24"; the level that it deserves. */
enum level look_summary(struct flow *flow, const struct identity *identity, char **text);

/* ends.c: a certificate has ended or is due; facts must be there */
bool ends_are_due(const struct flow *flow);

/* due.c */
/* Where it stands: "request to be sent", "6 days with the CA"; "" where its certificate is in place
 * and no other is asked for. Free it. */
char *life_words(const struct flow *flow, const struct identity *identity);
/* A CA signs it that isn't here. */
bool is_outside(const struct identity *identity);
/* Somebody in the store signs it: by its own design no CA outside is asked. */
bool is_signed_here(const struct flow *flow, const struct identity *identity);
/* Something of it is to be made here: a key, a request or a certificate lacks, or its open request
 * says something else than deployment.conf. */
bool lacks(const struct flow *flow, const struct identity *identity);
bool make_is_due(struct flow *flow);
struct states {
    size_t all, by_life[LIFE_RENEWING + 1];
    size_t outside;  /* a CA elsewhere signs them */
    size_t awaited;  /* their request is open */
    size_t sent;     /* of those: with the CA, as deployment.conf has it */
    size_t outdated; /* of those: to be made anew */
    size_t lacking;  /* no certificate is in place */
    size_t anew;     /* their open request says something else, and its key is here */
    size_t behind;   /* their certificate in place lacks what deployment.conf says */
    size_t due;      /* something can be made here */
    bool *made;      /* by identity: it has files in the store */
};
/* Counted once for each state of the facts. */
const struct states *flow_states(struct flow *flow);
/* Judged once for each state of the facts. */
const struct findings *flow_findings(struct flow *flow, enum rules_scope scope);
/* Its errors at least: all that the marks of the pages ask. */
const struct findings *flow_errors(struct flow *flow, enum rules_scope scope);
/* The map of trusts, and what chains are made of, likewise. */
const struct map *flow_map(struct flow *flow);
const struct pool *flow_pool(struct flow *flow);
const struct pool *flow_authorities(struct flow *flow); /* the CAs among them */
void flow_forget_findings(struct flow *flow);
/* What the servers hold while renewals are open, likewise; *out NULL: none is. */
must_check bool flow_holds(struct flow *flow, const struct held **out, struct error *err);
/* The plan as it would be written: with an open renewal that alone. Free it. */
must_check bool plan_now(struct flow *flow, struct plan *plan, struct error *err);
/* install/ beside what would be written there now; when that was written. Compared byte by byte,
 * once for each state of the facts and of the folder. */
enum plan_written plan_state(struct flow *flow, time_t *when);
/* What the store says of it otherwise than deployment.conf: its open request, else the certificate
 * in place. */
const struct differences *store_differences(const struct lifecycle *life);

/* make.c */
/* The identity's request, or the certificate that is made here, as deployment.conf says now; its
 * key stays. Says so. */
must_check bool make_again(struct flow *flow, const char *identity, struct error *err);

/* keep.c: answers before there is a deployment.conf to keep them */
void keep_answers(struct flow *flow);
void keep_forget(struct flow *flow);
/* The preset that was chosen in an earlier visit, its answers taken up; false: none. */
bool keep_take_up(struct flow *flow);
const struct preset *kept_preset(const struct flow *flow);

#endif
