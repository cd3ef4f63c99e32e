/* Paths as shells, file managers and people write them. */
#include "base/mem.h"
#include "flow/intake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 : -1;
}

/* file:///a%20b and file://localhost/a%20b, as browsers and file managers give them. */
static char *of_url(const char *url)
{
    const char *at = url + strlen("file://");
    if (text_starts(at, "localhost/"))
        at += strlen("localhost");
    struct str out = {0};
    for (; *at; at++) {
        int high = *at == '%' ? hex(at[1]) : -1, low = high >= 0 ? hex(at[2]) : -1;
        bool byte = low >= 0 && high + low > 0;
        str_add_char(&out, byte ? (char)(high * 16 + low) : *at);
        at += byte ? 2 : 0;
    }
    return str_take(&out);
}

static char *expand(const char *word, bool quoted)
{
    const char *home = getenv("HOME");
    if (!quoted && text_starts(word, "file://"))
        return of_url(word);
    if (!quoted && home && (strcmp(word, "~") == 0 || text_starts(word, "~/")))
        return xformat("%s%s", home, word + 1);
    return xstrdup(word);
}

/* The next word from *at on, without its quotes and backslashes; false: a quote is left open. */
static bool next_word(const char **at, struct str *word, bool *quoted)
{
    char quote = '\0';
    *quoted = **at == '\'' || **at == '"';
    for (; **at && (quote || !isspace((unsigned char)**at)); ++*at) {
        if (**at == quote)
            quote = '\0';
        else if (!quote && (**at == '\'' || **at == '"'))
            quote = **at;
        else if (**at == '\\' && quote != '\'' && (*at)[1])
            str_add_char(word, *++*at);
        else
            str_add_char(word, **at);
    }
    return !quote;
}

static bool is_there(const char *text, struct strings *out)
{
    char *path = expand(text, false);
    bool there = *path && access(path, F_OK) == 0;
    if (there)
        strings_add(out, path);
    free(path);
    return there;
}

bool paths_split(const char *text, struct strings *out, struct error *err)
{
    if (is_there(text, out))
        return true;
    for (const char *at = text; *at;) {
        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        struct str word = {0};
        bool quoted, closed = next_word(&at, &word, &quoted);
        strings_add_take(out, expand(str_text(&word), quoted));
        str_free(&word);
        if (!closed)
            return error_set(err, STATUS_NO, "", "close it, or leave it out",
                             "a quote in the path is left open");
    }
    return true;
}

bool paths_only(const char *text)
{
    struct strings lines = {0};
    strings_split(&lines, text, '\n');
    bool only = lines.count > 0;
    for (size_t i = 0; only && i < lines.count; i++) {
        const char *line = lines.items[i] + strspn(lines.items[i], " \t\r");
        struct strings there = {0};
        only = !*line || text_starts(line, "file://") || text_starts(line, "~/") ||
               (strchr("/'\"", *line) && strlen(line) < 4096 && paths_split(line, &there, NULL) &&
                there.count && access(there.items[0], F_OK) == 0);
        strings_free(&there);
    }
    strings_free(&lines);
    return only;
}
