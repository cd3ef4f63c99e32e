#include "ui/plain.h"

#include "base/hidden.h"
#include "base/mem.h"
#include "base/secret.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_line(struct plain *plain)
{
    if (plain->line)
        wipe(plain->line, strlen(plain->line)); /* it may have been of a key */
    ssize_t length = getline(&plain->line, &plain->room, plain->in);
    if (length <= 0)
        return false;
    plain->line[strcspn(plain->line, "\r\n")] = '\0';
    return true;
}

static const char *trimmed(char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        line[--length] = '\0';
    return line;
}

/* The flow takes the event only when it is asked for: its words, and yes or no. */
static bool take_asked(struct plain *plain, const struct event *event)
{
    char *id = event->id ? xstrdup(event->id) : NULL; /* they may lie in the line typed */
    char *text = event->text ? xstrdup(event->text) : NULL;
    struct event again = {
        .kind = event->kind, .id = id, .text = text, .row = event->row, .insist = true};
    bool yes = false;
    struct strings lines = {0};
    strings_split(&lines, plain->page->ask, '\n');
    say_lines(plain->out, &lines);
    strings_free(&lines);
    enum reply reply = plain_confirm(plain, plain->id, plain->page->ask_verb, &yes);
    if (reply != REPLY_END && reply != REPLY_GONE && !yes)
        say(plain->out, "Nothing is changed.");
    bool taken = yes && plain_take(plain, &again);
    free(id);
    free(text);
    return taken;
}

/* Refused because another program had the file meanwhile: what the page offers then is asked for.
 */
static void look_again(struct plain *plain, const struct event *event)
{
    for (size_t i = 0; i < plain->page->action_count; i++) {
        const char *action = plain->page->actions[i].id;
        if (strcmp(action, "reread") != 0 && strcmp(action, "rewrite") != 0)
            continue;
        char *id = xstrdup(action); /* pages come and go meanwhile */
        bool yes = false;
        if (event->kind != EVENT_ACTION || strcmp(event->id, id) != 0)
            plain_confirm(plain, id, plain->page->actions[i].label, &yes);
        if (yes)
            plain_take(plain, &(struct event){.kind = EVENT_ACTION, .id = id});
        free(id);
        return;
    }
}

bool plain_take(struct plain *plain, const struct event *event)
{
    struct error err = {0};
    if (!flow_take(plain->flow, event, &err)) {
        plain->page = flow_page(plain->flow);
        if (plain->page->ask)
            return take_asked(plain, event);
        say_error(plain->out, &err);
        look_again(plain, event);
        return false;
    }
    plain->page = flow_page(plain->flow);
    say_message(plain->out, plain->page);
    return true;
}

/* "#": where one is; "#ID": there. True when the page is another one. */
static bool hash(struct plain *plain, const char *line)
{
    const char *id = line + 1 + strspn(line + 1, " ");
    if (!*id) {
        say_marks(plain->out, plain->page);
        return false;
    }
    char *copy = xstrdup(id);
    bool gone = plain_take(plain, &(struct event){.kind = EVENT_GOTO, .id = copy});
    free(copy);
    return gone;
}

enum reply plain_ask(struct plain *plain, const char *id, const char *prompt, plain_why why,
                     const void *what)
{
    for (;;) {
        if (plain->ids && id && *id)
            say_prompt(plain->out, "[%s] ", id);
        say_prompt(plain->out, "%s", prompt);
        plain->open_id = id;
        if (!read_line(plain)) {
            fputc('\n', plain->out);
            return REPLY_END;
        }
        const char *line = trimmed(plain->line);
        if (line != plain->line)
            memmove(plain->line, line, strlen(line) + 1);
        line = plain->line;
        if (strcmp(line, "?") == 0)
            why(plain, what);
        else if (line[0] == '#' && hash(plain, line))
            return REPLY_GONE;
        else if (line[0] == '#')
            continue;
        else if (strcmp(line, "-") == 0) {
            if (plain_take(plain, &(struct event){.kind = EVENT_UNDO}))
                return REPLY_GONE;
        } else if (strcmp(line, "<") == 0)
            return REPLY_BACK;
        else if (strcmp(line, "!") == 0)
            return REPLY_EMPTY;
        else
            return *line ? REPLY_TEXT : REPLY_DEFAULT;
    }
}

