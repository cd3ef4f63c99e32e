#include "ops/table.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

size_t table_columns(const char *text)
{
    size_t count = 0;
    unsigned code;
    for (size_t at = 0, length = strlen(text); at < length; count++)
        utf8_next(text, length, &at, &code);
    return count;
}

void table_pad(struct str *out, const char *text, size_t width)
{
    str_add(out, text);
    for (size_t i = table_columns(text); i < width; i++)
        str_add_char(out, ' ');
}

char *table_clean(char *text)
{
    char *safe = escape_text(text);
    free(text);
    return safe;
}

void table_widen(size_t *width, const char *text)
{
    size_t wanted = table_columns(text);
    if (wanted > *width)
        *width = wanted;
}
