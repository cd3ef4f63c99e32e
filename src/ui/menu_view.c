#include "base/mem.h"
#include "ui/chooser.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>

/* A page of rows to choose one from: above the intro, below what the row means. */
struct menu_view {
    struct view view;
    struct chooser chooser;
    size_t at;
    struct strings intro; /* as wide as the screen */
    bool intro_cut;
    int detail_y;
};

static struct menu_view *of(const struct view *view)
{
    return (struct menu_view *)view;
}

static const struct row *current(struct ui *ui, const struct menu_view *self)
{
    return self->at < ui->page->row_count ? &ui->page->rows[self->at] : NULL;
}

/* The lines of the longest detail, so that nothing jumps when the bar moves. */
static int detail_rows(struct ui *ui)
{
    int most = 0;
    for (size_t i = 0; i < ui->page->row_count && !ui->compact; i++) {
        struct strings lines = {0};
        if (ui->page->rows[i].detail && *ui->page->rows[i].detail)
            text_wrap(&lines, ui->page->rows[i].detail, ui->columns - 2);
        if ((int)lines.count > most)
            most = (int)lines.count;
        strings_free(&lines);
    }
    return most;
}

/* Half of the body at most: F1 tells the rest. */
static void wrap_intro(struct ui *ui, struct menu_view *self)
{
    size_t most = (size_t)(frame_bottom(ui) - FRAME_TOP) / 2;
    strings_free(&self->intro);
    self->intro = (struct strings){0};
    for (size_t i = 0; i < ui->page->intro.count; i++)
        text_wrap(&self->intro, ui->page->intro.items[i], ui->columns - 2);
    self->intro_cut = self->intro.count > most;
    while (self->intro.count > most)
        free(self->intro.items[--self->intro.count]);
}

static void build(struct ui *ui, struct view *view)
{
    struct menu_view *self = of(view);
    const struct page *page = ui->page;
    struct strings rows = {0};
    size_t word = 0;
    for (size_t i = 0; i < page->row_count; i++)
        if (page->rows[i].word && strlen(page->rows[i].word) > word)
            word = strlen(page->rows[i].word);
    for (size_t i = 0; i < page->row_count; i++) {
        const struct row *row = &page->rows[i];
        char *text = word ? xformat("%-*s  %s", (int)word, row->word ? row->word : "", row->text)
                          : xstrdup(row->text);
        strings_add_take(&rows, ui->compact ? text_squeeze(text) : xstrdup(text));
        free(text);
    }
    int y = FRAME_TOP, bottom = frame_bottom(ui);
    wrap_intro(ui, self);
    y += (int)self->intro.count + (self->intro.count > 0 && !ui->compact);
    int detail = detail_rows(ui), room = bottom - y - (ui->compact ? (int)page->text.count : 1);
    int height = (int)rows.count;
    if (height > room - detail)
        height = room - detail < 3 ? 3 : room - detail;
    if (height > bottom - y)
        height = bottom - y;
    chooser_build(&self->chooser, &rows, self->at, y, 0, height, ui->columns);
    self->detail_y = y + height + (y + height + 2 + detail <= bottom ? 2 : 1);
    strings_free(&rows);
}

static void drop(struct view *view)
{
    chooser_drop(&of(view)->chooser);
}

static void draw_detail(struct ui *ui, struct menu_view *self)
{
    const struct row *row = current(ui, self);
    struct strings lines = {0};
    if (row && row->detail && *row->detail && !ui->compact)
        text_wrap(&lines, row->detail, ui->columns - 2);
    for (size_t i = 0; i < ui->page->text.count; i++)
        strings_add(&lines, ui->page->text.items[i]);
    int bottom = frame_bottom(ui);
    for (int y = self->detail_y, i = 0; y < bottom; y++, i++) {
        wmove(stdscr, y, 0);
        wclrtoeol(stdscr);
        if (i < (int)lines.count)
            draw_text(stdscr, y, ui->compact ? 0 : 1, ui->columns - 1, lines.items[i]);
    }
    strings_free(&lines);
}

static void draw(struct ui *ui, struct view *view)
{
    struct menu_view *self = of(view);
    for (size_t i = 0; i < self->intro.count; i++)
        draw_text(stdscr, FRAME_TOP + (int)i, ui->compact ? 0 : 1, ui->columns - 1,
                  self->intro.items[i]);
    if (self->intro_cut)
        draw_marked(stdscr, FRAME_TOP + (int)self->intro.count - 1, ui->compact ? 0 : 1,
                    ui->columns - 1, self->intro.items[self->intro.count - 1], " .. (F1)");
    draw_detail(ui, self);
    chooser_paint(&self->chooser, &ui->cursor_y, &ui->cursor_x);
}

static void paint(struct ui *ui, struct view *view)
{
    chooser_paint(&of(view)->chooser, &ui->cursor_y, &ui->cursor_x);
}

static void rest(struct ui *ui, struct view *view)
{
    draw_detail(ui, of(view));
    ui_paint(ui, ui->compact ? PAINT_BODY | PAINT_FOOT : PAINT_BODY);
}

/* On a small screen what the row means takes the place of the page's own words. */
static void note(struct ui *ui, struct view *view, struct note *note)
{
    const struct row *row = current(ui, of(view));
    if (ui->compact && row && row->detail)
        str_add(&note->text, row->detail);
}

static void choose(struct ui *ui, struct menu_view *self)
{
    ui_choose(ui, self->at);
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct menu_view *self = of(view);
    if (key->press == PRESS_ENTER || (key->press == PRESS_FUNCTION && key->number == 2)) {
        choose(ui, self);
        return true;
    }
    if (key->press == PRESS_TEXT && ui_page_key(ui, key))
        return true;
    if (!chooser_key(&self->chooser, key, ui->now_ms))
        return false;
    self->at = chooser_at(&self->chooser);
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)view;
    hint_add(hints, 95, "Enter Choose");
    hints_page(ui, hints, true);
}

static void page_changed(struct ui *ui, struct view *view)
{
    struct menu_view *self = of(view);
    if (self->at >= ui->page->row_count)
        self->at = 0;
    if (!ui->too_small)
        build(ui, view);
}

static size_t at(const struct view *view)
{
    return of(view)->at;
}

static void help(struct ui *ui, struct view *view, struct strings *lines)
{
    const struct row *row = current(ui, of(view));
    for (size_t i = 0; of(view)->intro_cut && i < ui->page->intro.count; i++)
        strings_add(lines, ui->page->intro.items[i]);
    if (!row)
        return;
    strings_add(lines, row->text);
    if (row->detail && *row->detail)
        strings_split(lines, row->detail, '\n');
    strings_add(lines, "");
}

static void close_view(struct view *view)
{
    strings_free(&of(view)->intro);
    free(view);
}

struct view *menu_view_new(struct ui *ui)
{
    static const struct view_ops ops = {.build = build,
                                        .drop = drop,
                                        .draw = draw,
                                        .paint = paint,
                                        .key = key,
                                        .hints = hints,
                                        .close = close_view,
                                        .rest = rest,
                                        .note = note,
                                        .page = page_changed,
                                        .at = at,
                                        .help = help};
    struct menu_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    self->at = ui->page->at < ui->page->row_count ? ui->page->at : 0;
    return &self->view;
}
