/* A table's drawing: the first column stands still, the others scroll below their headings. */
#include "base/mem.h"
#include "ui/columns.h"
#include "ui/grid_view.h"

#include <stdlib.h>
#include <string.h>

#define MARK_COLUMNS 4 /* "[x] " */
#define TEXT_LEAST 14
#define EDIT_LEAST 24
#define STATUS_ROW 1

const struct field *grid_field(const struct ui *ui, size_t row, size_t column)
{
    return &ui->page->fields[row * ui->page->column_count + column];
}

const struct typed *grid_typed(const struct grid_view *self, const char *id)
{
    for (size_t i = 0; i < self->typed_count; i++)
        if (strcmp(self->typed[i].id, id) == 0)
            return &self->typed[i];
    return NULL;
}

const char *grid_text(const struct field *field)
{
    for (size_t i = 0; field->kind == FIELD_CHOICE && i < field->choices.count; i++)
        if (strcmp(field->choices.items[i], field->value) == 0 && i < field->labels.count &&
            *field->labels.items[i])
            return field->labels.items[i];
    return field->value;
}

static bool is_tick(const struct field *field)
{
    return field->kind == FIELD_TICK && !field->fixed;
}

static bool is_number(const struct field *field)
{
    return field->fixed && strspn(field->value, "0123456789") == strlen(field->value);
}

/* A tick or a number: stands in the middle below its heading. */
static bool is_narrow(const struct ui *ui, const struct grid_view *self, size_t column)
{
    const struct field *first = ui->page->row_count ? grid_field(ui, 0, column) : NULL;
    return first && (first->kind == FIELD_TICK || is_number(first)) &&
           self->widths[column] == text_columns(ui->page->columns[column].label);
}

/* Blanks behind a column: where there is room a text has two. */
static int gap(const struct ui *ui, const struct grid_view *self, size_t column)
{
    return self->wide && !is_narrow(ui, self, column) ? 2 : 1;
}

static int natural_width(const struct ui *ui, size_t column)
{
    int width = text_columns(ui->page->columns[column].label);
    for (size_t row = 0; row < ui->page->row_count; row++) {
        const struct field *field = grid_field(ui, row, column);
        int columns = is_tick(field) ? 1 : text_columns(grid_text(field));
        width = columns > width ? columns : width;
    }
    return width > 0 ? width : 1;
}

static int first_x(const struct grid_view *self)
{
    return 1 + self->mark_columns + self->word_columns;
}

/* Where the columns that scroll begin. */
static int rest_x(const struct ui *ui, const struct grid_view *self)
{
    return first_x(self) + self->widths[0] + gap(ui, self, 0);
}

static int total_width(const struct ui *ui, const struct grid_view *self)
{
    int total = first_x(self);
    for (size_t i = 0; i < ui->page->column_count; i++)
        total += self->widths[i] + (i + 1 < ui->page->column_count ? gap(ui, self, i) : 0);
    return total;
}

/* As wide as their texts; what is too wide together gives way in the columns of text. */
static void measure(struct ui *ui, struct grid_view *self)
{
    size_t count = ui->page->column_count;
    free(self->widths);
    self->widths = xcalloc(count + 1, sizeof *self->widths);
    for (size_t i = 0; i < count; i++)
        self->widths[i] = natural_width(ui, i);
    if (self->widths[0] > ui->columns / 3)
        self->widths[0] = ui->columns / 3;
    int room = ui->columns - 1;
    self->wide = true;
    self->wide = !ui->compact && total_width(ui, self) <= room;
    for (size_t i = 1; i < count; i++) {
        int over = total_width(ui, self) - room, most = self->widths[i] - TEXT_LEAST;
        int less = over < most ? over : most;
        if (less > 0)
            self->widths[i] -= less;
    }
}

static void measure_marks(struct ui *ui, struct grid_view *self)
{
    self->mark_columns = self->word_columns = 0;
    for (size_t i = 0; i < ui->page->row_count; i++) {
        const struct row *row = &ui->page->rows[i];
        if (row->can_tick && row->ticked) /* seldom, and the room is short */
            self->mark_columns = MARK_COLUMNS;
        int word = *row->word ? text_columns(row->word) + 1 : 0;
        if (word > self->word_columns)
            self->word_columns = word;
    }
}

static void wrap(struct ui *ui, struct strings *out, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        text_wrap(out, lines->items[i], ui->columns - 1);
}

/* How many of the columns from left on are seen, the last one perhaps cut. */
static size_t columns_seen(const struct ui *ui, const struct grid_view *self, size_t left)
{
    int x = rest_x(ui, self);
    size_t column = left;
    while (column < ui->page->column_count && x + self->widths[column] <= ui->columns - 1) {
        x += self->widths[column] + gap(ui, self, column);
        column++;
    }
    return column > left ? column - left : 1;
}

/* Something is off the screen: a row below the table says what. */
static bool is_more(const struct ui *ui, const struct grid_view *self)
{
    return (int)ui->page->row_count > self->rows_height ||
           columns_seen(ui, self, 1) + 1 < ui->page->column_count;
}

