#ifndef CLI_PKI_H
#define CLI_PKI_H

#include "base/json.h"
#include "cli/cli.h"
#include "mmp/pki.h"

/* The pki family on the command line: options, printing, advice. */

/* What a reply found out; NULL where there is no answer. words as of pki_run. */
json_t *pki_reply_json(const struct pki_reply *reply, char *const *words);
json_t *pki_chain_json(const struct chain *chain);
/* On stderr, unless --quiet. */
void pki_say_notes(const struct cli *cli, const struct notes *notes);
/* Why the answer is no, and what to do. */
void pki_advise(const struct cli *cli, const struct pki_place *place,
                const struct pki_wishes *wishes, const struct pki_reply *reply);
/* --each: many pairs; many certificates with the bundle that is named last. */
int pki_match_each(const struct cli *cli, const struct pki_place *place);
int pki_verify_each(const struct cli *cli, const struct pki_place *place,
                    const struct pki_wishes *wishes);
/* The folder of the store, as far as it is known; free it. */
must_check bool pki_store_path(const struct cli *cli, char **out, struct error *err);

#endif
