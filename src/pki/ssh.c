#include "pki/ssh.h"

#include "base/mem.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709: a blob of strings, each with its length before it. */

static void add_string(struct str *blob, const void *data, size_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        str_add_char(blob, (char)(length >> shift & 0xFF));
    str_add_bytes(blob, data, length);
}

/* A number of RFC 4251: a zero byte before a first byte over 127. */
static bool add_number(struct str *blob, const EVP_PKEY *pkey, const char *name)
{
    BIGNUM *number = NULL;
    if (!EVP_PKEY_get_bn_param(pkey, name, &number))
        return false;
    size_t length = (size_t)BN_num_bytes(number);
    unsigned char *bytes = xcalloc(length + 1, 1);
    BN_bn2bin(number, bytes + 1);
    bool pad = length > 0 && bytes[1] > 0x7F;
    add_string(blob, bytes + (pad ? 0 : 1), length + (pad ? 1 : 0));
    free(bytes);
    BN_free(number);
    return true;
}

static bool add_curve(struct str *blob, EVP_PKEY *pkey, const char **type)
{
    static const struct {
        const char *group, *type, *curve;
    } curves[] = {{"prime256v1", "ecdsa-sha2-nistp256", "nistp256"},
                  {"secp384r1", "ecdsa-sha2-nistp384", "nistp384"},
                  {"secp521r1", "ecdsa-sha2-nistp521", "nistp521"}};
    char group[32] = "";
    if (!EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL))
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (strcmp(group, curves[i].group))
            continue;
        unsigned char *point = NULL;
        size_t length = EVP_PKEY_get1_encoded_public_key(pkey, &point);
        bool is_whole = length > 1 && point[0] == POINT_CONVERSION_UNCOMPRESSED;
        *type = curves[i].type;
        add_string(blob, curves[i].type, strlen(curves[i].type));
        add_string(blob, curves[i].curve, strlen(curves[i].curve));
        add_string(blob, point, length);
        OPENSSL_free(point);
        return is_whole;
    }
    return false;
}

static bool add_key(struct str *blob, EVP_PKEY *pkey, const char **type)
{
    if (EVP_PKEY_is_a(pkey, "RSA")) {
        *type = "ssh-rsa";
        add_string(blob, *type, strlen(*type));
        return add_number(blob, pkey, OSSL_PKEY_PARAM_RSA_E) &&
               add_number(blob, pkey, OSSL_PKEY_PARAM_RSA_N);
    }
    if (EVP_PKEY_is_a(pkey, "EC"))
        return add_curve(blob, pkey, type);
    unsigned char raw[32];
    size_t length = sizeof raw;
    if (!EVP_PKEY_is_a(pkey, "ED25519") || !EVP_PKEY_get_raw_public_key(pkey, raw, &length))
        return false;
    *type = "ssh-ed25519";
    add_string(blob, *type, strlen(*type));
    add_string(blob, raw, length);
    return true;
}

bool ssh_line(const struct pki_file *file, const char *comment, struct str *out, struct error *err)
{
    const struct key *key = pki_first_key(file);
    const struct cert *cert = pki_first_cert(file);
    EVP_PKEY *pkey = key && key->pkey     ? key->pkey
                     : cert && cert->x509 ? X509_get0_pubkey(cert->x509)
                                          : NULL;
    if (!pkey)
        return error_set(err, STATUS_NO, NULL, "export the key pair again, with its certificate",
                         "holds no key and no certificate");
    struct str blob = {0};
    const char *type = "";
    if (!add_key(&blob, pkey, &type)) {
        str_free(&blob);
        ERR_clear_error();
        return error_set(err, STATUS_NO, NULL, "use RSA, EC P-256, P-384, P-521 or Ed25519",
                         "its key is of a kind that SSH does not know");
    }
    unsigned char *text = xcalloc(blob.length / 3 + 1, 4 + 1);
    EVP_EncodeBlock(text, (const unsigned char *)blob.data, (int)blob.length);
    str_addf(out, "%s %s %s\n", type, (const char *)text, comment);
    free(text);
    str_free(&blob);
    return true;
}
