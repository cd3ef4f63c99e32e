/* The catalogue: the files of screens/ as the build compiled them, and those of a folder. */
#include "model/catalogue.h"

#include "base/mem.h"
#include "model/builtin.h"
#include "model/screens.h"

#include <stdlib.h>
#include <string.h>

static void release_free(struct release *range)
{
    free(range->from);
    free(range->until);
    free(range->again);
}

static void slot_free(struct slot *slot)
{
    for (size_t i = 0; i < slot->signer_count; i++) {
        free(slot->signers[i].name);
        free(slot->signers[i].when);
        free(slot->signers[i].why);
    }
    free(slot->signers);
    free(slot->name);
    free(slot->identity);
    free(slot->cn);
    free(slot->when);
    free(slot->against);
    strings_free(&slot->takes);
    strings_free(&slot->sans);
    strings_free(&slot->eku);
    release_free(&slot->release);
}

static void ask_free(struct ask *ask)
{
    free(ask->name);
    free(ask->label);
    free(ask->help);
    free(ask->section);
    free(ask->initial);
    free(ask->instead);
    for (size_t i = 0; i < ask->proposal_count; i++) {
        free(ask->proposals[i].value);
        free(ask->proposals[i].when);
    }
    free(ask->proposals);
    free(ask->of);
    release_free(&ask->release);
    strings_free(&ask->choices);
}

static void fact_free(struct fact *fact)
{
    free(fact->block);
    free(fact->name);
    free(fact->label);
    free(fact->help);
    free(fact->section);
    free(fact->initial);
    strings_free(&fact->choices);
}

static void require_free(struct require *require)
{
    char *texts[] = {require->id,         require->slot,         require->when,
                     require->why,        require->severity,     require->section,
                     require->not_signer, require->not_platform, require->key_not_of,
                     require->same_ca_as, require->same_root_as, require->wants,
                     require->present,    require->remedy};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&require->names);
    strings_free(&require->cn);
    strings_free(&require->eku);
    release_free(&require->release);
}

static void trust_rule_free(struct trust_rule *trust)
{
    free(trust->name);
    free(trust->of);
    free(trust->slot);
    free(trust->via);
    free(trust->back);
    free(trust->beside);
    free(trust->as);
    free(trust->when);
    free(trust->section);
    release_free(&trust->release);
}

static void command_free(struct command *command)
{
    for (size_t i = 0; i < command->fault_count; i++) {
        free(command->faults[i].line);
        strings_free(&command->faults[i].when);
    }
    free(command->faults);
    free(command->asks);
    free(command->shows);
    strings_free(&command->sets);
    free(command->line);
    free(command->when);
    free(command->section);
    free(command->undo);
    free(command->refusal);
    strings_free(&command->expect);
    strings_free(&command->reply);
    strings_free(&command->typed);
    release_free(&command->release);
}

static void form_free(struct status_form *form)
{
    free(form->line);
    free(form->section);
    strings_free(&form->lines);
    release_free(&form->release);
}

static void usage_free(struct usage *usage)
{
    free(usage->word);
    free(usage->about);
    strings_free(&usage->lines);
    release_free(&usage->release);
}

static void implied_free(struct implied *implied)
{
    free(implied->beside);
    free(implied->when);
    strings_free(&implied->options);
}

#define FREE_EACH(items, count, free_item)                                                         \
    do {                                                                                           \
        for (size_t i = 0; i < (count); i++)                                                       \
            free_item(&(items)[i]);                                                                \
        free(items);                                                                               \
    } while (0)

/* What its parts added is theirs; the lists alone go. */
static void unjoin(struct component *c)
{
    if (c->joined && c->compiled) {
        free(c->facts);
        free(c->requires);
        free(c->commands);
        free(c->forms);
    }
    c->fact_count = c->own_facts;
    c->require_count = c->own_requires;
    c->command_count = c->own_commands;
    c->form_count = c->own_forms;
}

