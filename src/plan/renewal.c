#include "plan/renewal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What an appliance has when a phase is done: PHASE_CHECKS is before the first. */
struct moment {
    const struct changes *changes;
    struct arena *texts; /* of the lines */
    const struct service_change *change;
    enum phase phase;
};

enum list { LIST_WAS, LIST_WIDE, LIST_LAST };
static enum list list_of(const struct moment *moment, const struct trust_change *trust)
{
    if (moment->phase == PHASE_NARROWING || (trust->at_once && moment->phase >= PHASE_SERVICES))
        return LIST_LAST;
    bool widened = trust->widens && (moment->phase >= PHASE_SERVICES ||
                                     (moment->phase == PHASE_WIDENING && !moment->change->joined));
    return widened ? LIST_WIDE : LIST_WAS;
}

static const char *trust_file(const struct moment *moment, const struct trust_change *trust)
{
    enum list list = list_of(moment, trust);
    return list == LIST_LAST   ? trust->trust->file
           : list == LIST_WIDE ? trust->wide_file
                               : trust->was_file;
}

static bool find_value(const void *context, const char *path, struct strings *out)
{
    const struct moment *moment = context;
    const struct changes *changes = moment->changes;
    const struct component *component = moment->change->service->component;
    const char *dot = strchr(path, '.');
    if (!dot && component_trust(component, path)) {
        const struct trust_change *trust = change_of(moment->change, path);
        const char *file = trust ? trust_file(moment, trust) : NULL;
        if (!trust)
            return service_value(&held_facts(changes)->deployment,
                                 held_service(changes, moment->change->service), path, out);
        if (*file)
            strings_add(out, file);
        return true;
    }
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    const struct slot *slot = component_slot(component, head);
    bool old = dot && slot && moment->phase < PHASE_SERVICES;
    free(head);
    if (old)
        service_value(&held_facts(changes)->deployment,
                      held_service(changes, moment->change->service), path, out);
    return old;
}

/* --- which lines --------------------------------------------------------------------------------
 */

static bool names_swap(const struct service_change *change, const struct command *command)
{
    const struct component *component = change->service->component;
    for (size_t i = 0; i < component->slot_count; i++)
        if (change->slots[i] && line_names(command->line, component->slots[i].name))
            return true;
    return false;
}

static bool trust_moves(const struct service_change *change, const struct trust_change *trust,
                        enum phase phase)
{
    switch (phase) {
    case PHASE_WIDENING:
        return trust->widens && !change->joined;
    case PHASE_SERVICES:
        return trust->at_once || (trust->widens && change->joined);
    case PHASE_BUILDING:
        return trust->at_once;
    default:
        return trust->narrows && phase == PHASE_NARROWING;
    }
}

static bool names_trust(const struct service_change *change, const struct command *command,
                        enum phase phase)
{
    for (size_t i = 0; i < change->count; i++)
        if (trust_moves(change, &change->trusts[i], phase) &&
            line_names(command->line, change->trusts[i].trust->rule->name))
            return true;
    return false;
}

/* An assignment of that phase of the plan, for what it names changes then. */
static bool is_assigned(const struct moment *moment, const struct command *command)
{
    const struct service_change *change = moment->change;
    enum phase phase = moment->phase;
    if (phase == PHASE_WIDENING && option_file(moment->changes, command) &&
        merge_takes(moment->changes->facts, change->service, command, NULL))
        return true;
    bool building = command->phase == PHASE_BUILDING;
    if (command->stage != STAGE_ASSIGN || building != (phase == PHASE_BUILDING))
        return false;
    return names_trust(change, command, phase) ||
           ((phase == PHASE_SERVICES || building) && names_swap(change, command));
}

/* What stands around the assignments of a phase. */
static bool is_framed(const struct command *command, enum phase phase)
{
    bool frame = command->stage == STAGE_BEFORE || command->stage == STAGE_AFTER ||
                 command->stage == STAGE_DISPLAY;
    return frame && (command->phase == PHASE_BUILDING) == (phase == PHASE_BUILDING);
}

