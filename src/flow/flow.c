/* The engine: a page out, an event in; where the steps answer to go, it goes. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAME_MOST 100 /* pages on the way back */

static const struct step_ops *const all_steps[] = {
    &step_start,        &step_basics,   &step_topology, &step_facts, &step_servers,
    &step_component,    &step_each,     &step_review,   &step_make,  &step_requests,
    &step_request,      &step_import,   &step_key,      &step_trust, &step_holds,
    &step_commands,     &step_check,    &step_look,     &step_text,  &step_accept,
    &step_plan,         &step_order,    &step_done,     &step_ends,  &step_findings,
    &step_certificates, &step_upgrade,  &step_certs,    &step_renew, &step_takeover,
    &step_typed,        &step_rehearsal};

static const struct step_ops *step_of(const char *page_id)
{
    size_t length = strcspn(page_id, ":");
    for (size_t i = 0; i < sizeof all_steps / sizeof *all_steps; i++)
        if (strlen(all_steps[i]->id) == length && strncmp(all_steps[i]->id, page_id, length) == 0)
            return all_steps[i];
    return &step_start;
}

static void close_flow(struct flow *flow);
static void build_page(struct flow *flow, struct page *page);

/* "Basics, Organisation": the page and field of the first half-typed text that a page still asks
 * for. */
static void find_waiting(struct flow *flow)
{
    for (size_t i = 0; i < flow->draft.count && !flow->waiting; i++) {
        const struct draft_text *text = &flow->draft.texts[i];
        if (!order_has(flow, text->page))
            continue;
        struct flow trial;
        struct page page;
        flow_trial(flow, &trial);
        free(trial.at_page);
        trial.at_page = xstrdup(text->page);
        build_page(&trial, &page);
        const struct field *field = page_find_field(&page, text->field);
        if (field) {
            flow->waiting = xformat("%s, %s", page.title, field->label);
            flow->waiting_page = xstrdup(text->page);
            flow->waiting_field = xstrdup(text->field);
        }
        page_free(&page);
        flow_drop_trial(&trial);
    }
}

static bool open_in(struct flow *flow, const struct flow_options *options, struct error *err)
{
    *flow = (struct flow){.lock_fd = -1};
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
        close_flow(flow);
        return false;
    }
    order_read_passed(flow);
    find_waiting(flow);
    if (flow->loaded && ends_are_due(flow)) {
        free(flow->at_page);
        flow->at_page = xstrdup("status");
    }
    return true;
}

bool flow_open(const struct flow_options *options, struct flow **out, struct error *err)
{
    struct flow *flow = xcalloc(1, sizeof *flow);
    if (!open_in(flow, options, err)) {
        free(flow);
        return false;
    }
    *out = flow;
    return true;
}

static void close_flow(struct flow *flow)
{
    flow_unlock(flow);
    change_forget(flow);
    rehearsal_forget(flow);
    draft_free(&flow->draft);
    history_clear(flow);
    free(flow->past);
    undo_forget(flow);
    flow_forget_findings(flow);
    strings_free(&flow->passed);
    strings_free(&flow->came);
    strings_free(&flow->rows);
    flow_forget_shape(flow);
    facts_free(flow->facts);
    names_free(&flow->subject);
    str_free(&flow->built);
    page_free(&flow->page);
    if (flow->looked)
        import_free(&flow->import);
    takeover_free(flow->takeover);
    tray_free(&flow->tray);
    strings_free(&flow->left);
    strings_free(&flow->chains);
    strings_free(&flow->marked);
    secret_free(&flow->password);
    strings_free(&flow->made);
    char *texts[] = {flow->config,  flow->store,         flow->folder,       flow->at_page,
                     flow->spot,    flow->message,       flow->picked,       flow->as,
                     flow->request, flow->waiting,       flow->waiting_page, flow->waiting_field,
                     flow->refused, flow->accept_reason, flow->accept_until};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(flow->job);
}

void flow_free(struct flow *flow)
{
    close_flow(flow);
    free(flow);
}

