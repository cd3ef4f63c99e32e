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

/* What the cell of a table is called within its row; NULL: the page is no table. */
static const struct column *column_of(const struct page *page, size_t at)
{
    return page->kind == PAGE_GRID ? &page->columns[at % page->column_count] : NULL;
}

/* Good as it is: asked only after "+". */
static bool is_folded(const struct plain *plain, const struct field *field)
{
    return field->fold && !plain->all && field->level != LEVEL_ERROR &&
           (*field->value || field->optional || field->kind != FIELD_TEXT);
}

static bool has_folded(const struct plain *plain)
{
    for (size_t i = 0; i < plain->page->field_count; i++)
        if (is_folded(plain, &plain->page->fields[i]))
            return true;
    return false;
}

/* what is the field's id: a page that was refused to be left is another value. */
static void why(struct plain *plain, const void *what)
{
    size_t at;
    const struct field *field = find(plain->page, what, &at);
    if (!field)
        return;
    struct strings lines = {0};
    const struct column *column = column_of(plain->page, at);
    const char *help = column ? column->help : field->help;
    const char *section = column ? column->section : field->section;
    if (help && *help)
        strings_split(&lines, help, '\n');
    say_lines(plain->out, &lines);
    strings_free(&lines);
    for (size_t i = 0; i < field->choices.count; i++)
        if (i < field->whys.count && *field->whys.items[i])
            say(plain->out, "%s: %s", choice_label(field, i), field->whys.items[i]);
    if (field->follows)
        say(plain->out, "It follows other answers until you give one here.");
    if (section && *section)
        say(plain->out, "Guide %s.", section);
    if (field->list)
        say(plain->out, "Several values: each on a line, or commas between them; a single dot ends "
                        "the list.");
    if (field->mend)
        say(plain->out, "= makes it %s.", field->mend);
    if (has_folded(plain))
        say(plain->out, "+ asks for the values of this page, too, that are good as they are.");
    plain_keys(plain);
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

static char *prompt_for(const struct plain *plain, const struct field *field)
{
    const char *more = has_folded(plain) ? " +" : "";
    bool offered = *field->value && field->level != LEVEL_ERROR;
    if (field->kind == FIELD_TICK) {
        const char *label = field->labels.count > 0 ? field->labels.items[0] : "";
        return xformat("%s%s%s, yes or no [%s] (? <%s): ", field->label, *label ? ": " : "", label,
                       field->value, more);
    }
    if (field->kind == FIELD_TEXT)
        return xformat("%s%s%s%s (? <%s%s): ", field->label, offered ? " [" : "",
                       offered ? field->value : "", offered ? "]" : "", more,
                       field->list ? " . ends" : "");
    return xformat("%s, 1 to %zu [%zu] (? <%s): ", field->label, field->choices.count,
                   chosen(field) + 1, more);
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
    plain_keys(plain);
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
        str_addf(text, ", %s", plain->line);
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

/* A text with an error of its own is not taken, lest it stood there as the answer; what was found
 * before the text came is another matter. */
static bool is_wrong(struct plain *plain, const char *id, const char *text)
{
    size_t at;
    const struct field *now = find(plain->page, id, &at);
    if (!now || now->kind != FIELD_TEXT || strcmp(now->value, text) == 0)
        return false;
    struct page judged = {0};
    flow_judge(plain->flow, id, text, &judged);
    const struct field *then = find(&judged, id, &at);
    bool wrong =
        then && then->level == LEVEL_ERROR && then->finding &&
        !(now->level == LEVEL_ERROR && now->finding && strcmp(now->finding, then->finding) == 0);
    if (wrong) {
        say_finding(plain->out, LEVEL_ERROR, then->finding, then->remedy);
        if (then->mend)
            say(plain->out, "%s is what it may be.", then->mend);
    }
    page_free(&judged);
    return wrong;
}

/* False: said again, as the flow refused it or finds an error there. */
static bool accepted(struct plain *plain, const char *id, const char *text)
{
    if (is_wrong(plain, id, text))
        return false;
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
    return field->level != LEVEL_ERROR && !field->mend; /* what is offered is asked for */
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
        char *prompt = prompt_for(plain, field);
        enum reply reply = plain_ask(plain, id, prompt, why, id);
        free(prompt);
        if (reply != REPLY_TEXT && reply != REPLY_EMPTY)
            return reply;
        field = find(plain->page, id, &at);
        if (!field)
            return REPLY_DEFAULT;
        if (reply == REPLY_TEXT && strcmp(plain->line, "+") == 0) {
            plain->all = true;
            continue;
        }
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

/* what: the first field and how many. */
static void why_ticks(struct plain *plain, const void *what)
{
    const size_t *range = what;
    for (size_t i = range[0]; i < range[0] + range[1]; i++) {
        const struct field *field = &plain->page->fields[i];
        const struct column *column = column_of(plain->page, i);
        if (column)
            say(plain->out, "%s: %s Guide %s.", column->title, column->help, column->section);
        else
            say(plain->out, "%s: %s Guide %s.", field->label, field->help, field->section);
    }
    plain_keys(plain);
}

static void why_page(struct plain *plain, const void *what)
{
    (void)what;
    say_lines(plain->out, &plain->page->why);
    say(plain->out, "+ asks for each of these values; Enter takes them as they are.");
    plain_keys(plain);
}

/* Fields that are ticked, one after another, from at. */
static size_t ticks_from(const struct plain *plain, size_t at)
{
    const struct page *page = plain->page;
    size_t end = at, columns = page->kind == PAGE_GRID ? page->column_count : page->field_count;
    size_t last = columns ? (at / columns + 1) * columns : at;
    while (end < last && page->fields[end].kind == FIELD_TICK && !page->fields[end].fixed &&
           !is_folded(plain, &page->fields[end]))
        end++;
    return end - at;
}

/* Turns over each field whose number stands in the line; false: a number is wrong. */
static bool turn_over(struct plain *plain, size_t at, size_t count)
{
    struct strings words = {0};
    strings_split(&words, plain->line, ' ');
    bool good = words.count > 0;
    for (size_t i = 0; good && i < words.count; i++) {
        char *end;
        unsigned long number = strtoul(words.items[i], &end, 10);
        good = !*end && number >= 1 && number <= count;
    }
    if (!good)
        say(plain->out, "Error: answer with numbers from 1 to %zu, blanks between them.", count);
    for (size_t i = 0; good && i < words.count; i++) {
        const struct field *field =
            &plain->page->fields[at + strtoul(words.items[i], NULL, 10) - 1];
        char *id = xstrdup(field->id);
        accepted(plain, id, strcmp(field->value, "yes") == 0 ? "no" : "yes");
        free(id);
    }
    strings_free(&words);
    return good;
}

/* Several ticks are one question: numbers turn them over, Enter keeps what stands. */
static enum reply ask_ticks(struct plain *plain, size_t at, size_t count)
{
    for (;;) {
        for (size_t i = 0; i < count; i++) {
            const struct field *field = &plain->page->fields[at + i];
            const struct column *column = column_of(plain->page, at + i);
            say(plain->out, "  %zu %s%s", i + 1, column ? column->title : field->label,
                strcmp(field->value, "yes") == 0 ? ", yes" : "");
        }
        const size_t range[] = {at, count};
        enum reply reply =
            plain_ask(plain, plain->page->fields[at].id,
                      "Numbers change yes and no, Enter keeps them (? <): ", why_ticks, range);
        if (reply != REPLY_TEXT)
            return reply;
        turn_over(plain, at, count);
        if (ticks_from(plain, at) != count)
            return REPLY_GONE;
    }
}

/* A page whose fields are all good as they are: one question for all. */
static enum reply ask_whole(struct plain *plain)
{
    for (size_t i = 0; i < plain->page->field_count; i++) {
        const struct field *field = &plain->page->fields[i];
        const char *value = field->kind == FIELD_CHOICE && field->choices.count
                                ? choice_label(field, chosen(field))
                                : field->value;
        if (*value)
            say(plain->out, "%s: %s.", field->label, value);
    }
    say_lines(plain->out, &plain->page->live);
    for (;;) {
        enum reply reply = plain_ask(plain, plain->page->id,
                                     "Enter goes on, + asks each (? < +): ", why_page, NULL);
        if (reply != REPLY_TEXT || strcmp(plain->line, "+") == 0) {
            plain->all = reply == REPLY_TEXT;
            return reply;
        }
        say(plain->out, "Error: answer with Enter or +.");
    }
}

static size_t first_error(const struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (page->fields[i].level == LEVEL_ERROR)
            return i;
    return 0;
}

/* The question before at, page->field_count when there is none. */
static size_t before(const struct plain *plain, size_t at)
{
    size_t found = plain->page->field_count;
    for (size_t i = 0; i < at; i++) {
        if (is_folded(plain, &plain->page->fields[i]))
            continue;
        found = i;
        size_t ticks = ticks_from(plain, i);
        i += ticks > 1 ? ticks - 1 : 0;
    }
    return found;
}

static bool all_folded(const struct plain *plain)
{
    for (size_t i = 0; i < plain->page->field_count; i++)
        if (!is_folded(plain, &plain->page->fields[i]))
            return false;
    return plain->page->field_count > 0;
}

/* Asks the field at *at and moves on; false: the page is left, *step says how. */
static bool ask_at(struct plain *plain, size_t *at, enum step *step)
{
    char *page = xstrdup(plain->page->id);
    size_t ticks = ticks_from(plain, *at), now;
    free(plain->id);
    plain->id = xstrdup(plain->page->fields[*at].id);
    enum reply reply = ticks > 1 ? ask_ticks(plain, *at, ticks) : ask_field(plain, plain->id);
    bool there = strcmp(plain->page->id, page) == 0;
    free(page);
    if (reply == REPLY_END)
        *step = STEP_END;
    else if (reply == REPLY_GONE || !there)
        *step = STEP_GONE;
    else if (reply == REPLY_BACK && before(plain, *at) >= plain->page->field_count)
        *step = plain_back(plain);
    else if (reply == REPLY_BACK)
        *at = before(plain, *at);
    else if (ticks > 1)
        *at += ticks;
    else
        *at = find(plain->page, plain->id, &now) ? now + 1 : *at;
    return *step == STEP_STAYED;
}

/* The cells of a row, one after another; < leads back to the table. */
enum step plain_cells(struct plain *plain, size_t row)
{
    char *page = xstrdup(plain->page->id);
    size_t columns = plain->page->column_count, at = row * columns, end = at + columns;
    enum reply reply = REPLY_DEFAULT;
    while (at < end && reply != REPLY_END && reply != REPLY_BACK && reply != REPLY_GONE &&
           end <= plain->page->field_count && strcmp(plain->page->id, page) == 0) {
        size_t ticks = ticks_from(plain, at);
        if (plain->page->fields[at].fixed) {
            at++;
            continue;
        }
        free(plain->id);
        plain->id = xstrdup(plain->page->fields[at].id);
        reply = ticks > 1 ? ask_ticks(plain, at, ticks) : ask_field(plain, plain->id);
        at += ticks > 1 ? ticks : 1;
    }
    free(page);
    return reply == REPLY_END ? STEP_END : STEP_GONE;
}

enum step plain_form(struct plain *plain)
{
    enum step step = STEP_STAYED;
    size_t at = 0;
    plain->all = false;
    if (all_folded(plain)) {
        enum reply reply = ask_whole(plain);
        if (reply == REPLY_END || reply == REPLY_GONE)
            return reply == REPLY_END ? STEP_END : STEP_GONE;
        if (reply == REPLY_BACK)
            return plain_back(plain);
    }
    bool shown = all_folded(plain);
    while (step == STEP_STAYED) {
        if (at < plain->page->field_count && is_folded(plain, &plain->page->fields[at])) {
            at++;
        } else if (at < plain->page->field_count) {
            ask_at(plain, &at, &step);
        } else {
            if (!shown)
                say_lines(plain->out, &plain->page->live);
            step = plain_next(plain);
            at = first_error(plain->page);
            if (step == STEP_STAYED && plain->page->field_count == 0)
                break;
        }
    }
    return step;
}
