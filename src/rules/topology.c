/* Topology: what compares the services of one server. */
#include "base/mem.h"
#include "rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A port that a service listens on. */
struct port {
    const struct service *service;
    const struct ask *ask;
    char *interface; /* "" all of them */
    long number;
};
struct ports {
    struct port *items;
    size_t count;
};

static void ports_free(struct ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        free(ports->items[i].interface);
    free(ports->items);
    *ports = (struct ports){0};
}

static long port_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    return *text && !*end && number > 0 && number <= 65535 ? number : 0;
}

static void ports_add(struct ports *ports, const struct service *service, const struct ask *ask,
                      const char *interface, size_t length, long number)
{
    if (!number)
        return;
    ports->items = grow(ports->items, ports->count, sizeof *ports->items);
    ports->items[ports->count++] = (struct port){
        .service = service, .ask = ask, .interface = xstrndup(interface, length), .number = number};
}

/* "a:443"; an interface alone listens on the port that the catalogue gives, if it gives one. */
static void ports_add_listen(struct ports *ports, const struct service *service,
                             const struct ask *ask, const char *value)
{
    const char *colon = strrchr(value, ':'), *standard = strrchr(ask->initial, ':');
    size_t length = colon ? (size_t)(colon - value) : strlen(value);
    ports_add(ports, service, ask, value, length,
              port_number(colon      ? colon + 1
                          : standard ? standard + 1
                                     : ""));
}

/* A port alone is one on the interfaces of the service, unless it is another server's: its default
 * is then taken from there. */
static void ports_add_bare(struct ports *ports, const struct judge *judge,
                           const struct service *service, const struct ask *ask, const char *value)
{
    size_t before = ports->count;
    if (strchr(ask->initial, '{'))
        return;
    const struct component *component = service->component;
    for (size_t i = 0; i < component->ask_count; i++) {
        const struct ask *other = &component->asks[i];
        struct strings listens = {0};
        bool lists = other->type == ANSWER_LISTEN || other->type == ANSWER_LISTENS;
        if (lists && service_value(&judge->facts->deployment, service, other->name, &listens))
            for (size_t j = 0; j < listens.count; j++)
                ports_add(ports, service, ask, listens.items[j], strcspn(listens.items[j], ":"),
                          port_number(value));
        strings_free(&listens);
        if (ports->count > before)
            return;
    }
    ports_add(ports, service, ask, "", 0, port_number(value));
}

static void ports_of(const struct judge *judge, const struct server *server, struct ports *out)
{
    for (size_t i = 0; i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        for (size_t j = 0; j < service->component->ask_count; j++) {
            const struct ask *ask = &service->component->asks[j];
            struct strings values = {0};
            bool listens = ask->type == ANSWER_LISTEN || ask->type == ANSWER_LISTENS;
            if ((listens || ask->type == ANSWER_PORT) &&
                service_value(&judge->facts->deployment, service, ask->name, &values))
                for (size_t k = 0; k < values.count; k++) {
                    if (listens)
                        ports_add_listen(out, service, ask, values.items[k]);
                    else
                        ports_add_bare(out, judge, service, ask, values.items[k]);
                }
            strings_free(&values);
        }
    }
}

/* Components that declare it have ports of a group that must all differ (guide D.3). */
#define GROUP_ID "WB3-PORTS"

static const struct require *grouped(const struct judge *judge, const struct port *a,
                                     const struct port *b)
{
    const struct require *first = service_require(judge, a->service, GROUP_ID);
    return first && service_require(judge, b->service, GROUP_ID) ? first : NULL;
}

static bool clash(const struct port *a, const struct port *b)
{
    if (a->number != b->number || (a->service == b->service && a->ask == b->ask))
        return false;
    return !*a->interface || !*b->interface || strcmp(a->interface, b->interface) == 0;
}

static bool is_taken(const struct ports *ports, long number)
{
    for (size_t i = 0; i < ports->count; i++)
        if (ports->items[i].number == number)
            return true;
    return false;
}

