/* Verbs of a component's file that judge whether something is there. */
#include "base/mem.h"
#include "model/build.h"
#include "model/required.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

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

static bool takes_none(const struct subject *s, enum role role, const char *word)
{
    bool elsewhere = role == ROLE_KEY && *s->view->identity->key_at;
    return strings_has(&s->slot->takes, word) && !s->view->files[role] && !elsewhere;
}

static bool lacks_key(const struct subject *s)
{
    return takes_none(s, ROLE_KEY, "key");
}

static bool lacks_certificate(const struct subject *s)
{
    return takes_none(s, ROLE_CERTIFICATE, "certificate");
}

/* What is there without being written has the identities of one that is. */
static bool has_no_files(const struct subject *s)
{
    if (!s->view)
        return !s->service->installed && !s->service->implied;
    return !s->judge->planned && (lacks_key(s) || lacks_certificate(s));
}

static char *tell_files(const struct subject *s)
{
    if (!s->view)
        return xformat("service \"%s\" on %s names no identity for its %s", s->service->name,
                       s->server->name, s->slot->name);
    if (lacks_key(s) && lacks_certificate(s))
        return xformat("%s and %s are not in the store", view_name(s->view, ROLE_KEY),
                       view_name(s->view, ROLE_CERTIFICATE));
    return xformat("%s is not in the store",
                   view_name(s->view, lacks_key(s) ? ROLE_KEY : ROLE_CERTIFICATE));
}

static void mend_files(struct finding *finding, const struct subject *s)
{
    if (!s->view) {
        char *signer = derive_signer_name(&s->judge->facts->deployment, s->service, s->slot);
        remedy_own_identity(finding, s, signer);
        free(signer);
        return;
    }
    struct subject key = *s;
    report_file(finding, view_name(s->view, lacks_key(s) ? ROLE_KEY : ROLE_CERTIFICATE));
    key.name = view_name(s->view, ROLE_KEY);
    bool answered = !lacks_certificate(s);
    if (lacks_key(s) && (answered || s->view->files[ROLE_CSR]))
        remedy_key(finding, &key);
    if (!answered)
        remedy_new_certificate(finding, s, false);
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
        require_expand(s, s->require->names.items[i], &listens);
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
        require_expand(s, s->require->names.items[i], &versions);
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

static bool are_several(const struct subject *s)
{
    return deployment_kind(&s->judge->facts->deployment, s->service->component)->count > 1;
}

/* Off here, and on where another service accepts the same kind. */
static bool is_half(const struct subject *s)
{
    const struct trusts *trusts = &s->judge->facts->trusts;
    const struct trust_rule *rule = trust_rule_named(s);
    bool half = false;
    for (size_t i = 0; rule && !trust_named(s) && i < trusts->count; i++)
        half = half || strcmp(trusts->items[i].rule->of, rule->of) == 0;
    return half;
}

/* The identity serves on no server where a target of the trust stands. */
static bool is_elsewhere(const struct judge *judge, const struct view *view,
                         const struct trust *trust)
{
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next)
        for (size_t j = 0; j < trust->need->target_count; j++)
            if (judge->uses[i].server == trust->need->targets[j].service->server)
                return false;
    return view->first_use != USE_NONE;
}

/* In the place of a certificate that it is for the file has that of a server without such a
 * service (guide 4.11.2: the edge's, not the core's). */
static bool has_stranger(const struct subject *s)
{
    const struct judge *judge = s->judge;
    const struct trust *trust = trust_named(s);
    struct certs pool = {0};
    bool lacks = false, stranger = false;
    if (trust && !judge->planned)
        certs_add(&pool, scan_find(&judge->facts->scan, trust->file));
    for (size_t i = 0; pool.count && i < trust->need->target_count; i++) {
        const struct view *view = judge_view(judge, trust->need->targets[i].identity);
        lacks = lacks || (view && view->leaf && !certs_have(&pool, view->leaf));
    }
    for (size_t i = 0; lacks && i < judge->view_count && !stranger; i++) {
        const struct view *view = &judge->views[i];
        stranger = view->leaf && certs_have(&pool, view->leaf) && is_elsewhere(judge, view, trust);
    }
    certs_free(&pool);
    return stranger;
}

static bool has_no_file(const struct subject *s)
{
    struct strings names = {0};
    bool found = false;
    for (size_t i = 0; i < s->require->names.count; i++)
        require_expand(s, s->require->names.items[i], &names);
    for (size_t i = 0; i < names.count; i++)
        found = found || s->judge->planned || scan_find(&s->judge->facts->scan, names.items[i]);
    strings_free(&names);
    return !found;
}

static void name_missing(struct finding *finding, const struct subject *s)
{
    struct strings names = {0};
    for (size_t i = 0; i < s->require->names.count; i++)
        require_expand(s, s->require->names.items[i], &names);
    if (names.count)
        report_file(finding, names.items[0]);
    strings_free(&names);
}

static bool is_service(const struct subject *s)
{
    return s->service != NULL;
}

