/* One walk of each scope, then precedence and what was accepted. */
#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

const struct group *const rule_groups[RULE_GROUPS] = {&rules_content, &rules_names, &rules_usage,
                                                      &rules_chain,   &rules_trust, &rules_topology,
                                                      &rules_entries};

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; i < RULE_GROUPS; i++)
        for (size_t j = 0; j < rule_groups[i]->count; j++)
            if (strcmp(rule_groups[i]->rules[j].id, id) == 0)
                return &rule_groups[i]->rules[j];
    return NULL;
}

void rules_ask(enum scope scope, const struct subject *subject, struct findings *out)
{
    for (size_t i = 0; i < RULE_GROUPS; i++)
        for (size_t j = 0; j < rule_groups[i]->count; j++) {
            const struct rule *rule = &rule_groups[i]->rules[j];
            bool grave = rule->severity == SEVERITY_ERROR || rule->graver;
            if (rule->scope == scope && (grave || !subject->judge->errors))
                rule->check(rule, subject, out);
        }
}

/* A file is judged where a slot takes it. The bundle of a certificate is, because pki verify needs
 * it on the appliance; a request and a signer's own files are, where they exist. */
static bool judged(const struct view *view, enum role role)
{
    bool there = view->files[role] != NULL;
    if (role == ROLE_BUNDLE && strcmp(view->identity->signer, "self") == 0)
        return false; /* its commands name none */
    if (view->roles & 1u << role)
        return true;
    if (role == ROLE_CSR || !view->roles)
        return there;
    return role == ROLE_BUNDLE && there && view->roles & 1u << ROLE_CERTIFICATE;
}

static void walk_identities(const struct judge *judge, struct findings *out)
{
    for (size_t i = 0; i < judge->view_count; i++) {
        struct subject subject = {.judge = judge, .view = &judge->views[i]};
        rules_ask(SCOPE_IDENTITY, &subject, out);
        for (int role = 0; role < ROLE_COUNT && !judge->planned; role++) {
            if (!judged(subject.view, (enum role)role))
                continue;
            struct subject file = subject;
            file.role = (enum role)role;
            file.name = view_name(subject.view, (enum role)role);
            file.file = subject.view->files[role];
            rules_ask(SCOPE_FILE, &file, out);
        }
    }
}

static void walk_uses(const struct judge *judge, struct findings *out)
{
    for (size_t i = 0; i < judge->use_count; i++) {
        const struct use *use = &judge->uses[i];
        struct subject subject = {.judge = judge,
                                  .server = use->server,
                                  .service = use->service,
                                  .slot = use->slot,
                                  .view = use->view};
        rules_ask(SCOPE_SLOT, &subject, out);
    }
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static struct subject trust_subject(const struct judge *judge, const struct trust *trust)
{
    return (struct subject){.judge = judge,
                            .server = trust->reader->server,
                            .service = trust->reader,
                            .trust = trust,
                            .role = ROLE_TRUST,
                            .name = trust->file,
                            .file = scan_find(&judge->facts->scan, trust->file)};
}

/* Each file once; the certificate of an identity is judged as that. */
static void walk_trust_files(const struct judge *judge, struct findings *out)
{
    const struct trusts *trusts = &judge->facts->trusts;
    struct strings own = {0};
    for (size_t i = 0; i < judge->view_count; i++)
        strings_add(&own, view_name(&judge->views[i], ROLE_CERTIFICATE));
    strings_sort(&own);
    for (size_t i = 0; i < trusts->count; i++) {
        const char *file = trusts->by_file[i]->file;
        if ((i && strcmp(trusts->by_file[i - 1]->file, file) == 0) ||
            (own.count && bsearch(&file, own.items, own.count, sizeof *own.items, compare_names)))
            continue;
        struct subject subject = trust_subject(judge, trusts->by_file[i]);
        rules_ask(SCOPE_FILE, &subject, out);
    }
    strings_free(&own);
}

static bool same_judgement(const struct trust *a, const struct trust *b)
{
    return a->need == b->need && strcmp(a->file, b->file) == 0;
}

size_t trust_group(const struct judge *judge, size_t start, struct subject *out)
{
    const struct trusts *trusts = &judge->facts->trusts;
    const struct trust *first = trusts->by_file[start];
    size_t end = start + 1;
    while (end < trusts->count && same_judgement(first, trusts->by_file[end]))
        end++;
    *out = trust_subject(judge, first);
    out->others = end - start - 1;
    return end;
}

static void walk_trusts(const struct judge *judge, struct findings *out)
{
    if (judge->planned)
        return;
    for (size_t at = 0; at < judge->facts->trusts.count;) {
        struct subject subject;
        at = trust_group(judge, at, &subject);
        rules_ask(SCOPE_TRUST, &subject, out);
    }
    walk_trust_files(judge, out);
}

static void walk_servers(const struct judge *judge, struct findings *out)
{
    const struct deployment *deployment = &judge->facts->deployment;
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        struct subject subject = {.judge = judge, .server = server};
        rules_ask(SCOPE_SERVER, &subject, out);
        for (size_t j = 0; j < server->service_count; j++) {
            subject.service = &server->services[j];
            rules_ask(SCOPE_SERVICE, &subject, out);
        }
    }
}

static int compare(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity < b->severity ? -1 : 1;
    const char *const keys[][2] = {
        {a->server, b->server}, {a->service, b->service}, {a->identity, b->identity},
        {a->file, b->file},     {a->id, b->id},           {a->message, b->message}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int order = strcmp(keys[i][0], keys[i][1]);
        if (order)
            return order;
    }
    return 0;
}

static void judge_all(const struct facts *facts, enum rules_scope scope, bool errors,
                      struct findings *out)
{
    *out = (struct findings){0};
    struct judge judge;
    judge_open(facts, scope, &judge);
    judge.errors = errors;
    walk_identities(&judge, out);
    walk_uses(&judge, out);
    walk_trusts(&judge, out);
    walk_servers(&judge, out);
    require_run(&judge, out);
    judge_close(&judge);
    findings_settle(facts, scope, out);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare);
}

void rules_run(const struct facts *facts, enum rules_scope scope, struct findings *out)
{
    judge_all(facts, scope, false, out);
}

/* Nothing but an error silences an error, or is told with it. */
void rules_errors(const struct facts *facts, enum rules_scope scope, struct findings *out)
{
    judge_all(facts, scope, true, out);
    while (out->count && out->items[out->count - 1].severity != SEVERITY_ERROR)
        finding_free(&out->items[--out->count]);
}
