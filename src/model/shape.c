#include "model/shape.h"

#include "base/mem.h"
#include "model/layout.h"
#include "model/pattern.h"

#include <stdlib.h>
#include <string.h>

bool preset_asks_shape(const struct preset *preset)
{
    return preset && preset->server_count > 1;
}

void shape_free(struct shape *shape)
{
    strings_free(&shape->with);
    strings_free(&shape->without);
    free(shape->counts);
    for (size_t i = 0; i < shape->name_count; i++)
        free((char *)shape->names[i].pattern);
    free(shape->names);
    *shape = (struct shape){0};
}

void shape_start(const struct preset *preset, struct shape *out)
{
    *out = (struct shape){.preset = preset};
    for (size_t i = 0; i < preset->server_count; i++)
        if (*preset->servers[i].count)
            shape_set_count(out, &preset->servers[i], preset->servers[i].initial);
}

void shape_copy(const struct shape *shape, struct shape *out)
{
    *out = (struct shape){.preset = shape->preset};
    strings_copy(&out->with, &shape->with);
    strings_copy(&out->without, &shape->without);
    for (size_t i = 0; i < shape->count_count; i++) {
        out->counts = grow(out->counts, out->count_count, sizeof *out->counts);
        out->counts[out->count_count++] = shape->counts[i];
    }
    for (size_t i = 0; i < shape->name_count; i++)
        shape_set_names(out, shape->names[i].of, shape->names[i].pattern);
}

void shape_fill(const struct shape *shape, struct build_options *options)
{
    options->preset = shape->preset;
    options->with = &shape->with;
    options->without = &shape->without;
    options->counts = shape->counts;
    options->count_count = shape->count_count;
    options->names = shape->names;
    options->name_count = shape->name_count;
}

long shape_count(const struct shape *shape, const struct preset_server *server)
{
    for (size_t i = 0; i < shape->count_count; i++)
        if (strcmp(shape->counts[i].of, server->count) == 0)
            return shape->counts[i].count;
    return server->initial;
}

void shape_set_count(struct shape *shape, const struct preset_server *server, long count)
{
    for (size_t i = 0; i < shape->count_count; i++)
        if (strcmp(shape->counts[i].of, server->count) == 0) {
            shape->counts[i].count = count;
            return;
        }
    shape->counts = grow(shape->counts, shape->count_count, sizeof *shape->counts);
    shape->counts[shape->count_count++] = (struct build_count){server->count, count};
}

const char *shape_names(const struct shape *shape, const struct preset_server *server)
{
    for (size_t i = 0; i < shape->name_count; i++)
        if (shape->names[i].of == server)
            return shape->names[i].pattern;
    return server->address;
}

static void drop_names(struct shape *shape, size_t at)
{
    free((char *)shape->names[at].pattern);
    shape->names[at] = shape->names[--shape->name_count];
}

void shape_set_names(struct shape *shape, const struct preset_server *server, const char *pattern)
{
    char *copy = xstrdup(pattern);
    for (size_t i = 0; i < shape->name_count; i++)
        if (shape->names[i].of == server)
            drop_names(shape, i);
    if (strcmp(copy, server->address) == 0) {
        free(copy);
        return;
    }
    shape->names = grow(shape->names, shape->name_count, sizeof *shape->names);
    shape->names[shape->name_count++] = (struct build_name){server, copy};
}

void shape_servers(const struct shape *shape, const struct preset_server *server,
                   const char *domain, struct strings *out)
{
    struct build_options options = {.domain = domain};
    shape_fill(shape, &options);
    for (long n = 1; n <= shape_count(shape, server); n++)
        strings_add_take(out, layout_name(&options, server, (size_t)n));
}

static bool is_known(const struct catalogue *catalogue, const char *kind, const char *release)
{
    const struct component *component = catalogue_find(catalogue, kind);
    return component && release_in(&component->release, release);
}

/* Of "a|b" the first that the release has; NULL: none of them. Good as long as words is. */
static const char *resolve(const struct catalogue *catalogue, const struct strings *words,
                           const char *release)
{
    for (size_t i = 0; i < words->count; i++)
        if (is_known(catalogue, words->items[i], release))
            return words->items[i];
    return NULL;
}

