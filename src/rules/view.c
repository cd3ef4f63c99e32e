/* What each identity says, and where it is used: made once, before the rules look. */
#include "base/mem.h"
#include "rules/rule.h"

#include <stdlib.h>
#include <string.h>

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
    return request && *view->identity->key_at ? request->key_id : NULL;
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
        view->leaf_file = view->leaf ? view->names[order[i]] : "";
    }
}

static void view_says(const struct judge *judge, struct view *view)
{
    const struct identity *identity = view->identity;
    identity_request(&judge->facts->deployment, identity, &view->request);
    if (view->leaf) {
        view->cn = view->leaf->cn;
        view->has_san = view->leaf->has_san;
        view->has_eku = view->leaf->has_eku;
        view->self_signed = view->leaf->self_signed;
        strings_copy(&view->sans, &view->leaf->sans);
        strings_copy(&view->eku, &view->leaf->eku);
        return;
    }
    const char *cn = view->request.attributes[ATTR_CN];
    view->cn = cn ? cn : "";
    names_full_san(&view->request, &view->sans);
    view->has_san = view->sans.count > 0;
    strings_copy(&view->eku, &view->request.eku);
    view->self_signed = strcmp(identity->signer, "self") == 0;
    /* pki selfsigned writes no usages (SPEC 5), so it can serve any. */
    view->has_eku = view->eku.count > 0 && !view->self_signed;
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
        view->names[ROLE_KEY] = identity->key_file;
        view->names[ROLE_CERTIFICATE] = identity->certificate_file;
        view->names[ROLE_BUNDLE] = identity->bundle_file;
        view->names[ROLE_FULLCHAIN] = identity->fullchain_file;
        view->names[ROLE_CSR] = "";
        view->leaf_file = "";
        if (judge->planned)
            continue;
        struct identity_files files;
        facts_files(judge->facts, identity, &files);
        view->files[ROLE_KEY] = files.key;
        view->files[ROLE_CERTIFICATE] = files.certificate;
        view->files[ROLE_BUNDLE] = files.bundle;
        view->files[ROLE_FULLCHAIN] = files.fullchain;
        view->files[ROLE_CSR] = files.csr;
        view->names[ROLE_CSR] = files.csr ? files.csr->name : "";
    }
}

static void add_use(struct judge *judge, const struct service *service, const struct slot *slot)
{
    static const char *const takes[] = {"key", "certificate", "bundle", "fullchain"};
    const struct identity *identity = service_identity(&judge->facts->deployment, service, slot);
    judge->uses = grow(judge->uses, judge->use_count, sizeof *judge->uses);
    struct use *use = &judge->uses[judge->use_count++];
    *use = (struct use){.server = service->server, .service = service, .slot = slot};
    for (size_t i = 0; identity && i < judge->view_count; i++)
        if (judge->views[i].identity == identity)
            use->view = &judge->views[i];
    if (!use->view)
        return;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        if (strings_has(&slot->takes, takes[i]))
            use->view->roles |= 1u << i;
    for (size_t i = 0; i + 1 < judge->use_count; i++)
        if (judge->uses[i].view == use->view && judge->uses[i].service == service)
            return;
    use->view->service_count++;
    use->view->only = use->view->service_count == 1 ? service : NULL;
}

void judge_open(const struct facts *facts, enum rules_scope scope, struct judge *out)
{
    *out = (struct judge){.facts = facts, .planned = scope == RULES_PLANNED};
    const struct deployment *deployment = &facts->deployment;
    open_views(out);
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *service = &deployment->servers[i].services[j];
            for (size_t k = 0; k < service->component->slot_count; k++)
                if (slot_used(deployment, service, &service->component->slots[k]))
                    add_use(out, service, &service->component->slots[k]);
        }
    for (size_t i = 0; i < out->view_count; i++) {
        view_leaf(&out->views[i]);
        view_says(out, &out->views[i]);
    }
}

void judge_close(struct judge *judge)
{
    for (size_t i = 0; i < judge->view_count; i++) {
        strings_free(&judge->views[i].sans);
        strings_free(&judge->views[i].eku);
        names_free(&judge->views[i].request);
    }
    free(judge->views);
    free(judge->uses);
    *judge = (struct judge){0};
}

const struct view *judge_view(const struct judge *judge, const struct identity *identity)
{
    for (size_t i = 0; identity && i < judge->view_count; i++)
        if (judge->views[i].identity == identity)
            return &judge->views[i];
    return NULL;
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

static bool holds(const struct judge *judge, const struct service *service,
                  const struct require *require)
{
    return service_condition(&judge->facts->deployment, service, require->when);
}

const struct require *service_require(const struct judge *judge, const struct service *service,
                                      const char *id)
{
    const struct component *component = service->component;
    for (size_t i = 0; i < component->require_count; i++)
        if (strcmp(component->requires[i].id, id) == 0 &&
            holds(judge, service, &component->requires[i]))
    return &component->requires[i];
    return NULL;
}

const struct require *view_require(const struct judge *judge, const struct view *view,
                                   const char *id)
{
    const struct require *best = NULL;
    for (size_t i = 0; i < judge->use_count; i++) {
        const struct use *use = &judge->uses[i];
        if (use->view != view)
            continue;
        const struct require *found = service_require(judge, use->service, id);
        if (found && (!*found->slot || strcmp(found->slot, use->slot->name) == 0) &&
            (!best || require_severity(found) < require_severity(best)))
            best = found;
    }
    return best;
}
