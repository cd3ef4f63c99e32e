#ifndef UI_TABLE_H
#define UI_TABLE_H

#include "ui/view.h"

/* The rows of a list in columns, below the page's heads. */

enum { TABLE_COLUMNS_MOST = 8 };
struct table {
    size_t count;                   /* columns of cells; 0: the page has no heads */
    int widths[TABLE_COLUMNS_MOST]; /* 0: not shown, for want of room */
    size_t picture;                 /* the column that is never cut; 0: none */
    int gap, word_at;               /* word_at: where the rows' words begin; 0: before the cells */
    int loose; /* columns for a row whose cells stand one after another, unaligned; 0: aligned */
};
/* For the page and the screen as they are; from: where a row's first column begins. */
void table_measure(struct ui *ui, int from, struct table *table);
/* The line above the rows; nothing where the words stand before the cells. */
void table_head(const struct ui *ui, const struct table *table, int from, int y);
/* A row's cells in their columns. Free it. */
char *table_line(const struct table *table, const struct strings *cells);

#endif
