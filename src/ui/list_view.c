#include "base/mem.h"
#include "ui/columns.h"
#include "ui/list_line.h"
#include "ui/table.h"
#include "ui/view.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BAR_MOST 40
#define WORD_LEAST 6
#define CELLS_MOST 4
#define CELL_MOST 28
#define TICK_COLUMNS 4
#define TYPE_AHEAD_MS 1000

/* Rows over the whole width; a tick, a word and the text each. Only what is seen is drawn. */
struct list_view {
    struct view view;
    size_t at, top;
    size_t drawn_at, drawn_top; /* what the screen shows */
    struct strings intro, text; /* as wide as the screen */
    bool intro_cut;             /* F1 tells the rest */
    bool has_below;             /* some row has lines of its own below the list */
    int rows_y, rows_height;
    int tick_columns, word_columns;
    int cell_columns[CELLS_MOST]; /* of rows with cells on a page without heads */
    int name_columns; /* of the first column where each row has more; 0: drawn as they come */
    struct table table;
    struct list_line line; /* above the rows, where the page has a field */
    char *search;
    struct str ahead; /* type-ahead */
    long long ahead_ms;
};

static struct list_view *of(const struct view *view)
{
    return (struct list_view *)view;
}

static const struct row *current(struct ui *ui, const struct list_view *self)
{
    return self->at < ui->page->row_count ? &ui->page->rows[self->at] : NULL;
}

static void wrap_all(struct ui *ui, struct strings *out, const struct strings *first,
                     const struct strings *second)
{
    strings_free(out);
    *out = (struct strings){0};
    for (size_t i = 0; i < first->count; i++)
        text_wrap(out, first->items[i], ui->columns - 1);
    for (size_t i = 0; second && i < second->count; i++)
        text_wrap(out, second->items[i], ui->columns - 1);
}

/* Below a table a row's lines are a picture of what it says: no matter where there is no room. */
static bool is_picture(const struct ui *ui)
{
    return ui->compact && ui->page->heads.count > 0;
}

/* The most lines that a row has below the list, and the one that parts them from the page's. */
static int below_most(struct ui *ui, struct list_view *self)
{
    size_t most = 0;
    for (size_t i = 0; !is_picture(ui) && i < ui->page->row_count; i++)
        if (ui->page->rows[i].below.count > most)
            most = ui->page->rows[i].below.count;
    self->has_below = most > 0;
    return (int)most + (most > 0 && self->text.count > 0);
}

/* A line of heads stands above the rows, whose words stand behind their cells. */
static bool has_head(const struct list_view *self)
{
    return self->table.word_at > 0;
}

/* On a small screen that does not hold all rows they come first. */
static bool is_short(const struct ui *ui, int room)
{
    return ui->compact && (int)ui->page->row_count > room;
}

/* On a small screen the columns are drawn together; the second ones still stand below each other.
 */
static int measure_names(const struct ui *ui)
{
    int most = 0;
    for (size_t i = 0; ui->compact && i < ui->page->row_count; i++) {
        const char *text = ui->page->rows[i].text;
        if (*text == ' ' || !strstr(text, "  "))
            return 0;
        int columns = first_column(text, ui->columns);
        most = columns > most ? columns : most;
    }
    return most <= ui->columns / 2 ? most : 0;
}

/* Free it. */
static char *draw_together(const struct list_view *self, const char *text)
{
    char *close = text_squeeze(text), *gap = strstr(close, "  ");
    if (!self->name_columns || !gap)
        return close;
    *gap = '\0';
    int blanks = self->name_columns - text_columns(close);
    char *line = xformat("%s%*s  %s", close, blanks > 0 ? blanks : 0, "", gap + 2);
    free(close);
    return line;
}

