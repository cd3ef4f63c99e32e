/* Findings and certificates: what is to be done first, what isn't good, what is. */
#include "base/mem.h"
#include "flow/found.h"
#include "rules/first.h"

#include <stdlib.h>
#include <string.h>

enum { CERTIFICATES_MOST = 9 }; /* each on a row; more of them are told by what they are */

static const char certificates_page[] = "certificates";

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

static const char *certificate_word(enum level level)
{
    return level == LEVEL_ERROR ? "FAIL" : flow_level_word(level);
}

static void add_certificate(struct flow *flow, const struct identity *identity, enum level level,
                            const char *summary, struct page *page)
{
    struct row *row = page_row(page, identity->name, level, certificate_word(level), "%-14s %s",
                               identity->name, summary);
    free(row->file);
    row->file = xstrdup(identity->certificate_file);
    row->can_open = scan_find(&flow->facts->scan, identity->certificate_file) != NULL;
    if (row->can_open)
        row_detail(row, "Enter shows what it is, who issued it and what the services need.");
}

static void add_certificates(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        char *summary;
        enum level level = look_summary(flow, &d->identities[i], &summary);
        add_certificate(flow, &d->identities[i], level, summary, page);
        free(summary);
    }
}

/* Certificates of which the same is told. */
struct tally {
    enum level level;
    char *summary;
    const struct identity *first;
    size_t count;
};

static void add_tally(struct flow *flow, const struct tally *tally, struct page *page)
{
    if (tally->count == 1) {
        add_certificate(flow, tally->first, tally->level, tally->summary, page);
        return;
    }
    char *id = xformat("%s.%s", certificates_page, tally->first->name);
    struct row *row = page_row(page, id, tally->level, certificate_word(tally->level),
                               "%zu certificates: %s", tally->count, tally->summary);
    row->can_open = true;
    row_detail(row, "Enter shows each.");
    free(id);
}

static void add_tallies(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    struct tally *tallies = NULL;
    size_t count = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        char *summary;
        enum level level = look_summary(flow, &d->identities[i], &summary);
        size_t at = 0;
        while (at < count &&
               (tallies[at].level != level || strcmp(tallies[at].summary, summary) != 0))
            at++;
        if (at == count) {
            tallies = grow(tallies, count, sizeof *tallies);
            tallies[count++] = (struct tally){level, xstrdup(summary), &d->identities[i], 0};
        }
        tallies[at].count++;
        free(summary);
    }
    for (enum level level = LEVEL_ERROR; level > LEVEL_NONE; level--)
        for (size_t i = 0; i < count; i++)
            if (tallies[i].level == level)
                add_tally(flow, &tallies[i], page);
    for (size_t i = 0; i < count; i++)
        free(tallies[i].summary);
    free(tallies);
}

/* F5, F9 and a, where some finding knows them. */
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

/* What to do first, in the words of who sits here; the cursor begins at what it mends. */
static void add_first(const struct flow *flow, const struct findings *findings,
                      const struct founds *founds, struct page *page)
{
    struct first first;
    rules_first(flow->facts, findings, &first);
    size_t mended = 0;
    for (size_t i = 0; i < findings->count; i++)
        mended += first.mends[i];
    if (first.steps.count) {
        char *steps = strings_join(&first.steps, ", then ");
        char none[] = ""; /* of no place: only the steps are put into words */
        struct finding told = {.id = none,
                               .server = none,
                               .service = none,
                               .identity = none,
                               .file = none,
                               .message = none,
                               .remedy = steps,
                               .section = none,
                               .field = none,
                               .mend = none,
                               .reason = none,
                               .until = none};
        char *words = finding_remedy(flow, &told, "findings", "");
        bool fix = strcmp(words, "certwright check --fix") == 0;
        page_line(&page->intro, mended == 1 ? "First: %s." : "First: %s. That mends %zu errors.",
                  fix ? "F9 writes the files again from what is in use" : words, mended);
        page_line(&page->intro, "%s", "");
        free(words);
        free(steps);
    }
    for (size_t i = founds->count; i-- > 0;)
        if (first.mends[founds->items[i].items[0] - findings->items])
            page->at = i;
    first_free(&first);
}

static void build(struct flow *flow, struct page *page)
{
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    struct founds founds;
    founds_make(flow, findings, &founds);
    page->kind = PAGE_LIST;
    page->title = title_of(findings);
    add_first(flow, findings, &founds, page);
    for (size_t i = 0; i < founds.count; i++)
        found_row(flow, &founds.items[i], page);
    if (flow->facts->deployment.identity_count > CERTIFICATES_MOST)
        add_tallies(flow, page);
    else
        add_certificates(flow, page);
    page_line(&page->why, findings_errors(findings)
                              ? "An error will not work: the plan waits until it is mended or "
                                "accepted."
                              : "No errors: the plan can be made.");
    add_actions(flow, findings, page);
    page->next = xstrdup("Plan");
    founds_free(&founds);
}

