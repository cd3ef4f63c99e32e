#include "base/mem.h"
#include "ui/plain.h"

#include <stdlib.h>
#include <string.h>

static const char *choice_label(const struct field *field, size_t index)
{
    const char *label = index < field->labels.count ? field->labels.items[index] : "";
    return *label ? label : field->choices.items[index];
}

static const struct field *find(const struct page *page, const char *id, size_t *at)
{
    for (*at = 0; *at < page->field_count; ++*at)
        if (strcmp(page->fields[*at].id, id) == 0)
            return &page->fields[*at];
    return NULL;
}

/* what is the field's id: a page that was refused to be left is another value. */
static void why(struct plain *plain, const void *what)
{
    size_t at;
    const struct field *field = find(plain->page, what, &at);
    if (!field)
        return;
    struct strings lines = {0};
    if (field->help && *field->help)
        strings_split(&lines, field->help, '\n');
    say_lines(plain->out, &lines);
    strings_free(&lines);
    for (size_t i = 0; i < field->choices.count; i++)
        if (i < field->whys.count && *field->whys.items[i])
            say(plain->out, "%s: %s", choice_label(field, i), field->whys.items[i]);
    if (field->follows)
        say(plain->out, "It follows other answers until you give one here.");
    if (field->section && *field->section)
        say(plain->out, "Guide %s.", field->section);
}

static size_t chosen(const struct field *field)
{
    for (size_t i = 0; i < field->choices.count; i++)
        if (strcmp(field->choices.items[i], field->value) == 0)
            return i;
    return 0;
}

static void say_choices(struct plain *plain, const struct field *field)
{
    if (field->kind != FIELD_CHOICE)
        return;
    say(plain->out, "%s:", field->label);
    for (size_t i = 0; i < field->choices.count; i++)
        say(plain->out, "  %zu %s", i + 1, choice_label(field, i));
}

static char *prompt_for(const struct field *field)
{
    if (field->kind == FIELD_TICK) {
        const char *label = field->labels.count > 0 ? field->labels.items[0] : "";
        return xformat("%s%s%s, yes or no [%s] (? <): ", field->label, *label ? ": " : "", label,
                       field->value);
    }
    if (field->kind == FIELD_TEXT)
        return xformat("%s%s%s%s (? <%s): ", field->label, *field->value ? " [" : "", field->value,
                       *field->value ? "]" : "", field->list ? " . ends" : "");
    return xformat("%s, 1 to %zu [%zu] (? <): ", field->label, field->choices.count,
                   chosen(field) + 1);
}

/* A number, a word, or a label. NULL: none of them. */
static const char *choice_of(const struct field *field, const char *line)
{
    char *end;
    unsigned long number = strtoul(line, &end, 10);
    if (!*end && number >= 1 && number <= field->choices.count)
        return field->choices.items[number - 1];
    for (size_t i = 0; i < field->choices.count; i++)
        if (strcasecmp(line, field->choices.items[i]) == 0 ||
            strcasecmp(line, choice_label(field, i)) == 0)
            return field->choices.items[i];
    return NULL;
}

static void why_list(struct plain *plain, const void *what)
{
    (void)what;
    say(plain->out, "One more on a line; a single dot ends the list.");
}

/* The further values of a list, up to a dot. */
static enum reply more_values(struct plain *plain, const struct field *field, struct str *text)
{
    char *prompt = xformat("%s, next (. ends): ", field->label);
    enum reply reply;
    for (;;) {
        reply = plain_ask(plain, field->id, prompt, why_list, NULL);
        if (reply != REPLY_TEXT || strcmp(plain->line, ".") == 0)
            break;
        str_addf(text, " %s", plain->line);
    }
    free(prompt);
    return reply;
}

