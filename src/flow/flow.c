/* The order of the pages, and what every event has in common. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char place_file[] = ".certwright.page"; /* where the last visit ended */

static const struct step_ops *const all_steps[] = {
    &step_start,  &step_basics, &step_facts,    &step_servers, &step_component,
    &step_review, &step_make,   &step_requests, &step_request, &step_import,
    &step_check,  &step_look,   &step_plan,     &step_done};

/* The page beside the way that at_page is, and the one on the way that it belongs to. */
static const char *page_beside(const char *page_id)
{
    return text_starts(page_id, "request:") ? "requests"
           : text_starts(page_id, "look:")  ? "check"
                                            : NULL;
}

static const struct step_ops *step_of(const char *page_id)
{
    size_t length = strcspn(page_id, ":");
    for (size_t i = 0; i < sizeof all_steps / sizeof *all_steps; i++)
        if (strlen(all_steps[i]->id) == length && strncmp(all_steps[i]->id, page_id, length) == 0)
            return all_steps[i];
    return &step_start;
}

const char *flow_page_part(const struct flow *flow)
{
    const char *colon = strchr(flow->at_page, ':');
    return colon ? colon + 1 : "";
}

char *flow_path(const struct flow *flow, const char *name)
{
    return path_join(flow->folder, name);
}

bool flow_lab(const struct flow *flow)
{
    return flow->loaded ? deployment_lab(&flow->facts->deployment)
                        : flow->preset && strcmp(flow->preset->purpose, "lab") == 0;
}

