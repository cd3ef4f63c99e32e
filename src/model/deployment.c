/* Reads deployment.conf: libconfuse for the grammar, the catalogue for the options of each kind. */
#include "model/deployment.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/texts.h"
#include "model/confuse.h"
#include "model/judge.h"
#include "model/link.h"

#include <stdlib.h>
#include <string.h>

/* Option tables live as long as the parse: libconfuse copies them, not their names. */
struct tables {
    cfg_opt_t *environment, *validation, *service;
    struct strings names; /* of the options built here */
    size_t environment_count, validation_count, service_count;
};

static char no_items[] = "{}";
static const cfg_opt_t end_of_options = CFG_END();

static void add_option(cfg_opt_t **opts, size_t *count, cfg_opt_t opt)
{
    for (size_t i = 0; opt.name && i < *count; i++)
        if (strcmp((*opts)[i].name, opt.name) == 0)
            return;
    *opts = grow(*opts, *count, sizeof **opts);
    (*opts)[(*count)++] = opt;
}

/* An option without default: whether it was given shows. */
static cfg_opt_t text_option(const char *name, bool list)
{
    cfg_opt_t text = CFG_STR(name, 0, CFGF_NODEFAULT),
              many = CFG_STR_LIST(name, no_items, CFGF_NODEFAULT);
    return list ? many : text;
}

static void add_fact(struct tables *tables, const struct fact *fact)
{
    cfg_opt_t opt = text_option(fact->name, false);
    if (strcmp(fact->block, "validation") == 0)
        add_option(&tables->validation, &tables->validation_count, opt);
    else
        add_option(&tables->environment, &tables->environment_count, opt);
}

static void add_component_options(struct tables *tables, const struct component *component)
{
    for (size_t i = 0; i < component->slot_count; i++)
        add_option(&tables->service, &tables->service_count,
                   text_option(component->slots[i].name, false));
    for (size_t i = 0; i < component->ask_count; i++)
        add_option(&tables->service, &tables->service_count,
                   text_option(component->asks[i].name, component->asks[i].list));
    for (size_t i = 0; i < component->trust_count; i++) {
        char *name = xformat("%s-file", component->trusts[i].name);
        strings_add_take(&tables->names, name);
        add_option(&tables->service, &tables->service_count, text_option(name, false));
    }
    for (size_t i = 0; i < component->fact_count; i++)
        add_fact(tables, &component->facts[i]);
}

static void tables_make(const struct catalogue *catalogue, struct tables *out)
{
    add_option(&out->environment, &out->environment_count, text_option("purpose", false));
    add_option(&out->service, &out->service_count, text_option("kind", false));
    add_option(&out->service, &out->service_count, text_option("installed", false));
    for (size_t i = 0; i < catalogue->count; i++)
        add_component_options(out, &catalogue->components[i]);
    add_option(&out->environment, &out->environment_count, end_of_options);
    add_option(&out->validation, &out->validation_count, end_of_options);
    add_option(&out->service, &out->service_count, end_of_options);
}

static void tables_free(struct tables *tables)
{
    free(tables->environment);
    free(tables->validation);
    free(tables->service);
    strings_free(&tables->names);
}

