/* Verbs of a component's file that judge an option beside another one, and services that go
 * together (guide 3.1.4, 4.5). */
#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/required.h"
#include "rule.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The values of the entry's first name and those of its second. */
static void two_names(const struct subject *s, const struct service *service, struct strings *ours,
                      struct strings *theirs)
{
    const struct strings *names = &s->require->names;
    const struct deployment *deployment = &s->judge->facts->deployment;
    if (names->count > 0)
        service_expand(deployment, service, names->items[0], ours);
    if (names->count > 1)
        service_expand(deployment, service, names->items[1], theirs);
}

/* The option that a hole begins with: "port" of "{port}". Free it. */
static char *option_of(const char *hole)
{
    return xstrndup(hole + 1, strcspn(hole + 1, ".}"));
}

bool is_unlisted(const struct subject *s)
{
    struct strings list = {0}, wanted = {0};
    two_names(s, s->service, &list, &wanted);
    bool lacks = false;
    for (size_t i = 0; i < wanted.count; i++)
        lacks = lacks || !strings_has(&list, wanted.items[i]);
    strings_free(&list);
    strings_free(&wanted);
    return lacks;
}

void mend_list(struct finding *finding, const struct subject *s)
{
    struct strings list = {0}, wanted = {0};
    char *option = option_of(s->require->names.items[0]);
    two_names(s, s->service, &list, &wanted);
    for (size_t i = 0; i < wanted.count; i++)
        strings_add_new(&list, wanted.items[i]);
    remedy_set_service(finding, s->service, option, &list, true);
    strings_free(&list);
    strings_free(&wanted);
    free(option);
}

/* Its values, and not those where it leads. */
static bool has_other(const struct subject *s, const struct service *service,
                      const struct strings *theirs)
{
    struct strings ours = {0};
    service_expand(&s->judge->facts->deployment, service, s->require->names.items[0], &ours);
    bool has = ours.count && theirs->count && !strings_equal(&ours, theirs);
    strings_free(&ours);
    return has;
}

static bool differs(const struct subject *s, const struct service *service)
{
    struct strings theirs = {0};
    service_expand(&s->judge->facts->deployment, service, s->require->names.items[1], &theirs);
    bool does = has_other(s, service, &theirs);
    strings_free(&theirs);
    return does;
}

/* The option that says where a service leads. Free it. */
static char *way_of(const struct subject *s)
{
    return option_of(s->require->names.items[1]);
}

static bool leads_alike(const struct subject *s, const struct service *service, const char *way,
                        const struct strings *here)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct strings *written = service_answer(deployment, service, way);
    if (written)
        return strings_equal(here, written);
    struct strings there = {0};
    service_value(deployment, service, way, &there);
    bool alike = strings_equal(here, &there);
    strings_free(&there);
    return alike;
}

/* The services of the kind that differ from the same one there, in file order; so many at most. */
static struct kind differing(const struct subject *s, size_t most)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct kind *kind = deployment_kind(deployment, s->service->component);
    char *way = way_of(s);
    struct strings here = {0}, theirs = {0};
    struct kind all = {0};
    service_value(deployment, s->service, way, &here);
    service_expand(deployment, s->service, s->require->names.items[1], &theirs);
    for (size_t i = 0; i < kind->count && all.count < most; i++) {
        const struct service *service = kind->services[i];
        if (leads_alike(s, service, way, &here) && has_other(s, service, &theirs)) {
            all.services = grow(all.services, all.count, sizeof *all.services);
            all.services[all.count++] = service;
        }
    }
    strings_free(&here);
    strings_free(&theirs);
    free(way);
    return all;
}

/* The first of them tells of all: what was changed may be the one that they lead to. */
bool is_unequal(const struct subject *s)
{
    if (!differs(s, s->service))
        return false;
    struct kind all = differing(s, 1);
    bool first = all.count && all.services[0] == s->service;
    free(all.services);
    return first;
}

/* Servers whose service has the same value as that one: "4999 on core1-3". Free it. */
static char *value_on(const struct kind *all, const struct strings *values, size_t like)
{
    struct strings servers = {0};
    for (size_t i = like; i < all->count; i++)
        if (strcmp(values->items[i], values->items[like]) == 0)
            strings_add_new(&servers, all->services[i]->server->name);
    char *names = strings_fold(&servers, ", ");
    char *words = xformat("%s on %s", values->items[like], names);
    free(names);
    strings_free(&servers);
    return words;
}

