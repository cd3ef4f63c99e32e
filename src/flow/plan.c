/* The commands and uploads, then install/ written; and the last page. */
#include "plan/plan.h"

#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t count_errors(struct flow *flow)
{
    return findings_errors(flow_findings(flow, RULES_ALL));
}

static void add_steps(const struct plan *plan, struct page *page)
{
    const char *server = "";
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (strcmp(step->server, server) != 0) {
            page_line(&page->text, "%s%s", i ? "\n" : "", step->server);
            server = step->server;
        }
        if (step->upload.count) {
            char *files = strings_join(&step->upload, " ");
            char *line =
                xformat("%3d  upload %zu files: %s", step->number, step->upload.count, files);
            page_lines(&page->text, line);
            free(line);
            free(files);
        } else if (*step->command) {
            page_line(&page->text, "%3d  %s", step->number, step->command);
        } else {
            char *line = xformat("%3d  by hand: %s", step->number, step->manual);
            page_lines(&page->text, line);
            free(line);
        }
    }
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_TEXT;
    time_t written;
    enum plan_state state = plan_state(flow, &written);
    page->title = xstrdup(state == PLAN_NONE    ? "Plan - not written"
                          : state == PLAN_FRESH ? "Plan - written, unchanged"
                                                : "Plan - changed since it was written");
    size_t errors = count_errors(flow);
    struct plan plan = {0};
    struct plan_options options = {0};
    struct error err = {0};
    if (errors) {
        page_line(&page->intro, "Not yet: %zu error%s in the check.", errors,
                  errors == 1 ? "" : "s");
        page_line(&page->why, "Go back to the check, which says what to do.");
    } else if (!plan_make(flow->facts, &options, &plan, &err)) {
        page_line(&page->intro, "%s: %s", err.place, err.message);
        page_line(&page->why, "%s", err.remedy);
    } else {
        char *out = flow_path(flow, "install");
        page_line(&page->intro, "What each server gets, in order. A FAILURE stops there.");
        add_steps(&plan, page);
        size_t keys = 0;
        for (size_t i = 0; i < plan.server_count; i++)
            for (size_t j = 0; j < plan.servers[i].files.count; j++)
                keys += text_ends(plan.servers[i].files.items[j], ".key");
        page_line(&page->why, "%zu private key%s in %s/: delete %s there when the server has %s.",
                  keys, keys == 1 ? " will lie" : "s will lie", out, keys == 1 ? "it" : "them",
                  keys == 1 ? "it" : "them");
        page_line(&page->why, "Will write %s/ (%zu server%s, %zu files). Nothing is sent.", out,
                  plan.server_count, plan.server_count == 1 ? "" : "s", plan_file_count(&plan));
        page->next = xstrdup("Write");
        if (access(out, F_OK) == 0)
            page->confirm_next =
                xformat("Write %zu files in place of the old plan", plan_file_count(&plan));
        free(out);
    }
    plan_free(&plan);
}

static struct way write_plan(struct flow *flow, struct error *err)
{
    size_t errors = count_errors(flow);
    if (errors)
        return way_if(error_set(err, STATUS_NO, "plan",
                                "Go back to the check, which says what to do",
                                "%zu error%s must be mended or accepted first", errors,
                                errors == 1 ? "" : "s"),
                      GO_STAY);
    struct plan plan = {0};
    struct plan_options options = {0};
    char *out = flow_path(flow, "install");
    bool good = flow_may_write(flow, err) && plan_make(flow->facts, &options, &plan, err) &&
                plan_write(&plan, flow->facts, out, err);
    if (good)
        flow_say(flow, LEVEL_OK, "Wrote %s/ (%zu files).", out, plan_file_count(&plan));
    plan_free(&plan);
    free(out);
    return way_if(good, GO_NEXT);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    return event->kind == EVENT_NEXT ? write_plan(flow, err) : way_go(GO_STAY);
}

const struct step_ops step_plan = {"plan", build, take};

static void build_done(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    char *out = flow_path(flow, "install");
    page->kind = PAGE_TEXT;
    page->title = xstrdup("Done");
    page->last = true;
    page->next = xstrdup("Leave");
    page_line(&page->intro, "Everything is written. Nothing was sent yet.");
    page_line(&page->text, "What lies where");
    char *runbook = path_join(out, "RUNBOOK.md");
    page_line(&page->text, "  %-20s the deployment: edit it, or start again here", flow->config);
    page_line(&page->text, "  %-20s keys, requests, certificates: back it up",
              flow->facts->store_path);
    page_line(&page->text, "  %-20s what to do, step by step: read this first", runbook);
    free(runbook);
    for (size_t i = 0; i < d->server_count; i++) {
        page_line(&page->text, "  %s/%s/upload.sftp", out, d->servers[i].name);
        page_line(&page->text, "  %s/%s/commands.mmp", out, d->servers[i].name);
    }
    page_line(&page->text, "%s", "");
    page_line(&page->text, "What next");
    for (size_t i = 0; i < d->server_count; i++) {
        page_line(&page->text, "  1  cd %s/%s", out, d->servers[i].name);
        page_line(&page->text, "     sftp -o BatchMode=no -b upload.sftp admin@%s",
                  d->servers[i].address);
        page_line(&page->text, "  2  ssh admin@%s, then the lines of commands.mmp one by one",
                  d->servers[i].address);
    }
    page_line(&page->text, "  3  delete the keys from %s/ when the server has them", out);
    time_t first = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *leaf = scan_cert(&flow->facts->scan, d->identities[i].certificate_file);
        if (leaf && (!first || leaf->not_after < first))
            first = leaf->not_after;
    }
    if (first) {
        char date[16];
        struct tm when;
        gmtime_r(&first, &when);
        strftime(date, sizeof date, "%Y-%m-%d", &when);
        page_line(&page->text, "%s", "");
        page_line(&page->text,
                  "The first certificate ends %s: begin its renewal two months before.", date);
    }
    free(out);
}

static struct way take_done(struct flow *flow, const struct page *page, const struct event *event,
                            struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_LEAVE : GO_STAY);
}

const struct step_ops step_done = {"done", build_done, take_done};
