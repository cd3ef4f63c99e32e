/* Names in certificates, so far as it holds for every component (doc/rules.md). The names that one
 * component must have are entries of its file. */
#include "base/mem.h"
#include "model/build.h"
#include "model/lifecycle.h"
#include "model/required.h"
#include "rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *bare(const char *entry)
{
    const char *colon = strchr(entry, ':');
    return colon ? colon + 1 : entry;
}

static const char *attribute(const struct view *view, enum attribute which)
{
    const struct names *names = view->leaf ? &view->leaf->names : view->request;
    return names->attributes[which] ? names->attributes[which] : "";
}

static void cn_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (*s->view->cn)
        return;
    char *title = view_title(s->view);
    struct finding *finding = report(out, rule, s, "%s has no CN", title);
    remedy_cn(finding, s);
    free(title);
}

/* Guide 3.1: browsers look at the SAN alone once there is one. */
static void cn_in_san(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view->leaf || !view->has_san || !(is_host_name(view->cn) || is_ip_address(view->cn)) ||
        view_has_name(view, view->cn) || (view->signs && view->leaf->is_ca))
        return;
    /* A wildcard CN is in the SAN when that very wildcard is. */
    bool is_address = is_ip_address(view->cn), is_typed_wrong = false;
    for (size_t i = 0; i < view->sans.count; i++)
        if (strcasecmp(bare(view->sans.items[i]), view->cn) == 0) {
            if (!is_address)
                return;
            is_typed_wrong = true;
        }
    char *has = strings_join(&view->sans, ", ");
    struct finding *finding =
        report(out, rule, s, "%s has the CN %s, which its SAN lacks%s (has: %s)", view->leaf_file,
               view->cn, is_typed_wrong ? " as an address: there it is a DNS name" : "", has);
    /* A request names the CN in its SAN by itself; a CN that a CA made up is not asked for. */
    struct strings cn = {.items = (char *[]){(char *)view->cn}, .count = 1};
    const char *planned = view->identity->names.attributes[ATTR_CN];
    if (planned && strcasecmp(planned, view->cn) != 0)
        remedy_new_certificate(finding, s, true);
    else
        remedy_name(finding, s, "subjectAltName", &cn);
    free(has);
}

/* The names by which a slot's service is known: the holes of its CN and SAN. */
static void slot_names(const struct subject *s, struct strings *out)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    for (size_t i = 0; i <= s->slot->sans.count; i++) {
        const char *pattern = i ? s->slot->sans.items[i - 1] : s->slot->cn;
        struct strings names = {0};
        if (*pattern == '{' && strcspn(pattern, "}") + 1 == strlen(pattern))
            service_expand(deployment, s->service, pattern, &names);
        for (size_t j = 0; j < names.count; j++)
            strings_add_new(out, names.items[j]);
        strings_free(&names);
    }
}

static void san_none(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view->leaf || view->has_san || view->service_count < 2 || view->signs ||
        view_require(s->judge, view, rule->id) || view_require(s->judge, view, "XMPP-SAN-REQUIRED"))
        return;
    struct strings names = {0};
    for (size_t i = view->first_use; i != USE_NONE; i = s->judge->uses[i].next) {
        const struct use *use = &s->judge->uses[i];
        struct subject subject = *s;
        subject.service = use->service;
        subject.slot = use->slot;
        slot_names(&subject, &names);
    }
    if (names.count) { /* nobody looks for a database client by its name */
        struct finding *finding = report(
            out, rule, s, "%s serves %zu services and has no SAN, so it names one of them at most",
            view->leaf_file, view->service_count);
        remedy_name(finding, s, "subjectAltName", &names);
    }
    strings_free(&names);
}

/* Each name by itself: what stands on both sides of a blank, comma or semicolon is a name where it
 * looks like one, else the blank goes. */
static void split_names(const struct strings *sans, struct strings *out)
{
    for (size_t i = 0; i < sans->count; i++) {
        struct strings parts = {0};
        bool whole = true;
        char *list = xstrdup(sans->items[i]);
        for (char *at = list; (at = strpbrk(at, ",;"));)
            *at = ' ';
        strings_split(&parts, list, ' ');
        free(list);
        for (size_t j = 0; j < parts.count; j++)
            whole = whole && (is_host_name(parts.items[j]) || is_ip_address(parts.items[j]));
        if (whole)
            for (size_t j = 0; j < parts.count; j++)
                strings_add_new(out, parts.items[j]);
        else
            strings_add_take(out, strings_join(&parts, ""));
        strings_free(&parts);
    }
}

