#include "ui/lineedit.h"

#include "base/mem.h"
#include "base/secret.h"
#include "ui/columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define UNDO_MOST 200
#define LINE_MOST_BYTES 65536 /* what goes beyond is not taken */

const char *lineedit_text(const struct lineedit *line)
{
    return str_text(&line->text);
}

static void forget(struct line_state *state)
{
    wipe(state->text, strlen(state->text));
    free(state->text);
}

static void undo_clear(struct lineedit *line)
{
    for (size_t i = 0; i < line->undo_count; i++)
        forget(&line->undo[i]);
    free(line->undo);
    line->undo = NULL;
    line->undo_count = 0;
    line->last = LINE_NONE;
}

void lineedit_set(struct lineedit *line, const char *text)
{
    undo_clear(line);
    str_clear(&line->text);
    str_add(&line->text, text);
    line->cursor = line->text.length;
    line->left = 0;
}

/* Keeps the line as it is now, unless the change goes on with the one before. */
static void remember(struct lineedit *line, enum line_change change)
{
    bool goes_on = line->last == change && change != LINE_KILL && line->undo_count > 0;
    line->last = change;
    if (goes_on)
        return;
    if (line->undo_count == UNDO_MOST) {
        forget(&line->undo[0]);
        memmove(line->undo, line->undo + 1, (UNDO_MOST - 1) * sizeof *line->undo);
        line->undo_count--;
    } else {
        line->undo = grow(line->undo, line->undo_count, sizeof *line->undo);
    }
    line->undo[line->undo_count++] =
        (struct line_state){.text = xstrdup(lineedit_text(line)), .cursor = line->cursor};
}

static void undo(struct lineedit *line)
{
    if (line->undo_count == 0)
        return;
    struct line_state *state = &line->undo[--line->undo_count];
    str_clear(&line->text);
    str_add(&line->text, state->text);
    line->cursor = state->cursor;
    line->last = LINE_NONE;
    forget(state);
}

static void insert(struct lineedit *line, const char *text, size_t length)
{
    if (line->text.length + length > LINE_MOST_BYTES)
        return;
    str_reserve(&line->text, line->text.length + length + 1);
    char *data = line->text.data;
    memmove(data + line->cursor + length, data + line->cursor, line->text.length - line->cursor);
    memcpy(data + line->cursor, text, length);
    line->text.length += length;
    data[line->text.length] = '\0';
    line->cursor += length;
}

static void erase(struct lineedit *line, size_t begin, size_t end, enum line_change change)
{
    if (begin >= end)
        return;
    remember(line, change);
    char *data = line->text.data;
    if (change == LINE_KILL) {
        free(line->killed);
        line->killed = xstrndup(data + begin, end - begin);
    }
    memmove(data + begin, data + end, line->text.length - end);
    line->text.length -= end - begin;
    data[line->text.length] = '\0';
    line->cursor = begin;
}

static size_t before(const struct lineedit *line)
{
    return grapheme_before(lineedit_text(line), line->cursor);
}

static size_t after(const struct lineedit *line)
{
    size_t at = line->cursor;
    if (at < line->text.length)
        grapheme_next(line->text.data, line->text.length, &at, NULL);
    return at;
}

/* A name's label is a word: host.example.com has three. */
static bool in_word(char byte)
{
    return isalnum((unsigned char)byte) || (unsigned char)byte >= 0x80 || byte == '_';
}

static size_t word_before(const struct lineedit *line)
{
    const char *text = lineedit_text(line);
    size_t at = line->cursor;
    while (at > 0 && !in_word(text[at - 1]))
        at--;
    while (at > 0 && in_word(text[at - 1]))
        at--;
    return at;
}

static size_t word_after(const struct lineedit *line)
{
    const char *text = lineedit_text(line);
    size_t at = line->cursor;
    while (at < line->text.length && !in_word(text[at]))
        at++;
    while (at < line->text.length && in_word(text[at]))
        at++;
    return at;
}

static void move(struct lineedit *line, size_t at)
{
    line->cursor = at;
    line->last = LINE_NONE;
}

static bool control(struct lineedit *line, int letter)
{
    switch (letter) {
    case 'A':
        move(line, 0);
        return true;
    case 'E':
        move(line, line->text.length);
        return true;
    case 'B':
        move(line, before(line));
        return true;
    case 'F':
        move(line, after(line));
        return true;
    case 'D':
        erase(line, line->cursor, after(line), LINE_ERASE);
        return true;
    case 'W':
        erase(line, word_before(line), line->cursor, LINE_KILL);
        return true;
    case 'U':
        erase(line, 0, line->cursor, LINE_KILL);
        return true;
    case 'K':
        erase(line, line->cursor, line->text.length, LINE_KILL);
        return true;
    case 'Y':
        if (line->killed) {
            remember(line, LINE_KILL);
            insert(line, line->killed, strlen(line->killed));
        }
        return true;
    case '_':
        undo(line);
        return true;
    default:
        return false;
    }
}

static bool meta(struct lineedit *line, int letter)
{
    switch (letter) {
    case 'b':
        move(line, word_before(line));
        return true;
    case 'f':
        move(line, word_after(line));
        return true;
    case 'd':
        erase(line, line->cursor, word_after(line), LINE_KILL);
        return true;
    default:
        return false;
    }
}

