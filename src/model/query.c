/* Looking things up in a deployment. */
#include "base/mem.h"
#include "model/deployment.h"
#include "model/judge.h"

#include <stdlib.h>
#include <string.h>

const struct identity *deployment_identity(const struct deployment *deployment, const char *name)
{
    size_t low = 0, high = deployment->identity_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, deployment->by_name[middle]->name);
        if (order == 0)
            return deployment->by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *const kept_folders[KEPT_FOLDERS] = {"journal", "rehearsal"};

/* The part of the login in front of the host, and the host without brackets. */
static char *login(const struct server *server, bool brackets)
{
    const char *reached = *server->mmp ? server->mmp : server->address;
    const char *at = strchr(reached, '@'), *host = at ? at + 1 : reached;
    size_t length = strlen(host);
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    brackets = brackets && memchr(host, ':', length);
    return xformat("%.*s@%s%.*s%s", at ? (int)(at - reached) : 5, at ? reached : "admin",
                   brackets ? "[" : "", (int)length, host, brackets ? "]" : "");
}

char *server_ssh(const struct server *server)
{
    return login(server, false);
}

char *server_sftp(const struct server *server)
{
    return login(server, true);
}

const struct server *deployment_server(const struct deployment *deployment, const char *name)
{
    size_t low = 0, high = deployment->server_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, deployment->servers_by_name[middle]->name);
        if (order == 0)
            return deployment->servers_by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct kind *deployment_kind(const struct deployment *deployment,
                                   const struct component *component)
{
    return &deployment->kinds[component - deployment->catalogue->components];
}

const struct service *server_service(const struct server *server, const char *name)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (strcmp(server->services[i].name, name) == 0)
            return &server->services[i];
    return NULL;
}

bool server_has_kind(const struct server *server, const char *kind)
{
    for (size_t i = 0; i < server->service_count; i++) {
        const struct component *component = server->services[i].component;
        if (component && !server->services[i].implied && strcmp(component->kind, kind) == 0)
            return true;
    }
    return false;
}

static const struct strings *find_option(const struct setting *items, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, name) == 0)
            return &items[i].values;
    return NULL;
}

const struct strings *service_option(const struct service *service, const char *name)
{
    return find_option(service->options, service->option_count, name);
}

const struct strings *service_answer(const struct deployment *deployment,
                                     const struct service *service, const char *question)
{
    const struct ask *ask = component_ask(service->component, question);
    return ask && release_in(&ask->release, deployment->release) ? service_option(service, question)
                                                                 : NULL;
}

const struct identity *service_identity(const struct deployment *deployment,
                                        const struct service *service, const struct slot *slot)
{
    (void)deployment;
    return service->identities[slot - service->component->slots];
}

static const struct fact *find_fact(const struct catalogue *catalogue, const char *block,
                                    const char *name)
{
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].fact_count; j++) {
            const struct fact *fact = &catalogue->components[i].facts[j];
            if (strcmp(fact->block, block) == 0 && strcmp(fact->name, name) == 0)
                return fact;
        }
    return NULL;
}

const char *deployment_fact(const struct deployment *deployment, const char *name)
{
    const char *dot = strchr(name, '.');
    bool validation = text_starts(name, "validation.");
    const char *bare = validation ? dot + 1 : name;
    const struct strings *given =
        validation ? find_option(deployment->validation, deployment->validation_count, bare)
                   : find_option(deployment->environment, deployment->environment_count, bare);
    if (given)
        return given->count ? given->items[0] : "";
    if (strcmp(name, "purpose") == 0)
        return "production";
    const struct fact *fact =
        find_fact(deployment->catalogue, validation ? "validation" : "environment", bare);
    return fact ? fact->initial : "";
}

bool deployment_knows_fact(const struct deployment *deployment, const char *name)
{
    const char *dot = strchr(name, '.');
    bool validation = text_starts(name, "validation.");
    return strcmp(name, "purpose") == 0 ||
           find_fact(deployment->catalogue, validation ? "validation" : "environment",
                     validation ? dot + 1 : name);
}

bool deployment_lab(const struct deployment *deployment)
{
    return strcmp(deployment_fact(deployment, "purpose"), "lab") == 0;
}

void usages_add(const struct strings *needed, struct strings *out)
{
    static const char *const order[] = {"serverAuth", "clientAuth"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (strings_has(needed, order[i]))
            strings_add_new(out, order[i]);
    for (size_t i = 0; i < needed->count; i++)
        strings_add_new(out, needed->items[i]);
}

void identity_eku(const struct identity *identity, struct strings *out)
{
    struct strings needed = {0};
    for (size_t i = 0; i < identity->use_count; i++)
        for (size_t j = 0; j < identity->uses[i].slot->eku.count; j++)
            strings_add_new(&needed, identity->uses[i].slot->eku.items[j]);
    usages_add(&needed, out);
    strings_free(&needed);
}

void identity_request(const struct identity *identity, struct names *out)
{
    names_copy(out, &identity->names);
    identity_eku(identity, &out->eku);
}

const char *identity_key(const struct identity *identity)
{
    return identity->key_in_use ? identity->key_in_use : identity->key_file;
}

bool deployment_owns_file(const struct deployment *deployment, const char *name)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        if (strcmp(identity->certificate_file, name) == 0 ||
            strcmp(identity->bundle_file, name) == 0 ||
            strcmp(identity->fullchain_file, name) == 0 || strcmp(identity->key_file, name) == 0)
            return true;
    }
    return false;
}
