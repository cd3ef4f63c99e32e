#include "flow/fleet.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

const struct service *fleet_service(const struct server *server, const struct component *component)
{
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].component == component && !server->services[i].implied)
            return &server->services[i];
    return NULL;
}

bool fleet_asks(const struct flow *flow, const struct component *component)
{
    const struct deployment *d = &flow->facts->deployment;
    return !*component->part_of &&
           (deployment_kind(d, component)->count || release_in(&component->release, d->release));
}

const char *fleet_shared(const struct deployment *d, const struct server *server)
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

void fleet_actions(struct page *page)
{
    if (page->kind != PAGE_GRID) {
        page_add_action(page, "add", 7, 0, "Another server");
        return;
    }
    page_add_action(page, "up", 0, '[', "Move up");
    page_add_action(page, "down", 0, ']', "Move down");
    page_add_action(page, "copy", 7, 0, "Copy to");
    page_add_action(page, "remove", 0, '-', "Remove");
    page_add_action(page, "add", 0, '+', "Add alike");
    page_line(&page->why,
              "Space on a name marks the server: F7 then copies what runs here to those marked, "
              "else to all that are called alike.");
}

static void say_added(struct flow *flow, const char *name)
{
    const struct server *server = deployment_server(&flow->facts->deployment, name);
    struct strings titles = {0};
    for (size_t i = 0; server && i < server->service_count; i++)
        if (!server->services[i].implied)
            strings_add_new(&titles, server->services[i].component->title);
    char *all = strings_join(&titles, ", ");
    if (!flow->message)
        flow_say(flow, LEVEL_OK, "%s is added, with %s. ^_ takes it back.", name, all);
    free(all);
    strings_free(&titles);
}

/* The preset's section that the server is of, where how many is a question; NULL: none. */
static const struct preset_server *section_of(const struct flow *flow, const struct server *server)
{
    const struct shape *shape = topology_is_asked(flow) ? flow_shape(flow) : NULL;
    for (size_t i = 0; shape && i < shape->preset->server_count; i++) {
        const struct preset_server *section = &shape->preset->servers[i];
        struct strings names = {0};
        if (*section->count)
            shape_servers(shape, section, flow->facts->deployment.name, &names);
        bool found = strings_has(&names, server->name);
        strings_free(&names);
        if (found)
            return section;
    }
    return NULL;
}

/* Nothing was changed by hand yet: one more of a preset's servers is another answer to how many. */
static struct way add_to_section(struct flow *flow, const struct preset_server *section,
                                 struct error *err)
{
    struct shape shape;
    struct strings names = {0};
    shape_copy(flow_shape(flow), &shape);
    shape_set_count(&shape, section, shape_count(&shape, section) + 1);
    char *domain = xstrdup(flow->facts->deployment.name);
    char *release = xstrdup(flow->facts->deployment.release);
    shape_servers(&shape, section, domain, &names);
    const char *last = names.items[names.count - 1];
    struct way way = way_go(GO_REFUSED);
    if (flow_create_as(flow, domain, release, &shape, err)) {
        say_added(flow, last);
        way = way_to("servers", last);
    }
    free(domain);
    free(release);
    strings_free(&names);
    shape_free(&shape);
    return way;
}

static struct way add(struct flow *flow, const struct server *like, struct error *err)
{
    const struct preset_server *section = section_of(flow, like);
    if (section)
        return add_to_section(flow, section, err);
    const struct deployment *d = &flow->facts->deployment;
    char *name = edit_next_name(d, like), *address = edit_next_address(d, like, name);
    struct edit edit;
    edit_begin(&edit, flow->facts);
    edit_add_server(&edit, like, name, address);
    struct way way = way_go(GO_REFUSED);
    if (flow_edit(flow, &edit, true, err)) {
        say_added(flow, name);
        way = way_to("servers", name);
    }
    free(name);
    free(address);
    return way;
}

