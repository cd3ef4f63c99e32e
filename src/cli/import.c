#include "base/json.h"
#include "base/mem.h"
#include "cli/made.h"

#include <stdlib.h>
#include <string.h>

static json_t *json_of(const struct import *import)
{
    json_t *identities = json_array(), *left = json_array(), *missing = json_array();
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct import_identity *item = &import->identities[i];
        if (!item->take)
            continue;
        json_t *object = json_object();
        json_put(object, "identity", json_text(item->identity));
        json_put(object, "certificate", json_text(item->certificate));
        json_put(object, "bundle", json_text(item->bundle));
        json_put(object, "fullchain", json_text(item->fullchain));
        json_put(object, "lost", json_strings(&item->lost));
        json_put(object, "gained", json_strings(&item->gained));
        json_array_append_new(identities, object);
    }
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *item = &import->objects[i];
        if (item->verdict == VERDICT_TAKE)
            continue;
        json_t *object = json_object();
        json_put(object, "file", json_text(item->file));
        json_put(object, "what", json_text(item->what));
        json_put(object, "why", json_text(item->why));
        json_array_append_new(left, object);
    }
    for (size_t i = 0; i < import->missing_count; i++) {
        const struct import_missing *item = &import->missing[i];
        json_t *object = json_object();
        json_put(object, "identity", json_text(item->identity));
        json_put(object, "issuer", json_text(item->issuer));
        json_put(object, "aia", json_text(item->aia));
        json_array_append_new(missing, object);
    }
    json_t *document = json_object();
    json_put(document, "identities", identities);
    json_put(document, "left_over", left);
    json_put(document, "missing", missing);
    return document;
}

#define COLUMN_MAX 36 /* one long path must not push all lines apart */

static void wider(int *width, const char *text)
{
    int length = (int)strlen(text);
    if (length > *width && length <= COLUMN_MAX)
        *width = length;
}

static void say_objects(const struct cli *cli, const struct import *import)
{
    static const char *const words[] = {"TAKE", "LEFT", "STOP"};
    struct strings places = {0};
    int place = 0, target = 1;
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *item = &import->objects[i];
        strings_add_take(&places, xformat("%s #%d", item->file, item->number));
        wider(&place, places.items[i]);
        wider(&target, item->target);
    }
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *item = &import->objects[i];
        cli_say(cli, "%s  %-*s  %-*s  %s: %s", words[item->verdict], place, places.items[i], target,
                *item->target ? item->target : "-", item->what, item->why);
    }
    strings_free(&places);
}

/* Old and new side by side, then what was asked and not got. */
static void say_identity(const struct cli *cli, const struct import_identity *item)
{
    if (*item->old_end && !item->in_place)
        cli_say(cli, "%s: in place ends %s, new ends %s", item->identity, item->old_end,
                item->new_end);
    for (size_t i = 0; i < item->lost.count; i++)
        cli_say(cli, "%s: asked, not got: %s", item->identity, item->lost.items[i]);
    for (size_t i = 0; i < item->gained.count; i++)
        cli_say(cli, "%s: got, not asked: %s", item->identity, item->gained.items[i]);
    for (size_t i = 0; i < item->impact.count; i++)
        cli_say(cli, "  %s", item->impact.items[i]);
}

static int say_stops(const struct import *import)
{
    int status = STATUS_OK;
    struct error err = {0};
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct import_identity *item = &import->identities[i];
        if (!item->stop)
            continue;
        error_set(&err, STATUS_NO, item->certificate, item->remedy, "%s", item->problem);
        status = cli_fail(&err);
    }
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *item = &import->objects[i];
        if (item->verdict != VERDICT_STOP || *item->target)
            continue;
        error_set(&err, STATUS_NO, item->file, NULL, "%s", item->why);
        status = cli_fail(&err);
    }
    return status;
}

static int say_nobody_served(const struct import *import)
{
    struct error err = {0};
    error_set(&err, STATUS_NO, "",
              "import goes by public keys: send the store's NAME.csr to the CA, or run it beside "
              "the deployment.conf whose store has the keys",
              "none of the %zu object%s in %zu file%s is a certificate for a key or request of "
              "the store",
              import->object_count, import->object_count == 1 ? "" : "s", import->file_count,
              import->file_count == 1 ? "" : "s");
    return cli_fail(&err);
}

static int write(const struct cli *cli, const struct facts *facts, const struct import *import)
{
    struct strings written = {0};
    struct error err = {0};
    int status = STATUS_OK;
    if (!op_import_write(facts, import, &written, &err)) {
        status = cli_fail(&err);
    } else if (!cli->json) {
        for (size_t i = 0; i < written.count; i++)
            cli_say(cli, "wrote %s", written.items[i]);
        if (written.count == 0)
            cli_say(cli, "all in place already, nothing to write");
    }
    strings_free(&written);
    return status;
}

static int judge_and_write(const struct cli *cli, const struct facts *facts,
                           const struct import *import)
{
    if (!cli->json) {
        say_objects(cli, import);
        for (size_t i = 0; i < import->identity_count; i++)
            say_identity(cli, &import->identities[i]);
    }
    int status = STATUS_OK, stops = say_stops(import);
    bool dry = cli_flag(cli, "dry-run");
    if (stops && !cli_flag(cli, "force"))
        status = stops;
    else if (import->identity_count == 0)
        status = say_nobody_served(import);
    else if (!dry)
        status = write(cli, facts, import);
    if (!cli->json && (status || dry))
        cli_say(cli, "nothing written");
    if (cli->json)
        json_print(json_of(import), stdout);
    return status;
}

static int import_paths(const struct cli *cli, const struct import_options *options)
{
    struct catalogue catalogue;
    struct facts *facts;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    struct strings paths = {0};
    struct import import;
    struct error err = {0};
    cli_names(cli, &paths);
    if (op_import_look(facts, &paths, NULL, options, &import, &err))
        status = judge_and_write(cli, facts, &import);
    else
        status = cli_fail(&err);
    import_free(&import);
    strings_free(&paths);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static int run_import(const struct cli *cli)
{
    if (cli->arg_count == 0)
        return cli_usage(cli, "name the files or the folder that the CA returned");
    struct secret password = {0};
    struct error err = {0};
    const char *password_file = cli_value(cli, "password-file");
    if (password_file && !secret_read(password_file, &password, &err))
        return cli_fail(&err);
    struct import_options options = {
        .ca_folder = cli_value(cli, "ca-folder"),
        .password = password_file ? &password : NULL,
        .force = cli_flag(cli, "force"),
    };
    int status = import_paths(cli, &options);
    secret_free(&password);
    return status;
}

static const struct cli_option options[] = {
    {"dry-run", false}, {"force", false}, {"ca-folder", true}, {"password-file", true}, {0}};

const struct cli_command command_import = {
    .name = "import",
    .takes = CLI_JSON,
    .run = run_import,
    .options = options,
    .usage = "import PATH... [--dry-run] [--force] [--ca-folder DIR] [--password-file F]",
    .summary = "sorts what a CA returned to keys, chains and trust files",
    .help = "Files, ZIP files or folders, any format, any name; - is standard input. Each\n"
            "certificate goes to the identity whose key it has; bundles and full chains are\n"
            "put in order; trust files that follow are written with them, all or nothing.\n"
            "  --dry-run          says what would be done\n"
            "  --force            takes what has ended or lacks an issuer, too\n"
            "  --ca-folder DIR    CA certificates to complete chains with\n"
            "  --password-file F  the password of a PKCS#12 or ZIP file, in the first line",
};
