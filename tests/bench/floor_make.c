/* floor_make rsa|ec COUNT FOLDER: keys and requests, each file durable, on one thread. */
#include "floor.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static X509_REQ *request(EVP_PKEY *key)
{
    X509_REQ *req = X509_REQ_new();
    X509_NAME *name = X509_REQ_get_subject_name(req);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"host.example.com",
                               -1, -1, 0);
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(
        list, X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "digitalSignature,keyEncipherment"));
    sk_X509_EXTENSION_push(
        list, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:host.example.com"));
    X509_REQ_add_extensions(req, list);
    X509_REQ_set_pubkey(req, key);
    need(X509_REQ_sign(req, key, EVP_sha256()) > 0, "no signature");
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return req;
}

int main(int argc, char **argv)
{
    need(argc == 4 && chdir(argv[3]) == 0, "rsa|ec COUNT FOLDER");
    start();
    for (int i = 0; i < atoi(argv[2]); i++) {
        char name[40];
        EVP_PKEY *key = strcmp(argv[1], "rsa") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
        BIO *bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        snprintf(name, sizeof name, "floor%d.key", i);
        write_durable(name, bio, 0600);
        BIO_free(bio);
        X509_REQ *req = request(key);
        bio = BIO_new(BIO_s_mem());
        PEM_write_bio_X509_REQ(bio, req);
        snprintf(name, sizeof name, "floor%d.csr", i);
        write_durable(name, bio, 0644);
        BIO_free(bio);
        X509_REQ_free(req);
        EVP_PKEY_free(key);
    }
    sync_folder(".");
    return 0;
}
