#ifndef UI_FORM_VIEW_H
#define UI_FORM_VIEW_H

#include "ui/view.h"

#include <form.h>

/* The form's two halves: form_view.c knows the answers and the keys, form_cells.c how they look. */

/* What a person did to a field, kept by its id while pages come and go. */
struct entry {
    char *id;
    struct lineedit line;
    bool typed;                    /* not what the flow has */
    bool draft;                    /* typed earlier and never taken */
    char *left_out;                /* of a paste: said until the field changes; NULL none */
    bool refused;                  /* the flow would not take it */
    char *problem, *remedy, *mend; /* then; NULL none */
};
/* A field's places in the window, all of libform's. */
struct cell {
    FIELD *label, *cell, *tail;
    int page, row; /* of the label */
    int cell_row;  /* the row of the cell itself */
    int cell_x, width, height;
};
struct form_view {
    struct view view;
    char *page_id;
    struct entry *entries; /* one a field of the page */
    size_t count;
    size_t at;
    size_t choice;      /* where the cursor stands in the choices of the field in focus */
    struct page judged; /* while something is typed */
    bool is_judged;
    bool all_changed; /* more than the cell in focus */

    struct pane pane;
    FORM *form;
    FIELD **fields;
    struct cell *cells;
    size_t cell_count;
    struct strings lines; /* the intro, as wide as the body */
    int intro, top, height, pages, left;
};

/* What the flow says of a field, or what it would say of the text typed there. */
const struct field *form_field(const struct ui *ui, const struct form_view *self, size_t index);
enum level form_level(const struct ui *ui, const struct form_view *self, size_t index);

void form_cells_build(struct ui *ui, struct form_view *self);
void form_cells_drop(struct form_view *self);
/* The body: map, intro, cells, live lines. */
void form_cells_draw(struct ui *ui, struct form_view *self);
/* The cells alone, or the one in focus. */
void form_cells_paint(struct ui *ui, struct form_view *self);
void form_live_draw(struct ui *ui, struct form_view *self);
/* The field drawn at a row of the screen, count: none. */
size_t form_cells_find(const struct form_view *self, int y);

#endif
