#include "base/file.h"
#include "base/mem.h"
#include "ui/chooser.h"
#include "ui/columns.h"
#include "ui/view.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MOST 500 /* further ones are found by typing on */

/* A path to type, and below it what the folder has that begins so: typing chooses, Tab completes.
 */
struct path_view {
    struct view view;
    char *title;
    text_done done;
    struct lineedit line;
    char *folder;         /* of the names below */
    struct strings names; /* folders end in a slash */
    struct strings shown; /* those that begin as the path's last part */
    size_t at;            /* 0: the path as typed; else shown[at - 1] */
    bool more;
    struct chooser chooser;
    struct pane pane;
    int list_y, list_height;
};

static struct path_view *of(const struct view *view)
{
    return (struct path_view *)view;
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void read_folder(struct path_view *self, const char *folder)
{
    if (self->folder && strcmp(self->folder, folder) == 0)
        return;
    free(self->folder);
    self->folder = xstrdup(folder);
    strings_free(&self->names);
    self->names = (struct strings){0};
    DIR *open = opendir(*folder ? folder : ".");
    if (!open)
        return;
    struct strings files = {0};
    for (struct dirent *entry; (entry = readdir(open));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = path_join(folder, entry->d_name);
        if (is_folder(path))
            strings_add_take(&self->names, xformat("%s/", entry->d_name));
        else
            strings_add(&files, entry->d_name);
        free(path);
    }
    closedir(open);
    strings_sort(&self->names);
    strings_sort(&files);
    for (size_t i = 0; i < files.count; i++)
        strings_add(&self->names, files.items[i]);
    strings_free(&files);
}

/* The names that go with what is typed. Hidden ones only when asked for. */
static void match(struct path_view *self)
{
    const char *path = lineedit_text(&self->line), *base = path_base(path);
    char *folder = xstrndup(path, (size_t)(base - path));
    read_folder(self, folder);
    free(folder);
    strings_free(&self->shown);
    self->shown = (struct strings){0};
    self->more = false;
    size_t length = strlen(base);
    for (size_t i = 0; i < self->names.count; i++) {
        const char *name = self->names.items[i];
        if (strncasecmp(name, base, length) != 0 || (name[0] == '.' && base[0] != '.'))
            continue;
        if (self->shown.count == SHOWN_MOST) {
            self->more = true;
            break;
        }
        strings_add(&self->shown, name);
    }
    self->at = 0;
}

static void drop(struct view *view)
{
    struct path_view *self = of(view);
    chooser_drop(&self->chooser);
    pane_close(&self->pane);
}

static void build_list(struct ui *ui, struct path_view *self)
{
    int height = self->list_height;
    if ((int)self->shown.count < height)
        height = (int)self->shown.count;
    chooser_build(&self->chooser, &self->shown, self->at > 0 ? self->at - 1 : 0, self->list_y, 0,
                  height, ui->columns);
}

static void build(struct ui *ui, struct view *view)
{
    struct path_view *self = of(view);
    drop(view);
    pane_open(&self->pane, ui->rows, ui->columns, 0, 0);
    if (!self->pane.win)
        return;
    self->list_y = ui->compact ? 3 : 5;
    self->list_height = ui->rows - 2 - self->list_y - (ui->compact ? 0 : 1);
    build_list(ui, self);
}

static void hints(struct ui *ui, struct view *view, struct hints *hints)
{
    (void)ui;
    struct path_view *self = of(view);
    hint_add(hints, 90, self->at > 0 ? "Enter Open or take" : "Enter Take");
    hint_add(hints, 75, "F2 Take the folder");
    hint_add(hints, 70, "Tab Complete");
    hint_add(hints, 60, "Up/Down Move");
    hints_always(hints, "Back");
}

/* No name is begun behind the folder's. */
static bool is_folder_whole(const struct path_view *self)
{
    const char *text = lineedit_text(&self->line);
    return !*text || text_ends(text, "/");
}

static void draw(struct ui *ui, struct view *view)
{
    struct path_view *self = of(view);
    if (!self->pane.win)
        return;
    werase(self->pane.win);
    wattrset(self->pane.win, A_BOLD);
    draw_fit(self->pane.win, 0, 0, ui->columns, self->title);
    wattrset(self->pane.win, A_NORMAL);
    int y = self->list_y - 2, width = ui->columns - 10, cursor;
    struct str text = {0};
    bool before, after;
    draw_text(self->pane.win, y, 1, 5, "Path ");
    str_add_char(&text, '[');
    lineedit_show(&self->line, width, &text, &cursor, &before, &after);
    str_add_char(&text, ']');
    text.data[0] = before ? '<' : '[';
    draw_text(self->pane.win, y, 6, width + 2, str_text(&text));
    str_free(&text);
    if (self->shown.count == 0)
        draw_text(self->pane.win, self->list_y, 1, ui->columns - 2,
                  is_folder_whole(self) ? "Nothing is in this folder." : "Nothing here begins so.");
    else if (self->more)
        draw_text(self->pane.win, ui->rows - 2, 1, ui->columns - 2, "There are more: type on.");
    struct hints keys = {0};
    if (keys_after_esc(screen_keys()))
        hint_add(&keys, 100, "Esc-");
    hints(ui, view, &keys);
    draw_hints(self->pane.win, ui->rows - 1, ui->columns - 1, &keys);
    ui->cursor_y = y;
    ui->cursor_x = 7 + cursor;
    int list_y, list_x;
    if (self->at > 0)
        chooser_paint(&self->chooser, &list_y, &list_x);
    else if (self->chooser.pane.win)
        for (int i = 0; i < self->chooser.height; i++)
            mvwaddch(self->chooser.pane.win, i, 1, ' '); /* the bar begins in the path itself */
}

/* The path as typed, with the name under the bar for its last part. */
static char *chosen_path(const struct path_view *self)
{
    const char *path = lineedit_text(&self->line);
    if (self->at == 0)
        return xstrdup(path);
    return xformat("%.*s%s", (int)(path_base(path) - path), path, self->shown.items[self->at - 1]);
}

static void retype(struct ui *ui, struct path_view *self, const char *path)
{
    lineedit_set(&self->line, path);
    match(self);
    build_list(ui, self);
    ui_paint(ui, PAINT_BODY);
}

static void finish(struct ui *ui, struct path_view *self, const char *path)
{
    text_done done = self->done;
    char *copy = path ? xstrdup(path) : NULL;
    ui_pop(ui);
    done(ui, copy);
    free(copy);
}

static void enter(struct ui *ui, struct path_view *self, bool take_folder)
{
    char *path = chosen_path(self);
    size_t length = strlen(path);
    if (self->at > 0 && !take_folder && is_folder(path)) {
        retype(ui, self, path);
    } else if (length > 0) {
        if (length > 1 && path[length - 1] == '/')
            path[length - 1] = '\0';
        finish(ui, self, path);
    } else if (take_folder) {
        finish(ui, self, ".");
    }
    free(path);
}

/* As far as all names shown agree. */
static void complete(struct ui *ui, struct path_view *self)
{
    if (self->shown.count == 0)
        return;
    const char *first = self->shown.items[0];
    size_t same = strlen(first);
    for (size_t i = 1; i < self->shown.count; i++) {
        size_t length = 0;
        while (length < same && self->shown.items[i][length] == first[length])
            length++;
        same = length;
    }
    const char *path = lineedit_text(&self->line), *base = path_base(path);
    if (same < strlen(base))
        return;
    char *longer = xformat("%.*s%.*s", (int)(base - path), path, (int)same, first);
    retype(ui, self, longer);
    free(longer);
}

static bool key(struct ui *ui, struct view *view, const struct key *key)
{
    struct path_view *self = of(view);
    ui_paint(ui, PAINT_BODY);
    switch (key->press) {
    case PRESS_ESC:
        finish(ui, self, NULL);
        return true;
    case PRESS_ENTER:
        enter(ui, self, false);
        return true;
    case PRESS_FUNCTION:
        if (key->number != 2)
            return false;
        enter(ui, self, true);
        return true;
    case PRESS_TAB:
        complete(ui, self);
        return true;
    case PRESS_UP:
        if (self->at > 1)
            chooser_key(&self->chooser, key, ui->now_ms);
        self->at = self->at > 0 ? self->at - 1 : 0;
        return true;
    case PRESS_DOWN:
    case PRESS_PAGE_DOWN:
    case PRESS_PAGE_UP:
        if (self->shown.count == 0)
            return true;
        if (self->at > 0)
            chooser_key(&self->chooser, key, ui->now_ms);
        self->at = chooser_at(&self->chooser) + 1;
        return true;
    default:
        if (!lineedit_key(&self->line, key))
            return false;
        match(self);
        build_list(ui, self);
        return true;
    }
}

static void close_view(struct view *view)
{
    struct path_view *self = of(view);
    free(self->title);
    free(self->folder);
    strings_free(&self->names);
    strings_free(&self->shown);
    lineedit_free(&self->line);
    free(self);
}

struct view *path_new(const char *title, const char *start, text_done done)
{
    static const struct view_ops ops = {.build = build,
                                        .drop = drop,
                                        .draw = draw,
                                        .key = key,
                                        .hints = hints,
                                        .close = close_view};
    struct path_view *self = xcalloc(1, sizeof *self);
    self->view.ops = &ops;
    self->title = xformat("%s: which file or folder?", title);
    self->done = done;
    lineedit_set(&self->line, start ? start : "");
    match(self);
    return &self->view;
}
