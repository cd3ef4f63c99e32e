#include "plan/plan.h"

#include "cli/cli.h"
#include "ops/map.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const char default_out[] = "install";

/* The errors alone, as diagnostics; `check` shows everything. */
static void print_errors(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity != SEVERITY_ERROR || finding->accepted)
            continue;
        struct error err;
        char *place = finding_place(finding);
        error_set(&err, STATUS_NO, place, finding->remedy, "%s: %s", finding->id, finding->message);
        free(place);
        cli_fail(&err);
    }
}

/* Errors that nobody accepted stop the plan, and install/ stays as it is. */
static int judge(const struct cli *cli, const struct facts *facts, const char *out)
{
    struct findings findings;
    int status = STATUS_OK;
    rules_errors(facts, RULES_ALL, &findings);
    size_t errors = findings_errors(&findings);
    if (errors) {
        print_errors(&findings);
        struct error err;
        if (!cli_flag(cli, "force")) {
            error_set(&err, STATUS_NO, out,
                      errors == 1 ? "mend it, accept it in deployment.conf, or say --force"
                                  : "mend them, accept them in deployment.conf, or say --force",
                      errors == 1 ? "not written: %zu error" : "not written: %zu errors", errors);
            status = cli_fail(&err);
        }
    }
    findings_free(&findings);
    return status;
}

static bool print(void *context, const char *text, size_t length, struct error *err)
{
    (void)err;
    return fwrite(text, 1, length, context) == length;
}

/* Where private keys lie now: the one server, else all of them. */
static size_t count_keys(const struct plan *plan, const struct facts *facts, char **where)
{
    struct strings keys = {0};
    plan_keys(plan, facts, &keys);
    size_t count = keys.count, folder = count ? strcspn(keys.items[0], "/") : 0;
    size_t within = folder + 1 + (count ? strcspn(keys.items[0] + folder + 1, "/") : 0);
    bool one_server = true, one_folder = true;
    for (size_t i = 1; i < count; i++) {
        one_server &= strncmp(keys.items[i], keys.items[0], folder + 1) == 0;
        one_folder &=
            strncmp(strchr(keys.items[i], '/'), keys.items[0] + folder, within - folder + 1) == 0;
    }
    *where = !count ? xstrdup("")
                    : xformat("%.*s/%.*s", one_server ? (int)folder : 1,
                              one_server ? keys.items[0] : "*",
                              one_folder ? (int)(within - folder - 1) : 1,
                              one_folder ? keys.items[0] + folder + 1 : "*");
    strings_free(&keys);
    return count;
}

static void report(const struct cli *cli, const struct plan *plan, const struct held *held,
                   const struct facts *facts, const char *out)
{
    if (cli->json) {
        struct stream json = {.take = print, .context = stdout};
        plan_json(plan, &json);
        bool whole = stream_end(&json, NULL);
        (void)whole; /* that stdout fails is seen at the end */
        return;
    }
    char *where;
    size_t servers = plan->server_count, keys = count_keys(plan, facts, &where);
    cli_say(cli,
            servers == 1
                ? "Wrote %s/ (%zu server, %zu files). Nothing was sent: read %s/RUNBOOK.md."
                : "Wrote %s/ (%zu servers, %zu files). Nothing was sent: read %s/RUNBOOK.md.",
            out, servers, plan_file_count(plan), out);
    if (held) {
        char *ending = held_ending(held);
        cli_say(cli,
                "This is the renewal of %s alone. When it is installed: %s. "
                "certwright plan --all writes everything.",
                held->count == 1 ? "1 certificate" : "what is open", ending);
        free(ending);
    }
    if (!plan->count)
        cli_say(cli, "No service needs anything: all are installed, or none has an identity.");
    if (keys == 1)
        cli_say(cli, "1 private key lies in %s/%s: delete it when the server has it.", out, where);
    else if (keys)
        cli_say(cli, "%zu private keys lie in %s/%s: delete them when the servers have them.", keys,
                out, where);
    free(where);
}

static int make_plan(const struct cli *cli, struct facts *facts)
{
    const char *given = cli_value(cli, "out");
    const char *out = given ? given : default_out;
    struct plan_options options = {.base = cli_flag(cli, "base"), .all = cli_flag(cli, "all")};
    struct plan made = {0};
    struct held *held = NULL;
    struct error err = {0};
    int status = judge(cli, facts, out);
    if (!status && !options.all && !held_gather(facts, &held, &err))
        status = cli_fail(&err);
    options.held = held;
    facts_settle(facts);
    if (!status && plan_make(facts, &options, &made, &err) && plan_write(&made, facts, out, &err))
        report(cli, &made, held, facts, out);
    else if (!status)
        status = cli_fail(&err);
    if (status && cli->json)
        fputs("[]\n", stdout); /* one document, whatever happens */
    plan_free(&made);
    held_free(held);
    return status;
}

/* The map in place of the installation: nothing is written, and nothing stops it. */
static int draw(const struct cli *cli, const struct facts *facts)
{
    struct map map;
    struct str text = {0};
    map_make(facts, &map);
    if (cli_value(cli, "graph")) {
        setlocale(LC_CTYPE, "");
        map_text(&map, !cli->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0, &text);
    } else {
        map_dot(&map, &text);
    }
    fputs(str_text(&text), stdout);
    str_free(&text);
    map_free(&map);
    return STATUS_OK;
}

/* What would change an installation means nothing to the map. */
static int check_graph(const struct cli *cli)
{
    static const char *const others[] = {"out", "base", "all", "force"};
    const char *form = cli_value(cli, "graph");
    if (form && strcmp(form, "text") != 0)
        return cli_usage(cli, "--graph takes the form text or none, not \"%s\"", form);
    if (cli->json)
        return cli_usage(cli, "--graph is for Graphviz or, as --graph=text, for people: not JSON");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cli_flag(cli, others[i]))
            return cli_usage(cli, "--graph writes no installation: leave --%s out", others[i]);
    return STATUS_OK;
}

static int run(const struct cli *cli)
{
    bool graph = cli_flag(cli, "graph");
    if (cli->arg_count)
        return cli_usage(cli, "plan takes no names: it is for all servers");
    int wrong = graph ? check_graph(cli) : STATUS_OK;
    if (wrong)
        return wrong;
    struct catalogue catalogue;
    struct facts *facts;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    status = graph ? draw(cli, facts) : make_plan(cli, facts);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option options[] = {{"out", true},      {"base", false},  {"all", false},
                                            {"graph", CLI_MAY}, {"force", false}, {NULL, false}};

const struct cli_command command_plan = {
    .name = "plan",
    .takes = CLI_JSON,
    .run = run,
    .options = options,
    .usage = "plan [--out DIR] [--base] [--all] [--graph[=text]] [--force]",
    .summary = "writes the installation: files, commands and a runbook",
    .help = "Writes a folder for each server with its files, its commands and the batch for sftp,\n"
            "RUNBOOK.md for the person who installs, and plan.json. Nothing is sent. Errors that\n"
            "`certwright check` finds stop it, unless --force. --out names the folder (install);\n"
            "one that certwright did not write is refused. --base adds the preconditions as a\n"
            "first phase.\n"
            "While a renewal is open the plan is that alone: what holds certificates side by side\n"
            "gets the new ones first, then each service presents its own, then the old ones go.\n"
            "--all plans everything as for the first time, installed or not.\n"
            "--graph writes nothing and prints who trusts whom, for Graphviz's dot; --graph=text\n"
            "in characters.",
};
