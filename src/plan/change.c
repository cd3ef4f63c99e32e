#include "plan/change.h"

#include "base/mem.h"
#include "plan/merge.h"

#include <stdlib.h>
#include <string.h>

const struct facts *held_facts(const struct changes *changes)
{
    return changes->held ? changes->held->facts : changes->facts;
}

const struct service *held_service(const struct changes *changes, const struct service *service)
{
    const struct deployment *now = &changes->facts->deployment;
    const struct deployment *then = &held_facts(changes)->deployment;
    size_t server = (size_t)(service->server - now->servers);
    return &then->servers[server].services[service - service->server->services];
}

const struct trust_change *change_of(const struct service_change *change, const char *trust)
{
    for (size_t i = 0; i < change->count; i++)
        if (strcmp(change->trusts[i].trust->rule->name, trust) == 0)
            return &change->trusts[i];
    return NULL;
}

/* The certificates of two files, one by one; a file that is not there has none. */
static bool same_certs(const struct store_file *a, const struct store_file *b)
{
    if (!a || !b)
        return a == b;
    if (a->pki.count != b->pki.count)
        return false;
    for (size_t i = 0; i < a->pki.count; i++) {
        const struct object *x = &a->pki.objects[i], *y = &b->pki.objects[i];
        if (x->kind != y->kind || (x->kind == OBJECT_CERT && !cert_same(x->cert, y->cert)))
            return false;
    }
    return true;
}

static bool part_changes(const struct changes *changes, const struct held_identity *item,
                         const char *part)
{
    const struct identity *identity = item->identity;
    if (strcmp(part, "key") == 0)
        return item->new_key;
    const char *name = strcmp(part, "certificate") == 0 ? identity->certificate_file
                       : strcmp(part, "bundle") == 0    ? identity->bundle_file
                                                        : identity->fullchain_file;
    return !same_certs(scan_find(&changes->held->facts->scan, name),
                       scan_find(&changes->facts->scan, name));
}

static bool slot_changes(const struct changes *changes, const struct service *service,
                         const struct slot *slot)
{
    const struct deployment *deployment = &changes->facts->deployment;
    const struct identity *identity = service_identity(deployment, service, slot);
    const struct held_identity *item = identity ? held_find(changes->held, identity) : NULL;
    bool any = false;
    if (item && slot_used(deployment, service, slot))
        for (size_t i = 0; i < slot->takes.count; i++)
            any = any || part_changes(changes, item, slot->takes.items[i]);
    return any;
}

bool target_changes(const struct changes *changes, const struct trust_target *target)
{
    const struct service_change *change = &changes->services[target->service->index];
    return change->slots && change->slots[target->slot - target->service->component->slots];
}

/* --- what a trust accepts -----------------------------------------------------------------------
 */

static void add_file(const struct scan *scan, const char *name, struct cert_set *out)
{
    const struct store_file *file = scan_find(scan, name);
    for (size_t i = 0; file && i < file->pki.count; i++)
        if (file->pki.objects[i].kind == OBJECT_CERT)
            cert_set_add(out, file->pki.objects[i].cert);
}

static void add_set(struct cert_set *out, const struct cert_set *set,
                    const struct cert_set *without)
{
    for (size_t i = 0; i < set->count; i++)
        if (!without || !cert_set_has(without, set->items[i]))
            cert_set_add(out, set->items[i]);
}

static bool is_within(const struct cert_set *set, const struct cert_set *larger)
{
    bool within = true;
    for (size_t i = 0; within && i < set->count; i++)
        within = cert_set_has(larger, set->items[i]);
    return within;
}

/* Those of the need's targets that are in place, or the others. */
static void certs_of(const struct facts *facts, const struct trust_need *need, bool installed,
                     struct cert_set *out)
{
    struct trust_need part = *need;
    part.target_count = 0;
    part.targets = xcalloc(need->target_count + 1, sizeof *part.targets);
    for (size_t i = 0; i < need->target_count; i++)
        if (need->targets[i].service->installed == installed)
            part.targets[part.target_count++] = need->targets[i];
    bool whole = trust_certs(&facts->deployment, &facts->scan, &part, out);
    (void)whole; /* of what lacks there is nothing to hold */
    free(part.targets);
}

