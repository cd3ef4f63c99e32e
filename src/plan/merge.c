#include "plan/merge.h"

#include "base/escape.h"
#include "base/mem.h"
#include "model/template.h"

#include <stdlib.h>
#include <string.h>

/* A service as its templates see it. */
struct view {
    const struct facts *facts;
    const struct service *service;
    struct arena *texts;   /* where they are kept */
    struct strings *holes; /* NULL: nobody wants to know */
    const struct merge_values *values;
    struct error refused; /* a value that may not be written */
};

bool value_check(const char *place, const char *what, const char *value, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_/";
    size_t good = strspn(value, letters);
    if (!value[good])
        return true;
    char *shown = escape_text(value);
    error_set(err, STATUS_NO, place, "use letters, digits and . - : [ ] _ / only",
              "%s \"%s\" cannot stand in a command: character %zu is not allowed there", what,
              shown, good + 1);
    free(shown);
    return false;
}

static bool look(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    if (view->values && view->values->find(view->values->context, path, out))
        return true;
    return service_value(&view->facts->deployment, view->service, path, out);
}

static bool lookup(void *context, const char *path, struct strings *out)
{
    struct view *view = context;
    size_t before = out->count;
    if (!look(context, path, out))
        return false;
    if (view->holes)
        strings_add_new(view->holes, path);
    char *what = xformat("{%s}", path);
    bool good = true;
    for (size_t i = before; good && i < out->count; i++)
        good = value_check(view->service->name, what, out->items[i], &view->refused);
    free(what);
    return good;
}

/* The pattern with its values; the refused value's own message goes before the template's. */
static bool expand(struct view *view, const char *pattern, const char **out, struct error *err)
{
    struct str text = {0};
    view->refused = (struct error){0};
    bool good = template_expand(pattern, lookup, view, &text, err);
    if (!good && view->refused.message[0] && err)
        *err = view->refused;
    for (size_t i = 0; good && i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == 0x7F)
            good = error_set(err, STATUS_NO, view->service->component->kind,
                             "mend the component's file", "a command holds a control character");
    }
    if (good)
        *out = strcmp(str_text(&text), pattern) == 0 ? pattern
                                                     : arena_text(view->texts, str_text(&text));
    str_free(&text);
    return good;
}

/* What takes the line back; "" where nothing does, or what it would name lacks. */
static bool expand_undo(struct view *view, const struct command *command, const char **out,
                        struct error *err)
{
    if (*command->undo && template_complete(command->undo, look, view))
        return expand(view, command->undo, out, err);
    *out = "";
    return true;
}

/* Those of the patterns whose holes are filled. */
static bool expand_each(struct view *view, const struct strings *patterns,
                        const struct strings **out, struct error *err)
{
    const char **texts = xcalloc(patterns->count + 1, sizeof *texts);
    size_t count = 0, same = 0;
    bool good = true;
    for (size_t i = 0; good && i < patterns->count; i++) {
        if (!template_complete(patterns->items[i], look, view))
            continue;
        good = expand(view, patterns->items[i], &texts[count], err);
        same += good && texts[count] == patterns->items[i];
        count += good;
    }
    *out = same == patterns->count ? patterns : arena_list(view->texts, texts, count);
    free(texts);
    return good;
}

struct fresh *line_fresh(struct line *line)
{
    if (!line->fresh)
        line->fresh = xcalloc(1, sizeof *line->fresh);
    return line->fresh;
}

void line_free(struct line *line)
{
    if (!line->fresh)
        return;
    free(line->fresh->needs);
    strings_free(&line->fresh->holes);
    free(line->fresh);
}

/* The line names a trust alone, and the service switches that off: what takes the line back is what
 * to type (guide 4.11.3). */
static bool switches_off(const struct view *view, const struct command *command)
{
    static const char none[] = "none";
    const struct component *component = view->service->component;
    size_t kept = strlen(command->undo) - (text_ends(command->undo, none) ? strlen(none) : 0);
    for (size_t i = 0; command->undo[kept] && i < component->trust_count; i++) {
        char *option = xformat("%s-file", component->trusts[i].name);
        char *line = xformat("%.*s{%s}", (int)kept, command->undo, component->trusts[i].name);
        const struct strings *given = service_option(view->service, option);
        bool off = given && given->count && strcmp(given->items[0], none) == 0 &&
                   strcmp(line, command->line) == 0;
        free(option);
        free(line);
        if (off)
            return true;
    }
    return false;
}

