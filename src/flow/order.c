/* The order of the pages, and the map that shows it. Both come from the files, not from where one
 * was: somebody else, or another command, may have gone on meanwhile. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char passed_file[] = ".certwright.page"; /* pages that were left by Next */

const char *order_owner(const char *page_id)
{
    return text_starts(page_id, "request:")                                      ? "requests"
           : text_starts(page_id, "key:")                                        ? "import"
           : text_starts(page_id, "each:")                                       ? "certificates"
           : text_starts(page_id, "holds:") || text_starts(page_id, "commands:") ? "trust"
           : text_starts(page_id, "look:") || text_starts(page_id, "text:") ||
                   text_starts(page_id, "accept:") || text_starts(page_id, "findings:") ||
                   text_starts(page_id, "upgrade") || strcmp(page_id, "certificates") == 0
               ? "check"
           : strcmp(page_id, "order") == 0 || strcmp(page_id, "rehearsal") == 0 ? "plan"
           : strcmp(page_id, "status") == 0 || text_starts(page_id, "renew") ||
                   strcmp(page_id, "takeover") == 0 || strcmp(page_id, "typed") == 0
               ? "start"
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
    if (topology_is_asked(flow))
        strings_add(out, "topology");
    if (has_asked_facts(flow))
        strings_add(out, "facts");
    strings_add(out, "servers");
    strings_add(out, "certs");
    for (size_t c = 0; c < flow->catalogue->count; c++) {
        const struct component *component = &flow->catalogue->components[c];
        if (deployment_kind(&flow->facts->deployment, component)->count)
            strings_add_take(out, xformat("page:%s", component->kind));
    }
    strings_add(out, "review");
    strings_add(out, "make");
    strings_add(out, "requests");
    strings_add(out, "import");
    strings_add(out, "trust");
    strings_add(out, "check");
    strings_add(out, "plan");
    strings_add(out, "done");
}

/* Forward it is shown where something is to be done. */
static bool trust_passes(struct flow *flow, bool forward)
{
    const struct map *map = flow_map(flow);
    return forward ? !map->by_state[MAP_STALE] && !map->by_state[MAP_MISSING] : !map->count;
}

bool order_passes(struct flow *flow, const char *id, bool forward)
{
    if (text_starts(id, "page:"))
        return component_page_passes(flow, id + strlen("page:"));
    if (strcmp(id, "certs") == 0)
        return certs_passes(flow);
    if (strcmp(id, "make") == 0)
        return !forward || !make_is_due(flow);
    if (strcmp(id, "trust") == 0)
        return trust_passes(flow, forward);
    if (strcmp(id, "requests") != 0 && strcmp(id, "import") != 0)
        return false;
    const struct states *states = flow_states(flow);
    return forward || strcmp(id, "requests") == 0 ? !states->awaited : !states->outside;
}

char *order_beside(struct flow *flow, int direction)
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

char *order_passed(struct flow *flow)
{
    struct strings order = {0};
    char *id = NULL;
    order_pages(flow, &order);
    for (size_t i = 0; i + 1 < order.count; i++)
        if (strcmp(order.items[i], flow->at_page) == 0 &&
            order_passes(flow, order.items[i + 1], true))
            id = xstrdup(order.items[i + 1]);
    strings_free(&order);
    return id;
}

bool order_has(const struct flow *flow, const char *id)
{
    if (text_starts(id, "each:"))
        return each_has(flow, id + strlen("each:"));
    struct strings order = {0};
    order_pages(flow, &order);
    bool found = strings_has(&order, id);
    strings_free(&order);
    return found;
}

/* Written anew with each page that is passed; it only spares a walk through the pages. */
static void write_passed(const struct flow *flow)
{
    if (flow->trial || flow->held || !flow->loaded)
        return;
    char *path = flow_path(flow, passed_file), *text = strings_join(&flow->passed, "\n");
    struct error ignored;
    if (!*text || !file_replace(path, text, strlen(text), 0644, &ignored))
        unlink(path);
    free(text);
    free(path);
}

void order_pass(struct flow *flow, const char *page_id)
{
    if (strcmp(page_id, "start") == 0 || order_owner(page_id))
        return;
    if (strcmp(page_id, "plan") == 0)
        strings_free(&flow->passed); /* what is made and written speaks for itself */
    else if (!strings_add_new(&flow->passed, page_id))
        return;
    write_passed(flow);
}

void order_unpass(struct flow *flow, const char *page_id)
{
    for (size_t i = 0; i < flow->passed.count; i++)
        if (strcmp(flow->passed.items[i], page_id) == 0) {
            free(flow->passed.items[i]);
            flow->passed.items[i] = flow->passed.items[--flow->passed.count];
            write_passed(flow);
            return;
        }
}

