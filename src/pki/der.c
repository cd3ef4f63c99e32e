#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/decode.h"
#include "pki/peek.h"
#include "pki/reader.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

/* Each takes one whole object, or says no. */
typedef bool (*der_reader)(struct reader *reader, const unsigned char *data, long length);

/* The largest RSA key has 10 kB, and OpenSSL tries dozens of decoders on one: not on megabytes.*/
enum { KEY_BYTES_MAX = 1 << 16 };

/* In steps: looking at an object, and letting OpenSSL try its decoders on a key. */
enum { LOOK_STEPS = 2, SEARCH_STEPS = 30, SEARCH_STEP_BYTES = 1 << 10 };

static X509 *decode_for(const struct reader *reader, const unsigned char *data, size_t length)
{
    X509 *x509 = decode_cert(reader->shelf ? PKI_FACTS : reader->need, data, length);
    if (!x509 || !reader->shelf ||
        X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) != 0)
        return x509;
    X509_free(x509); /* its own key tells whether it signs itself */
    return decode_cert(PKI_ALL, data, length);
}

static bool take_cert(struct reader *reader, const unsigned char *data, long length)
{
    if (reader_add_known(reader, data, (size_t)length))
        return true;
    X509 *x509 = decode_for(reader, data, (size_t)length);
    if (x509)
        reader_add_cert(reader, x509);
    return x509 != NULL;
}

static bool take_csr(struct reader *reader, const unsigned char *data, long length)
{
    X509_REQ *req = decode_csr(reader->shelf ? PKI_NAMES : reader->need, data, (size_t)length);
    if (req)
        reader_add_csr(reader, req);
    return req != NULL;
}

static bool take_pkcs7(struct reader *reader, const unsigned char *data, long length)
{
    PKCS7 *p7 = d2i_PKCS7(NULL, &data, length);
    int nid = p7 ? OBJ_obj2nid(p7->type) : NID_undef;
    bool good = nid == NID_pkcs7_signed || nid == NID_pkcs7_signedAndEnveloped ||
                nid == NID_pkcs7_data || nid == NID_pkcs7_enveloped;
    if (good)
        read_pkcs7(reader, p7);
    PKCS7_free(p7);
    return good;
}

static bool take_pkcs12(struct reader *reader, const unsigned char *data, long length)
{
    PKCS12 *p12 = d2i_PKCS12(NULL, &data, length);
    if (p12)
        read_pkcs12(reader, p12);
    PKCS12_free(p12);
    return p12 != NULL;
}

static bool take_locked(struct reader *reader, const unsigned char *data, long length)
{
    X509_SIG *locked = d2i_X509_SIG(NULL, &data, length);
    const X509_ALGOR *algorithm = NULL;
    if (locked)
        X509_SIG_get0(locked, &algorithm, NULL);
    bool good = algorithm && EVP_PBE_find(EVP_PBE_TYPE_OUTER, OBJ_obj2nid(algorithm->algorithm),
                                          NULL, NULL, NULL);
    if (good)
        unlock_pkcs8(reader, locked);
    X509_SIG_free(locked);
    return good;
}

static bool may_search(struct reader *reader, long length)
{
    return reader_spend(reader, SEARCH_STEPS + (size_t)length / SEARCH_STEP_BYTES);
}

/* OpenSSL tries every kind of key in turn, which takes thrice the time, unless it is told. */
static EVP_PKEY *read_private_in(struct reader *reader, OSSL_LIB_CTX *library,
                                 const unsigned char *data, long length)
{
    const unsigned char *at = data;
    const ASN1_OBJECT *oid = NULL;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, length);
    EVP_PKEY *pkey = NULL;
    if (info && PKCS8_pkey_get0(&oid, NULL, NULL, NULL, info)) {
        at = data;
        pkey = d2i_PrivateKey_ex(OBJ_obj2nid(oid), NULL, &at, length, library, NULL);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    if (!pkey && may_search(reader, length))
        pkey = d2i_AutoPrivateKey_ex(NULL, &data, length, library, NULL);
    return pkey;
}

/* A key that is only shown or compared, and forgotten, needs no provider, but for newer kinds
 * (Ed25519). */
static EVP_PKEY *read_private(struct reader *reader, const unsigned char *data, long length)
{
    bool signs = reader->need >= PKI_ALL && !reader->shelf;
    EVP_PKEY *pkey = signs ? NULL : read_private_in(reader, crypto_keyless(), data, length);
    return pkey ? pkey : read_private_in(reader, NULL, data, length);
}

