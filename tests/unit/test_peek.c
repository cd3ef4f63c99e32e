#include "pki/peek.h"
#include "unit.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static int encode(EVP_PKEY *pkey, unsigned char **der)
{
    *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int length = i2d_PKCS8_PRIV_KEY_INFO(info, der);
    PKCS8_PRIV_KEY_INFO_free(info);
    assert_true(length > 0);
    return length;
}

/* As OpenSSL would have it, whatever it was made of. */
static void assert_peeked(EVP_PKEY *pkey, const char *algorithm, int bits)
{
    unsigned char *der, *public = NULL, id[KEY_ID_BYTES];
    int length = encode(pkey, &der), public_length = i2d_PUBKEY(pkey, &public);
    struct key key = {0};
    assert_true(peek_private(der, (size_t)length, &key));
    SHA256(public, (size_t)public_length, id);
    assert_memory_equal(key.id, id, sizeof id);
    assert_string_equal(key.algorithm, algorithm);
    assert_int_equal(key.bits, bits);
    assert_true(key.is_private);
    OPENSSL_free(der);
    OPENSSL_free(public);
    EVP_PKEY_free(pkey);
}

static void usual_keys_are_known_by_their_encoding(void **state)
{
    (void)state;
    assert_peeked(EVP_EC_gen("P-256"), "EC", 256);
    assert_peeked(EVP_EC_gen("P-384"), "EC", 384);
    assert_peeked(EVP_EC_gen("P-521"), "EC", 521);
    assert_peeked(EVP_RSA_gen(1024), "RSA", 1024);
    assert_peeked(EVP_RSA_gen(1031), "RSA", 1031);
}

static void assert_left(EVP_PKEY *pkey)
{
    unsigned char *der;
    struct key key = {0};
    int length = encode(pkey, &der);
    assert_false(peek_private(der, (size_t)length, &key));
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void others_are_left_to_openssl(void **state)
{
    (void)state;
    assert_left(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    assert_left(EVP_EC_gen("secp256k1"));
}

/* Cut off anywhere, longer than it says, or with its first bytes changed: nothing is read beyond
 * it. */
static void what_is_damaged_is_left_as_well(void **state)
{
    (void)state;
    unsigned char *der;
    struct key key = {0};
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    size_t length = (size_t)encode(pkey, &der);
    for (size_t i = 0; i < length; i++) {
        unsigned char *part = malloc(i + 1); /* of its own, for the sanitizer */
        memcpy(part, der, i);
        assert_false(peek_private(part, i, &key));
        free(part);
    }
    unsigned char *longer = calloc(1, length + 1);
    memcpy(longer, der, length);
    assert_false(peek_private(longer, length + 1, &key));
    free(longer);
    for (size_t i = 0; i < 36; i++) {
        der[i] ^= 0x81;
        assert_false(peek_private(der, length, &key));
        der[i] ^= 0x81;
    }
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_keys_are_known_by_their_encoding),
        cmocka_unit_test(others_are_left_to_openssl),
        cmocka_unit_test(what_is_damaged_is_left_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
