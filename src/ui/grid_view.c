/* A table: arrows move from cell to cell, Enter or a letter edits a text, Space ticks. What is
 * typed and no answer stays at its cell, as on a form. */
#include "ui/grid_view.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct grid_view *of(const struct view *view)
{
    return (struct grid_view *)view;
}

/* NULL: the table is empty. */
static const struct field *here(const struct ui *ui, const struct grid_view *self)
{
    bool is = self->row < ui->page->row_count && self->column < ui->page->column_count;
    return is ? grid_field(ui, self->row, self->column) : NULL;
}

static bool is_text(const struct field *field)
{
    return field && field->kind == FIELD_TEXT && !field->fixed;
}

static void typed_free(struct typed *typed)
{
    char *texts[] = {typed->id, typed->text, typed->problem, typed->remedy, typed->mend};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
}

static void forget_typed(struct grid_view *self, const char *id)
{
    for (size_t i = 0; i < self->typed_count; i++) {
        if (strcmp(self->typed[i].id, id) != 0)
            continue;
        typed_free(&self->typed[i]);
        self->typed[i] = self->typed[--self->typed_count];
        return;
    }
}

/* Takes problem, remedy and mend over. */
static void keep_typed(struct grid_view *self, const char *id, const char *text,
                       struct typed problem)
{
    problem.id = xstrdup(id);
    problem.text = xstrdup(text);
    forget_typed(self, id);
    self->typed = grow(self->typed, self->typed_count, sizeof *self->typed);
    self->typed[self->typed_count++] = problem;
}

static void unjudge(struct grid_view *self)
{
    if (self->is_judged)
        page_free(&self->judged);
    self->is_judged = false;
}

static void build(struct ui *ui, struct view *view)
{
    grid_cells_build(ui, of(view));
}

static void drop(struct view *view)
{
    of(view)->drawn = false;
}

static void draw(struct ui *ui, struct view *view)
{
    grid_cells_draw(ui, of(view));
}

static void paint(struct ui *ui, struct view *view)
{
    grid_cells_paint(ui, of(view));
}

static void clamp(struct ui *ui, struct grid_view *self)
{
    size_t rows = ui->page->row_count, columns = ui->page->column_count;
    if (self->row >= rows)
        self->row = rows ? rows - 1 : 0;
    if (self->column >= columns)
        self->column = columns ? columns - 1 : 0;
}

static void to_cell(struct ui *ui, struct grid_view *self, size_t cell)
{
    size_t columns = ui->page->column_count ? ui->page->column_count : 1;
    self->row = cell / columns;
    self->column = cell % columns;
    clamp(ui, self);
}

static void page_changed(struct ui *ui, struct view *view)
{
    struct grid_view *self = of(view);
    unjudge(self);
    if (ui->page->moved)
        to_cell(ui, self, ui->page->at);
    clamp(ui, self);
    if (!ui->too_small)
        grid_cells_build(ui, self);
}

static void go(struct ui *ui, struct grid_view *self, size_t row, size_t column)
{
    self->row = row;
    self->column = column;
    clamp(ui, self);
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
}

static void edit_ends(struct ui *ui, struct grid_view *self)
{
    self->editing = false;
    unjudge(self);
    ui_paint(ui, PAINT_ALL);
}

static void judge(struct ui *ui, struct grid_view *self, const char *id, const char *text)
{
    unjudge(self);
    flow_judge(ui->flow, id, text, &self->judged);
    self->is_judged = true;
}

static const struct field *judged_field(const struct grid_view *self, const char *id)
{
    for (size_t i = 0; self->is_judged && i < self->judged.field_count; i++)
        if (strcmp(self->judged.fields[i].id, id) == 0)
            return &self->judged.fields[i];
    return NULL;
}

static void refuse(struct ui *ui, struct grid_view *self, const char *id, const char *text,
                   const struct error *err)
{
    judge(ui, self, id, text);
    const struct field *field = judged_field(self, id);
    bool better = field && field->level == LEVEL_ERROR && *field->finding;
    struct typed problem = {.problem = xstrdup(better ? field->finding : err->message),
                            .remedy = xstrdup(better ? field->remedy : err->remedy),
                            .mend = field && field->mend ? xstrdup(field->mend) : NULL};
    keep_typed(self, id, text, problem);
    unjudge(self);
}

