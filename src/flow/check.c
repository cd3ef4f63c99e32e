/* Certificates and findings: what is good, what isn't, and what to do about it. */
#include "base/mem.h"
#include "flow/step.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_LIST;
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    size_t counts[3] = {0};
    for (size_t i = 0; i < findings->count; i++)
        counts[findings->items[i].severity] += !findings->items[i].accepted;
    page->title = xformat("Check - %zu error%s, %zu warning%s", counts[0],
                          counts[0] == 1 ? "" : "s", counts[1], counts[1] == 1 ? "" : "s");
    page_line(&page->intro, "Certificates, then findings, the gravest first. Enter opens.");
    for (size_t i = 0; i < d->identity_count; i++) {
        char *summary;
        enum level level = look_summary(flow, &d->identities[i], &summary);
        struct row *row = page_row(page, d->identities[i].name, level,
                                   level == LEVEL_ERROR ? "FAIL" : flow_level_word(level),
                                   "%-14s %s", d->identities[i].name, summary);
        row->can_open = true;
        free(row->file);
        row->file = xstrdup(d->identities[i].certificate_file);
        row_detail(row,
                   "Enter shows the chain as a tree, what the services need, and the certificate.");
        free(summary);
    }
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        char *place = finding_place(finding), *id = xformat("finding%zu", i + 1);
        enum level level = finding->accepted ? LEVEL_NONE : level_of(finding->severity);
        struct row *row =
            page_row(page, id, level, finding->accepted ? "taken" : flow_level_word(level),
                     "%-20s %s", finding->id, place);
        bool document = strspn(finding->section, "0123456789") == strlen(finding->section) &&
                        strlen(finding->section) == 6;
        row_detail(row, "%s.\n%s (%s %s)", finding->message, finding->remedy,
                   document ? "document" : "guide", finding->section);
        row->can_open = *finding->file != '\0';
        free(row->file);
        row->file = xstrdup(finding->file);
        free(place);
        free(id);
    }
    page_line(&page->why,
              counts[0] ? "An error will not work: the plan waits until it is mended or accepted."
                        : "No errors: the plan can be made.");
    struct action *accept = page_add_action(page, "accept", 0, 'a', "Accept");
    accept->wants_text = false;
    accept->confirm = xstrdup("Take this finding knowingly");
    page->next = xstrdup("Plan");
}

/* accept {} for the finding under the cursor: still shown, no longer counted. */
static bool accept(struct flow *flow, size_t row, struct error *err)
{
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    size_t skip = flow->facts->deployment.identity_count;
    bool good = true;
    if (row >= skip && row - skip < findings->count && !findings->items[row - skip].accepted) {
        const struct finding *finding = &findings->items[row - skip];
        char *rule = xstrdup(finding->id);
        struct str text = {0};
        const char *old = str_text(&flow->facts->deployment.text);
        str_addf(&text, "%s%saccept { rule = ", old, text_ends(old, "\n") ? "" : "\n");
        conf_quote(finding->id, &text);
        const struct {
            const char *name, *value;
        } places[] = {{"server", finding->server},
                      {"service", finding->service},
                      {"identity", finding->identity},
                      {"file", finding->file}};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            if (*places[i].value) {
                str_addf(&text, "  %s = ", places[i].name);
                conf_quote(places[i].value, &text);
            }
        str_add(&text, "  reason = \"taken in the wizard\" }\n");
        good = flow_put(flow, &text, false, err);
        if (good)
            flow_say(flow, LEVEL_OK, "%s is taken knowingly: accept {} in deployment.conf says so.",
                     rule);
        free(rule);
        str_free(&text);
    }
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_ACTION && strcmp(event->id, "accept") == 0)
        return way_if(accept(flow, event->row, err), GO_STAY);
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count &&
        *page->rows[event->row].file) {
        char *id = xformat("look:%s", page->rows[event->row].file);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_check = {"check", build, take};

static void build_look(struct flow *flow, struct page *page)
{
    page->kind = PAGE_TEXT;
    look_file(flow, flow_page_part(flow), page);
    page->next = xstrdup("Back");
}

static struct way take_look(struct flow *flow, const struct page *page, const struct event *event,
                            struct error *err)
{
    (void)flow;
    (void)page;
    (void)err;
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_look = {"look", build_look, take_look};