static void measure_cells(const struct ui *ui, struct list_view *self)
{
    int most = ui->columns / 3 < CELL_MOST ? ui->columns / 3 : CELL_MOST;
    memset(self->cell_columns, 0, sizeof self->cell_columns);
    for (size_t i = 0; !ui->page->heads.count && i < ui->page->row_count; i++) {
        const struct strings *cells = &ui->page->rows[i].cells;
        for (size_t k = 0; k + 1 < cells->count && k < CELLS_MOST; k++) {
            int columns = text_columns(cells->items[k]);
            columns = columns < most ? columns : most;
            if (columns > self->cell_columns[k])
                self->cell_columns[k] = columns;
        }
    }
}

static void build(struct ui *ui, struct view *view)
{
    struct list_view *self = of(view);
    const struct page *page = ui->page;
    self->tick_columns = self->word_columns = 0;
    for (size_t i = 0; i < page->row_count; i++) {
        const struct row *row = &page->rows[i];
        if (row->can_tick)
            self->tick_columns = TICK_COLUMNS;
        if (row->word && *row->word) {
            int columns = text_columns(row->word) + 1;
            if (columns < WORD_LEAST)
                columns = WORD_LEAST;
            if (columns > self->word_columns)
                self->word_columns = columns;
        }
    }
    table_measure(ui, 1 + self->tick_columns + (ui->compact ? self->word_columns : 0),
                  &self->table);
    self->name_columns = measure_names(ui);
    measure_cells(ui, self);
    wrap_all(ui, &self->intro, &page->intro, NULL);
    wrap_all(ui, &self->text, &page->text, &page->live);
    int body = frame_bottom(ui) - FRAME_TOP, intro = (int)self->intro.count;
    if (intro > body / 3)
        intro = body / 3;
    if (is_short(ui, body - intro) && intro > 1)
        intro = 1;
    if (has_head(self)) /* a blank line between them */
        intro += 1 + (intro > 0);
    intro += list_line_is(ui);
    self->rows_y = FRAME_TOP + intro;
    body -= intro;
    int below = (int)self->text.count + below_most(ui, self);
    int room = body - (below > 0 ? below + 1 : 0);
    if (is_short(ui, room))
        room = body; /* F6 tells the rest */
    else if (room < body / 2 + 1)
        room = body / 2 + 1;
    bool more = (int)page->row_count > room;
    self->rows_height = more ? room - 1 : (int)page->row_count;
    if (self->rows_height < 1)
        self->rows_height = 1;
}

static void drop(struct view *view)
{
    (void)view;
}

static void keep_in_sight(struct ui *ui, struct list_view *self)
{
    size_t height = (size_t)self->rows_height;
    if (self->at < self->top)
        self->top = self->at;
    if (self->at >= self->top + height)
        self->top = self->at - height + 1;
    if (ui->page->row_count <= height)
        self->top = 0;
}

static void draw_word(const struct list_view *self, const struct row *row, int y, int x)
{
    short pair;
    if (!row->word || !*row->word)
        return;
    int used = draw_text(stdscr, y, x, self->word_columns, row->word);
    attr_t looks = draw_attribute(row->level, &pair);
    if (row->level >= LEVEL_WARN)
        draw_looks(stdscr, y, x, used, looks, pair);
}

/* Cells below each other, a long one cut in its middle; the last as it is. Free it. */
static char *cells_line(const struct list_view *self, const struct strings *cells)
{
    struct str line = {0};
    for (size_t k = 0; k + 1 < cells->count && k < CELLS_MOST; k++) {
        int used = text_fit(&line, cells->items[k], self->cell_columns[k]);
        for (; used < self->cell_columns[k] + 2; used++)
            str_add_char(&line, ' ');
    }
    str_add(&line, cells->items[cells->count - 1]);
    return str_take(&line);
}

/* What the row says besides its word, for so wide a screen. Free it. */
static char *row_text(const struct ui *ui, const struct list_view *self, const struct row *row)
{
    return self->table.count  ? table_line(&self->table, &row->cells)
           : row->cells.count ? cells_line(self, &row->cells)
           : ui->compact      ? draw_together(self, row->text)
                              : xstrdup(row->text);
}

