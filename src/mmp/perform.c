#include "mmp/perform.h"

#include "base/mem.h"
#include "mmp/holes.h"
#include "mmp/present.h"
#include "pki/words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LAST "state.last-command"

/* A line at work on one unit: changes are made to a copy, which counts once nothing refuses it. */
struct work {
    const struct ground *ground;
    const struct typed *typed;
    const char *tag;
    struct unit next;
    struct view view;
    struct str *out;
};

static struct view view_of(const struct ground *ground, const struct component *component,
                           const struct unit *unit)
{
    return (struct view){.component = component,
                         .unit = unit,
                         .record = ground->record,
                         .place = &ground->place,
                         .name = ground->name};
}

static void say(struct str *out, enum word word, const char *one)
{
    words_add(out, word, one, NULL, NULL);
    str_add_char(out, '\n');
}

static bool has_file(const struct ground *ground, const char *name)
{
    struct stat info;
    char *path = path_join(ground->place.store, name);
    bool is_there = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    return is_there;
}

/* The files that it names are there, and called as such files are. */
static bool files_serve(struct work *work)
{
    const struct match *match = &work->typed->match;
    for (size_t i = 0; i < match->paths.count; i++) {
        struct hole_kind kind = hole_kind(work->typed->component, match->paths.items[i]);
        const char *name = match->values.items[i];
        if (!*name || !hole_is_file(kind.hole)) /* a part that may lack lacks */
            continue;
        if (!hole_file_named(kind.hole, name, work->out)) {
            str_add_char(work->out, '\n');
            return false;
        }
        if (!has_file(work->ground, name)) {
            say(work->out, WORD_FILE_ABSENT, name);
            return false;
        }
    }
    return true;
}

/* What a listening place is in two words and in one is one thing. */
static void forget_other_form(struct values *set, const struct component *component,
                              const char *path)
{
    const char *dot = strchr(path, '.');
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    if (component_ask(component, head) && dot) {
        value_forget(set, head);
    } else if (component_ask(component, head)) {
        char *first = xformat("%s.interface", head), *second = xformat("%s.port", head);
        value_forget(set, first);
        value_forget(set, second);
        free(first);
        free(second);
    }
    free(head);
}

static void keep_one(struct work *work, const char *path, const char *text)
{
    if (strcmp(path, "tag") == 0)
        return;
    forget_other_form(&work->next.set, work->typed->component, path);
    value_set(&work->next.set, path, text);
}

/* Every hole of the command gets what was typed there; one that was left out, or a command that is
 * taken back, nothing. */
static void keep_values(struct work *work)
{
    struct strings paths = {0};
    holes_of(work->typed->command->line, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        const char *typed =
            work->typed->act == ACT_DO ? match_value(&work->typed->match, paths.items[i]) : NULL;
        keep_one(work, paths.items[i], typed ? typed : "");
    }
    strings_free(&paths);
}

static void keep_word(struct work *work, const char *path, const char *pattern)
{
    struct str text = {0};
    if (template_expand(pattern, view_lookup, &work->view, &text, NULL))
        value_set(&work->next.set, path, str_text(&text));
    str_free(&text);
}

/* "state.on", "!state.on", "!all", "port=80" */
static void keep_words(struct work *work)
{
    const struct strings *words = &work->typed->command->sets;
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i], *equals = strchr(word, '=');
        char *path = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
        if (strcmp(word, "!all") == 0)
            values_free(&work->next.set);
        else if (*path == '!')
            value_set(&work->next.set, path + 1, "");
        else
            keep_word(work, path, equals ? equals + 1 : "true");
        free(path);
    }
}

/* Nothing where the line comes out empty. */
static void add_expanded(struct view *view, const char *pattern, struct str *out)
{
    struct str line = {0};
    if (template_expand(pattern, view_lookup, view, &line, NULL) && line.length)
        str_addf(out, "%s\n", str_text(&line));
    str_free(&line);
}

static bool is_refused(struct work *work)
{
    const struct command *command = work->typed->command;
    for (size_t i = 0; i < command->fault_count; i++) {
        if (!view_holds_one(&work->view, &command->faults[i].when))
            continue;
        add_expanded(&work->view, command->faults[i].line, work->out);
        /* The last line of what would have started it says that it did not. */
        if (command->effect != EFFECT_NONE)
            add_expanded(&work->view, command->refusal, work->out);
        return true;
    }
    return false;
}

/* The lines that a command answers with which starts nothing. */
static void answer(struct work *work)
{
    const struct command *command = work->typed->command;
    const struct strings *lines = command->reply.count ? &command->reply : &command->expect;
    for (size_t i = 0; work->typed->act == ACT_DO && i < lines->count; i++)
        add_expanded(&work->view, lines->items[i], work->out);
}

