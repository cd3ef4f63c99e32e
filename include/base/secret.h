#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/error.h"
#include "base/mem.h"

#include <stddef.h>

#define PASSWORD_MAX 1024 /* bytes of a password */

/* Bytes that are wiped before they are freed: keys in PEM, passwords. Start with {0}. */
struct secret {
    unsigned char *data;
    size_t length;
};

void secret_set(struct secret *secret, const void *data, size_t length);
void secret_free(struct secret *secret);
/* The first line of a file, without its line end: --password-file. A pipe or a FIFO will do, as the
 * shell's <(…) gives one; what follows the line is not looked at. */
must_check bool secret_read(const char *path, struct secret *out, struct error *err);
/* From now on the system keeps no image of this process's memory: no core file, and no other
 * process of the same user may look into it. */
void secret_no_dumps(void);

#endif
