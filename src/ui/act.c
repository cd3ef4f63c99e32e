#include "base/mem.h"
#include "base/secret.h"
#include "ui/view.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT_PAGE "import" /* where pasted certificates belong */

void ui_say(struct ui *ui, enum level level, const char *format, ...)
{
    struct str text = {0};
    va_list args;
    va_start(args, format);
    char buffer[2048];
    vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    if (level >= LEVEL_WARN && !text_starts(buffer, level_word(level)))
        str_addf(&text, "%s ", level_word(level));
    str_add(&text, buffer);
    free(ui->said);
    ui->said = str_take(&text);
    ui->said_level = level;
    ui_paint(ui, PAINT_FOOT);
}

void ui_say_error(struct ui *ui, const struct error *err)
{
    ui_say(ui, LEVEL_ERROR, "%s%s%s%s%s", err->place, *err->place ? ": " : "", err->message,
           *err->remedy ? "\n" : "", err->remedy);
}

static void unsay(struct ui *ui)
{
    free(ui->said);
    ui->said = NULL;
    ui_paint(ui, PAINT_FOOT);
}

void ui_keep_draft(struct ui *ui)
{
    struct view *base = ui_base(ui);
    if (base && base->ops->draft)
        base->ops->draft(ui, base);
    draft_save(ui->draft);
    ui->draft_ms = 0;
}

/* Waits for "Keep the names and rename". */
struct asked {
    struct event event;
    char *id, *text;
    bool next; /* F2 brought it: it goes on afterwards */
};

void ui_forget_asked(struct ui *ui)
{
    if (ui->asked) {
        free(ui->asked->id);
        free(ui->asked->text);
        free(ui->asked);
    }
    ui->asked = NULL;
}

void ui_page_changed(struct ui *ui)
{
    ui->page = flow_page(ui->flow);
    unsay(ui);
    if (ui->page->message && *ui->page->message)
        ui_say(ui, ui->page->message_level, "%s", ui->page->message);
    if (flow_ended(ui->flow))
        ui->ended = true;
    struct view *base = ui_base(ui);
    char *id = xformat("%d %s", (int)ui->page->kind, ui->page->id);
    if (!base || strcmp(id, ui->page_id) != 0) {
        ui_keep_draft(ui); /* what was half typed waits where it stood */
        while (ui->top)
            ui_pop(ui);
        ui_forget_asked(ui);
        free(ui->page_id);
        ui->page_id = id;
        ui->insist = false;
        static struct view *(*const views[])(struct ui *) = {
            [PAGE_MENU] = menu_view_new, [PAGE_FORM] = form_view_new, [PAGE_LIST] = list_view_new,
            [PAGE_GRID] = grid_view_new, [PAGE_TEXT] = page_text_new, [PAGE_JOB] = job_view_new};
        ui_push(ui, views[ui->page->kind](ui));
    } else {
        free(id);
        if (base->ops->page)
            base->ops->page(ui, base);
    }
    ui_paint(ui, PAINT_ALL);
}

static void answered(struct ui *ui, int choice)
{
    struct asked *asked = ui->asked;
    if (choice == 1) {
        ui->asked = NULL; /* taking it may put the next question */
        asked->event.insist = true;
        if (ui_take(ui, &asked->event) && asked->next)
            ui_next(ui);
        free(asked->id);
        free(asked->text);
        free(asked);
        return;
    }
    ui_forget_asked(ui);
    ui_say(ui, LEVEL_NOTE, "Nothing is changed.");
}

bool ui_ask_first(struct ui *ui, const struct event *event)
{
    if (!ui->page->ask)
        return false;
    ui_forget_asked(ui);
    ui->asked = xcalloc(1, sizeof *ui->asked);
    ui->asked->event = *event;
    ui->asked->id = event->id ? xstrdup(event->id) : NULL;
    ui->asked->text = event->text ? xstrdup(event->text) : NULL;
    ui->asked->event.id = ui->asked->id;
    ui->asked->event.text = ui->asked->text;
    struct strings choices = {0};
    strings_add(&choices, "Not now");
    strings_add(&choices, ui->page->ask_verb);
    ui_push(ui, choice_new(ui->page->ask, &choices, 0, answered));
    strings_free(&choices);
    return true;
}

bool ui_take(struct ui *ui, const struct event *event)
{
    struct error err = {0};
    if (!flow_take(ui->flow, event, &err)) {
        ui->page = flow_page(ui->flow);
        if (ui_ask_first(ui, event))
            return false;
        ui_say_error(ui, &err);
        return false;
    }
    ui_page_changed(ui);
    return true;
}

const struct action *page_action(const struct page *page, const char *id)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (strcmp(page->actions[i].id, id) == 0)
            return &page->actions[i];
    return NULL;
}

