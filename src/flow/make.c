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

/* Somebody in the store signs it: by its own design no CA outside is asked. */
static bool is_signed_here(const struct flow *flow, const struct identity *identity)
{
    return deployment_identity(&flow->facts->deployment, identity->signer) != NULL;
}

bool is_awaited(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    bool outside =
        strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
    return outside && !files.leaf;
}

size_t count_awaited(const struct flow *flow)
{
    size_t count = 0;
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++)
        count += is_awaited(flow, &flow->facts->deployment.identities[i]);
    return count;
}

static bool lacks(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    if (*identity->key_at)
        return false;
    bool self = strcmp(identity->signer, "self") == 0;
    if (!files.key || (self && !files.leaf))
        return true;
    if (!self && !files.csr && !files.leaf)
        return true;
    return is_signed_here(flow, identity) && !files.leaf;
}

bool make_is_due(const struct flow *flow)
{
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++)
        if (lacks(flow, &flow->facts->deployment.identities[i]))
            return true;
    return false;
}

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
        if (!(list->items[i].what & MADE_SKIPPED))
            strings_add_take(&flow->made,
                             xformat("%-14s %s", list->items[i].identity, list->items[i].note));
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
        size_t steps = flow->made.count;
        flow_say(flow, LEVEL_OK, "%zu step%s done: keys, requests and certificates are in %s.",
                 steps, steps == 1 ? "" : "s", flow->facts->store_path);
        return way_go(GO_NEXT);
    }
    return way_go(event->kind == EVENT_NEXT && made ? GO_NEXT : GO_STAY);
}

const struct step_ops step_make = {"make", build, take};
