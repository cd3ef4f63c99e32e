#include "ui/form_view.h"

#include "base/mem.h"
#include "pki/names.h"

#include <stdlib.h>
#include <string.h>

static struct form_view *of(const struct view *view)
{
    return (struct form_view *)view;
}

static const struct field *page_field(const struct page *page, const char *id)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (strcmp(page->fields[i].id, id) == 0)
            return &page->fields[i];
    return NULL;
}

const struct field *form_field(const struct ui *ui, const struct form_view *self, size_t index)
{
    const struct field *field = &ui->page->fields[index];
    const struct field *judged = self->is_judged ? page_field(&self->judged, field->id) : NULL;
    return judged ? judged : field;
}

/* While a field is typed in, it says nothing at its row's end. */
enum level form_level(const struct ui *ui, const struct form_view *self, size_t index)
{
    const struct entry *entry = &self->entries[index];
    if (entry->refused)
        return LEVEL_ERROR;
    if (entry->typed && index == self->at)
        return LEVEL_NONE;
    return ui->page->fields[index].level;
}

static void forget_problem(struct entry *entry)
{
    free(entry->problem);
    free(entry->remedy);
    free(entry->mend);
    entry->problem = entry->remedy = entry->mend = NULL;
    entry->refused = false;
}

static void entry_free(struct entry *entry)
{
    forget_problem(entry);
    free(entry->left_out);
    lineedit_free(&entry->line);
    free(entry->id);
}

static void unjudge(struct ui *ui, struct form_view *self)
{
    if (!self->is_judged)
        return;
    page_free(&self->judged);
    self->judged = (struct page){0};
    self->is_judged = false;
    ui_paint(ui, PAINT_ALL);
}

/* Entries for the page as it is now; what is typed and not yet taken stays. */
static void renew_entries(struct ui *ui, struct form_view *self)
{
    const struct page *page = ui->page;
    struct entry *entries = xcalloc(page->field_count + 1, sizeof *entries);
    for (size_t i = 0; i < page->field_count; i++) {
        const struct field *field = &page->fields[i];
        for (size_t j = 0; j < self->count; j++) {
            if (self->entries[j].id && strcmp(self->entries[j].id, field->id) == 0) {
                entries[i] = self->entries[j];
                self->entries[j] = (struct entry){0};
                break;
            }
        }
        if (!entries[i].id)
            entries[i].id = xstrdup(field->id);
        if (!entries[i].typed && strcmp(lineedit_text(&entries[i].line), field->value) != 0)
            lineedit_set(&entries[i].line, field->value);
    }
    for (size_t j = 0; j < self->count; j++)
        entry_free(&self->entries[j]);
    free(self->entries);
    self->entries = entries;
    self->count = page->field_count;
}

static void keep_drafts(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    for (size_t i = 0; i < self->count; i++) {
        if (self->entries[i].typed)
            draft_set(ui->draft, self->page_id, self->entries[i].id,
                      lineedit_text(&self->entries[i].line));
        else
            draft_remove(ui->draft, self->page_id, self->entries[i].id);
    }
}

static void take_drafts(struct ui *ui, struct form_view *self)
{
    size_t first = self->count;
    for (size_t i = 0; i < self->count; i++) {
        const struct field *field = &ui->page->fields[i];
        const char *text = draft_text(ui->draft, ui->page->id, field->id);
        if (!text || field->kind != FIELD_TEXT || strcmp(text, field->value) == 0)
            continue;
        lineedit_replace(&self->entries[i].line, text);
        self->entries[i].typed = self->entries[i].draft = true;
        if (first == self->count)
            first = i;
    }
    if (first == self->count)
        return;
    self->at = first;
    ui_say(ui, LEVEL_NOTE,
           "What you had half typed is back in %s, not taken yet: Enter takes it, ^_ undoes it.",
           ui->page->fields[first].label);
}

static size_t chosen(const struct field *field)
{
    size_t at = 0;
    while (at < field->choices.count && strcmp(field->choices.items[at], field->value) != 0)
        at++;
    return at < field->choices.count ? at : 0;
}

static void build(struct ui *ui, struct view *view)
{
    form_cells_build(ui, of(view));
}

static void drop(struct view *view)
{
    form_cells_drop(of(view));
}

static void draw(struct ui *ui, struct view *view)
{
    form_cells_draw(ui, of(view));
}

