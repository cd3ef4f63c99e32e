#ifndef CLI_GROUND_H
#define CLI_GROUND_H

#include "base/secret.h"
#include "cli/cli.h"

/* What a line of the pki family stands on, read once. */
struct ground {
    struct catalogue catalogue;
    struct deployment deployment;
    bool loaded; /* both */
    char *store;
    struct facts *facts; /* of pki alone */
    struct secret password;
};
/* deployment.conf is read where it says which folder is meant, or (asks_conf) what a basename is
 * for; a path needs neither. --password-file is read. */
must_check bool ground_find(const struct cli *cli, bool asks_conf, struct ground *ground,
                            struct error *err);
void ground_free(struct ground *ground);

#endif