const struct action *page_function(const struct page *page, int function)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (page->actions[i].function == function)
            return &page->actions[i];
    return NULL;
}

static bool commit(struct ui *ui)
{
    struct view *base = ui_base(ui);
    return !base->ops->commit || base->ops->commit(ui, base);
}

static bool has_rows(const struct ui *ui)
{
    enum page_kind kind = ui->page->kind;
    return kind == PAGE_LIST || kind == PAGE_MENU || kind == PAGE_GRID;
}

static size_t row_at(struct ui *ui)
{
    struct view *base = ui_base(ui);
    return has_rows(ui) && base->ops->at ? base->ops->at(base) : 0;
}

static void pending_clear(struct ui *ui)
{
    if (ui->pending_text)
        wipe(ui->pending_text, strlen(ui->pending_text));
    free(ui->pending_text);
    free(ui->pending_action);
    ui->pending_text = ui->pending_action = NULL;
    ui->pending_confirmed = false;
}

static void pending_go(struct ui *ui);

static void confirmed(struct ui *ui, int choice)
{
    if (choice == 1) {
        ui->pending_confirmed = true;
        pending_go(ui);
    } else {
        pending_clear(ui);
    }
}

static void text_given(struct ui *ui, const char *text)
{
    if (!text) {
        pending_clear(ui);
        return;
    }
    ui->pending_text = xstrdup(text);
    pending_go(ui);
}

/* "Every server has it: end this renewal" asks for "End this renewal". Free it. */
static char *verb_of(const char *question)
{
    const char *colon = strstr(question, ": ");
    char *verb = xstrdup(colon ? colon + 2 : question);
    *verb = (char)toupper((unsigned char)*verb);
    return verb;
}

/* The safe answer stands first and has the focus. */
static void ask(struct ui *ui, const char *question, const char *verb)
{
    size_t length = strlen(question);
    bool asks = length > 0 && question[length - 1] == '?';
    char *text = xformat("%s%s", question, asks ? "" : "?");
    struct strings choices = {0};
    strings_add(&choices, "Not now");
    strings_add_take(&choices, asks ? xstrdup(verb) : verb_of(question));
    ui_push(ui, choice_new(text, &choices, 0, confirmed));
    strings_free(&choices);
    free(text);
}

/* Without this answer nothing goes on, however often one asks. */
static bool lacks_answer(const struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++) {
        const struct field *field = &page->fields[i];
        if (field->kind == FIELD_TEXT && !field->optional && !field->fixed && !*field->value)
            return true;
    }
    return false;
}

/* Refused for a field's sake, the field says why; insisting may be refused as well. */
static void go_on(struct ui *ui, const struct event *event)
{
    struct error err = {0};
    if (flow_take(ui->flow, event, &err)) {
        ui->insist = false;
        ui_page_changed(ui);
        return;
    }
    ui->page = flow_page(ui->flow);
    if (ui_ask_first(ui, event))
        return;
    ui->insist = !event->insist && err.code != STATUS_SYSTEM && !lacks_answer(ui->page);
    struct view *base = ui_base(ui);
    bool field = base->ops->first_error && base->ops->first_error(ui, base);
    if (!field && base->ops->go_to_label)
        base->ops->go_to_label(ui, base, err.place);
    if (err.code == STATUS_SYSTEM || !field)
        ui_say_error(ui, &err);
}

/* What waits goes on: asks for what is still missing, then tells the flow. */
static void pending_go(struct ui *ui)
{
    if (!ui->pending_action) {
        struct event event = {.kind = EVENT_NEXT, .insist = ui->insist};
        if (ui->page->confirm_next && !ui->pending_confirmed) {
            ask(ui, ui->page->confirm_next, ui->page->next);
            return;
        }
        pending_clear(ui);
        go_on(ui, &event);
        return;
    }
    const struct action *action = page_action(ui->page, ui->pending_action);
    if (!action) {
        pending_clear(ui);
        return;
    }
    if (action->wants_path && !ui->pending_text) {
        ui_push(ui, path_new(action->label, action->start, text_given));
    } else if (action->wants_text && !ui->pending_text) {
        ui_push(ui, paste_new(action->label, text_given));
    } else if (action->wants_secret && !ui->pending_text) {
        ui_push(ui, secret_new(action->label, text_given));
    } else if (action->confirm && !ui->pending_confirmed) {
        ask(ui, action->confirm, action->label);
    } else {
        struct event event = {.kind = EVENT_ACTION,
                              .id = ui->pending_action,
                              .text = ui->pending_text,
                              .row = ui->pending_row};
        ui_take(ui, &event);
        pending_clear(ui);
    }
}