/* The servers have the list as it was before the store's lost what is gone. */
static void add_list(const struct facts *facts, const struct trust *trust, struct widening *content,
                     struct cert_set *out)
{
    if (!held_list(facts, trust->file, &content->list))
        return;
    for (size_t i = 0; i < content->list.count; i++)
        if (content->list.objects[i].kind == OBJECT_CERT)
            cert_set_add(out, content->list.objects[i].cert);
}

/* Where services come or go: what the ones in place need, and what a list of the store still has
 * of one that is gone. */
static void fill_installed(const struct facts *facts, const struct trust *trust,
                           struct widening *content)
{
    struct cert_set coming = {0}, there = {0};
    add_file(&facts->scan, trust->file, &there);
    certs_of(facts, trust->need, true, &content->held);
    if (trust->given) {
        certs_of(facts, trust->need, false, &coming);
        add_set(&content->last, &there, NULL);
        add_list(facts, trust, content, &there);
        for (size_t i = 0; i < there.count; i++)
            if (!cert_set_has(&coming, there.items[i]))
                cert_set_add(&content->held, there.items[i]);
    } else {
        bool whole = trust_certs(&facts->deployment, &facts->scan, trust->need, &content->last);
        (void)whole; /* rules say what lacks */
        if (deployment_owns_file(&facts->deployment, trust->file)) {
            char *list = xformat("%s-%s.crt", trust->reader->name, trust->rule->name);
            there.count = 0;
            add_file(&facts->scan, list, &there); /* of several, of whom one is left */
            free(list);
        }
        add_list(facts, trust, content, &there);
        add_set(&content->held, &there, &content->last);
    }
    free(coming.items);
    free(there.items);
}

/* What was in place between and may be installed: leaves where leaves are pinned, CAs where they
 * are trusted. */
static void add_since(const struct changes *changes, struct widening *content, struct cert_set *out)
{
    const struct trust_need *need = content->is;
    for (size_t i = 0; changes->held && i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        const struct held_identity *item = identity ? held_find(changes->held, identity) : NULL;
        if (!item || !item->since.length)
            continue;
        const struct cert *leaf = scan_cert(&changes->facts->scan, identity->certificate_file);
        content->since =
            xrealloc(content->since, (content->since_count + 1) * sizeof *content->since);
        struct pki_file *file = &content->since[content->since_count++];
        pki_parse((const unsigned char *)item->since.data, item->since.length, NULL, file);
        for (size_t k = 0; k < file->count; k++) {
            const struct cert *cert = file->objects[k].cert;
            if (file->objects[k].kind != OBJECT_CERT)
                continue;
            bool is_leaf = !cert->is_ca || (leaf && strcmp(leaf->subject, cert->subject) == 0);
            if ((is_leaf && trust_lists(need->how)) ||
                ((!is_leaf || cert->self_signed) && trust_chains(need->how)))
                cert_set_add(out, cert);
        }
    }
}

static void add_alive(struct widening *content, const struct cert_set *set, time_t at)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i]->not_after > at || cert_set_has(&content->last, set->items[i]))
            cert_set_add(&content->wide, set->items[i]);
}

/* A certificate below that CA says by its key identifier which one it means; one that signed
 * itself and is served as it is says nothing (2 of one name: the first is tried alone). */
static bool tells_issuer(const struct facts *facts, const struct trust_need *need,
                         const struct cert_set *set, const struct cert *ca)
{
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        const struct cert *leaf =
            identity ? scan_cert(&facts->scan, identity->certificate_file) : NULL;
        if (leaf && cert_same(leaf, ca))
            return false;
        if (leaf && !leaf->self_signed && strcmp(leaf->issuer, ca->subject) == 0 &&
            !cert_names_key(leaf, ca))
            return false;
    }
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i]->self_signed && strcmp(set->items[i]->issuer, ca->subject) == 0 &&
            !cert_names_key(set->items[i], ca))
            return false;
    return true;
}

