#include "cli/password.h"

#include "base/escape.h"
#include "base/hidden.h"
#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

bool password_is_typed(const struct cli *cli)
{
    return !cli_value(cli, "password-file") && isatty(STDIN_FILENO);
}

bool password_read(const struct cli *cli, const char *file, struct secret *out, struct error *err)
{
    if (cli->password) {
        secret_set(out, cli->password->data, cli->password->length);
        return true;
    }
    if (!isatty(STDIN_FILENO))
        return hidden_read(out, err);
    char *shown = escape_text(file), *prompt = xformat("Password for %s: ", shown);
    bool good = hidden_ask(prompt, out, err);
    free(prompt);
    free(shown);
    return good;
}
