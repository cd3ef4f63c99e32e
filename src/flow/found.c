#include "flow/found.h"

#include "base/mem.h"
#include "rules/explain.h"
#include "rules/first.h"

#include <stdlib.h>
#include <string.h>

enum { ALIKE_LEAST = 3 }; /* of one rule, and each says something else */

/* The message without what it is about: equal texts are one fault in several places. Free it. */
static char *general(const struct finding *finding)
{
    const char *names[] = {finding->file, finding->identity, finding->server, finding->service};
    char *text = xstrdup(finding->message);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        struct str out = {0};
        for (const char *at = text; *at;)
            if (length > 1 && strncmp(at, names[i], length) == 0) {
                str_add_char(&out, '\001');
                at += length;
            } else {
                str_add_char(&out, *at++);
            }
        free(text);
        text = str_take(&out);
    }
    return text;
}

static bool same_rule(const struct finding *a, const struct finding *b)
{
    return strcmp(a->id, b->id) == 0 && a->severity == b->severity && a->accepted == b->accepted;
}

static void add(struct found *found, const struct finding *finding)
{
    found->items = grow(found->items, found->count, sizeof(struct finding *));
    found->items[found->count++] = finding;
}

static void gather(const struct findings *findings, struct founds *out)
{
    struct strings said = {0};
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        char *text = general(finding);
        size_t at = 0;
        while (at < out->count &&
               !(same_rule(out->items[at].items[0], finding) && strcmp(said.items[at], text) == 0))
            at++;
        if (at == out->count) {
            out->items = grow(out->items, out->count, sizeof *out->items);
            out->items[out->count++] = (struct found){0};
            strings_add(&said, text);
        }
        add(&out->items[at], finding);
        free(text);
    }
    strings_free(&said);
}

/* Servers or, where there is none, identities. */
static const char *place_of(const struct finding *finding)
{
    return *finding->server ? finding->server : finding->identity;
}

/* Single ones of a rule that there are many of, and not all in one place. */
static void merge(struct founds *founds)
{
    for (size_t i = 0; i < founds->count; i++) {
        struct found *to = &founds->items[i];
        size_t alike = 0, kept = i + 1;
        bool several = false;
        for (size_t k = i; to->count == 1 && k < founds->count; k++) {
            const struct finding *other = founds->items[k].items[0];
            if (founds->items[k].count > 1 || !same_rule(to->items[0], other))
                continue;
            several = several || strcmp(place_of(to->items[0]), place_of(other)) != 0;
            alike++;
        }
        if (alike < ALIKE_LEAST || !several)
            continue;
        for (size_t k = i + 1; k < founds->count; k++) {
            struct found *from = &founds->items[k];
            if (from->count == 1 && same_rule(to->items[0], from->items[0])) {
                add(to, from->items[0]);
                free(from->items);
            } else {
                founds->items[kept++] = *from;
            }
        }
        founds->count = kept;
    }
}

static const struct service *service_of(const struct flow *flow, const struct finding *finding)
{
    const struct server *server = deployment_server(&flow->facts->deployment, finding->server);
    return server ? server_service(server, finding->service) : NULL;
}

/* KEY-WEAK, DEPRECATED.turn; a second one of that name gets a number. */
static void name(const struct flow *flow, const struct findings *findings, struct founds *founds,
                 size_t index)
{
    struct found *found = &founds->items[index];
    const struct finding *first = found->items[0];
    if (found->count == 1) {
        found->key = xformat("finding%zu", (size_t)(first - findings->items) + 1);
        return;
    }
    const struct service *service = service_of(flow, first);
    const char *kind = service ? service->component->kind : "";
    found->key =
        xformat("%s%s%s%s", first->id, *kind ? "." : "", kind, first->accepted ? ".taken" : "");
    for (size_t i = 0, number = 2; i < index; i++)
        if (strcmp(founds->items[i].key, found->key) == 0) {
            free(found->key);
            found->key = xformat("%s.%zu", first->id, number++);
            i = (size_t)-1;
        }
}

static int compare(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    const struct finding *x = a->items[0], *y = b->items[0];
    if (x->accepted != y->accepted)
        return x->accepted ? 1 : -1;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    if (a->depth != b->depth)
        return a->depth < b->depth ? -1 : 1;
    return (x > y) - (x < y);
}

