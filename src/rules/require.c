/* The `require` entries of a component's file: an id, and a verb that judges it (doc/catalogue.md).
 */
#include "base/mem.h"
#include "model/required.h"
#include "model/template.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

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

void require_expand(const struct subject *s, const char *pattern, struct strings *out)
{
    service_expand(&s->judge->facts->deployment, s->service, pattern, out);
}

char *require_sentence(const struct subject *s, const char *sentence)
{
    if (!sentence[strcspn(sentence, "{[")])
        return xstrdup(sentence);
    struct subject context = *s;
    struct str text = {0};
    if (!template_expand(sentence, lookup, &context, &text, NULL)) {
        str_clear(&text);
        str_add(&text, sentence);
    }
    return str_take(&text);
}

char *require_reason(const struct subject *s)
{
    char *why = require_sentence(s, s->require->why);
    char *rest = *why ? xformat(". %s", why) : xstrdup("");
    free(why);
    return rest;
}

/* What an entry's findings are told as. */
static struct rule rule_of(const struct require *require)
{
    const struct rule *known = rule_find(require->id);
    struct rule rule = known ? *known : (struct rule){0};
    rule.id = require->id;
    rule.section = require->section;
    rule.severity = require_severity(require);
    return rule;
}

/* Which verb an entry has; `cn` beside `names` is advice that names gives itself. */
static void judge_require(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct require *require = s->require;
    if (*require->present)
        verb_present(rule, s, out);
    else if (*require->slot == '{')
        verb_names_of_file(rule, s, out);
    else if (s->view && require->names.count)
        verb_names(rule, s, out);
    else if (s->view && require->cn.count)
        verb_cn(rule, s, out);
    if (s->view && require->eku.count)
        verb_eku(rule, s, out);
    if (s->view && *require->not_signer)
        verb_not_signer(rule, s, out);
    if (s->view && *require->key_not_of)
        verb_key_not_of(rule, s, out);
    if (s->view && *require->same_ca_as)
        verb_same_ca_as(rule, s, out);
    if (s->view && *require->same_root_as)
        verb_same_root_as(rule, s, out);
    if (!s->slot && *require->wants)
        verb_wants(rule, s, out);
    if (!s->slot && *require->not_platform)
        verb_not_platform(rule, s, out);
}

/* Entries about a certificate look at a slot, all others at the service. */
static bool wants_slot(const struct require *require)
{
    bool certificate = require->names.count || require->cn.count || require->eku.count ||
                       *require->not_signer || *require->key_not_of || *require->same_ca_as ||
                       *require->same_root_as;
    return *require->slot != '{' && (*require->slot || (certificate && !*require->present));
}

static void judge_slots(const struct rule *rule, const struct subject *service,
                        struct findings *out)
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
        judge_require(rule, &subject, out);
    }
}

/* rules: of the component's entries. */
static void judge_service(const struct judge *judge, const struct service *service,
                          const struct rule *rules, struct findings *out)
{
    /* What the release lacks is told as that. */
    const char *release = judge->facts->deployment.release;
    if (*release && !release_in(&service->component->release, release))
        return;
    for (size_t i = 0; i < service->component->require_count; i++) {
        struct subject subject = {.judge = judge,
                                  .server = service->server,
                                  .service = service,
                                  .require = &service->component->requires[i]};
        if (judge->errors && rules[i].severity != SEVERITY_ERROR)
            continue;
        if (!require_applies(&judge->facts->deployment, service, subject.require))
            continue;
        if (wants_slot(subject.require))
            judge_slots(&rules[i], &subject, out);
        else
            judge_require(&rules[i], &subject, out);
    }
}

static struct rule *rules_of(const struct component *component)
{
    struct rule *rules = xcalloc(component->require_count, sizeof *rules);
    for (size_t i = 0; i < component->require_count; i++)
        rules[i] = rule_of(&component->requires[i]);
    return rules;
}

void require_run(const struct judge *judge, struct findings *out)
{
    const struct deployment *deployment = &judge->facts->deployment;
    const struct catalogue *catalogue = deployment->catalogue;
    struct rule **rules = xcalloc(catalogue->count, sizeof *rules); /* by component */
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t j = 0; j < deployment->servers[i].service_count; j++) {
            const struct service *service = &deployment->servers[i].services[j];
            struct rule **own = &rules[service->component - catalogue->components];
            if (!*own)
                *own = rules_of(service->component);
            judge_service(judge, service, *own, out);
        }
    for (size_t i = 0; i < catalogue->count; i++)
        free(rules[i]);
    free(rules);
}
