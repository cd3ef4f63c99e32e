#include "base/mem.h"
#include "base/secret.h"
#include "ui/chooser.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <stdlib.h>
#include <string.h>

/* What is laid over the lower rows: a question with verbs to choose from, a place to paste into, a
 * line to search for. A rule above, no box. */
enum { TITLE_LEAST = 3 };
struct dialog {
    struct view view;
    char *title;
    struct strings choices;
    size_t at;
    choice_done chosen;
    text_done done;
    struct chooser chooser;
    struct lineedit line;
    struct str text; /* pasted; may be a private key: wiped */
    struct pane pane;
    int y, height;
    int title_rows, first; /* of a question: how much of it is seen, and from which line on */
};

static struct dialog *of(const struct view *view)
{
    return (struct dialog *)view;
}

static struct dialog *dialog_new(const struct view_ops *ops, const char *title)
{
    struct dialog *self = xcalloc(1, sizeof *self);
    self->view.ops = ops;
    self->title = xstrdup(title);
    return self;
}

static void open_window(struct ui *ui, struct dialog *self, int height)
{
    if (height > ui->rows)
        height = ui->rows;
    self->height = height;
    self->y = ui->rows - height;
    pane_open(&self->pane, height, ui->columns, self->y, 0);
}

static void drop(struct view *view)
{
    struct dialog *self = of(view);
    chooser_drop(&self->chooser);
    pane_close(&self->pane);
}

static void close_view(struct view *view)
{
    struct dialog *self = of(view);
    free(self->title);
    strings_free(&self->choices);
    lineedit_free(&self->line);
    str_wipe(&self->text);
    free(self);
}

static void draw_frame(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    werase(self->pane.win);
    draw_rule(self->pane.win, 0, 0, ui->columns);
    struct hints hints = {0};
    if (keys_after_esc(screen_keys()))
        hint_add(&hints, 100, "Esc-");
    view->ops->hints(ui, view, &hints);
    draw_hints(self->pane.win, self->height - 1, ui->columns - 1, &hints);
}

/* A line tells that there is more of it. */
static int draw_title(struct ui *ui, struct dialog *self, int most)
{
    struct strings lines = {0};
    text_wrap(&lines, self->title, ui->columns - 2);
    int count = (int)lines.count, seen = count <= most ? count : most > 1 ? most - 1 : 1;
    if (self->first > count - seen)
        self->first = count - seen;
    wattrset(self->pane.win, A_BOLD);
    for (int i = 0; i < seen; i++)
        draw_text(self->pane.win, 1 + i, 1, ui->columns - 2, lines.items[self->first + i]);
    wattrset(self->pane.win, A_NORMAL);
    int below = count - seen - self->first;
    if (count > seen) {
        char *more =
            below > 0 ? xformat("PgDn: %d more below", below) : xstrdup("PgUp: from the top");
        draw_text(self->pane.win, 1 + seen, 1, ui->columns - 2, more);
        free(more);
    }
    strings_free(&lines);
    return count > seen ? seen + 1 : seen;
}

/* A question and its choices. */
static void choice_build(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    if (self->pane.win)
        self->at = chooser_at(&self->chooser);
    drop(view);
    struct strings lines = {0};
    text_wrap(&lines, self->title, ui->columns - 2);
    int title = (int)lines.count, rows = (int)self->choices.count, blanks = ui->compact ? 0 : 2;
    strings_free(&lines);
    int room = ui->rows - 2 - blanks, least = title < TITLE_LEAST ? title : TITLE_LEAST;
    if (rows > room - least)
        rows = room - least > 0 ? room - least : 1;
    self->title_rows = title < room - rows ? title : room - rows;
    open_window(ui, self, 1 + self->title_rows + rows + blanks + 1);
    if (self->pane.win)
        chooser_build(&self->chooser, &self->choices, self->at,
                      self->y + 1 + self->title_rows + blanks / 2, 0, rows, ui->columns);
}

static void choice_draw(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    if (!self->pane.win)
        return;
    draw_frame(ui, view);
    draw_title(ui, self, self->title_rows);
    chooser_paint(&self->chooser, &ui->cursor_y, &ui->cursor_x);
}

static void choice_paint(struct ui *ui, struct view *view)
{
    chooser_paint(&of(view)->chooser, &ui->cursor_y, &ui->cursor_x);
}

/* There is more of the question than is seen. */
static bool is_cut(const struct ui *ui, const struct dialog *self)
{
    struct strings lines = {0};
    text_wrap(&lines, self->title, ui->columns - 2);
    bool is = (int)lines.count > self->title_rows;
    strings_free(&lines);
    return is;
}

