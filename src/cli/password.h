#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "base/secret.h"

/* Where a password comes from that no --password-file gives: the terminal without echo, else the
 * first line of fd 0. The caller wipes it with secret_free. */
must_check bool password_read(const char *file, struct secret *out, struct error *err);
/* A person types it, and may mistype. */
bool password_is_typed(void);

#endif
