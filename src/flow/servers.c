/* Names, addresses and components of the servers. Most of the deployment follows from these: names
 * of identities, addresses in SANs, defaults of options. So each answer goes through model/edit.h,
 * which takes along what follows and keeps what is made. */
#include "base/mem.h"
#include "flow/findings.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

/* The ids carry the server's title only where there are several. */
static char *field_id(const struct flow *flow, size_t index, const char *what)
{
    const struct deployment *d = &flow->facts->deployment;
    if (d->server_count == 1)
        return xformat("servers.%s", what);
    return xformat("servers.%zu.%s", index + 1, what);
}

static const struct service *service_of_kind(const struct server *server,
                                             const struct component *component)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].component == component)
            return &server->services[i];
    return NULL;
}

static void add_server_fields(const struct flow *flow, size_t index, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct server *server = &d->servers[index];
    char *id = field_id(flow, index, "name");
    struct field *field = page_field(page, FIELD_TEXT, id, "Server name", server->name);
    field_help(field,
               "A short name: the folder in install/ and, for a shared certificate, its file name.",
               "4.1");
    field->columns = 20;
    free(id);

    id = field_id(flow, index, "address");
    field = page_field(page, FIELD_TEXT, id, "Address", server->address);
    field_help(field, "The name or address of its command line (MMP) and Web Admin, as DNS has it.",
               "3.1");
    char *derived = derive_address(d, server);
    field->follows = strcmp(derived, server->address) == 0;
    free(derived);
    free(id);

    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        bool here = service_of_kind(server, component);
        if (*component->part_of || (!here && !release_in(&component->release, d->release)))
            continue;
        id = field_id(flow, index, component->kind);
        field = page_field(page, FIELD_TICK, id, component->title, here ? "yes" : "no");
        field_help(field, component->purpose, component->section);
        free(id);
    }
}

/* Who misses a component learns which releases have it. */
static void add_other_releases(const struct flow *flow, struct page *page)
{
    const char *release = flow->facts->deployment.release;
    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        if (*component->part_of || release_in(&component->release, release))
            continue;
        char *words = release_words(&component->release);
        page_line(&page->live, "Release %s has no %s: it exists %s.", release, component->title,
                  words);
        free(words);
    }
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_FORM;
    page->title = xstrdup("Servers");
    page_line(&page->intro, "The server, and what runs on it.");
    for (size_t i = 0; i < flow->facts->deployment.server_count; i++)
        add_server_fields(flow, i, page);
    add_other_releases(flow, page);
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity == SEVERITY_NOTICE || *finding->identity || !*finding->service)
            continue;
        for (size_t j = 0; j < page->field_count; j++) {
            const char *dot = strrchr(page->fields[j].id, '.');
            if (strcmp(dot + 1, finding->service) != 0)
                continue;
            char *remedy = finding_remedy(flow, finding, page->id, page->fields[j].id);
            field_finding(&page->fields[j], level_of(finding->severity), finding->message, remedy,
                          NULL);
            free(remedy);
        }
    }
    size_t count = flow->facts->deployment.identity_count;
    page_line(&page->live, count == 1 ? "%zu certificate in all." : "%zu certificates in all.",
              count);
    page_line(&page->why, "Space ticks. A component that you add brings the names it needs.");
}

static bool rename_server(struct flow *flow, const struct server *server, const char *name,
                          struct error *err)
{
    if (!*name)
        return error_set(err, STATUS_NO, "Server name", "type a short name like cms1",
                         "an answer is needed here");
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") !=
        strlen(name))
        return error_set(err, STATUS_NO, "Server name", "use letters, digits and hyphens",
                         "\"%s\" cannot name a server", name);
    if (strcmp(name, server->name) == 0)
        return true;
    struct edit edit;
    edit_begin(&edit, flow->facts);
    edit_rename_server(&edit, server->name, name);
    return flow_edit(flow, &edit, true, err);
}

static bool set_address(struct flow *flow, const struct server *server, const char *address,
                        struct error *err)
{
    struct error why = {0};
    if (!host_check(address, &why))
        return error_set(err, STATUS_NO, "Address", why.remedy, "%s", why.message);
    if (*address == '*')
        return error_set(err, STATUS_NO, "Address", "Write the server's own name",
                         "a server's address has no wildcard");
    struct conf_step path[] = {{"server", server->name}, {"address", NULL}};
    struct str text = {0};
    struct strings value = {0};
    str_add(&text, str_text(&flow->facts->deployment.text));
    strings_add(&value, address);
    conf_set(&text, path, 2, &value, false);
    bool good = flow_put(flow, &text, true, err);
    strings_free(&value);
    str_free(&text);
    return good;
}

/* The identity that all slots of the server share, NULL where they don't. */
static const char *shared_identity(const struct deployment *d, const struct server *server)
{
    const struct identity *shared = NULL;
    size_t uses = 0;
    for (size_t i = 0; i < server->service_count; i++)
        for (size_t k = 0; k < server->services[i].component->slot_count; k++) {
            const struct identity *identity =
                service_identity(d, &server->services[i], &server->services[i].component->slots[k]);
            if (shared && identity != shared)
                return NULL;
            shared = identity;
            uses++;
        }
    return shared && uses > 1 ? shared->name : NULL;
}

static bool set_component(struct flow *flow, const struct server *server, const char *kind, bool on,
                          struct error *err)
{
    const struct component *component = catalogue_find(flow->catalogue, kind);
    const struct service *service = component ? service_of_kind(server, component) : NULL;
    if (!component || (service != NULL) == on)
        return true;
    struct edit edit;
    edit_begin(&edit, flow->facts);
    if (on)
        edit_add_service(&edit, server, component,
                         shared_identity(&flow->facts->deployment, server));
    else
        edit_remove_service(&edit, service);
    return flow_edit(flow, &edit, true, err);
}

static bool set(struct flow *flow, const struct event *event, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->server_count; i++) {
        char *prefix = field_id(flow, i, "");
        bool mine = text_starts(event->id, prefix);
        const char *what = event->id + strlen(prefix);
        free(prefix);
        if (!mine)
            continue;
        if (strcmp(what, "name") == 0)
            return rename_server(flow, &d->servers[i], event->text, err);
        if (strcmp(what, "address") == 0)
            return set_address(flow, &d->servers[i], event->text, err);
        return set_component(flow, &d->servers[i], what, strcmp(event->text, "yes") == 0, err);
    }
    return true;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(set(flow, event, err), GO_STAY);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_servers = {"servers", build, take};
