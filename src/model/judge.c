#include "model/judge.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/conftext.h"
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

struct judging {
    const struct deployment *deployment;
    struct error *err;
};

/* An error at the item that path leads to; where it isn't written, at its nearest section. */
static bool wrong(const struct judging *j, const struct conf_step *path, size_t depth,
                  const char *remedy, const char *format, ...) printf_like(5, 6);
static bool wrong(const struct judging *j, const struct conf_step *path, size_t depth,
                  const char *remedy, const char *format, ...)
{
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct conf_span span;
    char *where = NULL;
    for (size_t d = depth; d && !where; d--)
        if (conf_find(str_text(&j->deployment->text), path, d, &span))
            where = xformat("%s:%zu", j->deployment->path, span.line);
    error_set(j->err, STATUS_NO, where ? where : j->deployment->path, remedy, "%s", message);
    free(where);
    return false;
}

/* remedy "did you mean"; free it. */
static char *suggestion(const char *word, const struct strings *known)
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

/* A file name that could stand in a command and in the store; the finer points are rules. */
static bool is_file_name(const char *name)
{
    if (!*name || *name == '.' || *name == '-' || strlen(name) > 200)
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return false;
    return true;
}

static bool is_tag(const char *name)
{
    if (!*name || *name == '-' || strlen(name) > 64)
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-')
            return false;
    return true;
}

static void identity_names(const struct deployment *d, struct strings *out)
{
    for (size_t i = 0; i < d->identity_count; i++)
        strings_add(out, d->identities[i].name);
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

static bool judge_ticks(const struct judging *j)
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
            if (fact->type == ANSWER_TICK && *value && !word_is_true(value) &&
                !word_is_false(value))
                return wrong(j, path, 2, "write true or false", "%s cannot be \"%s\"", fact->name,
                             value);
        }
    return true;
}

/* The signers' way up ends at public, internal or self. */
static bool signer_ends(const struct deployment *d, const struct identity *identity)
{
    for (size_t steps = 0; steps <= d->identity_count; steps++) {
        identity = deployment_identity(d, identity->signer);
        if (!identity)
            return true;
    }
    return false;
}

static bool judge_signer(const struct judging *j, const struct identity *identity)
{
    static const char *const words[] = {"public", "internal", "self"};
    struct conf_step path[] = {{"identity", identity->name}, {"signer", NULL}};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(identity->signer, words[i]) == 0)
            return true;
    if (!deployment_identity(j->deployment, identity->signer)) {
        struct strings known = {0};
        for (size_t i = 0; i < 3; i++)
            strings_add(&known, words[i]);
        identity_names(j->deployment, &known);
        char *remedy = suggestion(identity->signer, &known);
        wrong(j, path, 2, remedy, "no identity is called \"%s\"", identity->signer);
        free(remedy);
        strings_free(&known);
        return false;
    }
    if (!signer_ends(j->deployment, identity))
        return wrong(j, path, 2, "let one of them be signed by \"self\"",
                     "the signers of \"%s\" go in a circle", identity->name);
    return true;
}

static bool judge_identity(const struct judging *j, const struct identity *identity)
{
    struct conf_step here[] = {{"identity", identity->name}};
    struct error why;
    if (!name_check_base(identity->name, &why))
        return wrong(j, here, 1, why.remedy, "identity \"%s\": %s", identity->name, why.message);
    struct {
        const char *file, *option;
    } files[] = {{identity->key_file, "key-file"},
                 {identity->certificate_file, "certificate-file"},
                 {identity->bundle_file, "bundle-file"},
                 {identity->fullchain_file, "fullchain-file"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct conf_step path[] = {{"identity", identity->name}, {files[i].option, NULL}};
        if (!is_file_name(files[i].file))
            return wrong(j, path, 2, "use letters, digits and hyphens, and one dot",
                         "\"%s\" is no file name", files[i].file);
    }
    struct conf_step at[] = {{"identity", identity->name}, {"key-at", NULL}};
    if (*identity->key_at && !deployment_server(j->deployment, identity->key_at))
        return wrong(j, at, 2, "name a server of this file", "no server is called \"%s\"",
                     identity->key_at);
    return judge_signer(j, identity);
}

/* A file that an identity names. */
struct named_file {
    const char *name;
    size_t identity, option; /* their places */
};

static int compare_files(const void *left, const void *right)
{
    const struct named_file *a = left, *b = right;
    int order = strcasecmp(a->name, b->name);
    if (order)
        return order;
    if (a->identity != b->identity)
        return a->identity < b->identity ? -1 : 1;
    return (a->option > b->option) - (a->option < b->option);
}

/* The first name of an identity that is one of an identity before it. */
static void find_clash(const struct named_file *files, size_t count,
                       const struct named_file *clash[2])
{
    for (size_t i = 0, first = 0; i < count; i++) {
        if (i && strcasecmp(files[i].name, files[first].name) != 0)
            first = i;
        const struct named_file *a = &files[first], *b = &files[i];
        bool earlier = !clash[1] || b->identity < clash[1]->identity ||
                       (b->identity == clash[1]->identity && a->identity < clash[0]->identity);
        if (a->identity != b->identity && earlier) {
            clash[0] = a;
            clash[1] = b;
        }
    }
}

/* No identity's files are another's, not even in another case (SPEC 4). */
static bool judge_file_names(const struct judging *j)
{
    const struct deployment *d = j->deployment;
    const struct named_file *clash[2] = {NULL, NULL};
    struct named_file *files = xcalloc(4 * d->identity_count, sizeof *files);
    size_t count = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        const char *names[] = {identity->key_file, identity->certificate_file,
                               identity->bundle_file, identity->fullchain_file};
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            files[count++] = (struct named_file){names[k], i, k};
    }
    qsort(files, count, sizeof *files, compare_files);
    find_clash(files, count, clash);
    bool good = true;
    if (clash[1]) {
        const char *first = d->identities[clash[0]->identity].name;
        const char *second = d->identities[clash[1]->identity].name;
        struct conf_step path[] = {{"identity", second}};
        good = wrong(j, path, 1, "choose another name",
                     "identities \"%s\" and \"%s\" both mean the file %s", first, second,
                     clash[1]->name);
    }
    free(files);
    return good;
}