/* "4999 on core1-3, 4998 on core4". Free it. */
static char *values_on(const struct kind *all, const struct strings *values)
{
    struct strings words = {0};
    for (size_t i = 0; i < all->count; i++) {
        size_t like = 0;
        while (strcmp(values->items[like], values->items[i]) != 0)
            like++;
        if (like == i)
            strings_add_take(&words, value_on(all, values, i));
    }
    char *list = strings_join(&words, ", ");
    strings_free(&words);
    return list;
}

/* "Trunk: port is 4999 on core1-3, and 4998 on edge1" */
char *tell_unequal(const struct subject *s)
{
    struct kind all = differing(s, SIZE_MAX);
    struct strings there = {0}, values = {0}, ours = {0}, theirs = {0};
    char *option = option_of(s->require->names.items[0]), *way = way_of(s);
    service_value(&s->judge->facts->deployment, s->service, way, &there);
    two_names(s, s->service, &ours, &theirs);
    for (size_t i = 0; i < all.count; i++) {
        struct strings own = {0};
        service_expand(&s->judge->facts->deployment, all.services[i], s->require->names.items[0],
                       &own);
        strings_add_take(&values, strings_join(&own, " "));
        strings_free(&own);
    }
    char *list = values_on(&all, &values), *value = strings_join(&theirs, " ");
    char *server = strings_join(&there, " ");
    char *told = xformat("%s: %s is %s, and %s on %s", s->service->component->title, option, list,
                         value, server);
    char *const texts[] = {list, value, server, option, way};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    struct strings *const lists[] = {&there, &values, &ours, &theirs};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        strings_free(lists[i]);
    free(all.services);
    return told;
}

void mend_value(struct finding *finding, const struct subject *s)
{
    struct kind all = differing(s, SIZE_MAX);
    char *option = option_of(s->require->names.items[0]);
    for (size_t i = 0; i < all.count; i++) {
        struct strings ours = {0}, theirs = {0};
        two_names(s, all.services[i], &ours, &theirs);
        remedy_set_service(finding, all.services[i], option, &theirs, false);
        strings_free(&ours);
        strings_free(&theirs);
    }
    free(option);
    free(all.services);
}

/* A service of the kind is there, of one with `per` one that leads to that server. */
static bool is_there(const struct deployment *deployment, const struct component *component,
                     const struct server *server, const char *to)
{
    bool there = false;
    for (size_t i = 0; i < server->service_count && !there; i++) {
        const struct service *service = &server->services[i];
        struct strings leads = {0};
        if (service->component != component)
            continue;
        if (to)
            service_value(deployment, service, component->per, &leads);
        there = !to || strings_has(&leads, to);
        strings_free(&leads);
    }
    return there;
}

static bool stands_beside(const struct component *component, const struct server *server)
{
    for (size_t i = 0; i < component->beside.count; i++)
        if (!server_has_kind(server, component->beside.items[i]))
            return false;
    return true;
}

/* A service that deployment.conf is to have. */
struct lacking {
    const struct component *component;
    const struct server *server;
    const char *to; /* the server that it leads to; NULL: its kind leads nowhere */
};

/* Others of the kind may have that identity in that slot, and share it (guide 4.1.1). */
static bool is_shared(const struct identity *identity, const struct slot *slot)
{
    for (size_t i = 0; identity && i < identity->use_count; i++)
        if (identity->uses[i].slot == slot)
            return true;
    return false;
}

static void remedy_identities(struct finding *finding, const struct subject *s,
                              const struct service *service, struct str *text, struct strings *made)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    for (size_t i = 0; i < service->component->slot_count; i++) {
        const struct slot *slot = &service->component->slots[i];
        if (!slot_used(deployment, service, slot))
            continue;
        char *name = derive_identity_name(deployment, service, slot);
        if (!is_shared(deployment_identity(deployment, name), slot)) {
            free(name);
            name = remedy_identity_name(deployment, service, slot);
            struct identity_use use = {service, slot};
            char *signer = derive_signer_name(deployment, service, slot);
            if (strings_add_new(made, name))
                remedy_add_identity(finding, deployment, &use, name, signer);
            free(signer);
        }
        str_addf(text, " %s = ", slot->name);
        conf_quote(name, text);
        str_add(text, " ");
        free(name);
    }
}

static void remedy_files(struct finding *finding, const struct subject *s,
                         const struct service *service, struct strings *made)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    for (size_t i = 0; i < service->component->slot_count && !s->judge->planned; i++) {
        const struct slot *slot = &service->component->slots[i];
        char *name = remedy_identity_name(deployment, service, slot);
        char *signer = derive_signer_name(deployment, service, slot);
        struct finding steps = {.remedy = xstrdup(""), .texts = finding->texts};
        if (slot_used(deployment, service, slot) && strings_has(made, name)) {
            remedy_make(&steps, name, signer);
            remedy_join(finding, steps.remedy);
        }
        finding_free(&steps);
        free(signer);
        free(name);
    }
}