bool ui_acts_here(struct ui *ui, const struct action *action)
{
    struct view *base = ui_base(ui);
    size_t row = action->of_row && base->ops->at ? base->ops->at(base) : ui->page->row_count;
    return !action->of_row ||
           (row < ui->page->row_count && strings_has(&ui->page->rows[row].does, action->id));
}

static void act(struct ui *ui, const struct action *action)
{
    if (action->confirm && !ui_acts_here(ui, action)) { /* nothing to ask about */
        ui_say(ui, LEVEL_NOTE, "%s: not this row.", action->label);
        return;
    }
    pending_clear(ui);
    ui->pending_action = xstrdup(action->id);
    ui->pending_row = row_at(ui);
    pending_go(ui);
}

/* Enter on a row: what the row stands for may be an action that asks for more first. */
void ui_choose(struct ui *ui, size_t row)
{
    if (row >= ui->page->row_count)
        return;
    const struct action *action =
        ui->page->rows[row].action ? page_action(ui->page, ui->page->rows[row].action) : NULL;
    if (action)
        act(ui, action);
    else
        ui_take(ui, &(struct event){.kind = EVENT_CHOOSE, .row = row});
}

void ui_next(struct ui *ui)
{
    char *id = xstrdup(ui->page_id);
    bool insist = ui->insist;
    bool good = commit(ui);
    bool same = strcmp(id, ui->page_id) == 0;
    free(id);
    if (!same)
        return;
    if (ui->asked) {
        ui->asked->next = true;
        return;
    }
    struct view *base = ui_base(ui);
    bool error = base->ops->first_error && base->ops->first_error(ui, base);
    if ((error || !good) && !insist) {
        ui->insist = !lacks_answer(ui->page);
        ui_paint(ui, PAINT_FOOT);
        return;
    }
    ui->insist = insist;
    pending_clear(ui);
    pending_go(ui);
}

/* Only Enter, Tab and F2 answer: what is half typed stays a draft. */
static void go_back(struct ui *ui)
{
    char *id = xstrdup(ui->page_id);
    if (ui_take(ui, &(struct event){.kind = EVENT_BACK}) && strcmp(id, ui->page_id) == 0 &&
        !ui->said)
        ui_say(ui, LEVEL_NOTE, "Nothing lies before this page. %s leaves.",
               screen_serial() ? "Esc 0" : "F10");
    free(id);
}

void ui_leave(struct ui *ui, int status)
{
    ui_keep_draft(ui);
    ui->ended = true;
    ui->status = status;
}

static void gone_to(struct ui *ui, int choice)
{
    size_t at = 0;
    for (size_t i = 0; i < ui->page->mark_count; i++) {
        const char *id = ui->page->marks[i].id;
        if (!id || !*id)
            continue;
        if ((int)at++ == choice) {
            char *copy = xstrdup(id);
            ui_take(ui, &(struct event){.kind = EVENT_GOTO, .id = copy});
            free(copy);
            return;
        }
    }
}

static void go_to(struct ui *ui)
{
    struct strings choices = {0};
    size_t at = 0;
    for (size_t i = 0; i < ui->page->mark_count; i++) {
        const struct mark *mark = &ui->page->marks[i];
        if (!mark->id || !*mark->id)
            continue;
        if (mark->sign == '>')
            at = choices.count;
        strings_add_take(&choices,
                         xformat("%-16s  %s", mark->label, mark->words ? mark->words : ""));
    }
    if (choices.count > 0)
        ui_push(ui, choice_new("Go to", &choices, at, gone_to));
    else
        ui_say(ui, LEVEL_NOTE, "Nothing to go to from here: %s.",
               ui->page->first ? "a row leads on" : "Esc goes back");
    strings_free(&choices);
}

static void add_all(struct strings *to, const struct strings *from)
{
    for (size_t i = 0; i < from->count; i++)
        strings_add(to, from->items[i]);
}

void ui_whole_text(struct ui *ui)
{
    struct strings lines = {0};
    struct view *base = ui_base(ui);
    if (ui->page->kind == PAGE_LIST && ui->page->row_count > 0 && base->ops->help)
        base->ops->help(ui, base, &lines);
    if (ui->page->kind == PAGE_LIST && row_at(ui) < ui->page->row_count)
        add_all(&lines, &ui->page->rows[row_at(ui)].below);
    if (lines.count > 0)
        strings_add(&lines, "");
    add_all(&lines, &ui->page->live);
    add_all(&lines, &ui->page->text);
    if (lines.count > 0)
        ui_push(ui, text_view_new(ui->page->title, &lines, NULL));
    strings_free(&lines);
}

