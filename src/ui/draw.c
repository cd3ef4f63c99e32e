#include "ui/draw.h"

#include "base/escape.h"
#include "base/mem.h"
#include "ui/columns.h"
#include "ui/screen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PAIR_ERROR = 1, PAIR_WARN = 2 };

static bool ascii_lines;

void draw_ascii(bool ascii)
{
    ascii_lines = ascii;
}

void pane_open(struct pane *pane, int height, int width, int y, int x)
{
    pane_close(pane);
    pane->win = newwin(height, width, y, x);
    pane->panel = pane->win ? new_panel(pane->win) : NULL;
}

void pane_close(struct pane *pane)
{
    if (pane->panel)
        del_panel(pane->panel);
    if (pane->win)
        delwin(pane->win);
    *pane = (struct pane){0};
}

/* Every text on its way to the screen comes through here: text is what columns.c let pass. */
static void add(WINDOW *win, int y, int x, const char *text)
{
    if (wmove(win, y, x) == ERR)
        return;
    if (text_is_ascii(text)) {
        waddstr(win, text);
        return;
    }
    size_t length = strlen(text), count = 0;
    wchar_t *wide = xcalloc(length + 1, sizeof *wide);
    for (size_t at = 0; at < length;) {
        unsigned code = 0;
        if (utf8_next(text, length, &at, &code))
            wide[count++] = (wchar_t)code;
    }
    waddnwstr(win, wide, (int)count);
    free(wide);
}

int draw_text(WINDOW *win, int y, int x, int columns, const char *text)
{
    if (columns <= 0)
        return 0;
    struct str out = {0};
    int used = text_clip(&out, text, columns);
    add(win, y, x, str_text(&out));
    str_free(&out);
    return used;
}

int draw_cut(WINDOW *win, int y, int x, int columns, const char *text)
{
    bool cut = text_columns(text) > columns && columns > 2;
    int used = draw_text(win, y, x, cut ? columns - 2 : columns, text);
    return used + (cut ? draw_text(win, y, x + used, 2, "..") : 0);
}

void draw_marked(WINDOW *win, int y, int x, int columns, const char *text, const char *mark)
{
    int room = columns - text_columns(mark);
    struct strings lines = {0};
    text_wrap(&lines, text, room);
    wmove(win, y, x);
    wclrtoeol(win);
    draw_text(win, y, x, room, lines.items[0]);
    draw_text(win, y, x + room, columns - room, mark);
    strings_free(&lines);
}

int draw_fit(WINDOW *win, int y, int x, int columns, const char *text)
{
    if (columns <= 0)
        return 0;
    struct str out = {0};
    int used = text_fit(&out, text, columns);
    add(win, y, x, str_text(&out));
    str_free(&out);
    return used;
}

attr_t draw_attribute(enum level level, short *pair)
{
    bool color = screen_has_color();
    *pair = 0;
    if (level == LEVEL_ERROR) {
        *pair = color ? PAIR_ERROR : 0;
        return A_BOLD;
    }
    if (level == LEVEL_WARN && color)
        *pair = PAIR_WARN;
    return A_NORMAL;
}

void draw_looks(WINDOW *win, int y, int x, int columns, attr_t attribute, short pair)
{
    if (columns > 0)
        mvwchgat(win, y, x, columns, attribute, pair, NULL);
}

void draw_message(WINDOW *win, int y, int x, int columns, const char *text, enum level level)
{
    int used = draw_text(win, y, x, columns, text);
    int word = 0;
    while (isupper((unsigned char)text[word]))
        word++;
    if (word < 2 || (text[word] != ' ' && text[word] != '\0') || level < LEVEL_WARN)
        return;
    short pair;
    attr_t attribute = draw_attribute(level, &pair);
    draw_looks(win, y, x, word < used ? word : used, attribute, pair);
}

void draw_rule(WINDOW *win, int y, int x, int columns)
{
    if (ascii_lines)
        mvwhline(win, y, x, '-', columns);
    else
        mvwhline_set(win, y, x, WACS_HLINE, columns);
}

void draw_bar(WINDOW *win, int y, int x)
{
    if (ascii_lines)
        mvwaddch(win, y, x, '|');
    else
        mvwadd_wch(win, y, x, WACS_VLINE);
}

const char *level_word(enum level level)
{
    static const char *const words[] = {"", "OK", "note", "WARN", "ERROR"};
    return words[level];
}

int first_column(const char *text, int most)
{
    const char *gap = strstr(text, "  ");
    size_t length = gap ? (size_t)(gap - text) : strlen(text);
    int columns = 0, word = 0;
    for (size_t at = 0; at < length;) {
        if (text[at] == ' ')
            word = columns;
        int width = grapheme_next(text, length, &at, NULL);
        if (columns + width > most)
            return word > 0 ? word : columns;
        columns += width;
    }
    return columns;
}
