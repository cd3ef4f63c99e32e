/* Later releases, and what each of them asks of the deployment, step by step. */
#include "ops/upgrade.h"

#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static void build_menu(struct flow *flow, struct page *page)
{
    struct strings releases = {0};
    const char *now = flow->facts->deployment.release;
    upgrade_releases(now, &releases);
    page->kind = PAGE_LIST;
    page->title = xstrdup("Upgrade");
    page_line(&page->intro,
              releases.count ? "From %s to which release?"
                             : "No release after %s is known to change anything.",
              now);
    for (size_t i = 0; i < releases.count; i++) {
        struct upgrade upgrade;
        if (!upgrade_make(flow->facts, releases.items[i], &upgrade))
            continue;
        size_t counts[UPGRADE_AFTER + 1] = {0};
        for (size_t j = 0; j < upgrade.count; j++)
            counts[upgrade.steps[j].part]++;
        struct row *row = page_row(page, releases.items[i], LEVEL_NONE, "",
                                   "%-6s %zu to make ready, %zu to take out", releases.items[i],
                                   counts[UPGRADE_READY], counts[UPGRADE_OUT]);
        row->can_open = true;
        row_detail(row, "Enter shows the steps in their order.");
        upgrade_free(&upgrade);
    }
    page_line(&page->why, "certwright check --release says what its rules find as well.");
    page->next = xstrdup("Back");
    strings_free(&releases);
}

static void build_sheet(struct flow *flow, const char *release, struct page *page)
{
    struct upgrade upgrade;
    struct str text = {0};
    page->kind = PAGE_TEXT;
    page->title = xformat("Upgrade to %s", release);
    page->next = xstrdup("Back");
    if (!upgrade_make(flow->facts, release, &upgrade)) {
        page_line(&page->text, "%s is not after %s.", release, flow->facts->deployment.release);
        return;
    }
    upgrade_text(&upgrade, &text);
    page_lines(&page->text, str_text(&text));
    page_line(&page->why, "To have it as a file: certwright check --release %s", release);
    upgrade_free(&upgrade);
    str_free(&text);
}

static void build(struct flow *flow, struct page *page)
{
    const char *release = flow_page_part(flow);
    if (*release)
        build_sheet(flow, release, page);
    else
        build_menu(flow, page);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)flow;
    (void)err;
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count) {
        char *id = xformat("upgrade:%s", page->rows[event->row].id);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_upgrade = {"upgrade", build, take};
