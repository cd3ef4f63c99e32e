#include "model/template.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Expands pattern up to end; *empty is set when a hole had no value. */
static bool expand_part(const char *pattern, const char *end, template_lookup lookup, void *context,
                        struct str *out, bool *empty, struct error *err)
{
    for (const char *at = pattern; at < end;) {
        if (*at == '[') {
            const char *close = memchr(at, ']', (size_t)(end - at));
            if (!close)
                return error_set(err, STATUS_NO, pattern, NULL, "a bracket is never closed");
            struct str part = {0};
            bool gone = false;
            bool good = expand_part(at + 1, close, lookup, context, &part, &gone, err);
            if (good && !gone)
                str_add(out, str_text(&part));
            str_free(&part);
            if (!good)
                return false;
            at = close + 1;
        } else if (*at == '{') {
            const char *close = memchr(at, '}', (size_t)(end - at));
            if (!close)
                return error_set(err, STATUS_NO, pattern, NULL, "a hole is never closed");
            char *path = xstrndup(at + 1, (size_t)(close - at - 1));
            struct strings values = {0};
            bool known = lookup(context, path, &values);
            char *text = strings_join(&values, " ");
            if (!known)
                error_set(err, STATUS_NO, pattern, NULL, "nothing is called {%s}", path);
            *empty |= *text == '\0';
            str_add(out, text);
            free(text);
            strings_free(&values);
            free(path);
            if (!known)
                return false;
            at = close + 1;
        } else {
            str_add_char(out, *at++);
        }
    }
    return true;
}

bool template_expand(const char *pattern, template_lookup lookup, void *context, struct str *out,
                     struct error *err)
{
    bool empty = false;
    return expand_part(pattern, pattern + strlen(pattern), lookup, context, out, &empty, err);
}

bool template_complete(const char *pattern, template_lookup lookup, void *context)
{
    struct str text = {0};
    bool empty = false;
    bool good =
        expand_part(pattern, pattern + strlen(pattern), lookup, context, &text, &empty, NULL);
    str_free(&text);
    return good && !empty;
}

char *template_none(const char *pattern)
{
    static const char tag[] = "{tag}";
    const char *hole = pattern;
    while (*hole && *hole != '[' && (*hole != '{' || text_starts(hole, tag)))
        hole++;
    while (hole > pattern && hole[-1] == ' ')
        hole--;
    return xformat("%.*s none", (int)(hole - pattern), pattern);
}

bool template_expand_list(const char *pattern, template_lookup lookup, void *context,
                          struct strings *out, struct error *err)
{
    size_t length = strlen(pattern);
    if (length > 2 && *pattern == '{' && strchr(pattern, '}') == pattern + length - 1) {
        char *path = xstrndup(pattern + 1, length - 2);
        struct strings values = {0};
        bool known = lookup(context, path, &values);
        for (size_t i = 0; known && i < values.count; i++)
            if (*values.items[i])
                strings_add(out, values.items[i]);
        if (!known)
            error_set(err, STATUS_NO, pattern, NULL, "nothing is called {%s}", path);
        strings_free(&values);
        free(path);
        return known;
    }
    struct str text = {0};
    bool good = template_expand(pattern, lookup, context, &text, err);
    if (good && text.length)
        strings_add(out, str_text(&text));
    str_free(&text);
    return good;
}

static void match_set(struct match *match, const char *path, size_t path_length, const char *value,
                      size_t length)
{
    strings_add_take(&match->paths, xstrndup(path, path_length));
    strings_add_take(&match->values, xstrndup(value, length));
}

static void match_cut(struct match *match, size_t count)
{
    while (match->paths.count > count) {
        free(match->paths.items[--match->paths.count]);
        free(match->values.items[--match->values.count]);
    }
}

/* Backtracks over what a hole takes: the shortest that lets the rest match. */
static bool match_here(const char *pattern, const char *line, struct match *out)
{
    for (;;) {
        if (*pattern == '[') {
            const char *close = strchr(pattern, ']');
            if (!close)
                return false;
            char *with = xformat("%.*s%s", (int)(close - pattern - 1), pattern + 1, close + 1);
            size_t count = out->paths.count;
            bool good = match_here(with, line, out);
            free(with);
            if (good)
                return true;
            match_cut(out, count);
            pattern = close + 1;
        } else if (*pattern == '{') {
            const char *close = strchr(pattern, '}');
            if (!close)
                return false;
            size_t count = out->paths.count;
            for (size_t length = 1; line[length - 1]; length++) {
                match_set(out, pattern + 1, (size_t)(close - pattern - 1), line, length);
                if (match_here(close + 1, line + length, out))
                    return true;
                match_cut(out, count);
            }
            return false;
        } else if (*pattern != *line) {
            return false;
        } else if (*pattern == '\0') {
            return true;
        } else {
            pattern++;
            line++;
        }
    }
}

bool template_match(const char *pattern, const char *line, struct match *out)
{
    *out = (struct match){0};
    if (match_here(pattern, line, out))
        return true;
    match_free(out);
    return false;
}

void match_free(struct match *match)
{
    strings_free(&match->paths);
    strings_free(&match->values);
}

const char *match_value(const struct match *match, const char *path)
{
    for (size_t i = 0; i < match->paths.count; i++)
        if (strcmp(match->paths.items[i], path) == 0)
            return match->values.items[i];
    return NULL;
}
