#include "cli/password.h"

#include "base/escape.h"
#include "base/hidden.h"
#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

bool password_is_typed(void)
{
    return isatty(STDIN_FILENO);
}

bool password_read(const char *file, struct secret *out, struct error *err)
{
    if (!isatty(STDIN_FILENO))
        return hidden_read(out, err);
    char *shown = escape_text(file), *prompt = xformat("Password for %s: ", shown);
    bool good = hidden_ask(prompt, out, err);
    free(prompt);
    free(shown);
    return good;
}
