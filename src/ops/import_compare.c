#include "base/clock.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What the request asked for; owned by the request or made from deployment.conf. */
struct asked {
    struct names names;
    struct strings sans;   /* typed: DNS:x */
    struct strings listed; /* those of them that its SAN has, be they the CN as well */
    struct strings eku, ku;
};

static void asked_free(struct asked *asked)
{
    names_free(&asked->names);
    strings_free(&asked->sans);
    strings_free(&asked->listed);
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
        strings_copy(&out->listed, &csr->sans);
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
        strings_copy(&out->listed, &out->sans);
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

/* Where a SAN was asked for and there is none, the CN makes up for it with some clients alone. */
static bool is_got(const struct cert *cert, const struct asked *asked, const char *entry)
{
    bool dropped = cert->sans.count == 0 && strings_has_nocase(&asked->listed, entry);
    return !dropped && san_is_there(cert, entry);
}

static bool usage_is_there(const struct cert *cert, const char *usage)
{
    return !cert->has_eku || strings_has(&cert->eku, usage) ||
           strings_has(&cert->eku, "anyExtendedKeyUsage");
}

size_t import_lost(const struct facts *facts, const struct identity *identity,
                   const struct cert *cert)
{
    struct asked asked;
    size_t lost = 0;
    what_was_asked(facts, identity, cert, &asked);
    for (size_t i = 0; i < asked.sans.count; i++)
        lost += !is_got(cert, &asked, asked.sans.items[i]);
    for (size_t i = 0; i < asked.eku.count; i++)
        lost += !usage_is_there(cert, asked.eku.items[i]);
    asked_free(&asked);
    return lost;
}

static bool is_name(const char *entry)
{
    const char *const kinds[] = {"DNS:", "IP:", "email:", "URI:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(entry, kinds[i]))
            return true;
    return false;
}

static void compare_names(const struct cert *cert, const struct asked *asked,
                          struct import_identity *out)
{
    for (size_t i = 0; i < asked->sans.count; i++)
        if (!is_got(cert, asked, asked->sans.items[i]))
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
        bool same =
            wanted && got && (i == ATTR_CN ? is_same_cn(wanted, got) : strcmp(wanted, got) == 0);
        if (same)
            continue;
        if (wanted)
            strings_add_take(&out->lost, xformat("%s=%s", attribute_names[i], wanted));
        if (got)
            strings_add_take(&out->gained, xformat("%s=%s", attribute_names[i], got));
    }
}

/* What the certificate in place had: names and usages. Of the usages those count that somebody
 * asked for: a CA may well leave out what no service here looks at. */
static void compare_in_place(const struct cert *cert, const struct cert *before,
                             struct import_identity *out)
{
    for (size_t i = 0; i < before->sans.count; i++)
        if (!san_is_there(cert, before->sans.items[i]))
            strings_add_new(&out->had, before->sans.items[i]);
    for (size_t i = 0; before->has_eku && i < before->eku.count; i++)
        if (!usage_is_there(cert, before->eku.items[i]))
            strings_add_new(&out->had, before->eku.items[i]);
    for (size_t i = 0; i < out->had.count; i++)
        strings_add_new(&out->lost, out->had.items[i]);
}

static void count_losses(const struct asked *asked, struct import_identity *out)
{
    for (size_t i = 0; i < out->lost.count; i++) {
        const char *lost = out->lost.items[i];
        if (is_name(lost) || strings_has(&asked->eku, lost) || strings_has(&asked->ku, lost))
            strings_add_new(&out->losing, lost);
    }
}

/* deployment.conf has gone on since the request was made. */
static void compare_now(const struct identity *identity, const struct cert *cert,
                        struct import_identity *out)
{
    struct names now = {0};
    struct strings sans = {0};
    identity_request(identity, &now);
    names_full_san(&now, &sans);
    for (size_t i = 0; i < sans.count; i++)
        if (!san_is_there(cert, sans.items[i]) && !strings_has_nocase(&out->lost, sans.items[i]))
            strings_add(&out->lacking, sans.items[i]);
    for (size_t i = 0; i < now.eku.count; i++)
        if (!usage_is_there(cert, now.eku.items[i]) && !strings_has(&out->lost, now.eku.items[i]))
            strings_add(&out->lacking, now.eku.items[i]);
    strings_free(&sans);
    names_free(&now);
}

/* A request asks for no lifetime. What counts is that of the certificate before, and that a chain
 * may end before its leaf. */
static void compare_lifetime(const struct choice *choice, const struct cert *before, time_t at,
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
        if (ca->not_after + SECONDS_A_DAY > cert->not_after || ca->not_after <= at)
            continue; /* one that has ended already is told by the stop */
        char date[16];
        clock_date(ca->not_after, date);
        strings_add_take(&out->lost, xformat("lifetime: its CA %s ends before it, %s",
                                             *ca->cn ? ca->cn : ca->subject, date));
    }
}

