/* The `require` entries of a component's file: an id and a verb that judges it (DESIGN 4). */
#include "base/mem.h"
#include "model/template.h"
#include "rules/rule.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum severity require_severity(const struct require *require)
{
    for (int severity = SEVERITY_ERROR; severity <= SEVERITY_NOTICE; severity++)
        if (strcmp(require->severity, severity_word((enum severity)severity)) == 0)
            return (enum severity)severity;
    return SEVERITY_ERROR;
}

/* Braces of a sentence show a section of deployment.conf; a hole may stand within them. */
static bool lookup(void *context, const char *path, struct strings *out)
{
    const struct subject *s = context;
    const char *inner = strrchr(path, '{');
    if (inner) {
        struct strings values = {0};
        lookup(context, inner + 1, &values);
        char *text = strings_join(&values, " ");
        strings_add_take(out, xformat("{%.*s%s", (int)(inner - path), path, text));
        free(text);
        strings_free(&values);
        return true;
    }
    if (*path && !strchr(path, ' '))
        return service_value(&s->judge->facts->deployment, s->service, path, out);
    strings_add_take(out, xformat("{%s}", path));
    return true;
}

static char *trimmed(const char *text, size_t length)
{
    while (length && *text == ' ') {
        text++;
        length--;
    }
    while (length && text[length - 1] == ' ')
        length--;
    return xstrndup(text, length);
}

/* The values of a template, or of each of `{a} | {b}`. */
static void expand(const struct subject *s, const char *pattern, struct strings *out)
{
    struct subject context = *s;
    for (;;) {
        size_t length = strcspn(pattern, "|");
        char *one = trimmed(pattern, length);
        struct error ignored; /* a hole without a value asks for nothing */
        if (!template_expand_list(one, lookup, &context, out, &ignored))
            strings_free(out);
        free(one);
        if (!pattern[length])
            return;
        pattern += length + 1;
    }
}

static char *expanded(const struct subject *s, const char *sentence)
{
    struct subject context = *s;
    struct str text = {0};
    if (!template_expand(sentence, lookup, &context, &text, NULL)) {
        str_clear(&text);
        str_add(&text, sentence);
    }
    return str_take(&text);
}

/* The reason as a sentence; the caller frees it. */
static char *reason(const struct subject *s)
{
    return expanded(s, s->require->why);
}

static void again(struct finding *finding, const struct subject *s, const char *change)
{
    report_change(finding, s->view, "%s in identity \"%s\" of deployment.conf", change,
                  s->view->identity->name);
}

static bool any_covered(const struct view *view, const struct strings *values)
{
    for (size_t i = 0; i < values->count; i++)
        if (view_has_name(view, values->items[i]) || strcasecmp(view->cn, values->items[i]) == 0)
            return true; /* a CN that the SAN lacks is CN-IN-SAN's matter */
    return values->count == 0;
}

/* What one template of names lacks: each value of a list, or all of its alternatives. */
static void lacking(const struct subject *s, const char *pattern, struct strings *out)
{
    struct strings values = {0};
    expand(s, pattern, &values);
    if (strchr(pattern, '|')) {
        if (!any_covered(s->view, &values))
            strings_add_take(out, strings_join(&values, " or "));
    } else {
        for (size_t i = 0; i < values.count; i++) {
            struct strings one = {.items = &values.items[i], .count = 1};
            if (!any_covered(s->view, &one))
                strings_add_new(out, values.items[i]);
        }
    }
    strings_free(&values);
}

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
        expand(s, s->require->cn.items[i], &values);
    if (values.count && s->view->service_count == 1 && !strings_has_nocase(&values, s->view->cn)) {
        char *title = view_title(s->view);
        struct finding *finding = report(out, rule, s, "%s has %s in its SAN, but the CN is %s",
                                         title, values.items[0], s->view->cn);
        finding->severity = SEVERITY_WARNING;
        struct str change = {0};
        str_addf(&change, "set CN = \"%s\"", values.items[0]);
        again(finding, s, str_text(&change));
        report_mend(finding, values.items[0]);
        str_free(&change);
        free(title);
    }
    strings_free(&values);
}

/* The name is what the catalogue proposes for the CN. */
static bool is_slot_cn(const struct subject *s, const char *name)
{
    struct strings proposed = {0};
    expand(s, s->slot->cn, &proposed);
    bool is = strings_has_nocase(&proposed, name);
    strings_free(&proposed);
    return is;
}

