#include "base/json.h"
#include "base/mem.h"
#include "cli/made.h"
#include "ops/renew.h"

#include <stdlib.h>
#include <string.h>

/* None where there is no choice. */
static json_t *json_chains(const struct import_identity *item)
{
    json_t *chains = json_array();
    for (size_t i = 0; i < item->chain_count; i++) {
        json_t *object = json_object();
        json_put(object, "names", json_text(item->chains[i].names));
        json_put(object, "ends", json_text(item->chains[i].end));
        json_put(object, "in_place", json_boolean(item->chains[i].in_place));
        json_array_append_new(chains, object);
    }
    return chains;
}

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
        json_put(object, "chain", json_integer((json_int_t)(item->chain_count ? item->chain : 1)));
        json_put(object, "chains", json_chains(item));
        json_array_append_new(identities, object);
    }
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *item = &import->objects[i];
        if (item->verdict == VERDICT_TAKE || item->waits)
            continue; /* what waits for its issuer is missing that, not left over */
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

static bool is_told(const struct import_change *row)
{
    return strcmp(row->what, "ends") == 0 || strcmp(row->was, row->is) != 0;
}

/* What is the same in both, but for the day, is not told. */
static void say_old_and_new(const struct cli *cli, const struct import_identity *item)
{
    static const char head[] = "in place";
    int what = (int)strlen(item->identity), was = (int)sizeof head - 1, is = 3;
    if (item->in_place || !item->change_count)
        return;
    for (size_t i = 0; i < item->change_count; i++) {
        const struct import_change *row = &item->changes[i];
        if (!is_told(row))
            continue;
        wider(&what, row->what);
        wider(&was, row->was);
        wider(&is, row->is);
    }
    cli_say(cli, "%-*s    %-*s  new", what, item->identity, was, head);
    for (size_t i = 0; i < item->change_count; i++) {
        const struct import_change *row = &item->changes[i];
        const char *new = *row->is ? row->is : "-";
        if (is_told(row))
            cli_say(cli, "  %-*s  %-*s  %-*s%s", what, row->what, was, *row->was ? row->was : "-",
                    row->lost ? is : 0, new, row->lost ? "  LOST" : "");
    }
}

/* Those whose CAs leave the same choice, in one sentence. */
static bool has_same_chains(const struct import_identity *a, const struct import_identity *b)
{
    bool same =
        a->chain_count == b->chain_count && a->chain == b->chain && a->chain_why == b->chain_why;
    for (size_t i = 0; same && i < a->chain_count; i++)
        same = strcmp(a->chains[i].names, b->chains[i].names) == 0 &&
               strcmp(a->chains[i].end, b->chains[i].end) == 0 &&
               a->chains[i].in_place == b->chains[i].in_place;
    return same;
}

static void say_chains(const struct cli *cli, const struct import *import, size_t index)
{
    const struct import_identity *item = &import->identities[index];
    struct strings names = {0};
    bool first = item->chain_count > 0;
    for (size_t i = 0; first && i < import->identity_count; i++) {
        bool same = has_same_chains(&import->identities[i], item);
        first = !same || i >= index;
        if (same)
            strings_add(&names, import->identities[i].identity);
    }
    if (first) {
        char *who = strings_fold(&names, ", ");
        cli_say(cli, "%s: %zu chains hold; taken is %zu, %s", who, item->chain_count, item->chain,
                item->chain_why);
        for (size_t i = 0; i < item->chain_count; i++)
            cli_say(cli, "  %zu: %s; its CAs hold until %s%s", i + 1, item->chains[i].names,
                    item->chains[i].end, item->chains[i].in_place ? "; in place" : "");
        cli_say(cli, "  Who connects has to trust the last CA of it. --chain %zu takes another%s",
                item->chain == 1 ? (size_t)2 : 1,
                names.count > 1 ? ", --chain IDENTITY=N for one alone." : ".");
        free(who);
    }
    strings_free(&names);
}

