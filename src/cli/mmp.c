/* certwright mmp: the emulated appliance's command line. */
#include "base/hidden.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/prompt.h"
#include "mmp/appliance.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
    const struct cli *cli;
    struct appliance *appliance;
    struct prompt *prompt; /* NULL: no terminal */
    int status;            /* of lines that come from no terminal */
};

static void offer(void *context, const char *line, struct strings *out)
{
    appliance_complete(context, line, out);
}

/* The next line, or the answer to what was asked; hidden: what is typed is a password. */
static bool next_line(struct session *session, bool asked, bool hidden, struct str *out)
{
    struct secret secret = {0};
    struct error err = {0};
    struct str text = {0};
    bool good;
    if (hidden && session->prompt) {
        good = hidden_ask("", &secret, &err);
        str_clear(out);
        str_reserve(out, secret.length + 1);
        str_add_bytes(out, secret.data, secret.length);
        secret_free(&secret);
    } else if (session->prompt) {
        if (!asked)
            appliance_prompt(session->appliance, &text);
        good = prompt_line(session->prompt, str_text(&text), out);
    } else {
        good = prompt_plain(out);
    }
    str_free(&text);
    return good;
}

/* What it says, and what that means for whoever waits for the session's end. */
static void tell(struct session *session, const struct appliance_reply *reply)
{
    fwrite(str_text(&reply->text), 1, reply->text.length, stdout);
    if (reply->verdict == APPLIANCE_FAILED)
        session->status = cli_fail(&reply->error);
    else if (reply->verdict != APPLIANCE_DONE && session->status == STATUS_OK && !session->prompt)
        session->status = STATUS_NO;
    fflush(stdout);
}

static void converse(struct session *session)
{
    struct str line = {0};
    bool asked = false, hidden = false, goes_on = true;
    while (goes_on && next_line(session, asked, hidden, &line)) {
        struct appliance_reply reply;
        appliance_line(session->appliance, str_text(&line), &reply);
        if (hidden)
            str_wipe(&line);
        tell(session, &reply);
        asked = reply.asks;
        hidden = reply.hidden;
        goes_on = !reply.ends;
        appliance_reply_free(&reply);
    }
    if (goes_on && session->prompt)
        putchar('\n');
    str_free(&line);
}

static int run_mmp(const struct cli *cli)
{
    struct catalogue catalogue = {0};
    struct error err = {0};
    struct session session = {.cli = cli};
    const char *folder = cli_value(cli, "state");
    struct appliance_options options = {.release = cli_value(cli, "release")};
    if (cli->arg_count)
        return cli_usage(cli, "mmp takes no \"%s\": its lines come from standard input",
                         cli->args[0]);
    if (!folder)
        return cli_usage(cli, "--state DIR says where the appliance keeps its files");
    if (!cli_release(cli))
        return STATUS_USAGE;
    if (!catalogue_load(cli->catalogue_folder, &catalogue, &err))
        return cli_fail(&err);
    if (appliance_open(folder, &catalogue, &options, &session.appliance, &err)) {
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            session.prompt = prompt_new(offer, session.appliance);
        converse(&session);
    } else {
        session.status = cli_fail(&err);
    }
    if (session.prompt)
        prompt_free(session.prompt);
    appliance_close(session.appliance);
    catalogue_free(&catalogue);
    return session.status;
}

static const struct cli_option options[] = {{"state", true}, {"release", true}, {NULL, false}};

const struct cli_command command_mmp = {
    .name = "mmp",
    .run = run_mmp,
    .options = options,
    .usage = "mmp --state DIR [--release R]",
    .summary = "an appliance to try commands on: its MMP's command line",
    .help = "  DIR            the appliance: what SFTP would show lies in it, made where absent\n"
            "  --release R    what runs on it, from now on; a new one has 2.9\n"
            "  Lines come from standard input, replies go to standard output. At a terminal there\n"
            "  are a prompt, history and Tab. `help` lists the commands, `exit` ends.\n"
            "  Exit status of lines from no terminal: 1 when one was refused.\n",
};
