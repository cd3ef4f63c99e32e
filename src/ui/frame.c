#include "base/mem.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NARROW_COLUMNS 60
#define COMPACT_ROWS 3
#define HINT_LEAVE_NARROW 60
#define NAME_LEAST 12 /* "long..m 2.9 - " */
#define NEXT_MOST_NARROW 17

/* On a small screen a page to be read leaves what nothing is said in to its lines. */
static int rows_of_text(const struct ui *ui)
{
    const struct page *page = ui->page;
    struct strings lines = {0};
    if (page->message && *page->message)
        text_wrap(&lines, page->message, ui->columns - 1);
    for (size_t i = 0; !lines.count && i < page->why.count; i++)
        text_wrap(&lines, page->why.items[i], ui->columns - 1);
    int rows = (int)lines.count;
    strings_free(&lines);
    return rows < 1 ? 1 : rows < COMPACT_ROWS ? rows : COMPACT_ROWS;
}

int frame_message_rows(struct ui *ui)
{
    if (ui->compact)
        return ui->page->kind == PAGE_TEXT ? rows_of_text(ui) : COMPACT_ROWS;
    if (ui->page->kind != PAGE_LIST)
        return 3;
    int most = 2;
    for (size_t i = 0; i < ui->page->row_count; i++) {
        struct strings lines = {0};
        text_wrap(&lines, ui->page->rows[i].detail ? ui->page->rows[i].detail : "",
                  ui->columns - 2);
        if ((int)lines.count > most)
            most = (int)lines.count;
        strings_free(&lines);
    }
    bool is_long = (int)ui->page->row_count > ui->rows / 2; /* F1 tells what has no room */
    int limit = is_long ? ui->rows / 6 : ui->rows / 4;
    return most < limit ? most : limit;
}

/* Where there is room, a blank row stands between the message rows and the line of keys. */
int frame_bottom(const struct ui *ui)
{
    return ui->rows - (ui->compact ? 1 : 2) - ui->message_rows;
}

/* Where it is too long the step is told short, then the deployment's name is cut: what the page
 * shows stands whole. */
static void add_heading(const struct page *page, int columns, struct str *text)
{
    char *step = page->steps ? xformat(" - step %d of %d", page->step, page->steps) : xstrdup("");
    int heading = text_columns(page->heading), title = text_columns(page->title);
    if (page->steps && heading + text_columns(step) > columns) {
        free(step);
        step = xformat(" - %d/%d", page->step, page->steps);
    }
    int room = columns - title - text_columns(step);
    if (heading + text_columns(step) > columns && room >= NAME_LEAST &&
        text_ends(page->heading, page->title)) {
        char *name = xstrndup(page->heading, strlen(page->heading) - strlen(page->title));
        text_fit(text, name, room);
        str_add(text, page->title);
        free(name);
    } else {
        str_add(text, page->heading);
    }
    str_add(text, step);
    free(step);
}

static void draw_heading(struct ui *ui)
{
    const struct page *page = ui->page;
    struct str text = {0};
    if (ui->compact) {
        str_add(&text, page->title);
        if (page->steps > 0)
            str_addf(&text, " - %d/%d", page->step, page->steps);
        struct view *base = ui_base(ui);
        if (page->kind == PAGE_FORM && page->field_count > 0 && base->ops->at)
            str_addf(&text, " field %zu/%zu", base->ops->at(base) + 1, page->field_count);
    } else {
        add_heading(page, ui->columns, &text);
    }
    wattrset(stdscr, A_BOLD);
    draw_fit(stdscr, 0, 0, ui->columns, str_text(&text));
    wattrset(stdscr, A_NORMAL);
    str_free(&text);
}

static void note_add(struct note *note, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        str_addf(&note->text, "%s%s", i ? "\n" : "", lines->items[i]);
}

/* What was typed is no answer that could be taken. */
static bool is_refused(struct ui *ui)
{
    struct view *base = ui_base(ui);
    return base->ops->refused && base->ops->refused(base);
}

/* On a line of its own where there is one. */
static void add_insist(struct ui *ui, struct str *text)
{
    size_t lines = 1;
    for (const char *at = str_text(text); *at; at++)
        lines += *at == '\n';
    str_add(text, lines < (size_t)ui->message_rows ? "\n" : ". ");
    str_add(text, is_refused(ui) ? "F2 again goes on without what is typed."
                                 : "F2 again goes on; what was found stays.");
}