/* The port that the catalogue has beside others, else the next that nothing on the server uses. */
static long free_port(const struct ports *ports, const struct port *port)
{
    const char *colon = strrchr(port->ask->instead, ':');
    long number = colon ? port_number(colon + 1) : 0;
    if (number && !is_taken(ports, number))
        return number;
    for (number = port->number + 1; number <= 65535 && is_taken(ports, number);)
        number++;
    return number <= 65535 ? number : 1024;
}

/* The option with that one value changed, and the others as they are. */
static void remedy_port(struct finding *finding, const struct judge *judge,
                        const struct ports *ports, const struct port *port)
{
    struct strings values = {0}, right = {0};
    long number = free_port(ports, port);
    bool list = port->ask->type == ANSWER_LISTENS, bare = port->ask->type == ANSWER_PORT;
    service_value(&judge->facts->deployment, port->service, port->ask->name, &values);
    for (size_t i = 0; i < values.count; i++) {
        size_t length = strcspn(values.items[i], ":");
        bool same = strlen(port->interface) == length &&
                    strncmp(values.items[i], port->interface, length) == 0;
        if (bare)
            strings_add_take(&right, xformat("%ld", number));
        else if (same)
            strings_add_take(&right, xformat("%s:%ld", port->interface, number));
        else
            strings_add(&right, values.items[i]);
    }
    remedy_set_service(finding, port->service, port->ask->name, &right, list);
    strings_free(&right);
    strings_free(&values);
}

static void clash_report(const struct rule *rule, const struct subject *s, const struct port *a,
                         const struct port *b, const struct ports *ports, struct findings *out)
{
    const struct require *group = grouped(s->judge, a, b);
    struct rule named = *rule;
    if (group) {
        named.id = group->id;
        named.section = group->section;
    }
    struct subject subject = *s;
    subject.service = b->service;
    const char *interface = *a->interface ? a->interface : b->interface;
    struct finding *finding =
        report(out, &named, &subject, "%s (%s) and %s (%s) both listen on port %ld%s%s",
               a->service->name, a->ask->name, b->service->name, b->ask->name, a->number,
               *interface ? " of interface " : "", interface);
    remedy_port(finding, s->judge, ports, b);
}

static void port_clash(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct ports ports = {0};
    ports_of(s->judge, s->server, &ports);
    for (size_t i = 0; i < ports.count; i++)
        for (size_t j = 0; j < i; j++)
            if (clash(&ports.items[j], &ports.items[i]))
                clash_report(rule, s, &ports.items[j], &ports.items[i], &ports, out);
    ports_free(&ports);
}

/* A component that the chosen release does not have; that a later one removes is an entry of its
 * file. */
static void not_in_release(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct component *component = s->service->component;
    const char *release = s->judge->facts->deployment.release;
    if (!*release || release_in(&component->release, release))
        return;
    char *words = release_words(&component->release);
    struct finding *finding =
        report(out, rule, s, "%s exists %s, and this is %s", component->title, words, release);
    report_remedy(finding, "remove each %s from deployment.conf, or set release = \"%s\"",
                  component->title, release_nearest(&component->release, release));
    free(words);
}

static bool is_edge(const struct server *server)
{
    return server->public_interfaces.count > 0;
}

/* The edge's services get identities of their own: a break-in there then tells no core key. */
static void remedy_edge(struct finding *finding, const struct subject *s)
{
    const struct judge *judge = s->judge;
    for (size_t i = s->view->first_use; i != USE_NONE; i = judge->uses[i].next) {
        struct subject subject = *s;
        subject.service = judge->uses[i].service;
        subject.slot = judge->uses[i].slot;
        if (is_edge(judge->uses[i].server) && strings_has(&subject.slot->takes, "key"))
            remedy_own_identity(finding, &subject, s->view->identity->signer);
    }
}

