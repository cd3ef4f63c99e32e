#include "base/mem.h"
#include "ui/columns.h"
#include "ui/form_view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAP_COLUMNS 16      /* the bar stands in column 17 */
#define MAP_WIDE_COLUMNS 29 /* from 100 columns: the signs in words */
#define WIDE_SCREEN 100
#define LABEL_COLUMNS 14 /* the "=", a blank, the label, a blank */
#define TAIL_COLUMNS 12
#define CELL_MOST 60
#define CELL_LEAST 10

static int map_columns(const struct ui *ui)
{
    if (ui->compact)
        return -1;
    return ui->columns >= WIDE_SCREEN ? MAP_WIDE_COLUMNS : MAP_COLUMNS;
}

static const char *item(const struct strings *list, size_t index)
{
    return index < list->count ? list->items[index] : "";
}

/* "(x) a  ( ) b", in rows of at most columns; mark tells where choice at has its cross or blank. */
static void choice_rows(const struct field *field, int columns, size_t at, struct strings *rows,
                        int *mark_row, int *mark_x)
{
    struct str row = {0};
    int used = 0;
    *mark_row = 0;
    *mark_x = 1;
    for (size_t i = 0; i < field->choices.count; i++) {
        const char *label = item(&field->labels, i);
        if (!*label)
            label = field->choices.items[i];
        bool chosen = strcmp(field->choices.items[i], field->value) == 0;
        int width = text_columns(label) + 4;
        if (used > 0 && used + 2 + width > columns) {
            strings_add_take(rows, str_take(&row));
            used = 0;
        }
        if (used > 0) {
            str_add(&row, "  ");
            used += 2;
        }
        if (i == at) {
            *mark_row = (int)rows->count;
            *mark_x = used + 1;
        }
        str_add(&row, chosen ? "(x) " : "( ) ");
        used += 4 + text_clip(&row, label, columns - 4);
    }
    strings_add_take(rows, str_take(&row));
}

static int text_width(const struct ui *ui, const struct field *field, int room)
{
    int width = ui->compact ? room - 4 : room - 2 - TAIL_COLUMNS - 1;
    if (width > CELL_MOST)
        width = CELL_MOST;
    if (width < CELL_LEAST)
        width = CELL_LEAST;
    return field->columns > 0 && field->columns < width ? field->columns : width;
}

/* Rows and columns of each field, and the page it stands on. */
static void place(struct ui *ui, struct form_view *self, int width, int page_height)
{
    int page = 0, row = 0;
    for (size_t i = 0; i < self->cell_count; i++) {
        const struct field *field = &ui->page->fields[i];
        struct cell *cell = &self->cells[i];
        cell->cell_x = ui->compact ? 0 : LABEL_COLUMNS;
        int room = width - cell->cell_x;
        cell->height = 1;
        if (field->kind == FIELD_TEXT) {
            cell->width = text_width(ui, field, room) + 2;
        } else if (field->kind == FIELD_TICK) {
            cell->width = 3;
        } else {
            struct strings rows = {0};
            int mark_row, mark_x;
            cell->width = room;
            choice_rows(field, room, 0, &rows, &mark_row, &mark_x);
            cell->height = (int)rows.count;
            strings_free(&rows);
        }
        int label_rows = ui->compact ? 1 : 0, gap = ui->compact ? 1 : 0;
        if (row > 0 && row + label_rows + cell->height > page_height) {
            page++;
            row = 0;
        }
        if (cell->height > page_height - label_rows)
            cell->height = page_height - label_rows > 0 ? page_height - label_rows : 1;
        cell->page = page;
        cell->row = row;
        cell->cell_row = row + label_rows;
        row += label_rows + cell->height + gap;
    }
    self->pages = page + 1;
}

static FIELD *inactive(int width, int row, int x)
{
    FIELD *field = new_field(1, width > 0 ? width : 1, row, x, 0, 0);
    field_opts_off(field, O_ACTIVE);
    return field;
}

