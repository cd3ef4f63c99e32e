#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/reader.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
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
    size_t flag_at[PEM_FLAG_COUNT]; /* where each stands first */
    size_t line, counted;           /* the number of the line at counted */
};

struct block {
    char label[LABEL_MAX + 1];
    size_t start, body, body_length;
    const char *fault; /* why it is no whole block, NULL */
    size_t line;       /* where BEGIN's line begins */
    bool in_prose;     /* other text stands before BEGIN on its line */
    bool is_framed;    /* and the same before END */
    bool after_stray;  /* an END stands before it that belongs to no BEGIN, there: */
    size_t stray_at;
};

static void set_flag(struct scan *scan, unsigned flag, size_t at)
{
    if (!(scan->flags & flag))
        scan->flag_at[__builtin_ctz(flag)] = at;
    scan->flags |= flag;
}

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

/* What stands between the last END and this BEGIN: one line end, without blanks before it (guide
 * 4.7.1). */
static void judge_gap(struct scan *scan, struct block *block)
{
    size_t line = line_start(scan, scan->at, block->start);
    bool line_is_own = line != scan->at || scan->count == 0;
    if (scan->after_end) {
        size_t rest = skip_blanks(scan, scan->at), next = skip_line_end(scan, rest);
        if (!line_is_own)
            set_flag(scan, PEM_GLUED, block->start);
        else if (rest != scan->at || next == rest || next != line)
            set_flag(scan, PEM_BETWEEN, block->start);
    }
    block->line = line;
    if (line_is_own && line != block->start) {
        set_flag(scan, PEM_INDENTED, block->start);
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

/* A marker stands alone on its line, but for blanks; glued markers are another flag. */
static void judge_rest(struct scan *scan, size_t after)
{
    size_t at = after;
    while (at < scan->length && (unsigned char)scan->text[at] <= ' ' &&
           !is_line_end(scan->text[at]))
        at++;
    bool glued =
        scan->length - at >= BEGIN_LENGTH && memcmp(scan->text + at, begin_mark, BEGIN_LENGTH) == 0;
    if (at < scan->length && !is_line_end(scan->text[at]) && !glued)
        set_flag(scan, PEM_BEHIND, after);
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
    block->is_framed = block->in_prose && end - line == block->start - block->line &&
                       memcmp(scan->text + line, scan->text + block->line, end - line) == 0;
    if (line == block->body || (skip_blanks(scan, line) != end && !block->is_framed))
        set_flag(scan, PEM_GLUED, end); /* the markers need lines of their own */
    else if (line != end)
        set_flag(scan, PEM_INDENTED, end);
    judge_rest(scan, after);
    scan->at = after;
    scan->after_end = true;
}

/* An END line behind the last whole block, whose BEGIN line was lost. */
static void find_stray(const struct scan *scan, struct block *block)
{
    const struct scan gap = {.text = scan->text, .length = block->start};
    if (!scan->after_end && scan->count > 0)
        return;
    block->stray_at = find(&gap, scan->at, end_mark, END_LENGTH);
    size_t line = line_start(scan, scan->at, block->stray_at);
    block->after_stray =
        block->stray_at < block->start && skip_blanks(scan, line) == block->stray_at;
}

/* The next block; false at the end of the text. */
static bool next_block(struct scan *scan, struct block *block)
{
    *block = (struct block){0};
    block->start = find(scan, scan->at, begin_mark, BEGIN_LENGTH);
    find_stray(scan, block);
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

/* One blank line at the end is none of anybody's business. */
static void judge_tail(struct scan *scan)
{
    if (!scan->after_end)
        return;
    size_t rest = skip_blanks(scan, scan->at), at = skip_line_end(scan, rest);
    if (at == rest)
        set_flag(scan, rest == scan->length ? PEM_NO_END : PEM_TRAILING, scan->at);
    else if (rest != scan->at)
        set_flag(scan, PEM_TRAILING, scan->at);
    at = skip_line_end(scan, skip_blanks(scan, at));
    if (skip_blanks(scan, at) != scan->length)
        set_flag(scan, PEM_TRAILING, at);
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

static bool is_locked(const char *headers)
{
    return strstr(headers, "ENCRYPTED") != NULL;
}

/* The block's content as DER, deciphered where its headers say so; then whatever it is. */
static void read_content(struct reader *reader, const struct block *block, const char *headers,
                         unsigned char *data, size_t size, size_t line)
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
    } else if (!good && reader->layer(reader, data, size)) {
        reader_flag(reader, PEM_TWICE, line);
    } else if (!good && !reader->is_full) {
        reader->file->flags |= PEM_BROKEN;
        damage_content(reader, block->label, data, size);
    }
}

static void undecodable(struct reader *reader, const struct block *block, const char *body,
                        size_t length, size_t line)
{
    size_t blank = 0;
    while (blank < length && isspace((unsigned char)body[blank]))
        blank++;
    reader->file->flags |= PEM_BROKEN;
    if (blank == length)
        reader_problem(reader, "it is empty");
    else if (strstr(block->label, "PGP"))
        damage_content(reader, block->label, NULL, 0);
    else
        damage_base64(reader, body, length, line);
}

/* The body as it was before a mail program set its mark before each line. false where a line has
 * none: the body is as it stands. */
static bool unquote(const struct scan *scan, const struct block *block, struct str *out)
{
    const char *mark = scan->text + block->line;
    size_t size = block->start - block->line, end = block->body + block->body_length;
    size_t bare = size; /* of a line that is empty but for the mark */
    while (bare && mark[bare - 1] == ' ')
        bare--;
    str_reserve(out, block->body_length + 1);
    for (size_t at = skip_line(scan, block->body); at < end; at = skip_line(scan, at)) {
        bool is_whole = end - at >= size && memcmp(scan->text + at, mark, size) == 0;
        bool is_bare = end - at > bare && memcmp(scan->text + at, mark, bare) == 0 &&
                       is_line_end(scan->text[at + bare]);
        if (!is_whole && !is_bare)
            return false;
        size_t from = at + (is_whole ? size : bare), next = skip_line(scan, at);
        str_add_bytes(out, scan->text + from, (next < end ? next : end) - from);
    }
    return true;
}

/* The first blank line from at on; end where there is none. */
static size_t find_blank_line(const char *text, size_t at, size_t end)
{
    for (size_t start = at; at < end; at++) {
        if (text[at] == '\n')
            return start;
        if (isspace((unsigned char)text[at]))
            continue;
        const char *next = memchr(text + at, '\n', end - at);
        if (!next)
            break;
        at = (size_t)(next - text);
        start = at + 1;
    }
    return end;
}

/* What other readers don't take between the markers. One blank line behind BEGIN they do. */
static void judge_body(struct scan *scan, const struct block *block)
{
    const char *text = scan->text, *body = text + block->body;
    size_t length = block->body_length, end = block->body + length;
    const char *line = memchr(body, '\n', length);
    if (!line && !memchr(body, '\r', length))
        return; /* glued */
    if (!line) {
        set_flag(scan, PEM_CR, block->start);
        return;
    }
    judge_rest(scan, block->body);
    size_t headers = headers_length(body, length);
    size_t at = headers ? block->body + headers : (size_t)(line - text) + 1;
    if (!headers && find_blank_line(text, at, end) == at) {
        line = memchr(text + at, '\n', end - at);
        at = line ? (size_t)(line - text) + 1 : end;
    }
    size_t blank = find_blank_line(text, at, end);
    if (blank < end)
        set_flag(scan, PEM_SPACED, blank);
}

static void read_body(struct reader *reader, const struct block *block, const char *body,
                      size_t length, size_t line)
{
    size_t skip = headers_length(body, length);
    unsigned char *data;
    size_t size, room;
    if (!read_base64(body + skip, length - skip, &data, &size, &room)) {
        undecodable(reader, block, body + skip, length - skip, line + text_line(body, skip) - 1);
        return;
    }
    char *headers = headers_copy(body, skip);
    read_content(reader, block, headers, data, size, line);
    free(headers);
    OPENSSL_clear_free(data, room);
}

/* The marker's words are those that other readers look for before such an object. */
static bool label_fits(const char *label, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_CERT:
        return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0 ||
               strcmp(label, PEM_STRING_X509_TRUSTED) == 0;
    case OBJECT_CSR:
        return strcmp(label, PEM_STRING_X509_REQ) == 0 ||
               strcmp(label, PEM_STRING_X509_REQ_OLD) == 0;
    case OBJECT_KEY:
        break;
    }
    return text_ends(label, object->key->is_private ? "PRIVATE KEY" : "PUBLIC KEY");
}

/* Containers hold many kinds, and have a label of their own. */
static void judge_label(struct scan *scan, const struct reader *reader, const struct block *block,
                        size_t before, enum pki_kind kind_before)
{
    const struct pki_file *file = reader->file;
    bool is_container = strcmp(block->label, PEM_STRING_PKCS7) == 0 ||
                        strcmp(block->label, PEM_STRING_PKCS7_SIGNED) == 0 ||
                        strcmp(block->label, PEM_STRING_CMS) == 0;
    bool holds_one =
        kind_before == PKI_UNKNOWN && (file->kind == PKI_PKCS7 || file->kind == PKI_PKCS12);
    if (file->count == before || (is_container && (holds_one || kind_before != PKI_UNKNOWN)))
        return;
    if (is_container || holds_one || !label_fits(block->label, &file->objects[before]))
        set_flag(scan, PEM_LABEL, block->start);
}

static void read_block(struct reader *reader, struct scan *scan, const struct block *block)
{
    if (is_passed_by(block->label) && !block->fault)
        return;
    if (block->fault) {
        if (!block->in_prose)
            broken(reader, block->fault);
        return;
    }
    size_t before = reader->file->count;
    enum pki_kind kind = reader->file->kind;
    struct str plain = {0};
    if (block->is_framed && unquote(scan, block, &plain)) {
        set_flag(scan, PEM_QUOTED, block->start);
        read_body(reader, block, str_text(&plain), plain.length, scan->line + 1);
    } else {
        judge_body(scan, block);
        read_body(reader, block, scan->text + block->body, block->body_length, scan->line);
    }
    judge_label(scan, reader, block, before, kind);
    str_wipe(&plain);
}

/* Counts on from where the last count ended. */
static void count_lines(struct scan *scan, size_t until)
{
    for (; scan->counted < until; scan->counted++) {
        size_t at = scan->counted;
        bool is_crlf =
            scan->text[at] == '\r' && at + 1 < scan->length && scan->text[at + 1] == '\n';
        scan->line += is_line_end(scan->text[at]) && !is_crlf;
    }
}

static void set_place(struct reader *reader, char *place)
{
    free(reader->place);
    reader->place = place;
}

static void say_stray(struct reader *reader, struct scan *scan, const struct block *block)
{
    if (!block->after_stray || !scan->count)
        return;
    count_lines(scan, block->stray_at);
    set_place(reader, xformat("line %zu", scan->line));
    broken(reader, "an END line whose BEGIN line lacks");
}

bool read_pem(struct reader *reader, const char *text, size_t length)
{
    struct scan scan = {.text = text, .length = length, .line = 1};
    struct block block;
    while (!reader->is_full && next_block(&scan, &block)) {
        say_stray(reader, &scan, &block);
        count_lines(&scan, block.start);
        set_place(reader, xformat("object %zu (%s, line %zu)", scan.count, block.label, scan.line));
        read_block(reader, &scan, &block);
    }
    if (!reader->is_full) {
        say_stray(reader, &scan, &block);
        judge_tail(&scan);
    }
    set_place(reader, NULL);
    for (unsigned bit = 0; bit < PEM_FLAG_COUNT; bit++)
        if (scan.count && scan.flags & 1u << bit)
            reader_flag(reader, 1u << bit, text_line(text, scan.flag_at[bit]));
    if (!scan.count)
        return false;
    reader->file->pem = true;
    return true;
}
