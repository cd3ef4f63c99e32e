/* Usage, signer and validity, so far as it holds for every component (doc/rules.md). */
#include "base/clock.h"
#include "base/mem.h"
#include "rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SOON_WARN_DAYS 60
#define SOON_NOTE_DAYS 90

static void ku_digsig(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct cert *leaf = s->view->leaf;
    if (!leaf || !s->view->roles || !leaf->has_ku || strings_has(&leaf->ku, "digitalSignature") ||
        !(s->view->roles & 1u << ROLE_KEY))
        return;
    char *has = strings_join(&leaf->ku, ", ");
    struct finding *finding = report(
        out, rule, s, "%s has a keyUsage without digitalSignature (%s)", s->view->leaf_file, has);
    remedy_new_certificate(finding, s, false);
    free(has);
}

static void self_production(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    const struct deployment *deployment = &s->judge->facts->deployment;
    if (!view->self_signed || !view->roles || deployment_lab(deployment) || view->signs)
        return;
    char *title = view_title(view);
    struct finding *finding =
        report(out, rule, s, "%s is self-signed, which is for a lab only", title);
    remedy_signer(finding, s, "internal");
    free(title);
}

static void template_webserver(const struct rule *rule, const struct subject *s,
                               struct findings *out)
{
    const struct identity *identity = s->view->identity;
    if (strcasecmp(identity->template_name, "WebServer") != 0)
        return;
    struct strings eku = {0};
    view_usages(s->judge, s->view, &eku);
    if (strings_has(&eku, "clientAuth")) {
        struct finding *finding = report(
            out, rule, s,
            "template WebServer gives identity \"%s\" serverAuth alone, and it is a client too",
            identity->name);
        report_file(finding, "");
        remedy_add(finding,
                   "set template in identity \"%s\" of deployment.conf to the name of a template "
                   "that gives both usages",
                   identity->name);
    }
    strings_free(&eku);
}

/* The names of it are a host's, so that a slot beside it may share it. */
static bool may_share(const struct slot *slot)
{
    return strchr(slot->cn, '{') != NULL;
}

/* One identity more for all that are clients on a server; the shared one stays for the others, with
 * its public CA (document 225482). */
static void remedy_clients(struct finding *finding, const struct subject *s)
{
    const struct view *view = s->view;
    const struct judge *judge = s->judge;
    if (view->service_count < 2) {
        remedy_signer(finding, s, "internal");
        return;
    }
    struct identity_use *clients = xcalloc(judge->use_count, sizeof *clients);
    bool *done = xcalloc(judge->use_count, sizeof *done);
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next) {
        const struct use *first = &judge->uses[i];
        if (done[i] || !strings_has(&first->slot->eku, "clientAuth"))
            continue;
        size_t count = 0;
        for (size_t j = i; j != USE_NONE; j = judge->uses[j].next) {
            const struct use *use = &judge->uses[j];
            bool together = j == i || (use->server == first->server && may_share(first->slot) &&
                                       may_share(use->slot));
            if (done[j] || !together || !strings_has(&use->slot->eku, "clientAuth"))
                continue;
            done[j] = true;
            clients[count++] = (struct identity_use){use->service, use->slot};
        }
        remedy_own_identities(finding, s, clients, count, "internal");
    }
    free(done);
    free(clients);
    report_mend(finding, "signer", "");
}

static void public_clientauth(const struct rule *rule, const struct subject *s,
                              struct findings *out)
{
    const struct identity *identity = s->view->identity;
    if (strcmp(identity->signer, "public") != 0)
        return;
    struct strings eku = {0};
    view_usages(s->judge, s->view, &eku);
    if (strings_has(&eku, "clientAuth")) {
        struct finding *finding = report(
            out, rule, s,
            "identity \"%s\" needs clientAuth, which public CAs have stopped issuing in 2026",
            identity->name);
        report_file(finding, "");
        remedy_clients(finding, s);
    }
    strings_free(&eku);
}

static const char *cert_name(const struct cert *cert)
{
    return *cert->cn ? cert->cn : cert->subject;
}

/* Each certificate of the path with its file: the leaf's own, or that of its CAs. */
struct term {
    struct chain chain;
    const char *files[CHAIN_MAX];
};

