#include "base/mem.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_MS 250
#define PROGRESS_SERIAL_MS 1000
#define BAR_MOST 44
#define BAR_LEAST 4

/* Work under way on its thread: a bar, a line for each step that is done. The screen stays alive.
 */
struct job_view {
    struct view view;
    struct strings notes;
    struct str bytes; /* of the pipe, up to a line's end */
    size_t done, total;
    long long begun_ms;
    bool cancelled, leaving;
};

static struct job_view *of(const struct view *view)
{
    return (struct job_view *)view;
}

static void start(struct ui *ui, struct job_view *self)
{
    void *arg = NULL;
    struct error err = {0};
    job_function function = flow_job(ui->flow, &arg);
    if (!function || ui->job)
        return;
    strings_free(&self->notes);
    self->notes = (struct strings){0};
    self->done = self->total = 0;
    self->cancelled = self->leaving = false;
    self->begun_ms = ui->now_ms;
    if (!job_start(function, arg, &ui->job, &ui->job_fd, &err)) {
        ui->job = NULL;
        ui_say_error(ui, &err);
    }
}

static void build(struct ui *ui, struct view *view)
{
    (void)ui;
    (void)view;
}

static void drop(struct view *view)
{
    (void)view;
}

/* What the longest count and time to come leave, so that nothing jumps. */
static int bar_columns(const struct ui *ui, size_t total, int margin)
{
    char *rest = xformat(
        ui->compact ? "%zu of %zu  []  9999 s" : "%zu of %zu  []  about 9999 s left", total, total);
    int columns = ui->columns - margin - (int)strlen(rest);
    free(rest);
    return columns > BAR_MOST ? BAR_MOST : columns > BAR_LEAST ? columns : BAR_LEAST;
}

static void draw_bar_line(struct ui *ui, struct job_view *self, int y, int margin)
{
    int width = bar_columns(ui, self->total, margin);
    struct str text = {0};
    if (self->total > 0) {
        size_t filled = (size_t)width * self->done / self->total;
        str_addf(&text, "%zu of %zu  [", self->done, self->total);
        for (int i = 0; i < width; i++)
            str_add_char(&text, (size_t)i < filled ? '#' : '.');
        str_add(&text, "]");
    }
    long long spent = ui->now_ms - self->begun_ms;
    if (ui->job && self->done > 0 && self->done < self->total) {
        long long left =
            (spent * (long long)(self->total - self->done) / (long long)self->done) / 1000;
        str_addf(&text, ui->compact ? "  %lld s" : "  about %lld s left", left + 1);
    } else if (ui->job && self->total == 0) {
        str_add(&text, "Working ...");
    }
    if (self->cancelled && ui->job)
        str_add(&text, "  stopping");
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    draw_text(stdscr, y, margin, ui->columns - margin, str_text(&text));
    str_free(&text);
}

/* "KEPT x" keeps its word; what begins otherwise was done. Where its rest begins. */
static const char *without_word(const char *note, size_t *word)
{
    *word = 0;
    while (isupper((unsigned char)note[*word]))
        ++*word;
    if (*word < 2 || note[*word] != ' ')
        *word = 0;
    const char *rest = note + *word;
    while (*word && *rest == ' ')
        rest++;
    return rest;
}

/* The note is about what the page's row with this id waits for. */
static bool is_of(const char *note, const char *id)
{
    size_t word;
    const char *rest = without_word(note, &word);
    size_t length = strlen(id);
    return length && strncmp(rest, id, length) == 0 && (!rest[length] || rest[length] == ' ');
}

static void draw_line(struct ui *ui, int y, int margin, const char *word, const char *text)
{
    char *line = xformat("%-6s%s", word, text);
    wmove(stdscr, y, 0);
    wclrtoeol(stdscr);
    draw_cut(stdscr, y, margin, ui->columns - margin, line);
    free(line);
}

/* In the columns of the page's rows. */
static void draw_step(struct ui *ui, int y, int margin, const char *note)
{
    size_t word;
    const char *rest = without_word(note, &word);
    int name = (int)strcspn(rest, " ");
    char *first = word ? xstrndup(note, word) : xstrdup("OK");
    char *text = ui->page->row_count && rest[name]
                     ? xformat("%-15.*s %s", name, rest, rest + name + 1)
                     : xstrdup(rest);
    draw_line(ui, y, margin, first, text);
    free(text);
    free(first);
}

/* The row that is worked on: the first of which no note tells. NULL: none is known. */
static const struct row *row_at_work(struct ui *ui, const struct job_view *self)
{
    for (size_t i = 0; i < ui->page->row_count; i++) {
        const struct row *row = &ui->page->rows[i];
        bool told = !*row->id;
        for (size_t j = 0; j < self->notes.count && !told; j++)
            told = is_of(self->notes.items[j], row->id);
        if (!told)
            return row;
    }
    return NULL;
}

/* "...  callbridge  key, request", then "wait  8 more". */
static void draw_rest(struct ui *ui, struct job_view *self, int y, int bottom, int margin)
{
    const struct row *row = ui->job ? row_at_work(ui, self) : NULL;
    size_t left = self->total - self->done;
    if (row && y < bottom && (left || !self->total)) {
        draw_line(ui, y++, margin, "...", row->text);
        left -= left > 0;
    }
    if (y >= bottom)
        return;
    char *more = xformat("%zu more", left);
    if (ui->job && left)
        draw_line(ui, y, margin, "wait", more);
    else
        draw_line(ui, y, margin, "", "");
    free(more);
}

