#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/job.h"
#include "flow/draft.h"
#include "model/catalogue.h"

#include <time.h>

/* The wizard as a value: a page out, an event in. It knows no screen; the form, the plain prompts
 * and the answers file all show the same pages. */

enum page_kind {
    PAGE_MENU, /* rows to choose one from; text below belongs to the row */
    PAGE_FORM, /* fields beside the map */
    PAGE_LIST, /* rows over the whole width, some with a tick */
    PAGE_GRID, /* a table: a field for each row and column, the rows' one after another */
    PAGE_TEXT, /* lines to scroll through */
    PAGE_JOB   /* work under way; rows say what is done */
};
enum field_kind { FIELD_TEXT, FIELD_CHOICE, FIELD_TICK };
enum level { LEVEL_NONE, LEVEL_OK, LEVEL_NOTE, LEVEL_WARN, LEVEL_ERROR };

struct field {
    char *id;      /* webbridge3.a-record: what --answers and --ids say */
    char *label;   /* up to 12 columns on the form; a sentence's subject in plain */
    char *help;    /* why it is asked, up to some lines */
    char *section; /* of the guide */
    enum field_kind kind;
    char *value;            /* what is in force; a choice's word; "yes"/"no" of a tick */
    bool follows;           /* the value is derived: "=" before the label */
    bool fold;              /* its value is good as it is: plain asks only when told to ask all */
    bool optional;          /* an empty answer is one */
    int columns;            /* width of the cell; 0: as wide as fits */
    bool fixed;             /* of a grid: shown, and not to be changed */
    bool list;              /* several values: names_split takes them apart */
    bool names;             /* the values are names of a certificate */
    struct strings choices; /* words of FIELD_CHOICE */
    struct strings labels;  /* as shown, one for each */
    struct strings whys;    /* one for each; may be "" */
    char *note;             /* right of the field: "2 names" */
    enum level level;       /* of the finding at this field */
    char *finding;          /* a sentence; "" none */
    char *remedy;           /* "" none */
    char *mend;             /* the value F5 puts there; NULL: cannot */
};
/* Of a PAGE_GRID. A row's first cell is what the row is called; what a person may ask of a cell and
 * is no matter of its row stands here. */
struct column {
    char *id;    /* callbridge: the last word of its cells' ids */
    char *label; /* heads the column; short */
    char *title; /* "Call Bridge" */
    char *help, *section;
};
struct row {
    char *id; /* what --answers and --ids call it: lab, open; may be "" */
    char *text;
    char *word; /* TAKE LEFT STOP OK ERROR WARN note FAIL … shown first; "" none */
    enum level level;
    bool can_tick, ticked;
    bool can_open;        /* Enter acts on it */
    char *detail;         /* lines for the message rows while the cursor is here */
    char *right;          /* at the row's end where there is room: a rule's id; "" none */
    char *help;           /* lines for F1; "": the detail */
    char *file;           /* F4 inspects it; "" none */
    char *clipboard;      /* what F8 copies while the cursor is here; NULL: what the page's is */
    struct strings below; /* lines below the rows while the cursor is here, above the page's text */
    struct strings does;  /* the page's actions of_row that this row has */
    struct strings cells; /* the row in columns; text says it in words. Without heads the last one
                             takes the room that is left */
    char *action; /* Enter does this action of the page instead of choosing: its id; "" none */
};
struct mark {
    char *id;    /* the page, for EVENT_GOTO; "" none */
    char sign;   /* . ? w ! + and > for the current */
    char *label; /* basics, certificates, "  callbridge" … */
    char *words; /* the sign in words, for wide screens */
};
/* Something the page can do besides the keys that every page has. */
struct action {
    char *id;          /* write, paste, mend, copy … */
    int function;      /* 4: F4 (Esc 4); 0: only by letter */
    char letter;       /* in lists; 0 none */
    bool of_row;       /* for those rows alone that have its id in does */
    bool rare;         /* its key is told last, where there is room */
    char *label;       /* Write, Paste … */
    char *confirm;     /* what it will do, as a question: NULL needs none. "Write 31 files" */
    char *start;       /* of wants_path: where the picker begins; NULL: in this folder */
    bool wants_path;   /* the front end asks for a path first (picker): text of the event */
    bool wants_text;   /* the front end takes pasted text first: text of the event */
    bool wants_secret; /* the front end asks for a password first, unseen: text of the event */
};
struct page {
    enum page_kind kind;
    char *id;      /* start, basics, servers, certs, page:KIND, review … */
    char *heading; /* "example.com 2.9 - Web Bridge 3" */
    char *title;   /* "Web Bridge 3" */
    int step, steps;
    struct mark *marks;
    size_t mark_count;
    struct strings intro; /* above the fields or rows */
    struct field *fields;
    size_t field_count;
    struct row *rows;
    size_t row_count;
    struct strings heads; /* of a PAGE_LIST: above the rows' cells, the last one above their words;
                             none: the rows are text alone */
    size_t picture;       /* the cell that is drawn with signs, and useless when cut; 0: none */
    bool unfold;          /* what stands below each row is told with it where no cursor is */
    struct column *columns; /* field k of row r is fields[r * column_count + k] */
    size_t column_count;
    size_t at;           /* row or field (of a grid: the cell) to start at */
    bool moved;          /* the last event leads there, on the page where one is as well */
    struct strings live; /* below the fields: "Stands for:" and its pki csr line, totals */
    struct strings text; /* PAGE_TEXT: the lines; elsewhere below the rows */
    struct strings why;  /* message rows when nothing else is said */
    char *message;       /* the last event's outcome, one line; "" none */
    enum level message_level;
    struct action *actions;
    size_t action_count;
    char *tick;         /* what a tick says: "Sent"; NULL: nothing more than a tick */
    char *next;         /* what F2/Enter does here: "Next", "Write", "Leave"; "" nothing */
    char *confirm_next; /* a question before it, NULL none: "Write 31 files" */
    char *clipboard;    /* what F8 copies (a CSR's PEM); NULL none */
    char *ask; /* the event was refused until it comes again with insist: what it keeps and needs
                  anew, in sentences; NULL: no question is open */
    char *ask_verb; /* and what doing it is called: "Keep the names and rename" */
    char *stop; /* of a PAGE_JOB: what stopping it does, as a question; NULL: what is done stays */
    char *undo; /* what EVENT_UNDO takes back, for the key line: "Domain"; NULL nothing */
    bool firm;  /* a needed answer lacks: EVENT_NEXT is refused however one insists */
    bool last;  /* next leaves the wizard */
    bool first; /* nothing lies before it */
};