/* Up to the first line end; blanks around are left out where the line is empty. */
static void paste(struct lineedit *line, const char *text, size_t length)
{
    while (length > 0 && (text[0] == '\n' || text[0] == '\r')) {
        text++;
        length--;
    }
    size_t end = 0;
    while (end < length && text[end] != '\n' && text[end] != '\r' && text[end] != '\0')
        end++;
    if (line->text.length == 0) {
        while (end > 0 && (text[0] == ' ' || text[0] == '\t')) {
            text++;
            end--;
        }
        while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
            end--;
    }
    if (end == 0)
        return;
    remember(line, LINE_KILL);
    char *copy = xstrndup(text, end);
    for (char *tab = copy; (tab = strchr(tab, '\t'));)
        *tab = ' ';
    insert(line, copy, end);
    wipe(copy, end);
    free(copy);
}

void lineedit_replace(struct lineedit *line, const char *text)
{
    remember(line, LINE_KILL);
    str_clear(&line->text);
    str_add(&line->text, text);
    line->cursor = line->text.length;
}

/* Words that stand there already end with this byte, or go on behind it: "join." takes its rest. */
static bool parts_words(char byte)
{
    return strchr(" ,.-@:*", byte) != NULL; /* and the text's end */
}

bool lineedit_add_words(struct lineedit *line, const char *words, const char *separator)
{
    const char *text = lineedit_text(line);
    bool before_them = line->cursor > 0 && !parts_words(text[line->cursor - 1]);
    bool behind_them = !parts_words(text[line->cursor]);
    struct str all = {0};
    str_addf(&all, "%s%s%s", before_them ? separator : "", words, behind_them ? separator : "");
    bool good = line->text.length + all.length <= LINE_MOST_BYTES;
    if (good && *words) {
        remember(line, LINE_KILL);
        insert(line, str_text(&all), all.length);
    }
    str_free(&all);
    return good;
}

bool lineedit_can_undo(const struct lineedit *line)
{
    return line->undo_count > 0;
}

bool lineedit_key(struct lineedit *line, const struct key *key)
{
    switch (key->press) {
    case PRESS_TEXT:
        remember(line, LINE_INSERT);
        insert(line, key->text, key->length);
        return true;
    case PRESS_LEFT:
        return control(line, 'B');
    case PRESS_RIGHT:
        return control(line, 'F');
    case PRESS_HOME:
        return control(line, 'A');
    case PRESS_END:
        return control(line, 'E');
    case PRESS_DELETE:
        return control(line, 'D');
    case PRESS_BACKSPACE:
        erase(line, before(line), line->cursor, LINE_ERASE);
        return true;
    case PRESS_CONTROL:
        return control(line, key->number);
    case PRESS_META:
        return meta(line, key->number);
    case PRESS_PASTE:
        paste(line, key->paste, key->paste_length);
        return true;
    default:
        return false;
    }
}

/* Columns from begin to end. */
static int span(const struct lineedit *line, size_t begin, size_t end)
{
    int columns = 0;
    for (size_t at = begin; at < end;)
        columns += grapheme_next(lineedit_text(line), line->text.length, &at, NULL);
    return columns;
}

/* Scrolls until the cursor is seen; a third of the width is kept in sight when it jumps. A text
 * that fits is never scrolled: behind its last column the cursor stands on the bracket. */
static void scroll_to_cursor(struct lineedit *line, int columns)
{
    const char *text = lineedit_text(line);
    if (line->left > line->text.length || span(line, 0, line->text.length) <= columns)
        line->left = 0;
    if (line->cursor < line->left) {
        line->left = line->cursor;
        while (line->left > 0 && span(line, line->left, line->cursor) < columns / 3)
            line->left = grapheme_before(text, line->left);
    }
    /* The cell under the cursor counts: a wide character may stand there. */
    int used = span(line, line->left, after(line));
    if (used <= columns)
        return;
    while (line->left < line->cursor && used > columns - columns / 3)
        used -= grapheme_next(text, line->text.length, &line->left, NULL);
}

void lineedit_show(struct lineedit *line, int columns, struct str *out, int *cursor,
                   bool *before_it, bool *after_it)
{
    line->left = cursor ? line->left : 0;
    if (cursor) {
        scroll_to_cursor(line, columns);
        *cursor = span(line, line->left, line->cursor);
    }
    size_t at = line->left;
    int used = 0;
    while (at < line->text.length) {
        size_t next = at, begin = out->length;
        int width = grapheme_next(lineedit_text(line), line->text.length, &next, out);
        if (used + width > columns) {
            out->length = begin;
            out->data[begin] = '\0';
            break;
        }
        used += width;
        at = next;
    }
    *before_it = line->left > 0;
    *after_it = at < line->text.length;
    for (; used < columns; used++)
        str_add_char(out, '_');
}

void lineedit_free(struct lineedit *line)
{
    undo_clear(line);
    if (line->killed)
        wipe(line->killed, strlen(line->killed));
    free(line->killed);
    str_wipe(&line->text);
    *line = (struct lineedit){0};
}