/* An old and a new CA of one name, with nothing that tells them apart. */
static bool is_blurred(const struct changes *changes, const struct widening *content)
{
    if (!trust_chains(content->is->how))
        return false;
    for (size_t i = 0; i < content->gone.count; i++)
        for (size_t k = 0; k < content->last.count; k++) {
            const struct cert *old = content->gone.items[i], *new = content->last.items[k];
            if (!old->self_signed || !new->self_signed || strcmp(old->subject, new->subject) != 0 ||
                memcmp(old->key_id, new->key_id, KEY_ID_BYTES) == 0)
                continue;
            if (!tells_issuer(held_facts(changes), content->was ? content->was : content->is,
                              &content->held, old) ||
                !tells_issuer(changes->facts, content->is, &content->last, new))
                return true;
        }
    return false;
}

/* It is among them, or a CA above it is where that will do. */
static bool is_accepted(const struct facts *facts, const struct trust_need *need,
                        const struct identity *identity, const struct cert_set *certs)
{
    const struct cert *leaf = scan_cert(&facts->scan, identity->certificate_file);
    struct cert_set cas = {0};
    identity_cas(facts, identity, &cas);
    bool accepted = !leaf || cert_set_has(certs, leaf);
    for (size_t i = 0; i < cas.count && need->how != TRUST_PINNED; i++)
        accepted |= cert_set_has(certs, cas.items[i]);
    free(cas.items);
    return accepted;
}

/* What the servers have of a user's file, which may have been written since: none of what is new
 * now, and whatever was accepted. true: just what the file that is held says. */
static bool fill_given(const struct changes *changes, const struct trust *trust,
                       const struct trust *was, struct cert_set *out)
{
    const struct facts *then = held_facts(changes);
    struct cert_set there = {0}, new = {0};
    add_file(&then->scan, was ? was->file : trust->file, &there);
    add_set(&new, &changes->come, NULL);
    for (size_t i = 0; i < changes->held->count; i++) {
        const char *name = changes->held->identities[i].identity->certificate_file;
        const struct cert *old = scan_cert(&then->scan, name),
                          *leaf = scan_cert(&changes->facts->scan, name);
        if (leaf && (!old || !cert_same(old, leaf)))
            cert_set_add(&new, leaf);
    }
    add_set(out, &there, &new);
    bool whole = true;
    for (size_t i = 0; was && i < was->need->target_count; i++)
        whole &= !was->need->targets[i].identity ||
                 is_accepted(then, was->need, was->need->targets[i].identity, out);
    if (!whole)
        whole = trust_certs(&then->deployment, &then->scan, was->need, out);
    bool same = cert_sets_equal(out, &there);
    free(there.items);
    free(new.items);
    return same;
}

static void fill_content(const struct changes *changes, const struct trust *trust,
                         const struct trust *was, struct widening *content)
{
    const struct facts *now = changes->facts, *then = held_facts(changes);
    if (!changes->held) {
        fill_installed(now, trust, content);
    } else if (trust->given) {
        content->guessed = !fill_given(changes, trust, was, &content->held);
        add_file(&now->scan, trust->file, &content->last);
    } else {
        bool whole =
            (!was || trust_certs(&then->deployment, &then->scan, was->need, &content->held)) &&
            trust_certs(&now->deployment, &now->scan, trust->need, &content->last);
        (void)whole; /* rules say what lacks */
    }
    if (changes->held) {
        size_t told = content->held.count;
        add_list(now, trust, content, &content->held);
        content->guessed |= content->held.count > told;
    }
    add_set(&content->gone, &content->held, &content->last);
    struct cert_set since = {0};
    add_since(changes, content, &since);
    content->same = !content->gone.count && is_within(&content->last, &content->held);
    add_alive(content, &content->held, now->at);
    add_alive(content, &since, now->at);
    add_set(&content->wide, &content->last, NULL);
    content->ended = content->gone.count && is_within(&content->wide, &content->last);
    content->blurred = !content->same && is_blurred(changes, content);
    for (size_t i = 0; !content->same && i < content->wide.count; i++)
        cert_pem(content->wide.items[i], &content->text);
    for (size_t i = 0; !content->same && i < content->last.count; i++)
        cert_pem(content->last.items[i], &content->last_text);
    bool told = changes->held && !content->guessed; /* by the file that is held */
    for (size_t i = 0; !content->same && !told && i < content->held.count; i++)
        cert_pem(content->held.items[i], &content->held_text);
    free(since.items);
}

