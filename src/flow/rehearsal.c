/* What a rehearsal of the plan said, line by line. */
#include "base/mem.h"
#include "flow/step.h"
#include "ops/rehearse.h"

#include <stdlib.h>
#include <string.h>

/* "  12 core1  xmpp enable", marked where it is a note or a surprise; below it why, and what to do.
 */
static void keep_line(struct flow *flow, const struct rehearsed *told)
{
    struct rehearsal_lines *lines = &flow->rehearsed;
    lines->items = grow(lines->items, lines->count, sizeof *lines->items);
    lines->items[lines->count++] = (struct rehearsal_line){
        .level = told->how == REHEARSED_SURPRISE ? LEVEL_ERROR
                 : told->how == REHEARSED_NOTE   ? LEVEL_NOTE
                                                 : LEVEL_OK,
        .words = told->step ? xformat("%3d  %-8s %s", told->step, told->server, told->what)
                            : xformat("     %-8s %s", told->server, told->what),
        .why = xformat("%s%s%s", told->why, *told->remedy ? ". To mend it: " : "", told->remedy)};
}

void rehearsal_forget(struct flow *flow)
{
    for (size_t i = 0; i < flow->rehearsed.count; i++) {
        free(flow->rehearsed.items[i].words);
        free(flow->rehearsed.items[i].why);
    }
    free(flow->rehearsed.items);
    flow->rehearsed = (struct rehearsal_lines){0};
}

/* The whole plan that lies in install/, up to the first surprise. */
bool rehearsal_run(struct flow *flow, struct error *err)
{
    char *folder = flow_path(flow, "install");
    const struct rehearsal_options options = {.folder = folder};
    struct rehearsal *rehearsal = NULL;
    const struct rehearsed *told;
    bool done = false;
    rehearsal_forget(flow);
    bool good = rehearsal_begin(flow->facts, &options, &rehearsal, err);
    while (good && (good = rehearsal_next(rehearsal, &told, &done, err)) && !done)
        keep_line(flow, told);
    good = good && rehearsal_write(rehearsal, err);
    rehearsal_end(rehearsal);
    free(folder);
    return good;
}

static void build(struct flow *flow, struct page *page)
{
    const struct rehearsal_lines *lines = &flow->rehearsed;
    const struct rehearsal_line *last = lines->count ? &lines->items[lines->count - 1] : NULL;
    bool surprised = last && last->level == LEVEL_ERROR;
    page->kind = PAGE_LIST;
    page->next = xstrdup("Back");
    page->title = xstrdup(!last       ? "Rehearsal"
                          : surprised ? "Rehearsal - a surprise"
                                      : "Rehearsal - no surprise");
    if (!last)
        page_line(&page->intro, "Nothing has been rehearsed in this visit.");
    for (size_t i = 0; i < lines->count; i++) {
        char *id = xformat("line%zu", i);
        struct row *row =
            page_row(page, id, lines->items[i].level, "", "%s", lines->items[i].words);
        if (*lines->items[i].why)
            row_detail(row, lines->items[i].why);
        free(id);
    }
    if (surprised)
        page->at = lines->count - 1;
    page_line(&page->why, "What was typed and answered lies in install/rehearsal/.");
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_rehearsal = {"rehearsal", build, take};