/* One CA in the chains of many is one fault. */
static void report_term(struct finding *finding, const struct term *term, size_t depth)
{
    report_file(finding, term->files[depth]);
    if (!depth)
        return;
    char print[FINGERPRINT_SIZE];
    cert_fingerprint(term->chain.certs[depth], print);
    finding_take(&finding->cause, xformat("\t%s", print));
}

static bool term_open(const struct subject *s, struct term *term)
{
    const struct view *view = s->view;
    const char *file = "";
    *term = (struct term){0};
    if (!view->leaf || !view->roles)
        return false;
    if (!view_chain(s->judge, view, &term->chain, &file)) {
        term->chain.certs[0] = view->leaf;
        term->chain.count = 1;
    }
    for (size_t i = 0; i < term->chain.count; i++)
        term->files[i] = i ? file : view->leaf_file;
    return true;
}

/* "1 day", "12 days" */
static void days_between(time_t from, time_t to, char out[static 32])
{
    long days = (long)((to - from) / SECONDS_A_DAY);
    snprintf(out, 32, "%ld day%s", days, days == 1 ? "" : "s");
}

/* Who has to act: the identity's own certificate is asked for anew, a CA's chain is fetched anew.
 */
static void remedy_term(struct finding *finding, const struct subject *s, size_t depth)
{
    if (depth)
        remedy_chain(finding, s, "its new chain");
    else
        remedy_new_certificate(finding, s, false);
}

/* ", but its renewal waits for the CA since 2026-11-23 (new key)": what is to be done was begun. */
static void tell_waiting(struct finding *finding, const struct subject *s, size_t depth)
{
    const struct renewal *renewal =
        renewals_open(&s->judge->facts->renewals, s->view->identity->name);
    if (depth || !renewal || renewal->first)
        return;
    finding_say(finding, xformat("%s; its renewal (%s) waits since %s", finding->message,
                                 renewal->new_key ? "new key" : "keep the key", renewal->since));
}

static void expired(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    time_t at = s->judge->facts->at;
    if (!term_open(s, &term))
        return;
    for (size_t i = 0; i < term.chain.count; i++) {
        const struct cert *cert = term.chain.certs[i];
        if (cert->not_after >= at)
            continue;
        char date[16], days[32];
        clock_date(cert->not_after, date);
        days_between(cert->not_after, at, days);
        struct finding *finding;
        if (i)
            finding = report(out, rule, s, "the CA \"%s\" in %s ended %s (%s ago)", cert_name(cert),
                             term.files[i], date, days);
        else
            finding = report(out, rule, s, "%s ended %s (%s ago)", term.files[i], date, days);
        tell_waiting(finding, s, i);
        report_term(finding, &term, i);
        remedy_term(finding, s, i);
    }
}

static void not_yet(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    time_t at = s->judge->facts->at;
    if (!term_open(s, &term))
        return;
    for (size_t i = 0; i < term.chain.count; i++) {
        const struct cert *cert = term.chain.certs[i];
        if (cert->not_before <= at)
            continue;
        char stamp[32], now[32];
        clock_stamp(cert->not_before, stamp);
        clock_stamp(at, now);
        struct finding *finding =
            report(out, rule, s, "\"%s\" in %s is valid from %s, and it is %s now", cert_name(cert),
                   term.files[i], stamp, now);
        report_term(finding, &term, i);
        remedy_add(finding, "wait until then; if the clock of this machine is wrong, set it");
    }
}

/* A certificate of 47 days is no standing alarm: what counts is the share of its life (guide 5.6
 * asks for a renewal in time, the CAs for shorter and shorter lives). */
enum term_state rules_term(const struct cert *cert, time_t at)
{
    time_t left = cert->not_after - at, life = cert->not_after - cert->not_before;
    time_t warn = life / 3, note = life / 2;
    if (left < 0)
        return TERM_ENDED;
    if (warn > (time_t)SOON_WARN_DAYS * SECONDS_A_DAY)
        warn = (time_t)SOON_WARN_DAYS * SECONDS_A_DAY;
    if (note > (time_t)SOON_NOTE_DAYS * SECONDS_A_DAY)
        note = (time_t)SOON_NOTE_DAYS * SECONDS_A_DAY;
    return left < warn ? TERM_DUE : left < note ? TERM_NEAR : TERM_LONG;
}

