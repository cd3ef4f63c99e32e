#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

/* jansson's door: every other room includes this. */

/* A JSON string; bytes that are no UTF-8 become \xNN. */
json_t *json_text(const char *text);
json_t *json_strings(const struct strings *list);
/* The same as it is written into a document that is made as text. */
void json_add_text(struct str *out, const char *text);
/* 2026-01-02T03:04:05Z */
json_t *json_time(time_t at);
/* Sets a member that the object takes over. */
void json_put(json_t *object, const char *name, json_t *value);
/* The document with a final newline, ASCII only (DEL too), two blanks of indent. */
void json_write(const json_t *value, struct str *out);
/* The same to a stream; the document is released. */
void json_print(json_t *value, FILE *stream);
/* An array whose rows are printed one by one, and released. Start with {.stream = …}. */
struct json_rows {
    FILE *stream;
    size_t count;
};
void json_rows_add(struct json_rows *rows, json_t *row);
void json_rows_end(struct json_rows *rows);

#endif
