#include "cli/advice.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *title(const struct cert *cert)
{
    return *cert->cn ? cert->cn : cert->subject;
}

/* Where a certificate stands: the file, and "certificate 2, " in front of its title where the file
 * has several. */
struct spot {
    const char *file;
    char ordinal[32];
};

static struct spot find_spot(const struct advice_question *question, const struct cert *cert)
{
    for (size_t i = 0; i < question->file_count; i++) {
        const struct pki_file *file = &question->parsed[i];
        size_t number = 0;
        for (size_t j = 0; j < file->count; j++) {
            number += file->objects[j].kind == OBJECT_CERT;
            if (file->objects[j].kind != OBJECT_CERT || !cert_same(file->objects[j].cert, cert))
                continue;
            struct spot spot = {.file = question->files[i]};
            if (pki_cert_count(file) > 1)
                snprintf(spot.ordinal, sizeof spot.ordinal, "certificate %zu, ", number);
            return spot;
        }
    }
    return (struct spot){.file = question->files[0]};
}

/* Would the chain hold if the certificates of this file were in the last one named? */
static bool completes(const struct advice_question *question, const struct pki_file *file)
{
    struct pool anchors = {0};
    struct chain chain;
    for (size_t i = 0; i < question->anchors->count; i++)
        pool_add(&anchors, question->anchors->certs[i]);
    pool_add_file(&anchors, file);
    chain_verify(question->chain->certs[0], question->links->certs, question->links->count,
                 anchors.certs, anchors.count, question->purpose, question->host, question->at,
                 &chain);
    pool_free(&anchors);
    return chain.valid;
}

static bool has_issuer(const struct pki_file *file, const struct cert *cert, size_t *steps)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT &&
            cert_issued_within(cert, file->objects[i].cert, steps) &&
            !cert_same(cert, file->objects[i].cert))
            return true;
    return false;
}

/* How well a file of the store helps; 0 not at all. A file that the appliance can take as it is,
 * and of those the smallest, is the better. */
static int usefulness(const struct advice_question *question, const struct cert *cert,
                      const struct pki_file *file, size_t *steps)
{
    if (!has_issuer(file, cert, steps))
        return 0;
    bool is_bundle = file->pem && (file->kind == PKI_CERTIFICATE || file->kind == PKI_BUNDLE);
    return 1 + (file->kind == PKI_CERTIFICATE) + (is_bundle ? 2 : 0) +
           (completes(question, file) ? 4 : 0);
}

/* The file of the store that brings the issuer, NULL when none does. */
static const struct store_file *store_file(const struct advice_question *question,
                                           const struct cert *cert)
{
    const struct store_file *found = NULL;
    int best = 0;
    size_t steps = ISSUED_STEPS;
    for (size_t i = 0; question->store && i < question->store->count; i++) {
        int useful = usefulness(question, cert, &question->store->files[i].pki, &steps);
        if (useful > best)
            found = &question->store->files[i];
        best = useful > best ? useful : best;
    }
    return found;
}

/* Where the issuer of cert can be had. */
static char *where_issuer(const struct advice_question *question, const struct cert *cert)
{
    const char *last = question->files[question->file_count - 1];
    const struct store_file *file = store_file(question, cert);
    if (file)
        return xformat("%s of the store %s: add it to %s", file->name,
                       completes(question, &file->pki) ? "completes the chain" : "has it", last);
    if (*cert->aia)
        return xformat("fetch it from %s and add it to %s", cert->aia, last);
    return xformat("ask the CA for it and add it to %s, root last", last);
}

/* A certificate of the issuer's name is there, but another key made the signature; NULL for none.
 * One that has the key which the signature is said to be of comes before others. */
static const struct cert *find_namesake(const struct advice_question *question,
                                        const struct cert *cert)
{
    const struct pool *const pools[] = {question->links, question->anchors};
    const struct cert *found = NULL;
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < pools[i]->count; j++) {
            const struct cert *other = pools[i]->certs[j];
            if (strcmp(other->subject, cert->issuer) != 0 || cert_same(other, cert))
                continue;
            if (!found || cert_names_key(cert, other))
                found = other;
        }
    return found;
}