void order_read_passed(struct flow *flow)
{
    char *path = flow_path(flow, passed_file);
    struct buffer buffer = {0};
    strings_free(&flow->passed);
    if (access(path, F_OK) == 0 && file_read(path, &buffer, NULL) && buffer.length)
        strings_split(&flow->passed, (const char *)buffer.data, '\n');
    buffer_free(&buffer);
    free(path);
}

char *order_title(const struct flow *flow, const char *page_id)
{
    static const struct {
        const char *id, *title;
    } titles[] = {{"start", "Start"},
                  {"status", "Status"},
                  {"renew", "Renew"},
                  {"basics", "Basics"},
                  {"topology", "Topology"},
                  {"facts", "Environment"},
                  {"servers", "Servers"},
                  {"certs", "Certificates"},
                  {"review", "Review"},
                  {"make", "Make keys and requests"},
                  {"requests", "Requests for the CA"},
                  {"import", "Import"},
                  {"trust", "Who trusts whom"},
                  {"check", "Check"},
                  {"plan", "Plan"},
                  {"done", "What lies where, and what is next"}};
    const struct component *component =
        text_starts(page_id, "page:") ? catalogue_find(flow->catalogue, page_id + strlen("page:"))
                                      : NULL;
    if (component)
        return xstrdup(component->title);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].id, page_id) == 0)
            return xstrdup(titles[i].title);
    return xstrdup(page_id);
}

/* An error that is mended on the page of this kind. */
static bool has_error(struct flow *flow, const struct component *component)
{
    const struct findings *findings = flow_errors(flow, RULES_PLANNED);
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->severity != SEVERITY_ERROR || finding->accepted)
            continue;
        const struct identity *identity = deployment_identity(d, finding->identity);
        for (size_t k = 0; identity && k < identity->use_count; k++)
            if (identity->uses[k].service->component == component)
                return true;
        const struct kind *kind = deployment_kind(d, component);
        for (size_t k = 0; k < kind->count; k++)
            if (strcmp(kind->services[k]->name, finding->service) == 0)
                return true;
    }
    return false;
}

/* Every identity that the page shows is made: its answers stand in files. */
static bool is_made(struct flow *flow, const struct component *component)
{
    const struct deployment *d = &flow->facts->deployment;
    size_t made = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        bool mine = !component;
        for (size_t k = 0; k < identity->use_count && !mine; k++)
            mine = identity->uses[k].service->component == component;
        if (!mine)
            continue;
        if (!flow_states(flow)->made[i])
            return false;
        made++;
    }
    return made > 0;
}

static char sign_of_form(struct flow *flow, const char *id)
{
    const struct component *component =
        text_starts(id, "page:") ? catalogue_find(flow->catalogue, id + strlen("page:")) : NULL;
    if (!flow->loaded)
        return '.';
    if (component && has_error(flow, component))
        return '!';
    return is_made(flow, component) || strings_has(&flow->passed, id) ? '+' : '.';
}

static char sign_of_check(struct flow *flow, const struct states *states)
{
    if (states->lacking || states->due)
        return '.';
    return findings_errors(flow_errors(flow, RULES_ALL)) ? '!' : '+';
}

static char sign_of_trust(struct flow *flow, const struct states *states)
{
    if (states->lacking == states->all)
        return '.';
    const struct map *map = flow_map(flow);
    return map->by_state[MAP_STALE] + map->by_state[MAP_MISSING] ? '!'
           : map->by_state[MAP_WAITS]                            ? '.'
                                                                 : '+';
}

/* How far a page is, by what lies in the files; "?" where one would go on is the caller's. */
static char sign_of(struct flow *flow, const char *id, const struct states *states)
{
    const size_t *by_life = states->by_life;
    if (strcmp(id, "review") == 0)
        return states->anew ? '!' : !states->due || strings_has(&flow->passed, id) ? '+' : '.';
    if (strcmp(id, "make") == 0)
        return states->anew                          ? '!'
               : !states->due                        ? '+'
               : by_life[LIFE_NOTHING] < states->all ? '?'
                                                     : '.';
    if (strcmp(id, "requests") == 0)
        return states->outdated                     ? '!'
               : states->awaited                    ? states->sent == states->awaited ? 'w' : '?'
               : states->outside && states->lacking ? '.'
                                                    : '+';
    if (strcmp(id, "import") == 0)
        return states->sent ? 'w' : states->awaited || states->lacking ? '.' : '+';
    if (strcmp(id, "trust") == 0)
        return sign_of_trust(flow, states);
    if (strcmp(id, "check") == 0)
        return sign_of_check(flow, states);
    if (strcmp(id, "plan") == 0) {
        time_t when;
        enum plan_written is = plan_state(flow, &when);
        return is == PLAN_ABSENT ? '.' : is == PLAN_SAME ? '+' : '?';
    }
    return sign_of_form(flow, id);
}

