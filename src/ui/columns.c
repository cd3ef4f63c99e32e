#include "ui/columns.h"

#include "base/escape.h"
#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define COMBINING_MOST 4 /* what curses holds in a cell besides the base character */

/* Columns of a code point in this locale; -1 where it can't be shown. */
static int code_columns(unsigned code)
{
    if (code < 0x80)
        return code < 0x20 || code == 0x7F ? -1 : 1;
    char bytes[64];
    mbstate_t state;
    memset(&state, 0, sizeof state);
    if (wcrtomb(bytes, (wchar_t)code, &state) == (size_t)-1)
        return -1;
    return wcwidth((wchar_t)code);
}

static int add_escaped(struct str *out, const char *text, size_t length)
{
    struct str escaped = {0};
    escape_add(&escaped, text, length);
    int columns = (int)escaped.length;
    if (out)
        str_add_bytes(out, escaped.data, escaped.length);
    str_free(&escaped);
    return columns;
}

static int add_unshowable(struct str *out, unsigned code)
{
    if (out)
        str_addf(out, code > 0xFFFF ? "\\U%06x" : "\\u%04x", code);
    return code > 0xFFFF ? 8 : 6;
}

int grapheme_next(const char *text, size_t length, size_t *at, struct str *out)
{
    size_t start = *at;
    unsigned char byte = (unsigned char)text[start];
    if (byte >= 0x20 && byte < 0x7F &&
        (start + 1 == length || (unsigned char)text[start + 1] < 0x80)) {
        (*at)++;
        if (out)
            str_add_char(out, (char)byte);
        return 1;
    }
    unsigned code = 0;
    if (!utf8_next(text, length, at, &code))
        return add_escaped(out, text + start, *at - start);
    struct str shown = {0};
    escape_add(&shown, text + start, *at - start);
    bool harmless =
        shown.length == *at - start && memcmp(shown.data, text + start, shown.length) == 0;
    str_free(&shown);
    if (!harmless)
        return add_escaped(out, text + start, *at - start);
    int columns = code_columns(code);
    if (columns <= 0) /* a combining mark with nothing before it is shown by its number */
        return add_unshowable(out, code);
    for (int marks = 0; *at < length && marks < COMBINING_MOST; marks++) {
        size_t next = *at;
        if (!utf8_next(text, length, &next, &code) || code < 0x300 || code_columns(code) != 0)
            break;
        struct str mark = {0};
        escape_add(&mark, text + *at, next - *at);
        bool plain = mark.length == next - *at;
        str_free(&mark);
        if (!plain)
            break;
        *at = next;
    }
    if (out)
        str_add_bytes(out, text + start, *at - start);
    return columns;
}

size_t grapheme_before(const char *text, size_t at)
{
    size_t begin = 0;
    for (size_t i = 0; i < at;) {
        begin = i;
        grapheme_next(text, at, &i, NULL);
    }
    return begin;
}

int text_columns(const char *text)
{
    size_t length = strlen(text);
    int columns = 0;
    for (size_t at = 0; at < length;)
        columns += grapheme_next(text, length, &at, NULL);
    return columns;
}

int text_clip(struct str *out, const char *text, int columns)
{
    size_t length = strlen(text);
    int used = 0;
    for (size_t at = 0; at < length;) {
        size_t start = out->length;
        int width = grapheme_next(text, length, &at, out);
        if (used + width > columns) {
            out->length = start;
            out->data[start] = '\0';
            break;
        }
        used += width;
    }
    return used;
}

int text_fit(struct str *out, const char *text, int columns)
{
    int whole = text_columns(text);
    if (whole <= columns)
        return text_clip(out, text, columns);
    if (columns < 5)
        return text_clip(out, text, columns > 0 ? columns : 0);
    int tail = (columns - 2) / 2;
    int used = text_clip(out, text, columns - 2 - tail);
    str_add(out, "..");
    used += 2;
    size_t length = strlen(text), at = 0;
    for (int skipped = 0; at < length && skipped < whole - tail;)
        skipped += grapheme_next(text, length, &at, NULL);
    return used + text_clip(out, text + at, columns - used);
}

/* Where the further lines of a wrapped one begin: below its second column ("word   meaning"), else
 * below its own beginning. */
