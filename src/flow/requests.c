/* What goes to the CA: each request as a file and as PEM to copy; or a CA made here signs. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/letter.h"
#include "flow/step.h"
#include "ops/material.h"
#include "ops/orders.h"

#include <stdlib.h>
#include <string.h>

static const char lab_ca[] = "labca";

/* NULL: the store has none. Free it. */
static char *read_request(const struct flow *flow, const struct identity *identity, char **path,
                          struct error *err)
{
    struct identity_files files;
    struct buffer buffer = {0};
    facts_files(flow->facts, identity, &files);
    char *file = files.csr ? xstrdup(files.csr->name) : xformat("%s.csr", identity->name);
    *path = path_join(flow->facts->store_path, file);
    free(file);
    char *pem = file_read(*path, &buffer, err) ? xstrdup((const char *)buffer.data) : NULL;
    buffer_free(&buffer);
    return pem;
}

static char *sent_words(const struct lifecycle *life)
{
    return !*life->sent           ? xstrdup("to be sent")
           : life->days_sent == 0 ? xstrdup("sent today")
           : life->days_sent == 1 ? xstrdup("1 day with the CA")
                                  : xformat("%d days with the CA", life->days_sent);
}

static const char *signer_words(const struct identity *identity)
{
    return strcmp(identity->signer, "public") == 0 ? "public CA" : "internal CA";
}

/* It says something else than deployment.conf: it is made anew before it goes anywhere. */
static void add_outdated(const struct identity *identity, const struct lifecycle *life,
                         const char *path, struct page *page)
{
    char *was = differences_words(&life->request);
    struct row *row =
        page_row(page, identity->name, LEVEL_ERROR, "OUTDATED", "%-14s  %s", identity->name, was);
    strings_add(&row->cells, identity->name);
    strings_add(&row->cells, was);
    row->can_open = true;
    struct str detail = {0};
    str_addf(&detail, "%s says something else than deployment.conf: %s. ", path, was);
    if (*identity->key_at)
        str_addf(&detail,
                 "Its key is on %s: make the request there anew, by the line on the page "
                 "of its names, and put it here.",
                 identity->key_at);
    else if (*life->sent)
        str_addf(&detail, "It was sent on %s: F5 makes it anew with the same key, then send that.",
                 life->sent);
    else
        str_add(&detail, "F5 makes it anew with the same key, before it is sent.");
    row_detail(row, "%s", str_text(&detail));
    str_free(&detail);
    free(was);
}

static void add_request(const struct flow *flow, const struct identity *identity, struct page *page)
{
    struct lifecycle life;
    struct error err = {0};
    char *path, *pem = read_request(flow, identity, &path, &err);
    lifecycle_of(flow->facts, identity, &life);
    if (life.request.count) {
        add_outdated(identity, &life, path, page);
    } else {
        char *sent = sent_words(&life);
        struct row *row = page_row(page, identity->name, LEVEL_NONE, "", "%-14s  %-11s  %-18s  %s",
                                   identity->name, signer_words(identity), sent, path);
        const char *cells[] = {identity->name, signer_words(identity), sent, path};
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
            strings_add(&row->cells, cells[i]);
        row->can_open = row->can_tick = true;
        row->ticked = *life.sent;
        row->clipboard = pem ? xstrdup(pem) : NULL;
        if (*life.sent)
            row_detail(row, "Sent on %s. Space takes that back. The file: %s", life.sent, path);
        else
            row_detail(row,
                       "F8 copies it as PEM; Enter: a mail, and what the CA asks for. Space notes "
                       "that it was sent, F9 that all were. The file: %s",
                       path);
        free(sent);
    }
    char **file = &page->rows[page->row_count - 1].file;
    free(*file);
    *file = request_name(flow->facts, identity);
    lifecycle_free(&life);
    free(pem);
    free(path);
}

