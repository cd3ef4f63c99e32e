#include "base/file.h"
#include "base/mem.h"
#include "ui/say.h"
#include "ui/ui.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MOST 500 /* a wizard that goes in circles is stopped */

/* A line of the answers file. */
struct answer {
    char *id, *text;
    int line;
    bool used;
};
struct script {
    struct flow *flow;
    const struct page *page;
    FILE *out;
    const char *file;
    struct answer *answers;
    size_t count;
    struct strings asked; /* every id that some page had, for "did you mean" */
    size_t noted;         /* of the fields noted last: how many, and the first one's id */
    char *first_noted;
};

static bool at_line(const struct script *script, const struct answer *answer, struct error *err,
                    const char *remedy, const char *what)
{
    char *place = xformat("%s:%d", script->file, answer->line);
    error_set(err, STATUS_NO, place, remedy, "%s: %s", answer->id, what);
    free(place);
    return false;
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static struct answer *find(struct script *script, const char *id)
{
    for (size_t i = 0; i < script->count; i++)
        if (!script->answers[i].used && strcmp(script->answers[i].id, id) == 0)
            return &script->answers[i];
    return NULL;
}

static bool read_answer(struct script *script, char *line, int number, struct error *err)
{
    line = trimmed(line);
    if (*line == '\0' || *line == '#')
        return true;
    char *equals = strchr(line, '=');
    char *place = xformat("%s:%d", script->file, number);
    bool good = equals && equals > line;
    if (!good)
        error_set(err, STATUS_NO, place, "write: id = value", "no answer: \"%s\"", line);
    free(place);
    if (!good)
        return false;
    *equals = '\0';
    script->answers = grow(script->answers, script->count, sizeof *script->answers);
    struct answer *answer = &script->answers[script->count++];
    answer->id = xstrdup(trimmed(line));
    answer->text = xstrdup(trimmed(equals + 1));
    answer->line = number;
    return true;
}

static bool read_answers(struct script *script, struct error *err)
{
    struct buffer buffer = {0};
    if (!file_read(script->file, &buffer, err))
        return false;
    bool good = strlen((char *)buffer.data) == buffer.length;
    if (!good)
        error_set(err, STATUS_NO, script->file, "answers are lines of text", "holds a NUL byte");
    char *line = (char *)buffer.data;
    for (int number = 1; good && line; number++) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        good = read_answer(script, line, number, err);
        line = end ? end + 1 : NULL;
    }
    buffer_free(&buffer);
    return good;
}

static const struct field *field_of(const struct page *page, const char *id)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (strcmp(page->fields[i].id, id) == 0)
            return &page->fields[i];
    return NULL;
}

/* The flow's refusal is told with the answer's line. */
static bool take(struct script *script, struct event event, const struct answer *answer,
                 struct error *err)
{
    struct error refused = {0};
    event.insist = event.kind != EVENT_NEXT; /* the file was written to be taken */
    if (!flow_take(script->flow, &event, &refused)) {
        script->page = flow_page(script->flow);
        if (!answer) {
            *err = refused;
            return false;
        }
        const struct field *field = field_of(script->page, answer->id);
        bool told = !*refused.place || (field && strcmp(refused.place, field->label) == 0);
        char *what =
            told ? xstrdup(refused.message) : xformat("%s: %s", refused.place, refused.message);
        at_line(script, answer, err, refused.remedy, what);
        free(what);
        err->code = refused.code;
        return false;
    }
    script->page = flow_page(script->flow);
    if (script->out)
        say_message(script->out, script->page);
    return true;
}

/* A choice may be given by its word or its label. */
static const char *choice_word(const struct field *field, const char *text)
{
    for (size_t i = 0; i < field->choices.count; i++)
        if (i < field->labels.count && strcasecmp(field->labels.items[i], text) == 0)
            return field->choices.items[i];
    return text;
}

