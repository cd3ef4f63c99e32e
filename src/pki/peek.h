#ifndef PKI_PEEK_H
#define PKI_PEEK_H

#include "pki/key.h"

/* Kind, size and id of an unencrypted PKCS #8 key of the usual kinds, from its encoding alone: it
 * is compared and forgotten, and to have OpenSSL make it takes thirty times as long. false: another
 * kind, or anything unusual in it, which OpenSSL then judges. */
bool peek_private(const unsigned char *data, size_t length, struct key *key);

#endif
