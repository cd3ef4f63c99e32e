#include "base/clock.h"
#include "base/mem.h"
#include "pki/build.h"
#include "pki/crypto.h"
#include "pki/object.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
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

static bool sign(X509 *x509, EVP_PKEY *key, struct error *err)
{
    return X509_sign(x509, key, build_digest(key)) > 0 ||
           build_failed("the certificate cannot be signed", err);
}

static bool write_out(X509 *x509, struct str *pem)
{
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
    bool good = (set_frame(x509, now, end) && build_key(X509_get_X509_PUBKEY(x509), key)) ||
                build_failed("no certificate can hold this key", err);
    good = good && build_subject(names, X509_get_subject_name(x509), err);
    good = good && (X509_set_issuer_name(x509, X509_get_subject_name(x509)) ||
                    build_failed("the issuer's name", err));
    good = good && selfsign_extensions(x509, key, names, err) && sign(x509, key->pkey, err) &&
           write_out(x509, pem);
    X509_free(x509);
    return good;
}

static bool ca_check(const struct cert *ca, const struct key *ca_key, time_t now, struct error *err)
{
    if (!ca->is_ca)
        return error_set(
            err, STATUS_NO, ca->subject, "name a CA's certificate, as pki selfsigned makes one",
            ca->has_basic ? "basicConstraints says it is not a CA: it may not sign others"
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
    if (ca->not_before > now) {
        char date[16];
        clock_date(ca->not_before, date);
        return error_set(err, STATUS_NO, ca->subject, "check the clock, or wait",
                         "the CA begins on %s", date);
    }
    X509 *x509 = cert_x509(ca);
    bool is_its_key = X509_check_private_key(x509, ca_key->pkey) == 1;
    X509_free(x509);
    if (!is_its_key)
        return error_set(err, STATUS_NO, ca->subject, "name the key that the CA was made with",
                         "the CA's key and certificate do not belong together");
    return true;
}

/* The usage asked for, without what CAs alone may do: none is made here (RFC 5280, 4.2.1.3). */
static bool add_leaf_usage(X509 *x509, const STACK_OF(X509_EXTENSION) * asked)
{
    enum { KEY_CERT_SIGN = 5, CRL_SIGN = 6 };
    int critical;
    ASN1_BIT_STRING *usage = X509V3_get_d2i(asked, NID_key_usage, &critical, NULL);
    if (!usage)
        return critical == -1;
    bool good = ASN1_BIT_STRING_set_bit(usage, KEY_CERT_SIGN, 0) &&
                ASN1_BIT_STRING_set_bit(usage, CRL_SIGN, 0);
    if (good && ASN1_STRING_length(usage) > 0)
        good = X509_add1_ext_i2d(x509, NID_key_usage, usage, critical, X509V3_ADD_APPEND) == 1;
    ASN1_BIT_STRING_free(usage);
    return good;
}

/* SAN, KU and EKU as asked for, and what a leaf has besides. */
static bool issue_extensions(X509 *x509, X509_REQ *req, X509 *ca)
{
    static const int copied[] = {NID_ext_key_usage, NID_subject_alt_name};
    STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(req);
    bool good = add_configured(x509, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                add_leaf_usage(x509, asked);
    for (size_t i = 0; good && i < sizeof copied / sizeof *copied; i++) {
        int at = X509v3_get_ext_by_NID(asked, copied[i], -1);
        if (at >= 0)
            good = X509_add_ext(x509, X509v3_get_ext(asked, at), -1);
    }
    build_free(asked);
    return good && add_key_ids(x509, ca);
}

/* A signed certificate; OpenSSL looks at its extensions as a reader finds them. */
static bool is_allowed(X509 *x509, NAME_CONSTRAINTS *constraints)
{
    return X509_check_purpose(x509, -1, 0) == 1 &&
           NAME_CONSTRAINTS_check(x509, constraints) == X509_V_OK &&
           NAME_CONSTRAINTS_check_CN(x509, constraints) == X509_V_OK;
}

/* A certificate like that one, but for its only name. */
static X509 *with_one_name(const X509 *x509, const char *name, EVP_PKEY *key)
{
    struct names one = {0};
    STACK_OF(X509_EXTENSION) *list = NULL;
    X509_NAME *nobody = X509_NAME_new();
    X509 *copy = X509_dup(x509);
    int at = copy ? X509_get_ext_by_NID(copy, NID_subject_alt_name, -1) : -1;
    strings_add(&one.sans, name);
    if (at >= 0)
        X509_EXTENSION_free(X509_delete_ext(copy, at));
    bool good = copy && X509_set_subject_name(copy, nobody) && build_san(&one, &list, NULL) &&
                add_all(copy, list) && X509_sign(copy, key, build_digest(key));
    names_free(&one);
    build_free(list);
    X509_NAME_free(nobody);
    if (good)
        return copy;
    X509_free(copy);
    return NULL;
}

/* The first SAN that the CA may not sign; "" where it is the subject. Free it. */
static char *find_refused(const X509 *x509, const struct csr *csr, EVP_PKEY *key,
                          NAME_CONSTRAINTS *constraints)
{
    char *refused = NULL;
    for (size_t i = 0; i < csr->names.sans.count && !refused; i++) {
        X509 *one = with_one_name(x509, csr->names.sans.items[i], key);
        if (one && !is_allowed(one, constraints))
            refused = xstrdup(csr->names.sans.items[i]);
        X509_free(one);
    }
    return refused ? refused : xstrdup("");
}

/* "DNS:example.com", "IP:192.0.2.0/255.255.255.0" */
static char *subtree_text(const GENERAL_NAME *base)
{
    enum { IPV4_PAIR = 8, IPV6_PAIR = 32 };
    char address[INET6_ADDRSTRLEN], mask[INET6_ADDRSTRLEN];
    int length = base->type == GEN_IPADD ? ASN1_STRING_length(base->d.ip) : 0;
    if (length == IPV4_PAIR || length == IPV6_PAIR) {
        int family = length == IPV4_PAIR ? AF_INET : AF_INET6;
        const unsigned char *bytes = ASN1_STRING_get0_data(base->d.ip);
        inet_ntop(family, bytes, address, sizeof address);
        inet_ntop(family, bytes + length / 2, mask, sizeof mask);
        return xformat("IP:%s/%s", address, mask);
    }
    BIO *bio = BIO_new(BIO_s_mem());
    struct str text = {0};
    GENERAL_NAME_print(bio, (GENERAL_NAME *)base);
    crypto_bio_take(bio, &text);
    return str_take(&text);
}

/* What the CA's certificate permits. */
static char *allowed_names(const NAME_CONSTRAINTS *constraints)
{
    struct strings list = {0};
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); i++) {
        const GENERAL_NAME *base =
            sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
        strings_add_take(&list, subtree_text(base));
    }
    char *joined = strings_join(&list, ", ");
    strings_free(&list);
    return joined;
}

