/* Reads the command line and hands it to one command. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/prompt.h"
#include "pki/text.h"
#include "store/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION "0.1"
#endif
#ifndef BUILT_WITH
#define BUILT_WITH ""
#endif

static const struct cli_command *const commands[] = {
    &command_wizard,  &command_init,   &command_pki,      &command_generate,
    &command_sign,    &command_import, &command_check,    &command_orders,
    &command_explain, &command_plan,   &command_status,   &command_renew,
    &command_undo,    &command_mmp,    &command_rehearse, &command_adopt,
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

/* Getopt's numbers: the global options, then the commands' own from OWN on. */
enum {
    CONFIG = UCHAR_MAX + 1, /* below are the letters of short options, and there is none */
    STORE,
    CATALOGUE,
    PLAIN,
    ASCII,
    JSON,
    COLOR,
    AT,
    QUIET,
    HELP,
    VERSION_OPTION,
    OWN
};

static const struct option globals[] = {
    {"config", required_argument, NULL, CONFIG},
    {"store", required_argument, NULL, STORE},
    {"catalogue", required_argument, NULL, CATALOGUE},
    {"plain", no_argument, NULL, PLAIN},
    {"ascii", no_argument, NULL, ASCII},
    {"json", no_argument, NULL, JSON},
    {"color", required_argument, NULL, COLOR},
    {"at", required_argument, NULL, AT},
    {"quiet", no_argument, NULL, QUIET},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION_OPTION},
};
enum { GLOBAL_COUNT = sizeof globals / sizeof *globals };

static void print_help(void)
{
    puts("certwright - certificates for a Cisco Meeting Server deployment, step by step\n\n"
         "usage: certwright [OPTIONS] [COMMAND ...]     without a command: the wizard\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    puts("\noptions, before or after the command:\n"
         "  --config FILE      deployment file (deployment.conf)\n"
         "  --store DIR        folder of keys and certificates (the deployment's, else store)\n"
         "  --catalogue DIR    component files added to or replacing the built-in ones\n"
         "  --plain            ask line by line: dumb terminals, screen readers, pipes\n"
         "  --ascii            no line-drawing characters\n"
         "  --json             results as one JSON document, where a command has results\n"
         "  --color WHEN       auto, always or never; NO_COLOR is honoured\n"
         "  --at DATE          check, status, rehearse, verify: as of 2026-12-31[T12:00:00Z]\n"
         "  --quiet            errors, and lists and documents asked for; else the exit status\n"
         "  --help, --version\n\n"
         "`certwright COMMAND --help` tells more. Exit status: 0 done or yes, 1 no or refused,\n"
         "2 wrong usage, 3 the system refused, 128+n on signal n.");
}

static int print_command_help(const struct cli_command *command)
{
    printf("usage: certwright %s\n\n%s\n", command->usage, command->summary);
    if (command->help)
        printf("\n%s\n", command->help);
    return STATUS_OK;
}

static int print_version(void)
{
    struct str text = {0};
    const char *archive = archive_version();
    text_versions(&text);
    str_addf(&text, "%s\n",
             archive ? archive : "without libarchive: ZIP files are unpacked by hand");
    const char *editor = prompt_version();
    str_addf(&text, "%s\n", editor ? editor : "without libedit: mmp has plain lines");
    printf("certwright %s\n%s%s", VERSION, str_text(&text), BUILT_WITH);
    str_free(&text);
    return STATUS_OK;
}

static const struct cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int wrong_usage(const char *what, const char *word, const char *hint)
{
    char *safe = escape_text(word);
    fprintf(stderr, "certwright: %s \"%s\": %s\n", what, safe, hint);
    free(safe);
    return STATUS_USAGE;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *near = text_nearest(name, names, COMMAND_COUNT);
    char *hint = near ? xformat("did you mean \"%s\"?", near) : xstrdup("see certwright --help");
    int status = wrong_usage("no such command", name, hint);
    free(hint);
    return status;
}

