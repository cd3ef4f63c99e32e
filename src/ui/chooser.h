#ifndef UI_CHOOSER_H
#define UI_CHOOSER_H

#include "ui/draw.h"
#include "ui/keys.h"

#include <menu.h>

/* One of several rows, by the menu library, in a window of its own. The library would reverse the
 * whole row, twice 70 bytes a move; only its first column is. */

struct chooser {
    struct pane pane;
    MENU *menu;
    ITEM **items;
    char **names;
    size_t count;
    WINDOW *sub;        /* the rows, where a line below them tells of more; NULL: all are seen */
    int height;         /* rows seen */
    long long typed_ms; /* type-ahead begins anew after a while */
};

void chooser_build(struct chooser *chooser, const struct strings *rows, size_t at, int y, int x,
                   int height, int width);
void chooser_drop(struct chooser *chooser);
/* Moves and type-ahead; false: not for it. */
bool chooser_key(struct chooser *chooser, const struct key *key, long long now_ms);
size_t chooser_at(const struct chooser *chooser);
/* Reverses the row and tells where the cursor belongs. */
void chooser_paint(struct chooser *chooser, int *cursor_y, int *cursor_x);

#endif
