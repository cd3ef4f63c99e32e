/* Names, addresses and components of the servers. Most of the deployment follows from these: names
 * of identities, addresses in SANs, defaults of options. So each answer goes through model/edit.h,
 * which takes along what follows and keeps what is made. */
#include "base/mem.h"
#include "flow/findings.h"
#include "flow/fleet.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

static const char address_help[] =
    "The name or address of its command line (MMP) and Web Admin, as DNS has it.";
static const char name_help[] =
    "A short name: the folder in install/ and, for a shared certificate, its file name.";

static bool is_alone(const struct flow *flow)
{
    return flow->facts->deployment.server_count == 1;
}

/* servers.address; of several servers.core1.address. Free it. */
static char *field_id(const struct flow *flow, const struct server *server, const char *what)
{
    return is_alone(flow) ? xformat("servers.%s", what)
                          : xformat("servers.%s.%s", server->name, what);
}

/* The server that the id of a field speaks of; NULL: none. *what is the rest of the id. */
static const struct server *server_of_id(const struct flow *flow, const char *id, const char **what)
{
    const char *rest = text_starts(id, "servers.") ? id + strlen("servers.") : "";
    *what = rest;
    if (is_alone(flow))
        return &flow->facts->deployment.servers[0];
    const char *dot = strrchr(rest, '.');
    if (!dot)
        return NULL;
    char *name = xstrndup(rest, (size_t)(dot - rest));
    const struct server *server = deployment_server(&flow->facts->deployment, name);
    *what = dot + 1;
    free(name);
    return server;
}

static bool address_follows(const struct flow *flow, const struct server *server)
{
    char *derived = derive_address(&flow->facts->deployment, server);
    bool follows = strcmp(derived, server->address) == 0;
    free(derived);
    return follows;
}

/* One server: a form, with a line for each component. */
static void add_form(const struct flow *flow, struct page *page)
{
    const struct server *server = &flow->facts->deployment.servers[0];
    page->kind = PAGE_FORM;
    page_line(&page->intro, "The server, and what runs on it.");
    struct field *field = page_field(page, FIELD_TEXT, "servers.name", "Server name", server->name);
    field_help(field, name_help, "4.1");
    field->columns = 20;
    field = page_field(page, FIELD_TEXT, "servers.address", "Address", server->address);
    field_help(field, address_help, "3.1");
    field->follows = address_follows(flow, server);
    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        bool here = fleet_service(server, component);
        if (*component->part_of ||
            (!here && !release_in(&component->release, flow->facts->deployment.release)))
            continue;
        char *id = field_id(flow, server, component->kind);
        field = page_field(page, FIELD_TICK, id, component->title, here ? "yes" : "no");
        field_help(field, component->purpose, component->section);
        free(id);
    }
}

static struct field *add_cell(const struct flow *flow, const struct server *server,
                              enum field_kind kind, const char *what, const char *title,
                              const char *value, struct page *page)
{
    char *id = field_id(flow, server, what), *label = xformat("%s of %s", title, server->name);
    struct field *field = page_field(page, kind, id, label, value);
    free(label);
    free(id);
    return field;
}

/* There once for each of others: how many follows from those. */
static void add_count(const struct flow *flow, const struct server *server,
                      const struct component *component, struct page *page)
{
    size_t count = 0;
    for (size_t i = 0; i < server->service_count; i++)
        count += server->services[i].component == component;
    char *text = count ? xformat("%zu", count) : xstrdup("");
    add_cell(flow, server, FIELD_TEXT, component->kind, component->title, text, page)->fixed = true;
    free(text);
}

static void add_server_row(const struct flow *flow, const struct server *server, struct page *page)
{
    struct row *row = page_row(page, server->name, LEVEL_NONE, "", "%s", server->name);
    row->can_tick = true;
    row->ticked = strings_has(&flow->marked, server->name);
    add_cell(flow, server, FIELD_TEXT, "name", "Name", server->name, page);
    struct field *field =
        add_cell(flow, server, FIELD_TEXT, "address", "Address", server->address, page);
    field->follows = address_follows(flow, server);
    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        if (fleet_asks(flow, component) && !*component->per)
            add_cell(flow, server, FIELD_TICK, component->kind, component->title,
                     fleet_service(server, component) ? "yes" : "no", page);
    }
    for (size_t i = 0; i < flow->catalogue->count; i++)
        if (fleet_asks(flow, &flow->catalogue->components[i]) &&
            *flow->catalogue->components[i].per)
            add_count(flow, server, &flow->catalogue->components[i], page);
}

