#include "pki/names.h"

#include "base/escape.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const attribute_names[ATTR_COUNT] = {"CN", "OU", "O", "L", "ST", "C", "emailAddress"};

static const char san_name[] = "subjectAltName";

/* X.520's upper bounds in characters; the e-mail address has PKCS #9's. */
static const size_t limits[ATTR_COUNT] = {
    [ATTR_CN] = 64,  [ATTR_OU] = 64, [ATTR_O] = 64,      [ATTR_L] = 128,
    [ATTR_ST] = 128, [ATTR_C] = 2,   [ATTR_EMAIL] = 128,
};

/* Domains end in a short label more often than a title's last word is short: "join.example com". */
enum { SHORT_LABEL = 3 };

void names_free(struct names *names)
{
    for (int i = 0; i < ATTR_COUNT; i++)
        free(names->attributes[i]);
    strings_free(&names->sans);
    strings_free(&names->eku);
    *names = (struct names){0};
}

/* As a certificate holds it: hosts are ASCII there, titles are not. */
static char *written_form(enum attribute attribute, const char *value)
{
    return attribute == ATTR_CN || attribute == ATTR_EMAIL ? name_ascii(value) : xstrdup(value);
}

void names_copy(struct names *to, const struct names *from)
{
    *to = (struct names){0};
    for (int i = 0; i < ATTR_COUNT; i++)
        if (from->attributes[i])
            to->attributes[i] = written_form((enum attribute)i, from->attributes[i]);
    for (size_t i = 0; i < from->sans.count; i++)
        strings_add_take(&to->sans, name_ascii(from->sans.items[i]));
    strings_copy(&to->eku, &from->eku);
}

static bool is_same(char *written, const char *value)
{
    bool same = strcmp(written, value) == 0;
    free(written);
    return same;
}

bool names_are_ascii(const struct names *names)
{
    for (int i = 0; i < ATTR_COUNT; i++)
        if (names->attributes[i] &&
            !is_same(written_form((enum attribute)i, names->attributes[i]), names->attributes[i]))
            return false;
    for (size_t i = 0; i < names->sans.count; i++)
        if (!is_same(name_ascii(names->sans.items[i]), names->sans.items[i]))
            return false;
    return true;
}

/* One character that no terminal may see raw: a control, or one that turns the reading order. */
static bool is_control(const char *text, size_t length)
{
    struct str shown = {0};
    escape_add(&shown, text, length);
    bool control = shown.length != length;
    str_free(&shown);
    return control;
}

/* Text that X.509 can hold: UTF-8 without control characters, no blank at its ends. Counts it. */
static bool text_check(const char *value, const char *name, size_t *characters, struct error *err)
{
    size_t length = strlen(value);
    *characters = 0;
    for (size_t at = 0; at < length;) {
        unsigned code;
        size_t start = at;
        ++*characters;
        if (!utf8_next(value, length, &at, &code))
            return error_set(err, STATUS_NO, name, "Type it in UTF-8", "no UTF-8 text (column %zu)",
                             *characters);
        if (is_control(value + start, at - start))
            return error_set(err, STATUS_NO, name, "Leave it out",
                             "a control character (column %zu)", *characters);
    }
    if (*value == ' ')
        return error_set(err, STATUS_NO, name, "Leave it out", "a blank in front (column 1)");
    if (length && value[length - 1] == ' ')
        return error_set(err, STATUS_NO, name, "Leave it out", "a blank at the end (column %zu)",
                         *characters);
    return true;
}

/* A CN may be any title ("My company CA"), but this one was to be a host: it has a dot, no capital,
 * and behind its blank stands what a domain ends in. */
