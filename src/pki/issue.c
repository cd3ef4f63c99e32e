#include "base/clock.h"
#include "pki/build.h"
#include "pki/crypto.h"
#include "pki/object.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

enum { SERIAL_BITS = 128 };
/* 9999-12-31T23:59:59Z, the last moment that a certificate can name (RFC 5280, 4.1.2.5). */
static const time_t last_moment = 253402300799;

static bool set_serial(X509 *x509)
{
    BIGNUM *number = BN_new();
    bool good = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
    BN_free(number);
    return good;
}

static bool end_of(int days, time_t now, time_t *end, struct error *err)
{
    if (days < 1)
        return error_set(err, STATUS_NO, "days", "give one day or more", "%d days are no lifetime",
                         days);
    *end = now + (time_t)days * SECONDS_A_DAY;
    if (*end > last_moment)
        return error_set(err, STATUS_NO, "days", "give fewer, as 365 or 3650",
                         "%d days end after the year 9999", days);
    return true;
}

static bool set_frame(X509 *x509, time_t from, time_t until)
{
    return X509_set_version(x509, X509_VERSION_3) && set_serial(x509) &&
           ASN1_TIME_set(X509_getm_notBefore(x509), from) &&
           ASN1_TIME_set(X509_getm_notAfter(x509), until);
}

static bool add_configured(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool good = extension && X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    return good;
}

static bool add_key_ids(X509 *x509, X509 *issuer)
{
    if (!add_configured(x509, issuer, NID_subject_key_identifier, "hash"))
        return false;
    bool has_id = X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0;
    return add_configured(x509, issuer, NID_authority_key_identifier,
                          has_id ? "keyid:always" : "issuer:always");
}

static bool add_all(X509 *x509, const STACK_OF(X509_EXTENSION) * list)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(list); i++)
        if (!X509_add_ext(x509, sk_X509_EXTENSION_value(list, i), -1))
            return false;
    return true;
}

/* Signs, and writes the certificate out. */
static bool finish(X509 *x509, EVP_PKEY *key, struct str *pem, struct error *err)
{
    if (!X509_sign(x509, key, build_digest(key)))
        return build_failed("the certificate cannot be signed", err);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, x509);
    crypto_bio_take(bio, pem);
    return true;
}

static bool selfsign_extensions(X509 *x509, const struct key *key, const struct names *names,
                                struct error *err)
{
    STACK_OF(X509_EXTENSION) *list = NULL;
    int usage = SIGNS_OTHERS | (strcmp(key->algorithm, "RSA") == 0 ? ENCIPHERS : 0);
    bool good = (add_configured(x509, x509, NID_basic_constraints, "critical,CA:TRUE") &&
                 build_key_usage(usage, &list)) ||
                build_failed("the certificate's extensions", err);
    good = good && build_san(names, &list, err);
    good = good && ((add_all(x509, list) && add_key_ids(x509, x509)) ||
                    build_failed("the certificate's extensions", err));
    build_free(list);
    return good;
}

bool cert_selfsign(const struct key *key, const struct names *names, int days, time_t now,
                   struct str *pem, struct error *err)
{
    crypto_init();
    time_t end;
    if (!names->attributes[ATTR_CN] || !*names->attributes[ATTR_CN])
        return error_set(err, STATUS_NO, "CN", "give the name that clients connect to, as CN:NAME",
                         "a certificate needs a common name");
    if (!key_can_sign(key, err) || !end_of(days, now, &end, err))
        return false;
    X509 *x509 = X509_new();
    bool good = (set_frame(x509, now, end) && X509_set_pubkey(x509, key->pkey)) ||
                build_failed("no certificate can hold this key", err);
    good = good && build_subject(names, X509_get_subject_name(x509), err);
    good = good && (X509_set_issuer_name(x509, X509_get_subject_name(x509)) ||
                    build_failed("the issuer's name", err));
    good = good && selfsign_extensions(x509, key, names, err) && finish(x509, key->pkey, pem, err);
    X509_free(x509);
    return good;
}

static bool ca_check(const struct cert *ca, const struct key *ca_key, time_t now, struct error *err)
{
    if (!ca->is_ca)
        return error_set(err, STATUS_NO, ca->subject,
                         "name a CA's certificate, as pki selfsigned makes one",
                         ca->has_basic ? "its basicConstraints say CA:FALSE: it may not sign others"
                                       : "it has no basicConstraints: it may not sign others");
    if (ca->has_ku && !strings_has(&ca->ku, "keyCertSign"))
        return error_set(err, STATUS_NO, ca->subject, "name a CA's certificate",
                         "its keyUsage lacks keyCertSign: it may not sign others");
    if (ca->not_after <= now) {
        char date[16];
        clock_date(ca->not_after, date);
        return error_set(err, STATUS_NO, ca->subject, "renew the CA first", "the CA ended on %s",
                         date);
    }
    if (memcmp(ca->key_id, ca_key->id, sizeof ca->key_id) != 0)
        return error_set(err, STATUS_NO, ca->subject, "name the key that the CA was made with",
                         "the CA's key and certificate do not match");
    return true;
}

/* SAN, KU and EKU as asked for, and what a leaf has besides. */
static bool issue_extensions(X509 *x509, X509_REQ *req, X509 *ca)
{
    static const int copied[] = {NID_key_usage, NID_ext_key_usage, NID_subject_alt_name};
    STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(req);
    bool good = add_configured(x509, ca, NID_basic_constraints, "critical,CA:FALSE");
    for (size_t i = 0; good && i < sizeof copied / sizeof *copied; i++) {
        int at = X509v3_get_ext_by_NID(asked, copied[i], -1);
        if (at >= 0)
            good = X509_add_ext(x509, X509v3_get_ext(asked, at), -1);
    }
    build_free(asked);
    return good && add_key_ids(x509, ca);
}

bool cert_issue(const struct csr *csr, const struct cert *ca, const struct key *ca_key, int days,
                time_t now, struct str *pem, bool *cut, struct error *err)
{
    crypto_init();
    time_t end;
    *cut = false;
    if (!csr->signature_valid)
        return error_set(err, STATUS_NO, csr->subject, "make the request anew from its key",
                         "the request's own signature does not hold");
    if (!key_can_sign(ca_key, err) || !ca_check(ca, ca_key, now, err) ||
        !end_of(days, now, &end, err))
        return false;
    if (end > ca->not_after) {
        end = ca->not_after;
        *cut = true;
    }
    X509 *x509 = X509_new();
    bool good = set_frame(x509, now, end) &&
                X509_set_pubkey(x509, X509_REQ_get0_pubkey(csr->req)) &&
                X509_set_subject_name(x509, X509_REQ_get_subject_name(csr->req)) &&
                X509_set_issuer_name(x509, X509_get_subject_name(ca->x509)) &&
                issue_extensions(x509, csr->req, ca->x509);
    good = good ? finish(x509, ca_key->pkey, pem, err)
                : build_failed("no certificate can be made of this request", err);
    X509_free(x509);
    return good;
}
