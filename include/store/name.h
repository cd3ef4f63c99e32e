#ifndef STORE_NAME_H
#define STORE_NAME_H

#include "base/error.h"

/* A base name to create: letters, digits, hyphens (guide 3.1, 4.2, app. A). */
must_check bool name_check_base(const char *base, struct error *err);
/* A file name to create: a base, one dot, an extension of guide app. B. */
must_check bool name_check_file(const char *name, struct error *err);
/* The extension after the last dot, "" when there is none; within name. */
const char *name_extension(const char *name);
bool name_is_certificate(const char *name); /* .pem .der .cer .crt */
bool name_is_key(const char *name);         /* .key .pem .der */
bool name_is_bundle(const char *name);      /* .pem .cer .crt */
bool name_is_pki(const char *name); /* any extension of those; *.bak and dot files are not */

#endif
