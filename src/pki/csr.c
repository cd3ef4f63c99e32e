#include "base/mem.h"
#include "base/pack.h"
#include "pki/build.h"
#include "pki/crypto.h"
#include "pki/object.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

size_t csr_steps(X509_REQ *req, enum pki_need need)
{
    return need < PKI_TEXT ? 0 : key_steps(X509_REQ_get0_pubkey(req));
}

static void read_digest(X509_REQ *req, unsigned char id[static KEY_ID_BYTES])
{
    unsigned char *der = NULL;
    int length = i2d_X509_REQ(req, &der);
    if (length > 0)
        crypto_digest(der, (size_t)length, id);
    OPENSSL_free(der);
}

static void members(struct pack *pack, void *whole)
{
    struct csr *csr = whole;
    pack_text(pack, &csr->subject);
    field_pack(pack, &csr->names, &csr->sans, &csr->ku, &csr->eku);
}

struct csr *csr_new(X509_REQ *req, enum pki_need need)
{
    struct csr loose = {.req = req};
    read_digest(req, loose.id);
    const X509_NAME *subject = X509_REQ_get_subject_name(req);
    loose.subject = field_name(subject);
    field_subject(subject, &loose.names);
    field_key(X509_REQ_get_X509_PUBKEY(req), need, &loose.key_algorithm, &loose.key_bits,
              loose.key_id);

    STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
    struct extensions found = {0};
    field_extensions(list, &found);
    build_free(list);
    loose.sans = found.sans;
    loose.ku = found.ku;
    loose.eku = found.eku;

    EVP_PKEY *key = need < PKI_TEXT ? NULL : X509_REQ_get0_pubkey(req);
    loose.signature_valid = key && X509_REQ_verify(req, key) == 1;
    struct csr *csr = pack(&loose, sizeof loose, members);
    csr->cn = field_cn(&csr->names);
    ERR_clear_error();
    return csr;
}

void csr_rest(struct csr *csr)
{
    X509_REQ_free(csr->req);
    csr->req = NULL;
}

void csr_free(struct csr *csr)
{
    if (!csr)
        return;
    X509_REQ_free(csr->req);
    free(csr);
}

static bool add_extensions(X509_REQ *req, const struct key *key, const struct names *names,
                           struct error *err)
{
    STACK_OF(X509_EXTENSION) *list = NULL;
    bool enciphers = strcmp(key->algorithm, "RSA") == 0;
    bool good = build_key_usage(enciphers ? ENCIPHERS : 0, &list) || build_failed("keyUsage", err);
    good = good && build_eku(&names->eku, &list, err) && build_san(names, &list, err);
    if (good && !X509_REQ_add_extensions(req, list))
        good = build_failed("the request's extensions", err);
    build_free(list);
    return good;
}

bool csr_make(const struct key *key, const struct names *names, struct str *pem, struct error *err)
{
    crypto_init();
    if (!names->attributes[ATTR_CN] || !*names->attributes[ATTR_CN])
        return error_set(err, STATUS_NO, "CN", "give the name that clients connect to, as CN:NAME",
                         "a request needs a common name");
    if (!key_can_sign(key, err))
        return false;
    X509_REQ *req = X509_REQ_new();
    bool good = (X509_REQ_set_version(req, X509_REQ_VERSION_1) &&
                 build_key(X509_REQ_get_X509_PUBKEY(req), key)) ||
                build_failed("no request can hold this key", err);
    good = good && build_subject(names, X509_REQ_get_subject_name(req), err) &&
           add_extensions(req, key, names, err);
    if (good && !X509_REQ_sign(req, key->pkey, build_digest(key->pkey)))
        good = build_failed("the request cannot be signed", err);
    if (good) {
        BIO *bio = BIO_new(BIO_s_mem());
        PEM_write_bio_X509_REQ(bio, req);
        crypto_bio_take(bio, pem);
    }
    X509_REQ_free(req);
    return good;
}