void plain_keys(struct plain *plain)
{
    static const char *const keys[] = {
        "? explains the question. Enter takes what stands in brackets.",
        "< goes back. # tells what is left, #NAME goes there, as #basics.",
        "! is an empty answer. - takes back the last answer.",
        "\\ in front of an answer takes it as it is, be it ? or <.",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        say(plain->out, "%s", keys[i]);
}

static void why_confirm(struct plain *plain, const void *what)
{
    (void)what;
    say(plain->out, "yes does it, no leaves all as it is.");
    plain_keys(plain);
}

static bool is_yes(const char *line)
{
    return strcasecmp(line, "yes") == 0 || strcasecmp(line, "y") == 0;
}

enum reply plain_confirm(struct plain *plain, const char *id, const char *question, bool *yes)
{
    size_t length = strlen(question);
    bool asks = length > 0 && question[length - 1] == '?';
    char *prompt = xformat("%s%s yes or no [no] (? <): ", question, asks ? "" : "?");
    enum reply reply;
    while ((reply = plain_ask(plain, id, prompt, why_confirm, NULL)) == REPLY_TEXT &&
           !is_yes(plain->line) && strcasecmp(plain->line, "no") != 0 &&
           strcasecmp(plain->line, "n") != 0)
        say(plain->out, "Error: answer yes or no.");
    free(prompt);
    *yes = reply == REPLY_TEXT && is_yes(plain->line);
    return reply;
}

char *plain_text(struct plain *plain, const char *what)
{
    say(plain->out, "%s: paste or type it; a line with a single dot ends it.", what);
    struct str text = {0};
    str_reserve(&text, 1 << 16);
    while (read_line(plain) && strcmp(plain->line, ".") != 0) {
        if (text.length + strlen(plain->line) > 1 << 20)
            break;
        str_add(&text, plain->line);
        str_add_char(&text, '\n');
    }
    char *copy = xstrdup(str_text(&text));
    str_wipe(&text);
    return copy;
}

static void why_secret(struct plain *plain, const void *what)
{
    (void)what;
    say(plain->out, "It opens what was named; nothing keeps it.");
    plain_keys(plain);
}

enum reply plain_secret(struct plain *plain, const char *id, const char *what, char **text)
{
    char *prompt = xformat("%s: ", what);
    enum reply reply = REPLY_BACK;
    if (fileno(plain->in) == STDIN_FILENO && isatty(STDIN_FILENO)) {
        struct secret typed = {0};
        struct error err = {0};
        fflush(plain->out);
        if (hidden_ask(prompt, &typed, &err)) {
            reply = REPLY_TEXT;
            *text = xstrdup((const char *)typed.data);
        }
        secret_free(&typed);
    } else {
        reply = plain_ask(plain, id, prompt, why_secret, NULL);
        if (reply == REPLY_TEXT)
            *text = xstrdup(plain->line);
    }
    free(prompt);
    return reply;
}

/* On to the next page; what stands in the way is said, and may be passed. */
enum step plain_next(struct plain *plain)
{
    bool yes = false;
    if (plain->page->confirm_next) {
        enum reply reply = plain_confirm(plain, plain->page->id, plain->page->confirm_next, &yes);
        if (reply == REPLY_END)
            return STEP_END;
        if (reply == REPLY_GONE)
            return STEP_GONE;
        if (!yes)
            return STEP_STAYED;
    }
    if (plain_take(plain, &(struct event){.kind = EVENT_NEXT}))
        return STEP_GONE;
    if (plain->page->ask) /* asked, and answered with no */
        return STEP_STAYED;
    if (plain->page->firm) /* that were refused as well */
        return STEP_STAYED;
    enum reply reply = plain_confirm(plain, plain->page->id, "Go on all the same?", &yes);
    if (reply == REPLY_END)
        return STEP_END;
    if (reply == REPLY_GONE)
        return STEP_GONE;
    if (yes && plain_take(plain, &(struct event){.kind = EVENT_NEXT, .insist = true}))
        return STEP_GONE;
    return STEP_STAYED;
}

enum step plain_back(struct plain *plain)
{
    return plain_take(plain, &(struct event){.kind = EVENT_BACK}) ? STEP_GONE : STEP_STAYED;
}

/* One page, until another one is there. */
static enum step show(struct plain *plain)
{
    plain->page = flow_page(plain->flow);
    fputc('\n', plain->out);
    say_heading(plain->out, plain->page);
    if (plain->page->kind == PAGE_FORM)
        return plain_form(plain);
    if (plain->page->kind == PAGE_JOB) {
        struct error err = {0};
        bool done;
        bool good = say_job(plain->out, plain->flow, &done, &err);
        plain->page = flow_page(plain->flow);
        if (!good)
            say_error(plain->out, &err);
        else if (done)
            say_message(plain->out, plain->page);
        if (good && done)
            return STEP_GONE;
    }
    return plain_rows(plain);
}

int plain_run(struct flow *flow, const struct plain_options *options)
{
    struct plain plain = {.flow = flow,
                          .in = options->in ? options->in : stdin,
                          .out = options->out ? options->out : stdout,
                          .ids = options->ids};
    setlocale(LC_CTYPE, "");
    const char *held = flow_held(flow);
    if (held)
        say_finding(plain.out, LEVEL_WARN, held, NULL);
    say(plain.out,
        "An answer a line. Enter takes what stands in brackets, ? explains the question and every "
        "key, < goes back, ! is an empty answer, # tells what is left, - takes back the last.");
    int status = STATUS_OK;
    while (!flow_ended(flow) && !plain.leaving) {
        if (show(&plain) != STEP_END)
            continue;
        say(plain.out, "Error: the input ended at %s; what was accepted is saved.",
            plain.open_id && *plain.open_id ? plain.open_id : flow_page(flow)->id);
        status = STATUS_NO;
        break;
    }
    if (options->again && status == STATUS_OK)
        say_left(plain.out, flow, options->config, options->again);
    fflush(plain.out);
    free(plain.line);
    free(plain.id);
    return status;
}