void component_free(struct component *c)
{
    unjoin(c);
    if (c->compiled) {
        *c = (struct component){0};
        return;
    }
    FREE_EACH(c->slots, c->slot_count, slot_free);
    FREE_EACH(c->asks, c->ask_count, ask_free);
    FREE_EACH(c->facts, c->fact_count, fact_free);
    FREE_EACH(c->requires, c->require_count, require_free);
    FREE_EACH(c->trusts, c->trust_count, trust_rule_free);
    FREE_EACH(c->commands, c->command_count, command_free);
    FREE_EACH(c->forms, c->form_count, form_free);
    FREE_EACH(c->usages, c->usage_count, usage_free);
    FREE_EACH(c->implied, c->implied_count, implied_free);
    free(c->kind);
    free(c->title);
    free(c->head);
    free(c->purpose);
    free(c->section);
    free(c->per);
    free(c->first);
    free(c->name);
    free(c->outage);
    free(c->notes);
    free(c->renewal);
    free(c->part_of);
    free(c->replaced_by);
    strings_free(&c->beside);
    strings_free(&c->follows);
    release_free(&c->release);
    *c = (struct component){0};
}

static void preset_server_free(struct preset_server *server)
{
    free(server->name);
    free(server->address);
    free(server->count);
    free(server->with);
    free(server->label);
    free(server->names);
    free(server->help);
    free(server->section);
    strings_free(&server->kinds);
    strings_free(&server->also);
}

static void preset_add_free(struct preset_add *add)
{
    free(add->kind);
    free(add->to);
    free(add->unless);
}

static void preset_value_free(struct preset_value *value)
{
    free(value->kind);
    free(value->option);
    free(value->value);
    free(value->when);
}

static void preset_offer_free(struct preset_offer *offer)
{
    free(offer->name);
    free(offer->label);
    free(offer->help);
    free(offer->section);
    strings_free(&offer->kinds);
}

void preset_free(struct preset *preset)
{
    if (preset->compiled) {
        *preset = (struct preset){0};
        return;
    }
    FREE_EACH(preset->servers, preset->server_count, preset_server_free);
    FREE_EACH(preset->adds, preset->add_count, preset_add_free);
    FREE_EACH(preset->values, preset->value_count, preset_value_free);
    FREE_EACH(preset->offers, preset->offer_count, preset_offer_free);
    char *texts[] = {preset->name,   preset->title,  preset->summary, preset->purpose,
                     preset->shared, preset->signer, preset->ca};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&preset->facts);
    *preset = (struct preset){0};
}

static bool is_part(const struct component *part, const struct component *host)
{
    return *part->part_of && strcmp(part->part_of, host->kind) == 0;
}

/* What a file itself says of one sort of thing. */
struct own {
    void *items;
    size_t count;
};

static struct own own_facts(const struct component *c)
{
    return (struct own){c->facts, c->own_facts};
}

static struct own own_requires(const struct component *c)
{
    return (struct own){c->requires, c->own_requires};
}

static struct own own_commands(const struct component *c)
{
    return (struct own){c->commands, c->own_commands};
}

static struct own own_forms(const struct component *c)
{
    return (struct own){c->forms, c->own_forms};
}

/* The component's, then its parts', in the place of the list that it has. */
static void *join(const struct catalogue *catalogue, const struct component *host,
                  struct own (*own_of)(const struct component *), size_t size, size_t *count)
{
    struct own own = own_of(host);
    size_t total = own.count, at = 0;
    for (size_t i = 0; i < catalogue->count; i++)
        if (is_part(&catalogue->components[i], host))
            total += own_of(&catalogue->components[i]).count;
    char *joined = xcalloc(total + 1, size);
    if (own.count)
        memcpy(joined, own.items, own.count * size);
    at += own.count;
    for (size_t i = 0; i < catalogue->count; i++) {
        struct own more = own_of(&catalogue->components[i]);
        if (!is_part(&catalogue->components[i], host) || !more.count)
            continue;
        memcpy(joined + at * size, more.items, more.count * size);
        at += more.count;
    }
    if (!host->compiled || host->joined)
        free(own.items);
    *count = total;
    return joined;
}

static bool has_parts(const struct catalogue *catalogue, const struct component *host)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (is_part(&catalogue->components[i], host))
            return true;
    return false;
}

