#include "cli/made.h"

static int run_generate(const struct cli *cli)
{
    struct catalogue catalogue;
    struct facts *facts;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    struct strings names = {0};
    struct made_list made;
    struct error err = {0};
    cli_names(cli, &names);
    bool good = op_generate(facts, &names, &made, NULL, &err);
    if (good || made.count) /* what is done stays done */
        made_print(cli, &made);
    if (good && made.count == 0 && !cli->json)
        cli_say(cli, "%s has no identity: nothing to make", cli->config);
    if (!good)
        status = cli_fail(&err);
    made_free(&made);
    strings_free(&names);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option options[] = {{0}};

const struct cli_command command_generate = {
    .name = "generate",
    .takes = CLI_JSON,
    .run = run_generate,
    .options = options,
    .usage = "generate [IDENTITY...]",
    .summary = "missing keys and requests are made",
    .help =
        "Makes NAME.key and NAME.csr for each identity of deployment.conf that lacks them, a\n"
        "request alone where the key is there, key and certificate where signer is \"self\".\n"
        "A request that nobody answered and that says something else than deployment.conf is\n"
        "made again, with its key; the old one stays as NAME.csr.DATE.bak. Where a certificate\n"
        "is in place and deployment.conf has changed since, naming the IDENTITY makes the\n"
        "request for the next one. A key is never overwritten. Identities with key-at are left\n"
        "to their appliance: the line to type there is shown.",
};
