/* Verbs of a component's file that judge the root that a cluster stands on (guide 1.2.3, 4.8). */
#include "base/mem.h"
#include "model/build.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* The trust whose file has the root, and what is in it. */
struct root {
    const struct trust *trust; /* NULL: there is none */
    const struct slot *slot;   /* of the identity that is the root; NULL: a file alone */
    const struct view *view;   /* that identity's; NULL: none */
    struct certs pool;
};

static void root_open(const struct subject *s, struct root *root)
{
    size_t count;
    *root = (struct root){.trust = trust_named(s)};
    if (!root->trust)
        return;
    const struct use *uses = judge_uses(s->judge, s->service, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(uses[i].slot->name, root->trust->rule->name) == 0 && !root->trust->given) {
            root->slot = uses[i].slot;
            root->view = uses[i].view;
        }
    if (!s->judge->planned)
        certs_add(&root->pool, scan_find(&s->judge->facts->scan, root->trust->file));
}

static void root_close(struct root *root)
{
    certs_free(&root->pool);
}

bool has_no_ca(const struct subject *s)
{
    struct root root;
    bool found = false;
    root_open(s, &root);
    for (size_t i = 0; i < root.pool.count; i++)
        found = found || is_no_ca_root(root.pool.items[i]);
    root_close(&root);
    return found;
}

void mend_no_ca(struct finding *finding, const struct subject *s)
{
    struct root root;
    root_open(s, &root);
    const char *store = s->judge->facts->store_path;
    report_file(finding, root.trust->file);
    if (root.view && strcmp(root.view->identity->signer, "self") == 0) {
        struct subject subject = *s;
        subject.view = root.view;
        remedy_new_certificate(finding, &subject, true);
        for (size_t i = 0; i < s->judge->view_count; i++) {
            const struct identity *identity = s->judge->views[i].identity;
            if (strcmp(identity->signer, root.view->identity->name) == 0)
                remedy_add(finding, "certwright sign --force %s", identity->name);
        }
    } else {
        remedy_add(finding,
                   "have a root made that is a CA and may sign certificates, and put it into "
                   "%s/%s",
                   store, root.trust->file);
    }
    root_close(&root);
}

/* As planned: the signer, or one above it, is the root. */
static bool is_planned_under(const struct deployment *deployment, const struct identity *identity,
                             const struct view *root)
{
    for (size_t depth = 0; root && identity && depth < CHAIN_MAX; depth++) {
        if (strcmp(identity->signer, root->identity->name) == 0)
            return true;
        identity = deployment_identity(deployment, identity->signer);
    }
    return false;
}

static bool is_under(const struct judge *judge, const struct view *view, const struct root *root)
{
    struct chain chain = {0};
    if (!view->leaf || !root->pool.count)
        return is_planned_under(&judge->facts->deployment, view->identity, root->view);
    const struct cert *cert = view->leaf;
    if (view_chain(judge, view, &chain, NULL) && chain.complete) {
        for (size_t i = 1; i < chain.count; i++)
            if (certs_have(&root->pool, chain.certs[i]))
                return true;
        return false;
    }
    for (size_t depth = 0; cert && !cert->self_signed && depth < CHAIN_MAX; depth++) {
        cert = store_issuer(judge, cert, NULL);
        if (cert && certs_have(&root->pool, cert))
            return true;
    }
    return false;
}

static bool serves(const struct judge *judge, const struct view *view,
                   const struct component *component)
{
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next)
        if (judge->uses[i].service->component == component)
            return true;
    return false;
}

/* What the root signs beside the certificates of its cluster. A CA in between is told by what it
 * signs. */
static bool is_other(const struct subject *s, const struct view *view, const struct root *root)
{
    return view != root->view && !view->signs && !serves(s->judge, view, s->service->component) &&
           is_under(s->judge, view, root);
}

bool signs_others(const struct subject *s)
{
    struct root root;
    bool found = false;
    root_open(s, &root);
    for (size_t i = 0; root.trust && !found && i < s->judge->view_count; i++)
        found = is_other(s, &s->judge->views[i], &root);
    root_close(&root);
    return found;
}

enum { TOLD_MOST = 3 };

char *tell_others(const struct subject *s)
{
    struct root root;
    struct strings names = {0};
    size_t more = 0;
    root_open(s, &root);
    for (size_t i = 0; i < s->judge->view_count; i++) {
        const struct view *view = &s->judge->views[i];
        if (!is_other(s, view, &root))
            continue;
        if (names.count < TOLD_MOST)
            strings_add_take(&names, view_title(view));
        else
            more++;
    }
    char *list = strings_join(&names, ", ");
    char *words = more ? xformat("%s, the root of the %s, signs %s and %zu more as well",
                                 root.trust->file, s->service->component->title, list, more)
                       : xformat("%s, the root of the %s, signs %s as well", root.trust->file,
                                 s->service->component->title, list);
    free(list);
    strings_free(&names);
    root_close(&root);
    return words;
}

