/* The services of a kind one by one: a row each, to make one an exception, or like another. */
#include "base/mem.h"
#include "flow/component.h"
#include "flow/names.h"

#include <stdlib.h>
#include <string.h>

bool each_has(const struct flow *flow, const char *kind)
{
    struct alike alike;
    alike_open(flow, kind, &alike);
    bool several = alike.several;
    alike_close(&alike);
    return several;
}

static bool is_column(const struct alike *alike, const struct facet *facet)
{
    bool shown = false;
    for (size_t i = 0; i < alike->count && !shown; i++)
        shown = facet_counts(alike->deployment, alike->services[i], facet);
    return shown && !(facet->slot && strcmp(facet->option, "O") == 0);
}

static const char *label_of(const struct facet *facet)
{
    return facet->ask ? facet->ask->label : names_label(facet->option);
}

static void add_column(const struct alike *alike, const struct facet *facet, struct page *page)
{
    char *id = alike_field_id(alike, facet);
    bool slots = facet->slot && alike->component->slot_count > 1;
    char *label =
        slots ? xformat("%s %s", facet->slot->name, label_of(facet)) : xstrdup(label_of(facet));
    page_column(page, strchr(id, '.') + 1, label, label, "", alike->component->section);
    free(label);
    free(id);
}

static enum field_kind kind_of(const struct facet *facet)
{
    if (facet->slot)
        return names_kind(facet);
    return facet->ask->type == ANSWER_TICK     ? FIELD_TICK
           : facet->ask->type == ANSWER_CHOICE ? FIELD_CHOICE
                                               : FIELD_TEXT;
}

/* One service as a form of its own: what is wrong and proposed is that one's alone. */
static struct alike only(const struct alike *alike, size_t at)
{
    struct alike one = *alike;
    one.services = &alike->services[at];
    one.count = 1;
    return one;
}

static void add_cell(const struct flow *flow, const struct alike *alike, size_t at,
                     const struct facet *facet, bool fits, struct page *page)
{
    const struct service *service = alike->services[at];
    bool counts = facet_counts(alike->deployment, service, facet);
    char *id = alike_cell_id(alike, service, facet);
    char *value = counts ? facet_value(alike->deployment, service, facet) : xstrdup("");
    char *label = xformat("%s of %s", label_of(facet), service->server->name);
    struct field *field = page_field(page, kind_of(facet), id, label, value);
    struct alike one = only(alike, at);
    one.several = false;
    if (counts)
        component_fill(&one, facet, flow_lab(flow), field);
    field->fixed = !counts;
    field->optional = field->optional || !counts;
    if (counts && !fits) {
        free(field->note);
        field->note = xstrdup("*");
    }
    free(label);
    free(value);
    free(id);
}

static void add_row(const struct flow *flow, const struct alike *alike, size_t at, bool differs,
                    struct page *page)
{
    const struct service *service = alike->services[at];
    char *id = alike_service_id(alike, service);
    const char *name = *alike->component->per ? service->name : service->server->name;
    struct row *row = page_row(page, strchr(id, '.') + 1, LEVEL_NONE, "", "%s%s%s", name,
                               *alike->component->per ? " of " : "",
                               *alike->component->per ? service->server->name : "");
    row->can_tick = true;
    row->ticked = strings_has(&flow->marked, row->id);
    char *shown = xformat("%s%s", name, differs ? " *" : "");
    char *cell = xformat("%s.server", id);
    page_field(page, FIELD_TEXT, cell, "Server", shown)->fixed = true;
    free(cell);
    free(shown);
    free(id);
}

static void build(struct flow *flow, struct page *page)
{
    struct alike alike;
    page->kind = PAGE_GRID;
    alike_open(flow, flow_page_part(flow), &alike);
    if (!alike.component) {
        page->title = xstrdup("One by one");
        alike_close(&alike);
        return;
    }
    page->title = xformat("%s, one by one", alike.component->title);
    page_column(page, "server", "Server", "Server",
                "A * marks one that differs from what the form says of all.", "");
    bool **fits = xcalloc(alike.facet_count + 1, sizeof *fits);
    for (size_t i = 0; i < alike.facet_count; i++) {
        fits[i] = xcalloc(alike.count + 1, sizeof **fits);
        free(alike_value(&alike, &alike.facets[i], fits[i]));
        if (is_column(&alike, &alike.facets[i]))
            add_column(&alike, &alike.facets[i], page);
    }
    for (size_t at = 0; at < alike.count; at++) {
        bool differs = false;
        for (size_t i = 0; i < alike.facet_count; i++)
            differs = differs || (!fits[i][at] && facet_counts(alike.deployment, alike.services[at],
                                                               &alike.facets[i]));
        add_row(flow, &alike, at, differs, page);
        for (size_t i = 0; i < alike.facet_count; i++)
            if (is_column(&alike, &alike.facets[i]))
                add_cell(flow, &alike, at, &alike.facets[i], fits[i][at], page);
    }
    for (size_t i = 0; i < alike.facet_count; i++)
        free(fits[i]);
    free(fits);
    page_add_action(page, "copy", 7, 0, "Copy to");
    page_line(&page->why,
              "Space on the server marks it: F7 then gives all that stands in this row "
              "to those marked, numbers as they need them; none marked, to all others.");
    page->next = xstrdup("Done");
    alike_close(&alike);
}