enum event_kind {
    EVENT_SET,    /* field id becomes text */
    EVENT_TICK,   /* row: toggle */
    EVENT_CHOOSE, /* row: Enter on it */
    EVENT_NEXT,
    EVENT_BACK,
    EVENT_ACTION, /* id of an action; text where it wants one */
    EVENT_GOTO,   /* id of a page */
    EVENT_UNDO,   /* the last accepted answer, or the last change of a list, is taken back */
    EVENT_DONE    /* the page's job has ended */
};
struct event {
    enum event_kind kind;
    const char *id;
    const char *text;
    size_t row;
    bool insist; /* EVENT_NEXT a second time: go on in spite of findings; else: yes to page->ask */
};

struct flow;
struct flow_options {
    const char *config; /* path of deployment.conf, existing or not */
    const char *store;  /* NULL: the config's */
    const struct catalogue *catalogue;
    time_t at; /* 0: now */
};
must_check bool flow_open(const struct flow_options *options, struct flow **out, struct error *err);
void flow_free(struct flow *flow);

/* The page as it stands; belongs to the flow, good until the next flow_take. */
const struct page *flow_page(struct flow *flow);
/* Takes an event. An accepted answer is saved at once, atomically. false: not taken, err says why
 * (a wrong value, a full disk); the flow is as before. A change that keeps names of what is made,
 * or needs a new request for it, is refused once with page->ask. */
must_check bool flow_take(struct flow *flow, const struct event *event, struct error *err);
/* Judges a value half typed: level, finding, remedy, mend, and the page's live lines as they would
 * be are written into a copy of the page; what the value would keep or need anew is a warning at
 * its field. Takes nothing, saves nothing. Free with page_free. */
void flow_judge(struct flow *flow, const char *id, const char *text, struct page *out);
/* The work of a PAGE_JOB, to be run by the front end (job_start, or called directly); NULL when
 * none is due. Tell the flow by EVENT_DONE with the worker's result in result. */
job_function flow_job(struct flow *flow, void **arg);
void flow_job_result(struct flow *flow, bool ok, const struct error *err);
/* Half-typed answers beside deployment.conf; the front end keeps them there and saves them. Empty
 * and never written where the flow is read-only. */
struct draft *flow_draft(struct flow *flow);
/* The deployment.conf that is worked on now: another one may be opened on the start page. */
const char *flow_config(const struct flow *flow);
/* The page behind this one that EVENT_NEXT passes by, for whoever has answers to it; NULL: it
 * passes none by. Free it. */
char *flow_passes(struct flow *flow);
/* Leaving was asked for and everything is saved. */
bool flow_ended(const struct flow *flow);
/* Read-only because another holds the lock: a sentence, else NULL. */
const char *flow_held(const struct flow *flow);
/* What the certificate file says, for F4: a text page to show over the current one. */
void flow_inspect(struct flow *flow, const char *file, struct page *out);
void page_free(struct page *page);

#endif
