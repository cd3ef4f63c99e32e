#include "model/judge.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/conftext.h"
#include "model/ruleid.h"
#include "store/name.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool word_is_true(const char *word)
{
    return strcasecmp(word, "true") == 0 || strcasecmp(word, "yes") == 0 ||
           strcasecmp(word, "on") == 0;
}

bool word_is_false(const char *word)
{
    return strcasecmp(word, "false") == 0 || strcasecmp(word, "no") == 0 ||
           strcasecmp(word, "off") == 0;
}

bool is_port(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 && length <= 5 && strspn(text, "0123456789") == length && atol(text) >= 1 &&
           atol(text) <= 65535;
}

char *judge_place(const struct deployment *deployment, const struct conf_step *path, size_t depth)
{
    struct conf_span span;
    for (size_t d = depth; d; d--)
        if (conf_find(str_text(&deployment->text), path, d, &span))
            return xformat("%s:%zu", deployment->path, span.line);
    return xstrdup(deployment->path);
}

bool wrong(const struct judging *j, const struct conf_step *path, size_t depth, const char *remedy,
           const char *format, ...)
{
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    char *where = judge_place(j->deployment, path, depth);
    error_set(j->err, STATUS_NO, where, remedy, "%s", message);
    free(where);
    return false;
}

char *suggestion(const char *word, const struct strings *known)
{
    const char *near = text_nearest(word, (const char *const *)known->items, known->count);
    if (near)
        return xformat("did you mean \"%s\"?", near);
    char *all = strings_join(known, ", ");
    char *text = *all ? xformat("known are: %s", all) : xstrdup("");
    free(all);
    return text;
}

static bool one_of(const struct judging *j, const struct conf_step *path, size_t depth,
                   const char *value, const char *const *words, size_t count)
{
    struct strings known = {0};
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        strings_add(&known, words[i]);
        found |= strcmp(words[i], value) == 0;
    }
    if (!found) {
        char *remedy = suggestion(value, &known);
        wrong(j, path, depth, remedy, "%s cannot be \"%s\"", path[depth - 1].name, value);
        free(remedy);
    }
    strings_free(&known);
    return found;
}

/* The finer points of a name are rules. */
bool is_file_name(const char *name)
{
    if (!*name || *name == '.' || *name == '-' || strlen(name) > 200)
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return false;
    return true;
}

enum { TAG_MAX = 64 };
static bool is_tag(const char *name)
{
    if (!*name || *name == '-' || strlen(name) > TAG_MAX)
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            return false;
    return true;
}

/* What keeps a name that is_tag refused. */
static const char *tag_remedy(const char *name)
{
    return strlen(name) > TAG_MAX ? "use at most 64 letters, digits and hyphens"
                                  : "use letters, digits and hyphens, the first no hyphen";
}

static bool judge_top(const struct judging *j)
{
    const struct deployment *d = j->deployment;
    static const char *const purposes[] = {"production", "lab"}, *const types[] = {"rsa", "ec"};
    struct conf_step name[] = {{"name", NULL}}, release[] = {{"release", NULL}},
                     type[] = {{"key", NULL}, {"type", NULL}},
                     bits[] = {{"key", NULL}, {"bits", NULL}},
                     purpose[] = {{"environment", NULL}, {"purpose", NULL}},
                     store[] = {{"store", NULL}};
    if (!*d->name)
        return wrong(j, name, 1, "write name = \"example.com\"",
                     "the deployment's domain, name, is missing");
    if (!is_host_name(d->name) || *d->name == '*')
        return wrong(j, name, 1, "write a domain like example.com", "\"%s\" is no domain", d->name);
    if (!isdigit((unsigned char)*d->release) ||
        strspn(d->release, "0123456789.") != strlen(d->release))
        return wrong(j, release, 1, "write it like 2.9", "\"%s\" is no release", d->release);
    if (!*d->store)
        return wrong(j, store, 1, "write store = \"store\"", "the store's folder is empty");
    if (!one_of(j, type, 2, d->key_type, types, 2) ||
        !one_of(j, purpose, 2, deployment_fact(d, "purpose"), purposes, 2))
        return false;
    bool ec = strcmp(d->key_type, "ec") == 0;
    if (ec ? d->key_bits != 256 && d->key_bits != 384
           : d->key_bits != 2048 && d->key_bits != 3072 && d->key_bits != 4096)
        return wrong(j, bits, 2, ec ? "write 256 or 384" : "write 2048, 3072 or 4096",
                     "no such key length for %s", d->key_type);
    return true;
}

