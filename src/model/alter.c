#include "model/alter.h"

#include "base/mem.h"
#include "base/texts.h"
#include "model/conftext.h"
#include "model/edit.h"
#include "model/link.h"

#include <stdlib.h>
#include <string.h>

static void set_one(struct str *text, const struct conf_step *path, size_t depth, const char *value)
{
    struct strings one = {0};
    strings_add(&one, value);
    conf_set(text, path, depth, &one, false);
    strings_free(&one);
}

static void replace(char **place, const char *value)
{
    char *copy = xstrdup(value);
    free(*place);
    *place = copy;
}

static struct server *server_of(struct deployment *d, const struct server *server)
{
    return &d->servers[server - d->servers];
}

static struct identity *identity_of(struct deployment *d, const struct identity *identity)
{
    return &d->identities[identity - d->identities];
}

void alter_address(struct deployment *d, const struct server *server, const char *address,
                   struct str *text)
{
    struct conf_step path[] = {{"server", server->name}, {"address", NULL}};
    set_one(text, path, 2, address);
    replace(&server_of(d, server)->address, address);
}

static struct strings *setting_values(struct deployment *d, struct service *service,
                                      const char *option)
{
    for (size_t i = 0; i < service->option_count; i++)
        if (strcmp(service->options[i].name, option) == 0)
            return &service->options[i].values;
    service->options = grow(service->options, service->option_count, sizeof *service->options);
    struct setting *new = &service->options[service->option_count++];
    new->name = texts_keep(d->words, option);
    return &new->values;
}

void alter_option(struct deployment *d, const struct service *service, const char *option,
                  const struct strings *values, bool list, struct str *text)
{
    struct server *server = server_of(d, service->server);
    struct strings *mine = setting_values(d, &server->services[service - server->services], option);
    struct strings copy = {0};
    strings_copy(&copy, values);
    strings_free(mine);
    *mine = copy;
    edit_option(service, option, &copy, list, text);
}

static void set_option(struct deployment *d, const struct service *service, const char *option,
                       const char *value, struct str *text)
{
    struct strings one = {0};
    strings_add(&one, value);
    alter_option(d, service, option, &one, false, text);
    strings_free(&one);
}

void alter_names(struct deployment *d, const struct identity *identity, const struct names *names,
                 struct str *text)
{
    struct identity *mine = identity_of(d, identity);
    struct conf_step cn[] = {{"identity", identity->name}, {"CN", NULL}};
    struct conf_step san[] = {{"identity", identity->name}, {"subjectAltName", NULL}};
    const char *old = mine->names.attributes[ATTR_CN], *new = names->attributes[ATTR_CN];
    if (new && (!old || strcmp(old, new) != 0)) {
        set_one(text, cn, 2, new);
        replace(&mine->names.attributes[ATTR_CN], new);
    }
    if (strings_equal(&mine->names.sans, &names->sans))
        return;
    strings_free(&mine->names.sans);
    strings_copy(&mine->names.sans, &names->sans);
    if (names->sans.count)
        conf_set(text, san, 2, &names->sans, true);
    else
        conf_remove(text, san, 2);
}

void alter_add_identity(struct deployment *d, const char *name, const char *signer,
                        struct str *text)
{
    struct conf_step path[] = {{"identity", name}, {"signer", NULL}};
    set_one(text, path, 2, signer);
    d->identities = xrealloc(d->identities, (d->identity_count + 1) * sizeof *d->identities);
    struct identity *identity = &d->identities[d->identity_count++];
    *identity = (struct identity){.name = xstrdup(name),
                                  .signer = texts_keep(d->words, signer),
                                  .key_file = xformat("%s.key", name),
                                  .certificate_file = xformat("%s.crt", name),
                                  .bundle_file = xformat("%sbundle.crt", name),
                                  .fullchain_file = xformat("%sfullchain.crt", name),
                                  .key_at = "",
                                  .template_name = ""};
    names_copy(&identity->names, &d->subject);
    deployment_relink(d);
}

/* The new name of a file that is called after the identity; NULL: it isn't. Free it. */
static char *file_renamed(const char *file, const char *old, const char *name)
{
    static const char *const suffixes[] = {".key", ".csr", ".crt", "bundle.crt", "fullchain.crt"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *was = xformat("%s%s", old, suffixes[i]);
        bool mine = strcmp(was, file) == 0;
        free(was);
        if (mine)
            return xformat("%s%s", name, suffixes[i]);
    }
    return NULL;
}

