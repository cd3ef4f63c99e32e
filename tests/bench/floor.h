/* What the bare programs share: the least that the same work takes with the library's own calls.
 * Failures end them: nobody reads their words. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void need(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

static inline void start(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static inline BIO *open_read(const char *name)
{
    BIO *bio = BIO_new_file(name, "r");
    need(bio != NULL, name);
    return bio;
}

static inline X509 *read_cert(const char *name)
{
    BIO *bio = open_read(name);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    need(cert != NULL, name);
    return cert;
}

static inline EVP_PKEY *read_key(const char *name)
{
    BIO *bio = open_read(name);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    need(key != NULL, name);
    return key;
}

/* A temporary file, its fsync and its rename; the folder's fsync is the caller's. */
static inline void write_durable(const char *name, BIO *bio, int mode)
{
    char temp[300], *data;
    long length = BIO_get_mem_data(bio, &data);
    snprintf(temp, sizeof temp, "%s.tmp", name);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC, mode);
    need(fd >= 0 && write(fd, data, (size_t)length) == length && fsync(fd) == 0, temp);
    close(fd);
    need(rename(temp, name) == 0, name);
}

static inline void sync_folder(const char *name)
{
    int fd = open(name, O_RDONLY | O_DIRECTORY);
    need(fd >= 0 && fsync(fd) == 0, name);
    close(fd);
}

#endif
