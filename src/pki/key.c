#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/object.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

const char *key_word(const EVP_PKEY *pkey)
{
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
        return "RSA";
    case EVP_PKEY_RSA_PSS:
        return "RSA-PSS";
    case EVP_PKEY_EC:
        return "EC";
    case EVP_PKEY_ED25519:
        return "Ed25519";
    default: {
        const char *name = EVP_PKEY_get0_type_name(pkey);
        return name ? name : "unknown";
    }
    }
}

size_t key_steps(const EVP_PKEY *pkey)
{
    enum { UNIT_BITS = 1024, USUAL_EXPONENT_BITS = 17, CURVE_BITS = 128, PLAIN_STEPS = 16 };
    size_t bits = pkey ? (size_t)EVP_PKEY_get_bits(pkey) : 0, exponent_bits = USUAL_EXPONENT_BITS;
    size_t units = bits / UNIT_BITS, square = units * units;
    BIGNUM *exponent = NULL;
    char curve[32] = "";
    if (!bits)
        return 0;
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent))
            exponent_bits = (size_t)BN_num_bits(exponent);
        BN_free(exponent);
        return 1 + square * exponent_bits / USUAL_EXPONENT_BITS / 4;
    case EVP_PKEY_EC:
        EVP_PKEY_get_group_name(pkey, curve, sizeof curve, NULL);
        units = bits / CURVE_BITS; /* P-256 has code of its own */
        return strcmp(curve, SN_X9_62_prime256v1) == 0 ? 2 : units * units * 6;
    case EVP_PKEY_DSA:
        return 1 + square * 4;
    default:
        return PLAIN_STEPS;
    }
}

struct key *key_new(EVP_PKEY *pkey, bool is_private, enum pki_need need)
{
    struct key *key = xcalloc(1, sizeof *key);
    key->pkey = pkey;
    key->is_private = is_private;
    key->algorithm = key_word(pkey);
    key->bits = EVP_PKEY_get_bits(pkey);
    if (need == PKI_NAMES || need == PKI_SIGN)
        return key;
    key->encoded_length = i2d_PUBKEY(pkey, &key->encoded);
    if (key->encoded_length > 0)
        crypto_digest(key->encoded, (size_t)key->encoded_length, key->id);
    return key;
}

struct key *key_new_locked(void)
{
    struct key *key = xcalloc(1, sizeof *key);
    key->algorithm = "";
    key->encrypted = true;
    key->is_private = true;
    return key;
}

void key_forget(struct key *key)
{
    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key->encoded);
    key->pkey = NULL;
    key->encoded = NULL;
    key->encoded_length = 0;
}

void key_free(struct key *key)
{
    if (!key)
        return;
    key_forget(key);
    free(key);
}

static EVP_PKEY *generate(const char *type, int bits, struct error *err)
{
    if (strcmp(type, "rsa") == 0 && (bits == 2048 || bits == 3072 || bits == 4096))
        return EVP_RSA_gen((unsigned)bits);
    if (strcmp(type, "ec") == 0 && (bits == 256 || bits == 384))
        return EVP_EC_gen(bits == 256 ? "P-256" : "P-384");
    error_set(err, STATUS_NO, "key",
              "choose RSA with 2048, 3072 or 4096 bits, or EC with P-256 or P-384",
              "no key of type \"%s\" with %d bits", type, bits);
    return NULL;
}

bool key_generate(const char *type, int bits, struct key **out, struct error *err)
{
    crypto_init();
    crypto_secure_heap();
    struct error refused = {0};
    EVP_PKEY *pkey = generate(type, bits, &refused);
    if (pkey) {
        *out = key_new(pkey, true, PKI_ALL);
        return true;
    }
    if (refused.message[0]) {
        if (err)
            *err = refused;
        return false;
    }
    char *reason = crypto_reason();
    error_set(err, STATUS_SYSTEM, "key", NULL, "OpenSSL cannot make a key: %s", reason);
    free(reason);
    return false;
}

static bool is_open(const struct key *key, struct error *err)
{
    if (key->encrypted)
        return error_set(err, STATUS_NO, "", "unlock it first: pki unlock",
                         "the private key is locked by a password");
    if (!key->is_private || !key->pkey)
        return error_set(err, STATUS_NO, "", "name the private key",
                         "a public key, not a private one");
    return true;
}

bool key_can_sign(const struct key *key, struct error *err)
{
    if (!is_open(key, err))
        return false;
    return EVP_PKEY_can_sign(key->pkey) ||
           error_set(err, STATUS_NO, "", "make an RSA or EC key",
                     "a key that can't sign: no certificate of a server has one");
}

bool key_pem(const struct key *key, struct secret *out, struct error *err)
{
    crypto_init();
    if (!is_open(key, err))
        return false;
    BIO *bio = BIO_new(BIO_s_mem()); /* wiped when freed */
    bool good = PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    if (good)
        secret_set(out, data, (size_t)length);
    BIO_free(bio);
    if (good)
        return true;
    char *reason = crypto_reason();
    error_set(err, STATUS_NO, "", NULL, "the key cannot be written: %s", reason);
    free(reason);
    return false;
}