/* What the section runs unasked. */
static void kinds_unasked(const struct catalogue *catalogue, const struct preset_server *server,
                          const char *release, struct strings *out)
{
    for (size_t i = 0; i < server->kinds.count; i++) {
        struct strings words = {0};
        strings_split(&words, server->kinds.items[i], '|');
        const char *kind = resolve(catalogue, &words, release);
        if (kind)
            strings_add_new(out, kind);
        strings_free(&words);
    }
}

static bool is_unasked(const struct catalogue *catalogue, const struct preset *preset,
                       const char *kind, const char *release)
{
    struct strings kinds = {0};
    for (size_t i = 0; i < preset->server_count; i++)
        if (!*preset->servers[i].with)
            kinds_unasked(catalogue, &preset->servers[i], release, &kinds);
    bool is = strings_has(&kinds, kind);
    strings_free(&kinds);
    return is;
}

bool offer_known(const struct catalogue *catalogue, const struct preset_offer *offer,
                 const char *release)
{
    for (size_t i = 0; i < offer->kinds.count; i++)
        if (is_known(catalogue, offer->kinds.items[i], release))
            return true;
    return false;
}

bool shape_has(const struct catalogue *catalogue, const struct shape *shape,
               const struct preset_offer *offer, const char *release)
{
    for (size_t i = 0; i < offer->kinds.count; i++) {
        const char *kind = offer->kinds.items[i];
        if (strings_has(&shape->with, kind) ||
            (!strings_has(&shape->without, kind) &&
             is_unasked(catalogue, shape->preset, kind, release)))
            return true;
    }
    return false;
}

static void drop(struct strings *list, const char *text)
{
    struct strings kept = {0};
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) != 0)
            strings_add(&kept, list->items[i]);
    strings_free(list);
    *list = kept;
}

/* In the order of the offers, so that who asks for the same gets the same. */
static void sort_kinds(const struct preset *preset, struct strings *kinds)
{
    struct strings sorted = {0};
    for (size_t i = 0; i < preset->offer_count; i++)
        for (size_t k = 0; k < preset->offers[i].kinds.count; k++)
            if (strings_has(kinds, preset->offers[i].kinds.items[k]))
                strings_add_new(&sorted, preset->offers[i].kinds.items[k]);
    for (size_t i = 0; i < kinds->count; i++)
        strings_add_new(&sorted, kinds->items[i]);
    strings_free(kinds);
    *kinds = sorted;
}

void shape_offer(const struct catalogue *catalogue, struct shape *shape,
                 const struct preset_offer *offer, const char *release, bool on)
{
    for (size_t i = 0; i < offer->kinds.count; i++) {
        const char *kind = offer->kinds.items[i];
        bool unasked = is_unasked(catalogue, shape->preset, kind, release);
        drop(&shape->with, kind);
        drop(&shape->without, kind);
        if (unasked && !on)
            strings_add(&shape->without, kind);
        else if (!unasked && on && is_known(catalogue, kind, release))
            strings_add(&shape->with, kind);
    }
    sort_kinds(shape->preset, &shape->with);
}

static bool is_added(const struct preset *preset, const struct preset_server *server,
                     const char *kind)
{
    for (size_t i = 0; i < preset->add_count; i++)
        if (strcmp(preset->adds[i].kind, kind) == 0 &&
            strcmp(preset->adds[i].to, server->name) == 0)
            return true;
    return false;
}

/* The server could be one of the section: each kind on it has its place there. */
static bool belongs(const struct server *server, const struct preset *preset,
                    const struct preset_server *section, const struct strings *unasked)
{
    size_t mine = 0;
    for (size_t i = 0; i < server->service_count; i++) {
        const char *kind = server->services[i].component->kind;
        if (server->services[i].implied)
            continue;
        if (strings_has(unasked, kind) || strings_has(&section->also, kind))
            mine++;
        else if (!is_added(preset, section, kind))
            return false;
    }
    return mine > 0;
}

