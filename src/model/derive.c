/* What the catalogue proposes for names, addresses and signers. */
#include "base/mem.h"
#include "model/build.h"
#include "model/required.h"
#include "model/template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct view {
    const struct deployment *deployment;
    const struct service *service;
    const char *self; /* the option being proposed: its own name means the deployment's */
};

static bool lookup(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    if (view->self && strcmp(path, view->self) == 0) {
        if (strcmp(path, "domain") == 0)
            strings_add(out, view->deployment->name);
        return true;
    }
    return service_value(view->deployment, view->service, path, out);
}

/* Of two that could both go elsewhere the one of the later page stays. */
static bool keeps_place(const struct service *other, const struct ask *ask,
                        const struct service *service)
{
    return !*ask->instead || other->component->order > service->component->order;
}

/* Another service of the server proposes the same interface and port, and stays there. */
static bool is_taken(const struct service *service, const struct ask *ask, const char *release)
{
    for (size_t i = 0; i < service->server->service_count; i++) {
        const struct service *other = &service->server->services[i];
        for (size_t j = 0; other != service && j < other->component->ask_count; j++)
            if (other->component->asks[j].type == ANSWER_LISTENS &&
                release_in(&other->component->asks[j].release, release) &&
                strcmp(other->component->asks[j].initial, ask->initial) == 0 &&
                keeps_place(other, &other->component->asks[j], service))
                return true;
    }
    return false;
}

static const char *proposal_of(const struct deployment *deployment, const struct service *service,
                               const struct ask *ask)
{
    for (size_t i = 0; i < ask->proposal_count; i++)
        if (service_condition(deployment, service, ask->proposals[i].when))
            return ask->proposals[i].value;
    return *ask->instead && is_taken(service, ask, deployment->release) ? ask->instead
                                                                        : ask->initial;
}

void derive_option(const struct deployment *deployment, const struct service *service,
                   const struct ask *ask, struct strings *out)
{
    const char *pattern = proposal_of(deployment, service, ask);
    if (!*pattern || !release_in(&ask->release, deployment->release))
        return;
    struct view view = {deployment, service, ask->name};
    struct str text = {0};
    if (template_expand(pattern, lookup, &view, &text, NULL)) {
        if (ask->list)
            strings_split(out, str_text(&text), ' ');
        else
            strings_add(out, str_text(&text));
    }
    str_free(&text);
}

char *derive_address(const struct deployment *deployment, const struct server *server)
{
    return xformat("%s.%s", server->name, deployment->name);
}

const struct signer *derive_signer(const struct deployment *deployment,
                                   const struct service *service, const struct slot *slot)
{
    for (size_t i = 0; i < slot->signer_count; i++)
        if (service_condition(deployment, service, slot->signers[i].when))
            return &slot->signers[i];
    return slot->signer_count ? &slot->signers[0] : NULL;
}

char *derive_signer_name(const struct deployment *deployment, const struct service *service,
                         const struct slot *slot)
{
    const struct signer *signer = derive_signer(deployment, service, slot);
    const struct slot *other = signer ? component_slot(service->component, signer->name) : NULL;
    if (!other)
        return xstrdup(signer ? signer->name : "internal");
    const struct strings *named = service_option(service, other->name);
    return named && named->count ? xstrdup(named->items[0])
                                 : derive_identity_name(deployment, service, other);
}

char *derive_service_name(const struct component *component, const char *server, const char *answer)
{
    struct str out = {0};
    for (const char *at = *component->name ? component->name : component->kind; *at; at++) {
        size_t length = *at == '{' ? strcspn(at, "}") : 0;
        if (!length) {
            str_add_char(&out, *at);
            continue;
        }
        char *hole = xstrndup(at + 1, length - 1);
        const char *value = strcmp(hole, component->per) == 0 ? answer : server;
        if (value && *value)
            str_addf(&out, "%c%s", toupper((unsigned char)*value), value + 1);
        free(hole);
        at += length;
    }
    return str_take(&out);
}

char *derive_identity_name(const struct deployment *deployment, const struct service *service,
                           const struct slot *slot)
{
    struct view view = {deployment, service, NULL};
    struct str text = {0};
    if (!template_expand(slot->identity, lookup, &view, &text, NULL)) {
        str_clear(&text);
        str_addf(&text, "%s", service->name);
    }
    return str_take(&text);
}

static void add_san(struct names *names, const char *value)
{
    const char *cn = names->attributes[ATTR_CN];
    if (*value && (!cn || strcasecmp(cn, value) != 0))
        strings_add_new(&names->sans, value);
}

/* Of one slot, in one service or in several of a kind: the first one's CN, and the names of all
 * (guide 3.1.5: one certificate for every database). */
static void names_of_own(const struct deployment *deployment, const struct identity *identity,
                         struct names *out)
{
    struct strings values = {0};
    for (size_t k = 0; k < identity->use_count; k++) {
        const struct identity_use *use = &identity->uses[k];
        service_expand(deployment, use->service, use->slot->cn, &values);
        if (!k && values.count)
            out->attributes[ATTR_CN] = xstrdup(values.items[0]);
        for (size_t i = 0; i < use->slot->sans.count; i++)
            service_expand(deployment, use->service, use->slot->sans.items[i], &values);
    }
    for (size_t i = 1; i < values.count; i++)
        add_san(out, values.items[i]);
    strings_free(&values);
}

static bool has_any(const struct names *names, const struct strings *any)
{
    for (size_t i = 0; i < any->count; i++)
        if (strings_has_nocase(&names->sans, any->items[i]) ||
            strcasecmp(names->attributes[ATTR_CN], any->items[i]) == 0)
            return true;
    return false;
}

/* Shared by several slots: the server's name, and each name that a component insists on (guide 3.1:
 * one certificate for several components). */
static void names_of_shared(const struct deployment *deployment, const struct identity *identity,
                            struct names *out)
{
    out->attributes[ATTR_CN] = xstrdup(identity->uses[0].service->server->address);
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct identity_use *use = &identity->uses[i];
        struct required_names names;
        if (use->service->server != identity->uses[0].service->server)
            add_san(out, use->service->server->address);
        required_names(deployment, use->service, use->slot, &names);
        for (size_t j = 0; j < names.count; j++)
            if (!has_any(out, &names.items[j].any))
                add_san(out, names.items[j].any.items[0]);
        required_free(&names);
    }
}

static bool has_one_slot(const struct identity *identity)
{
    for (size_t i = 1; i < identity->use_count; i++)
        if (identity->uses[i].slot != identity->uses[0].slot)
            return false;
    return true;
}

void derive_identity(const struct deployment *deployment, const struct identity *identity,
                     struct names *out)
{
    if (identity->use_count && has_one_slot(identity))
        names_of_own(deployment, identity, out);
    else if (identity->use_count)
        names_of_shared(deployment, identity, out);
    else if (strcmp(identity->signer, "self") == 0)
        out->attributes[ATTR_CN] = xformat("%s lab CA", deployment->name);
}