static void make_fields(struct ui *ui, struct form_view *self, int width)
{
    self->fields = xcalloc(self->cell_count * 3 + 1, sizeof(FIELD *));
    size_t count = 0;
    for (size_t i = 0; i < self->cell_count; i++) {
        struct cell *cell = &self->cells[i];
        bool tick = ui->page->fields[i].kind == FIELD_TICK;
        bool above = ui->compact && !tick;
        int tail_x = above ? width - TAIL_COLUMNS : cell->cell_x + cell->width + 1;
        cell->label =
            inactive(above || ui->compact ? width - TAIL_COLUMNS : LABEL_COLUMNS, cell->row, 0);
        cell->cell = new_field(cell->height, cell->width, cell->cell_row, cell->cell_x, 0, 0);
        /* Static, and the editing is ours: libform's own loses what is typed. */
        set_field_opts(cell->cell, O_VISIBLE | O_ACTIVE | O_PUBLIC | O_STATIC);
        set_new_page(cell->label, i == 0 || cell->page != self->cells[i - 1].page);
        self->fields[count++] = cell->label;
        self->fields[count++] = cell->cell;
        if (tail_x < width) {
            cell->tail = inactive(width - tail_x, above ? cell->row : cell->cell_row, tail_x);
            self->fields[count++] = cell->tail;
        }
    }
}

/* Rows that all fields take on one page. */
static int rows_needed(const struct form_view *self)
{
    if (self->cell_count == 0)
        return 0;
    const struct cell *last = &self->cells[self->cell_count - 1];
    return last->cell_row + last->height;
}

/* The intro stands above as far as the fields leave room, a third of the body at least. */
static void place_all(struct ui *ui, struct form_view *self, int width)
{
    int body = frame_bottom(ui) - FRAME_TOP;
    for (size_t i = 0; i < ui->page->intro.count; i++)
        text_wrap(&self->lines, ui->page->intro.items[i], width - 2);
    int count = (int)self->lines.count;
    place(ui, self, width, INT_MAX);
    int fields = rows_needed(self), room = body - fields - 1;
    int most = room > body / 3 ? room : body / 3;
    self->intro = ui->compact ? 0 : count < most ? count : most;
    self->top = FRAME_TOP + self->intro + (self->intro > 0);
    self->height = frame_bottom(ui) - self->top;
    if (fields <= self->height) {
        self->height = fields > 0 ? fields : 1;
        return;
    }
    int live = ui->compact || ui->page->live.count == 0 ? 0 : ui->page->live.count > 3 ? 4 : 3;
    self->height -= 1 + live; /* a row for "more", some for the live lines */
    place(ui, self, width, self->height);
}

void form_cells_build(struct ui *ui, struct form_view *self)
{
    form_cells_drop(self);
    self->left = map_columns(ui) + 1;
    self->cell_count = ui->page->field_count;
    self->cells = xcalloc(self->cell_count + 1, sizeof *self->cells);
    int width = ui->columns - self->left;
    place_all(ui, self, width);
    if (self->cell_count == 0)
        return;
    pane_open(&self->pane, self->height, width, self->top, self->left);
    if (!self->pane.win)
        return;
    make_fields(ui, self, width);
    self->form = new_form(self->fields);
    set_form_win(self->form, self->pane.win);
    set_form_sub(self->form, self->pane.win);
    post_form(self->form);
    self->all_changed = true;
}

void form_cells_drop(struct form_view *self)
{
    strings_free(&self->lines);
    if (self->form) {
        unpost_form(self->form);
        free_form(self->form);
        self->form = NULL;
    }
    for (size_t i = 0; self->fields && self->fields[i]; i++) {
        free(field_userptr(self->fields[i]));
        free_field(self->fields[i]);
    }
    free(self->fields);
    free(self->cells);
    self->fields = NULL;
    self->cells = NULL;
    self->cell_count = 0;
    pane_close(&self->pane);
}

/* The buffer is set only when it changed: libform draws it again each time. */
static void show(FIELD *field, const char *text)
{
    if (!field)
        return;
    char *local = text_local(text), *shown = field_userptr(field);
    if (shown && strcmp(shown, local) == 0) {
        free(local);
        return;
    }
    set_field_buffer(field, 0, local);
    set_field_userptr(field, local);
    free(shown);
}

static void look(FIELD *field, attr_t attribute, short pair)
{
    chtype wanted = attribute | (chtype)COLOR_PAIR(pair);
    if (field && field_fore(field) != wanted)
        set_field_fore(field, wanted);
}