static bool has_blank(const char *entry)
{
    return strchr(bare(entry), ' ') && strncmp(entry, "URI:", 4) != 0;
}

static const struct strings *request_sans(const struct view *view)
{
    const struct store_file *file = view->files[ROLE_CSR];
    const struct csr *request = file && !file->problem ? pki_first_csr(&file->pki) : NULL;
    return request ? &request->sans : NULL;
}

/* In the certificate, in the request, or in deployment.conf, whose next request would repeat it. */
static void san_space(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    const struct strings *planned = &view->identity->names.sans;
    const struct strings *const lists[] = {view->leaf ? &view->sans : NULL, request_sans(view),
                                           planned};
    struct strings told = {0};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (size_t i = 0; lists[k] && i < lists[k]->count; i++) {
            const char *entry = lists[k]->items[i], *value = k < 2 ? bare(entry) : entry;
            if (!has_blank(entry) || !strings_add_new(&told, value))
                continue;
            char *title = k == 0   ? view_title(view)
                          : k == 1 ? xstrdup(view_name(view, ROLE_CSR))
                                   : xformat("identity \"%s\"", view->identity->name);
            struct finding *finding =
                report(out, rule, s, "%s has a blank in the SAN entry \"%s\"", title, value);
            struct strings right = {0};
            split_names(planned, &right);
            if (k)
                report_file(finding, k == 1 ? view_name(view, ROLE_CSR) : "");
            if (!strings_equal(&right, planned))
                remedy_set_sans(finding, view, &right);
            if (k < 2 || !view->leaf)
                remedy_new_certificate(finding, s, true);
            strings_free(&right);
            free(title);
        }
    strings_free(&told);
}

/* The MMP adds the CN to the SAN by itself, so a CN typed there too stands twice (document 212217).
 */
