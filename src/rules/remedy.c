/* Remedies as a person follows them: steps joined by ", then", each a command, an option of
 * deployment.conf with its value, or what to send to whom. Followed to the letter they make their
 * finding go: tests/cli/rules.sh does. */
#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/lifecycle.h"
#include "rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void remedy_add(struct finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *step = finding_format(format, args);
    va_end(args);
    char *whole =
        *finding->remedy ? xformat("%s" STEP_BETWEEN "%s", finding->remedy, step) : xstrdup(step);
    finding_take(&finding->remedy, whole);
    free(step);
}

void remedy_steps(const char *remedy, struct strings *out)
{
    for (const char *step = *remedy ? remedy : NULL; step;) {
        const char *end = strstr(step, STEP_BETWEEN);
        size_t length = end ? (size_t)(end - step) : strlen(step);
        strings_add_take(out, xstrndup(step, length));
        step = end ? end + strlen(STEP_BETWEEN) : NULL;
    }
}

#define IMPORT_HEAD "certwright import "
#define IMPORT_TAIL " what it returns"

static bool imports_with(const char *step)
{
    return text_starts(step, IMPORT_HEAD) && text_ends(step, IMPORT_TAIL) &&
           strlen(step) > strlen(IMPORT_HEAD IMPORT_TAIL);
}

/* "certwright import a.crt b.crt what it returns": one CA, one answer. */
static bool joins_import(struct strings *there, const char *step)
{
    for (size_t i = 0; imports_with(step) && i < there->count; i++) {
        char *old = there->items[i];
        if (!imports_with(old))
            continue;
        there->items[i] = xformat("%.*s %s", (int)(strlen(old) - strlen(IMPORT_TAIL)), old,
                                  step + strlen(IMPORT_HEAD));
        free(old);
        return true;
    }
    return false;
}

void remedy_join(struct finding *finding, const char *remedy)
{
    struct strings there = {0}, steps = {0};
    bool added = false;
    remedy_steps(finding->remedy, &there);
    remedy_steps(remedy, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        const char *step = steps.items[i];
        bool import = strcmp(step, STEP_IMPORT) == 0; /* of the request before it */
        if (strings_has(&there, step) && !(added && import)) {
            added = false;
            continue;
        }
        added = true;
        if (!joins_import(&there, step))
            strings_add(&there, step);
    }
    finding_take(&finding->remedy, strings_join(&there, STEP_BETWEEN));
    strings_free(&steps);
    strings_free(&there);
}

/* As deployment.conf wants it. */
static char *quoted(const char *value)
{
    struct str text = {0};
    conf_quote(value, &text);
    return str_take(&text);
}

static char *quoted_list(const struct strings *values)
{
    struct str text = {0};
    str_add(&text, "{");
    for (size_t i = 0; i < values->count; i++) {
        str_add(&text, i ? ", " : " ");
        conf_quote(values->items[i], &text);
    }
    str_add(&text, " }");
    return str_take(&text);
}

void remedy_set(struct finding *finding, const struct view *view, const char *option,
                const char *value)
{
    char *text = quoted(value);
    remedy_add(finding, "set %s = %s in identity \"%s\" of deployment.conf", option, text,
               view->identity->name);
    report_mend(finding, option, value);
    free(text);
}

void remedy_set_list(struct finding *finding, const struct view *view, const char *option,
                     const struct strings *values)
{
    char *list = quoted_list(values), *mend = strings_join(values, " ");
    remedy_add(finding, "set %s = %s in identity \"%s\" of deployment.conf", option, list,
               view->identity->name);
    report_mend(finding, option, mend);
    free(mend);
    free(list);
}

void remedy_set_sans(struct finding *finding, const struct view *view, const struct strings *sans)
{
    remedy_set_list(finding, view, "subjectAltName", sans);
}

void remedy_set_service(struct finding *finding, const struct service *service, const char *option,
                        const struct strings *values, bool list)
{
    char *text = list ? quoted_list(values) : quoted(values->items[0]);
    char *mend = strings_join(values, " ");
    remedy_add(finding, "set %s = %s in service \"%s\" of server \"%s\" of deployment.conf", option,
               text, service->name, service->server->name);
    report_mend(finding, option, mend);
    free(mend);
    free(text);
}

void remedy_set_subject(struct finding *finding, const char *option, const char *value)
{
    char *text = quoted(value);
    remedy_add(finding, "set %s = %s in subject {} of deployment.conf", option, text);
    report_mend(finding, option, value);
    free(text);
}

static bool is_outside(const char *signer)
{
    return strcmp(signer, "public") == 0 || strcmp(signer, "internal") == 0;
}

/* again: the identity has a certificate, which would do otherwise. */
static void answer(struct finding *finding, const char *name, const char *request,
                   const char *signer, bool again)
{
    if (is_outside(signer)) {
        remedy_add(finding, "send %s.csr to the CA", request);
        remedy_add(finding, STEP_IMPORT);
    } else if (strcmp(signer, "self") != 0) {
        remedy_add(finding, "certwright sign %s%s", again ? "--force " : "", name);
    }
}

