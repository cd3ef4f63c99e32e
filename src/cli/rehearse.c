/* certwright rehearse: the plan on emulated appliances. */
#include "ops/rehearse.h"

#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static const char default_folder[] = "install";

/* "   12  core1       xmpp enable"; a handshake has no number. */
static void say_line(const struct cli *cli, const struct rehearsed *told)
{
    static const char *const marks[] = {"", "", "  SURPRISE"};
    char number[16] = "trust";
    if (told->step)
        snprintf(number, sizeof number, "%5d", told->step);
    cli_say(cli, "%5s  %-10s  %s%s", number, told->server, told->what, marks[told->how]);
    if (told->how == REHEARSED_NOTE)
        cli_say(cli, "                   note: %s", told->why);
}

static void say_surprise(const struct rehearsed *told)
{
    struct error err;
    char *place = told->step
                      ? xformat("step %d, %s, %s", told->step, told->server, told->what)
                      : xformat("%s%s%s", told->server, *told->server ? ", " : "", told->what);
    error_set(&err, STATUS_NO, place, told->remedy, "%s", told->why);
    cli_fail(&err);
    free(place);
}

static void say_sum(const struct cli *cli, const struct rehearsal *rehearsal, const char *folder)
{
    struct rehearsal_sum sum = rehearsal_sum(rehearsal);
    struct str text = {0};
    str_addf(&text, sum.steps == 1 ? "%zu step, " : "%zu steps, ", sum.steps);
    str_addf(&text, sum.trusts == 1 ? "%zu trust, " : "%zu trusts, ", sum.trusts);
    if (sum.notes)
        str_addf(&text, sum.notes == 1 ? "%zu note, " : "%zu notes, ", sum.notes);
    if (sum.surprises)
        str_addf(&text, sum.surprises == 1 ? "%zu surprise" : "%zu surprises", sum.surprises);
    else
        str_add(&text, "no surprise");
    cli_say(cli, "%s. What was typed and answered lies in %s/rehearsal/.", str_text(&text), folder);
    str_free(&text);
}

static int play(const struct cli *cli, struct rehearsal *rehearsal, const char *folder)
{
    struct error err = {0};
    const struct rehearsed *told;
    bool done = false, good = true;
    while (good && (good = rehearsal_next(rehearsal, &told, &done, &err)) && !done) {
        say_line(cli, told);
        if (told->how == REHEARSED_SURPRISE)
            say_surprise(told);
    }
    if (!good || !rehearsal_write(rehearsal, &err))
        return cli_fail(&err);
    say_sum(cli, rehearsal, folder);
    return rehearsal_sum(rehearsal).surprises ? STATUS_NO : STATUS_OK;
}

/* Nothing is told but where to look; the answer lies beside. */
static int drill(const struct cli *cli, struct rehearsal *rehearsal)
{
    struct error err = {0};
    const struct rehearsed *told;
    const char *answer, *folder = rehearsal_drill(rehearsal, &answer);
    bool done = false, good = true;
    while (good && !done)
        good = rehearsal_next(rehearsal, &told, &done, &err);
    char *path = xformat("%s/answer.txt", folder), *text = xformat("%s\n", answer);
    good = good && file_replace(path, text, strlen(text), 0600, &err);
    if (good) {
        cli_say(cli, "The plan was carried out on appliances, with one fault on one of them: in a");
        cli_say(cli, "file, or in a line. Find it: certwright mmp --state %s/SERVER", folder);
        cli_say(cli, "Begin where you would in earnest: displays, pki match, pki verify, inspect.");
        cli_say(cli, "The answer lies in %s.", path);
    }
    free(path);
    free(text);
    return good ? STATUS_OK : cli_fail(&err);
}

static int run_rehearse(const struct cli *cli)
{
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    struct rehearsal *rehearsal = NULL;
    struct error err = {0};
    const char *given = cli_value(cli, "out");
    const struct rehearsal_options options = {.folder = given ? given : default_folder,
                                              .keep_going = cli_flag(cli, "keep-going"),
                                              .drill = cli_flag(cli, "drill"),
                                              .by_date = cli->at != 0};
    if (cli->arg_count)
        return cli_usage(cli, "rehearse takes no \"%s\": it carries out the whole plan",
                         cli->args[0]);
    int status = cli_gather(cli, &catalogue, &facts);
    if (status == STATUS_OK && rehearsal_begin(facts, &options, &rehearsal, &err))
        status = options.drill ? drill(cli, rehearsal) : play(cli, rehearsal, options.folder);
    else if (status == STATUS_OK)
        status = cli_fail(&err);
    rehearsal_end(rehearsal);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option options[] = {
    {"keep-going", false}, {"drill", false}, {"out", true}, {NULL, false}};

const struct cli_command command_rehearse = {
    .name = "rehearse",
    .takes = CLI_AT,
    .run = run_rehearse,
    .options = options,
    .usage = "rehearse [--keep-going] [--drill] [--out DIR] [--at DATE]",
    .summary = "carries the plan out on emulated appliances, and tries each trust",
    .help =
        "  The files of install/ are uploaded and its lines typed, on an appliance for each "
        "server,\n"
        "  in the plan's order; each reply is compared with what the plan expects. Then each "
        "trust\n"
        "  is tried by a TLS handshake with the files that lie there. Nothing is sent anywhere.\n"
        "  --keep-going    past a surprise; else the first one ends it, exit status 1\n"
        "  --drill         plants a fault, and leaves the appliances for somebody to find it\n"
        "  --out DIR       where the plan lies, in place of install\n"
        "  --at DATE       certificates are judged as of then\n",
};