/* The cell becomes text; what is refused stays there, and the cursor may go on. */
static bool set(struct ui *ui, struct grid_view *self, const char *cell, const char *value)
{
    char *id = xstrdup(cell), *text = xstrdup(value); /* they may lie in the page */
    struct event event = {.kind = EVENT_SET, .id = id, .text = text};
    struct error err = {0};
    bool good = flow_take(ui->flow, &event, &err);
    draft_remove(ui->draft, self->page_id, id);
    if (good) {
        forget_typed(self, id);
        ui_page_changed(ui);
    } else {
        ui->page = flow_page(ui->flow);
        if (ui->page->ask) { /* till it is said yes to, the old answer stands */
            forget_typed(self, id);
            page_changed(ui, &self->view);
            ui_ask_first(ui, &event);
        } else if (err.code == STATUS_SYSTEM) {
            keep_typed(self, id, text, (struct typed){0});
            ui_say_error(ui, &err);
        } else {
            refuse(ui, self, id, text, &err);
        }
        ui_paint(ui, PAINT_ALL);
    }
    free(id);
    free(text);
    return good;
}

static void begin_edit(struct ui *ui, struct grid_view *self, bool empty)
{
    const struct field *field = here(ui, self);
    const struct typed *typed = grid_typed(self, field->id);
    lineedit_set(&self->line, typed ? typed->text : field->value);
    if (empty)
        lineedit_replace(&self->line, "");
    self->editing = true;
    ui_paint(ui, PAINT_BODY | PAINT_FOOT);
}

/* What is typed is taken; false: refused. */
static bool take_edit(struct ui *ui, struct grid_view *self)
{
    const struct field *field = here(ui, self);
    if (!self->editing || !field)
        return true;
    ui->rest_ms = 0;
    edit_ends(ui, self);
    const struct typed *typed = grid_typed(self, field->id);
    bool same = strcmp(lineedit_text(&self->line), field->value) == 0;
    if (same && typed) {
        forget_typed(self, field->id);
        draft_remove(ui->draft, self->page_id, field->id);
    }
    char *text = xstrdup(lineedit_text(&self->line));
    bool good = same || set(ui, self, field->id, text);
    free(text);
    return good;
}

/* Takes what is typed and goes a step on; the end of a row leads to the next one. */
static void step(struct ui *ui, struct view *view, int rows, int columns)
{
    struct grid_view *self = of(view);
    take_edit(ui, self);
    if (ui_base(ui) != view || ui->top != view || !ui->page->row_count)
        return;
    long count = (long)ui->page->column_count, all = (long)ui->page->row_count * count;
    if (columns) {
        long cell = (long)self->row * count + (long)self->column + columns;
        to_cell(ui, self, (size_t)((cell + all) % all));
        go(ui, self, self->row, self->column);
    } else if (rows < 0) {
        go(ui, self, self->row >= (size_t)-rows ? self->row - (size_t)-rows : 0, self->column);
    } else {
        go(ui, self, self->row + (size_t)rows, self->column);
    }
}

static void sideways(struct ui *ui, struct grid_view *self, int columns)
{
    if (columns < 0 ? self->column > 0 : self->column + 1 < ui->page->column_count)
        go(ui, self, self->row, columns < 0 ? self->column - 1 : self->column + 1);
}

static bool matches(struct ui *ui, size_t index, const char *text)
{
    const struct row *row = &ui->page->rows[index];
    bool hit = strcasestr(row->word, text) || strcasestr(row->detail, text);
    for (size_t i = 0; i < ui->page->column_count && !hit; i++) {
        const struct field *field = grid_field(ui, index, i);
        hit = field->kind != FIELD_TICK && strcasestr(grid_text(field), text);
    }
    return hit;
}

static void search_again(struct ui *ui, struct grid_view *self)
{
    size_t count = ui->page->row_count;
    self->again = true;
    for (size_t i = 1; i <= count; i++) {
        size_t index = (self->row + i) % count;
        if (matches(ui, index, self->search)) {
            go(ui, self, index, self->column);
            return;
        }
    }
    ui_say(ui, LEVEL_NOTE, "No row has \"%s\".", self->search);
}

static void searched(struct ui *ui, const char *text)
{
    struct grid_view *self = of(ui_base(ui));
    if (!text || !*text)
        return;
    free(self->search);
    self->search = xstrdup(text);
    search_again(ui, self);
}