/* The service with its identities, and whatever leads to it from elsewhere. */
static void remedy_service(struct finding *finding, const struct subject *s,
                           const struct lacking *lacking, struct strings *made)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct component *component = lacking->component;
    struct str text = {0};
    struct strings to = {0};
    if (lacking->to)
        strings_add(&to, lacking->to);
    struct setting leads = {.name = component->per, .values = to};
    struct service service = {
        .name = derive_service_name(component, lacking->server->name, lacking->to),
        .component = component,
        .options = &leads,
        .option_count = lacking->to ? 1 : 0,
        .server = (struct server *)lacking->server,
        .identities = xcalloc(component->slot_count + 1, sizeof(const struct identity *)),
        .index = SIZE_MAX,
        .ordinal = deployment_kind(deployment, component)->count + 1,
    };
    str_add(&text, "service ");
    conf_quote(service.name, &text);
    str_add(&text, " {");
    if (strcmp(service.name, component->kind) != 0)
        str_addf(&text, " kind = \"%s\" ", component->kind);
    remedy_identities(finding, s, &service, &text, made);
    if (lacking->to)
        str_addf(&text, " %s = \"%s\" ", component->per, lacking->to);
    remedy_add(finding, "add %s} to server \"%s\" of deployment.conf", str_text(&text),
               lacking->server->name);
    remedy_files(finding, s, &service, made);
    str_free(&text);
    strings_free(&to);
    free(service.identities);
    free(service.name);
}

/* Kinds that are there once for each of this one, on every server where they belong. */
static void remedy_leading(struct finding *finding, const struct subject *s,
                           const struct lacking *to, struct strings *made)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct catalogue *catalogue = deployment->catalogue;
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct component *component = &catalogue->components[i];
        const struct ask *per = component_ask(component, component->per);
        if (!per || strcmp(per->of, to->component->kind) != 0)
            continue;
        for (size_t k = 0; k < deployment->server_count; k++) {
            struct lacking lacking = {component, &deployment->servers[k], to->server->name};
            if (component->beside.count && stands_beside(component, lacking.server) &&
                !is_there(deployment, component, lacking.server, lacking.to))
                remedy_service(finding, s, &lacking, made);
        }
    }
}

/* Where services of the kind must lead, and none here does. */
static void lacking_ways(const struct subject *s, const struct component *component,
                         const struct ask *per, struct strings *out)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    bool *there = xcalloc(deployment->server_count, sizeof *there);
    struct strings leads = {0};
    for (size_t i = 0; i < s->server->service_count; i++)
        if (s->server->services[i].component == component)
            service_value(deployment, &s->server->services[i], component->per, &leads);
    for (size_t i = 0; i < leads.count; i++) {
        const struct server *server = deployment_server(deployment, leads.items[i]);
        if (server)
            there[server - deployment->servers] = true;
    }
    for (size_t i = 0; i < deployment->server_count; i++)
        if (!there[i] && server_has_kind(&deployment->servers[i], per->of))
            strings_add(out, deployment->servers[i].name);
    strings_free(&leads);
    free(there);
}

void verb_wants(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct component *component = catalogue_find(deployment->catalogue, s->require->wants);
    const struct ask *per = component ? component_ask(component, component->per) : NULL;
    if (!component ||
        (*deployment->release && !release_in(&component->release, deployment->release)))
        return;
    struct strings ways = {0}, made = {0};
    if (per)
        lacking_ways(s, component, per, &ways);
    if (per ? ways.count > 0 : !is_there(deployment, component, s->server, NULL)) {
        char *why = require_reason(s), *names = strings_join(&ways, ", ");
        struct finding *finding = report(out, rule, s, "%s has no %s%s%s%s", s->server->name,
                                         component->title, per ? " to " : "", names, why);
        for (size_t i = 0; i < (per ? ways.count : 1); i++) {
            struct lacking lacking = {component, s->server, per ? ways.items[i] : NULL};
            remedy_service(finding, s, &lacking, &made);
            remedy_leading(finding, s, &lacking, &made);
        }
        if (!s->judge->planned)
            remedy_add(finding, "certwright check --fix");
        free(names);
        free(why);
    }
    strings_free(&ways);
    strings_free(&made);
}
