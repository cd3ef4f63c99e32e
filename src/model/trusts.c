#include "model/trusts.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A trust that is looked for: its targets hang on rule and only, and where those lead back to it on
 * the reader's server. */
struct wanted {
    struct trust trust;
    struct strings only; /* paired by a question: those servers alone */
};

static void add_target(struct trust_need *need, const struct deployment *deployment,
                       const struct service *service, const struct slot *slot)
{
    need->targets = grow(need->targets, need->target_count, sizeof *need->targets);
    need->targets[need->target_count++] = (struct trust_target){
        .service = service,
        .slot = slot,
        .identity = service_identity(deployment, service, slot),
    };
}

/* Its question leads to that server: as it is written, mostly. */
static bool leads_to(const struct deployment *deployment, const struct service *service,
                     const char *question, const struct server *server)
{
    const struct strings *given = service_answer(deployment, service, question);
    if (!*question || given)
        return !*question || strings_has(given, server->name);
    struct strings to = {0};
    service_value(deployment, service, question, &to);
    bool does = strings_has(&to, server->name);
    strings_free(&to);
    return does;
}

static void find_targets(const struct deployment *deployment, const struct wanted *wanted,
                         struct trust_need *need)
{
    const struct trust_rule *rule = wanted->trust.rule;
    const struct component *component = catalogue_find(deployment->catalogue, rule->of);
    if (!component || !component->slot_count)
        return;
    const struct slot *slot =
        *rule->slot ? component_slot(component, rule->slot) : &component->slots[0];
    const struct kind *kind = deployment_kind(deployment, component);
    for (size_t i = 0; slot && i < kind->count; i++) {
        const struct service *service = kind->services[i];
        if ((!*rule->via || strings_has(&wanted->only, service->server->name)) &&
            (!*rule->beside || server_has_kind(service->server, rule->beside)) &&
            leads_to(deployment, service, rule->back, wanted->trust.reader->server) &&
            slot_used(deployment, service, slot))
            add_target(need, deployment, service, slot);
    }
}

bool cert_set_has(const struct cert_set *set, const struct cert *cert)
{
    for (size_t i = 0; i < set->count; i++)
        if (cert_same(set->items[i], cert))
            return true;
    return false;
}

void cert_set_add(struct cert_set *set, const struct cert *cert)
{
    if (cert_set_has(set, cert))
        return;
    set->items = grow(set->items, set->count, sizeof *set->items);
    set->items[set->count++] = cert;
}

/* All of the file but one that has no place there; except may be NULL. */
static bool set_add_file(struct cert_set *set, const struct scan *scan, const char *name,
                         const struct cert *except)
{
    const struct store_file *file = scan ? scan_find(scan, name) : NULL;
    if (!file)
        return false;
    bool any = false;
    for (size_t i = 0; i < file->pki.count; i++)
        if (file->pki.objects[i].kind == OBJECT_CERT &&
            (!except || !cert_same(file->pki.objects[i].cert, except))) {
            cert_set_add(set, file->pki.objects[i].cert);
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
        cert_set_add(set, leaf);
    else if (set_add_file(set, scan, identity->bundle_file, leaf))
        return true;
    else if (strcmp(identity->signer, "self") == 0)
        return set_add_file(set, scan, identity->certificate_file, NULL);
    else {
        const struct identity *signer = deployment_identity(deployment, identity->signer);
        if (!signer || !set_add_file(set, scan, signer->certificate_file, NULL))
            return false;
        return strcmp(signer->signer, "self") == 0 ||
               set_add_signers(set, deployment, scan, signer);
    }
    return true;
}

static bool collect_leaves(const struct scan *scan, const struct trust_need *need,
                           struct cert_set *set)
{
    bool whole = true;
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        const struct cert *leaf =
            scan && identity ? scan_cert(scan, identity->certificate_file) : NULL;
        if (leaf)
            cert_set_add(set, leaf);
        whole &= leaf != NULL;
    }
    return whole;
}