/* Old and new side by side, then what was asked and not got. */
static void say_identity(const struct cli *cli, const struct import_identity *item)
{
    say_old_and_new(cli, item);
    for (size_t i = 0; i < item->lost_asked; i++)
        cli_say(cli, "%s: asked, not got: %s", item->identity, item->lost.items[i]);
    for (size_t i = 0; i < item->gained.count; i++)
        cli_say(cli, "%s: got, not asked: %s", item->identity, item->gained.items[i]);
    for (size_t i = 0; i < item->impact.count; i++)
        cli_say(cli, "  %s", item->impact.items[i]);
    for (size_t i = 0; i < item->lacking.count; i++)
        cli_say(cli,
                "%s: deployment.conf asks for %s since its request was made, and the certificate "
                "lacks it",
                item->identity, item->lacking.items[i]);
}

/* A word as a shell takes it. */
static void add_word(struct str *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./:@%+=,-";
    if (out->length)
        str_add_char(out, ' ');
    if (*word && strspn(word, plain) == strlen(word)) {
        str_add(out, word);
        return;
    }
    str_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            str_add(out, "'\\''");
        else
            str_add_char(out, *word);
    str_add_char(out, '\'');
}

static void add_option(struct str *out, const char *option, const char *value)
{
    if (!value)
        return;
    add_word(out, option);
    add_word(out, value);
}

/* The present command line, and what makes the pair an identity's. */
static void add_command(const struct cli *cli, const struct import_pair *pair, struct str *out)
{
    add_word(out, "certwright");
    if (strcmp(cli->config, "deployment.conf") != 0)
        add_option(out, "--config", cli->config);
    add_option(out, "--store", cli->store);
    add_option(out, "--catalogue", cli->catalogue_folder);
    add_word(out, "import");
    for (size_t i = 0; i < cli->arg_count; i++)
        add_word(out, cli->args[i]);
    if (pair->extra)
        add_word(out, pair->extra);
    add_option(out, "--password-file", cli_value(cli, "password-file"));
    add_option(out, "--ca-folder", cli_value(cli, "ca-folder"));
    char *chains = cli_list(cli, "chain");
    add_option(out, "--chain", *chains ? chains : NULL);
    free(chains);
    add_option(out, "--as", pair->fits.count ? pair->fits.items[0] : "IDENTITY");
    if (pair->force)
        add_word(out, "--force");
}

static void say_pair(const struct cli *cli, const struct import_pair *pair)
{
    struct str command = {0};
    add_command(cli, pair, &command);
    cli_say(cli, "%s with its key, %s:", pair->cert_file, pair->key_file);
    cli_say(cli, "  %s", str_text(&command));
    if (pair->fits.count > 1) {
        char *all = strings_join(&pair->fits, ", ");
        cli_say(cli, "  (its names serve %s)", all);
        free(all);
    }
    str_free(&command);
}

/* A pair that may as well stay where it is is none to be told. */
static bool is_of_use(const struct import_pair *pair)
{
    return pair->fits.count > 0 || !pair->extra;
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

/* The first object of its kind, and how many there are. */
struct lookout {
    const struct import_object *unread, *request, *stranger;
    size_t leaves, pairs;
};

static void look_out(const struct import *import, struct lookout *out)
{
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *object = &import->objects[i];
        out->leaves += object->is_leaf;
        if (object->unread && !out->unread)
            out->unread = object;
        if (object->stranger && !out->stranger)
            out->stranger = object;
        if (text_starts(object->what, "request ") && !out->request)
            out->request = object;
    }
    for (size_t i = 0; i < import->pair_count; i++)
        out->pairs += is_of_use(&import->pairs[i]);
}