static void draw_row(struct ui *ui, struct list_view *self, size_t index)
{
    const struct row *row = &ui->page->rows[index];
    int y = self->rows_y + (int)(index - self->top), x = 1;
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    if (index == self->at && !self->line.focused)
        mvwaddch(stdscr, y, 0, '>');
    if (row->can_tick)
        draw_text(stdscr, y, x, TICK_COLUMNS, row->ticked ? "[x] " : "[ ] ");
    x += self->tick_columns;
    draw_word(self, row, y, has_head(self) ? self->table.word_at : x);
    x += has_head(self) ? 0 : self->word_columns;
    int room = ui->columns - x, right = ui->compact ? 0 : text_columns(row->right);
    if (right > 0 && right < room / 2) {
        draw_text(stdscr, y, ui->columns - 1 - right, right, row->right);
        room -= right + 2;
    }
    if (has_head(self))
        room = self->table.word_at - x;
    char *text = row_text(ui, self, row);
    if (self->table.count)
        draw_text(stdscr, y, x, room, text);
    else
        draw_cut(stdscr, y, x, room, text);
    int bar = first_column(text, room < BAR_MOST ? room : BAR_MOST);
    free(text);
    if (index == self->at && !self->line.focused) {
        draw_looks(stdscr, y, x, bar > 0 ? bar : 1, A_REVERSE, 0);
        ui->cursor_y = y;
        ui->cursor_x = 0;
    }
}

/* "; above: 1 ERROR, 2 WARN": what is out of sight and wants a look. */
static void add_hidden(const struct ui *ui, size_t from, size_t to, const char *where,
                       struct str *out)
{
    bool first = true;
    for (int level = LEVEL_ERROR; level >= LEVEL_WARN; level--) {
        size_t count = 0;
        const char *word = NULL;
        for (size_t i = from; i < to; i++) {
            const struct row *row = &ui->page->rows[i];
            if ((int)row->level != level)
                continue;
            count++;
            word = word && strcmp(word, row->word) != 0 ? level_word(row->level) : row->word;
        }
        if (count)
            str_addf(out, "%s%zu %s", first ? where : ", ", count,
                     *word ? word : level_word((enum level)level));
        first = first && !count;
    }
}

static void draw_more(struct ui *ui, const struct list_view *self)
{
    if (ui->page->row_count <= (size_t)self->rows_height)
        return;
    size_t last = self->top + (size_t)self->rows_height;
    struct str hidden = {0};
    add_hidden(ui, 0, self->top, "; above: ", &hidden);
    add_hidden(ui, last, ui->page->row_count, "; below: ", &hidden);
    int y = self->rows_y + self->rows_height;
    bool read_on = ui->compact && y + 1 >= frame_bottom(ui) && self->text.count;
    int room = ui->columns - 1 - (read_on ? 8 : 0);
    char *text = xformat("rows %zu to %zu of %zu%s", self->top + 1, last, ui->page->row_count,
                         str_text(&hidden));
    if (text_columns(text) > room) {
        free(text);
        text = xformat("%zu-%zu of %zu%s", self->top + 1, last, ui->page->row_count,
                       str_text(&hidden));
    }
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    draw_cut(stdscr, y, 1, room, text);
    if (read_on)
        draw_text(stdscr, y, ui->columns - 8, 8, " .. (F6)");
    str_free(&hidden);
    free(text);
}

static void draw_rows(struct ui *ui, struct list_view *self)
{
    for (int i = 0; i < self->rows_height; i++)
        if (self->top + (size_t)i < ui->page->row_count)
            draw_row(ui, self, self->top + (size_t)i);
    draw_more(ui, self);
    self->drawn_at = self->at;
    self->drawn_top = self->top;
}

