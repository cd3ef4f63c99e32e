/* The first page: how things stand, where to go on, or a preset. Who comes back after a week with
 * the CA reads here what has become of it. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static const char action_open[] = "open", action_look[] = "look";

/* The certificates that end first: how many on that day, and in how many days. */
static size_t end_first(const struct flow *flow, long *days)
{
    const struct deployment *d = &flow->facts->deployment;
    size_t count = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        struct identity_files files;
        facts_files(flow->facts, &d->identities[i], &files);
        if (!files.leaf)
            continue;
        long left = (long)((files.leaf->not_after - flow->facts->at) / SECONDS_A_DAY);
        if (files.leaf->not_after < flow->facts->at)
            left = -1;
        if (!count || left < *days) {
            *days = left;
            count = 1;
        } else if (left == *days) {
            count++;
        }
    }
    return count;
}

static void say_ends(const struct flow *flow, struct str *out)
{
    long days = 0;
    size_t count = end_first(flow, &days);
    if (!count)
        return;
    if (days < 0) {
        say_count(out, count, "certificate has ended", "certificates have ended");
        return;
    }
    say_count(out, count, "certificate ends", "certificates end");
    if (days == 0)
        str_add(out, " today");
    else
        str_addf(out, days == 1 ? " in 1 day" : " in %ld days", days);
}

/* Their certificates are in the store, and not yet said to be on the servers. */
static size_t count_to_install(const struct flow *flow)
{
    const struct renewals *renewals = &flow->facts->renewals;
    size_t count = 0;
    for (size_t i = 0; i < renewals->count; i++)
        count += !renewals->items[i].done && renewals->items[i].first;
    return count;
}

static void say_plan(struct flow *flow, struct str *out)
{
    time_t written;
    enum plan_written is = plan_state(flow, &written);
    if (is == PLAN_ABSENT)
        return;
    char date[16], today[16];
    clock_date(written, date);
    clock_date(flow->facts->at, today);
    str_addf(out, "%splan of %s%s", out->length ? ", " : "",
             strcmp(date, today) == 0 ? "today" : date,
             is == PLAN_OTHER ? ", outdated by what changed since" : "");
}

/* "3 requests made, 2 certificates end in 41 days, plan of today" */
static void add_state(struct flow *flow, struct page *page)
{
    struct str text = {0};
    const struct states *states = flow_states(flow);
    const size_t *by_life = states->by_life;
    say_count(&text, by_life[LIFE_KEY], "key without a request", "keys without a request");
    say_count(&text, by_life[LIFE_REQUEST], "request made", "requests made");
    say_count(&text, by_life[LIFE_OUTDATED], "request outdated", "requests outdated");
    say_count(&text, by_life[LIFE_SENT], "request with the CA", "requests with the CA");
    say_count(&text, by_life[LIFE_RENEWING], "certificate in renewal", "certificates in renewal");
    say_count(&text, count_to_install(flow), "renewal to be installed", "renewals to be installed");
    say_count(&text, states->behind, "certificate lacks what was answered since",
              "certificates lack what was answered since");
    say_ends(flow, &text);
    say_plan(flow, &text);
    if (!text.length)
        str_addf(&text,
                 states->all == 1 ? "%zu certificate planned, nothing made yet"
                                  : "%zu certificates planned, nothing made yet",
                 states->all);
    page_line(&page->intro, "%s: %s.", flow->config, str_text(&text));
    str_free(&text);
}

static struct row *add_row(struct page *page, const char *id, const char *text, const char *detail)
{
    struct row *row = page_row(page, id, LEVEL_NONE, "", "%s", text);
    row_detail(row, "%s", detail);
    row->can_open = true;
    return row;
}

static void add_picker(struct page *page, const char *id, const char *text, const char *detail,
                       const char *action)
{
    struct row *row = add_row(page, id, text, detail);
    free(row->action);
    row->action = xstrdup(action);
}

/* Half-typed text first, then what is open. */
static void add_go_on(struct flow *flow, struct page *page)
{
    char *place = order_resume(flow), *title = order_title(flow, place);
    char *text = xformat("Go on: %s", flow->waiting ? flow->waiting : title);
    const struct deployment *d = &flow->facts->deployment;
    struct row *row = add_row(page, "continue", text, "");
    struct str counts = {0};
    say_count(&counts, d->identity_count, "certificate", "certificates");
    say_count(&counts, d->server_count, "server", "servers");
    row_detail(row, "%s: %s.%s", flow->config, str_text(&counts),
               flow->waiting ? " What you typed last time waits there." : "");
    str_free(&counts);
    free(text);
    free(title);
    free(place);
}

