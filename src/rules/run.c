/* One walk of each scope, then precedence and what was accepted. */
#include "rules/rule.h"

#include <stdlib.h>
#include <string.h>

static const struct group *const groups[] = {&rules_names, &rules_content, &rules_usage,
                                             &rules_chain, &rules_trust,   &rules_topology};

static void ask(enum scope scope, const struct subject *subject, struct findings *out)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            if (groups[i]->rules[j].scope == scope)
                groups[i]->rules[j].check(&groups[i]->rules[j], subject, out);
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
        ask(SCOPE_IDENTITY, &subject, out);
        for (int role = 0; role < ROLE_COUNT && !judge->planned; role++) {
            if (!judged(subject.view, (enum role)role))
                continue;
            struct subject file = subject;
            file.role = (enum role)role;
            file.name = subject.view->names[role];
            file.file = subject.view->files[role];
            ask(SCOPE_FILE, &file, out);
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
        ask(SCOPE_SLOT, &subject, out);
    }
}

/* A trust in the file of an identity is judged there. */
static bool own_file(const struct judge *judge, const char *name)
{
    for (size_t i = 0; i < judge->view_count; i++)
        if (strcmp(judge->views[i].names[ROLE_CERTIFICATE], name) == 0)
            return true;
    return false;
}

static void walk_trusts(const struct judge *judge, struct findings *out)
{
    const struct trusts *trusts = &judge->facts->trusts;
    for (size_t i = 0; i < trusts->count && !judge->planned; i++) {
        const struct trust *trust = &trusts->items[i];
        struct subject subject = {.judge = judge,
                                  .server = trust->reader->server,
                                  .service = trust->reader,
                                  .trust = trust,
                                  .role = ROLE_TRUST,
                                  .name = trust->file,
                                  .file = scan_find(&judge->facts->scan, trust->file)};
        ask(SCOPE_TRUST, &subject, out);
        bool seen = own_file(judge, trust->file);
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(trusts->items[j].file, trust->file) == 0;
        if (!seen)
            ask(SCOPE_FILE, &subject, out);
    }
}

static void walk_servers(const struct judge *judge, struct findings *out)
{
    const struct deployment *deployment = &judge->facts->deployment;
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        struct subject subject = {.judge = judge, .server = server};
        ask(SCOPE_SERVER, &subject, out);
        for (size_t j = 0; j < server->service_count; j++) {
            subject.service = &server->services[j];
            ask(SCOPE_SERVICE, &subject, out);
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

void rules_run(const struct facts *facts, enum rules_scope scope, struct findings *out)
{
    *out = (struct findings){0};
    struct judge judge;
    judge_open(facts, scope, &judge);
    walk_identities(&judge, out);
    walk_uses(&judge, out);
    walk_trusts(&judge, out);
    walk_servers(&judge, out);
    verbs_run(&judge, out);
    judge_close(&judge);
    findings_settle(facts, out);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare);
}