/* Trusts that accept the same share it. */
static const struct widening *content_of(struct changes *changes, const struct trust *trust,
                                         const struct trust *was)
{
    for (size_t i = changes->content_count; i-- > 0;) {
        const struct widening *content = changes->contents[i];
        const char *given = trust->given ? trust->file : NULL;
        bool same_list =
            changes->held || (strcmp(content->of->reader->name, trust->reader->name) == 0 &&
                              content->of->rule == trust->rule);
        if (same_list && content->is == trust->need && content->was == (was ? was->need : NULL) &&
            !given == !content->given && (!given || strcmp(given, content->given) == 0))
            return content;
    }
    changes->contents = grow(changes->contents, changes->content_count, sizeof(void *));
    struct widening *content = xcalloc(1, sizeof *content);
    changes->contents[changes->content_count++] = content;
    content->is = trust->need;
    content->of = trust;
    content->was = was ? was->need : NULL;
    content->given = trust->given ? trust->file : NULL;
    fill_content(changes, trust, was, content);
    return content;
}

bool cert_sets_equal(const struct cert_set *a, const struct cert_set *b)
{
    return is_within(a, b) && is_within(b, a);
}

void identity_cas(const struct facts *facts, const struct identity *identity, struct cert_set *out)
{
    const struct cert *leaf = scan_cert(&facts->scan, identity->certificate_file);
    const struct identity *signer = deployment_identity(&facts->deployment, identity->signer);
    if (leaf && leaf->self_signed)
        cert_set_add(out, leaf);
    else if (scan_find(&facts->scan, identity->bundle_file))
        add_file(&facts->scan, identity->bundle_file, out);
    else if (signer)
        add_file(&facts->scan, signer->certificate_file, out);
}

/* --- a service ----------------------------------------------------------------------------------
 */

static char *own_list(const struct changes *changes, const struct trust *trust)
{
    char *name = xformat("%s-%s.crt", trust->reader->name, trust->rule->name);
    if (deployment_owns_file(&changes->facts->deployment, name)) {
        free(name);
        name = xformat("%s-%s-wide.crt", trust->reader->name, trust->rule->name);
    }
    return name;
}

/* A file that somebody presents holds that one certificate, whatever else is to be accepted
 * meanwhile. */
static char *wide_name(const struct changes *changes, const struct trust *trust,
                       const struct widening *content)
{
    if (is_within(&content->wide, &content->last) ||
        !deployment_owns_file(&changes->facts->deployment, trust->file))
        return xstrdup(trust->file);
    return own_list(changes, trust);
}

static char *was_name(const struct changes *changes, const struct trust *trust,
                      const struct trust *was, const struct widening *content)
{
    const struct deployment *deployment = &changes->facts->deployment;
    if (changes->held || !content->held.count)
        return xstrdup(changes->held && was ? was->file : "");
    for (size_t i = 0; content->held.count == 1 && !trust->given && i < deployment->identity_count;
         i++) {
        const char *name = deployment->identities[i].certificate_file;
        const struct cert *leaf = scan_cert(&changes->facts->scan, name);
        if (leaf && cert_same(leaf, content->held.items[0]))
            return xstrdup(name);
    }
    return deployment_owns_file(deployment, trust->file) ? own_list(changes, trust)
                                                         : xstrdup(trust->file);
}

bool line_names(const char *pattern, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = pattern; (at = strchr(at, '{')); at++)
        if (strncmp(at + 1, path, length) == 0 && (at[1 + length] == '}' || at[1 + length] == '.'))
            return true;
    return false;
}

/* Its file is named while a cluster is put together: before that nothing runs that reads it. */
static bool counts_in_building(const struct facts *facts, const struct trust *trust)
{
    const struct component *component = trust->reader->component;
    for (size_t i = 0; i < component->command_count; i++) {
        const struct command *command = &component->commands[i];
        if (command->stage == STAGE_ASSIGN && command->phase == PHASE_BUILDING &&
            release_in(&command->release, facts->deployment.release) &&
            line_names(command->line, trust->rule->name))
            return true;
    }
    return false;
}