/* What is wrong with a place to listen on, as a remedy; NULL: nothing. The appliance names its
 * interfaces a to e, admin on Acano hardware, and lo (guide 4.9); only some listeners take a port.
 */
static const char *listen_remedy(const char *value, bool with_port)
{
    static const char *const interfaces[] = {"a", "b", "c", "d", "e", "lo", "admin"};
    size_t length = strcspn(value, ":");
    bool known = false;
    if (strpbrk(value, ",; \t"))
        return with_port ? "give each place its own entry: \"a:443\", \"b:443\""
                         : "give each interface its own entry: \"a\", \"b\"";
    for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++)
        known = known ||
                (strlen(interfaces[i]) == length && strncmp(interfaces[i], value, length) == 0);
    if (!with_port && (!known || value[length]))
        return "write an interface of the server: a, b, c or d";
    if (!known)
        return "write an interface of the server and a port: a:443";
    if (value[length] && !is_port(value + length + 1))
        return "write a port from 1 to 65535 behind the colon: a:443";
    return NULL;
}

static bool judge_value(const struct judging *j, const struct conf_step *path, size_t depth,
                        enum answer_type type, const struct strings *choices, const char *value)
{
    const char *name = path[depth - 1].name, *remedy = NULL;
    if (strpbrk(value, "\n\r"))
        return wrong(j, path, depth, "keep it on one line", "%s has a line break", name);
    switch (type) {
    case ANSWER_PORT:
        if (*value && !is_port(value))
            remedy = "write a port from 1 to 65535";
        break;
    case ANSWER_LISTEN:
    case ANSWER_LISTENS:
        remedy = listen_remedy(value, true);
        break;
    case ANSWER_INTERFACES:
        remedy = listen_remedy(value, false);
        break;
    case ANSWER_TICK:
        if (!word_is_true(value) && !word_is_false(value))
            remedy = "write true or false";
        break;
    case ANSWER_CHOICE:
        return one_of(j, path, depth, value, (const char *const *)choices->items, choices->count);
    case ANSWER_SERVER:
        if (!deployment_server(j->deployment, value))
            remedy = "name a server of this file";
        break;
    default:
        break;
    }
    return !remedy || wrong(j, path, depth, remedy, "%s cannot be \"%s\"", name, value);
}

/* Options of environment {} and validation {} may be left empty. */
static bool judge_facts(const struct judging *j)
{
    const struct deployment *d = j->deployment;
    for (size_t i = 0; i < d->catalogue->count; i++)
        for (size_t k = 0; k < d->catalogue->components[i].fact_count; k++) {
            const struct fact *fact = &d->catalogue->components[i].facts[k];
            bool validation = strcmp(fact->block, "validation") == 0;
            char *full = xformat("%s%s", validation ? "validation." : "", fact->name);
            const char *value = deployment_fact(d, full);
            free(full);
            struct conf_step path[] = {{fact->block, NULL}, {fact->name, NULL}};
            if (*value && !judge_value(j, path, 2, fact->type, &fact->choices, value))
                return false;
        }
    return true;
}

static bool judge_option(const struct judging *j, const struct service *service,
                         const struct setting *option)
{
    const struct component *component = service->component;
    struct conf_step path[] = {
        {"server", service->server->name}, {"service", service->name}, {option->name, NULL}};
    const char *value = option->values.count ? option->values.items[0] : "";
    if (strcmp(option->name, "kind") == 0)
        return true;
    if (strcmp(option->name, "installed") == 0)
        return word_is_true(value) || word_is_false(value) ||
               wrong(j, path, 3, "write true or false", "installed cannot be \"%s\"", value);
    const struct ask *ask = component_ask(component, option->name);
    for (size_t i = 0; ask && i < option->values.count; i++)
        if (!judge_value(j, path, 3, ask->type, &ask->choices, option->values.items[i]))
            return false;
    if (ask)
        return true;
    struct strings known = {0};
    bool good = false;
    if (component_slot(component, option->name)) {
        good = deployment_identity(j->deployment, value) != NULL;
        if (!good) {
            identity_names(j->deployment, &known);
            char *remedy = suggestion(value, &known);
            wrong(j, path, 3, remedy, "no identity is called \"%s\"", value);
            free(remedy);
        }
        strings_free(&known);
        return good;
    }
    for (size_t i = 0; i < component->trust_count; i++) {
        char *name = xformat("%s-file", component->trusts[i].name);
        good |= strcmp(name, option->name) == 0;
        strings_add_take(&known, name);
    }
    if (good && !is_file_name(value))
        good = wrong(j, path, 3, "name a file of the store", "\"%s\" is no file name", value);
    else if (!good) {
        for (size_t i = 0; i < component->ask_count; i++)
            strings_add(&known, component->asks[i].name);
        for (size_t i = 0; i < component->slot_count; i++)
            strings_add(&known, component->slots[i].name);
        char *remedy = suggestion(option->name, &known);
        wrong(j, path, 3, remedy, "%s has no option \"%s\"", component->title, option->name);
        free(remedy);
    }
    strings_free(&known);
    return good;
}