static bool collect_signers(const struct deployment *deployment, const struct scan *scan,
                            const struct trust_need *need, struct cert_set *set)
{
    bool whole = true;
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        whole &= identity && set_add_signers(set, deployment, scan, identity);
    }
    return whole;
}

bool trust_certs(const struct deployment *deployment, const struct scan *scan,
                 const struct trust_need *need, struct cert_set *set)
{
    bool whole = need->target_count;
    if (trust_lists(need->how))
        whole &= collect_leaves(scan, need, set);
    if (trust_chains(need->how))
        whole &= collect_signers(deployment, scan, need, set);
    return whole;
}

/* The one identity on whose certificate the trust stands, by design: NULL where there are more, or
 * where a CA outside signs. */
static const struct identity *single_by_design(const struct deployment *deployment,
                                               const struct trust_need *need)
{
    const struct identity *single = NULL;
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        if (!identity)
            return NULL;
        if (need->how == TRUST_BOTH && strcmp(identity->signer, "self") != 0)
            return NULL;
        if (need->how == TRUST_CHAIN && strcmp(identity->signer, "self") != 0) {
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

static const struct identity *single_of(const struct deployment *deployment,
                                        const struct scan *scan, const struct trust_need *need,
                                        struct owner *owner)
{
    const struct identity *single = NULL;
    struct cert_set set = {0};
    if (trust_chains(need->how) && scan && trust_certs(deployment, scan, need, &set))
        single = set.count == 1 ? owner_of(owner, deployment, scan, set.items[0]) : NULL;
    else
        single = single_by_design(deployment, need);
    free(set.items);
    return single;
}

/* Trusts with the same targets and way stand side by side, in the order of their readers. */
static int compare_wanted(const struct wanted *a, const struct wanted *b)
{
    const struct trust_rule *x = a->trust.rule, *y = b->trust.rule;
    int order = (int)x->how - (int)y->how;
    const char *const texts[][2] = {{x->of, y->of},
                                    {x->slot, y->slot},
                                    {x->via, y->via},
                                    {x->beside, y->beside},
                                    {x->back, y->back},
                                    {*x->back ? a->trust.reader->server->name : "",
                                     *y->back ? b->trust.reader->server->name : ""}};
    for (size_t i = 0; !order && i < sizeof texts / sizeof *texts; i++)
        order = strcmp(texts[i][0], texts[i][1]);
    for (size_t i = 0; !order && i < a->only.count && i < b->only.count; i++)
        order = strcmp(a->only.items[i], b->only.items[i]);
    return order ? order : (a->only.count > b->only.count) - (a->only.count < b->only.count);
}

static int compare_wants(const void *left, const void *right)
{
    const struct wanted *const *a = left, *const *b = right;
    int order = compare_wanted(*a, *b);
    return order ? order : (*a > *b) - (*a < *b);
}

/* Finds the targets once for all who want the same. */
static void share_needs(const struct deployment *deployment, struct wanted *wants, size_t count,
                        struct trusts *out)
{
    const struct wanted **sorted = xcalloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &wants[i];
    qsort(sorted, count, sizeof *sorted, compare_wants);
    out->needs = xcalloc(count + 1, sizeof *out->needs);
    for (size_t i = 0; i < count; i++) {
        struct trust_need *need = &out->needs[out->need_count];
        if (i && compare_wanted(sorted[i - 1], sorted[i]) == 0) {
            need--;
        } else {
            *need = (struct trust_need){.how = sorted[i]->trust.rule->how};
            find_targets(deployment, sorted[i], need);
            out->need_count++;
        }
        wants[sorted[i] - wants].trust.need = need;
    }
    free(sorted);
}

static int compare_needs(const void *left, const void *right)
{
    const struct trust_need *a = *(const struct trust_need *const *)left,
                            *b = *(const struct trust_need *const *)right;
    if (a->single || b->single)
        return (a->single > b->single) - (a->single < b->single);
    if (a->how != b->how)
        return (int)a->how - (int)b->how;
    for (size_t i = 0; i < a->target_count && i < b->target_count; i++)
        if (a->targets[i].identity != b->targets[i].identity)
            return a->targets[i].identity > b->targets[i].identity ? 1 : -1;
    return (a->target_count > b->target_count) - (a->target_count < b->target_count);
}

static void number_contents(struct trusts *out)
{
    struct trust_need **sorted = xcalloc(out->need_count + 1, sizeof *sorted);
    for (size_t i = 0; i < out->need_count; i++)
        sorted[i] = &out->needs[i];
    qsort(sorted, out->need_count, sizeof *sorted, compare_needs);
    for (size_t i = 1; i < out->need_count; i++)
        sorted[i]->content =
            sorted[i - 1]->content + (compare_needs(&sorted[i - 1], &sorted[i]) != 0);
    free(sorted);
}

static int compare_files(const void *left, const void *right)
{
    const struct trust *a = *(const struct trust *const *)left,
                       *b = *(const struct trust *const *)right;
    int order = strcmp(a->file, b->file);
    if (!order)
        order = (a->need > b->need) - (a->need < b->need);
    return order ? order : (a > b) - (a < b);
}

static void sort_files(struct trusts *trusts)
{
    for (size_t i = 0; i < trusts->count; i++)
        trusts->by_file[i] = &trusts->items[i];
    qsort(trusts->by_file, trusts->count, sizeof *trusts->by_file, compare_files);
}

/* <server>-<service>-<trust>.crt in the place of a common name that stands for several contents. */
static void part_names(struct trusts *trusts)
{
    for (size_t start = 0, end; start < trusts->count; start = end) {
        const struct trust *first = NULL;
        bool differ = false;
        for (end = start; end < trusts->count; end++) {
            const struct trust *trust = trusts->by_file[end];
            if (strcmp(trust->file, trusts->by_file[start]->file) != 0)
                break;
            if (trust->given)
                continue;
            differ = differ || (first && first->need->content != trust->need->content);
            first = trust;
        }
        for (size_t i = start; differ && i < end; i++) {
            struct trust *trust = &trusts->items[trusts->by_file[i] - trusts->items];
            if (trust->given)
                continue;
            free(trust->file);
            trust->file = xformat("%s-%s-%s.crt", trust->reader->server->name, trust->reader->name,
                                  trust->rule->name);
        }
    }
}

/* A trust of one certificate is that certificate's own file, if an identity has it. */
static char *default_file(const struct trust *trust)
{
    if (trust->need->single)
        return xstrdup(trust->need->single->certificate_file);
    return xformat("%s-%s.crt", trust->reader->name, trust->rule->name);
}

static void name_files(struct trusts *trusts)
{
    for (size_t i = 0; i < trusts->count; i++)
        if (!trusts->items[i].given)
            trusts->items[i].file = default_file(&trusts->items[i]);
    trusts->by_file = xcalloc(trusts->count + 1, sizeof *trusts->by_file);
    sort_files(trusts);
    part_names(trusts);
    sort_files(trusts);
}

/* The file that the service names for it; NULL: none. false: it is switched off there. */
static bool given_file(const struct service *reader, const struct trust_rule *rule,
                       const char **file)
{
    char *option = xformat("%s-file", rule->name);
    const struct strings *given = service_option(reader, option);
    free(option);
    *file = given && given->count && *given->items[0] ? given->items[0] : NULL;
    return !*file || strcmp(*file, "none") != 0;
}

static struct wanted *find_wanted(const struct deployment *deployment, bool on, size_t *count)
{
    struct wanted *wants = NULL;
    *count = 0;
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *reader = &deployment->servers[i].services[j];
            for (size_t k = 0; k < reader->component->trust_count; k++) {
                const struct trust_rule *rule = &reader->component->trusts[k];
                const char *file;
                if (!release_in(&rule->release, deployment->release) ||
                    !service_condition(deployment, reader, rule->when) ||
                    given_file(reader, rule, &file) != on)
                    continue;
                wants = grow(wants, *count, sizeof *wants);
                struct wanted *wanted = &wants[(*count)++];
                wanted->trust = (struct trust){.reader = reader, .rule = rule, .given = file};
                wanted->trust.file = file ? xstrdup(file) : NULL;
                if (*rule->via)
                    service_value(deployment, reader, rule->via, &wanted->only);
            }
        }
    return wants;
}

static void derive(const struct deployment *deployment, const struct scan *scan, bool on,
                   struct trusts *out)
{
    struct owner owner = {0};
    size_t count;
    *out = (struct trusts){0};
    struct wanted *wants = find_wanted(deployment, on, &count);
    share_needs(deployment, wants, count, out);
    for (size_t i = 0; i < out->need_count; i++)
        out->needs[i].single = single_of(deployment, scan, &out->needs[i], &owner);
    number_contents(out);
    out->items = xcalloc(count + 1, sizeof *out->items);
    for (size_t i = 0; i < count; i++) {
        if (wants[i].trust.need->target_count)
            out->items[out->count++] = wants[i].trust;
        else
            free(wants[i].trust.file);
        strings_free(&wants[i].only);
    }
    free(wants);
    name_files(out);
}

void trusts_derive(const struct deployment *deployment, const struct scan *scan, struct trusts *out)
{
    derive(deployment, scan, true, out);
}

void trusts_off(const struct deployment *deployment, struct trusts *out)
{
    derive(deployment, NULL, false, out);
}

void trusts_free(struct trusts *trusts)
{
    for (size_t i = 0; i < trusts->count; i++)
        free(trusts->items[i].file);
    for (size_t i = 0; i < trusts->need_count; i++)
        free(trusts->needs[i].targets);
    free(trusts->items);
    free(trusts->by_file);
    free(trusts->needs);
    *trusts = (struct trusts){0};
}

size_t trusts_of(const struct trusts *trusts, const struct service *reader,
                 const struct trust **out)
{
    size_t low = 0, high = trusts->count, count = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (trusts->items[middle].reader->index < reader->index)
            low = middle + 1;
        else
            high = middle;
    }
    *out = &trusts->items[low];
    while (low + count < trusts->count && trusts->items[low + count].reader == reader)
        count++;
    return count;
}

