#include "base/escape.h"
#include "base/mem.h"
#include "pki/label.h"
#include "pki/names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The address in its shortest form (RFC 5952 for IPv6). */
static bool address_form(const char *text, char out[static INET6_ADDRSTRLEN])
{
    unsigned char bytes[sizeof(struct in6_addr)];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(family, text, bytes) == 1 && inet_ntop(family, bytes, out, INET6_ADDRSTRLEN);
}

bool is_ip_address(const char *text)
{
    char form[INET6_ADDRSTRLEN];
    return address_form(text, form);
}

/* The length of a URI's scheme, colon included; 0 where the text is no URI. A host with a port is
 * none (schemes with a dot are not in use), nor a mistyped IPv6 address. */
static size_t scheme_length(const char *text)
{
    size_t length = 0;
    if (!isalpha((unsigned char)*text))
        return 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '+' || text[length] == '-')
        length++;
    if (text[length] != ':' || text[length + 1] == ':' || is_number(text + length + 1) ||
        text[strspn(text, "0123456789ABCDEFabcdef:.%")] == '\0')
        return 0;
    return length + 1;
}

char *san_typed(const char *value)
{
    char form[INET6_ADDRSTRLEN];
    if (address_form(value, form))
        return xformat("IP:%s", form);
    if (scheme_length(value))
        return xformat("URI:%s", value);
    char *ascii = name_ascii(value);
    char *typed = xformat("%s:%s", strchr(ascii, '@') ? "email" : "DNS", ascii);
    free(ascii);
    return typed;
}

char *host_mend(const char *value)
{
    if (are_several_names(value))
        return NULL;
    const char *start = value + strspn(value, " \t");
    const char *scheme = strstr(start, "://");
    if (scheme)
        start = scheme + 3;
    size_t length = strcspn(start, "/:?#");
    struct str out = {0};
    for (size_t i = 0; i < length; i++) {
        char byte = strchr(" \t,;", start[i]) ? '.' : start[i] == '_' ? '-' : start[i];
        bool doubled = byte == '.' && (out.length == 0 || out.data[out.length - 1] == '.');
        if (!doubled)
            str_add_char(&out, byte);
    }
    if (out.length && out.data[out.length - 1] == '.')
        out.data[--out.length] = '\0';
    char *typed = str_take(&out), *mended = name_ascii(typed);
    free(typed);
    if ((is_host_name(mended) || is_ip_address(mended)) && strcmp(mended, value) != 0)
        return mended;
    free(mended);
    return NULL;
}

/* Says what is wrong with a host; what is likely meant is the remedy. */
static bool refuse(struct error *err, const char *value, const char *advice, const char *otherwise,
                   const char *message)
{
    char *mended = host_mend(value);
    char *remedy = mended                     ? xformat("%s: %s", advice, mended)
                   : are_several_names(value) ? xstrdup("One name belongs here: leave out the rest")
                                              : xstrdup(otherwise);
    error_set(err, STATUS_NO, "", remedy, "%s", message);
    free(remedy);
    free(mended);
    return false;
}

static bool refuse_byte(struct error *err, const char *value, const char *what, size_t length,
                        size_t column)
{
    if (*what == ' ' || *what == '\t') {
        char *message = xformat("a host name has no blank (column %zu)", column);
        bool inner = value[strspn(value, " \t")] && column > 1 && what[strspn(what, " \t")];
        refuse(err, value, inner ? "Put a dot" : "Leave the blank out", "Leave the blank out",
               message);
        free(message);
        return false;
    }
    struct str shown = {0};
    escape_add(&shown, what, length);
    char *message = xformat("a host name has no '%s' (column %zu)", str_text(&shown), column);
    const char *otherwise = "Letters, digits, hyphens and dots make a host name";
    if ((unsigned char)*what >= 0x80)
        otherwise = "Type its ASCII form, the one with xn-- in it, as xn--bcher-kva.example.com";
    refuse(err, value,
           *what == '_'                   ? "Use a hyphen"
           : (unsigned char)*what >= 0x80 ? "Type its ASCII form"
                                          : "Type the bare host name",
           otherwise, message);
    free(message);
    str_free(&shown);
    return false;
}

/* The first character that no host name has; a star is judged with its label. */
static bool bytes_check(const char *value, struct error *err)
{
    size_t length = strlen(value), column = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at;
        unsigned code;
        utf8_next(value, length, &at, &code);
        column++;
        if ((unsigned char)value[start] >= 0x80 && strpbrk(value, " \t"))
            continue; /* international, were it not for the blank */
        if (!is_host_byte(value[start]) && value[start] != '.' && value[start] != '*')
            return refuse_byte(err, value, value + start, at - start, column);
    }
    return true;
}

