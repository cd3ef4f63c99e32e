/* One fault, one error: a rule is silent where another has named the same thing for a deeper reason
 * (doc/rules.md); then what deployment.conf accepts knowingly. */
#include "base/clock.h"
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* What two findings must have in common for the deeper one to silence the other. */
enum common { SAME_FILE, SAME_IDENTITY, SAME_SERVICE };
static const enum common commons[] = {
    [ORDER_FILE] = SAME_FILE,        [ORDER_SAN] = SAME_IDENTITY,
    [ORDER_CN] = SAME_IDENTITY,      [ORDER_WILDCARD] = SAME_IDENTITY,
    [ORDER_CLIENT] = SAME_IDENTITY,  [ORDER_SIGNER] = SAME_IDENTITY,
    [ORDER_NAME] = SAME_SERVICE,     [ORDER_PRESENT] = SAME_SERVICE,
    [ORDER_ROOT] = SAME_SERVICE,     [ORDER_SET] = SAME_IDENTITY,
    [ORDER_VALIDATE] = SAME_SERVICE, [ORDER_CA] = SAME_IDENTITY,
};

/* A finding, its rule and whether it stays. */
struct entry {
    struct finding *finding;
    const struct rule *rule; /* NULL: of a component's file alone */
    bool *silent;
};

/* An error is never silent for a warning's sake. */
static bool silences(enum common common, const struct entry *deep, const struct entry *other)
{
    if (!deep->rule || !other->rule || deep->finding->severity > other->finding->severity)
        return false;
    for (size_t i = 0; i < RANKS_MAX; i++)
        for (size_t j = 0; j < RANKS_MAX; j++) {
            const struct rank *a = &deep->rule->ranks[i], *b = &other->rule->ranks[j];
            if (a->order != ORDER_NONE && a->order == b->order && commons[a->order] == common &&
                a->rank < b->rank)
                return true;
        }
    return false;
}

/* What the findings of one run have in common: at most two texts, none empty. */
static const char *key(enum common common, const struct finding *finding, int part)
{
    if (common == SAME_SERVICE)
        return part ? finding->service : finding->server;
    return common == SAME_FILE ? finding->file : finding->identity;
}

static int by_key(enum common common, const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcmp(key(common, a->finding, 0), key(common, b->finding, 0));
    return order ? order : strcmp(key(common, a->finding, 1), key(common, b->finding, 1));
}

static int by_file(const void *left, const void *right)
{
    return by_key(SAME_FILE, left, right);
}

static int by_identity(const void *left, const void *right)
{
    return by_key(SAME_IDENTITY, left, right);
}

static int by_service(const void *left, const void *right)
{
    return by_key(SAME_SERVICE, left, right);
}

/* The same rule at the same place, the more severe first. */
static int by_rule(const void *left, const void *right)
{
    const struct finding *a = ((const struct entry *)left)->finding;
    const struct finding *b = ((const struct entry *)right)->finding;
    const char *const keys[][2] = {{a->id, b->id},
                                   {a->server, b->server},
                                   {a->service, b->service},
                                   {a->identity, b->identity},
                                   {a->file, b->file}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int order = strcmp(keys[i][0], keys[i][1]);
        if (order)
            return order;
    }
    return 0;
}

static void settle_common(enum common common, struct entry *entries, size_t count)
{
    static int (*const orders[])(const void *, const void *) = {by_file, by_identity, by_service};
    qsort(entries, count, sizeof *entries, orders[common]);
    for (size_t start = 0, end; start < count; start = end) {
        end = start + 1;
        while (end < count && by_key(common, &entries[start], &entries[end]) == 0)
            end++;
        if (!*key(common, entries[start].finding, 1))
            continue;
        for (size_t i = start; i < end; i++)
            for (size_t j = start; j < end && !*entries[i].silent; j++)
                *entries[i].silent = silences(common, &entries[j], &entries[i]);
    }
}