/* Nothing for anybody: what is nearest to an answer is said, and what makes it one. */
static int say_nobody_served(const struct import *import)
{
    struct error err = {0};
    struct lookout seen = {0};
    look_out(import, &seen);
    if (seen.pairs)
        error_set(&err, STATUS_NO, "", "the command above takes both",
                  seen.pairs == 1 ? "the certificate is for a key that is not in use yet"
                                  : "the certificates are for keys that are not in use yet");
    else if (seen.leaves == 0 && seen.unread)
        error_set(&err, STATUS_NO, seen.unread->file, NULL, "no certificate could be read: %s",
                  seen.unread->why);
    else if (seen.leaves == 0 && seen.request)
        error_set(&err, STATUS_NO, seen.request->file,
                  "send it to the CA, and import what the CA returns",
                  "this is the request, not the answer to it");
    else if (seen.leaves == 0)
        error_set(&err, STATUS_NO, "", "import all that the CA sent, the certificate among it",
                  "no certificate of a server or client is among it");
    else
        error_set(&err, STATUS_NO, seen.stranger ? seen.stranger->file : "",
                  "import goes by public keys: run it beside the deployment.conf whose store has "
                  "the key, or name the file of the key as well; where the key is gone, send the "
                  "store's NAME.csr to the CA again",
                  import->object_count == 1
                      ? "it is no certificate for a key or request of the store"
                      : "none of the %zu objects is a certificate for a key or request of the "
                        "store",
                  import->object_count);
    return cli_fail(&err);
}

static void say_written(const struct cli *cli, const struct import *import,
                        const struct strings *written, const struct strings *kept)
{
    for (size_t i = 0; i < written->count; i++)
        cli_say(cli, "wrote %s", written->items[i]);
    for (size_t i = 0; i < kept->count; i++)
        cli_say(cli, "kept %s, as it was before", kept->items[i]);
    char *losing = import_losing_all(import);
    if (written->count == 0)
        cli_say(cli, "all in place already, nothing to write");
    else if (*losing)
        cli_say(cli, "written, %s", losing);
    free(losing);
}

/* What waits for its issuer is found again when that comes alone. */
static void keep_waiting(const struct cli *cli, const struct facts *facts,
                         const struct import *import)
{
    struct error err = {0};
    bool good = tray_keep(facts, import, &err);
    for (size_t i = 0; i < import->object_count; i++) {
        const struct import_object *object = &import->objects[i];
        if (!object->waits)
            continue;
        if (good && !cli->json)
            cli_say(cli, "%s #%d waits for \"%s\": import that when you have it, alone will do",
                    object->file, object->number, object->waits);
        else if (!good)
            error_set(&err, STATUS_NO, object->file, "import it together with what it lacks",
                      "is not kept until \"%s\" comes", object->waits);
        if (!good)
            cli_fail(&err);
    }
}

/* What was in place before is on the servers still. */
static void say_renewals(const struct cli *cli, const struct facts *facts,
                         const struct import *import)
{
    struct renewals now;
    struct strings kept = {0}, fresh = {0};
    if (!renewals_read(facts->store_path, &now, NULL))
        return;
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct renewal *open = renewals_open(&now, import->identities[i].identity);
        if (open && open->first && import->identities[i].take)
            strings_add(open->new_key ? &fresh : &kept, open->identity);
    }
    const struct strings *const lists[] = {&kept, &fresh};
    for (size_t i = 0; i < 2; i++) {
        char *names = strings_join(lists[i], " ");
        if (*names)
            cli_say(cli,
                    "renewal (%s): certwright plan leads the servers from the old to the new; "
                    "then certwright renew --done %s",
                    renew_words(i == 1), names);
        free(names);
    }
    strings_free(&kept);
    strings_free(&fresh);
    renewals_free(&now);
}

static int write(const struct cli *cli, const struct facts *facts, const struct import *import)
{
    struct strings written = {0}, kept = {0};
    struct error err = {0};
    int status = STATUS_OK;
    if (!op_import_write(facts, import, &written, &kept, &err)) {
        status = cli_fail(&err);
    } else {
        if (!cli->json) {
            say_written(cli, import, &written, &kept);
            say_renewals(cli, facts, import);
        }
        keep_waiting(cli, facts, import);
    }
    strings_free(&written);
    strings_free(&kept);
    return status;
}

