/* Trusts: whether each trust file holds what its reader must accept. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

const struct trust_rule *trust_rule_named(const struct subject *s)
{
    const char *from = s->require->names.count ? s->require->names.items[0] : "";
    if (*from != '{')
        return NULL;
    char *hole = xstrndup(from + 1, strcspn(from + 1, "}"));
    const struct trust_rule *rule = component_trust(s->service->component, hole);
    free(hole);
    return rule;
}

const struct trust *trust_named(const struct subject *s)
{
    const struct trust_rule *rule = trust_rule_named(s);
    return rule ? trusts_find(&s->judge->facts->trusts, s->service, rule->name) : NULL;
}

static const struct cert *target_leaf(const struct subject *s, size_t target)
{
    const struct view *view = judge_view(s->judge, s->trust->need->targets[target].identity);
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

/* "Call Bridge on core1 accepts", or with the others that need the same. */
static char *readers_words(const struct subject *s)
{
    const char *title = s->service->component->title, *server = s->server->name;
    if (!s->others)
        return xformat("%s on %s accepts", title, server);
    return xformat("%s on %s and %zu %s accept", title, server, s->others,
                   s->others == 1 ? "other" : "others");
}

/* Their absence is told of them. */
bool trust_waits(const struct subject *s)
{
    for (size_t i = 0; i < s->trust->need->target_count; i++) {
        const struct view *view = judge_view(s->judge, s->trust->need->targets[i].identity);
        struct chain chain;
        if (!view || !view->leaf)
            return true;
        if (trust_chains(s->trust->rule->how) &&
            (!view_chain(s->judge, view, &chain, NULL) || !chain.complete))
            return true;
    }
    return false;
}

/* Another key's certificate lies in the place of the CA's, as KEY-MATCH says. */
static bool is_strange(const struct view *ca)
{
    const struct store_file *file = ca->files[ROLE_KEY];
    const struct key *key = file && !file->problem ? pki_first_key(&file->pki) : NULL;
    const struct cert *cert = pki_first_cert(&ca->files[ROLE_CERTIFICATE]->pki);
    return cert && key && !key->encrypted && memcmp(key->id, cert->key_id, KEY_ID_BYTES) != 0;
}

/* It would be the file of the CA, an identity here, which lacks or is wrong, and is told of for a
 * slot. */
static bool is_told_of_signer(const struct subject *s)
{
    if (s->trust->given || !trust_chains(s->trust->rule->how))
        return false;
    for (size_t i = 0; i < s->trust->need->target_count; i++) {
        const struct view *view = judge_view(s->judge, s->trust->need->targets[i].identity);
        const struct identity *signer =
            view ? deployment_identity(&s->judge->facts->deployment, view->identity->signer) : NULL;
        const struct view *ca = signer ? judge_view(s->judge, signer) : NULL;
        if (!ca || (ca->files[ROLE_CERTIFICATE] && !is_strange(ca)) ||
            !(ca->roles & 1u << ROLE_CERTIFICATE))
            return false;
    }
    return true;
}

static void trust_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->file || (!s->trust->given && trust_waits(s)) || is_told_of_signer(s))
        return;
    const struct trust_need *need = s->trust->need;
    char *readers = readers_words(s), *target = target_words(&need->targets[0]);
    struct finding *finding =
        report(out, rule, s, "%s, by which %s %s%s, is not in the store", s->name, readers, target,
               need->target_count > 1 ? " and others" : "");
    report_fix(finding, rule);
    free(readers);
    free(target);
}

/* What a pinned list has in the place of a leaf. */
enum lack { LACK_NOTHING, LACK_STALE, LACK_ISSUER, LACK_ALL };

/* A list beside those whose certificates it is for. */
struct list {
    struct certs pool;
    bool *in_use; /* one a certificate of the pool: a target uses it now */
    bool *has;    /* one a target: the pool has its leaf, or there is none */
};

static int compare_certs(const void *left, const void *right)
{
    const struct cert *a = **(const struct cert *const *const *)left,
                      *b = **(const struct cert *const *const *)right;
    return memcmp(a->id, b->id, sizeof a->id);
}

