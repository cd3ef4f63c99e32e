#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "model/facts.h"

#include <stdio.h>

/* A command's own long options. */
enum { CLI_MAY = 2 }; /* have a value: --graph, --graph=text */
struct cli_option {
    const char *name;
    int has_value; /* false, true or CLI_MAY */
};
struct cli_given {
    const char *name, *value;
};
/* The command line, read: global options, the command's own, and what is left. */
struct cli {
    const char *config; /* deployment.conf */
    const char *store;  /* NULL: the config's, else "store" */
    const char *catalogue_folder;
    bool plain, ascii, json, quiet;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
    bool at_given;
    time_t at; /* 0: now */
    struct cli_given *given;
    size_t given_count;
    char **args; /* after the command's name */
    size_t arg_count;
    const char *command;
};
/* Global options that are not for every command. */
enum { CLI_JSON = 1, CLI_AT = 2 };
struct cli_command {
    const char *name;
    unsigned takes; /* of those */
    int (*run)(const struct cli *cli);
    const struct cli_option *options; /* ends with a NULL name */
    const char *usage;                /* "sign --ca NAME [--make-ca] [IDENTITY...]" */
    const char *summary;              /* one line */
    const char *help;                 /* some lines more; may be NULL */
};
/* One a command file. */
extern const struct cli_command command_wizard, command_init, command_pki, command_generate,
    command_sign, command_import, command_check, command_orders, command_explain, command_plan,
    command_status, command_renew, command_undo, command_mmp, command_rehearse, command_adopt;

bool cli_flag(const struct cli *cli, const char *name);
const char *cli_value(const struct cli *cli, const char *name); /* the last one given, or NULL */
char *cli_list(const struct cli *cli, const char *name); /* all that were given: "a,b"; free it */
/* The whole number from 1 to most that an option gives, 0 where it is not given; the exit status of
 * wrong usage where it is none. */
must_check int cli_number(const struct cli *cli, const char *name, int most, int *out);
enum { DAYS_MOST = 36500 }; /* a century; a year of five digits is nobody's wish */
/* --release, where it is given, reads like one: 2.9, 3.10; else it is said. */
must_check bool cli_release(const struct cli *cli);
/* "certwright: FILE: what is wrong: what to do" on stderr; returns the exit status. */
int cli_fail(const struct error *err);
/* Wrong usage: says it and the usage line; returns 2. */
int cli_usage(const struct cli *cli, const char *format, ...) printf_like(2, 3);
/* A line on stdout about what was done, unless --quiet. Escaped. */
void cli_say(const struct cli *cli, const char *format, ...) printf_like(2, 3);
/* A line of what was asked for: --quiet leaves it. Escaped. */
void cli_tell(const char *format, ...) printf_like(1, 2);
/* What a section is of: six digits are a document of the vendor, all else is the guide's. */
const char *cli_source(const char *section);
/* Loads catalogue and facts as the options say; ends in cli_fail's status on failure: 0 is good. */
int cli_gather(const struct cli *cli, struct catalogue *catalogue, struct facts **facts);
/* The store folder: --store, else the deployment's, else "store" (NULL: there is none). Free it. */
char *cli_store_of(const struct cli *cli, const struct deployment *deployment);

#endif
