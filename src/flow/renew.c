/* What is due, what its renewal does to whom, and the choice: keep the key, or a new key. */
#include "ops/renew.h"

#include "base/clock.h"
#include "base/mem.h"
#include "flow/step.h"
#include "ops/renew_due.h"

#include <stdlib.h>
#include <string.h>

static const char new_key[] = "new", change_names[] = "names", installed[] = "installed",
                  abandon[] = "abandon";

/* One comes here for a certificate, which is marked then: renew:NAME. */
static bool is_marked(const struct flow *flow, const char *name)
{
    return strings_has(&flow->marked, name) != (strcmp(flow_page_part(flow), name) == 0);
}

static bool can_renew(const struct flow *flow, const struct ending *ending)
{
    const struct renewal *open = renewals_open(&flow->facts->renewals, ending->name);
    return ending->kind == END_LEAF && ending->identity && !(open && open->first);
}

static const char *state_word(const struct flow *flow, const struct ending *ending)
{
    const struct renewal *open =
        ending->identity ? renewals_open(&flow->facts->renewals, ending->name) : NULL;
    return !open ? ends_word(ending->term) : open->first ? "INSTALL" : "WAITS";
}

static void add_below(const struct renew_effects *effects, struct row *row)
{
    for (size_t i = 0; i < effects->trusts.count; i++)
        page_lines(&row->below, effects->trusts.items[i]);
    if (!effects->trusts.count)
        page_line(&row->below, "No trust file changes.");
    char *keep = xformat("keep the key: %s.", effects->keep);
    char *fresh = xformat("new key: %s.", effects->fresh);
    page_lines(&row->below, keep);
    page_lines(&row->below, fresh);
    for (size_t i = 0; i < effects->notices.count; i++)
        page_lines(&row->below, effects->notices.items[i]);
    free(keep);
    free(fresh);
}

static void add_detail(const struct flow *flow, const struct ending *ending, struct row *row)
{
    const struct renewal *open =
        ending->identity ? renewals_open(&flow->facts->renewals, ending->name) : NULL;
    if (ending->kind == END_CA)
        row_detail(row, "This CA is renewed by whoever runs it: ask for its next certificate, and "
                        "import it. What it signed is renewed after that.");
    else if (ending->kind == END_COPY)
        row_detail(row,
                   "%s holds a copy of another's certificate: its owner renews it, then it is "
                   "put into that file.",
                   ending->file);
    else if (open && open->first)
        row_detail(row,
                   "In the store since %s (%s), to be installed: the plan leads there. i when "
                   "every server has it.",
                   open->since, renew_words(open->new_key));
    else if (open)
        row_detail(row,
                   "Waits since %s for its CA (%s). The one in place stays in use until the "
                   "answer is imported. a gives the renewal up.",
                   open->since, renew_words(open->new_key));
    else if (is_marked(flow, ending->name))
        row_detail(row, "F2: keep the key. F7: new key. F5 changes its names first.");
    else
        row_detail(row, "Space marks it, to be renewed with the others that are marked.");
}

static void add_row(const struct flow *flow, const struct ends *ends, const struct ending *ending,
                    struct page *page)
{
    struct renew_effects effects = {0};
    char date[16], *restarts;
    clock_date(ending->cert->not_after, date);
    if (ending->identity)
        renew_effects(ends->facts, ending->identity, &effects);
    restarts = ending->identity ? strings_join(&effects.restarts, ", ") : ends_used(ending);
    enum level level = ending->term == TERM_ENDED  ? LEVEL_ERROR
                       : ending->term == TERM_DUE  ? LEVEL_WARN
                       : ending->term == TERM_NEAR ? LEVEL_NOTE
                                                   : LEVEL_OK;
    struct row *row = page_row(page, ending->name, level, state_word(flow, ending),
                               "%s %s %s, in %ld days; restarts %s", ending->name,
                               ending->days < 0 ? "ended" : "ends", date, ending->days,
                               *restarts ? restarts : "nothing");
    strings_add(&row->cells, ending->name);
    strings_add(&row->cells, date);
    strings_add_take(&row->cells, xformat("%5ld", ending->days));
    strings_add(&row->cells, *restarts ? restarts : "nothing");
    row->can_tick = can_renew(flow, ending);
    row->ticked = row->can_tick && is_marked(flow, ending->name);
    row->can_open = !row->can_tick && *ending->file;
    free(row->file);
    row->file = xstrdup(ending->file);
    const struct renewal *open =
        ending->identity ? renewals_open(&flow->facts->renewals, ending->name) : NULL;
    if (open && open->first)
        strings_add(&row->does, installed);
    if (open && !open->first)
        strings_add(&row->does, abandon);
    if (row->can_tick)
        strings_add(&row->does, change_names);
    if (ending->identity)
        add_below(&effects, row);
    add_detail(flow, ending, row);
    renew_effects_free(&effects);
    free(restarts);
}

