/* Where each trust stands, by the rules that judge it. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static bool has_certificates(const struct store_file *file)
{
    struct certs pool = {0};
    certs_add(&pool, file);
    bool has = pool.count > 0;
    certs_free(&pool);
    return has;
}

/* A file without a certificate in it is for the rules of files. */
static void judge_trust(const struct subject *subject, struct trust_verdict *out)
{
    bool damaged = subject->file && !has_certificates(subject->file);
    rules_ask(damaged ? SCOPE_FILE : SCOPE_TRUST, subject, &out->findings);
    out->state = !out->findings.count ? trust_waits(subject) ? TRUST_WAITS : TRUST_OK
                 : subject->file      ? TRUST_STALE
                                      : TRUST_MISSING;
}

void rules_verdicts(const struct facts *facts, struct trust_verdicts *out)
{
    const struct trusts *trusts = &facts->trusts;
    *out = (struct trust_verdicts){0};
    out->items = xcalloc(trusts->count + 1, sizeof *out->items);
    out->of = xcalloc(trusts->count + 1, sizeof *out->of);
    struct judge judge;
    judge_open(facts, RULES_ALL, &judge);
    for (size_t start = 0, end; start < trusts->count; start = end) {
        struct subject subject;
        end = trust_group(&judge, start, &subject);
        for (size_t i = start; i < end; i++)
            out->of[trusts->by_file[i] - trusts->items] = out->count;
        judge_trust(&subject, &out->items[out->count++]);
    }
    judge_close(&judge);
}

void rules_verdicts_free(struct trust_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++)
        findings_free(&verdicts->items[i].findings);
    free(verdicts->items);
    free(verdicts->of);
    *verdicts = (struct trust_verdicts){0};
}

bool verdict_accepts(const struct trust_verdict *verdict, size_t target)
{
    for (size_t i = 0; i < verdict->findings.count; i++)
        if (!verdict->findings.items[i].target || verdict->findings.items[i].target == target + 1)
            return false;
    return true;
}
