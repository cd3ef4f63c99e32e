/* A library context for certificates: OpenSSL's default provider behind a sieve.
 *
 * To decode a public key OpenSSL 3 makes an object of each of its decoders and kinds of key, a
 * hundred of them, each time anew; nothing of it is cached (openssl/openssl#17950). The sieve hands
 * on every algorithm of the provider, but of those two only what certificates have. All work is
 * done by the provider's own functions. */
#include "pki/crypto.h"

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

enum { ALGORITHMS_MAX = 16 };

static OSSL_PROVIDER *source; /* of the algorithms */
static OSSL_ALGORITHM keys[ALGORITHMS_MAX + 1], decoders[ALGORITHMS_MAX + 1];
static OSSL_LIB_CTX *narrow;

/* By its first name of several, "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool is_usual(const OSSL_ALGORITHM *algorithm)
{
    static const char *const names[] = {"RSA", "RSA-PSS", "EC", "ED25519"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(algorithm->algorithm_names, names[i], strlen(names[i])) == 0 &&
            strchr(":", algorithm->algorithm_names[strlen(names[i])]))
            return true;
    return false;
}

static bool decodes_public(const OSSL_ALGORITHM *algorithm)
{
    const char *properties = algorithm->property_definition;
    return properties && strstr(properties, "input=der") &&
           strstr(properties, "structure=SubjectPublicKeyInfo");
}

static void sieve(int operation, bool (*wanted)(const OSSL_ALGORITHM *), OSSL_ALGORITHM *out)
{
    int no_cache = 0;
    size_t count = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(source, operation, &no_cache);
    for (; all && all->algorithm_names; all++)
        if (count < ALGORITHMS_MAX && is_usual(all) && (!wanted || wanted(all)))
            out[count++] = *all;
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    *no_cache = 0;
    switch (operation) {
    case OSSL_OP_KEYMGMT:
        return keys;
    case OSSL_OP_DECODER:
        return decoders;
    default:
        return OSSL_PROVIDER_query_operation(source, operation, no_cache);
    }
}

static void teardown(void *context)
{
    (void)context; /* the source's own */
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                 void **context)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown},
        {0, NULL}};
    (void)handle;
    (void)in;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(source);
    return *context != NULL;
}

static void make(void)
{
    source = OSSL_PROVIDER_load(NULL, "default");
    if (source) {
        sieve(OSSL_OP_KEYMGMT, NULL, keys);
        sieve(OSSL_OP_DECODER, decodes_public, decoders);
        narrow = OSSL_LIB_CTX_new();
    }
    if (narrow && (!OSSL_PROVIDER_add_builtin(narrow, "narrow", start) ||
                   !OSSL_PROVIDER_load(narrow, "narrow"))) {
        OSSL_LIB_CTX_free(narrow);
        narrow = NULL;
    }
    ERR_clear_error();
}

OSSL_LIB_CTX *crypto_narrow(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return narrow;
}
