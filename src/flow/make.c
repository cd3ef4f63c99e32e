/* Keys and requests, and the lab CA's signatures, made in the background: an RSA key takes up to a
 * second, and a deployment has dozens. What is shown comes from the files and from what the worker
 * reports, never from what was hoped for. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

/* What the worker needs and leaves; read by the flow after the job was joined. */
struct make_job {
    const struct facts *facts;
    struct error held; /* another wizard has the deployment: nothing is made */
    struct made_list made, signed_list;
};

/* What the worker will make of it: "key, request"; "" nothing. Free it. */
static char *plan_of(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    struct lifecycle life;
    struct strings what = {0};
    bool self = strcmp(identity->signer, "self") == 0, due = lacks(flow, identity);
    facts_files(flow->facts, identity, &files);
    lifecycle_of(flow->facts, identity, &life);
    if (due && !files.key)
        strings_add(&what, "key");
    if (due && life.request.count)
        strings_add(&what, "request anew");
    else if (due && !self && !files.csr)
        strings_add(&what, "request");
    if (due && (self || is_signed_here(flow, identity)))
        strings_add(&what, "certificate");
    char *words = strings_join(&what, ", ");
    strings_free(&what);
    lifecycle_free(&life);
    return words;
}

/* Before and while it is made: what waits. The front end knows the rows by their id. */
static void add_waiting(const struct flow *flow, struct page *page)
{
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        char *plan = plan_of(flow, identity);
        if (*plan)
            page_row(page, identity->name, LEVEL_NONE, "wait", "%-15s %s", identity->name, plan);
        free(plan);
    }
}

/* When nothing is to be made: what there is. */
static void add_standing(const struct flow *flow, struct page *page)
{
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        struct identity_files files;
        struct strings has = {0};
        facts_files(flow->facts, identity, &files);
        if (files.key)
            strings_add(&has, "key");
        if (*identity->key_at)
            strings_add_take(&has, xformat("key on %s", identity->key_at));
        if (files.csr)
            strings_add(&has, "request");
        if (files.leaf)
            strings_add(&has, "certificate");
        char *all = strings_join(&has, ", ");
        page_row(page, identity->name, LEVEL_OK, *all ? "OK" : "", "%-15s %s", identity->name,
                 *all ? all : "nothing here yet");
        free(all);
        strings_free(&has);
    }
}

static void build(struct flow *flow, struct page *page)
{
    bool due = make_is_due(flow);
    page->kind = PAGE_JOB;
    page->title = xstrdup("Making keys and requests");
    for (size_t i = 0; (!due || flow->job_failed) && i + 1 < flow->made.count; i += 2)
        page_row(page, "", LEVEL_OK, flow->made.items[i], "%s", flow->made.items[i + 1]);
    if (due)
        add_waiting(flow, page);
    else if (!flow->made.count)
        add_standing(flow, page);
    page_line(&page->why, due ? "What is done stays done; the next run makes only the rest."
                              : "All that can be made here is made.");
    page_line(&page->why, "Writes %s/NAME.key (0600) and NAME.csr (0644). Nothing leaves here.",
              flow->facts->store_path);
    page->next = xstrdup(flow->job_failed ? "Try again" : "Next");
}

static bool work(void *arg, struct progress *progress, struct error *err)
{
    struct make_job *job = arg;
    if (job->held.code) {
        *err = job->held;
        return false;
    }
    return op_generate(job->facts, NULL, &job->made, progress, err);
}

job_function flow_job(struct flow *flow, void **arg)
{
    if (strcmp(flow->at_page, "rehearsal") == 0)
        return rehearsal_job(flow, arg);
    if (strcmp(flow->at_page, "make") != 0 || flow->job || !make_is_due(flow))
        return NULL;
    flow->job = xcalloc(1, sizeof *flow->job);
    flow->job->facts = flow->facts;
    if (flow_may_write(flow, &flow->job->held))
        flow->job->held = (struct error){0};
    flow->job_failed = false;
    *arg = flow->job;
    return work;
}

static void note_made(struct flow *flow, const struct made_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!(list->items[i].what & MADE_SKIPPED)) {
            unsigned what = list->items[i].what;
            bool anew = what & MADE_ANEW;
            flow->new_keys += (what & MADE_KEY) != 0;
            *(anew ? &flow->anew_requests : &flow->new_requests) += (what & MADE_CSR) != 0;
            *(anew ? &flow->anew_certificates : &flow->new_certificates) +=
                (what & MADE_CERTIFICATE) != 0;
            strings_add(&flow->made, made_word(what));
            strings_add_take(&flow->made,
                             xformat("%-15s %s", list->items[i].identity, list->items[i].note));
        }
}

