/* What each identity says, and where it is used: made once, before the rules look. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

const char *view_name(const struct view *view, enum role role)
{
    switch (role) {
    case ROLE_KEY:
        return view->identity->key_file;
    case ROLE_CERTIFICATE:
        return view->identity->certificate_file;
    case ROLE_BUNDLE:
        return view->identity->bundle_file;
    case ROLE_FULLCHAIN:
        return view->identity->fullchain_file;
    case ROLE_CSR:
        return view->files[ROLE_CSR] ? view->files[ROLE_CSR]->name : "";
    case ROLE_TRUST:
        break;
    }
    return "";
}

static bool has_certificates(const struct store_file *file)
{
    return file && !file->problem &&
           (file->pki.kind == PKI_CERTIFICATE || file->pki.kind == PKI_BUNDLE);
}

/* The public key that the identity's certificate must have; NULL: no key to compare with. The key
 * of an identity made on its appliance never is here: its request tells. */
static const unsigned char *key_id(const struct view *view)
{
    const struct store_file *key = view->files[ROLE_KEY], *csr = view->files[ROLE_CSR];
    if (key && !key->problem) {
        const struct key *found = pki_first_key(&key->pki);
        return found && !found->encrypted ? found->id : NULL;
    }
    const struct csr *request = csr && !csr->problem ? pki_first_csr(&csr->pki) : NULL;
    return request && *view->identity->key_at && !view->next ? request->key_id : NULL;
}

static const struct cert *sound(const struct view *view, enum role role)
{
    const struct store_file *file = view->files[role];
    if (!has_certificates(file))
        return NULL;
    const struct cert *first = pki_first_cert(&file->pki);
    const unsigned char *wanted = key_id(view);
    return first && (!wanted || memcmp(wanted, first->key_id, KEY_ID_BYTES) == 0) ? first : NULL;
}

static void view_leaf(struct view *view)
{
    bool only_full = view->roles & 1u << ROLE_FULLCHAIN && !(view->roles & 1u << ROLE_CERTIFICATE);
    enum role order[] = {only_full ? ROLE_FULLCHAIN : ROLE_CERTIFICATE,
                         only_full ? ROLE_CERTIFICATE : ROLE_FULLCHAIN};
    for (size_t i = 0; i < 2 && !view->leaf; i++) {
        view->leaf = sound(view, order[i]);
        view->leaf_file = view->leaf ? view_name(view, order[i]) : "";
    }
}

/* As identity_eku, of the slots that are used. */
void view_usages(const struct judge *judge, const struct view *view, struct strings *out)
{
    struct strings needed = {0};
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next)
        for (size_t j = 0; j < judge->uses[i].slot->eku.count; j++)
            strings_add_new(&needed, judge->uses[i].slot->eku.items[j]);
    usages_add(&needed, out);
    strings_free(&needed);
}

/* The identity's own names where they are the same, as nearly all are. */
static const struct names *request_of(const struct identity *identity)
{
    if (names_are_ascii(&identity->names))
        return &identity->names;
    struct names *request = xcalloc(1, sizeof *request);
    names_copy(request, &identity->names);
    return request;
}

static void view_forget(struct view *view)
{
    if (!view->leaf) {
        strings_free(&view->sans);
        strings_free(&view->eku);
    }
    if (view->request == &view->identity->names)
        return;
    names_free((struct names *)view->request);
    free((struct names *)view->request);
}

static void view_says(const struct judge *judge, struct view *view)
{
    const struct identity *identity = view->identity;
    view->request = request_of(identity);
    if (view->leaf) {
        view->cn = view->leaf->cn;
        view->has_san = view->leaf->has_san;
        view->has_eku = view->leaf->has_eku;
        view->self_signed = view->leaf->self_signed;
        view->sans = view->leaf->sans;
        view->eku = view->leaf->eku;
        return;
    }
    const char *cn = view->request->attributes[ATTR_CN];
    view->cn = cn ? cn : "";
    names_full_san(view->request, &view->sans);
    view->has_san = view->sans.count > 0;
    view->self_signed = strcmp(identity->signer, "self") == 0;
    /* pki selfsigned writes no usages, so it can serve any. */
    if (!view->self_signed)
        view_usages(judge, view, &view->eku);
    view->has_eku = view->eku.count > 0;
}

static void open_views(struct judge *judge)
{
    const struct deployment *deployment = &judge->facts->deployment;
    judge->view_count = deployment->identity_count;
    judge->views = xcalloc(judge->view_count + 1, sizeof *judge->views);
    for (size_t i = 0; i < judge->view_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        struct view *view = &judge->views[i];
        view->identity = identity;
        view->signs = identity->signs;
        view->leaf_file = "";
        view->first_use = USE_NONE;
        if (judge->planned)
            continue;
        struct identity_files files;
        facts_files(judge->facts, identity, &files);
        view->files[ROLE_KEY] = files.key;
        view->files[ROLE_CERTIFICATE] = files.certificate;
        view->files[ROLE_BUNDLE] = files.bundle;
        view->files[ROLE_FULLCHAIN] = files.fullchain;
        view->files[ROLE_CSR] = files.csr;
        const struct renewal *renewal = renewals_open(&judge->facts->renewals, identity->name);
        view->next = files.next_key || (renewal && !renewal->first && renewal->new_key);
    }
}