static void verb_names(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings lack = {0};
    for (size_t i = 0; i < s->require->names.count; i++)
        lacking(s, s->require->names.items[i], &lack);
    if (lack.count) {
        char *title = view_title(s->view), *had = names_had(s->view), *why = reason(s);
        char *missing = strings_join(&lack, ", ");
        struct finding *finding = report(out, rule, s, "%s lacks %s (has: %s)%s%s", title, missing,
                                         had, *why ? ". " : "", why);
        struct str change = {0};
        str_addf(&change, "add %s to subjectAltName", missing);
        again(finding, s, str_text(&change));
        if (s->require->cn.count || is_slot_cn(s, lack.items[0]))
            report_mend(finding, lack.items[0]);
        else
            report_mend_sans(finding, s->view, &lack);
        str_free(&change);
        free(missing);
        free(why);
        free(had);
        free(title);
    } else if (s->require->cn.count) {
        cn_advised(rule, s, out);
    }
    strings_free(&lack);
}

/* The names in a certificate that is not ours, a file of the store: slot is the hole that names it.
 */
static void verb_names_of_file(const struct rule *rule, const struct subject *s,
                               struct findings *out)
{
    struct strings files = {0}, names = {0};
    expand(s, s->require->slot, &files);
    for (size_t i = 0; i < s->require->names.count; i++)
        expand(s, s->require->names.items[i], &names);
    for (size_t i = 0; i < files.count && !s->judge->planned; i++) {
        const struct cert *cert = scan_cert(&s->judge->facts->scan, files.items[i]);
        struct subject subject = *s;
        subject.name = files.items[i];
        for (size_t j = 0; j < names.count; j++) {
            if (cert && cert_has_name(cert, names.items[j]))
                continue;
            char *why = reason(s);
            struct finding *finding = report(out, rule, &subject, "%s %s%s%s%s", files.items[i],
                                             cert ? "lacks " : "is no certificate of the store",
                                             cert ? names.items[j] : "", *why ? ". " : "", why);
            report_remedy(finding,
                          "have a certificate with %s in its SAN made there, and put it here",
                          names.items[j]);
            free(why);
        }
    }
    strings_free(&names);
    strings_free(&files);
}

/* A literal is exact (postgres); a host name is so without regard to case. */
static void verb_cn(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings values = {0};
    bool literal = true;
    for (size_t i = 0; i < s->require->cn.count; i++) {
        literal = literal && !strchr(s->require->cn.items[i], '{');
        expand(s, s->require->cn.items[i], &values);
    }
    bool equal =
        literal ? strings_has(&values, s->view->cn) : strings_has_nocase(&values, s->view->cn);
    if (values.count && !equal) {
        char *title = view_title(s->view), *why = reason(s);
        char *wanted = strings_join(&values, " or ");
        struct finding *finding = report(out, rule, s, "%s has the CN \"%s\", not %s%s%s", title,
                                         s->view->cn, wanted, *why ? ". " : "", why);
        struct str change = {0};
        str_addf(&change, "set CN = \"%s\"", values.items[0]);
        again(finding, s, str_text(&change));
        report_mend(finding, values.items[0]);
        str_free(&change);
        free(wanted);
        free(why);
        free(title);
    }
    strings_free(&values);
}

static void verb_eku(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    struct strings lack = {0};
    for (size_t i = 0; view->has_eku && i < s->require->eku.count; i++)
        if (!strings_has(&view->eku, s->require->eku.items[i]) &&
            !strings_has(&view->eku, "anyExtendedKeyUsage"))
            strings_add(&lack, s->require->eku.items[i]);
    if (lack.count) {
        char *title = view_title(view), *had = strings_join(&view->eku, ", "), *why = reason(s);
        char *missing = strings_join(&lack, " and ");
        struct finding *finding = report(out, rule, s, "%s has the usages %s, without %s%s%s",
                                         title, had, missing, *why ? ". " : "", why);
        report_remedy(finding,
                      "ask the CA for a certificate with %s, or with no extendedKeyUsage: "
                      "%s.csr requests it",
                      missing, view->identity->name);
        free(missing);
        free(why);
        free(had);
        free(title);
    }
    strings_free(&lack);
}

/* public, internal or self: an identity that signs is an internal CA; a self-signed certificate is
 * one whatever was planned. */
static const char *signer_word(const struct view *view)
{
    const char *signer = view->identity->signer;
    if (view->self_signed)
        return "self";
    return strcmp(signer, "public") == 0 || strcmp(signer, "self") == 0 ? signer : "internal";
}