static int judge_and_write(const struct cli *cli, const struct facts *facts,
                           const struct import *import)
{
    if (!cli->json) {
        say_objects(cli, import);
        for (size_t i = 0; i < import->identity_count; i++) {
            say_identity(cli, &import->identities[i]);
            say_chains(cli, import, i);
        }
        for (size_t i = 0; i < import->pair_count; i++)
            if (is_of_use(&import->pairs[i]))
                say_pair(cli, &import->pairs[i]);
    }
    int status = STATUS_OK, stops = say_stops(import);
    bool dry = cli_flag(cli, "dry-run");
    if (stops && !cli_flag(cli, "force"))
        status = stops;
    else if (import->identity_count == 0)
        status = say_nobody_served(import);
    else if (!dry)
        status = write(cli, facts, import);
    if (status == STATUS_NO && !dry)
        keep_waiting(cli, facts, import);
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
    struct tray tray = {0};
    struct import import;
    struct error err = {0};
    for (size_t i = 0; i < cli->arg_count; i++)
        tray_add_path(&tray, cli->args[i]);
    if (op_import_look(facts, &tray, options, &import, &err))
        status = judge_and_write(cli, facts, &import);
    else
        status = cli_fail(&err);
    import_free(&import);
    tray_free(&tray);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

/* "2", "web=2", "web=2,turn=1" */
static bool read_chains(const char *text, struct strings *out)
{
    size_t commas = 0;
    for (const char *at = text; *at; at++)
        commas += *at == ',';
    strings_split(out, text, ',');
    for (size_t i = 0; i < out->count; i++) {
        const char *equals = strchr(out->items[i], '='),
                   *number = equals ? equals + 1 : out->items[i];
        size_t digits = strspn(number, "0123456789");
        if (equals == out->items[i] || !digits || digits > 3 || number[digits] || *number == '0')
            return false;
    }
    return out->count == commas + 1;
}

static int run_import(const struct cli *cli)
{
    if (cli->arg_count == 0)
        return cli_usage(cli, "name the files or the folder that the CA returned");
    struct secret password = {0};
    struct strings chains = {0};
    struct error err = {0};
    const char *password_file = cli_value(cli, "password-file");
    char *chain = cli_list(cli, "chain");
    int status = STATUS_OK;
    if (*chain && !read_chains(chain, &chains))
        status = cli_usage(cli, "--chain takes a number, or IDENTITY=NUMBER, not \"%s\"", chain);
    free(chain);
    if (status != STATUS_OK) {
        strings_free(&chains);
        return status;
    }
    struct import_options options = {
        .ca_folder = cli_value(cli, "ca-folder"),
        .password = password_file ? &password : NULL,
        .as = cli_value(cli, "as"),
        .chains = &chains,
        .force = cli_flag(cli, "force"),
    };
    bool good = !password_file || secret_read(password_file, &password, &err);
    status = good ? import_paths(cli, &options) : cli_fail(&err);
    secret_free(&password);
    strings_free(&chains);
    return status;
}

static const struct cli_option options[] = {{"dry-run", false},
                                            {"force", false},
                                            {"ca-folder", true},
                                            {"password-file", true},
                                            {"as", true},
                                            {"chain", true},
                                            {0}};

const struct cli_command command_import = {
    .name = "import",
    .takes = CLI_JSON,
    .run = run_import,
    .options = options,
    .usage = "import PATH... [--dry-run] [--force] [--ca-folder DIR] [--password-file F] "
             "[--as IDENTITY] [--chain N]",
    .summary = "sorts what a CA returned to keys, chains and trust files",
    .help = "Files, ZIP files or folders, any format, any name; - is standard input. Each\n"
            "certificate goes to the identity whose key it has; bundles and full chains are\n"
            "put in order; trust files that follow are written with them, all or nothing.\n"
            "  --dry-run          says what would be done\n"
            "  --force            takes what has ended or lacks an issuer, too\n"
            "  --as IDENTITY      takes a private key with its certificate, for that identity\n"
            "  --chain N          where several chains hold: that one; IDENTITY=N for one alone\n"
            "  --ca-folder DIR    CA certificates to complete chains with\n"
            "  --password-file F  the password of a PKCS#12 or ZIP file, in the first line",
};
