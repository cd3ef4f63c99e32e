#include "mail.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* MIME as RFC 2045 to 2047 and 2231 have it, taken as mildly as mail programs do: what is damaged
 * is read as far as it goes, and the reader of certificates says what is wrong with it. */

enum { PARTS_DEEP = 16, VALUE_MAX = 1 << 14, WORD_MAX = 1 << 8, HEAD_MAX = 1 << 20 };

struct slice {
    const char *text;
    size_t length;
};

struct mail {
    bool (*take)(void *arg, const struct mail_part *part);
    void *arg;
    int depth;
};

static size_t line_length(struct slice rest)
{
    const char *end = rest.length ? memchr(rest.text, '\n', rest.length) : NULL;
    return end ? (size_t)(end - rest.text) + 1 : rest.length;
}

static struct slice slice_from(struct slice slice, size_t at)
{
    return (struct slice){slice.text + at, slice.length - at};
}

static bool is_blank_line(const char *line, size_t length)
{
    return length == 0 || *line == '\n' || (length > 1 && line[0] == '\r' && line[1] == '\n');
}

/* The name's length of "Name: value"; 0: no such line. */
static size_t name_length(const char *line, size_t length)
{
    size_t size = 0;
    while (size < length && line[size] > ' ' && line[size] < 0x7F && line[size] != ':')
        size++;
    return size < length && line[size] == ':' ? size : 0;
}

static bool name_is(const char *line, size_t size, const char *name)
{
    return size == strlen(name) && strncasecmp(line, name, size) == 0;
}

/* Blank lines, a byte order mark and a mailbox's "From " line before it. */
static struct slice skip_to_head(const unsigned char *data, size_t length)
{
    struct slice rest = {(const char *)data, length};
    if (length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0)
        rest = slice_from(rest, 3);
    while (rest.length && isspace((unsigned char)*rest.text))
        rest = slice_from(rest, 1);
    if (rest.length > 5 && memcmp(rest.text, "From ", 5) == 0)
        rest = slice_from(rest, line_length(rest));
    return rest;
}