static void add_trust(struct changes *changes, struct service_change *change,
                      const struct trust *trust)
{
    const struct trust *was =
        changes->held ? trusts_find(&changes->held->facts->trusts,
                                    held_service(changes, trust->reader), trust->rule->name)
                      : NULL;
    const struct widening *content = content_of(changes, trust, was);
    if (content->same || !content->last.count)
        return;
    change->trusts = grow(change->trusts, change->count, sizeof *change->trusts);
    struct trust_change *item = &change->trusts[change->count++];
    bool adds = !is_within(&content->wide, &content->held);
    bool building = counts_in_building(changes->facts, trust);
    *item = (struct trust_change){
        .trust = trust,
        .content = content,
        .was_file = was_name(changes, trust, was, content),
        .wide_file = wide_name(changes, trust, content),
        .at_once = building || (adds && (content->ended || content->blurred)),
    };
    struct cert_set stored = {0};
    add_file(&changes->facts->scan, trust->file, &stored);
    item->stored = is_within(&stored, &content->last) && is_within(&content->last, &stored);
    free(stored.items);
    item->widens = adds && !item->at_once;
    item->narrows = !item->at_once && !is_within(&content->wide, &content->last);
}

const struct store_file *option_file(const struct changes *changes, const struct command *command)
{
    const struct deployment *deployment = &changes->facts->deployment;
    const struct store_file *found = NULL;
    if (command->stage != STAGE_ASSIGN || command->phase != PHASE_SERVICES)
        return NULL;
    for (const char *at = command->line; !found && (at = strchr(at, '{')); at++) {
        char *path = xstrndup(at + 1, strcspn(at + 1, "}"));
        struct cert_set certs = {0};
        if (text_ends(path, "-file") && deployment_knows_fact(deployment, path)) {
            found = scan_find(&changes->facts->scan, deployment_fact(deployment, path));
            add_file(&changes->facts->scan, deployment_fact(deployment, path), &certs);
        }
        bool any = false;
        for (size_t i = 0; i < certs.count; i++)
            any |= cert_set_has(&changes->come, certs.items[i]);
        found = any ? found : NULL;
        free(certs.items);
        free(path);
    }
    return found;
}

/* The CAs that come with what is renewed. */
static void find_new_cas(struct changes *changes)
{
    for (size_t i = 0; changes->held && i < changes->held->count; i++) {
        struct cert_set was = {0}, is = {0};
        identity_cas(held_facts(changes), changes->held->identities[i].identity, &was);
        identity_cas(changes->facts, changes->held->identities[i].identity, &is);
        add_set(&changes->come, &is, &was);
        free(was.items);
        free(is.items);
    }
}

static void fill_service(struct changes *changes, const struct service *service)
{
    struct service_change *change = &changes->services[service->index];
    const struct trust *trusts;
    change->slots = xcalloc(service->component->slot_count + 1, sizeof *change->slots);
    for (size_t i = 0; changes->held && i < service->component->slot_count; i++) {
        change->slots[i] = slot_changes(changes, service, &service->component->slots[i]);
        change->swaps |= change->slots[i];
    }
    size_t count = trusts_of(&changes->facts->trusts, service, &trusts);
    for (size_t i = 0; i < count; i++)
        add_trust(changes, change, &trusts[i]);
    change->touched = change->swaps || change->count;
    for (size_t i = 0; changes->come.count && i < service->component->command_count; i++) {
        const struct command *command = &service->component->commands[i];
        change->touched |=
            option_file(changes, command) && merge_takes(changes->facts, service, command, NULL);
    }
    changes->any |= change->touched;
}

static bool is_cluster(const struct component *component, const char *release)
{
    for (size_t i = 0; i < component->command_count; i++)
        if (component->commands[i].phase == PHASE_REMOVAL &&
            release_in(&component->commands[i].release, release))
            return true;
    return false;
}

