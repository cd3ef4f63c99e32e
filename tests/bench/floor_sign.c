/* floor_sign CSR CA CAKEY OUT: a CA's answer to a request, durable. */
#include "floor.h"

#include <openssl/x509v3.h>

static void add(X509 *cert, X509 *ca, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, ca, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension && X509_add_ext(cert, extension, -1), value);
    X509_EXTENSION_free(extension);
}

int main(int argc, char **argv)
{
    need(argc == 5, "CSR CA CAKEY OUT");
    start();
    BIO *in = open_read(argv[1]);
    X509_REQ *req = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
    X509 *ca = read_cert(argv[2]), *cert = X509_new();
    EVP_PKEY *ca_key = read_key(argv[3]);
    need(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) == 1 && X509_check_private_key(ca, ca_key),
         "does not fit");
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 4711);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 365L * 86400);
    X509_set_subject_name(cert, X509_REQ_get_subject_name(req));
    X509_set_issuer_name(cert, X509_get_subject_name(ca));
    X509_set_pubkey(cert, X509_REQ_get0_pubkey(req));
    add(cert, ca, NID_basic_constraints, "critical,CA:FALSE");
    STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(req);
    for (int i = 0; i < sk_X509_EXTENSION_num(asked); i++)
        X509_add_ext(cert, sk_X509_EXTENSION_value(asked, i), -1);
    add(cert, ca, NID_subject_key_identifier, "hash");
    add(cert, ca, NID_authority_key_identifier, "keyid:always");
    need(X509_sign(cert, ca_key, EVP_sha256()) > 0, "no signature");
    BIO *out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, cert);
    write_durable(argv[4], out, 0644);
    sync_folder(".");
    return 0;
}
