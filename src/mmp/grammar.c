#include "mmp/grammar.h"

#include "base/mem.h"
#include "mmp/holes.h"

#include <stdlib.h>
#include <string.h>

/* A part's commands are its host's. */
static bool is_there(const struct component *component, const char *release)
{
    return !*component->part_of && release_in(&component->release, release);
}

static bool is_typed(const struct command *command, const char *release)
{
    return command->stage != STAGE_BY_HAND && release_in(&command->release, release);
}

/* How much of a pattern is words of its own: of two that match the one that says more is meant. */
static size_t literal_length(const char *pattern)
{
    size_t length = 0, depth = 0;
    for (; *pattern; pattern++) {
        depth += *pattern == '{' || *pattern == '[';
        length += depth == 0;
        depth -= *pattern == '}' || *pattern == ']';
    }
    return length;
}

static bool values_fit(const struct component *component, const struct match *match)
{
    for (size_t i = 0; i < match->paths.count; i++) {
        struct hole_kind kind = hole_kind(component, match->paths.items[i]);
        if (*match->values.items[i] && !hole_fits(&kind, match->values.items[i]))
            return false;
    }
    return true;
}

void typed_free(struct typed *typed)
{
    match_free(&typed->match);
    *typed = (struct typed){0};
}

/* Takes the reading if it says more than the one so far. */
static void try_pattern(const char *words, const struct typed *reading, struct typed *best)
{
    struct match match;
    if (!*reading->pattern ||
        (best->pattern && literal_length(reading->pattern) <= literal_length(best->pattern)) ||
        !template_match(reading->pattern, words, &match))
        return;
    if (!values_fit(reading->component, &match)) {
        match_free(&match);
        return;
    }
    match_free(&best->match);
    *best = *reading;
    best->match = match;
}

static bool is_undo(const struct component *component, const struct command *command)
{
    for (size_t i = 0; i < component->command_count; i++)
        if (strcmp(component->commands[i].undo, command->line) == 0)
            return true;
    return false;
}

/* What is a command of its own is no mere undoing of another, and what is typed before an upgrade
 * mostly is. */
static void try_commands(const struct component *component, const char *release, const char *words,
                         enum act act, struct typed *out)
{
    for (size_t i = 0; i < component->command_count; i++) {
        const struct command *command = &component->commands[i];
        bool shows = command->stage == STAGE_DISPLAY;
        bool is_undone =
            act == ACT_DO && command->stage == STAGE_RETIRE && is_undo(component, command);
        if (!is_typed(command, release) || (shows && act == ACT_UNDO) || is_undone)
            continue;
        try_pattern(words,
                    &(struct typed){.component = component,
                                    .command = command,
                                    .act = shows ? ACT_SHOW : act,
                                    .pattern = act == ACT_DO ? command->line : command->undo},
                    out);
    }
}

bool grammar_read(const struct catalogue *catalogue, const char *release, const char *words,
                  struct typed *out)
{
    *out = (struct typed){0};
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct component *component = &catalogue->components[i];
        if (!is_there(component, release))
            continue;
        for (size_t j = 0; j < component->form_count; j++)
            if (release_in(&component->forms[j].release, release))
                try_pattern(words,
                            &(struct typed){.component = component,
                                            .act = ACT_SHOW,
                                            .pattern = component->forms[j].line},
                            out);
        try_commands(component, release, words, ACT_DO, out);
        try_commands(component, release, words, ACT_UNDO, out);
    }
    return out->pattern != NULL;
}

static void add_form(struct forms *forms, const struct component *component, const char *pattern)
{
    for (size_t i = 0; i < forms->count; i++)
        if (strcmp(forms->items[i].pattern, pattern) == 0)
            return;
    if (!*pattern)
        return;
    forms->items = grow(forms->items, forms->count, sizeof *forms->items);
    forms->items[forms->count++] = (struct form){component, pattern};
}

void grammar_forms(const struct catalogue *catalogue, const char *release, struct forms *out)
{
    *out = (struct forms){0};
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct component *component = &catalogue->components[i];
        if (!is_there(component, release))
            continue;
        for (size_t j = 0; j < component->form_count; j++)
            if (release_in(&component->forms[j].release, release))
                add_form(out, component, component->forms[j].line);
        for (size_t j = 0; j < component->command_count; j++)
            if (is_typed(&component->commands[j], release)) {
                add_form(out, component, component->commands[j].line);
                add_form(out, component, component->commands[j].undo);
            }
    }
}

void forms_free(struct forms *forms)
{
    free(forms->items);
    *forms = (struct forms){0};
}
