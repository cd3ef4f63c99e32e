#include "model/trusts.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void add_target(struct trust *trust, const struct deployment *deployment,
                       const struct service *service, const struct slot *slot)
{
    trust->targets = grow(trust->targets, trust->target_count, sizeof *trust->targets);
    trust->targets[trust->target_count++] = (struct trust_target){
        .service = service,
        .slot = slot,
        .identity = service_identity(deployment, service, slot),
    };
}

static bool stands_beside(const struct deployment *deployment, const struct server *server,
                          const char *word)
{
    const struct component *component = catalogue_find(deployment->catalogue, word);
    for (size_t i = 0; i < server->service_count; i++)
        if (server->services[i].component == component)
            return true;
    return !*word;
}

static void find_targets(const struct deployment *deployment, struct trust *trust)
{
    const struct trust_rule *rule = trust->rule;
    const struct component *component = catalogue_find(deployment->catalogue, rule->of);
    struct strings only = {0}; /* paired by a question: that server alone */
    if (!component || !component->slot_count)
        return;
    const struct slot *slot =
        *rule->slot ? component_slot(component, rule->slot) : &component->slots[0];
    const struct kind *kind = deployment_kind(deployment, component);
    if (*rule->via)
        service_value(deployment, trust->reader, rule->via, &only);
    for (size_t i = 0; slot && i < kind->count; i++) {
        const struct service *service = kind->services[i];
        if ((!*rule->via || strings_has(&only, service->server->name)) &&
            stands_beside(deployment, service->server, rule->beside) &&
            slot_used(deployment, service, slot))
            add_target(trust, deployment, service, slot);
    }
    strings_free(&only);
}

/* A set of certificates, each once. */
struct cert_set {
    const struct cert **items;
    size_t count;
};

static void set_add(struct cert_set *set, const struct cert *cert)
{
    for (size_t i = 0; i < set->count; i++)
        if (cert_same(set->items[i], cert))
            return;
    set->items = grow(set->items, set->count, sizeof *set->items);
    set->items[set->count++] = cert;
}

static bool set_add_file(struct cert_set *set, const struct scan *scan, const char *name)
{
    const struct store_file *file = scan ? scan_find(scan, name) : NULL;
    if (!file)
        return false;
    bool any = false;
    for (size_t i = 0; i < file->pki.count; i++)
        if (file->pki.objects[i].kind == OBJECT_CERT) {
            set_add(set, file->pki.objects[i].cert);
            any = true;
        }
    return any;
}

/* The CAs above an identity's certificate, root included; a self-signed leaf is its own. */
static bool set_add_signers(struct cert_set *set, const struct deployment *deployment,
                            const struct scan *scan, const struct identity *identity)
{
    const struct cert *leaf = scan ? scan_cert(scan, identity->certificate_file) : NULL;
    if (leaf && leaf->self_signed)
        set_add(set, leaf);
    else if (set_add_file(set, scan, identity->bundle_file))
        return true;
    else if (strcmp(identity->signer, "self") == 0)
        return set_add_file(set, scan, identity->certificate_file);
    else {
        const struct identity *signer = deployment_identity(deployment, identity->signer);
        if (!signer || !set_add_file(set, scan, signer->certificate_file))
            return false;
        return strcmp(signer->signer, "self") == 0 ||
               set_add_signers(set, deployment, scan, signer);
    }
    return true;
}

static bool collect_leaves(const struct scan *scan, const struct trust *trust, struct cert_set *set)
{
    bool whole = true;
    for (size_t i = 0; i < trust->target_count; i++) {
        const struct identity *identity = trust->targets[i].identity;
        const struct cert *leaf =
            scan && identity ? scan_cert(scan, identity->certificate_file) : NULL;
        if (leaf)
            set_add(set, leaf);
        whole &= leaf != NULL;
    }
    return whole;
}

static bool collect_signers(const struct deployment *deployment, const struct scan *scan,
                            const struct trust *trust, struct cert_set *set)
{
    bool whole = true;
    for (size_t i = 0; i < trust->target_count; i++) {
        const struct identity *identity = trust->targets[i].identity;
        whole &= identity && set_add_signers(set, deployment, scan, identity);
    }
    return whole;
}

static bool collect(const struct deployment *deployment, const struct scan *scan,
                    const struct trust *trust, struct cert_set *set)
{
    bool whole = trust->target_count;
    if (trust_lists(trust->rule->how))
        whole &= collect_leaves(scan, trust, set);
    if (trust_chains(trust->rule->how))
        whole &= collect_signers(deployment, scan, trust, set);
    return whole;
}

/* The one identity on whose certificate the trust stands, by design: NULL where there are more, or
 * where a CA outside signs. */
static const struct identity *single_by_design(const struct deployment *deployment,
                                               const struct trust *trust)
{
    const struct identity *single = NULL;
    for (size_t i = 0; i < trust->target_count; i++) {
        const struct identity *identity = trust->targets[i].identity;
        if (!identity)
            return NULL;
        if (trust->rule->how == TRUST_BOTH && strcmp(identity->signer, "self") != 0)
            return NULL;
        if (trust->rule->how == TRUST_CHAIN && strcmp(identity->signer, "self") != 0) {
            identity = deployment_identity(deployment, identity->signer);
            if (!identity || strcmp(identity->signer, "self") != 0)
                return NULL;
        }
        if (single && single != identity)
            return NULL;
        single = identity;
    }
    return single;
}

/* Whose certificate it is. Most trusts stand on the same CA: the last answer is kept. */
struct owner {
    const struct cert *cert;
    const struct identity *identity; /* NULL: nobody's */
};

