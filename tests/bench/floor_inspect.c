/* floor_inspect text|fields FILE: every certificate of a PEM file as text, or its main fields. */
#include "floor.h"

static void print_fields(BIO *out, X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_NAME_print_ex(out, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
    BIO_puts(out, "\n");
    X509_NAME_print_ex(out, X509_get_issuer_name(cert), 0, XN_FLAG_RFC2253);
    BIO_puts(out, "\n");
    i2a_ASN1_INTEGER(out, X509_get0_serialNumber(cert));
    ASN1_TIME_print(out, X509_get0_notBefore(cert));
    ASN1_TIME_print(out, X509_get0_notAfter(cert));
    BIO_printf(out, " %d\n", EVP_PKEY_get_bits(X509_get0_pubkey(cert)));
    X509_digest(cert, EVP_sha256(), digest, &length);
    for (unsigned i = 0; i < length; i++)
        BIO_printf(out, "%02X", digest[i]);
    BIO_puts(out, "\n");
}

int main(int argc, char **argv)
{
    need(argc == 3, "text|fields FILE");
    start();
    BIO *in = open_read(argv[2]), *out = BIO_new(BIO_s_mem());
    for (X509 *cert; (cert = PEM_read_bio_X509(in, NULL, NULL, NULL)); X509_free(cert)) {
        if (strcmp(argv[1], "text") == 0)
            X509_print_ex(out, cert, XN_FLAG_COMPAT, X509_FLAG_COMPAT);
        else
            print_fields(out, cert);
    }
    char *text;
    long length = BIO_get_mem_data(out, &text);
    fwrite(text, 1, (size_t)length, stdout);
    return 0;
}
