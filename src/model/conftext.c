/* libconfuse's grammar, for editing in place: the tokens are those of its lexer. */
#include "model/conftext.h"

#include "base/escape.h"
#include "base/mem.h"
#include "model/conftoken.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* An item of the outline, before the items within it; parent is an index, -1 at the top. */
struct item {
    char *name, *title;
    long parent;
    size_t next; /* behind it and what is within it */
    struct conf_span span;
};
/* The items of a text. The last one read is remembered, and moved along with the text when a value
 * is given: an answer asks for a hundred places of one text, and may set four hundred. */
static struct outline {
    struct str text;
    struct item *items;
    size_t count;
    struct scanner scanner; /* over the text; its problem ends the items */
} known;

void conf_forget(void)
{
    for (size_t i = 0; i < known.count; i++) {
        free(known.items[i].name);
        free(known.items[i].title);
    }
    free(known.items);
    str_free(&known.text);
    known = (struct outline){0};
}

static size_t line_of(const char *text, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

static size_t add_item(struct outline *outline, struct token name, long parent)
{
    outline->items = grow(outline->items, outline->count, sizeof *outline->items);
    struct item *item = &outline->items[outline->count];
    item->name = conf_token_value(outline->scanner.text, name);
    item->parent = parent;
    item->span.start = name.start;
    item->next = outline->count + 1;
    return outline->count++;
}

static bool read_value(struct outline *outline, size_t index)
{
    struct scanner *s = &outline->scanner;
    struct token token = conf_token(s);
    struct conf_span *span = &outline->items[index].span;
    span->value_start = token.start;
    if (token.kind == TOKEN_MARK && token.mark == '{') {
        do
            token = conf_token(s);
        while (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED ||
               (token.kind == TOKEN_MARK && token.mark == ','));
        if (token.kind != TOKEN_MARK || token.mark != '}')
            return conf_trouble(s, token.kind == TOKEN_END ? span->value_start : token.start,
                                "a list is \"{ value, value }\"");
    } else if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED) {
        return conf_trouble(s, token.start, "a value was expected after \"=\"");
    }
    span->value_end = span->end = token.end;
    return true;
}

enum { DEPTH_MAX = 16 };

/* Items up to the closing brace (or the end of the text). */
static bool read_items(struct outline *outline, long parent, int depth)
{
    struct scanner *s = &outline->scanner;
    for (;;) {
        struct token token = conf_token(s);
        if (token.kind == TOKEN_END) {
            if (parent >= 0)
                conf_trouble(s, outline->items[parent].span.start,
                             "its brace is never closed: add }");
            return !s->problem;
        }
        if (token.kind == TOKEN_MARK && token.mark == '}') {
            if (parent < 0)
                return conf_trouble(s, token.start, "a closing brace too many");
            outline->items[parent].span.value_end = token.start;
            outline->items[parent].span.end = token.end;
            outline->items[parent].next = outline->count;
            return true;
        }
        if (token.kind != TOKEN_WORD)
            return conf_trouble(s, token.start,
                                "the name of an option or a section was expected here");
        size_t index = add_item(outline, token, parent);
        struct token next = conf_token(s);
        if (next.kind == TOKEN_PLUS)
            next = conf_token(s);
        if (next.kind == TOKEN_MARK && next.mark == '=') {
            if (!read_value(outline, index))
                return false;
            continue;
        }
        if (next.kind == TOKEN_QUOTED || next.kind == TOKEN_WORD) {
            outline->items[index].title = conf_token_value(s->text, next);
            next = conf_token(s);
        }
        if (next.kind != TOKEN_MARK || next.mark != '{')
            return conf_trouble(s, token.start, "an option needs \"=\", a section \"{\"");
        if (depth == DEPTH_MAX)
            return conf_trouble(s, token.start, "sections nest too deep");
        outline->items[index].span.is_section = true;
        outline->items[index].span.value_start = next.end;
        if (!read_items(outline, (long)index, depth + 1))
            return false;
    }
}