/* Another deployment.conf, or the one of a folder, in place of this one. */
static bool open_other(struct flow *flow, const char *path, struct error *err)
{
    struct stat info;
    bool folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    char *config = folder ? path_join(path, "deployment.conf") : xstrdup(path);
    struct flow_options options = {.config = config, .catalogue = flow->catalogue, .at = flow->at};
    struct flow other;
    bool good = access(config, F_OK) == 0 ||
                error_set(err, STATUS_NO, config, "name a deployment.conf, or a folder with one",
                          "there is no such file");
    if (good)
        flow_unlock(flow); /* it may be this one, by another path */
    bool opened = good && open_in(&other, &options, err);
    if (good && !opened)
        flow_lock(flow);
    good = opened;
    if (good) {
        close_flow(flow);
        *flow = other;
        if (flow->held)
            flow_say(flow, LEVEL_WARN, "%s", flow->held);
    }
    free(config);
    return good;
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
        page->at = row * (page->kind == PAGE_GRID ? page->column_count : 1);
    else if (field)
        page->at = (size_t)(field - page->fields);
    page->moved = flow->moved;
}

/* Somebody else changed deployment.conf: nothing more is saved until it is looked at. */
static void add_reread(const struct flow *flow, struct page *page)
{
    if (flow->standing == STANDING_AS_READ)
        return;
    bool gone = flow->standing == STANDING_GONE;
    page_add_action(page, gone ? "rewrite" : "reread", 9, 0, gone ? "Write it back" : "Read again");
    strings_free(&page->why);
    page_line(&page->why,
              gone ? "%s is gone. F9 writes it back as it stands here."
                   : "%s was changed by another program. F9 reads it again; what you "
                     "answered before that is in it only if it was saved before.",
              flow->config);
}

/* Without that answer there is nothing to go on to. */
static bool lacks_answer(const struct field *field)
{
    return !*field->value && !field->optional && !field->fixed && field->kind == FIELD_TEXT;
}

static bool is_firm(const struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (lacks_answer(&page->fields[i]))
            return true;
    return false;
}

