#include "pki/crypto.h"
#include "pki/reader.h"

#include <limits.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

void unlock_report(struct reader *reader, enum unlock outcome)
{
    static const char *const words[] = {
        [UNLOCK_NONE] = "locked by a password",
        [UNLOCK_WRONG] = "the password does not open it",
        [UNLOCK_LEGACY] = "its cipher is an old one (RC2 or DES) that needs OpenSSL's legacy "
                          "module: install it, or export the file again with AES",
        [UNLOCK_UNKNOWN] =
            "its cipher or digest is none that OpenSSL has: export the file again with "
            "AES-256 and SHA-256",
        [UNLOCK_PBMAC1] =
            "a newer OpenSSL made it (its MAC is PBMAC1, which OpenSSL has from 3.4 on): export it "
            "again there, without -pbmac1_pbkdf2",
        [UNLOCK_COSTLY] =
            "its password is stretched more often than is tried: export the file again with "
            "fewer rounds",
    };
    if (outcome == UNLOCK_OPEN)
        return;
    reader->file->locked = true;
    reader->file->wrong_password = reader->file->wrong_password || outcome == UNLOCK_WRONG;
    if (outcome != UNLOCK_NONE)
        reader_problem(reader, "%s", words[outcome]);
}

/* Hostile files ask for billions of rounds: a file has a budget. */
static bool afford(struct reader *reader, long rounds)
{
    if (rounds < 0 || rounds > reader->work_left)
        return false;
    reader->work_left -= rounds;
    return true;
}

bool unlock_affordable_rounds(struct reader *reader, const ASN1_INTEGER *rounds)
{
    return afford(reader, rounds ? ASN1_INTEGER_get(rounds) : 1);
}

/* scrypt's work is N * r * p blocks of 128 bytes; OpenSSL gives it 32 MiB, and calls more of them
 * no more than a failure. */
enum { SCRYPT_BLOCKS_MAX = (32 << 20) / 128 };

static bool scrypt_affordable(struct reader *reader, const ASN1_TYPE *parameter)
{
    SCRYPT_PARAMS *scrypt = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameter);
    uint64_t cost = 0, blocks = 0, parallel = 0;
    bool good = scrypt && ASN1_INTEGER_get_uint64(&cost, scrypt->costParameter) &&
                ASN1_INTEGER_get_uint64(&blocks, scrypt->blockSize) &&
                ASN1_INTEGER_get_uint64(&parallel, scrypt->parallelizationParameter) &&
                cost <= LONG_MAX && blocks <= INT_MAX && parallel <= INT_MAX;
    long work = 0;
    good = good && !__builtin_mul_overflow((long)cost, (long)blocks, &work) &&
           !__builtin_mul_overflow(work, (long)parallel, &work) &&
           (cost + parallel + 1) * blocks <= SCRYPT_BLOCKS_MAX && afford(reader, work);
    SCRYPT_PARAMS_free(scrypt);
    return good;
}

static bool pbkdf2_affordable(struct reader *reader, const ASN1_TYPE *parameter)
{
    PBKDF2PARAM *kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameter);
    const ASN1_OBJECT *digest = NULL;
    if (kdf && kdf->prf)
        X509_ALGOR_get0(&digest, NULL, NULL, kdf->prf);
    int nid = OBJ_obj2nid(digest); /* SHA-1's and SHA-256's rounds take half as long */
    long weight = !digest || nid == NID_hmacWithSHA1 || nid == NID_hmacWithSHA256 ? 1 : 2;
    long rounds = kdf && kdf->iter ? ASN1_INTEGER_get(kdf->iter) : -1;
    bool good = rounds <= LONG_MAX / weight && afford(reader, rounds * weight);
    PBKDF2PARAM_free(kdf);
    return good;
}

static bool pbes2_affordable(struct reader *reader, const ASN1_TYPE *parameter)
{
    PBE2PARAM *scheme = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameter);
    bool good = false;
    if (scheme && scheme->keyfunc) {
        int nid = OBJ_obj2nid(scheme->keyfunc->algorithm);
        good = nid == NID_id_scrypt ? scrypt_affordable(reader, scheme->keyfunc->parameter)
                                    : pbkdf2_affordable(reader, scheme->keyfunc->parameter);
    }
    PBE2PARAM_free(scheme);
    return good;
}

