/* Several names at once: from a mail, a spreadsheet, openssl's output, or typed in a row. */
#include "base/escape.h"
#include "base/mem.h"
#include "pki/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A name as it stands in a certificate: nobody types one by mistake. san_check would ask what was
 * meant, and that asks here. */
static bool is_whole(const char *text)
{
    struct error ignored;
    if (is_host_name(text) || is_ip_address(text))
        return true;
    if (strchr(text, '@') && !strchr(text, ':'))
        return email_check(text, &ignored);
    if (text_ends(text, ":")) /* a heading, no URI */
        return false;
    char *form = is_idn_host(text)   ? host_ascii(text, NULL)
                 : strchr(text, ':') ? san_typed(text)
                                     : NULL;
    bool whole = form && (is_host_name(form) || text_starts(form, "URI:"));
    free(form);
    return whole;
}

/* Blanks of every width, which spreadsheets and word processors put in. */
static bool is_space(unsigned code)
{
    return code == 0xA0 || code == 0x202F || code == 0x205F || code == 0x3000 ||
           (code >= 0x2000 && code <= 0x200B) || code == 0xFEFF;
}

/* The bytes of a sign that parts names wherever it stands, 0 where there is none. */
static size_t separator(const char *text, size_t left)
{
    size_t at = 0;
    unsigned code = 0;
    if (strchr("\n\r\t,;&", *text))
        return 1;
    return (unsigned char)*text >= 0x80 && utf8_next(text, left, &at, &code) && is_space(code) ? at
                                                                                               : 0;
}

/* What openssl and mails put around a name. */
static char *bare(const char *text, size_t length)
{
    static const char *const types[] = {"DNS:", "IP Address:", "IP:", "email:", "URI:"};
    while (length && strchr(" \"'<([{", *text)) {
        text++;
        length--;
    }
    while (length && strchr(" \"'>)]}", text[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t type = strlen(types[i]);
        if (length > type && strncasecmp(text, types[i], type) == 0)
            return bare(text + type, length - type);
    }
    return xstrndup(text, length);
}

/* "-", "*" or nothing, in front of a line of a list. */
static bool is_bullet(const char *text)
{
    while (*text && !isalnum((unsigned char)*text) && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

static void add_part(struct strings *parts, const char *text, size_t length)
{
    char *part = bare(text, length);
    if (is_bullet(part))
        free(part);
    else
        strings_add_take(parts, part);
}

static void split_blanks(const char *text, struct strings *parts)
{
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t length = strcspn(text, " ");
        add_part(parts, text, length);
        text += length;
    }
}

static size_t count_whole(const struct strings *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < parts->count; i++)
        count += is_whole(parts->items[i]);
    return count;
}

/* A name with a blank for its dot is one mistake, however many parts it has. */
static bool is_one_mistake(const char *cell, const struct strings *parts)
{
    if (parts->count < 2 || count_whole(parts) > 1 || !strchr(cell, '.'))
        return false;
    char *meant = host_mend(cell);
    free(meant);
    return meant != NULL;
}

/* "a.example.com and b.example.com": the word between two names is none. */
static bool is_and(const struct strings *parts, size_t at)
{
    return at > 0 && at + 1 < parts->count && strcasecmp(parts->items[at], "and") == 0 &&
           is_whole(parts->items[at - 1]) && is_whole(parts->items[at + 1]);
}

static void add_cell(const char *text, size_t length, struct strings *out)
{
    char *cell = bare(text, length);
    struct strings parts = {0};
    split_blanks(cell, &parts);
    if (is_one_mistake(cell, &parts))
        strings_add_new(out, cell);
    else
        for (size_t i = 0; i < parts.count; i++)
            if (!is_and(&parts, i))
                strings_add_new(out, parts.items[i]);
    strings_free(&parts);
    free(cell);
}

void names_split(const char *text, struct strings *out)
{
    size_t length = strlen(text), begin = 0, before = out->count;
    for (size_t at = 0; at <= length; at++) {
        size_t sign = at < length ? separator(text + at, length - at) : 1;
        if (!sign)
            continue;
        add_cell(text + begin, at - begin, out);
        at += sign - 1;
        begin = at + 1;
    }
    /* Nothing like a name: it is still what was typed, and judged as that. */
    if (out->count == before && text[strspn(text, " \t\r\n")])
        strings_add(out, text);
}

void names_sort(struct strings *names, struct strings *left_out)
{
    if (!count_whole(names))
        return;
    struct strings kept = {0};
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        char *meant = strpbrk(name, ". ") ? host_mend(name) : NULL;
        strings_add(is_whole(name) || meant ? &kept : left_out, name);
        free(meant);
    }
    strings_free(names);
    *names = kept;
}

char *names_join(const struct strings *names)
{
    return strings_join(names, ", ");
}

bool are_several_names(const char *text)
{
    size_t length = strlen(text), begin = 0, count = 0;
    for (size_t at = 0; at <= length && count < 2; at++) {
        size_t sign = at == length || text[at] == ' ' ? 1 : separator(text + at, length - at);
        if (!sign)
            continue;
        char *part = bare(text + begin, at - begin);
        count += is_whole(part);
        free(part);
        at += sign - 1;
        begin = at + 1;
    }
    return count > 1;
}
