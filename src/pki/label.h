#ifndef PKI_LABEL_H
#define PKI_LABEL_H

#include <stdbool.h>
#include <stddef.h>

/* The form of host names alone (RFC 1035, 1123); pki/names.h's is_host_name lies here, too. */
enum { HOST_MAX = 253, LABEL_MAX = 63 };
bool is_host_byte(char byte);
/* No top-level domain is a number: 192.168.1.300 is a mistyped address. */
bool is_number(const char *text);
/* Labels that are well formed; the first may be a star where another follows. Counts them. */
bool labels_good(const char *text, size_t *count);

#endif
