#include "plan/outside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "plan/page.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || at[-1] == ' ') && (!at[length] || strchr(" =", at[length])))
            return true;
    return false;
}

/* The component declares the fact or has a rule that hangs on it: its certificate is looked at. */
bool outside_concerns(const struct component *component, const char *fact)
{
    for (size_t i = 0; i < component->fact_count; i++)
        if (strcmp(component->facts[i].name, fact) == 0)
            return true;
    for (size_t i = 0; i < component->require_count; i++)
        if (*component->requires[i].slot && has_word(component->requires[i].when, fact))
            return true;
    return false;
}

const struct signer *outside_signer(const struct slot *slot)
{
    for (size_t i = 0; i < slot->signer_count; i++)
        if (strcmp(slot->signers[i].name, "public") == 0)
            return &slot->signers[i];
    return NULL;
}

/* Where one slot of several meets the outside, that one alone is meant. */
bool outside_faces(const struct component *component, const struct slot *slot)
{
    bool any = false;
    for (size_t i = 0; i < component->slot_count; i++)
        any = any || outside_signer(&component->slots[i]);
    return !any || outside_signer(slot);
}

/* Somebody who trusts our CAs, by the option that says he is there; "": of whoever manages a
 * server, whether anybody does is not known. */
struct truster {
    const char *fact, *who, *where;
};
static const struct truster trusters[] = {
    {"active-directory", "Active Directory", "among the trusted roots of its servers"},
    {"sip-tls", "SIP call control", "into its trust store"},
    {"lync-fqdn", "Lync", "into the root store of the Lync servers"},
    {"cucm", "Unified CM", "into its trust store CallManager-trust"},
    {"expressway-name", "Expressway", "into the trust store of the Expressway-C"},
    {"", "Meeting Management, where there is one", "into its trust store"},
};

/* Those of one truster whose CAs change. */
struct changed {
    const struct service *first; /* the service that is met first; NULL: nobody's CA changes */
    struct strings files;        /* `callbridge1bundle.crt` (for `callbridge1`, …) */
    struct cert_set come, gone;
    struct strings names;
};

static const char *file_of(const struct facts *facts, const struct identity *identity)
{
    if (scan_find(&facts->scan, identity->bundle_file))
        return identity->bundle_file;
    const struct identity *signer = deployment_identity(&facts->deployment, identity->signer);
    return signer ? signer->certificate_file : identity->certificate_file;
}

static void add_difference(struct cert_set *out, const struct cert_set *set,
                           const struct cert_set *without)
{
    for (size_t i = 0; i < set->count; i++)
        if (!cert_set_has(without, set->items[i]))
            cert_set_add(out, set->items[i]);
}

static void look_at(const struct changes *changes, const struct service *service, size_t slot,
                    struct changed *out)
{
    const struct identity *identity = service->identities[slot];
    struct cert_set was = {0}, is = {0};
    identity_cas(held_facts(changes), identity, &was);
    identity_cas(changes->facts, identity, &is);
    if (was.count && is.count && !cert_sets_equal(&was, &is) &&
        strings_add_new(&out->names, identity->name)) {
        size_t before = out->come.count;
        add_difference(&out->come, &is, &was);
        add_difference(&out->gone, &was, &is);
        if (out->come.count > before)
            strings_add_take(&out->files, page_quote(file_of(changes->facts, identity)));
        if (!out->first)
            out->first = service;
    }
    free(was.items);
    free(is.items);
}

static void find_changed(const struct changes *changes, const struct truster *truster,
                         struct changed *out)
{
    const struct deployment *deployment = &changes->facts->deployment;
    for (size_t i = 0; i < changes->count; i++) {
        const struct service_change *change = &changes->services[i];
        const struct component *component = change->service->component;
        bool met = *truster->fact
                       ? outside_concerns(component, truster->fact) &&
                             service_condition(deployment, change->service, truster->fact)
                       : component->management;
        for (size_t k = 0; met && change->swaps && k < component->slot_count; k++)
            if (change->slots[k] && outside_faces(component, &component->slots[k]))
                look_at(changes, change->service, k, out);
    }
}

static const struct cert *of_name(const struct cert_set *set, const char *subject)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->items[i]->subject, subject) == 0)
            return set->items[i];
    return NULL;
}

/* What tells it from the other one of its name: when it ends, or its serial number. */
static char *ca_apart(const struct cert *ca, const struct cert *other)
{
    char day[16], others[16];
    clock_date(ca->not_after, day);
    clock_date(other->not_after, others);
    return strcmp(day, others) != 0 ? xformat(" (that which ends %s)", day)
                                    : xformat(" (that of serial number %s)", ca->serial);
}

/* "CN=Acme Root and CN=Acme Issuing 2", as code. */
static char *ca_names(const struct cert_set *cas, const struct cert_set *others)
{
    struct strings names = {0};
    for (size_t i = 0; i < cas->count; i++) {
        const struct cert *ca = cas->items[i], *other = of_name(others, ca->subject);
        char *name = page_quote(ca->subject), *apart = other ? ca_apart(ca, other) : xstrdup("");
        strings_add_take(&names, xformat("%s%s", name, apart));
        free(name);
        free(apart);
    }
    char *list = strings_join(&names, " and ");
    strings_free(&names);
    return list;
}

static void add_line(struct procedure *procedure, struct arena *texts, enum phase phase, char *text,
                     size_t rank)
{
    procedure->lines = grow(procedure->lines, procedure->count, sizeof *procedure->lines);
    procedure->lines[procedure->count++] = (struct line){
        .stage = STAGE_BY_HAND,
        .phase = phase,
        .text = arena_text(texts, text),
        .undo = "",
        .section = "2.2",
        .expect = &strings_none,
        .typed = &strings_none,
        .rank = UINT_MAX / 2 + (unsigned)rank,
        .outside = true,
        .source = SOURCE_OURS,
    };
    free(text);
}

static void tell(const struct truster *truster, const struct changed *changed, size_t rank,
                 struct arena *texts, struct procedure *procedure)
{
    char *come = ca_names(&changed->come, &changed->gone);
    char *gone = ca_names(&changed->gone, &changed->come);
    char *files = strings_join(&changed->files, ", "), *names = strings_join(&changed->names, ", ");
    if (changed->come.count)
        add_line(
            procedure, texts, PHASE_WIDENING,
            xformat(
                "%s must trust %s beside what is trusted there now, before phase 4: put %s from "
                "the store %s. It is for the certificates of %s.",
                truster->who, come, files, truster->where, names),
            rank);
    if (changed->gone.count)
        add_line(procedure, texts, PHASE_NARROWING,
                 xformat("%s need not trust %s any more for the certificates of %s. Remove what "
                         "nothing else there needs.",
                         truster->who, gone, names),
                 rank);
    free(come);
    free(gone);
    free(files);
    free(names);
}

void outside_lines(const struct changes *changes, struct procedure **by_index, struct arena *texts)
{
    for (size_t i = 0; changes->held && i < sizeof trusters / sizeof *trusters; i++) {
        struct changed changed = {0};
        find_changed(changes, &trusters[i], &changed);
        if (changed.first && by_index[changed.first->index])
            tell(&trusters[i], &changed, i, texts, by_index[changed.first->index]);
        strings_free(&changed.files);
        strings_free(&changed.names);
        free(changed.come.items);
        free(changed.gone.items);
    }
}
