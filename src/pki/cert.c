#include "base/mem.h"
#include "base/pack.h"
#include "pki/crypto.h"
#include "pki/decode.h"
#include "pki/object.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

static time_t time_of(const ASN1_TIME *at)
{
    struct tm when = {0};
    return ASN1_TIME_to_tm(at, &when) ? timegm(&when) : 0;
}

static void read_digests(struct cert *cert)
{
    unsigned char *der = NULL;
    int length = i2d_X509(cert->x509, &der);
    if (length > 0) {
        cert->der_bytes = (uint32_t)length;
        crypto_digest(der, (size_t)length, cert->id);
    }
    OPENSSL_free(der);
}

void cert_fingerprint(const struct cert *cert, char out[static FINGERPRINT_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    *out = '\0';
    for (size_t i = 0; cert->der_bytes && i < sizeof cert->id; i++) {
        out[3 * i] = digits[cert->id[i] >> 4];
        out[3 * i + 1] = digits[cert->id[i] & 15];
        out[3 * i + 2] = i + 1 < sizeof cert->id ? ':' : '\0';
    }
}

static void read_signature(struct cert *cert)
{
    int signature = X509_get_signature_nid(cert->x509), digest = NID_undef;
    cert->signature_algorithm = signature == NID_undef ? "unknown" : OBJ_nid2ln(signature);
    if (signature == NID_rsassaPss) /* its parameters tell */
        X509_get_signature_info(cert->x509, &digest, NULL, NULL, NULL);
    else
        OBJ_find_sigid_algs(signature, &digest, NULL);
    cert->signature_digest = digest == NID_undef ? "" : OBJ_nid2sn(digest);
}

static void read_basic(const STACK_OF(X509_EXTENSION) * list, struct cert *cert)
{
    BASIC_CONSTRAINTS *basic = field_extension(list, NID_basic_constraints, &cert->has_basic);
    cert->path_length = -1;
    if (!basic)
        return;
    cert->is_ca = basic->ca != 0;
    if (basic->pathlen)
        cert->path_length = ASN1_INTEGER_get(basic->pathlen);
    BASIC_CONSTRAINTS_free(basic);
}

/* Where the issuer's certificate lies: the first address, http before ldap. */
static void read_aia(const STACK_OF(X509_EXTENSION) * list, struct cert *cert)
{
    bool present;
    AUTHORITY_INFO_ACCESS *access = field_extension(list, NID_info_access, &present);
    char *best = NULL;
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
        const ACCESS_DESCRIPTION *entry = sk_ACCESS_DESCRIPTION_value(access, i);
        if (OBJ_obj2nid(entry->method) != NID_ad_ca_issuers || entry->location->type != GEN_URI)
            continue;
        char *uri = field_text(entry->location->d.uniformResourceIdentifier);
        if (!best || (text_starts(uri, "http") && !text_starts(best, "http"))) {
            free(best);
            best = uri;
        } else {
            free(uri);
        }
    }
    AUTHORITY_INFO_ACCESS_free(access);
    cert->aia = best ? best : xstrdup("");
}

static void read_extensions(struct cert *cert)
{
    const STACK_OF(X509_EXTENSION) *list = X509_get0_extensions(cert->x509);
    struct extensions found = {0};
    field_extensions(list, &found);
    cert->has_san = found.has_san;
    cert->has_ku = found.has_ku;
    cert->has_eku = found.has_eku;
    cert->sans = found.sans;
    cert->ku = found.ku;
    cert->eku = found.eku;
    cert->constrains_names = X509v3_get_ext_by_NID(list, NID_name_constraints, -1) >= 0;
    read_basic(list, cert);
    read_aia(list, cert);
}

static bool signed_by(X509 *cert, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    return key && X509_verify(cert, key) == 1;
}

/* What is not asked for. */
static void leave_out(struct cert *cert)
{
    cert->serial = xstrdup("");
    cert->aia = xstrdup("");
    cert->key_algorithm = cert->signature_algorithm = cert->signature_digest = "";
    cert->path_length = -1;
}

static void read_facts(struct cert *cert, enum pki_need need)
{
    X509 *x509 = cert->x509;
    cert->serial = field_serial(X509_get0_serialNumber(x509));
    field_key(X509_get_X509_PUBKEY(x509), need, &cert->key_algorithm, &cert->key_bits,
              cert->key_id);
    read_signature(cert);
    read_extensions(cert);
    read_digests(cert);
    cert->self_signed = need >= PKI_ALL && cert->self_issued && signed_by(x509, x509);
}

size_t cert_steps(X509 *x509, enum pki_need need)
{
    bool is_self_issued =
        X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
    return need >= PKI_ALL && is_self_issued ? key_steps(X509_get0_pubkey(x509)) : 0;
}

static void members(struct pack *pack, void *whole)
{
    struct cert *cert = whole;
    pack_text(pack, &cert->subject);
    pack_text(pack, &cert->issuer);
    pack_text(pack, &cert->serial);
    pack_text(pack, &cert->aia);
    field_pack(pack, &cert->names, &cert->sans, &cert->ku, &cert->eku);
}

