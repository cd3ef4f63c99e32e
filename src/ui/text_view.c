#include "base/mem.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>

/* Lines to scroll through: a page of the flow, or help and files over everything. */
struct text_view {
    struct view view;
    bool over; /* has a window of its own */
    char *title;
    struct strings lines; /* as given */
    struct strings raw;   /* F6 shows these instead; empty: there are none */
    bool shows_raw;
    struct strings wrapped; /* as wide as the screen */
    int top, rows_y, height;
    void (*again)(struct ui *ui);
    char *search;
    int found; /* the line that has it, -1 none */
    struct pane pane;
};

static struct text_view *of(const struct view *view)
{
    return (struct text_view *)view;
}

static void wrap(struct ui *ui, struct text_view *self)
{
    const struct strings *lines = !self->over       ? &ui->page->text
                                  : self->shows_raw ? &self->raw
                                                    : &self->lines;
    strings_free(&self->wrapped);
    self->wrapped = (struct strings){0};
    self->found = -1;
    if (!self->over) {
        for (size_t i = 0; i < ui->page->intro.count; i++)
            text_wrap(&self->wrapped, ui->page->intro.items[i], ui->columns - 2);
        if (ui->page->intro.count > 0)
            strings_add(&self->wrapped, "");
    }
    for (size_t i = 0; i < lines->count; i++)
        text_wrap(&self->wrapped, lines->items[i], ui->columns - 2);
    for (size_t i = 0; !self->over && i < ui->page->live.count; i++)
        text_wrap(&self->wrapped, ui->page->live.items[i], ui->columns - 2);
}

static void keep_inside(struct text_view *self)
{
    int most = (int)self->wrapped.count - self->height;
    if (self->top > most)
        self->top = most;
    if (self->top < 0)
        self->top = 0;
}

static void drop(struct view *view)
{
    struct text_view *self = of(view);
    pane_close(&self->pane);
}

static void build(struct ui *ui, struct view *view)
{
    struct text_view *self = of(view);
    drop(view);
    wrap(ui, self);
    self->rows_y = FRAME_TOP;
    self->height = (self->over ? ui->rows - 2 : frame_bottom(ui) - 1) - self->rows_y;
    if (self->over)
        pane_open(&self->pane, ui->rows, ui->columns, 0, 0);
    keep_inside(self);
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    struct text_view *self = of(view);
    bool more = (int)self->wrapped.count > self->height;
    if (more)
        hint_add(hints, 70, "Up/Down PgDn Scroll");
    if (more)
        hint_add(hints, 60, "/ Search");
    if (self->over) {
        if (self->again)
            hint_add(hints, HINT_ALWAYS, "F1 Words");
        if (self->raw.count)
            hint_add(hints, 65, self->shows_raw ? "F6 Summary" : "F6 Text");
        hints_always(hints, "Back");
    } else {
        hints_page(ui, hints, true);
    }
}

static void draw(struct ui *ui, struct view *view)
{
    struct text_view *self = of(view);
    WINDOW *win = self->over ? self->pane.win : stdscr;
    if (!win)
        return;
    keep_inside(self);
    if (self->over) {
        werase(win);
        wattrset(win, A_BOLD);
        draw_fit(win, 0, 0, ui->columns, self->title);
        wattrset(win, A_NORMAL);
        struct hints keys = {0};
        if (keys_after_esc(screen_keys()))
            hint_add(&keys, 100, "Esc-");
        hints(ui, view, &keys);
        draw_hints(win, ui->rows - 1, ui->columns - 1, &keys);
    }
    for (int i = 0; i < self->height; i++) {
        size_t line = (size_t)(self->top + i);
        wmove(win, self->rows_y + i, 0);
        wclrtoeol(win);
        if (line >= self->wrapped.count)
            continue;
        int used = draw_text(win, self->rows_y + i, 1, ui->columns - 1, self->wrapped.items[line]);
        if ((int)line == self->found)
            draw_looks(win, self->rows_y + i, 1, used, A_REVERSE, 0);
    }
    int y = self->rows_y + self->height;
    wmove(win, y, 0);
    wclrtoeol(win);
    if ((int)self->wrapped.count > self->height) {
        char *text = xformat("lines %d to %d of %zu", self->top + 1, self->top + self->height,
                             self->wrapped.count);
        draw_text(win, y, 1, ui->columns - 2, text);
        free(text);
    }
    bool seen = self->found >= self->top && self->found < self->top + self->height;
    ui->cursor_y = self->rows_y + (seen ? self->found - self->top : 0);
    ui->cursor_x = 0;
}

