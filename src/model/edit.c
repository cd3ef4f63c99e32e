/* Changes of a deployment's text. */
#include "model/edit.h"

#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

void edit_begin(struct edit *edit, const struct facts *before)
{
    *edit = (struct edit){.before = before};
    str_add_bytes(&edit->text, str_text(&before->deployment.text), before->deployment.text.length);
}

static void renames_free(struct edit_rename *renames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(renames[i].old);
        free(renames[i].name);
    }
    free(renames);
}

void edit_free(struct edit *edit)
{
    str_free(&edit->text);
    strings_free(&edit->anew);
    strings_free(&edit->kept);
    strings_free(&edit->left);
    renames_free(edit->servers, edit->server_count);
    renames_free(edit->identities, edit->identity_count);
    for (size_t i = 0; i < edit->added_count; i++) {
        free(edit->added[i].server);
        free(edit->added[i].service);
        free(edit->added[i].shared);
    }
    free(edit->added);
    strings_free(&edit->gone);
    strings_free(&edit->joined);
    strings_free(&edit->joined_names);
    strings_free(&edit->goes);
    *edit = (struct edit){0};
}

void edit_option(const struct service *service, const char *option, const struct strings *values,
                 bool list, struct str *text)
{
    if (service->implied)
        return; /* it stands nowhere in the text */
    struct conf_step path[] = {
        {"server", service->server->name}, {"service", service->name}, {option, NULL}};
    if (values->count)
        conf_set(text, path, 3, values, list);
    else
        conf_remove(text, path, 3);
}

static void set_one(struct str *text, const struct conf_step *path, size_t depth, const char *value)
{
    struct strings one = {0};
    strings_add(&one, value);
    conf_set(text, path, depth, &one, false);
    strings_free(&one);
}

static void renamed_in(const struct strings *names, const char *old, const char *name,
                       struct strings *out)
{
    for (size_t i = 0; i < names->count; i++)
        strings_add(out, strcmp(names->items[i], old) == 0 ? name : names->items[i]);
}

/* Options of services that name a server: the one at the other end of a trunk. */
static void rename_in_service(struct str *text, const struct service *service, const char *old,
                              const char *name)
{
    for (size_t i = 0; i < service->component->ask_count; i++) {
        const struct ask *ask = &service->component->asks[i];
        const struct strings *written = service_option(service, ask->name);
        if (ask->type != ANSWER_SERVER || !written || !strings_has(written, old))
            continue;
        struct strings values = {0};
        renamed_in(written, old, name, &values);
        edit_option(service, ask->name, &values, ask->list, text);
        strings_free(&values);
    }
}

void edit_rename_server(struct edit *edit, const char *old, const char *name)
{
    const struct deployment *d = &edit->before->deployment;
    struct conf_step here[] = {{"server", old}};
    edit->kind = EDIT_RENAME;
    for (size_t i = 0; i < d->identity_count; i++) {
        struct conf_step at[] = {{"identity", d->identities[i].name}, {"key-at", NULL}};
        const struct strings *servers = &d->identities[i].key_servers;
        struct strings values = {0};
        renamed_in(servers, old, name, &values);
        if (!strings_equal(servers, &values))
            conf_set(&edit->text, at, 2, &values, values.count > 1);
        strings_free(&values);
    }
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++)
            rename_in_service(&edit->text, &d->servers[i].services[j], old, name);
    for (size_t i = 0; i < d->accept_count; i++)
        if (strcmp(d->accepts[i].server, old) == 0)
            conf_set_nth(&edit->text, "accept", i, "server", name);
    conf_retitle(&edit->text, here, 1, name);
    edit->servers = grow(edit->servers, edit->server_count, sizeof *edit->servers);
    edit->servers[edit->server_count++] = (struct edit_rename){xstrdup(old), xstrdup(name)};
}

void edit_choose(struct edit *edit, const struct service *service, const struct slot *slot,
                 const char *name)
{
    const struct deployment *d = &edit->before->deployment;
    const struct identity *old = service_identity(d, service, slot);
    struct strings one = {0};
    edit->kind = EDIT_CHOOSE;
    strings_add(&one, name);
    edit_option(service, slot->name, &one, false, &edit->text);
    strings_free(&one);
    if (!deployment_identity(d, name)) {
        struct conf_step path[] = {{"identity", name}, {"signer", NULL}};
        char *by = derive_signer_name(d, service, slot);
        set_one(&edit->text, path, 2, by);
        free(by);
    }
    if (old)
        strings_add_new(&edit->left, old->name);
}