/* The row's lines, then the page's; what has no room is read with F6. */
static void draw_below(struct ui *ui, const struct list_view *self)
{
    const struct row *row = current(ui, self);
    struct strings lines = {0};
    if (row && !is_picture(ui))
        wrap_all(ui, &lines, &row->below, NULL);
    if (lines.count && self->text.count)
        strings_add(&lines, "");
    for (size_t i = 0; i < self->text.count; i++)
        strings_add(&lines, self->text.items[i]);
    bool more = ui->page->row_count > (size_t)self->rows_height;
    int y = self->rows_y + self->rows_height + more, bottom = frame_bottom(ui);
    y += y + 1 < bottom; /* a blank line, where there is room */
    const char *cut_mark = page_function(ui->page, 6) ? " .." : " .. (F6)";
    for (size_t i = 0; y < bottom; i++, y++) {
        wmove(stdscr, y, 0);
        wclrtoeol(stdscr);
        bool cut = y == bottom - 1 && i + 1 < lines.count;
        if (cut)
            draw_marked(stdscr, y, 1, ui->columns - 1, lines.items[i], cut_mark);
        else if (i < lines.count)
            draw_text(stdscr, y, 1, ui->columns - 1, lines.items[i]);
    }
    strings_free(&lines);
}

static void draw(struct ui *ui, struct view *view)
{
    struct list_view *self = of(view);
    int y = FRAME_TOP;
    ui->cursor_y = y;
    ui->cursor_x = 0;
    if (list_line_is(ui))
        list_line_draw(ui, &self->line, y++);
    size_t seen = 0;
    for (; seen < self->intro.count && y < self->rows_y - 2 * has_head(self); seen++)
        draw_text(stdscr, y++, 1, ui->columns - 1, self->intro.items[seen]);
    self->intro_cut = seen > 0 && seen < self->intro.count;
    if (self->intro_cut)
        draw_marked(stdscr, y - 1, 1, ui->columns - 1, self->intro.items[seen - 1], " .. (F1)");
    if (has_head(self))
        table_head(ui, &self->table, 1 + self->tick_columns, self->rows_y - 1);
    keep_in_sight(ui, self);
    draw_rows(ui, self);
    draw_below(ui, self);
}

static void paint(struct ui *ui, struct view *view)
{
    struct list_view *self = of(view);
    keep_in_sight(ui, self);
    if (list_line_is(ui))
        list_line_draw(ui, &self->line, FRAME_TOP);
    if (self->has_below && self->at != self->drawn_at)
        draw_below(ui, self);
    if (self->top != self->drawn_top) {
        draw_rows(ui, self);
    } else if (self->at != self->drawn_at && self->drawn_at < ui->page->row_count) {
        size_t left = self->drawn_at;
        self->drawn_at = self->at;
        draw_row(ui, self, left);
        draw_row(ui, self, self->at);
    }
}

static void rest(struct ui *ui, struct view *view)
{
    (void)view;
    ui_paint(ui, PAINT_FOOT);
}

static void note(struct ui *ui, struct view *view, struct note *note)
{
    const struct row *row = current(ui, of(view));
    if (!row || !row->detail || of(view)->line.focused)
        return;
    note->level = row->level;
    str_add(&note->text, row->detail);
}

static void help(struct ui *ui, struct view *view, struct strings *lines)
{
    const struct row *row = current(ui, of(view));
    for (size_t i = 0; of(view)->intro_cut && i < ui->page->intro.count; i++)
        strings_add(lines, ui->page->intro.items[i]);
    if (!row)
        return;
    bool word = row->word && *row->word;
    strings_add_take(lines, xformat("%s%s%s", word ? row->word : "", word ? "  " : "", row->text));
    const char *text = *row->help ? row->help : row->detail;
    size_t told = strlen(row->text); /* a detail may begin with the whole row */
    if (told && strncmp(text, row->text, told) == 0 && (!text[told] || text[told] == '\n'))
        text += text[told] ? told + 1 : told;
    if (*text)
        strings_split(lines, text, '\n');
    if (row->file && *row->file)
        strings_add_take(lines, xformat("File: %s", row->file));
    strings_add(lines, "");
}

