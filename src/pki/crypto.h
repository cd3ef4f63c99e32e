#ifndef PKI_CRYPTO_H
#define PKI_CRYPTO_H

#include "base/str.h"
#include "pki/key.h"

#include <openssl/bio.h>
#include <openssl/provider.h>

/* OpenSSL itself: start, reasons, digests. For this room only. */

/* Each entry into the room calls it first: the machine's openssl.cnf changes nothing here. */
void crypto_init(void);
/* Before a password opens something: the ciphers have names from then on. */
void crypto_ciphers(void);
/* Before a private key is made or read: its numbers then lie in pages that are never swapped out.
 */
void crypto_secure_heap(void);
/* That heap has no room for another key. */
bool crypto_secure_heap_full(void);
/* The library's deepest reason, or "unknown reason"; empties its queue. Free it. */
char *crypto_reason(void);
/* Its queue says that an algorithm is not there. */
bool crypto_lacks_algorithm(void);
/* OpenSSL's old ciphers (RC2, DES), for reading; NULL where the module is not installed. */
OSSL_PROVIDER *crypto_legacy_open(void);
void crypto_legacy_close(OSSL_PROVIDER *legacy);
/* The library context in which no key is ever decoded, for certificates that are only shown. Made
 * once: a first use of one takes longer than a hundred certificates. */
OSSL_LIB_CTX *crypto_keyless(void);
/* The one in which all is as in the library's own, but only the public keys that certificates have
 * can be decoded (RSA, RSA-PSS, EC, Ed25519): thrice as fast. NULL: there is none, which is the
 * library's own. */
OSSL_LIB_CTX *crypto_narrow(void);
/* SHA-256. */
void crypto_digest(const void *data, size_t length, unsigned char out[static KEY_ID_BYTES]);
/* What was written to a memory BIO, added to out; frees the BIO. */
void crypto_bio_take(BIO *bio, struct str *out);

#endif