static void settle_repeats(struct entry *entries, size_t count)
{
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && by_rule(&entries[start], &entries[end]) == 0;)
            end++;
        for (size_t i = start; i < end; i++)
            for (size_t j = start; j < end; j++) {
                const struct finding *one = entries[i].finding, *other = entries[j].finding;
                bool twice = one > other && one->severity == other->severity &&
                             strcmp(one->message, other->message) == 0;
                *entries[i].silent |= other->severity < one->severity || twice;
            }
    }
}

/* The same of the same certificate or file, wherever it is; without either the same sentence. */
static int by_what(const struct finding *a, const struct finding *b)
{
    bool cause = *a->cause && *b->cause;
    const char *const keys[][2] = {{a->id, b->id},
                                   {a->cause, b->cause},
                                   {cause ? "" : a->identity, cause ? "" : b->identity},
                                   {cause ? "" : a->file, cause ? "" : b->file},
                                   {cause ? "" : a->message, cause ? "" : b->message}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int order = strcmp(keys[i][0], keys[i][1]);
        if (order)
            return order;
    }
    return (int)a->severity - (int)b->severity;
}

/* Those that are silent, or accepted, by themselves; then in the order of the servers. */
static int by_fault(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = by_what(a->finding, b->finding);
    if (order)
        return order;
    if (*a->silent != *b->silent)
        return *a->silent ? 1 : -1;
    if (a->finding->accepted != b->finding->accepted)
        return a->finding->accepted ? 1 : -1;
    return a->finding < b->finding ? -1 : a->finding > b->finding;
}

static bool is_one_fault(const struct entry *a, const struct entry *b)
{
    return !*a->silent && !*b->silent && a->finding->accepted == b->finding->accepted &&
           by_what(a->finding, b->finding) == 0;
}

enum { PLACES_TOLD = 6, JOINED_MOST = 24 };

/* "The same on core2, core3", or in which files. */
static void tell_places(struct finding *finding)
{
    struct strings places = {0};
    size_t more = 0;
    bool files = false;
    for (size_t i = 0; i < finding->also_count; i++)
        files = files || strcmp(finding->also[i].file, finding->file) != 0;
    for (size_t i = 0; i < finding->also_count; i++) {
        const struct finding_place *place = &finding->also[i];
        if (!files && strcmp(place->server, finding->server) != 0)
            strings_add_new(&places, place->server);
        else if (files && places.count < PLACES_TOLD)
            strings_add_new(&places, place->file);
        else if (files && !strings_has(&places, place->file))
            more++;
    }
    if (places.count) {
        size_t length = strlen(finding->message);
        const char *stop = length && finding->message[length - 1] == '.' ? "" : ".";
        char *names = files ? strings_join(&places, ", ") : strings_fold(&places, ", ");
        char *rest = more ? xformat(" and %zu more", more) : xstrdup("");
        finding_say(finding, xformat("%s%s The same %s %s%s", finding->message, stop,
                                     files ? "in" : "on", names, rest));
        free(rest);
        free(names);
    }
    strings_free(&places);
}

static void add_place(struct finding *finding, const struct finding *other)
{
    finding->also = grow(finding->also, finding->also_count, sizeof *finding->also);
    finding->also[finding->also_count++] =
        (struct finding_place){other->server, other->service, other->file};
}

/* The first of them tells of the others, and what is to be done there. While deployment.conf is
 * typed each service has its own page: there only what a certificate or a file has is told once. */
static void settle_places(enum rules_scope scope, struct entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, by_fault);
    for (size_t start = 0, end; start < count; start = end) {
        struct finding *first = entries[start].finding;
        char *own = xstrdup(first->remedy);
        size_t joined = 0;
        bool apart = scope == RULES_PLANNED && !*first->identity && !*first->file;
        for (end = start + 1; end < count && !apart && is_one_fault(&entries[start], &entries[end]);
             end++) {
            const struct finding *other = entries[end].finding;
            *entries[end].silent = true;
            add_place(first, other);
            if (strcmp(own, other->remedy) != 0 && joined++ < JOINED_MOST)
                remedy_join(first, other->remedy);
        }
        if (joined > JOINED_MOST) /* which tells of the rest */
            remedy_add(first, "certwright check");
        free(own);
        tell_places(first);
    }
}

