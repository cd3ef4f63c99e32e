/* accept:findingN, or accept:KEY of several: the reason and the date are asked, for both are read
 * by others a year later. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/found.h"

#include <stdlib.h>
#include <string.h>

#define ACCEPTED_DAYS 90

static void keep(char **text, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

/* What the page is about. */
struct about {
    struct findings findings;
    struct founds founds;
    const struct finding *one, *const *items;
    size_t count; /* 0: they are gone */
};

static void about_make(struct flow *flow, struct about *out)
{
    const char *part = flow_page_part(flow);
    size_t number = text_starts(part, "finding") ? strtoul(part + strlen("finding"), NULL, 10) : 0;
    *out = (struct about){0};
    rules_run(flow->facts, RULES_ALL, &out->findings);
    founds_make(flow, &out->findings, &out->founds);
    const struct found *found = number ? NULL : founds_find(&out->founds, part);
    if (number && number <= out->findings.count) {
        out->one = &out->findings.items[number - 1];
        out->items = &out->one;
        out->count = 1;
    } else if (found) {
        out->items = found->items;
        out->count = found->count;
    }
}

static void about_free(struct about *about)
{
    founds_free(&about->founds);
    findings_free(&about->findings);
}

/* Each of several is named, for all of them are accepted together. */
static void add_intro(const struct about *about, struct page *page)
{
    struct strings places = {0};
    for (size_t i = 0; i < about->count; i++) {
        const struct finding *finding = about->items[i];
        bool by_file = about->count > 1 && *finding->file; /* whose it is its own page tells */
        strings_add_take(&places, by_file ? xstrdup(finding->file) : finding_place(finding));
    }
    char *all = strings_join(&places, ", ");
    if (about->count == 1)
        page_line(&page->intro, "%s, %s", about->items[0]->id, all);
    else
        page_line(&page->intro, "%s, all %zu: %s", about->items[0]->id, about->count, all);
    page_line(&page->intro, "%s.", about->items[0]->message);
    free(all);
    strings_free(&places);
}

static void build_accept(struct flow *flow, struct page *page)
{
    struct about about;
    about_make(flow, &about);
    page->kind = PAGE_FORM;
    const char *rule = about.count ? about.items[0]->id : "nothing";
    page->title = about.count > 1 ? xformat("Accept %s (%zu)", rule, about.count)
                                  : xformat("Accept %s", rule);
    page->next = xstrdup("Accept");
    if (about.count)
        add_intro(&about, page);
    about_free(&about);
    const char *reason = flow->accept_reason ? flow->accept_reason : "";
    struct field *field = page_field(page, FIELD_TEXT, "accept.reason", "Reason", reason);
    field_help(field,
               "Why this is no trouble here, for whoever reads it in a year. It stands in "
               "deployment.conf, and the finding stays on the list.",
               "");
    char date[16];
    clock_date(flow->facts->at + ACCEPTED_DAYS * SECONDS_A_DAY, date);
    field = page_field(page, FIELD_TEXT, "accept.until", "Until",
                       flow->accept_until ? flow->accept_until : date);
    field_help(field,
               "The last day, like 2027-01-31; from then on it counts again. Empty: for good.", "");
    field->optional = true;
    field->columns = 12;
    time_t when;
    if (*field->value && !clock_parse(field->value, &when))
        field_finding(field, LEVEL_ERROR, "that is no date", "write it like 2027-01-31", NULL);
    page_line(&page->why, "F2 writes accept {} into deployment.conf; Esc leaves it.");
}

static struct way take_accept(struct flow *flow, const struct page *page, const struct event *event,
                              struct error *err)
{
    if (event->kind == EVENT_SET) {
        keep(strcmp(event->id, "accept.reason") == 0 ? &flow->accept_reason : &flow->accept_until,
             event->text);
        return way_go(GO_STAY);
    }
    if (event->kind != EVENT_NEXT)
        return way_go(GO_STAY);
    struct about about;
    about_make(flow, &about);
    bool good = !about.count || findings_accept(flow, about.items, about.count,
                                                page->fields[0].value, page->fields[1].value, err);
    about_free(&about);
    return way_go(good ? GO_BACK : GO_REFUSED);
}

const struct step_ops step_accept = {"accept", build_accept, take_accept};