/* What is ticked stands together, and what follows from it behind. */
static void add_columns(const struct flow *flow, bool counted, struct page *page)
{
    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        if (fleet_asks(flow, component) && (*component->per != '\0') == counted)
            page_column(page, component->kind, component->head, component->title,
                        component->purpose, component->section);
    }
}

/* Several: a table, a row each. */
static void add_grid(const struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_GRID;
    page_column(page, "name", "Name", "Name", name_help, "4.1");
    page_column(page, "address", "Address", "Address", address_help, "3.1");
    add_columns(flow, false, page);
    add_columns(flow, true, page);
    for (size_t i = 0; i < d->server_count; i++)
        add_server_row(flow, &d->servers[i], page);
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

/* The field where a finding about a service is answered; NULL: it is another page's. */
static struct field *field_of_finding(const struct flow *flow, const struct finding *finding,
                                      struct page *page)
{
    const struct server *server =
        is_alone(flow) ? &flow->facts->deployment.servers[0]
                       : deployment_server(&flow->facts->deployment, finding->server);
    const struct service *service = server ? server_service(server, finding->service) : NULL;
    size_t row = server ? (size_t)(server - flow->facts->deployment.servers) : 0;
    if (!service)
        return NULL;
    if (page->kind == PAGE_GRID)
        for (size_t i = 0; i < page->column_count; i++)
            if (strcmp(page->columns[i].id, service->component->kind) == 0)
                return &page->fields[row * page->column_count + i];
    char *id = field_id(flow, server, service->component->kind);
    struct field *field = page->kind == PAGE_FORM ? page_find_field(page, id) : NULL;
    free(id);
    return field;
}

static void add_findings(struct flow *flow, struct page *page)
{
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity == SEVERITY_NOTICE || *finding->identity || !*finding->service)
            continue;
        struct field *field = field_of_finding(flow, finding, page);
        if (!field)
            continue;
        char *remedy = finding_remedy(flow, finding, page->id, field->id);
        field_finding(field, level_of(finding->severity), finding->message, remedy, NULL);
        free(remedy);
    }
}

static void build(struct flow *flow, struct page *page)
{
    page->title = xstrdup("Servers");
    if (is_alone(flow))
        add_form(flow, page);
    else
        add_grid(flow, page);
    add_other_releases(flow, page);
    add_findings(flow, page);
    size_t count = flow->facts->deployment.identity_count;
    page_line(&page->live, count == 1 ? "%zu certificate in all." : "%zu certificates in all.",
              count);
    page_line(&page->why, "Space ticks. A component that you add brings the names it needs.");
    fleet_actions(page);
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

static bool set_component(struct flow *flow, const struct server *server, const char *kind, bool on,
                          struct error *err)
{
    const struct component *component = catalogue_find(flow->catalogue, kind);
    const struct service *service = component ? fleet_service(server, component) : NULL;
    if (!component || (service != NULL) == on)
        return true;
    struct edit edit;
    edit_begin(&edit, flow->facts);
    if (on)
        edit_add_service(&edit, server, component, fleet_shared(&flow->facts->deployment, server));
    else
        edit_remove_service(&edit, service);
    return flow_edit(flow, &edit, true, err);
}

static bool set(struct flow *flow, const struct event *event, struct error *err)
{
    const char *what;
    const struct server *server = server_of_id(flow, event->id, &what);
    if (!server)
        return true;
    if (strcmp(what, "name") == 0)
        return rename_server(flow, server, event->text, err);
    if (strcmp(what, "address") == 0)
        return set_address(flow, server, event->text, err);
    return set_component(flow, server, what, strcmp(event->text, "yes") == 0, err);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(set(flow, event, err), GO_STAY);
    if (event->kind == EVENT_ACTION || event->kind == EVENT_TICK)
        return fleet_act(flow, event, err);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_servers = {"servers", build, take};
