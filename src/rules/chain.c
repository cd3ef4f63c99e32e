/* Chains and bundles (doc/rules.md). */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

#define CHAIN_LONG_COUNT 4
#define CHAIN_LONG_BYTES 10240

const struct cert *store_issuer(const struct judge *judge, const struct cert *cert,
                                const char **file)
{
    size_t steps = ISSUED_STEPS;
    for (size_t i = 0; i < judge->facts->scan.count; i++) {
        const struct store_file *one = &judge->facts->scan.files[i];
        for (size_t j = 0; !one->problem && j < one->pki.count; j++) {
            const struct object *object = &one->pki.objects[j];
            if (object->kind != OBJECT_CERT || cert_same(object->cert, cert) ||
                !cert_issued_within(cert, object->cert, &steps))
                continue;
            if (file)
                *file = one->name;
            return object->cert;
        }
    }
    return NULL;
}

/* The store has what is above a certificate, up to a root. */
static bool store_leads_on(const struct judge *judge, const struct cert *cert)
{
    for (size_t depth = 0; cert && depth < CHAIN_MAX; depth++) {
        if (cert->self_signed)
            return true;
        cert = store_issuer(judge, cert, NULL);
    }
    return false;
}

/* Where a missing issuer can be had. */
static void fetch(struct finding *finding, const struct rule *rule, const struct subject *s,
                  const struct cert *below)
{
    if (store_leads_on(s->judge, below)) {
        report_fix(finding, rule);
    } else if (*below->aia) {
        remedy_add(finding, "fetch %s", below->aia);
        remedy_add(finding, "certwright import %s/%s what it returns", s->judge->facts->store_path,
                   s->view->leaf_file);
    } else {
        remedy_chain(finding, s, "its chain");
    }
}

/* The state of a bundle, so far as its certificate is sound. */
struct look {
    struct certs pool;
    struct chain chain;
    bool root; /* a self-signed certificate is in the bundle */
};

static bool look_open(const struct subject *s, struct look *look)
{
    const struct view *view = s->view;
    *look = (struct look){0};
    if (s->role != ROLE_BUNDLE || s->trust || !s->file || s->file->problem || !view->leaf ||
        !view->roles)
        return false;
    certs_add(&look->pool, s->file);
    file_chain(s->judge, view, s->file, &look->chain);
    for (size_t i = 0; i < look->pool.count; i++)
        look->root = look->root || (look->pool.items[i]->self_signed &&
                                    !cert_same(look->pool.items[i], view->leaf));
    return look->pool.count > 0;
}

static const struct cert *chain_top(const struct chain *chain)
{
    return chain->certs[chain->count - 1];
}

/* The bundle goes some way up and has no root at all; else a link lacks in between. */
static bool stops_below_root(const struct look *look)
{
    return !look->chain.complete && look->chain.count > 1 && !look->root;
}

static void chain_broken(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct look look;
    if (look_open(s, &look) && !stops_below_root(&look)) {
        const struct cert *top = chain_top(&look.chain);
        if (!look.chain.complete) {
            struct finding *finding = report(
                out, rule, s, "%s does not lead %s to a root: the issuer of %s is missing, %s",
                s->name, s->view->leaf_file, top->subject, top->issuer);
            fetch(finding, rule, s, top);
        } else if (!look.chain.valid) {
            /* The root of a cluster is told of by itself. */
            bool told = is_no_ca_root(top) && view_require(s->judge, s->view, "ROOT-NO-CA");
            for (size_t i = 0; i < look.chain.count; i++)
                told = told || look.chain.certs[i]->not_after < s->judge->facts->at ||
                       look.chain.certs[i]->not_before > s->judge->facts->at;
            if (!told) {
                struct finding *finding =
                    report(out, rule, s, "%s does not verify with %s: %s (depth %d)",
                           s->view->leaf_file, s->name, look.chain.reason, look.chain.depth);
                remedy_chain(finding, s, "its chain");
            }
        }
    }
    certs_free(&look.pool);
}

