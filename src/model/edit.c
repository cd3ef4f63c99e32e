/* Changes of a deployment: its text is edited in place, parsed again, saved. */
#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

static void set_one(struct str *text, const struct conf_step *path, size_t depth, const char *value)
{
    struct strings one = {0};
    strings_add(&one, value);
    conf_set(text, path, depth, &one, false);
    strings_free(&one);
}

void edit_option(const struct deployment *deployment, const struct service *service,
                 const char *option, const struct strings *values, bool list, struct str *text)
{
    (void)deployment;
    struct conf_step path[] = {
        {"server", service->server->name}, {"service", service->name}, {option, NULL}};
    if (values->count)
        conf_set(text, path, 3, values, list);
    else
        conf_remove(text, path, 3);
}

/* Parses a text that an edit made; errors would be ours. */
static bool reparse(const struct deployment *like, const struct str *text, struct deployment *out,
                    struct error *err)
{
    return deployment_parse(like->path, str_text(text), text->length, like->catalogue, out, err);
}

static void set_names(struct str *text, const char *identity, const struct names *names)
{
    struct conf_step cn[] = {{"identity", identity}, {"CN", NULL}};
    struct conf_step san[] = {{"identity", identity}, {"subjectAltName", NULL}};
    if (names->attributes[ATTR_CN])
        set_one(text, cn, 2, names->attributes[ATTR_CN]);
    if (names->sans.count)
        conf_set(text, san, 2, &names->sans, true);
    else
        conf_remove(text, san, 2);
}

/* CNs and SANs of identities that have none yet. */
static bool name_new_identities(const struct deployment *like, struct str *text, struct error *err)
{
    struct deployment now;
    if (!reparse(like, text, &now, err))
        return false;
    for (size_t i = 0; i < now.identity_count; i++) {
        const struct identity *identity = &now.identities[i];
        if (identity->names.attributes[ATTR_CN])
            continue;
        struct names names = {0};
        derive_identity(&now, identity, &names);
        set_names(text, identity->name, &names);
        names_free(&names);
    }
    deployment_free(&now);
    return true;
}

/* A name for the service that its server has not. */
static char *service_title(const struct server *server, const struct component *component)
{
    char *title = xstrdup(component->kind);
    for (int n = 2; server_service(server, title); n++) {
        free(title);
        title = xformat("%s%d", component->kind, n);
    }
    return title;
}

bool edit_add_service(const struct deployment *deployment, const struct server *server,
                      const struct component *component, const char *shared, struct str *text,
                      struct error *err)
{
    char *title = service_title(server, component);
    struct conf_step path[] = {{"server", server->name}, {"service", title}, {"kind", NULL}};
    conf_add_section(text, path, 2);
    if (strcmp(title, component->kind) != 0)
        set_one(text, path, 3, component->kind);
    struct deployment now;
    bool good = reparse(deployment, text, &now, err);
    if (good) {
        const struct service *service =
            server_service(deployment_server(&now, server->name), title);
        for (size_t i = 0; i < component->slot_count; i++) {
            const struct slot *slot = &component->slots[i];
            char *name = shared ? xstrdup(shared) : derive_identity_name(&now, service, slot);
            path[2].name = slot->name;
            set_one(text, path, 3, name);
            if (!deployment_identity(&now, name)) {
                struct conf_step signer[] = {{"identity", name}, {"signer", NULL}};
                const struct signer *by = derive_signer(&now, service, slot);
                set_one(text, signer, 2, by ? by->name : "internal");
            }
            free(name);
        }
        for (size_t i = 0; i < component->ask_count; i++) {
            struct strings values = {0};
            derive_option(&now, service, &component->asks[i], &values);
            if (values.count)
                edit_option(&now, service, component->asks[i].name, &values,
                            component->asks[i].list, text);
            strings_free(&values);
        }
        deployment_free(&now);
        good = name_new_identities(deployment, text, err);
    }
    free(title);
    return good;
}

static bool is_used(const struct deployment *deployment, const struct identity *identity)
{
    if (identity->signs)
        return true;
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *service = &deployment->servers[i].services[j];
            for (size_t k = 0; k < service->component->slot_count; k++)
                if (service_identity(deployment, service, &service->component->slots[k]) ==
                    identity)
                    return true;
        }
    return false;
}

bool edit_remove_service(const struct deployment *deployment, const struct service *service,
                         struct str *text, struct error *err)
{
    struct strings named = {0}; /* by this service: only these may go with it */
    for (size_t i = 0; i < service->component->slot_count; i++) {
        const struct identity *identity =
            service_identity(deployment, service, &service->component->slots[i]);
        if (identity)
            strings_add_new(&named, identity->name);
    }
    struct conf_step path[] = {{"server", service->server->name}, {"service", service->name}};
    conf_remove(text, path, 2);
    struct deployment now;
    bool good = reparse(deployment, text, &now, err);
    for (size_t i = 0; good && i < named.count; i++) {
        const struct identity *identity = deployment_identity(&now, named.items[i]);
        struct conf_step gone[] = {{"identity", named.items[i]}};
        if (identity && !is_used(&now, identity))
            conf_remove(text, gone, 1);
    }
    if (good)
        deployment_free(&now);
    strings_free(&named);
    return good;
}

