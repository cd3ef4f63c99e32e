#include "cli/made.h"

static int sign(const struct cli *cli, const struct sign_options *options)
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
    if (op_sign(facts, options, &names, &made, NULL, &err)) {
        made_print(cli, &made);
        if (made.count == 0 && !cli->json)
            cli_say(cli, "nothing to sign");
    } else {
        status = cli_fail(&err);
    }
    made_free(&made);
    strings_free(&names);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static int run_sign(const struct cli *cli)
{
    struct sign_options options = {
        .ca = cli_value(cli, "ca"),
        .make_ca = cli_flag(cli, "make-ca"),
        .force = cli_flag(cli, "force"),
    };
    int status = cli_number(cli, "days", DAYS_MOST, &options.days);
    if (status)
        return status;
    if (options.make_ca && !options.ca)
        return cli_usage(cli, "--make-ca needs --ca NAME: the name of the CA to make");
    return sign(cli, &options);
}

static const struct cli_option options[] = {
    {"ca", true}, {"make-ca", false}, {"force", false}, {"days", true}, {0}};

const struct cli_command command_sign = {
    .name = "sign",
    .takes = CLI_JSON,
    .run = run_sign,
    .options = options,
    .usage = "sign --ca NAME [--make-ca] [--force] [--days N] [IDENTITY...]",
    .summary = "signs the requests with a CA of the store",
    .help = "For a lab, and for identities whose signer is an identity: writes NAME.crt, its\n"
            "bundle, its full chain and the trust files that follow, as import does.\n"
            "  --ca NAME   the CA; may be left out where every signer is itself an identity\n"
            "  --make-ca   makes NAME.key and NAME.crt (3650 days) where they lack\n"
            "  --force     signs again what that CA has certified already\n"
            "  --days N    instead of 365; cut to the CA's end",
};
