/* What every command needs of the command line. */
#include "cli/cli.h"

#include "base/escape.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_flag(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].name, name) == 0)
            return true;
    return false;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].name, name) == 0)
            value = cli->given[i].value;
    return value;
}

char *cli_list(const struct cli *cli, const char *name)
{
    struct strings values = {0};
    for (size_t i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].name, name) == 0)
            strings_add(&values, cli->given[i].value);
    char *list = strings_join(&values, ",");
    strings_free(&values);
    return list;
}

int cli_number(const struct cli *cli, const char *name, int most, int *out)
{
    const char *text = cli_value(cli, name);
    *out = 0;
    if (!text)
        return STATUS_OK;
    bool is_digits = strspn(text, "0123456789") == strlen(text); /* strtol takes blanks and signs */
    long value = is_digits ? strtol(text, NULL, 10) : 0;
    if (value < 1 || value > most)
        return cli_usage(cli, "--%s takes a number from 1 to %d, not \"%s\"", name, most, text);
    *out = (int)value;
    return STATUS_OK;
}

bool cli_release(const struct cli *cli)
{
    const char *text = cli_value(cli, "release");
    if (!text || (strspn(text, "0123456789.") == strlen(text) && *text != '.' &&
                  !text_ends(text, ".") && !strstr(text, "..")))
        return true;
    cli_usage(cli, "--release takes a release like 2.9, not \"%s\"", text);
    return false;
}

int cli_fail(const struct error *err)
{
    struct str text = {0};
    error_text(err, &text);
    fprintf(stderr, "certwright: %s\n", str_text(&text));
    str_free(&text);
    return err->code ? (int)err->code : STATUS_NO;
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = NULL;
    if (vasprintf(&message, format, args) < 0)
        message = NULL;
    va_end(args);
    char *safe = escape_text(message ? message : "wrong usage");
    fprintf(stderr, "certwright: %s: see certwright %s --help\n", safe,
            cli->command ? cli->command : "");
    free(safe);
    free(message);
    return STATUS_USAGE;
}

static void put_line(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static void put_line(const char *format, va_list args)
{
    char *message = NULL;
    if (vasprintf(&message, format, args) < 0)
        message = NULL;
    struct str safe = {0};
    if (message)
        escape_lines(&safe, message, strlen(message));
    puts(str_text(&safe));
    str_free(&safe);
    free(message);
}

void cli_say(const struct cli *cli, const char *format, ...)
{
    if (cli->quiet)
        return;
    va_list args;
    va_start(args, format);
    put_line(format, args);
    va_end(args);
}

void cli_tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(format, args);
    va_end(args);
}

const char *cli_source(const char *section)
{
    return strlen(section) == 6 && strspn(section, "0123456789") == 6 ? "document" : "guide";
}

int cli_gather(const struct cli *cli, struct catalogue *catalogue, struct facts **facts)
{
    struct error err = {0};
    if (!catalogue_load(cli->catalogue_folder, catalogue, &err))
        return cli_fail(&err);
    struct facts_options options = {.config = cli->config,
                                    .store = cli->store,
                                    .at = cli->at_given ? cli->at : 0,
                                    .release = cli_value(cli, "release")};
    if (facts_gather(&options, catalogue, facts, &err))
        return STATUS_OK;
    catalogue_free(catalogue);
    bool usual = strcmp(cli->config, "deployment.conf") == 0;
    if (access(cli->config, F_OK) != 0)
        snprintf(err.remedy, sizeof err.remedy,
                 "make one: certwright%s%s init --preset lab --domain example.com, or "
                 "certwright%s%s wizard",
                 usual ? "" : " --config ", usual ? "" : cli->config, usual ? "" : " --config ",
                 usual ? "" : cli->config);
    return cli_fail(&err);
}

char *cli_store_of(const struct cli *cli, const struct deployment *deployment)
{
    if (cli->store || !deployment)
        return xstrdup(cli->store ? cli->store : "store");
    char *folder = xstrndup(cli->config, (size_t)(path_base(cli->config) - cli->config));
    char *path = path_join(folder, deployment->store);
    free(folder);
    return path;
}
