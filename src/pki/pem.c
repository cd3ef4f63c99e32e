#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/reader.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 63 };

static const char begin_mark[] = "-----BEGIN ", end_mark[] = "-----END ", dashes[] = "-----";
enum { BEGIN_LENGTH = sizeof begin_mark - 1, END_LENGTH = sizeof end_mark - 1, DASHES = 5 };

struct scan {
    const char *text;
    size_t length;
    size_t at;      /* behind the last END, or BEGIN where it has none */
    bool after_end; /* a whole block ends there */
    size_t count;   /* of blocks so far */
    unsigned flags;
    size_t line, line_at; /* the line's number, and where it begins */
};

struct block {
    char label[LABEL_MAX + 1];
    size_t start, body, body_length;
    const char *fault; /* why it is no whole block, NULL */
    bool in_prose;     /* other text stands before BEGIN on its line */
};

static bool is_line_end(char byte)
{
    return byte == '\n' || byte == '\r';
}

static size_t skip_blanks(const struct scan *scan, size_t at)
{
    while (at < scan->length && (scan->text[at] == ' ' || scan->text[at] == '\t'))
        at++;
    return at;
}

/* Behind one line end of any kind; at itself where there is none. */
static size_t skip_line_end(const struct scan *scan, size_t at)
{
    if (at < scan->length && scan->text[at] == '\r')
        at++;
    else if (at < scan->length && scan->text[at] == '\n')
        return at + 1;
    else
        return at;
    return at < scan->length && scan->text[at] == '\n' ? at + 1 : at;
}

/* Where the mark stands next; the text's length where it doesn't. No memmem: it would look at the
 * whole rest for each of a million marks when the address sanitizer watches. */
static size_t find(const struct scan *scan, size_t from, const char *mark, size_t mark_length)
{
    for (size_t at = from; at < scan->length; at++) {
        const char *dash = memchr(scan->text + at, '-', scan->length - at);
        if (!dash)
            break;
        at = (size_t)(dash - scan->text);
        if (scan->length - at >= mark_length && memcmp(dash, mark, mark_length) == 0)
            return at;
    }
    return scan->length;
}

static size_t line_start(const struct scan *scan, size_t low, size_t at)
{
    while (at > low && !is_line_end(scan->text[at - 1]))
        at--;
    return at;
}

/* What stands between the last END and this BEGIN. */
static void judge_gap(struct scan *scan, struct block *block)
{
    size_t line = line_start(scan, scan->at, block->start);
    bool line_is_own = line != scan->at || scan->count == 0;
    if (scan->after_end) {
        size_t rest = skip_blanks(scan, scan->at), next = skip_line_end(scan, rest);
        if (!line_is_own)
            scan->flags |= PEM_GLUED;
        else if (next == rest || next != line)
            scan->flags |= PEM_BETWEEN;
    }
    if (line_is_own && line != block->start) {
        scan->flags |= PEM_INDENTED;
        block->in_prose = skip_blanks(scan, line) != block->start;
    }
}

/* The word between BEGIN and the dashes; moves *at behind them. */
static bool read_label(const struct scan *scan, size_t *at, char label[static LABEL_MAX + 1])
{
    size_t length = 0;
    while (*at + length < scan->length && length <= LABEL_MAX && scan->text[*at + length] != '-' &&
           !is_line_end(scan->text[*at + length]))
        length++;
    if (length > LABEL_MAX || scan->length - *at - length < DASHES ||
        memcmp(scan->text + *at + length, dashes, DASHES) != 0)
        return false;
    memcpy(label, scan->text + *at, length);
    label[length] = '\0';
    *at += length + DASHES;
    return true;
}

/* END, or the next BEGIN where this block has no end. */
static size_t find_end(const struct scan *scan, size_t from, bool *is_end)
{
    for (size_t at = from;; at++) {
        at = find(scan, at, dashes, DASHES);
        size_t left = scan->length - at;
        *is_end = left >= END_LENGTH && memcmp(scan->text + at, end_mark, END_LENGTH) == 0;
        if (*is_end || left < BEGIN_LENGTH ||
            memcmp(scan->text + at, begin_mark, BEGIN_LENGTH) == 0)
            return at;
    }
}