static size_t count_rows(const struct page *page, bool ticked, bool can_tick)
{
    size_t count = 0;
    for (size_t i = 0; i < page->row_count; i++)
        count += page->rows[i].can_tick == can_tick && page->rows[i].ticked == ticked;
    return count;
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Requests for the CA");
    for (size_t i = 0; i < d->identity_count; i++)
        if (lifecycle_is_awaited(flow->facts, &d->identities[i]))
            add_request(flow, &d->identities[i], page);
    size_t unsent = count_rows(page, false, true), outdated = count_rows(page, false, false);
    page_line(&page->intro, "%s",
              page->row_count
                  ? "Send each request to its CA; what comes back is taken in on the next page."
                  : "No request is open: nothing is to be sent to a CA.");
    page_line(&page->why, "The requests hold names and public keys only: they may go by mail.");
    page->tick = xstrdup("Sent");
    if (page->row_count && !outdated) {
        struct action *action = page_add_action(page, "lab", 7, 0, "Sign here");
        action->confirm = xstrdup("Let a CA made here sign these, for a lab");
    }
    if (page->row_count && !outdated)
        page_add_action(page, "orders", 0, 'o', "Sheets");
    if (outdated)
        page_add_action(page, "renew", 5, 0, "Make anew");
    if (unsent > 1)
        page_add_action(page, "sent", 9, 0, "All sent");
    for (size_t i = page->row_count; outdated && i-- > 0;)
        if (!page->rows[i].can_tick)
            page->at = i;
    page->next = xstrdup("Next");
}

static const struct identity *identity_at(const struct flow *flow, const struct page *page,
                                          size_t row)
{
    return row < page->row_count ? deployment_identity(&flow->facts->deployment, page->rows[row].id)
                                 : NULL;
}

static bool is_outdated(const struct flow *flow, const struct identity *identity)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    bool outdated = life.request.count > 0 && lifecycle_is_awaited(flow->facts, identity);
    lifecycle_free(&life);
    return outdated;
}

/* Notes or takes back that it was sent. */
static bool mark(struct flow *flow, const struct identity *identity, bool sent, struct error *err)
{
    char *name = xstrdup(identity->name);
    bool good = flow_may_write(flow, err) && op_sent(flow->facts, identity, sent, err) &&
                flow_gather(flow, err);
    if (good && sent)
        flow_say(flow, LEVEL_OK, "Noted: the request of %s was sent today.", name);
    else if (good)
        flow_say(flow, LEVEL_OK, "Noted: the request of %s is still to be sent.", name);
    free(name);
    return good;
}

static struct way mark_all(struct flow *flow, const struct page *page, struct error *err)
{
    size_t count = 0;
    bool good = flow_may_write(flow, err);
    for (size_t i = 0; good && i < page->row_count; i++)
        if (page->rows[i].can_tick && !page->rows[i].ticked) {
            good = op_sent(flow->facts, identity_at(flow, page, i), true, err);
            count += good;
        }
    if (!flow_gather(flow, good ? err : NULL))
        return way_go(GO_REFUSED);
    if (good)
        flow_say(flow, LEVEL_OK,
                 count == 1 ? "Noted: %zu request was sent today."
                            : "Noted: %zu requests were sent today.",
                 count);
    return way_if(good, GO_STAY);
}

/* Requests that are outdated are made anew with their keys: only that identity's, else all. */
static bool make_anew(struct flow *flow, const struct identity *only, struct error *err)
{
    const struct deployment *d = &flow->facts->deployment;
    struct strings names = {0};
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        if ((!only || identity == only) && !*identity->key_at && is_outdated(flow, identity))
            strings_add(&names, identity->name);
    }
    struct made_list made = {0};
    bool good = !names.count ||
                (flow_may_write(flow, err) && op_generate(flow->facts, &names, &made, NULL, err) &&
                 flow_gather(flow, err));
    char *all = strings_join(&names, ", ");
    if (good && names.count)
        flow_say(flow, LEVEL_OK,
                 "Made anew, the key as it was: %s. Now it says what "
                 "deployment.conf says.",
                 all);
    free(all);
    strings_free(&names);
    made_free(&made);
    return good;
}

static struct way renew(struct flow *flow, const struct identity *identity, struct error *err)
{
    bool here = identity && is_outdated(flow, identity);
    if (here && *identity->key_at) {
        error_set(err, STATUS_NO, identity->name,
                  "make the request there, and put it into the store",
                  "its key is on %s, so nothing can be made here", identity->key_at);
        return way_go(GO_REFUSED);
    }
    return way_if(make_anew(flow, here ? identity : NULL, err), GO_STAY);
}

static struct way sign_here(struct flow *flow, struct error *err)
{
    struct sign_options options = {.ca = lab_ca, .make_ca = true};
    struct made_list made = {0};
    bool good = make_anew(flow, NULL, err) && flow_may_write(flow, err) &&
                op_sign(flow->facts, &options, NULL, &made, NULL, err);
    size_t count = made.count;
    made_free(&made);
    if (!good || !flow_gather(flow, err))
        return way_go(GO_REFUSED);
    flow_say(flow, LEVEL_OK,
             "Signed by %s (%zu). Browsers and phones do not know that CA: for a lab.", lab_ca,
             count);
    return way_go(GO_NEXT);
}

