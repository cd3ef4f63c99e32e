/* accept:findingN: the reason and the date are asked, for both are read by others a year later. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/findings.h"

#include <stdlib.h>
#include <string.h>

#define ACCEPTED_DAYS 90

static void keep(char **text, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

static bool finding_of_page(const struct flow *flow, struct findings *findings,
                            const struct finding **out)
{
    const char *part = flow_page_part(flow);
    size_t number = text_starts(part, "finding") ? strtoul(part + strlen("finding"), NULL, 10) : 0;
    rules_run(flow->facts, RULES_ALL, findings);
    *out = number && number <= findings->count ? &findings->items[number - 1] : NULL;
    return *out != NULL;
}

static void build_accept(struct flow *flow, struct page *page)
{
    struct findings findings = {0};
    const struct finding *finding;
    page->kind = PAGE_FORM;
    page->title = xstrdup("Accept this finding");
    page->next = xstrdup("Accept");
    if (finding_of_page(flow, &findings, &finding)) {
        char *place = finding_place(finding);
        page_line(&page->intro, "%s, %s", finding->id, place);
        page_line(&page->intro, "%s.", finding->message);
        free(place);
    }
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
    findings_free(&findings);
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
    struct findings findings = {0};
    const struct finding *finding;
    bool good = true;
    if (finding_of_page(flow, &findings, &finding))
        good = finding_accept(flow, finding, page->fields[0].value, page->fields[1].value, err);
    findings_free(&findings);
    if (!good)
        return way_go(GO_REFUSED);
    return way_go(GO_BACK);
}

const struct step_ops step_accept = {"accept", build_accept, take_accept};
