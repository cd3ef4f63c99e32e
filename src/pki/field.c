#include "base/escape.h"
#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/object.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

/* Adds bytes as text: what is no UTF-8 or a control character as RFC 4514 writes it, \1B. */
static void add_text(struct str *out, const char *bytes, size_t length, bool is_utf8)
{
    for (size_t at = 0; at < length;) {
        size_t start = at;
        unsigned code = 0;
        bool good = utf8_next(bytes, length, &at, &code);
        bool ascii = good && code >= 0x20 && code < 0x7F;
        bool plain = ascii || (good && is_utf8 && code >= 0xA0);
        if (plain)
            str_add_bytes(out, bytes + start, at - start);
        for (size_t i = start; !plain && i < at; i++)
            str_addf(out, "\\%02X", (unsigned char)bytes[i]);
    }
}

char *field_text(const ASN1_STRING *string)
{
    struct str out = {0};
    unsigned char *utf8 = NULL;
    int length = ASN1_STRING_to_UTF8(&utf8, string);
    if (length >= 0)
        add_text(&out, (const char *)utf8, (size_t)length, true);
    else
        add_text(&out, (const char *)ASN1_STRING_get0_data(string),
                 (size_t)ASN1_STRING_length(string), false);
    OPENSSL_free(utf8);
    return str_take(&out);
}

/* C1 controls in UTF-8, which OpenSSL's ESC_CTRL lets through. */
static void escape_c1(struct str *text)
{
    if (!text->length || !memchr(text->data, 0xC2, text->length))
        return;
    struct str out = {0};
    add_text(&out, text->data, text->length, true);
    str_free(text);
    *text = out;
}

char *field_name(const X509_NAME *name)
{
    static const unsigned long plain = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    struct str out = {0};
    BIO *bio = BIO_new(BIO_s_mem());
    if (X509_NAME_print_ex(bio, name, 0, plain) < 0) { /* damaged UTF-8: byte by byte */
        BIO_reset(bio);
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_UTF8_CONVERT);
    }
    crypto_bio_take(bio, &out);
    escape_c1(&out);
    return str_take(&out);
}

void field_subject(const X509_NAME *name, struct names *names)
{
    static const int nids[ATTR_COUNT] = {NID_commonName,          NID_organizationalUnitName,
                                         NID_organizationName,    NID_localityName,
                                         NID_stateOrProvinceName, NID_countryName,
                                         NID_pkcs9_emailAddress};
    for (int i = 0; i < ATTR_COUNT; i++) {
        int at = X509_NAME_get_index_by_NID(name, nids[i], -1);
        if (at >= 0)
            names->attributes[i] =
                field_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    }
}

const char *field_cn(const struct names *names)
{
    return names->attributes[ATTR_CN] ? names->attributes[ATTR_CN] : "";
}

/* An RSA key by itself is decoded without the search for a decoder. */
EVP_PKEY *field_decode(X509_PUBKEY *key)
{
    ASN1_OBJECT *oid = NULL;
    const unsigned char *bytes = NULL;
    int size = 0;
    if (X509_PUBKEY_get0_param(&oid, &bytes, &size, NULL, key) &&
        OBJ_obj2nid(oid) == NID_rsaEncryption)
        return d2i_PublicKey(EVP_PKEY_RSA, NULL, &bytes, size);
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(key, &der);
    bytes = der;
    EVP_PKEY *pkey = length > 0 ? d2i_PUBKEY(NULL, &bytes, length) : NULL;
    OPENSSL_free(der);
    return pkey;
}

