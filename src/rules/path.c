/* The path above a certificate: built once for all rules that look at it, the issuers that many
 * share verified once. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* A path found, in the room that it takes. */
struct path {
    const struct store_file *file; /* with the leaf's CAs */
    bool complete, valid;
    int error, depth;
    const char *reason;
    size_t count;
    const struct cert *certs[];
};

/* Most leaves of a deployment have one of a few sets of CAs above them. */
enum { SETS_MAX = 8 };
struct issuers {
    struct set {
        struct certs pool;
        struct verifier *verifier;
    } sets[SETS_MAX];
    size_t count, oldest;
};

void certs_add(struct certs *pool, const struct store_file *file)
{
    for (size_t i = 0; file && !file->problem && i < file->pki.count; i++) {
        if (file->pki.objects[i].kind != OBJECT_CERT)
            continue;
        pool->items = grow(pool->items, pool->count, sizeof *pool->items);
        pool->items[pool->count++] = file->pki.objects[i].cert;
    }
}

void certs_free(struct certs *pool)
{
    free(pool->items);
    *pool = (struct certs){0};
}

bool certs_have(const struct certs *pool, const struct cert *cert)
{
    for (size_t i = 0; i < pool->count; i++)
        if (cert_same(pool->items[i], cert))
            return true;
    return false;
}

bool is_no_ca_root(const struct cert *cert)
{
    return cert->self_signed &&
           (!cert->is_ca || (cert->has_ku && !strings_has(&cert->ku, "keyCertSign")));
}

struct issuers *issuers_new(void)
{
    return xcalloc(1, sizeof(struct issuers));
}

static void set_free(struct set *set)
{
    if (set->verifier)
        verifier_free(set->verifier);
    certs_free(&set->pool);
}

void issuers_free(struct issuers *issuers)
{
    for (size_t i = 0; issuers && i < issuers->count; i++)
        set_free(&issuers->sets[i]);
    free(issuers);
}

/* Takes the pool over. Files of one store share their certificates, so that the pointers tell. */
static struct verifier *verifier_of(struct issuers *issuers, struct certs *pool, time_t at)
{
    for (size_t i = 0; i < issuers->count; i++) {
        struct set *set = &issuers->sets[i];
        if (set->pool.count != pool->count ||
            memcmp(set->pool.items, pool->items, pool->count * sizeof *pool->items) != 0)
            continue;
        certs_free(pool);
        return set->verifier;
    }
    bool full = issuers->count == SETS_MAX;
    struct set *set = &issuers->sets[full ? issuers->oldest++ % SETS_MAX : issuers->count++];
    set_free(set);
    *set = (struct set){.pool = *pool};
    set->verifier = verifier_new(NULL, 0, set->pool.items, set->pool.count, PURPOSE_ANY, NULL, at);
    return set->verifier;
}

/* A full chain holds what a bundle does, and the leaf, which is its own issuer only where it signs
 * itself. */
static void issuers_of(const struct cert *leaf, const struct store_file *file, struct certs *pool)
{
    size_t count = 0;
    *pool = (struct certs){0};
    certs_add(pool, file);
    for (size_t i = 0; i < pool->count; i++)
        if (leaf->self_issued || !cert_same(pool->items[i], leaf))
            pool->items[count++] = pool->items[i];
    pool->count = count;
}

static void build(const struct judge *judge, const struct cert *leaf, const struct store_file *file,
                  struct chain *chain)
{
    struct certs pool;
    issuers_of(leaf, file, &pool);
    if (pool.count && !leaf->self_issued) {
        verifier_check(verifier_of(judge->issuers, &pool, judge->facts->at), leaf, chain);
        return;
    }
    chain_build(leaf, pool.items, pool.count, judge->facts->at, chain);
    certs_free(&pool);
}

static struct path *keep(const struct chain *chain, const struct store_file *file)
{
    struct path *path = xcalloc(1, sizeof *path + chain->count * sizeof(const struct cert *));
    *path = (struct path){.file = file,
                          .complete = chain->complete,
                          .valid = chain->valid,
                          .error = chain->error,
                          .depth = chain->depth,
                          .reason = chain->reason,
                          .count = chain->count};
    for (size_t i = 0; i < chain->count; i++)
        path->certs[i] = chain->certs[i];
    return path;
}

static void recall(const struct path *path, struct chain *chain)
{
    *chain = (struct chain){.count = path->count,
                            .complete = path->complete,
                            .valid = path->valid,
                            .error = path->error,
                            .depth = path->depth,
                            .reason = path->reason};
    for (size_t i = 0; i < path->count; i++)
        chain->certs[i] = path->certs[i];
}

void file_chain(const struct judge *judge, const struct view *view, const struct store_file *file,
                struct chain *chain)
{
    struct view *keeper = &judge->views[view - judge->views];
    if (view->path && view->path->file == file) {
        recall(view->path, chain);
        return;
    }
    build(judge, view->leaf, file, chain);
    free(keeper->path);
    keeper->path = keep(chain, file);
}

/* The file with the CAs that go with the leaf. */
static enum role chain_role(const struct view *view)
{
    if (view->files[ROLE_BUNDLE] && view->roles & 1u << ROLE_CERTIFICATE)
        return ROLE_BUNDLE;
    return view->files[ROLE_FULLCHAIN] && view->roles & 1u << ROLE_FULLCHAIN ? ROLE_FULLCHAIN
                                                                             : ROLE_BUNDLE;
}

bool view_chain(const struct judge *judge, const struct view *view, struct chain *chain,
                const char **file)
{
    enum role role = chain_role(view);
    if (!view->leaf || (!view->files[role] && !view->leaf->self_signed))
        return false;
    file_chain(judge, view, view->files[role], chain);
    if (file)
        *file = view->names[role];
    return true;
}
