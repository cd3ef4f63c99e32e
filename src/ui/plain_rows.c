#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"
#include "ui/plain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_LIST 9 /* rows; one hears at once how many come */

static void say_detail(struct plain *plain, size_t number)
{
    const struct row *row = &plain->page->rows[number - 1];
    struct strings lines = {0};
    char *detail = say_keys(row->detail ? row->detail : "", number);
    if (*detail)
        strings_split(&lines, detail, '\n');
    free(detail);
    say_lines(plain->out, &lines);
    strings_free(&lines);
    if (row->clipboard) /* to be copied from here as it is */
        say_lines(plain->out, &row->below);
    else if (!plain->page->heads.count) /* there it is a picture of what the row says */
        say_text(plain->out, &row->below);
}

static void why(struct plain *plain, const void *what)
{
    (void)what;
    const struct page *page = plain->page;
    for (size_t i = 0; i < page->row_count; i++) {
        if (!page->rows[i].detail || !*page->rows[i].detail)
            continue;
        say_row(plain->out, i + 1, &page->rows[i]);
        say_detail(plain, i + 1);
    }
    say_lines(plain->out, &page->why);
    for (size_t i = 0; i < page->action_count; i++)
        say(plain->out, "%s, or %s N for row N: %s%s.", page->actions[i].id, page->actions[i].id,
            page->actions[i].label,
            page->actions[i].wants_path     ? ", asks for a path"
            : page->actions[i].wants_text   ? ", asks for a text"
            : page->actions[i].wants_secret ? ", asks for a password"
                                            : "");
    if (page->kind == PAGE_MENU)
        say(plain->out, "A row's number or its first word chooses it.");
    else if (page->kind == PAGE_GRID)
        say(plain->out, "A row's number asks for all that stands in it; also: tick N, why N.");
    else
        say(plain->out, "A row's number ticks, opens or explains it; also: tick N, open N, why N, "
                        "inspect N, whole N.");
    say(plain->out, "leave ends this, and all is saved.");
    plain_keys(plain);
}

static void say_actions(struct plain *plain)
{
    const struct page *page = plain->page;
    struct str text = {0};
    for (size_t i = 0; i < page->action_count; i++)
        str_addf(&text, "%s%s (%s)", i > 0 ? ", " : "", page->actions[i].id,
                 page->actions[i].label);
    if (text.length > 0)
        say(plain->out, "Also: %s.", str_text(&text));
    str_free(&text);
}

/* What is wrong in a table, behind it. */
static void say_cells(struct plain *plain)
{
    for (size_t i = 0; i < plain->page->field_count; i++) {
        const struct field *field = &plain->page->fields[i];
        if (plain->page->kind != PAGE_GRID || field->level < LEVEL_WARN)
            continue;
        char *text = xformat("%s: %s", field->label, field->finding);
        say_finding(plain->out, field->level, text, field->remedy);
        free(text);
    }
}

static void say_told(struct plain *plain, size_t row)
{
    say_found(plain->out, row + 1, &plain->page->rows[row]);
    if (plain->page->unfold)
        say_lines(plain->out, &plain->page->rows[row].below);
}

static void say_page(struct plain *plain)
{
    const struct page *page = plain->page;
    if (page->row_count > LONG_LIST)
        say(plain->out, "%zu rows:", page->row_count);
    for (size_t i = 0; i < page->row_count; i++)
        if (page->kind == PAGE_GRID)
            say_cells_of(plain->out, page, i);
        else
            say_told(plain, i);
    say_cells(plain);
    if (text_starts(page->id, "text:")) /* asked for as it is */
        say_lines(plain->out, &page->text);
    else
        say_text(plain->out, &page->text);
    say_lines(plain->out, &page->live);
    say_actions(plain);
}

/* whole: as the appliance prints it, every byte of it. */
static void inspect(struct plain *plain, size_t row, bool whole)
{
    struct page page = {0};
    flow_inspect(plain->flow, plain->page->rows[row].file, &page);
    if (whole) {
        say_lines(plain->out, &page.live);
        page_free(&page);
        return;
    }
    say_lines(plain->out, &page.intro);
    for (size_t i = 0; i < page.row_count; i++)
        say_row(plain->out, 0, &page.rows[i]);
    say_text(plain->out, &page.text);
    if (page.live.count)
        say(plain->out, "whole %zu says its whole text.", row + 1);
    page_free(&page);
}

