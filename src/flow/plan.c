/* The plan, server by server, as it will be or is written; and why its order. */
#include "plan/plan.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"
#include "ops/rehearse.h"

#include <stdlib.h>
#include <string.h>

#define SERVER_LINE 76

static const char order_page[] = "order", rehearsal_page[] = "rehearsal";

static size_t count_errors(struct flow *flow)
{
    return findings_errors(flow_errors(flow, RULES_ALL));
}

static char *counted(size_t count, const char *one, const char *many)
{
    return count == 1 ? xformat("1 %s", one) : xformat("%zu %s", count, many);
}

/* What people notice of a command, at its right. */
static const char *effect_words(enum effect effect)
{
    switch (effect) {
    case EFFECT_STOP:
        return "outage starts";
    case EFFECT_START:
        return "outage ends";
    case EFFECT_RESTART:
        return "restart";
    case EFFECT_NONE:
        break;
    }
    return "";
}

/* The reply to wait for and the way back, as RUNBOOK.md has them. */
static void add_detail(const struct step *step, const char *phase, struct row *row)
{
    struct str detail = {0};
    str_addf(&detail, "%s%s", phase, *phase ? "\n" : "");
    if (step->upload->count) {
        str_addf(&detail, "In install/%s: sftp -b %s, see RUNBOOK.md.", step->server,
                 path_base(step->file));
    } else if (step->expect->count) {
        char *lines = strings_join(step->expect, "\n       ");
        str_addf(&detail, "%s %s",
                 step->source == SOURCE_OURS ? "Expect, or the like:" : "Expect:", lines);
        free(lines);
    } else if (*step->command) {
        str_add(&detail, "Silence is good; a FAILURE or a usage text stops here.");
    }
    if (*step->undo)
        str_addf(&detail, "\nWay back: %s", step->undo);
    row_detail(row, "%s", str_text(&detail));
    str_free(&detail);
}

/* Which phase of a renewal begins there. */
static const char *phase_words(const struct plan *plan, const struct step *step)
{
    if (!plan->renewal)
        return "";
    switch (step->phase) {
    case PHASE_WIDENING:
        return "Phase 2: old and new are accepted from here on.";
    case PHASE_SERVICES:
        return "Phase 4: what is new is put in place.";
    case PHASE_NARROWING:
        return "Phase 6: the new alone is accepted. It may wait for the next window.";
    default:
        return "";
    }
}

/* before: the step above it on its server; NULL: it is the first. */
static void add_step(const struct plan *plan, const struct step *step, const struct step *before,
                     struct page *page)
{
    char *id = xformat("step%d", step->number);
    struct row *row;
    if (step->upload->count) {
        char *files = strings_join(step->upload, " ");
        char *count = counted(step->upload->count, "file", "files");
        row = page_row(page, id, LEVEL_NONE, "", "%3d  upload %s: %s", step->number, count, files);
        free(count);
        free(files);
    } else if (*step->command) {
        row = page_row(page, id, LEVEL_NONE, "", "%3d  %s", step->number, step->command);
    } else {
        row = page_row(page, id, LEVEL_NONE, "", "%3d  by hand: %s", step->number, step->manual);
    }
    free(row->right);
    bool begins = !before || before->phase != step->phase;
    const char *phase = begins ? phase_words(plan, step) : "";
    const char *effect = effect_words(step->effect);
    row->right = *phase && !*effect ? xformat("phase %d", step->phase) : xstrdup(effect);
    add_detail(step, phase, row);
    free(id);
}

/* All servers; of more than a line holds, those beside the one at. */
static void add_server_line(const struct plan *plan, size_t at, struct page *page)
{
    if (plan->server_count < 2)
        return;
    struct str line = {0};
    size_t columns = 0;
    for (size_t i = 0; i < plan->server_count; i++)
        columns += strlen(plan->servers[i].name) + 2;
    bool many = columns > SERVER_LINE;
    size_t first = many && at > 1 ? at - 1 : 0, i = first;
    str_add(&line, first ? "..  " : "");
    for (; i < plan->server_count; i++) {
        if (many && i > at && line.length + strlen(plan->servers[i].name) + 6 > SERVER_LINE)
            break;
        str_addf(&line, "%s%s%s", i > first ? "  " : "", i == at ? ">" : "", plan->servers[i].name);
    }
    str_add(&line, i < plan->server_count ? "  .." : "");
    page_line(&page->intro, "%s", str_text(&line));
    str_free(&line);
    page_add_action(page, "left", 0, 0, "Server");
    page_add_action(page, "right", 0, 0, "Server");
}