/* "1 key, 1 request, 2 requests anew (keys kept)": what was made this time. */
static void say_made(struct flow *flow)
{
    struct str text = {0};
    say_count(&text, flow->new_keys, "key", "keys");
    say_count(&text, flow->new_requests, "request", "requests");
    say_count(&text, flow->new_certificates, "certificate", "certificates");
    say_count(&text, flow->anew_requests, "request anew (key kept)", "requests anew (keys kept)");
    say_count(&text, flow->anew_certificates, "certificate anew (key kept)",
              "certificates anew (keys kept)");
    if (text.length)
        flow_say(flow, LEVEL_OK, "Made in %s: %s.", flow->facts->store_path, str_text(&text));
    str_free(&text);
}

/* Signing needs the facts with the keys just made: it follows on the loop's thread, for it takes a
 * moment only. */
static bool sign_now(struct flow *flow, struct make_job *job, struct error *err)
{
    struct strings names = {0};
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        if (is_signed_here(flow, identity) && lacks(flow, identity))
            strings_add(&names, identity->name);
    }
    struct sign_options options = {0};
    bool good =
        !names.count || (op_sign(flow->facts, &options, &names, &job->signed_list, NULL, err) &&
                         flow_gather(flow, err));
    strings_free(&names);
    return good;
}

void flow_job_result(struct flow *flow, bool ok, const struct error *err)
{
    struct make_job *job = flow->job;
    if (flow->rehearsing)
        rehearsal_result(flow, ok, err);
    if (!job)
        return;
    struct error trouble = {0};
    flow->job = NULL;
    strings_free(&flow->made);
    flow->new_keys = flow->new_requests = flow->new_certificates = 0;
    flow->anew_requests = flow->anew_certificates = 0;
    order_unpass(flow, "requests"); /* those made now were not sent */
    note_made(flow, &job->made);
    bool good = flow_gather(flow, &trouble);
    if (good && ok)
        good = sign_now(flow, job, &trouble);
    note_made(flow, &job->signed_list);
    if (!ok && err)
        trouble = *err;
    flow->job_failed = !good || !ok;
    if (flow->job_failed) {
        struct str text = {0};
        error_text(&trouble, &text);
        flow_say(flow, LEVEL_ERROR, "%s",
                 text.length ? str_text(&text) : "stopped: what is done stays");
        str_free(&text);
    }
    made_free(&job->made);
    made_free(&job->signed_list);
    free(job);
    flow->page_good = false;
}

static bool sign_anew(struct flow *flow, const struct strings *names, struct error *err)
{
    struct sign_options options = {.force = true}; /* the one in place is what is outdated */
    struct made_list made = {0};
    bool good = op_sign(flow->facts, &options, names, &made, NULL, err) && flow_gather(flow, err);
    made_free(&made);
    return good;
}

bool make_again(struct flow *flow, const char *name, struct error *err)
{
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    struct strings names = {0};
    struct made_list made = {0};
    if (!identity)
        return true;
    bool here = is_signed_here(flow, identity), self = strcmp(identity->signer, "self") == 0;
    strings_add(&names, identity->name);
    bool good = flow_may_write(flow, err) && op_generate(flow->facts, &names, &made, NULL, err) &&
                flow_gather(flow, err) && (!here || sign_anew(flow, &names, err));
    if (good && made.count && !here && made.items[0].what & (MADE_KEPT | MADE_SKIPPED))
        flow_say(flow, LEVEL_NOTE, "%s: %s.", names.items[0], made.items[0].note);
    else if (good)
        flow_say(flow, LEVEL_OK,
                 here || self ? "%s.crt is made anew, its key kept."
                              : "%s.csr is made anew, its key kept: this is the one to send.",
                 names.items[0]);
    if (good)
        order_unpass(flow, "requests");
    made_free(&made);
    strings_free(&names);
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)err;
    (void)page;
    bool made = !make_is_due(flow);
    if (event->kind == EVENT_DONE && !flow->job_failed && made) {
        say_made(flow);
        return way_go(GO_NEXT);
    }
    return way_go(event->kind == EVENT_NEXT && made ? GO_NEXT : GO_STAY);
}

const struct step_ops step_make = {"make", build, take};
