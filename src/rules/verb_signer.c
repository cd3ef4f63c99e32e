/* Verbs of a component's file that judge who signed a certificate, and whose key it is. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* public, internal or self: an identity that signs is an internal CA; a self-signed certificate is
 * one whatever was planned. */
static const char *signer_word(const struct view *view)
{
    const char *signer = view->identity->signer;
    if (view->self_signed)
        return "self";
    return strcmp(signer, "public") == 0 || strcmp(signer, "self") == 0 ? signer : "internal";
}

void verb_not_signer(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings words = {0};
    strings_split(&words, s->require->not_signer, ' ');
    const char *signer = signer_word(s->view);
    if (strings_has(&words, signer)) {
        bool self = strcmp(signer, "self") == 0;
        const char *better = strings_has(&words, "internal") ? "public" : "internal";
        char *title = view_title(s->view), *why = require_reason(s);
        struct finding *finding = report(out, rule, s, "%s is %s%s", title,
                                         self ? "self-signed" : "signed by an internal CA", why);
        remedy_signer(finding, s, better);
        free(why);
        free(title);
    }
    strings_free(&words);
}

static bool same_key(const struct view *a, const struct view *b)
{
    return a == b ||
           (a->leaf && b->leaf && memcmp(a->leaf->key_id, b->leaf->key_id, KEY_ID_BYTES) == 0);
}

/* The services of a kind; none where the release has no such kind. */
static struct kind services_of(const struct subject *s, const char *word)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const struct component *component = catalogue_find(deployment->catalogue, word);
    return component ? *deployment_kind(deployment, component) : (struct kind){0};
}

/* The identity of a slot of the service that has the view's key. */
static const struct use *use_with_key(const struct subject *s, const struct service *service)
{
    size_t count;
    const struct use *uses = judge_uses(s->judge, service, &count);
    for (size_t i = 0; i < count; i++)
        if (uses[i].view && same_key(uses[i].view, s->view))
            return &uses[i];
    return NULL;
}

void verb_key_not_of(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct kind kind = services_of(s, s->require->key_not_of);
    const struct use *use = NULL;
    for (size_t i = 0; i < kind.count && !use; i++)
        use = use_with_key(s, kind.services[i]);
    if (!use)
        return;
    char *why = require_reason(s);
    struct finding *finding = report(out, rule, s, "\"%s\" shares its key with %s \"%s\" on %s%s",
                                     s->view->identity->name, use->service->component->title,
                                     use->service->name, use->server->name, why);
    remedy_own_identity(finding, s, s->view->identity->signer);
    free(why);
}

/* Signed by the same CA: by their certificates, else as planned. */
static bool same_ca(const struct view *a, const struct view *b)
{
    if (a == b)
        return true;
    if (a->leaf && b->leaf)
        return strcmp(a->leaf->issuer, b->leaf->issuer) == 0;
    return strcmp(a->identity->signer, b->identity->signer) == 0;
}

/* A certificate of the file signed the leaf, or stands above it. */
static bool under_file(const struct subject *s, const struct store_file *file)
{
    struct certs pool = {0};
    struct chain chain = {.certs = {s->view->leaf}, .count = 1};
    bool under = false;
    size_t steps = ISSUED_STEPS;
    view_chain(s->judge, s->view, &chain, NULL);
    certs_add(&pool, file);
    for (size_t i = 0; i < pool.count && !under; i++)
        for (size_t j = 0; j < chain.count && !under; j++)
            under = (j && cert_same(chain.certs[j], pool.items[i])) ||
                    cert_issued_within(chain.certs[j], pool.items[i], &steps);
    certs_free(&pool);
    return under;
}

/* The CA of the store that signs its identity; NULL: it is outside. */
static const struct cert *ca_of(const struct judge *judge, const struct view *view)
{
    const struct identity *signer =
        deployment_identity(&judge->facts->deployment, view->identity->signer);
    const struct view *ca = signer ? judge_view(judge, signer) : NULL;
    return ca ? ca->leaf : NULL;
}

/* Both have one signer, which is here: the one that it did not sign is signed by it. */
static bool sign_anew(struct finding *finding, const struct subject *s, const struct view *other)
{
    const struct view *const both[] = {s->view, other};
    for (size_t i = 0; i < 2; i++) {
        const struct cert *ca = both[i] ? ca_of(s->judge, both[i]) : NULL;
        if (!ca || !both[i]->leaf || cert_issued_by(both[i]->leaf, ca))
            continue;
        struct subject wrong = *s;
        wrong.view = both[i];
        remedy_new_certificate(finding, &wrong, false);
        return true;
    }
    return false;
}

void another_ca(const struct rule *rule, const struct subject *s, const struct view *other,
                const char *whose, struct findings *out)
{
    const struct view *view = s->view;
    char *title = view_title(view), *why = require_reason(s);
    char *remedy = require_sentence(s, s->require->remedy);
    struct finding *finding =
        report(out, rule, s, "%s is from another CA (%s) than %s%s", title,
               view->leaf ? view->leaf->issuer : view->identity->signer, whose, why);
    if (*remedy) {
        report_remedy(finding, "%s", remedy);
        if (!other) /* one CA lacks in that file, whatever it has signed */
            finding_take(&finding->cause,
                         xformat("\t%s\t%s", whose,
                                 view->leaf ? view->leaf->issuer : view->identity->signer));
    } else if (other && strcmp(other->identity->signer, view->identity->signer) != 0) {
        remedy_signer(finding, s, other->identity->signer);
    } else if (!sign_anew(finding, s, other)) {
        if (!view->files[ROLE_CSR])
            remedy_generate(finding, s);
        remedy_add(finding, "send %s.csr to the CA of %s", view->identity->name, whose);
        remedy_add(finding, "certwright import what it returns");
    }
    free(remedy);
    free(why);
    free(title);
}

void verb_same_ca_as(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings names = {0};
    if (strchr(s->require->same_ca_as, '{')) {
        require_expand(s, s->require->same_ca_as, &names);
        for (size_t i = 0; s->view->leaf && i < names.count; i++) {
            const struct store_file *file = scan_find(&s->judge->facts->scan, names.items[i]);
            if (file && !under_file(s, file))
                another_ca(rule, s, NULL, names.items[i], out);
        }
        strings_free(&names);
        return;
    }
    const struct kind kind = services_of(s, s->require->same_ca_as);
    const struct use *other = NULL;
    for (size_t i = 0; i < kind.count; i++) {
        size_t count;
        const struct use *uses = judge_uses(s->judge, kind.services[i], &count);
        for (size_t j = 0; j < count; j++) {
            if (uses[j].view && same_ca(uses[j].view, s->view))
                return;
            other = uses[j].view ? &uses[j] : other;
        }
    }
    if (other) {
        char *whose = view_title(other->view);
        another_ca(rule, s, other->view, whose, out);
        free(whose);
    }
}