static bool make_line(struct view *view, const struct command *command, struct line *line,
                      struct error *err)
{
    const struct component *component = view->service->component;
    if (command->stage != STAGE_BEFORE && command->stage != STAGE_ASSIGN &&
        command->stage != STAGE_AFTER)
        view->holes = NULL; /* what is only shown is not uploaded */
    line->stage = command->stage;
    line->phase = command->stage == STAGE_BASE ? PHASE_BASE : command->phase;
    line->rank = (unsigned)(command - component->commands);
    line->effect = command->effect;
    line->api = command->api;
    line->source = command->source;
    line->section = *command->section ? command->section : component->section;
    bool off = switches_off(view, command);
    bool good = expand(view, off ? command->undo : command->line, &line->text, err);
    view->holes = NULL;
    if (good && off)
        line->undo = "";
    return good && (off || expand_undo(view, command, &line->undo, err)) &&
           expand_each(view, &command->expect, &line->expect, err) &&
           expand_each(view, &command->typed, &line->typed, err);
}

static bool takes_part(struct view *view, const struct command *command)
{
    const struct deployment *deployment = &view->facts->deployment;
    return release_in(&command->release, deployment->release) &&
           service_condition(deployment, view->service, command->when) &&
           (template_complete(command->line, look, view) || switches_off(view, command));
}

/* One disable and one enable a service, whatever procedures ask for them. */
static bool stands_already(const struct procedure *procedure, const struct line *line)
{
    for (size_t i = 0; i < procedure->count; i++)
        if (procedure->lines[i].stage == line->stage &&
            strcmp(procedure->lines[i].text, line->text) == 0)
            return true;
    return false;
}

static bool add_stage(const struct facts *facts, const struct service *service, enum stage stage,
                      struct arena *texts, struct procedure *out, struct error *err)
{
    const struct component *component = service->component;
    for (size_t i = 0; i < component->command_count; i++) {
        const struct command *command = &component->commands[i];
        struct view view = {
            .facts = facts, .service = service, .texts = texts, .holes = &out->holes};
        bool renews = command->phase == PHASE_WIDENING || command->phase == PHASE_NARROWING;
        if (command->stage != stage || renews || !takes_part(&view, command))
            continue;
        struct line line = {0};
        bool good = make_line(&view, command, &line, err);
        if (!good || stands_already(out, &line)) {
            line_free(&line);
            if (!good)
                return false;
            continue;
        }
        out->lines = grow(out->lines, out->count, sizeof *out->lines);
        out->lines[out->count++] = line;
    }
    return true;
}

bool procedure_has(const struct procedure *procedure, enum stage stage)
{
    for (size_t i = 0; i < procedure->count; i++)
        if (procedure->lines[i].stage == stage)
            return true;
    return false;
}

void procedure_fit(struct procedure *procedure)
{
    if (procedure->count)
        procedure->lines = xrealloc(procedure->lines, procedure->count * sizeof *procedure->lines);
}

void procedure_free(struct procedure *procedure)
{
    for (size_t i = 0; i < procedure->count; i++)
        line_free(&procedure->lines[i]);
    free(procedure->lines);
    strings_free(&procedure->holes);
    *procedure = (struct procedure){0};
}

bool merge_takes(const struct facts *facts, const struct service *service,
                 const struct command *command, const struct merge_values *values)
{
    struct view view = {.facts = facts, .service = service, .values = values};
    return takes_part(&view, command);
}

bool merge_command(const struct facts *facts, const struct service *service,
                   const struct command *command, const struct merge_values *values,
                   struct arena *texts, struct line *out, struct error *err)
{
    struct view view = {.facts = facts, .service = service, .texts = texts, .values = values};
    *out = (struct line){0};
    if (make_line(&view, command, out, err))
        return true;
    line_free(out);
    return false;
}

bool merge_service(const struct facts *facts, const struct service *service, struct arena *texts,
                   struct procedure *out, struct error *err)
{
    static const enum stage stages[] = {STAGE_BASE,  STAGE_BEFORE,  STAGE_ASSIGN,
                                        STAGE_AFTER, STAGE_DISPLAY, STAGE_BY_HAND};
    *out = (struct procedure){0};
    if (!release_in(&service->component->release, facts->deployment.release))
        return true;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (!add_stage(facts, service, stages[i], texts, out, err)) {
            procedure_free(out);
            return false;
        }
    if (!procedure_has(out, STAGE_ASSIGN))
        procedure_free(out);
    return true;
}
