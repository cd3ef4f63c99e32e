/* The last page: what lies where, what next, and when. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

static void add_places(const struct flow *flow, const char *out, struct page *page)
{
    char *runbook = xformat("%s/RUNBOOK.md", out);
    page_line(&page->text, "What lies where");
    page_line(&page->text, "  %-20s the deployment: edit it, or start again here", flow->config);
    page_line(&page->text, "  %-20s keys, requests, certificates: back it up",
              flow->facts->store_path);
    page_line(&page->text, "  %-20s what to do, step by step: read this first", runbook);
    free(runbook);
}

/* Of a renewal: until somebody says that it is over every plan is it again. */
static void add_end(const struct held *held, int number, struct page *page)
{
    char *ending = held ? held_ending(held) : NULL;
    if (held)
        page_line(&page->text, "  %d  when all is done: %s", number, ending);
    free(ending);
}

/* The turns in their order: upload first, then each file of commands. */
static void add_turns(const struct flow *flow, const struct plan *plan, const struct held *held,
                      const char *out, struct page *page)
{
    int number = 0;
    const char *last = "";
    page_line(&page->text, "%s", "");
    page_line(&page->text, "What next");
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        const struct server *server = deployment_server(&flow->facts->deployment, step->server);
        if (!server || strcmp(step->file, last) == 0)
            continue;
        last = step->file;
        if (step->upload->count) {
            page_line(&page->text, "  %d  cd %s/%s", ++number, out, step->server);
            char *login = server_sftp(server);
            page_line(&page->text, "     sftp -o BatchMode=no -b %s %s", path_base(step->file),
                      login);
            free(login);
        } else if (*step->command) {
            char *login = server_ssh(server);
            page_line(&page->text, "  %d  ssh %s, then the lines of %s/%s one by one", ++number,
                      login, out, step->file);
            free(login);
        } else {
            page_line(&page->text, "  %d  by hand, see RUNBOOK.md: %s", ++number, step->manual);
        }
    }
    struct strings keys = {0};
    plan_keys(plan, flow->facts, &keys);
    if (keys.count)
        page_line(&page->text, "  %d  delete the keys from %s/ when the servers have them",
                  ++number, out);
    strings_free(&keys);
    add_end(held, ++number, page);
}

static void add_first_end(const struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct cert *first = NULL;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *leaf = scan_cert(&flow->facts->scan, d->identities[i].certificate_file);
        if (leaf && (!first || leaf->not_after < first->not_after))
            first = leaf;
    }
    if (!first)
        return;
    char date[16];
    clock_date(first->not_after, date);
    page_line(&page->text, "%s", "");
    page_line(&page->text, "The first certificate ends %s: begin its renewal two months before.",
              date);
}

static void build(struct flow *flow, struct page *page)
{
    struct plan plan = {0};
    const struct held *held = NULL;
    struct error err = {0};
    char *out = flow_path(flow, "install");
    page->kind = PAGE_TEXT;
    page->title = xstrdup("Done");
    page->last = true;
    page->next = xstrdup("Leave");
    bool good = flow_holds(flow, &held, &err) && plan_now(flow, &plan, &err);
    bool same = good && plan_compare(&plan, flow->facts, out) == PLAN_SAME;
    page_line(&page->intro, same ? "The plan is written. Nothing was sent yet."
                                 : "The plan as it stands now is not written yet: Esc goes back.");
    add_places(flow, out, page);
    if (same)
        add_turns(flow, &plan, held, out, page);
    add_first_end(flow, page);
    plan_free(&plan);
    free(out);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_LEAVE : GO_STAY);
}

const struct step_ops step_done = {"done", build, take};