static void draw(struct ui *ui, struct view *view)
{
    struct job_view *self = of(view);
    int y = FRAME_TOP, bottom = frame_bottom(ui), margin = ui->compact ? 0 : 1;
    for (size_t i = 0; !self->total && i < ui->page->intro.count && y < bottom - 4; i++)
        draw_text(stdscr, y++, margin, ui->columns - margin, ui->page->intro.items[i]);
    draw_bar_line(ui, self, y, margin);
    y += 2;
    ui->cursor_y = y - 2;
    ui->cursor_x = 0;
    if (!ui->job && self->notes.count == 0) { /* not begun, or looked at again later */
        for (size_t i = 0; i < ui->page->row_count && y < bottom; i++) {
            const struct row *row = &ui->page->rows[i];
            char *text = xformat("%-6s%s", row->word ? row->word : "", row->text);
            draw_message(stdscr, y++, margin, ui->columns - margin, text, row->level);
            free(text);
        }
        return;
    }
    size_t room = bottom - y > 2 ? (size_t)(bottom - y - 2) : 1, first = 0;
    if (self->notes.count > room)
        first = self->notes.count - room;
    for (size_t i = first; i < self->notes.count; i++)
        draw_step(ui, y++, margin, self->notes.items[i]);
    draw_rest(ui, self, y, bottom, margin);
}

static void ended(struct ui *ui, struct job_view *self)
{
    struct error err = {0};
    bool good = job_join(ui->job, &err);
    bool leaving = self->leaving;
    ui->job = NULL;
    ui->job_fd = -1;
    ui->progress_ms = 0;
    flow_job_result(ui->flow, good, &err);
    if (leaving) {
        ui_leave(ui, STATUS_OK);
        return;
    }
    while (ui->top->under) /* a question whether to cancel has no object any more */
        ui_pop(ui);
    if (!ui_take(ui, &(struct event){.kind = EVENT_DONE}))
        return;
    if (!good && !ui->said)
        ui_say_error(ui, &err);
    ui_paint(ui, PAINT_ALL);
}

/* "done total note" */
static void take_line(struct job_view *self, char *line)
{
    char *end;
    size_t done = strtoul(line, &end, 10);
    size_t total = strtoul(end, &end, 10);
    if (total == 0)
        return;
    self->done = done < total ? done : total;
    self->total = total;
    while (*end == ' ')
        end++;
    if (*end)
        strings_add(&self->notes, end);
}

void job_view_progress(struct ui *ui)
{
    struct job_view *self = of(ui_base(ui));
    char bytes[4096];
    ssize_t count = read(ui->job_fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count <= 0) {
        ended(ui, self);
        return;
    }
    str_add_bytes(&self->bytes, bytes, (size_t)count);
    char *line = self->bytes.data, *end;
    while ((end = strchr(line, '\n'))) {
        *end = '\0';
        take_line(self, line);
        line = end + 1;
    }
    size_t left = strlen(line);
    memmove(self->bytes.data, line, left + 1);
    self->bytes.length = left;
    if (!ui->progress_ms)
        ui->progress_ms = ui->now_ms + (screen_serial() ? PROGRESS_SERIAL_MS : PROGRESS_MS);
}

static void cancelled(struct ui *ui, int choice)
{
    if (choice == 1 && ui->job) {
        job_cancel(ui->job);
        of(ui_base(ui))->cancelled = true;
        ui_paint(ui, PAINT_ALL);
    }
}

static void cancelled_to_leave(struct ui *ui, int choice)
{
    cancelled(ui, choice);
    if (choice == 1)
        of(ui_base(ui))->leaving = true;
}

static void ask_to_stop(struct ui *ui, bool leave)
{
    struct strings choices = {0};
    strings_add(&choices, "Go on");
    strings_add(&choices, leave ? "Stop after this step and leave" : "Stop after this step");
    ui_push(ui, choice_new(ui->page->stop ? ui->page->stop : "What is done stays done. Stop?",
                           &choices, 0, leave ? cancelled_to_leave : cancelled));
    strings_free(&choices);
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct job_view *self = of(view);
    if (!ui->job) {
        if (key->press == PRESS_ENTER || (key->press == PRESS_FUNCTION && key->number == 2)) {
            ui_next(ui);
            if (ui_base(ui) == view)
                start(ui, self);
            return true;
        }
        return false;
    }
    if (key->press == PRESS_ESC)
        ask_to_stop(ui, false);
    else if (key->press == PRESS_FUNCTION && key->number == 10)
        ask_to_stop(ui, true);
    else if (key->press == PRESS_FUNCTION && key->number == 1)
        help_open(ui);
    return true;
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)view;
    if (ui->job) {
        hints_always(hints, "Cancel (asks)");
    } else {
        hints_page(ui, hints, false);
    }
}

static void close_view(struct view *view)
{
    struct job_view *self = of(view);
    strings_free(&self->notes);
    str_free(&self->bytes);
    free(self);
}

struct view *job_view_new(struct ui *ui)
{
    static const struct view_ops ops = {.build = build,
                                        .drop = drop,
                                        .draw = draw,
                                        .key = key,
                                        .hints = hints,
                                        .close = close_view};
    struct job_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    start(ui, self);
    return &self->view;
}