static const struct outline *outline_of(const char *text, size_t length)
{
    if (known.text.data && known.text.length == length &&
        memcmp(known.text.data, text, length) == 0)
        return &known;
    conf_forget();
    str_add_bytes(&known.text, text, length);
    known.scanner = (struct scanner){.text = str_text(&known.text), .length = length};
    read_items(&known, -1, 0);
    return &known;
}

/* NULL: the text is none that libconfuse could read. */
static const struct outline *good_outline(const char *text, size_t length)
{
    const struct outline *outline = outline_of(text, length);
    return outline->scanner.problem ? NULL : outline;
}

static bool same_place(const struct item *a, const struct item *b)
{
    return a->parent == b->parent && strcmp(a->name, b->name) == 0 &&
           (a->title == b->title || (a->title && b->title && strcmp(a->title, b->title) == 0));
}

static int compare_places(const void *left, const void *right)
{
    const struct item *const *x = left, *const *y = right, *a = *x, *b = *y;
    if (a->parent != b->parent)
        return a->parent < b->parent ? -1 : 1;
    int order = strcmp(a->name, b->name);
    if (!order && a->title && b->title)
        order = strcmp(a->title, b->title);
    else if (!order)
        order = (a->title != NULL) - (b->title != NULL);
    return order ? order : (a > b) - (a < b);
}

/* accept {} has no title and comes as often as one likes. */
static bool may_repeat(const struct item *item)
{
    return item->span.is_section && !item->title && strcmp(item->name, "accept") == 0;
}

/* The first item that stands in the place of one before it; both in pair. */
static void find_double(const struct item **sorted, size_t count, const struct item *pair[2])
{
    for (size_t i = 0, first = 0; i < count; i++) {
        if (!same_place(sorted[first], sorted[i]))
            first = i;
        if (i > first && !may_repeat(sorted[i]) && (!pair[1] || sorted[i] < pair[1])) {
            pair[0] = sorted[first];
            pair[1] = sorted[i];
        }
    }
}

static bool check_doubles(const struct outline *outline, const char *place, struct error *err)
{
    const char *text = outline->scanner.text;
    const struct item *pair[2] = {NULL, NULL};
    const struct item **sorted = xcalloc(outline->count, sizeof *sorted);
    for (size_t i = 0; i < outline->count; i++)
        sorted[i] = &outline->items[i];
    qsort(sorted, outline->count, sizeof *sorted, compare_places);
    find_double(sorted, outline->count, pair);
    free(sorted);
    if (!pair[1])
        return true;
    char *where = xformat("%s:%zu", place, line_of(text, pair[1]->span.start));
    size_t first = line_of(text, pair[0]->span.start);
    if (pair[1]->title)
        error_set(err, STATUS_NO, where, "keep one of them",
                  "%s \"%s\" is there twice, first in line %zu", pair[1]->name, pair[1]->title,
                  first);
    else
        error_set(err, STATUS_NO, where, "keep one of them", "%s is given twice, first in line %zu",
                  pair[1]->name, first);
    free(where);
    return false;
}

bool conf_check(const char *text, size_t length, const char *place, struct error *err)
{
    const char *nul = memchr(text, '\0', length);
    bool is_wide = length >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 ||
                                   memcmp(text, "\xFE\xFF", 2) == 0 || !text[0] != !text[1]);
    if (nul && is_wide)
        return error_set(err, STATUS_NO, place, "save it as UTF-8",
                         "it is UTF-16 text of an editor");
    if (nul)
        return error_set(err, STATUS_NO, place, "it is no text file: check the name",
                         "a NUL byte in line %zu", line_of(text, (size_t)(nul - text)));
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return error_set(err, STATUS_NO, place, "save it as UTF-8 without BOM",
                         "it begins with a byte order mark");
    const struct outline *outline = outline_of(text, length);
    if (!outline->scanner.problem)
        return check_doubles(outline, place, err);
    char *where = xformat("%s:%zu", place, line_of(text, outline->scanner.problem_at));
    error_set(err, STATUS_NO, where, NULL, "%s", outline->scanner.problem);
    free(where);
    return false;
}