static bool is_mistyped_host(const char *value)
{
    const char *blank = strrchr(value, ' ');
    size_t length = strlen(value);
    if (strstr(value, "://") || (!blank && length && value[length - 1] == '.')) {
        char *meant = host_mend(value); /* an address of a browser, a name as DNS writes it */
        free(meant);
        return meant != NULL;
    }
    if (!blank || !strchr(value, '.') || value[strcspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        return false;
    if (strlen(blank + 1) > SHORT_LABEL && !strchr(blank, '.'))
        return false;
    char *meant = host_mend(value);
    free(meant);
    return meant != NULL;
}

static bool cn_check(const char *value, struct error *err)
{
    if (!*value)
        return error_set(err, STATUS_NO, "", "Type the host name that clients connect to",
                         "the common name is missing");
    if (strncasecmp(value, "CN=", 3) == 0) {
        char *remedy = xformat("Write %s", value + 3);
        error_set(err, STATUS_NO, "", remedy, "a name goes without \"CN=\"");
        free(remedy);
        return false;
    }
    if (is_idn_host(value))
        return idn_check(value, limits[ATTR_CN], err);
    if (is_mistyped_host(value) || are_several_names(value) ||
        (strchr(value, '*') && !strchr(value, ' ')))
        return host_check(value, err);
    return true;
}

static bool country_check(const char *value, struct error *err)
{
    bool letters =
        strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == strlen(value);
    if (letters && strlen(value) == 2)
        return true;
    const char *code = country_code(value);
    char *remedy = code ? xformat("Write %s", code) : xstrdup("Write it as US, GB or FR");
    error_set(err, STATUS_NO, "", remedy, "a country is two letters (ISO 3166)");
    free(remedy);
    return false;
}

static bool content_check(enum attribute attribute, const char *value, struct error *err)
{
    switch (attribute) {
    case ATTR_CN:
        return cn_check(value, err);
    case ATTR_C:
        return country_check(value, err);
    case ATTR_EMAIL:
        return email_check(value, err);
    default:
        return true;
    }
}

/* The judges of hosts and addresses know no field: the place is put here. */
static bool at_place(bool good, const char *name, struct error *err)
{
    if (!good && err)
        error_set(err, err->code, name, err->remedy, "%s", err->message);
    return good;
}

bool is_same_cn(const char *a, const char *b)
{
    char *x = name_ascii(a), *y = name_ascii(b);
    bool is_host = (strchr(x, '.') && is_host_name(x)) || is_ip_address(x);
    bool same = is_host ? strcasecmp(x, y) == 0 : strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

bool attribute_check(enum attribute attribute, const char *value, struct error *err)
{
    const char *name = attribute_names[attribute];
    size_t characters;
    if (!text_check(value, name, &characters, err))
        return false;
    if (!*value && attribute != ATTR_CN)
        return true;
    if (attribute != ATTR_C && characters > limits[attribute])
        return error_set(err, STATUS_NO, name, "Shorten it", "%zu characters, %s allows %zu in %s",
                         characters, attribute == ATTR_EMAIL ? "PKCS #9" : "X.520",
                         limits[attribute], name);
    return at_place(content_check(attribute, value, err), name, err);
}

/* A blank after a comma ends the appliance's argument there: the list is shown joined. */
static bool san_blank_check(const char *value, struct error *err)
{
    const char *blank = value;
    while ((blank = strpbrk(blank, " \t")) && blank > value && blank[-1] != ',' &&
           blank[strspn(blank, " \t")] != ',')
        blank++;
    size_t length = strlen(value);
    bool ends_in_comma = length && value[length - 1] == ',';
    if (!blank && !ends_in_comma)
        return true;
    if (!blank)
        return error_set(err, STATUS_NO, san_name,
                         "Join the list without blanks: subjectAltName:a.example.com,b.example.com",
                         "the list ends in a comma, as when a blank follows it (column %zu)",
                         length);
    struct str joined = {0};
    for (const char *at = value; *at; at++)
        if (*at != ' ' && *at != '\t')
            str_add_char(&joined, *at);
    char *remedy = xformat("Leave the blank out: %s:%s", san_name, str_text(&joined));
    error_set(err, STATUS_NO, san_name, remedy,
              "no blank may stand beside a comma, it ends the list (column %zu)",
              (size_t)(blank - value) + 1);
    free(remedy);
    str_free(&joined);
    return false;
}

static bool sans_add(struct names *names, const char *value, struct error *err)
{
    if (names->sans.count)
        return error_set(err, STATUS_NO, san_name, "Join both lists with a comma", "given twice");
    if (!san_blank_check(value, err))
        return false;
    struct strings list = {0};
    bool good = true;
    for (const char *at = value; good; at++) {
        size_t length = strcspn(at, ",");
        char *name = xstrndup(at, length);
        good = length || error_set(err, STATUS_NO, san_name, "Leave one of them out",
                                   "two commas in a row (column %zu)", (size_t)(at - value) + 1);
        good = good && at_place(san_check(name, err), san_name, err);
        if (!good && err && length && strchr(value, ','))
            error_wrap(err, "%s: ", name);
        strings_add_take(&list, good ? name_ascii(name) : xstrdup(name));
        free(name);
        at += length;
        if (!*at)
            break;
    }
    if (good)
        names->sans = list;
    else
        strings_free(&list);
    return good;
}

static bool attribute_add(struct names *names, enum attribute attribute, const char *value,
                          struct error *err)
{
    if (names->attributes[attribute])
        return error_set(err, STATUS_NO, attribute_names[attribute], "Give it once", "given twice");
    if (!attribute_check(attribute, value, err))
        return false;
    names->attributes[attribute] = written_form(attribute, value);
    return true;
}

static int find_attribute(const char *name)
{
    for (int i = 0; i < ATTR_COUNT; i++)
        if (strcmp(attribute_names[i], name) == 0)
            return i;
    return -1;
}

/* The attribute that was likely meant: other case, another usual word, a slip of the finger. */
static const char *meant_attribute(const char *name)
{
    static const char *const aliases[][2] = {
        {"SAN", san_name},
        {"email", "emailAddress"},
        {"mail", "emailAddress"},
        {"E", "emailAddress"},
        {"S", "ST"},
        {"commonName", "CN"},
        {"country", "C"},
        {"state", "ST"},
        {"locality", "L"},
        {"organization", "O"},
    };
    const char *all[ATTR_COUNT + 1];
    memcpy(all, attribute_names, sizeof attribute_names);
    all[ATTR_COUNT] = san_name;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcasecmp(all[i], name) == 0)
            return all[i];
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcasecmp(aliases[i][0], name) == 0)
            return aliases[i][1];
    return strlen(name) > 3 ? text_nearest(name, all, sizeof all / sizeof *all) : NULL;
}

static bool unknown_attribute(const char *name, const char *value, struct error *err)
{
    const char *meant = meant_attribute(name);
    char *remedy = meant ? xformat("Write %s:%s", meant, value)
                         : xstrdup("Attributes are CN OU O L ST C emailAddress subjectAltName");
    error_set(err, STATUS_NO, name, remedy, "not an attribute");
    free(remedy);
    return false;
}

static bool no_colon(const char *argument, struct error *err)
{
    const char *equals = strchr(argument, '=');
    char *remedy = equals ? xformat("Write %.*s:%s", (int)(equals - argument), argument, equals + 1)
                          : xstrdup("Write ATTRIBUTE:value; quote a value that has blanks, and put "
                                    "none after a comma");
    error_set(err, STATUS_NO, argument, remedy,
              "no attribute: a colon parts its name from its value");
    free(remedy);
    return false;
}

static char *unquoted(const char *value)
{
    size_t length = strlen(value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
        return xstrndup(value + 1, length - 2);
    return xstrdup(value);
}

bool names_add(struct names *names, const char *argument, struct error *err)
{
    const char *colon = strchr(argument, ':');
    if (!colon)
        return no_colon(argument, err);
    char *name = xstrndup(argument, (size_t)(colon - argument));
    char *value = unquoted(colon + 1);
    int attribute = find_attribute(name);
    bool good;
    if (attribute < 0 && strcmp(name, san_name) != 0)
        good = unknown_attribute(name, value, err);
    else if (!*value)
        good = error_set(err, STATUS_NO, name, "Give a value or leave the attribute out",
                         "the value is missing");
    else if (attribute < 0)
        good = sans_add(names, value, err);
    else
        good = attribute_add(names, (enum attribute)attribute, value, err);
    free(name);
    free(value);
    return good;
}

/* Guide D.2: a CN that clients connect to belongs into the SAN. */
static bool cn_joins_san(const struct names *names)
{
    const char *cn = names->attributes[ATTR_CN];
    return cn && (is_host_name(cn) || is_ip_address(cn) || is_idn_host(cn));
}

static void add_typed(struct strings *out, const char *value)
{
    char *typed = san_typed(value);
    strings_add_new(out, typed);
    free(typed);
}

void names_full_san(const struct names *names, struct strings *out)
{
    if (cn_joins_san(names))
        add_typed(out, names->attributes[ATTR_CN]);
    for (size_t i = 0; i < names->sans.count; i++)
        add_typed(out, names->sans.items[i]);
}

/* What a shell-like command line would split or read otherwise. */
static void add_quoted(struct str *out, const char *value)
{
    if (!strpbrk(value, " \t\"'\\;#$&|<>()`!?")) {
        str_add(out, value);
        return;
    }
    str_add_char(out, '"');
    for (const char *at = value; *at; at++) {
        if (*at == '"' || *at == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *at);
    }
    str_add_char(out, '"');
}

static void add_argument(struct str *out, const char *name, const char *value)
{
    str_addf(out, " %s:", name);
    add_quoted(out, value);
}

/* The appliance puts the CN first by itself and would repeat it (guide D.2). */
static char *san_list(const struct names *names)
{
    struct strings full = {0}, bare = {0};
    names_full_san(names, &full);
    for (size_t i = cn_joins_san(names); i < full.count; i++)
        strings_add(&bare, strchr(full.items[i], ':') + 1);
    char *list = strings_join(&bare, ",");
    strings_free(&full);
    strings_free(&bare);
    return list;
}

void names_line(const struct names *names, const char *verb, const char *base, struct str *out)
{
    static const enum attribute order[] = {ATTR_CN, ATTR_O, ATTR_OU,   ATTR_L,
                                           ATTR_ST, ATTR_C, ATTR_EMAIL};
    str_addf(out, "pki %s %s", verb, base);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *value = names->attributes[order[i]];
        if (!value || !*value)
            continue;
        char *written = written_form(order[i], value);
        add_argument(out, attribute_names[order[i]], written);
        free(written);
    }
    char *list = san_list(names);
    if (*list)
        add_argument(out, san_name, list);
    free(list);
}
