#include "ui/chooser.h"

#include "base/mem.h"
#include "ui/columns.h"
#include "ui/draw.h"

#include <stdlib.h>
#include <string.h>

#define MARK " > "
#define MARK_COLUMNS 3
#define BAR_MOST 40
#define TYPE_AHEAD_MS 1000
#define HEIGHT_LEAST 3 /* with a line that tells of more */

void chooser_build(struct chooser *chooser, const struct strings *rows, size_t at, int y, int x,
                   int height, int width)
{
    chooser_drop(chooser);
    if (rows->count == 0 || height < 1)
        return;
    pane_open(&chooser->pane, height, width, y, x);
    if (!chooser->pane.win)
        return;
    chooser->count = rows->count;
    chooser->items = xcalloc(rows->count + 1, sizeof(ITEM *));
    chooser->names = xcalloc(rows->count, sizeof(char *));
    for (size_t i = 0; i < rows->count; i++) {
        struct str text = {0};
        int room = width - MARK_COLUMNS;
        bool cut = text_columns(rows->items[i]) > room && room > 2;
        text_clip(&text, rows->items[i], cut ? room - 2 : room);
        if (cut)
            str_add(&text, "..");
        chooser->names[i] = text_local(text.length ? str_text(&text) : " ");
        chooser->items[i] = new_item(chooser->names[i], NULL);
        str_free(&text);
    }
    chooser->menu = new_menu(chooser->items);
    set_menu_win(chooser->menu, chooser->pane.win);
    chooser->height = height;
    if ((int)rows->count > height && height >= HEIGHT_LEAST)
        chooser->sub = derwin(chooser->pane.win, --chooser->height, width, 0, 0);
    set_menu_sub(chooser->menu, chooser->sub ? chooser->sub : chooser->pane.win);
    set_menu_format(chooser->menu, chooser->height, 1);
    set_menu_mark(chooser->menu, MARK);
    set_menu_fore(chooser->menu, A_NORMAL);
    menu_opts_off(chooser->menu, O_SHOWDESC);
    menu_opts_on(chooser->menu, O_IGNORECASE);
    post_menu(chooser->menu);
    if (at < rows->count)
        set_current_item(chooser->menu, chooser->items[at]);
}

void chooser_drop(struct chooser *chooser)
{
    if (chooser->menu) {
        unpost_menu(chooser->menu);
        free_menu(chooser->menu);
    }
    for (size_t i = 0; i < chooser->count; i++) {
        free_item(chooser->items[i]);
        free(chooser->names[i]);
    }
    free(chooser->items);
    free(chooser->names);
    if (chooser->sub)
        delwin(chooser->sub);
    pane_close(&chooser->pane);
    *chooser = (struct chooser){0};
}

bool chooser_key(struct chooser *chooser, const struct key *key, long long now_ms)
{
    static const struct {
        enum press press;
        int request;
    } moves[] = {
        {PRESS_UP, REQ_UP_ITEM},        {PRESS_DOWN, REQ_DOWN_ITEM},
        {PRESS_BACKTAB, REQ_UP_ITEM},   {PRESS_TAB, REQ_DOWN_ITEM},
        {PRESS_PAGE_UP, REQ_SCR_UPAGE}, {PRESS_PAGE_DOWN, REQ_SCR_DPAGE},
        {PRESS_HOME, REQ_FIRST_ITEM},   {PRESS_END, REQ_LAST_ITEM},
    };
    if (!chooser->menu)
        return false;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (key->press != moves[i].press)
            continue;
        if (menu_driver(chooser->menu, moves[i].request) == E_REQUEST_DENIED) {
            /* Less than a page is left: its end. */
            if (key->press == PRESS_PAGE_UP)
                menu_driver(chooser->menu, REQ_FIRST_ITEM);
            else if (key->press == PRESS_PAGE_DOWN)
                menu_driver(chooser->menu, REQ_LAST_ITEM);
        }
        return true;
    }
    if (key->press == PRESS_MOUSE) {
        int y, x;
        getbegyx(chooser->pane.win, y, x);
        (void)x;
        int row = key->y - y + top_row(chooser->menu);
        if (key->number == 64 || key->number == 65) {
            menu_driver(chooser->menu, key->number == 64 ? REQ_UP_ITEM : REQ_DOWN_ITEM);
            return true;
        }
        if (key->number == 0 && key->y >= y && row < (int)chooser->count &&
            key->y < y + chooser->height) {
            set_current_item(chooser->menu, chooser->items[row]);
            return true;
        }
        return false;
    }
    if (key->press == PRESS_TEXT && key->length == 1 && key->text[0] != ' ' &&
        key->text[0] != '?') {
        if (now_ms - chooser->typed_ms > TYPE_AHEAD_MS)
            menu_driver(chooser->menu, REQ_CLEAR_PATTERN);
        chooser->typed_ms = now_ms;
        menu_driver(chooser->menu, (unsigned char)key->text[0]);
        return true;
    }
    return false;
}

size_t chooser_at(const struct chooser *chooser)
{
    return chooser->menu ? (size_t)item_index(current_item(chooser->menu)) : 0;
}

/* "2 more above, 5 more below" */
static void paint_more(struct chooser *chooser)
{
    int above = top_row(chooser->menu), below = (int)chooser->count - above - chooser->height;
    char *text = above > 0 && below > 0 ? xformat("%d more above, %d more below", above, below)
                 : above > 0            ? xformat("%d more above", above)
                                        : xformat("%d more below", below);
    wmove(chooser->pane.win, chooser->height, 0);
    wclrtoeol(chooser->pane.win);
    draw_text(chooser->pane.win, chooser->height, MARK_COLUMNS,
              getmaxx(chooser->pane.win) - MARK_COLUMNS, text);
    free(text);
}

void chooser_paint(struct chooser *chooser, int *cursor_y, int *cursor_x)
{
    if (!chooser->menu)
        return;
    size_t at = chooser_at(chooser);
    int y, x, row = (int)at - top_row(chooser->menu);
    if (chooser->sub)
        paint_more(chooser);
    for (int i = 0; i < chooser->height; i++)
        draw_looks(chooser->pane.win, i, 0, getmaxx(chooser->pane.win), A_NORMAL, 0);
    draw_looks(chooser->pane.win, row, MARK_COLUMNS, first_column(chooser->names[at], BAR_MOST),
               A_REVERSE, 0);
    getbegyx(chooser->pane.win, y, x);
    *cursor_y = y + row;
    *cursor_x = x + MARK_COLUMNS - 2;
}