static bool take_private(struct reader *reader, const unsigned char *data, long length)
{
    struct key peeked = {0};
    if (length > KEY_BYTES_MAX)
        return false;
    if (reader->shelf && peek_private(data, (size_t)length, &peeked)) {
        reader_add_peeked(reader, &peeked);
        return true;
    }
    crypto_secure_heap();
    EVP_PKEY *pkey = read_private(reader, data, length);
    if (pkey)
        reader_add_key(reader, pkey, true);
    else if (crypto_secure_heap_full())
        reader_problem(reader, "more private keys than can be held at once");
    return pkey || crypto_secure_heap_full();
}

static bool take_public(struct reader *reader, const unsigned char *data, long length)
{
    const unsigned char *again = data;
    if (length > KEY_BYTES_MAX || !may_search(reader, length))
        return false;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &data, length);
    if (!pkey)
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &again, length); /* PKCS #1 */
    if (pkey)
        reader_add_key(reader, pkey, false);
    return pkey != NULL;
}

static bool take_crl(struct reader *reader, const unsigned char *data, long length)
{
    X509_CRL *crl = d2i_X509_CRL(NULL, &data, length);
    if (crl)
        reader_problem(reader, "a revocation list, no certificate");
    X509_CRL_free(crl);
    return crl != NULL;
}

/* The whole length of the element that data begins with; 0 where it is cut off or none. Where a
 * PKCS #7 leaves it open (BER), all that is left. */
static size_t element_length(const unsigned char *data, size_t length)
{
    const unsigned char *at = data;
    long content;
    int tag, class;
    int form = ASN1_get_object(&at, &content, &tag, &class, (long)length);
    if (form & 0x80 || tag != V_ASN1_SEQUENCE || class != V_ASN1_UNIVERSAL)
        return 0;
    if (form & 1)
        return length;
    return (size_t)(at - data) + (size_t)content;
}

/* The first error in the queue is the deepest; one above it names the field. */
static char *deepest_reason(void)
{
    const char *data = "", *field = "";
    int flags;
    unsigned long first = ERR_peek_error();
    char *reason = NULL;
    while (ERR_get_error_all(NULL, NULL, NULL, &data, &flags))
        if (!*field && flags & ERR_TXT_STRING && text_starts(data, "Field="))
            field = data + strlen("Field=");
    const char *words = first ? ERR_reason_error_string(first) : NULL;
    size_t length = strcspn(field, ",");
    if (words)
        reason = xformat("%s%s%.*s", words, length ? " in " : "", (int)length, field);
    return reason;
}

char *der_flaw(const unsigned char *data, size_t length)
{
    const unsigned char *at = data;
    long content;
    int tag, class;
    if (length < 8 || *data != 0x30 ||
        ASN1_get_object(&at, &content, &tag, &class, (long)length) & 0x80 || *at != 0x30)
        return NULL;
    ERR_clear_error();
    if (length > DECODE_BYTES_MAX)
        return xformat("%zu bytes, and none of more than 1 MiB is read", length);
    const unsigned char *start = data;
    X509 *x509 = d2i_X509(NULL, &start, (long)length);
    char *reason = x509 ? NULL : deepest_reason();
    X509_free(x509);
    ERR_clear_error();
    return reason;
}

size_t der_announced(const unsigned char *data, size_t length)
{
    const unsigned char *at = data;
    long content = 0;
    int tag, class;
    if (!length || *data != 0x30)
        return 0;
    int form = ASN1_get_object(&at, &content, &tag, &class, (long)length);
    ERR_clear_error();
    return form & 1 || at == data || content < 0 ? 0 : (size_t)(at - data) + (size_t)content;
}

size_t read_der(struct reader *reader, const unsigned char *data, size_t length)
{
    static const der_reader readers[] = {take_cert,    take_csr,    take_pkcs7,  take_pkcs12,
                                         take_private, take_locked, take_public, take_crl};
    size_t size = length && *data == 0x30 ? element_length(data, length) : 0;
    if (!reader_spend(reader, LOOK_STEPS))
        return 0;
    for (size_t i = 0; size && !reader->is_full && i < sizeof readers / sizeof *readers; i++) {
        bool good = readers[i](reader, data, (long)size);
        ERR_clear_error();
        if (good)
            return size;
    }
    ERR_clear_error();
    return 0;
}