/* The usual curves by heart: to ask the library is to make the curve. */
static int bits_of(int nid)
{
    switch (nid) {
    case NID_X9_62_prime256v1:
        return 256;
    case NID_secp384r1:
        return 384;
    case NID_secp521r1:
        return 521;
    default:
        break;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    int bits = group ? EC_GROUP_order_bits(group) : 0;
    EC_GROUP_free(group);
    return bits;
}

/* Of a curve that has a name; 0: another key. */
static int curve_bits(X509_PUBKEY *key)
{
    ASN1_OBJECT *oid = NULL;
    X509_ALGOR *parameters = NULL;
    const void *curve = NULL;
    int kind = V_ASN1_UNDEF;
    if (!X509_PUBKEY_get0_param(&oid, NULL, NULL, &parameters, key) ||
        OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey)
        return 0;
    X509_ALGOR_get0(NULL, &kind, &curve, parameters);
    return kind == V_ASN1_OBJECT ? bits_of(OBJ_obj2nid(curve)) : 0;
}

/* Of the modulus; 0: no RSA key. */
static int rsa_bits(X509_PUBKEY *key)
{
    ASN1_OBJECT *oid = NULL;
    const unsigned char *der = NULL;
    int length = 0, bits = 0;
    if (!X509_PUBKEY_get0_param(&oid, &der, &length, NULL, key) ||
        OBJ_obj2nid(oid) != NID_rsaEncryption)
        return 0;
    STACK_OF(ASN1_TYPE) *numbers = d2i_ASN1_SEQUENCE_ANY(NULL, &der, length);
    const ASN1_TYPE *first = sk_ASN1_TYPE_num(numbers) == 2 ? sk_ASN1_TYPE_value(numbers, 0) : NULL;
    if (first && first->type == V_ASN1_INTEGER) {
        BIGNUM *modulus = ASN1_INTEGER_to_BN(first->value.integer, NULL);
        bits = modulus ? BN_num_bits(modulus) : 0;
        BN_free(modulus);
    }
    sk_ASN1_TYPE_pop_free(numbers, ASN1_TYPE_free);
    return bits;
}

static bool tell(const EVP_PKEY *pkey, const char **algorithm, int *bits)
{
    if (!pkey)
        return false;
    *algorithm = key_word(pkey);
    *bits = EVP_PKEY_get_bits(pkey);
    return true;
}

static bool tell_undecoded(X509_PUBKEY *key, const char **algorithm, int *bits)
{
    *algorithm = "EC";
    *bits = curve_bits(key);
    if (*bits)
        return true;
    *algorithm = "RSA";
    *bits = rsa_bits(key);
    if (*bits)
        return true;
    EVP_PKEY *pkey = field_decode(key);
    bool good = tell(pkey, algorithm, bits);
    EVP_PKEY_free(pkey);
    return good;
}

void field_key(X509_PUBKEY *key, enum pki_need need, const char **algorithm, int *bits,
               unsigned char id[static KEY_ID_BYTES])
{
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(key, &der);
    if (length > 0)
        crypto_digest(der, (size_t)length, id);
    OPENSSL_free(der);
    if (need < PKI_ALL ? tell_undecoded(key, algorithm, bits)
                       : tell(X509_PUBKEY_get0(key), algorithm, bits))
        return;
    ASN1_OBJECT *oid = NULL;
    X509_PUBKEY_get0_param(&oid, NULL, NULL, NULL, key);
    int nid = OBJ_obj2nid(oid);
    *algorithm = nid == NID_undef ? "unknown" : OBJ_nid2ln(nid);
}

void *field_extension(const STACK_OF(X509_EXTENSION) * list, int nid, bool *present)
{
    int critical;
    void *value = X509V3_get_d2i(list, nid, &critical, NULL);
    *present = critical != -1;
    return value;
}

static char *oid_text(const ASN1_OBJECT *oid)
{
    char text[128];
    int length = OBJ_obj2txt(text, sizeof text, oid, 1);
    return xstrdup(length > 0 ? text : "0");
}

static char *address_text(const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int length = ASN1_STRING_length(address);
    const unsigned char *bytes = ASN1_STRING_get0_data(address);
    int family = length == 4 ? AF_INET : length == 16 ? AF_INET6 : AF_UNSPEC;
    if (family != AF_UNSPEC && inet_ntop(family, bytes, text, sizeof text))
        return xstrdup(text);
    struct str hex = {0};
    for (int i = 0; i < length; i++)
        str_addf(&hex, "%02X", bytes[i]);
    return str_take(&hex);
}

/* The name without its type, and the word for the type. Names that no request can ask for here
 * (directory names, a user's principal name …) are shown, and never covered. */
static char *general_name(const GENERAL_NAME *name, const char **type)
{
    switch (name->type) {
    case GEN_DNS:
        *type = "DNS";
        return field_text(name->d.dNSName);
    case GEN_EMAIL:
        *type = "email";
        return field_text(name->d.rfc822Name);
    case GEN_URI:
        *type = "URI";
        return field_text(name->d.uniformResourceIdentifier);
    case GEN_IPADD:
        *type = "IP";
        return address_text(name->d.iPAddress);
    case GEN_DIRNAME:
        *type = "DirName";
        return field_name(name->d.directoryName);
    case GEN_RID:
        *type = "RID";
        return oid_text(name->d.registeredID);
    case GEN_OTHERNAME:
        *type = "othername";
        return oid_text(name->d.otherName->type_id);
    default:
        *type = "other";
        return xstrdup("");
    }
}

static void read_sans(const STACK_OF(X509_EXTENSION) * list, struct extensions *out)
{
    GENERAL_NAMES *names = field_extension(list, NID_subject_alt_name, &out->has_san);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *type;
        char *text = general_name(name, &type);
        strings_add_take(&out->sans, xformat("%s:%s", type, text));
        free(text);
    }
    GENERAL_NAMES_free(names);
}

