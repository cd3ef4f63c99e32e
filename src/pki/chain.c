#include "pki/chain.h"

#include "base/mem.h"
#include "pki/names.h"
#include "pki/object.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X509_verify_cert takes the first issuer that looks right and does not turn back when it proves
 * wrong (two CAs of one name, cross-signed ones). So every path is built here, and each is handed
 * to OpenSSL alone, to be judged and not to be searched. */

/* A signature, a certificate looked at, a certificate judged: each is a step. Hostile pools
 * (hundreds of CAs of one name) end here instead of running on. */
#define WORK_STEPS 10000
#define ISSUERS_MAX 64 /* of one certificate: more of one name and key is nobody's PKI */

struct links {
    size_t *at; /* indexes of nodes */
    size_t count;
    bool known;
    bool is_signed; /* by these very keys; else by name only, for want of better */
    bool unproven;  /* is_signed was not looked at yet: there is only one */
    struct node *only;
};
struct node {
    const struct cert *cert;
    X509 *x509; /* NULL: not needed yet */
    bool is_anchor;
    struct links issuers;
};
/* A path that held under one leaf: where only the leaf is another, only the leaf is judged. */
struct proven {
    const struct node *issuer;
    struct chain chain; /* certs[0] is that leaf */
};
struct search {
    struct node leaf, *nodes;
    size_t count;
    enum purpose purpose;
    const char *host; /* NULL: any */
    time_t at;
    size_t steps_left;
    struct node *path[CHAIN_MAX];
    size_t depth;
    struct chain *best;
    int best_grade;
    time_t best_end;
    struct chain *all; /* every path that holds, CHAINS_MAX at most; NULL: the best alone */
    size_t all_count;
    bool is_partial; /* path ends in a CA that is known to be good */
};
struct verifier {
    struct search search;
    struct proven *proven;
    size_t proven_count;
};

/* How near a path is to holding; less is better. */
enum grade {
    GRADE_VALID,
    GRADE_LEAF_OR_TIME,
    GRADE_REFUSED,
    GRADE_BROKEN_OFF,
    GRADE_OTHER_KEY,
    GRADE_NONE
};

static bool spend(struct search *search, size_t steps)
{
    bool enough = search->steps_left >= steps;
    search->steps_left = enough ? search->steps_left - steps : 0;
    return enough;
}

static X509 *node_x509(struct node *node)
{
    if (!node->x509)
        node->x509 = cert_x509(node->cert);
    return node->x509;
}

static bool is_named_issuer(struct node *node, struct node *issuer)
{
    return cert_may_issue(issuer->cert, node->cert) &&
           X509_NAME_cmp(X509_get_issuer_name(node_x509(node)),
                         X509_get_subject_name(node_x509(issuer))) == 0;
}

/* Name, authority key identifier and the use of the key agree. */
static bool is_likely_issuer(struct node *node, struct node *issuer)
{
    return X509_check_issued(node_x509(issuer), node_x509(node)) == X509_V_OK;
}

/* Anchors first, then those that the key identifier names, then the one that lasts longest: where
 * the bound on work cuts the search short, the likely paths have been seen. */
static bool comes_before(struct search *search, struct node *below, size_t a, size_t b)
{
    struct node *x = &search->nodes[a], *y = &search->nodes[b];
    if (x->is_anchor != y->is_anchor)
        return x->is_anchor;
    if (x->cert->self_signed != y->cert->self_signed) /* a root's name without its signature */
        return x->cert->self_signed;
    bool x_likely = is_likely_issuer(below, x), y_likely = is_likely_issuer(below, y);
    return x_likely != y_likely ? x_likely : x->cert->not_after > y->cert->not_after;
}

static void links_add(struct search *search, struct node *below, struct links *links, size_t index)
{
    for (size_t i = 0; i < links->count; i++) {
        struct node *old = &search->nodes[links->at[i]];
        if (!cert_same(old->cert, search->nodes[index].cert))
            continue;
        old->is_anchor = old->is_anchor || search->nodes[index].is_anchor;
        return;
    }
    if (links->count < ISSUERS_MAX) {
        links->at = grow(links->at, links->count, sizeof *links->at);
        links->count++;
    } else if (!comes_before(search, below, index, links->at[ISSUERS_MAX - 1])) {
        return;
    }
    size_t place = links->count - 1;
    for (; place > 0 && comes_before(search, below, index, links->at[place - 1]); place--)
        links->at[place] = links->at[place - 1];
    links->at[place] = index;
}