/* What concerns one of such a cluster takes all of it apart. */
static void rebuild_clusters(struct changes *changes)
{
    const struct deployment *deployment = &changes->facts->deployment;
    for (size_t i = 0; i < changes->facts->catalogue->count; i++) {
        const struct component *component = &changes->facts->catalogue->components[i];
        const struct kind *kind = deployment_kind(deployment, component);
        bool any = false;
        for (size_t k = 0; k < kind->count; k++)
            any |= changes->services[kind->services[k]->index].touched;
        if (!any || !changes->held || !is_cluster(component, deployment->release))
            continue;
        for (size_t k = 0; k < kind->count; k++) {
            changes->services[kind->services[k]->index].rebuilt = true;
            changes->services[kind->services[k]->index].touched = true;
        }
    }
}

/* It is never stopped, only started again: what it carries is dropped each time. */
static bool restarts(const struct service *service, const char *release)
{
    const struct component *component = service->component;
    for (size_t i = 0; i < component->command_count; i++)
        if (component->commands[i].stage == STAGE_AFTER &&
            component->commands[i].effect == EFFECT_RESTART &&
            release_in(&component->commands[i].release, release))
            return true;
    return false;
}

/* Counts those who wait for the reader's new lists up or down, or (0) looks for one who cannot
 * wait. */
static bool each_waiting(struct changes *changes, const struct service_change *reader, int count)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct trust_need *need = reader->trusts[i].trust->need;
        for (size_t k = 0; reader->trusts[i].widens && k < need->target_count; k++) {
            struct service_change *target = &changes->services[need->targets[k].service->index];
            if (!target_changes(changes, &need->targets[k]))
                continue;
            if (count)
                target->waits += count > 0 ? 1 : (size_t)-1;
            else if (target == reader || target->joined)
                return false;
        }
    }
    return true;
}

/* One restart less: a reader that gets a new pair takes its wide lists with it, where those whom
 * they are for can wait. */
static void join_swaps(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct service_change *change = &changes->services[i];
        bool widens = false;
        for (size_t k = 0; k < change->count; k++)
            widens |= change->trusts[k].widens;
        if (!widens || !change->swaps || change->waits ||
            !restarts(change->service, changes->facts->deployment.release) ||
            !each_waiting(changes, change, 0))
            continue;
        change->joined = each_waiting(changes, change, 1);
    }
}

void changes_let_go(struct changes *changes, const struct service *reader)
{
    bool all = each_waiting(changes, &changes->services[reader->index], -1);
    (void)all;
}

void changes_make(const struct facts *facts, const struct held *held, bool all, struct changes *out)
{
    const struct deployment *deployment = &facts->deployment;
    *out = (struct changes){.facts = facts, .held = all ? NULL : held};
    for (size_t i = 0; i < deployment->server_count; i++)
        out->count += deployment->servers[i].service_count;
    out->services = xcalloc(out->count + 1, sizeof *out->services);
    find_new_cas(out);
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t k = 0; k < deployment->servers[i].service_count; k++) {
            const struct service *service = &deployment->servers[i].services[k];
            struct service_change *change = &out->services[service->index];
            change->service = service;
            change->in_place = !all && (out->held || service->installed);
            if (change->in_place && release_in(&service->component->release, deployment->release))
                fill_service(out, service);
        }
    rebuild_clusters(out);
    join_swaps(out);
}

void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct service_change *change = &changes->services[i];
        for (size_t k = 0; k < change->count; k++) {
            free(change->trusts[k].was_file);
            free(change->trusts[k].wide_file);
        }
        free(change->trusts);
        free(change->slots);
    }
    for (size_t i = 0; i < changes->content_count; i++) {
        struct widening *content = changes->contents[i];
        struct cert_set *sets[] = {&content->held, &content->last, &content->wide, &content->gone};
        for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
            free(sets[k]->items);
        for (size_t k = 0; k < content->since_count; k++)
            pki_file_free(&content->since[k]);
        free(content->since);
        pki_file_free(&content->list);
        str_free(&content->text);
        str_free(&content->last_text);
        str_free(&content->held_text);
        free(content);
    }
    free(changes->come.items);
    free(changes->services);
    free(changes->contents);
    *changes = (struct changes){0};
}
