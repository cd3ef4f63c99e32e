#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/error.h"

#include <stddef.h>

/* Bytes that are wiped before they are freed: keys in PEM, passwords. Start with {0}. */
struct secret {
    unsigned char *data;
    size_t length;
};

void wipe(void *data, size_t length);
void secret_set(struct secret *secret, const void *data, size_t length);
void secret_free(struct secret *secret);
/* The first line of a file, without its line end: --password-file. */
must_check bool secret_read(const char *path, struct secret *out, struct error *err);

#endif