static bool judge_value(const struct judging *j, const struct conf_step *path,
                        const struct ask *ask, const char *value)
{
    const char *remedy = NULL;
    if (strpbrk(value, "\n\r"))
        return wrong(j, path, 3, "keep it on one line", "%s has a line break", ask->name);
    switch (ask->type) {
    case ANSWER_PORT:
        if (*value && !is_port(value))
            remedy = "write a port from 1 to 65535";
        break;
    case ANSWER_TICK:
        if (!word_is_true(value) && !word_is_false(value))
            remedy = "write true or false";
        break;
    case ANSWER_CHOICE:
        return one_of(j, path, 3, value, (const char *const *)ask->choices.items,
                      ask->choices.count);
    case ANSWER_SERVER:
        if (!deployment_server(j->deployment, value))
            remedy = "name a server of this file";
        break;
    default:
        break;
    }
    return !remedy || wrong(j, path, 3, remedy, "%s cannot be \"%s\"", ask->name, value);
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
        if (!judge_value(j, path, ask, option->values.items[i]))
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
        return wrong(j, path, 2, "use letters, digits and hyphens", "\"%s\" cannot name a service",
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
    for (size_t i = 0; i < service->option_count; i++)
        if (!judge_option(j, service, &service->options[i]))
            return false;
    return true;
}

static bool judge_server(const struct judging *j, const struct server *server)
{
    static const char *const platforms[] = {"vm", "cms1000", "cms2000", "x-series"};
    struct conf_step here[] = {{"server", server->name}};
    struct conf_step address[] = {{"server", server->name}, {"address", NULL}};
    struct conf_step platform[] = {{"server", server->name}, {"platform", NULL}};
    if (!is_tag(server->name))
        return wrong(j, here, 1, "use letters, digits and hyphens", "\"%s\" cannot name a server",
                     server->name);
    if (!*server->address)
        return wrong(j, address, 2, "write its name or address", "server \"%s\" has no address",
                     server->name);
    bool host = is_host_name(server->address) && *server->address != '*';
    if (!host && !is_ip_address(server->address))
        return wrong(j, address, 2, "write a host name or an IP address", "\"%s\" is no address",
                     server->address);
    if (!one_of(j, platform, 2, server->platform, platforms, 4))
        return false;
    /* {server, service} sections with unknown kinds come first: later checks look at components */
    for (size_t i = 0; i < server->service_count; i++)
        if (!judge_service(j, server, &server->services[i]))
            return false;
    return true;
}

static bool judge_accept(const struct judging *j, const struct accept *accept)
{
    time_t until;
    struct conf_step path[] = {{"accept", NULL}};
    if (!*accept->rule)
        return wrong(j, path, 1, "write rule = \"ID\" in it", "an accept {} names no rule");
    if (*accept->until && !clock_parse(accept->until, &until))
        return wrong(j, path, 1, "write it like 2027-01-31", "\"%s\" is no date", accept->until);
    return true;
}

bool deployment_judge(const struct deployment *deployment, struct error *err)
{
    struct judging j = {deployment, err};
    if (!judge_top(&j) || !judge_ticks(&j))
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
        if (!judge_accept(&j, &deployment->accepts[i]))
            return false;
    return true;
}
