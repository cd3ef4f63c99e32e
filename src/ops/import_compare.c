#include "base/clock.h"
#include "base/mem.h"
#include "model/template.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>

/* What the request asked for; owned by the request or made from deployment.conf. */
struct asked {
    struct names names;
    struct strings sans; /* typed: DNS:x */
    struct strings eku, ku;
};

static void asked_free(struct asked *asked)
{
    names_free(&asked->names);
    strings_free(&asked->sans);
    strings_free(&asked->eku);
    strings_free(&asked->ku);
}

/* The request in the store where it is for this key, else what one would ask. */
static void what_was_asked(const struct facts *facts, const struct identity *identity,
                           const struct cert *cert, struct asked *out)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    *out = (struct asked){0};
    if (csr && memcmp(csr->key_id, cert->key_id, KEY_ID_BYTES) == 0) {
        names_copy(&out->names, &csr->names);
        strings_copy(&out->sans, &csr->sans);
        strings_copy(&out->eku, &csr->eku);
        strings_copy(&out->ku, &csr->ku);
        if (out->names.attributes[ATTR_CN]) { /* a host name as CN counts as asked */
            struct names cn = {0};
            cn.attributes[ATTR_CN] = out->names.attributes[ATTR_CN];
            struct strings full = {0};
            names_full_san(&cn, &full);
            for (size_t i = 0; i < full.count; i++)
                strings_add_new(&out->sans, full.items[i]);
            strings_free(&full);
        }
    } else {
        identity_request(identity, &out->names);
        names_full_san(&out->names, &out->sans);
        strings_copy(&out->eku, &out->names.eku);
    }
    if (out->eku.count == 0) /* a request without usages wants any: those the services need count */
        identity_eku(identity, &out->eku);
}

static const char *value_of(const char *entry)
{
    const char *colon = strchr(entry, ':');
    return colon ? colon + 1 : entry;
}

static bool san_is_there(const struct cert *cert, const char *entry)
{
    if (strings_has_nocase(&cert->sans, entry))
        return true;
    return (text_starts(entry, "DNS:") || text_starts(entry, "IP:")) &&
           cert_has_name(cert, value_of(entry));
}

static bool usage_is_there(const struct cert *cert, const char *usage)
{
    return !cert->has_eku || strings_has(&cert->eku, usage) ||
           strings_has(&cert->eku, "anyExtendedKeyUsage");
}

size_t import_names_lost(const struct facts *facts, const struct identity *identity,
                         const struct cert *cert)
{
    struct asked asked;
    size_t lost = 0;
    what_was_asked(facts, identity, cert, &asked);
    for (size_t i = 0; i < asked.sans.count; i++)
        lost += !san_is_there(cert, asked.sans.items[i]);
    asked_free(&asked);
    return lost;
}

static void compare_names(const struct cert *cert, const struct asked *asked,
                          struct import_identity *out)
{
    for (size_t i = 0; i < asked->sans.count; i++)
        if (!san_is_there(cert, asked->sans.items[i]))
            strings_add(&out->lost, asked->sans.items[i]);
    for (size_t i = 0; i < cert->sans.count; i++)
        if (!strings_has_nocase(&asked->sans, cert->sans.items[i]))
            strings_add(&out->gained, cert->sans.items[i]);
}

static void compare_usages(const struct cert *cert, const struct asked *asked,
                           struct import_identity *out)
{
    for (size_t i = 0; i < asked->eku.count; i++)
        if (!usage_is_there(cert, asked->eku.items[i]))
            strings_add(&out->lost, asked->eku.items[i]);
    for (size_t i = 0; cert->has_ku && i < asked->ku.count; i++)
        if (!strings_has(&cert->ku, asked->ku.items[i]))
            strings_add(&out->lost, asked->ku.items[i]);
    for (size_t i = 0; asked->eku.count && i < cert->eku.count; i++)
        if (!strings_has(&asked->eku, cert->eku.items[i]))
            strings_add(&out->gained, cert->eku.items[i]);
}

static void compare_subject(const struct cert *cert, const struct asked *asked,
                            struct import_identity *out)
{
    for (int i = 0; i < ATTR_COUNT; i++) {
        const char *wanted = asked->names.attributes[i], *got = cert->names.attributes[i];
        if (wanted && got && strcmp(wanted, got) == 0)
            continue;
        if (wanted)
            strings_add_take(&out->lost, xformat("%s=%s", attribute_names[i], wanted));
        if (got)
            strings_add_take(&out->gained, xformat("%s=%s", attribute_names[i], got));
    }
}

/* A request asks for no lifetime. What counts is that of the certificate before, and that a chain
 * may end before its leaf. */
