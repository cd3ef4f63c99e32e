#include "pki/build.h"

#include "base/mem.h"
#include "pki/crypto.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

bool build_failed(const char *what, struct error *err)
{
    char *reason = crypto_reason();
    error_set(err, STATUS_NO, "", NULL, "%s: %s", what, reason);
    free(reason);
    return false;
}

bool build_subject(const struct names *names, X509_NAME *out, struct error *err)
{
    static const struct {
        enum attribute attribute;
        int nid;
    } order[] = {
        {ATTR_C, NID_countryName},
        {ATTR_ST, NID_stateOrProvinceName},
        {ATTR_L, NID_localityName},
        {ATTR_O, NID_organizationName},
        {ATTR_OU, NID_organizationalUnitName},
        {ATTR_CN, NID_commonName},
        {ATTR_EMAIL, NID_pkcs9_emailAddress},
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *value = names->attributes[order[i].attribute];
        if (!value || !*value)
            continue;
        if (!X509_NAME_add_entry_by_NID(out, order[i].nid, MBSTRING_UTF8,
                                        (const unsigned char *)value, -1, -1, 0))
            return build_failed(attribute_names[order[i].attribute], err);
    }
    return true;
}

/* Takes the value's encoding, not the value. */
static bool add_extension(int nid, bool critical, void *value, STACK_OF(X509_EXTENSION) * *list)
{
    X509_EXTENSION *extension = X509V3_EXT_i2d(nid, critical, value);
    bool good = extension && X509v3_add_ext(list, extension, -1);
    X509_EXTENSION_free(extension);
    return good;
}

bool build_key_usage(int usage, STACK_OF(X509_EXTENSION) * *list)
{
    enum { DIGITAL_SIGNATURE = 0, KEY_ENCIPHERMENT = 2, KEY_CERT_SIGN = 5, CRL_SIGN = 6 };
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    bool good = ASN1_BIT_STRING_set_bit(bits, DIGITAL_SIGNATURE, 1);
    if (usage & ENCIPHERS)
        good = good && ASN1_BIT_STRING_set_bit(bits, KEY_ENCIPHERMENT, 1);
    if (usage & SIGNS_OTHERS)
        good = good && ASN1_BIT_STRING_set_bit(bits, KEY_CERT_SIGN, 1) &&
               ASN1_BIT_STRING_set_bit(bits, CRL_SIGN, 1);
    good = good && add_extension(NID_key_usage, true, bits, list);
    ASN1_BIT_STRING_free(bits);
    return good;
}

bool build_eku(const struct strings *eku, STACK_OF(X509_EXTENSION) * *list, struct error *err)
{
    if (!eku->count)
        return true;
    EXTENDED_KEY_USAGE *usages = sk_ASN1_OBJECT_new_null();
    bool good = true;
    for (size_t i = 0; good && i < eku->count; i++) {
        ASN1_OBJECT *oid = OBJ_txt2obj(eku->items[i], 0);
        good = oid && sk_ASN1_OBJECT_push(usages, oid) > 0;
        if (!good) {
            ASN1_OBJECT_free(oid);
            error_set(err, STATUS_NO, "extendedKeyUsage", "write serverAuth, clientAuth or an OID",
                      "\"%s\" is no usage", eku->items[i]);
        }
    }
    if (good && !add_extension(NID_ext_key_usage, false, usages, list))
        good = build_failed("extendedKeyUsage", err);
    EXTENDED_KEY_USAGE_free(usages);
    return good;
}

static GENERAL_NAME *general_name(const char *typed)
{
    static const struct {
        const char *prefix;
        int type;
    } types[] = {{"DNS:", GEN_DNS}, {"IP:", GEN_IPADD}, {"email:", GEN_EMAIL}, {"URI:", GEN_URI}};
    for (const char *byte = typed; *byte; byte++)
        if ((unsigned char)*byte >= 0x80)
            return NULL; /* IA5 (RFC 5280, 4.2.1.6) */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_starts(typed, types[i].prefix))
            return a2i_GENERAL_NAME(NULL, NULL, NULL, types[i].type,
                                    typed + strlen(types[i].prefix), 0);
    return NULL;
}

