/* The order of the pages, and the map that shows it. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char place_file[] = ".certwright.page"; /* where the last visit ended */

const char *order_owner(const char *page_id)
{
    return text_starts(page_id, "request:") ? "requests"
           : text_starts(page_id, "look:")  ? "check"
                                            : NULL;
}

static bool has_asked_facts(const struct flow *flow)
{
    if (flow_lab(flow) || !flow->loaded)
        return false;
    for (size_t i = 0; i < flow->facts->deployment.server_count; i++)
        for (size_t j = 0; j < flow->facts->deployment.servers[i].service_count; j++) {
            const struct component *c = flow->facts->deployment.servers[i].services[j].component;
            for (size_t k = 0; k < c->fact_count; k++)
                if (!c->facts[k].fold)
                    return true;
        }
    return false;
}

void order_pages(const struct flow *flow, struct strings *out)
{
    strings_add(out, "start");
    strings_add(out, "basics");
    if (!flow->loaded)
        return;
    if (has_asked_facts(flow))
        strings_add(out, "facts");
    strings_add(out, "servers");
    for (size_t c = 0; c < flow->catalogue->count; c++) {
        const struct component *component = &flow->catalogue->components[c];
        if (deployment_kind(&flow->facts->deployment, component)->count)
            strings_add_take(out, xformat("page:%s", component->kind));
    }
    strings_add(out, "review");
    strings_add(out, "make");
    strings_add(out, "requests");
    strings_add(out, "import");
    strings_add(out, "check");
    strings_add(out, "plan");
    strings_add(out, "done");
}

static bool has_outside_signer(const struct flow *flow)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++)
        if (strcmp(d->identities[i].signer, "public") == 0 ||
            strcmp(d->identities[i].signer, "internal") == 0)
            return true;
    return false;
}

bool order_passes(const struct flow *flow, const char *id, bool forward)
{
    if (text_starts(id, "page:"))
        return component_page_passes(flow, id + strlen("page:"));
    if (strcmp(id, "make") == 0)
        return !forward || !make_is_due(flow);
    if (strcmp(id, "requests") == 0)
        return !count_awaited(flow);
    if (strcmp(id, "import") == 0)
        return forward ? !count_awaited(flow) : !has_outside_signer(flow);
    return false;
}

void order_remember(const struct flow *flow)
{
    if (order_owner(flow->at_page) || flow->trial || flow->held || !flow->loaded ||
        strcmp(flow->at_page, "start") == 0)
        return;
    char *path = flow_path(flow, place_file);
    if (strcmp(flow->at_page, "done") == 0) {
        unlink(path);
    } else {
        struct error ignored; /* it only spares a walk through the pages */
        if (!file_replace(path, flow->at_page, strlen(flow->at_page), 0644, &ignored))
            unlink(path);
    }
    free(path);
}

char *order_beside(const struct flow *flow, int direction)
{
    struct strings order = {0};
    order_pages(flow, &order);
    long at = -1;
    for (size_t i = 0; i < order.count; i++)
        if (strcmp(order.items[i], flow->at_page) == 0)
            at = (long)i;
    if (at < 0) /* the page went away: its component was taken out */
        for (size_t i = 0; i < order.count; i++)
            if (strcmp(order.items[i], "servers") == 0)
                at = (long)i - (direction > 0);
    long to = at + direction;
    while (to > 0 && to < (long)order.count && order_passes(flow, order.items[to], direction > 0))
        to += direction;
    char *id = to >= 0 && to < (long)order.count ? xstrdup(order.items[to]) : NULL;
    strings_free(&order);
    return id;
}

bool order_has(const struct flow *flow, const char *id)
{
    struct strings order = {0};
    order_pages(flow, &order);
    bool found = strings_has(&order, id);
    strings_free(&order);
    return found;
}

char *order_resume(const struct flow *flow)
{
    char *path = flow_path(flow, place_file);
    struct buffer buffer = {0};
    char *id = NULL;
    if (access(path, F_OK) == 0 && file_read(path, &buffer, NULL) && buffer.length < 200)
        id = xstrdup((const char *)buffer.data);
    buffer_free(&buffer);
    free(path);
    if (id && order_has(flow, id))
        return id;
    free(id);
    return xstrdup(make_is_due(flow) ? "servers" : count_awaited(flow) ? "import" : "check");
}

/* How far the way is done, for the map's signs. */
static char sign_of(const struct flow *flow, const char *id, size_t at, size_t here)
{
    if (at == here)
        return '>';
    if (strcmp(id, "requests") == 0 || strcmp(id, "import") == 0)
        return count_awaited(flow) ? at < here ? 'w' : '.' : '+';
    if (strcmp(id, "make") == 0)
        return make_is_due(flow) ? '.' : '+';
    return at < here ? '+' : '.';
}

static const char *sign_words(char sign)
{
    return sign == '+' ? "ready" : sign == '>' ? "here" : sign == 'w' ? "with the CA" : "open";
}

static void add_mark(struct page *page, const char *id, char sign, const char *label)
{
    page->marks = grow(page->marks, page->mark_count, sizeof *page->marks);
    page->marks[page->mark_count++] = (struct mark){.id = xstrdup(id),
                                                    .sign = sign,
                                                    .label = xstrdup(label),
                                                    .words = xstrdup(sign_words(sign))};
}

void order_marks(struct flow *flow, struct page *page)
{
    struct strings order = {0};
    order_pages(flow, &order);
    size_t here = 0;
    const char *way = order_owner(flow->at_page);
    for (size_t i = 0; i < order.count; i++)
        if (strcmp(order.items[i], way ? way : flow->at_page) == 0)
            here = i;
    bool outside = flow->loaded && has_outside_signer(flow), in_certificates = false;
    for (size_t i = 1; i < order.count; i++) {
        const char *id = order.items[i];
        if (strcmp(id, "done") == 0 ||
            (!outside && (strcmp(id, "requests") == 0 || strcmp(id, "import") == 0)))
            continue;
        char sign = sign_of(flow, id, i, here);
        if (text_starts(id, "page:")) {
            if (!in_certificates) {
                bool inside = text_starts(flow->at_page, "page:");
                page->steps++;
                if (inside)
                    page->step = page->steps;
                add_mark(page, id, inside ? '?' : sign, "certificates");
            }
            in_certificates = true;
            char *label = xformat("  %s", id + strlen("page:"));
            if (text_starts(flow->at_page, "page:"))
                add_mark(page, id, sign, label);
            free(label);
            continue;
        }
        page->steps++;
        if (i == here)
            page->step = page->steps;
        add_mark(page, id, sign, strcmp(id, "facts") == 0 ? "surroundings" : id);
    }
    if (!page->step) /* the last page is no step */
        page->steps = 0;
    strings_free(&order);
}