char *remedy_request_there(struct finding *finding, const struct subject *s)
{
    const struct identity *identity = s->view->identity;
    bool live = s->view->files[ROLE_CERTIFICATE] != NULL;
    char *name = live ? xformat("%s-next", identity->name) : xstrdup(identity->name);
    if (live)
        remedy_add(finding, "rename identity \"%s\" to \"%s\" in deployment.conf", identity->name,
                   name);
    else if (s->view->files[ROLE_CSR])
        remedy_add(finding, "delete %s/%s", s->judge->facts->store_path,
                   view_name(s->view, ROLE_CSR));
    remedy_add(
        finding,
        "certwright generate %s, which prints the line to type on %s: bring the request here", name,
        identity->key_at);
    return name;
}

/* It refuses a value that no request can have, unless a step before has set another. */
void remedy_generate(struct finding *finding, const struct subject *s)
{
    const struct identity *identity = s->view->identity;
    struct error why = {0};
    bool is_set = strstr(finding->remedy, "set CN = ") ||
                  strstr(finding->remedy, "set subjectAltName = ") ||
                  strstr(finding->remedy, "set C = ");
    if (!is_set && !identity_check(&s->judge->facts->deployment, identity, &why))
        remedy_add(finding, "mend %s, %s: %s", why.place, why.message, why.remedy);
    remedy_add(finding, "certwright generate %s", identity->name);
}

void remedy_renew(struct finding *finding, const struct subject *s)
{
    const struct identity *identity = s->view->identity;
    if (!s->view->next)
        remedy_add(finding, "certwright renew --new-key %s", identity->name);
    if (is_outside(identity->signer)) {
        char *request = xformat("%s-next", identity->name);
        answer(finding, identity->name, request, identity->signer, true);
        free(request);
    }
}

void remedy_renew_there(struct finding *finding, const struct subject *s)
{
    const struct identity *identity = s->view->identity;
    if (!s->view->leaf || s->view->next || !is_outside(identity->signer)) {
        remedy_new_certificate(finding, s, true);
        return;
    }
    char *base = facts_next_base(s->judge->facts, identity);
    remedy_add(finding,
               "certwright renew --new-key %s, which prints the line to type on %s: bring the "
               "request here",
               identity->name, identity->key_at);
    for (size_t i = 1; i < identity->key_servers.count; i++)
        remedy_add(finding, "copy %s.key from %s to %s by SFTP", base, identity->key_at,
                   identity->key_servers.items[i]);
    answer(finding, identity->name, base, identity->signer, true);
    free(base);
}

/* The request that is here says all that deployment.conf does, and no step before changes that. */
static bool is_asked(const struct finding *finding, const struct subject *s)
{
    if (*finding->remedy || !s->view->files[ROLE_CSR])
        return false;
    struct differences asked = {0};
    lifecycle_request(s->judge->facts, s->view->identity, &asked);
    bool same = asked.count == 0;
    differences_free(&asked);
    return same;
}

static void new_certificate(struct finding *finding, const struct subject *s, bool request,
                            const char *signer)
{
    const struct identity *identity = s->view->identity;
    const char *name = identity->name;
    bool self = strcmp(signer, "self") == 0;
    if (s->judge->planned)
        return;
    bool here = s->view->files[ROLE_CSR] || s->view->files[ROLE_CERTIFICATE];
    if (*identity->key_at && (request || !here)) {
        char *there = remedy_request_there(finding, s);
        answer(finding, there, there, signer, false);
        free(there);
        return;
    }
    /* A self-signed one that is here would be kept. */
    if (self && s->view->files[ROLE_CERTIFICATE])
        remedy_add(finding, "delete %s/%s", s->judge->facts->store_path,
                   view_name(s->view, ROLE_CERTIFICATE));
    if (!*identity->key_at && (self || !s->view->files[ROLE_CSR] || request_is_strange(s->view) ||
                               (request && !is_asked(finding, s))))
        remedy_generate(finding, s);
    char *csr = xformat(s->view->next && !*identity->key_at ? "%s-next" : "%s", name);
    answer(finding, name, csr, signer, s->view->files[ROLE_CERTIFICATE] != NULL);
    free(csr);
}

void remedy_new_certificate(struct finding *finding, const struct subject *s, bool request)
{
    new_certificate(finding, s, request, s->view->identity->signer);
}

void remedy_signer(struct finding *finding, const struct subject *s, const char *signer)
{
    if (strcmp(s->view->identity->signer, signer) != 0)
        remedy_set(finding, s->view, "signer", signer);
    new_certificate(finding, s, true, signer);
}

/* "callbridge1", or where another has that name "callbridge1-own". */
char *remedy_identity_name(const struct deployment *deployment, const struct service *service,
                           const struct slot *slot)
{
    char *name = derive_identity_name(deployment, service, slot);
    if (!deployment_identity(deployment, name))
        return name;
    char *other = xformat("%s-own", name);
    free(name);
    return other;
}