static void bundle_no_root(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct look look;
    if (look_open(s, &look) && stops_below_root(&look)) {
        const struct cert *top = chain_top(&look.chain);
        struct finding *finding =
            report(out, rule, s,
                   "%s stops below its root %s: the service answers \"unable to get "
                   "issuer certificate\"",
                   s->name, top->issuer);
        fetch(finding, rule, s, top);
    }
    certs_free(&look.pool);
}

/* Each was issued by the next, from leaf (where it does not stand first itself) to a root. Of
 * several paths, cross-signed ones, any will do. */
static bool is_path(const struct certs *pool, const struct cert *leaf, const struct chain *chain)
{
    const struct cert *below = leaf;
    size_t skip = pool->count && cert_same(pool->items[0], leaf) ? 0 : 1;
    bool proven = chain->valid && chain->complete && pool->count + skip == chain->count;
    for (size_t i = 0; proven && i < pool->count; i++)
        proven = cert_same(pool->items[i], chain->certs[i + skip]);
    if (proven)
        return true;
    for (size_t i = 0; i < pool->count; i++) {
        if (i == 0 && cert_same(pool->items[0], leaf))
            continue;
        if (below->self_signed || !cert_issued_by(below, pool->items[i]))
            return false;
        below = pool->items[i];
    }
    return below->self_signed;
}

/* Certificates on the path, in the order in which they stand. */
static bool in_order(const struct certs *pool, const struct chain *chain, size_t from)
{
    size_t next = from;
    for (size_t i = 0; i < pool->count; i++)
        for (size_t j = from; j < chain->count; j++)
            if (cert_same(pool->items[i], chain->certs[j])) {
                if (j < next)
                    return false;
                next = j;
            }
    return true;
}

/* Releases in which a certificate's file is the leaf alone; later ones take a full chain there. */
/* What a service presents as it stands in the file: nobody sorts it on the way. */
static void fullchain_order(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct certs pool = {0};
    struct chain chain;
    if (!s->file || s->file->problem || !s->view->leaf || !s->view->roles ||
        !deployment_takes_chains(&s->judge->facts->deployment))
        return;
    certs_add(&pool, s->file);
    file_chain(s->judge, s->view, s->file, &chain);
    if (pool.count > 1 && cert_same(pool.items[0], s->view->leaf) && !in_order(&pool, &chain, 0)) {
        struct finding *finding =
            report(out, rule, s, "%s is not in order: each certificate is followed by its issuer",
                   s->name);
        finding->severity = SEVERITY_ERROR;
        report_fix(finding, rule);
    }
    certs_free(&pool);
}

static void bundle_order(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct look look;
    if (s->role == ROLE_CERTIFICATE && !s->trust)
        fullchain_order(rule, s, out);
    if (look_open(s, &look) && look.chain.complete &&
        !is_path(&look.pool, s->view->leaf, &look.chain) && !in_order(&look.pool, &look.chain, 1)) {
        struct finding *finding =
            report(out, rule, s, "%s is not in order: the issuer of %s comes first, its root last",
                   s->name, s->view->leaf_file);
        report_fix(finding, rule);
    }
    certs_free(&look.pool);
}

static void bundle_leaf(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct look look;
    if (look_open(s, &look) && certs_have(&look.pool, s->view->leaf) &&
        !(s->view->leaf->self_signed && look.pool.count == 1)) {
        struct finding *finding =
            report(out, rule, s, "%s holds %s itself; a bundle is its issuers alone", s->name,
                   s->view->leaf_file);
        report_fix(finding, rule);
    }
    certs_free(&look.pool);
}

/* Marks what is on some path up from leaf: cross-signed roots make several. Where hundreds have one
 * name, not every signature is tried, and no more is said to be on no path. */
