/* What a renewal does to whom, and what is due, by that. */
#include "base/mem.h"
#include "ops/renew.h"
#include "ops/renew_due.h"

#include <stdlib.h>
#include <string.h>

/* "KIND on core1-3" and the like: the servers of each kind, in the order they are met. */
struct places {
    const struct component **kinds;
    struct strings *servers;
    size_t count;
};

static void places_add(struct places *places, const struct service *service)
{
    size_t at = 0;
    while (at < places->count && places->kinds[at] != service->component)
        at++;
    if (at == places->count) {
        places->kinds = grow(places->kinds, at, sizeof *places->kinds);
        places->servers = grow(places->servers, at, sizeof *places->servers);
        places->kinds[at] = service->component;
        places->count++;
    }
    /* the services of one kind come server by server */
    struct strings *servers = &places->servers[at];
    if (!servers->count || strcmp(servers->items[servers->count - 1], service->server->name) != 0)
        strings_add_new(servers, service->server->name);
}

static char *place_words(const struct places *places, size_t at)
{
    char *servers = strings_fold(&places->servers[at], ", ");
    char *words = xformat("%s on %s", places->kinds[at]->kind, servers);
    free(servers);
    return words;
}

static void places_free(struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        strings_free(&places->servers[i]);
    free(places->servers);
    free(places->kinds);
}

/* Why a trust's file is concerned: it names the certificate, its CA, or the certificate as the CA
 * of others. */
enum concern { CONCERN_NONE, CONCERN_CA, CONCERN_ITSELF, CONCERN_AS_CA };

/* Its signers are no circle: deployment.conf would not have been read. */
static bool is_below(const struct deployment *d, const struct identity *identity,
                     const struct identity *ca)
{
    while (identity && identity != ca)
        identity = deployment_identity(d, identity->signer);
    return identity;
}

static enum concern concern_of(const struct deployment *d, const struct trust_need *need,
                               const struct identity *identity, bool self_signed)
{
    bool below = false;
    for (size_t i = 0; i < need->target_count; i++) {
        if (need->targets[i].identity == identity)
            return need->how != TRUST_CHAIN || self_signed ? CONCERN_ITSELF : CONCERN_CA;
        below = below || (identity->signs && is_below(d, need->targets[i].identity, identity));
    }
    return below && trust_chains(need->how) ? CONCERN_AS_CA : CONCERN_NONE;
}

/* Those that accept it by one file, a sentence. */
static void add_trust(const struct trust *trust, const struct places *readers, enum concern concern,
                      struct renew_effects *out)
{
    static const char *const holds[] = {
        [CONCERN_CA] = "its CA, and changes only when the CA does",
        [CONCERN_ITSELF] =
            "the certificate itself: old and new side by side until the exchange is done",
        [CONCERN_AS_CA] = "this CA: old and new side by side until what it signed is exchanged"};
    struct strings all = {0};
    for (size_t i = 0; i < readers->count; i++)
        strings_add_take(&all, place_words(readers, i));
    char *who = strings_join(&all, "; ");
    strings_add_take(&out->trusts, xformat("%s: %s holds %s", who, trust->file, holds[concern]));
    free(who);
    strings_free(&all);
}

static void add_trusts(const struct facts *facts, const struct identity *identity, bool self_signed,
                       struct places *restarts, struct renew_effects *out)
{
    const struct trusts *trusts = &facts->trusts;
    enum concern *asks = xcalloc(trusts->need_count + 1, sizeof *asks);
    for (size_t i = 0; i < trusts->need_count; i++)
        asks[i] = concern_of(&facts->deployment, &trusts->needs[i], identity, self_signed);
    for (size_t i = 0; i < trusts->count;) {
        const struct trust *first = trusts->by_file[i];
        struct places readers = {0};
        enum concern most = CONCERN_NONE;
        for (; i < trusts->count && strcmp(trusts->by_file[i]->file, first->file) == 0; i++) {
            const struct trust *trust = trusts->by_file[i];
            enum concern concern = asks[trust->need - trusts->needs];
            if (concern == CONCERN_NONE)
                continue;
            places_add(&readers, trust->reader);
            if (concern != CONCERN_CA)
                places_add(restarts, trust->reader);
            most = concern > most ? concern : most;
        }
        if (readers.count)
            add_trust(first, &readers, most, out);
        places_free(&readers);
    }
    free(asks);
}

/* Files that one server gets of it, but for the key. */
static size_t count_files(const struct facts *facts, const struct identity *identity)
{
    static const char *const takes[] = {"certificate", "bundle", "fullchain"};
    bool taken[sizeof takes / sizeof *takes] = {false};
    size_t count = 0;
    struct identity_files files;
    facts_files(facts, identity, &files);
    for (size_t i = 0; i < identity->use_count; i++)
        for (size_t t = 0; t < sizeof takes / sizeof *takes; t++)
            taken[t] = taken[t] || strings_has(&identity->uses[i].slot->takes, takes[t]);
    for (size_t t = 0; t < sizeof takes / sizeof *takes; t++)
        count += taken[t] && (t != 1 || files.bundle);
    return count;
}

