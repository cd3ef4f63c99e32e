/* Verbs of a component's file that judge the names and usages in a certificate. */
#include "base/mem.h"
#include "model/required.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *names_had(const struct view *view)
{
    if (!view->has_san)
        return xformat("the CN %s alone", view->cn);
    return strings_join(&view->sans, ", ");
}

/* In the SAN, but not the CN: advice for a certificate of its own (guide 3.1.2, D.1). */
static void cn_advised(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings values = {0};
    for (size_t i = 0; i < s->require->cn.count; i++)
        require_expand(s, s->require->cn.items[i], &values);
    if (values.count && s->view->service_count == 1 && !strings_has_nocase(&values, s->view->cn)) {
        char *title = view_title(s->view);
        struct finding *finding = report(out, rule, s, "%s has %s in its SAN, but the CN is %s",
                                         title, values.items[0], s->view->cn);
        finding->severity = SEVERITY_WARNING;
        remedy_set(finding, s->view, "CN", values.items[0]);
        remedy_new_certificate(finding, s, true);
        free(title);
    }
    strings_free(&values);
}

/* The name is what the catalogue proposes for the CN. */
static bool is_slot_cn(const struct subject *s, const char *name)
{
    struct strings proposed = {0};
    require_expand(s, s->slot->cn, &proposed);
    bool is = strings_has_nocase(&proposed, name);
    strings_free(&proposed);
    return is;
}

static bool any_covered(const struct view *view, const struct strings *values)
{
    for (size_t i = 0; i < values->count; i++)
        if (view_has_name(view, values->items[i]) || strcasecmp(view->cn, values->items[i]) == 0)
            return true; /* a CN that the SAN lacks is CN-IN-SAN's matter */
    return values->count == 0;
}

/* What is there to be said of names that lack: each as it stands in a sentence, and the one of
 * each that is to be added. */
struct lack {
    struct strings words, names;
};

static void lack_clear(struct lack *lack)
{
    strings_free(&lack->words);
    strings_free(&lack->names);
}

static void lack_of(const struct subject *s, struct lack *out)
{
    struct required_names wanted = {0};
    required_by(&s->judge->facts->deployment, s->service, s->require, &wanted);
    for (size_t i = 0; i < wanted.count; i++) {
        const struct strings *any = &wanted.items[i].any;
        if (any_covered(s->view, any))
            continue;
        char *words = strings_join(any, " or ");
        if (strings_add_new(&out->words, words))
            strings_add(&out->names, any->items[0]);
        free(words);
    }
    required_free(&wanted);
}

/* Services that share the certificate: what the service lacks is told once, by the first one that
 * lacks something, of all of them. false: an earlier one tells it. */
static bool lack_of_sharers(const struct subject *s, struct lack *out)
{
    const struct judge *judge = s->judge;
    const struct use **sharers = NULL;
    size_t count = 0;
    for (size_t i = s->view->first_use; i != USE_NONE; i = judge->uses[i].next)
        if (judge->uses[i].slot == s->slot) {
            sharers = grow(sharers, count, sizeof *sharers);
            sharers[count++] = &judge->uses[i];
        }
    bool first = true;
    for (size_t i = count; first && i-- > 0;) { /* they are chained from the last one */
        struct subject other = *s;
        other.service = sharers[i]->service;
        bool none = out->names.count == 0;
        if (!require_applies(&judge->facts->deployment, other.service, s->require))
            continue;
        lack_of(&other, out);
        first = !none || out->names.count == 0 || other.service == s->service;
    }
    free(sharers);
    return first;
}

void verb_names(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct lack lack = {0};
    bool shared = s->view->service_count > 1;
    lack_of(s, &lack);
    if (lack.names.count && shared) {
        struct lack all = {0};
        if (!lack_of_sharers(s, &all))
            lack_clear(&all);
        lack_clear(&lack);
        lack = all;
    }
    if (lack.names.count) {
        char *title = view_title(s->view), *had = names_had(s->view), *why = require_reason(s);
        char *missing = strings_join(&lack.words, ", ");
        struct finding *finding =
            report(out, rule, s, "%s lacks %s (has: %s)%s", title, missing, had, why);
        /* A CN that other services need as well stays. */
        if (!shared && lack.names.count == 1 &&
            (s->require->cn.count || is_slot_cn(s, lack.names.items[0])))
            remedy_name(finding, s, "CN", &lack.names);
        else
            remedy_name(finding, s, "subjectAltName", &lack.names);
        free(missing);
        free(why);
        free(had);
        free(title);
    } else if (s->require->cn.count) {
        cn_advised(rule, s, out);
    }
    lack_clear(&lack);
}