static void why_path(struct plain *plain, const void *what)
{
    (void)what;
    say(plain->out, "The path of a file or of a folder with files.");
    plain_keys(plain);
}

/* What the action needs besides: a path, a text (given: typed already), a yes. */
static enum step act(struct plain *plain, const struct action *action, size_t row,
                     const char *given)
{
    char *id = xstrdup(action->id), *text = given ? xstrdup(given) : NULL;
    enum step step = STEP_STAYED;
    bool yes = !action->confirm;
    enum reply reply = REPLY_TEXT;
    if (given) {
        /* nothing is left to ask */
    } else if (action->wants_path) {
        char *prompt = xformat("%s, path (? <): ", action->label);
        reply = plain_ask(plain, id, prompt, why_path, NULL);
        free(prompt);
        if (reply == REPLY_TEXT)
            text = xstrdup(plain->line);
    } else if (action->wants_text) {
        text = plain_text(plain, action->label);
    } else if (action->wants_secret) {
        reply = plain_secret(plain, id, action->label, &text);
    }
    if (reply == REPLY_TEXT && action->confirm)
        reply = plain_confirm(plain, id, action->confirm, &yes);
    if (reply == REPLY_END)
        step = STEP_END;
    else if (reply == REPLY_GONE)
        step = STEP_GONE;
    else if (reply == REPLY_TEXT && yes &&
             plain_take(plain,
                        &(struct event){.kind = EVENT_ACTION, .id = id, .text = text, .row = row}))
        step = STEP_GONE; /* the same page perhaps, but another value: shown again */
    if (text)
        wipe(text, strlen(text));
    free(text);
    free(id);
    return step;
}

static const struct action *action_of(const struct page *page, const struct row *row)
{
    for (size_t i = 0; row->action && *row->action && i < page->action_count; i++)
        if (strcmp(page->actions[i].id, row->action) == 0)
            return &page->actions[i];
    return NULL;
}

static enum step choose(struct plain *plain, size_t row, enum event_kind kind)
{
    const struct action *action =
        kind == EVENT_CHOOSE ? action_of(plain->page, &plain->page->rows[row]) : NULL;
    if (action)
        return act(plain, action, row, NULL);
    struct event event = {.kind = kind, .row = row};
    return plain_take(plain, &event) ? STEP_GONE : STEP_STAYED;
}

static const struct action *find_action(const struct page *page, const char *word)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (strcasecmp(page->actions[i].id, word) == 0 ||
            strcasecmp(page->actions[i].label, word) == 0)
            return &page->actions[i];
    return NULL;
}

static const struct action *action_that(const struct page *page, bool wants_path)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (wants_path ? page->actions[i].wants_path : page->actions[i].wants_text)
            return &page->actions[i];
    return NULL;
}

/* A path typed where files are waited for ("path ANSWER" or the path alone), or PEM pasted there.
 */
static bool take_material(struct plain *plain, enum step *step)
{
    const struct action *files = action_that(plain->page, true);
    const struct action *paste = action_that(plain->page, false);
    if (paste && text_starts(plain->line, "-----BEGIN")) {
        struct str pem = {0};
        str_addf(&pem, "%s\n", plain->line);
        char *rest = plain_text(plain, paste->label);
        str_add(&pem, rest);
        wipe(rest, strlen(rest));
        free(rest);
        *step = act(plain, paste, 0, str_text(&pem));
        str_wipe(&pem);
        return true;
    }
    if (!files || plain->page->kind == PAGE_MENU)
        return false;
    size_t word = strlen(files->id);
    bool named = text_starts(plain->line, files->id) && plain->line[word] == ' ';
    const char *path = named ? plain->line + word + 1 : plain->line;
    if (!named && access(path, F_OK) != 0 && !strchr(path, '/'))
        return false;
    char *copy = xstrdup(path);
    *step = act(plain, files, 0, copy);
    free(copy);
    return true;
}