static void build_page(struct flow *flow, struct page *page)
{
    *page = (struct page){0};
    page->id = xstrdup(flow->at_page);
    step_of(flow->at_page)->page(flow, page);
    if (!page->title)
        page->title = xstrdup("");
    add_heading(flow, page);
    if (strcmp(page->id, "start") != 0 && !flow->trial)
        order_marks(flow, page);
    add_reread(flow, page);
    page->firm = page->firm || is_firm(page);
    if (!page->next)
        page->next = xstrdup("Next");
    place(flow, page);
    page->first = strcmp(page->id, "start") == 0 && !flow->came.count;
    const char *undo = history_last(flow);
    page->undo = undo ? xstrdup(undo) : NULL;
    undo_action(flow, page);
    page->ask = flow->ask ? xstrdup(flow->ask) : NULL;
    page->ask_verb = flow->ask ? xstrdup(flow->ask_verb) : NULL;
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
        if (flow->refused && strcmp(flow->refused, field->id) == 0 && lacks_answer(field)) {
            *err = flow->refusal; /* one was typed, and is wrong */
            return true;
        }
        if (lacks_answer(field))
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
    if (strcmp(page_id, flow->at_page) != 0)
        strings_free(&flow->marked); /* they are rows of the page that is left */
    free(flow->at_page);
    free(flow->spot);
    free(flow->refused);
    flow->refused = NULL;
    flow->at_page = page;
    flow->spot = place;
    flow->moved = place != NULL;
    flow->warned = false;
    flow->page_good = false;
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

static bool follow(struct flow *flow, struct way *way, struct error *err)
{
    bool good = way->go != GO_REFUSED;
    if (way->go == GO_NEXT)
        order_pass(flow, flow->at_page);
    char *next = way->go == GO_NEXT ? order_beside(flow, 1) : NULL;
    if (next)
        go_to(flow, next, NULL);
    else if (way->go == GO_BACK)
        go_back(flow);
    else if (way->go == GO_PAGE)
        go_to(flow, way->page, way->at);
    else if (way->go == GO_OPEN)
        good = open_other(flow, way->page, err);
    else if (way->go == GO_LEAVE)
        flow->ended = true;
    free(next);
    free(way->page);
    free(way->at);
    return good;
}

/* What was refused is remembered with its reason: to say "an answer is needed" then were false. */
static void note_refusal(struct flow *flow, const struct event *event, bool refused,
                         const struct error *err)
{
    if (event->kind != EVENT_SET || flow->ask)
        return;
    char *id = refused ? xstrdup(event->id) : NULL;
    free(flow->refused);
    flow->refused = id;
    flow->refusal = *err;
}

static struct way step_take(struct flow *flow, const struct event *event, struct error *err)
{
    const struct page *page = flow_page(flow);
    bool rows = event->kind == EVENT_CHOOSE || event->kind == EVENT_ACTION;
    if (rows && page->kind != PAGE_FORM)
        note_row(flow, page, event->row);
    struct change *before = history_before(flow, page, event);
    bool loaded = flow->loaded;
    struct way way = step_of(flow->at_page)->take(flow, page, event, err);
    history_after(flow, before, way.go != GO_REFUSED);
    note_refusal(flow, event, way.go == GO_REFUSED, err);
    if (flow->loaded && !loaded)
        keep_forget(flow);
    keep_answers(flow);
    return way;
}

static struct way undo(struct flow *flow, bool insist, struct error *err)
{
    bool tick = false;
    if (!history_last(flow) && undo_of_store(flow))
        return way_if(undo_store(flow, insist, err), GO_STAY);
    struct way way = history_undo(flow, &tick, err);
    if (!tick)
        return way;
    if (!follow(flow, &way, err))
        return way_go(GO_REFUSED);
    const struct page *page = flow_page(flow);
    const struct event event = {.kind = EVENT_TICK,
                                .row = flow->spot ? page_find_row(page, flow->spot) : 0};
    if (!flow->spot || event.row == page->row_count) {
        flow_say(flow, LEVEL_NOTE, "The row that was ticked is gone.");
        return way_go(GO_STAY);
    }
    return step_of(flow->at_page)->take(flow, page, &event, err);
}

/* deployment.conf as it is now, or as it was: somebody else changed it. */
static struct way look_again(struct flow *flow, const char *action, struct error *err)
{
    bool back = strcmp(action, "rewrite") == 0;
    if (back ? !deployment_create(flow->config, &flow->facts->deployment.text, err)
             : !flow_gather(flow, err))
        return way_go(GO_REFUSED);
    flow->standing = STANDING_AS_READ;
    flow_say(flow, LEVEL_OK, back ? "%s is written back." : "%s is read again.", flow->config);
    return order_has(flow, flow->at_page) || order_owner(flow->at_page) ? way_go(GO_STAY)
                                                                        : way_to("servers", NULL);
}

static bool is_look_again(const struct flow *flow, const struct event *event)
{
    return event->kind == EVENT_ACTION && flow->standing != STANDING_AS_READ &&
           strcmp(event->id, flow->standing == STANDING_GONE ? "rewrite" : "reread") == 0;
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
    flow->moved = false;
    change_forget(flow);
    flow->insist = event->insist || event->kind == EVENT_UNDO; /* how it was needs no leave */
    if (flow->loaded && !flow->at)
        flow->facts->at = time(NULL); /* a page may stand open for days */
    if (event->kind != EVENT_NEXT)
        flow->warned = false;
    struct way way = way_go(GO_STAY);
    if (is_look_again(flow, event))
        way = look_again(flow, event->id, err);
    else if (event->kind == EVENT_BACK)
        way.go = GO_BACK;
    else if (event->kind == EVENT_UNDO)
        way = undo(flow, event->insist, err);
    else if (event->kind == EVENT_ACTION && strcmp(event->id, "undo") == 0)
        way = way_if(undo_store(flow, event->insist, err), GO_STAY);
    else if (event->kind == EVENT_GOTO && event->id && order_has(flow, event->id))
        way = way_to(event->id, NULL);
    else if (event->kind == EVENT_NEXT && held_back(flow, event, err))
        way.go = GO_REFUSED;
    else if (event->kind != EVENT_GOTO)
        way = step_take(flow, event, err);
    bool good = follow(flow, &way, err);
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

char *flow_passes(struct flow *flow)
{
    return order_passed(flow);
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
    char *costs = strings_join(&trial.costs, " ");
    if (field && *costs)
        field_finding(field, LEVEL_WARN, costs, "", NULL);
    free(costs);
    flow_drop_trial(&trial);
}