static void draw_messages(struct ui *ui)
{
    struct note note = {0};
    struct view *base = ui_base(ui);
    if (ui->said) {
        note.level = ui->said_level;
        str_add(&note.text, ui->said);
    } else if (base->ops->note) {
        base->ops->note(ui, base, &note);
    }
    if (note.text.length == 0)
        note_add(&note, &ui->page->why);
    else if (ui->insist && !ui->page->firm && note.level == LEVEL_ERROR)
        add_insist(ui, &note.text);

    int margin = ui->compact ? 0 : 1;
    struct strings lines = {0};
    if (note.text.length > 0)
        text_wrap(&lines, str_text(&note.text), ui->columns - margin - 1);
    int top = frame_bottom(ui), room = ui->message_rows;
    int skip = room > (int)lines.count ? room - (int)lines.count : 0;
    for (int i = 0; i < room; i++) {
        wmove(stdscr, top + i, 0);
        wclrtoeol(stdscr);
        if (i >= skip && i - skip < (int)lines.count)
            draw_message(stdscr, top + i, margin, ui->columns - margin, lines.items[i - skip],
                         i == skip ? note.level : LEVEL_NONE);
    }
    if ((int)lines.count > room)
        draw_marked(stdscr, top + room - 1, margin, ui->columns - margin, lines.items[room - 1],
                    " .. (F1)");
    strings_free(&lines);
    str_free(&note.text);
}

static void sentence(struct str *out, const char *text)
{
    str_add(out, text);
    size_t length = strlen(text);
    if (length > 0 && !strchr(".!?:", text[length - 1]))
        str_add_char(out, '.');
}

void note_finding(struct note *note, enum level level, const char *label, const char *finding,
                  const char *section, const char *remedy, const char *mend)
{
    note->level = level;
    str_addf(&note->text, "%s %s: ", level_word(level), label);
    sentence(&note->text, finding);
    if (section && *section && !strstr(finding, "uide "))
        str_addf(&note->text, " Guide %s", section);
    if ((remedy && *remedy) || mend)
        str_add_char(&note->text, '\n');
    if (remedy && *remedy)
        sentence(&note->text, remedy);
    if (mend)
        str_addf(&note->text, remedy && *remedy ? " F5 does it." : "F5 makes it %s", mend);
}

void hint_add(struct hints *hints, int weight, const char *format, ...)
{
    if (hints->count == sizeof hints->items / sizeof *hints->items)
        return;
    struct hint *hint = &hints->items[hints->count++];
    va_list args;
    va_start(args, format);
    vsnprintf(hint->text, sizeof hint->text, format, args);
    va_end(args);
    hint->weight = weight;
}

static const struct hint *hint_starting(const struct hints *hints, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < hints->count; i++)
        if (strncmp(hints->items[i].text, key, length) == 0 && hints->items[i].text[length] == ' ')
            return &hints->items[i];
    return NULL;
}

/* A capital does more than its small letter, and is rarer. */
static bool is_rare(const struct action *action)
{
    return action->rare || (action->letter >= 'A' && action->letter <= 'Z');
}

static void hint_action(struct hints *hints, const struct action *action, bool list)
{
    char key[16];
    if (action->function > 0)
        snprintf(key, sizeof key, "F%d", action->function);
    else if (list && action->letter)
        snprintf(key, sizeof key, "%c", action->letter);
    else
        return;
    if (!hint_starting(hints, key))
        hint_add(hints, is_rare(action) ? 41 : 70, "%s %s", key, action->label);
}

/* Beside F1 and Esc it would find no room. */
static bool is_narrow_for(const struct ui *ui, const char *next)
{
    return ui->columns < NARROW_COLUMNS && text_columns(next) > NEXT_MOST_NARROW;
}

void hints_page(struct ui *ui, struct hints *hints, bool list)
{
    const struct page *page = ui->page;
    for (size_t i = 0; i < page->action_count; i++)
        if (ui_acts_here(ui, &page->actions[i]))
            hint_action(hints, &page->actions[i], list);
    if (page->clipboard && !hint_starting(hints, "F8"))
        hint_add(hints, 66, "F8 Copy");
    if ((page->live.count > 0 || page->text.count > 0) && page->kind != PAGE_TEXT &&
        !hint_starting(hints, "F6"))
        hint_add(hints, 45, "F6 Text");
    if (page->kind != PAGE_MENU && page->next && *page->next && !hint_starting(hints, "F2"))
        hint_add(hints, 90, "F2 %s", is_narrow_for(ui, page->next) ? "Next" : page->next);
    if (page->undo)
        hint_add(hints, 44, "^_ Undo");
    for (size_t i = 0; i < page->mark_count; i++) {
        if (page->marks[i].id && *page->marks[i].id) {
            hint_add(hints, 40, "F3 Go to");
            break;
        }
    }
    hints_always(hints, page->first ? "" : "Back");
}