void catalogue_join(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        struct component *host = &catalogue->components[i];
        if (!has_parts(catalogue, host))
            continue;
        host->facts = join(catalogue, host, own_facts, sizeof *host->facts, &host->fact_count);
        host->requires =
            join(catalogue, host, own_requires, sizeof *host->requires, &host->require_count);
        host->commands =
            join(catalogue, host, own_commands, sizeof *host->commands, &host->command_count);
        host->forms = join(catalogue, host, own_forms, sizeof *host->forms, &host->form_count);
        host->joined = true;
    }
}

void catalogue_free(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++)
        component_free(&catalogue->components[i]);
    for (size_t i = 0; i < catalogue->preset_count; i++)
        preset_free(&catalogue->presets[i]);
    free(catalogue->components);
    free(catalogue->presets);
    *catalogue = (struct catalogue){0};
}

bool catalogue_load(const char *folder, struct catalogue *out, struct error *err)
{
    *out = (struct catalogue){0};
    for (size_t i = 0; i < builtin_catalogue.count; i++) {
        out->components = grow(out->components, out->count, sizeof *out->components);
        out->components[out->count++] = builtin_catalogue.components[i];
    }
    for (size_t i = 0; i < builtin_catalogue.preset_count; i++) {
        out->presets = grow(out->presets, out->preset_count, sizeof *out->presets);
        out->presets[out->preset_count++] = builtin_catalogue.presets[i];
    }
    if (!folder || screens_read(folder, out, err))
        return true;
    catalogue_free(out);
    return false;
}

const struct component *catalogue_find(const struct catalogue *catalogue, const char *kind)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->components[i].kind, kind) == 0)
            return &catalogue->components[i];
    return NULL;
}

const struct preset *catalogue_preset(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->preset_count; i++)
        if (strcmp(catalogue->presets[i].name, name) == 0)
            return &catalogue->presets[i];
    return NULL;
}

const struct slot *component_slot(const struct component *component, const char *name)
{
    for (size_t i = 0; i < component->slot_count; i++)
        if (strcmp(component->slots[i].name, name) == 0)
            return &component->slots[i];
    return NULL;
}

bool component_has_ca(const struct component *component)
{
    for (size_t i = 0; i < component->slot_count; i++)
        for (size_t k = 0; k < component->slots[i].signer_count; k++)
            if (component_slot(component, component->slots[i].signers[k].name))
                return true;
    return false;
}

const struct ask *component_ask(const struct component *component, const char *name)
{
    for (size_t i = 0; i < component->ask_count; i++)
        if (strcmp(component->asks[i].name, name) == 0)
            return &component->asks[i];
    return NULL;
}

const struct trust_rule *component_trust(const struct component *component, const char *name)
{
    for (size_t i = 0; i < component->trust_count; i++)
        if (strcmp(component->trusts[i].name, name) == 0)
            return &component->trusts[i];
    return NULL;
}

const struct trust_rule *component_trust_option(const struct component *component,
                                                const char *option)
{
    static const char suffix[] = "-file";
    if (!text_ends(option, suffix))
        return NULL;
    char *name = xstrndup(option, strlen(option) - strlen(suffix));
    const struct trust_rule *trust = component_trust(component, name);
    free(name);
    return trust;
}

bool trust_lists(enum trust_how how)
{
    return how != TRUST_CHAIN;
}

bool trust_chains(enum trust_how how)
{
    return how == TRUST_CHAIN || how == TRUST_BOTH;
}

bool trust_takes_cas(enum trust_how how)
{
    return how != TRUST_PINNED;
}

void component_status(const struct component *component, const char *command, const char *release,
                      struct strings *out)
{
    for (size_t i = 0; i < component->form_count; i++) {
        const struct status_form *form = &component->forms[i];
        if (strcmp(form->line, command) == 0 && release_in(&form->release, release))
            for (size_t j = 0; j < form->lines.count; j++)
                strings_add(out, form->lines.items[j]);
    }
}

void component_displays(const struct component *component, const char *release, struct strings *out)
{
    for (size_t i = 0; i < component->form_count; i++)
        if (release_in(&component->forms[i].release, release) &&
            !strings_has(out, component->forms[i].line))
            strings_add(out, component->forms[i].line);
}
