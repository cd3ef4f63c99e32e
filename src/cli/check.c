/* certwright check: every rule over the deployment and its store. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "ops/fix.h"
#include "ops/upgrade.h"
#include "rules/first.h"

#include <stdlib.h>
#include <string.h>

/* Where else the same is told of. */
static json_t *places_json(const struct finding *finding)
{
    json_t *list = json_array();
    for (size_t i = 0; i < finding->also_count; i++) {
        const struct finding_place *place = &finding->also[i];
        json_t *object = json_object();
        json_put(object, "server", json_text(place->server));
        json_put(object, "service", json_text(place->service));
        json_put(object, "file", json_text(place->file));
        json_array_append_new(list, object);
    }
    return list;
}

/* first: what to do first, where it makes this finding go; else "". */
static json_t *finding_json(const struct finding *finding, const char *first)
{
    json_t *object = json_object();
    json_put(object, "id", json_text(finding->id));
    json_put(object, "severity", json_text(severity_word(finding->severity)));
    json_put(object, "server", json_text(finding->server));
    json_put(object, "service", json_text(finding->service));
    json_put(object, "identity", json_text(finding->identity));
    json_put(object, "file", json_text(finding->file));
    json_put(object, "also", places_json(finding));
    json_put(object, "message", json_text(finding->message));
    json_put(object, "remedy", json_text(finding->remedy));
    json_put(object, "section", json_text(finding->section));
    json_put(object, "accepted", json_boolean(finding->accepted));
    json_put(object, "reason", json_text(finding->reason));
    json_put(object, "until", json_text(finding->until));
    json_put(object, "first", json_text(first));
    return object;
}

static void print_json(const struct findings *findings, const struct first *first)
{
    json_t *list = json_array();
    char *words = strings_join(&first->steps, ", then ");
    for (size_t i = 0; i < findings->count; i++)
        json_array_append_new(list,
                              finding_json(&findings->items[i], first->mends[i] ? words : ""));
    json_print(list, stdout);
    free(words);
}

static void print_finding(const struct cli *cli, const struct finding *finding)
{
    char *place = finding_place(finding);
    cli_say(cli, "%s %s%s%s: %s%s", severity_word(finding->severity), finding->id,
            *place ? " " : "", place, finding->message, finding->accepted ? " (accepted)" : "");
    if (*finding->section)
        cli_say(cli, "  %s%s(%s %s)", finding->remedy, *finding->remedy ? " " : "",
                cli_source(finding->section), finding->section);
    else if (*finding->remedy)
        cli_say(cli, "  %s", finding->remedy);
    free(place);
}

/* Two lines at most: a command to copy, and what follows it. */
static void print_first(const struct cli *cli, const struct first *first)
{
    struct strings rest = {0};
    if (!first->steps.count)
        return;
    cli_say(cli, "First: %s", first->steps.items[0]);
    for (size_t i = 1; i < first->steps.count; i++)
        strings_add(&rest, first->steps.items[i]);
    char *then = strings_join(&rest, ", then ");
    if (rest.count)
        cli_say(cli, "  then: %s", then);
    free(then);
    strings_free(&rest);
}

/* What another release asks, step by step. */
static void print_upgrade(const struct cli *cli, const struct facts *facts)
{
    struct upgrade upgrade;
    struct str text = {0};
    struct strings lines = {0};
    const char *release = cli_value(cli, "release");
    if (release && upgrade_make(facts, release, &upgrade)) {
        upgrade_text(&upgrade, &text);
        strings_split(&lines, str_text(&text), '\n');
        for (size_t i = 0; i < lines.count; i++)
            cli_say(cli, "%s", lines.items[i]);
        upgrade_free(&upgrade);
    }
    strings_free(&lines);
    str_free(&text);
}

static void print_text(const struct cli *cli, const struct facts *facts,
                       const struct findings *findings, const struct first *first)
{
    size_t counts[SEVERITY_NOTICE + 1] = {0};
    for (size_t i = 0; i < findings->count; i++) {
        print_finding(cli, &findings->items[i]);
        counts[findings->items[i].severity] += !findings->items[i].accepted;
    }
    size_t errors = counts[SEVERITY_ERROR], warnings = counts[SEVERITY_WARNING];
    size_t notices = counts[SEVERITY_NOTICE];
    print_upgrade(cli, facts);
    print_first(cli, first);
    cli_say(cli, "%zu %s, %zu %s, %zu %s", errors, errors == 1 ? "error" : "errors", warnings,
            warnings == 1 ? "warning" : "warnings", notices, notices == 1 ? "notice" : "notices");
}

static int judge(const struct cli *cli, struct catalogue *catalogue, struct facts **facts,
                 struct findings *findings)
{
    int status = cli_gather(cli, catalogue, facts);
    if (status)
        return status;
    rules_run(*facts, RULES_ALL, findings);
    return STATUS_OK;
}

static void forget(struct catalogue *catalogue, struct facts *facts, struct findings *findings)
{
    findings_free(findings);
    facts_free(facts);
    catalogue_free(catalogue);
}

/* Mends and says what; everything is judged anew afterwards. */
static int fix(const struct cli *cli)
{
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    struct findings findings = {0};
    struct strings mended = {0};
    struct error err = {0};
    int status = judge(cli, &catalogue, &facts, &findings);
    if (status)
        return status;
    if (!op_fix(facts, &findings, &mended, &err))
        status = cli_fail(&err);
    for (size_t i = 0; i < mended.count && !cli->json; i++)
        cli_say(cli, "mended %s", mended.items[i]);
    strings_free(&mended);
    forget(&catalogue, facts, &findings);
    return status;
}

static int check_run(const struct cli *cli)
{
    if (cli->arg_count)
        return cli_usage(cli, "check takes no argument");
    if (!cli_release(cli))
        return STATUS_USAGE;
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    struct findings findings = {0};
    int status = cli_flag(cli, "fix") ? fix(cli) : STATUS_OK;
    if (status == STATUS_OK)
        status = judge(cli, &catalogue, &facts, &findings);
    if (status)
        return status;
    struct first first;
    rules_first(facts, &findings, &first);
    if (cli->json)
        print_json(&findings, &first);
    else
        print_text(cli, facts, &findings, &first);
    first_free(&first);
    status = findings_errors(&findings) ? STATUS_NO : STATUS_OK;
    forget(&catalogue, facts, &findings);
    return status;
}

static const struct cli_option check_options[] = {{"fix", false}, {"release", true}, {NULL, false}};

const struct cli_command command_check = {
    .name = "check",
    .takes = CLI_JSON | CLI_AT,
    .run = check_run,
    .options = check_options,
    .usage = "check [--fix] [--release R]",
    .summary = "check the deployment against all rules",
    .help =
        "Each finding says where, what is wrong and what to do; \"First:\" at the end what to do\n"
        "first. Exit 1 when an error is found that deployment.conf does not accept. --fix first\n"
        "mends what needs no decision: order and form of bundles and full chains, trust files\n"
        "that deployment.conf names, modes of keys. --release R judges as if R were installed,\n"
        "and tells the upgrade to a later one step by step. --at DATE judges as of that date.\n",
};
