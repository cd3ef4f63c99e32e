/* certwright renew: a certificate's next one, from the request to the day it is everywhere. */
#include "ops/renew.h"

#include "cli/cli.h"

#include <string.h>

static void collect(const struct cli *cli, struct strings *out)
{
    for (size_t i = 0; i < cli->arg_count; i++)
        strings_add_new(out, cli->args[i]);
}

static int done(const struct cli *cli, const struct facts *facts)
{
    struct strings names = {0};
    struct error err = {0};
    collect(cli, &names);
    int status = op_renew_done(facts, &names, &err) ? STATUS_OK : cli_fail(&err);
    for (size_t i = 0; !status && i < names.count; i++) {
        const struct renewal *renewal = renewals_open(&facts->renewals, names.items[i]);
        cli_say(cli, "%s: the renewal of %s (%s) is over; the servers have what the store has.",
                names.items[i], renewal ? renewal->since : "now",
                renew_words(renewal && renewal->new_key));
    }
    strings_free(&names);
    return status;
}

static int run_renew(const struct cli *cli)
{
    if (!cli_flag(cli, "done") || !cli->arg_count)
        return cli_usage(cli, "name the identities whose new certificates are installed: renew "
                              "--done NAME");
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    status = done(cli, facts);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option renew_options[] = {{"done", false}, {NULL, false}};

const struct cli_command command_renew = {
    .name = "renew",
    .takes = 0,
    .run = run_renew,
    .options = renew_options,
    .usage = "renew --done IDENTITY...",
    .summary = "end a renewal whose new certificate is on every server",
    .help = "An import or signing that replaces a certificate in place opens its renewal: until\n"
            "it ends, the store's journal keeps what the servers hold meanwhile, so that they\n"
            "can be led from the old to the new one. --done says that they have what the store\n"
            "has. undo takes back the import all the same.\n",
};