/* The few get another signer: the root stays the cluster's. */
static void sign_elsewhere(struct finding *finding, const struct subject *s,
                           const struct root *root)
{
    const struct judge *judge = s->judge;
    for (size_t i = 0; i < judge->view_count; i++) {
        struct subject other = {.judge = judge, .view = &judge->views[i]};
        if (!is_other(s, other.view, root))
            continue;
        const struct use *use =
            other.view->first_use == USE_NONE ? NULL : &judge->uses[other.view->first_use];
        char *signer = use ? derive_signer_name(&judge->facts->deployment, use->service, use->slot)
                           : xstrdup("internal");
        remedy_signer(finding, &other, signer);
        free(signer);
    }
}

/* The root is everybody's CA: the cluster gets one of its own. */
static void found_own(struct finding *finding, const struct subject *s, const struct root *root)
{
    const struct judge *judge = s->judge;
    const struct kind *kind = deployment_kind(&judge->facts->deployment, s->service->component);
    const struct slot *slot = component_slot(s->service->component, root->trust->rule->name);
    char *name = NULL;
    for (size_t i = 0; slot && i < kind->count; i++) {
        struct subject subject = {.judge = judge, .service = kind->services[i], .slot = slot};
        struct finding step = {.remedy = xstrdup(""), .texts = finding->texts};
        char *option = xformat("%s-file", slot->name);
        if (!subject.service->implied) {
            if (service_option(subject.service, option))
                remedy_add(finding,
                           "take %s out of service \"%s\" of server \"%s\" of deployment.conf",
                           option, subject.service->name, subject.service->server->name);
            name = name ? name
                        : remedy_identity_name(&judge->facts->deployment, subject.service, slot);
            remedy_own_identity(&step, &subject, "self");
            remedy_join(finding, step.remedy);
        }
        free(option);
        finding_free(&step);
    }
    for (size_t i = 0; name && i < judge->view_count; i++) {
        struct subject subject = {.judge = judge, .view = &judge->views[i]};
        if (subject.view != root->view && serves(judge, subject.view, s->service->component))
            remedy_signer(finding, &subject, name);
    }
    free(name);
}

void mend_others(struct finding *finding, const struct subject *s)
{
    struct root root;
    size_t others = 0, own = 0;
    root_open(s, &root);
    for (size_t i = 0; i < s->judge->view_count; i++) {
        const struct view *view = &s->judge->views[i];
        others += is_other(s, view, &root);
        own += view != root.view && serves(s->judge, view, s->service->component);
    }
    report_file(finding, root.trust->file);
    if (root.view && others < own)
        sign_elsewhere(finding, s, &root);
    else
        found_own(finding, s, &root);
    root_close(&root);
}

/* The last certificate above it, so far as the store has them; NULL: none. */
static const struct cert *root_of(const struct judge *judge, const struct view *view)
{
    struct chain chain = {0};
    const struct cert *cert = view->leaf;
    if (view_chain(judge, view, &chain, NULL) && chain.complete)
        return chain.certs[chain.count - 1];
    for (size_t depth = 0; cert && !cert->self_signed && depth < CHAIN_MAX; depth++)
        cert = store_issuer(judge, cert, NULL);
    return cert && cert->self_signed ? cert : NULL;
}

/* The word or the identity above all its signers. */
static const char *planned_root(const struct deployment *deployment,
                                const struct identity *identity)
{
    const char *name = identity->name;
    for (size_t depth = 0; identity && depth < CHAIN_MAX; depth++) {
        if (strcmp(identity->signer, "self") == 0)
            return identity->name;
        name = identity->signer;
        identity = deployment_identity(deployment, name);
    }
    return name;
}

static bool has_other_root(const struct subject *s, const struct view *other)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    if (other == s->view)
        return false;
    if (!other->leaf || !s->view->leaf)
        return strcmp(planned_root(deployment, other->identity),
                      planned_root(deployment, s->view->identity)) != 0;
    const struct cert *theirs = root_of(s->judge, other), *ours = root_of(s->judge, s->view);
    return theirs && ours && memcmp(theirs->key_id, ours->key_id, KEY_ID_BYTES) != 0;
}

/* Its pair is verified with the file of that trust, which has its root: what is wrong is another's.
 */
static bool is_under_its_file(const struct subject *s)
{
    const struct trust *trust =
        *s->slot->against ? trusts_find(&s->judge->facts->trusts, s->service, s->slot->against)
                          : NULL;
    struct certs pool = {0};
    if (trust && !s->judge->planned)
        certs_add(&pool, scan_find(&s->judge->facts->scan, trust->file));
    const struct cert *root = s->view->leaf ? root_of(s->judge, s->view) : NULL;
    bool under = root && certs_have(&pool, root);
    certs_free(&pool);
    return under;
}

/* Beside it, else of the first service of the kind that has one. */
static const struct view *view_in(const struct subject *s, const char *slot)
{
    const struct kind *kind = deployment_kind(&s->judge->facts->deployment, s->service->component);
    const struct view *found = NULL;
    for (size_t i = 0; i <= kind->count && !found; i++) {
        size_t count;
        const struct use *uses =
            judge_uses(s->judge, i ? kind->services[i - 1] : s->service, &count);
        for (size_t j = 0; j < count && !found; j++)
            if (strcmp(uses[j].slot->name, slot) == 0)
                found = uses[j].view;
    }
    return found;
}

void verb_same_root_as(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *other = view_in(s, s->require->same_root_as);
    if (!other || !has_other_root(s, other) || is_under_its_file(s))
        return;
    char *whose = view_title(other);
    another_ca(rule, s, other, whose, out);
    free(whose);
}
