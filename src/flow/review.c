/* Every name and signer on one page, before anything is made. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

/* "webadmin, callbridge; turn": the services that use the identity, by server. Free it. */
static char *used_by(const struct identity *identity)
{
    struct str out = {0};
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct service *service = identity->uses[i].service;
        const struct service *last = i ? identity->uses[i - 1].service : NULL;
        if (service == last)
            continue;
        if (last)
            str_add(&out, service->server == last->server ? ", " : "; ");
        str_add(&out, service->name);
    }
    if (!out.length && identity->signs)
        str_add(&out, "signs the others");
    return str_take(&out);
}

static const char *signer_words(const char *signer)
{
    return strcmp(signer, "public") == 0     ? "public CA"
           : strcmp(signer, "internal") == 0 ? "internal CA"
           : strcmp(signer, "self") == 0     ? "itself"
                                             : signer;
}

static void add_row(const struct identity *identity, const struct findings *findings,
                    struct page *page)
{
    enum level level = LEVEL_OK;
    const struct finding *worst = NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (strcmp(finding->identity, identity->name) != 0 || finding->accepted ||
            finding->severity == SEVERITY_NOTICE || level_of(finding->severity) <= level)
            continue;
        level = level_of(finding->severity);
        worst = finding;
    }
    struct names names = {0};
    struct strings sans = {0};
    struct error err = {0};
    identity_request(identity, &names);
    const char *cn = names.attributes[ATTR_CN];
    bool cn_wrong = !cn || !attribute_check(ATTR_CN, cn, &err);
    if (cn_wrong)
        level = LEVEL_ERROR;
    names_full_san(&names, &sans);
    char *users = used_by(identity), *all = strings_join(&sans, ", ");
    struct row *row =
        page_row(page, identity->name, level, flow_level_word(level), "%-14s %-28s %-12s %s",
                 identity->name, cn ? cn : "-", signer_words(identity->signer), users);
    row->can_open = true;
    if (cn_wrong)
        row_detail(row, "CN: %s. %s", cn ? err.message : "it is missing", err.remedy);
    else if (worst)
        row_detail(row, "%s %s: %s. %s", flow_level_word(level), worst->id, worst->message,
                   worst->remedy);
    else
        row_detail(row, "%s: %s", sans.count ? "In the SAN" : "CN alone", sans.count ? all : cn);
    free(users);
    free(all);
    strings_free(&sans);
    names_free(&names);
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Review");
    struct findings findings = {0};
    rules_run(flow->facts, RULES_PLANNED, &findings);
    page_line(&page->intro, "Every certificate, its signer and who uses it. Nothing is made yet.");
    for (size_t i = 0; i < d->identity_count; i++)
        add_row(&d->identities[i], &findings, page);
    findings_free(&findings);
    size_t own = 0, outside = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        bool out = strcmp(d->identities[i].signer, "public") == 0 ||
                   strcmp(d->identities[i].signer, "internal") == 0;
        outside += out;
        own += !out;
    }
    page_line(&page->text, "%zu certificate%s: %zu from a CA outside, %zu made here.",
              d->identity_count, d->identity_count == 1 ? "" : "s", outside, own);
    page_line(&page->text, "Next makes the keys and requests in %s (keys 0600).",
              flow->facts->store_path);
    page_line(&page->why,
              "One wrong name costs a second round with the CA: read the names once more.");
    page->next = xstrdup(make_is_due(flow) ? "Make keys and requests" : "Next");
}

/* The first page that shows the identity. */
static struct way open_identity(struct flow *flow, const char *name)
{
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    const struct component *first = NULL;
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct component *component = identity->uses[i].service->component;
        if (!first || component < first) /* the catalogue's order is the pages' */
            first = component;
    }
    if (first) {
        char *page = xformat("page:%s", first->kind);
        struct way way = way_to(page, NULL);
        free(page);
        return way;
    }
    flow_say(flow, LEVEL_NOTE,
             "%s is a CA made here: its name is CN in identity \"%s\" of deployment.conf.", name,
             name);
    return way_go(GO_STAY);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count)
        return open_identity(flow, page->rows[event->row].id);
    if (event->kind != EVENT_NEXT)
        return way_go(GO_STAY);
    for (size_t i = 0; i < page->row_count; i++)
        if (page->rows[i].level == LEVEL_ERROR && !event->insist && !flow->warned) {
            flow->warned = true;
            return way_if(error_set(err, STATUS_NO, page->rows[i].id, "Enter opens its page", "%s",
                                    page->rows[i].detail),
                          GO_STAY);
        }
    return way_go(GO_NEXT);
}

const struct step_ops step_review = {"review", build, take};
