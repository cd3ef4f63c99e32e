#ifndef UI_PLAIN_H
#define UI_PLAIN_H

#include "ui/say.h"
#include "ui/ui.h"

/* The prompts' halves: plain.c asks a line, plain_form.c a page's fields, plain_rows.c its rows. */

struct plain {
    struct flow *flow;
    const struct page *page;
    FILE *in, *out;
    bool ids;
    char *line; /* the last one read, without blanks around */
    size_t room;
    char *id;            /* of the question, while pages come and go */
    const char *open_id; /* the question that waits */
    bool leaving;
    bool all; /* on this page, ask the folded fields, too */
};
#define PLAIN_KEYS "? < #" /* as each prompt names them */
enum reply { REPLY_TEXT, REPLY_DEFAULT, REPLY_EMPTY, REPLY_BACK, REPLY_GONE, REPLY_END };
enum step { STEP_STAYED, STEP_GONE, STEP_END };

typedef void (*plain_why)(struct plain *plain, const void *what);

/* Asks until a line is an answer; "?" and "#" are answered here. REPLY_GONE: another page. */
enum reply plain_ask(struct plain *plain, const char *id, const char *prompt, plain_why why,
                     const void *what);
/* What each key does that a question may be answered with. */
void plain_keys(struct plain *plain);
enum reply plain_confirm(struct plain *plain, const char *id, const char *question, bool *yes);
/* Lines up to a single dot; wipe and free it. */
char *plain_text(struct plain *plain, const char *what);
/* A password, unseen where a terminal is; *text is to be wiped and freed, NULL where none came. */
enum reply plain_secret(struct plain *plain, const char *id, const char *what, char **text);
/* Says what happened; false: refused. plain->page is the page after it. */
bool plain_take(struct plain *plain, const struct event *event);
enum step plain_next(struct plain *plain);
enum step plain_back(struct plain *plain);
enum step plain_form(struct plain *plain);
enum step plain_rows(struct plain *plain);
enum step plain_cells(struct plain *plain, size_t row);

#endif