static void lacks_name(const struct rule *rule, const struct subject *s, const struct cert *cert,
                       const char *name, struct findings *out)
{
    char *why = require_reason(s);
    struct finding *finding =
        cert ? report(out, rule, s, "%s lacks %s%s", s->name, name, why)
             : report(out, rule, s, "%s is no certificate of the store%s", s->name, why);
    remedy_add(finding, "have a certificate with %s in its SAN made there and put it into %s as %s",
               name, s->judge->facts->store_path, s->name);
    free(why);
}

/* The names in a certificate that is not ours, a file of the store: slot is the hole that names it.
 */
void verb_names_of_file(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings files = {0}, names = {0};
    require_expand(s, s->require->slot, &files);
    for (size_t i = 0; i < s->require->names.count; i++)
        require_expand(s, s->require->names.items[i], &names);
    for (size_t i = 0; i < files.count && !s->judge->planned; i++) {
        const struct cert *cert = scan_cert(&s->judge->facts->scan, files.items[i]);
        struct subject subject = *s;
        subject.name = files.items[i];
        for (size_t j = 0; j < names.count; j++)
            if (!cert || !cert_has_name(cert, names.items[j]))
                lacks_name(rule, &subject, cert, names.items[j], out);
    }
    strings_free(&names);
    strings_free(&files);
}

/* The certificate is in another slot as well, which wants another CN. */
static bool serves_elsewhere(const struct subject *s)
{
    bool elsewhere = false;
    for (size_t i = s->view->first_use; i != USE_NONE; i = s->judge->uses[i].next)
        elsewhere = elsewhere || s->judge->uses[i].slot != s->slot;
    return elsewhere;
}

/* A literal is exact (postgres); a host name is so without regard to case. */
void verb_cn(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings values = {0};
    bool literal = true;
    for (size_t i = 0; i < s->require->cn.count; i++) {
        literal = literal && !strchr(s->require->cn.items[i], '{');
        require_expand(s, s->require->cn.items[i], &values);
    }
    bool equal =
        literal ? strings_has(&values, s->view->cn) : strings_has_nocase(&values, s->view->cn);
    if (values.count && !equal) {
        char *title = view_title(s->view), *why = require_reason(s);
        char *wanted = strings_join(&values, " or ");
        struct finding *finding =
            report(out, rule, s, "%s has the CN \"%s\", not %s%s", title, s->view->cn, wanted, why);
        struct strings one = {.items = values.items, .count = 1};
        if (literal && serves_elsewhere(s))
            remedy_own_identity(finding, s, s->view->identity->signer);
        else
            remedy_name(finding, s, "CN", &one);
        free(wanted);
        free(why);
        free(title);
    }
    strings_free(&values);
}

/* A public CA has stopped issuing client usage (document 225482): asking it again leads nowhere. */
static void remedy_usage(struct finding *finding, const struct subject *s,
                         const struct strings *lack)
{
    const char *signer = s->view->identity->signer;
    char *missing = strings_join(lack, " and ");
    if (strcmp(signer, "public") == 0 && strings_has(lack, "clientAuth")) {
        if (s->view->service_count > 1) {
            remedy_own_identity(finding, s, "internal");
        } else {
            remedy_signer(finding, s, "internal");
        }
    } else if (strcmp(signer, "public") == 0 || strcmp(signer, "internal") == 0) {
        remedy_add(finding, "ask the CA for a certificate with %s or with no extendedKeyUsage",
                   missing);
        remedy_new_certificate(finding, s, false);
    } else {
        remedy_new_certificate(finding, s, true);
    }
    free(missing);
}

void verb_eku(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    struct strings lack = {0};
    for (size_t i = 0; view->has_eku && i < s->require->eku.count; i++)
        if (!strings_has(&view->eku, s->require->eku.items[i]) &&
            !strings_has(&view->eku, "anyExtendedKeyUsage"))
            strings_add(&lack, s->require->eku.items[i]);
    if (lack.count) {
        char *title = view_title(view), *had = strings_join(&view->eku, ", ");
        char *why = require_reason(s), *missing = strings_join(&lack, " and ");
        struct finding *finding =
            view->eku.count
                ? report(out, rule, s, "%s has the usages %s, without %s%s", title, had, missing,
                         why)
                : report(out, rule, s, "%s has no usage, not even %s%s", title, missing, why);
        remedy_usage(finding, s, &lack);
        free(missing);
        free(why);
        free(had);
        free(title);
    }
    strings_free(&lack);
}
