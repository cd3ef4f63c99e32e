#include "base/mem.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A certificate that could serve an identity. */
struct candidate {
    const struct cert *cert;
    struct chain chain;
    time_t judged_at;
    bool to_come; /* it counts only from later on */
    size_t lost;
    bool awaited;   /* the answer that a renewal waits for */
    bool made_here; /* signs itself, or a CA whose key lies in the store signed it */
};

static bool is_key(const struct store_file *file, const unsigned char key_id[KEY_ID_BYTES])
{
    const struct key *key = file ? pki_first_key(&file->pki) : NULL;
    return key && !key->encrypted && memcmp(key->id, key_id, KEY_ID_BYTES) == 0;
}

bool identity_has_key(const struct facts *facts, const struct identity *identity,
                      const unsigned char key_id[KEY_ID_BYTES])
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    if (is_key(files.next_key, key_id))
        return true;
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    if (key && !key->encrypted)
        return memcmp(key->id, key_id, KEY_ID_BYTES) == 0;
    /* The key is locked, or stays on an appliance: its request knows it. */
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    return csr && memcmp(csr->key_id, key_id, KEY_ID_BYTES) == 0;
}

bool import_fits(const struct facts *facts, const struct import_work *work,
                 const struct identity *identity, const unsigned char key_id[KEY_ID_BYTES])
{
    if (work->taking.identity == identity)
        return memcmp(work->taking.key->id, key_id, KEY_ID_BYTES) == 0;
    return identity_has_key(facts, identity, key_id);
}

static bool key_is_here(const struct scan *scan, const unsigned char key_id[KEY_ID_BYTES])
{
    for (size_t i = 0; i < scan->count; i++) {
        const struct pki_file *file = &scan->files[i].pki;
        for (size_t j = 0; j < file->count; j++) {
            const struct key *key = file->objects[j].key;
            if (file->objects[j].kind == OBJECT_KEY && key->is_private && !key->encrypted &&
                memcmp(key->id, key_id, KEY_ID_BYTES) == 0)
                return true;
        }
    }
    return false;
}

static void list_found(struct import_work *work)
{
    for (size_t i = 0; i < work->sources.count; i++) {
        const struct pki_file *file = &work->sources.items[i].pki;
        for (size_t j = 0; j < file->count; j++) {
            if (file->objects[j].kind != OBJECT_CERT ||
                !pool_add(&work->pool, file->objects[j].cert))
                continue;
            work->found = grow(work->found, work->found_count, sizeof *work->found);
            work->found[work->found_count++] = (struct found){file->objects[j].cert, i, (int)j + 1};
        }
    }
}

/* Of the next key; or, the key kept, begun after the one in place. */
static bool is_awaited(const struct facts *facts, const struct identity *identity,
                       const struct cert *cert)
{
    struct identity_files files;
    const struct renewal *renewal = renewals_open(&facts->renewals, identity->name);
    facts_files(facts, identity, &files);
    if (is_key(files.next_key, cert->key_id))
        return true;
    return renewal && !renewal->first && !renewal->new_key && files.leaf &&
           memcmp(cert->key_id, files.leaf->key_id, KEY_ID_BYTES) == 0 &&
           cert->not_before >= files.leaf->not_before && !cert_same(cert, files.leaf);
}

static void judge(const struct facts *facts, const struct identity *identity,
                  const struct import_work *work, struct candidate *candidate)
{
    const struct cert *cert = candidate->cert;
    /* A certificate of tomorrow is no fault: CAs date ahead, clocks differ. */
    candidate->to_come = cert->not_before > facts->at;
    candidate->judged_at = candidate->to_come ? cert->not_before : facts->at;
    chain_build(cert, work->pool.certs, work->pool.count, candidate->judged_at, &candidate->chain);
    candidate->lost = import_lost(facts, identity, cert);
    candidate->awaited = is_awaited(facts, identity, cert);
    const struct chain *chain = &candidate->chain;
    candidate->made_here = cert->self_signed ||
                           (chain->count > 1 && key_is_here(&facts->scan, chain->certs[1]->key_id));
}

static int compare_numbers(long long a, long long b)
{
    return (a > b) - (a < b);
}

/* SHA-1 or older: clients refuse it by and by, whenever it ends (guide 3). */
bool import_signed_weakly(const struct cert *cert)
{
    return strcasecmp(cert->signature_digest, "SHA1") == 0 ||
           strncmp(cert->signature_digest, "MD", 2) == 0;
}