static void change(struct import_identity *out, const char *what, char *was, char *is, bool lost)
{
    out->changes = grow(out->changes, out->change_count, sizeof *out->changes);
    out->changes[out->change_count++] = (struct import_change){what, was, is, lost};
}

static void change_entry(struct import_identity *out, const char *what, const char *was,
                         const char *is)
{
    change(out, what, xstrdup(was), xstrdup(is), *was && !*is);
}

static char *key_words(const struct cert *cert)
{
    return xformat("%s %d", cert->key_algorithm, cert->key_bits);
}

/* Old and new, line by line: what is the same has its line, too. */
static void table(const struct cert *was, const struct cert *is, struct import_identity *out)
{
    bool same_key = memcmp(was->key_id, is->key_id, KEY_ID_BYTES) == 0;
    change(out, "ends", import_end(was), import_end(is), is->not_after < was->not_after);
    change(out, "issuer", import_short_name(was->issuer), import_short_name(is->issuer), false);
    char *key = key_words(is);
    change(out, "key", key_words(was), xformat("%s%s", key, same_key ? "" : ", another key"),
           false);
    free(key);
    for (size_t i = 0; i < was->sans.count; i++)
        change_entry(out, "name", was->sans.items[i],
                     san_is_there(is, was->sans.items[i]) ? was->sans.items[i] : "");
    for (size_t i = 0; i < is->sans.count; i++)
        if (!strings_has_nocase(&was->sans, is->sans.items[i]))
            change_entry(out, "name", "", is->sans.items[i]);
    for (size_t i = 0; i < was->eku.count; i++)
        change_entry(out, "usage", was->eku.items[i],
                     usage_is_there(is, was->eku.items[i]) ? was->eku.items[i] : "");
    for (size_t i = 0; i < is->eku.count; i++)
        if (!strings_has(&was->eku, is->eku.items[i]))
            change_entry(out, "usage", "", is->eku.items[i]);
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
    compare_lifetime(choice, files.leaf, facts->at, out);
    out->lost_asked = out->lost.count;
    if (files.leaf && !cert_same(files.leaf, choice->leaf)) {
        compare_in_place(choice->leaf, files.leaf, out);
        table(files.leaf, choice->leaf, out);
    }
    count_losses(&asked, out);
    compare_now(choice->identity, choice->leaf, out);
    asked_free(&asked);
    for (size_t i = 0; i < out->lost.count; i++)
        import_impact(facts, choice, out->lost.items[i], &out->impact);
}

/* Names by their number, a usage alone by its name: "losing 2 names and clientAuth". */
static char *losing(const struct strings *lost)
{
    size_t names = 0, usages = 0;
    const char *usage = NULL;
    for (size_t i = 0; i < lost->count; i++)
        if (is_name(lost->items[i])) {
            names++;
        } else {
            usages++;
            usage = lost->items[i];
        }
    struct str text = {0};
    if (names)
        str_addf(&text, names == 1 ? "losing %zu name" : "losing %zu names", names);
    if (usages)
        str_add(&text, names ? " and " : "losing ");
    if (usages == 1)
        str_add(&text, usage);
    else if (usages)
        str_addf(&text, "%zu usages", usages);
    return str_take(&text);
}

char *import_losing(const struct import_identity *identity)
{
    return losing(&identity->losing);
}

/* A usage that several lose is one usage; a name belongs to its certificate. */
char *import_losing_all(const struct import *import)
{
    struct strings all = {0};
    for (size_t i = 0; i < import->identity_count; i++) {
        const struct import_identity *item = &import->identities[i];
        for (size_t j = 0; item->take && !item->in_place && j < item->losing.count; j++)
            if (is_name(item->losing.items[j]))
                strings_add(&all, item->losing.items[j]);
            else
                strings_add_new(&all, item->losing.items[j]);
    }
    char *text = losing(&all);
    strings_free(&all);
    return text;
}