/* A sheet for each that can go out, and a cover for each CA, beside deployment.conf. */
static bool write_orders(struct flow *flow, struct error *err)
{
    struct orders orders;
    struct strings removed = {0};
    char *folder = flow_path(flow, "orders");
    bool good = flow_may_write(flow, err) && op_orders(flow->facts, NULL, &orders, err);
    if (good) {
        good = op_orders_write(&orders, folder, &removed, err);
        if (good)
            flow_say(flow, LEVEL_OK,
                     orders.count == 1 ? "%zu sheet is in orders/, and a cover for its CA: %s."
                                       : "%zu sheets are in orders/, and a cover for each CA: %s.",
                     orders.count, orders.cover_count == 1 ? "one mail" : "one mail to each");
        orders_free(&orders);
    }
    strings_free(&removed);
    free(folder);
    return good;
}

/* An outdated request holds Next back, once. */
static struct way next(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    for (size_t i = 0; i < page->row_count && !event->insist && !flow->warned; i++)
        if (!page->rows[i].can_tick) {
            flow->warned = true;
            error_set(err, STATUS_NO, page->rows[i].id, "F5 makes it anew",
                      "its request says something else than deployment.conf");
            return way_go(GO_REFUSED);
        }
    return way_go(GO_NEXT);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    const struct identity *identity = identity_at(flow, page, event->row);
    if (event->kind == EVENT_CHOOSE && identity) {
        char *id = xformat("request:%s", identity->name);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    if (event->kind == EVENT_TICK && identity && page->rows[event->row].can_tick)
        return way_if(mark(flow, identity, !page->rows[event->row].ticked, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "sent") == 0)
        return mark_all(flow, page, err);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "orders") == 0)
        return way_if(write_orders(flow, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "renew") == 0)
        return renew(flow, identity, err);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "lab") == 0)
        return sign_here(flow, err);
    return event->kind == EVENT_NEXT ? next(flow, page, event, err) : way_go(GO_STAY);
}

const struct step_ops step_requests = {"requests", build, take};

/* Entry by entry: what it says, and what it is to say. */
static void add_differences(const struct differences *differences, struct page *page)
{
    for (size_t i = 0; i < differences->count; i++) {
        const struct difference *d = &differences->items[i];
        page_line(&page->text, "%-16s  was  %s", d->what, *d->was ? d->was : "not there");
        page_line(&page->text, "%-16s  now  %s", "", *d->now ? d->now : "not there");
    }
}

static void build_request(struct flow *flow, struct page *page)
{
    const char *name = flow_page_part(flow);
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    page->kind = PAGE_LIST;
    page->title = xformat("Request %s", name);
    page->next = xstrdup("Back");
    if (!identity)
        return;
    struct error err = {0};
    struct identity_files files;
    char *path, *pem = read_request(flow, identity, &path, &err);
    facts_files(flow->facts, identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    char *sent = sent_words(&life);
    if (!pem || !csr) {
        page_line(&page->text, "%s: %s", path, pem ? "it holds no request" : err.message);
    } else if (is_outdated(flow, identity)) {
        page_line(&page->intro, "%s says something else than deployment.conf.", path);
        add_differences(&life.request, page);
        page_line(&page->why, "It is not to be sent so. F5 makes it anew, its key is kept.");
        page_add_action(page, "renew", 5, 0, "Make anew");
    } else {
        page_line(&page->intro, "%s, for the %s: %s", path, signer_words(identity), sent);
        letter_rows(flow->facts, identity, csr, pem, page);
        page_add_action(page, "sent", 0, 's', *life.sent ? "Not sent" : "Sent");
    }
    lifecycle_free(&life);
    free(sent);
    free(pem);
    free(path);
}

static struct way take_request(struct flow *flow, const struct page *page,
                               const struct event *event, struct error *err)
{
    (void)page;
    const struct identity *identity =
        deployment_identity(&flow->facts->deployment, flow_page_part(flow));
    if (event->kind == EVENT_ACTION && identity && strcmp(event->id, "renew") == 0)
        return renew(flow, identity, err);
    if (event->kind == EVENT_ACTION && identity && strcmp(event->id, "sent") == 0) {
        struct lifecycle life;
        lifecycle_of(flow->facts, identity, &life);
        bool sent = *life.sent;
        lifecycle_free(&life);
        return way_if(mark(flow, identity, !sent, err), GO_STAY);
    }
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_request = {"request", build_request, take_request};