static int compare_names(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, since a stranger's certificate may have a hundred thousand names. first: the name that
 * stands there once by itself; NULL: none does. */
static void twice_in(const struct strings *sans, const char *first, struct strings *out)
{
    if (!sans->count)
        return;
    char **sorted = xmemdup(sans->items, sans->count * sizeof *sorted);
    qsort(sorted, sans->count, sizeof *sorted, compare_names);
    for (size_t i = 0, next; i < sans->count; i = next) {
        for (next = i + 1; next < sans->count && !compare_names(&sorted[i], &sorted[next]);)
            next++;
        if (next > i + 1 || (first && strcasecmp(sorted[i], first) == 0))
            strings_add_new(out, bare(sorted[i]));
    }
    free(sorted);
}

/* In the certificate, else in deployment.conf; there beside one that is sound as well, for its
 * renewal would repeat it. */
static void san_duplicate(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    const struct strings *planned = &view->identity->names.sans;
    const char *cn = view->request->attributes[ATTR_CN];
    bool cn_is_added = *view->identity->key_at && cn;
    struct strings twice = {0}, once = {0};
    if (view->leaf)
        twice_in(&view->sans, NULL, &twice);
    bool served = twice.count > 0;
    if (!served)
        twice_in(planned, cn_is_added ? cn : NULL, &twice);
    for (size_t j = 0; j < planned->count; j++)
        if (!strings_has_nocase(&once, planned->items[j]) &&
            !(cn_is_added && strcasecmp(planned->items[j], cn) == 0))
            strings_add(&once, planned->items[j]);
    for (size_t i = 0; i < twice.count; i++) {
        char *title = served ? view_title(view) : xformat("identity \"%s\"", view->identity->name);
        struct finding *finding =
            report(out, rule, s, "%s has %s twice in its SAN", title, twice.items[i]);
        if (!served)
            report_file(finding, "");
        if (once.count < planned->count)
            remedy_set_sans(finding, view, &once);
        if (served || !view->leaf)
            remedy_new_certificate(finding, s, true);
        free(title);
    }
    strings_free(&once);
    strings_free(&twice);
}

static void malformed(const struct rule *rule, const struct subject *s, struct findings *out,
                      const char *name)
{
    const char *star = strchr(name, '*');
    if (!star || (strncmp(name, "*.", 2) == 0 && !strchr(name + 1, '*') && is_host_name(name)))
        return;
    char *title = view_title(s->view);
    struct finding *finding =
        report(out, rule, s, "%s has \"%s\", and a star stands for the whole first label only",
               title, name);
    const char *dot = strchr(star, '.');
    char *right = xformat(
        "*.%s", dot && dot[1] && !strchr(dot, '*') ? dot + 1 : s->judge->facts->deployment.name);
    struct strings sans = {0};
    bool planned = false;
    for (size_t i = 0; i < s->view->identity->names.sans.count; i++) {
        const char *san = s->view->identity->names.sans.items[i];
        planned = planned || strcasecmp(san, name) == 0;
        strings_add_new(&sans, strcasecmp(san, name) == 0 ? right : san);
    }
    const char *cn = s->view->request->attributes[ATTR_CN];
    if (planned)
        remedy_set_sans(finding, s->view, &sans);
    if (cn && strcasecmp(cn, name) == 0)
        remedy_set(finding, s->view, "CN", right);
    remedy_new_certificate(finding, s, true);
    strings_free(&sans);
    free(right);
    free(title);
}

static void wildcard_malformed(const struct rule *rule, const struct subject *s,
                               struct findings *out)
{
    const struct view *view = s->view;
    bool cn_seen = false;
    for (size_t i = 0; i < view->sans.count; i++) {
        const char *name = bare(view->sans.items[i]);
        cn_seen = cn_seen || strcasecmp(name, view->cn) == 0;
        malformed(rule, s, out, name);
    }
    if (!cn_seen)
        malformed(rule, s, out, view->cn);
}

static void wildcard(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view->roles || view_require(s->judge, view, rule->id))
        return;
    const char *found = strncmp(view->cn, "*.", 2) == 0 ? view->cn : NULL;
    for (size_t i = 0; i < view->sans.count && !found; i++)
        if (strncmp(bare(view->sans.items[i]), "*.", 2) == 0)
            found = bare(view->sans.items[i]);
    if (!found)
        return;
    char *title = view_title(view);
    struct finding *finding = report(
        out, rule, s, "%s has the wildcard %s, which the guide shows for XMPP alone", title, found);
    remedy_no_wildcard(finding, s);
    free(title);
}

/* Where the value of an attribute stands: in the identity, else in subject {}. */
static void remedy_attribute(struct finding *finding, const struct subject *s, enum attribute which,
                             const char *value)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    const char *own = s->view->identity->names.attributes[which];
    const char *common = deployment->subject.attributes[which];
    const char *option = attribute_names[which];
    if (own && common && strcmp(own, common) == 0)
        remedy_set_subject(finding, option, value);
    else
        remedy_set(finding, s->view, option, value);
    remedy_new_certificate(finding, s, true);
}

static void country(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const char *code = attribute(s->view, ATTR_C);
    const char *planned = s->view->identity->names.attributes[ATTR_C];
    bool letters =
        strlen(code) == 2 && isalpha((unsigned char)code[0]) && isalpha((unsigned char)code[1]);
    if (!*code || (letters && is_country(code)))
        return;
    const char *meant = country_meant(code);
    bool small = letters && meant && strcasecmp(code, meant) == 0;
    char *title = view_title(s->view);
    struct finding *finding =
        report(out, rule, s,
               !letters ? "%s has C = \"%s\", and a country is two letters"
               : small  ? "%s has C = \"%s\" in small letters, and some CAs want capitals"
                        : "%s has C = \"%s\", which is no country of ISO 3166",
               title, code);
    if (letters)
        finding->severity = SEVERITY_WARNING;
    if (planned && is_country(planned))
        remedy_new_certificate(finding, s, true);
    else if (meant)
        remedy_attribute(finding, s, ATTR_C, meant);
    else
        remedy_add(finding,
                   "set C in subject {} of deployment.conf to the two letters of ISO 3166, "
                   "like US, GB or DE");
    free(title);
}