/* A cluster that must not run meanwhile is taken apart and built again by hand; and what a person
 * does where lists change. */
static bool is_by_hand(const struct service_change *change, const struct command *command,
                       enum phase phase, bool assigns)
{
    if (command->stage != STAGE_BY_HAND || command->phase != phase || phase == PHASE_SERVICES)
        return false;
    return phase == PHASE_REMOVAL || phase == PHASE_BUILDING ? change->rebuilt : assigns;
}

/* --- what they need -----------------------------------------------------------------------------
 */

static struct need *add_need(const struct moment *moment, struct line *line, const char *name)
{
    struct fresh *fresh = line_fresh(line);
    fresh->needs = grow(fresh->needs, fresh->need_count, sizeof *fresh->needs);
    struct need *need = &fresh->needs[fresh->need_count++];
    *need = (struct need){.name = arena_text(moment->texts, name)};
    return need;
}

static void need_pair(const struct moment *moment, const struct slot *slot,
                      const struct command *command, struct line *line)
{
    const struct facts *facts = moment->changes->facts;
    static const char *const parts[] = {"key", "certificate", "bundle", "fullchain"};
    const struct identity *identity =
        service_identity(&facts->deployment, moment->change->service, slot);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct strings values = {0};
        char *path = xformat("%s.%s", slot->name, parts[i]), *hole = xformat("{%s}", path);
        if (strstr(command->line, hole) &&
            service_value(&facts->deployment, moment->change->service, path, &values) &&
            values.count) {
            const struct store_file *file = scan_find(&facts->scan, values.items[0]);
            bool stays = i == 0 && (identity->key_servers.count || identity->signs);
            if (file && !stays) {
                struct need *need = add_need(moment, line, values.items[0]);
                need->file = file;
                need->key = i == 0;
            }
            strings_add(&line_fresh(line)->holes, path);
        }
        strings_free(&values);
        free(path);
        free(hole);
    }
}

/* The store's own file where it holds just that; a user's has words of his own in it. */
static void need_list(const struct moment *moment, const struct trust_change *trust,
                      struct line *line)
{
    const struct widening *content = trust->content;
    enum list list = list_of(moment, trust);
    if (list == LIST_WAS)
        return;
    struct need *need = add_need(moment, line, trust_file(moment, trust));
    bool last = list == LIST_LAST || !trust->narrows;
    if (last && trust->stored)
        need->file = scan_find(&moment->changes->facts->scan, trust->trust->file);
    need->certs = last ? &content->last : &content->wide;
    need->text = last ? &content->last_text : &content->text;
}

static void need_files(const struct moment *moment, const struct command *command,
                       struct line *line)
{
    const struct service_change *change = moment->change;
    const struct component *component = change->service->component;
    bool swap = moment->phase == PHASE_SERVICES || moment->phase == PHASE_BUILDING;
    for (size_t i = 0; swap && i < component->slot_count; i++)
        if (change->slots[i] && line_names(command->line, component->slots[i].name))
            need_pair(moment, &component->slots[i], command, line);
    const struct store_file *option =
        moment->phase == PHASE_WIDENING ? option_file(moment->changes, command) : NULL;
    if (option)
        add_need(moment, line, option->name)->file = option;
    for (size_t i = 0; i < change->count; i++) {
        const struct trust_change *trust = &change->trusts[i];
        if (line_names(command->line, trust->trust->rule->name))
            need_list(moment, trust, line);
    }
}

/* --- a phase ------------------------------------------------------------------------------------
 */

static enum phase phase_before(enum phase phase)
{
    return phase == PHASE_NARROWING  ? PHASE_SERVICES
           : phase == PHASE_SERVICES ? PHASE_WIDENING
                                     : PHASE_CHECKS;
}

/* What takes it back: the same line with what stood there before. */
static bool take_back(const struct moment *moment, const struct command *command, struct line *line,
                      struct error *err)
{
    struct moment before = *moment;
    before.phase = phase_before(moment->phase);
    const struct merge_values values = {find_value, &before};
    struct line old;
    if (!merge_takes(moment->changes->facts, moment->change->service, command, &values))
        return true;
    if (!merge_command(moment->changes->facts, moment->change->service, command, &values,
                       moment->texts, &old, err))
        return false;
    line->undo = old.text;
    line_free(&old);
    return true;
}