static bool judge_service(const struct judging *j, const struct server *server,
                          const struct service *service)
{
    struct conf_step path[] = {
        {"server", server->name}, {"service", service->name}, {"kind", NULL}};
    if (!is_tag(service->name))
        return wrong(j, path, 2, tag_remedy(service->name), "\"%s\" cannot name a service",
                     service->name);
    if (!service->component) {
        struct strings known = {0};
        for (size_t i = 0; i < j->deployment->catalogue->count; i++)
            strings_add(&known, j->deployment->catalogue->components[i].kind);
        struct strings const *given = service_option(service, "kind");
        const char *kind = given && given->count ? given->items[0] : service->name;
        char *remedy = suggestion(kind, &known);
        wrong(j, path, 3, remedy, "no component is called \"%s\"", kind);
        free(remedy);
        strings_free(&known);
        return false;
    }
    if (*service->component->part_of) {
        const struct component *host =
            catalogue_find(j->deployment->catalogue, service->component->part_of);
        return wrong(j, path, 2, "take it out: what is set in validation {} stands for it",
                     "%s is no service but a part of the %s", service->component->title,
                     host->title);
    }
    for (size_t i = 0; i < service->option_count; i++)
        if (!judge_option(j, service, &service->options[i]))
            return false;
    return true;
}

/* USER@HOST or HOST, as one word of a command line. */
static bool is_login(const char *login)
{
    const char *at = strchr(login, '@'), *host = at ? at + 1 : login;
    if (at && (at == login || *login == '-'))
        return false;
    for (const char *c = login; c < host - 1; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return false;
    return is_tag(host) || (is_host_name(host) && *host != '*') || is_ip_address(host);
}

static bool judge_server(const struct judging *j, const struct server *server)
{
    static const char *const platforms[] = {"vm", "cms1000", "cms2000", "x-series"};
    struct conf_step here[] = {{"server", server->name}};
    struct conf_step address[] = {{"server", server->name}, {"address", NULL}};
    struct conf_step platform[] = {{"server", server->name}, {"platform", NULL}};
    struct conf_step public[] = {{"server", server->name}, {"public-interfaces", NULL}};
    struct conf_step mmp[] = {{"server", server->name}, {"mmp", NULL}};
    if (!is_tag(server->name))
        return wrong(j, here, 1, tag_remedy(server->name), "\"%s\" cannot name a server",
                     server->name);
    for (size_t i = 0; i < KEPT_FOLDERS; i++)
        if (strcasecmp(server->name, kept_folders[i]) == 0)
            return wrong(j, here, 1, "choose another name",
                         "\"%s\" cannot name a server: the plan has a folder of that name",
                         server->name);
    if (!*server->address)
        return wrong(j, address, 2, "write its name or address", "server \"%s\" has no address",
                     server->name);
    struct error why = {0};
    if (*server->address == '*')
        return wrong(j, address, 2, "write a host name or an IP address", "\"%s\" is no address",
                     server->address);
    if (!host_check(server->address, &why))
        return wrong(j, address, 2, why.remedy, "\"%s\" is no address: %s", server->address,
                     why.message);
    if (!one_of(j, platform, 2, server->platform, platforms, 4))
        return false;
    if (*server->mmp && !is_login(server->mmp))
        return wrong(j, mmp, 2, "write it like admin@10.0.0.5",
                     "\"%s\" is no user and address for ssh", server->mmp);
    for (size_t i = 0; i < server->public_interfaces.count; i++)
        if (!judge_value(j, public, 2, ANSWER_INTERFACES, NULL, server->public_interfaces.items[i]))
            return false;
    /* {server, service} sections with unknown kinds come first: later checks look at components */
    for (size_t i = 0; i < server->service_count; i++)
        if (!judge_service(j, server, &server->services[i]))
            return false;
    return true;
}

/* An error in the nth accept {}, at its option where that is written. */
static bool wrong_accept(const struct judging *j, size_t nth, const char *option,
                         const char *remedy, const char *format, ...) printf_like(5, 6);
static bool wrong_accept(const struct judging *j, size_t nth, const char *option,
                         const char *remedy, const char *format, ...)
{
    const struct deployment *d = j->deployment;
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct conf_span span = {0};
    if (!conf_find_nth(str_text(&d->text), "accept", nth, option, &span) &&
        !conf_find_nth(str_text(&d->text), "accept", nth, NULL, &span))
        span.line = 1;
    char *where = xformat("%s:%zu", d->path, span.line);
    error_set(j->err, STATUS_NO, where, remedy, "%s", message);
    free(where);
    return false;
}

static void known_services(const struct deployment *d, const char *server, struct strings *out)
{
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t k = 0; k < d->servers[i].service_count; k++)
            if (!*server || strcmp(server, d->servers[i].name) == 0)
                strings_add_new(out, d->servers[i].services[k].name);
}