/* A row's number alone: what Enter or Space would do on the screen. */
static enum step use_row(struct plain *plain, size_t row)
{
    const struct row *at = &plain->page->rows[row];
    if (plain->page->kind == PAGE_GRID)
        return plain_cells(plain, row);
    if (plain->page->kind == PAGE_MENU || (at->can_open && !at->can_tick))
        return choose(plain, row, EVENT_CHOOSE);
    if (at->can_tick)
        return choose(plain, row, EVENT_TICK);
    say_detail(plain, row + 1);
    return STEP_STAYED;
}

/* "mend 3", "open 2", "3", "path". */
static enum step command(struct plain *plain)
{
    const struct page *page = plain->page;
    char *line = plain->line, *end;
    unsigned long number = strtoul(line, &end, 10);
    if (!*end) {
        if (number >= 1 && number <= page->row_count)
            return use_row(plain, number - 1);
        say(plain->out, "Error: there are rows 1 to %zu.", page->row_count);
        return STEP_STAYED;
    }
    /* The last word may be a row's number. */
    size_t row = 0;
    char *last = strrchr(line, ' ');
    if (last) {
        number = strtoul(last + 1, &end, 10);
        if (last[1] && !*end && number >= 1 && number <= page->row_count) {
            row = number - 1;
            *last = '\0';
        } else {
            last = NULL;
        }
    }
    if (strcmp(line, "leave") == 0) {
        plain->leaving = true;
        return STEP_GONE;
    }
    if (last && strcmp(line, "tick") == 0)
        return choose(plain, row, EVENT_TICK);
    if (last && strcmp(line, "open") == 0)
        return choose(plain, row, EVENT_CHOOSE);
    if (last && (strcmp(line, "why") == 0 || strcmp(line, "?") == 0)) {
        say_detail(plain, row + 1);
        return STEP_STAYED;
    }
    bool whole = strcmp(line, "whole") == 0;
    if (last && (whole || strcmp(line, "inspect") == 0) && page->rows[row].file &&
        *page->rows[row].file) {
        inspect(plain, row, whole);
        return STEP_STAYED;
    }
    const struct action *action = find_action(page, line);
    if (action)
        return act(plain, action, row, NULL);
    if (last)
        *last = ' ';
    enum step step;
    if (take_material(plain, &step))
        return step;
    for (size_t i = 0; page->kind == PAGE_MENU && i < page->row_count; i++)
        if (page->rows[i].id && strcasecmp(page->rows[i].id, line) == 0)
            return choose(plain, i, EVENT_CHOOSE);
    say(plain->out, "Error: no row or action has that name. ? tells what there is.");
    return STEP_STAYED;
}

enum step plain_rows(struct plain *plain)
{
    say_page(plain);
    for (;;) {
        const struct page *page = plain->page;
        bool menu = page->kind == PAGE_MENU;
        bool stuck = page->next && !*page->next;
        const char *next = page->next && *page->next ? page->next : "Next";
        size_t at = page->at < page->row_count ? page->at : 0;
        char *prompt = menu ? xformat("Choose 1 to %zu [%zu] (? < #): ", page->row_count, at + 1)
                       : page->kind == PAGE_GRID
                           ? xformat("A row to change, an action, or Enter: %s (? < #): ", next)
                       : stuck ? xstrdup("Nothing leads on from here, < goes back (? < #): ")
                       : action_that(page, true)
                           ? xformat("A path, a row, an action, or Enter: %s (? < #): ", next)
                       : page->row_count > 0
                           ? xformat("A row, an action, or Enter: %s (? < #): ", next)
                           : xformat("Enter: %s (? < #): ", next);
        free(plain->id);
        plain->id = xstrdup(page->id);
        enum reply reply = plain_ask(plain, plain->id, prompt, why, NULL);
        free(prompt);
        enum step step = STEP_STAYED;
        if (reply == REPLY_END)
            return STEP_END;
        if (reply == REPLY_GONE)
            return STEP_GONE;
        if (reply == REPLY_BACK)
            step = plain_back(plain);
        else if (reply == REPLY_DEFAULT && menu && page->row_count > 0)
            step = choose(plain, at, EVENT_CHOOSE);
        else if (reply == REPLY_DEFAULT)
            step = plain_next(plain);
        else if (reply == REPLY_TEXT)
            step = command(plain);
        if (step != STEP_STAYED)
            return step;
    }
}