static void mark_paths(const struct certs *pool, const struct chain *chain, bool *marked)
{
    const struct cert **open = xcalloc(pool->count + 1, sizeof *open);
    size_t count = 0, steps = ISSUED_STEPS;
    open[count++] = chain->certs[0];
    for (size_t i = 0; chain->valid && i < pool->count; i++)
        for (size_t j = 1; j < chain->count && !marked[i]; j++)
            if (cert_same(pool->items[i], chain->certs[j])) {
                marked[i] = true;
                open[count++] = pool->items[i];
            }
    for (size_t at = 0; at < count; at++)
        for (size_t i = 0; i < pool->count; i++)
            if (!marked[i] && !open[at]->self_signed &&
                (cert_issued_within(open[at], pool->items[i], &steps) || !steps)) {
                marked[i] = true;
                open[count++] = pool->items[i];
            }
    free(open);
}

static void bundle_extra(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct look look;
    if (look_open(s, &look) && look.chain.complete) {
        bool *marked = xcalloc(look.pool.count, sizeof *marked);
        mark_paths(&look.pool, &look.chain, marked);
        for (size_t i = 0; i < look.pool.count; i++) {
            const struct cert *cert = look.pool.items[i];
            if (marked[i] || cert_same(cert, s->view->leaf))
                continue;
            struct finding *finding =
                report(out, rule, s, "%s holds %s, which is on no path from %s", s->name,
                       cert->subject, s->view->leaf_file);
            report_fix(finding, rule);
        }
        free(marked);
    }
    certs_free(&look.pool);
}

/* Severity by component: an entry of its file without a verb lends it (guide 1.2.4). */
static void bundle_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (s->role != ROLE_BUNDLE || s->trust || s->file || !view->leaf || view->leaf->self_signed ||
        !(view->roles & 1u << ROLE_BUNDLE))
        return;
    struct chain own;
    if (view_is_one_file(view) || (view_chain(s->judge, view, &own, NULL) && own.complete))
        return; /* the certificate's own file has it, or FULLCHAIN-NEEDED says that it has not */
    const char *from = NULL;
    const struct cert *issuer = store_issuer(s->judge, view->leaf, &from);
    const struct require *lent = view_require(s->judge, view, rule->id);
    struct finding *finding;
    if (issuer && issuer->self_signed) {
        finding =
            report(out, rule, s, "%s was issued by the root %s, and there is no %s to show it",
                   view->leaf_file, issuer->subject, s->name);
        finding->severity = SEVERITY_NOTICE;
    } else {
        finding = report(out, rule, s, "%s was issued by %s, and there is no %s%s%s",
                         view->leaf_file, view->leaf->issuer, s->name,
                         lent && *lent->why ? ". " : "", lent ? lent->why : "");
        finding->severity = lent ? require_severity(lent) : SEVERITY_WARNING;
    }
    fetch(finding, rule, s, view->leaf);
}

static void cert_chain(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->role != ROLE_CERTIFICATE || s->trust || !s->file || s->file->problem ||
        !s->view->roles || deployment_takes_chains(&s->judge->facts->deployment))
        return;
    size_t count = pki_cert_count(&s->file->pki);
    if (count < 2)
        return;
    struct finding *finding = report(
        out, rule, s, "%s holds %zu certificates; here it is the leaf alone, its issuers are %s",
        s->name, count, view_name(s->view, ROLE_BUNDLE));
    report_fix(finding, rule);
}

static void bundle_format(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if ((s->role != ROLE_BUNDLE && s->role != ROLE_FULLCHAIN && s->role != ROLE_TRUST) || !s->file)
        return;
    unsigned flags = s->file->pki.flags;
    if (!(flags & (PEM_BETWEEN | PEM_NO_END | PEM_TRAILING)))
        return;
    struct finding *finding =
        report(out, rule, s, "%s has %s", s->name,
               flags & PEM_BETWEEN  ? "text, blanks or blank lines between its certificates"
               : flags & PEM_NO_END ? "no line end after its last END line"
                                    : "text, blanks or blank lines after its last END line");
    report_fix(finding, rule);
}

