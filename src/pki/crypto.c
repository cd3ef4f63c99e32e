#include "pki/crypto.h"

#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>

/* Some 700 RSA keys of 2048 bits at once. The heap does not grow, nor does OpenSSL turn to the
 * other one: whoever reads many keys forgets each when it is known (pki_file_forget_secrets). */
enum { HEAP_BYTES = 1 << 20, HEAP_LEAST_BYTES = 32, KEY_ROOM_BYTES = 8 << 10 };

/* The digests that signatures and PKCS#12 files name. */
static const EVP_MD *(*const digests[])(void) = {
    EVP_md5,       EVP_md5_sha1,   EVP_sha1,       EVP_sha224,   EVP_sha256,
    EVP_sha384,    EVP_sha512,     EVP_sha3_224,   EVP_sha3_256, EVP_sha3_384,
    EVP_sha3_512,  EVP_sha512_224, EVP_sha512_256,
#ifndef OPENSSL_NO_MD4
    EVP_md4,
#endif
#ifndef OPENSSL_NO_MDC2
    EVP_mdc2,
#endif
#ifndef OPENSSL_NO_RMD160
    EVP_ripemd160,
#endif
#ifndef OPENSSL_NO_SM3
    EVP_sm3,
#endif
};

/* The ciphers that a locked key may name. */
static const EVP_CIPHER *(*const ciphers[])(void) = {
    EVP_aes_128_cbc,
    EVP_aes_192_cbc,
    EVP_aes_256_cbc,
    EVP_aes_128_cfb128,
    EVP_aes_192_cfb128,
    EVP_aes_256_cfb128,
    EVP_aes_128_ofb,
    EVP_aes_192_ofb,
    EVP_aes_256_ofb,
    EVP_aes_128_ctr,
    EVP_aes_192_ctr,
    EVP_aes_256_ctr,
#ifndef OPENSSL_NO_DES
    EVP_des_cbc,
    EVP_des_ede_cbc,
    EVP_des_ede3_cbc,
    EVP_des_cfb64,
    EVP_des_ofb,
    EVP_des_ede3_cfb64,
    EVP_des_ede3_ofb,
#endif
#ifndef OPENSSL_NO_CAMELLIA
    EVP_camellia_128_cbc,
    EVP_camellia_192_cbc,
    EVP_camellia_256_cbc,
#endif
#ifndef OPENSSL_NO_ARIA
    EVP_aria_128_cbc,
    EVP_aria_192_cbc,
    EVP_aria_256_cbc,
#endif
#ifndef OPENSSL_NO_RC2
    EVP_rc2_cbc,
    EVP_rc2_40_cbc,
    EVP_rc2_64_cbc,
#endif
#ifndef OPENSSL_NO_RC4
    EVP_rc4,
    EVP_rc4_40,
#endif
#ifndef OPENSSL_NO_BF
    EVP_bf_cbc,
#endif
#ifndef OPENSSL_NO_CAST
    EVP_cast5_cbc,
#endif
#ifndef OPENSSL_NO_IDEA
    EVP_idea_cbc,
#endif
#ifndef OPENSSL_NO_SEED
    EVP_seed_cbc,
#endif
#ifndef OPENSSL_NO_SM4
    EVP_sm4_cbc,
#endif
};

/* By itself the library enters every algorithm under every name it ever had, and copies them all at
 * its first use: half a millisecond, a fifth of a short run. We enter what files name. */
static void start(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                            OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
                        NULL);
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        EVP_add_digest(digests[i]());
    ERR_clear_error();
}

void crypto_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
    ERR_clear_error();
}

static void add_ciphers(void)
{
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
        EVP_add_cipher(ciphers[i]());
}

void crypto_ciphers(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, add_ciphers);
}

static void make_secure_heap(void)
{
    CRYPTO_secure_malloc_init(HEAP_BYTES, HEAP_LEAST_BYTES);
    ERR_clear_error();
}

void crypto_secure_heap(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_secure_heap);
}

bool crypto_secure_heap_full(void)
{
    return CRYPTO_secure_malloc_initialized() && CRYPTO_secure_used() + KEY_ROOM_BYTES > HEAP_BYTES;
}

char *crypto_reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    char *text = xstrdup(reason ? reason : "unknown reason");
    ERR_clear_error();
    return text;
}

static bool is_lack(unsigned long code)
{
    int reason = ERR_GET_REASON(code);
    if (reason == ERR_R_UNSUPPORTED)
        return true;
    if (ERR_GET_LIB(code) == ERR_LIB_PEM)
        return reason == PEM_R_UNSUPPORTED_ENCRYPTION || reason == PEM_R_UNSUPPORTED_CIPHER;
    return ERR_GET_LIB(code) == ERR_LIB_EVP &&
           (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER ||
            reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
            reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION);
}

bool crypto_lacks_algorithm(void)
{
    bool lacks = false;
    for (unsigned long code; (code = ERR_get_error()) != 0;)
        lacks = lacks || is_lack(code);
    return lacks;
}

OSSL_PROVIDER *crypto_legacy_open(void)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
    ERR_clear_error();
    return legacy;
}

void crypto_legacy_close(OSSL_PROVIDER *legacy)
{
    if (legacy)
        OSSL_PROVIDER_unload(legacy);
}

static OSSL_LIB_CTX *keyless;

static void make_keyless(void)
{
    keyless = OSSL_LIB_CTX_new();
    /* Once one was loaded by name, the default provider is not there by itself any more. */
    OSSL_PROVIDER *null = keyless ? OSSL_PROVIDER_load(keyless, "null") : NULL;
    if (null)
        OSSL_PROVIDER_unload(null);
}

OSSL_LIB_CTX *crypto_keyless(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_keyless);
    return keyless;
}

void crypto_digest(const void *data, size_t length, unsigned char out[static KEY_ID_BYTES])
{
    if (!EVP_Digest(data, length, out, NULL, EVP_sha256(), NULL))
        memset(out, 0, KEY_ID_BYTES);
}

void crypto_bio_take(BIO *bio, struct str *out)
{
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    if (length > 0)
        str_add_bytes(out, data, (size_t)length);
    BIO_free(bio);
}
