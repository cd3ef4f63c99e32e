#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include "base/secret.h"
#include "cli/cli.h"

/* Where a password comes from: --password-file, else the terminal without echo, else the first line
 * of fd 0. The caller wipes it with secret_free. */
must_check bool password_read(const struct cli *cli, const char *file, struct secret *out,
                              struct error *err);
/* A person types it, and may mistype. */
bool password_is_typed(const struct cli *cli);

#endif
