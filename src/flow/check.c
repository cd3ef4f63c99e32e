/* Certificates and findings: what is good, what isn't, and what to do about it. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/findings.h"
#include "rules/explain.h"

#include <stdlib.h>
#include <string.h>

/* The rows: every certificate, then every finding. */
static const struct finding *finding_at(const struct flow *flow, const struct findings *findings,
                                        size_t row)
{
    size_t before = flow->facts->deployment.identity_count;
    return row >= before && row - before < findings->count ? &findings->items[row - before] : NULL;
}

/* "1 error", "2 errors" */
static char *counted(size_t count, const char *one, const char *many)
{
    return count == 1 ? xformat("1 %s", one) : xformat("%zu %s", count, many);
}

static char *title_of(const struct findings *findings)
{
    size_t counts[3] = {0};
    for (size_t i = 0; i < findings->count; i++)
        counts[findings->items[i].severity] += !findings->items[i].accepted;
    char *errors = counted(counts[SEVERITY_ERROR], "error", "errors");
    char *warnings = counted(counts[SEVERITY_WARNING], "warning", "warnings");
    char *title = counts[SEVERITY_ERROR] + counts[SEVERITY_WARNING]
                      ? xformat("Findings - %s, %s", errors, warnings)
                      : xstrdup("Findings - no errors, no warnings");
    free(errors);
    free(warnings);
    return title;
}

static void add_certificate(const struct flow *flow, const struct identity *identity,
                            struct page *page)
{
    char *summary;
    enum level level = look_summary(flow, identity, &summary);
    struct row *row = page_row(page, identity->name, level,
                               level == LEVEL_ERROR ? "FAIL" : flow_level_word(level), "%-14s %s",
                               identity->name, summary);
    free(row->file);
    row->file = xstrdup(identity->certificate_file);
    row->can_open = scan_find(&flow->facts->scan, identity->certificate_file) != NULL;
    if (row->can_open)
        row_detail(row, "Enter shows what it is, who issued it and what the services need.");
    free(summary);
}

/* For F1: the rule, what comes of it, how it is repaired. */
static void explain(const struct flow *flow, const struct finding *finding, const char *remedy,
                    struct row *row)
{
    struct str help = {0};
    char *place = finding_place(finding), *mend = finding_mend_words(flow, finding);
    const struct rule_words *words = rule_explain(finding->id);
    char *source = finding_source(finding);
    str_addf(&help, "%s, %s%s\n%s\n\n%s.\n", finding->id, severity_word(finding->severity), source,
             place, finding->message);
    if (words)
        str_addf(&help, "\nThe rule: %s\nOtherwise: %s\nRepair: %s\n", words->rule,
                 words->otherwise, words->repair);
    str_addf(&help, "\nHere: %s.\n", remedy);
    if (*mend)
        str_addf(&help, "%s\n", mend);
    if (finding->accepted)
        str_addf(&help, "Accepted%s%s: %s\n", *finding->until ? " until " : "", finding->until,
                 finding->reason);
    free(row->help);
    row->help = str_take(&help);
    free(source);
    free(mend);
    free(place);
}

/* Where, without the file: the message names it. */
static char *short_place(const struct finding *finding)
{
    if (!*finding->server && !*finding->service)
        return xstrdup(*finding->identity ? finding->identity : finding->file);
    return xformat("%s%s%s", finding->server, *finding->server && *finding->service ? " " : "",
                   finding->service);
}

static void add_finding(const struct flow *flow, const struct finding *finding, size_t number,
                        struct page *page)
{
    char *id = xformat("finding%zu", number), *place = short_place(finding);
    char *mend = finding_mend_words(flow, finding), *source = finding_source(finding);
    char *remedy = finding_remedy(flow, finding, page->id, "");
    enum level level = finding->accepted ? LEVEL_NONE : level_of(finding->severity);
    struct row *row =
        page_row(page, id, level, finding->accepted ? "taken" : flow_level_word(level), "%s: %s",
                 place, finding->message);
    if (finding->accepted)
        row_detail(row, "Accepted%s%s: %s. The key a takes that back.",
                   *finding->until ? " until " : "", finding->until, finding->reason);
    else
        row_detail(row, "%s.\n%s%s%s%s", finding->message, remedy, source, *mend ? "\n" : "", mend);
    free(row->right);
    row->right = xstrdup(finding->id);
    free(row->file);
    row->file = xstrdup(finding->file);
    struct way way = finding_way(flow, finding);
    row->can_open = way.go == GO_PAGE;
    strings_add(&row->does, "accept");
    if (finding_mending(flow, finding) != MEND_NOT)
        strings_add(&row->does, "mend");
    free(way.page);
    free(way.at);
    explain(flow, finding, remedy, row);
    free(remedy);
    free(source);
    free(mend);
    free(place);
    free(id);
}

