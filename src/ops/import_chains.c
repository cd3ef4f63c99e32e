#include "base/clock.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>

/* Where several chains hold for a certificate (its CA, or a CA above, has two certificates: a root
 * that signs itself, and is signed by an older one), which is taken. */

/* Does any certificate but the next one of the chain bear the name of an issuer? Looking for every
 * path takes its time, and hardly ever there is another one. */
static bool may_fork(const struct chain *chain, const struct pool *pool)
{
    for (size_t i = 0; i + 1 < chain->count; i++)
        for (size_t j = 0; j < pool->count; j++)
            if (pool->certs[j]->subject_hash == chain->certs[i]->issuer_hash &&
                !cert_same(pool->certs[j], chain->certs[i + 1]))
                return true;
    return false;
}

static bool is_same_chain(const struct chain *a, const struct chain *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = cert_same(a->certs[i], b->certs[i]);
    return same;
}

/* choice->chains, where there are two at least: the one that would be taken first. */
static void list_chains(const struct import_work *work, struct choice *choice)
{
    if (!choice->chain.valid || !may_fork(&choice->chain, &work->pool))
        return;
    struct chain *chains = xcalloc(CHAINS_MAX, sizeof *chains);
    size_t count = chain_build_all(choice->leaf, work->pool.certs, work->pool.count,
                                   choice->judged_at, chains);
    if (count >= 2 && is_same_chain(&chains[0], &choice->chain)) {
        choice->chains = chains;
        choice->chain_count = count;
    } else {
        free(chains);
    }
}

static void take_chain(struct choice *choice, size_t number)
{
    choice->picked = true;
    if (choice->chain_count == 0)
        return;
    choice->chain = choice->chains[number - 1];
    str_clear(&choice->chain_pem);
    for (size_t i = 1; i < choice->chain.count; i++)
        cert_pem(choice->chain.certs[i], &choice->chain_pem);
}

/* How many chains hold; 0 where none does, which is said elsewhere. */
static size_t count_chains(const struct choice *choice)
{
    return !choice->chain.valid ? 0 : choice->chain_count ? choice->chain_count : 1;
}

static bool refuse(const char *place, size_t number, size_t most, struct error *err)
{
    return error_set(err, STATUS_NO, place, "import without --chain lists them",
                     most == 1 ? "--chain %zu: one chain holds, and no other"
                               : "--chain %zu: %zu chains hold, and no more",
                     number, most);
}

/* "2": for each certificate that has so many. */
static bool pick_for_all(struct import_work *work, size_t number, struct error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < work->choice_count; i++) {
        size_t count = count_chains(&work->choices[i]);
        most = count > most ? count : most;
        if (count >= number)
            take_chain(&work->choices[i], number);
    }
    return most == 0 || most >= number || refuse("", number, most, err);
}

/* "web=2" */
static bool pick_for_one(const struct facts *facts, struct import_work *work, const char *pick,
                         size_t number, struct error *err)
{
    struct strings names = {0};
    const struct identity **chosen;
    size_t count;
    strings_add_take(&names, xstrndup(pick, strcspn(pick, "=")));
    bool good = choose_identities(&facts->deployment, &names, &chosen, &count, err), found = false;
    for (size_t i = 0; good && i < work->choice_count; i++) {
        struct choice *choice = &work->choices[i];
        if (choice->identity != chosen[0])
            continue;
        found = true;
        size_t most = count_chains(choice);
        if (most >= number)
            take_chain(choice, number);
        else if (most)
            good = refuse(names.items[0], number, most, err);
    }
    if (good && !found)
        good = error_set(err, STATUS_NO, names.items[0], NULL,
                         "--chain: no certificate for it is among what was handed in");
    strings_free(&names);
    free(chosen);
    return good;
}

bool import_pick_chains(const struct facts *facts, const struct import_options *options,
                        struct import_work *work, struct error *err)
{
    bool good = true;
    for (size_t i = 0; i < work->choice_count; i++)
        list_chains(work, &work->choices[i]);
    for (size_t i = 0; good && options->chains && i < options->chains->count; i++) {
        const char *pick = options->chains->items[i], *equals = strchr(pick, '=');
        size_t number = strtoul(equals ? equals + 1 : pick, NULL, 10);
        good =
            equals ? pick_for_one(facts, work, pick, number, err) : pick_for_all(work, number, err);
    }
    return good;
}

static bool is_in_place(const struct chain *chain, const struct store_file *bundle)
{
    if (!bundle || bundle->pki.count != chain->count - 1)
        return false;
    for (size_t i = 0; i < bundle->pki.count; i++)
        if (bundle->pki.objects[i].kind != OBJECT_CERT ||
            !cert_same(bundle->pki.objects[i].cert, chain->certs[i + 1]))
            return false;
    return true;
}

static const char *why_first(const struct choice *choice)
{
    const struct chain *chains = choice->chains;
    if (choice->picked)
        return "as chosen";
    if (chains[0].count < chains[1].count)
        return "the shortest";
    if (chain_end(&chains[0]) > chain_end(&chains[1]))
        return "of the shortest ones the last to end";
    return "as good as the next one";
}

void import_tell_chains(const struct facts *facts, const struct choice *choice,
                        struct import_identity *out)
{
    struct identity_files files;
    if (!choice->chain_count)
        return;
    facts_files(facts, choice->identity, &files);
    out->chains = xcalloc(choice->chain_count, sizeof *out->chains);
    out->chain_count = choice->chain_count;
    out->chain_why = why_first(choice);
    for (size_t i = 0; i < choice->chain_count; i++) {
        const struct chain *chain = &choice->chains[i];
        struct strings names = {0};
        time_t first = chain->certs[1]->not_after;
        char end[16];
        for (size_t j = 1; j < chain->count; j++) {
            strings_add(&names, import_name(chain->certs[j]));
            first = chain->certs[j]->not_after < first ? chain->certs[j]->not_after : first;
        }
        clock_date(first, end);
        out->chains[i] = (struct import_chain){strings_join(&names, ", "), xstrdup(end),
                                               is_in_place(chain, files.bundle)};
        if (is_same_chain(chain, &choice->chain))
            out->chain = i + 1;
        strings_free(&names);
    }
}