static const struct identity *owner_of(struct owner *owner, const struct deployment *deployment,
                                       const struct scan *scan, const struct cert *cert)
{
    if (owner->cert && cert_same(owner->cert, cert))
        return owner->identity;
    *owner = (struct owner){.cert = cert};
    for (size_t i = 0; i < deployment->identity_count && !owner->identity; i++) {
        const struct cert *leaf = scan_cert(scan, deployment->identities[i].certificate_file);
        if (leaf && cert_same(leaf, cert))
            owner->identity = &deployment->identities[i];
    }
    return owner->identity;
}

/* A trust of one certificate is that certificate's own file, if an identity has it. */
static char *default_file(const struct deployment *deployment, const struct scan *scan,
                          const struct trust *trust, struct owner *owner)
{
    const struct identity *single = NULL;
    struct cert_set set = {0};
    if (trust_chains(trust->rule->how) && scan && collect(deployment, scan, trust, &set))
        single = set.count == 1 ? owner_of(owner, deployment, scan, set.items[0]) : NULL;
    else
        single = single_by_design(deployment, trust);
    free(set.items);
    if (single)
        return xstrdup(single->certificate_file);
    return xformat("%s-%s.crt", trust->reader->name, trust->rule->name);
}

static bool same_targets(const struct trust *a, const struct trust *b)
{
    if (a->target_count != b->target_count || a->rule->how != b->rule->how)
        return false;
    for (size_t i = 0; i < a->target_count; i++)
        if (a->targets[i].identity != b->targets[i].identity)
            return false;
    return true;
}

static int compare_files(const void *left, const void *right)
{
    const struct trust *const *a = left, *const *b = right;
    return strcmp((*a)->file, (*b)->file);
}

/* <server>-<service>-<trust>.crt in the place of the common name. */
static void part_name(struct trust *trust)
{
    free(trust->file);
    trust->file = xformat("%s-%s-%s.crt", trust->reader->server->name, trust->reader->name,
                          trust->rule->name);
}

/* All of one name: those whose content another server's differs from get names of their own. */
static void part_group(struct trust **group, size_t count)
{
    bool differ = false;
    for (size_t i = 1; i < count; i++)
        differ = differ || !same_targets(group[0], group[i]);
    bool *clashes = xcalloc(count, sizeof *clashes);
    for (size_t i = 0; i < count && differ; i++)
        for (size_t j = 0; j < count && !clashes[i]; j++)
            clashes[i] = group[i]->reader->server != group[j]->reader->server &&
                         !same_targets(group[i], group[j]);
    for (size_t i = 0; i < count; i++)
        if (clashes[i])
            part_name(group[i]);
    free(clashes);
}

static void part_names(struct trusts *trusts)
{
    struct trust **sorted = xcalloc(trusts->count, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < trusts->count; i++)
        if (!trusts->items[i].given)
            sorted[count++] = &trusts->items[i];
    qsort(sorted, count, sizeof *sorted, compare_files);
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && strcmp(sorted[start]->file, sorted[end]->file) == 0;)
            end++;
        part_group(&sorted[start], end - start);
    }
    free(sorted);
}

static void derive_one(const struct deployment *deployment, const struct scan *scan,
                       const struct service *reader, const struct trust_rule *rule,
                       struct owner *owner, struct trusts *out)
{
    if (!release_in(&rule->release, deployment->release) ||
        !service_condition(deployment, reader, rule->when))
        return;
    char *option = xformat("%s-file", rule->name);
    const struct strings *given = service_option(reader, option);
    free(option);
    if (given && given->count && strcmp(given->items[0], "none") == 0)
        return; /* switched off there */
    struct trust trust = {.reader = reader, .rule = rule};
    find_targets(deployment, &trust);
    if (!trust.target_count)
        return;
    trust.given = given && given->count && *given->items[0];
    trust.file =
        trust.given ? xstrdup(given->items[0]) : default_file(deployment, scan, &trust, owner);
    out->items = grow(out->items, out->count, sizeof *out->items);
    out->items[out->count++] = trust;
}

void trusts_derive(const struct deployment *deployment, const struct scan *scan, struct trusts *out)
{
    struct owner owner = {0};
    *out = (struct trusts){0};
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *reader = &deployment->servers[i].services[j];
            for (size_t k = 0; k < reader->component->trust_count; k++)
                derive_one(deployment, scan, reader, &reader->component->trusts[k], &owner, out);
        }
    part_names(out);
}

void trusts_free(struct trusts *trusts)
{
    for (size_t i = 0; i < trusts->count; i++) {
        free(trusts->items[i].targets);
        free(trusts->items[i].file);
    }
    free(trusts->items);
    *trusts = (struct trusts){0};
}

const struct trust *trusts_find(const struct trusts *trusts, const struct service *reader,
                                const char *name)
{
    size_t low = 0, high = trusts->count; /* they stand in their readers' order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trusts->items[middle].reader->index < reader->index)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < trusts->count && trusts->items[low].reader == reader; low++)
        if (strcmp(trusts->items[low].rule->name, name) == 0)
            return &trusts->items[low];
    return NULL;
}

bool trust_content(const struct deployment *deployment, const struct scan *scan,
                   const struct trust *trust, struct str *out)
{
    struct cert_set set = {0};
    bool whole = collect(deployment, scan, trust, &set);
    for (size_t i = 0; whole && i < set.count; i++)
        cert_pem(set.items[i], out);
    free(set.items);
    return whole;
}