static bool remove_server(struct flow *flow, const struct server *server, struct error *err)
{
    struct edit edit;
    edit_begin(&edit, flow->facts);
    edit_remove_server(&edit, server);
    return flow_edit(flow, &edit, true, err);
}

/* Numbers in names go by the place, and stay as they are: who moves a server means the order. */
static struct way move(struct flow *flow, const struct server *server, long by, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    long to = (server - d->servers) + by;
    if (to < 0 || to >= (long)d->server_count)
        return way_go(GO_STAY);
    char *name = xstrdup(server->name);
    struct edit edit;
    edit_begin(&edit, flow->facts);
    edit_move_server(&edit, server, &d->servers[to], by > 0);
    struct way way =
        flow_edit(flow, &edit, false, err) ? way_to("servers", name) : way_go(GO_REFUSED);
    free(name);
    return way;
}

/* To those that are marked; none is: to those called alike. */
static void targets_of(const struct flow *flow, const struct server *from, struct strings *out)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->server_count; i++)
        if (&d->servers[i] != from && strings_has(&flow->marked, d->servers[i].name))
            strings_add(out, d->servers[i].name);
    for (size_t i = 0; !flow->marked.count && i < d->server_count; i++)
        if (&d->servers[i] != from && edit_called_alike(&d->servers[i], from))
            strings_add(out, d->servers[i].name);
}

/* true: something of the server's is another than there. */
static bool copy_services(struct edit *edit, const struct flow *flow, const struct server *from,
                          const struct server *to)
{
    bool changed = false;
    for (size_t i = 0; i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        const struct service *there = fleet_service(to, component);
        if (!fleet_asks(flow, component) || *component->per ||
            !fleet_service(from, component) == !there)
            continue;
        if (there)
            edit_remove_service(edit, there);
        else
            edit_add_service(edit, to, component, fleet_shared(&flow->facts->deployment, to));
        changed = true;
    }
    return changed;
}

static bool copy(struct flow *flow, const struct server *from, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    struct strings targets = {0};
    struct edit edit;
    bool changed = false, good = true;
    targets_of(flow, from, &targets);
    edit_begin(&edit, flow->facts);
    for (size_t i = 0; i < targets.count; i++)
        changed |= copy_services(&edit, flow, from, deployment_server(d, targets.items[i]));
    edit.kind = EDIT_CHOOSE;
    char *name = xstrdup(from->name), *all = strings_join(&targets, ", ");
    if (changed)
        good = flow_edit(flow, &edit, true, err);
    else
        edit_free(&edit);
    if (good && !flow->message && changed)
        flow_say(flow, LEVEL_OK, "What runs on %s runs on %s, too. ^_ takes it back.", name, all);
    else if (good && !flow->message && targets.count)
        flow_say(flow, LEVEL_NOTE, "What runs on %s runs on %s already.", name, all);
    else if (good && !flow->message)
        flow_say(flow, LEVEL_NOTE, "No server is called like %s: mark those that are meant.", name);
    free(name);
    free(all);
    strings_free(&targets);
    return good;
}

struct way fleet_act(struct flow *flow, const struct event *event, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct server *server = event->row < d->server_count ? &d->servers[event->row] : NULL;
    if (!server)
        return way_go(GO_STAY);
    if (event->kind == EVENT_TICK)
        flow_mark(flow, server->name);
    else if (strcmp(event->id, "add") == 0)
        return add(flow, server, err);
    else if (strcmp(event->id, "remove") == 0)
        return way_if(remove_server(flow, server, err), GO_STAY);
    else if (strcmp(event->id, "up") == 0 || strcmp(event->id, "down") == 0)
        return move(flow, server, strcmp(event->id, "up") == 0 ? -1 : 1, err);
    else if (strcmp(event->id, "copy") == 0)
        return way_if(copy(flow, server, err), GO_STAY);
    return way_go(GO_STAY);
}