/* "Web Admin steps 13 to 15 (3 lines)": what people notice, and for how long. */
static char *outage_words(const struct outage *outage)
{
    const char *title = outage->service->component->title;
    if (outage->from == outage->to)
        return xformat("%s restarts at step %d, what runs through it is dropped", title,
                       outage->from->number);
    if (!outage->to)
        return xformat("%s stops at step %d for good", title, outage->from->number);
    return xformat("%s is out from step %d to %d (%zu lines)", title, outage->from->number,
                   outage->to->number, outage->lines);
}

/* "XMPP server is out 3 times (steps 3 to 5, 155 to 157, 235 to 237)": those of its kind there. */
static char *several_words(const struct outages *outages, size_t from)
{
    const struct outage *first = &outages->items[from];
    bool restarts = first->from == first->to;
    struct strings steps = {0};
    for (size_t i = from; i < outages->count; i++) {
        const struct outage *outage = &outages->items[i];
        if (outage->service->component != first->service->component ||
            outage->service->server != first->service->server ||
            (outage->from == outage->to) != restarts || !outage->to)
            continue;
        strings_add_take(&steps,
                         restarts ? xformat("%d", outage->from->number)
                                  : xformat("%d to %d", outage->from->number, outage->to->number));
    }
    char *list = strings_join(&steps, ", ");
    char *text = steps.count < 2
                     ? NULL
                     : xformat("%s %s %zu times (steps %s)", first->service->component->title,
                               restarts ? "restarts" : "is out", steps.count, list);
    free(list);
    strings_free(&steps);
    return text;
}

/* The same was said of an earlier one. */
static bool is_said(const struct outages *outages, size_t index)
{
    const struct outage *outage = &outages->items[index];
    for (size_t i = 0; i < index; i++)
        if (outages->items[i].service->component == outage->service->component &&
            outages->items[i].service->server == outage->service->server &&
            (outages->items[i].from == outages->items[i].to) == (outage->from == outage->to) &&
            outage->to && outages->items[i].to)
            return true;
    return false;
}

static void add_outages(const struct plan *plan, const char *server, struct page *page)
{
    struct outages outages;
    struct strings words = {0};
    plan_outages(plan, &outages);
    for (size_t i = 0; i < outages.count; i++) {
        if (strcmp(outages.items[i].service->server->name, server) != 0)
            continue;
        if (plan->renewal && is_said(&outages, i))
            continue;
        char *several = plan->renewal ? several_words(&outages, i) : NULL;
        strings_add_take(&words, several ? several : outage_words(&outages.items[i]));
    }
    char *all = strings_join(&words, "; ");
    if (words.count)
        page_line(&page->text, "%s.", all);
    free(all);
    strings_free(&words);
    free(outages.items);
}

static void add_keys(const struct flow *flow, const struct plan *plan, const char *out,
                     struct page *page)
{
    struct strings paths = {0};
    plan_keys(plan, flow->facts, &paths);
    size_t keys = paths.count;
    strings_free(&paths);
    if (keys == 1)
        page_line(&page->text, "1 private key is in %s/: delete it there when the server has it.",
                  out);
    else if (keys)
        page_line(&page->text,
                  "%zu private keys are in %s/: delete them there when the servers have them.",
                  keys, out);
}

/* For whoever is about to carry it out. */
static void add_rehearsed(const char *out, struct page *page)
{
    time_t at;
    char day[16];
    enum rehearsal_last last = rehearsal_last(out, &at);
    clock_date(at, day);
    if (last == REHEARSAL_GOOD)
        page_line(&page->text, "It was rehearsed on %s without a surprise.", day);
    else if (last == REHEARSAL_SURPRISE)
        page_line(&page->text, "Rehearsed on %s it ended in a surprise: see %s/rehearsal/.", day,
                  out);
    else
        page_line(&page->text,
                  "It has not been rehearsed: Rehearse tries it on emulated appliances.");
}

