#include "mmp/holes.h"

#include "base/mem.h"
#include "pki/words.h"
#include "store/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool hole_is_file(enum hole hole)
{
    return hole >= HOLE_KEY;
}

void holes_of(const char *pattern, struct strings *paths)
{
    for (const char *at = strchr(pattern, '{'); at; at = strchr(at + 1, '{'))
        strings_add_take(paths, xstrndup(at + 1, strcspn(at + 1, "}")));
}

static enum hole file_part(const char *part)
{
    static const struct {
        const char *part;
        enum hole hole;
    } parts[] = {{"key", HOLE_KEY},
                 {"certificate", HOLE_CERTIFICATE},
                 {"fullchain", HOLE_FULLCHAIN},
                 {"bundle", HOLE_BUNDLE}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].part, part) == 0)
            return parts[i].hole;
    return HOLE_TEXT;
}

static enum hole of_type(enum answer_type type)
{
    static const enum hole holes[] = {
        [ANSWER_HOST] = HOLE_HOST,           [ANSWER_HOSTS] = HOLE_HOST,
        [ANSWER_LISTEN] = HOLE_LISTEN,       [ANSWER_LISTENS] = HOLE_LISTEN,
        [ANSWER_PORT] = HOLE_PORT,           [ANSWER_CHOICE] = HOLE_CHOICE,
        [ANSWER_INTERFACES] = HOLE_INTERFACE};
    return (size_t)type < sizeof holes / sizeof *holes ? holes[type] : HOLE_TEXT;
}

/* {listen.port}, {edge.address} */
static enum hole ask_part(const char *part)
{
    return strcmp(part, "port") == 0        ? HOLE_PORT
           : strcmp(part, "interface") == 0 ? HOLE_INTERFACE
                                            : HOLE_HOST;
}

static const struct fact *find_fact(const struct component *component, const char *path)
{
    const char *dot = strchr(path, '.');
    const char *name = dot ? dot + 1 : path;
    for (size_t i = 0; i < component->fact_count; i++)
        if (strcmp(component->facts[i].name, name) == 0)
            return &component->facts[i];
    return NULL;
}

struct hole_kind hole_kind(const struct component *component, const char *path)
{
    const char *dot = strchr(path, '.'), *last = strrchr(path, '.');
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    const struct ask *ask = component_ask(component, head);
    const struct fact *fact = find_fact(component, path);
    struct hole_kind kind = {.hole = HOLE_TEXT};
    if (strcmp(path, "tag") == 0) {
        kind.hole = HOLE_TAG;
    } else if (dot && component_slot(component, head)) {
        kind.hole = file_part(dot + 1);
    } else if (strcmp(head, "state") == 0) {
        kind.hole = last == dot ? HOLE_TEXT : file_part(last + 1);
        kind.list = kind.hole == HOLE_TEXT;
    } else if (!dot && component_trust(component, path)) {
        kind.hole = HOLE_BUNDLE;
    } else if (ask && !dot) {
        kind.hole = of_type(ask->type);
        kind.list = ask->list;
        kind.choices = &ask->choices;
    } else if (dot && last && (ask || strcmp(last, ".address") == 0)) {
        kind.hole = ask_part(last + 1);
    } else if (text_ends(path, "-file")) {
        kind.hole = HOLE_BUNDLE;
    } else if (fact) {
        kind.hole = of_type(fact->type);
        kind.choices = &fact->choices;
    }
    free(head);
    return kind;
}

static bool is_port(const char *text, size_t length)
{
    enum { HIGHEST = 65535 };
    unsigned long port = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]) || i > 4)
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return length && port >= 1 && port <= HIGHEST;
}

/* "a", "lo" */
static bool is_interface(const char *text, size_t length)
{
    enum { LONGEST = 15 };
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]))
            return false;
    return length && length <= LONGEST && isalpha((unsigned char)*text);
}

static bool one_fits(const struct hole_kind *kind, const char *text, size_t length)
{
    const char *colon = memchr(text, ':', length);
    switch (kind->hole) {
    case HOLE_PORT:
        return is_port(text, length);
    case HOLE_INTERFACE:
        return is_interface(text, length);
    case HOLE_LISTEN:
        if (!colon)
            return is_interface(text, length);
        return is_interface(text, (size_t)(colon - text)) &&
               is_port(colon + 1, length - (size_t)(colon - text) - 1);
    case HOLE_CHOICE:
        for (size_t i = 0; kind->choices && i < kind->choices->count; i++)
            if (strlen(kind->choices->items[i]) == length &&
                strncmp(kind->choices->items[i], text, length) == 0)
                return true;
        return false;
    default:
        return length > 0;
    }
}

bool hole_fits(const struct hole_kind *kind, const char *value)
{
    if (!kind->list)
        return !strchr(value, ' ') && one_fits(kind, value, strlen(value));
    for (const char *at = value;;) {
        size_t length = strcspn(at, " ");
        if (!one_fits(kind, at, length))
            return false;
        if (!at[length])
            return true;
        at += length + 1;
    }
}

void hole_usage(const struct hole_kind *kind, const char *path, struct str *out)
{
    static const char *const words[] = {[HOLE_TAG] = "<tag>",
                                        [HOLE_HOST] = "<hostname or IP address>",
                                        [HOLE_PORT] = "<port>",
                                        [HOLE_LISTEN] = "<interface:port>",
                                        [HOLE_INTERFACE] = "<interface>",
                                        [HOLE_KEY] = "<key-file>",
                                        [HOLE_CERTIFICATE] = "<crt-file>",
                                        [HOLE_FULLCHAIN] = "<crt-fullchain-file>",
                                        [HOLE_BUNDLE] = "<cert-bundle>"};
    if (kind->list && kind->hole == HOLE_LISTEN) {
        str_add(out, "<interface:port allowed list>");
    } else if (kind->list && kind->hole == HOLE_INTERFACE) {
        str_add(out, "<interface allowed list>");
    } else if (kind->hole == HOLE_CHOICE && kind->choices) {
        char *all = strings_join(kind->choices, "|");
        str_addf(out, "<%s>", all);
        free(all);
    } else if ((size_t)kind->hole < sizeof words / sizeof *words && words[kind->hole]) {
        str_add(out, words[kind->hole]);
    } else {
        const char *dot = strrchr(path, '.');
        str_addf(out, "<%s>", dot ? dot + 1 : path);
    }
}

/* One dot, before the extension (guide 4.2); the underscore is read, though not made. */
static bool is_plain_name(const char *name)
{
    const char *dot = strchr(name, '.');
    size_t base = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return dot && base && (size_t)(dot - name) == base && !strchr(dot + 1, '.');
}

bool hole_file_named(enum hole hole, const char *name, struct str *why)
{
    if (!is_plain_name(name)) {
        words_add(why, WORD_FILE_NAME, name, NULL, NULL);
        return false;
    }
    bool good = hole == HOLE_KEY ? name_is_key(name) : name_is_certificate(name);
    if (!good)
        words_add(why, hole == HOLE_KEY ? WORD_NO_KEY_FILE : WORD_NO_CERTIFICATE_FILE, name, NULL,
                  NULL);
    return good;
}