static bool set(struct script *script, struct answer *answer, struct error *err)
{
    const struct field *field = field_of(script->page, answer->id);
    char *text =
        xstrdup(field->kind == FIELD_CHOICE ? choice_word(field, answer->text) : answer->text);
    struct event event = {.kind = EVENT_SET, .id = answer->id, .text = text};
    answer->used = true;
    bool good = take(script, event, answer, err);
    free(text);
    if (!good)
        return false;
    field = field_of(script->page, answer->id);
    if (field && field->level == LEVEL_ERROR && field->finding)
        return at_line(script, answer, err, field->remedy, field->finding);
    if (field && script->out)
        say(script->out, "%s: %s", field->label, field->value);
    return true;
}

/* Each id once a page as it stands, which may have thousands. */
static void note_fields(struct script *script)
{
    const struct page *page = script->page;
    if (script->noted == page->field_count && page->field_count &&
        strcmp(script->first_noted, page->fields[0].id) == 0)
        return;
    for (size_t i = 0; i < page->field_count; i++)
        strings_add(&script->asked, page->fields[i].id);
    free(script->first_noted);
    script->noted = page->field_count;
    script->first_noted = xstrdup(page->field_count ? page->fields[0].id : "");
}

/* Fields come and go with answers: each time the page's first one that is answered and not yet set.
 */
static bool fields(struct script *script, struct error *err)
{
    for (;;) {
        struct answer *answer = NULL;
        for (size_t i = 0; i < script->page->field_count && !answer; i++)
            answer = find(script, script->page->fields[i].id);
        note_fields(script);
        if (!answer)
            return true;
        if (!set(script, answer, err))
            return false;
    }
}

static bool first_word_is(const char *text, const char *word)
{
    size_t length = strlen(word);
    return length > 0 && strncasecmp(text, word, length) == 0 &&
           (text[length] == '\0' || text[length] == ' ' || text[length] == ':');
}

/* A row by its id, its number, its first word or its whole text. count: none. */
static size_t row_of(const struct page *page, const char *text)
{
    for (size_t i = 0; i < page->row_count; i++)
        if (page->rows[i].id && *page->rows[i].id && strcmp(page->rows[i].id, text) == 0)
            return i;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*text && !*end)
        return number >= 1 && number <= page->row_count ? number - 1 : page->row_count;
    for (size_t i = 0; i < page->row_count; i++)
        if (first_word_is(page->rows[i].text, text) || strcasecmp(page->rows[i].text, text) == 0)
            return i;
    return page->row_count;
}

static bool choose(struct script *script, struct answer *answer, struct error *err)
{
    answer->used = true;
    size_t row = row_of(script->page, answer->text);
    if (row == script->page->row_count) {
        struct strings ids = {0};
        for (size_t i = 0; i < script->page->row_count; i++)
            if (script->page->rows[i].id && *script->page->rows[i].id)
                strings_add(&ids, script->page->rows[i].id);
        char *list = strings_join(&ids, ", ");
        char *remedy = *list ? xformat("choose one of %s", list) : xstrdup("give a row's number");
        at_line(script, answer, err, remedy, "no such row");
        free(remedy);
        free(list);
        strings_free(&ids);
        return false;
    }
    if (script->out)
        say_row(script->out, 0, &script->page->rows[row]);
    return take(script, (struct event){.kind = EVENT_CHOOSE, .row = row}, answer, err);
}

/* PAGE.ROW = yes|no */
static bool tick(struct script *script, struct answer *answer, size_t row, struct error *err)
{
    bool on = strcasecmp(answer->text, "yes") == 0;
    answer->used = true;
    if (!on && strcasecmp(answer->text, "no") != 0)
        return at_line(script, answer, err, "answer yes or no", "neither yes nor no");
    if (script->page->rows[row].ticked == on)
        return true;
    return take(script, (struct event){.kind = EVENT_TICK, .row = row}, answer, err);
}

