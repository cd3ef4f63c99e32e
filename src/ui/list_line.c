#include "ui/list_line.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define EDGES 14 /* columns beside the cell */

bool list_line_is(const struct ui *ui)
{
    return ui->page->kind == PAGE_LIST && ui->page->field_count > 0;
}

void list_line_open(struct ui *ui, struct list_line *self)
{
    if (!list_line_is(ui))
        return;
    const char *text = draft_text(ui->draft, ui->page->id, ui->page->fields[0].id);
    lineedit_set(&self->line, text ? text : "");
    self->page = xstrdup(ui->page->id);
    self->field = xstrdup(ui->page->fields[0].id);
    self->focused = true;
}

void list_line_draw(struct ui *ui, const struct list_line *self, int y)
{
    const struct field *field = &ui->page->fields[0];
    int x = 1 + draw_text(stdscr, y, 1, ui->columns / 3, field->label) + 1, cursor = 0;
    int width = ui->columns - x - EDGES;
    struct str text = {0};
    bool before = false, after = false;
    wmove(stdscr, y, x);
    wclrtoeol(stdscr);
    lineedit_show((struct lineedit *)&self->line, width, &text, self->focused ? &cursor : NULL,
                  &before, &after);
    char *cell = xformat("%c%s%c", before ? '<' : '[', str_text(&text), after ? '>' : ']');
    draw_text(stdscr, y, x, width + 2, cell);
    free(cell);
    str_free(&text);
    draw_looks(stdscr, y, 1, x - 2, self->focused ? A_BOLD : A_NORMAL, 0);
    if (self->focused) {
        ui->cursor_y = y;
        ui->cursor_x = x + 1 + cursor;
    }
}

/* What is refused stays to be mended. */
static void add(struct ui *ui, struct list_line *self)
{
    char *text = xstrdup(lineedit_text(&self->line));
    lineedit_set(&self->line, "");
    if (!ui_take(ui, &(struct event){.kind = EVENT_SET, .id = self->field, .text = text}))
        lineedit_set(&self->line, text);
    free(text);
    ui_keep_draft(ui);
    ui_paint(ui, PAINT_ALL);
}

bool list_line_key(struct ui *ui, struct list_line *self, const struct key *key)
{
    if (!self->focused)
        return false;
    const char *text = lineedit_text(&self->line);
    switch (key->press) {
    case PRESS_ENTER:
        if (*text)
            add(ui, self);
        else
            ui_next(ui);
        return true;
    case PRESS_DOWN:
    case PRESS_TAB:
    case PRESS_PAGE_DOWN:
        self->focused = ui->page->row_count == 0;
        ui_paint(ui, PAINT_ALL);
        return true;
    case PRESS_PASTE: /* a path that was dropped or copied; more lines are a matter of the page's */
        if (key->paste_refused || memchr(key->paste, '\n', key->paste_length) ||
            memchr(key->paste, '\r', key->paste_length))
            return false;
        break;
    case PRESS_CONTROL:
        if (key->number == '_' && !lineedit_can_undo(&self->line))
            return false;
        break;
    default:
        break;
    }
    if (!lineedit_key(&self->line, key))
        return false;
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
    return true;
}

bool list_line_commit(struct ui *ui, struct list_line *self)
{
    if (!list_line_is(ui) || !*lineedit_text(&self->line) || ui->insist)
        return true;
    add(ui, self);
    return false;
}

void list_line_draft(struct ui *ui, const struct list_line *self)
{
    if (!self->field)
        return;
    const char *text = lineedit_text(&self->line);
    if (*text)
        draft_set(ui->draft, self->page, self->field, text);
    else
        draft_remove(ui->draft, self->page, self->field);
}

void list_line_free(struct list_line *self)
{
    lineedit_free(&self->line);
    free(self->page);
    free(self->field);
}