bool build_san(const struct names *names, STACK_OF(X509_EXTENSION) * *list, struct error *err)
{
    struct strings full = {0};
    names_full_san(names, &full);
    GENERAL_NAMES *san = GENERAL_NAMES_new();
    bool good = true;
    for (size_t i = 0; good && i < full.count; i++) {
        GENERAL_NAME *name = general_name(full.items[i]);
        good = name && sk_GENERAL_NAME_push(san, name) > 0;
        if (!good) {
            GENERAL_NAME_free(name);
            error_set(err, STATUS_NO, "subjectAltName", "check how it is written",
                      "no certificate can hold \"%s\"", full.items[i]);
        }
    }
    if (good && full.count && !add_extension(NID_subject_alt_name, false, san, list))
        good = build_failed("subjectAltName", err);
    GENERAL_NAMES_free(san);
    strings_free(&full);
    return good;
}

void build_free(STACK_OF(X509_EXTENSION) * list)
{
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

/* Parameters as an algorithm has them. */
static void *copy_parameters(int kind, const void *value)
{
    if (kind == V_ASN1_OBJECT)
        return OBJ_dup(value);
    return kind == V_ASN1_SEQUENCE ? ASN1_STRING_dup(value) : NULL;
}

static bool set_key(X509_PUBKEY *out, const X509_ALGOR *algorithm, const unsigned char *bytes,
                    int length)
{
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    int kind = V_ASN1_UNDEF;
    X509_ALGOR_get0(&oid, &kind, &value, algorithm);
    return X509_PUBKEY_set0_param(out, OBJ_dup(oid), kind, copy_parameters(kind, value),
                                  OPENSSL_memdup(bytes, (size_t)length), length) == 1;
}

bool build_copy_key(X509_PUBKEY *out, X509_PUBKEY *from)
{
    const unsigned char *bytes = NULL;
    X509_ALGOR *algorithm = NULL;
    int length = 0;
    return X509_PUBKEY_get0_param(NULL, &bytes, &length, &algorithm, from) &&
           set_key(out, algorithm, bytes, length);
}

/* An algorithm, and the key as a string of bits. */
static bool set_encoded(X509_PUBKEY *out, const unsigned char *der, int length)
{
    ASN1_SEQUENCE_ANY *parts = d2i_ASN1_SEQUENCE_ANY(NULL, &der, length);
    const ASN1_TYPE *first = sk_ASN1_TYPE_value(parts, 0), *second = sk_ASN1_TYPE_value(parts, 1);
    X509_ALGOR *algorithm = NULL;
    if (first && first->type == V_ASN1_SEQUENCE && second && second->type == V_ASN1_BIT_STRING) {
        const unsigned char *at = ASN1_STRING_get0_data(first->value.sequence);
        algorithm = d2i_X509_ALGOR(NULL, &at, ASN1_STRING_length(first->value.sequence));
    }
    bool good =
        algorithm && set_key(out, algorithm, ASN1_STRING_get0_data(second->value.bit_string),
                             ASN1_STRING_length(second->value.bit_string));
    X509_ALGOR_free(algorithm);
    sk_ASN1_TYPE_pop_free(parts, ASN1_TYPE_free);
    return good;
}

bool build_key(X509_PUBKEY *out, const struct key *key)
{
    if (key->encoded_length > 0)
        return set_encoded(out, key->encoded, key->encoded_length);
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key->pkey, &der);
    bool good = length > 0 && set_encoded(out, der, length);
    OPENSSL_free(der);
    return good;
}

const EVP_MD *build_digest(const EVP_PKEY *pkey)
{
    int type = EVP_PKEY_get_base_id(pkey);
    return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? NULL : EVP_sha256();
}
