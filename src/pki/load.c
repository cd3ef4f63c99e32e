#include "pki/load.h"

#include "base/file.h"
#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/object.h"
#include "pki/reader.h"
#include "pki/shelf.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* A PKCS #12 of today asks for 2,048 to 600,000 rounds a part; this is a second's work. */
enum { WORK_PER_FILE = 4000000 };
/* The same of all other work: some 5,000 certificates, of damaged objects 600. */
enum { STEPS_PER_FILE = 40000 };

static void finish_problem(struct reader *reader)
{
    static const char full[] = "more is in it than is read: split it into several files";
    struct str text = {0};
    if (reader->unsaid)
        str_addf(&text, "%s (and %zu more of its objects)", reader->file->problem, reader->unsaid);
    else if (reader->file->problem)
        str_add(&text, reader->file->problem);
    if (reader->is_full) {
        reader->file->flags |= PEM_BROKEN;
        str_addf(&text, "%s%s", text.length ? "; " : "", full);
    }
    if (!text.length)
        return;
    free(reader->file->problem);
    reader->file->problem = str_take(&text);
}

/* UTF-16 as editors save it: with a mark, or with a PEM's BEGIN in it, at an even place when the
 * low byte comes first. */
static bool is_utf16(const unsigned char *data, size_t length, bool *big_endian)
{
    static const unsigned char begin[] = {'-', 0, '-', 0, '-', 0, 'B', 0};
    if (length < 2 || data[0] == 0x30)
        return false;
    *big_endian = data[0] == 0xFE && data[1] == 0xFF;
    if (*big_endian || (data[0] == 0xFF && data[1] == 0xFE))
        return true;
    const unsigned char *found = memmem(data, length, begin, sizeof begin);
    *big_endian = found && (found - data) % 2 == 1;
    return found != NULL;
}

/* As UTF-8; halves of a pair, which no PEM has, become question marks. */
static void utf8_of_utf16(const unsigned char *data, size_t length, bool big_endian,
                          struct str *out)
{
    str_reserve(out, length / 2 * 3 + 1);
    for (size_t i = 0; i + 1 < length; i += 2) {
        unsigned unit = big_endian ? (unsigned)data[i] << 8 | data[i + 1]
                                   : (unsigned)data[i + 1] << 8 | data[i];
        if (unit >= 0xD800 && unit < 0xE000)
            unit = '?';
        if (unit < 0x80) {
            str_add_char(out, (char)unit);
        } else if (unit < 0x800) {
            str_add_char(out, (char)(0xC0 | unit >> 6));
            str_add_char(out, (char)(0x80 | (unit & 0x3F)));
        } else if (unit != 0xFEFF) {
            str_add_char(out, (char)(0xE0 | unit >> 12));
            str_add_char(out, (char)(0x80 | (unit >> 6 & 0x3F)));
            str_add_char(out, (char)(0x80 | (unit & 0x3F)));
        }
    }
}

/* DER, one object behind the other. */
static bool read_all_der(struct reader *reader, const unsigned char *data, size_t length)
{
    size_t at = 0;
    for (size_t size; at < length && (size = read_der(reader, data + at, length - at)) > 0;)
        at += size;
    if (at > 0 && at < length && reader->file->count && !reader->is_full)
        reader_problem(reader, "%zu bytes behind byte %zu: nothing recognisable in them",
                       length - at, at);
    return at > 0;
}

/* Base64 and nothing else, as portals and scripts hand it out. */
static bool read_bare(struct reader *reader, const char *text, size_t length)
{
    unsigned char *data;
    size_t size, room;
    if (!is_base64(text, length) || !read_base64(text, length, &data, &size, &room))
        return false;
    bool is_text = *data != 0x30;
    bool good = reader->layer(reader, data, size);
    if (good)
        reader_flag(reader, is_text ? PEM_TWICE : PEM_BARE, 1);
    OPENSSL_clear_free(data, room);
    return good;
}

static bool read_utf8(struct reader *reader, const char *text, size_t length)
{
    bool good = read_pem(reader, text, length);
    if (!good || reader->file->flags & PEM_BROKEN)
        good = repair_read(reader, text, length) || good;
    return good || read_ssh(reader, text, length) || read_bare(reader, text, length);
}

static bool read_text(struct reader *reader, const unsigned char *data, size_t length)
{
    bool big_endian;
    if (is_tar(data, length))
        return false;
    if (is_utf16(data, length, &big_endian)) {
        struct str text = {0};
        utf8_of_utf16(data, length, big_endian, &text);
        bool good = read_utf8(reader, str_text(&text), text.length);
        if (good)
            reader_flag(reader, PEM_UTF16, 1);
        str_wipe(&text);
        return good;
    }
    size_t mark = length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    bool good = read_utf8(reader, (const char *)data + mark, length - mark);
    if (good && mark && reader->file->pem)
        reader_flag(reader, PEM_BOM, 1);
    return good;
}

