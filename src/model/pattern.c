#include "model/pattern.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the pattern has next for the seat: a text, or a hole's value. */
struct piece {
    const char *text;
    size_t length;
    char number[24];
};

/* Moves on behind it. false: the pattern ends here. */
static bool piece_next(const char **at, const struct seat *seat, struct piece *out)
{
    size_t plain = strcspn(*at, "{");
    *out = (struct piece){.text = *at, .length = plain};
    if (plain || !**at) {
        *at += plain;
        return plain > 0;
    }
    const struct {
        const char *hole, *value;
    } holes[] = {{"{n}", out->number},
                 {"{server}", seat->server->name},
                 {"{address}", seat->server->address},
                 {"{domain}", seat->deployment->name}};
    out->length = 1; /* a brace of its own */
    size_t taken = 1;
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        if (!text_starts(*at, holes[i].hole))
            continue;
        snprintf(out->number, sizeof out->number, "%zu", seat->number);
        out->text = holes[i].value;
        out->length = strlen(out->text);
        taken = strlen(holes[i].hole);
    }
    *at += taken;
    return true;
}

char *pattern_fill(const char *pattern, const struct seat *seat)
{
    struct str out = {0};
    struct piece piece;
    while (piece_next(&pattern, seat, &piece))
        str_add_bytes(&out, piece.text, piece.length);
    return str_take(&out);
}

/* It is what pattern_fill makes. */
static bool fills_to(const char *pattern, const struct seat *seat, const char *value)
{
    struct piece piece;
    while (piece_next(&pattern, seat, &piece)) {
        if (strncmp(value, piece.text, piece.length) != 0)
            return false;
        value += piece.length;
    }
    return !*value;
}

bool pattern_varies(const char *pattern)
{
    return strstr(pattern, "{n}") || strstr(pattern, "{server}") || strstr(pattern, "{address}");
}

/* One way to write a value for all. */
enum form { FORM_AS_IT_IS, FORM_NAME_NUMBER, FORM_NUMBER, FORM_ADDRESS, FORM_SERVER, FORM_COUNT };

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* The seat's number becomes {n}, but in the domain; in_names: only behind a letter or a hyphen, for
 * the numbers of an address mean something else. */
static char *with_number(const char *value, const struct seat *seat, bool in_names)
{
    const char *domain = seat->deployment->name;
    size_t domain_length = strlen(domain);
    char number[24];
    struct str out = {0};
    int length = snprintf(number, sizeof number, "%zu", seat->number);
    for (const char *at = value; *at;) {
        size_t digits = digits_at(at);
        bool named = at > value && (isalpha((unsigned char)at[-1]) || at[-1] == '-');
        if (domain_length && strncmp(at, domain, domain_length) == 0) {
            str_add(&out, domain);
            at += domain_length;
        } else if (!digits) {
            str_add_char(&out, *at++);
        } else {
            bool mine = digits == (size_t)length && strncmp(at, number, digits) == 0;
            if (mine && (named || !in_names))
                str_add(&out, "{n}");
            else
                str_add_bytes(&out, at, digits);
            at += digits;
        }
    }
    return str_take(&out);
}

/* The name becomes the hole where it stands alone, not within a longer word. */
static char *with_hole(const char *value, const char *name, const char *hole)
{
    struct str out = {0};
    size_t length = strlen(name);
    for (const char *at = value; *at;) {
        bool begins = at == value || !isalnum((unsigned char)at[-1]);
        bool is = length && begins && strncmp(at, name, length) == 0 &&
                  !isalnum((unsigned char)at[length]);
        if (is)
            str_add(&out, hole);
        else
            str_add_char(&out, *at);
        at += is ? length : 1;
    }
    return str_take(&out);
}

static char *written(const char *value, const struct seat *seat, enum form form)
{
    switch (form) {
    case FORM_NAME_NUMBER:
    case FORM_NUMBER:
        return with_number(value, seat, form == FORM_NAME_NUMBER);
    case FORM_ADDRESS:
        return with_hole(value, seat->server->address, "{address}");
    case FORM_SERVER:
        return with_hole(value, seat->server->name, "{server}");
    case FORM_AS_IT_IS:
    case FORM_COUNT:
        break;
    }
    return xstrdup(value);
}

/* How many of the values the pattern makes; fewer than that where they are no more than least. */
static size_t count_fits(const char *pattern, const struct seat *seats, const char *const *values,
                         size_t count, size_t least)
{
    size_t fit = 0;
    for (size_t i = 0; i < count && fit + count - i > least; i++)
        fit += fills_to(pattern, &seats[i], values[i]);
    return fit;
}

char *pattern_common(const struct seat *seats, const char *const *values, size_t count, bool *fits)
{
    /* Who most are like is one of these, unless hardly any are alike. */
    const size_t tried[] = {0, 1, count / 2, count ? count - 1 : 0};
    char *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < sizeof tried / sizeof *tried && most < count; i++)
        for (enum form form = 0; tried[i] < count && form < FORM_COUNT && most < count; form++) {
            char *pattern = written(values[tried[i]], &seats[tried[i]], form);
            size_t fit = count_fits(pattern, seats, values, count, most);
            if (fit > most) {
                free(best);
                best = pattern;
                most = fit;
            } else {
                free(pattern);
            }
        }
    if (!best || most * 2 < count) {
        free(best);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        fits[i] = fills_to(best, &seats[i], values[i]);
    return best;
}

char *pattern_of_value(const char *value, const struct seat *seat)
{
    static const enum form forms[] = {FORM_NAME_NUMBER, FORM_ADDRESS, FORM_SERVER};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *pattern = written(value, seat, forms[i]);
        char *back = pattern_fill(pattern, seat);
        bool good = strcmp(pattern, value) != 0 && strcmp(back, value) == 0;
        free(back);
        if (good)
            return pattern;
        free(pattern);
    }
    return xstrdup(value);
}