bool unlock_affordable(struct reader *reader, const X509_ALGOR *algorithm)
{
    const ASN1_TYPE *parameter = algorithm->parameter;
    if (!parameter || parameter->type != V_ASN1_SEQUENCE)
        return false;
    if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
        return pbes2_affordable(reader, parameter);
    PBEPARAM *scheme = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), parameter);
    bool good = scheme && unlock_affordable_rounds(reader, scheme->iter);
    PBEPARAM_free(scheme);
    return good;
}

/* Built as a PBES2: how the key is made, and what it is for. */
bool unlock_affordable_pbmac1(struct reader *reader, const X509_ALGOR *algorithm)
{
    const ASN1_TYPE *parameter = algorithm->parameter;
    return parameter && parameter->type == V_ASN1_SEQUENCE && pbes2_affordable(reader, parameter);
}

enum unlock unlock_try(bool (*attempt)(void *arg), void *arg)
{
    crypto_ciphers();
    ERR_clear_error();
    if (attempt(arg))
        return UNLOCK_OPEN;
    if (!crypto_lacks_algorithm())
        return UNLOCK_WRONG;
    OSSL_PROVIDER *legacy = crypto_legacy_open();
    enum unlock outcome = !legacy ? UNLOCK_LEGACY : attempt(arg) ? UNLOCK_OPEN : UNLOCK_WRONG;
    if (outcome == UNLOCK_WRONG && crypto_lacks_algorithm())
        outcome = UNLOCK_UNKNOWN;
    crypto_legacy_close(legacy);
    ERR_clear_error();
    return outcome;
}

EVP_PKEY *unlock_open_pkcs8(const X509_SIG *locked, const char *password, int length)
{
    crypto_secure_heap();
    PKCS8_PRIV_KEY_INFO *open = PKCS8_decrypt(locked, password, length);
    EVP_PKEY *pkey = open ? EVP_PKCS82PKEY(open) : NULL;
    PKCS8_PRIV_KEY_INFO_free(open);
    return pkey;
}

struct pkcs8_attempt {
    const X509_SIG *locked;
    const struct secret *password;
    EVP_PKEY *pkey;
};

static bool try_pkcs8(void *arg)
{
    struct pkcs8_attempt *attempt = arg;
    attempt->pkey = unlock_open_pkcs8(attempt->locked, (const char *)attempt->password->data,
                                      (int)attempt->password->length);
    return attempt->pkey != NULL;
}

void unlock_pkcs8(struct reader *reader, const X509_SIG *locked)
{
    struct pkcs8_attempt attempt = {.locked = locked, .password = reader->password};
    const X509_ALGOR *algorithm;
    X509_SIG_get0(locked, &algorithm, NULL);
    enum unlock outcome = !reader->password                       ? UNLOCK_NONE
                          : !unlock_affordable(reader, algorithm) ? UNLOCK_COSTLY
                                                                  : unlock_try(try_pkcs8, &attempt);
    if (outcome == UNLOCK_OPEN)
        reader_add_key(reader, attempt.pkey, true);
    else
        reader_add_locked(reader);
    unlock_report(reader, outcome);
}

static int give_password(char *out, int size, int writing, void *arg)
{
    const struct secret *password = arg;
    (void)writing;
    if (size < 0 || password->length > (size_t)size)
        return -1;
    if (password->length)
        memcpy(out, password->data, password->length);
    return (int)password->length;
}

struct pem_attempt {
    char *headers;
    unsigned char *data;
    size_t *length;
    const struct secret *password;
};

/* A cipher that lacks is noticed before the data is touched. */
static bool try_pem(void *arg)
{
    struct pem_attempt *attempt = arg;
    EVP_CIPHER_INFO cipher;
    long length = (long)*attempt->length;
    if (!PEM_get_EVP_CIPHER_INFO(attempt->headers, &cipher) ||
        !PEM_do_header(&cipher, attempt->data, &length, give_password, (void *)attempt->password))
        return false;
    *attempt->length = (size_t)length;
    return true;
}

enum unlock unlock_pem(struct reader *reader, char *headers, unsigned char *data, size_t *length)
{
    struct pem_attempt attempt = {headers, data, length, reader->password};
    return reader->password ? unlock_try(try_pem, &attempt) : UNLOCK_NONE;
}
