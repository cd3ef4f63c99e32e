#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/reader.h"

#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

/* RFC 4253, 6.6: strings and numbers, each behind its length in four bytes. */
struct wire {
    const unsigned char *at;
    size_t left;
};

static bool wire_next(struct wire *wire, const unsigned char **data, size_t *length)
{
    if (wire->left < 4)
        return false;
    size_t size = (size_t)wire->at[0] << 24 | (size_t)wire->at[1] << 16 | (size_t)wire->at[2] << 8 |
                  wire->at[3];
    if (size > wire->left - 4)
        return false;
    *data = wire->at + 4;
    *length = size;
    wire->at += 4 + size;
    wire->left -= 4 + size;
    return true;
}

static bool wire_is(const unsigned char *data, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(data, word, length) == 0;
}

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
        pkey = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return pkey;
}

static EVP_PKEY *read_rsa(struct wire *wire)
{
    const unsigned char *e, *n;
    size_t e_length, n_length;
    if (!wire_next(wire, &e, &e_length) || !wire_next(wire, &n, &n_length))
        return NULL;
    BIGNUM *exponent = BN_bin2bn(e, (int)e_length, NULL),
           *modulus = BN_bin2bn(n, (int)n_length, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
        pkey = from_parameters("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(exponent);
    BN_free(modulus);
    return pkey;
}

/* RFC 5656's names and OpenSSL's. */
static const char *const curves[][2] = {
    {"nistp256", "prime256v1"}, {"nistp384", "secp384r1"}, {"nistp521", "secp521r1"}};

static EVP_PKEY *read_ec(struct wire *wire)
{
    const unsigned char *curve, *point;
    size_t curve_length, point_length;
    if (!wire_next(wire, &curve, &curve_length) || !wire_next(wire, &point, &point_length))
        return NULL;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (!wire_is(curve, curve_length, curves[i][0]))
            continue;
        OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        EVP_PKEY *pkey = NULL;
        if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curves[i][1], 0) &&
            OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, point_length))
            pkey = from_parameters("EC", build);
        OSSL_PARAM_BLD_free(build);
        return pkey;
    }
    return NULL;
}

static EVP_PKEY *read_ed25519(struct wire *wire)
{
    const unsigned char *key;
    size_t length;
    if (!wire_next(wire, &key, &length))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, length);
}

static EVP_PKEY *read_blob(const unsigned char *data, size_t size)
{
    struct wire wire = {data, size};
    const unsigned char *type;
    size_t length;
    if (!wire_next(&wire, &type, &length))
        return NULL;
    if (wire_is(type, length, "ssh-rsa"))
        return read_rsa(&wire);
    if (wire_is(type, length, "ssh-ed25519"))
        return read_ed25519(&wire);
    if (length > 11 && memcmp(type, "ecdsa-sha2-", 11) == 0)
        return read_ec(&wire);
    return NULL;
}

static struct str *ssh_text(struct pki_file *file)
{
    if (!file->ssh_text)
        file->ssh_text = xcalloc(1, sizeof *file->ssh_text);
    return file->ssh_text;
}

/* The blob's own first word says its type: a line that says another is none. */
static bool add_base64(struct reader *reader, const char *type, size_t type_length,
                       const char *base64, size_t length)
{
    unsigned char *data;
    size_t size, room;
    if (!read_base64(base64, length, &data, &size, &room))
        return false;
    struct wire wire = {data, size};
    const unsigned char *word;
    size_t word_length;
    bool good = wire_next(&wire, &word, &word_length) && word_length < 64 &&
                (!type || (word_length == type_length && memcmp(word, type, word_length) == 0));
    EVP_PKEY *pkey = good ? read_blob(data, size) : NULL;
    if (pkey)
        reader_add_key(reader, pkey, false);
    else if (good)
        reader_problem(reader, "an SSH key of a kind that is not read here");
    if (good && !type) { /* RFC 4716 gives no line: made of the blob */
        struct str *line = ssh_text(reader->file);
        str_add_bytes(line, word, word_length);
        str_add_char(line, ' ');
        for (size_t i = 0; i < length; i++)
            if (!isspace((unsigned char)base64[i]))
                str_add_char(line, base64[i]);
    }
    OPENSSL_clear_free(data, room);
    ERR_clear_error();
    return good;
}

static bool is_ssh_type(const char *text, size_t length)
{
    static const char *const prefixes[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (length > strlen(prefixes[i]) && memcmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static size_t span(const char *text, size_t length, bool (*in)(char byte))
{
    size_t count = 0;
    while (count < length && in(text[count]))
        count++;
    return count;
}

static bool is_blank_byte(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_word_byte(char byte)
{
    return (unsigned char)byte > ' ';
}

static bool is_line_byte(char byte)
{
    return byte != '\n' && byte != '\r';
}

static bool is_space_byte(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* `ssh-rsa AAAA… comment` */
static bool read_line(struct reader *reader, const char *line, size_t length)
{
    size_t type = span(line, length, is_word_byte);
    size_t at = type + span(line + type, length - type, is_blank_byte);
    size_t base64 = span(line + at, length - at, is_word_byte);
    if (!is_ssh_type(line, type) || !add_base64(reader, line, type, line + at, base64))
        return false;
    if (!reader->file->ssh_text)
        str_add_bytes(ssh_text(reader->file), line, length);
    return true;
}

static bool read_lines(struct reader *reader, const char *text, size_t length)
{
    bool any = false;
    for (size_t at = 0; at < length;) {
        at += span(text + at, length - at, is_space_byte);
        size_t line = span(text + at, length - at, is_line_byte);
        if (line && text[at] != '#' && read_line(reader, text + at, line))
            any = true;
        else if (line && text[at] != '#' && !any)
            return false; /* no SSH file: its other lines are not looked at */
        at += line;
    }
    return any;
}

/* RFC 4716: headers have a colon and go on where a line ends in a backslash. */
static bool read_rfc4716(struct reader *reader, const char *text, size_t length)
{
    static const char end[] = "---- END SSH2";
    const char *stop = memmem(text, length, end, sizeof end - 1);
    if (!stop)
        return false;
    size_t at = span(text, length, is_line_byte), total = (size_t)(stop - text);
    bool goes_on = false;
    while (at < total) {
        at += span(text + at, total - at, is_space_byte);
        size_t line = span(text + at, total - at, is_line_byte);
        if (!goes_on && !memchr(text + at, ':', line))
            break;
        goes_on = line && text[at + line - 1] == '\\';
        at += line;
    }
    return at < total && add_base64(reader, NULL, 0, text + at, total - at);
}

bool read_ssh(struct reader *reader, const char *text, size_t length)
{
    static const char begin[] = "---- BEGIN SSH2 PUBLIC KEY ----";
    size_t skip = span(text, length, is_space_byte);
    bool framed = length - skip > sizeof begin && memcmp(text + skip, begin, sizeof begin - 1) == 0;
    bool good = framed ? read_rfc4716(reader, text + skip, length - skip)
                       : read_lines(reader, text, length);
    if (good)
        reader->file->kind = PKI_SSH_PUBLIC_KEY;
    return good;
}