void grid_cells_build(struct ui *ui, struct grid_view *self)
{
    strings_free(&self->intro);
    strings_free(&self->below);
    self->intro = self->below = (struct strings){0};
    if (!ui->compact) { /* F6 shows it */
        wrap(ui, &self->intro, &ui->page->intro);
        wrap(ui, &self->below, &ui->page->live);
        wrap(ui, &self->below, &ui->page->text);
    }
    measure_marks(ui, self);
    measure(ui, self);
    int intro = (int)self->intro.count, body = frame_bottom(ui) - FRAME_TOP;
    intro = intro > 0 ? intro + 1 : 0; /* and a blank row */
    if (intro > body / 3)
        intro = body / 3;
    self->rows_y = FRAME_TOP + intro + 1; /* below the headings */
    body -= intro + 1;
    int below = (int)self->below.count, room = body - (below > 0 ? below + 1 : 0);
    if (room < body / 2 + 1)
        room = body / 2 + 1;
    self->rows_height = (int)ui->page->row_count < room ? (int)ui->page->row_count : room;
    if (is_more(ui, self) && self->rows_height + STATUS_ROW > room)
        self->rows_height = room - STATUS_ROW;
    if (self->rows_height < 1)
        self->rows_height = 1;
    self->drawn = false;
}

static void keep_in_sight(struct ui *ui, struct grid_view *self)
{
    size_t height = (size_t)self->rows_height;
    if (self->row < self->top)
        self->top = self->row;
    if (self->row >= self->top + height)
        self->top = self->row - height + 1;
    if (ui->page->row_count <= height)
        self->top = 0;
    if (self->left < 1 || columns_seen(ui, self, 1) + 1 >= ui->page->column_count)
        self->left = 1;
    if (self->column > 0 && self->column < self->left)
        self->left = self->column;
    while (self->column >= self->left + columns_seen(ui, self, self->left))
        self->left++;
}

/* The x of a column that is seen, or -1. */
static int x_of(const struct ui *ui, const struct grid_view *self, size_t column)
{
    if (column == 0)
        return first_x(self);
    if (column < self->left || column >= self->left + columns_seen(ui, self, self->left))
        return -1;
    int x = rest_x(ui, self);
    for (size_t i = self->left; i < column; i++)
        x += self->widths[i] + gap(ui, self, i);
    return x;
}

static int room_at(const struct ui *ui, const struct grid_view *self, size_t column, int x)
{
    int room = ui->columns - 1 - x;
    return self->widths[column] < room ? self->widths[column] : room;
}

/* The editor lies over what stands right of it. */
static void draw_edit(struct ui *ui, struct grid_view *self, int y, int x)
{
    struct str text = {0};
    int cursor = 0, width = self->widths[self->column];
    bool before = false, after = false;
    if (width < EDIT_LEAST)
        width = EDIT_LEAST;
    if (width > ui->columns - x - 2)
        width = ui->columns - x - 2;
    lineedit_show(&self->line, width, &text, &cursor, &before, &after);
    char *cell = xformat("%c%s%c", before ? '<' : '[', str_text(&text), after ? '>' : ']');
    draw_text(stdscr, y, x - 1, width + 2, cell);
    free(cell);
    str_free(&text);
    ui->cursor_y = y;
    ui->cursor_x = x + cursor;
}

static void draw_cell(struct ui *ui, struct grid_view *self, size_t row, size_t column, int y)
{
    int x = x_of(ui, self, column);
    if (x < 0)
        return;
    const struct field *field = grid_field(ui, row, column);
    const struct typed *typed = grid_typed(self, field->id);
    int room = room_at(ui, self, column, x), used;
    enum level level = typed && typed->problem ? LEVEL_ERROR : field->level;
    bool here = row == self->row && column == self->column;
    if (is_tick(field)) {
        x += (room - 1) / 2;
        used = draw_text(stdscr, y, x, 1, strcmp(field->value, "yes") == 0 ? "x" : ".");
    } else {
        const char *text = typed ? typed->text : grid_text(field);
        if (is_narrow(ui, self, column))
            x += (room - text_columns(text)) / 2;
        used = draw_fit(stdscr, y, x, room, text);
    }
    if (level >= LEVEL_WARN && used > 0) {
        short pair;
        attr_t looks = draw_attribute(level, &pair);
        draw_looks(stdscr, y, x, used, looks, pair);
    }
    if (here) {
        draw_looks(stdscr, y, x, used > 0 ? used : 1, A_REVERSE, 0);
        ui->cursor_y = y;
        ui->cursor_x = x;
    }
}