static void go(struct ui *ui, struct list_view *self, size_t at)
{
    if (ui->page->row_count == 0)
        return;
    self->at = at < ui->page->row_count ? at : ui->page->row_count - 1;
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
}

/* The next row with the text, from row from on and round; prefix: rows that begin with it. */
static bool find(struct ui *ui, struct list_view *self, size_t from, const char *text, bool prefix)
{
    for (size_t i = 0; i < ui->page->row_count; i++) {
        size_t index = (from + i) % ui->page->row_count;
        const struct row *row = &ui->page->rows[index];
        bool hit = prefix ? strncasecmp(row->text, text, strlen(text)) == 0
                          : strcasestr(row->text, text) ||
                                (row->word && strcasestr(row->word, text)) ||
                                strcasestr(row->right, text) ||
                                (row->detail && strcasestr(row->detail, text));
        if (hit) {
            go(ui, self, index);
            return true;
        }
    }
    return false;
}

static void search_again(struct ui *ui, struct list_view *self)
{
    if (!find(ui, self, self->at + 1, self->search, false))
        ui_say(ui, LEVEL_NOTE, "No row has \"%s\".", self->search);
}

static void searched(struct ui *ui, const char *text)
{
    struct list_view *self = of(ui_base(ui));
    if (!text || !*text)
        return;
    free(self->search);
    self->search = xstrdup(text);
    search_again(ui, self);
}

static void type_ahead(struct ui *ui, struct list_view *self, const struct key *key)
{
    if (ui->now_ms - self->ahead_ms > TYPE_AHEAD_MS)
        str_clear(&self->ahead);
    self->ahead_ms = ui->now_ms;
    str_add_bytes(&self->ahead, key->text, key->length);
    find(ui, self, self->at, str_text(&self->ahead), true);
}

static void tick(struct ui *ui, struct list_view *self)
{
    const struct row *row = current(ui, self);
    if (row && row->can_tick)
        ui_take(ui, &(struct event){.kind = EVENT_TICK, .row = self->at, .id = row->id});
}

static void enter(struct ui *ui, struct list_view *self)
{
    const struct row *row = current(ui, self);
    bool any = false;
    for (size_t i = 0; i < ui->page->row_count; i++)
        any = any || ui->page->rows[i].can_open;
    if (row && row->can_open)
        ui_take(ui, &(struct event){.kind = EVENT_CHOOSE, .row = self->at, .id = row->id});
    else if (row && row->below.count > 0)
        ui_whole_text(ui);
    else if (any)
        ui_say(ui, LEVEL_NOTE, "This row has nothing to open. F2 goes on.");
    else
        ui_next(ui);
}

static bool text_key(struct ui *ui, struct list_view *self, const struct key *key)
{
    char byte = key->length == 1 ? key->text[0] : '\0';
    if (byte == ' ') {
        tick(ui, self);
    } else if (ui_page_key(ui, key)) {
        return true;
    } else if (byte == '/') {
        ui_push(ui, search_new(searched));
    } else if (byte == 'n' && self->search) {
        search_again(ui, self);
    } else {
        type_ahead(ui, self, key);
    }
    return true;
}

