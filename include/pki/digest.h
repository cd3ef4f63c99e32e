#ifndef PKI_DIGEST_H
#define PKI_DIGEST_H

#include <stddef.h>

enum { DIGEST_HEX = 64 };
/* SHA-256 of the bytes, in hex. */
void digest_hex(const void *data, size_t length, char out[static DIGEST_HEX + 1]);

#endif