static void paint(struct ui *ui, struct view *view)
{
    form_cells_paint(ui, of(view));
}

static void page_changed(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    char *id = self->at < self->count ? xstrdup(self->entries[self->at].id) : NULL;
    unjudge(ui, self);
    renew_entries(ui, self);
    size_t at = 0;
    while (id && at < self->count && strcmp(self->entries[at].id, id) != 0)
        at++;
    if (at < self->count)
        self->at = at;
    else if (self->at >= self->count)
        self->at = self->count ? self->count - 1 : 0;
    free(id);
    if (self->at < self->count)
        self->choice = chosen(&ui->page->fields[self->at]);
    if (!ui->too_small)
        form_cells_build(ui, self);
}

/* The judgement of what is typed in field index. */
static void judge(struct ui *ui, struct form_view *self, size_t index)
{
    unjudge(ui, self);
    flow_judge(ui->flow, self->entries[index].id, lineedit_text(&self->entries[index].line),
               &self->judged);
    self->is_judged = true;
}

static void refuse(struct ui *ui, struct form_view *self, size_t index, const struct error *err)
{
    struct entry *entry = &self->entries[index];
    forget_problem(entry);
    judge(ui, self, index);
    const struct field *judged = form_field(ui, self, index);
    bool better = judged->level == LEVEL_ERROR && judged->finding && *judged->finding;
    entry->refused = true;
    entry->problem = xstrdup(better ? judged->finding : err->message);
    entry->remedy = xstrdup(better && judged->remedy ? judged->remedy : err->remedy);
    entry->mend = judged->mend ? xstrdup(judged->mend) : NULL;
    unjudge(ui, self);
}

static bool set(struct ui *ui, struct form_view *self, size_t index, const char *text)
{
    struct event event = {.kind = EVENT_SET, .id = self->entries[index].id, .text = text};
    struct error err = {0};
    if (flow_take(ui->flow, &event, &err)) {
        forget_problem(&self->entries[index]);
        self->entries[index].typed = self->entries[index].draft = false;
        ui_page_changed(ui);
        return true;
    }
    ui->page = flow_page(ui->flow);
    if (ui->page->ask) { /* till it is said yes to, the old answer stands */
        forget_problem(&self->entries[index]);
        self->entries[index].typed = self->entries[index].draft = false;
        page_changed(ui, &self->view);
        ui_ask_first(ui, &event);
    } else if (err.code == STATUS_SYSTEM)
        ui_say_error(ui, &err); /* the disk, the lock: not the field's fault */
    else
        refuse(ui, self, index, &err);
    ui_paint(ui, PAINT_ALL);
    return false;
}

static bool commit_field(struct ui *ui, struct view *view, size_t at)
{
    struct form_view *self = of(view);
    char *text = xstrdup(lineedit_text(&self->entries[at].line));
    bool good = set(ui, self, at, text);
    free(text);
    if (ui_base(ui) == view)
        keep_drafts(ui, view);
    draft_save(ui->draft);
    ui->draft_ms = 0;
    return good;
}

/* Takes what is typed in the field in focus. */
static bool take_field(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    ui->rest_ms = 0;
    return self->at >= self->count || !self->entries[self->at].typed ||
           commit_field(ui, view, self->at);
}

/* Takes all that is typed on the page, what came back half typed as well. */
static bool commit(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    bool good = take_field(ui, view);
    for (size_t i = 0; ui_base(ui) == view && !ui->asked && i < self->count; i++)
        if (self->entries[i].typed && !self->entries[i].refused)
            good = commit_field(ui, view, i) && good;
    return good;
}

static void focus(struct ui *ui, struct form_view *self, size_t at)
{
    self->at = at;
    if (at < ui->page->field_count)
        self->choice = chosen(&ui->page->fields[at]);
    unjudge(ui, self);
    self->all_changed = true;
    ui_paint(ui, ui->compact ? PAINT_ALL : PAINT_BODY | PAINT_FOOT);
}

/* Leaves the field: what is typed is taken, or refused and kept; the focus goes on either way. */
static void leave(struct ui *ui, struct view *view, int step)
{
    struct form_view *self = of(view);
    take_field(ui, view);
    if (ui_base(ui) != view || self->count == 0)
        return;
    size_t at = self->at;
    if (step < 0)
        at = at > 0 ? at - 1 : self->count - 1;
    else
        at = at + 1 < self->count ? at + 1 : 0;
    focus(ui, self, at);
}

