/* The path above a certificate, as its own files make it. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

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

void file_chain(const struct judge *judge, const struct view *view, const struct store_file *file,
                struct chain *chain)
{
    struct certs pool;
    issuers_of(view->leaf, file, &pool);
    paths_build(judge->paths, view->leaf, pool.items, pool.count, judge->facts->at, chain);
    certs_free(&pool);
}

/* The file with the CAs that go with the leaf. */
static enum role chain_role(const struct judge *judge, const struct view *view)
{
    const struct store_file *certificate = view->files[ROLE_CERTIFICATE];
    if (!view->files[ROLE_BUNDLE] && view->roles & 1u << ROLE_CERTIFICATE && certificate &&
        pki_cert_count(&certificate->pki) > 1 && deployment_takes_chains(&judge->facts->deployment))
        return ROLE_CERTIFICATE;
    if (view->files[ROLE_BUNDLE] && view->roles & 1u << ROLE_CERTIFICATE)
        return ROLE_BUNDLE;
    return view->files[ROLE_FULLCHAIN] && view->roles & 1u << ROLE_FULLCHAIN ? ROLE_FULLCHAIN
                                                                             : ROLE_BUNDLE;
}

bool view_is_one_file(const struct view *view)
{
    return strcmp(view_name(view, ROLE_CERTIFICATE), view_name(view, ROLE_FULLCHAIN)) == 0 &&
           view->roles & 1u << ROLE_FULLCHAIN;
}

bool view_chain(const struct judge *judge, const struct view *view, struct chain *chain,
                const char **file)
{
    enum role role = chain_role(judge, view);
    if (!view->leaf || (!view->files[role] && !view->leaf->self_signed))
        return false;
    file_chain(judge, view, view->files[role], chain);
    if (file)
        *file = view_name(view, role);
    return true;
}