static bool choice_key(struct ui *ui, struct view *view, const struct key *key)
{
    struct dialog *self = of(view);
    bool take = key->press == PRESS_ENTER || (key->press == PRESS_FUNCTION && key->number == 2);
    if (take || key->press == PRESS_ESC) {
        choice_done done = self->chosen;
        int choice = take ? (int)chooser_at(&self->chooser) : -1;
        ui_pop(ui);
        done(ui, choice);
        return true;
    }
    bool paged = key->press == PRESS_PAGE_UP || key->press == PRESS_PAGE_DOWN;
    if (paged && is_cut(ui, self)) {
        int by = self->title_rows > 2 ? self->title_rows - 2 : 1;
        self->first += key->press == PRESS_PAGE_UP ? -by : by;
        if (self->first < 0)
            self->first = 0;
        ui_paint(ui, PAINT_ALL);
        return true;
    }
    if (!chooser_key(&self->chooser, key, ui->now_ms))
        return false;
    self->at = chooser_at(&self->chooser);
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void choice_hints(struct ui *ui, struct view *view, struct hints *hints)
{
    hint_add(hints, 90, "Enter Choose");
    if (is_cut(ui, of(view)))
        hint_add(hints, 80, "PgDn More");
    hint_add(hints, 70, "Up/Down Move");
    hints_always(hints, "Back");
}

struct view *choice_new(const char *question, const struct strings *choices, size_t at,
                        choice_done done)
{
    static const struct view_ops ops = {.build = choice_build,
                                        .drop = drop,
                                        .draw = choice_draw,
                                        .paint = choice_paint,
                                        .key = choice_key,
                                        .hints = choice_hints,
                                        .close = close_view};
    struct dialog *self = dialog_new(&ops, question);
    strings_copy(&self->choices, choices);
    self->at = at;
    self->chosen = done;
    return &self->view;
}

static void finish(struct ui *ui, struct dialog *self, const char *text)
{
    text_done done = self->done;
    char *copy = text ? xstrdup(text) : NULL;
    ui_pop(ui);
    done(ui, copy);
    if (copy)
        wipe(copy, strlen(copy));
    free(copy);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void paste_build(struct ui *ui, struct view *view)
{
    drop(view);
    open_window(ui, of(view), ui->compact ? 7 : 9);
}

/* What was pasted is not shown: it may be a private key, and 40 lines say nothing. */
static void paste_draw(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    if (!self->pane.win)
        return;
    draw_frame(ui, view);
    int y = 1 + draw_title(ui, self, self->height - 4);
    draw_text(self->pane.win, y++, 1, ui->columns - 2, "Paste now, or type. F2 takes it.");
    const char *text = str_text(&self->text);
    char *has = xformat("So far %zu lines, %zu PEM blocks.", count_of(text, "\n"),
                        count_of(text, "-----END "));
    draw_text(self->pane.win, y + 1, 1, ui->columns - 2, has);
    free(has);
    const char *last = strrchr(text, '\n');
    last = last ? last + 1 : text;
    bool secret = count_of(text, "PRIVATE KEY-----") % 2 == 1;
    int used =
        draw_text(self->pane.win, y + 2, 1, ui->columns - 3, secret ? "(a private key)" : last);
    ui->cursor_y = self->y + y + 2;
    ui->cursor_x = 1 + used;
}

static void paste_add(struct dialog *self, const char *text, size_t length)
{
    if (self->text.length + length > PASTE_LIMIT_BYTES)
        return;
    if (self->text.capacity <= self->text.length + length) { /* no copy stays behind unwiped */
        struct str bigger = {0};
        str_reserve(&bigger, 2 * (self->text.length + length) + 4096);
        str_add_bytes(&bigger, str_text(&self->text), self->text.length);
        str_wipe(&self->text);
        self->text = bigger;
    }
    str_add_bytes(&self->text, text, length);
}

static bool paste_key(struct ui *ui, struct view *view, const struct key *key)
{
    struct dialog *self = of(view);
    switch (key->press) {
    case PRESS_ESC:
        finish(ui, self, NULL);
        return true;
    case PRESS_FUNCTION:
        if (key->number != 2)
            return false;
        finish(ui, self, self->text.length > 0 ? str_text(&self->text) : NULL);
        return true;
    case PRESS_PASTE:
        if (key->paste_refused) {
            finish(ui, self, NULL);
            ui_say(ui, LEVEL_ERROR,
                   "pasted text over 1 MB is refused: give the file's path instead");
            return true;
        }
        paste_add(self, key->paste, key->paste_length);
        if (memmem(key->paste, key->paste_length, "-----END ", 9)) {
            finish(ui, self, str_text(&self->text));
            return true;
        }
        break;
    case PRESS_TEXT:
        paste_add(self, key->text, key->length);
        break;
    case PRESS_ENTER:
        paste_add(self, "\n", 1);
        break;
    case PRESS_BACKSPACE:
        if (self->text.length > 0)
            self->text.data[--self->text.length] = '\0';
        break;
    default:
        return false;
    }
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void paste_hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)ui;
    (void)view;
    hint_add(hints, 90, "F2 Take it");
    hints_always(hints, "Back");
}

struct view *paste_new(const char *title, text_done done)
{
    static const struct view_ops ops = {.build = paste_build,
                                        .drop = drop,
                                        .draw = paste_draw,
                                        .key = paste_key,
                                        .hints = paste_hints,
                                        .close = close_view};
    struct dialog *self = dialog_new(&ops, title);
    self->done = done;
    return &self->view;
}

static void line_build(struct ui *ui, struct view *view)
{
    drop(view);
    open_window(ui, of(view), 3);
}

/* A star for a character, as many as fit. */
static void secret_draw(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    if (!self->pane.win)
        return;
    draw_frame(ui, view);
    char *label = xformat("%s [", self->title);
    int x = 1 + draw_text(self->pane.win, 1, 1, ui->columns - 4, label), room = ui->columns - x - 2;
    int stars = 0;
    for (const char *byte = str_text(&self->text); *byte; byte++)
        stars += ((unsigned char)*byte & 0xC0) != 0x80;
    stars = stars < room ? stars : room;
    for (int i = 0; i < stars; i++)
        draw_text(self->pane.win, 1, x + i, 1, "*");
    draw_text(self->pane.win, 1, x + stars, 1, "]");
    free(label);
    ui->cursor_y = self->y + 1;
    ui->cursor_x = x + stars;
}

static void secret_back(struct str *text)
{
    while (text->length > 0) {
        unsigned char byte = (unsigned char)text->data[--text->length];
        text->data[text->length] = '\0';
        if ((byte & 0xC0) != 0x80)
            break;
    }
}

static size_t first_line(const char *text, size_t length)
{
    size_t end = 0;
    while (end < length && text[end] && text[end] != '\r' && text[end] != '\n')
        end++;
    return end;
}

static bool secret_key(struct ui *ui, struct view *view, const struct key *key)
{
    struct dialog *self = of(view);
    size_t length;
    switch (key->press) {
    case PRESS_ESC:
        finish(ui, self, NULL);
        return true;
    case PRESS_ENTER:
        finish(ui, self, str_text(&self->text));
        return true;
    case PRESS_TEXT:
        if (self->text.length + key->length < PASSWORD_MAX)
            paste_add(self, key->text, key->length);
        break;
    case PRESS_PASTE: /* its first line */
        length = key->paste_refused ? 0 : first_line(key->paste, key->paste_length);
        if (self->text.length + length < PASSWORD_MAX)
            paste_add(self, key->paste, length);
        break;
    case PRESS_BACKSPACE:
        secret_back(&self->text);
        break;
    case PRESS_CONTROL:
        if (key->number != 'U')
            return false;
        str_wipe(&self->text);
        break;
    default:
        return false;
    }
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void secret_hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)ui;
    (void)view;
    hint_add(hints, 90, "Enter Try it");
    hint_add(hints, 70, "^U Clear");
    hints_always(hints, "Back");
}