/* Left and right are what the page says they are: the server before and after. */
static bool sideways(struct ui *ui, struct list_view *self, const char *id)
{
    if (page_action(ui->page, id))
        ui_take(ui, &(struct event){.kind = EVENT_ACTION, .id = id, .row = self->at});
    return true;
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct list_view *self = of(view);
    size_t page = (size_t)self->rows_height;
    if (list_line_key(ui, &self->line, key))
        return true;
    if (self->line.focused && key->press == PRESS_PASTE)
        return false;
    switch (key->press) {
    case PRESS_UP:
    case PRESS_BACKTAB:
        if (self->at == 0 && list_line_is(ui)) {
            self->line.focused = true;
            ui_paint(ui, PAINT_ALL);
            return true;
        }
        go(ui, self, self->at > 0 ? self->at - 1 : 0);
        return true;
    case PRESS_DOWN:
    case PRESS_TAB:
        go(ui, self, self->at + 1);
        return true;
    case PRESS_PAGE_UP:
        go(ui, self, self->at > page ? self->at - page : 0);
        return true;
    case PRESS_PAGE_DOWN:
        go(ui, self, self->at + page);
        return true;
    case PRESS_HOME:
        go(ui, self, 0);
        return true;
    case PRESS_END:
        go(ui, self, ui->page->row_count);
        return true;
    case PRESS_LEFT:
        return sideways(ui, self, "left");
    case PRESS_RIGHT:
        return sideways(ui, self, "right");
    case PRESS_ENTER:
        enter(ui, self);
        return true;
    case PRESS_MOUSE:
        if (key->number == 64 || key->number == 65)
            go(ui, self, key->number == 65 ? self->at + 1 : self->at > 0 ? self->at - 1 : 0);
        else if (key->number == 0 && key->y >= self->rows_y && key->y < self->rows_y + (int)page)
            go(ui, self, self->top + (size_t)(key->y - self->rows_y));
        return true;
    case PRESS_TEXT:
        return text_key(ui, self, key);
    default:
        return false;
    }
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    const struct row *row = current(ui, of(view));
    bool typing = of(view)->line.focused;
    hint_add(hints, HINT_ALWAYS, "F1 Why");
    if (typing)
        hint_add(hints, 88, "Enter Add");
    else if (row && row->can_open)
        hint_add(hints, 88, "Enter Open");
    else if (row && row->below.count > 0)
        hint_add(hints, 43, "Enter Open"); /* all of what stands below */
    if (typing && ui->page->row_count > 0)
        hint_add(hints, 87, "Tab Rows");
    else if (!typing && row && row->can_tick)
        hint_add(hints, 87, "Space %s", ui->page->tick ? ui->page->tick : "Tick");
    if (row && row->file && *row->file && !page_function(ui->page, 4))
        hint_add(hints, 65, "F4 Inspect");
    if (row && row->clipboard)
        hint_add(hints, 72, "F8 Copy");
    if (row && row->below.count > 0 && !page_function(ui->page, 6))
        hint_add(hints, 45, "F6 Text");
    if (page_action(ui->page, "left") && page_action(ui->page, "right"))
        hint_add(hints, 75, "Left/Right %s", page_action(ui->page, "right")->label);
    if (ui->page->row_count > 9 && !typing)
        hint_add(hints, 42, "/ Search");
    hints_page(ui, hints, !typing);
}

static void page_changed(struct ui *ui, struct view *view)
{
    struct list_view *self = of(view);
    if (list_line_is(ui) && ui->page->row_count == 0) {
        self->line.focused = true;
    } else if (self->line.focused && !*lineedit_text(&self->line.line)) {
        self->line.focused = false; /* something was added: where it asks for more */
        self->at = ui->page->at;
    }
    if (self->at >= ui->page->row_count)
        self->at = ui->page->row_count > 0 ? ui->page->row_count - 1 : 0;
    ui->message_rows = frame_message_rows(ui);
    if (!ui->too_small)
        build(ui, view);
}

static bool commit(struct ui *ui, struct view *view)
{
    return list_line_commit(ui, &of(view)->line);
}

static void draft(struct ui *ui, struct view *view)
{
    list_line_draft(ui, &of(view)->line);
}

static size_t at(const struct view *view)
{
    return of(view)->at;
}

static void close_view(struct view *view)
{
    struct list_view *self = of(view);
    strings_free(&self->intro);
    strings_free(&self->text);
    list_line_free(&self->line);
    free(self->search);
    str_free(&self->ahead);
    free(self);
}

struct view *list_view_new(struct ui *ui)
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
                                        .commit = commit,
                                        .draft = draft,
                                        .at = at,
                                        .help = help};
    struct list_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    self->at = ui->page->at < ui->page->row_count ? ui->page->at : 0;
    list_line_open(ui, &self->line);
    return &self->view;
}
