/* What the holes of templates and the words of conditions stand for, seen from a service. */
#include "base/mem.h"
#include "model/deployment.h"
#include "model/judge.h"
#include "model/template.h"
#include "model/trusts.h"
#include "store/scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct view {
    const struct deployment *deployment;
    const struct service *service;
    const char
        *expanding; /* the option whose default is being made: its own name means the global */
    int depth;
};

static bool lookup(void *context, const char *path, struct strings *out);

/* The part of one value that a path's suffix names: host or port of a URL, interface or port of a
 * listening place. */
static char *part_of(const char *value, const char *part)
{
    const char *scheme = strstr(value, "://");
    const char *start = scheme ? scheme + 3 : value;
    size_t length = strcspn(start, "/");
    const char *colon = NULL;
    bool bracket = *start == '[';
    for (size_t i = 0; i < length; i++) {
        if (start[i] == ']')
            bracket = false;
        else if (start[i] == ':' && !bracket)
            colon = start + i;
    }
    size_t host = colon ? (size_t)(colon - start) : length;
    if (strcmp(part, "port") == 0)
        return colon ? xstrndup(colon + 1, length - host - 1) : xstrdup("");
    if (strcmp(part, "host") == 0 || strcmp(part, "interface") == 0) {
        bool wrapped = host > 1 && *start == '[' && start[host - 1] == ']';
        return xstrndup(start + wrapped, host - 2 * wrapped);
    }
    return NULL;
}

/* The value of an own option: as written, else its default. */
static bool own_option(const struct view *view, const struct ask *ask, struct strings *out)
{
    const struct strings *given = service_option(view->service, ask->name);
    if (!release_in(&ask->release, view->deployment->release))
        return true; /* an option of another release says nothing here */
    if (given) {
        strings_copy(out, given);
        return true;
    }
    if (!*ask->initial || view->depth > 4)
        return true;
    struct view inner = *view;
    inner.expanding = ask->name;
    inner.depth++;
    struct str text = {0};
    bool good = template_expand(ask->initial, lookup, &inner, &text, NULL);
    if (good && ask->list)
        strings_split(out, str_text(&text), ' ');
    else if (good)
        strings_add(out, str_text(&text));
    str_free(&text);
    return good;
}

/* A bundle is part of an identity that another signed; where the store is known, only if it is
 * there. */
static bool has_bundle(const struct deployment *deployment, const struct identity *identity)
{
    if (strcmp(identity->signer, "self") == 0)
        return false;
    return !deployment->scan || scan_find(deployment->scan, identity->bundle_file);
}

static bool slot_part(const struct view *view, const struct slot *slot, const char *part,
                      struct strings *out)
{
    const struct identity *identity = service_identity(view->deployment, view->service, slot);
    if (!slot_used(view->deployment, view->service, slot))
        identity = NULL;
    const char *file = "";
    if (strcmp(part, "key") == 0)
        file = identity ? identity_key(identity) : "";
    else if (strcmp(part, "certificate") == 0)
        file = identity ? identity->certificate_file : "";
    else if (strcmp(part, "fullchain") == 0)
        file = identity ? identity->fullchain_file : "";
    else if (strcmp(part, "bundle") == 0)
        file = identity && has_bundle(view->deployment, identity) ? identity->bundle_file : "";
    else if (strcmp(part, "name") == 0)
        file = identity ? identity->name : "";
    else
        return false;
    if (*file)
        strings_add(out, file);
    return true;
}

/* Nobody on either side names an identity: both are in place with certificates that nobody told of,
 * and what the one trusts the other by is theirs. */
static bool is_foreign(const struct trust *trust)
{
    bool named = trust->given;
    for (size_t i = 0; !named && i < trust->reader->component->slot_count; i++)
        named = trust->reader->identities[i] != NULL;
    for (size_t i = 0; !named && i < trust->need->target_count; i++)
        named = trust->need->targets[i].identity != NULL;
    return !named;
}

static bool trust_file(const struct view *view, const char *name, struct strings *out)
{
    if (!component_trust(view->service->component, name))
        return false;
    const struct trust *trust = view->deployment->trusts
                                    ? trusts_find(view->deployment->trusts, view->service, name)
                                    : NULL;
    if (trust && !is_foreign(trust))
        strings_add(out, trust->file);
    return true;
}

/* {edge.address}: over there. */
static bool over_there(const struct view *view, const struct ask *ask, const char *rest,
                       struct strings *out)
{
    const struct strings *given = service_answer(view->deployment, view->service, ask->name);
    struct strings named = {0};
    bool good = given || own_option(view, ask, &named);
    const struct strings *names = given ? given : &named;
    const struct server *server =
        good && names->count ? deployment_server(view->deployment, names->items[0]) : NULL;
    strings_free(&named);
    if (!server || view->depth > 4)
        return good;
    if (strcmp(rest, "address") == 0) {
        strings_add(out, server->address);
        return true;
    }
    for (size_t i = 0; i < server->service_count; i++)
        if (strcmp(server->services[i].component->kind, ask->of) == 0) {
            struct view there = {view->deployment, &server->services[i], NULL, view->depth + 1};
            return lookup(&there, rest, out);
        }
    return true;
}

/* {first.address}: of the service that the cluster begins with. */
static bool over_first(const struct view *view, const char *rest, struct strings *out)
{
    const struct service *first =
        deployment_kind(view->deployment, view->service->component)->first;
    if (!first || view->depth > 4)
        return true;
    struct view there = {view->deployment, first, NULL, view->depth + 1};
    return lookup(&there, rest, out);
}