const struct trust *trusts_find(const struct trusts *trusts, const struct service *reader,
                                const char *name)
{
    const struct trust *first;
    size_t count = trusts_of(trusts, reader, &first);
    for (size_t i = 0; i < count; i++)
        if (strcmp(first[i].rule->name, name) == 0)
            return &first[i];
    return NULL;
}

static void add_pem(const struct cert_set *set, struct str *out)
{
    for (size_t i = 0; i < set->count; i++)
        cert_pem(set->items[i], out);
}

bool trust_content(const struct deployment *deployment, const struct scan *scan,
                   const struct trust_need *need, struct str *out)
{
    struct cert_set set = {0};
    bool whole = trust_certs(deployment, scan, need, &set);
    if (whole)
        add_pem(&set, out);
    free(set.items);
    return whole;
}

bool trust_file_content(const struct deployment *deployment, const struct scan *scan,
                        const struct trusts *trusts, const char *file, struct str *out)
{
    struct cert_set set = {0};
    const struct trust_need *last = NULL;
    bool whole = true;
    for (size_t i = 0; whole && i < trusts->count; i++) {
        const struct trust *trust = &trusts->items[i];
        if (!trust->given || trust->need == last || strcmp(trust->file, file) != 0)
            continue;
        whole = trust_certs(deployment, scan, trust->need, &set);
        last = trust->need;
    }
    if (whole)
        add_pem(&set, out);
    free(set.items);
    return whole && set.count;
}
