/* Keys and requests, and the lab CA's signatures, made in the background. */
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

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_JOB;
    page->title = xstrdup("Making keys and requests");
    for (size_t i = 0; i < flow->made.count; i++)
        page_row(page, "", LEVEL_OK, "", "%s", flow->made.items[i]);
    page_line(&page->why, "What is done stays done; the next run makes only the rest.");
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
            flow->new_keys += (what & MADE_KEY) != 0;
            flow->new_requests += (what & MADE_CSR) != 0;
            flow->new_certificates += (what & MADE_CERTIFICATE) != 0;
            strings_add_take(&flow->made,
                             xformat("%-14s %s", list->items[i].identity, list->items[i].note));
        }
}

/* "1 key, 1 request": what was made this time. */
static void say_made(struct flow *flow)
{
    struct str text = {0};
    say_count(&text, flow->new_keys, "key", "keys");
    say_count(&text, flow->new_requests, "request", "requests");
    say_count(&text, flow->new_certificates, "certificate", "certificates");
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
    if (!job)
        return;
    struct error trouble = {0};
    flow->job = NULL;
    strings_free(&flow->made);
    flow->new_keys = flow->new_requests = flow->new_certificates = 0;
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