static const char *written_words(enum plan_written written)
{
    return written == PLAN_SAME    ? "written, unchanged"
           : written == PLAN_OTHER ? "another plan is written"
                                   : "not written";
}

static void add_outcome(const struct flow *flow, const struct plan *plan, const char *out,
                        enum plan_written written, struct page *page)
{
    char *servers = counted(plan->server_count, "server", "servers");
    char *files = counted(plan_file_count(plan), "file", "files");
    if (written == PLAN_SAME) {
        page_line(&page->text, "%s/ holds this plan (%s, %s). Nothing was sent.", out, servers,
                  files);
        add_keys(flow, plan, out, page);
        add_rehearsed(out, page);
        page_add_action(page, rehearsal_page, 0, 'r', "Rehearse");
        page->next = xstrdup("Next");
    } else {
        page_line(&page->text, "Will write %s/ (%s, %s). Nothing is sent.", out, servers, files);
        page->next = xstrdup("Write");
        if (written == PLAN_OTHER)
            page->confirm_next = xformat("Write %s in place of the other plan", files);
    }
    free(servers);
    free(files);
}

static void fill(struct flow *flow, const struct plan *plan, struct page *page)
{
    char *out = flow_path(flow, "install");
    enum plan_written written = plan_compare(plan, flow->facts, out);
    size_t at = flow->plan_server < plan->server_count ? flow->plan_server : 0;
    if (plan->server_count) {
        const char *server = plan->servers[at].name;
        const char *what = plan->renewal ? "Renewal" : "Plan";
        page->title = plan->server_count == 1
                          ? xformat("%s: %s - %s", what, server, written_words(written))
                          : xformat("%s, server %zu of %zu: %s - %s", what, at + 1,
                                    plan->server_count, server, written_words(written));
        add_server_line(plan, at, page);
        const struct step *above = NULL;
        for (size_t i = 0; i < plan->count; i++) {
            if (strcmp(plan->steps[i].server, server) != 0)
                continue;
            add_step(plan, &plan->steps[i], above, page);
            above = &plan->steps[i];
        }
        add_outages(plan, server, page);
        page_add_action(page, order_page, 0, 'o', "Order");
    } else {
        page->title = xformat("Plan - %s", written_words(written));
        page_line(&page->intro,
                  "No service needs anything: all are installed, or none has an identity.");
    }
    add_outcome(flow, plan, out, written, page);
    free(out);
}

/* Nothing leads on from here. */
static void waits(struct page *page)
{
    page->firm = true;
    page->next = xstrdup("");
}

bool plan_now(struct flow *flow, struct plan *plan, struct error *err)
{
    const struct held *held;
    if (!flow_holds(flow, &held, err))
        return false;
    const struct plan_options options = {.held = held};
    return plan_make(flow->facts, &options, plan, err);
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_LIST;
    size_t errors = count_errors(flow);
    struct plan plan = {0};
    struct error err = {0};
    if (errors) {
        char *count = counted(errors, "error", "errors");
        page->title = xstrdup("Plan - waits");
        page_line(&page->intro, "Not yet: the check finds %s.", count);
        page_line(&page->why, "Esc goes back to the check, which says what to do.");
        waits(page);
        free(count);
    } else if (!plan_now(flow, &plan, &err)) {
        page->title = xstrdup("Plan - waits");
        page_line(&page->intro, "%s: %s", err.place, err.message);
        page_line(&page->why, "%s", err.remedy);
        waits(page);
    } else {
        fill(flow, &plan, page);
    }
    page_add_action(page, "upgrade", 7, 0, "Upgrade");
    plan_free(&plan);
}