static bool label_check(const char *value, const char *label, size_t length, struct error *err)
{
    size_t column = (size_t)(label - value) + 1;
    if (length == 0) {
        char *message = xformat("a dot too many (column %zu)", label[length] ? column : column - 1);
        refuse(err, value, "Leave it out", "Leave it out", message);
        free(message);
        return false;
    }
    const char *star = memchr(label, '*', length);
    if (star && (label != value || length != 1 || !label[length])) {
        const char *rest = strrchr(value, '*');
        char *meant = xformat("*%s", rest[strcspn(rest, ".")] ? rest + strcspn(rest, ".") : "");
        char *remedy =
            is_host_name(meant) ? xformat("Write %s", meant) : xstrdup("Write *.example.com");
        error_set(err, STATUS_NO, "", remedy,
                  "a star stands for the whole first label and no other (column %zu)",
                  (size_t)(star - value) + 1);
        free(remedy);
        free(meant);
        return false;
    }
    if (length > LABEL_MAX)
        return error_set(err, STATUS_NO, "", "Shorten it",
                         "a part between dots has %zu characters, DNS allows %d (column %zu)",
                         length, LABEL_MAX, column);
    if (label[0] == '-' || label[length - 1] == '-')
        return error_set(err, STATUS_NO, "", "Leave the hyphen out",
                         "no part of a host name begins or ends with a hyphen (column %zu)",
                         label[0] == '-' ? column : column + length - 1);
    return true;
}

static bool labels_check(const char *value, size_t least, struct error *err)
{
    size_t length = strlen(value), count = 1;
    if (length > HOST_MAX)
        return error_set(err, STATUS_NO, "", "Shorten it",
                         "a host name of %zu characters, DNS allows %d", length, HOST_MAX);
    for (const char *at = value;; count++) {
        size_t part = strcspn(at, ".");
        if (!label_check(value, at, part, err))
            return false;
        if (!at[part]) {
            if (is_number(at))
                return error_set(err, STATUS_NO, "", "An address has four numbers from 0 to 255",
                                 "neither a host name nor an address (column %zu)",
                                 (size_t)(at - value) + 1);
            break;
        }
        at += part + 1;
    }
    if (count < least)
        return error_set(err, STATUS_NO, "", "Add the domain, as in host.example.com",
                         "not a full host name: it has no dot");
    return true;
}

/* A host name of that many labels or more. */
static bool name_check(const char *value, size_t least, struct error *err)
{
    if (!*value)
        return error_set(err, STATUS_NO, "", "Type a host name, as host.example.com",
                         "a host name is missing");
    return bytes_check(value, err) && labels_check(value, least, err);
}

bool idn_check(const char *value, size_t most, struct error *err)
{
    const char *why;
    if (text_starts(value, "\xE2\x80\x98") || text_starts(value, "\xE2\x80\x9C") ||
        text_starts(value, "\xE2\x80\x9E")) /* single, double, low double */
        return error_set(err, STATUS_NO, "", "Type plain ones, as \"host.example.com\"",
                         "a word processor's quotation marks stand around it");
    char *ascii = host_ascii(value, &why);
    bool good = ascii && strlen(ascii) <= most;
    if (!ascii)
        error_set(err, STATUS_NO, "",
                  "Type its ASCII form, the one with xn-- in it, as xn--bcher-kva.example.com",
                  "an international host name that cannot be converted: %s", why);
    else if (!good)
        error_set(err, STATUS_NO, "", "Shorten it",
                  "its ASCII form %s has %zu characters, %zu are allowed", ascii, strlen(ascii),
                  most);
    free(ascii);
    return good;
}

bool host_check(const char *value, struct error *err)
{
    return is_ip_address(value) || name_check(value, 2, err);
}

bool domain_check(const char *value, char **ascii, struct error *err)
{
    *ascii = NULL;
    if (*value == '*')
        return error_set(err, STATUS_NO, "", "Write it like example.com",
                         "a wildcard is a name for a certificate, not a domain");
    if (is_ip_address(value))
        return error_set(err, STATUS_NO, "", "Write it like example.com",
                         "an address is no domain, which is a name");
    if (!(is_idn_host(value) ? idn_check(value, HOST_MAX, err) : name_check(value, 2, err)))
        return false;
    *ascii = name_ascii(value);
    return true;
}