static void paint_text(struct form_view *self, size_t index, struct cell *cell, int *cursor)
{
    struct str text = {0};
    bool before, after;
    str_add_char(&text, '[');
    bool focus = index == self->at;
    lineedit_show(&self->entries[index].line, cell->width - 2, &text, focus ? cursor : NULL,
                  &before, &after);
    text.data[0] = before ? '<' : '[';
    str_add_char(&text, after ? '>' : ']');
    show(cell->cell, str_text(&text));
    str_free(&text);
    ++*cursor;
}

static void paint_choice(const struct field *field, struct cell *cell, size_t at, int *row,
                         int *cursor)
{
    struct strings rows = {0};
    struct str text = {0};
    choice_rows(field, cell->width, at, &rows, row, cursor);
    for (size_t i = 0; i < rows.count && (int)i < cell->height; i++) {
        str_add(&text, rows.items[i]);
        for (int used = text_columns(rows.items[i]); used < cell->width; used++)
            str_add_char(&text, ' ');
    }
    show(cell->cell, str_text(&text));
    str_free(&text);
    strings_free(&rows);
}

/* "= CN", or "=Organisation" on a page where a label needs all twelve columns. */
static void paint_label(struct ui *ui, const struct field *field, struct cell *cell, bool focus)
{
    struct str text = {0};
    int indent = 2, columns = cell->cell_x > 0 ? cell->cell_x : ui->columns - TAIL_COLUMNS;
    for (size_t i = 0; i < ui->page->field_count; i++)
        if (text_columns(ui->page->fields[i].label) > LABEL_COLUMNS - 3)
            indent = 1;
    if (!ui->compact)
        str_addf(&text, "%-*s", indent, field->follows ? "=" : "");
    else if (field->follows)
        str_add(&text, "= ");
    text_fit(&text, field->label, columns - (int)text.length - (ui->compact ? 0 : 1));
    show(cell->label, str_text(&text));
    look(cell->label, focus ? A_BOLD : A_NORMAL, 0);
    str_free(&text);
}

static void paint_tail(struct ui *ui, struct form_view *self, size_t index, struct cell *cell)
{
    const struct field *field = form_field(ui, self, index);
    enum level level = form_level(ui, self, index);
    short pair = 0;
    attr_t attribute = A_NORMAL;
    struct str text = {0};
    int columns = ui->columns - self->left;
    if (level >= LEVEL_WARN) {
        str_add(&text, level_word(level));
        attribute = draw_attribute(level, &pair);
    } else if (self->entries[index].draft) {
        str_add(&text, "not taken");
        attribute = A_BOLD;
    } else if (field->kind == FIELD_TICK && field->labels.count > 0) {
        text_fit(&text, field->labels.items[0], columns - cell->cell_x - cell->width - 1);
    } else if (field->note && *field->note) {
        int x = ui->compact && field->kind != FIELD_TICK ? columns - TAIL_COLUMNS
                                                         : cell->cell_x + cell->width + 1;
        text_fit(&text, field->note, columns - x);
    }
    show(cell->tail, str_text(&text));
    look(cell->tail, attribute, pair);
    str_free(&text);
}

static void paint_field(struct ui *ui, struct form_view *self, size_t index)
{
    const struct field *field = &ui->page->fields[index];
    struct cell *cell = &self->cells[index];
    bool focus = index == self->at;
    int row = 0, cursor = 1;
    if (field->kind == FIELD_TEXT)
        paint_text(self, index, cell, &cursor);
    else if (field->kind == FIELD_TICK)
        show(cell->cell, strcmp(field->value, "yes") == 0 ? "[x]" : "[ ]");
    else
        paint_choice(field, cell, self->choice, &row, &cursor);
    paint_label(ui, field, cell, focus);
    paint_tail(ui, self, index, cell);
    if (focus) {
        ui->cursor_y = self->top + cell->cell_row + row;
        ui->cursor_x = self->left + cell->cell_x + cursor;
    }
}

static void draw_more(struct ui *ui, struct form_view *self)
{
    if (self->pages < 2)
        return;
    int page = self->cells[self->at].page, y = self->top + self->height;
    const char *text = page == 0                 ? "more below"
                       : page == self->pages - 1 ? "more above"
                                                 : "more above and below";
    wmove(stdscr, y, self->left);
    wclrtoeol(stdscr);
    draw_text(stdscr, y, self->left + (ui->compact ? 0 : 2), ui->columns - self->left - 2, text);
}