/* findingN is a finding; any other row with a rule's id is several. */
static const struct finding *finding_of(const struct findings *findings, const char *row)
{
    size_t number = text_starts(row, "finding") ? strtoul(row + strlen("finding"), NULL, 10) : 0;
    return number && number <= findings->count ? &findings->items[number - 1] : NULL;
}

static struct way to_accept(struct flow *flow, const char *row)
{
    free(flow->accept_reason); /* of another finding */
    free(flow->accept_until);
    flow->accept_reason = flow->accept_until = NULL;
    char *id = xformat("accept:%s", row);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way accept(struct flow *flow, const struct findings *findings, const char *row,
                         struct error *err)
{
    const struct finding *one = finding_of(findings, row);
    struct founds founds;
    founds_make(flow, findings, &founds);
    const struct found *found = one ? NULL : founds_find(&founds, row);
    const struct finding *const *items = one ? &one : found ? found->items : NULL;
    struct way way =
        !items ? way_go(GO_STAY)
        : items[0]->accepted
            ? way_if(findings_unaccept(flow, items, one ? 1 : found->count, err), GO_STAY)
            : to_accept(flow, row);
    founds_free(&founds);
    return way;
}

static bool mend(struct flow *flow, const struct findings *findings, const char *row,
                 struct error *err)
{
    const struct finding *one = finding_of(findings, row);
    return one ? finding_mend(flow, one, err) : found_mend(flow, row, err);
}

static struct way take_action(struct flow *flow, const struct page *page, const struct event *event,
                              struct error *err)
{
    struct findings findings = {0};
    struct way way = way_go(GO_STAY);
    const struct row *row = event->row < page->row_count ? &page->rows[event->row] : NULL;
    rules_run(flow->facts, RULES_ALL, &findings);
    if (strcmp(event->id, "mend-safe") == 0)
        way = way_if(findings_mend_safe(flow, &findings, err), GO_STAY);
    else if (!row || !*row->right)
        flow_say(flow, LEVEL_NOTE, "That key is for a finding: they stand above the certificates.");
    else if (strcmp(event->id, "mend") == 0)
        way = way_if(mend(flow, &findings, row->id, err), GO_STAY);
    else if (strcmp(event->id, "accept") == 0)
        way = accept(flow, &findings, row->id, err);
    findings_free(&findings);
    return way;
}

static struct way to_part(const char *kind, const char *part)
{
    char *id = xformat("%s:%s", kind, part);
    struct way way = way_to(id, NULL);
    free(id);
    return way;
}

static struct way choose(struct flow *flow, const struct row *row)
{
    if (!row->can_open)
        return way_go(GO_STAY);
    const struct finding *finding = finding_of(flow_findings(flow, RULES_ALL), row->id);
    if (*row->right)
        return finding ? finding_way(flow, finding) : to_part("findings", row->id);
    if (!*row->file)
        return way_to(certificates_page, strchr(row->id, '.') + 1);
    return to_part("look", row->file);
}

static struct way take_rows(struct flow *flow, const struct page *page, const struct event *event,
                            enum go next, struct error *err)
{
    if (event->kind == EVENT_ACTION)
        return take_action(flow, page, event, err);
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count)
        return choose(flow, &page->rows[event->row]);
    return way_go(event->kind == EVENT_NEXT ? next : GO_STAY);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    return take_rows(flow, page, event, GO_NEXT, err);
}

const struct step_ops step_check = {"check", build, take};

/* findings:KEY: each of those that were one row. */

static void build_each(struct flow *flow, struct page *page)
{
    const struct findings *findings = flow_findings(flow, RULES_ALL);
    struct founds founds;
    founds_make(flow, findings, &founds);
    const struct found *found = founds_find(&founds, flow_page_part(flow));
    page->kind = PAGE_LIST;
    page->next = xstrdup("Back");
    if (found) {
        char *count = counted(found->count, "finding", "findings");
        page->title = xformat("%s - %s", found->items[0]->id, count);
        free(count);
        found_each(flow, findings, found, page);
        add_actions(flow, findings, page);
    } else {
        page->title = xstrdup("Findings that are gone");
        page_line(&page->intro, "None of them is left as it was. F2 goes back to all findings.");
    }
    founds_free(&founds);
}

static struct way take_each(struct flow *flow, const struct page *page, const struct event *event,
                            struct error *err)
{
    return take_rows(flow, page, event, GO_BACK, err);
}

const struct step_ops step_findings = {"findings", build_each, take_each};

static void build_certificates(struct flow *flow, struct page *page)
{
    page->kind = PAGE_LIST;
    page->title = xformat("Certificates - %zu in all", flow->facts->deployment.identity_count);
    page->next = xstrdup("Back");
    add_certificates(flow, page);
}

const struct step_ops step_certificates = {certificates_page, build_certificates, take_each};