void hints_always(struct hints *hints, const char *esc)
{
    if (!hint_starting(hints, "F1"))
        hint_add(hints, HINT_ALWAYS, "F1 Help");
    if (*esc)
        hint_add(hints, HINT_ALWAYS, "Esc %s", esc);
    hint_add(hints, HINT_ALWAYS, screen_serial() ? "Esc 0 Leave" : "F10 Leave");
}

/* Where a key stands in the line: help, moving, going on, function keys, letters, away. */
static int hint_rank(const struct hint *hint)
{
    static const char *const order[] = {"Esc-", "F1 ",    "Enter ", "Tab ", "Up",
                                        "Left", "Space ", "/ ",     "F2 ",  "F4 ",
                                        "F5 ",  "F6 ",    "F7 ",    "F8 ",  "F9 "};
    static const char *const last[] = {"Esc ", "F3 ", "F10 ", "Esc 0 "};
    int rank = 0, count = sizeof order / sizeof *order;
    while (rank < count && !text_starts(hint->text, order[rank]))
        rank++;
    if (rank < count)
        return rank;
    for (int i = sizeof last / sizeof *last - 1; i >= 0; i--)
        if (text_starts(hint->text, last[i]))
            return count + 1 + i;
    return count;
}

void hints_sort(struct hints *hints)
{
    for (size_t i = 1; i < hints->count; i++) {
        struct hint hint = hints->items[i];
        size_t at = i;
        for (; at > 0 && hint_rank(&hints->items[at - 1]) > hint_rank(&hint); at--)
            hints->items[at] = hints->items[at - 1];
        hints->items[at] = hint;
    }
}

/* Leaving is told on every page, but where Esc leads back a narrow line is for what one came for:
 * F1 tells the rest. */
static void lighten_leaving(struct hints *hints)
{
    if (!hint_starting(hints, "Esc"))
        return;
    for (size_t i = 0; i < hints->count; i++)
        if (text_starts(hints->items[i].text, "F10 ") ||
            text_starts(hints->items[i].text, "Esc 0 "))
            hints->items[i].weight = HINT_LEAVE_NARROW;
}

/* The weightiest first; a narrow line passes over what is too long for it. */
static void choose_hints(struct hints *hints, int columns, bool *shown)
{
    bool narrow = columns < NARROW_COLUMNS, tried[HINTS_MOST] = {false};
    int total = 0;
    if (narrow)
        lighten_leaving(hints);
    memset(shown, 0, HINTS_MOST * sizeof *shown);
    for (size_t turn = 0; turn < hints->count; turn++) {
        size_t most = hints->count;
        for (size_t i = hints->count; i-- > 0;)
            if (!tried[i] &&
                (most == hints->count || hints->items[i].weight > hints->items[most].weight))
                most = i;
        int width = text_columns(hints->items[most].text);
        tried[most] = true;
        shown[most] = total + width <= columns;
        if (!shown[most] && !narrow)
            return;
        total += shown[most] ? width + 2 : 0;
    }
}

void draw_hints(WINDOW *win, int y, int columns, struct hints *hints)
{
    hints_sort(hints);
    bool shown[HINTS_MOST];
    choose_hints(hints, columns, shown);
    int x = 0;
    wmove(win, y, 0);
    wclrtoeol(win);
    for (size_t i = 0; i < hints->count; i++) {
        if (!shown[i])
            continue;
        int used = draw_text(win, y, x, columns - x, hints->items[i].text);
        const char *blank = strchr(hints->items[i].text, ' ');
        if (blank)
            draw_looks(win, y, x, (int)(blank - hints->items[i].text), A_BOLD, 0);
        x += used + 2;
    }
}

static void draw_keys(struct ui *ui)
{
    struct view *base = ui_base(ui);
    struct hints hints = {0};
    if (keys_after_esc(screen_keys())) /* Esc, and now perhaps a digit */
        hint_add(&hints, 100, "Esc-");
    base->ops->hints(ui, base, &hints);
    draw_hints(stdscr, ui->rows - 1, ui->columns - 1, &hints);
    if (ui->options->ids && !ui->compact) {
        const char *id = ui->page_id;
        if (ui->page->kind == PAGE_FORM && base->ops->at && ui->page->field_count > 0)
            id = ui->page->fields[base->ops->at(base)].id;
        wmove(stdscr, ui->rows - 2, 0);
        wclrtoeol(stdscr);
        draw_fit(stdscr, ui->rows - 2, 1, ui->columns - 2, id);
    }
}

void frame_foot(struct ui *ui)
{
    draw_messages(ui);
    draw_keys(ui);
}

void frame_draw(struct ui *ui)
{
    werase(stdscr);
    draw_heading(ui);
    frame_foot(ui);
}