/* A certificate that has to be replaced is told of by itself: which lists have it comes after. */
static bool is_unsound(const struct facts *facts, const struct entry *entry)
{
    enum { CERTIFICATES_END = 16 }; /* of the ranks by file: a request's come after */
    const struct finding *finding = entry->finding;
    const struct identity *identity = deployment_identity(&facts->deployment, finding->identity);
    if (!identity || finding->severity != SEVERITY_ERROR || finding->accepted || !entry->rule ||
        *entry->silent)
        return false;
    const char *const files[] = {identity->certificate_file, identity->bundle_file,
                                 identity->fullchain_file, identity->key_file};
    bool ranked = false, own = false;
    for (size_t i = 0; i < RANKS_MAX; i++)
        ranked = ranked ||
                 (entry->rule->ranks[i].order == ORDER_FILE && entry->rule->ranks[i].rank >= 0 &&
                  entry->rule->ranks[i].rank < CERTIFICATES_END);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        own = own || strcmp(finding->file, files[i]) == 0;
    return ranked && own;
}

static void settle_causes(const struct facts *facts, struct entry *entries, size_t count)
{
    struct strings unsound = {0};
    for (size_t i = 0; i < count; i++)
        if (is_unsound(facts, &entries[i]))
            strings_add_new(&unsound, entries[i].finding->identity);
    for (size_t i = 0; unsound.count && i < count; i++) {
        const char *cause = entries[i].finding->cause;
        char *identity = xstrndup(cause, strcspn(cause, "\t"));
        *entries[i].silent = *entries[i].silent || (*identity && strings_has(&unsound, identity));
        free(identity);
    }
    strings_free(&unsound);
}

static bool matches(const char *wanted, const char *value)
{
    return !*wanted || strcmp(wanted, value) == 0;
}

/* Until a day means that day included. */
static bool holds(const struct accept *accept, time_t at)
{
    time_t end;
    if (!*accept->until)
        return true;
    if (!clock_parse(accept->until, &end))
        return false;
    return at < end + (strchr(accept->until, 'T') ? 0 : SECONDS_A_DAY);
}

static void take_accepts(const struct facts *facts, struct finding *finding)
{
    const struct deployment *deployment = &facts->deployment;
    for (size_t i = 0; i < deployment->accept_count; i++) {
        const struct accept *accept = &deployment->accepts[i];
        if (strcmp(accept->rule, finding->id) == 0 && matches(accept->server, finding->server) &&
            matches(accept->service, finding->service) &&
            matches(accept->identity, finding->identity) && matches(accept->file, finding->file) &&
            holds(accept, facts->at)) {
            finding->accepted = true;
            finding_set(&finding->reason, accept->reason);
            finding_set(&finding->until, accept->until);
            return;
        }
    }
}

/* In the order of their ids: each rule is looked for once. */
static struct entry *entries_of(const struct findings *findings, bool *silent)
{
    size_t count = findings->count;
    struct entry *entries = xcalloc(count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct entry){&findings->items[i], NULL, &silent[i]};
    qsort(entries, count, sizeof *entries, by_rule);
    for (size_t i = 0; i < count; i++)
        entries[i].rule = i && strcmp(entries[i - 1].finding->id, entries[i].finding->id) == 0
                              ? entries[i - 1].rule
                              : rule_find(entries[i].finding->id);
    return entries;
}

void findings_settle(const struct facts *facts, enum rules_scope scope, struct findings *findings)
{
    bool *silent = xcalloc(findings->count + 1, sizeof *silent);
    struct entry *entries = entries_of(findings, silent);
    for (size_t i = 0; i < findings->count; i++)
        take_accepts(facts, &findings->items[i]);
    settle_repeats(entries, findings->count);
    for (int common = SAME_FILE; common <= SAME_SERVICE; common++)
        settle_common((enum common)common, entries, findings->count);
    settle_causes(facts, entries, findings->count);
    settle_places(scope, entries, findings->count);
    size_t kept = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (silent[i]) {
            finding_free(&findings->items[i]);
            continue;
        }
        findings->items[kept++] = findings->items[i];
    }
    findings->count = kept;
    free(entries);
    free(silent);
}
