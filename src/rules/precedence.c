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
    [ORDER_FILE] = SAME_FILE,       [ORDER_SAN] = SAME_IDENTITY,
    [ORDER_CN] = SAME_IDENTITY,     [ORDER_WILDCARD] = SAME_IDENTITY,
    [ORDER_CLIENT] = SAME_IDENTITY, [ORDER_SIGNER] = SAME_IDENTITY,
    [ORDER_NAME] = SAME_SERVICE,    [ORDER_PRESENT] = SAME_SERVICE,
    [ORDER_SET] = SAME_IDENTITY,    [ORDER_VALIDATE] = SAME_SERVICE,
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
    qsort(entries, count, sizeof *entries, by_rule);
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

/* The same of the same certificate or file, wherever it is. */
static int by_fault(const void *left, const void *right)
{
    const struct finding *a = ((const struct entry *)left)->finding;
    const struct finding *b = ((const struct entry *)right)->finding;
    const char *const keys[][2] = {
        {a->id, b->id}, {a->identity, b->identity}, {a->file, b->file}, {a->message, b->message}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int order = strcmp(keys[i][0], keys[i][1]);
        if (order)
            return order;
    }
    const struct entry *one = left, *other = right;
    if (*one->silent != *other->silent)
        return *one->silent ? 1 : -1;
    if (a->accepted != b->accepted)
        return a->accepted ? 1 : -1;
    return a < b ? -1 : a > b;
}

static bool is_one_fault(const struct entry *one, const struct entry *other)
{
    const struct finding *a = one->finding, *b = other->finding;
    return !*one->silent && !*other->silent && (*a->identity || *a->file) &&
           a->severity == b->severity && a->accepted == b->accepted && strcmp(a->id, b->id) == 0 &&
           strcmp(a->identity, b->identity) == 0 && strcmp(a->file, b->file) == 0 &&
           strcmp(a->message, b->message) == 0;
}

/* The first of them tells of the others, and what is to be done there. */
static void settle_places(struct entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, by_fault);
    for (size_t start = 0, end; start < count; start = end) {
        struct finding *first = entries[start].finding;
        struct strings servers = {0};
        for (end = start + 1; end < count && is_one_fault(&entries[start], &entries[end]); end++) {
            const struct finding *other = entries[end].finding;
            *entries[end].silent = true;
            remedy_join(first, other->remedy);
            if (strcmp(other->server, first->server) != 0)
                strings_add_new(&servers, other->server);
        }
        if (servers.count) {
            size_t length = strlen(first->message);
            const char *stop = length && first->message[length - 1] == '.' ? "" : ".";
            char *names = strings_join(&servers, ", ");
            finding_take(&first->message,
                         xformat("%s%s The same on %s", first->message, stop, names));
            free(names);
        }
        strings_free(&servers);
    }
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

void findings_settle(const struct facts *facts, struct findings *findings)
{
    bool *silent = xcalloc(findings->count + 1, sizeof *silent);
    struct entry *entries = xcalloc(findings->count + 1, sizeof *entries);
    for (size_t i = 0; i < findings->count; i++)
        entries[i] =
            (struct entry){&findings->items[i], rule_find(findings->items[i].id), &silent[i]};
    for (size_t i = 0; i < findings->count; i++)
        take_accepts(facts, &findings->items[i]);
    settle_repeats(entries, findings->count);
    for (int common = SAME_FILE; common <= SAME_SERVICE; common++)
        settle_common((enum common)common, entries, findings->count);
    settle_places(entries, findings->count);
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