static bool read_layer(struct reader *reader, const unsigned char *data, size_t length)
{
    enum { LAYERS_MAX = 3 };
    if (reader->depth == LAYERS_MAX)
        return false;
    struct pki_file outer = *reader->file; /* what is said of the inner text is not of the file's */
    char *place = reader->place;
    size_t unsaid = reader->unsaid;
    reader->place = NULL;
    reader->file->flag_lines = NULL;
    reader->depth++;
    bool good = read_all_der(reader, data, length) || read_text(reader, data, length);
    reader->depth--;
    reader->place = place;
    good = good && (reader->file->count > outer.count || reader->file->locked > outer.locked);
    if (!good) {
        reader_forget(reader, outer.count, outer.problem != NULL);
        reader->unsaid = unsaid;
        reader->file->kind = outer.kind;
    }
    reader->file->pem = good || outer.pem;
    reader->file->flags = outer.flags | (good ? reader->file->flags & PEM_BROKEN : 0);
    free(reader->file->flag_lines);
    reader->file->flag_lines = outer.flag_lines;
    return good;
}

/* Within what the reader has left. */
static void parse_within(struct reader *reader, const unsigned char *data, size_t length)
{
    struct pki_file *out = reader->file;
    *out = (struct pki_file){0};
    crypto_init();
    reader->layer = read_layer;
    if (length > FILE_LIMIT_BYTES)
        reader_problem(reader, "too large for a certificate file: it has more than 16 MiB");
    else if (!read_all_der(reader, data, length) && !read_text(reader, data, length))
        damage_unknown(reader, data, length);
    else if (!out->count && !out->problem && !out->locked && !out->ssh_text && !reader->is_full)
        reader_problem(reader,
                       memmem(data, length, "BEGIN X509 CRL", 14)
                           ? "a list of revoked certificates (CRL), which is not needed here"
                           : "neither a certificate nor a key nor a request is in it");
    if (out->kind == PKI_CERTIFICATE && pki_cert_count(out) > 1)
        out->kind = PKI_BUNDLE;
    finish_problem(reader);
    ERR_clear_error();
}

static void parse(struct reader *reader, const unsigned char *data, size_t length)
{
    reader->work_left = WORK_PER_FILE;
    reader->steps_left = STEPS_PER_FILE;
    parse_within(reader, data, length);
}

struct pki_share pki_share_new(void)
{
    enum { FILES = 8 };
    return (struct pki_share){.rounds = FILES * WORK_PER_FILE, .steps = FILES * STEPS_PER_FILE};
}

void pki_parse_within(struct pki_share *share, const unsigned char *data, size_t length,
                      const struct secret *password, struct pki_file *out)
{
    struct reader reader = {.file = out, .need = PKI_ALL, .password = password};
    long rounds = share->rounds < WORK_PER_FILE ? share->rounds : WORK_PER_FILE;
    size_t steps = share->steps < STEPS_PER_FILE ? share->steps : STEPS_PER_FILE;
    reader.work_left = rounds;
    reader.steps_left = steps;
    parse_within(&reader, data, length);
    share->rounds -= rounds - reader.work_left;
    share->steps -= steps - reader.steps_left;
}

void pki_parse(const unsigned char *data, size_t length, const struct secret *password,
               struct pki_file *out)
{
    pki_parse_for(PKI_ALL, data, length, password, out);
}

void pki_parse_for(enum pki_need need, const unsigned char *data, size_t length,
                   const struct secret *password, struct pki_file *out)
{
    struct reader reader = {.file = out, .need = need, .password = password};
    parse(&reader, data, length);
}

void shelf_parse(struct shelf *shelf, const unsigned char *data, size_t length,
                 struct pki_file *out)
{
    struct reader reader = {.file = out, .need = PKI_ALL, .shelf = shelf};
    parse(&reader, data, length);
    if (!out->count)
        return;
    struct object *objects = out->objects; /* thousands are held at once: each in its own room */
    out->objects = xmemdup(objects, out->count * sizeof *objects);
    free(objects);
}

bool pki_holds_private(const void *data, size_t length)
{
    struct pki_file parsed = {0};
    pki_parse(data, length, NULL, &parsed);
    bool found = parsed.kind == PKI_PRIVATE_KEY || parsed.kind == PKI_PKCS12;
    for (size_t i = 0; i < parsed.count && !found; i++)
        found = parsed.objects[i].kind == OBJECT_KEY && parsed.objects[i].key->is_private;
    pki_file_free(&parsed);
    return found;
}