void conf_names(const char *text, size_t length, struct strings *out)
{
    const struct outline *outline = outline_of(text, length);
    for (size_t i = 0; i < outline->count; i++)
        if (!strings_has(out, outline->items[i].name))
            strings_add(out, outline->items[i].name);
}

void conf_cut(const char *text, size_t length, size_t piece, struct conf_cuts *out)
{
    const struct outline *outline = length > piece ? good_outline(text, length) : NULL;
    *out = (struct conf_cuts){0};
    size_t start = 0;
    for (size_t i = 0; outline && i < outline->count; i++) {
        const struct item *item = &outline->items[i];
        if (item->parent >= 0 || item->span.end < start + piece || length - item->span.end < piece)
            continue;
        out->ends = grow(out->ends, out->count, sizeof *out->ends);
        out->ends[out->count++] = start = item->span.end;
    }
    out->ends = grow(out->ends, out->count, sizeof *out->ends);
    out->ends[out->count++] = length;
}

/* Comments become blanks: libconfuse's lexer counts two lines for one that ends in a # comment, and
 * one too few for a block of them, and its errors would name another line. */
static void add_between(const char *text, size_t start, size_t end, struct str *out)
{
    for (size_t i = start; i < end; i++)
        str_add_char(out, text[i] == '\n' ? '\n' : ' ');
}

static void add_quoted(const char *text, size_t start, size_t end, struct str *out)
{
    size_t copied = start;
    for (size_t i = start; i < end; i++) {
        if (text[i] == '\\') {
            i++;
        } else if (text[i] == '$') {
            str_add_bytes(out, text + copied, i - copied);
            str_add_char(out, '\\');
            copied = i;
        }
    }
    str_add_bytes(out, text + copied, end - copied);
}

void conf_tame(const char *text, size_t length, struct str *out)
{
    struct scanner s = {.text = text, .length = length};
    size_t done = 0;
    for (;;) {
        struct token token = conf_token(&s);
        add_between(text, done, token.start, out);
        if (token.kind == TOKEN_QUOTED && text[token.start] == '"')
            add_quoted(text, token.start, token.end, out);
        else
            str_add_bytes(out, text + token.start, token.end - token.start);
        done = token.end;
        if (token.kind == TOKEN_END)
            break;
    }
}

/* The index of the item at the end of the path, -1. depth 0 is the top. Steps on the way are
 * sections; sections: the last one, too. */
static long find_item(const struct outline *outline, const struct conf_step *path, size_t depth,
                      bool sections)
{
    long parent = -1;
    size_t end = outline->count;
    for (size_t step = 0; step < depth; step++) {
        const char *name = path[step].name, *title = path[step].title;
        long found = -1;
        for (size_t i = (size_t)(parent + 1); found < 0 && i < end; i = outline->items[i].next) {
            const struct item *item = &outline->items[i];
            bool fits = item->span.is_section || (!sections && step + 1 == depth);
            if (fits && strcmp(item->name, name) == 0 &&
                (title ? item->title && strcmp(item->title, title) == 0 : !item->title))
                found = (long)i;
        }
        if (found < 0)
            return -1;
        parent = found;
        end = outline->items[found].next;
    }
    return parent;
}

bool conf_find(const char *text, const struct conf_step *path, size_t depth, struct conf_span *out)
{
    const struct outline *outline = good_outline(text, strlen(text));
    long found = outline && depth ? find_item(outline, path, depth, false) : -1;
    if (found >= 0) {
        *out = outline->items[found].span;
        out->line = line_of(text, out->start);
    }
    return found >= 0;
}

static long find_nth(const struct outline *outline, const char *section, size_t nth,
                     const char *option)
{
    long found = -1;
    for (size_t i = 0; found < 0 && i < outline->count; i++) {
        const struct item *item = &outline->items[i];
        if (item->parent < 0 && item->span.is_section && strcmp(item->name, section) == 0 &&
            nth-- == 0)
            found = (long)i;
    }
    if (found < 0 || !option)
        return found;
    for (size_t i = 0; i < outline->count; i++)
        if (outline->items[i].parent == found && strcmp(outline->items[i].name, option) == 0)
            return (long)i;
    return -1;
}

