#ifndef PKI_KEY_H
#define PKI_KEY_H

#include "base/error.h"
#include "base/secret.h"

#define KEY_ID_BYTES 32

/* A private or public key. id is SHA-256 of its SubjectPublicKeyInfo: the same for a key, its
 * request and its certificates; zero while encrypted. */
struct key {
    const char *algorithm; /* RSA, EC, Ed25519, RSA-PSS, or OpenSSL's name; "" while encrypted */
    int bits;
    bool encrypted; /* locked by a password that was not given */
    bool is_private;
    unsigned char id[KEY_ID_BYTES];
    struct evp_pkey_st *pkey; /* NULL while encrypted, and where it was given up */
    unsigned char *encoded;   /* SubjectPublicKeyInfo, of encoded_length bytes; NULL: not known */
    int encoded_length;
};
void key_free(struct key *key);

/* type "rsa" with bits 2048, 3072, 4096, or "ec" with bits 256, 384. */
must_check bool key_generate(const char *type, int bits, struct key **out, struct error *err);
/* An open private key of a kind that makes signatures. */
must_check bool key_can_sign(const struct key *key, struct error *err);
/* Unencrypted PKCS#8 PEM. */
must_check bool key_pem(const struct key *key, struct secret *out, struct error *err);

#endif