static void chosen(struct ui *ui, int choice)
{
    struct grid_view *self = of(ui_base(ui));
    const struct field *field = here(ui, self);
    if (choice >= 0 && field && (size_t)choice < field->choices.count)
        set(ui, self, field->id, field->choices.items[choice]);
}

static void choose(struct ui *ui, const struct field *field)
{
    size_t at = 0;
    while (at < field->choices.count && strcmp(field->choices.items[at], field->value) != 0)
        at++;
    ui_push(ui,
            choice_new(field->label, &field->labels, at < field->choices.count ? at : 0, chosen));
}

/* Space: a tick, the next of a choice; on a text it marks the row. */
static void space(struct ui *ui, struct grid_view *self)
{
    const struct field *field = here(ui, self);
    if (!field)
        return;
    const struct row *row = &ui->page->rows[self->row];
    if (field->kind == FIELD_TICK && !field->fixed)
        set(ui, self, field->id, strcmp(field->value, "yes") == 0 ? "no" : "yes");
    else if (field->kind == FIELD_CHOICE && !field->fixed)
        choose(ui, field);
    else if (row->can_tick)
        ui_take(ui, &(struct event){.kind = EVENT_TICK, .row = self->row, .id = row->id});
}

static void enter(struct ui *ui, struct view *view)
{
    struct grid_view *self = of(view);
    const struct field *field = here(ui, self);
    if (self->editing)
        step(ui, view, 1, 0);
    else if (is_text(field))
        begin_edit(ui, self, false);
    else if (field && field->kind == FIELD_CHOICE && !field->fixed)
        choose(ui, field);
    else if (field && ui->page->rows[self->row].can_open)
        ui_choose(ui, self->row);
    else if (self->row + 1 < ui->page->row_count)
        step(ui, view, 1, 0);
    else
        ui_next(ui);
}

/* A letter or a digit begins an edit; a sign is the page's, or marks a tick. */
static bool text_key(struct ui *ui, struct grid_view *self, const struct key *key, bool again)
{
    unsigned char byte = (unsigned char)key->text[0];
    const struct field *field = here(ui, self);
    if (byte == ' ') {
        space(ui, self);
    } else if (byte == '/') {
        ui_push(ui, search_new(searched));
    } else if (byte == 'n' && again) {
        search_again(ui, self);
    } else if (is_text(field) && (isalnum(byte) || byte >= 0x80)) {
        begin_edit(ui, self, true);
        if (lineedit_key(&self->line, key))
            ui_typed(ui);
    } else if (byte == 'x' && field && field->kind == FIELD_TICK) {
        space(ui, self);
    } else {
        return ui_page_key(ui, key);
    }
    return true;
}

static bool is_wrong(const struct grid_view *self, const struct field *field)
{
    const struct typed *typed = grid_typed(self, field->id);
    return typed ? typed->problem != NULL : field->level == LEVEL_ERROR;
}

/* The cell that the message rows speak of: where the cursor is, else the first that is wrong. */
static size_t spoken_of(const struct ui *ui, const struct grid_view *self)
{
    size_t at = self->row * ui->page->column_count + self->column;
    const struct field *field = &ui->page->fields[at];
    if (self->editing || field->level >= LEVEL_WARN || is_wrong(self, field))
        return at;
    for (size_t i = 0; i < ui->page->field_count; i++)
        if (is_wrong(self, &ui->page->fields[i]))
            return i;
    return at;
}

static bool mend(struct ui *ui, struct grid_view *self)
{
    const struct field *field = &ui->page->fields[spoken_of(ui, self)];
    const struct typed *typed = grid_typed(self, field->id);
    const char *value = typed ? typed->mend : field->mend;
    if (!value)
        return false;
    char *text = xstrdup(value); /* it goes with what is typed */
    set(ui, self, field->id, text);
    free(text);
    return true;
}

