#ifndef PKI_DECODE_H
#define PKI_DECODE_H

#include "pki/load.h"

#include <openssl/x509.h>

/* DER to OpenSSL's objects, in the library context that does for the need: with the public key
 * where one is needed. NULL: it is none. */
X509 *decode_cert(enum pki_need need, const unsigned char *data, size_t length);
X509_REQ *decode_csr(enum pki_need need, const unsigned char *data, size_t length);
/* No certificate and no request has a million names. */
enum { DECODE_BYTES_MAX = 1 << 20 };

#endif
