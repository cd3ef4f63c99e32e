/* RULES.md, "Usage, signer, validity": what holds for every component. */
#include "base/clock.h"
#include "rules/rule.h"

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
    report_remedy(finding, "ask the CA for keyUsage digitalSignature: %s.csr requests it",
                  s->view->identity->name);
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
    report_remedy(finding,
                  "set signer = \"internal\" for identity \"%s\", then certwright generate "
                  "%s and have it signed",
                  view->identity->name, view->identity->name);
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
        report_remedy(finding, "set template = the name of one with both usages in identity \"%s\"",
                      identity->name);
    }
    strings_free(&eku);
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
            out, rule, s, "identity \"%s\" needs clientAuth, which public CAs stop issuing in 2026",
            identity->name);
        report_file(finding, "");
        report_remedy(finding, "set signer = \"internal\" for identity \"%s\"", identity->name);
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
    const struct identity *identity = s->view->identity;
    bool outside =
        strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
    if (depth)
        report_remedy(finding, "ask the CA for its new chain and certwright import it; a new "
                               "certificate comes with it");
    else if (outside)
        report_remedy(finding, "send %s.csr to the CA, then certwright import what it returns",
                      identity->name);
    else if (strcmp(identity->signer, "self") == 0)
        report_remedy(finding, "certwright pki selfsigned %s makes a new one", identity->name);
    else
        report_remedy(finding, "certwright sign --force %s", identity->name);
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
        report_file(finding, term.files[i]);
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
            report(out, rule, s, "\"%s\" in %s is valid only from %s (now: %s)", cert_name(cert),
                   term.files[i], stamp, now);
        report_file(finding, term.files[i]);
        report_remedy(finding, "wait, or look at the clocks of this machine and of the CA");
    }
}

static void expires_soon(const struct rule *rule, const struct subject *s, struct findings *out)
{
    struct term term;
    time_t at = s->judge->facts->at;
    if (!term_open(s, &term))
        return;
    for (size_t i = 0; i < term.chain.count; i++) {
        const struct cert *cert = term.chain.certs[i];
        if (cert->not_after < at || cert->not_before > at ||
            cert->not_after - at >= (time_t)SOON_NOTE_DAYS * SECONDS_A_DAY)
            continue;
        char date[16], days[32];
        clock_date(cert->not_after, date);
        days_between(at, cert->not_after, days);
        struct finding *finding = report(out, rule, s, "\"%s\" in %s ends %s, in %s",
                                         cert_name(cert), term.files[i], date, days);
        if (cert->not_after - at >= (time_t)SOON_WARN_DAYS * SECONDS_A_DAY)
            finding->severity = SEVERITY_NOTICE;
        report_file(finding, term.files[i]);
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
        if (leaf->not_after <= issuer->not_after)
            continue;
        char ends[16], ca_ends[16];
        clock_date(leaf->not_after, ends);
        clock_date(issuer->not_after, ca_ends);
        struct finding *finding =
            report(out, rule, s, "%s is valid until %s, its CA \"%s\" only until %s",
                   s->view->leaf_file, ends, cert_name(issuer), ca_ends);
        report_remedy(finding, "renew it with the CA's next certificate before %s", ca_ends);
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
        report_file(finding, term.files[i]);
        report_remedy(finding, "ask the CA for a signature with SHA-256");
    }
}

static const struct rule rules[] = {
    {"KU-DIGSIG", "D.2", SEVERITY_ERROR, SCOPE_IDENTITY, ku_digsig},
    {"SELF-PRODUCTION", "6", SEVERITY_WARNING, SCOPE_IDENTITY, self_production},
    {"TEMPLATE-WEBSERVER", "213820", SEVERITY_WARNING, SCOPE_IDENTITY, template_webserver},
    {"PUBLIC-CLIENTAUTH", "225482", SEVERITY_WARNING, SCOPE_IDENTITY, public_clientauth},
    {"EXPIRED", "5.6", SEVERITY_ERROR, SCOPE_IDENTITY, expired},
    {"NOT-YET", "5.6", SEVERITY_ERROR, SCOPE_IDENTITY, not_yet},
    {"EXPIRES-SOON", "5.6", SEVERITY_WARNING, SCOPE_IDENTITY, expires_soon},
    {"OUTLIVES-CA", "5.6", SEVERITY_WARNING, SCOPE_IDENTITY, outlives_ca},
    {"SIG-SHA1", "3", SEVERITY_WARNING, SCOPE_IDENTITY, sig_sha1},
};
const struct group rules_usage = {rules, sizeof rules / sizeof *rules};