/* Guide 1.2.2: public CAs want the state's full name. */
static void state_abbreviated(const struct rule *rule, const struct subject *s,
                              struct findings *out)
{
    const char *state = attribute(s->view, ATTR_ST);
    size_t length = strlen(state), capitals = 0;
    while (isupper((unsigned char)state[capitals]))
        capitals++;
    if (!length ||
        (state[length - 1] != '.' && !(capitals == length && (length == 2 || length == 3))))
        return;
    char *title = view_title(s->view);
    struct finding *finding =
        report(out, rule, s, "%s has ST = \"%s\", which looks abbreviated", title, state);
    const char *planned = s->view->identity->names.attributes[ATTR_ST];
    if (planned && strcmp(planned, state) == 0)
        remedy_add(finding, "write the state or province in full at ST in deployment.conf, like "
                            "California for CA");
    remedy_new_certificate(finding, s, true);
    free(title);
}

static bool same_value(const struct names *a, const struct names *b, enum attribute attribute)
{
    const char *x = a->attributes[attribute], *y = b->attributes[attribute];
    return strcmp(x ? x : "", y ? y : "") == 0;
}

/* Requests or certificates of others, who have no such fault, say what subject {} says by now: they
 * would be outdated by a change of it. */
static bool subject_holds_others(const struct subject *s, enum attribute attribute)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *other = &deployment->identities[i];
        struct identity_files files;
        if (strcmp(other->signer, "public") == 0 ||
            !same_value(&other->names, &s->view->identity->names, attribute))
            continue;
        facts_files(s->judge->facts, other, &files);
        if (files.csr || files.certificate)
            return true;
    }
    return false;
}

/* Public CAs have dropped the department from certificates since 2022. */
static void public_unit(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct identity *identity = s->view->identity;
    const char *unit = identity->names.attributes[ATTR_OU];
    if (!unit || !*unit)
        return;
    struct finding *finding = report(
        out, rule, s, "identity \"%s\" has OU = \"%s\", which a public CA leaves out since 2022",
        identity->name, unit);
    finding->severity = SEVERITY_NOTICE;
    report_file(finding, "");
    report_mend(finding, attribute_names[ATTR_OU], "");
    const char *common = s->judge->facts->deployment.subject.attributes[ATTR_OU];
    if (!common || strcmp(common, unit) != 0)
        remedy_add(finding, "take OU out of identity \"%s\" of deployment.conf", identity->name);
    else if (subject_holds_others(s, ATTR_OU))
        remedy_set(finding, s->view, attribute_names[ATTR_OU], "");
    else
        remedy_add(finding, "take OU out of subject {} of deployment.conf");
    /* a certificate is as good without it; a request is made again before it is answered */
    enum life life = lifecycle_state(s->judge->facts, identity);
    if (life != LIFE_CERTIFIED)
        remedy_new_certificate(finding, s, true);
}

static void public_attributes(const struct rule *rule, const struct subject *s,
                              struct findings *out)
{
    static const enum attribute wanted[] = {ATTR_O, ATTR_L, ATTR_ST, ATTR_C};
    const struct identity *identity = s->view->identity;
    if (strcmp(identity->signer, "public") != 0)
        return;
    struct strings lacking = {0};
    bool others = false;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *value = identity->names.attributes[wanted[i]];
        if (value && *value)
            continue;
        strings_add(&lacking, attribute_names[wanted[i]]);
        others = others || (!s->judge->planned && subject_holds_others(s, wanted[i]));
    }
    if (lacking.count) {
        char *names = strings_join(&lacking, ", ");
        struct finding *finding =
            report(out, rule, s,
                   "identity \"%s\" goes to a public CA, which may want all attributes, without %s",
                   identity->name, names);
        report_file(finding, "");
        report_mend(finding, lacking.items[0], "");
        if (others)
            remedy_add(finding, "set %s in identity \"%s\" of deployment.conf", names,
                       identity->name);
        else
            remedy_add(finding, "set %s in subject {} of deployment.conf", names);
        remedy_new_certificate(finding, s, true);
        free(names);
    }
    strings_free(&lacking);
    public_unit(rule, s, out);
}

/* The names of the use's service, where the certificate has none of them. */
static void lacking_of(const struct subject *s, const struct use *use, struct strings *out)
{
    struct subject subject = *s;
    subject.service = use->service;
    subject.slot = use->slot;
    slot_names(&subject, out);
    bool has = out->count == 0;
    for (size_t i = 0; i < out->count; i++)
        has = has || view_has_name(s->view, out->items[i]);
    if (has) {
        strings_free(out);
        *out = (struct strings){0};
    }
}