static void add_use(struct judge *judge, const struct service *service, const struct slot *slot)
{
    static const char *const takes[] = {"key", "certificate", "bundle", "fullchain"};
    const struct identity *identity = service_identity(&judge->facts->deployment, service, slot);
    judge->uses = grow(judge->uses, judge->use_count, sizeof *judge->uses);
    struct use *use = &judge->uses[judge->use_count];
    *use = (struct use){.server = service->server, .service = service, .slot = slot};
    if (identity) {
        struct view *view = &judge->views[identity - judge->facts->deployment.identities];
        bool again = view->first_use != USE_NONE && judge->uses[view->first_use].service == service;
        use->view = view;
        use->next = view->first_use;
        view->first_use = judge->use_count;
        view->service_count += !again;
        view->only = view->service_count == 1 ? service : NULL;
        for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
            if (strings_has(&slot->takes, takes[i]))
                view->roles |= 1u << i;
    }
    judge->use_count++;
}

static void open_uses(struct judge *judge)
{
    const struct deployment *deployment = &judge->facts->deployment;
    size_t count = 0;
    judge->server_services = xcalloc(deployment->server_count + 1, sizeof *judge->server_services);
    for (size_t i = 0; i < deployment->server_count; i++) {
        judge->server_services[i] = count;
        count += deployment->servers[i].service_count;
    }
    judge->service_uses = xcalloc(count + 1, sizeof *judge->service_uses);
    size_t at = 0;
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *service = &deployment->servers[i].services[j];
            judge->service_uses[at++] = judge->use_count;
            for (size_t k = 0; k < service->component->slot_count; k++)
                if (slot_used(deployment, service, &service->component->slots[k]))
                    add_use(judge, service, &service->component->slots[k]);
        }
    judge->service_uses[at] = judge->use_count;
}

const struct use *judge_uses(const struct judge *judge, const struct service *service,
                             size_t *count)
{
    size_t server = (size_t)(service->server - judge->facts->deployment.servers);
    size_t at = judge->server_services[server] + (size_t)(service - service->server->services);
    *count = judge->service_uses[at + 1] - judge->service_uses[at];
    return &judge->uses[judge->service_uses[at]];
}

void judge_open(const struct facts *facts, enum rules_scope scope, struct judge *out)
{
    *out = (struct judge){.facts = facts, .planned = scope == RULES_PLANNED};
    out->own = facts->scan.paths ? NULL : paths_new();
    out->paths = out->own ? out->own : facts->scan.paths;
    open_views(out);
    open_uses(out);
    for (size_t i = 0; i < out->view_count; i++) {
        view_leaf(&out->views[i]);
        view_says(out, &out->views[i]);
    }
}

void judge_close(struct judge *judge)
{
    for (size_t i = 0; i < judge->view_count; i++)
        view_forget(&judge->views[i]);
    free(judge->views);
    free(judge->uses);
    free(judge->service_uses);
    free(judge->server_services);
    paths_free(judge->own);
    *judge = (struct judge){0};
}

const struct view *judge_view(const struct judge *judge, const struct identity *identity)
{
    return identity ? &judge->views[identity - judge->facts->deployment.identities] : NULL;
}

bool view_has_name(const struct view *view, const char *wanted)
{
    if (!view->has_san)
        return san_covers(view->cn, wanted);
    for (size_t i = 0; i < view->sans.count; i++)
        if (san_covers(view->sans.items[i], wanted))
            return true;
    return false;
}

char *view_title(const struct view *view)
{
    return view->leaf ? xstrdup(view->leaf_file) : xformat("identity \"%s\"", view->identity->name);
}

/* slot "" in the entry: all of them; slot NULL: any will do. */
static const struct require *find_require(const struct judge *judge, const struct service *service,
                                          const char *id, const struct slot *slot)
{
    const struct component *component = service->component;
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        if (strcmp(require->id, id) == 0 &&
            (!slot || !*require->slot || strcmp(require->slot, slot->name) == 0) &&
            require_applies(&judge->facts->deployment, service, require))
            return require;
    }
    return NULL;
}

const struct require *service_require(const struct judge *judge, const struct service *service,
                                      const char *id)
{
    return find_require(judge, service, id, NULL);
}

const struct require *view_require(const struct judge *judge, const struct view *view,
                                   const char *id)
{
    const struct require *best = NULL;
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next) {
        const struct use *use = &judge->uses[i];
        const struct require *found = find_require(judge, use->service, id, use->slot);
        if (found && (!best || require_severity(found) < require_severity(best)))
            best = found;
    }
    return best;
}