/* Those that are due, by what their installation disturbs; then the others, which may be renewed
 * with them. */
static size_t add_rows(const struct flow *flow, const struct ends *ends, struct page *page)
{
    struct renew_groups groups;
    size_t due = 0;
    renew_due(ends, &groups);
    for (size_t i = 0; i < groups.count; i++)
        for (size_t k = 0; k < groups.items[i].count; k++, due++)
            add_row(flow, ends, groups.items[i].endings[k], page);
    for (size_t i = 0; i < ends->count; i++)
        if (ends->items[i].kind == END_LEAF &&
            page_find_row(page, ends->items[i].name) == page->row_count)
            add_row(flow, ends, &ends->items[i], page);
    renew_groups_free(&groups);
    return due;
}

static size_t count_marked(const struct page *page)
{
    size_t count = 0;
    for (size_t i = 0; i < page->row_count; i++)
        count += page->rows[i].ticked;
    return count;
}

static void build(struct flow *flow, struct page *page)
{
    static const char *const heads[] = {"certificate", "ends", " days", "restarts", "state"};
    struct ends ends;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Renew");
    page->next = xstrdup("Keep the key");
    if (!flow->loaded)
        return;
    ends_make(flow->facts, &ends);
    size_t due = add_rows(flow, &ends, page);
    size_t marked = count_marked(page);
    char *how_many = marked > 1 ? xformat(", %zu marked", marked) : xstrdup("");
    free(page->title);
    page->title = due ? xformat("Renew - %zu within %d days%s", due, RENEW_SOON, how_many)
                      : xformat("Renew - nothing ends within %d days%s", RENEW_SOON, how_many);
    free(how_many);
    for (size_t i = 0; page->row_count && i < sizeof heads / sizeof *heads; i++)
        strings_add(&page->heads, heads[i]);
    if (!page->row_count)
        page_line(&page->intro, "No certificate is here yet.");
    page->tick = xstrdup("Mark");
    if (marked)
        page_add_action(page, new_key, 7, 0, "New key");
    page_add_action(page, change_names, 5, 0, "Names")->of_row = true;
    struct action *action = page_add_action(page, installed, 0, 'i', "Installed");
    action->of_row = true;
    action->confirm = xstrdup("Every server has the new certificate: end this renewal");
    struct action *gives_up = page_add_action(page, abandon, 0, 'a', "Give up");
    gives_up->of_row = true;
    gives_up->confirm = xstrdup("Nothing more is awaited from its CA: give this renewal up");
    page_line(&page->why, "Either way the certificate is another one: each list that holds the old "
                          "one gets the new one.");
    size_t at = page_find_row(page, flow_page_part(flow));
    if (at < page->row_count)
        page->at = at;
    ends_free(&ends);
}

static void say_below(struct flow *flow, const struct renewed *item)
{
    char *below = strings_join(&item->below, ", ");
    flow_say(flow, LEVEL_NOTE, "%s: %s. Next renew those that it signed: %s.", item->identity->name,
             item->note, below);
    free(below);
}

