/* Where each identity stands, and what deployment.conf says that its request or certificate
 * doesn't.
 */
#include "model/lifecycle.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* CAs date a certificate some hours back, so that clocks that are slow accept it. */
enum { BACKDATED = SECONDS_A_DAY };

static const enum attribute subject_order[] = {ATTR_O,  ATTR_OU, ATTR_L,
                                               ATTR_ST, ATTR_C,  ATTR_EMAIL};

/* What there is of an identity. */
struct found {
    const struct identity *identity;
    const struct key *key;   /* NULL: none, or it can't be read */
    const struct csr *csr;   /* NULL: none */
    const struct cert *leaf; /* NULL: none */
    bool key_file;           /* a file lies in the key's place, whatever it holds */
    bool csr_file, certificate_file;
    const char *sent; /* NULL: not yet */
    bool waits;       /* its renewal was asked for, and no answer has come */
};

static bool is_outside(const struct identity *identity)
{
    return strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
}

static void find(const struct facts *facts, const struct identity *identity, struct found *out)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    *out = (struct found){.identity = identity,
                          .key = files.key ? pki_first_key(&files.key->pki) : NULL,
                          .csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL,
                          .leaf = files.leaf,
                          .key_file = files.key != NULL,
                          .csr_file = files.csr != NULL,
                          .certificate_file = files.certificate != NULL};
    if (out->csr)
        out->sent = sent_date(&facts->sent, files.csr->name, out->csr->id);
    const struct renewal *renewal = renewals_open(&facts->renewals, identity->name);
    out->waits = renewal && !renewal->first;
    /* the same request was sent when the certificate in place was ordered */
    if (out->waits && out->sent && strcmp(out->sent, renewal->since) < 0)
        out->sent = NULL;
}

static bool same_id(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, KEY_ID_BYTES) == 0;
}

/* The certificate belongs to the key that is here; one that can't be asked (on an appliance,
 * locked) is believed. */
static bool leaf_fits_key(const struct found *found)
{
    return !found->key || found->key->encrypted || same_id(found->key->id, found->leaf->key_id);
}

/* A typed entry ("DNS:x") of a certificate as a list of names shows it. */
static const char *bare(const char *typed)
{
    const char *colon = strchr(typed, ':');
    return colon ? colon + 1 : typed;
}

/* Some entry of the certificate serves the typed name: a wildcard stands for hosts. */
static bool is_served(const struct cert *leaf, const char *typed)
{
    return strings_has_nocase(&leaf->sans, typed) ||
           ((text_starts(typed, "DNS:") || text_starts(typed, "IP:")) &&
            cert_has_name(leaf, bare(typed)));
}

/* The request asks for a name that the certificate of its key hasn't: it was made after it, or the
 * CA left the name out, and in both cases the next certificate is wanted. */
static bool asks_for_more(const struct csr *csr, const struct cert *leaf)
{
    for (size_t i = 0; i < csr->sans.count; i++)
        if (!is_served(leaf, csr->sans.items[i]))
            return true;
    return false;
}

/* The request awaits a certificate although one is in place. */
static bool is_open(const struct found *found)
{
    time_t sent;
    if (!found->csr || strcmp(found->identity->signer, "self") == 0)
        return false;
    if (found->waits || !found->leaf || !same_id(found->csr->key_id, found->leaf->key_id))
        return true;
    if (found->sent && clock_parse(found->sent, &sent) &&
        found->leaf->not_before + BACKDATED < sent)
        return true;
    return asks_for_more(found->csr, found->leaf);
}