static void add_presets(struct flow *flow, struct page *page)
{
    const struct preset *kept = kept_preset(flow);
    if (kept) {
        char *text = xformat("Go on: %s", flow->waiting ? flow->waiting : "Basics");
        struct row *row = add_row(page, "continue", text, "");
        row_detail(row,
                   "New: %s. Your answers of last time are kept; the domain is still to be "
                   "typed.",
                   kept->title);
        free(text);
    }
    for (size_t i = 0; i < flow->catalogue->preset_count; i++) {
        const struct preset *preset = &flow->catalogue->presets[i];
        /* The one name is the domain. */
        char *keys = preset->answers ? xformat("%d keys, 1 name", preset->answers) : xstrdup("");
        char *text = xformat("New: %-42s%s", preset->title, keys);
        add_row(page, preset->name, text, preset->summary);
        free(text);
        free(keys);
    }
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_MENU;
    page->title = xstrdup(flow->loaded ? "What would you like to do?" : "no deployment here");
    if (flow->loaded) {
        add_state(flow, page);
        add_go_on(flow, page);
        add_row(page, "basics", "Walk through from the beginning",
                "Every answer is kept; each page shows what stands now.");
        add_row(page, "check", "Check certificates and deployment",
                "Keys, names, usages, chains and trusts against the vendor's guide.");
        add_row(page, "import", "Sort what a CA returned ...",
                "Files, a folder or pasted text, in any format: each certificate goes to its key.");
        add_row(page, "status", "When certificates end ...",
                "Each certificate by the days left, and what waits for its CA.");
        page_line(&page->why, "Every accepted answer is saved in %s at once.", flow->config);
    } else {
        page_line(&page->intro, "What would you like to do?");
        add_presets(flow, page);
        add_row(page, "takeover", "Take over servers that run ...",
                "What their displays say, and the public files fetched from them, become "
                "deployment.conf and store. Keys stay where they are.");
        page_lines(&page->why,
                   "What shall run where is asked on the next pages. The first answer creates "
                   "deployment.conf in this folder; nothing before.");
    }
    add_picker(page, "open", "Open a deployment.conf ...",
               "Another deployment, in another folder: its file, or the folder that holds it.",
               action_open);
    add_picker(page, "inspect", "Inspect a file ...",
               "Shows a certificate, key, request or bundle in any format. The file need not "
               "be part of this deployment.",
               action_look);
    page_line(&page->why, "No function keys? Esc, then the digit: Esc 1 is F1, Esc 0 is F10.");
    page_add_action(page, action_look, 4, 0, "Inspect a file")->wants_path = true;
    page_add_action(page, action_open, 0, 'o', "Open")->wants_path = true;
    page->next = xstrdup("Choose");
}

static struct way go_on(struct flow *flow)
{
    if (!flow->loaded && !keep_take_up(flow))
        return way_go(GO_STAY);
    if (flow->waiting)
        return way_to(flow->waiting_page, flow->waiting_field);
    char *place = flow->loaded ? order_resume(flow) : xstrdup("basics");
    struct way way = way_to(place, NULL);
    free(place);
    return way;
}

static struct way look_at(const char *path)
{
    char *id = xformat("look:%s", path);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)err;
    if (event->kind == EVENT_ACTION && event->text && strcmp(event->id, action_look) == 0)
        return look_at(event->text);
    if (event->kind == EVENT_ACTION && event->text && strcmp(event->id, action_open) == 0)
        return way_open(event->text);
    if ((event->kind != EVENT_CHOOSE && event->kind != EVENT_NEXT) || event->row >= page->row_count)
        return way_go(GO_STAY);
    const struct row *row = &page->rows[event->row];
    if (*row->action)
        return way_go(GO_STAY); /* the front end asks for the path, then does the action */
    if (strcmp(row->id, "continue") == 0)
        return go_on(flow);
    if (flow->loaded || strcmp(row->id, "takeover") == 0)
        return way_to(row->id, NULL);
    flow->preset = catalogue_preset(flow->catalogue, row->id);
    return way_to("basics", NULL);
}

const struct step_ops step_start = {"start", build, take};
