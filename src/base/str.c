#include "base/str.h"

#include "base/mem.h"
#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STR_SLACK_BYTES = 16 };

const struct strings strings_none = {0};

void str_reserve(struct str *str, size_t capacity)
{
    if (capacity < str->capacity)
        return;
    size_t room = str->capacity ? str->capacity : 64;
    while (room <= capacity)
        room *= 2;
    str->data = xrealloc(str->data, room);
    str->capacity = room;
}

void str_add_bytes(struct str *str, const void *data, size_t length)
{
    str_reserve(str, str->length + length + 1);
    if (length)
        memcpy(str->data + str->length, data, length);
    str->length += length;
    str->data[str->length] = '\0';
}

void str_add(struct str *str, const char *text)
{
    str_add_bytes(str, text, strlen(text));
}

void str_add_char(struct str *str, char byte)
{
    str_add_bytes(str, &byte, 1);
}

void str_addf(struct str *str, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    str_reserve(str, str->length + 1);
    size_t room = str->capacity - str->length;
    int length = vsnprintf(str->data + str->length, room, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length >= room) {
        str_reserve(str, str->length + (size_t)length + 1);
        vsnprintf(str->data + str->length, (size_t)length + 1, format, again);
    }
    if (length > 0)
        str->length += (size_t)length;
    str->data[str->length] = '\0';
    va_end(again);
}

const char *str_text(const struct str *str)
{
    return str->data ? str->data : "";
}

char *str_take(struct str *str)
{
    char *text = str->data;
    if (!text) {
        text = xstrdup("");
    } else if (str->capacity > str->length + STR_SLACK_BYTES) {
        /* It stays as it is, often for long; its room serves the next. Cut off, it would be lost.
         */
        text = xmemdup(str->data, str->length + 1);
        wipe(str->data, str->length);
        free(str->data);
    }
    *str = (struct str){0};
    return text;
}

void str_clear(struct str *str)
{
    str->length = 0;
    if (str->data)
        str->data[0] = '\0';
}

void str_free(struct str *str)
{
    free(str->data);
    *str = (struct str){0};
}

void str_wipe(struct str *str)
{
    if (str->data)
        wipe(str->data, str->capacity);
    str_free(str);
}

void strings_add_take(struct strings *list, char *text)
{
    list->items = grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = text;
}

void strings_add(struct strings *list, const char *text)
{
    strings_add_take(list, xstrdup(text));
}

bool strings_has(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

bool strings_has_nocase(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->items[i], text) == 0)
            return true;
    return false;
}

bool strings_add_new(struct strings *list, const char *text)
{
    if (strings_has_nocase(list, text))
        return false;
    strings_add(list, text);
    return true;
}

static int compare_places(const void *a, const void *b)
{
    char *const *x = *(char *const *const *)a, *const *y = *(char *const *const *)b;
    int order = strcasecmp(*x, *y);
    return order ? order : (x > y) - (x < y);
}

void strings_unique(struct strings *list)
{
    char ***sorted = xcalloc(list->count + 1, sizeof *sorted);
    size_t kept = 0, first = 0;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->items[i];
    if (list->count)
        qsort(sorted, list->count, sizeof *sorted, compare_places);
    for (size_t i = 1; i < list->count; i++) {
        if (strcasecmp(*sorted[first], *sorted[i]) != 0) {
            first = i;
            continue;
        }
        free(*sorted[i]);
        *sorted[i] = NULL;
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i])
            list->items[kept++] = list->items[i];
    list->count = kept;
    free(sorted);
}

bool strings_equal(const struct strings *a, const struct strings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

void strings_copy(struct strings *to, const struct strings *from)
{
    for (size_t i = 0; i < from->count; i++)
        strings_add(to, from->items[i]);
}

void strings_split(struct strings *list, const char *text, char separator)
{
    const char *start = text;
    for (const char *at = text;; at++) {
        if (*at && *at != separator)
            continue;
        if (at > start)
            strings_add_take(list, xstrndup(start, (size_t)(at - start)));
        if (!*at)
            return;
        start = at + 1;
    }
}

char *strings_join(const struct strings *list, const char *separator)
{
    struct str out = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            str_add(&out, separator);
        str_add(&out, list->items[i]);
    }
    return str_take(&out);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Where the number at the name's end begins; its end: there is none. */
static const char *number_of(const char *name)
{
    const char *end = name + strlen(name);
    while (end > name && end[-1] >= '0' && end[-1] <= '9')
        end--;
    return end;
}

/* One more, digit by digit, so that core09 is followed by core10 and no number is too long. */
static bool counts_on(const char *name, const char *next)
{
    const char *number = number_of(name);
    if (!*number || number == name)
        return false;
    char *wanted = xformat("%.*s0%s", (int)(number - name), name, number);
    char *digit = wanted + strlen(wanted) - 1;
    for (; *digit == '9'; digit--)
        *digit = '0';
    ++*digit;
    char *zero = wanted + (number - name); /* was put there for what is carried */
    if (*zero == '0')
        memmove(zero, zero + 1, strlen(zero));
    bool is = strcmp(wanted, next) == 0;
    free(wanted);
    return is;
}

char *strings_fold(const struct strings *list, const char *separator)
{
    struct str out = {0};
    for (size_t i = 0; i < list->count; i++) {
        size_t last = i;
        while (last + 1 < list->count && counts_on(list->items[last], list->items[last + 1]))
            last++;
        str_addf(&out, "%s%s", i ? separator : "", list->items[i]);
        if (last > i)
            str_addf(&out, "-%s", number_of(list->items[last]));
        i = last;
    }
    return str_take(&out);
}

void strings_sort(struct strings *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare_texts);
}

void strings_free(struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct strings){0};
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

enum { DISTANCE_MAX = 40 };

/* Levenshtein's distance, a swap of neighbours counting one. */
static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > DISTANCE_MAX || columns > DISTANCE_MAX)
        return DISTANCE_MAX;
    size_t cell[DISTANCE_MAX + 1][DISTANCE_MAX + 1];
    for (size_t i = 0; i <= rows; i++)
        cell[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        cell[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            size_t best = cell[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (cell[i - 1][j] + 1 < best)
                best = cell[i - 1][j] + 1;
            if (cell[i][j - 1] + 1 < best)
                best = cell[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cell[i - 2][j - 2] + 1 < best)
                best = cell[i - 2][j - 2] + 1;
            cell[i][j] = best;
        }
    return cell[rows][columns];
}

/* The candidate that goes on where text ends, or has it within, or is part of it: the shortest. */
static const char *kin(const char *text, const char *const *candidates, size_t count)
{
    enum { WORD_MIN = 3 }; /* fewer letters are in everything */
    const char *best = NULL;
    bool best_starts = false;
    if (strlen(text) < WORD_MIN)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *candidate = candidates[i];
        bool starts = strncasecmp(candidate, text, strlen(text)) == 0;
        if (!starts && !strcasestr(candidate, text) &&
            (strlen(candidate) < WORD_MIN || !strcasestr(text, candidate)))
            continue;
        if (!best || starts > best_starts ||
            (starts == best_starts && strlen(candidate) < strlen(best))) {
            best = candidate;
            best_starts = starts;
        }
    }
    return best;
}

const char *text_nearest(const char *text, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t least = strlen(text) / 3 + 2; /* farther than this is another word */
    for (size_t i = 0; i < count; i++) {
        size_t d = strcasecmp(text, candidates[i]) == 0 ? 0 : distance(text, candidates[i]);
        if (d < least) {
            least = d;
            best = candidates[i];
        }
    }
    return best ? best : kin(text, candidates, count);
}