static size_t signature_steps(struct node *issuer)
{
    return 1 + key_steps(X509_get0_pubkey(node_x509(issuer)));
}

/* The one certificate of the issuer's name; NULL where there are several, or none. */
static struct node *only_issuer(struct search *search, struct node *below)
{
    struct node *only = NULL;
    for (size_t i = 0; i < search->count; i++) {
        struct node *node = &search->nodes[i];
        if (!is_named_issuer(below, node) || cert_same(below->cert, node->cert) ||
            (only && cert_same(only->cert, node->cert)))
            continue;
        if (only)
            return NULL;
        only = node;
    }
    return only;
}

/* Was the node signed by its issuers' keys? Where there is but one, nothing hangs on it until a
 * path fails. */
static bool is_signed(struct node *node)
{
    struct links *links = &node->issuers;
    if (links->unproven)
        links->is_signed = x509_issued(node_x509(links->only), node_x509(node));
    links->unproven = false;
    return links->is_signed;
}

/* The certificates that may stand above: those whose key made the signature, or where there are
 * none, those of the right name, so that the failure told is the signature's. */
static const struct links *issuers_of(struct search *search, struct node *node)
{
    struct links *links = &node->issuers;
    if (links->known)
        return links;
    links->known = true;
    struct node *only = only_issuer(search, node);
    if (only && is_likely_issuer(node, only) && spend(search, signature_steps(only))) {
        links_add(search, node, links, (size_t)(only - search->nodes));
        links->unproven = true;
        links->only = only;
        return links;
    }
    struct links by_name = {0};
    for (size_t i = 0; i < search->count; i++) {
        struct node *other = &search->nodes[i];
        if (!is_named_issuer(node, other) || cert_same(node->cert, other->cert))
            continue;
        if (!spend(search, signature_steps(other)))
            break;
        if (x509_issued(node_x509(other), node_x509(node)))
            links_add(search, node, links, i);
        else if (is_likely_issuer(node, other))
            links_add(search, node, &by_name, i);
    }
    links->is_signed = links->count > 0;
    if (links->is_signed)
        free(by_name.at);
    else
        *links = (struct links){.at = by_name.at, .count = by_name.count, .known = true};
    return links;
}

/* OpenSSL asks for the issuer of x: the next one of our path, no other. The last one is its own,
 * when it is an anchor. */
static int next_issuer(X509 **issuer, X509_STORE_CTX *context, X509 *x)
{
    const struct search *search = X509_STORE_CTX_get_app_data(context);
    for (size_t i = 0; i < search->depth; i++) {
        if (search->path[i]->x509 != x)
            continue;
        size_t next = i + 1 < search->depth ? i + 1 : i;
        X509 *found = node_x509(search->path[next]);
        if (next == i && !search->path[i]->is_anchor)
            return 0;
        if (X509_STORE_CTX_get_check_issued(context)(context, x, found) != 1 || !X509_up_ref(found))
            return 0;
        *issuer = found;
        return 1;
    }
    return 0;
}

static void chain_fail(struct chain *chain, int error, int depth)
{
    chain->valid = error == X509_V_OK;
    chain->error = error;
    chain->depth = depth;
    chain->reason = chain->valid ? "" : X509_verify_cert_error_string(error);
}

/* The path ends in a root whose own signature holds, and OpenSSL can't take a certificate below it
 * for a root: one that is issued by its own name, but by another key, would pass without its
 * signature being looked at. */
static bool is_proven_root(const struct search *search)
{
    for (size_t i = 0; i + 1 < search->depth; i++)
        if (search->path[i]->cert->self_issued)
            return false;
    return search->path[search->depth - 1]->cert->self_signed;
}

/* OpenSSL's verdict on the present path: the leaf is the only untrusted certificate, so that a path
 * broken off above the first issuer gives error 2 as on the appliance (guide 4.4). */
