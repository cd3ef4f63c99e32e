#include "pki/peek.h"

#include "base/mem.h"
#include "pki/crypto.h"

#include <openssl/asn1.h>
#include <string.h>

/* A part of the encoding: with its head, and what stands in it. */
struct part {
    const unsigned char *data, *content, *end;
};

static bool take(const unsigned char **at, const unsigned char *end, int tag, int class,
                 struct part *out)
{
    const unsigned char *content = *at;
    long length = 0;
    int found = 0, in = 0;
    if (content >= end || ASN1_get_object(&content, &length, &found, &in, end - content) & 0x81 ||
        found != tag || in != class)
        return false;
    if (content - *at != (length < 0x80 ? 2 : length < 0x100 ? 3 : 4))
        return false; /* no DER: OpenSSL would write it otherwise */
    *out = (struct part){*at, content, content + length};
    *at = out->end;
    return true;
}

static bool take_universal(const unsigned char **at, const unsigned char *end, int tag,
                           struct part *out)
{
    return take(at, end, tag, V_ASN1_UNIVERSAL, out);
}

static bool part_is(const struct part *part, const char *bytes, size_t length)
{
    return (size_t)(part->end - part->data) == length && memcmp(part->data, bytes, length) == 0;
}

static void add_head(struct str *out, int tag, size_t length)
{
    str_add_char(out, (char)tag);
    if (length >= 0x100) {
        str_add_char(out, (char)0x82);
        str_add_char(out, (char)(length >> 8));
    } else if (length >= 0x80) {
        str_add_char(out, (char)0x81);
    }
    str_add_char(out, (char)length);
}

static void add_wrapped(struct str *out, int tag, const struct str *content)
{
    add_head(out, tag, content->length);
    str_add_bytes(out, content->data, content->length);
}

static void add_part(struct str *out, const struct part *part)
{
    str_add_bytes(out, (const char *)part->data, (size_t)(part->end - part->data));
}

/* SubjectPublicKeyInfo of the algorithm and what its BIT STRING holds. */
static void set_id(const struct part *algorithm, const struct str *bits, struct key *key)
{
    struct str body = {0}, whole = {0};
    add_part(&body, algorithm);
    add_wrapped(&body, V_ASN1_BIT_STRING, bits);
    add_wrapped(&whole, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
    crypto_digest(whole.data, whole.length, key->id);
    str_free(&body);
    str_free(&whole);
}

/* ECPrivateKey (RFC 5915) with the public key in it, uncompressed. */
static bool peek_ec(const struct part *algorithm, const struct part *inner, int bits,
                    struct key *key)
{
    const unsigned char *at = inner->content;
    size_t bytes = ((size_t)bits + 7) / 8;
    struct part version, number, parameters, public, point;
    if (!take_universal(&at, inner->end, V_ASN1_INTEGER, &version) ||
        !part_is(&version, "\x02\x01\x01", 3) ||
        !take_universal(&at, inner->end, V_ASN1_OCTET_STRING, &number) ||
        (size_t)(number.end - number.content) != bytes)
        return false;
    take(&at, inner->end, 0, V_ASN1_CONTEXT_SPECIFIC, &parameters);
    if (!take(&at, inner->end, 1, V_ASN1_CONTEXT_SPECIFIC, &public) || at != inner->end)
        return false;
    at = public.content;
    if (!take_universal(&at, public.end, V_ASN1_BIT_STRING, &point) || at != public.end ||
        (size_t)(point.end - point.content) != 2 + 2 * bytes || point.content[0] != 0 ||
        point.content[1] != 4)
        return false;
    struct str content = {0};
    str_add_bytes(&content, (const char *)point.content, 2 + 2 * bytes);
    set_id(algorithm, &content, key);
    str_free(&content);
    key->algorithm = "EC";
    key->bits = bits;
    return true;
}

/* Of a positive number without superfluous zeros; 0: it is none. */
static int bits_of(const struct part *number)
{
    const unsigned char *at = number->content;
    if (at < number->end && !*at && number->end - at > 1 && at[1] & 0x80)
        at++;
    else if (at == number->end || *at & 0x80 || !*at)
        return 0;
    return (int)(number->end - at) * 8 - (__builtin_clz(*at) - 24);
}

/* RSAPrivateKey (RFC 8017), of two primes. */
static bool peek_rsa(const struct part *algorithm, const struct part *inner, struct key *key)
{
    enum { NUMBERS = 9, MODULUS = 1, EXPONENT = 2 };
    struct part numbers[NUMBERS];
    const unsigned char *at = inner->content;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!take_universal(&at, inner->end, V_ASN1_INTEGER, &numbers[i]) ||
            (i && !bits_of(&numbers[i])))
            return false;
    if (at != inner->end || !part_is(&numbers[0], "\x02\x01\x00", 3))
        return false;
    struct str body = {0}, content = {0};
    add_part(&body, &numbers[MODULUS]);
    add_part(&body, &numbers[EXPONENT]);
    str_add_char(&content, '\0');
    add_wrapped(&content, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED, &body);
    set_id(algorithm, &content, key);
    str_free(&body);
    str_free(&content);
    key->algorithm = "RSA";
    key->bits = bits_of(&numbers[MODULUS]);
    return true;
}

/* An AlgorithmIdentifier, whole. */
static const struct {
    const char *bytes;
    size_t length;
    int bits; /* of the curve; 0: RSA */
} usual[] = {
    {"\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00", 15, 0},
    {"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 21,
     256},
    {"\x30\x10\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x22", 18, 384},
    {"\x30\x10\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x23", 18, 521},
};

bool peek_private(const unsigned char *data, size_t length, struct key *key)
{
    enum { LONGEST = 1 << 14 }; /* its lengths take two bytes */
    const unsigned char *at = data, *end = data + length;
    struct part whole, version, algorithm, octets, inner;
    if (length > LONGEST || !take_universal(&at, end, V_ASN1_SEQUENCE, &whole) || at != end)
        return false;
    at = whole.content;
    if (!take_universal(&at, end, V_ASN1_INTEGER, &version) ||
        !part_is(&version, "\x02\x01\x00", 3) ||
        !take_universal(&at, end, V_ASN1_SEQUENCE, &algorithm) ||
        !take_universal(&at, end, V_ASN1_OCTET_STRING, &octets) || at != end)
        return false;
    at = octets.content;
    if (!take_universal(&at, end, V_ASN1_SEQUENCE, &inner) || at != end)
        return false;
    key->is_private = true;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (part_is(&algorithm, usual[i].bytes, usual[i].length))
            return usual[i].bits ? peek_ec(&algorithm, &inner, usual[i].bits, key)
                                 : peek_rsa(&algorithm, &inner, key);
    return false;
}
