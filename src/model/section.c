#include "model/section.h"

#include "base/mem.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_COLUMNS = 96 };

char *section_item(const char *name, const struct strings *values, bool list)
{
    char *value = conf_value(values, list), *item = xformat("%s = %s", name, value);
    free(value);
    return item;
}

void section_value(struct strings *items, const char *name, const char *value)
{
    struct strings one = {0};
    strings_add(&one, value);
    strings_add_take(items, section_item(name, &one, false));
    strings_free(&one);
}

void section_add(struct str *out, const char *indent, const char *name, const char *title,
                 const struct strings *items)
{
    struct str head = {0};
    str_addf(&head, "%s%s ", indent, name);
    if (title) {
        conf_quote(title, &head);
        str_add_char(&head, ' ');
    }
    str_add_char(&head, '{');
    size_t column = head.length, margin = head.length + 1;
    str_add(out, str_text(&head));
    for (size_t i = 0; i < items->count; i++) {
        size_t length = strlen(items->items[i]);
        if (i && column + 2 + length > LINE_COLUMNS) {
            str_addf(out, "\n%*s", (int)margin, "");
            column = margin;
        } else {
            str_add(out, i ? "  " : " ");
            column += 2;
        }
        str_add(out, items->items[i]);
        column += length;
    }
    str_add(out, " }\n");
    str_free(&head);
}