static void inspect(struct ui *ui, const char *file)
{
    struct page page = {0};
    flow_inspect(ui->flow, file, &page);
    struct strings lines = {0};
    add_all(&lines, &page.intro);
    for (size_t i = 0; i < page.row_count; i++) {
        const struct row *row = &page.rows[i];
        bool word = row->word && *row->word;
        strings_add_take(&lines,
                         word ? xformat("%-6s%s", row->word, row->text) : xstrdup(row->text));
    }
    add_all(&lines, &page.text);
    ui_push(ui, text_view_with_raw(page.heading ? page.heading : file, &lines, &page.live));
    strings_free(&lines);
    page_free(&page);
}

static void inspect_or_pick(struct ui *ui)
{
    size_t row = row_at(ui);
    if (has_rows(ui) && row < ui->page->row_count && ui->page->rows[row].file &&
        *ui->page->rows[row].file) {
        inspect(ui, ui->page->rows[row].file);
        return;
    }
    for (size_t i = 0; i < ui->page->action_count; i++) {
        if (ui->page->actions[i].wants_path) {
            act(ui, &ui->page->actions[i]);
            return;
        }
    }
    ui_say(ui, LEVEL_NOTE, "No file here to inspect.");
}

static const struct action *text_action(const struct page *page)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (page->actions[i].wants_text)
            return &page->actions[i];
    return NULL;
}

static void copy_or_paste(struct ui *ui)
{
    const struct action *action = text_action(ui->page);
    size_t at = row_at(ui);
    const struct row *row = at < ui->page->row_count ? &ui->page->rows[at] : NULL;
    const char *text = row && row->clipboard ? row->clipboard : ui->page->clipboard;
    if (text) {
        const char *file = row && row->file ? row->file : "";
        screen_copy(text);
        ui_say(ui, LEVEL_OK, "Copied, if this terminal lets programs copy.%s%s",
               *file ? " The file: " : "", file);
    } else if (action) {
        act(ui, action);
    }
}

/* PEM goes where certificates are taken, from whatever page. */
static void pasted(struct ui *ui, const struct key *key)
{
    if (key->paste_refused) {
        ui_say(ui, LEVEL_ERROR, "pasted text over 1 MB is refused: give the file's path instead");
        return;
    }
    bool pem = memmem(key->paste, key->paste_length, "-----BEGIN ", 11) != NULL;
    const struct action *action = text_action(ui->page);
    if (!action && pem) {
        for (size_t i = 0; i < ui->page->mark_count && !action; i++) {
            if (ui->page->marks[i].id && strcmp(ui->page->marks[i].id, IMPORT_PAGE) == 0) {
                if (!ui_take(ui, &(struct event){.kind = EVENT_GOTO, .id = IMPORT_PAGE}))
                    return;
                action = text_action(ui->page);
                break;
            }
        }
    }
    if (!action) {
        ui_say(ui, LEVEL_NOTE,
               pem ? "Certificates are taken on the page Import." : "Nothing here takes text.");
        return;
    }
    pending_clear(ui);
    ui->pending_action = xstrdup(action->id);
    ui->pending_text = xstrndup(key->paste, key->paste_length);
    ui->pending_row = row_at(ui);
    pending_go(ui);
}

static void function(struct ui *ui, int number)
{
    const struct action *action = page_function(ui->page, number);
    if (number == 1) {
        help_open(ui);
    } else if (number == 2) {
        ui_next(ui);
    } else if (number == 10) {
        ui_leave(ui, STATUS_OK);
    } else if (action) {
        act(ui, action);
    } else if (number == 3) {
        go_to(ui);
    } else if (number == 4) {
        inspect_or_pick(ui);
    } else if (number == 6) {
        ui_whole_text(ui);
    } else if (number == 8) {
        copy_or_paste(ui);
    }
}

static bool letter(struct ui *ui, char byte)
{
    if (byte == '?') {
        help_open(ui);
        return true;
    }
    for (size_t i = 0; i < ui->page->action_count; i++) {
        if (ui->page->actions[i].letter && ui->page->actions[i].letter == byte) {
            act(ui, &ui->page->actions[i]);
            return true;
        }
    }
    return false;
}

bool ui_page_key(struct ui *ui, const struct key *key)
{
    switch (key->press) {
    case PRESS_FUNCTION:
        function(ui, key->number);
        return true;
    case PRESS_ESC:
        go_back(ui);
        return true;
    case PRESS_PASTE:
        pasted(ui, key);
        return true;
    case PRESS_TEXT:
        return ui->page->kind != PAGE_FORM && key->length == 1 && letter(ui, key->text[0]);
    case PRESS_CONTROL:
        if (key->number == '_')
            ui_take(ui, &(struct event){.kind = EVENT_UNDO});
        return key->number == '_';
    default:
        return false;
    }
}
