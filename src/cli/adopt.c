/* certwright adopt: servers that run become a deployment. */
#include "ops/adopt.h"

#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"files", true}, {"commands", false}, {"compare", false}, {"force", false}, {NULL, false}};

static void say_all(const struct cli *cli, const char *word, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        cli_say(cli, "%s%s", word, lines->items[i]);
}

static int print_commands(const struct catalogue *catalogue, const struct adopt *read)
{
    struct str out = {0};
    struct str safe = {0};
    op_adopt_commands(catalogue, read, &out);
    escape_lines(&safe, str_text(&out), out.length);
    fputs(str_text(&safe), stdout);
    str_free(&safe);
    str_free(&out);
    return STATUS_OK;
}

static void print_differences(const struct cli *cli, const struct adopt_differences *differences)
{
    struct json_rows rows = {.stream = stdout};
    for (size_t i = 0; i < differences->count; i++) {
        const struct adopt_difference *item = &differences->items[i];
        if (!cli->json) {
            cli_say(cli, "%s%s%s: %s: expected %s, found %s", item->server,
                    *item->service ? " " : "", item->service, item->what, item->expected,
                    item->found);
            continue;
        }
        json_t *row = json_object();
        json_put(row, "server", json_text(item->server));
        json_put(row, "service", json_text(item->service));
        json_put(row, "what", json_text(item->what));
        json_put(row, "expected", json_text(item->expected));
        json_put(row, "found", json_text(item->found));
        json_rows_add(&rows, row);
    }
    if (cli->json)
        json_rows_end(&rows);
    else if (!differences->count)
        cli_say(cli, "The servers say what %s and the store say.", cli->config);
}

static int compare(const struct cli *cli, const struct facts *facts, const struct adopt *read)
{
    struct adopt_differences differences;
    op_adopt_compare(facts, read, &differences);
    print_differences(cli, &differences);
    int status = differences.count ? STATUS_NO : STATUS_OK;
    adopt_differences_free(&differences);
    return status;
}

static void print_made(const struct cli *cli, const struct adopt *adopt, const struct strings *kept)
{
    if (cli->json) {
        json_t *object = json_object();
        json_put(object, "release", json_text(adopt->release));
        json_put(object, "servers", json_strings(&adopt->servers));
        json_put(object, "guesses", json_strings(&adopt->guesses));
        json_put(object, "open", json_strings(&adopt->open));
        json_put(object, "kept", json_strings(kept));
        json_print(object, stdout);
        return;
    }
    say_all(cli, "", &adopt->servers);
    say_all(cli, "guess: ", &adopt->guesses);
    say_all(cli, "open: ", &adopt->open);
    say_all(cli, "kept: ", kept);
    const struct {
        size_t count;
        const char *one, *many;
    } made[] = {{adopt->servers.count, "server", "servers"},
                {adopt->service_count, "service", "services"},
                {adopt->identity_count, "identity", "identities"},
                {adopt->file_count, "file in the store", "files in the store"}};
    struct str text = {0};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        str_addf(&text, "%s%zu %s", i ? ", " : "", made[i].count,
                 made[i].count == 1 ? made[i].one : made[i].many);
    cli_say(cli, "Wrote %s: %s.\nNext: certwright check", cli->config, str_text(&text));
    str_free(&text);
}

static int make(const struct cli *cli, struct adopt *adopt)
{
    struct strings written = {0}, kept = {0};
    struct error err = {0};
    int status = STATUS_OK;
    if (op_adopt_make(adopt, cli->config, &err) &&
        op_adopt_write(adopt, cli->config, &written, &kept, &err)) {
        print_made(cli, adopt, &kept);
        status = adopt->open.count ? STATUS_NO : STATUS_OK;
    } else {
        status = cli_fail(&err);
    }
    strings_free(&written);
    strings_free(&kept);
    return status;
}

/* It is said before a log is read: what was typed may be meant for another folder. */
static int refuse_config(const struct cli *cli)
{
    struct error err;
    error_set(
        &err, STATUS_NO, cli->config,
        "name another file with --config, compare with --compare, or give --force, which keeps "
        "it as .bak",
        "it is there already");
    return cli_fail(&err);
}

/* The deployment that is there, for --compare; else none. */
static int gather(const struct cli *cli, struct catalogue *catalogue, struct facts **facts)
{
    struct error err = {0};
    *facts = NULL;
    if (cli_flag(cli, "compare"))
        return cli_gather(cli, catalogue, facts);
    return catalogue_load(cli->catalogue_folder, catalogue, &err) ? STATUS_OK : cli_fail(&err);
}

/* Where the deployment that is made will look for it. Free it. */
static char *store_of(const struct cli *cli)
{
    char *folder = xstrndup(cli->config, (size_t)(path_base(cli->config) - cli->config));
    char *path = cli->store ? xstrdup(cli->store) : path_join(folder, "store");
    free(folder);
    return path;
}

static int read_and_do(const struct cli *cli, const struct catalogue *catalogue,
                       const struct facts *facts)
{
    struct strings logs = {0};
    struct adopt adopt;
    struct error err = {0};
    char *store = store_of(cli);
    const struct adopt_options how = {.logs = &logs,
                                      .files = cli_value(cli, "files"),
                                      .store = store,
                                      .release = facts ? facts->deployment.release : NULL,
                                      .force = cli_flag(cli, "force")};
    int status;
    for (size_t i = 0; i < cli->arg_count; i++)
        strings_add(&logs, cli->args[i]);
    if (!op_adopt_read(catalogue, &how, &adopt, &err))
        status = cli_fail(&err);
    else if (cli_flag(cli, "commands"))
        status = print_commands(catalogue, &adopt);
    else
        status = facts ? compare(cli, facts, &adopt) : make(cli, &adopt);
    adopt_free(&adopt);
    strings_free(&logs);
    free(store);
    return status;
}

static int run(const struct cli *cli)
{
    bool commands = cli_flag(cli, "commands"), compares = cli_flag(cli, "compare");
    if (commands && compares)
        return cli_usage(cli, "--commands and --compare are two things to do");
    if (!cli->arg_count && !commands)
        return cli_usage(cli, "adopt needs a LOG; adopt --commands says what to log");
    if (cli->json && !compares)
        return cli_usage(cli, "adopt has results to give as --json only with --compare");
    if (!commands && !compares && !cli_flag(cli, "force") && access(cli->config, F_OK) == 0)
        return refuse_config(cli);
    struct catalogue catalogue;
    struct facts *facts;
    int status = gather(cli, &catalogue, &facts);
    if (status)
        return status;
    status =
        cli->arg_count ? read_and_do(cli, &catalogue, facts) : print_commands(&catalogue, NULL);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

const struct cli_command command_adopt = {
    .name = "adopt",
    .takes = CLI_JSON,
    .run = run,
    .options = options,
    .usage = "adopt [--files DIR] [--commands] [--compare] [--force] LOG...",
    .summary = "deployment.conf and store of servers that run",
    .help =
        "Reads what was logged on the servers (one log a server or several in one) and the\n"
        "public files fetched from them: DIR, or a folder in it called after each server.\n"
        "Keys stay where they are. What is guessed is said, and what is not known is a line\n"
        "\"open:\", with exit 1.\n"
        "--commands prints what to type on a server, and an sftp batch for its public files;\n"
        "with a LOG the files that are in use there.\n"
        "--compare writes nothing: it tells what the servers say otherwise than deployment.conf\n"
        "and the store, a line each, with exit 1.\n"
        "--force replaces a deployment.conf and files of the store; the old ones stay as .bak.",
};
