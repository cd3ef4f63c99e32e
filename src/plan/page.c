#include "plan/page.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 80

static char *format_text(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    struct str text = {0};
    str_reserve(&text, (size_t)(length > 0 ? length : 0) + 1);
    vsnprintf(text.data, (size_t)(length > 0 ? length : 0) + 1, format, args);
    text.length = (size_t)(length > 0 ? length : 0);
    return str_take(&text);
}

/* The length of the next word; blanks between backticks do not end it. */
static size_t word_length(const char *text)
{
    bool code = false;
    size_t length = 0;
    while (text[length] && (code || (text[length] != ' ' && text[length] != '\n'))) {
        code ^= text[length] == '`';
        length++;
    }
    return length;
}

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

static void wrap(struct str *out, const char *first, const char *text)
{
    size_t indent = strlen(first), column = indent;
    bool start = true;
    str_add(out, first);
    while (*text) {
        size_t length = word_length(text), columns = columns_of(text, length);
        if (!start && column + 1 + columns > COLUMNS) {
            str_addf(out, "\n%*s", (int)indent, "");
            column = indent;
            start = true;
        }
        if (!start && length) {
            str_add_char(out, ' ');
            column++;
        }
        str_add_bytes(out, text, length);
        column += columns;
        start = start && !length;
        text += length + (text[length] != '\0');
    }
    str_add_char(out, '\n');
}

void page_title(struct str *out, int depth, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    str_addf(out, "%.*s %s\n\n", depth, "####", text);
    free(text);
}

void page_text(struct str *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    wrap(out, "", text);
    str_add_char(out, '\n');
    free(text);
}

void page_item(struct str *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    wrap(out, "- ", text);
    free(text);
}

void page_hang(struct str *out, const char *first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    wrap(out, first, text);
    free(text);
}

void page_code(struct str *out, int indent, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    str_addf(out, "%*s%s\n", indent, "", text);
    free(text);
}

char *page_quote(const char *value)
{
    char *safe = escape_text(value);
    for (char *at = safe; *at; at++)
        if (*at == '`')
            *at = '\'';
    struct str out = {0};
    str_addf(&out, "`%s`", safe);
    free(safe);
    return str_take(&out);
}