/* A slot that names it, or a trust file that is one of its files. */
static char *option_renamed(const struct service *service, const struct setting *option,
                            const char *old, const char *name)
{
    const char *value = option->values.count == 1 ? option->values.items[0] : "";
    if (component_slot(service->component, option->name))
        return strcmp(value, old) == 0 ? xstrdup(name) : NULL;
    return text_ends(option->name, "-file") ? file_renamed(value, old, name) : NULL;
}

static void rename_in_services(struct deployment *d, const char *old, const char *name,
                               struct str *text)
{
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++) {
            const struct service *service = &d->servers[i].services[j];
            for (size_t k = 0; k < service->option_count; k++) {
                char *value = option_renamed(service, &service->options[k], old, name);
                if (value)
                    set_option(d, service, service->options[k].name, value, text);
                free(value);
            }
        }
}

static void rename_in_facts(struct setting *facts, size_t count, const char *section,
                            const char *old, const char *name, struct str *text)
{
    for (size_t i = 0; i < count; i++) {
        if (!text_ends(facts[i].name, "-file") || facts[i].values.count != 1)
            continue;
        char *value = file_renamed(facts[i].values.items[0], old, name);
        struct conf_step path[] = {{section, NULL}, {facts[i].name, NULL}};
        if (value) {
            set_one(text, path, 2, value);
            replace(&facts[i].values.items[0], value);
        }
        free(value);
    }
}

static void rename_in_accepts(struct deployment *d, const char *old, const char *name,
                              struct str *text)
{
    for (size_t i = 0; i < d->accept_count; i++) {
        struct accept *accept = &d->accepts[i];
        char *file = file_renamed(accept->file, old, name);
        if (strcmp(accept->identity, old) == 0 && conf_set_nth(text, "accept", i, "identity", name))
            replace(&accept->identity, name);
        if (file && conf_set_nth(text, "accept", i, "file", file))
            replace(&accept->file, file);
        free(file);
    }
}

static void rename_identity(struct deployment *d, const char *old, const char *name,
                            struct str *text)
{
    struct conf_step here[] = {{"identity", old}};
    const struct identity *found = deployment_identity(d, old);
    if (!found || !conf_retitle(text, here, 1, name))
        return;
    struct identity *identity = identity_of(d, found);
    replace(&identity->name, name);
    char **const files[] = {&identity->key_file, &identity->certificate_file,
                            &identity->bundle_file, &identity->fullchain_file};
    static const char *const options[] = {"key-file", "certificate-file", "bundle-file",
                                          "fullchain-file"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct conf_step written[] = {{"identity", name}, {options[i], NULL}};
        struct conf_span span;
        char *file = file_renamed(*files[i], old, name);
        if (file && !conf_find(str_text(text), written, 2, &span))
            replace(files[i], file); /* the default; one that is written stays */
        free(file);
    }
    for (size_t i = 0; i < d->identity_count; i++)
        if (strcmp(d->identities[i].signer, old) == 0) {
            struct conf_step signer[] = {{"identity", d->identities[i].name}, {"signer", NULL}};
            set_one(text, signer, 2, name);
            d->identities[i].signer = texts_keep(d->words, name);
        }
    rename_in_services(d, old, name, text);
    rename_in_facts(d->environment, d->environment_count, "environment", old, name, text);
    rename_in_facts(d->validation, d->validation_count, "validation", old, name, text);
    rename_in_accepts(d, old, name, text);
    deployment_relink(d);
}

void alter_identity_name(struct deployment *d, const char *old, const char *name, struct str *text)
{
    char *was = xstrdup(old), *is = xstrdup(name); /* they may lie in what changes */
    rename_identity(d, was, is, text);
    free(was);
    free(is);
}

void alter_remove_identity(struct deployment *d, const char *name, struct str *text)
{
    struct conf_step here[] = {{"identity", name}};
    const struct identity *found = deployment_identity(d, name);
    if (!found || !conf_remove(text, here, 1))
        return;
    size_t at = (size_t)(found - d->identities);
    deployment_unlink(d);
    identity_free(&d->identities[at]);
    d->identity_count--;
    for (; at < d->identity_count; at++)
        d->identities[at] = d->identities[at + 1];
    deployment_relink(d);
}