static bool parse(const char *place, const char *text, size_t length,
                  const struct catalogue *catalogue, struct parts *out, struct error *err)
{
    struct tables tables = {0};
    tables_make(catalogue, &tables);
    cfg_opt_t subject[] = {text_option("O", false),
                           text_option("OU", false),
                           text_option("L", false),
                           text_option("ST", false),
                           text_option("C", false),
                           text_option("emailAddress", false),
                           CFG_END()};
    cfg_opt_t key[] = {text_option("type", false), text_option("bits", false), CFG_END()};
    cfg_opt_t identity[] = {text_option("CN", false),
                            text_option("subjectAltName", true),
                            text_option("O", false),
                            text_option("OU", false),
                            text_option("L", false),
                            text_option("ST", false),
                            text_option("C", false),
                            text_option("emailAddress", false),
                            text_option("signer", false),
                            text_option("key-file", false),
                            text_option("certificate-file", false),
                            text_option("bundle-file", false),
                            text_option("fullchain-file", false),
                            text_option("key-at", true),
                            text_option("template", false),
                            CFG_END()};
    cfg_opt_t server[] = {text_option("address", false),
                          text_option("platform", false),
                          text_option("public-interfaces", true),
                          text_option("mmp", false),
                          CFG_SEC("service", tables.service, TITLED),
                          CFG_END()};
    cfg_opt_t accept[] = {text_option("rule", false),   text_option("identity", false),
                          text_option("server", false), text_option("service", false),
                          text_option("file", false),   text_option("reason", false),
                          text_option("until", false),  CFG_END()};
    cfg_opt_t opts[] = {text_option("release", false),
                        text_option("name", false),
                        text_option("store", false),
                        CFG_SEC("subject", subject, CFGF_NONE),
                        CFG_SEC("key", key, CFGF_NONE),
                        CFG_SEC("environment", tables.environment, CFGF_NONE),
                        CFG_SEC("identity", identity, TITLED),
                        CFG_SEC("server", server, TITLED),
                        CFG_SEC("validation", tables.validation, CFGF_NONE),
                        CFG_SEC("accept", accept, CFGF_MULTI),
                        CFG_END()};
    bool good = confuse_parse_parts(opts, place, text, length, out, err);
    tables_free(&tables);
    return good;
}

/* An option that the text doesn't give may be unknown to the parse: libconfuse would complain. */
static cfg_opt_t *option_of(cfg_t *cfg, const char *name)
{
    for (unsigned i = 0; cfg && i < cfg_num(cfg); i++)
        if (strcmp(cfg_opt_name(cfg_getnopt(cfg, i)), name) == 0)
            return cfg_getnopt(cfg, i);
    return NULL;
}

static unsigned size_of(cfg_t *cfg, const char *name)
{
    cfg_opt_t *opt = option_of(cfg, name);
    return opt ? cfg_opt_size(opt) : 0;
}

static cfg_t *section_of(cfg_t *cfg, const char *name)
{
    return size_of(cfg, name) ? cfg_getsec(cfg, name) : NULL;
}

static const char *value_or(cfg_t *cfg, const char *name, const char *fallback)
{
    cfg_opt_t *opt = option_of(cfg, name);
    const char *value = opt && cfg_opt_size(opt) ? cfg_opt_getnstr(opt, 0) : NULL;
    return value ? value : fallback;
}

static char *text_or(cfg_t *cfg, const char *name, const char *fallback)
{
    return xstrdup(value_or(cfg, name, fallback));
}

static const char *word_or(cfg_t *cfg, const char *name, const char *fallback, struct texts *words)
{
    return texts_keep(words, value_or(cfg, name, fallback));
}

/* Of the whole file, in whichever part it stands. */
static char *text_of(const struct parts *parts, const char *section, const char *name,
                     const char *fallback)
{
    for (size_t i = 0; i < parts->count; i++) {
        cfg_t *cfg = section ? section_of(parts->items[i], section) : parts->items[i];
        if (size_of(cfg, name))
            return text_or(cfg, name, fallback);
    }
    return xstrdup(fallback);
}

static size_t count_of(const struct parts *parts, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < parts->count; i++)
        count += size_of(parts->items[i], name);
    return count;
}

static void list(cfg_t *cfg, const char *name, struct strings *out)
{
    for (unsigned i = 0; i < size_of(cfg, name); i++)
        strings_add(out, cfg_getnstr(cfg, name, i));
}

/* Every option of a section that was given. */
static void read_options(cfg_t *cfg, struct texts *words, struct setting **items, size_t *count)
{
    for (unsigned i = 0; cfg && i < cfg_num(cfg); i++) {
        cfg_opt_t *opt = cfg_getnopt(cfg, i);
        /* an empty list that was written is an answer, too: only the flag tells */
        if (cfg_opt_size(opt) == 0 && !(cfg_opt_getcomment(opt) || (opt->flags & CFGF_MODIFIED)))
            continue;
        *items = grow(*items, *count, sizeof **items);
        struct setting *option = &(*items)[(*count)++];
        option->name = texts_keep(words, cfg_opt_name(opt));
        for (unsigned j = 0; j < cfg_opt_size(opt); j++)
            strings_add(&option->values, cfg_opt_getnstr(opt, j) ? cfg_opt_getnstr(opt, j) : "");
    }
}

