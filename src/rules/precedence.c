/* One fault, one error: a rule is silent where another has named the same thing for a deeper reason
 * (RULES.md); then what deployment.conf accepts knowingly. */
#include "base/clock.h"
#include "base/mem.h"
#include "rules/rule.h"

#include <stdlib.h>
#include <string.h>

/* What two findings must have in common for the deeper one to silence the other. */
enum common { SAME_FILE, SAME_IDENTITY, SAME_SERVICE };

struct rank {
    const char *id;
    enum common common;
    int group; /* only findings of one group silence each other */
    int level; /* the lower silences the higher */
};

static const struct rank ranks[] = {
    {"NAME-EXT", SAME_FILE, 0, -1}, /* the store does not even see it */
    {"FILE-MISSING", SAME_FILE, 0, 0},
    {"FILE-KIND", SAME_FILE, 0, 1},
    {"PEM-UTF16", SAME_FILE, 0, 2},
    {"PEM-GLUED", SAME_FILE, 0, 3},
    {"PEM-INDENTED", SAME_FILE, 0, 4},
    {"PEM-BOM", SAME_FILE, 0, 5},
    {"KEY-LOCKED", SAME_FILE, 0, 6},
    {"KEY-MATCH", SAME_FILE, 0, 7},
    {"FULLCHAIN-FIRST", SAME_FILE, 0, 8},
    {"CERT-CHAIN", SAME_FILE, 0, 9},
    {"BUNDLE-LEAF", SAME_FILE, 0, 10},
    {"BUNDLE-MISSING", SAME_FILE, 0, 11},
    {"FULLCHAIN-NEEDED", SAME_FILE, 0, 12},
    {"BUNDLE-NO-ROOT", SAME_FILE, 0, 12},
    {"CHAIN-BROKEN", SAME_FILE, 0, 13},
    {"BUNDLE-ORDER", SAME_FILE, 0, 14},
    {"EXPIRED", SAME_FILE, 0, 15},
    {"NOT-YET", SAME_FILE, 0, 15},
    {"TRUST-MISSING", SAME_FILE, 0, 20},
    {"PINNED-ISSUER", SAME_FILE, 0, 21},
    {"XMPP-VALIDATE-CORE", SAME_FILE, 0, 22},
    {"TRUST-STALE", SAME_FILE, 0, 23},
    {"TRUST-BUNDLE-COMPLETE", SAME_FILE, 0, 24},

    {"XMPP-SAN-REQUIRED", SAME_IDENTITY, 1, 0},
    {"SAN-NONE", SAME_IDENTITY, 1, 0},
    {"XMPP-DOMAIN-SAN", SAME_IDENTITY, 1, 1},
    {"XMPP-DNS-NAME", SAME_IDENTITY, 1, 1},
    {"CN-IN-SAN", SAME_IDENTITY, 1, 1},

    {"WB-CN-A-RECORD", SAME_SERVICE, 2, 0},
    {"XMPP-DOMAIN-SAN", SAME_SERVICE, 2, 0},
    {"XMPP-DNS-NAME", SAME_SERVICE, 2, 0},
    {"C2W-NAME", SAME_SERVICE, 2, 0},
    {"DBSERVER-SAN", SAME_SERVICE, 2, 0},
    {"SAN-MISSING", SAME_SERVICE, 2, 1},

    {"CN-MISSING", SAME_IDENTITY, 3, 0},
    {"DBCLIENT-CN", SAME_IDENTITY, 3, 1},
    {"LYNC-CN", SAME_IDENTITY, 3, 1},
    {"CN-FQDN", SAME_IDENTITY, 3, 2},

    {"WILDCARD-MALFORMED", SAME_IDENTITY, 4, 0},
    {"WILDCARD-CUCM", SAME_IDENTITY, 4, 1},
    {"WILDCARD", SAME_IDENTITY, 4, 2},

    {"EKU-CUCM", SAME_IDENTITY, 5, 0},
    {"EKU-CLIENT", SAME_IDENTITY, 5, 1},

    {"SELF-FORBIDDEN", SAME_IDENTITY, 6, 0},
    {"SELF-CUCM", SAME_IDENTITY, 6, 1},
    {"SELF-WB3", SAME_IDENTITY, 6, 2},
    {"SIGNER-PUBLIC", SAME_IDENTITY, 6, 3},
    {"SELF-PRODUCTION", SAME_IDENTITY, 6, 4},

    {"DB-CERTS", SAME_SERVICE, 7, 0},
    {"TLS-PORT-NO-CERT", SAME_SERVICE, 7, 0},
    {"FILE-MISSING", SAME_SERVICE, 7, 1},
};
#define RANK_COUNT (sizeof ranks / sizeof *ranks)

/* An error is never silent for a warning's sake. */
static bool silences(enum common common, const struct finding *deep, const struct finding *other)
{
    if (deep->severity > other->severity)
        return false;
    for (size_t i = 0; i < RANK_COUNT; i++) {
        if (ranks[i].common != common || strcmp(ranks[i].id, deep->id) != 0)
            continue;
        for (size_t j = 0; j < RANK_COUNT; j++)
            if (ranks[j].group == ranks[i].group && ranks[j].level > ranks[i].level &&
                strcmp(ranks[j].id, other->id) == 0)
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

/* A finding and whether it stays. */
struct entry {
    const struct finding *finding;
    bool *silent;
};

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
                *entries[i].silent = silences(common, entries[j].finding, entries[i].finding);
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
            holds(accept, facts->at))
            finding->accepted = true;
    }
}

void findings_settle(const struct facts *facts, struct findings *findings)
{
    bool *silent = xcalloc(findings->count + 1, sizeof *silent);
    struct entry *entries = xcalloc(findings->count + 1, sizeof *entries);
    for (size_t i = 0; i < findings->count; i++)
        entries[i] = (struct entry){&findings->items[i], &silent[i]};
    settle_repeats(entries, findings->count);
    for (int common = SAME_FILE; common <= SAME_SERVICE; common++)
        settle_common((enum common)common, entries, findings->count);
    size_t kept = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (silent[i]) {
            finding_free(&findings->items[i]);
            continue;
        }
        findings->items[kept] = findings->items[i];
        take_accepts(facts, &findings->items[kept++]);
    }
    findings->count = kept;
    free(entries);
    free(silent);
}
