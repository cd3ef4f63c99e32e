#include "base/json.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
    json_t *value = json_string(text); /* NULL where it is no UTF-8 */
    if (value)
        return value;
    char *safe = escape_text(text);
    value = json_string(safe);
    free(safe);
    return value ? value : json_string("");
}

json_t *json_strings(const struct strings *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, json_text(list->items[i]));
    return array;
}

json_t *json_time(time_t at)
{
    char stamp[32];
    clock_stamp(at, stamp);
    return json_string(stamp);
}

void json_put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

void json_write(const json_t *value, struct str *out)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    if (!text)
        return;
    const char *at = text;
    for (const char *raw; (raw = strchr(at, 0x7F)); at = raw + 1) {
        str_add_bytes(out, at, (size_t)(raw - at));
        str_add(out, "\\u007F"); /* the one control that jansson leaves raw */
    }
    str_add(out, at);
    str_add_char(out, '\n');
    free(text);
}

/* Printable ASCII that needs no escape, as nearly every text is. */
static bool is_plain(const char *text)
{
    while (*text >= ' ' && *text < 0x7F && *text != '"' && *text != '\\')
        text++;
    return !*text;
}

void json_add_text(struct str *out, const char *text)
{
    if (is_plain(text)) {
        str_add_char(out, '"');
        str_add(out, text);
        str_add_char(out, '"');
        return;
    }
    json_t *value = json_text(text);
    json_write(value, out);
    out->data[--out->length] = '\0'; /* the document's newline */
    json_decref(value);
}

void json_print(json_t *value, FILE *stream)
{
    struct str out = {0};
    json_write(value, &out);
    fwrite(str_text(&out), 1, out.length, stream);
    str_free(&out);
    json_decref(value);
}

void json_rows_add(struct json_rows *rows, json_t *row)
{
    struct str out = {0};
    json_write(row, &out);
    fputs(rows->count++ ? ",\n" : "[\n", rows->stream);
    for (const char *line = str_text(&out), *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        fputs("  ", rows->stream);
        fwrite(line, 1, (size_t)(end - line) + (end[1] != '\0'), rows->stream);
    }
    str_free(&out);
    json_decref(row);
}

void json_rows_end(struct json_rows *rows)
{
    fputs(rows->count ? "\n]\n" : "[]\n", rows->stream);
}
