/* RULES.md, "Names in certificates": what holds for every component. The names that one component
 * must have are entries of its file. */
#include "base/mem.h"
#include "rules/rule.h"

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
    const struct names *names = view->leaf ? &view->leaf->names : &view->request;
    return names->attributes[which] ? names->attributes[which] : "";
}

static void cn_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (*s->view->cn)
        return;
    char *title = view_title(s->view);
    struct finding *finding = report(out, rule, s, "%s has no CN", title);
    report_change(finding, s->view, "give identity \"%s\" a CN in deployment.conf",
                  s->view->identity->name);
    free(title);
}

/* Guide 3.1: browsers look at the SAN alone once there is one. */
static void cn_in_san(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view->leaf || !view->has_san || !(is_host_name(view->cn) || is_ip_address(view->cn)) ||
        view_has_name(view, view->cn) || view->leaf->is_ca)
        return;
    /* A wildcard CN is in the SAN when that very wildcard is. */
    for (size_t i = 0; i < view->sans.count; i++)
        if (strcasecmp(bare(view->sans.items[i]), view->cn) == 0)
            return;
    char *has = strings_join(&view->sans, ", ");
    struct finding *finding =
        report(out, rule, s, "%s has the CN %s, which its SAN lacks (has: %s)", view->leaf_file,
               view->cn, has);
    report_change(finding, view, "have a new certificate made with %s in its SAN", view->cn);
    report_mend(finding, view->cn);
    free(has);
}

static void san_none(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view->leaf || view->has_san || view->service_count < 2 ||
        view_require(s->judge, view, rule->id) || view_require(s->judge, view, "XMPP-SAN-REQUIRED"))
        return;
    struct finding *finding = report(
        out, rule, s, "%s serves %zu services and has no SAN, so it names one of them at most",
        view->leaf_file, view->service_count);
    report_change(finding, view, "name each service in subjectAltName of identity \"%s\"",
                  view->identity->name);
}

static void san_space(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct strings *sans = s->view->leaf ? &s->view->sans : &s->view->identity->names.sans;
    for (size_t i = 0; i < sans->count; i++) {
        const char *value = s->view->leaf ? bare(sans->items[i]) : sans->items[i];
        if (!strchr(value, ' ') || strncmp(sans->items[i], "URI:", 4) == 0)
            continue;
        char *title = view_title(s->view);
        struct finding *finding =
            report(out, rule, s, "%s has a blank in the SAN entry \"%s\"", title, value);
        report_change(finding, s->view,
                      "write each name by itself in subjectAltName of identity \"%s\"",
                      s->view->identity->name);
        free(title);
    }
}

/* The MMP adds the CN to the SAN by itself, so a CN typed there too stands twice (document 212217).
 */
static int compare_names(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, since a stranger's certificate may have a hundred thousand names. */
static void san_duplicate(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct strings *sans = s->view->leaf ? &s->view->sans : &s->view->identity->names.sans;
    if (!sans->count)
        return;
    char **sorted = xmemdup(sans->items, sans->count * sizeof *sorted);
    qsort(sorted, sans->count, sizeof *sorted, compare_names);
    bool cn_is_added = !s->view->leaf && *s->view->identity->key_at;
    for (size_t i = 0, next; i < sans->count; i = next) {
        for (next = i + 1; next < sans->count && !compare_names(&sorted[i], &sorted[next]);)
            next++;
        if (next == i + 1 && !(cn_is_added && strcasecmp(sorted[i], s->view->cn) == 0))
            continue;
        char *title = view_title(s->view);
        const char *name = s->view->leaf ? bare(sorted[i]) : sorted[i];
        struct finding *finding = report(out, rule, s, "%s has %s twice in its SAN", title, name);
        report_remedy(finding, "leave %s out of subjectAltName of identity \"%s\" next time", name,
                      s->view->identity->name);
        free(title);
    }
    free(sorted);
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
    report_remedy(finding, "write *.%s in identity \"%s\" of deployment.conf",
                  dot && dot[1] ? dot + 1 : s->judge->facts->deployment.name,
                  s->view->identity->name);
    if (dot && dot[1] && !strchr(dot, '*') && strcasecmp(name, s->view->cn) == 0) {
        struct str right = {0};
        str_addf(&right, "*%s", dot);
        report_mend(finding, str_text(&right));
        str_free(&right);
    }
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
    report_remedy(finding, "name the hosts in CN and subjectAltName of identity \"%s\"",
                  view->identity->name);
    free(title);
}

static void country(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const char *code = attribute(s->view, ATTR_C);
    bool letters =
        strlen(code) == 2 && isalpha((unsigned char)code[0]) && isalpha((unsigned char)code[1]);
    if (!*code || (letters && is_country(code)))
        return;
    char *title = view_title(s->view);
    struct finding *finding = report(out, rule, s,
                                     letters ? "%s has C = %s, which is no ISO 3166 country"
                                             : "%s has C = \"%s\", and a country is two letters",
                                     title, code);
    if (letters)
        finding->severity = SEVERITY_WARNING;
    bool britain = strcasecmp(code, "UK") == 0;
    report_remedy(finding, "set C in deployment.conf: %s",
                  britain ? "the United Kingdom is GB"
                          : "the two letters of ISO 3166, like US or GB");
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
    report_remedy(finding,
                  "write the state or province in full in deployment.conf, like California");
    free(title);
}

static void public_attributes(const struct rule *rule, const struct subject *s,
                              struct findings *out)
{
    static const enum attribute wanted[] = {ATTR_O, ATTR_OU, ATTR_L, ATTR_ST, ATTR_C};
    const struct identity *identity = s->view->identity;
    if (strcmp(identity->signer, "public") != 0)
        return;
    struct strings lacking = {0};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *value = identity->names.attributes[wanted[i]];
        if (!value || !*value)
            strings_add(&lacking, attribute_names[wanted[i]]);
    }
    if (lacking.count) {
        char *names = strings_join(&lacking, ", ");
        struct finding *finding =
            report(out, rule, s,
                   "identity \"%s\" goes to a public CA, which may want all attributes, without %s",
                   identity->name, names);
        report_file(finding, "");
        report_remedy(finding, "set %s in subject {} of deployment.conf", names);
        free(names);
    }
    strings_free(&lacking);
}