static void add_choices(const struct facts *facts, const struct identity *identity,
                        struct renew_effects *out)
{
    bool here = strcmp(identity->signer, "self") == 0 ||
                deployment_identity(&facts->deployment, identity->signer);
    size_t files = count_files(facts, identity);
    bool there = *identity->key_at;
    char *why = renew_needs_key(facts, identity);
    if (identity->signs && !identity->use_count) { /* its key goes to no server */
        out->keep = why ? xformat("not possible: %s", why)
                        : xstrdup("no new key; signed here at once; what it signed follows");
        out->fresh = xstrdup("made and signed here at once; the old key stays here as .bak; what "
                             "it signed follows");
        free(why);
        return;
    }
    out->keep =
        why ? xformat("not possible: %s", why)
            : xformat("%zu file%s to upload, no new key; %s", files, files == 1 ? "" : "s",
                      here ? "signed here at once" : "its request goes to the CA once more");
    free(why);
    files += !there;
    out->fresh =
        xformat("%zu file%s to upload; %s; the old key stays %s", files, files == 1 ? "" : "s",
                here    ? "made and signed here at once"
                : there ? "key and request are made on the appliance under another name"
                        : "a new key and request, the old certificate serves until the answer",
                there ? "there" : "here as .bak");
}

static void add_restarts(struct places *restarts, struct renew_effects *out)
{
    for (size_t i = 0; i < restarts->count; i++) {
        strings_add_take(&out->restarts, place_words(restarts, i));
        if (*restarts->kinds[i]->outage)
            strings_add_new(&out->notices, restarts->kinds[i]->outage);
    }
}

void renew_effects(const struct facts *facts, const struct identity *identity,
                   struct renew_effects *out)
{
    struct identity_files files;
    struct places restarts = {0};
    *out = (struct renew_effects){0};
    facts_files(facts, identity, &files);
    bool self_signed = files.leaf ? files.leaf->self_signed : strcmp(identity->signer, "self") == 0;
    for (size_t i = 0; i < identity->use_count; i++)
        if (slot_used(&facts->deployment, identity->uses[i].service, identity->uses[i].slot))
            places_add(&restarts, identity->uses[i].service);
    add_trusts(facts, identity, self_signed, &restarts, out);
    add_restarts(&restarts, out);
    add_choices(facts, identity, out);
    places_free(&restarts);
}

void renew_effects_free(struct renew_effects *effects)
{
    strings_free(&effects->trusts);
    strings_free(&effects->restarts);
    strings_free(&effects->notices);
    free(effects->keep);
    free(effects->fresh);
    *effects = (struct renew_effects){0};
}

/* What its installation disturbs, in few words. */
static char *group_title(const struct ends *ends, const struct ending *ending,
                         struct strings *notices)
{
    if (ending->kind == END_CA)
        return xstrdup("A CA: all that it signed is renewed with it, and who trusts it is told "
                       "before");
    if (ending->kind == END_COPY)
        return xstrdup("A copy of another's certificate: the services that accept it start again");
    struct renew_effects effects;
    renew_effects(ends->facts, ending->identity, &effects);
    char *restarts = strings_join(&effects.restarts, "; ");
    bool signs = ending->identity->signs && !ending->identity->use_count;
    char *title = signs ? xstrdup("A CA of the store: those that it signed are renewed after it")
                  : *restarts ? xformat("Restarts %s", restarts)
                              : xstrdup("Disturbs nobody: no service uses it");
    *notices = effects.notices;
    effects.notices = (struct strings){0};
    free(restarts);
    renew_effects_free(&effects);
    return title;
}

void renew_due(const struct ends *ends, struct renew_groups *out)
{
    *out = (struct renew_groups){0};
    for (size_t i = 0; i < ends->count; i++) {
        const struct ending *ending = &ends->items[i];
        if (ending->days > RENEW_SOON && ending->term < TERM_DUE)
            continue;
        struct strings notices = {0};
        char *title = group_title(ends, ending, &notices);
        size_t at = 0;
        while (at < out->count && strcmp(out->items[at].title, title) != 0)
            at++;
        if (at == out->count) {
            out->items = grow(out->items, at, sizeof *out->items);
            out->items[at] = (struct renew_group){.title = title, .notices = notices};
            out->count++;
        } else {
            free(title);
            strings_free(&notices);
        }
        struct renew_group *group = &out->items[at];
        group->endings = grow(group->endings, group->count, sizeof *group->endings);
        group->endings[group->count++] = ending;
    }
}

void renew_groups_free(struct renew_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->items[i].title);
        strings_free(&groups->items[i].notices);
        free(groups->items[i].endings);
    }
    free(groups->items);
    *groups = (struct renew_groups){0};
}
