/* A new deployment.conf from a preset. */
#include "model/build.h"

#include "base/mem.h"
#include "model/conftext.h"
#include "model/layout.h"
#include "model/section.h"

#include <stdlib.h>
#include <string.h>

static const char validation[] = "validation."; /* facts of that section are written so */

const char *build_release(const struct build_options *options)
{
    return options->release ? options->release : "2.9";
}

static void add_head(const struct build_options *options, struct str *out)
{
    struct strings items = {0};
    section_value(&items, "release", build_release(options));
    section_value(&items, "name", options->domain);
    section_value(&items, "store", "store");
    char *line = strings_join(&items, "\n");
    str_addf(out, "%s\n", line);
    free(line);
    strings_free(&items);

    for (int i = 0; options->subject && i < ATTR_COUNT; i++)
        if (i != ATTR_CN && options->subject->attributes[i] && *options->subject->attributes[i])
            section_value(&items, attribute_names[i], options->subject->attributes[i]);
    if (items.count)
        section_add(out, "", "subject", NULL, &items);
    strings_free(&items);

    section_value(&items, "type", "rsa");
    section_value(&items, "bits", "2048");
    section_add(out, "", "key", NULL, &items);
    strings_free(&items);

    section_value(&items, "purpose", options->preset->purpose);
    for (size_t i = 0; i < options->preset->facts.count; i++)
        if (!text_starts(options->preset->facts.items[i], validation))
            section_value(&items, options->preset->facts.items[i], "true");
    section_add(out, "", "environment", NULL, &items);
    strings_free(&items);
}

static void add_validation(const struct build_options *options, struct str *out)
{
    struct strings items = {0};
    for (size_t i = 0; i < options->preset->facts.count; i++)
        if (text_starts(options->preset->facts.items[i], validation))
            section_value(&items, options->preset->facts.items[i] + strlen(validation), "true");
    if (items.count)
        section_add(out, "", "validation", NULL, &items);
    strings_free(&items);
}

/* Servers and services with the identity that each slot has; names come in a second pass. */
struct draft {
    const struct catalogue *catalogue;
    const struct build_options *options;
    const struct layout *layout;
    const struct deployment *known; /* NULL in the first pass */
};

/* The first of the preset's values for the option whose condition holds. */
static const char *preset_value(const struct draft *draft, const struct service *service,
                                const char *option)
{
    const struct preset *preset = draft->options->preset;
    for (size_t i = 0; i < preset->value_count; i++) {
        const struct preset_value *value = &preset->values[i];
        if (strcmp(value->kind, service->component->kind) == 0 &&
            strcmp(value->option, option) == 0 &&
            service_condition(draft->known, service, value->when))
            return value->value;
    }
    return NULL;
}

static char *shared_name(const struct draft *draft, const struct service *service)
{
    const char *pattern = draft->options->preset->shared;
    return *pattern && !component_has_ca(service->component)
               ? layout_fill(pattern, service->server->name, draft->options->domain, 1)
               : NULL;
}

static void slot_items(const struct draft *draft, const struct service *service,
                       struct strings *items)
{
    for (size_t i = 0; i < service->component->slot_count; i++) {
        const struct slot *slot = &service->component->slots[i];
        char *name = shared_name(draft, service);
        if (!name)
            name = derive_identity_name(draft->known, service, slot);
        section_value(items, slot->name, name);
        free(name);
    }
}

static void ask_items(const struct draft *draft, const struct service *service,
                      struct strings *items)
{
    for (size_t i = 0; i < service->component->ask_count; i++) {
        const struct ask *ask = &service->component->asks[i];
        struct strings values = {0};
        const char *set = preset_value(draft, service, ask->name);
        if (strcmp(ask->name, service->component->per) == 0)
            continue; /* answered already */
        if (set && strcmp(set, "{address}") == 0)
            strings_add(&values, service->server->address);
        else if (set)
            strings_add(&values, set);
        else
            derive_option(draft->known, service, ask, &values);
        if (values.count)
            strings_add_take(items, section_item(ask->name, &values, ask->list));
        strings_free(&values);
    }
}

static void add_service(const struct draft *draft, const struct layout_server *server,
                        const struct layout_service *service, struct str *out)
{
    struct strings items = {0};
    const struct component *component = service->component;
    const struct server *known =
        draft->known ? deployment_server(draft->known, server->name) : NULL;
    const struct service *as_known = known ? server_service(known, service->name) : NULL;
    if (strcmp(service->name, component->kind) != 0)
        section_value(&items, "kind", component->kind);
    if (as_known)
        slot_items(draft, as_known, &items);
    if (service->answer)
        section_value(&items, component->per, service->answer);
    if (as_known)
        ask_items(draft, as_known, &items);
    section_add(out, "    ", "service", service->name, &items);
    strings_free(&items);
}

