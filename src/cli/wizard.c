/* certwright wizard: the guide, on the screen, line by line, or from a file of answers. */
#include "cli/cli.h"
#include "flow/flow.h"
#include "ui/ui.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"answers", true}, {"ids", false}, {"mouse", false}, {NULL, false}};

/* Where a screen makes no sense the questions come line by line. */
static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return isatty(STDIN_FILENO) && (!term || !*term || strcmp(term, "dumb") == 0);
}

static void add_word(struct str *line, const char *option, const char *word)
{
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=";
    str_addf(line, " %s ", option);
    if (*word && strspn(word, safe) == strlen(word)) {
        str_add(line, word);
        return;
    }
    str_add_char(line, '\'');
    for (; *word; word++)
        str_add(line, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    str_add_char(line, '\'');
}

/* The command that goes on here, to be typed in a shell. */
static char *again(const struct cli *cli)
{
    struct str line = {0};
    str_add(&line, "certwright");
    if (strcmp(cli->config, "deployment.conf") != 0)
        add_word(&line, "--config", cli->config);
    if (cli->store)
        add_word(&line, "--store", cli->store);
    if (cli->catalogue_folder)
        add_word(&line, "--catalogue", cli->catalogue_folder);
    if (cli->plain)
        str_add(&line, " --plain");
    return str_take(&line);
}

static int show(const struct cli *cli, struct flow *flow, const char *line)
{
    struct plain_options plain = {
        .config = cli->config, .again = line, .ids = cli_flag(cli, "ids"), .quiet = cli->quiet};
    const char *answers = cli_value(cli, "answers");
    if (answers)
        return script_run(flow, answers, &plain);
    if (cli->plain || is_dumb())
        return plain_run(flow, &plain);
    struct ui_options screen = {.config = cli->config,
                                .again = line,
                                .ascii = cli->ascii,
                                .color = (enum ui_color)cli->color,
                                .mouse = cli_flag(cli, "mouse"),
                                .ids = cli_flag(cli, "ids")};
    return ui_run(flow, &screen);
}

static int run(const struct cli *cli)
{
    if (cli->arg_count)
        return cli_usage(cli, "wizard takes no \"%s\"", cli->args[0]);
    const char *refusal =
        cli->plain || cli_value(cli, "answers") || is_dumb() ? NULL : ui_refusal();
    struct error err = {0};
    if (refusal) {
        error_set(&err, STATUS_NO, "", NULL, "%s", refusal);
        return cli_fail(&err);
    }
    struct catalogue catalogue;
    if (!catalogue_load(cli->catalogue_folder, &catalogue, &err))
        return cli_fail(&err);
    struct flow_options flow_options = {
        .config = cli->config, .store = cli->store, .catalogue = &catalogue};
    struct flow *flow;
    int status;
    if (flow_open(&flow_options, &flow, &err)) {
        char *line = again(cli);
        status = show(cli, flow, line);
        free(line);
        flow_free(flow);
    } else {
        status = cli_fail(&err);
    }
    catalogue_free(&catalogue);
    return status;
}

const struct cli_command command_wizard = {
    .name = "wizard",
    .run = run,
    .options = options,
    .usage = "wizard [--answers FILE] [--ids] [--mouse]",
    .summary = "asks step by step, from no certificates to a finished plan",
    .help = "Every accepted answer is saved in deployment.conf at once: leave when you like and\n"
            "start again. With --plain it asks line by line; --answers FILE takes \"id = value\"\n"
            "lines (--ids shows the ids)."};