static bool stands_already(const struct procedure *procedure, const struct line *line)
{
    for (size_t i = 0; i < procedure->count; i++)
        if (procedure->lines[i].phase == line->phase && procedure->lines[i].stage == line->stage &&
            strcmp(procedure->lines[i].text, line->text) == 0)
            return true;
    return false;
}

static bool add_command(const struct moment *moment, const struct command *command,
                        struct procedure *out, struct error *err)
{
    const struct merge_values values = {find_value, moment};
    const struct service *service = moment->change->service;
    struct line line;
    if (!merge_takes(moment->changes->facts, service, command, &values))
        return true;
    if (!merge_command(moment->changes->facts, service, command, &values, moment->texts, &line,
                       err))
        return false;
    line.phase = moment->phase;
    if (stands_already(out, &line)) {
        line_free(&line);
        return true;
    }
    bool good = command->stage != STAGE_ASSIGN || take_back(moment, command, &line, err);
    if (good && command->stage == STAGE_ASSIGN)
        need_files(moment, command, &line);
    if (command->stage == STAGE_BY_HAND) {
        const char *server = service->server->name;
        char *text = line.typed->count
                         ? xformat("On %s, `%s`: %s", server, line.typed->items[0], line.text)
                         : xformat("On %s: %s", server, line.text);
        line.text = arena_text(moment->texts, text);
        free(text);
    }
    out->lines = grow(out->lines, out->count, sizeof *out->lines);
    out->lines[out->count++] = line;
    return good;
}

/* Who goes back starts the service again where the plan stopped it. */
static void mend_stops(struct procedure *procedure, size_t from)
{
    for (size_t i = from; i < procedure->count; i++) {
        struct line *stop = &procedure->lines[i];
        for (size_t k = i + 1; stop->effect == EFFECT_STOP && k < procedure->count; k++)
            if (procedure->lines[k].effect == EFFECT_START &&
                procedure->lines[k].stage == STAGE_AFTER && !*stop->undo)
                stop->undo = procedure->lines[k].text;
    }
}

static bool has_assignment(const struct moment *moment)
{
    const struct component *component = moment->change->service->component;
    for (size_t i = 0; i < component->command_count; i++)
        if (is_assigned(moment, &component->commands[i]))
            return true;
    return false;
}

static bool add_phase(const struct moment *moment, struct procedure *out, struct error *err)
{
    static const enum stage stages[] = {STAGE_BEFORE, STAGE_ASSIGN, STAGE_AFTER, STAGE_DISPLAY,
                                        STAGE_BY_HAND};
    const struct component *component = moment->change->service->component;
    size_t from = out->count;
    bool assigns = has_assignment(moment);
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++)
        for (size_t i = 0; i < component->command_count; i++) {
            const struct command *command = &component->commands[i];
            if (command->stage != stages[s])
                continue;
            bool wanted = is_assigned(moment, command) ||
                          (assigns && is_framed(command, moment->phase)) ||
                          is_by_hand(moment->change, command, moment->phase, assigns);
            if (wanted && !add_command(moment, command, out, err))
                return false;
        }
    mend_stops(out, from);
    return true;
}

bool renewal_procedure(const struct changes *changes, const struct service *service,
                       struct arena *texts, struct procedure *out, struct error *err)
{
    static const enum phase phases[] = {PHASE_WIDENING, PHASE_REMOVAL, PHASE_SERVICES,
                                        PHASE_BUILDING, PHASE_NARROWING};
    const struct service_change *change = &changes->services[service->index];
    *out = (struct procedure){.renews = true};
    for (size_t i = 0; change->touched && i < sizeof phases / sizeof *phases; i++) {
        struct moment moment = {changes, texts, change, phases[i]};
        if (!add_phase(&moment, out, err)) {
            procedure_free(out);
            return false;
        }
    }
    return true;
}
