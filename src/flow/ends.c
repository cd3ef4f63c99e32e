/* When what ends: the page that a person who comes back a year later reads first, when something is
 * due. */
#include "ops/ends.h"

#include "base/clock.h"
#include "base/mem.h"
#include "flow/step.h"
#include "ops/renew.h"

#include <stdlib.h>
#include <string.h>

static const char renew_action[] = "renew";

static enum level level_of_term(enum term_state term)
{
    return term == TERM_ENDED  ? LEVEL_ERROR
           : term == TERM_DUE  ? LEVEL_WARN
           : term == TERM_NEAR ? LEVEL_NOTE
                               : LEVEL_OK;
}

/* "ends 2026-12-04, in 11 days", "ended 2026-11-18, 11 days ago". Free it. */
static char *when_words(const struct ending *ending)
{
    char date[16];
    long days = ending->days;
    clock_date(ending->cert->not_after, date);
    return days < 0 ? xformat("ended %s, %ld day%s ago", date, -days, days == -1 ? "" : "s")
                    : xformat("ends %s, in %ld day%s", date, days, days == 1 ? "" : "s");
}

/* A renewal that is begun says where it goes on. */
static void add_open(const struct renewal *open, struct row *row)
{
    if (open->first)
        row_detail(row,
                   "Its next one is in the store since %s (%s), to be installed: F7 shows it. The "
                   "servers' own one may end before this.",
                   open->since, renew_words(open->new_key));
    else
        row_detail(row, "Its renewal waits since %s for the CA (%s). Import takes the answer.",
                   open->since, renew_words(open->new_key));
}

/* What is to be done about it, as far as it is the deployment's own. */
static void add_remedy(const struct flow *flow, const struct ending *ending, struct row *row)
{
    const struct renewal *open =
        ending->identity ? renewals_open(&flow->facts->renewals, ending->name) : NULL;
    if (ending->kind == END_COPY)
        row_detail(row,
                   "%s in %s is another's: ask for its successor, and put that into the file "
                   "beside it before the day.",
                   ending->name, ending->file);
    else if (ending->kind == END_CA)
        row_detail(row,
                   "This CA signed %zu of your certificates: all of them need new ones of "
                   "its successor before the day.",
                   ending->signs);
    else if (open)
        add_open(open, row);
    else if (strcmp(ending->identity->signer, "self") == 0)
        row_detail(row, "F7 renews it: it signs itself. The new one takes its place on every "
                        "server that pins it.");
    else if (deployment_identity(&flow->facts->deployment, ending->identity->signer))
        row_detail(row, "F7 renews it: %s signs it here, at once.", ending->identity->signer);
    else
        row_detail(row, "F7 renews it: the key may be kept, and its request goes to the CA once "
                        "more.");
}

static void add_below(const struct ends *ends, const struct ending *ending, struct row *row)
{
    char date[16];
    page_line(&row->below, "%s", ending->cert->subject);
    page_line(&row->below, "signed by %s",
              ending->cert->self_issued ? "itself" : ending->cert->issuer);
    if (ending->first != ending->cert) {
        clock_date(ending->first->not_after, date);
        page_line(&row->below, "its CA \"%s\" ends before it: %s",
                  *ending->first->cn ? ending->first->cn : ending->first->subject, date);
    }
    struct strings trusting = {0};
    ends_trusting(ends, ending, &trusting);
    char *who = strings_join(&trusting, ", ");
    if (trusting.count)
        page_line(&row->below, "accepted by %s", who);
    free(who);
    strings_free(&trusting);
}

static void add_row(const struct flow *flow, const struct ends *ends, const struct ending *ending,
                    struct page *page)
{
    struct str bar = {0};
    char date[16], *used = ends_used(ending), *when = when_words(ending);
    clock_date(ending->cert->not_after, date);
    ends_bar(ending, &bar);
    struct row *row = page_row(page, ending->name, level_of_term(ending->term),
                               ends_word(ending->term), "%s %s: %s", ending->name, when, used);
    strings_add(&row->cells, ending->name);
    strings_add(&row->cells, date);
    strings_add_take(&row->cells, xformat("%5ld", ending->days));
    strings_add(&row->cells, str_text(&bar));
    strings_add(&row->cells, used);
    free(row->file);
    row->file = xstrdup(ending->file);
    row->can_open = *ending->file;
    add_remedy(flow, ending, row);
    add_below(ends, ending, row);
    str_free(&bar);
    free(when);
    free(used);
}