bool conf_find_nth(const char *text, const char *section, size_t nth, const char *option,
                   struct conf_span *out)
{
    const struct outline *outline = good_outline(text, strlen(text));
    long found = outline ? find_nth(outline, section, nth, option) : -1;
    if (found >= 0) {
        *out = outline->items[found].span;
        out->line = line_of(text, out->start);
    }
    return found >= 0;
}

static void splice(struct str *text, size_t start, size_t end, const char *with)
{
    size_t came = strlen(with), rest = text->length - end;
    str_reserve(text, start + came + rest + 1);
    memmove(text->data + start + came, text->data + end, rest);
    memcpy(text->data + start, with, came);
    text->length = start + came + rest;
    text->data[text->length] = '\0';
}

/* The remembered text is edited alike: the items from that one on move by so much, and those around
 * them end so much later; SIZE_MAX is one less. */
static void move_along(size_t start, size_t end, const char *with, size_t from, long around)
{
    size_t by = strlen(with) - (end - start);
    splice(&known.text, start, end, with);
    known.scanner.text = str_text(&known.text);
    known.scanner.length = known.text.length;
    for (size_t i = from; by && i < known.count; i++) {
        struct conf_span *span = &known.items[i].span;
        span->start += by;
        span->end += by;
        span->value_start += by;
        span->value_end += by;
    }
    for (; around >= 0; around = known.items[around].parent) {
        known.items[around].span.value_end += by;
        known.items[around].span.end += by;
    }
}

/* Gives the option another value, and the remembered outline with it. */
static void splice_value(struct str *text, long index, const char *value)
{
    size_t start = known.items[index].span.value_start, end = known.items[index].span.value_end;
    splice(text, start, end, value);
    if (strchr(" \t\r\n}", known.text.data[end]))
        move_along(start, end, value, (size_t)index + 1, index);
    else /* they might grow together */
        conf_forget();
}

void conf_quote(const char *value, struct str *out)
{
    str_add_char(out, '"');
    for (const char *c = value; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '$') {
            str_add_char(out, '\\');
            str_add_char(out, *c);
        } else if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            str_addf(out, "\\x%02x", (unsigned char)*c);
        } else {
            str_add_char(out, *c);
        }
    }
    str_add_char(out, '"');
}

/* true, false and numbers stand bare; all else in quotes. */
static bool stands_bare(const char *value)
{
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        return true;
    return *value && strlen(value) < 10 && strspn(value, "0123456789") == strlen(value);
}

char *conf_value(const struct strings *values, bool as_list)
{
    struct str out = {0};
    if (as_list)
        str_add(&out, values->count ? "{ " : "{}");
    for (size_t i = 0; i < values->count; i++) {
        if (i)
            str_add(&out, ", ");
        if (!as_list && stands_bare(values->items[i]))
            str_add(&out, values->items[i]);
        else
            conf_quote(values->items[i], &out);
    }
    if (as_list && values->count)
        str_add(&out, " }");
    if (!as_list && !values->count)
        str_add(&out, "\"\"");
    return str_take(&out);
}

/* The blanks at the start of the line that holds at. */
static char *indent_at(const char *text, size_t at)
{
    size_t start = at;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    size_t end = start;
    while (text[end] == ' ' || text[end] == '\t')
        end++;
    return xstrndup(text + start, end - start);
}

/* Where the line that ends an item ends: behind a comment on it, before its newline. */
static size_t line_end(const char *text, size_t at)
{
    const char *newline = strchr(text + at, '\n');
    return newline ? (size_t)(newline - text) : strlen(text);
}

/* Only blanks and a comment follow on the line. */
static bool rest_is_comment(const char *text, size_t at)
{
    while (text[at] == ' ' || text[at] == '\t')
        at++;
    return text[at] == '\0' || text[at] == '\n' || text[at] == '#' ||
           (text[at] == '/' && text[at + 1] == '/');
}