static void mend_address(struct finding *finding, const struct subject *s)
{
    const struct strings *sans = &s->view->identity->names.sans;
    struct strings left = {0};
    for (size_t i = 0; i < sans->count; i++)
        if (!is_ip_address(sans->items[i]))
            strings_add(&left, sans->items[i]);
    if (left.count < sans->count)
        remedy_set_sans(finding, s->view, &left);
    remedy_new_certificate(finding, s, true);
    strings_free(&left);
}

/* The names that this entry's component requires; a request names the CN by itself. */
static void mend_san(struct finding *finding, const struct subject *s)
{
    struct required_names wanted;
    struct strings names = {0};
    required_names(&s->judge->facts->deployment, s->service, s->slot, &wanted);
    for (size_t i = 0; i < wanted.count; i++)
        strings_add_new(&names, wanted.items[i].any.items[0]);
    remedy_name(finding, s, "subjectAltName", &names);
    strings_free(&names);
    required_free(&wanted);
}

static void mend_trust(struct finding *finding, const struct subject *s)
{
    report_file(finding, trust_named(s)->file);
    report_fix(finding, rule_find(finding->id));
}

static void mend_identity(struct finding *finding, const struct subject *s)
{
    char *signer = derive_signer_name(&s->judge->facts->deployment, s->service, s->slot);
    remedy_own_identity(finding, s, signer);
    free(signer);
}

/* A hole of a trust is the option that names its file. */
static void field_set(const struct component *component, struct finding *finding, const char *hole)
{
    char *option = component_trust(component, hole) ? xformat("%s-file", hole) : xstrdup(hole);
    report_mend(finding, option, "");
    free(option);
}

/* The option that the entry speaks of: the first hole of its names, else the fact whose lack is its
 * condition. */
static void field_of(const struct component *component, const struct require *require,
                     struct finding *finding)
{
    const char *from = require->names.count ? require->names.items[0] : "";
    if (*from == '{') {
        from += text_starts(from + 1, "validation.") ? strlen("{validation.") : 1;
        char *path = xstrndup(from, strcspn(from, ".}"));
        field_set(component, finding, path);
        free(path);
        return;
    }
    struct strings words = {0};
    strings_split(&words, require->when, ' ');
    for (size_t i = 0; i < words.count && !*finding->field; i++) {
        const char *word = words.items[i];
        if (*word != '!' || text_starts(word, "!with:"))
            continue;
        const char *dot = strchr(word, '.');
        field_set(component, finding, dot ? dot + 1 : word + 1);
    }
    strings_free(&words);
}

/* What `present` can speak of, what is done where the entry does not say it, and the sentence
 * before the entry's own. */
static const struct {
    const char *word;
    bool (*is)(const struct subject *s);
    void (*mend)(struct finding *finding, const struct subject *s);
    char *(*tell)(const struct subject *s);
} presences[] = {
    {"service", is_service, NULL, NULL},
    {"wildcard", has_wildcard, remedy_no_wildcard, NULL},
    {"address", has_address, mend_address, NULL},
    {"no-san", has_no_san, mend_san, NULL},
    {"no-identity", has_no_identity, mend_identity, NULL},
    {"no-management", has_no_management, NULL, NULL},
    {"open-port", has_open_port, NULL, NULL},
    {"older", is_older, NULL, NULL},
    {"several", are_several, NULL, NULL},
    {"half", is_half, NULL, NULL},
    {"stranger", has_stranger, mend_trust, NULL},
    {"no-file", has_no_file, NULL, NULL},
    {"no-files", has_no_files, mend_files, tell_files},
    {"unlisted", is_unlisted, mend_list, NULL},
    {"unequal", is_unequal, mend_value, tell_unequal},
    {"no-ca", has_no_ca, mend_no_ca, NULL},
    {"signs-others", signs_others, mend_others, tell_others},
};

void verb_present(const struct rule *rule, const struct subject *s, struct findings *out)
{
    for (size_t i = 0; i < sizeof presences / sizeof *presences; i++) {
        if (strcmp(presences[i].word, s->require->present) != 0 || !presences[i].is(s))
            continue;
        char *why = require_sentence(s, s->require->why);
        char *remedy = require_sentence(s, s->require->remedy);
        size_t length = strlen(why);
        if (length && why[length - 1] == '.')
            why[length - 1] = '\0';
        char *told = presences[i].tell ? presences[i].tell(s) : NULL;
        struct finding *finding =
            report(out, rule, s, "%s%s%s", told ? told : "", told && *why ? ". " : "", why);
        free(told);
        if (presences[i].is == has_no_file)
            name_missing(finding, s);
        if (!*finding->field)
            field_of(s->service->component, s->require, finding);
        if (*remedy)
            report_remedy(finding, "%s", remedy);
        else if (presences[i].mend)
            presences[i].mend(finding, s);
        free(remedy);
        free(why);
    }
}

void verb_not_platform(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct strings words = {0};
    strings_split(&words, s->require->not_platform, ' ');
    if (strings_has(&words, s->server->platform)) {
        char *why = require_reason(s);
        struct finding *finding =
            report(out, rule, s, "%s stands on %s, whose platform is %s%s",
                   s->service->component->title, s->server->name, s->server->platform, why);
        report_remedy(finding,
                      "move service \"%s\" to another server of deployment.conf, then "
                      "certwright check --fix",
                      s->service->name);
        free(why);
    }
    strings_free(&words);
}