static void add_actions(const struct flow *flow, const struct findings *findings, struct page *page)
{
    size_t safe = 0, mendable = 0;
    for (size_t i = 0; i < findings->count; i++) {
        enum mending mending = finding_mending(flow, &findings->items[i]);
        safe += mending == MEND_SAFE;
        mendable += mending != MEND_NOT;
    }
    if (mendable)
        page_add_action(page, "mend", 5, 0, "Mend")->of_row = true;
    if (safe) {
        page_add_action(page, "mend-safe", 9, 0, "All");
        page_line(&page->why,
                  safe == 1 ? "F9 mends the 1 finding that needs no decision."
                            : "F9 mends the %zu findings that need no decision.",
                  safe);
    }
    if (findings->count)
        page_add_action(page, "accept", 0, 'a', "Accept")->of_row = true;
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    page->kind = PAGE_LIST;
    page->title = title_of(findings);
    for (size_t i = 0; i < d->identity_count; i++)
        add_certificate(flow, &d->identities[i], page);
    for (size_t i = 0; i < findings->count; i++)
        add_finding(flow, &findings->items[i], i + 1, page);
    page_line(&page->why, findings_errors(findings)
                              ? "An error will not work: the plan waits until it is mended or "
                                "accepted."
                              : "No errors: the plan can be made.");
    add_actions(flow, findings, page);
    page->next = xstrdup("Plan");
}

static void keep(char **text, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

static struct way to_accept(struct flow *flow, const struct page *page, size_t row)
{
    keep(&flow->accept_reason, NULL); /* of another finding */
    keep(&flow->accept_until, NULL);
    char *id = xformat("accept:%s", page->rows[row].id);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way take_action(struct flow *flow, const struct page *page, const struct event *event,
                              struct error *err)
{
    struct findings findings = {0};
    rules_run(flow->facts, RULES_ALL, &findings);
    const struct finding *finding = finding_at(flow, &findings, event->row);
    struct way way = way_go(GO_STAY);
    if (strcmp(event->id, "mend-safe") == 0)
        way = way_if(findings_mend_safe(flow, &findings, err), GO_STAY);
    else if (!finding)
        flow_say(flow, LEVEL_NOTE, "That key is for a finding: they stand below the certificates.");
    else if (strcmp(event->id, "mend") == 0)
        way = way_if(finding_mend(flow, finding, err), GO_STAY);
    else if (strcmp(event->id, "accept") == 0 && finding->accepted)
        way = way_if(finding_unaccept(flow, finding, err), GO_STAY);
    else if (strcmp(event->id, "accept") == 0)
        way = to_accept(flow, page, event->row);
    findings_free(&findings);
    return way;
}

static struct way choose(struct flow *flow, const struct page *page, size_t row)
{
    struct findings findings = {0};
    rules_run(flow->facts, RULES_ALL, &findings);
    const struct finding *finding = finding_at(flow, &findings, row);
    struct way way;
    if (finding) {
        way = finding_way(flow, finding);
    } else {
        char *look = xformat("look:%s", page->rows[row].file);
        way = page->rows[row].can_open ? way_to(look, NULL) : way_go(GO_STAY);
        free(look);
    }
    findings_free(&findings);
    return way;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_ACTION)
        return take_action(flow, page, event, err);
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count)
        return choose(flow, page, event->row);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_check = {"check", build, take};

/* accept:findingN: the reason and the date are asked, for both are read by others a year later. */

#define ACCEPTED_DAYS 90

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