/* "Example" of example.com: what a domain's people are called in a name that is no host's. */
static char *domain_title(const char *domain)
{
    enum { LONGEST = 40 };
    size_t length = strcspn(domain, ".");
    char *title = xstrndup(domain, length < LONGEST ? length : LONGEST);
    *title = (char)toupper((unsigned char)*title);
    return title;
}

static bool global(const struct view *view, const char *path, struct strings *out)
{
    const struct deployment *deployment = view->deployment;
    const struct service *service = view->service;
    if (strcmp(path, "domain") == 0) {
        strings_add(out, deployment->name);
    } else if (strcmp(path, "domain.title") == 0) {
        strings_add_take(out, domain_title(deployment->name));
    } else if (strcmp(path, "release") == 0) {
        strings_add(out, deployment->release);
    } else if (strcmp(path, "address") == 0) {
        strings_add(out, service->server->address);
    } else if (strcmp(path, "server") == 0) {
        strings_add(out, service->server->name);
    } else if (strcmp(path, "tag") == 0) {
        strings_add(out, service->name);
    } else if (strcmp(path, "n") == 0) {
        if (deployment_kind(deployment, service->component)->count > 1)
            strings_add_take(out, xformat("%zu", service->ordinal));
    } else {
        if (!deployment_knows_fact(deployment, path))
            return false;
        const char *fact = deployment_fact(deployment, path);
        if (*fact)
            strings_add(out, fact);
    }
    return true;
}

static bool lookup(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    const struct component *component = view->service->component;
    const char *dot = strchr(path, '.');
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    const struct ask *ask = component_ask(component, head);
    bool own = ask && (!view->expanding || strcmp(view->expanding, head) != 0);
    const struct slot *slot = own ? NULL : component_slot(component, head);
    bool good;
    if (own && !dot) {
        good = own_option(view, ask, out);
    } else if (own && ask->type == ANSWER_SERVER) {
        good = over_there(view, ask, dot + 1, out);
    } else if (own) {
        const struct strings *given = service_answer(view->deployment, view->service, ask->name);
        struct strings values = {0};
        good = given || own_option(view, ask, &values);
        const struct strings *all = given ? given : &values;
        char *part = good && all->count ? part_of(all->items[0], dot + 1) : NULL;
        good = good && (part || !all->count);
        if (part && *part)
            strings_add(out, part);
        free(part);
        strings_free(&values);
    } else if (dot && strcmp(head, "first") == 0) {
        good = over_first(view, dot + 1, out);
    } else if (slot && dot) {
        good = slot_part(view, slot, dot + 1, out);
    } else if (!dot && trust_file(view, head, out)) {
        good = true;
    } else if (component_trust_option(component, path)) {
        const struct strings *given = service_option(view->service, path);
        if (given)
            strings_copy(out, given);
        good = true;
    } else {
        good = global(view, path, out);
    }
    free(head);
    return good;
}

bool service_value(const struct deployment *deployment, const struct service *service,
                   const char *path, struct strings *out)
{
    struct view view = {deployment, service, NULL, 0};
    return lookup(&view, path, out);
}

static size_t kind_count(const struct deployment *deployment, const char *kind)
{
    const struct component *component = catalogue_find(deployment->catalogue, kind);
    return component ? deployment_kind(deployment, component)->count : 0;
}

static bool one_holds(const struct deployment *deployment, const struct service *service,
                      const char *word)
{
    if (*word == '!')
        return !one_holds(deployment, service, word + 1);
    if (text_starts(word, "with:"))
        return kind_count(deployment, word + strlen("with:")) > 0;
    if (text_starts(word, "several:"))
        return kind_count(deployment, word + strlen("several:")) > 1;
    if (text_starts(word, "beside:"))
        return server_has_kind(service->server, word + strlen("beside:"));
    if (strcmp(word, "installed") == 0)
        return service->installed || deployment->in_place;
    if (strcmp(word, "implied") == 0)
        return service->implied;
    if (strcmp(word, "first") == 0)
        return deployment_kind(deployment, service->component)->first == service;
    const char *equals = strchr(word, '=');
    char *name = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
    struct strings values = {0};
    if (strcmp(name, "purpose") == 0)
        strings_add(&values, deployment_fact(deployment, name));
    else
        service_value(deployment, service, name, &values);
    const char *value = values.count ? values.items[0] : "";
    bool holds = equals ? strcmp(value, equals + 1) == 0 : *value && !word_is_false(value);
    strings_free(&values);
    free(name);
    return holds;
}

/* "a|b": one of them. */
static bool word_holds(const struct deployment *deployment, const struct service *service,
                       const char *word)
{
    if (!strchr(word, '|'))
        return one_holds(deployment, service, word);
    struct strings either = {0};
    bool holds = false;
    strings_split(&either, word, '|');
    for (size_t i = 0; !holds && i < either.count; i++)
        holds = one_holds(deployment, service, either.items[i]);
    strings_free(&either);
    return holds;
}

bool service_condition(const struct deployment *deployment, const struct service *service,
                       const char *when)
{
    bool holds = true;
    for (size_t length; holds && *when; when += length) {
        when += strspn(when, " ");
        length = strcspn(when, " ");
        char *word = xstrndup(when, length);
        holds = !length || word_holds(deployment, service, word);
        free(word);
    }
    return holds;
}

bool require_applies(const struct deployment *deployment, const struct service *service,
                     const struct require *require)
{
    return release_in(&require->release, deployment->release) &&
           service_condition(deployment, service, require->when);
}

bool slot_used(const struct deployment *deployment, const struct service *service,
               const struct slot *slot)
{
    return release_in(&slot->release, deployment->release) &&
           service_condition(deployment, service, slot->when);
}