/* What lasts longer; but a weak signature gives way to the reissue of that certificate, begun no
 * earlier and with the same names, though it may end earlier. */
static int compare_spans(const struct candidate *a, const struct candidate *b)
{
    bool a_weak = import_signed_weakly(a->cert), b_weak = import_signed_weakly(b->cert);
    const struct candidate *reissue = a_weak ? b : a, *weak = a_weak ? a : b;
    if (a_weak != b_weak && reissue->cert->not_before >= weak->cert->not_before &&
        reissue->lost <= weak->lost)
        return reissue == a ? 1 : -1;
    return compare_numbers(a->cert->not_after, b->cert->not_after);
}

/* What serves comes first, then what a CA outside signed (a lab certificate gives way to the real
 * one, however long it lasts), then what lasts longest. */
static bool is_better(const struct candidate *a, const struct candidate *b, time_t at)
{
    int order = compare_numbers(a->chain.valid, b->chain.valid);
    if (!order)
        order = compare_numbers(a->cert->not_after > at, b->cert->not_after > at);
    if (!order)
        order = compare_numbers(a->awaited, b->awaited);
    if (!order)
        order = compare_numbers(b->made_here, a->made_here);
    if (!order)
        order = compare_spans(a, b);
    if (!order)
        order = compare_numbers((long long)b->lost, (long long)a->lost);
    if (!order)
        order = compare_numbers(a->cert->not_before, b->cert->not_before);
    if (!order)
        order = compare_numbers(a->chain.complete, b->chain.complete);
    return order > 0;
}

/* Asked for anew, because what is in place lacks a name or a usage: it is taken, although it may
 * end earlier. */
static bool has_what_lacks(const struct candidate *new, const struct candidate *old, time_t at)
{
    return new->chain.valid &&new->cert->not_after > at &&new->made_here <=
           old->made_here &&new->lost < old->lost;
}

const struct found *found_first(const struct import_work *work, const struct cert *cert)
{
    for (size_t i = 0; i < work->found_count; i++)
        if (cert_same(work->found[i].cert, cert))
            return &work->found[i];
    return NULL;
}

static bool is_kept(const struct import_work *work, const struct found *found)
{
    return work->sources.items[found->source].kept;
}

/* It was handed in, now. */
static bool is_fresh(const struct import_work *work, const struct cert *cert)
{
    const struct found *found = found_first(work, cert);
    return found && !is_kept(work, found);
}

static bool uses_fresh(const struct import_work *work, const struct chain *chain)
{
    for (size_t i = 1; i < chain->count; i++)
        if (is_fresh(work, chain->certs[i]))
            return true;
    return false;
}

/* What was handed in carries the chain of the certificate in place further. */
static bool chain_grows(const struct facts *facts, const struct import_work *work,
                        const struct candidate *in_place)
{
    if (!uses_fresh(work, &in_place->chain))
        return false;
    struct pool store = {0};
    struct chain before;
    pool_add_scan(&store, &facts->scan);
    chain_build(in_place->cert, store.certs, store.count, in_place->judged_at, &before);
    bool was_whole = before.valid && before.complete;
    pool_free(&store);
    return !was_whole;
}

static void choose(struct import_work *work, const struct identity *identity,
                   const struct candidate *best, const struct cert *in_place)
{
    work->choices = grow(work->choices, work->choice_count, sizeof *work->choices);
    struct choice *choice = &work->choices[work->choice_count++];
    choice->identity = identity;
    choice->leaf = best->cert;
    choice->in_place = in_place && cert_same(best->cert, in_place);
    choice->kept = choice->in_place && !is_fresh(work, best->cert);
    choice->chain = best->chain;
    choice->judged_at = best->judged_at;
    choice->to_come = best->to_come;
    cert_pem(best->cert, &choice->leaf_pem);
    for (size_t i = 1; i < best->chain.count; i++)
        cert_pem(best->chain.certs[i], &choice->chain_pem);
}

/* Looking for a path takes its time where hundreds of CAs have one name. Of one key there are a few
 * certificates; who hands in thousands has the longest of them judged. */
enum { JUDGED_LEAST = 4, JUDGED_IN_POOL = 20000 };

static int compare_ends(const void *a, const void *b)
{
    const struct found *x = *(const struct found *const *)a, *y = *(const struct found *const *)b;
    int order = compare_numbers(y->cert->not_after, x->cert->not_after);
    return order ? order : compare_numbers(x - y, 0);
}

