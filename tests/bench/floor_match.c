/* floor_match KEY CERT [KEY CERT]…: are they pairs? */
#include "floor.h"

int main(int argc, char **argv)
{
    need(argc > 2 && argc % 2 == 1, "KEY CERT...");
    start();
    for (int i = 1; i < argc; i += 2) {
        EVP_PKEY *key = read_key(argv[i]);
        X509 *cert = read_cert(argv[i + 1]);
        printf("%s: %s\n", argv[i], EVP_PKEY_eq(key, X509_get0_pubkey(cert)) == 1 ? "yes" : "no");
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    return 0;
}
