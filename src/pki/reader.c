#include "pki/reader.h"

#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/object.h"
#include "pki/shelf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS_PER_OBJECT = 6 };

bool reader_spend(struct reader *reader, size_t steps)
{
    reader->is_full = reader->is_full || steps > reader->steps_left;
    if (!reader->is_full)
        reader->steps_left -= steps;
    return !reader->is_full;
}

static struct object *add(struct reader *reader, enum object_kind kind, enum pki_kind file_kind)
{
    struct pki_file *file = reader->file;
    file->objects = grow(file->objects, file->count, sizeof *file->objects);
    struct object *object = &file->objects[file->count++];
    object->kind = kind;
    if (file->kind == PKI_UNKNOWN)
        file->kind = file_kind;
    return object;
}

/* What is asked of a certificate or request itself. On a shelf the facts alone, but whether it
 * signs itself; what is read again to verify is decoded then. */
static enum pki_need need_of(const struct reader *reader, const EVP_PKEY *key)
{
    return reader->shelf && !key ? PKI_FACTS : reader->need;
}

void reader_add_cert(struct reader *reader, X509 *x509)
{
    enum pki_need need = need_of(reader, X509_get0_pubkey(x509));
    if (!reader_spend(reader, STEPS_PER_OBJECT + cert_steps(x509, need))) {
        X509_free(x509);
        return;
    }
    struct cert *cert = cert_new(x509, need);
    add(reader, OBJECT_CERT, PKI_CERTIFICATE)->cert = cert;
    if (!reader->shelf)
        return;
    cert_rest(cert);
    shelf_put(reader->shelf, cert);
}

bool reader_add_known(struct reader *reader, const unsigned char *data, size_t length)
{
    struct cert *cert = reader->shelf ? shelf_take(reader->shelf, data, length) : NULL;
    if (cert)
        add(reader, OBJECT_CERT, PKI_CERTIFICATE)->cert = cert;
    return cert != NULL;
}

void reader_add_csr(struct reader *reader, X509_REQ *req)
{
    enum pki_need need = reader->shelf ? PKI_NAMES : reader->need;
    if (!reader_spend(reader, STEPS_PER_OBJECT + csr_steps(req, need))) {
        X509_REQ_free(req);
        return;
    }
    struct csr *csr = csr_new(req, need);
    add(reader, OBJECT_CSR, PKI_CSR)->csr = csr;
    if (reader->shelf)
        csr_rest(csr);
}

void reader_add_key(struct reader *reader, EVP_PKEY *pkey, bool is_private)
{
    add(reader, OBJECT_KEY, is_private ? PKI_PRIVATE_KEY : PKI_PUBLIC_KEY)->key =
        key_new(pkey, is_private, reader->need);
}

void reader_add_peeked(struct reader *reader, const struct key *peeked)
{
    struct key *key = xcalloc(1, sizeof *key);
    *key = *peeked;
    add(reader, OBJECT_KEY, PKI_PRIVATE_KEY)->key = key;
}

void reader_add_locked(struct reader *reader)
{
    add(reader, OBJECT_KEY, PKI_PRIVATE_KEY)->key = key_new_locked();
}

void reader_forget(struct reader *reader, size_t count, bool keep_problem)
{
    struct pki_file *file = reader->file;
    while (file->count > count)
        object_free(&file->objects[--file->count]);
    if (keep_problem)
        return;
    free(file->problem);
    file->problem = NULL;
    reader->unsaid = 0;
}

void reader_flag(struct reader *reader, unsigned flag, size_t line)
{
    struct pki_file *file = reader->file;
    if (!file->flag_lines)
        file->flag_lines = xcalloc(PEM_FLAG_COUNT, sizeof *file->flag_lines);
    if (!(file->flags & flag))
        file->flag_lines[__builtin_ctz(flag)] = (unsigned)line;
    file->flags |= flag;
}

void reader_problem(struct reader *reader, const char *format, ...)
{
    if (reader->file->problem) {
        reader->unsaid++;
        return;
    }
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reader->file->problem = reader->place ? xformat("%s: %s", reader->place, text) : xstrdup(text);
}