static void compare_lifetime(const struct choice *choice, const struct cert *before,
                             struct import_identity *out)
{
    const struct cert *cert = choice->leaf;
    long days = (long)((cert->not_after - cert->not_before) / SECONDS_A_DAY);
    long had = before ? (long)((before->not_after - before->not_before) / SECONDS_A_DAY) : 0;
    if (before && !cert_same(cert, before) && days + 1 < had)
        strings_add_take(&out->lost,
                         xformat("lifetime: %ld days, the one before had %ld", days, had));
    for (size_t i = 1; i < choice->chain.count; i++) {
        const struct cert *ca = choice->chain.certs[i];
        if (ca->not_after >= cert->not_after)
            continue;
        char date[16];
        clock_date(ca->not_after, date);
        strings_add_take(&out->lost, xformat("lifetime: its CA %s ends before it, %s",
                                             *ca->cn ? ca->cn : ca->subject, date));
    }
}

/* Impact: which service each loss stops, in the catalogue's own words. */
struct view {
    const struct deployment *deployment;
    const struct service *service;
};

static bool look_up(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    return service_value(view->deployment, view->service, path, out);
}

static bool pattern_gives(struct view *view, const char *pattern, const char *value)
{
    struct strings alternatives = {0}, values = {0};
    strings_split(&alternatives, pattern, '|'); /* {a} | {b}: one of them */
    for (size_t i = 0; i < alternatives.count; i++) {
        char *one = alternatives.items[i];
        one += strspn(one, " ");
        one[strcspn(one, " ")] = '\0';
        if (!template_expand_list(one, look_up, view, &values, NULL))
            continue;
    }
    bool gives = strings_has_nocase(&values, value);
    strings_free(&alternatives);
    strings_free(&values);
    return gives;
}

static bool any_gives(struct view *view, const struct strings *patterns, const char *value)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (pattern_gives(view, patterns->items[i], value))
            return true;
    return false;
}

static bool requires(struct view *view, const struct require *require, const char *lost)
{
    if (text_starts(lost, "DNS:") || text_starts(lost, "IP:"))
        return any_gives(view, &require->names, value_of(lost));
    if (text_starts(lost, "CN="))
        return any_gives(view, &require->cn, lost + 3);
    return strings_has(&require->eku, lost);
}

static void say(struct view *view, const char *lost, const char *why, struct strings *out)
{
    struct str text = {0};
    if (!template_expand(why, look_up, view, &text, NULL)) {
        str_clear(&text);
        str_add(&text, why);
    }
    char *sentence = xformat("%s on %s lacks %s: %s", view->service->name,
                             view->service->server->name, lost, str_text(&text));
    strings_add_new(out, sentence);
    free(sentence);
    str_free(&text);
}

static bool is_key_usage(const char *lost)
{
    return strcmp(lost, "digitalSignature") == 0 || strcmp(lost, "keyEncipherment") == 0;
}

static bool impact_on_slot(struct view *view, const struct slot *slot, const char *lost,
                           struct strings *out)
{
    const struct component *component = view->service->component;
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        bool here = !*require->slot || strcmp(require->slot, slot->name) == 0;
        if (here && requires(view, require, lost) &&
            require_applies(view->deployment, view->service, require)) {
            say(view, lost, require->why, out);
            return true;
        }
    }
    if (strings_has(&slot->eku, lost) || is_key_usage(lost)) {
        say(view, lost, "whoever checks the usage of its certificate hangs up.", out);
        return true;
    }
    bool is_name = text_starts(lost, "DNS:") || text_starts(lost, "IP:");
    if (is_name)
        say(view, lost, "whoever reaches it by that name refuses the certificate.", out);
    return is_name;
}

static void add_impact(const struct facts *facts, const struct identity *identity, const char *lost,
                       struct strings *out)
{
    const struct deployment *deployment = &facts->deployment;
    bool said = false;
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        for (size_t j = 0; j < server->service_count; j++) {
            struct view view = {deployment, &server->services[j]};
            const struct component *component = view.service->component;
            for (size_t k = 0; k < component->slot_count; k++)
                if (service_identity(deployment, view.service, &component->slots[k]) == identity)
                    said |= impact_on_slot(&view, &component->slots[k], lost, out);
        }
    }
    if (!said)
        strings_add_take(out,
                         xformat("%s: %s", lost,
                                 text_starts(lost, "lifetime") ? "renew it the sooner."
                                                               : "no service here looks at it."));
}

void import_compare(const struct facts *facts, const struct choice *choice,
                    struct import_identity *out)
{
    struct asked asked;
    struct identity_files files;
    facts_files(facts, choice->identity, &files);
    what_was_asked(facts, choice->identity, choice->leaf, &asked);
    compare_names(choice->leaf, &asked, out);
    compare_usages(choice->leaf, &asked, out);
    compare_subject(choice->leaf, &asked, out);
    compare_lifetime(choice, files.leaf, out);
    asked_free(&asked);
    for (size_t i = 0; i < out->lost.count; i++)
        add_impact(facts, choice->identity, out->lost.items[i], &out->impact);
}