static bool edit_key(struct ui *ui, struct grid_view *self, const struct key *key)
{
    const struct field *field = here(ui, self);
    if (key->press == PRESS_ESC) {
        forget_typed(self, field->id);
        draft_remove(ui->draft, self->page_id, field->id);
        edit_ends(ui, self);
        return true;
    }
    bool undo = key->press == PRESS_CONTROL && key->number == '_';
    if ((undo && !lineedit_can_undo(&self->line)) || !lineedit_key(&self->line, key))
        return false;
    unjudge(self);
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static bool mouse(struct ui *ui, struct view *view, const struct key *key)
{
    struct grid_view *self = of(view);
    size_t row, column;
    if (key->number == 64 || key->number == 65)
        step(ui, view, key->number == 64 ? -1 : 1, 0);
    else if (key->number == 0 && grid_cells_find(ui, self, key->y, key->x, &row, &column)) {
        take_edit(ui, self);
        if (ui->top == view)
            go(ui, self, row, column);
    }
    return true;
}

static bool moves(struct ui *ui, struct view *view, const struct key *key)
{
    struct grid_view *self = of(view);
    int page = self->rows_height;
    switch (key->press) {
    case PRESS_UP:
        step(ui, view, -1, 0);
        return true;
    case PRESS_DOWN:
        step(ui, view, 1, 0);
        return true;
    case PRESS_PAGE_UP:
        step(ui, view, -page, 0);
        return true;
    case PRESS_PAGE_DOWN:
        step(ui, view, page, 0);
        return true;
    case PRESS_TAB:
        step(ui, view, 0, 1);
        return true;
    case PRESS_BACKTAB:
        step(ui, view, 0, -1);
        return true;
    case PRESS_ENTER:
        enter(ui, view);
        return true;
    case PRESS_MOUSE:
        return mouse(ui, view, key);
    default:
        return false;
    }
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct grid_view *self = of(view);
    bool again = self->again;
    self->again = false;
    if (moves(ui, view, key))
        return true;
    if (!here(ui, self))
        return false;
    if (self->editing)
        return edit_key(ui, self, key);
    switch (key->press) {
    case PRESS_LEFT:
        sideways(ui, self, -1);
        return true;
    case PRESS_RIGHT:
        sideways(ui, self, 1);
        return true;
    case PRESS_HOME:
        go(ui, self, self->row, 0);
        return true;
    case PRESS_END:
        go(ui, self, self->row, ui->page->column_count);
        return true;
    case PRESS_FUNCTION:
        return key->number == 5 && mend(ui, self);
    case PRESS_PASTE:
        if (key->paste_refused || !is_text(here(ui, self)) ||
            memmem(key->paste, key->paste_length, "-----BEGIN ", 11))
            return false;
        begin_edit(ui, self, true);
        return edit_key(ui, self, key);
    case PRESS_TEXT:
        return text_key(ui, self, key, again);
    default:
        return false;
    }
}

/* Nobody typed for a while: what would it mean? */
static void rest(struct ui *ui, struct view *view)
{
    struct grid_view *self = of(view);
    const struct field *field = here(ui, self);
    if (self->editing && field && strcmp(lineedit_text(&self->line), field->value) != 0)
        judge(ui, self, field->id, lineedit_text(&self->line));
    ui_paint(ui, PAINT_FOOT);
}

static void note(struct ui *ui, struct view *view, struct note *note)
{
    struct grid_view *self = of(view);
    if (!here(ui, self))
        return;
    size_t at = spoken_of(ui, self);
    const struct field *field = &ui->page->fields[at];
    const struct typed *typed = self->editing ? NULL : grid_typed(self, field->id);
    const struct field *judged = judged_field(self, field->id);
    const struct field *said = judged ? judged : field;
    const struct column *column = &ui->page->columns[at % ui->page->column_count];
    if (typed && typed->problem)
        note_finding(note, LEVEL_ERROR, field->label, typed->problem, column->section,
                     typed->remedy, typed->mend);
    else if (said->level >= LEVEL_NOTE && *said->finding)
        note_finding(note, said->level, field->label, said->finding, column->section, said->remedy,
                     said->mend);
    else if (*ui->page->rows[self->row].detail)
        str_add(&note->text, ui->page->rows[self->row].detail);
    else if (*column->help)
        str_addf(&note->text, "%s: %s", column->title, column->help);
}

static void help(struct ui *ui, struct view *view, struct strings *lines)
{
    struct grid_view *self = of(view);
    const struct field *field = here(ui, self);
    if (!field)
        return;
    const struct column *column = &ui->page->columns[self->column];
    strings_add(lines, field->label);
    if (*column->help)
        strings_split(lines, column->help, '\n');
    if (*column->section)
        strings_add_take(lines, xformat("Guide %s", column->section));
    strings_add_take(lines, xformat("Its id for --answers: %s", field->id));
    struct note said = {0};
    note(ui, view, &said);
    if (said.level >= LEVEL_NOTE && said.text.length > 0) {
        strings_add(lines, "");
        strings_split(lines, str_text(&said.text), '\n');
    }
    str_free(&said.text);
    strings_add(lines, "");
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    struct grid_view *self = of(view);
    const struct field *field = here(ui, self);
    hint_add(hints, HINT_ALWAYS, "F1 Why");
    if (self->editing) {
        hint_add(hints, 90, "Enter Take");
        hint_add(hints, 89, "Tab Take, on");
        hints_always(hints, "Leave it");
        return;
    }
    const struct row *row = field ? &ui->page->rows[self->row] : NULL;
    if (is_text(field))
        hint_add(hints, 88, "Enter Edit");
    else if (field && field->kind == FIELD_CHOICE && !field->fixed)
        hint_add(hints, 88, "Enter Choose");
    else if (row && row->can_open)
        hint_add(hints, 88, "Enter Open");
    if (field && field->kind == FIELD_TICK && !field->fixed)
        hint_add(hints, 87, "Space Tick");
    else if (row && row->can_tick && field->kind != FIELD_CHOICE)
        hint_add(hints, 60, "Space %s", ui->page->tick ? ui->page->tick : "Mark");
    const struct field *spoken = field ? &ui->page->fields[spoken_of(ui, self)] : NULL;
    const struct typed *typed = spoken ? grid_typed(self, spoken->id) : NULL;
    if (typed ? typed->mend != NULL : spoken && spoken->mend)
        hint_add(hints, 88, "F5 Mend");
    if (self->again)
        hint_add(hints, 86, "n Again");
    else if ((int)ui->page->row_count > self->rows_height)
        hint_add(hints, 59, "/ Search");
    hints_page(ui, hints, true);
}

static bool commit(struct ui *ui, struct view *view)
{
    return take_edit(ui, of(view));
}

static bool first_error(struct ui *ui, struct view *view)
{
    struct grid_view *self = of(view);
    for (size_t i = 0; i < ui->page->field_count; i++) {
        if (!is_wrong(self, &ui->page->fields[i]))
            continue;
        to_cell(ui, self, i);
        ui_paint(ui, PAINT_ALL);
        return true;
    }
    return false;
}

static bool refused(const struct view *view)
{
    for (size_t i = 0; i < of(view)->typed_count; i++)
        if (of(view)->typed[i].problem)
            return true;
    return false;
}

static size_t at(const struct view *view)
{
    return of(view)->row;
}

static void keep_drafts(struct ui *ui, struct view *view)
{
    struct grid_view *self = of(view);
    const struct field *field = here(ui, self);
    for (size_t i = 0; i < self->typed_count; i++)
        draft_set(ui->draft, self->page_id, self->typed[i].id, self->typed[i].text);
    if (self->editing && field && strcmp(lineedit_text(&self->line), field->value) != 0)
        draft_set(ui->draft, self->page_id, field->id, lineedit_text(&self->line));
}

static void take_drafts(struct ui *ui, struct grid_view *self)
{
    for (size_t i = 0; i < ui->draft->count; i++) {
        const struct draft_text *text = &ui->draft->texts[i];
        if (strcmp(text->page, self->page_id) != 0)
            continue;
        for (size_t k = 0; k < ui->page->field_count; k++) {
            const struct field *field = &ui->page->fields[k];
            if (strcmp(field->id, text->field) != 0 || field->kind != FIELD_TEXT)
                continue;
            keep_typed(self, field->id, text->text, (struct typed){0});
            to_cell(ui, self, k);
            ui_say(ui, LEVEL_NOTE,
                   "What you had half typed is back in %s, not taken yet: Enter goes on typing, "
                   "Enter again takes it.",
                   field->label);
        }
    }
}

static void close_view(struct view *view)
{
    struct grid_view *self = of(view);
    for (size_t i = 0; i < self->typed_count; i++)
        typed_free(&self->typed[i]);
    free(self->typed);
    unjudge(self);
    lineedit_free(&self->line);
    strings_free(&self->intro);
    strings_free(&self->below);
    free(self->widths);
    free(self->search);
    free(self->page_id);
    free(self);
}

struct view *grid_view_new(struct ui *ui)
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
                                        .first_error = first_error,
                                        .refused = refused,
                                        .at = at,
                                        .draft = keep_drafts,
                                        .help = help};
    struct grid_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    self->page_id = xstrdup(ui->page->id);
    self->left = 1;
    to_cell(ui, self, ui->page->at);
    take_drafts(ui, self);
    return &self->view;
}
