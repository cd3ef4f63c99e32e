#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "flow/draft.h"
#include "ui/draw.h"
#include "ui/lineedit.h"
#include "ui/screen.h"
#include "ui/ui.h"

/* What stands on the screen: a view of the flow's page, and others laid over it (help, a question,
 * a list to choose from). Keys go to the one on top. */

struct ui;
struct view;

/* What of the screen no longer shows what is so. */
enum paint {
    PAINT_BODY = 1, /* a part of the view on top, which knows what */
    PAINT_FOOT = 2, /* message rows and the line of keys */
    PAINT_ALL = 4
};
/* The line of keys: "F1 Why  F2 Next"; what doesn't fit is left out from the lowest weight. */
struct hint {
    char text[48];
    int weight;
};
#define HINTS_MOST 24
struct hints {
    struct hint items[HINTS_MOST];
    size_t count;
};
/* What the message rows say. */
struct note {
    enum level level;
    struct str text; /* \n between lines */
};

struct view_ops {
    /* Windows for the size as it is; draw follows. Called again after a resize, when drop was. */
    void (*build)(struct ui *ui, struct view *view);
    void (*drop)(struct view *view);
    void (*draw)(struct ui *ui, struct view *view);  /* everything */
    void (*paint)(struct ui *ui, struct view *view); /* what keys changed since; NULL: draw */
    bool (*key)(struct ui *ui, struct view *view, const struct key *key);
    void (*hints)(struct ui *ui, struct view *view, struct hints *hints);
    void (*close)(struct view *view); /* frees it */
    /* The rest may be NULL. */
    void (*rest)(struct ui *ui, struct view *view); /* nobody typed for REST_MS */
    void (*note)(struct ui *ui, struct view *view, struct note *note);
    void (*page)(struct ui *ui, struct view *view);   /* the flow's page changed, its id didn't */
    bool (*commit)(struct ui *ui, struct view *view); /* what is typed becomes an answer */
    bool (*first_error)(struct ui *ui, struct view *view); /* goes there; false: none */
    void (*go_to_label)(struct ui *ui, struct view *view, const char *label); /* to that field */
    bool (*refused)(const struct view *view); /* something typed could not be taken */
    size_t (*at)(const struct view *view);    /* the row under the cursor */
    void (*help)(struct ui *ui, struct view *view,
                 struct strings *lines);             /* of what has the focus */
    void (*draft)(struct ui *ui, struct view *view); /* half-typed text into ui->draft */
};
struct view {
    const struct view_ops *ops;
    struct view *under;
};

#define MESSAGE_ROWS_MOST 6

struct ui {
    struct flow *flow;
    const struct ui_options *options;
    const struct page *page; /* the flow's */
    char *page_id;           /* of the view that shows it */
    struct view *top;
    struct view *closed; /* freed when the turn ends: their keys may still be at work */
    int rows, columns, message_rows;
    bool compact; /* no map, labels above the fields */
    bool too_small;
    unsigned paint;
    int cursor_y, cursor_x;
    long long now_ms;

    /* The last event's outcome: success lasts till the next key, an error till something is taken.
     */
    char *said;
    enum level said_level;
    long long esc_ms; /* when an Esc was taken for which no digit had come; 0: not the last key */
    struct key *held; /* typed while the screen was too small */
    size_t held_count;
    bool idle;   /* nothing waited at the terminal when the turn began */
    bool insist; /* F2 was refused; a second one goes on */

    /* Deadlines, 0: none. */
    long long rest_ms, draft_ms, resize_ms, progress_ms;
    long long resized_ms; /* when the last size was taken */

    struct job *job;
    int job_fd;
    struct draft *draft; /* the flow's */

    char *pending_action; /* waits for a confirmation, a path, a text; NULL: F2 waits */
    char *pending_text;
    size_t pending_row;
    bool pending_confirmed;
    struct asked *asked; /* an event that the flow takes only when it is asked for; NULL: none */
    bool ended;
    bool lost; /* the terminal is gone */
    int status;
};