struct view *secret_new(const char *title, text_done done)
{
    static const struct view_ops ops = {.build = line_build,
                                        .drop = drop,
                                        .draw = secret_draw,
                                        .key = secret_key,
                                        .hints = secret_hints,
                                        .close = close_view};
    struct dialog *self = dialog_new(&ops, title);
    self->done = done;
    return &self->view;
}

static void search_draw(struct ui *ui, struct view *view)
{
    struct dialog *self = of(view);
    if (!self->pane.win)
        return;
    draw_frame(ui, view);
    struct str text = {0};
    int cursor;
    bool before, after;
    draw_text(self->pane.win, 1, 1, 8, "Search [");
    lineedit_show(&self->line, 30, &text, &cursor, &before, &after);
    str_add_char(&text, ']');
    draw_text(self->pane.win, 1, 9, 31, str_text(&text));
    str_free(&text);
    ui->cursor_y = self->y + 1;
    ui->cursor_x = 9 + cursor;
}

static bool search_key(struct ui *ui, struct view *view, const struct key *key)
{
    struct dialog *self = of(view);
    if (key->press == PRESS_ENTER) {
        finish(ui, self, lineedit_text(&self->line));
        return true;
    }
    if (!lineedit_key(&self->line, key))
        return false;
    ui_paint(ui, PAINT_BODY);
    return true;
}

static void search_hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)ui;
    (void)view;
    hint_add(hints, 90, "Enter Search (then n: again)");
    hints_always(hints, "Back");
}

struct view *search_new(text_done done)
{
    static const struct view_ops ops = {.build = line_build,
                                        .drop = drop,
                                        .draw = search_draw,
                                        .key = search_key,
                                        .hints = search_hints,
                                        .close = close_view};
    struct dialog *self = dialog_new(&ops, "");
    self->done = done;
    return &self->view;
}