static bool judge_mention(const struct judging *j, size_t nth, const char *option,
                          const char *value, const struct strings *known)
{
    if (!*value || strings_has(known, value))
        return true;
    char *remedy = suggestion(value, known);
    wrong_accept(j, nth, option, remedy, "no %s is called \"%s\"", option, value);
    free(remedy);
    return false;
}

static bool judge_mentions(const struct judging *j, size_t nth, const struct accept *accept)
{
    const struct deployment *d = j->deployment;
    struct strings identities = {0}, servers = {0}, services = {0};
    identity_names(d, &identities);
    for (size_t i = 0; i < d->server_count; i++)
        strings_add(&servers, d->servers[i].name);
    known_services(d, accept->server, &services);
    bool good = judge_mention(j, nth, "identity", accept->identity, &identities) &&
                judge_mention(j, nth, "server", accept->server, &servers) &&
                judge_mention(j, nth, "service", accept->service, &services);
    strings_free(&identities);
    strings_free(&servers);
    strings_free(&services);
    return good;
}

static bool judge_rule(const struct judging *j, size_t nth, const char *id)
{
    const struct catalogue *catalogue = j->deployment->catalogue;
    if (!*id)
        return wrong_accept(j, nth, "rule",
                            "write rule = \"ID\" in it, as certwright check names it",
                            "an accept {} names no rule");
    if (rule_id_known(catalogue, id))
        return true;
    const char *near = rule_id_nearest(catalogue, id);
    char *remedy = near ? xformat("did you mean \"%s\"?", near)
                        : xstrdup("write the id that certwright check puts before its message");
    wrong_accept(j, nth, "rule", remedy, "no rule is called \"%s\"", id);
    free(remedy);
    return false;
}

/* An accept {} that fits nothing would hide nothing, and nobody would notice. */
static bool judge_accept(const struct judging *j, size_t nth, const struct accept *accept)
{
    time_t until;
    if (!judge_rule(j, nth, accept->rule) || !judge_mentions(j, nth, accept))
        return false;
    if (!accept->reason[strspn(accept->reason, " \t")])
        return wrong_accept(j, nth, "reason", "write reason = \"why this is no trouble here\"",
                            "the accept {} for %s gives no reason", accept->rule);
    if (*accept->until && !clock_parse(accept->until, &until))
        return wrong_accept(j, nth, "until", "write it like 2027-01-31", "\"%s\" is no date",
                            accept->until);
    return true;
}

bool deployment_judge(const struct deployment *deployment, struct error *err)
{
    struct judging j = {deployment, err};
    if (!judge_top(&j) || !judge_facts(&j))
        return false;
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (!judge_identity(&j, &deployment->identities[i]))
            return false;
    if (!judge_file_names(&j))
        return false;
    for (size_t i = 0; i < deployment->server_count; i++)
        if (!judge_server(&j, &deployment->servers[i]))
            return false;
    for (size_t i = 0; i < deployment->accept_count; i++)
        if (!judge_accept(&j, i, &deployment->accepts[i]))
            return false;
    return true;
}