/* Names as certificates compare them: hosts in ASCII and small letters. */
static bool same_name(const char *a, const char *b)
{
    char *x = name_ascii(a), *y = name_ascii(b);
    bool same = strcasecmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static const char *attribute_of(const struct names *names, enum attribute attribute)
{
    return names->attributes[attribute] ? names->attributes[attribute] : "";
}

static bool same_attribute(enum attribute attribute, const char *a, const char *b)
{
    if (attribute == ATTR_CN)
        return is_same_cn(a, b);
    if (attribute == ATTR_EMAIL)
        return same_name(a, b);
    return attribute == ATTR_C ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

static struct difference *add(struct differences *out, const char *what, const char *was,
                              const char *now)
{
    out->items = grow(out->items, out->count, sizeof *out->items);
    struct difference *difference = &out->items[out->count++];
    difference->what = what;
    difference->was = xstrdup(was);
    difference->now = xstrdup(now);
    return difference;
}

void differences_free(struct differences *differences)
{
    for (size_t i = 0; i < differences->count; i++) {
        free(differences->items[i].was);
        free(differences->items[i].now);
        strings_free(&differences->items[i].lacking);
        strings_free(&differences->items[i].besides);
    }
    free(differences->items);
    *differences = (struct differences){0};
}

/* A list that lacks something, or has something besides; takes the two over. */
static void add_list(struct differences *out, const char *what, const struct strings *was,
                     const struct strings *now, struct strings *lacking, struct strings *besides)
{
    if (!lacking->count && !besides->count)
        return;
    char *old = strings_join(was, ", "), *new = strings_join(now, ", ");
    struct difference *difference = add(out, what, old, new);
    difference->lacking = *lacking;
    difference->besides = *besides;
    *lacking = *besides = (struct strings){0};
    free(old);
    free(new);
}

static void to_bare(const struct strings *typed, struct strings *out)
{
    for (size_t i = 0; i < typed->count; i++)
        strings_add(out, bare(typed->items[i]));
}

/* Entries of a that b hasn't, whatever their order and case. */
static void left_over(const struct strings *a, const struct strings *b, struct strings *out)
{
    for (size_t i = 0; i < a->count; i++)
        if (!strings_has_nocase(b, a->items[i]))
            strings_add(out, bare(a->items[i]));
}

/* A request says what certwright would write into it today, and nothing else. */
static void compare_request(const struct csr *csr, const struct identity *identity,
                            struct differences *out)
{
    struct names now = {0};
    identity_request(identity, &now);
    const char *cn = attribute_of(&now, ATTR_CN);
    if (!is_same_cn(csr->cn, cn))
        add(out, attribute_names[ATTR_CN], csr->cn, cn);
    for (size_t i = 0; i < sizeof subject_order / sizeof *subject_order; i++) {
        enum attribute attribute = subject_order[i];
        const char *was = attribute_of(&csr->names, attribute), *is = attribute_of(&now, attribute);
        if (!same_attribute(attribute, was, is))
            add(out, attribute_names[attribute], was, is);
    }
    struct strings full = {0}, typed = {0}, was = {0}, is = {0}, lacking = {0}, besides = {0};
    names_full_san(&now, &full);
    for (size_t i = 0; i < csr->sans.count; i++) /* in the form that full has */
        strings_add_take(&typed, text_starts(csr->sans.items[i], "DNS:") ||
                                         text_starts(csr->sans.items[i], "IP:")
                                     ? san_typed(bare(csr->sans.items[i]))
                                     : xstrdup(csr->sans.items[i]));
    left_over(&full, &typed, &lacking);
    left_over(&typed, &full, &besides);
    to_bare(&typed, &was);
    to_bare(&full, &is);
    add_list(out, "subjectAltName", &was, &is, &lacking, &besides);
    /* pki csr on an appliance cannot ask for usages (guide app. C): there the CA gives them; and
     * which they are is up to the services, of which a removed one's identity has none */
    if ((!*identity->key_at || csr->eku.count) && identity->use_count) {
        left_over(&now.eku, &csr->eku, &lacking);
        left_over(&csr->eku, &now.eku, &besides);
        add_list(out, "extendedKeyUsage", &csr->eku, &now.eku, &lacking, &besides);
    }
    strings_free(&full);
    strings_free(&typed);
    strings_free(&was);
    strings_free(&is);
    strings_free(&lacking);
    strings_free(&besides);
    names_free(&now);
}

/* CAs write the subject as they see fit: they drop OU, and O where they validate the domain alone.
 * So it counts only where the CA took what it was asked for, and deployment.conf has moved on. A
 * certificate that was made here had its own way. */
static bool is_outdated(const struct found *found, enum attribute attribute, const char *was,
                        const char *now)
{
    const struct csr *csr = found->csr;
    if (same_attribute(attribute, was, now))
        return false;
    if (strcmp(found->identity->signer, "self") == 0)
        return true;
    if (attribute == ATTR_OU && strcmp(found->identity->signer, "public") == 0)
        return false;
    return csr && same_id(csr->key_id, found->leaf->key_id) &&
           same_attribute(attribute, attribute_of(&csr->names, attribute), was);
}

/* A certificate may say more than deployment.conf; what it lacks is told. */
static void compare_certificate(const struct found *found, struct differences *out)
{
    const struct cert *leaf = found->leaf;
    struct names now = {0};
    struct strings full = {0}, was = {0}, is = {0}, lacking = {0}, none = {0};
    identity_request(found->identity, &now);
    names_full_san(&now, &full);
    const char *cn = attribute_of(&now, ATTR_CN);
    /* a CN that is a host is served by the SAN: public CAs choose another, or none */
    bool host = full.count && same_name(bare(full.items[0]), cn) && is_served(leaf, full.items[0]);
    if (*cn && !is_same_cn(leaf->cn, cn) && (!host || is_outdated(found, ATTR_CN, leaf->cn, cn)))
        add(out, attribute_names[ATTR_CN], leaf->cn, cn);
    for (size_t i = 0; i < sizeof subject_order / sizeof *subject_order; i++) {
        enum attribute attribute = subject_order[i];
        const char *old = attribute_of(&leaf->names, attribute),
                   *new = attribute_of(&now, attribute);
        if (is_outdated(found, attribute, old, new))
            add(out, attribute_names[attribute], old, new);
    }
    for (size_t i = 0; i < full.count; i++)
        if (!is_served(leaf, full.items[i]))
            strings_add(&lacking, bare(full.items[i]));
    to_bare(&leaf->sans, &was);
    to_bare(&full, &is);
    add_list(out, "subjectAltName", &was, &is, &lacking, &none);
    /* without the extension any usage is allowed (RFC 5280 4.2.1.12) */
    if (leaf->has_eku && !strings_has(&leaf->eku, "anyExtendedKeyUsage"))
        left_over(&now.eku, &leaf->eku, &lacking);
    add_list(out, "extendedKeyUsage", &leaf->eku, &now.eku, &lacking, &none);
    strings_free(&full);
    strings_free(&was);
    strings_free(&is);
    names_free(&now);
}

static int days_between(const char *date, time_t at)
{
    time_t then;
    if (!clock_parse(date, &then) || at < then)
        return 0;
    return (int)((at - then) / SECONDS_A_DAY);
}

static enum life life_of(const struct found *found, struct differences *request)
{
    if (is_open(found))
        compare_request(found->csr, found->identity, request);
    if (found->leaf && (leaf_fits_key(found) || is_open(found)))
        return is_open(found) ? LIFE_RENEWING : LIFE_CERTIFIED;
    if (found->csr && is_open(found))
        return request->count ? LIFE_OUTDATED : found->sent ? LIFE_SENT : LIFE_REQUEST;
    return found->key_file ? LIFE_KEY : LIFE_NOTHING;
}

void lifecycle_of(const struct facts *facts, const struct identity *identity, struct lifecycle *out)
{
    struct found found;
    find(facts, identity, &found);
    *out = (struct lifecycle){.outside = is_outside(identity), .key_elsewhere = *identity->key_at};
    out->life = life_of(&found, &out->request);
    if (found.sent && is_open(&found)) {
        memcpy(out->sent, found.sent, sizeof out->sent);
        out->days_sent = days_between(found.sent, facts->at);
    }
    if (found.leaf)
        compare_certificate(&found, &out->certificate);
}

void lifecycle_request(const struct facts *facts, const struct identity *identity,
                       struct differences *out)
{
    struct found found;
    find(facts, identity, &found);
    if (found.csr)
        compare_request(found.csr, identity, out);
}

void lifecycle_free(struct lifecycle *lifecycle)
{
    differences_free(&lifecycle->request);
    differences_free(&lifecycle->certificate);
}

enum life lifecycle_state(const struct facts *facts, const struct identity *identity)
{
    struct found found;
    struct differences request = {0};
    find(facts, identity, &found);
    enum life life = life_of(&found, &request);
    differences_free(&request);
    return life;
}

bool lifecycle_is_made(const struct facts *facts, const struct identity *identity)
{
    struct found found;
    find(facts, identity, &found);
    return found.key_file || found.csr_file || found.certificate_file;
}

bool lifecycle_is_awaited(const struct facts *facts, const struct identity *identity)
{
    struct found found;
    find(facts, identity, &found);
    return is_outside(identity) && is_open(&found);
}

static void add_entries(struct str *out, const char *what, const char *verb,
                        const struct strings *entries)
{
    char *list = strings_join(entries, ", ");
    str_addf(out, "%s%s %s %s", out->length ? "; " : "", what, verb, list);
    free(list);
}

char *differences_words(const struct differences *differences)
{
    struct str out = {0};
    for (size_t i = 0; i < differences->count; i++) {
        const struct difference *d = &differences->items[i];
        if (d->lacking.count)
            add_entries(&out, d->what, "lacks", &d->lacking);
        if (d->besides.count)
            add_entries(&out, d->what, "still has", &d->besides);
        if (d->lacking.count || d->besides.count)
            continue;
        str_addf(&out, "%s%s was %s", out.length ? "; " : "", d->what,
                 *d->was ? d->was : "not there");
    }
    return str_take(&out);
}