static void judge(struct search *search, struct chain *chain)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM, depth = 0;
    if (store && context) {
        X509_STORE_set_get_issuer(store, next_issuer);
        if (X509_STORE_CTX_init(context, store, node_x509(&search->leaf), NULL)) {
            X509_STORE_CTX_set_app_data(context, search);
            X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
            /* That the roots sign themselves was found out when they were read. */
            X509_VERIFY_PARAM_set_flags(
                param, (is_proven_root(search) ? 0 : X509_V_FLAG_CHECK_SS_SIGNATURE) |
                           (search->is_partial ? X509_V_FLAG_PARTIAL_CHAIN : 0));
            X509_VERIFY_PARAM_set_time(param, search->at);
            if (search->purpose != PURPOSE_ANY)
                X509_VERIFY_PARAM_set_purpose(param, search->purpose == PURPOSE_SERVER
                                                         ? X509_PURPOSE_SSL_SERVER
                                                         : X509_PURPOSE_SSL_CLIENT);
            int verdict = X509_verify_cert(context);
            error = X509_STORE_CTX_get_error(context);
            depth = X509_STORE_CTX_get_error_depth(context);
            if (verdict <= 0 && error == X509_V_OK)
                error = X509_V_ERR_UNSPECIFIED;
        }
    }
    chain_fail(chain, error, error == X509_V_OK ? 0 : depth);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
}

enum chain_fault chain_fault(const struct chain *chain)
{
    switch (chain->error) {
    case X509_V_OK:
        return FAULT_NONE;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        return FAULT_ISSUER;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return FAULT_SIGNATURE;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return FAULT_EARLY;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return FAULT_ENDED;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return FAULT_NO_ANCHOR;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return FAULT_NO_CA;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return FAULT_PATH_LENGTH;
    case X509_V_ERR_INVALID_PURPOSE:
        return FAULT_PURPOSE;
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
        return FAULT_CONSTRAINT;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return FAULT_HOST;
    default:
        return FAULT_OTHER;
    }
}

const struct cert *chain_failed(const struct chain *chain)
{
    size_t depth = chain->depth > 0 ? (size_t)chain->depth : 0;
    return chain->certs[depth < chain->count ? depth : chain->count - 1];
}

static enum grade grade_of(struct search *search, const struct chain *chain)
{
    if (chain->valid)
        return GRADE_VALID;
    for (size_t i = 0; i + 1 < search->depth; i++)
        if (!is_signed(search->path[i]))
            return GRADE_OTHER_KEY;
    if (!chain->complete)
        return GRADE_BROKEN_OFF;
    switch (chain_fault(chain)) {
    case FAULT_EARLY:
    case FAULT_ENDED:
    case FAULT_PURPOSE:
    case FAULT_HOST:
        return GRADE_LEAF_OR_TIME;
    default:
        return GRADE_REFUSED;
    }
}

/* The house's rule for names (SAN first, the CN only without any), the same as `check`'s. */
static void check_host(const struct search *search, struct chain *chain)
{
    if (!chain->valid || !search->host || cert_has_name(search->leaf.cert, search->host))
        return;
    chain_fail(chain,
               is_ip_address(search->host) ? X509_V_ERR_IP_ADDRESS_MISMATCH
                                           : X509_V_ERR_HOSTNAME_MISMATCH,
               0);
}

time_t chain_end(const struct chain *chain)
{
    time_t end = chain->certs[0]->not_after;
    for (size_t i = 1; i < chain->count; i++)
        if (chain->certs[i]->not_after < end)
            end = chain->certs[i]->not_after;
    return end;
}

static bool is_shorter(const struct chain *a, const struct chain *b)
{
    return a->count != b->count ? a->count < b->count : chain_end(a) > chain_end(b);
}

/* Among the others that hold, by its rank. */
static void keep(struct search *search, const struct chain *chain)
{
    size_t at = search->all_count;
    while (at > 0 && is_shorter(chain, &search->all[at - 1]))
        at--;
    if (at == CHAINS_MAX)
        return;
    size_t behind = search->all_count - at - (search->all_count == CHAINS_MAX);
    memmove(&search->all[at + 1], &search->all[at], behind * sizeof *search->all);
    search->all[at] = *chain;
    search->all_count += search->all_count < CHAINS_MAX;
}

