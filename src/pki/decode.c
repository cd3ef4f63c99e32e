#include "pki/decode.h"

#include "pki/crypto.h"

static X509 *cert_in(OSSL_LIB_CTX *library, const unsigned char *data, size_t length)
{
    X509 *x509 = X509_new_ex(library, NULL);
    return x509 ? d2i_X509(&x509, &data, (long)length) : NULL; /* which frees what it can't fill */
}

X509 *decode_cert(enum pki_need need, const unsigned char *data, size_t length)
{
    if (length > DECODE_BYTES_MAX)
        return NULL;
    if (need < PKI_ALL)
        return cert_in(crypto_keyless(), data, length);
    X509 *x509 = cert_in(crypto_narrow(), data, length);
    if (!x509 || X509_get0_pubkey(x509))
        return x509;
    X509_free(x509);
    return cert_in(NULL, data, length); /* a rarer kind of key */
}

/* d2i_X509_REQ would decode the key in the library's own context, whatever the request's is. */
static X509_REQ *csr_in(OSSL_LIB_CTX *library, const unsigned char *data, size_t length)
{
    return (X509_REQ *)ASN1_item_d2i_ex(NULL, &data, (long)length, ASN1_ITEM_rptr(X509_REQ),
                                        library, NULL);
}

X509_REQ *decode_csr(enum pki_need need, const unsigned char *data, size_t length)
{
    if (length > DECODE_BYTES_MAX)
        return NULL;
    if (need < PKI_TEXT) /* whether its signature holds is told */
        return csr_in(crypto_keyless(), data, length);
    X509_REQ *req = csr_in(crypto_narrow(), data, length);
    if (!req || X509_REQ_get0_pubkey(req))
        return req;
    X509_REQ_free(req);
    return csr_in(NULL, data, length);
}