/* Guide 3.1 shows one certificate for all servers; an edge stands where strangers knock. */
static void key_spread(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct judge *judge = s->judge;
    struct strings servers = {0};
    bool edge = false, core = false;
    for (size_t i = s->view->first_use; i != USE_NONE; i = judge->uses[i].next) {
        if (!strings_has(&judge->uses[i].slot->takes, "key"))
            continue;
        strings_add_new(&servers, judge->uses[i].server->name);
        edge = edge || is_edge(judge->uses[i].server);
        core = core || !is_edge(judge->uses[i].server);
    }
    if (servers.count > 1 && !*s->view->identity->key_at && !s->view->signs) {
        strings_sort(&servers);
        char *names = strings_join(&servers, ", ");
        bool split = edge && core;
        struct finding *finding = report(
            out, rule, s, "the key of \"%s\" goes to %zu servers%s (%s)", s->view->identity->name,
            servers.count, split ? ", one of them with a public interface" : "", names);
        report_file(finding, "");
        if (split) {
            finding->severity = SEVERITY_WARNING;
            remedy_edge(finding, s);
        } else {
            report_remedy(finding, "keep each copy as safe as the first, or give each server an "
                                   "identity of its own");
        }
        free(names);
    }
    strings_free(&servers);
}

static bool needs_key(const struct judge *judge, const struct view *view, const char *server)
{
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next)
        if (strings_has(&judge->uses[i].slot->takes, "key") &&
            strcmp(judge->uses[i].server->name, server) == 0)
            return true;
    return false;
}

/* Guide 4.7.1 has the key copied with the certificate, to a server that only trusts it. The first
 * of the appliances made the key. */
static void key_copied(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct identity *identity = s->view->identity;
    struct strings copies = {0}, rest = {0};
    for (size_t i = 0; i < identity->key_servers.count; i++) {
        const char *server = identity->key_servers.items[i];
        bool needed = !i || needs_key(s->judge, s->view, server);
        strings_add(needed ? &rest : &copies, server);
    }
    if (copies.count) {
        char *names = strings_join(&copies, ", ");
        struct finding *finding =
            report(out, rule, s,
                   "%s lies on %s too, where no service uses it: who trusts \"%s\" there needs "
                   "%s alone, and a break-in there tells its key",
                   identity->key_file, names, identity->name, identity->certificate_file);
        report_file(finding, identity->key_file);
        for (size_t i = 0; i < copies.count; i++)
            remedy_add(finding, "delete %s on %s by SFTP", identity->key_file, copies.items[i]);
        remedy_set_list(finding, s->view, "key-at", &rest);
        free(names);
    }
    strings_free(&copies);
    strings_free(&rest);
}

/* The key went into the trust file with the certificate. */
static void key_in_trust(const struct rule *rule, const struct subject *s, struct findings *out)
{
    bool has_key = false, has_cert = false;
    for (size_t i = 0; s->trust && s->file && i < s->file->pki.count; i++) {
        const struct object *object = &s->file->pki.objects[i];
        has_key = has_key || (object->kind == OBJECT_KEY && object->key->is_private);
        has_cert = has_cert || object->kind == OBJECT_CERT;
    }
    if (!has_key || !has_cert)
        return;
    struct finding *finding =
        report(out, rule, s,
               "%s, which goes to %s, has a private key beside the certificate: %s needs the "
               "certificate alone, and a break-in on %s tells the key",
               s->name, s->server->name, s->service->component->title, s->server->name);
    remedy_add(finding, "delete %s/%s", s->judge->facts->store_path, s->name);
    remedy_add(finding, "certwright check --fix");
}

static const struct rule rules[] = {
    {"PORT-CLASH", "213821", SEVERITY_ERROR, SCOPE_SERVER, port_clash, .field = ""},
    {"KEY-SPREAD", "3.1", SEVERITY_NOTICE, SCOPE_IDENTITY, key_spread, .field = "identity"},
    {"KEY-COPIED", "4.7.1", SEVERITY_WARNING, SCOPE_IDENTITY, key_copied, .field = "key-at"},
    {"KEY-COPIED", "4.7.1", SEVERITY_WARNING, SCOPE_FILE, key_in_trust, .field = ""},
    {"DEPRECATED", "2", SEVERITY_ERROR, SCOPE_SERVICE, not_in_release, .field = ""},
};
const struct group rules_topology = {rules, sizeof rules / sizeof *rules};