/* The service and the question of a cell; NULL: none. */
static const struct facet *facet_at(const struct alike *alike, const char *id, size_t *at)
{
    for (*at = 0; *at < alike->count; ++*at)
        for (size_t i = 0; i < alike->facet_count; i++) {
            char *cell = alike_cell_id(alike, alike->services[*at], &alike->facets[i]);
            bool is = strcmp(cell, id) == 0;
            free(cell);
            if (is)
                return &alike->facets[i];
        }
    return NULL;
}

static bool set(struct flow *flow, const struct alike *alike, const char *id, const char *text,
                struct error *err)
{
    size_t at;
    const struct facet *facet = facet_at(alike, id, &at);
    struct strings none = {0};
    struct edit edit;
    if (!facet || strpbrk(text, "\n\r"))
        return true;
    struct alike one = only(alike, at);
    one.several = false; /* here a name is a name */
    edit_begin(&edit, flow->facts);
    (void)component_give(&edit, &one, alike->services[at], facet, text, &none);
    strings_free(&none);
    return component_edit(flow, &edit, label_of(facet), err);
}

/* Everything in the row but whose certificate it is, which the table of certificates says. */
static bool copy(struct flow *flow, const struct alike *alike, size_t from, struct error *err)
{
    const struct service *service = alike->services[from];
    struct strings to = {0};
    struct edit edit;
    edit_begin(&edit, flow->facts);
    for (size_t i = 0; i < alike->count; i++) {
        char *id = alike_service_id(alike, alike->services[i]);
        if (i != from && (!flow->marked.count || strings_has(&flow->marked, strchr(id, '.') + 1)))
            strings_add(&to, alike->services[i]->server->name);
        free(id);
    }
    for (size_t k = 0; k < alike->facet_count; k++) {
        const struct facet *facet = &alike->facets[k];
        struct strings done = {0};
        if (!facet_counts(alike->deployment, service, facet) ||
            (facet->slot && strcmp(facet->option, "identity") == 0))
            continue;
        struct seat seat = facet_seat(alike, service, facet);
        char *value = facet_value(alike->deployment, service, facet);
        char *pattern = pattern_of_value(value, &seat);
        for (size_t i = 0; i < alike->count; i++)
            if (i != from && strings_has(&to, alike->services[i]->server->name) &&
                facet_counts(alike->deployment, alike->services[i], facet))
                (void)component_give(&edit, alike, alike->services[i], facet, pattern, &done);
        free(pattern);
        free(value);
        strings_free(&done);
    }
    char *name = xstrdup(service->server->name), *names = strings_join(&to, ", ");
    bool good = component_edit(flow, &edit, alike->component->title, err);
    if (good && !flow->message)
        flow_say(flow, LEVEL_OK, "What %s has is copied to %s. ^_ takes it back.", name, names);
    free(name);
    free(names);
    strings_free(&to);
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    struct alike alike;
    bool good = true;
    if (event->kind == EVENT_NEXT)
        return way_go(GO_BACK);
    alike_open(flow, flow_page_part(flow), &alike);
    if (event->kind == EVENT_SET)
        good = set(flow, &alike, event->id, event->text, err);
    else if (event->kind == EVENT_TICK && event->row < page->row_count)
        flow_mark(flow, page->rows[event->row].id);
    else if (event->kind == EVENT_ACTION && strcmp(event->id, "copy") == 0 &&
             event->row < alike.count)
        good = copy(flow, &alike, event->row, err);
    alike_close(&alike);
    return way_if(good, GO_STAY);
}

const struct step_ops step_each = {"each", build, take};