static struct way write_plan(struct flow *flow, struct error *err)
{
    size_t errors = count_errors(flow);
    if (errors) {
        error_set(err, STATUS_NO, "plan", "Go back to the check, which says what to do",
                  errors == 1 ? "%zu error must be mended or accepted first"
                              : "%zu errors must be mended or accepted first",
                  errors);
        return way_go(GO_REFUSED);
    }
    struct plan plan = {0};
    char *out = flow_path(flow, "install");
    bool good = plan_now(flow, &plan, err);
    if (good && plan_compare(&plan, flow->facts, out) != PLAN_SAME) {
        good = flow_may_write(flow, err) && plan_write(&plan, flow->facts, out, err);
        if (good)
            flow_say(flow, LEVEL_OK, "Wrote %s/ (%zu files).", out, plan_file_count(&plan));
    }
    plan_free(&plan);
    free(out);
    return way_if(good, GO_NEXT);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_NEXT)
        return write_plan(flow, err);
    if (event->kind != EVENT_ACTION)
        return way_go(GO_STAY);
    if (strcmp(event->id, order_page) == 0)
        return way_to(order_page, NULL);
    if (strcmp(event->id, rehearsal_page) == 0) {
        flow->rehearsal_due = true;
        return way_to(rehearsal_page, NULL);
    }
    if (strcmp(event->id, "upgrade") == 0)
        return way_to("upgrade", NULL);
    size_t count = flow->facts->deployment.server_count;
    if (strcmp(event->id, "right") == 0 && flow->plan_server + 1 < count)
        flow->plan_server++;
    if (strcmp(event->id, "left") == 0 && flow->plan_server > 0)
        flow->plan_server--;
    return way_go(GO_STAY);
}

const struct step_ops step_plan = {"plan", build, take};

/* Which services a service waits for, as its component's file says. */
static void add_reason(const struct flow *flow, const struct component *component,
                       struct page *page)
{
    struct str names = {0};
    for (size_t i = 0; i < component->follows.count; i++) {
        const struct component *first =
            catalogue_find(flow->catalogue, component->follows.items[i]);
        if (first && deployment_kind(&flow->facts->deployment, first)->count)
            str_addf(&names, "%s%s", names.length ? ", " : "", first->title);
    }
    if (component->management)
        page_line(&page->text,
                  "%s: first on its server, for everything else is reached through it.",
                  component->title);
    else if (names.length)
        page_line(&page->text, "%s: after %s, whose certificates it is to accept.",
                  component->title, str_text(&names));
    else
        page_line(&page->text, "%s: waits for no other.", component->title);
    str_free(&names);
}

/* Of a renewal. */
static void add_renewal(struct page *page)
{
    page_lines(&page->text, "Phase 2 comes first: who accepts certificates or CAs side by side "
                            "gets the new ones beside the old ones, so that nobody is refused "
                            "whichever of them he presents.");
    page_lines(&page->text, "Then each service presents its new one (phase 4). What drops calls "
                            "when it restarts takes its own new certificate and its wide lists "
                            "in one restart, before those whom the lists are for.");
    page_lines(&page->text, "A database is taken apart when all that is done, and built at once.");
    page_lines(&page->text,
               "In the end the old ones go from the lists (phase 6). That may wait for "
               "the next window: until then everything works.");
    page_lines(&page->text, "Each file is uploaded in the turn that uses it, not before: a service "
                            "that is started again presents whatever lies there.");
    page_lines(&page->text, "RUNBOOK.md says of each certificate why now and what is new, and "
                            "counts the restarts that drop calls.");
}

static void build_order(struct flow *flow, struct page *page)
{
    page->kind = PAGE_TEXT;
    page->title = xstrdup("Why this order");
    page->next = xstrdup("Back");
    const struct held *held;
    struct error ignored; /* then it is no renewal that is planned */
    if (flow_holds(flow, &held, &ignored) && held) {
        add_renewal(page);
        return;
    }
    page_lines(&page->text,
               "Uploads and checks come first, on every server: they disturb nobody, and what is "
               "wrong shows before anything is switched off.");
    page_lines(&page->text, "Then the services, the trusted before the trusting: whoever checks a "
                            "certificate must find the new one in place.");
    page_line(&page->text, "%s", "");
    for (size_t i = 0; i < flow->catalogue->count; i++)
        if (deployment_kind(&flow->facts->deployment, &flow->catalogue->components[i])->count)
            add_reason(flow, &flow->catalogue->components[i], page);
    page_line(&page->text, "%s", "");
    page_lines(&page->text, "A service is stopped once, gets all that is new, and is started once. "
                            "What is done by hand comes last.");
}

static struct way take_order(struct flow *flow, const struct page *page, const struct event *event,
                             struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_order = {order_page, build_order, take_order};