/* PAGE.ACTION = text; PAGE.ACTION.ROW where it is of a row. "@FILE" is a file's text. */
static bool act(struct script *script, struct answer *answer, const struct action *action,
                size_t row, struct error *err)
{
    struct buffer buffer = {0};
    const char *text = answer->text;
    answer->used = true;
    if (action->wants_text && *text == '@') {
        if (!file_read(text + 1, &buffer, err))
            return false;
        text = (char *)buffer.data;
    }
    char *id = xstrdup(action->id);
    struct event event = {.kind = EVENT_ACTION, .id = id, .text = text, .row = row};
    bool good = take(script, event, answer, err);
    free(id);
    buffer_free(&buffer);
    return good;
}

/* What the answers say of this page besides its fields, in the file's order. *moved: another page.
 */
static bool others(struct script *script, bool *moved, struct error *err)
{
    char *page = xstrdup(script->page->id);
    size_t length = strlen(page);
    bool good = true;
    *moved = false;
    for (size_t i = 0; i < script->count && good && !*moved; i++) {
        struct answer *answer = &script->answers[i];
        const char *rest = answer->id + length;
        if (answer->used || strncmp(answer->id, page, length) != 0)
            continue;
        if (*rest == '\0' && script->page->row_count > 0) {
            good = choose(script, answer, err);
            *moved = strcmp(script->page->id, page) != 0;
            continue;
        }
        if (*rest != '.')
            continue;
        char *name = xstrdup(rest + 1), *dot = strchr(name, '.');
        size_t row = 0;
        if (dot && row_of(script->page, dot + 1) < script->page->row_count) {
            row = row_of(script->page, dot + 1);
            *dot = '\0';
        }
        const struct action *action = NULL;
        for (size_t j = 0; j < script->page->action_count; j++)
            if (strcmp(script->page->actions[j].id, name) == 0)
                action = &script->page->actions[j];
        size_t ticked = row_of(script->page, rest + 1);
        if (action)
            good = act(script, answer, action, row, err);
        else if (ticked < script->page->row_count && script->page->rows[ticked].can_tick)
            good = tick(script, answer, ticked, err);
        free(name);
        *moved = strcmp(script->page->id, page) != 0;
    }
    free(page);
    return good;
}

static size_t used(const struct script *script)
{
    size_t count = 0;
    for (size_t i = 0; i < script->count; i++)
        count += script->answers[i].used;
    return count;
}

/* All that is answered on a page, in turns: what an action adds, as a server, has fields. */
static bool answer_page(struct script *script, bool *moved, struct error *err)
{
    size_t before;
    do {
        before = used(script);
        if (!fields(script, err) || !others(script, moved, err))
            return false;
    } while (!*moved && used(script) > before);
    return true;
}

static void note_ids(struct script *script)
{
    const struct page *page = script->page;
    strings_add_new(&script->asked, page->id);
    for (size_t i = 0; i < page->action_count; i++) {
        char *id = xformat("%s.%s", page->id, page->actions[i].id);
        strings_add_new(&script->asked, id);
        free(id);
    }
}

/* The first error among the fields stands for a page that can't be left. */
static void explain(struct script *script, struct error *err)
{
    for (size_t i = 0; i < script->page->field_count; i++) {
        const struct field *field = &script->page->fields[i];
        if (field->level != LEVEL_ERROR || !field->finding)
            continue;
        error_set(err, err->code, script->file, field->remedy, "%s: %s", field->id, field->finding);
        return;
    }
    error_wrap(err, "%s: ", script->page->id);
}

static bool run_job(struct script *script, struct error *err)
{
    bool done;
    bool good = say_job(script->out, script->flow, &done, err);
    script->page = flow_page(script->flow);
    if (script->out && good && done)
        say_message(script->out, script->page);
    return good;
}

/* The page behind this one that is passed by, where the file has answers to it; NULL. */
static char *wanted_page(const struct script *script)
{
    char *id = flow_passes(script->flow), *head = id ? xformat("%s.", id) : NULL;
    bool wanted = false;
    for (size_t i = 0; id && i < script->count; i++)
        wanted = wanted || (!script->answers[i].used && text_starts(script->answers[i].id, head));
    free(head);
    if (wanted)
        return id;
    free(id);
    return NULL;
}