static bool plain_check(const char *value, const char *what, const char *remedy, struct error *err)
{
    for (const char *byte = value; *byte; byte++)
        if ((unsigned char)(*byte - 1) < ' ' || (unsigned char)*byte >= 0x7F)
            return error_set(err, STATUS_NO, "", remedy,
                             "%s is plain ASCII without blanks (column %zu)", what,
                             (size_t)(byte - value) + 1);
    return true;
}

bool email_check(const char *value, struct error *err)
{
    const char *host = strchr(value, '@');
    if (host && is_idn_host(host + 1)) {
        if (!idn_check(host + 1, HOST_MAX, err))
            return false;
        char *ascii = name_ascii(value);
        bool good = email_check(ascii, err);
        free(ascii);
        return good;
    }
    if (!plain_check(value, "an e-mail address", "Leave it out", err))
        return false;
    const char *at = strchr(value, '@');
    if (!at || at == value || strchr(at + 1, '@'))
        return error_set(err, STATUS_NO, "", "Write it as admin@example.com",
                         "not an e-mail address: one @ parts its name from its host");
    size_t count;
    if (!labels_good(at + 1, &count) || at[1] == '*')
        return error_set(err, STATUS_NO, "", "Write it as admin@example.com",
                         "not an e-mail address: no host stands behind the @ (column %zu)",
                         (size_t)(at - value) + 2);
    return true;
}

static bool uri_check(const char *value, struct error *err)
{
    if (!plain_check(value, "a URI", "Write it percent-encoded", err))
        return false;
    if (!value[scheme_length(value)])
        return error_set(err, STATUS_NO, "", "Write it as sip:user@example.com",
                         "a URI with nothing behind its scheme");
    return true;
}

/* OpenSSL's "DNS:x" is no SAN of the appliance, whose names come without a type. */
static bool type_check(const char *value, struct error *err)
{
    static const char *const types[] = {"DNS:", "IP:", "IP Address:", "email:", "URI:"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t length = strlen(types[i]);
        if (strncasecmp(value, types[i], length) != 0)
            continue;
        char *remedy = xformat("Write %s", value + length);
        error_set(err, STATUS_NO, "", remedy, "a name goes without \"%s\"", types[i]);
        free(remedy);
        return false;
    }
    return true;
}

bool san_check(const char *value, struct error *err)
{
    if (!*value)
        return error_set(err, STATUS_NO, "", "Type a host name or leave the line out",
                         "a name is missing");
    const char *between = value + strcspn(value, scheme_length(value) ? "," : ",;");
    if (!*between && are_several_names(value))
        between = value + strcspn(value, " ");
    if (*between)
        return error_set(err, STATUS_NO, "", "Give each name its own entry",
                         "a %s stands between names, not in one (column %zu)",
                         *between == ','   ? "comma"
                         : *between == ';' ? "semicolon"
                                           : "blank",
                         (size_t)(between - value) + 1);
    if (is_ip_address(value))
        return true;
    if (!type_check(value, err))
        return false;
    if (scheme_length(value))
        return uri_check(value, err);
    if (strchr(value, '@'))
        return email_check(value, err);
    return is_idn_host(value) ? idn_check(value, HOST_MAX, err) : name_check(value, 1, err);
}

static bool wildcard_covers(const char *pattern, const char *wanted)
{
    if (pattern[0] != '*' || pattern[1] != '.')
        return false;
    const char *dot = strchr(wanted, '.');
    return dot && dot > wanted && *wanted != '*' && strcasecmp(pattern + 1, dot) == 0;
}

bool san_covers(const char *entry, const char *wanted)
{
    char have[INET6_ADDRSTRLEN], want[INET6_ADDRSTRLEN];
    if (!*wanted)
        return false;
    if (address_form(wanted, want)) {
        const char *address = text_starts(entry, "IP:") ? entry + 3 : entry;
        return address_form(address, have) && strcmp(have, want) == 0;
    }
    if (text_starts(entry, "email:") || text_starts(entry, "URI:") || text_starts(entry, "IP:"))
        return false;
    const char *name = text_starts(entry, "DNS:") ? entry + 4 : entry;
    char *ascii = name_ascii(wanted);
    bool covers = strcasecmp(name, ascii) == 0 || wildcard_covers(name, ascii);
    free(ascii);
    return covers;
}