/* A CA whose key made the signature is here, and yet it is not taken for the issuer. */
static bool advise_other_issuer(const struct advice_question *question, const struct cert *failed,
                                struct error *err)
{
    const struct pool *const pools[] = {question->links, question->anchors};
    char *why = chain_other_issuer(question->chain);
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < pools[i]->count && !why; j++)
            why = cert_other_issuer(failed, pools[i]->certs[j]);
    if (why)
        error_set(err, STATUS_NO, find_spot(question, failed).file, chain_other_remedy, "%s", why);
    bool is_known = why != NULL;
    free(why);
    return is_known;
}

static void advise_issuer(const struct advice_question *question, struct error *err)
{
    const struct cert *failed = chain_failed(question->chain);
    struct spot spot = find_spot(question, failed);
    const struct cert *namesake = find_namesake(question, failed);
    bool changed = namesake ? cert_names_key(failed, namesake)
                            : chain_fault(question->chain) == FAULT_SIGNATURE;
    if (cert_flaw(failed)) {
        error_set(err, STATUS_NO, spot.file, "ask the CA for a new one", "%s\"%s\": %s",
                  spot.ordinal, title(failed), cert_flaw(failed));
        return;
    }
    if (advise_other_issuer(question, failed, err))
        return;
    if (changed) {
        error_set(err, STATUS_NO, spot.file, "fetch it again from the CA",
                  "the signature of %s\"%s\" is wrong: it was changed after it was signed",
                  spot.ordinal, title(failed));
        return;
    }
    char *remedy = where_issuer(question, failed);
    if (namesake)
        error_set(err, STATUS_NO, spot.file, remedy,
                  "%s\"%s\" was not signed by the \"%s\" that is here, which has another key",
                  spot.ordinal, title(failed), failed->issuer);
    else
        error_set(err, STATUS_NO, spot.file, remedy, "the issuer of %s\"%s\", \"%s\", is not here",
                  spot.ordinal, title(failed), failed->issuer);
    free(remedy);
}

/* "12 days ago", "in 3 days" */
static void distance(time_t moment, time_t at, char *out, size_t size)
{
    long days = (long)((moment > at ? moment - at : at - moment) / SECONDS_A_DAY);
    if (days == 0)
        snprintf(out, size, "less than a day %s", moment > at ? "ahead" : "ago");
    else
        snprintf(out, size,
                 moment > at ? days == 1 ? "in %ld day" : "in %ld days"
                 : days == 1 ? "%ld day ago"
                             : "%ld days ago",
                 days);
}

static void advise_time(const struct advice_question *question, struct error *err)
{
    const struct cert *failed = chain_failed(question->chain), *leaf = question->chain->certs[0];
    struct spot spot = find_spot(question, failed);
    bool ended = chain_fault(question->chain) == FAULT_ENDED;
    time_t moment = ended ? failed->not_after : failed->not_before;
    bool leaf_is_good = leaf->not_before <= question->at && leaf->not_after > question->at;
    char date[16], span[48];
    clock_date(moment, date);
    distance(moment, question->at, span, sizeof span);
    const char *remedy = !ended ? "check the clock, or wait"
                         : failed == leaf
                             ? "ask its CA for a new certificate, with the same request"
                             : "ask the CA for its present certificate and put that "
                               "into the bundle";
    error_set(err, STATUS_NO, spot.file, remedy, "%s\"%s\" %s %s (%s)%s", spot.ordinal,
              title(failed), ended ? "ended" : "begins", date, span,
              failed != leaf && leaf_is_good ? "; the leaf itself is good" : "");
}

static void advise_root(const struct advice_question *question, struct error *err)
{
    const struct cert *failed = chain_failed(question->chain);
    const char *last = question->files[question->file_count - 1];
    const struct cert *leaf = question->chain->certs[0],
                      *other = pki_first_cert(&question->parsed[question->file_count - 1]);
    bool other_way = leaf->is_ca && other && !other->is_ca && !other->self_signed;
    char *remedy = other_way ? xformat("the certificate comes first, its CAs behind it: certwright "
                                       "pki verify %s %s",
                                       last, question->files[0])
                   : failed == question->chain->certs[0]
                       ? xformat("name its own file last, or a file that holds it")
                       : xformat("add it to %s, or name the file that holds it last", last);
    error_set(err, STATUS_NO, question->files[0], remedy,
              "\"%s\" signs itself and is not in %s, whose roots alone are trusted", title(failed),
              last);
    free(remedy);
}

