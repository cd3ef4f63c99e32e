#ifndef PKI_BUILD_H
#define PKI_BUILD_H

#include "pki/key.h"
#include "pki/names.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* The parts that a request and a certificate made here have in common; for this room only. */

enum { SIGNS_OTHERS = 1, ENCIPHERS = 2 };

/* The subject in the usual order: C, ST, L, O, OU, CN, emailAddress. */
must_check bool build_subject(const struct names *names, X509_NAME *out, struct error *err);
/* keyUsage digitalSignature; with ENCIPHERS keyEncipherment, with SIGNS_OTHERS keyCertSign and
 * cRLSign. Each of these adds one extension to the list. */
must_check bool build_key_usage(int usage, STACK_OF(X509_EXTENSION) * *list);
must_check bool build_eku(const struct strings *eku, STACK_OF(X509_EXTENSION) * *list,
                          struct error *err);
/* The whole SAN (guide D.2), nothing where it is empty. */
must_check bool build_san(const struct names *names, STACK_OF(X509_EXTENSION) * *list,
                          struct error *err);
void build_free(STACK_OF(X509_EXTENSION) * list);
/* The public half of a key, and a public key as another object has it, byte for byte. OpenSSL's own
 * way decodes what it has just encoded, which takes as long as making a key of P-256. */
must_check bool build_key(X509_PUBKEY *out, const struct key *key);
must_check bool build_copy_key(X509_PUBKEY *out, X509_PUBKEY *from);
/* SHA-256; NULL for keys that bring their own digest (Ed25519). */
const EVP_MD *build_digest(const EVP_PKEY *pkey);
/* "…: OpenSSL's reason". Returns false. */
bool build_failed(const char *what, struct error *err);

#endif
