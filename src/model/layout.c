#include "model/layout.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *layout_fill(const char *pattern, const char *server, const char *domain, size_t n)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", n);
    const struct {
        const char *hole, *value;
    } holes[] = {{"{server}", server}, {"{domain}", domain}, {"{n}", number}};
    struct str out = {0};
    for (const char *at = pattern; *at;) {
        size_t k = 0;
        while (k < 3 && !text_starts(at, holes[k].hole))
            k++;
        if (k == 3) {
            str_add_char(&out, *at++);
            continue;
        }
        str_add(&out, holes[k].value);
        at += strlen(holes[k].hole);
    }
    return str_take(&out);
}

long layout_count(const struct build_options *options, const char *word, long initial)
{
    for (size_t i = 0; i < options->count_count; i++)
        if (strcmp(options->counts[i].of, word) == 0)
            return options->counts[i].count;
    return initial;
}

static bool is_asked(const struct build_options *options, const char *kind)
{
    return options->with && strings_has(options->with, kind);
}

static bool is_known(const struct catalogue *catalogue, const struct build_options *options,
                     const char *kind)
{
    const struct component *component = catalogue_find(catalogue, kind);
    return component && release_in(&component->release, build_release(options));
}

static bool is_unwanted(const struct build_options *options, const char *kind)
{
    return options->without && strings_has(options->without, kind);
}

/* "webbridge|webbridge3": the first that the release has. */
static void add_choice(const struct catalogue *catalogue, const struct build_options *options,
                       const char *choice, struct strings *kinds)
{
    struct strings words = {0};
    strings_split(&words, choice, '|');
    for (size_t i = 0; i < words.count; i++)
        if (is_known(catalogue, options, words.items[i])) {
            if (!is_unwanted(options, words.items[i]))
                strings_add_new(kinds, words.items[i]);
            break;
        }
    strings_free(&words);
}

static void server_kinds(const struct catalogue *catalogue, const struct build_options *options,
                         const struct preset_server *server, struct strings *out)
{
    for (size_t i = 0; i < server->kinds.count; i++)
        add_choice(catalogue, options, server->kinds.items[i], out);
    for (size_t i = 0; options->with && i < options->with->count; i++) {
        const char *kind = options->with->items[i];
        const struct component *component = catalogue_find(catalogue, kind);
        if (component && *component->part_of)
            continue;
        if (options->preset->server_count == 1 || strings_has(&server->also, kind))
            strings_add_new(out, kind);
    }
}

static size_t how_many(const struct build_options *options, const struct preset_server *server)
{
    if (*server->with && !is_asked(options, server->with))
        return 0;
    return *server->count ? (size_t)layout_count(options, server->count, server->initial) : 1;
}

static const char *address_of(const struct build_options *options,
                              const struct preset_server *server)
{
    for (size_t i = 0; i < options->name_count; i++)
        if (options->names[i].of == server)
            return options->names[i].pattern;
    return server->address;
}

char *layout_name(const struct build_options *options, const struct preset_server *server, size_t n)
{
    const char *address = address_of(options, server);
    char *label = xstrndup(address, strcspn(address, "."));
    bool names = address != server->address && isalpha((unsigned char)*label) &&
                 (strstr(label, "{n}") || !strstr(server->name, "{n}"));
    char *name = layout_fill(names ? label : server->name, "", options->domain, n);
    free(label);
    return name;
}

static void add_servers(const struct catalogue *catalogue, const struct build_options *options,
                        struct layout *out)
{
    const struct preset *preset = options->preset;
    for (size_t i = 0; i < preset->server_count; i++) {
        const struct preset_server *from = &preset->servers[i];
        struct strings kinds = {0};
        server_kinds(catalogue, options, from, &kinds);
        size_t count = kinds.count || preset->server_count == 1 ? how_many(options, from) : 0;
        for (size_t n = 1; n <= count; n++) {
            out->servers = grow(out->servers, out->count, sizeof *out->servers);
            struct layout_server *server = &out->servers[out->count++];
            server->name = layout_name(options, from, n);
            server->address =
                layout_fill(address_of(options, from), server->name, options->domain, n);
            server->preset = from;
            strings_copy(&server->kinds, &kinds);
        }
        strings_free(&kinds);
    }
}

static void add_more(const struct catalogue *catalogue, const struct build_options *options,
                     struct layout *out)
{
    for (size_t i = 0; i < options->preset->add_count; i++) {
        const struct preset_add *add = &options->preset->adds[i];
        int left = add->first;
        if (!is_known(catalogue, options, add->kind) || is_unwanted(options, add->kind) ||
            layout_count(options, add->unless, 0) > 0)
            continue;
        for (size_t k = 0; k < out->count && left; k++)
            if (strcmp(out->servers[k].preset->name, add->to) == 0) {
                strings_add_new(&out->servers[k].kinds, add->kind);
                left--;
            }
    }
}

static bool stands_beside(const struct component *component, const struct layout_server *server)
{
    for (size_t i = 0; i < component->beside.count; i++)
        if (!strings_has(&server->kinds, component->beside.items[i]))
            return false;
    return true;
}

static void add_service(const struct component *component, const char *answer,
                        struct layout_server *server)
{
    server->services = grow(server->services, server->service_count, sizeof *server->services);
    server->services[server->service_count++] = (struct layout_service){
        .name = derive_service_name(component, server->name, answer),
        .component = component,
        .answer = answer,
    };
}

/* Of a kind that is there once for each server of another, as many as those are. */
static void add_services(const struct catalogue *catalogue, const struct layout *layout,
                         struct layout_server *server)
{
    for (size_t i = 0; i < server->kinds.count; i++) {
        const struct component *component = catalogue_find(catalogue, server->kinds.items[i]);
        const struct ask *per = component ? component_ask(component, component->per) : NULL;
        if (!component || !stands_beside(component, server))
            continue;
        if (!per)
            add_service(component, NULL, server);
        for (size_t k = 0; per && k < layout->count; k++)
            if (strings_has(&layout->servers[k].kinds, per->of))
                add_service(component, layout->servers[k].name, server);
    }
}

/* What was asked for by name and has no place would be missed without a word. */
static bool all_there(const struct catalogue *catalogue, const struct build_options *options,
                      const struct layout *layout, struct error *err)
{
    for (size_t i = 0; options->with && i < options->with->count; i++) {
        const struct component *component = catalogue_find(catalogue, options->with->items[i]);
        bool found = !component;
        for (size_t k = 0; k < layout->count && !found; k++)
            for (size_t j = 0; j < layout->servers[k].service_count && !found; j++)
                found = layout->servers[k].services[j].component == component;
        if (!found)
            return error_set(err, STATUS_NO, "--with", "leave it out, or take another preset",
                             "%s has no place in the preset %s", component->title,
                             options->preset->name);
    }
    return true;
}

bool layout_make(const struct catalogue *catalogue, const struct build_options *options,
                 struct layout *out, struct error *err)
{
    *out = (struct layout){0};
    add_servers(catalogue, options, out);
    add_more(catalogue, options, out);
    for (size_t i = 0; i < out->count; i++)
        add_services(catalogue, out, &out->servers[i]);
    if (all_there(catalogue, options, out, err))
        return true;
    layout_free(out);
    return false;
}

void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        struct layout_server *server = &layout->servers[i];
        for (size_t k = 0; k < server->service_count; k++)
            free(server->services[k].name);
        free(server->services);
        strings_free(&server->kinds);
        free(server->name);
        free(server->address);
    }
    free(layout->servers);
    *layout = (struct layout){0};
}