static void read_end(struct scan *scan, struct block *block)
{
    bool is_end;
    size_t end = find_end(scan, block->body, &is_end);
    scan->at = block->body;
    if (!is_end) {
        block->fault = "it has no END line";
        return;
    }
    char label[LABEL_MAX + 1];
    size_t after = end + END_LENGTH;
    block->body_length = end - block->body;
    if (!read_label(scan, &after, label)) {
        block->fault = "its END line is damaged";
        return;
    }
    if (strcmp(label, block->label) != 0)
        block->fault = "its END line names another kind than its BEGIN line";
    size_t line = line_start(scan, block->body, end);
    if (line == block->body || skip_blanks(scan, line) != end)
        scan->flags |= PEM_GLUED; /* the markers need lines of their own */
    else if (line != end)
        scan->flags |= PEM_INDENTED;
    scan->at = after;
    scan->after_end = true;
}

/* The next block; false at the end of the text. */
static bool next_block(struct scan *scan, struct block *block)
{
    *block = (struct block){0};
    block->start = find(scan, scan->at, begin_mark, BEGIN_LENGTH);
    if (block->start == scan->length)
        return false;
    judge_gap(scan, block);
    scan->count++;
    scan->after_end = false;
    scan->at = block->body = block->start + BEGIN_LENGTH;
    if (!read_label(scan, &block->body, block->label)) {
        block->fault = "its BEGIN line is damaged";
        return true;
    }
    read_end(scan, block);
    return true;
}

/* One blank line at the end is none of anybody's business (SPEC 4). */
static void judge_tail(struct scan *scan)
{
    if (!scan->after_end)
        return;
    size_t rest = skip_blanks(scan, scan->at), at = skip_line_end(scan, rest);
    if (at == rest)
        scan->flags |= rest == scan->length ? PEM_NO_END : PEM_TRAILING;
    at = skip_line_end(scan, skip_blanks(scan, at));
    if (skip_blanks(scan, at) != scan->length)
        scan->flags |= PEM_TRAILING;
}

bool read_base64(const char *text, size_t length, unsigned char **data, size_t *size, size_t *room)
{
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    unsigned char *plain = xcalloc(1, length + 1);
    size_t kept = 0;
    for (size_t i = 0; i < length; i++)
        if (!isspace((unsigned char)text[i]))
            plain[kept++] = (unsigned char)text[i];
    *room = length + 4;
    *data = OPENSSL_malloc(*room);
    int got = 0, rest = 0;
    EVP_DecodeInit(context);
    bool good = kept && EVP_DecodeUpdate(context, *data, &got, plain, (int)kept) >= 0 &&
                EVP_DecodeFinal(context, *data + got, &rest) >= 0 && got + rest > 0;
    *size = (size_t)(got + rest);
    EVP_ENCODE_CTX_free(context);
    wipe(plain, length);
    free(plain);
    if (!good)
        OPENSSL_clear_free(*data, *room);
    return good;
}

static size_t skip_line(const struct scan *scan, size_t at)
{
    while (at < scan->length && !is_line_end(scan->text[at]))
        at++;
    return skip_line_end(scan, at);
}

/* The length of RFC 1421's headers ("Proc-Type: …"), the blank line included; 0 for none. */
static size_t headers_length(const char *body, size_t length)
{
    struct scan scan = {.text = body, .length = length};
    size_t first = skip_line_end(&scan, skip_blanks(&scan, 0)), at = skip_line(&scan, first);
    if (!memchr(body + first, ':', at - first))
        return 0;
    while (at < length) {
        size_t text = skip_blanks(&scan, at);
        if (text < length && is_line_end(body[text]))
            return skip_line_end(&scan, text);
        at = skip_line(&scan, at);
    }
    return length;
}

/* OpenSSL wants the headers with LF alone. */
static char *headers_copy(const char *text, size_t length)
{
    struct str out = {0};
    for (size_t i = 0; i < length; i++) {
        bool crlf = text[i] == '\r' && i + 1 < length && text[i + 1] == '\n';
        bool leading = out.length == 0 && is_line_end(text[i]);
        if (!crlf && !leading)
            str_add_char(&out, text[i] == '\r' ? '\n' : text[i]);
    }
    return str_take(&out);
}

