/* Makes what the bench measures on, in an empty folder: two CAs, and what the words say.
 *
 *   material DIR CA             root.crt, sub.crt, their keys, bundle.crt of both
 *   material DIR leaves N       leaf00001.crt …, RSA, signed by that sub.crt
 *   material DIR pairs N        pair00001.key, .crt …, P-256
 *   material DIR identities N   id00001.key, .crt, bundle.crt …
 *   material DIR servers N      deployment.conf, and store/ with all that its N servers need: a
 *                               Call Bridge and a Web Bridge 3 on each, signed by that sub.crt */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400 };

static void need(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "material: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static FILE *open_file(const char *name, const char *mode)
{
    FILE *file = fopen(name, mode);
    need(file != NULL, name);
    return file;
}

static void add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension && X509_add_ext(cert, extension, -1), value);
    X509_EXTENSION_free(extension);
}

static X509 *certify(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, long serial,
                     int is_ca)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -DAY);
    X509_gmtime_adj(X509_getm_notAfter(cert), 365L * DAY);
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"US", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Bench Inc.", -1, -1,
                               0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(cert, key);
    issuer = issuer ? issuer : cert;
    add(cert, issuer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add(cert, issuer, NID_key_usage,
        is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyEncipherment");
    if (!is_ca) {
        char san[200];
        snprintf(san, sizeof san, "DNS:%s,DNS:www.%s", cn, cn);
        add(cert, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
        add(cert, issuer, NID_subject_alt_name, san);
    }
    add(cert, issuer, NID_subject_key_identifier, "hash");
    add(cert, issuer, NID_authority_key_identifier, "keyid:always");
    need(X509_sign(cert, issuer_key, EVP_sha256()) > 0, "no signature");
    return cert;
}

static void write_cert(const char *name, X509 *cert)
{
    FILE *file = open_file(name, "a");
    need(PEM_write_X509(file, cert) && fclose(file) == 0, name);
}

static void write_key(const char *name, EVP_PKEY *key)
{
    FILE *file = open_file(name, "w");
    need(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) && fclose(file) == 0,
         name);
}

static void make_cas(void)
{
    EVP_PKEY *root_key = EVP_RSA_gen(2048), *sub_key = EVP_RSA_gen(2048);
    X509 *root = certify("bench root", root_key, NULL, root_key, 1, 1);
    X509 *sub = certify("bench sub", sub_key, root, root_key, 2, 1);
    write_cert("root.crt", root);
    write_cert("sub.crt", sub);
    write_cert("bundle.crt", sub);
    write_cert("bundle.crt", root);
    write_key("root.key", root_key);
    write_key("sub.key", sub_key);
    X509_free(root);
    X509_free(sub);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(sub_key);
}

static X509 *read_cert(const char *name)
{
    FILE *file = open_file(name, "r");
    X509 *cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    need(cert != NULL, name);
    return cert;
}

static EVP_PKEY *read_key(const char *name)
{
    FILE *file = open_file(name, "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    need(key != NULL, name);
    return key;
}

struct authority {
    X509 *sub, *root;
    EVP_PKEY *key;
};

static void make_leaves(const struct authority *ca, int count)
{
    EVP_PKEY *shared = EVP_RSA_gen(2048);
    for (int i = 1; i <= count; i++) {
        char name[40], cn[60];
        snprintf(cn, sizeof cn, "host%05d.example.com", i);
        snprintf(name, sizeof name, "leaf%05d.crt", i);
        X509 *cert = certify(cn, shared, ca->sub, ca->key, 100 + i, 0);
        write_cert(name, cert);
        X509_free(cert);
    }
    EVP_PKEY_free(shared);
}

/* NAME00001.key and .crt of P-256, perhaps a bundle beside. */
static void make_pairs(const struct authority *ca, const char *prefix, int count, int with_bundle)
{
    for (int i = 1; i <= count; i++) {
        char name[60], cn[60];
        snprintf(cn, sizeof cn, "host%05d.example.com", i);
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *cert = certify(cn, key, ca->sub, ca->key, 100 + i, 0);
        snprintf(name, sizeof name, "%s%05d.key", prefix, i);
        write_key(name, key);
        snprintf(name, sizeof name, "%s%05d.crt", prefix, i);
        write_cert(name, cert);
        snprintf(name, sizeof name, "%s%05dbundle.crt", prefix, i);
        if (with_bundle) {
            write_cert(name, ca->sub);
            write_cert(name, ca->root);
        }
        X509_free(cert);
        EVP_PKEY_free(key);
    }
}

static void write_csr(const char *name, const char *cn, EVP_PKEY *key)
{
    X509_REQ *req = X509_REQ_new();
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
                               (const unsigned char *)cn, -1, -1, 0);
    X509_REQ_set_pubkey(req, key);
    char san[120];
    snprintf(san, sizeof san, "DNS:%.100s", cn);
    STACK_OF(X509_EXTENSION) *asked = sk_X509_EXTENSION_new_null();
    sk_X509_EXTENSION_push(asked, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san));
    X509_REQ_add_extensions(req, asked);
    sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
    FILE *file = open_file(name, "w");
    need(X509_REQ_sign(req, key, EVP_sha256()) > 0 && PEM_write_X509_REQ(file, req) &&
             fclose(file) == 0,
         name);
    X509_REQ_free(req);
}