static bool expand(const char *path, const struct subject *s, struct strings *out)
{
    return service_value(&s->judge->facts->deployment, s->service, path, out);
}

/* The names by which a slot's service is known: the holes of its CN and SAN. */
static void slot_names(const struct subject *s, struct strings *out)
{
    struct strings patterns = {0};
    strings_add(&patterns, s->slot->cn);
    for (size_t i = 0; i < s->slot->sans.count; i++)
        strings_add(&patterns, s->slot->sans.items[i]);
    for (size_t i = 0; i < patterns.count; i++) {
        const char *pattern = patterns.items[i];
        size_t length = strlen(pattern);
        if (length < 3 || pattern[0] != '{' || strcspn(pattern, "}") + 1 != length)
            continue;
        struct str path = {0};
        str_add_bytes(&path, pattern + 1, length - 2);
        if (!expand(str_text(&path), s, out))
            strings_add(out, pattern);
        str_free(&path);
    }
    strings_free(&patterns);
}

static void san_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (!view || view->service_count < 2 || (view->leaf && !view->has_san))
        return;
    struct strings names = {0};
    slot_names(s, &names);
    bool has = names.count == 0;
    for (size_t i = 0; i < names.count; i++)
        has = has || view_has_name(view, names.items[i]);
    if (!has) {
        char *title = view_title(view), *lacking = strings_join(&names, " or ");
        struct finding *finding = report(
            out, rule, s, "%s is shared by %zu services, and %s on %s is not named in it: %s",
            title, view->service_count, s->service->component->title, s->server->name, lacking);
        report_change(finding, view, "add %s to subjectAltName of identity \"%s\"", names.items[0],
                      view->identity->name);
        struct strings first = {.items = names.items, .count = 1};
        report_mend_sans(finding, view, &first);
        free(lacking);
        free(title);
    }
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
    report_change(finding, view, "set CN of identity \"%s\" to the host's name with its domain",
                  view->identity->name);
    free(title);
}

static const struct rule rules[] = {
    {"CN-MISSING", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, cn_missing},
    {"CN-IN-SAN", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, cn_in_san},
    {"SAN-NONE", "D.2", SEVERITY_ERROR, SCOPE_IDENTITY, san_none},
    {"SAN-SPACE", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, san_space},
    {"SAN-DUPLICATE", "212217", SEVERITY_NOTICE, SCOPE_IDENTITY, san_duplicate},
    {"SAN-MISSING", "3.1", SEVERITY_WARNING, SCOPE_SLOT, san_missing},
    {"CN-FQDN", "3.1", SEVERITY_WARNING, SCOPE_SLOT, cn_fqdn},
    {"WILDCARD", "3.1.3", SEVERITY_WARNING, SCOPE_IDENTITY, wildcard},
    {"WILDCARD-MALFORMED", "217320", SEVERITY_ERROR, SCOPE_IDENTITY, wildcard_malformed},
    {"COUNTRY", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, country},
    {"STATE-ABBR", "1.2.2", SEVERITY_WARNING, SCOPE_IDENTITY, state_abbreviated},
    {"PUBLIC-ATTRS", "3.1", SEVERITY_WARNING, SCOPE_IDENTITY, public_attributes},
};
const struct group rules_names = {rules, sizeof rules / sizeof *rules};