void form_cells_paint(struct ui *ui, struct form_view *self)
{
    if (!self->form || self->at >= self->cell_count)
        return;
    FIELD *focus = self->cells[self->at].cell;
    if (current_field(self->form) != focus) {
        set_current_field(self->form, focus);
        self->all_changed = true;
    }
    if (self->all_changed) {
        for (size_t i = 0; i < self->cell_count; i++)
            paint_field(ui, self, i);
        draw_more(ui, self);
    } else {
        paint_field(ui, self, self->at);
    }
    self->all_changed = false;
}

static void draw_mark(const struct mark *mark, int y, int columns, bool words)
{
    int indent = 0;
    while (mark->label[indent] == ' ')
        indent++;
    bool current = mark->sign == '>';
    mvwaddch(stdscr, y, 1 + indent, (chtype)(unsigned char)mark->sign);
    wattrset(stdscr, current ? A_BOLD : A_NORMAL);
    int room = columns - 3 - indent - 1;
    int used = draw_fit(stdscr, y, 3 + indent, room, mark->label + indent);
    wattrset(stdscr, A_NORMAL);
    if (!words || !mark->words)
        return;
    int width = text_columns(mark->words);
    if (width < room - used - 1)
        draw_text(stdscr, y, columns - 1 - width, width, mark->words);
}

static void draw_map(struct ui *ui, struct form_view *self)
{
    const struct page *page = ui->page;
    int top = FRAME_TOP, rows = frame_bottom(ui) - top, columns = map_columns(ui);
    int count = (int)page->mark_count, current = 0;
    for (int i = 0; i < count; i++)
        if (page->marks[i].sign == '>')
            current = i;
    int first = current >= rows ? current - rows + 1 : 0;
    for (int i = 0; i < rows && first + i < count; i++)
        draw_mark(&page->marks[first + i], top + i, columns, ui->columns >= WIDE_SCREEN);
    for (int y = top; y < self->top + self->height; y++)
        draw_bar(stdscr, y, columns);
}

void form_live_draw(struct ui *ui, struct form_view *self)
{
    if (ui->compact)
        return;
    const struct page *page = self->is_judged ? &self->judged : ui->page;
    int y = self->top + self->height + 1 + (self->pages > 1), bottom = frame_bottom(ui);
    int x = self->left + 1, width = ui->columns - x;
    struct strings lines = {0};
    for (size_t i = 0; i < page->live.count; i++)
        text_wrap(&lines, page->live.items[i], width);
    for (size_t i = 0; y < bottom; i++, y++) {
        wmove(stdscr, y, x);
        wclrtoeol(stdscr);
        if (i < lines.count)
            draw_text(stdscr, y, x, width, lines.items[i]);
        if (y + 1 == bottom && i + 1 < lines.count)
            draw_marked(stdscr, y, x, width, lines.items[i], " .. (F6)");
    }
    strings_free(&lines);
}

void form_cells_draw(struct ui *ui, struct form_view *self)
{
    if (!ui->compact) {
        draw_map(ui, self);
        int y = FRAME_TOP;
        for (int i = 0; i < self->intro; i++, y++)
            draw_text(stdscr, y, self->left + 1, ui->columns - self->left - 1,
                      self->lines.items[i]);
        if (self->intro > 0 && self->intro < (int)self->lines.count)
            draw_marked(stdscr, y - 1, self->left + 1, ui->columns - self->left - 1,
                        self->lines.items[self->intro - 1], " .. (F1)");
    }
    form_live_draw(ui, self);
    ui->cursor_y = FRAME_TOP;
    ui->cursor_x = 0;
    self->all_changed = true;
    form_cells_paint(ui, self);
}

size_t form_cells_find(const struct form_view *self, int y)
{
    for (size_t i = 0; i < self->cell_count; i++) {
        const struct cell *cell = &self->cells[i];
        if (cell->page == self->cells[self->at].page && y >= self->top + cell->row &&
            y < self->top + cell->cell_row + cell->height)
            return i;
    }
    return self->cell_count;
}