bool mail_is(const unsigned char *data, size_t length)
{
    static const char *const names[] = {
        "From",         "To",           "Subject",      "Date",
        "Message-ID",   "Received",     "Return-Path",  "Reply-To",
        "Delivered-To", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
    struct slice rest = skip_to_head(data, length < HEAD_MAX ? length : HEAD_MAX);
    int known = 0;
    for (bool is_first = true; rest.length; is_first = false) {
        size_t size = line_length(rest);
        bool is_folded = !is_first && (*rest.text == ' ' || *rest.text == '\t');
        size_t name = is_folded ? 0 : name_length(rest.text, size);
        if (is_blank_line(rest.text, size))
            break;
        if (!is_folded && !name)
            return false;
        for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
            known += name_is(rest.text, name, names[i]);
        rest = slice_from(rest, size);
    }
    return known >= 2;
}

/* Splits a mail, or a part of it, at the blank line. */
static struct slice take_head(struct slice *rest)
{
    struct slice head = {rest->text, 0};
    while (rest->length) {
        size_t size = line_length(*rest);
        bool is_end = is_blank_line(rest->text, size);
        *rest = slice_from(*rest, size);
        if (is_end)
            break;
        head.length += size;
    }
    return head;
}

/* A header's value in one line; "" where it has none. */
static void find_header(struct slice head, const char *name, struct str *out)
{
    bool inside = false;
    str_clear(out);
    while (head.length) {
        size_t size = line_length(head), end = size;
        bool is_folded = *head.text == ' ' || *head.text == '\t';
        size_t named = is_folded ? 0 : name_length(head.text, size);
        if (!is_folded && inside)
            return;
        inside = inside || (named && name_is(head.text, named, name));
        while (end && isspace((unsigned char)head.text[end - 1]))
            end--;
        size_t from = is_folded ? 0 : named + 1;
        if (inside && end > from && out->length < VALUE_MAX)
            str_add_bytes(out, head.text + from, end - from);
        head = slice_from(head, size);
    }
}

static int hex_value(char digit)
{
    return isdigit((unsigned char)digit)    ? digit - '0'
           : isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10
                                            : -1;
}

/* One byte written as two hexadecimal digits behind the mark; -1: not so. */
static int hex_byte(const char *text, size_t left)
{
    int high = left > 2 ? hex_value(text[1]) : -1, low = left > 2 ? hex_value(text[2]) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static void decode_quoted(struct slice in, struct str *out)
{
    for (size_t i = 0; i < in.length; i++) {
        size_t left = in.length - i, end = 1;
        int byte = in.text[i] == '=' ? hex_byte(in.text + i, left) : -1;
        while (end < left &&
               (in.text[i + end] == ' ' || in.text[i + end] == '\t' || in.text[i + end] == '\r'))
            end++;
        if (byte >= 0) {
            str_add_char(out, (char)byte);
            i += 2;
        } else if (in.text[i] == '=' && (end == left || in.text[i + end] == '\n')) {
            i += end < left ? end : end - 1; /* the line goes on */
        } else {
            str_add_char(out, in.text[i]);
        }
    }
}

static int base64_value(char byte)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = byte ? strchr(digits, byte) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Whatever is none of its digits is passed by, as RFC 2045 §6.8 asks. */
static void decode_base64(struct slice in, struct str *out)
{
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < in.length; i++) {
        int value = base64_value(in.text[i]);
        if (in.text[i] == '=')
            count = 0; /* pieces may follow one another */
        if (value < 0)
            continue;
        bits = bits << 6 | (unsigned)value;
        count += count ? -2 : 6;
        if (count < 6)
            str_add_char(out, (char)(bits >> count & 0xFF));
    }
}

/* As UTF-8, the one that the West's old letters stand for; what is of other sets stays as it is. */
static void add_as_utf8(struct slice set, struct slice in, struct str *out)
{
    bool is_latin = (set.length >= 8 && strncasecmp(set.text, "iso-8859", 8) == 0) ||
                    (set.length >= 11 && strncasecmp(set.text, "windows-125", 11) == 0);
    for (size_t i = 0; i < in.length; i++) {
        unsigned char byte = (unsigned char)in.text[i];
        if (is_latin && byte >= 0x80) {
            str_add_char(out, (char)(0xC0 | byte >> 6));
            str_add_char(out, (char)(0x80 | (byte & 0x3F)));
        } else {
            str_add_char(out, (char)byte);
        }
    }
}

/* RFC 2047's "=?set?B?…?=" at the text's beginning: its length; 0: none. */
static size_t decode_word(struct slice in, struct str *out)
{
    if (in.length < 8 || memcmp(in.text, "=?", 2) != 0)
        return 0;
    if (in.length > WORD_MAX)
        in.length = WORD_MAX;
    const char *end_of_in = in.text + in.length, *set = in.text + 2;
    const char *mark = memchr(set, '?', (size_t)(end_of_in - set));
    if (!mark || end_of_in - mark < 4 || mark[2] != '?')
        return 0;
    const char *body = mark + 3, *end = memmem(body, (size_t)(end_of_in - body), "?=", 2);
    if (!end)
        return 0;
    struct slice coded = {body, (size_t)(end - body)};
    struct str plain = {0};
    if (mark[1] == 'B' || mark[1] == 'b')
        decode_base64(coded, &plain);
    else
        decode_quoted(coded, &plain);
    for (size_t i = 0; i < plain.length && tolower((unsigned char)mark[1]) == 'q'; i++)
        if (plain.data[i] == '_')
            plain.data[i] = ' ';
    add_as_utf8((struct slice){set, (size_t)(mark - set)},
                (struct slice){str_text(&plain), plain.length}, out);
    str_free(&plain);
    return (size_t)(end - in.text) + 2;
}

static void decode_words(const char *text, struct str *out)
{
    struct slice rest = {text, strlen(text)};
    while (rest.length) {
        size_t size = decode_word(rest, out);
        if (!size)
            str_add_char(out, *rest.text);
        rest = slice_from(rest, size ? size : 1);
        size_t blanks = strspn(rest.text, " \t");
        if (size && blanks && text_starts(rest.text + blanks, "=?"))
            rest = slice_from(rest, blanks);
    }
}

/* RFC 2231's "set'language'%41…"; what goes on from an earlier piece has no set. */
static void decode_percent(const char *value, bool is_first, struct str *out)
{
    const char *set = value, *mark = is_first ? strchr(value, '\'') : NULL;
    const char *body = mark ? strchr(mark + 1, '\'') : NULL;
    struct str plain = {0};
    for (const char *at = body ? body + 1 : value; *at; at++) {
        int byte = *at == '%' ? hex_byte(at, strnlen(at, 3)) : -1;
        str_add_char(&plain, byte >= 0 ? (char)byte : *at);
        at += byte >= 0 ? 2 : 0;
    }
    add_as_utf8((struct slice){set, body ? (size_t)(mark - set) : 0},
                (struct slice){str_text(&plain), plain.length}, out);
    str_free(&plain);
}

/* One "name=value" behind a semicolon; at its end afterwards. */
static const char *next_parameter(const char *at, struct str *name, struct str *value)
{
    str_clear(name);
    str_clear(value);
    at += strspn(at, "; \t");
    size_t size = strcspn(at, "=; \t");
    str_add_bytes(name, at, size);
    at += size + strspn(at + size, " \t");
    if (*at != '=')
        return at;
    at += 1 + strspn(at + 1, " \t");
    if (*at != '"') {
        size = strcspn(at, "; \t");
        str_add_bytes(value, at, size);
        return at + size;
    }
    for (at++; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        str_add_char(value, *at);
    }
    return at + (*at == '"');
}

/* All pieces of it, "name*0*=" and so on, decoded. */
static void find_parameter(const char *header, const char *wanted, struct str *out)
{
    struct str name = {0}, value = {0};
    size_t size = strlen(wanted);
    str_clear(out);
    for (const char *at = header + strcspn(header, ";"); *at;) {
        at = next_parameter(at, &name, &value);
        const char *said = str_text(&name);
        if (strncasecmp(said, wanted, size) != 0 || (said[size] && said[size] != '*'))
            continue;
        if (said[size] && text_ends(said, "*"))
            decode_percent(str_text(&value), out->length == 0, out);
        else if (said[size])
            str_add(out, str_text(&value));
        else if (!out->length)
            decode_words(str_text(&value), out);
    }
    str_free(&name);
    str_free(&value);
}

static bool type_is(const struct str *type, const char *wanted)
{
    size_t size = strlen(wanted);
    const char *text = str_text(type);
    text += strspn(text, " \t");
    return strncasecmp(text, wanted, size) == 0;
}

static bool walk_entity(struct mail *mail, struct slice entity);

/* "--boundary", or "--boundary--" where it ends. */
static bool is_boundary(struct slice rest, const struct str *boundary, bool *is_last)
{
    size_t size = boundary->length;
    if (rest.length < size + 2 || memcmp(rest.text, "--", 2) != 0 ||
        memcmp(rest.text + 2, boundary->data, size) != 0)
        return false;
    struct slice behind = slice_from(rest, size + 2);
    *is_last = behind.length >= 2 && memcmp(behind.text, "--", 2) == 0;
    size_t end = *is_last ? 2 : 0;
    return *is_last || end == behind.length || isspace((unsigned char)behind.text[end]);
}

/* The line end before a boundary belongs to the boundary. */
static struct slice part_between(const char *start, const char *end)
{
    struct slice part = {start, (size_t)(end - start)};
    if (part.length && part.text[part.length - 1] == '\n')
        part.length--;
    if (part.length && part.text[part.length - 1] == '\r')
        part.length--;
    return part;
}

static bool walk_multipart(struct mail *mail, struct slice body, const struct str *boundary)
{
    const char *part = NULL;
    bool is_last = false;
    while (body.length && !is_last) {
        if (is_boundary(body, boundary, &is_last)) {
            if (part && !walk_entity(mail, part_between(part, body.text)))
                return false;
            part = body.text + line_length(body);
        }
        body = slice_from(body, line_length(body));
    }
    return is_last || !part || walk_entity(mail, part_between(part, body.text));
}

/* A part's own bytes, as its header says that they were written. */
static bool take_part(struct mail *mail, struct slice head, const struct str *type,
                      struct slice body)
{
    struct str coding = {0}, disposition = {0}, name = {0}, plain = {0};
    find_header(head, "Content-Transfer-Encoding", &coding);
    find_header(head, "Content-Disposition", &disposition);
    find_parameter(str_text(&disposition), "filename", &name);
    if (!name.length)
        find_parameter(str_text(type), "name", &name);
    struct mail_part part = {.data = (const unsigned char *)body.text, .length = body.length};
    bool is_base64 = type_is(&coding, "base64"), is_quoted = type_is(&coding, "quoted-printable");
    if (is_base64 || is_quoted) {
        str_reserve(&plain, body.length + 1); /* a key in it leaves no copy */
        (is_base64 ? decode_base64 : decode_quoted)(body, &plain);
        part.data = (const unsigned char *)str_text(&plain);
        part.length = plain.length;
    }
    bool is_text = !type->length || type_is(type, "text/") || type_is(type, "multipart/");
    bool is_mail = type_is(type, "message/rfc822");
    part.name = name.length ? name.data : is_mail ? "mail" : is_text ? NULL : "attachment";
    part.is_signed_mail =
        type_is(type, "application/pkcs7-mime") || type_is(type, "application/x-pkcs7-mime");
    bool good = mail->take(mail->arg, &part);
    str_free(&coding);
    str_free(&disposition);
    str_free(&name);
    str_wipe(&plain);
    return good;
}

/* A mail, or a part of one. */
static bool walk_entity(struct mail *mail, struct slice entity)
{
    struct slice body = entity, head = take_head(&body);
    struct str type = {0}, boundary = {0};
    find_header(head, "Content-Type", &type);
    if (type_is(&type, "multipart/"))
        find_parameter(str_text(&type), "boundary", &boundary);
    bool good;
    if (!boundary.length) {
        good = take_part(mail, head, &type, body);
    } else {
        good = ++mail->depth <= PARTS_DEEP && walk_multipart(mail, body, &boundary);
        mail->depth--;
    }
    str_free(&type);
    str_free(&boundary);
    return good;
}

bool mail_walk(const unsigned char *data, size_t length,
               bool (*take)(void *arg, const struct mail_part *part), void *arg)
{
    struct mail mail = {.take = take, .arg = arg};
    return walk_entity(&mail, skip_to_head(data, length));
}
