/* What was read of one file. */
#include "base/mem.h"
#include "pki/load.h"
#include "pki/object.h"
#include "pki/reader.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

const char *pki_kind_word(enum pki_kind kind)
{
    static const char *const words[] = {
        [PKI_UNKNOWN] = "unknown",
        [PKI_CERTIFICATE] = "certificate",
        [PKI_BUNDLE] = "bundle",
        [PKI_PRIVATE_KEY] = "private-key",
        [PKI_PUBLIC_KEY] = "public-key",
        [PKI_CSR] = "csr",
        [PKI_PKCS12] = "pkcs12",
        [PKI_PKCS7] = "pkcs7",
        [PKI_SSH_PUBLIC_KEY] = "ssh-public-key",
    };
    return words[kind];
}

void object_free(struct object *object)
{
    cert_free(object->cert);
    key_free(object->key);
    csr_free(object->csr);
}

void pki_file_free(struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        object_free(&file->objects[i]);
    free(file->objects);
    free(file->problem);
    free(file->flag_lines);
    if (file->ssh_text)
        str_free(file->ssh_text);
    free(file->ssh_text);
    *file = (struct pki_file){0};
}

unsigned pki_flag_line(const struct pki_file *file, unsigned flag)
{
    return file->flag_lines ? file->flag_lines[__builtin_ctz(flag)] : 0;
}

void pki_file_forget_secrets(struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_KEY && file->objects[i].key->is_private)
            key_forget(file->objects[i].key);
}

const struct cert *pki_first_cert(const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].cert)
            return file->objects[i].cert;
    return NULL;
}

const struct key *pki_first_key(const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].key)
            return file->objects[i].key;
    return NULL;
}

const struct csr *pki_first_csr(const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].csr)
            return file->objects[i].csr;
    return NULL;
}

/* The SubjectPublicKeyInfo; <= 0: none to be had. */
static int encode_public(const struct object *object, unsigned char **out)
{
    switch (object->kind) {
    case OBJECT_CERT: {
        X509 *x509 = cert_x509(object->cert);
        int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), out);
        X509_free(x509);
        return length;
    }
    case OBJECT_CSR:
        return object->csr->req ? i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(object->csr->req), out)
                                : 0;
    case OBJECT_KEY:
        break;
    }
    return object->key->pkey ? i2d_PUBKEY(object->key->pkey, out) : 0;
}

bool object_same_key(const struct object *a, const struct object *b)
{
    unsigned char *one = NULL, *other = NULL;
    int length = encode_public(a, &one);
    bool same =
        length > 0 && encode_public(b, &other) == length && memcmp(one, other, (size_t)length) == 0;
    OPENSSL_free(one);
    OPENSSL_free(other);
    ERR_clear_error();
    return same;
}

size_t pki_cert_count(const struct pki_file *file)
{
    size_t count = 0;
    for (size_t i = 0; i < file->count; i++)
        count += file->objects[i].cert != NULL;
    return count;
}
