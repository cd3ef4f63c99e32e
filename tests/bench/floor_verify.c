/* floor_verify BUNDLE LEAF…: each leaf against the certificates of a file. */
#include "floor.h"

int main(int argc, char **argv)
{
    need(argc > 2, "BUNDLE LEAF...");
    start();
    X509_STORE *store = X509_STORE_new();
    BIO *in = open_read(argv[1]);
    for (X509 *cert; (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)); X509_free(cert))
        X509_STORE_add_cert(store, cert);
    for (int i = 2; i < argc; i++) {
        X509 *leaf = read_cert(argv[i]);
        X509_STORE_CTX *context = X509_STORE_CTX_new();
        X509_STORE_CTX_init(context, store, leaf, NULL);
        printf("%s: %s\n", argv[i], X509_verify_cert(context) == 1 ? "OK" : "no");
        X509_STORE_CTX_free(context);
        X509_free(leaf);
    }
    return 0;
}
