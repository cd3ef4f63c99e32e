#ifndef UI_UI_H
#define UI_UI_H

#include "flow/flow.h"

#include <stdio.h>

/* The front ends of the wizard: a screen, prompts line by line, a file of answers. All three show
 * the same pages of the flow and return the exit status; what was accepted is saved by then. */

/* In the order of --color's words. */
enum ui_color { UI_COLOR_AUTO, UI_COLOR_ALWAYS, UI_COLOR_NEVER };

struct ui_options {
    const char *config; /* path of deployment.conf */
    const char *again;  /* the command that goes on, told when one leaves */
    bool ascii;
    enum ui_color color;
    bool mouse; /* takes selecting text with the mouse away */
    bool ids;   /* the focused field's id stands in the message rows */
};
/* Why no screen can be shown here, a sentence that names --plain; NULL when it can. */
const char *ui_refusal(void);
int ui_run(struct flow *flow, const struct ui_options *options);

struct plain_options {
    FILE *in, *out;             /* NULL: stdin, stdout */
    FILE *err;                  /* where script_run says what failed; NULL: stderr */
    const char *config, *again; /* as in ui_options; again NULL: nothing is told */
    bool ids;                   /* every prompt carries its id in brackets */
    bool quiet;                 /* script_run: only what failed */
};
int plain_run(struct flow *flow, const struct plain_options *options);

/* `id = value` lines; `#` begins a comment. A field's id answers it, a menu's page id chooses a row
 * (its number, id or first word), PAGE.ACTION does an action, PAGE.ROW = yes|no ticks, leave = PAGE
 * ends there. Confirmations are taken as yes; what is not answered keeps its default. */
int script_run(struct flow *flow, const char *answers, const struct plain_options *options);

#endif
