#include "model/template.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What stands between the braces: a path, and the words of a choice ("NAME?YES|NO"). */
struct hole {
    char *path;
    char *yes, *no; /* NULL: no choice; of "?TEXT" the text is both */
};

static struct hole hole_read(const char *text, size_t length)
{
    const char *words = memchr(text, '?', length);
    if (!words)
        return (struct hole){.path = xstrndup(text, length)};
    size_t all = length - (size_t)(words + 1 - text);
    const char *bar = memchr(words + 1, '|', all), *last = bar ? bar + 1 : words + 1;
    return (struct hole){.path = xstrndup(text, (size_t)(words - text)),
                         .yes = xstrndup(words + 1, bar ? (size_t)(bar - words - 1) : all),
                         .no = xstrndup(last, (size_t)(text + length - last))};
}

static void hole_free(struct hole *hole)
{
    free(hole->path);
    free(hole->yes);
    free(hole->no);
}

/* What stands for a bracketed part that goes, behind its bar; NULL: nothing does. */
static const char *alternative(const char *part, const char *close)
{
    bool inside = false;
    for (; part < close; part++) {
        inside = *part == '{' || (inside && *part != '}');
        if (*part == '|' && !inside)
            return part + 1;
    }
    return NULL;
}

/* Adds what the hole stands for; *empty is set when it has no value. False: nothing is called so.
 */
static bool expand_hole(const char *pattern, const struct hole *hole, template_lookup lookup,
                        void *context, struct str *out, bool *empty, struct error *err)
{
    struct strings values = {0};
    bool known = (hole->yes && !*hole->path) || lookup(context, hole->path, &values);
    char *text = strings_join(&values, " ");
    if (!known)
        error_set(err, STATUS_NO, pattern, NULL, "nothing is called {%s}", hole->path);
    else if (hole->yes)
        str_add(out, *text && strcmp(text, "false") != 0 ? hole->yes : hole->no);
    else
        str_add(out, text);
    *empty |= !hole->yes && !*text;
    free(text);
    strings_free(&values);
    return known;
}

/* Expands pattern up to end; *empty is set when a hole had no value. */
static bool expand_part(const char *pattern, const char *end, template_lookup lookup, void *context,
                        struct str *out, bool *empty, struct error *err);

static bool expand_bracket(const char *part, const char *close, template_lookup lookup,
                           void *context, struct str *out, bool *empty, struct error *err)
{
    const char *otherwise = alternative(part, close);
    struct str text = {0};
    bool gone = false;
    bool good =
        expand_part(part, otherwise ? otherwise - 1 : close, lookup, context, &text, &gone, err);
    if (good && !gone)
        str_add(out, str_text(&text));
    str_free(&text);
    if (good && gone && otherwise)
        good = expand_part(otherwise, close, lookup, context, out, empty, err);
    return good;
}