/* Where one would go on: the first page that isn't ready; the keys are made from the review, the
 * last look before it. */
char *order_resume(struct flow *flow)
{
    struct strings order = {0};
    const char *open = "done";
    order_pages(flow, &order);
    const struct states *states = flow_states(flow);
    for (size_t i = 1; i + 1 < order.count; i++) {
        const char *id = order.items[i];
        if (order_passes(flow, id, true))
            continue;
        char sign = sign_of(flow, id, states);
        bool left = strcmp(id, "requests") == 0 && strings_has(&flow->passed, id) && sign != '!';
        if (sign == '+' || left || (sign == 'w' && strcmp(id, "requests") == 0))
            continue;
        open = strcmp(id, "make") == 0 ? "review" : id;
        break;
    }
    char *copy = xstrdup(open);
    strings_free(&order);
    return copy;
}

static const char *sign_words(char sign)
{
    switch (sign) {
    case '+':
        return "ready";
    case '>':
        return "here";
    case 'w':
        return "with the CA";
    case '!':
        return "attention";
    case '?':
        return "open";
    default:
        return "not begun";
    }
}

static void add_mark(struct page *page, const char *id, char sign, const char *label)
{
    page->marks = grow(page->marks, page->mark_count, sizeof *page->marks);
    page->marks[page->mark_count++] = (struct mark){.id = xstrdup(id),
                                                    .sign = sign,
                                                    .label = xstrdup(label),
                                                    .words = xstrdup(sign_words(sign))};
}

/* No one ever comes there in this deployment. */
static bool is_off_the_map(const struct flow *flow, const char *id, const struct states *states)
{
    if (strcmp(id, "done") == 0)
        return true;
    if (strcmp(id, "requests") == 0 || strcmp(id, "import") == 0)
        return !states->outside;
    if (strcmp(id, "trust") == 0)
        return !flow->facts->trusts.count;
    return text_starts(id, "page:") && component_page_passes(flow, id + strlen("page:"));
}

/* The certificates' pages are one step: its sign is the gravest of theirs. */
static char sign_of_group(struct flow *flow, const struct strings *order,
                          const struct states *states, const char *open)
{
    char group = '+';
    for (size_t i = 0; i < order->count; i++) {
        if (!text_starts(order->items[i], "page:") || is_off_the_map(flow, order->items[i], states))
            continue;
        char sign = sign_of(flow, order->items[i], states);
        if (sign == '!')
            return '!';
        if (sign != '+')
            group = '.';
    }
    bool is_open = text_starts(open, "page:") || strcmp(open, "certs") == 0;
    return group != '+' && is_open ? '?' : group;
}

/* A file that is looked at is of the step whence one came. */
static const char *opened_from(const struct flow *flow)
{
    const char *id = flow->at_page;
    for (size_t i = flow->came.count;
         i > 0 && (text_starts(id, "look:") || text_starts(id, "text:")); i--)
        id = flow->came.items[i - 1];
    return id;
}

void order_marks(struct flow *flow, struct page *page)
{
    struct strings order = {0};
    order_pages(flow, &order);
    const struct states *states = flow_states(flow);
    char *open = order_resume(flow);
    const char *owner = order_owner(opened_from(flow));
    char *here = text_starts(flow->at_page, "each:") /* beside its kind's form */
                     ? xformat("page:%s", flow->at_page + strlen("each:"))
                     : xstrdup(owner ? owner : opened_from(flow));
    bool inside = text_starts(here, "page:");
    for (size_t i = 1; i < order.count; i++) {
        const char *id = order.items[i];
        if (is_off_the_map(flow, id, states))
            continue;
        char sign = sign_of(flow, id, states);
        if (sign == '.' && strcmp(id, open) == 0)
            sign = '?';
        if (strcmp(id, here) == 0)
            sign = '>';
        if (strcmp(id, "certs") == 0) { /* who has which; its pages are of one step with it */
            page->steps++;
            page->step = inside || sign == '>' ? page->steps : page->step;
            char group = sign_of_group(flow, &order, states, open);
            add_mark(page, id,
                     sign == '>'              ? sign
                     : inside && group != '!' ? '?'
                                              : group,
                     "certificates");
            continue;
        }
        if (text_starts(id, "page:")) {
            char *label = xformat("  %s", id + strlen("page:"));
            if (inside)
                add_mark(page, id, sign, label);
            free(label);
            continue;
        }
        page->steps++;
        if (sign == '>')
            page->step = page->steps;
        add_mark(page, id, sign, strcmp(id, "facts") == 0 ? "environment" : id);
    }
    if (!page->step) /* the last page is no step */
        page->steps = 0;
    free(here);
    free(open);
    strings_free(&order);
}
