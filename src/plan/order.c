#include "plan/order.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* How many services of a kind are still to be done. */
struct kind_left {
    const struct component *component;
    size_t left;
};
struct kinds {
    struct kind_left *items;
    size_t count;
};

static struct kind_left *kinds_find(const struct kinds *kinds, const char *kind)
{
    for (size_t i = 0; i < kinds->count; i++)
        if (strcmp(kinds->items[i].component->kind, kind) == 0)
            return &kinds->items[i];
    return NULL;
}

static void kinds_add(struct kinds *kinds, const struct service *service, bool left)
{
    struct kind_left *item = kinds_find(kinds, service->component->kind);
    if (!item) {
        kinds->items = grow(kinds->items, kinds->count, sizeof *kinds->items);
        item = &kinds->items[kinds->count++];
        item->component = service->component;
    }
    item->left += left;
}

/* A server on its way. */
struct progressing {
    const struct server *server;
    bool *done; /* one a service */
    size_t left;
    struct kinds kinds;
};

struct work {
    const struct order_rules *rules;
    struct progressing *servers;
    size_t count, left;
    struct kinds everywhere;
};

static void work_start(struct work *work, const struct server *servers, size_t count)
{
    const struct order_rules *rules = work->rules;
    work->servers = xcalloc(count ? count : 1, sizeof *work->servers);
    work->count = count;
    for (size_t i = 0; i < count; i++) {
        struct progressing *at = &work->servers[i];
        at->server = &servers[i];
        at->done = xcalloc(servers[i].service_count + 1, sizeof *at->done);
        for (size_t k = 0; k < servers[i].service_count; k++) {
            const struct service *service = &servers[i].services[k];
            at->done[k] = !rules->wanted(rules->context, service);
            at->left += !at->done[k];
            kinds_add(&at->kinds, service, !at->done[k]);
            kinds_add(&work->everywhere, service, !at->done[k]);
        }
        work->left += at->left;
    }
}

static void work_end(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        free(work->servers[i].done);
        free(work->servers[i].kinds.items);
    }
    free(work->servers);
    free(work->everywhere.items);
}

/* The management of a server is not done yet and comes first. */
static bool waits_for_management(const struct progressing *at, const struct component *component)
{
    if (component->management)
        return false;
    for (size_t i = 0; i < at->kinds.count; i++)
        if (at->kinds.items[i].component->management && at->kinds.items[i].left)
            return true;
    return false;
}

static bool is_ready(const struct work *work, const struct progressing *at,
                     const struct service *service)
{
    const struct component *component = service->component;
    const struct order_rules *rules = work->rules;
    if (rules->held_up && rules->held_up(rules->context, service))
        return false;
    if (rules->early && rules->early(rules->context, service))
        return true;
    if (waits_for_management(at, component))
        return false;
    for (size_t i = 0; i < component->follows.count; i++) {
        const char *kind = component->follows.items[i];
        if (strcmp(kind, component->kind) == 0)
            continue; /* a kind does not wait for itself */
        const struct kind_left *own = kinds_find(&at->kinds, kind);
        const struct kind_left *seen = own ? own : kinds_find(&work->everywhere, kind);
        if (seen && seen->left)
            return false;
    }
    return true;
}

static void do_service(struct work *work, struct progressing *at, size_t index, struct turn *turn)
{
    const struct service *service = &at->server->services[index];
    at->done[index] = true;
    at->left--;
    work->left--;
    kinds_find(&at->kinds, service->component->kind)->left--;
    kinds_find(&work->everywhere, service->component->kind)->left--;
    turn->services = grow(turn->services, turn->count, sizeof(void *));
    turn->services[turn->count++] = service;
    if (work->rules->done)
        work->rules->done(work->rules->context, service);
}

/* One turn: whatever can be done here, the first in file order each time. */
static void take_turn(struct work *work, struct progressing *at, struct turn *turn)
{
    turn->server = at->server;
    size_t index = 0;
    while (at->left && index < at->server->service_count) {
        if (at->done[index] || !is_ready(work, at, &at->server->services[index])) {
            index++;
            continue;
        }
        do_service(work, at, index, turn);
        index = 0;
    }
}

static bool stuck(const struct work *work, struct error *err)
{
    struct str names = {0};
    for (size_t i = 0; i < work->count; i++)
        for (size_t k = 0; k < work->servers[i].server->service_count; k++)
            if (!work->servers[i].done[k])
                str_addf(&names, "%s%s on %s", names.length ? ", " : "",
                         work->servers[i].server->services[k].name, work->servers[i].server->name);
    error_set(err, STATUS_NO, "catalogue", "take one of the kinds out of a `follows`",
              "these services wait for each other in a circle: %s", str_text(&names));
    str_free(&names);
    return false;
}

bool order_make(const struct server *servers, size_t count, order_wanted wanted,
                const void *context, struct order *out, struct error *err)
{
    const struct order_rules rules = {.wanted = wanted, .context = (void *)context};
    return order_make_by(servers, count, &rules, out, err);
}

bool order_make_by(const struct server *servers, size_t count, const struct order_rules *rules,
                   struct order *out, struct error *err)
{
    *out = (struct order){0};
    struct work work = {.rules = rules};
    work_start(&work, servers, count);
    bool good = true;
    while (work.left && good) {
        size_t before = work.left;
        for (size_t i = 0; i < count; i++) {
            struct turn turn = {0};
            take_turn(&work, &work.servers[i], &turn);
            if (!turn.count)
                continue;
            out->turns = grow(out->turns, out->count, sizeof *out->turns);
            out->turns[out->count++] = turn;
        }
        good = work.left < before || stuck(&work, err);
    }
    work_end(&work);
    if (!good)
        order_free(out);
    return good;
}

void order_free(struct order *order)
{
    for (size_t i = 0; i < order->count; i++)
        free(order->turns[i].services);
    free(order->turns);
    *order = (struct order){0};
}
