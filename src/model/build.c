/* A new deployment.conf from a preset. */
#include "model/build.h"

#include "base/mem.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_COLUMNS = 96 };

/* One "name = value" of a section. */
static char *item_text(const char *name, const struct strings *values, bool list)
{
    struct str text = {0};
    struct conf_step path[] = {{name, NULL}};
    conf_set(&text, path, 1, values, list);
    char *line = str_take(&text);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void add_item(struct strings *items, const char *name, const char *value)
{
    struct strings one = {0};
    strings_add(&one, value);
    strings_add_take(items, item_text(name, &one, false));
    strings_free(&one);
}

/* A section of items, broken where a line would grow too long. */
static void add_section(struct str *out, const char *indent, const char *name, const char *title,
                        const struct strings *items)
{
    struct str head = {0};
    str_addf(&head, "%s%s ", indent, name);
    if (title) {
        conf_quote(title, &head);
        str_add_char(&head, ' ');
    }
    str_add_char(&head, '{');
    size_t column = head.length, margin = head.length + 1;
    str_add(out, str_text(&head));
    for (size_t i = 0; i < items->count; i++) {
        size_t length = strlen(items->items[i]);
        if (i && column + 2 + length > LINE_COLUMNS) {
            str_addf(out, "\n%*s", (int)margin, "");
            column = margin;
        } else {
            str_add(out, i ? "  " : " ");
            column += 2;
        }
        str_add(out, items->items[i]);
        column += length;
    }
    str_add(out, " }\n");
    str_free(&head);
}

static const char *build_release(const struct build_options *options)
{
    return options->release ? options->release : "2.9";
}

static bool wanted(const struct build_options *options, const char *kind)
{
    return !options->without || !strings_has(options->without, kind);
}

/* Of the preset's kinds those that the release has. */
static void server_kinds(const struct catalogue *catalogue, const struct build_options *options,
                         const struct preset_server *server, struct strings *out)
{
    for (size_t i = 0; i < server->kinds.count; i++) {
        const struct component *component = catalogue_find(catalogue, server->kinds.items[i]);
        if (wanted(options, server->kinds.items[i]) &&
            (!component || release_in(&component->release, build_release(options))))
            strings_add(out, server->kinds.items[i]);
    }
    for (size_t i = 0; options->with && i < options->with->count; i++)
        if (!strings_has(out, options->with->items[i]))
            strings_add(out, options->with->items[i]);
}

/* "{server}" and "{domain}" in a preset's names. */
static char *fill(const char *pattern, const char *server, const char *domain)
{
    struct str out = {0};
    for (const char *at = pattern; *at;) {
        if (text_starts(at, "{server}")) {
            str_add(&out, server);
            at += strlen("{server}");
        } else if (text_starts(at, "{domain}")) {
            str_add(&out, domain);
            at += strlen("{domain}");
        } else {
            str_add_char(&out, *at++);
        }
    }
    return str_take(&out);
}

static void add_head(const struct build_options *options, struct str *out)
{
    struct strings items = {0};
    add_item(&items, "release", build_release(options));
    add_item(&items, "name", options->domain);
    add_item(&items, "store", "store");
    char *line = strings_join(&items, "\n");
    str_addf(out, "%s\n", line);
    free(line);
    strings_free(&items);

    for (int i = 0; options->subject && i < ATTR_COUNT; i++)
        if (i != ATTR_CN && options->subject->attributes[i] && *options->subject->attributes[i])
            add_item(&items, attribute_names[i], options->subject->attributes[i]);
    if (items.count)
        add_section(out, "", "subject", NULL, &items);
    strings_free(&items);

    add_item(&items, "type", "rsa");
    add_item(&items, "bits", "2048");
    add_section(out, "", "key", NULL, &items);
    strings_free(&items);

    add_item(&items, "purpose", options->preset->purpose);
    for (size_t i = 0; i < options->preset->facts.count; i++)
        add_item(&items, options->preset->facts.items[i], "true");
    add_section(out, "", "environment", NULL, &items);
    strings_free(&items);
}

/* Servers and services with the identity that each slot has; names come in a second pass. */
struct draft {
    const struct catalogue *catalogue;
    const struct build_options *options;
    const struct deployment *known; /* NULL in the first pass */
};

static const char *preset_value(const struct preset *preset, const char *kind, const char *option)
{
    for (size_t i = 0; i < preset->value_count; i++)
        if (strcmp(preset->values[i].kind, kind) == 0 &&
            strcmp(preset->values[i].option, option) == 0)
            return preset->values[i].value;
    return NULL;
}

static void service_items(const struct draft *draft, const struct service *service,
                          struct strings *items)
{
    const struct component *component = service->component;
    const struct preset *preset = draft->options->preset;
    for (size_t i = 0; i < component->slot_count; i++) {
        const struct slot *slot = &component->slots[i];
        char *name = *preset->shared
                         ? fill(preset->shared, service->server->name, draft->options->domain)
                         : derive_identity_name(draft->known, service, slot);
        add_item(items, slot->name, name);
        free(name);
    }
    for (size_t i = 0; i < component->ask_count; i++) {
        const struct ask *ask = &component->asks[i];
        struct strings values = {0};
        const char *set = preset_value(preset, component->kind, ask->name);
        if (set && strcmp(set, "{address}") == 0)
            strings_add(&values, service->server->address);
        else if (set)
            strings_add(&values, set);
        else
            derive_option(draft->known, service, ask, &values);
        if (values.count)
            strings_add_take(items, item_text(ask->name, &values, ask->list));
        strings_free(&values);
    }
}

static void add_servers(const struct draft *draft, struct str *out)
{
    const struct preset *preset = draft->options->preset;
    for (size_t i = 0; i < preset->server_count; i++) {
        const struct preset_server *plan = &preset->servers[i];
        char *address = fill(plan->address, plan->name, draft->options->domain);
        struct strings items = {0}, kinds = {0};
        add_item(&items, "address", address);
        add_item(&items, "platform", "vm");
        str_add(out, "server ");
        conf_quote(plan->name, out);
        str_addf(out, " {\n    %s  %s\n", items.items[0], items.items[1]);
        strings_free(&items);
        server_kinds(draft->catalogue, draft->options, plan, &kinds);
        const struct server *server =
            draft->known ? deployment_server(draft->known, plan->name) : NULL;
        for (size_t k = 0; k < kinds.count; k++) {
            const struct service *service = server ? server_service(server, kinds.items[k]) : NULL;
            if (service)
                service_items(draft, service, &items);
            add_section(out, "    ", "service", kinds.items[k], &items);
            strings_free(&items);
        }
        str_add(out, "}\n");
        strings_free(&kinds);
        free(address);
    }
}

/* The identities that slots name, in file order, after the CA; the third pass knows their names. */
static void add_identity(const struct draft *draft, const char *name, const char *signer,
                         struct str *out)
{
    struct strings items = {0};
    const struct identity *known = draft->known ? deployment_identity(draft->known, name) : NULL;
    if (known) {
        struct names names = {0};
        derive_identity(draft->known, known, &names);
        if (names.attributes[ATTR_CN])
            add_item(&items, "CN", names.attributes[ATTR_CN]);
        if (names.sans.count)
            strings_add_take(&items, item_text("subjectAltName", &names.sans, true));
        names_free(&names);
    }
    add_item(&items, "signer", signer);
    add_section(out, "", "identity", name, &items);
    strings_free(&items);
}

static void add_identities(const struct draft *draft, struct str *out)
{
    const struct preset *preset = draft->options->preset;
    struct strings done = {0};
    if (*preset->ca) {
        add_identity(draft, preset->ca, "self", out);
        strings_add(&done, preset->ca);
    }
    for (size_t i = 0; i < draft->known->server_count; i++)
        for (size_t j = 0; j < draft->known->servers[i].service_count; j++) {
            const struct service *service = &draft->known->servers[i].services[j];
            for (size_t k = 0; k < service->component->slot_count; k++) {
                const struct slot *slot = &service->component->slots[k];
                const struct strings *named = service_option(service, slot->name);
                char *own = named ? NULL : derive_identity_name(draft->known, service, slot);
                char *shared = *preset->shared ? fill(preset->shared, service->server->name,
                                                      draft->options->domain)
                                               : NULL;
                const char *name = shared ? shared : named ? named->items[0] : own;
                const struct signer *by_slot = derive_signer(draft->known, service, slot);
                const char *signer = *preset->ca       ? preset->ca
                                     : *preset->signer ? preset->signer
                                     : by_slot         ? by_slot->name
                                                       : "internal";
                if (strings_add_new(&done, name))
                    add_identity(draft, name, signer, out);
                free(shared);
                free(own);
            }
        }
    strings_free(&done);
}

bool build_deployment(const struct catalogue *catalogue, const struct build_options *options,
                      struct str *text, struct error *err)
{
    /* 1: servers and kinds; 2: with identities and options; 3: with the names that follow. */
    struct draft draft = {catalogue, options, NULL};
    struct deployment known[2] = {{0}, {0}};
    for (size_t pass = 0; pass < 3; pass++) {
        str_clear(text);
        add_head(options, text);
        if (pass)
            add_identities(&draft, text);
        add_servers(&draft, text);
        if (pass == 2)
            break;
        if (!deployment_parse("deployment.conf", str_text(text), text->length, catalogue,
                              &known[pass], err)) {
            deployment_free(&known[0]);
            return false;
        }
        draft.known = &known[pass];
    }
    deployment_free(&known[0]);
    deployment_free(&known[1]);
    return true;
}