struct cert *cert_new(X509 *x509, enum pki_need need)
{
    const X509_NAME *subject = X509_get_subject_name(x509), *issuer = X509_get_issuer_name(x509);
    struct cert loose = {.x509 = x509, .version = (int)X509_get_version(x509) + 1};
    loose.self_issued = X509_NAME_cmp(subject, issuer) == 0;
    loose.subject_hash = (uint32_t)X509_NAME_hash_ex(subject, NULL, NULL, NULL);
    loose.issuer_hash = (uint32_t)X509_NAME_hash_ex(issuer, NULL, NULL, NULL);
    loose.subject = field_name(subject);
    loose.issuer = field_name(issuer);
    field_subject(subject, &loose.names);
    loose.not_before = time_of(X509_get0_notBefore(x509));
    loose.not_after = time_of(X509_get0_notAfter(x509));
    if (need < PKI_FACTS)
        leave_out(&loose);
    else
        read_facts(&loose, need);
    struct cert *cert = pack(&loose, sizeof loose, members);
    cert->cn = field_cn(&cert->names);
    ERR_clear_error();
    return cert;
}

void cert_free(struct cert *cert)
{
    if (!cert || cert->shares--)
        return;
    OPENSSL_free(cert->der);
    X509_free(cert->x509);
    free(cert);
}

X509 *cert_x509(const struct cert *cert)
{
    X509 *x509 = cert->x509;
    if (x509)
        X509_up_ref(x509);
    else
        x509 = decode_cert(PKI_ALL, cert->der, cert->der_bytes);
    if (!x509)
        abort(); /* it was one before: no memory */
    return x509;
}

void cert_rest(struct cert *cert)
{
    int length = i2d_X509(cert->x509, &cert->der);
    if (length <= 0)
        return;
    X509_free(cert->x509);
    cert->x509 = NULL;
}

bool cert_same(const struct cert *a, const struct cert *b)
{
    return memcmp(a->id, b->id, sizeof a->id) == 0;
}

void cert_pem(const struct cert *cert, struct str *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (cert->x509)
        PEM_write_bio_X509(bio, cert->x509);
    else
        PEM_write_bio(bio, PEM_STRING_X509, "", cert->der, (long)cert->der_bytes);
    crypto_bio_take(bio, out);
}

bool cert_has_name(const struct cert *cert, const char *wanted)
{
    if (!cert->has_san)
        return *cert->cn && san_covers(cert->cn, wanted);
    for (size_t i = 0; i < cert->sans.count; i++)
        if (san_covers(cert->sans.items[i], wanted))
            return true;
    return false;
}

bool cert_names_key(const struct cert *cert, const struct cert *issuer)
{
    crypto_init();
    X509 *below = cert_x509(cert), *above = cert_x509(issuer);
    const ASN1_OCTET_STRING *wanted = X509_get0_authority_key_id(below),
                            *have = X509_get0_subject_key_id(above);
    bool names = wanted && have && ASN1_OCTET_STRING_cmp(wanted, have) == 0;
    X509_free(below);
    X509_free(above);
    ERR_clear_error();
    return names;
}

const char *cert_flaw(const struct cert *cert)
{
    crypto_init();
    X509 *x509 = cert_x509(cert);
    int digest = NID_undef, key = NID_undef, signature = X509_get_signature_nid(x509);
    bool is_invalid = X509_get_extension_flags(x509) & EXFLAG_INVALID;
    X509_free(x509);
    ERR_clear_error();
    if (is_invalid)
        return "one of its extensions is damaged";
    if (signature == NID_undef || !OBJ_find_sigid_algs(signature, &digest, &key))
        return "it is signed by an algorithm that OpenSSL does not know";
    return NULL;
}

bool x509_issued(X509 *issuer, X509 *cert)
{
    if (X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(cert)) != 0)
        return false;
    bool good = signed_by(cert, issuer);
    ERR_clear_error();
    return good;
}

bool cert_may_issue(const struct cert *issuer, const struct cert *cert)
{
    return issuer->subject_hash == cert->issuer_hash;
}

bool cert_issued_by(const struct cert *cert, const struct cert *issuer)
{
    size_t steps = SIZE_MAX;
    return cert_issued_within(cert, issuer, &steps);
}

bool cert_issued_within(const struct cert *cert, const struct cert *issuer, size_t *steps)
{
    crypto_init();
    if (!cert_may_issue(issuer, cert))
        return false;
    X509 *below = cert_x509(cert), *above = cert_x509(issuer);
    bool issued = false;
    if (X509_NAME_cmp(X509_get_subject_name(above), X509_get_issuer_name(below)) == 0) {
        size_t needed = 1 + key_steps(X509_get0_pubkey(above));
        *steps = *steps > needed ? *steps - needed : 0;
        issued = *steps && x509_issued(above, below);
    }
    X509_free(below);
    X509_free(above);
    ERR_clear_error();
    return issued;
}

static bool has_public_policy(X509 *x509)
{
    static const char forum[] = "2.23.140.1.";
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(x509, NID_certificate_policies, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
        char oid[80] = "";
        OBJ_obj2txt(oid, sizeof oid, sk_POLICYINFO_value(policies, i)->policyid, 1);
        found = found || strncmp(oid, forum, strlen(forum)) == 0;
    }
    CERTIFICATEPOLICIES_free(policies);
    return found;
}

bool cert_is_public(const struct cert *cert)
{
    crypto_init();
    X509 *x509 = cert_x509(cert);
    bool found = x509 && (X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1) >= 0 ||
                          has_public_policy(x509));
    X509_free(x509);
    return found;
}