/* Judges the present path and keeps it when it is the best so far. */
static void consider(struct search *search)
{
    struct chain chain = {0};
    for (chain.count = 0; chain.count < search->depth; chain.count++)
        chain.certs[chain.count] = search->path[chain.count]->cert;
    time_t end = chain_end(&chain);
    const struct node *top = search->path[search->depth - 1];
    chain.complete = top->is_anchor && top->cert->self_signed;
    if (top->cert->self_signed && !top->is_anchor)
        chain_fail(&chain,
                   chain.count == 1 ? X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
                                    : X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                   (int)chain.count - 1);
    else
        judge(search, &chain);
    if (chain.count == CHAIN_MAX && chain_fault(&chain) == FAULT_ISSUER)
        chain_fail(&chain, X509_V_ERR_CERT_CHAIN_TOO_LONG, chain.depth);
    check_host(search, &chain);

    int grade = grade_of(search, &chain);
    if (search->all && grade == GRADE_VALID)
        keep(search, &chain);
    bool better = grade != search->best_grade          ? grade < search->best_grade
                  : chain.count != search->best->count ? chain.count < search->best->count
                                                       : end > search->best_end;
    if (!better)
        return;
    *search->best = chain;
    search->best_grade = grade;
    search->best_end = end;
}

static bool is_on_path(const struct search *search, const struct cert *cert)
{
    for (size_t i = 0; i < search->depth; i++)
        if (cert_same(search->path[i]->cert, cert))
            return true;
    return false;
}

/* OpenSSL verifies each signature of the path again. */
static size_t judge_steps(const struct search *search)
{
    size_t steps = 1;
    for (size_t i = 1; i < search->depth; i++)
        steps += signature_steps(search->path[i]);
    return steps;
}

/* Every path from node upwards. */
static void climb(struct search *search, struct node *node)
{
    search->path[search->depth++] = node;
    bool can_grow = search->depth < CHAIN_MAX && !node->cert->self_signed;
    bool has_grown = false;
    if (can_grow && !search->all && search->best_grade == GRADE_VALID &&
        search->depth >= search->best->count) {
        search->depth--; /* what lies above is longer than what holds already */
        return;
    }
    if (can_grow && spend(search, 1)) {
        const struct links *up = issuers_of(search, node);
        for (size_t i = 0; i < up->count; i++) {
            struct node *next = &search->nodes[up->at[i]];
            if (is_on_path(search, next->cert))
                continue;
            has_grown = true;
            climb(search, next);
        }
    }
    if (!has_grown && (spend(search, judge_steps(search)) || search->best_grade == GRADE_NONE))
        consider(search);
    search->depth--;
}

static void nodes_add(struct search *search, const struct cert *const *certs, size_t count,
                      bool anchors)
{
    for (size_t i = 0; i < count; i++) {
        struct node node = {.cert = certs[i], .is_anchor = anchors && certs[i]->self_issued};
        search->nodes[search->count++] = node;
    }
}

static void search_open(struct search *search, const struct cert *const *links, size_t link_count,
                        const struct cert *const *anchors, size_t anchor_count,
                        enum purpose purpose, const char *host, time_t at)
{
    *search = (struct search){.nodes = xcalloc(link_count + anchor_count + 1, sizeof(struct node)),
                              .purpose = purpose,
                              .host = host,
                              .at = at};
    nodes_add(search, anchors, anchor_count, true);
    nodes_add(search, links, link_count, false);
}

static void leaf_open(struct search *search, const struct cert *leaf)
{
    search->leaf = (struct node){.cert = leaf};
    for (size_t i = 0; i < search->count && leaf->self_issued; i++)
        if (search->nodes[i].is_anchor && cert_same(search->nodes[i].cert, leaf))
            search->leaf.is_anchor = true;
}

static void leaf_close(struct search *search)
{
    free(search->leaf.issuers.at);
    X509_free(search->leaf.x509);
    search->leaf = (struct node){0};
}