/* One certificate, told once of all that it does not name. */
static void san_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (view->service_count < 2 || (view->leaf && !view->has_san))
        return;
    struct strings words = {0}, names = {0};
    const struct use *first = NULL;
    for (size_t i = view->first_use; i != USE_NONE; i = s->judge->uses[i].next) {
        const struct use *use = &s->judge->uses[i];
        struct strings lacking = {0};
        lacking_of(s, use, &lacking);
        if (lacking.count) {
            char *any = strings_join(&lacking, " or ");
            first = use;
            strings_add_new(&names, lacking.items[0]);
            char *words_of_use =
                xformat("%s on %s: %s", use->service->component->title, use->server->name, any);
            strings_add_new(&words, words_of_use); /* a service with two slots is one */
            free(words_of_use);
            free(any);
        }
        strings_free(&lacking);
    }
    for (size_t i = 0; i < words.count / 2; i++) { /* uses are chained from the last one */
        char *swap = words.items[i];
        words.items[i] = words.items[words.count - 1 - i];
        words.items[words.count - 1 - i] = swap;
    }
    if (first) {
        struct subject subject = *s;
        subject.server = first->server;
        subject.service = first->service;
        subject.slot = first->slot;
        char *title = view_title(view), *lacking = strings_join(&words, ", ");
        struct finding *finding =
            report(out, rule, &subject, "%s is shared by %zu services and does not name %s", title,
                   view->service_count, lacking);
        remedy_name(finding, &subject, "subjectAltName", &names);
        free(lacking);
        free(title);
    }
    strings_free(&words);
    strings_free(&names);
}

/* A slot whose CN is a template is reached by name. */
static void cn_fqdn(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view || !strchr(s->slot->cn, '{') || !*view->cn || is_host_name(view->cn) ||
        is_ip_address(view->cn) || strchr(view->cn, '*') || view->signs)
        return;
    char *title = view_title(view);
    struct finding *finding = report(
        out, rule, s, "%s has the CN \"%s\", which is no fully qualified name", title, view->cn);
    remedy_cn(finding, s);
    free(title);
}

static const struct rule rules[] = {
    {"CN-MISSING", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, cn_missing, .field = "CN",
     .ranks = {{ORDER_CN, 0}}},
    {"CN-IN-SAN", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, cn_in_san, .field = "subjectAltName",
     .ranks = {{ORDER_SAN, 1}}},
    {"SAN-NONE", "D.2", SEVERITY_ERROR, SCOPE_IDENTITY, san_none, .field = "subjectAltName",
     .ranks = {{ORDER_SAN, 0}}},
    {"SAN-SPACE", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, san_space, .field = "subjectAltName"},
    {"SAN-DUPLICATE", "212217", SEVERITY_NOTICE, SCOPE_IDENTITY, san_duplicate,
     .field = "subjectAltName"},
    {"SAN-MISSING", "3.1", SEVERITY_WARNING, SCOPE_IDENTITY, san_missing, .field = "subjectAltName",
     .ranks = {{ORDER_NAME, 1}}},
    {"CN-FQDN", "3.1", SEVERITY_WARNING, SCOPE_SLOT, cn_fqdn, .field = "CN",
     .ranks = {{ORDER_CN, 2}}},
    {"WILDCARD", "3.1.3", SEVERITY_WARNING, SCOPE_IDENTITY, wildcard, .field = "CN",
     .ranks = {{ORDER_WILDCARD, 2}}},
    {"WILDCARD-MALFORMED", "217320", SEVERITY_ERROR, SCOPE_IDENTITY, wildcard_malformed,
     .field = "CN", .ranks = {{ORDER_WILDCARD, 0}}},
    {"COUNTRY", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, country, .field = "C"},
    {"STATE-ABBR", "1.2.2", SEVERITY_WARNING, SCOPE_IDENTITY, state_abbreviated, .field = "ST"},
    {"PUBLIC-ATTRS", "3.1", SEVERITY_WARNING, SCOPE_IDENTITY, public_attributes, .field = ""},
};
const struct group rules_names = {rules, sizeof rules / sizeof *rules};