/* What waits from an earlier time counts beside what came now only where it is asked for: else an
 * answer that was forgotten would stand against the one just handed in. */
static bool is_candidate(const struct facts *facts, const struct import_options *options,
                         const struct import_work *work, const struct identity *identity,
                         const struct found *found, bool has_fresh)
{
    return import_fits(facts, work, identity, found->cert->key_id) &&
           (!is_kept(work, found) || options->waiting || !has_fresh);
}

static bool has_fresh_one(const struct facts *facts, const struct import_work *work,
                          const struct identity *identity, const struct cert *in_place)
{
    for (size_t i = 0; i < work->found_count; i++) {
        const struct found *found = &work->found[i];
        if (!is_kept(work, found) && import_fits(facts, work, identity, found->cert->key_id) &&
            !(in_place && cert_same(found->cert, in_place)))
            return true;
    }
    return false;
}

/* The certificates found for the identity's key that are to be judged. Free *out. */
static size_t list_candidates(const struct facts *facts, const struct import_options *options,
                              const struct import_work *work, const struct identity *identity,
                              const struct cert *in_place, const struct found ***out)
{
    size_t count = 0, limit = JUDGED_LEAST + JUDGED_IN_POOL / (work->pool.count + 1);
    bool has_fresh = has_fresh_one(facts, work, identity, in_place);
    *out = xcalloc(work->found_count + 1, sizeof **out);
    for (size_t i = 0; i < work->found_count; i++)
        if (is_candidate(facts, options, work, identity, &work->found[i], has_fresh))
            (*out)[count++] = &work->found[i];
    if (count <= limit)
        return count;
    qsort(*out, count, sizeof **out, compare_ends);
    return limit;
}

/* It would be the better one if its chain held: what lacks for that is to be said, and the
 * certificate not to be passed by. */
static bool would_be_better(const struct candidate *later, const struct candidate *best)
{
    return best->chain.valid && !later->chain.valid &&
           ((later->awaited && !best->awaited) || (best->made_here && !later->made_here) ||
            (best->made_here == later->made_here && compare_spans(later, best) > 0));
}

/* The best of what was found, and the one that lasts longest of those whose chain doesn't hold. */
static void judge_candidates(const struct facts *facts, const struct import_options *options,
                             const struct import_work *work, const struct identity *identity,
                             const struct cert *in_place, struct candidate *best,
                             struct candidate *later)
{
    const struct found **candidates;
    size_t count = list_candidates(facts, options, work, identity, in_place, &candidates);
    for (size_t i = 0; i < count; i++) {
        struct candidate next = {.cert = candidates[i]->cert};
        judge(facts, identity, work, &next);
        if (is_kept(work, candidates[i]) && !options->waiting &&
            !(next.chain.valid && uses_fresh(work, &next.chain)))
            continue; /* waits still */
        if (!best->cert || is_better(&next, best, facts->at))
            *best = next;
        if (!next.chain.valid && next.cert->not_after > facts->at &&
            (!later->cert || is_better(&next, later, facts->at)))
            *later = next;
    }
    free(candidates);
}

static void sort_identity(const struct facts *facts, const struct import_options *options,
                          struct import_work *work, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    const struct cert *in_place =
        files.leaf && import_fits(facts, work, identity, files.leaf->key_id) ? files.leaf : NULL;

    struct candidate best = {0}, later = {0}, old = {.cert = in_place};
    judge_candidates(facts, options, work, identity, in_place, &best, &later);
    if (in_place && (!best.cert || !cert_same(best.cert, in_place))) {
        judge(facts, identity, work, &old);
        bool competes = best.cert ? !options->force && !is_better(&best, &old, facts->at) &&
                                        !has_what_lacks(&best, &old, facts->at)
                                  : chain_grows(facts, work, &old);
        if (competes)
            best = old;
    }
    bool held_up = later.cert && !options->force && would_be_better(&later, &best);
    if (best.cert)
        choose(work, identity, held_up ? &later : &best, in_place);
    if (held_up)
        work->choices[work->choice_count - 1].later = true;
}

void import_list(const struct facts *facts, struct import_work *work)
{
    list_found(work);
    pool_add_scan(&work->pool, &facts->scan);
    for (size_t i = 0; i < work->cas.count; i++)
        pool_add_file(&work->pool, &work->cas.items[i].pki);
}

void import_sort(const struct facts *facts, const struct import_options *options,
                 struct import_work *work)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        sort_identity(facts, options, work, &facts->deployment.identities[i]);
}
