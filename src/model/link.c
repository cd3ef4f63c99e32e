#include "model/link.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int compare_identities(const void *a, const void *b)
{
    const struct identity *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int compare_servers(const void *a, const void *b)
{
    const struct server *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void sort_names(struct deployment *d)
{
    d->by_name = xcalloc(d->identity_count, sizeof *d->by_name);
    for (size_t i = 0; i < d->identity_count; i++)
        d->by_name[i] = &d->identities[i];
    if (d->identity_count)
        qsort(d->by_name, d->identity_count, sizeof *d->by_name, compare_identities);
    d->servers_by_name = xcalloc(d->server_count, sizeof *d->servers_by_name);
    for (size_t i = 0; i < d->server_count; i++)
        d->servers_by_name[i] = &d->servers[i];
    if (d->server_count)
        qsort(d->servers_by_name, d->server_count, sizeof *d->servers_by_name, compare_servers);
}

static struct identity *identity_named(struct deployment *d, const char *name)
{
    const struct identity *found = deployment_identity(d, name);
    return found ? &d->identities[found - d->identities] : NULL;
}

static void link_signers(struct deployment *d)
{
    for (size_t i = 0; i < d->identity_count; i++) {
        struct identity *signer = identity_named(d, d->identities[i].signer);
        if (signer)
            signer->signs = true;
    }
}

static void link_slots(struct deployment *d, struct service *service)
{
    const struct component *component = service->component;
    service->identities = xcalloc(component->slot_count, sizeof *service->identities);
    for (size_t i = 0; i < component->slot_count; i++) {
        const struct slot *slot = &component->slots[i];
        const struct strings *named = service_option(service, slot->name);
        struct identity *identity =
            named && named->count ? identity_named(d, named->items[0]) : NULL;
        service->identities[i] = identity;
        if (!identity)
            continue;
        identity->uses = grow(identity->uses, identity->use_count, sizeof *identity->uses);
        identity->uses[identity->use_count++] = (struct identity_use){service, slot};
    }
}

/* What a cluster of the kind begins with: where it is ticked, else the first one written. */
static void note_first(struct kind *kind, const struct service *service)
{
    const struct strings *ticked = service_option(service, service->component->first);
    bool is_ticked = ticked && ticked->count && strcmp(ticked->items[0], "true") == 0;
    if (!service->implied && (!kind->first || (is_ticked && !kind->first_is_ticked)))
        kind->first = service;
    kind->first_is_ticked |= is_ticked;
}

/* A kind that the catalogue doesn't know is an error that is told later. */
static void link_services(struct deployment *d)
{
    size_t index = 0;
    for (size_t i = 0; d->kinds && i < d->catalogue->count; i++)
        d->kinds[i] = (struct kind){.services = d->kinds[i].services};
    if (!d->kinds)
        d->kinds = xcalloc(d->catalogue->count, sizeof *d->kinds);
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++) {
            struct service *service = &d->servers[i].services[j];
            service->index = index++;
            if (!service->component)
                continue;
            struct kind *kind = &d->kinds[service->component - d->catalogue->components];
            kind->services = grow(kind->services, kind->count, sizeof *kind->services);
            kind->services[kind->count++] = service;
            service->ordinal = kind->count;
            note_first(kind, service);
        }
}

static void link_uses(struct deployment *d)
{
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++)
            if (d->servers[i].services[j].component)
                link_slots(d, &d->servers[i].services[j]);
}

/* One that is there without being written has some options of the first one that is. */
static void imply(const struct service *beside, const struct component *component,
                  const struct service *first, const struct strings *options)
{
    struct server *server = beside->server;
    struct service *service = &server->services[server->service_count++];
    *service = (struct service){
        .name = xstrdup(component->kind),
        .component = component,
        .installed = first->installed && beside->installed,
        .implied = true,
        .server = server,
    };
    for (size_t i = 0; i < first->option_count; i++) {
        const struct setting *option = &first->options[i];
        if (!strings_has(options, option->name))
            continue;
        service->options = grow(service->options, service->option_count, sizeof *service->options);
        struct setting *copy = &service->options[service->option_count++];
        *copy = (struct setting){.name = option->name};
        strings_copy(&copy->values, &option->values);
    }
}

static bool is_there(const struct server *server, const struct component *component)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].component == component)
            return true;
    return false;
}

static bool imply_kind(struct deployment *d, const struct component *component)
{
    bool any = false;
    const struct kind *kind = deployment_kind(d, component);
    for (size_t i = 0; kind->count && i < component->implied_count; i++) {
        const struct implied *implied = &component->implied[i];
        const struct component *host = catalogue_find(d->catalogue, implied->beside);
        const struct kind *hosts = host ? deployment_kind(d, host) : NULL;
        for (size_t k = 0; hosts && k < hosts->count; k++) {
            const struct service *beside = hosts->services[k];
            if (is_there(beside->server, component) || !service_condition(d, beside, implied->when))
                continue;
            imply(beside, component, kind->services[0], &implied->options);
            any = true;
        }
    }
    return any;
}

/* Reading made room for them: no service moves. */
static bool imply_services(struct deployment *d)
{
    bool any = false;
    for (size_t i = 0; i < d->catalogue->count; i++)
        any |= imply_kind(d, &d->catalogue->components[i]);
    return any;
}

static void drop_implied(struct deployment *d)
{
    for (size_t i = 0; i < d->server_count; i++) {
        struct server *server = &d->servers[i];
        while (server->service_count && server->services[server->service_count - 1].implied)
            service_free(&server->services[--server->service_count]);
    }
}

void deployment_link(struct deployment *d)
{
    sort_names(d);
    link_signers(d);
    link_services(d);
    if (imply_services(d))
        link_services(d);
    link_uses(d);
}

void deployment_unlink(struct deployment *d)
{
    free(d->by_name);
    free(d->servers_by_name);
    for (size_t i = 0; d->kinds && i < d->catalogue->count; i++)
        free(d->kinds[i].services);
    free(d->kinds);
    d->by_name = NULL;
    d->servers_by_name = NULL;
    d->kinds = NULL;
    for (size_t i = 0; i < d->identity_count; i++) {
        free(d->identities[i].uses);
        d->identities[i].uses = NULL;
        d->identities[i].use_count = 0;
        d->identities[i].signs = false;
    }
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++) {
            free(d->servers[i].services[j].identities);
            d->servers[i].services[j].identities = NULL;
        }
}

void deployment_relink(struct deployment *d)
{
    deployment_unlink(d);
    drop_implied(d);
    deployment_link(d);
}