/* Every command's own options in one table, so that they may stand before the command, too. */
static struct option *all_options(size_t *count)
{
    struct option *table = NULL;
    for (size_t i = 0; i < GLOBAL_COUNT; i++) {
        table = grow(table, *count, sizeof *table);
        table[(*count)++] = globals[i];
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        for (const struct cli_option *own = commands[i]->options; own && own->name; own++) {
            bool known = false;
            for (size_t j = 0; j < *count; j++)
                known |= strcmp(table[j].name, own->name) == 0;
            if (known)
                continue;
            table = grow(table, *count, sizeof *table);
            table[*count] = (struct option){own->name,
                                            own->has_value == CLI_MAY ? optional_argument
                                            : own->has_value          ? required_argument
                                                                      : no_argument,
                                            NULL, CONFIG + (int)*count};
            ++*count;
        }
    table = grow(table, *count, sizeof *table);
    return table;
}

static int no_value(const char *option)
{
    char *name = xformat("%s%s", text_starts(option, "--") ? "" : "--", option);
    int status = wrong_usage("a value is missing after", name, "see --help");
    free(name);
    return status;
}

/* What getopt took no option: the whole word, which stands at optind still where several letters
 * follow one dash. */
static int unknown_option(int argc, char **argv, const struct option *table, size_t count)
{
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    if (optopt >= CONFIG) {
        char *name = xformat("--%s", table[optopt - CONFIG].name);
        int status = wrong_usage("no value is taken by", name, "leave the part from \"=\" on out");
        free(name);
        return status;
    }
    if (optopt) {
        bool is_alone = word[0] == '-' && word[1] == (char)optopt && !word[2];
        return wrong_usage("no such option", is_alone || optind >= argc ? word : argv[optind],
                           "options are whole words behind two dashes: see certwright --help");
    }
    const char **names = xcalloc(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    char *name = xstrndup(word + 2, strcspn(word + 2, "="));
    const char *near = strlen(name) > 2 ? text_nearest(name, names, count) : NULL;
    char *hint = near ? xformat("did you mean --%s?", near) : xstrdup("see certwright --help");
    int status = wrong_usage("no such option", word, hint);
    free(hint);
    free(name);
    free(names);
    return status;
}

static int take_global(struct cli *cli, int which, const char *value)
{
    switch (which) {
    case CONFIG:
        cli->config = value;
        break;
    case STORE:
        cli->store = value;
        break;
    case CATALOGUE:
        cli->catalogue_folder = value;
        break;
    case PLAIN:
        cli->plain = true;
        break;
    case ASCII:
        cli->ascii = true;
        break;
    case JSON:
        cli->json = true;
        break;
    case QUIET:
        cli->quiet = true;
        break;
    case COLOR:
        if (strcmp(value, "auto") == 0)
            cli->color = COLOR_AUTO;
        else if (strcmp(value, "always") == 0)
            cli->color = COLOR_ALWAYS;
        else if (strcmp(value, "never") == 0)
            cli->color = COLOR_NEVER;
        else
            return wrong_usage("--color cannot be", value, "write auto, always or never");
        break;
    case AT:
        if (!clock_parse(value, &cli->at))
            return wrong_usage("--at cannot be", value, "write a date like 2026-12-31");
        cli->at_given = true;
        break;
    }
    return STATUS_OK;
}

static bool belongs_to(const struct cli_command *command, const char *name)
{
    for (const struct cli_option *own = command->options; own && own->name; own++)
        if (strcmp(own->name, name) == 0)
            return true;
    return false;
}

static int run(struct cli *cli, bool help, bool version)
{
    if (version)
        return print_version();
    const struct cli_command *command = &command_wizard;
    if (cli->arg_count) {
        command = find_command(cli->args[0]);
        if (!command)
            return unknown_command(cli->args[0]);
        cli->args++;
        cli->arg_count--;
    } else if (help) {
        print_help();
        return STATUS_OK;
    }
    cli->command = command->name;
    if (help)
        return print_command_help(command);
    for (size_t i = 0; i < cli->given_count; i++)
        if (!belongs_to(command, cli->given[i].name))
            return cli_usage(cli, "%s has no option --%s", command->name, cli->given[i].name);
    if (cli->json && !(command->takes & CLI_JSON))
        return cli_usage(cli, "%s has no results to give as --json", command->name);
    if (cli->at_given && !(command->takes & CLI_AT))
        return cli_usage(cli, "%s takes no --at: it goes by the clock", command->name);
    return command->run(cli);
}

/* A closed descriptor 0 to 2 would be given to the next file opened, and messages be written into
 * it. */
static void open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) < 0)
            abort();
}

/* A long text fails before its end is flushed, and leaves no more than the stream's mark. */
static int flushed(int status)
{
    bool lost = ferror(stdout);
    errno = 0;
    if (fflush(stdout) == 0 && !lost)
        return status;
    fprintf(stderr, "certwright: standard output: not all could be written%s%s\n",
            errno ? ": " : "", errno ? strerror(errno) : "");
    return status == STATUS_USAGE ? status : STATUS_SYSTEM;
}

int main(int argc, char **argv)
{
    secret_no_dumps();
    mem_give_back();
    open_standard_descriptors();
    struct cli cli = {.config = "deployment.conf"};
    size_t count = 0;
    struct option *table = all_options(&count);
    bool help = false, version = false;
    int status = STATUS_OK, which;
    opterr = 0;
    while (status == STATUS_OK && (which = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (which == ':' || (which >= CONFIG && optarg && !*optarg))
            status = no_value(which == ':' ? argv[optind - 1] : table[which - CONFIG].name);
        else if (which == '?')
            status = unknown_option(argc, argv, table, count);
        else if (which == HELP)
            help = true;
        else if (which == VERSION_OPTION)
            version = true;
        else if (which >= OWN) {
            cli.given = grow(cli.given, cli.given_count, sizeof *cli.given);
            cli.given[cli.given_count++] = (struct cli_given){table[which - CONFIG].name, optarg};
        } else {
            status = take_global(&cli, which, optarg);
        }
    }
    cli.args = argv + optind;
    cli.arg_count = (size_t)(argc - optind);
    if (status == STATUS_OK)
        status = run(&cli, help, version);
    status = flushed(status);
    free(cli.given);
    free(table);
    return status;
}
