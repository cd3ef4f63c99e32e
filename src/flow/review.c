/* Every name and signer on one page: the last look before money is spent. What is new, changed or
 * gone is told by what lies in the store, so that the page is true whenever one comes here. */
#include "base/mem.h"
#include "flow/findings.h"

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

/* What is wrong with it on paper: the gravest finding; NULL: nothing. */
static const struct finding *worst_finding(const struct identity *identity,
                                           const struct findings *findings)
{
    const struct finding *worst = NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (strcmp(finding->identity, identity->name) == 0 && !finding->accepted &&
            finding->severity != SEVERITY_NOTICE && (!worst || finding->severity < worst->severity))
            worst = finding;
    }
    return worst;
}

static const struct difference *difference_of(const struct differences *differences,
                                              const char *what)
{
    for (size_t i = 0; i < differences->count; i++)
        if (strcmp(differences->items[i].what, what) == 0)
            return &differences->items[i];
    return NULL;
}

/* A name alone on its line, so that each is read. */
static struct row *add_name(const struct identity *identity, const char *word, const char *name,
                            const char *note, struct page *page)
{
    char *id = xformat("%s:%s", identity->name, name);
    struct row *row = page_row(page, id, *word ? LEVEL_NOTE : LEVEL_NONE, word, "    %s%s%s", name,
                               *note ? "   " : "", note);
    row->can_open = true;
    free(id);
    return row;
}

/* How many there are. */
static size_t add_names(const struct identity *identity, const struct names *names,
                        const struct differences *differences, const char *holder,
                        struct page *page)
{
    size_t before = page->row_count;
    struct strings sans = {0};
    names_full_san(names, &sans);
    const char *cn = names->attributes[ATTR_CN] ? names->attributes[ATTR_CN] : "";
    const struct difference *title = difference_of(differences, "CN");
    const struct difference *list = difference_of(differences, "subjectAltName");
    bool first = sans.count && strcmp(strchr(sans.items[0], ':') + 1, cn) == 0;
    char *was = title && *title->was ? xformat("CN, was %s", title->was) : xstrdup("CN");
    if (!first && *cn)
        add_name(identity, title ? "NEW" : "", cn, was, page);
    for (size_t i = 0; i < sans.count; i++) {
        const char *name = strchr(sans.items[i], ':') + 1;
        bool is_new = list && (strings_has_nocase(&list->lacking, sans.items[i]) ||
                               strings_has_nocase(&list->lacking, name));
        struct row *row =
            add_name(identity, is_new ? "NEW" : "", name, i == 0 && first ? was : "", page);
        if (is_new)
            row_detail(row, "The %s in the store lacks it: a new one is needed to have it.",
                       holder);
    }
    size_t count = page->row_count - before;
    for (size_t i = 0; list && i < list->besides.count; i++)
        row_detail(add_name(identity, "GONE", list->besides.items[i], "", page),
                   "The %s in the store has it; deployment.conf no more.", holder);
    free(was);
    strings_free(&sans);
    return count;
}

/* What the store says otherwise, and how it is mended. */
static void detail_changes(const struct flow *flow, const struct identity *identity,
                           const struct lifecycle *life, struct row *row)
{
    char *words = differences_words(store_differences(life));
    bool request = life->request.count > 0;
    bool here = is_signed_here(flow, identity) || strcmp(identity->signer, "self") == 0;
    char *mend =
        *identity->key_at ? xformat("Its key is on %s: make the request there.", identity->key_at)
        : request || here ? xstrdup("F5 makes it anew, key kept.")
        : life->life == LIFE_RENEWING ? xstrdup("The request that is open asks for it.")
                                      : xstrdup("F5 makes the request for the next one, key kept.");
    row_detail(row, "%s outdated: %s. %s", request ? "Request" : "Certificate", words, mend);
    free(mend);
    free(words);
}

/* How many names it has. */
static size_t add_identity(const struct flow *flow, const struct identity *identity,
                           const struct findings *findings, struct page *page)
{
    const struct finding *worst = worst_finding(identity, findings);
    enum level level = worst ? level_of(worst->severity) : LEVEL_OK;
    struct names names = {0};
    struct error err = {0};
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    const struct differences *differences = store_differences(&life);
    identity_request(identity, &names);
    const char *cn = names.attributes[ATTR_CN];
    bool cn_wrong = !cn || !attribute_check(ATTR_CN, cn, &err);
    if (cn_wrong)
        level = LEVEL_ERROR;
    const char *word = level > LEVEL_OK            ? flow_level_word(level)
                       : life.life == LIFE_NOTHING ? "NEW"
                       : differences->count        ? "CHANGED"
                                                   : "OK";
    if (level == LEVEL_OK && differences->count)
        level = LEVEL_WARN;
    char *users = used_by(identity);
    struct row *row = page_row(page, identity->name, level, word, "%-18s %-12s %s", identity->name,
                               signer_words(identity->signer), users);
    row->can_open = true;
    const char *holder = differences == &life.certificate ? "certificate" : "request";
    char *remedy = worst ? finding_remedy(flow, worst, page->id, "") : xstrdup("");
    if (cn_wrong)
        row_detail(row, "CN: %s. %s", cn ? err.message : "it is missing", err.remedy);
    else if (worst)
        row_detail(row, "%s %s: %s. %s", flow_level_word(level), worst->id, worst->message, remedy);
    else if (differences->count)
        detail_changes(flow, identity, &life, row);
    else
        row_detail(row, life.life == LIFE_NOTHING
                            ? "Nothing of it is made yet. Enter opens the page of its names."
                            : "As in the store. Enter opens the page of its names.");
    free(remedy);
    size_t count = add_names(identity, &names, differences, holder, page);
    free(users);
    names_free(&names);
    lifecycle_free(&life);
    return count;
}

