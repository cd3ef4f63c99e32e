#ifndef PKI_BUILD_H
#define PKI_BUILD_H

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
/* SHA-256; NULL for keys that bring their own digest (Ed25519). */
const EVP_MD *build_digest(const EVP_PKEY *pkey);
/* "…: OpenSSL's reason". Returns false. */
bool build_failed(const char *what, struct error *err);

#endif