/* Guide D.1: Web Bridge 3 takes no bundle, so all of it is in one file. */
static void fullchain_needed(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (s->role != ROLE_FULLCHAIN || s->trust || !s->file || s->file->problem || !view->leaf)
        return;
    struct certs pool = {0};
    certs_add(&pool, s->file);
    struct chain chain;
    file_chain(s->judge, view, s->file, &chain);
    bool exact =
        pool.count && cert_same(pool.items[0], view->leaf) && is_path(&pool, view->leaf, &chain);
    const struct cert *top = chain_top(&chain);
    const struct store_file *bundle = view->files[ROLE_BUNDLE];
    bool told = false; /* the bundle of the same import lacks the same */
    if (!chain.complete && bundle && view->roles & 1u << ROLE_CERTIFICATE) {
        struct certs same = {0};
        certs_add(&same, bundle);
        told = same.count + 1 == pool.count;
        for (size_t i = 0; told && i < same.count; i++)
            told = cert_same(same.items[i], pool.items[i + 1]);
        certs_free(&same);
    }
    if (!chain.complete && !told) {
        struct finding *finding =
            report(out, rule, s, "%s is no full chain: it stops at %s, whose issuer %s is missing",
                   s->name, top->subject, top->issuer);
        fetch(finding, rule, s, top);
    } else if (chain.complete && !exact) {
        struct finding *finding =
            report(out, rule, s,
                   "%s is no full chain: it must be the leaf, its issuers in order, the root last",
                   s->name);
        report_fix(finding, rule);
    }
    certs_free(&pool);
}

static void chain_long(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct chain chain;
    const char *file = "";
    if (!s->view->roles || !view_chain(s->judge, s->view, &chain, &file))
        return;
    size_t bytes = 0;
    for (size_t i = 0; i < chain.count; i++)
        bytes += chain.certs[i]->der_bytes;
    if (chain.count <= CHAIN_LONG_COUNT && bytes <= CHAIN_LONG_BYTES)
        return;
    struct finding *finding =
        report(out, rule, s,
               "the chain of %s has %zu certificates of %zu bytes, which every handshake carries",
               s->view->leaf_file, chain.count, bytes);
    report_file(finding, file);
    remedy_chain(finding, s, "a shorter chain, if it has one");
}

static const struct rule rules[] = {
    {"CHAIN-BROKEN", "4.4", SEVERITY_ERROR, SCOPE_FILE, chain_broken, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 13}, {ORDER_CA, 1}}},
    {"BUNDLE-ORDER", "1.2.4", SEVERITY_WARNING, SCOPE_FILE, bundle_order, .fix = FIX_CHAIN,
     .graver = true, .ranks = {{ORDER_FILE, 14}}},
    {"BUNDLE-LEAF", "3.2", SEVERITY_ERROR, SCOPE_FILE, bundle_leaf, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 10}}},
    {"CERT-CHAIN", "3.2", SEVERITY_ERROR, SCOPE_FILE, cert_chain, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 9}}},
    {"BUNDLE-NO-ROOT", "1.2.4", SEVERITY_ERROR, SCOPE_FILE, bundle_no_root, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 12}}},
    {"BUNDLE-MISSING", "1.2.4", SEVERITY_WARNING, SCOPE_FILE, bundle_missing, .fix = FIX_CHAIN,
     .graver = true, .ranks = {{ORDER_FILE, 11}}},
    {"BUNDLE-EXTRA", "1.2.4", SEVERITY_WARNING, SCOPE_FILE, bundle_extra, .fix = FIX_CHAIN},
    {"BUNDLE-FORMAT", "4.7.1", SEVERITY_WARNING, SCOPE_FILE, bundle_format, .fix = FIX_CHAIN},
    {"FULLCHAIN-NEEDED", "1.2.4", SEVERITY_ERROR, SCOPE_FILE, fullchain_needed, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 12}}},
    {"CHAIN-LONG", "C", SEVERITY_NOTICE, SCOPE_IDENTITY, chain_long, .field = ""},
};
const struct group rules_chain = {rules, sizeof rules / sizeof *rules};