enum effect perform_effect(const struct typed *typed)
{
    if (!typed->command)
        return EFFECT_NONE;
    if (typed->act == ACT_DO)
        return typed->command->effect;
    return typed->command->effect == EFFECT_START ? EFFECT_STOP : EFFECT_NONE;
}

/* Stops it or looks at what it is to run with; a restart of what did not run is one all the same.
 */
static bool take_effect(struct work *work)
{
    enum effect effect = perform_effect(work->typed);
    bool good = true;
    if (effect == EFFECT_START || effect == EFFECT_RESTART)
        good = present_check(&work->view, work->typed->command, work->out);
    else
        answer(work);
    if (effect != EFFECT_NONE)
        value_set(&work->next.set, ENABLED, good && effect != EFFECT_STOP ? "true" : "");
    return good;
}

/* The files as they are now: what lies there later under their names counts from the next start. */
static void copy_files(const struct ground *ground, const struct component *component,
                       const struct values *running, struct unit *unit)
{
    for (size_t i = 0; i < running->count; i++) {
        const char *name = running->items[i].text;
        char *path = path_join(ground->place.store, name);
        struct buffer data = {0};
        if (*name && hole_is_file(hole_kind(component, running->items[i].path).hole) &&
            file_read(path, &data, NULL)) {
            unit->copies = grow(unit->copies, unit->copy_count, sizeof *unit->copies);
            unit->copies[unit->copy_count++] = (struct copy){xstrdup(name), data};
        }
        free(path);
    }
}

/* What it keeps from now on, also where it did not start: then it is down. */
static void settle(struct work *work, bool good, const char *line)
{
    const struct typed *typed = work->typed;
    if (good && typed->act == ACT_DO && typed->command->sets.count) {
        keep_words(work);
        value_set(&work->next.set, LAST, line);
    }
    bool starts = perform_effect(typed) == EFFECT_START || perform_effect(typed) == EFFECT_RESTART;
    if (good && starts)
        values_copy(&work->next.running, &work->next.set);
    else if (perform_effect(typed) != EFFECT_NONE)
        values_free(&work->next.running);
    struct unit *unit = record_unit(work->ground->record, typed->component->kind, work->tag, true);
    if (perform_effect(typed) != EFFECT_NONE)
        unit_forget_copies(unit);
    if (good && starts && work->ground->record->has_copies)
        copy_files(work->ground, typed->component, &work->next.running, unit);
    values_copy(&unit->set, &work->next.set);
    values_copy(&unit->running, &work->next.running);
    work->ground->record->changed = true;
}

static bool carry_out(struct work *work, const char *line)
{
    if (work->typed->act == ACT_DO && !files_serve(work))
        return false;
    if (perform_effect(work->typed) == EFFECT_NONE || work->typed->act == ACT_DO)
        keep_values(work);
    if (is_refused(work))
        return false;
    bool good = take_effect(work);
    settle(work, good, line);
    return good;
}

/* A form that names the tag is printed once for each service that there is. */
static bool show(const struct ground *ground, const struct component *component,
                 const char *command, struct str *out)
{
    struct strings lines = {0};
    bool each = false, any = false;
    component_status(component, command, ground->record->release, &lines);
    for (size_t i = 0; i < lines.count; i++)
        each |= strstr(lines.items[i], "{tag}") != NULL;
    for (size_t u = 0; u <= ground->record->count; u++) {
        const struct unit *unit = u < ground->record->count ? &ground->record->units[u] : NULL;
        bool is_one = unit && strcmp(unit->kind, component->kind) == 0;
        if (is_one ? false : unit || any || each)
            continue;
        any = true;
        struct view view = view_of(ground, component, unit);
        for (size_t i = 0; i < lines.count; i++)
            add_expanded(&view, lines.items[i], out);
    }
    strings_free(&lines);
    return true;
}

bool perform(const struct ground *ground, const struct typed *typed, const char *line,
             struct str *out)
{
    if (typed->act == ACT_SHOW)
        return show(ground, typed->component, typed->pattern, out);
    if (typed->act == ACT_DO && *typed->command->shows)
        return show(ground, typed->component, typed->command->shows, out);
    const char *tag = match_value(&typed->match, "tag");
    struct work work = {.ground = ground, .typed = typed, .tag = tag ? tag : "", .out = out};
    const struct component *component = typed->component;
    struct unit *unit = record_unit(ground->record, component->kind, work.tag, false);
    work.next = (struct unit){.kind = component->kind, .tag = (char *)work.tag};
    if (unit) {
        values_copy(&work.next.set, &unit->set);
        values_copy(&work.next.running, &unit->running);
    }
    work.view = view_of(ground, component, &work.next);
    bool good = carry_out(&work, line);
    values_free(&work.next.set);
    values_free(&work.next.running);
    return good;
}