/* One identity's key, request, certificate, and its CAs: beside it, or behind it in one file. */
static void make_identity(const struct authority *ca, const char *stem, int number, const char *cn,
                          const char *chain)
{
    static long serial = 1000;
    char name[100];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = certify(cn, key, ca->sub, ca->key, serial++, 0);
    snprintf(name, sizeof name, "store/%s%d.key", stem, number);
    write_key(name, key);
    snprintf(name, sizeof name, "store/%s%d.csr", stem, number);
    write_csr(name, cn, key);
    snprintf(name, sizeof name, "store/%s%d.crt", stem, number);
    write_cert(name, cert);
    snprintf(name, sizeof name, "store/%s%d%s.crt", stem, number, chain);
    if (strcmp(chain, "fullchain") == 0)
        write_cert(name, cert);
    write_cert(name, ca->sub);
    write_cert(name, ca->root);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void make_servers(const struct authority *ca, int count)
{
    static const char *const stems[] = {"callbridge", "wb3-https", "wb3-c2w", "webadmin"};
    enum { STEMS = sizeof stems / sizeof *stems };
    FILE *conf = open_file("deployment.conf", "w");
    fprintf(conf,
            "release = \"2.9\"\nname = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n\n");
    for (int i = 1; i <= count; i++)
        for (int k = 0; k < STEMS; k++) {
            char cn[100];
            snprintf(cn, sizeof cn, k == 1 ? "join%d.example.com" : "core%d.example.com", i);
            make_identity(ca, stems[k], i, cn, k == 0 || k == 3 ? "bundle" : "fullchain");
            fprintf(conf, "identity \"%s%d\" {\n    CN = \"%s\"\n    signer = \"internal\"\n}\n",
                    stems[k], i, cn);
        }
    for (int i = 1; i <= count; i++)
        fprintf(conf,
                "\nserver \"core%d\" {\n    address = \"core%d.example.com\"\n"
                "    service \"webadmin\" { identity = \"webadmin%d\" listen = { \"a:445\" } }\n"
                "    service \"callbridge\" { identity = \"callbridge%d\" }\n"
                "    service \"webbridge3\" {\n        https = \"wb3-https%d\"\n"
                "        c2w = \"wb3-c2w%d\"\n        a-record = \"join%d.example.com\"\n"
                "    }\n}\n",
                i, i, i, i, i, i, i);
    need(fclose(conf) == 0, "deployment.conf");
    static const char *const trusts[] = {"store/callbridge-c2w-trust.crt",
                                         "store/webbridge3-c2w-trust.crt"};
    for (size_t i = 0; i < sizeof trusts / sizeof *trusts; i++) {
        write_cert(trusts[i], ca->sub);
        write_cert(trusts[i], ca->root);
    }
}

int main(int argc, char **argv)
{
    need(argc >= 3 && chdir(argv[1]) == 0,
         "usage: material DIR CA | leaves|pairs|identities|servers N");
    umask(077);
    if (strcmp(argv[2], "CA") == 0) {
        make_cas();
        return 0;
    }
    int count = argc > 3 ? atoi(argv[3]) : 0;
    struct authority ca = {read_cert("sub.crt"), read_cert("root.crt"), read_key("sub.key")};
    if (strcmp(argv[2], "leaves") == 0)
        make_leaves(&ca, count);
    else if (strcmp(argv[2], "servers") == 0)
        make_servers(&ca, count);
    else if (strcmp(argv[2], "pairs") == 0)
        make_pairs(&ca, "pair", count, 0);
    else
        make_pairs(&ca, "id", count, 1);
    X509_free(ca.sub);
    X509_free(ca.root);
    EVP_PKEY_free(ca.key);
    return 0;
}
