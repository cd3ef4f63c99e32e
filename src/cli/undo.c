/* certwright undo: the store as it was before the last import, unlock, sign or renewal. */
#include "ops/undo.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/pki.h"

#include <stdlib.h>
#include <string.h>

static json_t *undone_json(const struct undone *undone)
{
    json_t *object = json_object();
    json_put(object, "operation", json_text(undone->verb));
    json_put(object, "at", json_time(undone->at));
    json_put(object, "restored", json_strings(&undone->restored));
    json_put(object, "removed", json_strings(&undone->removed));
    json_put(object, "kept", json_strings(&undone->kept));
    return object;
}

static void say_undone(const struct cli *cli, const struct undone *undone)
{
    char stamp[32];
    clock_stamp(undone->at, stamp);
    for (size_t i = 0; i < undone->restored.count; i++)
        cli_say(cli, "restored %s", undone->restored.items[i]);
    for (size_t i = 0; i < undone->removed.count; i++)
        cli_say(cli, "removed %s", undone->removed.items[i]);
    for (size_t i = 0; i < undone->kept.count; i++)
        cli_say(cli, "kept the key %s", undone->kept.items[i]);
    cli_say(cli, "The store is as it was before the %s of %s.", journal_noun(undone->verb), stamp);
}

static int undo(const struct cli *cli, const char *store)
{
    struct undone undone;
    struct error err = {0};
    if (!op_undo(store, time(NULL), &undone, &err))
        return cli_fail(&err);
    if (cli->json)
        json_print(undone_json(&undone), stdout);
    else
        say_undone(cli, &undone);
    undone_free(&undone);
    return STATUS_OK;
}

static json_t *entry_json(const struct journal *journal, const struct journal_entry *entry)
{
    json_t *object = json_object(), *files = json_array();
    for (size_t i = 0; i < entry->count; i++)
        if (*entry->files[i].name != '.')
            json_array_append_new(files, json_text(entry->files[i].name));
    json_put(object, "operation", json_text(entry->verb));
    json_put(object, "at", json_time(entry->at));
    json_put(object, "files", files);
    json_put(object, "undone", json_boolean(journal_is_undone(journal, entry)));
    json_put(object, "next", json_boolean(entry == journal_last(journal)));
    return object;
}

static void say_entry(const struct journal *journal, const struct journal_entry *entry)
{
    char stamp[32];
    struct strings names = {0};
    const char *state = entry->undoes                       ? ""
                        : journal_is_undone(journal, entry) ? ", undone"
                        : entry == journal_last(journal)    ? ", next to undo"
                                                            : "";
    clock_stamp(entry->at, stamp);
    size_t more = 0;
    for (size_t i = 0; i < entry->count; i++) {
        if (*entry->files[i].name == '.')
            continue; /* our own */
        if (names.count < 4)
            strings_add(&names, entry->files[i].name);
        else
            more++;
    }
    if (more)
        strings_add_take(&names, xformat("%zu more", more));
    char *files = strings_join(&names, ", ");
    cli_tell("%s  %-6s  %s%s", stamp, entry->verb, *files ? files : "what waits for its CA", state);
    free(files);
    strings_free(&names);
}

static int list(const struct cli *cli, const char *path)
{
    struct store store;
    struct journal journal;
    struct error err = {0};
    if (!store_open(path, false, &store, &err))
        return cli_fail(&err);
    bool good = journal_read(&store, &journal, &err);
    store_close(&store);
    if (!good)
        return cli_fail(&err);
    json_t *rows = json_array();
    for (size_t i = journal.count; i-- > 0;) {
        if (cli->json)
            json_array_append_new(rows, entry_json(&journal, &journal.entries[i]));
        else
            say_entry(&journal, &journal.entries[i]);
    }
    if (cli->json)
        json_print(rows, stdout);
    else
        json_decref(rows);
    if (!journal.count && !cli->json)
        cli_tell("Nothing can be undone here.");
    journal_free(&journal);
    return STATUS_OK;
}

static int run_undo(const struct cli *cli)
{
    char *store = NULL;
    if (cli->arg_count)
        return cli_usage(cli, "undo takes no argument");
    struct error err = {0};
    if (!pki_store_path(cli, &store, &err))
        return cli_fail(&err);
    int status = cli_flag(cli, "list") ? list(cli, store) : undo(cli, store);
    free(store);
    return status;
}

static const struct cli_option undo_options[] = {{"list", false}, {NULL, false}};

const struct cli_command command_undo = {
    .name = "undo",
    .takes = CLI_JSON,
    .run = run_undo,
    .options = undo_options,
    .usage = "undo [--list]",
    .summary = "bring back what the last import, unlock, sign or renewal replaced",
    .help = "Files that it replaced are as they were before, files that it made are gone; a key\n"
            "is never lost: it stays as NAME.key.STAMP.bak. A file that was changed since stops\n"
            "undo. Called again it takes back the one before. --list says what can be undone.\n",
};