/* Where an item is put at the end of a section, and with what around it: in the manner of its
 * neighbours. */
static size_t lay_out(const struct str *text, const struct outline *outline, long parent,
                      const char *item, struct str *put)
{
    const char *old = str_text(text);
    size_t first = (size_t)(parent + 1),
           next = parent < 0 ? outline->count : outline->items[parent].next;
    long last = -1;
    for (size_t i = first; i < next; i = outline->items[i].next)
        last = (long)i;
    size_t at;
    if (parent < 0) {
        at = text->length;
        str_addf(put, "%s%s\n", at && old[at - 1] != '\n' ? "\n" : "", item);
    } else {
        const struct conf_span *section = &outline->items[parent].span;
        bool one_line = !memchr(old + section->start, '\n', section->end - section->start);
        size_t tail = last >= 0 ? outline->items[last].span.end : section->value_end;
        /* the brace that closes the section stands on its last item's line */
        bool shut = last >= 0 && !memchr(old + tail, '\n', section->value_end - tail);
        bool behind = last >= 0 && rest_is_comment(old, outline->items[last].span.end);
        if (shut && !strchr(item, '\n')) {
            at = tail;
            str_addf(put, "  %s", item);
        } else if (last >= 0) {
            char *indent = indent_at(old, outline->items[last].span.start);
            at = behind ? line_end(old, outline->items[last].span.end)
                        : outline->items[last].span.end;
            str_addf(put, "\n%s%s", indent, item);
            if (one_line || (!behind && old[at] != '\n')) {
                char *outer = indent_at(old, section->start);
                str_addf(put, "\n%s", outer);
                free(outer);
                while (at < section->value_end && old[at] == ' ')
                    at++; /* the blanks before the closing brace */
            }
            free(indent);
        } else {
            char *indent = indent_at(old, section->start);
            at = section->value_end;
            bool broken = memchr(old + section->value_start, '\n', at - section->value_start);
            if (broken)
                while (at > section->value_start && old[at - 1] != '\n')
                    at--;
            str_addf(put, "%s%s    %s\n%s", broken ? "" : "\n", indent, item, broken ? "" : indent);
            free(indent);
        }
    }
    return at;
}

static void append(struct str *text, const struct outline *outline, long parent, const char *item)
{
    struct str put = {0};
    size_t at = lay_out(text, outline, parent, item, &put);
    splice(text, at, at, str_text(&put));
    str_free(&put);
}

/* The remembered outline gets an option, at the end of its parent. */
static void insert_option(long parent, const char *name, struct conf_span span)
{
    size_t at = parent < 0 ? known.count : known.items[parent].next;
    known.items = grow(known.items, known.count, sizeof *known.items);
    struct item *item = &known.items[at];
    memmove(item + 1, item, (known.count++ - at) * sizeof *item);
    *item = (struct item){.name = xstrdup(name), .parent = parent, .next = at, .span = span};
    for (size_t i = at; i < known.count; i++) {
        known.items[i].next++;
        if (i > at && known.items[i].parent >= (long)at)
            known.items[i].parent++;
    }
    for (; parent >= 0; parent = known.items[parent].parent)
        known.items[parent].next++;
}

/* The remembered outline goes with it. */
static void append_option(struct str *text, long parent, const char *name, const char *value)
{
    struct str put = {0};
    char *item = xformat("%s = %s", name, value);
    size_t at = lay_out(text, &known, parent, item, &put);
    size_t start = at + (size_t)(strstr(str_text(&put), item) - put.data);
    struct conf_span span = {.start = start,
                             .end = start + strlen(item),
                             .value_start = start + strlen(name) + strlen(" = "),
                             .value_end = start + strlen(item)};
    splice(text, at, at, str_text(&put));
    if (strchr(" \t\r\n}", text->data[span.end])) {
        move_along(at, at, str_text(&put), parent < 0 ? known.count : known.items[parent].next,
                   parent);
        insert_option(parent, name, span);
    } else {
        conf_forget();
    }
    free(item);
    str_free(&put);
}