static bool first_error(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    for (size_t i = 0; i < self->count; i++) {
        if (self->entries[i].refused || ui->page->fields[i].level == LEVEL_ERROR) {
            focus(ui, self, i);
            return true;
        }
    }
    return false;
}

static void go_to_label(struct ui *ui, struct view *view, const char *label)
{
    struct form_view *self = of(view);
    for (size_t i = 0; i < self->count; i++)
        if (strcmp(ui->page->fields[i].label, label) == 0) {
            focus(ui, self, i);
            ui_paint(ui, PAINT_ALL);
            return;
        }
}

static bool refused(const struct view *view)
{
    const struct form_view *self = of(view);
    for (size_t i = 0; i < self->count; i++)
        if (self->entries[i].refused)
            return true;
    return false;
}

/* The field that the message rows speak of: the one in focus, else the first with an error. */
static size_t spoken_of(struct ui *ui, struct form_view *self)
{
    size_t at = self->at;
    if (at >= self->count || self->entries[at].typed || form_level(ui, self, at) >= LEVEL_NOTE)
        return at;
    if (self->entries[at].left_out)
        return at;
    for (size_t i = 0; i < self->count; i++)
        if (form_level(ui, self, i) == LEVEL_ERROR)
            return i;
    for (size_t i = 0; i < self->count; i++)
        if (self->entries[i].left_out)
            return i;
    return at;
}

static void note(struct ui *ui, struct view *view, struct note *note)
{
    struct form_view *self = of(view);
    size_t at = spoken_of(ui, self);
    if (at >= self->count)
        return;
    const struct field *field = form_field(ui, self, at);
    const struct entry *entry = &self->entries[at];
    /* A judgement of what is typed now is newer than the refusal of what was. */
    bool refused = entry->refused && !(self->is_judged && at == self->at);
    const char *finding = refused ? entry->problem : field->finding;
    const char *remedy = refused ? entry->remedy : field->remedy;
    const char *mend = refused ? entry->mend : field->mend;
    note->level = refused ? LEVEL_ERROR : field->level;
    if (finding && *finding && (refused || field->level >= LEVEL_NOTE)) {
        note_finding(note, note->level, field->label, finding, field->section, remedy, mend);
        if (entry->left_out)
            str_addf(&note->text, "\nLeft out: %s", entry->left_out);
        return;
    }
    note->level = LEVEL_NONE;
    if (entry->left_out) {
        note->level = LEVEL_WARN;
        str_addf(&note->text, "WARN %s: left out: %s", field->label, entry->left_out);
    } else if (field->kind == FIELD_CHOICE && self->choice < field->whys.count) {
        str_add(&note->text, field->whys.items[self->choice]);
    }
}

static void help(struct ui *ui, struct view *view, struct strings *lines)
{
    struct form_view *self = of(view);
    if (self->at >= self->count)
        return;
    const struct field *field = &ui->page->fields[self->at];
    strings_add(lines, field->label);
    if (field->help && *field->help)
        strings_split(lines, field->help, '\n');
    for (size_t i = 0; i < field->choices.count; i++) {
        const char *label = i < field->labels.count ? field->labels.items[i] : "";
        const char *why = i < field->whys.count ? field->whys.items[i] : "";
        strings_add_take(lines, xformat("  %s%s%s", *label ? label : field->choices.items[i],
                                        *why ? ": " : "", why));
    }
    if (field->follows)
        strings_add(lines, "= before the label: it follows other answers until you type one here.");
    if (field->section && *field->section)
        strings_add_take(lines, xformat("Guide %s", field->section));
    strings_add_take(lines, xformat("Its id for --answers: %s", field->id));
    struct note said = {0};
    note(ui, view, &said);
    if (said.level >= LEVEL_NOTE && said.text.length > 0) {
        strings_add(lines, "");
        strings_split(lines, str_text(&said.text), '\n');
    }
    str_free(&said.text);
    if (ui->page->intro.count)
        strings_add(lines, "");
    for (size_t i = 0; i < ui->page->intro.count; i++)
        strings_add(lines, ui->page->intro.items[i]);
}

