#ifndef PKI_CERT_H
#define PKI_CERT_H

#include "base/error.h"
#include "base/str.h"
#include "pki/key.h"
#include "pki/names.h"

#include <stdint.h>
#include <time.h>

/* A certificate, its facts as plain C, all in one block (base/pack.h): thousands are held at once.
 * It is owned by the file it was read from. */
struct cert {
    char *subject, *issuer; /* RFC 4514, UTF-8 plain, controls as \1B */
    const char *cn;         /* "" where there is none */
    struct names names;     /* subject attributes; sans without their type; eku as below */
    char *serial;           /* upper-case hex, no colons */
    char *aia;              /* caIssuers URI, "" where there is none */
    struct strings sans;    /* "DNS:x" "IP:y" "email:z" "URI:u" */
    struct strings ku, eku; /* RFC 5280 names, else OIDs */
    const char *key_algorithm;
    const char *signature_algorithm; /* OpenSSL's long name */
    const char *signature_digest;    /* SHA1, SHA256, MD5, "" for Ed25519 */
    time_t not_before, not_after;
    long path_length; /* -1: no limit */
    int version;      /* 1 or 3 */
    int key_bits;
    bool has_san, has_basic, is_ca, has_ku, has_eku;
    bool self_issued;      /* subject equals issuer */
    bool self_signed;      /* and its own key made the signature */
    bool constrains_names; /* of those that it signs */
    unsigned char key_id[KEY_ID_BYTES];
    unsigned char id[KEY_ID_BYTES];     /* SHA-256 of the DER */
    uint32_t subject_hash, issuer_hash; /* other hashes, other names */
    uint32_t shares;                    /* other files that hold it, too */
    uint32_t der_bytes;
    unsigned char *der;   /* where x509 was given up */
    struct x509_st *x509; /* the library's copy; NULL: decoded from der at need */
};
/* The last of those that share it frees it. */
void cert_free(struct cert *cert);
/* Its id in hexadecimal, with colons; "" where it was not asked for. */
enum { FINGERPRINT_SIZE = 3 * KEY_ID_BYTES };
void cert_fingerprint(const struct cert *cert, char out[static FINGERPRINT_SIZE]);
bool cert_same(const struct cert *a, const struct cert *b);
/* The certificate as PEM, each END line followed by one line end. Adds to out. */
void cert_pem(const struct cert *cert, struct str *out);
/* A SAN entry covers the name; the CN counts only without any SAN. */
bool cert_has_name(const struct cert *cert, const char *wanted);
/* cert's authority key identifier is issuer's subject key identifier: it says that this key signed
 * it.
 */
bool cert_names_key(const struct cert *cert, const struct cert *issuer);
/* Why OpenSSL would refuse it whatever its issuer: a damaged extension, an unknown signature
 * algorithm. NULL where there is nothing. */
const char *cert_flaw(const struct cert *cert);
/* It bears the marks of a CA whose root browsers know: the policies of the CA/Browser Forum, or
 * stamps of public logs. */
bool cert_is_public(const struct cert *cert);
/* issuer's name is cert's issuer and issuer's key made the signature. */
bool cert_issued_by(const struct cert *cert, const struct cert *issuer);
/* The same for whoever asks it of many, some of which may have keys made to take long: each
 * signature takes from *steps, and where too few are left the answer is no, and *steps 0. */
enum { ISSUED_STEPS = 10000 }; /* half a second */
bool cert_issued_within(const struct cert *cert, const struct cert *issuer, size_t *steps);

/* A request, in one block as well. */
struct csr {
    char *subject;
    const char *cn;
    struct names names;
    struct strings sans; /* typed, as in cert */
    struct strings ku, eku;
    const char *key_algorithm;
    int key_bits;
    bool signature_valid; /* false, too, where it was not looked at (pki/shelf.h) */
    unsigned char key_id[KEY_ID_BYTES];
    unsigned char id[KEY_ID_BYTES]; /* SHA-256 of the DER */
    struct X509_req_st *req;        /* NULL: given up */
};
void csr_free(struct csr *csr);

/* A request for the key with these names: SHA-256, keyUsage digitalSignature and, for RSA,
 * keyEncipherment; EKU when names has one. PEM. */
must_check bool csr_make(const struct key *key, const struct names *names, struct str *pem,
                         struct error *err);
/* A certificate that signs itself and can serve and sign. */
must_check bool cert_selfsign(const struct key *key, const struct names *names, int days,
                              time_t now, struct str *pem, struct error *err);
/* A CA's answer to a request: subject, SAN, KU, EKU copied after its signature was
 * checked; CA:FALSE, SKI, AKI, random 128-bit serial. *cut is set when the days were cut to the
 * CA's end. Refuses a CA whose key doesn't match, that is none, or that has ended at now. */
must_check bool cert_issue(const struct csr *csr, const struct cert *ca, const struct key *ca_key,
                           int days, time_t now, struct str *pem, bool *cut, struct error *err);

#endif