/* Both ways at once, each certificate looked up in the sorted others. */
static void list_compare(const struct subject *s, struct list *list)
{
    const struct cert **pool = list->pool.items, ***sorted;
    size_t count = list->pool.count;
    sorted = xcalloc(count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &pool[i];
    qsort(sorted, count, sizeof *sorted, compare_certs);
    for (size_t i = 0; i < s->trust->need->target_count; i++) {
        const struct cert *leaf = target_leaf(s, i), **key = &leaf;
        const struct cert ***found =
            leaf ? bsearch(&key, sorted, count, sizeof *sorted, compare_certs) : NULL;
        list->has[i] = !leaf || found;
        while (found && found > sorted && cert_same(**(found - 1), leaf))
            found--;
        for (; found && found < sorted + count && cert_same(**found, leaf); found++)
            list->in_use[*found - pool] = true;
    }
    free(sorted);
}

static bool list_open(const struct subject *s, struct list *list)
{
    *list = (struct list){0};
    if (!trust_lists(s->trust->rule->how) || !readable(s, &list->pool))
        return false;
    list->in_use = xcalloc(list->pool.count, sizeof *list->in_use);
    list->has = xcalloc(s->trust->need->target_count, sizeof *list->has);
    list_compare(s, list);
    return true;
}

static void list_close(struct list *list)
{
    certs_free(&list->pool);
    free(list->in_use);
    free(list->has);
}

static bool is_issuer(const struct subject *s, const struct view *view, const struct cert *cert)
{
    struct chain chain;
    if (cert_issued_by(view->leaf, cert))
        return true;
    if (!view_chain(s->judge, view, &chain, NULL))
        return false;
    for (size_t i = 1; i < chain.count; i++)
        if (cert_same(chain.certs[i], cert))
            return true;
    return false;
}

/* found: the one in the place of the view's leaf, which the list has not. */
static enum lack lack(const struct subject *s, const struct list *list, const struct view *view,
                      const struct cert **found)
{
    const struct cert *leaf = view->leaf;
    enum lack worst = LACK_ALL;
    for (size_t i = 0; i < list->pool.count; i++) {
        const struct cert *cert = list->pool.items[i];
        if (list->in_use[i]) /* by another target */
            continue;
        if (memcmp(cert->key_id, leaf->key_id, KEY_ID_BYTES) == 0 ||
            (strcmp(cert->subject, leaf->subject) == 0 && !cert->is_ca)) {
            *found = cert;
            return LACK_STALE;
        }
        if (is_issuer(s, view, cert)) {
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
    if (!own.valid || certs_have(pool, own.certs[own.count - 1]))
        return true; /* what is wrong with the chain itself is told of the chain */
    chain_verify(view->leaf, own.certs + 1, own.count - 1, pool->items, pool->count, PURPOSE_ANY,
                 NULL, s->judge->facts->at, &chain);
    return chain.valid;
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
static enum lack lack_of_target(const struct subject *s, const struct list *list, size_t target,
                                const struct cert **found)
{
    const struct view *view = judge_view(s->judge, s->trust->need->targets[target].identity);
    enum trust_how how = s->trust->rule->how;
    *found = NULL;
    if (list->has[target])
        return LACK_NOTHING;
    enum lack what = lack(s, list, view, found);
    if (!trust_takes_cas(how) || (what == LACK_STALE && how == TRUST_BOTH))
        return what;
    if (!leaves_only(&list->pool) && accepts(s, &list->pool, view))
        return LACK_NOTHING;
    return what == LACK_STALE ? what : LACK_ALL;
}

static void tell_lack(const struct rule *rule, const struct subject *s, size_t target,
                      enum lack what, const struct cert *found, struct findings *out)
{
    const struct view *view = judge_view(s->judge, s->trust->need->targets[target].identity);
    char *words = target_words(&s->trust->need->targets[target]);
    struct finding *finding;
    if (what == LACK_STALE)
        finding = report(out, rule, s,
                         "%s has an older certificate of %s (serial %s), not %s now "
                         "in use (serial %s)",
                         s->name, words, found->serial, view->leaf_file, view->leaf->serial);
    else if (what == LACK_ISSUER)
        finding = report(out, rule, s,
                         "%s has the issuer %s, and %s is accepted by its very "
                         "certificate %s only",
                         s->name, found->subject, words, view->leaf_file);
    else
        finding = report(out, rule, s, "%s lacks %s, the certificate of %s%s", s->name,
                         view->leaf_file, words,
                         trust_takes_cas(s->trust->rule->how) ? ", and the CA that signed it" : "");
    finding->target = target + 1;
    finding_take(&finding->cause,
                 xformat("%s\t%s", view->identity->name, found ? found->serial : ""));
    report_fix(finding, rule);
    free(words);
}

/* A CA in the place of a list: one fault, of as many certificates as it has signed. */
static bool tell_one_issuer(const struct rule *rule, const struct subject *s,
                            const struct list *list, struct findings *out)
{
    const struct trust_need *need = s->trust->need;
    const struct cert *first = NULL, *found;
    for (size_t i = 0; i < need->target_count; i++) {
        if (lack_of_target(s, list, i, &found) != LACK_ISSUER || (first && found != first))
            return false;
        first = found;
    }
    if (need->target_count < 2)
        return false;
    char *words = target_words(&need->targets[0]);
    struct finding *finding = report(
        out, rule, s,
        "%s has the issuer %s, and %s and %zu %s are accepted by their very certificates only",
        s->name, first->subject, words, need->target_count - 1,
        need->target_count == 2 ? "other" : "others");
    finding_take(&finding->cause, xformat("\t%s", first->serial));
    report_fix(finding, rule);
    free(words);
    return true;
}

static void pinned(const struct rule *rule, const struct subject *s, enum lack wanted,
                   struct findings *out)
{
    struct list list;
    const struct cert *found;
    bool some = list_open(s, &list);
    if (some && wanted == LACK_ISSUER && tell_one_issuer(rule, s, &list, out))
        some = false;
    for (size_t i = 0; some && i < s->trust->need->target_count; i++)
        if (lack_of_target(s, &list, i, &found) == wanted)
            tell_lack(rule, s, i, wanted, found, out);
    list_close(&list);
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
    for (size_t i = 0; !leaves_only(&pool) && i < s->trust->need->target_count; i++) {
        const struct view *view = judge_view(s->judge, s->trust->need->targets[i].identity);
        if (!view || !view->leaf || accepts(s, &pool, view))
            continue;
        char *words = target_words(&s->trust->need->targets[i]);
        struct finding *finding =
            report(out, rule, s, "%s does not lead %s, the certificate of %s, to a root", s->name,
                   view->leaf_file, words);
        finding->target = i + 1;
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