static void verb_not_signer(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings words = {0};
    strings_split(&words, s->require->not_signer, ' ');
    const char *signer = signer_word(s->view);
    if (strings_has(&words, signer)) {
        bool self = strcmp(signer, "self") == 0;
        const char *better = strings_has(&words, "internal") ? "public" : "internal";
        char *title = view_title(s->view), *why = reason(s);
        struct finding *finding =
            report(out, rule, s, "%s is %s%s%s", title,
                   self ? "self-signed" : "signed by an internal CA", *why ? ". " : "", why);
        report_remedy(
            finding,
            "set signer = \"%s\" for identity \"%s\", certwright generate %s, and have the "
            "request signed by %s CA",
            better, s->view->identity->name, s->view->identity->name,
            strcmp(better, "public") == 0 ? "a public" : "an internal");
        free(why);
        free(title);
    }
    strings_free(&words);
}

static void verb_not_platform(const struct rule *rule, const struct subject *s,
                              struct findings *out)
{
    struct strings words = {0};
    strings_split(&words, s->require->not_platform, ' ');
    if (strings_has(&words, s->server->platform)) {
        char *why = reason(s);
        struct finding *finding = report(out, rule, s, "%s stands on %s, whose platform is %s%s%s",
                                         s->service->component->title, s->server->name,
                                         s->server->platform, *why ? ". " : "", why);
        report_remedy(finding, "move service \"%s\" to another server of deployment.conf",
                      s->service->name);
        free(why);
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

static void verb_key_not_of(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct kind kind = services_of(s, s->require->key_not_of);
    const struct use *use = NULL;
    for (size_t i = 0; i < kind.count && !use; i++)
        use = use_with_key(s, kind.services[i]);
    if (!use)
        return;
    char *why = reason(s);
    struct finding *finding = report(out, rule, s, "\"%s\" shares its key with %s \"%s\" on %s%s%s",
                                     s->view->identity->name, use->service->component->title,
                                     use->service->name, use->server->name, *why ? ". " : "", why);
    report_remedy(finding, "give service \"%s\" an identity of its own", s->service->name);
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

static void another_ca(const struct rule *rule, const struct subject *s, const char *whose,
                       struct findings *out)
{
    char *title = view_title(s->view), *why = reason(s);
    struct finding *finding =
        report(out, rule, s, "%s is from another CA (%s) than %s%s%s", title,
               s->view->leaf ? s->view->leaf->issuer : s->view->identity->signer, whose,
               *why ? ". " : "", why);
    report_remedy(finding, "have %s.csr signed by the CA of %s", s->view->identity->name, whose);
    free(why);
    free(title);
}

static void verb_same_ca_as(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings names = {0};
    if (strchr(s->require->same_ca_as, '{')) {
        expand(s, s->require->same_ca_as, &names);
        for (size_t i = 0; s->view->leaf && i < names.count; i++) {
            const struct store_file *file = scan_find(&s->judge->facts->scan, names.items[i]);
            if (file && !under_file(s, file))
                another_ca(rule, s, names.items[i], out);
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
        another_ca(rule, s, whose, out);
        free(whose);
    }
}

static const char *bare(const char *entry)
{
    const char *colon = strchr(entry, ':');
    return colon ? colon + 1 : entry;
}

static bool has_wildcard(const struct subject *s)
{
    bool found = s->view && *s->view->cn == '*';
    for (size_t i = 0; s->view && i < s->view->sans.count; i++)
        found = found || *bare(s->view->sans.items[i]) == '*';
    return found;
}

static bool has_address(const struct subject *s)
{
    bool found = false;
    for (size_t i = 0; s->view && i < s->view->sans.count; i++)
        found = found || strncmp(s->view->sans.items[i], "IP:", 3) == 0;
    return found;
}

static bool has_no_san(const struct subject *s)
{
    return s->view && !s->view->has_san;
}

static bool has_no_identity(const struct subject *s)
{
    return !s->view && !s->service->installed;
}

/* No service on its server that manages it and has a certificate, or had one before. */
static bool has_no_management(const struct subject *s)
{
    for (size_t i = 0; i < s->server->service_count; i++) {
        const struct service *service = &s->server->services[i];
        if (!service->component->management)
            continue;
        if (service->installed)
            return false;
        size_t count;
        const struct use *uses = judge_uses(s->judge, service, &count);
        for (size_t j = 0; j < count; j++)
            if (uses[j].view)
                return false;
    }
    return true;
}

static bool has_open_port(const struct subject *s)
{
    struct strings listens = {0};
    for (size_t i = 0; i < s->require->names.count; i++)
        expand(s, s->require->names.items[i], &listens);
    bool found = false;
    for (size_t i = 0; i < listens.count; i++) {
        char *interface = xstrndup(listens.items[i], strcspn(listens.items[i], ":"));
        found = found || strings_has(&s->server->public_interfaces, interface);
        free(interface);
    }
    strings_free(&listens);
    return found;
}

/* X12.6.4 is after X12.6: the letters in front do not count. */
static bool is_older(const struct subject *s)
{
    struct strings versions = {0};
    for (size_t i = 0; i < s->require->names.count; i++)
        expand(s, s->require->names.items[i], &versions);
    bool older = false;
    if (versions.count == 2) {
        char open[] = "";
        const char *stated = strpbrk(versions.items[0], "0123456789");
        char *wanted = strpbrk(versions.items[1], "0123456789");
        const struct release range = {.from = wanted, .until = open};
        older = stated && wanted && !release_in(&range, stated);
    }
    strings_free(&versions);
    return older;
}

static bool is_service(const struct subject *s)
{
    return s->service != NULL;
}

/* What `present` can speak of. */
static const struct {
    const char *word;
    bool (*is)(const struct subject *s);
} presences[] = {
    {"service", is_service},          {"wildcard", has_wildcard},
    {"address", has_address},         {"no-san", has_no_san},
    {"no-identity", has_no_identity}, {"no-management", has_no_management},
    {"open-port", has_open_port},     {"older", is_older},
};

static void verb_present(const struct rule *rule, const struct subject *s, struct findings *out)
{
    for (size_t i = 0; i < sizeof presences / sizeof *presences; i++) {
        if (strcmp(presences[i].word, s->require->present) != 0 || !presences[i].is(s))
            continue;
        char *why = reason(s), *remedy = expanded(s, s->require->remedy);
        size_t length = strlen(why);
        if (length && why[length - 1] == '.')
            why[length - 1] = '\0';
        struct finding *finding = report(out, rule, s, "%s", why);
        report_remedy(finding, "%s", remedy);
        free(remedy);
        free(why);
    }
}

/* Which verb an entry has; `cn` beside `names` is advice that names gives itself. */
static void judge_require(const struct subject *s, struct findings *out)
{
    const struct require *require = s->require;
    struct rule rule = {
        .id = require->id, .section = require->section, .severity = require_severity(require)};
    if (*require->present)
        verb_present(&rule, s, out);
    else if (*require->slot == '{')
        verb_names_of_file(&rule, s, out);
    else if (s->view && require->names.count)
        verb_names(&rule, s, out);
    else if (s->view && require->cn.count)
        verb_cn(&rule, s, out);
    if (s->view && require->eku.count)
        verb_eku(&rule, s, out);
    if (s->view && *require->not_signer)
        verb_not_signer(&rule, s, out);
    if (s->view && *require->key_not_of)
        verb_key_not_of(&rule, s, out);
    if (s->view && *require->same_ca_as)
        verb_same_ca_as(&rule, s, out);
    if (!s->slot && *require->not_platform)
        verb_not_platform(&rule, s, out);
}

/* Entries about a certificate look at a slot, all others at the service. */
static bool wants_slot(const struct require *require)
{
    bool certificate = require->names.count || require->cn.count || require->eku.count ||
                       *require->not_signer || *require->key_not_of || *require->same_ca_as;
    return *require->slot != '{' && (*require->slot || (certificate && !*require->present));
}

static void judge_slots(const struct subject *service, struct findings *out)
{
    size_t count;
    const struct use *uses = judge_uses(service->judge, service->service, &count);
    for (size_t i = 0; i < count; i++) {
        const struct use *use = &uses[i];
        if (*service->require->slot && strcmp(service->require->slot, use->slot->name) != 0)
            continue;
        struct subject subject = *service;
        subject.slot = use->slot;
        subject.view = use->view;
        judge_require(&subject, out);
    }
}

static void judge_service(const struct judge *judge, const struct service *service,
                          struct findings *out)
{
    for (size_t i = 0; i < service->component->require_count; i++) {
        struct subject subject = {.judge = judge,
                                  .server = service->server,
                                  .service = service,
                                  .require = &service->component->requires[i]};
        if (!service_condition(&judge->facts->deployment, service, subject.require->when))
            continue;
        if (wants_slot(subject.require))
            judge_slots(&subject, out);
        else
            judge_require(&subject, out);
    }
}

void verbs_run(const struct judge *judge, struct findings *out)
{
    const struct deployment *deployment = &judge->facts->deployment;
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++)
            judge_service(judge, &deployment->servers[i].services[j], out);
}