static void advise_name(const struct advice_question *question, struct error *err)
{
    const struct cert *leaf = question->chain->certs[0];
    char *has = leaf->sans.count ? strings_join(&leaf->sans, ", ")
                : *leaf->cn      ? xformat("CN %s", leaf->cn)
                                 : xstrdup("none");
    error_set(err, STATUS_NO, question->files[0], "make a new request with that name in its SAN",
              "lacks the name %s (has: %s)", question->host, has);
    free(has);
}

static void advise_purpose(const struct advice_question *question, struct error *err)
{
    const struct cert *failed = chain_failed(question->chain);
    struct spot spot = find_spot(question, failed);
    const char *user = question->purpose == PURPOSE_SERVER ? "server" : "client";
    char *eku = strings_join(&failed->eku, ", "), *ku = strings_join(&failed->ku, ", ");
    bool is_leaf = question->chain->depth == 0;
    char *remedy = is_leaf ? xformat("ask the CA for one with extended key usage %sAuth", user)
                           : xstrdup("have another CA sign it");
    error_set(err, STATUS_NO, spot.file, remedy,
              "%s\"%s\" %s a %s (extended key usage: %s; key usage: %s)", spot.ordinal,
              title(failed),
              is_leaf ? "may not be used by" : "is a CA that may not sign the certificate of", user,
              *eku ? eku : "none", *ku ? ku : "none");
    free(remedy);
    free(eku);
    free(ku);
}

/* Why a certificate is no CA's, by the deepest cause. */
static const char *why_no_ca(const struct cert *cert)
{
    if (cert->has_ku && !strings_has(&cert->ku, "keyCertSign"))
        return "may not sign certificates: its keyUsage lacks keyCertSign";
    if (cert->has_basic)
        return "may not sign certificates: basicConstraints says it is not a CA";
    return "may not sign certificates: it has no basicConstraints, so it is not a CA";
}

/* A CA that may not sign what stands below it. */
static void advise_ca(const struct advice_question *question, struct error *err)
{
    enum chain_fault fault = chain_fault(question->chain);
    const struct cert *failed = chain_failed(question->chain);
    const char *what = fault == FAULT_PATH_LENGTH  ? "allows fewer CAs below it than stand here"
                       : fault == FAULT_CONSTRAINT ? "has a name that a CA above it may not sign"
                                                   : why_no_ca(failed);
    struct spot spot = find_spot(question, failed);
    error_set(err, STATUS_NO, spot.file,
              fault == FAULT_CONSTRAINT
                  ? "ask for names that it may sign, or have another CA sign them"
                  : "ask the CA for the chain that it has for this certificate",
              "%s\"%s\" %s", spot.ordinal, title(failed), what);
}

static void advise_other(const struct advice_question *question, struct error *err)
{
    const struct cert *failed = chain_failed(question->chain);
    struct spot spot = find_spot(question, failed);
    error_set(err, STATUS_NO, spot.file, "ask the CA for a new one", "%s\"%s\": %s", spot.ordinal,
              title(failed), question->chain->reason);
}

void advice_give(const struct advice_question *question, struct error *err)
{
    switch (chain_fault(question->chain)) {
    case FAULT_ISSUER:
    case FAULT_SIGNATURE:
        advise_issuer(question, err);
        break;
    case FAULT_ENDED:
    case FAULT_EARLY:
        advise_time(question, err);
        break;
    case FAULT_NO_ANCHOR:
        advise_root(question, err);
        break;
    case FAULT_NO_CA:
    case FAULT_PATH_LENGTH:
    case FAULT_CONSTRAINT:
        advise_ca(question, err);
        break;
    case FAULT_PURPOSE:
        advise_purpose(question, err);
        break;
    case FAULT_HOST:
        advise_name(question, err);
        break;
    default:
        advise_other(question, err);
    }
}