static void read_attributes(cfg_t *cfg, bool with_cn, struct names *names)
{
    for (int i = 0; cfg && i < ATTR_COUNT; i++) {
        const char *name = attribute_names[i];
        if ((i == ATTR_CN && !with_cn) || !size_of(cfg, name))
            continue;
        free(names->attributes[i]);
        names->attributes[i] = xstrdup(cfg_getstr(cfg, name));
    }
}

static void read_identity(cfg_t *cfg, const struct names *subject, struct texts *words,
                          struct identity *identity)
{
    const char *name = cfg_title(cfg);
    identity->name = xstrdup(name);
    names_copy(&identity->names, subject);
    read_attributes(cfg, true, &identity->names);
    list(cfg, "subjectAltName", &identity->names.sans);
    identity->signer = word_or(cfg, "signer", "internal", words);
    list(cfg, "key-at", &identity->key_servers);
    identity->key_at =
        texts_keep(words, identity->key_servers.count ? identity->key_servers.items[0] : "");
    identity->template_name = word_or(cfg, "template", "", words);
    struct {
        char **file;
        const char *option, *suffix;
    } files[] = {{&identity->key_file, "key-file", ".key"},
                 {&identity->certificate_file, "certificate-file", ".crt"},
                 {&identity->bundle_file, "bundle-file", "bundle.crt"},
                 {&identity->fullchain_file, "fullchain-file", "fullchain.crt"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *standard = xformat("%s%s", name, files[i].suffix);
        *files[i].file = text_or(cfg, files[i].option, standard);
        free(standard);
    }
}

static void read_service(cfg_t *cfg, const struct catalogue *catalogue, struct texts *words,
                         struct service *service)
{
    service->name = xstrdup(cfg_title(cfg));
    char *kind = text_or(cfg, "kind", service->name);
    service->component = catalogue_find(catalogue, kind);
    free(kind);
    char *installed = text_or(cfg, "installed", "false");
    service->installed = word_is_true(installed);
    free(installed);
    read_options(cfg, words, &service->options, &service->option_count);
}

static void read_server(cfg_t *cfg, const struct catalogue *catalogue, struct texts *words,
                        struct server *server)
{
    server->name = xstrdup(cfg_title(cfg));
    server->address = text_or(cfg, "address", "");
    server->platform = word_or(cfg, "platform", "vm", words);
    server->mmp = word_or(cfg, "mmp", "", words);
    list(cfg, "public-interfaces", &server->public_interfaces);
    server->service_count = size_of(cfg, "service");
    size_t room = server->service_count; /* for those that are implied */
    for (size_t i = 0; i < catalogue->count; i++)
        room += catalogue->components[i].implied_count > 0;
    server->services = xcalloc(room, sizeof *server->services);
    for (unsigned i = 0; i < server->service_count; i++)
        read_service(cfg_getnsec(cfg, "service", i), catalogue, words, &server->services[i]);
}

static void read_accept(cfg_t *cfg, struct accept *accept)
{
    accept->rule = text_or(cfg, "rule", "");
    accept->identity = text_or(cfg, "identity", "");
    accept->server = text_or(cfg, "server", "");
    accept->service = text_or(cfg, "service", "");
    accept->file = text_or(cfg, "file", "");
    accept->reason = text_or(cfg, "reason", "");
    accept->until = text_or(cfg, "until", "");
}

static void read_top(const struct parts *parts, struct deployment *d)
{
    d->release = text_of(parts, NULL, "release", "2.9");
    d->name = text_of(parts, NULL, "name", "");
    d->store = text_of(parts, NULL, "store", "store");
    d->key_type = text_of(parts, "key", "type", "rsa");
    char *bits = text_of(parts, "key", "bits", strcmp(d->key_type, "ec") == 0 ? "256" : "2048");
    d->key_bits = strspn(bits, "0123456789") == strlen(bits) ? atoi(bits) : 0;
    free(bits);
    for (size_t i = 0; i < parts->count; i++) {
        cfg_t *cfg = parts->items[i];
        read_attributes(section_of(cfg, "subject"), false, &d->subject);
        read_options(section_of(cfg, "environment"), d->words, &d->environment,
                     &d->environment_count);
        read_options(section_of(cfg, "validation"), d->words, &d->validation, &d->validation_count);
    }
    d->identities = xcalloc(count_of(parts, "identity"), sizeof *d->identities);
    d->servers = xcalloc(count_of(parts, "server"), sizeof *d->servers);
    d->accepts = xcalloc(count_of(parts, "accept"), sizeof *d->accepts);
}

static void read_part(cfg_t *cfg, struct deployment *d)
{
    for (unsigned i = 0; i < size_of(cfg, "identity"); i++)
        read_identity(cfg_getnsec(cfg, "identity", i), &d->subject, d->words,
                      &d->identities[d->identity_count++]);
    for (unsigned i = 0; i < size_of(cfg, "server"); i++) {
        struct server *server = &d->servers[d->server_count++];
        read_server(cfg_getnsec(cfg, "server", i), d->catalogue, d->words, server);
        for (size_t j = 0; j < server->service_count; j++)
            server->services[j].server = server;
    }
    for (unsigned i = 0; i < size_of(cfg, "accept"); i++)
        read_accept(cfg_getnsec(cfg, "accept", i), &d->accepts[d->accept_count++]);
}

bool deployment_parse(const char *path, const char *text, size_t length,
                      const struct catalogue *catalogue, struct deployment *out, struct error *err)
{
    *out = (struct deployment){0};
    struct parts parts;
    if (!parse(path, text, length, catalogue, &parts, err))
        return false;
    out->path = xstrdup(path);
    out->catalogue = catalogue;
    out->words = texts_new();
    str_add_bytes(&out->text, text, length);
    read_top(&parts, out);
    for (size_t i = 0; i < parts.count; i++)
        read_part(parts.items[i], out);
    parts_free(&parts);
    deployment_link(out);
    if (deployment_judge(out, err))
        return true;
    deployment_free(out);
    return false;
}

bool deployment_load(const char *path, const struct catalogue *catalogue, struct deployment *out,
                     struct error *err)
{
    struct buffer buffer = {0};
    *out = (struct deployment){0};
    if (!file_read(path, &buffer, err))
        return false;
    bool good =
        deployment_parse(path, (const char *)buffer.data, buffer.length, catalogue, out, err);
    buffer_free(&buffer);
    return good;
}

static void options_free(struct setting *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        strings_free(&items[i].values);
    free(items);
}

void identity_free(struct identity *identity)
{
    char *texts[] = {identity->name,        identity->key_file,       identity->certificate_file,
                     identity->bundle_file, identity->fullchain_file, identity->key_in_use};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&identity->key_servers);
    names_free(&identity->names);
}

void service_free(struct service *service)
{
    free(service->name);
    options_free(service->options, service->option_count);
}

static void server_free(struct server *server)
{
    for (size_t i = 0; i < server->service_count; i++)
        service_free(&server->services[i]);
    free(server->services);
    free(server->name);
    free(server->address);
    strings_free(&server->public_interfaces);
}

void deployment_free(struct deployment *d)
{
    deployment_unlink(d);
    for (size_t i = 0; i < d->identity_count; i++)
        identity_free(&d->identities[i]);
    free(d->identities);
    for (size_t i = 0; i < d->server_count; i++)
        server_free(&d->servers[i]);
    free(d->servers);
    for (size_t i = 0; i < d->accept_count; i++) {
        struct accept *a = &d->accepts[i];
        char *texts[] = {a->rule, a->identity, a->server, a->service, a->file, a->reason, a->until};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
    }
    free(d->accepts);
    options_free(d->environment, d->environment_count);
    options_free(d->validation, d->validation_count);
    names_free(&d->subject);
    free(d->path);
    str_free(&d->text);
    texts_free(d->words);
    free(d->release);
    free(d->name);
    free(d->store);
    free(d->key_type);
    *d = (struct deployment){0};
}