static void add_servers(const struct draft *draft, struct str *out)
{
    for (size_t i = 0; i < draft->layout->count; i++) {
        const struct layout_server *server = &draft->layout->servers[i];
        struct strings items = {0};
        section_value(&items, "address", server->address);
        section_value(&items, "platform", "vm");
        str_add(out, "server ");
        conf_quote(server->name, out);
        str_addf(out, " {\n    %s  %s\n", items.items[0], items.items[1]);
        strings_free(&items);
        for (size_t k = 0; k < server->service_count; k++)
            add_service(draft, server, &server->services[k], out);
        str_add(out, "}\n");
    }
}

static void add_identity(const struct draft *draft, const char *name, const char *signer,
                         struct str *out)
{
    struct strings items = {0};
    const struct identity *known = draft->known ? deployment_identity(draft->known, name) : NULL;
    if (known) {
        struct names names = {0};
        derive_identity(draft->known, known, &names);
        if (names.attributes[ATTR_CN])
            section_value(&items, "CN", names.attributes[ATTR_CN]);
        if (names.sans.count)
            strings_add_take(&items, section_item("subjectAltName", &names.sans, true));
        names_free(&names);
    }
    section_value(&items, "signer", signer);
    section_add(out, "", "identity", name, &items);
    strings_free(&items);
}

/* Whose certificate does the slot's service present, and who signs it? */
static void add_slot_identity(const struct draft *draft, const struct service *service,
                              const struct slot *slot, struct strings *done, struct str *out)
{
    const struct preset *preset = draft->options->preset;
    const struct strings *named = service_option(service, slot->name);
    char *name = shared_name(draft, service);
    if (!name)
        name = named ? xstrdup(named->items[0]) : derive_identity_name(draft->known, service, slot);
    const char *signs = *preset->ca ? preset->ca : preset->signer;
    char *signer = *signs && !component_has_ca(service->component)
                       ? xstrdup(signs)
                       : derive_signer_name(draft->known, service, slot);
    if (strings_add_new(done, name))
        add_identity(draft, name, signer, out);
    free(signer);
    free(name);
}

static void add_kind_identities(const struct draft *draft, const char *kind, struct strings *done,
                                struct str *out)
{
    const struct component *component = catalogue_find(draft->catalogue, kind);
    const struct kind *services = component ? deployment_kind(draft->known, component) : NULL;
    for (size_t k = 0; services && k < component->slot_count; k++)
        for (size_t i = 0; i < services->count; i++)
            if (!services->services[i]->implied)
                add_slot_identity(draft, services->services[i], &component->slots[k], done, out);
}

/* After the CA those that slots name, kind by kind as the preset lists them; the third pass knows
 * their names. */
static void add_identities(const struct draft *draft, struct str *out)
{
    const struct preset *preset = draft->options->preset;
    struct strings done = {0}, kinds = {0};
    if (*preset->ca) {
        add_identity(draft, preset->ca, "self", out);
        strings_add(&done, preset->ca);
    }
    for (size_t i = 0; i < preset->server_count; i++)
        for (size_t k = 0; k < preset->servers[i].kinds.count; k++) {
            struct strings words = {0};
            strings_split(&words, preset->servers[i].kinds.items[k], '|');
            for (size_t w = 0; w < words.count; w++)
                strings_add_new(&kinds, words.items[w]);
            strings_free(&words);
        }
    for (size_t i = 0; draft->options->with && i < draft->options->with->count; i++)
        strings_add_new(&kinds, draft->options->with->items[i]);
    for (size_t i = 0; i < preset->add_count; i++)
        strings_add_new(&kinds, preset->adds[i].kind);
    for (size_t i = 0; i < kinds.count; i++)
        add_kind_identities(draft, kinds.items[i], &done, out);
    strings_free(&done);
    strings_free(&kinds);
}

bool build_deployment(const struct catalogue *catalogue, const struct build_options *options,
                      struct str *text, struct error *err)
{
    /* 1: servers and kinds; 2: with identities and options; 3: with the names that follow. */
    enum { PASSES = 3 };
    struct layout layout;
    struct deployment known[PASSES - 1] = {{0}, {0}};
    bool good = layout_make(catalogue, options, &layout, err);
    struct draft draft = {catalogue, options, &layout, NULL};
    for (size_t pass = 0; good && pass < PASSES; pass++) {
        str_clear(text);
        add_head(options, text);
        if (pass)
            add_identities(&draft, text);
        add_servers(&draft, text);
        add_validation(options, text);
        if (pass + 1 == PASSES)
            break;
        good = deployment_parse("deployment.conf", str_text(text), text->length, catalogue,
                                &known[pass], err);
        draft.known = &known[pass];
    }
    deployment_free(&known[0]);
    deployment_free(&known[1]);
    layout_free(&layout);
    return good;
}
