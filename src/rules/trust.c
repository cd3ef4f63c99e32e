/* Trusts: whether each trust file holds what its reader must accept. */
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static const struct cert *target_leaf(const struct subject *s, size_t target)
{
    const struct view *view = judge_view(s->judge, s->trust->targets[target].identity);
    return view ? view->leaf : NULL;
}

static bool readable(const struct subject *s, struct certs *pool)
{
    *pool = (struct certs){0};
    certs_add(pool, s->file);
    return pool->count > 0;
}

/* Which service a target is, in words. */
static char *target_words(const struct trust_target *target)
{
    struct str words = {0};
    str_addf(&words, "%s on %s", target->service->component->title, target->service->server->name);
    return str_take(&words);
}

/* A trust file that is derived waits for its certificates: their absence is told of them. */
static bool waits(const struct subject *s)
{
    for (size_t i = 0; i < s->trust->target_count; i++) {
        const struct view *view = judge_view(s->judge, s->trust->targets[i].identity);
        struct chain chain;
        if (!view || !view->leaf)
            return true;
        if (trust_chains(s->trust->rule->how) &&
            (!view_chain(s->judge, view, &chain, NULL) || !chain.complete))
            return true;
    }
    return false;
}

static void trust_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->file || (!s->trust->given && waits(s)))
        return;
    char *target = s->trust->target_count ? target_words(&s->trust->targets[0]) : NULL;
    struct finding *finding =
        report(out, rule, s, "%s, by which %s on %s accepts %s%s, is not in the store", s->name,
               s->service->component->title, s->server->name, target ? target : "its peers",
               s->trust->target_count > 1 ? " and others" : "");
    report_fix(finding, rule);
    free(target);
}

/* What a pinned list has in the place of a leaf. */
enum lack { LACK_NOTHING, LACK_STALE, LACK_ISSUER, LACK_ALL };

static bool is_issuer(const struct subject *s, const struct cert *leaf, const struct cert *cert)
{
    struct chain chain;
    const struct view *view = NULL;
    for (size_t i = 0; i < s->trust->target_count; i++)
        if (target_leaf(s, i) == leaf)
            view = judge_view(s->judge, s->trust->targets[i].identity);
    if (cert_issued_by(leaf, cert))
        return true;
    if (!view || !view_chain(s->judge, view, &chain, NULL))
        return false;
    for (size_t i = 1; i < chain.count; i++)
        if (cert_same(chain.certs[i], cert))
            return true;
    return false;
}

/* certificate: the one found in the place of the leaf. */
static enum lack lack(const struct subject *s, const struct certs *pool, const struct cert *leaf,
                      const struct cert **found)
{
    *found = NULL;
    if (!leaf || certs_have(pool, leaf))
        return LACK_NOTHING;
    enum lack worst = LACK_ALL;
    for (size_t i = 0; i < pool->count; i++) {
        const struct cert *cert = pool->items[i];
        bool mine = memcmp(cert->key_id, leaf->key_id, KEY_ID_BYTES) == 0 ||
                    (strcmp(cert->subject, leaf->subject) == 0 && !cert->is_ca);
        bool other = false; /* the certificate that another target uses now */
        for (size_t j = 0; j < s->trust->target_count; j++) {
            const struct cert *its = target_leaf(s, j);
            other = other || (its && cert_same(its, cert));
        }
        if (mine && !other) {
            *found = cert;
            return LACK_STALE;
        }
        if (!other && is_issuer(s, leaf, cert)) {
            *found = cert;
            worst = LACK_ISSUER;
        }
    }
    return worst;
}

/* A store that checks chains: does the target's chain end in it? */
static bool accepts(const struct subject *s, const struct certs *pool, const struct view *view)
{
    struct chain chain, own;
    if (!view_chain(s->judge, view, &own, NULL) || !own.complete)
        return true;
    chain_verify(view->leaf, own.certs + 1, own.count - 1, pool->items, pool->count, PURPOSE_ANY,
                 NULL, s->judge->facts->at, &chain);
    if (chain.valid)
        return true;
    /* What is wrong with the chain itself is told of the chain. */
    return !own.valid;
}

static bool leaves_only(const struct certs *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        if (pool->items[i]->is_ca || pool->items[i]->self_signed)
            return false;
    return pool->count > 0;
}

/* Where CAs serve as well, what leads to a root is enough; beside an older certificate only where
 * the file is a chain or a list, not both by design. */
static enum lack lack_of_target(const struct subject *s, const struct certs *pool,
                                const struct cert *leaf, const struct view *view,
                                const struct cert **found)
{
    enum lack what = lack(s, pool, leaf, found);
    enum trust_how how = s->trust->rule->how;
    if (what == LACK_NOTHING || !trust_takes_cas(how) || (what == LACK_STALE && how == TRUST_BOTH))
        return what;
    if (!leaves_only(pool) && accepts(s, pool, view))
        return LACK_NOTHING;
    return what == LACK_STALE ? what : LACK_ALL;
}

