#ifndef PKI_OBJECT_H
#define PKI_OBJECT_H

#include "base/pack.h"
#include "pki/load.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* From OpenSSL's objects to ours; for this room only. Each takes what it is given. */

struct cert *cert_new(X509 *x509, enum pki_need need);
/* The library's copy: decoded anew where it was given up. X509_free it. */
X509 *cert_x509(const struct cert *cert);
/* Gives it up, for who holds many and verifies few; of a request nothing but facts is left. */
void cert_rest(struct cert *cert);
void csr_rest(struct csr *csr);
/* Their names do not speak against it. */
bool cert_may_issue(const struct cert *issuer, const struct cert *cert);
/* Is issuer's name the one that cert says, and did its key make the signature? */
bool x509_issued(X509 *issuer, X509 *cert);
struct csr *csr_new(X509_REQ *req, enum pki_need need);
/* The work of the signature that _new looks at, in steps; 0 for none. */
size_t cert_steps(X509 *x509, enum pki_need need);
size_t csr_steps(X509_REQ *req, enum pki_need need);
/* What verifying a signature of the key takes, in verifications of RSA with 2048 bits (some 40 us):
 * who makes a key to keep its readers busy comes to hundreds of them. */
size_t key_steps(const EVP_PKEY *pkey);
struct key *key_new(EVP_PKEY *pkey, bool is_private, enum pki_need need);
struct key *key_new_locked(void);
/* Gives the secret up; what is known of the key stays. */
void key_forget(struct key *key);
/* RSA, EC, Ed25519, RSA-PSS, or OpenSSL's name. */
const char *key_word(const EVP_PKEY *pkey);

/* A string of a certificate as UTF-8, control bytes and what is no text as \1B. */
char *field_text(const ASN1_STRING *string);
/* Upper-case hex, whole bytes, as `openssl x509 -serial` prints it. Free it. */
char *field_serial(const ASN1_INTEGER *serial);
/* RFC 4514. */
char *field_name(const X509_NAME *name);
/* The first value of each attribute. */
void field_subject(const X509_NAME *name, struct names *names);
/* "" where there is none. */
const char *field_cn(const struct names *names);
/* The public key of a certificate that was read without it; NULL where it can't be decoded. */
EVP_PKEY *field_decode(X509_PUBKEY *key);
/* Algorithm, bits and id of a public key, also of one that OpenSSL can't use. */
void field_key(X509_PUBKEY *key, enum pki_need need, const char **algorithm, int *bits,
               unsigned char id[static KEY_ID_BYTES]);

/* The extensions that certificates and requests share. */
struct extensions {
    bool has_san, has_ku, has_eku;
    struct strings sans, ku, eku;
};
void field_extensions(const STACK_OF(X509_EXTENSION) * list, struct extensions *out);
/* Moves what they share into their block (base/pack.h). A text that is in names as well stands
 * there once. */
void field_pack(struct pack *pack, struct names *names, struct strings *sans, struct strings *ku,
                struct strings *eku);
/* The decoded extension, NULL where it is absent or damaged; *present tells which. */
void *field_extension(const STACK_OF(X509_EXTENSION) * list, int nid, bool *present);

#endif
