#include "model/required.h"

#include "base/mem.h"
#include "model/template.h"

#include <stdlib.h>
#include <string.h>

struct seat {
    const struct deployment *deployment;
    const struct service *service;
};

static bool lookup(void *context, const char *path, struct strings *out)
{
    const struct seat *seat = context;
    return service_value(seat->deployment, seat->service, path, out);
}

void service_expand(const struct deployment *deployment, const struct service *service,
                    const char *pattern, struct strings *out)
{
    struct seat seat = {deployment, service};
    struct error ignored; /* a hole without a value asks for nothing */
    if (!template_expand_list(pattern, lookup, &seat, out, &ignored))
        return;
}

bool require_holds(const struct deployment *deployment, const struct service *service,
                   const struct slot *slot, const struct require *require)
{
    return (!*require->slot || strcmp(require->slot, slot->name) == 0) &&
           require_applies(deployment, service, require);
}

static struct required_name *add(const struct require *require, struct required_names *out)
{
    out->items = grow(out->items, out->count, sizeof *out->items);
    struct required_name *name = &out->items[out->count++];
    name->require = require;
    return name;
}

static void add_values(const struct require *require, const struct strings *values,
                       struct required_names *out)
{
    for (size_t i = 0; i < values->count; i++)
        strings_add(&add(require, out)->any, values->items[i]);
}

/* "{a} | {b}": a template each, of which one has to be there. */
static void add_choice(const struct deployment *deployment, const struct service *service,
                       const struct require *require, const char *pattern,
                       struct required_names *out)
{
    struct strings values = {0}, parts = {0};
    strings_split(&parts, pattern, '|');
    for (size_t i = 0; i < parts.count; i++) {
        char *part = parts.items[i] + strspn(parts.items[i], " ");
        for (size_t length = strlen(part); length && part[length - 1] == ' ';)
            part[--length] = '\0';
        service_expand(deployment, service, part, &values);
    }
    if (values.count)
        strings_copy(&add(require, out)->any, &values);
    strings_free(&parts);
    strings_free(&values);
}

void required_by(const struct deployment *deployment, const struct service *service,
                 const struct require *require, struct required_names *out)
{
    for (size_t i = 0; i < require->names.count; i++) {
        const char *pattern = require->names.items[i];
        if (strchr(pattern, '|')) {
            add_choice(deployment, service, require, pattern, out);
            continue;
        }
        struct strings values = {0};
        service_expand(deployment, service, pattern, &values);
        add_values(require, &values, out);
        strings_free(&values);
    }
}

void required_names(const struct deployment *deployment, const struct service *service,
                    const struct slot *slot, struct required_names *out)
{
    const struct component *component = service->component;
    *out = (struct required_names){0};
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        /* Those of another kind are no names of this certificate. */
        if (!*require->present && require->names.count &&
            require_holds(deployment, service, slot, require))
            required_by(deployment, service, require, out);
    }
}

void required_free(struct required_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        strings_free(&names->items[i].any);
    free(names->items);
    *names = (struct required_names){0};
}