static void add_awaited(const struct ends *ends, struct page *page)
{
    struct strings sent = {0}, unsent = {0};
    for (size_t i = 0; i < ends->awaited_count; i++) {
        const struct awaited *awaited = &ends->awaited[i];
        if (*awaited->sent)
            strings_add_take(&sent, xformat("%s (%d day%s)", awaited->identity->name, awaited->days,
                                            awaited->days == 1 ? "" : "s"));
        else
            strings_add(&unsent, awaited->identity->name);
    }
    char *with = strings_join(&sent, ", "), *to_send = strings_fold(&unsent, ", ");
    if (*with)
        page_line(&page->text, "With the CA: %s", with);
    if (*to_send)
        page_line(&page->text, "To be sent: %s", to_send);
    free(with);
    free(to_send);
    strings_free(&sent);
    strings_free(&unsent);
}

/* New in the store; the servers have the old ones until somebody says otherwise. */
static void add_to_install(const struct flow *flow, struct page *page)
{
    const struct renewals *renewals = &flow->facts->renewals;
    struct strings names = {0};
    for (size_t i = 0; i < renewals->count; i++)
        if (!renewals->items[i].done && renewals->items[i].first)
            strings_add(&names, renewals->items[i].identity);
    char *all = strings_fold(&names, ", ");
    if (names.count)
        page_line(&page->text, "To be installed, by the plan: %s", all);
    free(all);
    strings_free(&names);
}

static void build(struct flow *flow, struct page *page)
{
    static const char *const heads[] = {"certificate",         "ends",    " days",
                                        "0  60    180    365", "used by", "state"};
    struct ends ends;
    size_t due = 0;
    page->kind = PAGE_LIST;
    page->next = xstrdup("Start");
    if (!flow->loaded) {
        page->title = xstrdup("Status");
        return;
    }
    ends_make(flow->facts, &ends);
    for (size_t i = 0; i < ends.count; i++)
        due += ends.items[i].term >= TERM_DUE;
    page->title = due ? xformat("Status - %zu due", due) : xstrdup("Status - nothing is due");
    for (size_t i = 0; ends.count && i < sizeof heads / sizeof *heads; i++)
        strings_add(&page->heads, heads[i]);
    page->picture = 3;
    if (!ends.count)
        page_line(&page->intro, "No certificate is here yet.");
    for (size_t i = 0; i < ends.count; i++)
        add_row(flow, &ends, &ends.items[i], page);
    if (ends.count)
        page_add_action(page, renew_action, 7, 0, "Renew");
    if (ends.count)
        page_line(&page->text, "One sign is 20 days; ~ and ! are due, ! most, x has ended.");
    add_awaited(&ends, page);
    add_to_install(flow, page);
    ends_free(&ends);
}

static struct way to_row(const char *step, const struct page *page, size_t row)
{
    char *id = row < page->row_count ? xformat("%s:%s", step, page->rows[row].id) : xstrdup(step);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)flow;
    (void)err;
    if (event->kind == EVENT_NEXT)
        return way_to("start", NULL);
    if (event->kind == EVENT_ACTION && strcmp(event->id, renew_action) == 0)
        return to_row("renew", page, event->row);
    if (event->kind != EVENT_CHOOSE || event->row >= page->row_count ||
        !page->rows[event->row].can_open)
        return way_go(GO_STAY);
    char *id = xformat("look:%s", page->rows[event->row].file);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

const struct step_ops step_ends = {"status", build, take};

bool ends_are_due(const struct flow *flow)
{
    struct ends ends;
    ends_make(flow->facts, &ends);
    bool due = ends_alarm(&ends);
    ends_free(&ends);
    return due;
}