/* RFC 5280, 4.2.1.10: the names that this CA may sign. Those of the CAs above it are the caller's
 * to look at, who knows them. */
static bool names_allowed(X509 *x509, const struct csr *csr, const char *ca_subject, X509 *ca,
                          EVP_PKEY *key, struct error *err)
{
    int critical;
    NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(ca, NID_name_constraints, &critical, NULL);
    if (!constraints)
        return critical == -1 || error_set(err, STATUS_NO, ca_subject, "have the CA renewed",
                                           "the CA's name constraints cannot be read");
    bool good = is_allowed(x509, constraints);
    if (!good) {
        char *name = find_refused(x509, csr, key, constraints),
             *allowed = allowed_names(constraints);
        error_set(err, STATUS_NO, ca_subject,
                  *allowed ? "ask for names that it may sign, or sign with another CA"
                           : "sign with another CA",
                  "the CA may not sign %s%s%s", *name ? name : "that subject",
                  *allowed ? ": its name constraints permit " : ": its name constraints exclude it",
                  allowed);
        free(name);
        free(allowed);
    }
    NAME_CONSTRAINTS_free(constraints);
    ERR_clear_error();
    return good;
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
    X509 *x509 = X509_new(), *above = cert_x509(ca);
    bool good = set_frame(x509, now, end) &&
                build_copy_key(X509_get_X509_PUBKEY(x509), X509_REQ_get_X509_PUBKEY(csr->req)) &&
                X509_set_subject_name(x509, X509_REQ_get_subject_name(csr->req)) &&
                X509_set_issuer_name(x509, X509_get_subject_name(above)) &&
                issue_extensions(x509, csr->req, above);
    if (!good)
        build_failed("no certificate can be made of this request", err);
    good = good && sign(x509, ca_key->pkey, err) &&
           names_allowed(x509, csr, ca->subject, above, ca_key->pkey, err) && write_out(x509, pem);
    X509_free(above);
    X509_free(x509);
    return good;
}