/* The template that these addresses follow, all of them; NULL: none. Free it. */
static char *addresses_pattern(const struct deployment *d, size_t first, size_t count)
{
    struct seat *seats = xcalloc(count, sizeof *seats);
    const char **values = xcalloc(count, sizeof *values);
    bool *fits = xcalloc(count, sizeof *fits), all = true;
    for (size_t i = 0; i < count; i++) {
        seats[i] = (struct seat){d, &d->servers[first + i], i + 1};
        values[i] = d->servers[first + i].address;
    }
    char *pattern = count > 1 ? pattern_common(seats, values, count, fits)
                              : pattern_of_value(values[0], &seats[0]);
    for (size_t i = 0; count > 1 && pattern && i < count; i++)
        all = all && fits[i];
    if (!all) {
        free(pattern);
        pattern = NULL;
    }
    free(seats);
    free(values);
    free(fits);
    return pattern;
}

char *shape_hole(const char *address, const char *domain)
{
    size_t length = strlen(address), tail = strlen(domain);
    if (length <= tail || address[length - tail - 1] != '.' ||
        strcmp(address + length - tail, domain) != 0)
        return xstrdup(address);
    return xformat("%.*s{domain}", (int)(length - tail), address);
}

static bool read_names(const struct deployment *d, const struct preset_server *section,
                       size_t first, size_t count, struct shape *out)
{
    char *pattern = strstr(section->name, "{n}") ? addresses_pattern(d, first, count)
                                                 : xstrdup(d->servers[first].address);
    if (!pattern)
        return false;
    char *holed = shape_hole(pattern, d->name);
    shape_set_names(out, section, holed);
    free(holed);
    free(pattern);
    return true;
}

static void read_kinds(const struct server *server, const struct preset_server *section,
                       const struct strings *unasked, struct shape *out)
{
    if (*section->with)
        strings_add_new(&out->with, section->with);
    for (size_t i = 0; i < unasked->count; i++)
        if (!server_has_kind(server, unasked->items[i]))
            strings_add_new(&out->without, unasked->items[i]);
    for (size_t i = 0; i < section->also.count; i++)
        if (!strings_has(unasked, section->also.items[i]) &&
            server_has_kind(server, section->also.items[i]))
            strings_add_new(&out->with, section->also.items[i]);
}

/* The servers from *at on that make up the section. */
static bool read_section(const struct deployment *d, const struct preset *preset,
                         const struct preset_server *section, size_t *at, struct shape *out)
{
    struct strings unasked = {0};
    size_t first = *at;
    kinds_unasked(d->catalogue, section, d->release, &unasked);
    while (*at < d->server_count && (*section->count || *at == first) &&
           belongs(&d->servers[*at], preset, section, &unasked))
        ++*at;
    size_t count = *at - first;
    bool good = count > 0 || *section->with || (*section->count && !section->initial);
    if (*section->count)
        shape_set_count(out, section, (long)count);
    if (count)
        read_kinds(&d->servers[first], section, &unasked, out);
    good = good && (!count || read_names(d, section, first, count, out));
    strings_free(&unasked);
    return good;
}

/* What the shape makes is what is there: names, and which services run. */
static bool is_like(const struct deployment *d, const struct layout *layout)
{
    bool same = layout->count == d->server_count;
    for (size_t i = 0; same && i < layout->count; i++) {
        const struct layout_server *server = &layout->servers[i];
        size_t written = 0;
        for (size_t k = 0; k < d->servers[i].service_count; k++)
            written += !d->servers[i].services[k].implied;
        same = strcmp(server->name, d->servers[i].name) == 0 && written == server->service_count;
        for (size_t k = 0; same && k < server->service_count; k++) {
            const struct service *service =
                server_service(&d->servers[i], server->services[k].name);
            same = service && service->component == server->services[k].component;
        }
    }
    return same;
}

bool shape_of(const struct deployment *d, const struct preset *preset, struct shape *out)
{
    size_t at = 0;
    struct layout layout = {0};
    struct error ignored;
    *out = (struct shape){.preset = preset};
    bool good = preset_asks_shape(preset);
    for (size_t i = 0; good && i < preset->server_count; i++)
        good = read_section(d, preset, &preset->servers[i], &at, out);
    if (good && at == d->server_count) {
        struct build_options options = {.domain = d->name, .release = d->release};
        sort_kinds(preset, &out->with);
        shape_fill(out, &options);
        good = layout_make(d->catalogue, &options, &layout, &ignored);
        good = good && is_like(d, &layout);
        layout_free(&layout);
    } else {
        good = false;
    }
    if (!good)
        shape_free(out);
    return good;
}
