#ifndef CLI_MADE_H
#define CLI_MADE_H

#include "cli/cli.h"
#include "ops/ops.h"

/* What generate and sign have done, a line an identity, or as JSON:
 * {"identities":[{"identity","made":["key","csr","certificate"],"note","files":[]}],"trusts":[]} */
void made_print(const struct cli *cli, const struct made_list *list);
/* The arguments of a command as names. Free with strings_free. */
void cli_names(const struct cli *cli, struct strings *out);

#endif