static void draw_row(struct ui *ui, struct grid_view *self, size_t index)
{
    const struct row *row = &ui->page->rows[index];
    int y = self->rows_y + (int)(index - self->top);
    bool here = index == self->row;
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    if (here)
        mvwaddch(stdscr, y, 0, '>');
    if (row->can_tick && self->mark_columns)
        draw_text(stdscr, y, 1, MARK_COLUMNS, row->ticked ? "[x] " : "[ ] ");
    if (*row->word) {
        int x = 1 + self->mark_columns;
        int used = draw_text(stdscr, y, x, self->word_columns, row->word);
        short pair;
        attr_t looks = draw_attribute(row->level, &pair);
        if (row->level >= LEVEL_WARN)
            draw_looks(stdscr, y, x, used, looks, pair);
    }
    for (size_t i = 0; i < ui->page->column_count; i++)
        draw_cell(ui, self, index, i, y);
    if (here && self->editing)
        draw_edit(ui, self, y, x_of(ui, self, self->column));
}

static void draw_headings(struct ui *ui, const struct grid_view *self)
{
    int y = self->rows_y - 1;
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    for (size_t i = 0; i < ui->page->column_count; i++) {
        int x = x_of(ui, self, i);
        if (x < 0)
            continue;
        int used = draw_fit(stdscr, y, x, room_at(ui, self, i, x), ui->page->columns[i].label);
        draw_looks(stdscr, y, x, used, A_BOLD, 0);
    }
}

static void add_labels(const struct ui *ui, size_t from, size_t to, struct str *out)
{
    for (size_t i = from; i < to; i++)
        str_addf(out, "%s%s", i > from ? ", " : "", ui->page->columns[i].label);
}

/* "3 more above, 12 more below; right: LB, DB" */
static void draw_status(struct ui *ui, const struct grid_view *self)
{
    struct str text = {0};
    size_t last = self->top + (size_t)self->rows_height, count = ui->page->row_count;
    size_t right = self->left + columns_seen(ui, self, self->left);
    if (self->top > 0)
        str_addf(&text, "%zu more above", self->top);
    if (last < count)
        str_addf(&text, "%s%zu more below", text.length ? ", " : "", count - last);
    if (self->left > 1) {
        str_add(&text, text.length ? "; left: " : "left: ");
        add_labels(ui, 1, self->left, &text);
    }
    if (right < ui->page->column_count) {
        str_add(&text, text.length ? "; right: " : "right: ");
        add_labels(ui, right, ui->page->column_count, &text);
    }
    int y = self->rows_y + self->rows_height;
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    int room = ui->columns - 2;
    bool cut = text_columns(str_text(&text)) > room;
    draw_text(stdscr, y, 1, cut ? room - 2 : room, str_text(&text));
    if (cut)
        draw_text(stdscr, y, room - 1, 2, "..");
    str_free(&text);
}

static void draw_table(struct ui *ui, struct grid_view *self)
{
    draw_headings(ui, self);
    for (size_t i = 0; i < (size_t)self->rows_height; i++)
        if (self->top + i < ui->page->row_count)
            draw_row(ui, self, self->top + i);
    if (is_more(ui, self))
        draw_status(ui, self);
    self->drawn = true;
    self->drawn_row = self->row;
    self->drawn_top = self->top;
    self->drawn_left = self->left;
}

static void draw_below(struct ui *ui, const struct grid_view *self)
{
    int y = self->rows_y + self->rows_height + 1 + is_more(ui, self), bottom = frame_bottom(ui);
    for (size_t i = 0; y < bottom; i++, y++) {
        bool cut = y == bottom - 1 && i + 1 < self->below.count;
        if (cut)
            draw_marked(stdscr, y, 1, ui->columns - 1, self->below.items[i], " .. (F6)");
        else if (i < self->below.count)
            draw_text(stdscr, y, 1, ui->columns - 1, self->below.items[i]);
    }
}

void grid_cells_draw(struct ui *ui, struct grid_view *self)
{
    int y = FRAME_TOP;
    ui->cursor_y = y;
    ui->cursor_x = 0;
    for (size_t i = 0; i < self->intro.count && y < self->rows_y - 1; i++)
        draw_text(stdscr, y++, 1, ui->columns - 1, self->intro.items[i]);
    keep_in_sight(ui, self);
    draw_table(ui, self);
    draw_below(ui, self);
}

void grid_cells_paint(struct ui *ui, struct grid_view *self)
{
    keep_in_sight(ui, self);
    if (!self->drawn || self->top != self->drawn_top || self->left != self->drawn_left) {
        draw_table(ui, self);
        return;
    }
    if (self->drawn_row != self->row && self->drawn_row < ui->page->row_count)
        draw_row(ui, self, self->drawn_row);
    self->drawn_row = self->row;
    if (self->row < ui->page->row_count)
        draw_row(ui, self, self->row);
}

bool grid_cells_find(const struct ui *ui, const struct grid_view *self, int y, int x, size_t *row,
                     size_t *column)
{
    if (y < self->rows_y || y >= self->rows_y + self->rows_height)
        return false;
    *row = self->top + (size_t)(y - self->rows_y);
    *column = 0;
    for (size_t i = 1; i < ui->page->column_count; i++)
        if (x_of(ui, self, i) >= 0 && x >= x_of(ui, self, i))
            *column = i;
    return *row < ui->page->row_count;
}
