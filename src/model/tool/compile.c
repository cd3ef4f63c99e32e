/* Run while certwright is built: reads and judges screens/ and writes it as C tables, which cost a
 * start nothing. A word that means nothing ends the build with its file and line.
 *
 *   compile FOLDER >builtin.c
 */
#include "base/mem.h"
#include "model/builtin.h"
#include "model/screens.h"

#include <stdio.h>
#include <stdlib.h>

/* This program has none of its own: it makes them. */
const struct catalogue builtin_catalogue;

static void literal(const char *text)
{
    fputs("(char *)\"", stdout);
    for (const unsigned char *at = (const unsigned char *)(text ? text : ""); *at; at++)
        if (*at < ' ' || *at >= 0x7F || *at == '"' || *at == '\\' || *at == '?')
            printf("\\%03o", *at);
        else
            putchar(*at);
    putchar('"');
}

/* ".name = "text"," */
static void member(const char *name, const char *text)
{
    printf(".%s = ", name);
    literal(text);
    fputs(", ", stdout);
}

static void release(const struct release *range)
{
    fputs(".release = {", stdout);
    member("from", range->from);
    member("until", range->until);
    member("again", range->again);
    fputs("}, ", stdout);
}

/* A list lies beside what it belongs to: an array without a name. */
static void list(const char *name, const struct strings *strings)
{
    if (!strings->count)
        return;
    printf(".%s = {.items = (char **)(char *const[]){", name);
    for (size_t i = 0; i < strings->count; i++) {
        literal(strings->items[i]);
        fputs(", ", stdout);
    }
    printf("}, .count = %zu}, ", strings->count);
}

/* ".items = (struct TYPE *)(const struct TYPE[]){ …each… }, .count = n,": read-only, and shared by
 * all that run. */
#define EACH(type, items_name, count_name, items, count, write)                                    \
    if (count) {                                                                                   \
        fputs("." items_name " = (struct " type " *)(const struct " type "[]){", stdout);          \
        for (size_t i = 0; i < (count); i++) {                                                     \
            fputs("\n    {", stdout);                                                              \
            write(&(items)[i]);                                                                    \
            fputs("},", stdout);                                                                   \
        }                                                                                          \
        printf("}, ." count_name " = %zu, ", count);                                               \
    }

static void signer(const struct signer *signer)
{
    member("name", signer->name);
    member("when", signer->when);
    member("why", signer->why);
}

static void slot(const struct slot *slot)
{
    member("name", slot->name);
    member("identity", slot->identity);
    list("takes", &slot->takes);
    member("cn", slot->cn);
    list("sans", &slot->sans);
    list("eku", &slot->eku);
    member("when", slot->when);
    member("against", slot->against);
    EACH("signer", "signers", "signer_count", slot->signers, slot->signer_count, signer)
    release(&slot->release);
}

static void proposal(const struct proposal *proposal)
{
    member("value", proposal->value);
    member("when", proposal->when);
}

static void ask(const struct ask *ask)
{
    member("name", ask->name);
    printf(".type = %d, .list = %d, .fold = %d, ", ask->type, ask->list, ask->fold);
    member("label", ask->label);
    member("help", ask->help);
    member("section", ask->section);
    member("initial", ask->initial);
    member("instead", ask->instead);
    EACH("proposal", "proposals", "proposal_count", ask->proposals, ask->proposal_count, proposal)
    list("choices", &ask->choices);
    member("of", ask->of);
    release(&ask->release);
}

static void fact(const struct fact *fact)
{
    member("block", fact->block);
    member("name", fact->name);
    printf(".type = %d, .fold = %d, ", fact->type, fact->fold);
    member("label", fact->label);
    member("help", fact->help);
    member("section", fact->section);
    member("initial", fact->initial);
    list("choices", &fact->choices);
}

static void require(const struct require *require)
{
    member("id", require->id);
    member("slot", require->slot);
    member("when", require->when);
    member("severity", require->severity);
    member("section", require->section);
    member("why", require->why);
    member("remedy", require->remedy);
    list("names", &require->names);
    list("cn", &require->cn);
    list("eku", &require->eku);
    member("not_signer", require->not_signer);
    member("not_platform", require->not_platform);
    member("key_not_of", require->key_not_of);
    member("same_ca_as", require->same_ca_as);
    member("same_root_as", require->same_root_as);
    member("wants", require->wants);
    member("present", require->present);
    release(&require->release);
}

static void trust(const struct trust_rule *trust)
{
    member("name", trust->name);
    member("of", trust->of);
    member("slot", trust->slot);
    member("via", trust->via);
    member("back", trust->back);
    member("beside", trust->beside);
    member("as", trust->as);
    printf(".how = %d, ", trust->how);
    member("when", trust->when);
    member("section", trust->section);
    release(&trust->release);
}

static void fault(const struct fault *fault)
{
    printf(".source = %d, ", fault->source);
    member("line", fault->line);
    list("when", &fault->when);
}

static void usage(const struct usage *usage)
{
    member("word", usage->word);
    member("about", usage->about);
    list("lines", &usage->lines);
    release(&usage->release);
}

