/* The first page: go on, or a preset. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_MENU;
    page->title = xstrdup(flow->loaded ? "What shall be done?" : "no deployment here");
    page_line(&page->intro, "What shall be done?");
    if (flow->loaded) {
        char *place = order_resume(flow);
        struct row *row = page_row(page, "continue", LEVEL_NONE, "", "Go on: %s", place);
        row_detail(row, "%s: %zu certificate%s on %zu server%s.", flow->config,
                   flow->facts->deployment.identity_count,
                   flow->facts->deployment.identity_count == 1 ? "" : "s",
                   flow->facts->deployment.server_count,
                   flow->facts->deployment.server_count == 1 ? "" : "s");
        row->can_open = true;
        free(place);
        row = page_row(page, "basics", LEVEL_NONE, "", "Walk through from the beginning");
        row_detail(row, "Every answer is kept; each page shows what stands now.");
        row->can_open = true;
        row = page_row(page, "check", LEVEL_NONE, "", "Check certificates and deployment");
        row_detail(row, "Keys, names, usages, chains and trusts against the vendor's guide.");
        row->can_open = true;
        page_line(&page->why,
                  "deployment.conf is here; every accepted answer is saved in it at once.");
    } else {
        for (size_t i = 0; i < flow->catalogue->preset_count; i++) {
            const struct preset *preset = &flow->catalogue->presets[i];
            char *answers = preset->answers ? xformat("%d answers", preset->answers) : xstrdup("");
            struct row *row = page_row(page, preset->name, LEVEL_NONE, "", "New: %-42s%s",
                                       preset->title, answers);
            row_detail(row, "%s", preset->summary);
            row->can_open = true;
            free(answers);
        }
        page_line(&page->why,
                  "The first answer creates deployment.conf in this folder; nothing before.");
    }
    struct row *row = page_row(page, "inspect", LEVEL_NONE, "", "Inspect a file ...");
    row_detail(row, "Shows a certificate, key, request or bundle in any format. The file need not "
                    "be part of this deployment.");
    row->can_open = true;
    page_line(&page->why, "No function keys? Esc, then the digit: Esc 1 is F1, Esc 0 is F10.");
    struct action *action = page_add_action(page, "look", 4, 0, "Inspect a file");
    action->wants_path = true;
    page->next = xstrdup("Choose");
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)err;
    struct way way = way_go(GO_STAY);
    if ((event->kind != EVENT_CHOOSE && event->kind != EVENT_NEXT) || event->row >= page->row_count)
        return way;
    const char *id = page->rows[event->row].id;
    if (strcmp(id, "inspect") == 0) {
        flow_say(flow, LEVEL_NOTE,
                 "F4 (Esc 4) opens the picker; on the command line: certwright pki inspect FILE");
    } else if (strcmp(id, "continue") == 0) {
        char *place = order_resume(flow);
        way = way_to(place, NULL);
        free(place);
    } else if (flow->loaded) {
        way = way_to(id, NULL);
    } else {
        flow->preset = catalogue_preset(flow->catalogue, id);
        way = way_to("basics", NULL);
    }
    return way;
}

const struct step_ops step_start = {"start", build, take};