static bool expand_part(const char *pattern, const char *end, template_lookup lookup, void *context,
                        struct str *out, bool *empty, struct error *err)
{
    for (const char *at = pattern; at < end;) {
        if (*at == '[') {
            const char *close = memchr(at, ']', (size_t)(end - at));
            if (!close)
                return error_set(err, STATUS_NO, pattern, NULL, "a bracket is never closed");
            if (!expand_bracket(at + 1, close, lookup, context, out, empty, err))
                return false;
            at = close + 1;
        } else if (*at == '{') {
            const char *close = memchr(at, '}', (size_t)(end - at));
            if (!close)
                return error_set(err, STATUS_NO, pattern, NULL, "a hole is never closed");
            struct hole hole = hole_read(at + 1, (size_t)(close - at - 1));
            bool known = expand_hole(pattern, &hole, lookup, context, out, empty, err);
            hole_free(&hole);
            if (!known)
                return false;
            at = close + 1;
        } else {
            const char *start = at;
            while (at < end && *at != '[' && *at != '{')
                at++;
            str_add_bytes(out, start, (size_t)(at - start));
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
            if (*values.items[i]) {
                strings_add_take(out, values.items[i]);
                values.items[i] = NULL;
            }
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

/* How a line is read. */
struct reading {
    struct match *out;
    bool loose; /* letters without regard to case */
};

static bool match_here(const char *pattern, const char *line, const struct reading *reading);

/* text, then the rest of the pattern. */
static bool match_with(const char *text, size_t length, const char *rest, const char *line,
                       const struct reading *reading)
{
    char *with = xformat("%.*s%s", (int)length, text, rest);
    size_t count = reading->out->paths.count;
    bool good = match_here(with, line, reading);
    free(with);
    if (!good)
        match_cut(reading->out, count);
    return good;
}

/* The holes of a part that is not there have no value. */
static void match_absent(const char *part, const char *end, struct match *out)
{
    for (const char *at = part; (at = memchr(at, '{', (size_t)(end - at)));) {
        const char *close = memchr(at, '}', (size_t)(end - at));
        struct hole hole = hole_read(at + 1, (size_t)(close - at - 1));
        if (!hole.yes)
            match_set(out, hole.path, strlen(hole.path), "", 0);
        hole_free(&hole);
        at = close + 1;
    }
}

/* Its alternative is read first: a hole would take that word as well. */
static bool match_bracket(const char *pattern, const char *line, const struct reading *reading)
{
    const char *part = pattern + 1, *close = strchr(part, ']');
    if (!close)
        return false;
    const char *otherwise = alternative(part, close);
    size_t length = (size_t)((otherwise ? otherwise - 1 : close) - part);
    size_t count = reading->out->paths.count;
    if (!otherwise && match_with(part, length, close + 1, line, reading))
        return true;
    match_absent(part, part + length, reading->out);
    if (match_with(otherwise ? otherwise : close, otherwise ? (size_t)(close - otherwise) : 0,
                   close + 1, line, reading))
        return true;
    match_cut(reading->out, count);
    return otherwise && match_with(part, length, close + 1, line, reading);
}

/* One of its two words; which, is the value of "NAME?". */
static bool match_choice(const struct hole *hole, const char *rest, const char *line,
                         const struct reading *reading)
{
    const char *words[] = {hole->yes, hole->no}, *values[] = {"yes", "no"};
    char *path = xformat("%s?", hole->path);
    size_t count = reading->out->paths.count;
    bool good = false;
    for (size_t i = 0; i < 2 && !good; i++) {
        match_set(reading->out, path, strlen(path), values[i], strlen(values[i]));
        good = match_with(words[i], strlen(words[i]), rest, line, reading);
        if (!good)
            match_cut(reading->out, count);
    }
    free(path);
    return good;
}

/* Backtracks over what a hole takes: the shortest that lets the rest match. */
static bool match_hole(const char *pattern, const char *line, const struct reading *reading)
{
    const char *close = strchr(pattern, '}');
    if (!close)
        return false;
    struct hole hole = hole_read(pattern + 1, (size_t)(close - pattern - 1));
    bool any = hole.yes && !*hole.path, good = false;
    size_t count = reading->out->paths.count;
    if (hole.yes && !any)
        good = match_choice(&hole, close + 1, line, reading);
    else
        for (size_t length = any ? 0 : 1; !good && (!length || line[length - 1]); length++) {
            if (!any)
                match_set(reading->out, hole.path, strlen(hole.path), line, length);
            good = match_here(close + 1, line + length, reading);
            if (!good)
                match_cut(reading->out, count);
        }
    hole_free(&hole);
    return good;
}

static bool match_here(const char *pattern, const char *line, const struct reading *reading)
{
    for (;; pattern++, line++) {
        if (*pattern == '[')
            return match_bracket(pattern, line, reading);
        if (*pattern == '{')
            return match_hole(pattern, line, reading);
        bool same = *pattern == *line || (reading->loose && tolower((unsigned char)*pattern) ==
                                                                tolower((unsigned char)*line));
        if (!same)
            return false;
        if (!*pattern)
            return true;
    }
}

static bool match_all(const char *pattern, const char *line, bool loose, struct match *out)
{
    *out = (struct match){0};
    if (match_here(pattern, line, &(struct reading){out, loose}))
        return true;
    match_free(out);
    return false;
}

bool template_match(const char *pattern, const char *line, struct match *out)
{
    return match_all(pattern, line, false, out);
}

/* What software until 2.9 calls a list of interfaces, and what its documents call it now. */
static const char old_word[] = "whitelist", new_word[] = "allowed list";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_old_word(const char *text, const char *at)
{
    char after = at[strnlen(at, strlen(old_word))];
    return strncasecmp(at, old_word, strlen(old_word)) == 0 && (at == text || is_blank(at[-1])) &&
           (!after || is_blank(after) || after == ':');
}

/* One blank for a run, none at the ends and before a colon, new words for old ones. A line may
 * begin with the bracket of a form. Free it. */
static char *plain(const char *text)
{
    struct str out = {0};
    for (const char *at = text; *at;) {
        if (is_blank(*at)) {
            bool begins = !out.length || strcmp(out.data, "[") == 0;
            at++;
            if (!begins && *at && !is_blank(*at) && *at != ':')
                str_add_char(&out, ' ');
        } else if (is_old_word(text, at)) {
            str_add(&out, new_word);
            at += strlen(old_word);
        } else {
            str_add_char(&out, *at++);
        }
    }
    return str_take(&out);
}

bool status_match(const char *line, const char *printed, struct match *out)
{
    char *pattern = plain(line), *text = plain(printed);
    bool good = match_all(pattern, text, true, out);
    free(pattern);
    free(text);
    return good;
}

bool status_same(const char *a, const char *b)
{
    char *one = plain(a), *other = plain(b);
    bool same = strcasecmp(one, other) == 0;
    free(one);
    free(other);
    return same;
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