static void search_run(struct search *search, struct chain *out)
{
    *out = (struct chain){.reason = ""};
    search->steps_left = WORK_STEPS;
    search->depth = 0;
    search->best = out;
    search->best_grade = GRADE_NONE;
    search->all_count = 0;
    climb(search, &search->leaf);
}

static void forget_issuers(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->nodes[i].issuers.at);
        search->nodes[i].issuers = (struct links){0};
    }
}

static void search_close(struct search *search)
{
    forget_issuers(search);
    for (size_t i = 0; i < search->count; i++)
        X509_free(search->nodes[i].x509);
    free(search->nodes);
}

void chain_verify(const struct cert *leaf, const struct cert *const *links, size_t link_count,
                  const struct cert *const *anchors, size_t anchor_count, enum purpose purpose,
                  const char *host, time_t at, struct chain *out)
{
    struct search search;
    search_open(&search, links, link_count, anchors, anchor_count, purpose, host, at);
    leaf_open(&search, leaf);
    search_run(&search, out);
    leaf_close(&search);
    search_close(&search);
}

void chain_build(const struct cert *leaf, const struct cert *const *pool, size_t count, time_t at,
                 struct chain *out)
{
    chain_verify(leaf, NULL, 0, pool, count, PURPOSE_ANY, NULL, at, out);
}

size_t chain_build_all(const struct cert *leaf, const struct cert *const *pool, size_t count,
                       time_t at, struct chain out[static CHAINS_MAX])
{
    struct search search;
    struct chain best;
    search_open(&search, NULL, 0, pool, count, PURPOSE_ANY, NULL, at);
    search.all = out;
    leaf_open(&search, leaf);
    search_run(&search, &best);
    leaf_close(&search);
    search_close(&search);
    return search.all_count;
}

struct verifier *verifier_new(const struct cert *const *links, size_t link_count,
                              const struct cert *const *anchors, size_t anchor_count,
                              enum purpose purpose, const char *host, time_t at)
{
    struct verifier *verifier = xcalloc(1, sizeof *verifier);
    search_open(&verifier->search, links, link_count, anchors, anchor_count, purpose, host, at);
    return verifier;
}

void verifier_free(struct verifier *verifier)
{
    search_close(&verifier->search);
    free(verifier->proven);
    free(verifier);
}

/* What a CA above says of the leaf's names is judged on the whole path. */
static bool constrains_names(const struct chain *chain)
{
    for (size_t i = 1; i < chain->count; i++)
        if (chain->certs[i]->constrains_names)
            return true;
    return false;
}

static bool check_quickly(struct verifier *verifier, struct node *issuer, struct chain *out)
{
    struct search *search = &verifier->search;
    for (size_t i = 0; i < verifier->proven_count; i++) {
        if (verifier->proven[i].issuer != issuer)
            continue;
        *out = verifier->proven[i].chain;
        out->certs[0] = search->leaf.cert;
        search->path[0] = &search->leaf;
        search->path[1] = issuer;
        search->depth = 2;
        search->is_partial = true;
        judge(search, out);
        search->is_partial = false;
        check_host(search, out);
        return out->valid; /* what fails is judged in full, to say why */
    }
    return false;
}

static void check_fully(struct verifier *verifier, const struct node *issuer, struct chain *out)
{
    search_run(&verifier->search, out);
    if (verifier->search.steps_left == 0)
        forget_issuers(&verifier->search); /* not all of them were seen */
    if (!issuer || !out->valid || constrains_names(out))
        return;
    verifier->proven = grow(verifier->proven, verifier->proven_count, sizeof *verifier->proven);
    verifier->proven[verifier->proven_count++] = (struct proven){issuer, *out};
}

void verifier_check(struct verifier *verifier, const struct cert *leaf, struct chain *out)
{
    struct search *search = &verifier->search;
    leaf_open(search, leaf);
    struct node *issuer = leaf->self_issued ? NULL : only_issuer(search, &search->leaf);
    if (!issuer || !check_quickly(verifier, issuer, out))
        check_fully(verifier, issuer, out);
    leaf_close(search);
}