/* What the answer means to the flow; NULL where it means nothing, said already. */
static char *meaning(struct plain *plain, const struct field *field, enum reply reply)
{
    if (reply == REPLY_EMPTY)
        return xstrdup("");
    const char *line = plain->line;
    if (strcmp(line, "=") == 0 && field->mend)
        return xstrdup(field->mend);
    if (field->kind == FIELD_TEXT)
        return xstrdup(line[0] == '\\' ? line + 1 : line); /* \? is a question mark */
    if (field->kind == FIELD_TICK) {
        if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
            return xstrdup("yes");
        if (strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
            return xstrdup("no");
        say(plain->out, "Error: answer yes or no.");
        return NULL;
    }
    const char *word = choice_of(field, line);
    if (word)
        return xstrdup(word);
    say(plain->out, "Error: answer with a number from 1 to %zu.", field->choices.count);
    return NULL;
}

/* False: said again, as the flow refused it or finds an error there. */
static bool accepted(struct plain *plain, const char *id, const char *text)
{
    if (!plain_take(plain, &(struct event){.kind = EVENT_SET, .id = id, .text = text})) {
        size_t at;
        struct page judged = {0};
        flow_judge(plain->flow, id, text, &judged);
        const struct field *field = find(&judged, id, &at);
        if (field && field->mend)
            say(plain->out, "%s is what it may be.", field->mend);
        page_free(&judged);
        return false;
    }
    size_t at;
    const struct field *field = find(plain->page, id, &at);
    if (!field)
        return true;
    if (field->kind == FIELD_CHOICE)
        say(plain->out, "%s: %s.", field->label, choice_label(field, chosen(field)));
    if (field->level < LEVEL_WARN || !field->finding)
        return true;
    say_finding(plain->out, field->level, field->finding, field->remedy);
    if (field->mend)
        say(plain->out, "= makes it %s, Enter leaves it.", field->mend);
    return field->level != LEVEL_ERROR;
}

/* Asks one field until it is answered. */
static enum reply ask_field(struct plain *plain, const char *id)
{
    for (bool first = true;; first = false) {
        size_t at;
        const struct field *field = find(plain->page, id, &at);
        if (!field)
            return REPLY_DEFAULT;
        if (first)
            say_choices(plain, field);
        char *prompt = prompt_for(field);
        enum reply reply = plain_ask(plain, id, prompt, why, id);
        free(prompt);
        if (reply != REPLY_TEXT && reply != REPLY_EMPTY)
            return reply;
        field = find(plain->page, id, &at);
        if (!field)
            return REPLY_DEFAULT;
        if (field->list && reply == REPLY_TEXT && strcmp(plain->line, ".") == 0)
            return REPLY_DEFAULT;
        char *text = meaning(plain, field, reply);
        if (!text)
            continue;
        if (field->list && reply == REPLY_TEXT) {
            struct str all = {0};
            str_add(&all, text);
            free(text);
            reply = more_values(plain, field, &all);
            text = str_take(&all);
        }
        bool good = reply != REPLY_GONE && accepted(plain, id, text);
        free(text);
        if (reply == REPLY_GONE || reply == REPLY_END)
            return reply;
        if (good)
            return REPLY_TEXT;
    }
}

static size_t first_error(const struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (page->fields[i].level == LEVEL_ERROR)
            return i;
    return 0;
}

enum step plain_form(struct plain *plain)
{
    char *page = xstrdup(plain->page->id);
    enum step step = STEP_STAYED;
    size_t at = 0;
    while (step == STEP_STAYED) {
        if (at >= plain->page->field_count) {
            say_lines(plain->out, &plain->page->live);
            step = plain_next(plain);
            at = first_error(plain->page);
            if (step == STEP_STAYED && plain->page->field_count == 0)
                break;
            continue;
        }
        free(plain->id);
        plain->id = xstrdup(plain->page->fields[at].id);
        enum reply reply = ask_field(plain, plain->id);
        size_t now;
        bool there = strcmp(plain->page->id, page) == 0;
        if (reply == REPLY_END)
            step = STEP_END;
        else if (reply == REPLY_GONE || !there)
            step = STEP_GONE;
        else if (reply == REPLY_BACK && at == 0)
            step = plain_back(plain);
        else if (reply == REPLY_BACK)
            at--;
        else
            at = find(plain->page, plain->id, &now) ? now + 1 : at;
    }
    free(page);
    return step;
}