void founds_make(const struct flow *flow, const struct findings *findings, struct founds *out)
{
    *out = (struct founds){0};
    gather(findings, out);
    merge(out);
    for (size_t i = 0; i < out->count; i++)
        out->items[i].depth = finding_depth(flow->facts, out->items[i].items[0]);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare);
    for (size_t i = 0; i < out->count; i++)
        name(flow, findings, out, i);
}

void founds_free(struct founds *founds)
{
    for (size_t i = 0; i < founds->count; i++) {
        free(founds->items[i].key);
        free(founds->items[i].items);
    }
    free(founds->items);
    *founds = (struct founds){0};
}

const struct found *founds_find(const struct founds *founds, const char *key)
{
    const struct found *left = NULL;
    size_t rule = strcspn(key, "."), count = 0;
    for (size_t i = 0; i < founds->count; i++) {
        const struct found *found = &founds->items[i];
        if (strcmp(found->key, key) == 0)
            return found;
        const char *id = found->items[0]->id;
        if (strlen(id) == rule && strncmp(id, key, rule) == 0 && !found->items[0]->accepted) {
            left = found;
            count++;
        }
    }
    return count == 1 ? left : NULL; /* what is left of it when the first are mended */
}

/* Where, without the file: the message names it. */
static char *short_place(const struct finding *finding)
{
    if (!*finding->server && !*finding->service)
        return xstrdup(*finding->identity ? finding->identity : finding->file);
    return xformat("%s%s%s", finding->server, *finding->server && *finding->service ? " " : "",
                   finding->service);
}

/* "core1-3 callbridge", "dbclient, dbserver". */
static char *places(const struct flow *flow, const struct found *found)
{
    struct strings names = {0};
    const struct service *first = service_of(flow, found->items[0]);
    bool one_kind = first != NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct finding *finding = found->items[i];
        const struct service *service = service_of(flow, finding);
        one_kind = one_kind && service && service->component == first->component;
        strings_add_new(&names, *finding->server     ? finding->server
                                : *finding->identity ? finding->identity
                                                     : finding->file);
    }
    char *folded = strings_fold(&names, ", ");
    char *text = one_kind ? xformat("%s %s", folded, first->component->kind) : xstrdup(folded);
    strings_free(&names);
    free(folded);
    return text;
}

/* For F1: the rule, what comes of it, how it is repaired. */
static void explain(const struct flow *flow, const struct finding *finding, const char *place,
                    const char *remedy, struct row *row)
{
    struct str help = {0};
    char *mend = finding_mend_words(flow, finding);
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
}

static struct row *add_row(const struct finding *finding, const char *key, const char *place,
                           struct page *page)
{
    enum level level = finding->accepted ? LEVEL_NONE : level_of(finding->severity);
    struct row *row =
        page_row(page, key, level, finding->accepted ? "taken" : flow_level_word(level), "%s: %s",
                 place, finding->message);
    free(row->right);
    row->right = xstrdup(finding->id);
    return row;
}

/* What the key does is told once. */
static void detail_one(const struct finding *finding, const char *remedy, const char *source,
                       const char *mend, struct row *row)
{
    if (strcmp(remedy, "F5 does it") == 0 && *mend)
        row_detail(row, "%s%s.\n%s", finding->message, source, mend);
    else
        row_detail(row, "%s.\n%s%s%s%s", finding->message, remedy, source, *mend ? "\n" : "", mend);
}

static void add_one(const struct flow *flow, const struct finding *finding, const char *key,
                    struct page *page)
{
    char *short_one = short_place(finding), *place = finding_place(finding);
    char *mend = finding_mend_words(flow, finding), *source = finding_source(finding);
    char *remedy = finding_remedy(flow, finding, "check", "");
    struct row *row = add_row(finding, key, short_one, page);
    if (finding->accepted)
        row_detail(row, "Accepted%s%s: %s. The key a takes that back.",
                   *finding->until ? " until " : "", finding->until, finding->reason);
    else
        detail_one(finding, remedy, source, mend, row);
    free(row->file);
    row->file = xstrdup(finding->file);
    struct way way = finding_way(flow, finding);
    row->can_open = way.go == GO_PAGE;
    strings_add(&row->does, "accept");
    if (finding_mending(flow, finding) != MEND_NOT)
        strings_add(&row->does, "mend");
    free(way.page);
    free(way.at);
    explain(flow, finding, place, remedy, row);
    free(remedy);
    free(source);
    free(mend);
    free(place);
    free(short_one);
}