void conf_add_section(struct str *text, const struct conf_step *path, size_t depth)
{
    for (size_t step = 1; step <= depth; step++) {
        const struct outline *outline = good_outline(str_text(text), text->length);
        if (outline && find_item(outline, path, step, true) < 0) {
            struct str item = {0};
            str_add(&item, path[step - 1].name);
            if (path[step - 1].title) {
                str_add_char(&item, ' ');
                conf_quote(path[step - 1].title, &item);
            }
            str_add(&item, " {");
            char *indent = xstrdup("");
            long parent = find_item(outline, path, step - 1, true);
            if (step > 1 && parent >= 0) {
                free(indent);
                char *outer = indent_at(str_text(text), outline->items[parent].span.start);
                indent = xformat("%s    ", outer);
                free(outer);
            }
            str_addf(&item, "\n%s}", indent);
            free(indent);
            append(text, outline, parent, str_text(&item));
            str_free(&item);
        }
    }
}

void conf_set(struct str *text, const struct conf_step *path, size_t depth,
              const struct strings *values, bool as_list)
{
    char *value = conf_value(values, as_list);
    const struct outline *outline = good_outline(str_text(text), text->length);
    long found = outline ? find_item(outline, path, depth, false) : -1;
    if (outline && found < 0 && depth > 1 && find_item(outline, path, depth - 1, true) < 0) {
        conf_add_section(text, path, depth - 1);
        outline = good_outline(str_text(text), text->length);
    }
    if (found >= 0) {
        splice_value(text, found, value);
    } else if (outline) {
        long parent = depth > 1 ? find_item(outline, path, depth - 1, true) : -1;
        append_option(text, parent, path[depth - 1].name, value);
    }
    free(value);
}

bool conf_set_nth(struct str *text, const char *section, size_t nth, const char *option,
                  const char *value)
{
    struct conf_span span;
    struct str quoted = {0};
    if (!conf_find_nth(str_text(text), section, nth, option, &span))
        return false;
    conf_quote(value, &quoted);
    splice(text, span.value_start, span.value_end, str_text(&quoted));
    str_free(&quoted);
    return true;
}

/* The item's bytes, its line where it stands alone there. */
static void cut_item(struct str *text, const struct conf_span *span)
{
    const char *old = str_text(text);
    size_t start = span->start, end = span->end, line = start;
    while (line > 0 && (old[line - 1] == ' ' || old[line - 1] == '\t'))
        line--;
    bool alone = (line == 0 || old[line - 1] == '\n') && rest_is_comment(old, end);
    if (alone) {
        start = line;
        end = line_end(old, end);
        end += old[end] == '\n';
    } else if (line > 0 && old[line - 1] != '\n') {
        start = line; /* the blanks between it and the item before it */
    } else {
        while (old[end] == ' ')
            end++;
    }
    splice(text, start, end, "");
}

bool conf_remove(struct str *text, const struct conf_step *path, size_t depth)
{
    const struct outline *outline = good_outline(str_text(text), text->length);
    long found = outline ? find_item(outline, path, depth, false) : -1;
    if (found >= 0)
        cut_item(text, &outline->items[found].span);
    return found >= 0;
}

bool conf_remove_nth(struct str *text, const char *section, size_t nth)
{
    const struct outline *outline = good_outline(str_text(text), text->length);
    long found = outline ? find_nth(outline, section, nth, NULL) : -1;
    if (found >= 0)
        cut_item(text, &outline->items[found].span);
    return found >= 0;
}

bool conf_retitle(struct str *text, const struct conf_step *path, size_t depth, const char *title)
{
    const struct outline *outline = good_outline(str_text(text), text->length);
    long found = outline ? find_item(outline, path, depth, false) : -1;
    if (found >= 0) {
        struct scanner s = {
            .text = str_text(text), .length = text->length, .at = outline->items[found].span.start};
        conf_token(&s);
        struct token old = conf_token(&s);
        struct str quoted = {0};
        conf_quote(title, &quoted);
        splice(text, old.start, old.end, str_text(&quoted));
        str_free(&quoted);
    }
    return found >= 0;
}