/* Half a second after the last key: what would it mean? */
static void rest(struct ui *ui, struct view *view)
{
    struct form_view *self = of(view);
    if (self->at >= self->count || !self->entries[self->at].typed)
        return;
    unsigned paint_before = ui->paint;
    judge(ui, self, self->at);
    ui->paint = paint_before;
    form_live_draw(ui, self);
    ui_paint(ui, PAINT_BODY | PAINT_FOOT);
}

/* Moves between the choices; none is taken by that. */
static void move_choice(struct ui *ui, struct form_view *self, int step)
{
    size_t count = ui->page->fields[self->at].choices.count;
    if (count == 0)
        return;
    self->choice = step < 0 ? (self->choice + count - 1) % count : (self->choice + 1) % count;
    ui_paint(ui, PAINT_BODY | PAINT_FOOT);
}

static void choose(struct ui *ui, struct form_view *self)
{
    const struct field *field = &ui->page->fields[self->at];
    if (self->choice >= field->choices.count || self->choice == chosen(field))
        return;
    char *word = xstrdup(field->choices.items[self->choice]);
    set(ui, self, self->at, word);
    free(word);
}

static bool choice_key(struct ui *ui, struct form_view *self, const struct key *key)
{
    const struct field *field = &ui->page->fields[self->at];
    char byte = key->press == PRESS_TEXT && key->length == 1 ? key->text[0] : '\0';
    bool tick = field->kind == FIELD_TICK;
    bool on = tick && strcmp(field->value, "yes") == 0;
    if (byte == '?')
        help_open(ui);
    else if (tick && (byte == ' ' || byte == 'x'))
        set(ui, self, self->at, on ? "no" : "yes");
    else if (!tick && byte == ' ')
        choose(ui, self);
    else if (!tick && (key->press == PRESS_LEFT || key->press == PRESS_RIGHT))
        move_choice(ui, self, key->press == PRESS_LEFT ? -1 : 1);
    else
        return byte != '\0';
    return true;
}

static bool mend(struct ui *ui, struct form_view *self)
{
    size_t at = spoken_of(ui, self);
    if (at >= self->count)
        return false;
    const struct field *field = form_field(ui, self, at);
    const char *value = self->entries[at].mend ? self->entries[at].mend : field->mend;
    if (!value)
        return false;
    char *text = xstrdup(value);
    self->at = at;
    lineedit_set(&self->entries[at].line, text);
    self->entries[at].typed = true;
    unjudge(ui, self);
    set(ui, self, at, text);
    free(text);
    return true;
}

/* What stands in the field is not what was judged any more. */
static void edited(struct ui *ui, struct form_view *self)
{
    struct entry *entry = &self->entries[self->at];
    const char *text = lineedit_text(&entry->line);
    entry->typed = strcmp(text, ui->page->fields[self->at].value) != 0;
    entry->draft = false;
    if (!entry->typed)
        forget_problem(entry);
    if (!*text && entry->left_out) {
        free(entry->left_out);
        entry->left_out = NULL;
        ui_paint(ui, PAINT_FOOT);
    }
    if (self->is_judged) { /* an older text's */
        page_free(&self->judged);
        self->judged = (struct page){0};
        self->is_judged = false;
    }
    ui_typed(ui);
    ui_paint(ui, PAINT_BODY);
}

/* Every name of a paste; what of it is none goes to left. */
static bool paste_list(const struct field *field, struct lineedit *line, const char *text,
                       struct strings *left)
{
    struct strings values = {0};
    names_split(text, &values);
    if (field->names)
        names_sort(&values, left);
    char *joined = names_join(&values);
    bool good = lineedit_add_words(line, joined, ", ");
    strings_free(&values);
    free(joined);
    return good;
}

static void lines_behind_the_first(const char *text, struct strings *left)
{
    bool first = true;
    for (const char *at = text; *at; at += *at != '\0') {
        size_t length = strcspn(at, "\r\n");
        if (strspn(at, " \t") < length) {
            if (!first)
                strings_add_take(left, xstrndup(at, length));
            first = false;
        }
        at += length;
    }
}