/* RFC 5280, 4.2.1.3: the bits in their order. */
static const char *const bits[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                   "dataEncipherment", "keyAgreement",   "keyCertSign",
                                   "cRLSign",          "encipherOnly",   "decipherOnly"};
static const struct {
    int nid;
    const char *word;
} usages[] = {{NID_server_auth, SN_server_auth},
              {NID_client_auth, SN_client_auth},
              {NID_code_sign, SN_code_sign},
              {NID_email_protect, SN_email_protect},
              {NID_time_stamp, SN_time_stamp},
              {NID_OCSP_sign, SN_OCSP_sign},
              {NID_anyExtendedKeyUsage, SN_anyExtendedKeyUsage}};
enum { BITS = sizeof bits / sizeof *bits, USAGES = sizeof usages / sizeof *usages };

static void read_ku(const STACK_OF(X509_EXTENSION) * list, struct extensions *out)
{
    ASN1_BIT_STRING *usage = field_extension(list, NID_key_usage, &out->has_ku);
    for (int i = 0; usage && i < BITS; i++)
        if (ASN1_BIT_STRING_get_bit(usage, i))
            strings_add(&out->ku, bits[i]);
    ASN1_BIT_STRING_free(usage);
}

static void read_eku(const STACK_OF(X509_EXTENSION) * list, struct extensions *out)
{
    EXTENDED_KEY_USAGE *found = field_extension(list, NID_ext_key_usage, &out->has_eku);
    for (int i = 0; i < sk_ASN1_OBJECT_num(found); i++) {
        const ASN1_OBJECT *oid = sk_ASN1_OBJECT_value(found, i);
        int nid = OBJ_obj2nid(oid);
        const char *word = NULL;
        for (size_t k = 0; k < USAGES; k++)
            if (nid == usages[k].nid)
                word = usages[k].word;
        strings_add_take(&out->eku, word ? xstrdup(word) : oid_text(oid));
    }
    EXTENDED_KEY_USAGE_free(found);
}

/* The word of a usage that stands here already. */
static const char *usage_word(const char *text)
{
    for (size_t i = 0; i < BITS; i++)
        if (strcmp(bits[i], text) == 0)
            return bits[i];
    for (size_t i = 0; i < USAGES; i++)
        if (strcmp(usages[i].word, text) == 0)
            return usages[i].word;
    return NULL;
}

/* A SAN as a request asks for it, without its type; NULL: no request can. */
static char *requested(char *san)
{
    static const char *const types[] = {"DNS:", "email:", "URI:", "IP:"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_starts(san, types[i]))
            return san + strlen(types[i]);
    return NULL;
}

void field_pack(struct pack *pack, struct names *names, struct strings *sans, struct strings *ku,
                struct strings *eku)
{
    for (int i = 0; i < ATTR_COUNT; i++)
        pack_text(pack, &names->attributes[i]);
    pack_strings(pack, sans);
    pack_words(pack, ku, usage_word);
    pack_words(pack, eku, usage_word);
    names->eku = *eku;
    names->sans = (struct strings){.items = pack_room(pack, sans->count)};
    for (size_t i = 0; names->sans.items && i < sans->count; i++)
        if (requested(sans->items[i]))
            names->sans.items[names->sans.count++] = requested(sans->items[i]);
}

void field_extensions(const STACK_OF(X509_EXTENSION) * list, struct extensions *out)
{
    read_sans(list, out);
    read_ku(list, out);
    read_eku(list, out);
}

char *field_serial(const ASN1_INTEGER *serial)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;
    char *text = xstrdup(!hex || strcmp(hex, "0") == 0 ? "00" : hex);
    OPENSSL_free(hex);
    BN_free(number);
    return text;
}