/* Blocks that are no object of ours and stand in good files: passed by. */
static bool is_passed_by(const char *label)
{
    static const char *const labels[] = {"X509 CRL", "DH PARAMETERS", "EC PARAMETERS",
                                         "DSA PARAMETERS", "X9.42 DH PARAMETERS"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(label, labels[i]) == 0)
            return true;
    return false;
}

static void broken(struct reader *reader, const char *why)
{
    reader->file->flags |= PEM_BROKEN;
    reader_problem(reader, "%s", why);
}

static const char *unreadable(const char *label)
{
    if (strcmp(label, "OPENSSH PRIVATE KEY") == 0)
        return "a key in OpenSSH's own form: convert it with ssh-keygen -p -m PKCS8";
    if (strstr(label, "PGP"))
        return "PGP, not X.509";
    return strstr(label, "CERTIFICATE") || strstr(label, "KEY") || strstr(label, "PKCS")
               ? "its content is damaged, or of another kind"
               : "of an unknown kind";
}

static const char *undecodable(const char *label, const char *body, size_t length)
{
    size_t blank = 0;
    while (blank < length && isspace((unsigned char)body[blank]))
        blank++;
    if (blank == length)
        return "it is empty";
    return strstr(label, "PGP") ? unreadable(label) : "its base64 text is damaged";
}

static bool is_locked(const char *headers)
{
    return strstr(headers, "ENCRYPTED") != NULL;
}

/* The block's content as DER, deciphered where its headers say so; then whatever it is. */
static void read_content(struct reader *reader, const struct block *block, const char *headers,
                         unsigned char *data, size_t size)
{
    enum unlock outcome = UNLOCK_OPEN;
    size_t before = reader->file->count;
    if (is_locked(headers)) {
        char *copy = xstrdup(headers);
        outcome = unlock_pem(reader, copy, data, &size);
        free(copy);
    }
    bool good = outcome == UNLOCK_OPEN && read_der(reader, data, size) > 0;
    if (is_locked(headers) && !good) {
        reader_forget(reader, before, true);
        reader_add_locked(reader);
        unlock_report(reader, outcome == UNLOCK_OPEN ? UNLOCK_WRONG : outcome);
    } else if (!good) {
        broken(reader, unreadable(block->label));
    }
}

static void read_block(struct reader *reader, const struct scan *scan, const struct block *block)
{
    if (is_passed_by(block->label) && !block->fault)
        return;
    const char *body = scan->text + block->body;
    size_t skip = headers_length(body, block->body_length);
    unsigned char *data;
    size_t size, room;
    if (block->fault) {
        if (!block->in_prose)
            broken(reader, block->fault);
    } else if (!read_base64(body + skip, block->body_length - skip, &data, &size, &room)) {
        broken(reader, undecodable(block->label, body + skip, block->body_length - skip));
    } else {
        char *headers = headers_copy(body, skip);
        read_content(reader, block, headers, data, size);
        free(headers);
        OPENSSL_clear_free(data, room);
    }
}

/* Counts on from where the last count ended. */
static void count_lines(struct scan *scan, size_t until)
{
    while (scan->line_at < until) {
        size_t next = skip_line(scan, scan->line_at);
        if (next > until)
            break;
        scan->line_at = next;
        scan->line++;
    }
}

bool read_pem(struct reader *reader, const char *text, size_t length)
{
    struct scan scan = {.text = text, .length = length, .line = 1};
    struct block block;
    while (next_block(&scan, &block)) {
        count_lines(&scan, block.start);
        free(reader->place);
        reader->place = xformat("object %zu (%s, line %zu)", scan.count, block.label, scan.line);
        read_block(reader, &scan, &block);
    }
    judge_tail(&scan);
    free(reader->place);
    reader->place = NULL;
    if (!scan.count)
        return false;
    reader->file->pem = true;
    reader->file->flags |= scan.flags;
    return true;
}
