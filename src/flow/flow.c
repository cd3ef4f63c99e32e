/* The engine: a page out, an event in; where the steps answer to go, it goes. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAME_MOST 100 /* pages on the way back */

static const struct step_ops *const all_steps[] = {
    &step_start,  &step_basics, &step_facts,    &step_servers, &step_component,
    &step_review, &step_make,   &step_requests, &step_request, &step_import,
    &step_check,  &step_look,   &step_plan,     &step_done};

static const struct step_ops *step_of(const char *page_id)
{
    size_t length = strcspn(page_id, ":");
    for (size_t i = 0; i < sizeof all_steps / sizeof *all_steps; i++)
        if (strlen(all_steps[i]->id) == length && strncmp(all_steps[i]->id, page_id, length) == 0)
            return all_steps[i];
    return &step_start;
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
    if (!flow->held)
        draft_open(&flow->draft, flow->config);
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
    draft_free(&flow->draft);
    history_clear(flow);
    free(flow->past);
    strings_free(&flow->came);
    strings_free(&flow->rows);
    facts_free(flow->facts);
    names_free(&flow->subject);
    str_free(&flow->built);
    page_free(&flow->page);
    if (flow->looked)
        import_free(&flow->import);
    strings_free(&flow->paths);
    strings_free(&flow->made);
    char *texts[] = {flow->config, flow->store,   flow->folder, flow->at_page,
                     flow->spot,   flow->message, flow->pasted, flow->request};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(flow->job);
    free(flow);
}

static void add_heading(const struct flow *flow, struct page *page)
{
    if (flow->loaded)
        page->heading = xformat("%s %s - %s", flow->facts->deployment.name,
                                flow->facts->deployment.release, page->title);
    else
        page->heading = xformat("certwright - %s", page->title);
}

/* The row that a list was left at; NULL: none is known. */
static const char *row_left(const struct flow *flow, const char *page_id)
{
    for (size_t i = 0; i + 1 < flow->rows.count; i += 2)
        if (strcmp(flow->rows.items[i], page_id) == 0)
            return flow->rows.items[i + 1];
    return NULL;
}

static void note_row(struct flow *flow, const struct page *page, size_t row)
{
    if (row >= page->row_count || !*page->rows[row].id)
        return;
    for (size_t i = 0; i + 1 < flow->rows.count; i += 2)
        if (strcmp(flow->rows.items[i], page->id) == 0) {
            free(flow->rows.items[i + 1]);
            flow->rows.items[i + 1] = xstrdup(page->rows[row].id);
            return;
        }
    strings_add(&flow->rows, page->id);
    strings_add(&flow->rows, page->rows[row].id);
}

/* Where the page begins: where one was sent, else the row that was left. */
static void place(const struct flow *flow, struct page *page)
{
    const char *left = flow->spot ? flow->spot : row_left(flow, page->id);
    size_t row = left ? page_find_row(page, left) : page->row_count;
    const struct field *field = flow->spot ? page_find_field(page, flow->spot) : NULL;
    if (row < page->row_count)
        page->at = row;
    else if (field)
        page->at = (size_t)(field - page->fields);
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
        order_marks(flow, page);
    if (!page->next)
        page->next = xstrdup("Next");
    place(flow, page);
    const char *undo = history_last(flow);
    page->undo = undo ? xstrdup(undo) : NULL;
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

static void drop(struct strings *list, size_t index)
{
    free(list->items[index]);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof *list->items);
}

static void enter(struct flow *flow, const char *page_id, const char *at)
{
    char *page = xstrdup(page_id), *place = at ? xstrdup(at) : NULL;
    free(flow->at_page);
    free(flow->spot);
    flow->at_page = page;
    flow->spot = place;
    flow->warned = false;
    flow->page_good = false;
    order_remember(flow);
}

/* The page that is left is where Esc returns to. */
static void go_to(struct flow *flow, const char *page_id, const char *at)
{
    if (strcmp(page_id, flow->at_page) != 0) {
        strings_add(&flow->came, flow->at_page);
        if (flow->came.count > CAME_MOST)
            drop(&flow->came, 0);
    }
    enter(flow, page_id, at);
}

/* Whence one came, past pages that have nothing to ask any more; of a visit that began here, the
 * page before. */
static void go_back(struct flow *flow)
{
    while (flow->came.count) {
        char *last = xstrdup(flow->came.items[flow->came.count - 1]);
        drop(&flow->came, flow->came.count - 1);
        bool good =
            strcmp(last, flow->at_page) != 0 &&
            (order_has(flow, last) ? !order_passes(flow, last, false) : order_owner(last) != NULL);
        if (good)
            enter(flow, last, NULL);
        free(last);
        if (good)
            return;
    }
    char *before = order_beside(flow, -1);
    if (before)
        enter(flow, before, NULL);
    free(before);
}

static void follow(struct flow *flow, struct way *way)
{
    char *next = way->go == GO_NEXT ? order_beside(flow, 1) : NULL;
    if (next)
        go_to(flow, next, NULL);
    else if (way->go == GO_BACK)
        go_back(flow);
    else if (way->go == GO_PAGE)
        go_to(flow, way->page, way->at);
    else if (way->go == GO_LEAVE)
        flow->ended = true;
    free(next);
    free(way->page);
    free(way->at);
}

static struct way step_take(struct flow *flow, const struct event *event, struct error *err)
{
    const struct page *page = flow_page(flow);
    bool rows = event->kind == EVENT_CHOOSE || event->kind == EVENT_ACTION;
    if (rows && (page->kind == PAGE_LIST || page->kind == PAGE_MENU))
        note_row(flow, page, event->row);
    struct change *before = history_before(flow, page, event);
    struct way way = step_of(flow->at_page)->take(flow, page, event, err);
    history_after(flow, before);
    return way;
}

static struct way undo(struct flow *flow, struct error *err)
{
    bool tick = false;
    struct way way = history_undo(flow, &tick, err);
    if (!tick)
        return way;
    follow(flow, &way);
    const struct page *page = flow_page(flow);
    const struct event event = {.kind = EVENT_TICK, .row = page->at};
    return step_of(flow->at_page)->take(flow, page, &event, err);
}

bool flow_take(struct flow *flow, const struct event *event, struct error *err)
{
    static const struct error none;
    struct error unheard;
    if (!err)
        err = &unheard;
    *err = none;
    free(flow->message);
    flow->message = NULL;
    flow->message_level = LEVEL_NONE;
    if (flow->loaded && !flow->at)
        flow->facts->at = time(NULL); /* a page may stand open for days */
    if (event->kind != EVENT_NEXT)
        flow->warned = false;
    struct way way = way_go(GO_STAY);
    if (event->kind == EVENT_BACK)
        way.go = GO_BACK;
    else if (event->kind == EVENT_UNDO)
        way = undo(flow, err);
    else if (event->kind == EVENT_GOTO && event->id && order_has(flow, event->id))
        way = way_to(event->id, NULL);
    else if (event->kind == EVENT_NEXT && held_back(flow, event, err))
        way.go = GO_REFUSED;
    else if (event->kind != EVENT_GOTO)
        way = step_take(flow, event, err);
    bool good = way.go != GO_REFUSED;
    follow(flow, &way);
    flow->page_good = false;
    return good;
}

struct draft *flow_draft(struct flow *flow)
{
    return &flow->draft;
}

const char *flow_config(const struct flow *flow)
{
    return flow->config;
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
    struct way way = step_of(flow->at_page)->take(&trial, flow_page(flow), &event, &err);
    bool good = way.go != GO_REFUSED;
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