static int hanging_columns(const char *line, size_t length, int columns)
{
    size_t at = 0, indent;
    while (at < length && line[at] == ' ')
        at++;
    indent = at;
    for (; at + 2 < length; at++) {
        if (line[at] != ' ' || line[at + 1] != ' ')
            continue;
        while (at < length && line[at] == ' ')
            at++;
        int used = 0;
        for (size_t i = 0; i < at;)
            used += grapheme_next(line, at, &i, NULL);
        return used <= columns / 2 && at < length ? used : (int)indent;
    }
    return (int)indent <= columns / 2 ? (int)indent : 0;
}

/* Behind the next comma of the word at begin, where it has one more; else begin. */
static size_t behind_comma(const char *line, size_t length, size_t begin)
{
    size_t at = begin;
    while (at < length && line[at] != ' ' && line[at] != ',')
        at++;
    return at + 1 < length && line[at] == ',' && line[at + 1] != ' ' ? at + 1 : begin;
}

/* The blank at lies within "2.2, 6". */
static bool parts_numbers(const char *line, size_t length, size_t at)
{
    return at >= 2 && at + 1 < length && line[at - 1] == ',' &&
           isdigit((unsigned char)line[at - 2]) && isdigit((unsigned char)line[at + 1]);
}

/* The end of what fits into columns, from begin on: at a blank where there is one. A list without
 * blanks that is too long for a line has each of its items on one: *list while that lasts. */
static size_t fitting(const char *line, size_t length, size_t begin, int columns, bool *list)
{
    size_t comma = behind_comma(line, length, begin);
    *list = *list && comma > begin;
    if (*list && comma - begin <= (size_t)columns)
        return comma;
    size_t at = begin, blank = begin;
    int used = 0;
    bool words = false;
    while (at < length) {
        size_t next = at;
        int width = grapheme_next(line, length, &next, NULL);
        if (used + width > columns)
            break;
        if (line[at] == ' ' && words && !parts_numbers(line, length, at))
            blank = at;
        words = words || line[at] != ' ';
        used += width;
        at = next;
    }
    if (at == length || (line[at] == ' ' && !parts_numbers(line, length, at)))
        return at;
    if (blank > begin && line[blank - 1] == ' ') { /* a list in the second column begins there */
        size_t item = behind_comma(line, length, blank + 1);
        *list = item > blank + 1 && item <= at;
        return *list ? item : blank;
    }
    if (blank > begin)
        return blank;
    *list = comma > begin && comma < at;
    if (*list)
        return comma;
    if (at == begin)
        grapheme_next(line, length, &at, NULL); /* wider than the line: still gets on */
    return at;
}

/* One line without \n. */
static void wrap_line(struct strings *out, const char *line, size_t length, int columns)
{
    int hang = hanging_columns(line, length, columns);
    size_t begin = 0;
    bool list = false;
    do {
        int indent = begin > 0 ? hang : 0;
        size_t end = fitting(line, length, begin, columns - indent, &list);
        struct str part = {0};
        for (int i = 0; i < indent; i++)
            str_add_char(&part, ' ');
        size_t last = end;
        while (begin > 0 && last > begin && line[last - 1] == ' ')
            last--;
        str_add_bytes(&part, line + begin, last - begin);
        strings_add_take(out, str_take(&part));
        begin = end;
        while (begin < length && line[begin] == ' ')
            begin++;
    } while (begin < length);
}

void text_wrap(struct strings *out, const char *text, int columns)
{
    if (columns < 1)
        columns = 1;
    for (;;) {
        const char *end = strchr(text, '\n');
        wrap_line(out, text, end ? (size_t)(end - text) : strlen(text), columns);
        if (!end || end[1] == '\0')
            return;
        text = end + 1;
    }
}

char *text_squeeze(const char *text)
{
    struct str out = {0};
    while (*text) {
        size_t blanks = strspn(text, " ");
        str_add_bytes(&out, text, blanks > 2 ? 2 : blanks);
        text += blanks;
        size_t word = strcspn(text, " ");
        str_add_bytes(&out, text, word);
        text += word;
    }
    return str_take(&out);
}

bool text_is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

char *text_local(const char *text)
{
    if (text_is_ascii(text))
        return xstrdup(text);
    struct str out = {0};
    mbstate_t state;
    memset(&state, 0, sizeof state);
    size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        unsigned code = 0;
        char bytes[64];
        if (!utf8_next(text, length, &at, &code))
            continue;
        size_t size = wcrtomb(bytes, (wchar_t)code, &state);
        if (size != (size_t)-1)
            str_add_bytes(&out, bytes, size);
    }
    return str_take(&out);
}