static void pinned(const struct rule *rule, const struct subject *s, enum lack wanted,
                   struct findings *out)
{
    struct certs pool;
    bool some = trust_lists(s->trust->rule->how) && readable(s, &pool);
    for (size_t i = 0; some && i < s->trust->target_count; i++) {
        const struct cert *leaf = target_leaf(s, i), *found;
        const struct trust_target *target = &s->trust->targets[i];
        const struct view *view = judge_view(s->judge, target->identity);
        if (lack_of_target(s, &pool, leaf, view, &found) != wanted)
            continue;
        char *words = target_words(target);
        struct finding *finding;
        if (wanted == LACK_STALE)
            finding = report(out, rule, s,
                             "%s has an older certificate of %s (serial %s), not %s now "
                             "in use (serial %s)",
                             s->name, words, found->serial, view->leaf_file, leaf->serial);
        else if (wanted == LACK_ISSUER)
            finding = report(out, rule, s,
                             "%s has the issuer %s, and %s is accepted by its very "
                             "certificate %s only",
                             s->name, found->subject, words, view->leaf_file);
        else
            finding = report(
                out, rule, s, "%s lacks %s, the certificate of %s%s", s->name, view->leaf_file,
                words, trust_takes_cas(s->trust->rule->how) ? ", and the CA that signed it" : "");
        report_fix(finding, rule);
        free(words);
    }
    if (some)
        certs_free(&pool);
}

static void trust_stale(const struct rule *rule, const struct subject *s, struct findings *out)
{
    pinned(rule, s, LACK_STALE, out);
}

static void pinned_issuer(const struct rule *rule, const struct subject *s, struct findings *out)
{
    pinned(rule, s, LACK_ISSUER, out);
}

static void trust_complete(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct certs pool;
    if (s->trust->rule->how != TRUST_EITHER)
        pinned(rule, s, LACK_ALL, out);
    if (s->trust->rule->how != TRUST_CHAIN || !readable(s, &pool))
        return;
    for (size_t i = 0; !leaves_only(&pool) && i < s->trust->target_count; i++) {
        const struct view *view = judge_view(s->judge, s->trust->targets[i].identity);
        if (!view || !view->leaf || accepts(s, &pool, view))
            continue;
        char *words = target_words(&s->trust->targets[i]);
        struct finding *finding =
            report(out, rule, s, "%s does not lead %s, the certificate of %s, to a root", s->name,
                   view->leaf_file, words);
        report_fix(finding, rule);
        free(words);
    }
    certs_free(&pool);
}

/* Guide 4.12: a chain serves as well as a list, so that the list alone is not what lacks. */
static void cluster_validate(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->trust->rule->how == TRUST_EITHER)
        pinned(rule, s, LACK_ALL, out);
}

static void chain_store_leaf(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct certs pool;
    if (s->trust->rule->how != TRUST_CHAIN || !readable(s, &pool))
        return;
    if (leaves_only(&pool)) {
        struct finding *finding =
            report(out, rule, s, "%s holds the leaf %s alone, and %s checks chains up to a root",
                   s->name, pool.items[0]->subject, s->service->component->title);
        report_fix(finding, rule);
    }
    certs_free(&pool);
}

static const struct rule rules[] = {
    {"TRUST-MISSING", "4.7.1", SEVERITY_ERROR, SCOPE_TRUST, trust_missing, .fix = FIX_TRUST,
     .ranks = {{ORDER_FILE, 20}}},
    {"PINNED-ISSUER", "210800", SEVERITY_ERROR, SCOPE_TRUST, pinned_issuer, .fix = FIX_TRUST,
     .ranks = {{ORDER_FILE, 21}}},
    {"TRUST-STALE", "4.7.1", SEVERITY_ERROR, SCOPE_TRUST, trust_stale, .fix = FIX_TRUST,
     .ranks = {{ORDER_FILE, 23}}},
    {"TRUST-BUNDLE-COMPLETE", "4.7.1", SEVERITY_ERROR, SCOPE_TRUST, trust_complete,
     .fix = FIX_TRUST, .ranks = {{ORDER_FILE, 24}}},
    {"CLUSTER-VALIDATE", "4.12", SEVERITY_ERROR, SCOPE_TRUST, cluster_validate, .fix = FIX_TRUST,
     .ranks = {{ORDER_FILE, 24}}},
    {"CHAIN-STORE-LEAF", "217062", SEVERITY_WARNING, SCOPE_TRUST, chain_store_leaf,
     .fix = FIX_TRUST},
};
const struct group rules_trust = {rules, sizeof rules / sizeof *rules};