static void rename_identity(const struct deployment *deployment, const char *old, const char *name,
                            struct str *text)
{
    struct conf_step here[] = {{"identity", old}};
    if (!conf_retitle(text, here, 1, name))
        return;
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (strcmp(deployment->identities[i].signer, old) == 0) {
            struct conf_step signer[] = {{"identity", deployment->identities[i].name},
                                         {"signer", NULL}};
            set_one(text, signer, 2, name);
        }
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *service = &deployment->servers[i].services[j];
            for (size_t k = 0; k < service->component->slot_count; k++) {
                const char *slot = service->component->slots[k].name;
                const struct strings *named = service_option(service, slot);
                struct conf_step path[] = {
                    {"server", service->server->name}, {"service", service->name}, {slot, NULL}};
                if (named && named->count && strcmp(named->items[0], old) == 0)
                    set_one(text, path, 3, name);
            }
        }
}

void edit_rename_server(const struct deployment *deployment, const char *old, const char *name,
                        struct str *text)
{
    if (deployment_identity(deployment, old) && !deployment_identity(deployment, name))
        rename_identity(deployment, old, name, text);
    struct conf_step path[] = {{"server", old}};
    conf_retitle(text, path, 1, name);
}

/* The server that stands at the same place: names may have changed. */
static const struct server *server_at(const struct deployment *deployment, size_t index)
{
    return index < deployment->server_count ? &deployment->servers[index] : NULL;
}

static bool follow_addresses(const struct deployment *before, struct str *text, struct error *err)
{
    struct deployment now;
    if (!reparse(before, text, &now, err))
        return false;
    for (size_t i = 0; i < before->server_count; i++) {
        const struct server *old = &before->servers[i], *server = server_at(&now, i);
        if (!server || strcmp(server->address, old->address) != 0)
            continue;
        char *was = derive_address(before, old), *is = derive_address(&now, server);
        struct conf_step path[] = {{"server", server->name}, {"address", NULL}};
        if (strcmp(old->address, was) == 0 && strcmp(was, is) != 0)
            set_one(text, path, 2, is);
        free(was);
        free(is);
    }
    deployment_free(&now);
    return true;
}

/* An option follows when it is what its default makes of it, or an old address of its server. */
static bool follow_options(const struct deployment *before, struct str *text, struct error *err)
{
    struct deployment now;
    if (!reparse(before, text, &now, err))
        return false;
    for (size_t i = 0; i < before->server_count; i++) {
        const struct server *old_server = &before->servers[i], *server = server_at(&now, i);
        for (size_t j = 0; server && j < old_server->service_count; j++) {
            const struct service *old = &old_server->services[j];
            const struct service *service = server_service(server, old->name);
            for (size_t k = 0; service && k < old->component->ask_count; k++) {
                const struct ask *ask = &old->component->asks[k];
                const struct strings *value = service_option(old, ask->name);
                const struct strings *current = service_option(service, ask->name);
                if (!value || !current || !strings_equal(value, current))
                    continue;
                struct strings was = {0}, is = {0};
                derive_option(before, old, ask, &was);
                derive_option(&now, service, ask, &is);
                if (value->count == 1 && strcmp(value->items[0], old_server->address) == 0) {
                    strings_free(&is);
                    strings_add(&is, server->address);
                } else if (!strings_equal(value, &was)) {
                    strings_free(&is);
                    strings_copy(&is, value);
                }
                if (!strings_equal(value, &is))
                    edit_option(&now, service, ask->name, &is, ask->list, text);
                strings_free(&was);
                strings_free(&is);
            }
        }
    }
    deployment_free(&now);
    return true;
}

static bool follow_names(const struct deployment *before, struct str *text, struct error *err)
{
    struct deployment now;
    if (!reparse(before, text, &now, err))
        return false;
    for (size_t i = 0; i < before->identity_count && i < now.identity_count; i++) {
        const struct identity *old = &before->identities[i], *identity = &now.identities[i];
        const char *old_cn = old->names.attributes[ATTR_CN],
                   *cn = identity->names.attributes[ATTR_CN];
        struct conf_step cn_path[] = {{"identity", identity->name}, {"CN", NULL}};
        struct conf_step san_path[] = {{"identity", identity->name}, {"subjectAltName", NULL}};
        struct names was = {0}, is = {0};
        derive_identity(before, old, &was);
        derive_identity(&now, identity, &is);
        const char *was_cn = was.attributes[ATTR_CN], *is_cn = is.attributes[ATTR_CN];
        if (cn && old_cn && was_cn && is_cn && strcmp(cn, old_cn) == 0 && strcmp(cn, was_cn) == 0 &&
            strcmp(was_cn, is_cn) != 0)
            set_one(text, cn_path, 2, is_cn);
        if (strings_equal(&old->names.sans, &identity->names.sans) &&
            strings_equal(&old->names.sans, &was.sans) && !strings_equal(&was.sans, &is.sans)) {
            if (is.sans.count)
                conf_set(text, san_path, 2, &is.sans, true);
            else
                conf_remove(text, san_path, 2);
        }
        names_free(&was);
        names_free(&is);
    }
    deployment_free(&now);
    return true;
}

bool edit_follow(const struct deployment *before, struct str *text, struct error *err)
{
    if (!follow_addresses(before, text, err))
        return false;
    /* An option may follow another that follows: once more until nothing moves. */
    for (int pass = 0; pass < 4; pass++) {
        char *old = xstrdup(str_text(text));
        bool good = follow_options(before, text, err);
        bool moved = strcmp(old, str_text(text)) != 0;
        free(old);
        if (!good)
            return false;
        if (!moved)
            break;
    }
    return follow_names(before, text, err);
}