/* Where what was begun goes on: to the CA, or, made here, to its installation. */
static struct way go_on(struct flow *flow, const struct renewed_list *list, bool fresh)
{
    size_t waits = 0, there = 0, issued = 0;
    struct strings names = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct renewed *item = &list->items[i];
        waits += item->how == RENEW_WAITS || item->how == RENEW_KEPT;
        there += item->how == RENEW_THERE;
        issued += item->how == RENEW_ISSUED;
        strings_add(&names, item->identity->name);
    }
    const struct renewed *first = list->count ? &list->items[0] : NULL;
    char *all = strings_join(&names, ", ");
    if (list->count == 1 && first->how == RENEW_THERE)
        flow_say(flow, LEVEL_NOTE, "On %s type: %s", first->identity->key_at, first->typed);
    else if (list->count == 1 && first->below.count)
        say_below(flow, first);
    else if (list->count == 1)
        flow_say(flow, LEVEL_OK, "%s: %s.", all, first->note);
    else
        flow_say(flow, LEVEL_OK, "%s: %s.", renew_words(fresh), all);
    free(all);
    strings_free(&names);
    /* those that it signed are next */
    const char *page = waits || there                           ? "requests"
                       : list->count == 1 && first->below.count ? "renew"
                       : issued                                 ? "check"
                                                                : "status";
    return way_to(page, NULL);
}

static struct way renew(struct flow *flow, const struct page *page, bool fresh, struct error *err)
{
    struct strings names = {0};
    for (size_t i = 0; i < page->row_count; i++)
        if (page->rows[i].ticked)
            strings_add_new(&names, page->rows[i].id);
    if (!names.count) {
        error_set(err, STATUS_NO, "Renew", "Space marks what is to be renewed",
                  "no certificate is marked");
        return way_go(GO_REFUSED);
    }
    struct renewed_list list;
    bool good = flow_may_write(flow, err) && op_renew(flow->facts, &names, fresh, &list, err);
    strings_free(&names);
    if (!good)
        return way_go(GO_REFUSED);
    struct way way = go_on(flow, &list, fresh);
    renewed_free(&list);
    order_unpass(flow, "requests");
    if (flow_gather(flow, err))
        return way;
    free(way.page);
    free(way.at);
    return way_go(GO_REFUSED);
}

static bool end_renewal(struct flow *flow, const char *name, struct error *err)
{
    struct strings names = {0};
    strings_add(&names, name);
    bool good = flow_may_write(flow, err) && op_renew_done(flow->facts, &names, err) &&
                flow_gather(flow, err);
    if (good)
        flow_say(flow, LEVEL_OK, "The renewal of %s is over: the servers have what the store has.",
                 names.items[0]);
    strings_free(&names);
    return good;
}

static bool give_up(struct flow *flow, const char *name, struct error *err)
{
    struct strings names = {0};
    struct abandoned_list list;
    strings_add(&names, name);
    bool good = flow_may_write(flow, err) && op_renew_abandon(flow->facts, &names, &list, err);
    if (good) {
        flow_say(flow, LEVEL_OK, "The renewal of %s is given up: %s.", names.items[0],
                 list.items[0].note);
        abandoned_free(&list);
        good = flow_gather(flow, err);
    }
    strings_free(&names);
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_NEXT)
        return renew(flow, page, false, err);
    if (event->kind == EVENT_ACTION && strcmp(event->id, new_key) == 0)
        return renew(flow, page, true, err);
    if (event->row >= page->row_count)
        return way_go(GO_STAY);
    const struct row *row = &page->rows[event->row];
    if (event->kind == EVENT_TICK && row->can_tick)
        flow_mark(flow, row->id);
    if (event->kind == EVENT_CHOOSE && row->can_open) {
        char *id = xformat("look:%s", row->file);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    if (event->kind == EVENT_ACTION && strcmp(event->id, installed) == 0)
        return way_if(end_renewal(flow, row->id, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, abandon) == 0)
        return way_if(give_up(flow, row->id, err), GO_STAY);
    const struct identity *identity = deployment_identity(&flow->facts->deployment, row->id);
    if (event->kind == EVENT_ACTION && identity && strcmp(event->id, change_names) == 0)
        return component_way(identity);
    return way_go(GO_STAY);
}

const struct step_ops step_renew = {"renew", build, take};
