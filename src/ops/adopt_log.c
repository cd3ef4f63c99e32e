/* A terminal's log as what was typed and what came back. */
#include "base/mem.h"
#include "ops/adopting.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_LENGTH = 64,
    WRAPS_FROM = 40 /* no screen is narrower; below that a blank at the end is only a blank */
};

/* Where the escape sequence at text[at] ends: colours, titles, character sets. */
static size_t behind_escape(const char *text, size_t length, size_t at)
{
    if (++at >= length)
        return at;
    char kind = text[at++];
    if (kind == '[') {
        while (at < length && !(text[at] >= '@' && text[at] <= '~') && text[at] != '\n')
            at++;
        return at < length && text[at] != '\n' ? at + 1 : at;
    }
    if (kind == ']' || kind == 'P') {
        while (at < length && text[at] != '\a' && text[at] != '\n' && text[at] != '\033')
            at++;
        if (at < length && text[at] == '\033')
            at++;
        return at < length && text[at] != '\n' ? at + 1 : at;
    }
    return (kind == '(' || kind == ')' || kind == '#') && at < length && text[at] != '\n' ? at + 1
                                                                                          : at;
}

static void cut_to(struct str *out, size_t length)
{
    out->length = length;
    out->data[length] = '\0';
}

/* A carriage return that no line feed follows: the line is written anew, or, where a full line ends
 * in the blank that makes a screen wrap, it goes on. */
static void return_carriage(struct str *out, size_t line)
{
    size_t length = out->length - line;
    if (length >= WRAPS_FROM && out->data[out->length - 1] == ' ')
        cut_to(out, out->length - 1);
    else if (length)
        cut_to(out, line);
}

void log_clean(const char *data, size_t length, struct str *out)
{
    bool only_cr = !memchr(data, '\n', length), returned = false;
    size_t line = 0; /* where the present one begins */
    for (size_t at = 0; at < length;) {
        char c = data[at];
        if (c == '\r' && !only_cr) {
            returned = true;
            at++;
            continue;
        }
        if (c == '\n' || c == '\r') {
            str_add_char(out, '\n');
            line = out->length;
            returned = false;
            at++;
            continue;
        }
        if (c == '\033') {
            at = behind_escape(data, length, at);
            continue;
        }
        if (c == '\b') {
            if (out->length > line)
                cut_to(out, out->length - 1);
        } else if (c == '\t' || (unsigned char)c >= ' ') {
            if (returned)
                return_carriage(out, line);
            returned = false;
            if (c != 0x7f)
                str_add_char(out, c == '\t' ? ' ' : c);
        }
        at++;
    }
}

/* "[2026-11-29 10:00:01] ", as some terminals put before each line. */
static const char *behind_time(const char *line)
{
    const char *at = line;
    if (*at++ != '[' || !isdigit((unsigned char)*at))
        return line;
    at += strspn(at, "0123456789-:./ TZ+");
    return *at == ']' ? at + 1 + strspn(at + 1, " ") : line;
}

/* "NAME> COMMAND": the length of NAME, 0 where it is no prompt. */
static size_t prompt_length(const char *line)
{
    size_t length = 0;
    while (isalnum((unsigned char)line[length]) ||
           (length && line[length] && strchr("-_.", line[length])))
        length++;
    return line[length] == '>' && line[length + 1] != '>' && length <= NAME_MAX_LENGTH ? length : 0;
}

/* The programs that people copy files with, which ask like an appliance. */
static bool is_program(const char *line, size_t length)
{
    static const char *const programs[] = {"sftp", "psftp", "ftp", "winscp", "lftp"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strlen(programs[i]) == length && strncmp(line, programs[i], length) == 0)
            return true;
    return false;
}

struct speaker *log_speaker(struct adopting *work, const char *prompt)
{
    for (size_t i = 0; i < work->speaker_count; i++)
        if (strcmp(work->speakers[i].prompt, prompt) == 0)
            return &work->speakers[i];
    work->speakers = grow(work->speakers, work->speaker_count, sizeof *work->speakers);
    struct speaker *speaker = &work->speakers[work->speaker_count++];
    speaker->prompt = xstrdup(prompt);
    speaker->release = xstrdup("");
    return speaker;
}

static struct said *begin(struct adopting *work, const char *line, size_t length)
{
    char *prompt = xstrndup(line, length);
    struct speaker *speaker = log_speaker(work, prompt);
    free(prompt);
    speaker->said = grow(speaker->said, speaker->said_count, sizeof *speaker->said);
    struct said *said = &speaker->said[speaker->said_count++];
    const char *command = line + length + 1;
    said->command = xstrdup(command + strspn(command, " "));
    for (size_t end = strlen(said->command); end && said->command[end - 1] == ' ';)
        said->command[--end] = '\0';
    return said;
}

bool log_read(struct adopting *work, const char *text, size_t number)
{
    struct said *now = NULL;
    bool spoken = false;
    size_t width = 0;
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strcspn(at, "\n") > width)
            width = strcspn(at, "\n");
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        char *whole = xstrndup(at, length);
        const char *line = behind_time(whole);
        size_t prompt = prompt_length(line);
        if (prompt) {
            now = is_program(line, prompt) ? NULL : begin(work, line, prompt);
            if (now) {
                now->width = width;
                now->log = number;
            }
            spoken = spoken || now;
        } else if (now) {
            strings_add(&now->lines, line);
        }
        free(whole);
        at += length + (at[length] == '\n');
    }
    return spoken;
}