/* How much of it exists: counted, for this page comes before and after the making. */
static void add_intro(const struct states *states, struct page *page)
{
    size_t nothing = states->by_life[LIFE_NOTHING];
    page_line(&page->intro, "Every certificate, its signer and who uses it; below it every name.");
    if (nothing == states->all)
        page_line(&page->intro, "Nothing is made yet.");
    else if (nothing)
        page_line(&page->intro,
                  nothing == 1 ? "Of %2$zu, %1$zu has no key and no request yet."
                               : "Of %2$zu, %1$zu have no key and no request yet.",
                  nothing, states->all);
    else if (states->anew)
        page_line(&page->intro,
                  states->anew == 1 ? "%zu request is outdated: Next makes it anew, key kept."
                                    : "%zu requests are outdated: Next makes them anew, keys "
                                      "kept.",
                  states->anew);
    else if (states->behind)
        page_line(&page->intro,
                  states->behind == 1
                      ? "%zu certificate in place lacks something that deployment.conf says."
                      : "%zu certificates in place lack something that deployment.conf says.",
                  states->behind);
    else
        page_line(&page->intro, states->due ? "Some requests or certificates are still to be made."
                                            : "All that can be made here is made.");
}

/* "3 certificates with 4 names: 1 from a CA outside, 2 signed here." True before the making and
 * after it. Free it. */
static char *sum_words(const struct states *states, size_t names)
{
    size_t here = states->all - states->outside;
    char *named = names == 1 ? xstrdup("1 name") : xformat("%zu names", names);
    char *words =
        states->all == 1 ? xformat(here ? "1 certificate with %s, signed here."
                                        : "1 certificate with %s, from a CA outside.",
                                   named)
        : !states->outside
            ? xformat("%zu certificates with %s, all signed here.", states->all, named)
        : !here ? xformat("%zu certificates with %s, all from a CA outside.", states->all, named)
                : xformat("%zu certificates with %s: %zu from a CA outside, %zu signed here.",
                          states->all, named, states->outside, here);
    free(named);
    return words;
}

static void build(struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    page->kind = PAGE_LIST;
    page->title = xstrdup("Review");
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    const struct states *states = flow_states(flow);
    add_intro(states, page);
    size_t names = 0;
    for (size_t i = 0; i < d->identity_count; i++)
        names += add_identity(flow, &d->identities[i], findings, page);
    char *sums = sum_words(states, names);
    page_lines(&page->text, sums);
    free(sums);
    if (states->due)
        page_line(&page->text, "Next makes the keys and requests in %s (keys 0600).",
                  flow->facts->store_path);
    if (states->anew || states->behind)
        page_add_action(page, "mend", 5, 0, "Make anew");
    page_line(&page->why,
              "One wrong name costs a second round with the CA: read the names once more.");
    page->next = xstrdup(states->due ? "Make keys and requests" : "Next");
}

/* The row is a certificate's, or one of its names'. */
static const struct identity *identity_at(const struct flow *flow, const char *row)
{
    char *owner = xstrndup(row, strcspn(row, ":"));
    const struct identity *identity = deployment_identity(&flow->facts->deployment, owner);
    free(owner);
    return identity;
}

static struct way open_identity(struct flow *flow, const char *name)
{
    const struct identity *identity = identity_at(flow, name);
    struct way way = identity ? component_way(identity) : way_go(GO_STAY);
    if (identity && way.go == GO_STAY)
        flow_say(flow, LEVEL_NOTE,
                 "%s is a CA made here: its name is CN in identity \"%s\" of deployment.conf.",
                 identity->name, identity->name);
    return way;
}

static bool mend(struct flow *flow, const struct page *page, size_t row, struct error *err)
{
    const struct identity *identity =
        row < page->row_count ? identity_at(flow, page->rows[row].id) : NULL;
    struct lifecycle life;
    if (!identity)
        return true;
    lifecycle_of(flow->facts, identity, &life);
    bool is_outdated = store_differences(&life)->count > 0;
    lifecycle_free(&life);
    if (is_outdated)
        return make_again(flow, identity->name, err);
    flow_say(flow, LEVEL_NOTE, "%s is as deployment.conf says: nothing to make anew.",
             identity->name);
    return true;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count)
        return open_identity(flow, page->rows[event->row].id);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "mend") == 0)
        return way_if(mend(flow, page, event->row, err), GO_STAY);
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