/* On from the page; *over where the wizard ends with it. */
static bool next(struct script *script, const char *page, bool *over, struct error *err)
{
    if (script->page->kind == PAGE_MENU) {
        char *remedy = xformat("add a line \"%s = ROW\"", page);
        error_set(err, STATUS_NO, script->file, remedy, "no answer to %s", page);
        free(remedy);
        return false;
    }
    bool last = script->page->last;
    char *wanted = wanted_page(script);
    const struct event event = {.kind = wanted ? EVENT_GOTO : EVENT_NEXT, .id = wanted};
    bool good = take(script, event, NULL, err);
    free(wanted);
    if (!good) {
        explain(script, err);
        return false;
    }
    *over = last || flow_ended(script->flow);
    if (!*over && strcmp(script->page->id, page) == 0 && script->page->kind != PAGE_JOB)
        return error_set(err, STATUS_NO, script->file, "answer what is open there",
                         "the page %s does not go on", page);
    return true;
}

/* One page; *over where the answers or the wizard end with it. */
static bool pass(struct script *script, bool *over, struct error *err)
{
    script->page = flow_page(script->flow);
    note_ids(script);
    if (script->out)
        say_heading(script->out, script->page);
    struct answer *leave = find(script, "leave");
    char *page = xstrdup(script->page->id);
    bool moved = false, good = true;
    if (script->page->kind == PAGE_JOB) {
        good = run_job(script, err);
        moved = strcmp(script->page->id, page) != 0;
    }
    if (good && !moved)
        good = answer_page(script, &moved, err);
    if (good && leave && strcmp(leave->text, page) == 0)
        *over = leave->used = true;
    if (good && !moved && !*over)
        good = next(script, page, over, err);
    free(page);
    return good;
}

/* An answer that no page asked for is a mistake, and nothing else would tell. */
static bool all_used(struct script *script, struct error *err)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct answer *answer = &script->answers[i];
        if (answer->used)
            continue;
        const char *near =
            text_nearest(answer->id, (const char *const *)script->asked.items, script->asked.count);
        char *remedy = near && strcmp(near, answer->id) != 0
                           ? xformat("did you mean %s?", near)
                           : xstrdup("certwright --plain wizard --ids shows every id");
        at_line(script, answer, err, remedy, "no page asked for it");
        free(remedy);
        return false;
    }
    return true;
}

static bool given_once(struct script *script, struct error *err)
{
    for (size_t i = 0; i < script->count; i++)
        for (size_t j = i + 1; j < script->count; j++)
            if (strcmp(script->answers[i].id, script->answers[j].id) == 0)
                return at_line(script, &script->answers[j], err, "leave one of them",
                               "given twice");
    return true;
}

int script_run(struct flow *flow, const char *answers, const struct plain_options *options)
{
    struct script script = {.flow = flow,
                            .file = answers,
                            .out = options->quiet ? NULL
                                   : options->out ? options->out
                                                  : stdout};
    struct error err = {0};
    setlocale(LC_CTYPE, "");
    const char *held = flow_held(flow);
    bool over = false, good = read_answers(&script, &err) && given_once(&script, &err);
    if (good && held)
        good = error_set(&err, STATUS_SYSTEM, "", NULL, "%s", held);
    for (int pages = 0; good && !over && !flow_ended(flow); pages++) {
        good = pass(&script, &over, &err);
        if (good && pages == PAGES_MOST)
            good = error_set(&err, STATUS_NO, answers, NULL, "the wizard goes in circles");
    }
    good = good && all_used(&script, &err);
    if (!good) {
        struct str text = {0};
        error_text(&err, &text);
        fprintf(options->err ? options->err : stderr, "certwright: %s\n", str_text(&text));
        str_free(&text);
    }
    for (size_t i = 0; i < script.count; i++) {
        free(script.answers[i].id);
        free(script.answers[i].text);
    }
    free(script.answers);
    strings_free(&script.asked);
    free(script.first_noted);
    if (script.out)
        fflush(script.out);
    return good ? STATUS_OK : (int)err.code;
}