void flow_say(struct flow *flow, enum level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(flow->message);
    if (vasprintf(&flow->message, format, args) < 0)
        flow->message = NULL;
    flow->message_level = level;
    va_end(args);
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

/* Every page of this deployment in order, with those that may be passed over. */
static void page_order(const struct flow *flow, struct strings *out)
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

/* Nothing to ask there: Next and Back pass it by. */
static bool passes(const struct flow *flow, const char *id, bool forward)
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

static void remember_place(const struct flow *flow)
{
    if (page_beside(flow->at_page) || flow->trial || flow->held || !flow->loaded ||
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

void flow_go(struct flow *flow, const char *page_id)
{
    char *copy = xstrdup(page_id);
    free(flow->at_page);
    flow->at_page = copy;
    flow->warned = false;
    flow->page_good = false;
    remember_place(flow);
}

static void move(struct flow *flow, int direction)
{
    struct strings order = {0};
    page_order(flow, &order);
    long at = -1;
    for (size_t i = 0; i < order.count; i++)
        if (strcmp(order.items[i], flow->at_page) == 0)
            at = (long)i;
    if (at < 0) /* the page went away: its component was taken out */
        for (size_t i = 0; i < order.count; i++)
            if (strcmp(order.items[i], "servers") == 0)
                at = (long)i - (direction > 0);
    long to = at + direction;
    while (to > 0 && to < (long)order.count && passes(flow, order.items[to], direction > 0))
        to += direction;
    if (to >= 0 && to < (long)order.count)
        flow_go(flow, order.items[to]);
    strings_free(&order);
}

void flow_next(struct flow *flow)
{
    move(flow, 1);
}

void flow_back(struct flow *flow)
{
    const char *way = page_beside(flow->at_page);
    if (way)
        flow_go(flow, way);
    else
        move(flow, -1);
}

bool flow_open(const struct flow_options *options, struct flow **out, struct error *err)
{
    struct flow *flow = xcalloc(1, sizeof *flow);
    const char *base = path_base(options->config);
    flow->catalogue = options->catalogue;
    flow->config = xstrdup(options->config);
    flow->store = options->store ? xstrdup(options->store) : NULL;
    flow->folder = xstrndup(options->config, (size_t)(base - options->config));
    flow->at = options->at;
    flow->at_page = xstrdup("start");
    flow_lock(flow);
    if (access(flow->config, F_OK) == 0 && !flow_gather(flow, err)) {
        flow_free(flow);
        return false;
    }
    *out = flow;
    return true;
}

void flow_free(struct flow *flow)
{
    flow_unlock(flow);
    facts_free(flow->facts);
    names_free(&flow->subject);
    str_free(&flow->built);
    page_free(&flow->page);
    if (flow->looked)
        import_free(&flow->import);
    strings_free(&flow->paths);
    strings_free(&flow->made);
    char *texts[] = {flow->config,  flow->store,  flow->folder, flow->at_page,
                     flow->message, flow->pasted, flow->request};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(flow->job);
    free(flow);
}

static bool page_exists(const struct flow *flow, const char *id)
{
    struct strings order = {0};
    page_order(flow, &order);
    bool found = strings_has(&order, id);
    strings_free(&order);
    return found;
}

/* The place of the last visit, else where something is open; free it. */
char *flow_resume_page(const struct flow *flow)
{
    char *path = flow_path(flow, place_file);
    struct buffer buffer = {0};
    char *id = NULL;
    if (access(path, F_OK) == 0 && file_read(path, &buffer, NULL) && buffer.length < 200)
        id = xstrdup((const char *)buffer.data);
    buffer_free(&buffer);
    free(path);
    if (id && page_exists(flow, id))
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

static void add_marks(struct flow *flow, struct page *page)
{
    struct strings order = {0};
    page_order(flow, &order);
    size_t here = 0;
    const char *way = page_beside(flow->at_page);
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

static void add_heading(const struct flow *flow, struct page *page)
{
    if (flow->loaded)
        page->heading = xformat("%s %s - %s", flow->facts->deployment.name,
                                flow->facts->deployment.release, page->title);
    else
        page->heading = xformat("certwright - %s", page->title);
}

static void build_page(struct flow *flow, struct page *page)
{
    *page = (struct page){0};
    page->id = xstrdup(flow->at_page);
    step_of(flow->at_page)->page(flow, page);
    if (!page->title)
        page->title = xstrdup("");
    add_heading(flow, page);
    if (strcmp(page->id, "start") != 0)
        add_marks(flow, page);
    if (!page->next)
        page->next = xstrdup("Next");
    page->message = xstrdup(flow->message ? flow->message : "");
    page->message_level = flow->message_level;
}

const struct page *flow_page(struct flow *flow)
{
    if (!flow->page_good) {
        page_free(&flow->page);
        build_page(flow, &flow->page);
        flow->page_good = true;
    }
    return &flow->page;
}

/* The first field that is wrong or lacks its answer holds Next back, once. */
static bool held_back(struct flow *flow, const struct event *event, struct error *err)
{
    const struct page *page = flow_page(flow);
    for (size_t i = 0; i < page->field_count; i++) {
        const struct field *field = &page->fields[i];
        if (!*field->value && !field->optional && field->kind == FIELD_TEXT)
            return !error_set(err, STATUS_NO, field->label, "type it", "an answer is needed here");
        if (field->level == LEVEL_ERROR && !event->insist && !flow->warned) {
            flow->warned = true;
            return !error_set(err, STATUS_NO, field->label, field->remedy, "%s", field->finding);
        }
    }
    return false;
}

bool flow_take(struct flow *flow, const struct event *event, struct error *err)
{
    static const struct error none;
    if (err)
        *err = none;
    const struct step_ops *step = step_of(flow->at_page);
    free(flow->message);
    flow->message = NULL;
    flow->message_level = LEVEL_NONE;
    if (flow->loaded && !flow->at)
        flow->facts->at = time(NULL); /* a page may stand open for days */
    bool good = true;
    switch (event->kind) {
    case EVENT_BACK:
        flow_back(flow);
        break;
    case EVENT_GOTO:
        if (event->id && page_exists(flow, event->id))
            flow_go(flow, event->id);
        break;
    case EVENT_NEXT:
        good = !held_back(flow, event, err) && step->take(flow, event, err);
        break;
    default:
        flow->warned = false;
        good = step->take(flow, event, err);
        break;
    }
    flow->page_good = false;
    return good;
}

bool flow_ended(const struct flow *flow)
{
    return flow->ended;
}

const char *flow_held(const struct flow *flow)
{
    return flow->held;
}

void flow_inspect(struct flow *flow, const char *file, struct page *out)
{
    *out = (struct page){.kind = PAGE_TEXT};
    out->id = xstrdup("inspect");
    look_file(flow, file, out);
    add_heading(flow, out);
    out->next = xstrdup("Back");
    out->message = xstrdup("");
}

/* The page as it would be: the event is taken by a flow that never saves. */
void flow_judge(struct flow *flow, const char *id, const char *text, struct page *out)
{
    struct error err = {0};
    const struct event event = {.kind = EVENT_SET, .id = id, .text = text};
    struct flow trial;
    flow_trial(flow, &trial);
    bool good = step_of(flow->at_page)->take(&trial, &event, &err);
    build_page(&trial, out);
    struct field *field = page_find_field(out, id);
    if (!good && field) {
        bool host = text_ends(id, ".domain") || text_ends(id, ".address");
        char *mend = host ? host_mend(text) : NULL;
        field_finding(field, LEVEL_ERROR, err.message, err.remedy, mend);
        free(mend);
        free(field->value);
        field->value = xstrdup(text);
    }
    flow_drop_trial(&trial);
}