static size_t count_mendable(const struct flow *flow, const struct found *found)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += finding_mending(flow, found->items[i]) != MEND_NOT;
    return count;
}

/* The remedy where it is one for all; Free it. */
static char *common_remedy(const struct flow *flow, const struct found *found)
{
    for (size_t i = 1; i < found->count; i++)
        if (strcmp(found->items[i]->remedy, found->items[0]->remedy) != 0)
            return xstrdup("Enter shows each, and what to do");
    char *remedy = finding_remedy(flow, found->items[0], "findings", "");
    bool key = strcmp(remedy, "F5 does it") == 0; /* which is told besides */
    char *text = xformat("%s%sEnter shows each", key ? "" : remedy, key ? "" : ". ");
    free(remedy);
    return text;
}

static void add_several(const struct flow *flow, const struct found *found, struct page *page)
{
    const struct finding *first = found->items[0];
    char *where = places(flow, found), *source = finding_source(first);
    char *place = xformat("%s (%zu)", where, found->count), *remedy = common_remedy(flow, found);
    struct row *row = add_row(first, found->key, place, page);
    size_t mendable = count_mendable(flow, found);
    char *mend = !mendable                 ? xstrdup("")
                 : mendable < found->count ? xformat("\nF5 mends %zu of them.", mendable)
                                           : xformat("\nF5 mends all %zu.", mendable);
    bool same = true;
    for (size_t i = 1; i < found->count; i++)
        same = same && strcmp(found->items[i]->message, first->message) == 0;
    char *more = same ? xstrdup("") : xformat(" And %zu more like it.", found->count - 1);
    if (first->accepted)
        row_detail(row, "%s%s.%s\nAccepted. The key a takes that back.", first->message, source,
                   more);
    else
        row_detail(row, "%s%s.%s\n%s.%s", first->message, source, more, remedy, mend);
    row->can_open = true;
    strings_add(&row->does, "accept");
    if (mendable)
        strings_add(&row->does, "mend");
    explain(flow, first, where, "Enter shows each, and what to do", row);
    free(more);
    free(mend);
    free(remedy);
    free(place);
    free(source);
    free(where);
}

void found_row(const struct flow *flow, const struct found *found, struct page *page)
{
    if (found->count == 1)
        add_one(flow, found->items[0], found->key, page);
    else
        add_several(flow, found, page);
}

void found_each(const struct flow *flow, const struct findings *findings, const struct found *found,
                struct page *page)
{
    for (size_t i = 0; i < found->count; i++) {
        char *key = xformat("finding%zu", (size_t)(found->items[i] - findings->items) + 1);
        add_one(flow, found->items[i], key, page);
        free(key);
    }
}

/* What needs no decision, at once. */
static bool mend_safe(struct flow *flow, const struct found *found, struct error *err)
{
    struct findings some = {0};
    for (size_t i = 0; i < found->count; i++)
        if (finding_mending(flow, found->items[i]) == MEND_SAFE) {
            some.items = grow(some.items, some.count, sizeof *some.items);
            some.items[some.count++] = *found->items[i]; /* its texts stay the findings' */
        }
    bool good = findings_mend_safe(flow, &some, err);
    free(some.items);
    return good;
}

/* One of it, or all that need no decision; *on: there may be more. What it changes changes the
 * findings. */
static bool mend_next(struct flow *flow, const char *key, bool *on, struct error *err)
{
    struct findings findings = {0};
    struct founds founds;
    rules_run(flow->facts, RULES_ALL, &findings);
    founds_make(flow, &findings, &founds);
    const struct found *found = founds_find(&founds, key);
    const struct finding *next = NULL;
    for (size_t i = 0; found && i < found->count && !next; i++)
        if (finding_mending(flow, found->items[i]) != MEND_NOT)
            next = found->items[i];
    *on = next != NULL;
    bool good = true;
    if (next && finding_mending(flow, next) == MEND_SAFE)
        good = mend_safe(flow, found, err);
    else if (next)
        good = finding_mend(flow, next, err);
    founds_free(&founds);
    findings_free(&findings);
    return good;
}

bool found_mend(struct flow *flow, const char *key, struct error *err)
{
    size_t most = flow_findings(flow, RULES_ALL)->count;
    bool on = true, good = true;
    for (size_t i = 0; i < most && on && good; i++)
        good = mend_next(flow, key, &on, err);
    return good;
}