static void search_again(struct ui *ui, struct text_view *self)
{
    size_t from = (size_t)(self->found >= 0 ? self->found + 1 : self->top);
    for (size_t i = 0; i < self->wrapped.count; i++) {
        size_t line = (from + i) % self->wrapped.count;
        if (strcasestr(self->wrapped.items[line], self->search)) {
            self->found = self->top = (int)line;
            ui_paint(ui, PAINT_BODY);
            return;
        }
    }
    if (!self->over)
        ui_say(ui, LEVEL_NOTE, "No line has \"%s\".", self->search);
}

static void searched(struct ui *ui, const char *text)
{
    struct text_view *self = of(ui->top);
    if (!text || !*text)
        return;
    free(self->search);
    self->search = xstrdup(text);
    self->found = -1;
    search_again(ui, self);
}

static bool text_key(struct ui *ui, struct text_view *self, const struct key *key)
{
    char byte = key->length == 1 ? key->text[0] : '\0';
    if (!self->over && ui_page_key(ui, key))
        return true;
    if (byte == '/')
        ui_push(ui, search_new(searched));
    else if (byte == 'n' && self->search)
        search_again(ui, self);
    else if (byte == ' ')
        self->top += self->height;
    else if (byte == '?' && self->again)
        self->again(ui);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static bool function(struct ui *ui, struct text_view *self, int number)
{
    if (number == 1 && self->again) {
        self->again(ui);
        return true;
    }
    if (number != 6 || !self->raw.count)
        return false;
    self->shows_raw = !self->shows_raw;
    self->top = 0;
    wrap(ui, self);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct text_view *self = of(view);
    switch (key->press) {
    case PRESS_UP:
        self->top--;
        break;
    case PRESS_DOWN:
        self->top++;
        break;
    case PRESS_PAGE_UP:
        self->top -= self->height;
        break;
    case PRESS_PAGE_DOWN:
        self->top += self->height;
        break;
    case PRESS_HOME:
        self->top = 0;
        break;
    case PRESS_END:
        self->top = (int)self->wrapped.count;
        break;
    case PRESS_MOUSE:
        self->top += key->number == 64 ? -3 : key->number == 65 ? 3 : 0;
        break;
    case PRESS_TEXT:
        return text_key(ui, self, key);
    case PRESS_ENTER:
        if (self->over)
            ui_pop(ui);
        else
            ui_next(ui);
        return true;
    case PRESS_FUNCTION:
        return self->over && function(ui, self, key->number);
    default:
        return false;
    }
    keep_inside(self);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void page_changed(struct ui *ui, struct view *view)
{
    if (!ui->too_small)
        build(ui, view);
}

static void close_view(struct view *view)
{
    struct text_view *self = of(view);
    free(self->title);
    free(self->search);
    strings_free(&self->lines);
    strings_free(&self->raw);
    strings_free(&self->wrapped);
    free(self);
}

static const struct view_ops text_ops = {.build = build,
                                         .drop = drop,
                                         .draw = draw,
                                         .key = key,
                                         .hints = hints,
                                         .close = close_view,
                                         .page = page_changed};

struct view *page_text_new(struct ui *ui)
{
    (void)ui;
    struct text_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &text_ops;
    self->found = -1;
    return &self->view;
}

struct view *text_view_new(const char *title, const struct strings *lines,
                           void (*again)(struct ui *ui))
{
    struct text_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &text_ops;
    self->found = -1;
    self->over = true;
    self->again = again;
    self->title = xstrdup(title);
    strings_copy(&self->lines, lines);
    return &self->view;
}

struct view *text_view_with_raw(const char *title, const struct strings *lines,
                                const struct strings *raw)
{
    struct view *view = text_view_new(title, lines, NULL);
    strings_copy(&of(view)->raw, raw);
    return view;
}
