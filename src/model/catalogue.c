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
                     require->same_ca_as, require->present,      require->remedy};
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
    free(trust->beside);
    free(trust->when);
    free(trust->section);
    release_free(&trust->release);
}

static void command_free(struct command *command)
{
    free(command->line);
    free(command->when);
    free(command->section);
    free(command->undo);
    strings_free(&command->expect);
    strings_free(&command->typed);
    release_free(&command->release);
}

#define FREE_EACH(items, count, free_item)                                                         \
    do {                                                                                           \
        for (size_t i = 0; i < (count); i++)                                                       \
            free_item(&(items)[i]);                                                                \
        free(items);                                                                               \
    } while (0)

void component_free(struct component *c)
{
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
    free(c->kind);
    free(c->title);
    free(c->purpose);
    free(c->section);
    free(c->per);
    free(c->name);
    free(c->notes);
    strings_free(&c->beside);
    strings_free(&c->follows);
    release_free(&c->release);
    *c = (struct component){0};
}

void preset_free(struct preset *preset)
{
    if (preset->compiled) {
        *preset = (struct preset){0};
        return;
    }
    for (size_t i = 0; i < preset->server_count; i++) {
        free(preset->servers[i].name);
        free(preset->servers[i].address);
        strings_free(&preset->servers[i].kinds);
    }
    free(preset->servers);
    for (size_t i = 0; i < preset->value_count; i++) {
        free(preset->values[i].kind);
        free(preset->values[i].option);
        free(preset->values[i].value);
    }
    free(preset->values);
    char *texts[] = {preset->name,   preset->title,  preset->summary, preset->purpose,
                     preset->shared, preset->signer, preset->ca};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&preset->facts);
    *preset = (struct preset){0};
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
