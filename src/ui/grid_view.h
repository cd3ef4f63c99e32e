#ifndef UI_GRID_VIEW_H
#define UI_GRID_VIEW_H

#include "ui/view.h"

/* A table's halves: grid_view.c moves, edits and tells the flow; grid_cells.c draws. */

/* Text that was typed into a cell and is no answer: half typed, or refused and why. */
struct typed {
    char *id, *text;
    char *problem, *remedy, *mend; /* NULL: not refused */
};
struct grid_view {
    struct view view;
    char *page_id;
    size_t row, column; /* the cell under the cursor */
    size_t top, left;   /* the first row shown; of the columns after the first, the first */
    size_t drawn_row;   /* what the screen shows */
    size_t drawn_top, drawn_left;
    bool drawn;
    bool editing; /* the cell under the cursor */
    struct lineedit line;
    struct typed *typed;
    size_t typed_count;
    struct page judged; /* what is typed now, as the flow finds it */
    bool is_judged;
    char *search;
    bool again; /* the last key searched */

    int *widths; /* of each column of the page */
    bool wide;   /* there is room for two blanks between texts */
    int mark_columns, word_columns;
    int rows_y, rows_height;
    struct strings intro, below; /* as wide as the screen */
};

/* The field of a cell, and what stands there: typed, or in force. */
const struct field *grid_field(const struct ui *ui, size_t row, size_t column);
const struct typed *grid_typed(const struct grid_view *self, const char *id);
/* A choice's label, else the value. */
const char *grid_text(const struct field *field);

void grid_cells_build(struct ui *ui, struct grid_view *self);
void grid_cells_draw(struct ui *ui, struct grid_view *self);
/* What a key changed since. */
void grid_cells_paint(struct ui *ui, struct grid_view *self);
/* The cell at a place of the screen; false: none is there. */
bool grid_cells_find(const struct ui *ui, const struct grid_view *self, int y, int x, size_t *row,
                     size_t *column);

#endif