long rules_due_days(const struct cert *cert)
{
    long third = (long)((cert->not_after - cert->not_before) / SECONDS_A_DAY / 3);
    return third < SOON_WARN_DAYS ? third : SOON_WARN_DAYS;
}

static void expires_soon(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    time_t at = s->judge->facts->at;
    if (!term_open(s, &term))
        return;
    for (size_t i = 0; i < term.chain.count; i++) {
        const struct cert *cert = term.chain.certs[i];
        enum term_state state = rules_term(cert, at);
        if (cert->not_before > at || (state != TERM_DUE && state != TERM_NEAR))
            continue;
        char date[16], days[32];
        clock_date(cert->not_after, date);
        days_between(at, cert->not_after, days);
        struct finding *finding = report(out, rule, s, "\"%s\" in %s ends %s, in %s",
                                         cert_name(cert), term.files[i], date, days);
        if (state == TERM_NEAR)
            finding->severity = SEVERITY_NOTICE;
        tell_waiting(finding, s, i);
        report_term(finding, &term, i);
        remedy_term(finding, s, i);
    }
}

static void outlives_ca(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    if (!term_open(s, &term))
        return;
    for (size_t i = 1; i < term.chain.count; i++) {
        const struct cert *leaf = term.chain.certs[0], *issuer = term.chain.certs[i];
        if (leaf->not_after < issuer->not_after + SECONDS_A_DAY)
            continue; /* the same day: a CA counts its days from the moment it signs */
        char ends[16], ca_ends[16];
        clock_date(leaf->not_after, ends);
        clock_date(issuer->not_after, ca_ends);
        struct finding *finding = report(
            out, rule, s, "%s is valid until %s, its CA \"%s\" only until %s: renew it earlier",
            s->view->leaf_file, ends, cert_name(issuer), ca_ends);
        remedy_new_certificate(finding, s, false);
        return;
    }
}

/* The signature of a root proves nothing, so its digest does not matter. */
static void sig_sha1(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    if (!term_open(s, &term))
        return;
    for (size_t i = 0; i < term.chain.count; i++) {
        const struct cert *cert = term.chain.certs[i];
        bool older = strncmp(cert->signature_digest, "MD", 2) == 0;
        if ((i && cert->self_signed) || (!older && strcasecmp(cert->signature_digest, "SHA1") != 0))
            continue;
        struct finding *finding = report(out, rule, s, "\"%s\" in %s is signed with %s",
                                         cert_name(cert), term.files[i], cert->signature_digest);
        if (older)
            finding->severity = SEVERITY_ERROR;
        report_term(finding, &term, i);
        if (i)
            remedy_chain(finding, s, "a chain signed with SHA-256");
        else
            remedy_new_certificate(finding, s, false);
    }
}

static const struct rule rules[] = {
    {"KU-DIGSIG", "D.2", SEVERITY_ERROR, SCOPE_IDENTITY, ku_digsig, .field = ""},
    {"SELF-PRODUCTION", "6", SEVERITY_WARNING, SCOPE_IDENTITY, self_production, .field = "signer",
     .ranks = {{ORDER_SIGNER, 4}}},
    {"TEMPLATE-WEBSERVER", "213820", SEVERITY_WARNING, SCOPE_IDENTITY, template_webserver,
     .field = "template"},
    {"PUBLIC-CLIENTAUTH", "225482", SEVERITY_WARNING, SCOPE_IDENTITY, public_clientauth,
     .field = "signer"},
    {"EXPIRED", "5.6", SEVERITY_ERROR, SCOPE_IDENTITY, expired, .ranks = {{ORDER_FILE, 15}}},
    {"NOT-YET", "5.6", SEVERITY_ERROR, SCOPE_IDENTITY, not_yet, .ranks = {{ORDER_FILE, 15}}},
    {"EXPIRES-SOON", "5.6", SEVERITY_WARNING, SCOPE_IDENTITY, expires_soon, .field = ""},
    {"OUTLIVES-CA", "5.6", SEVERITY_WARNING, SCOPE_IDENTITY, outlives_ca, .field = ""},
    {"SIG-SHA1", "3", SEVERITY_WARNING, SCOPE_IDENTITY, sig_sha1, .field = "", .graver = true},
};
const struct group rules_usage = {rules, sizeof rules / sizeof *rules};
