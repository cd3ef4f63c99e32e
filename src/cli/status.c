/* certwright status: when what ends, and what waits for its CA. */
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "ops/ends.h"
#include "ops/renew.h"

#include <stdlib.h>
#include <string.h>

static json_t *ending_json(const struct ends *ends, const struct ending *ending)
{
    struct strings trusting = {0};
    const struct cert *cert = ending->cert;
    json_t *object = json_object();
    json_put(object, "name", json_text(ending->name));
    json_put(object, "kind", json_text(ends_kind_word(ending->kind)));
    json_put(object, "file", json_text(ending->file));
    json_put(object, "subject", json_text(cert->subject));
    json_put(object, "issuer", json_text(cert->issuer));
    json_put(object, "serial", json_text(cert->serial));
    json_put(object, "not_before", json_time(cert->not_before));
    json_put(object, "not_after", json_time(cert->not_after));
    json_put(object, "days", json_integer(ending->days));
    json_put(object, "state", json_text(ends_word(ending->term)));
    json_put(object, "chain_not_after", json_time(ending->first->not_after));
    json_put(object, "signs", json_integer((json_int_t)ending->signs));
    json_put(object, "servers", json_strings(&ending->servers));
    json_put(object, "used_by", json_strings(&ending->services));
    ends_trusting(ends, ending, &trusting);
    json_put(object, "trusted_by", json_strings(&trusting));
    strings_free(&trusting);
    return object;
}

static json_t *awaited_json(const struct awaited *awaited)
{
    json_t *object = json_object();
    json_put(object, "identity", json_text(awaited->identity->name));
    json_put(object, "file", json_text(awaited->file));
    json_put(object, "sent", json_text(awaited->sent));
    json_put(object, "days", json_integer(awaited->days));
    json_put(object, "renews", json_boolean(awaited->renews));
    return object;
}

static json_t *server_json(const struct server_end *end)
{
    json_t *object = json_object();
    json_put(object, "server", json_text(end->server->name));
    json_put(object, "certificate", json_text(end->ending ? end->ending->name : ""));
    json_put(object, "not_after", end->first ? json_time(end->first->not_after) : json_null());
    return object;
}