/* A list takes every name of a paste, another field its first line; the rest is told. */
static void paste(struct ui *ui, struct form_view *self, const struct key *key)
{
    const struct field *field = &ui->page->fields[self->at];
    struct entry *entry = &self->entries[self->at];
    struct strings left = {0};
    char *text = xstrndup(key->paste, key->paste_length);
    bool good;
    if (field->list) {
        good = paste_list(field, &entry->line, text, &left);
    } else {
        lines_behind_the_first(text, &left);
        good = lineedit_key(&entry->line, key);
    }
    free(entry->left_out);
    entry->left_out = left.count > 0 ? strings_join(&left, ", ") : NULL;
    edited(ui, self);
    if (!good)
        ui_say(ui, LEVEL_ERROR, "%s: too long for one field, nothing of it was taken.",
               field->label);
    ui_paint(ui, PAINT_FOOT);
    strings_free(&left);
    free(text);
}

static bool edit(struct ui *ui, struct form_view *self, const struct key *key)
{
    struct entry *entry = &self->entries[self->at];
    if (key->press == PRESS_PASTE) {
        if (key->paste_refused || memmem(key->paste, key->paste_length, "-----BEGIN ", 11))
            return false;
        paste(ui, self, key);
        return true;
    }
    bool undo = key->press == PRESS_CONTROL && key->number == '_';
    if ((undo && !lineedit_can_undo(&entry->line)) || !lineedit_key(&entry->line, key))
        return false;
    edited(ui, self);
    return true;
}

static bool moves(struct ui *ui, struct view *view, const struct key *key)
{
    struct form_view *self = of(view);
    switch (key->press) {
    case PRESS_TAB:
    case PRESS_DOWN:
        leave(ui, view, 1);
        return true;
    case PRESS_BACKTAB:
    case PRESS_UP:
        leave(ui, view, -1);
        return true;
    case PRESS_ENTER:
        if (self->at + 1 < self->count)
            leave(ui, view, 1);
        else
            ui_next(ui);
        return true;
    case PRESS_PAGE_UP:
    case PRESS_PAGE_DOWN:
        take_field(ui, view);
        if (ui_base(ui) == view && self->count > 0)
            focus(ui, self, key->press == PRESS_PAGE_UP ? 0 : self->count - 1);
        return true;
    case PRESS_MOUSE:
        if (key->number == 64 || key->number == 65) {
            leave(ui, view, key->number == 64 ? -1 : 1);
        } else if (key->number == 0 && form_cells_find(self, key->y) < self->count) {
            size_t at = form_cells_find(self, key->y);
            take_field(ui, view);
            if (ui_base(ui) == view && at < self->count)
                focus(ui, self, at);
        }
        return true;
    default:
        return false;
    }
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct form_view *self = of(view);
    if (moves(ui, view, key))
        return true;
    if (self->at >= self->count)
        return false;
    if (key->press == PRESS_FUNCTION && key->number == 5)
        return mend(ui, self);
    if (ui->page->fields[self->at].kind != FIELD_TEXT)
        return choice_key(ui, self, key);
    return edit(ui, self, key);
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    struct form_view *self = of(view);
    hint_add(hints, HINT_ALWAYS, "F1 Why");
    if (self->at < self->count) {
        enum field_kind kind = ui->page->fields[self->at].kind;
        size_t at = spoken_of(ui, self);
        if (self->count > 1)
            hint_add(hints, kind == FIELD_CHOICE ? 43 : 50, "Tab Field");
        if (kind == FIELD_TICK)
            hint_add(hints, 75, "Space Tick");
        else if (kind == FIELD_CHOICE) {
            hint_add(hints, 74, "Left/Right Move");
            hint_add(hints, 75, "Space Choose");
        }
        if (self->entries[at].mend || form_field(ui, self, at)->mend)
            hint_add(hints, 88, "F5 Mend");
    }
    hints_page(ui, hints, false);
}

static size_t at(const struct view *view)
{
    return of(view)->at;
}

static void close_view(struct view *view)
{
    struct form_view *self = of(view);
    for (size_t i = 0; i < self->count; i++)
        entry_free(&self->entries[i]);
    free(self->entries);
    if (self->is_judged)
        page_free(&self->judged);
    free(self->page_id);
    free(self);
}

struct view *form_view_new(struct ui *ui)
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
                                        .go_to_label = go_to_label,
                                        .refused = refused,
                                        .at = at,
                                        .draft = keep_drafts,
                                        .help = help};
    struct form_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    self->page_id = xstrdup(ui->page->id);
    self->at = ui->page->at < ui->page->field_count ? ui->page->at : 0;
    renew_entries(ui, self);
    take_drafts(ui, self);
    focus(ui, self, self->at);
    return &self->view;
}