static void add_identity(struct finding *finding, const struct deployment *deployment,
                         const struct identity_use *uses, size_t count, const char *name,
                         const char *signer)
{
    char empty[] = "";
    struct identity own = {
        .signer = empty, .uses = (struct identity_use *)uses, .use_count = count};
    struct names names = {0};
    struct str text = {0};
    derive_identity(deployment, &own, &names);
    str_add(&text, "identity ");
    conf_quote(name, &text);
    str_add(&text, " { CN = ");
    conf_quote(names.attributes[ATTR_CN] ? names.attributes[ATTR_CN] : "", &text);
    for (size_t i = 0; i < names.sans.count; i++) {
        str_add(&text, i ? ", " : "  subjectAltName = { ");
        conf_quote(names.sans.items[i], &text);
    }
    str_add(&text, names.sans.count ? " }  signer = " : "  signer = ");
    conf_quote(signer, &text);
    str_add(&text, " }");
    remedy_add(finding, "add %s to deployment.conf", str_text(&text));
    str_free(&text);
    names_free(&names);
}

void remedy_make(struct finding *finding, const char *name, const char *signer)
{
    remedy_add(finding, "certwright generate %s", name);
    answer(finding, name, name, signer, false);
}

void remedy_add_identity(struct finding *finding, const struct deployment *deployment,
                         const struct identity_use *use, const char *name, const char *signer)
{
    add_identity(finding, deployment, use, 1, name, signer);
}

void remedy_own_identities(struct finding *finding, const struct subject *s,
                           const struct identity_use *uses, size_t count, const char *signer)
{
    const struct deployment *deployment = &s->judge->facts->deployment;
    char *name = remedy_identity_name(deployment, uses[0].service, uses[0].slot);
    add_identity(finding, deployment, uses, count, name, signer);
    struct strings value = {.items = &name, .count = 1};
    for (size_t i = 0; i < count; i++)
        remedy_set_service(finding, uses[i].service, uses[i].slot->name, &value, false);
    report_mend(finding, "identity", "");
    if (!s->judge->planned)
        remedy_make(finding, name, signer);
    free(name);
}

void remedy_own_identity(struct finding *finding, const struct subject *s, const char *signer)
{
    struct identity_use use = {s->service, s->slot};
    remedy_own_identities(finding, s, &use, 1, signer);
}

void remedy_name(struct finding *finding, const struct subject *s, const char *option,
                 const struct strings *names)
{
    const struct view *view = s->view;
    struct strings asked = {0}, all = {0};
    const char *cn = view->request->attributes[ATTR_CN];
    bool change = false;
    names_full_san(view->request, &asked);
    strings_copy(&all, &view->identity->names.sans);
    if (strcmp(option, "CN") == 0) {
        change = !cn || !is_same_cn(cn, names->items[0]);
        if (change)
            remedy_set(finding, view, option, names->items[0]);
    } else {
        for (size_t i = 0; i < names->count; i++) {
            bool there = false;
            for (size_t j = 0; j < asked.count && !there; j++)
                there = san_covers(asked.items[j], names->items[i]);
            change = change || (!there && strings_add_new(&all, names->items[i]));
        }
        if (change)
            remedy_set_sans(finding, view, &all);
    }
    remedy_new_certificate(finding, s, true);
    strings_free(&all);
    strings_free(&asked);
}

void remedy_cn(struct finding *finding, const struct subject *s)
{
    struct names names = {0};
    derive_identity(&s->judge->facts->deployment, s->view->identity, &names);
    if (names.attributes[ATTR_CN])
        remedy_set(finding, s->view, "CN", names.attributes[ATTR_CN]);
    else
        remedy_add(finding, "set CN in identity \"%s\" of deployment.conf to its host's full name",
                   s->view->identity->name);
    remedy_new_certificate(finding, s, true);
    names_free(&names);
}

void remedy_no_wildcard(struct finding *finding, const struct subject *s)
{
    const struct strings *planned = &s->view->identity->names.sans;
    const char *cn = s->view->request->attributes[ATTR_CN];
    struct names names = {0};
    struct strings sans = {0};
    derive_identity(&s->judge->facts->deployment, s->view->identity, &names);
    const char *proposed = names.attributes[ATTR_CN];
    for (size_t i = 0; i < planned->count; i++)
        if (!strchr(planned->items[i], '*') &&
            !(proposed && strcasecmp(proposed, planned->items[i]) == 0))
            strings_add_new(&sans, planned->items[i]);
    for (size_t i = 0; i < names.sans.count; i++)
        strings_add_new(&sans, names.sans.items[i]);
    if (!strings_equal(&sans, planned))
        remedy_set_sans(finding, s->view, &sans);
    if (cn && strchr(cn, '*') && proposed)
        remedy_set(finding, s->view, "CN", proposed);
    remedy_new_certificate(finding, s, true);
    strings_free(&sans);
    names_free(&names);
}

void remedy_chain(struct finding *finding, const struct subject *s, const char *what)
{
    remedy_add(finding, "ask the CA for %s, root included", what);
    remedy_add(finding, "certwright import %s/%s what it returns", s->judge->facts->store_path,
               s->view->leaf_file);
}