static void command(const struct command *command)
{
    EACH("fault", "faults", "fault_count", command->faults, command->fault_count, fault)
    list("sets", &command->sets);
    member("asks", command->asks);
    member("shows", command->shows);
    printf(".stage = %d, .phase = %d, .effect = %d, .api = %d, .source = %d, ", command->stage,
           command->phase, command->effect, command->api, command->source);
    member("line", command->line);
    list("typed", &command->typed);
    member("when", command->when);
    member("section", command->section);
    member("undo", command->undo);
    list("expect", &command->expect);
    list("reply", &command->reply);
    member("refusal", command->refusal);
    release(&command->release);
}

static void form(const struct status_form *form)
{
    member("line", form->line);
    member("section", form->section);
    printf(".source = %d, ", form->source);
    list("lines", &form->lines);
    release(&form->release);
}

static void implied(const struct implied *implied)
{
    member("beside", implied->beside);
    member("when", implied->when);
    list("options", &implied->options);
}

static void component(const struct component *c)
{
    member("kind", c->kind);
    printf(".compiled = true, .order = %ld, .management = %d, ", c->order, c->management);
    member("title", c->title);
    member("head", c->head);
    member("purpose", c->purpose);
    member("section", c->section);
    release(&c->release);
    list("beside", &c->beside);
    list("follows", &c->follows);
    member("per", c->per);
    member("name", c->name);
    member("outage", c->outage);
    member("notes", c->notes);
    member("renewal", c->renewal);
    member("first", c->first);
    member("replaced_by", c->replaced_by);
    member("part_of", c->part_of);
    printf(".own_facts = %zu, .own_requires = %zu, .own_commands = %zu, ", c->own_facts,
           c->own_requires, c->own_commands);
    printf(".own_forms = %zu, ", c->own_forms);
    EACH("usage", "usages", "usage_count", c->usages, c->usage_count, usage)
    EACH("implied", "implied", "implied_count", c->implied, c->implied_count, implied)
    EACH("slot", "slots", "slot_count", c->slots, c->slot_count, slot)
    EACH("ask", "asks", "ask_count", c->asks, c->ask_count, ask)
    EACH("fact", "facts", "fact_count", c->facts, c->fact_count, fact)
    EACH("require", "requires", "require_count", c->requires, c->require_count, require)
    EACH("trust_rule", "trusts", "trust_count", c->trusts, c->trust_count, trust)
    EACH("command", "commands", "command_count", c->commands, c->command_count, command)
    EACH("status_form", "forms", "form_count", c->forms, c->form_count, form)
}

static void server(const struct preset_server *server)
{
    member("name", server->name);
    member("address", server->address);
    member("count", server->count);
    printf(".initial = %d, ", server->initial);
    member("label", server->label);
    member("names", server->names);
    member("help", server->help);
    member("section", server->section);
    member("with", server->with);
    list("kinds", &server->kinds);
    list("also", &server->also);
}

static void add(const struct preset_add *add)
{
    member("kind", add->kind);
    member("to", add->to);
    printf(".first = %d, ", add->first);
    member("unless", add->unless);
}

static void value(const struct preset_value *value)
{
    member("kind", value->kind);
    member("option", value->option);
    member("value", value->value);
    member("when", value->when);
}

static void offer(const struct preset_offer *offer)
{
    printf(".fold = %d, ", offer->fold);
    member("name", offer->name);
    member("label", offer->label);
    member("help", offer->help);
    member("section", offer->section);
    list("kinds", &offer->kinds);
}

static void preset(const struct preset *preset)
{
    printf(".compiled = true, .order = %ld, .answers = %d, ", preset->order, preset->answers);
    member("name", preset->name);
    member("title", preset->title);
    member("summary", preset->summary);
    member("purpose", preset->purpose);
    member("shared", preset->shared);
    member("signer", preset->signer);
    member("ca", preset->ca);
    list("facts", &preset->facts);
    EACH("preset_server", "servers", "server_count", preset->servers, preset->server_count, server)
    EACH("preset_add", "adds", "add_count", preset->adds, preset->add_count, add)
    EACH("preset_value", "values", "value_count", preset->values, preset->value_count, value)
    EACH("preset_offer", "offers", "offer_count", preset->offers, preset->offer_count, offer)
}

int main(int argc, char **argv)
{
    struct catalogue catalogue = {0};
    struct error err = {0};
    if (argc != 2) {
        fputs("usage: compile FOLDER\n", stderr);
        return 2;
    }
    if (!screens_read(argv[1], &catalogue, &err)) {
        fprintf(stderr, "%s: %s%s%s\n", err.place, err.message, *err.remedy ? ": " : "",
                err.remedy);
        catalogue_free(&catalogue);
        return 1;
    }
    fputs("#include \"model/builtin.h\"\n\nconst struct catalogue builtin_catalogue = {\n", stdout);
    EACH("component", "components", "count", catalogue.components, catalogue.count, component)
    EACH("preset", "presets", "preset_count", catalogue.presets, catalogue.preset_count, preset)
    fputs("};\n", stdout);
    catalogue_free(&catalogue);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
