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

static bool collect(const struct deployment *deployment, const struct scan *scan,
                    const struct trust *trust, struct cert_set *set)
{
    bool whole = true;
    for (size_t i = 0; i < trust->target_count; i++) {
        const struct identity *identity = trust->targets[i].identity;
        if (!identity)
            whole = false;
        else if (trust->rule->how == TRUST_CHAIN)
            whole &= set_add_signers(set, deployment, scan, identity);
        else {
            const struct cert *leaf = scan ? scan_cert(scan, identity->certificate_file) : NULL;
            if (leaf)
                set_add(set, leaf);
            whole &= leaf != NULL;
        }
    }
    return whole && trust->target_count;
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

static const struct identity *identity_of_cert(const struct deployment *deployment,
                                               const struct scan *scan, const struct cert *cert)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct cert *leaf = scan_cert(scan, deployment->identities[i].certificate_file);
        if (leaf && cert_same(leaf, cert))
            return &deployment->identities[i];
    }
    return NULL;
}

/* SPEC 6: a trust of one certificate is that certificate's own file, if an identity has it. */
static char *default_file(const struct deployment *deployment, const struct scan *scan,
                          const struct trust *trust)
{
    const struct identity *single = NULL;
    struct cert_set set = {0};
    if (trust->rule->how == TRUST_CHAIN && scan && collect(deployment, scan, trust, &set))
        single = set.count == 1 ? identity_of_cert(deployment, scan, set.items[0]) : NULL;
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

/* <server>-<service>-<trust>.crt where servers need different contents under one name. */
static void part_names(struct trusts *trusts)
{
    bool *clashes = xcalloc(trusts->count, sizeof *clashes);
    for (size_t i = 0; i < trusts->count; i++)
        for (size_t j = 0; j < trusts->count; j++) {
            const struct trust *a = &trusts->items[i], *b = &trusts->items[j];
            clashes[i] |= !a->given && !b->given && strcmp(a->file, b->file) == 0 &&
                          a->reader->server != b->reader->server && !same_targets(a, b);
        }
    for (size_t i = 0; i < trusts->count; i++) {
        struct trust *trust = &trusts->items[i];
        if (!clashes[i])
            continue;
        free(trust->file);
        trust->file = xformat("%s-%s-%s.crt", trust->reader->server->name, trust->reader->name,
                              trust->rule->name);
    }
    free(clashes);
}

static void derive_one(const struct deployment *deployment, const struct scan *scan,
                       const struct service *reader, const struct trust_rule *rule,
                       struct trusts *out)
{
    if (!service_condition(deployment, reader, rule->when))
        return;
    struct trust trust = {.reader = reader, .rule = rule};
    find_targets(deployment, &trust);
    if (!trust.target_count)
        return;
    char *option = xformat("%s-file", rule->name);
    const struct strings *given = service_option(reader, option);
    free(option);
    trust.given = given && given->count && *given->items[0];
    trust.file = trust.given ? xstrdup(given->items[0]) : default_file(deployment, scan, &trust);
    out->items = grow(out->items, out->count, sizeof *out->items);
    out->items[out->count++] = trust;
}

void trusts_derive(const struct deployment *deployment, const struct scan *scan, struct trusts *out)
{
    *out = (struct trusts){0};
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *reader = &deployment->servers[i].services[j];
            for (size_t k = 0; k < reader->component->trust_count; k++)
                derive_one(deployment, scan, reader, &reader->component->trusts[k], out);
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
    for (size_t i = 0; i < trusts->count; i++)
        if (trusts->items[i].reader == reader && strcmp(trusts->items[i].rule->name, name) == 0)
            return &trusts->items[i];
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