/* loop.c: views */
void ui_push(struct ui *ui, struct view *view);
void ui_pop(struct ui *ui);
struct view *ui_base(struct ui *ui); /* the page's own view */
void ui_paint(struct ui *ui, unsigned paint);
void ui_typed(struct ui *ui); /* begins the rests after which text is judged and kept */

/* frame.c: heading, message rows, keys */
#define FRAME_TOP 2                    /* the first row of the body */
int frame_bottom(const struct ui *ui); /* the row after the body's last: message rows begin */
void frame_draw(struct ui *ui);
void frame_foot(struct ui *ui);
int frame_message_rows(struct ui *ui);
/* "ERROR CN: it has a blank. Guide 3.1", its remedy below; section, remedy and mend may be "" or
 * NULL. */
void note_finding(struct note *note, enum level level, const char *label, const char *finding,
                  const char *section, const char *remedy, const char *mend);
void hint_add(struct hints *hints, int weight, const char *format, ...) printf_like(3, 4);
/* F1 (unless it is there), Esc, where it does something, and F10, which every line of keys shows.
 */
#define HINT_ALWAYS 100
void hints_always(struct hints *hints, const char *esc);
/* The keys that every page has, and those of its actions. */
void hints_page(struct ui *ui, struct hints *hints, bool list);
/* In the order of the line of keys. */
void hints_sort(struct hints *hints);
void draw_hints(WINDOW *win, int y, int columns, struct hints *hints);

/* act.c: what keys do to the flow */
bool ui_take(struct ui *ui, const struct event *event);
/* The flow refused the event with a question: puts it. False: there was none. */
bool ui_ask_first(struct ui *ui, const struct event *event);
void ui_forget_asked(struct ui *ui);
void ui_say(struct ui *ui, enum level level, const char *format, ...) printf_like(3, 4);
void ui_say_error(struct ui *ui, const struct error *err);
void ui_next(struct ui *ui);
void ui_whole_text(struct ui *ui);         /* F6: what has no room on the page */
void ui_choose(struct ui *ui, size_t row); /* Enter on it */
void ui_leave(struct ui *ui, int status);
void ui_keep_draft(struct ui *ui); /* what is half typed is written down */
/* On the row under the cursor it would do something. */
bool ui_acts_here(struct ui *ui, const struct action *action);
bool ui_page_key(struct ui *ui, const struct key *key);
void ui_page_changed(struct ui *ui);
const struct action *page_action(const struct page *page, const char *id);
const struct action *page_function(const struct page *page, int function);

/* The views; each is freed by its close. */
struct view *form_view_new(struct ui *ui);
struct view *list_view_new(struct ui *ui);
struct view *grid_view_new(struct ui *ui);
struct view *menu_view_new(struct ui *ui);
struct view *page_text_new(struct ui *ui);
struct view *job_view_new(struct ui *ui);
/* A text over everything; lines are copied. again is what F1 does there, NULL nothing. */
struct view *text_view_new(const char *title, const struct strings *lines,
                           void (*again)(struct ui *ui));
/* F6 there shows raw instead, and back; with none, nothing. */
struct view *text_view_with_raw(const char *title, const struct strings *lines,
                                const struct strings *raw);
void job_view_progress(struct ui *ui); /* the job's pipe can be read */

/* dialog.c. done gets the choice's number, or -1 where it was left. */
typedef void (*choice_done)(struct ui *ui, int choice);
struct view *choice_new(const char *question, const struct strings *choices, size_t at,
                        choice_done done);
/* done gets the text, NULL where it was left. */
typedef void (*text_done)(struct ui *ui, const char *text);
struct view *paste_new(const char *title, text_done done);
/* A line that shows as stars. */
struct view *secret_new(const char *title, text_done done);
struct view *search_new(text_done done);
/* path_view.c */
struct view *path_new(const char *title, const char *start, text_done done);
/* help.c */
void help_open(struct ui *ui);

#endif