static json_t *unread_json(const struct scan *scan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scan->count; i++) {
        const struct store_file *file = &scan->files[i];
        const char *problem = file->problem ? file->problem : file->pki.problem;
        if (!problem)
            continue;
        json_t *object = json_object();
        json_put(object, "file", json_text(file->name));
        json_put(object, "problem", json_text(problem));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *renewals_json(const struct facts *facts)
{
    struct open_renewals list;
    json_t *array = json_array();
    open_renewals(facts, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct open_renewal *item = &list.items[i];
        json_t *object = json_object();
        json_put(object, "identity", json_text(item->identity->name));
        json_put(object, "since", json_text(item->since));
        json_put(object, "new_key", json_boolean(item->new_key));
        json_put(object, "waits", json_boolean(item->waits));
        json_put(object, "held_not_after",
                 item->held_end ? json_time(item->held_end) : json_null());
        json_array_append_new(array, object);
    }
    open_renewals_free(&list);
    return array;
}

static void print_json(const struct ends *ends)
{
    json_t *object = json_object();
    json_t *certificates = json_array(), *awaited = json_array(), *servers = json_array();
    for (size_t i = 0; i < ends->count; i++)
        json_array_append_new(certificates, ending_json(ends, &ends->items[i]));
    for (size_t i = 0; i < ends->server_count; i++)
        json_array_append_new(servers, server_json(&ends->servers[i]));
    for (size_t i = 0; i < ends->awaited_count; i++)
        json_array_append_new(awaited, awaited_json(&ends->awaited[i]));
    json_put(object, "at", json_time(ends->facts->at));
    json_put(object, "certificates", certificates);
    json_put(object, "servers", servers);
    json_put(object, "waiting", awaited);
    json_put(object, "renewals", renewals_json(ends->facts));
    json_put(object, "unread", unread_json(&ends->facts->scan));
    json_print(object, stdout);
}

/* What to do about the first that is due, and what cannot be said of files that cannot be read. */
static void add_advice(const struct ends *ends, struct str *out)
{
    const struct scan *scan = &ends->facts->scan;
    size_t due = 0, unread = 0;
    for (size_t i = 0; i < ends->count; i++)
        due += ends->items[i].term >= TERM_DUE;
    for (size_t i = 0; i < scan->count; i++)
        unread += scan->files[i].problem || scan->files[i].pki.problem;
    if (unread)
        str_addf(out, "\n%zu file%s of the store can't be read: certwright check says which.\n",
                 unread, unread == 1 ? "" : "s");
    if (due)
        str_addf(out, "\n%zu due or ended.\n", due);
}

/* New in the store, and not yet said to be on the servers. */
static void add_renewals(const struct facts *facts, struct str *out)
{
    struct open_renewals list;
    size_t waits = 0;
    open_renewals(facts, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct open_renewal *item = &list.items[i];
        waits += item->waits;
        char end[16] = "";
        if (item->held_end)
            clock_date(item->held_end, end);
        str_addf(out, "%s  %s since %s, %s: ", i ? "" : "\nRenewals that are open\n",
                 item->identity->name, item->since, renew_words(item->new_key));
        if (item->waits)
            str_add(out, "its new certificate has not come");
        else
            str_add(out, "to be installed");
        str_addf(out, *end ? "; the servers' one ends %s\n" : "\n", end);
    }
    size_t lists = 0;
    for (size_t i = 0; i < facts->renewals.count; i++) {
        const struct renewal *open = &facts->renewals.items[i];
        if (open->done || !renewal_is_list(open))
            continue;
        str_addf(out, "%s  %s since %s: the servers still accept what it holds no more\n",
                 list.count || lists ? "" : "\nRenewals that are open\n", open->identity,
                 open->since);
        lists++;
    }
    if (list.count + lists > waits)
        str_add(out, "When it is on every server: certwright renew --done NAME.\n");
    if (waits)
        str_add(out,
                "What has not come yet: certwright import takes it, certwright renew --abandon "
                "NAME gives it up.\n");
    open_renewals_free(&list);
}

/* A table for a person, or what another program reads. */
static void print_report(const struct cli *cli, const struct ends *ends, int lead)
{
    struct str text = {0};
    if (cli_flag(cli, "prometheus")) {
        struct findings findings = {0};
        rules_run(ends->facts, RULES_ALL, &findings);
        ends_metrics(ends, &findings, &text);
        findings_free(&findings);
    } else if (cli_flag(cli, "ics")) {
        ends_calendar(ends, lead, &text);
    } else if (cli_flag(cli, "timeline")) {
        ends_timeline(ends, &text);
    } else {
        ends_text(ends, &text);
        add_renewals(ends->facts, &text);
        add_advice(ends, &text);
    }
    fwrite(str_text(&text), 1, text.length, stdout);
    str_free(&text);
}

static int shapes(const struct cli *cli)
{
    static const char *const names[] = {"prometheus", "ics", "timeline"};
    int count = cli->json;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        count += cli_flag(cli, names[i]);
    return count;
}

static int run_status(const struct cli *cli)
{
    int lead = ENDS_LEAD_DAYS;
    if (cli->arg_count)
        return cli_usage(cli, "status takes no argument");
    if (shapes(cli) > 1)
        return cli_usage(cli, "one of --json, --prometheus, --ics and --timeline at a time");
    if (cli_value(cli, "lead")) {
        if (!cli_flag(cli, "ics"))
            return cli_usage(cli, "--lead goes with --ics");
        int status = cli_number(cli, "lead", DAYS_MOST, &lead);
        if (status)
            return status;
    }
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    struct ends ends;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    ends_make(facts, &ends);
    if (cli->json)
        print_json(&ends);
    else if (shapes(cli) || !cli->quiet)
        print_report(cli, &ends, lead);
    status = ends_alarm(&ends) ? STATUS_NO : STATUS_OK;
    ends_free(&ends);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option status_options[] = {
    {"prometheus", false}, {"ics", false}, {"lead", true}, {"timeline", false}, {NULL, false}};

const struct cli_command command_status = {
    .name = "status",
    .takes = CLI_JSON | CLI_AT,
    .run = run_status,
    .options = status_options,
    .usage = "status [--prometheus] [--ics [--lead DAYS]] [--timeline]",
    .summary = "when each certificate ends, and what waits for its CA",
    .help =
        "A row a certificate, the first to end first: the days left, which servers use it, and\n"
        "what the CA has not answered yet. Exit 1 when one has ended or is due: a third of its\n"
        "life is left, or 60 days. --at DATE judges that day. --prometheus prints metrics,\n"
        "--ics a calendar of the days to order (--lead DAYS for the CA, else 14), import and\n"
        "install a successor, --timeline what stops in the next 24 months if nobody acts.\n",
};
