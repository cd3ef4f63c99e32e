#ifndef UI_DRAW_H
#define UI_DRAW_H

#include "base/str.h"
#include "flow/flow.h"

#include <curses.h>
#include <panel.h>

/* A window that lies on the screen. */
struct pane {
    WINDOW *win; /* NULL: closed, or no room for it */
    PANEL *panel;
};
/* Closes the one that is there. */
void pane_open(struct pane *pane, int height, int width, int y, int x);
void pane_close(struct pane *pane);

/* Text into windows: escaped, measured in columns, never past its place. */

/* At most columns of the text; returns the columns used. */
int draw_text(WINDOW *win, int y, int x, int columns, const char *text);
/* The second has ".." at the end of what is too long, the third in its middle. */
int draw_cut(WINDOW *win, int y, int x, int columns, const char *text);
/* With the mark at the end, " .. (F1)", in front of which no word is cut. */
void draw_marked(WINDOW *win, int y, int x, int columns, const char *text, const char *mark);
int draw_fit(WINDOW *win, int y, int x, int columns, const char *text);
/* A line of the message rows: its first word in the level's looks when it is in capitals. */
void draw_message(WINDOW *win, int y, int x, int columns, const char *text, enum level level);
/* The looks of a level's word: ERROR bold and red, WARN yellow, the rest as it is. */
attr_t draw_attribute(enum level level, short *pair);
/* Changes the looks of cells that are drawn already. */
void draw_looks(WINDOW *win, int y, int x, int columns, attr_t attribute, short pair);
/* Horizontal rule and the one bar. */
void draw_rule(WINDOW *win, int y, int x, int columns);
void draw_bar(WINDOW *win, int y, int x);
/* Lines of ASCII from now on: --ascii, or a terminal without line drawing. */
void draw_ascii(bool ascii);

/* ERROR, WARN, note, OK or "". */
const char *level_word(enum level level);
/* Columns of a row's first column: up to two blanks, at most most, ending with a word. */
int first_column(const char *text, int most);

#endif
