#ifndef UI_LIST_LINE_H
#define UI_LIST_LINE_H

#include "ui/view.h"

/* The line above a list's rows, for a page of rows with a field: what is typed there and Enter adds
 * to them. Start with {0}. */
struct list_line {
    struct lineedit line;
    char *page, *field; /* whose it is: the flow may have gone on when its draft is kept */
    bool focused;       /* else the rows are */
};

/* The page has such a field. */
bool list_line_is(const struct ui *ui);
/* What was half typed is there again. */
void list_line_open(struct ui *ui, struct list_line *self);
void list_line_draw(struct ui *ui, const struct list_line *self, int y);
/* True when the key was for the line; Enter's is: it adds what is typed, and goes to the rows. */
bool list_line_key(struct ui *ui, struct list_line *self, const struct key *key);
/* What is typed, if anything, is taken; false: it was something, taken or refused, and is to be
 * looked at before one goes on. */
bool list_line_commit(struct ui *ui, struct list_line *self);
void list_line_free(struct list_line *self);
void list_line_draft(struct ui *ui, const struct list_line *self);

#endif
