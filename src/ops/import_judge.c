#include "base/clock.h"
#include "base/mem.h"
#include "ops/importing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The value of an attribute in a name as RFC 4514 writes it; NULL where it has none. Free it. */
static char *part_of(const char *distinguished_name, const char *attribute)
{
    const char *value = NULL;
    for (const char *at = distinguished_name; *at && !value; at++) {
        bool starts = at == distinguished_name ||
                      (at[-1] == ',' && (at - 1 == distinguished_name || at[-2] != '\\'));
        if (starts && text_starts(at, attribute))
            value = at + strlen(attribute);
    }
    if (!value)
        return NULL;
    struct str name = {0};
    for (; *value && *value != ',' && *value != '+'; value++) {
        if (*value == '\\' && value[1] && !isxdigit((unsigned char)value[1]))
            value++; /* \, is a comma; \1B stays as it is */
        str_add_char(&name, *value);
    }
    return str_take(&name);
}

char *import_short_name(const char *distinguished_name)
{
    char *cn = part_of(distinguished_name, "CN=");
    return cn ? cn : xstrdup(distinguished_name);
}

const char *import_name(const struct cert *cert)
{
    return *cert->cn ? cert->cn : *cert->subject ? cert->subject : "without a name";
}

char *import_end(const struct cert *cert)
{
    char date[16];
    clock_date(cert->not_after, date);
    return xstrdup(date);
}

static void stop(struct import_identity *out, char *problem, char *remedy)
{
    out->stop = true;
    out->problem = problem;
    out->remedy = remedy;
}

static char *ended_when(const struct cert *cert, time_t at)
{
    char date[16];
    clock_date(cert->not_after, date);
    long days = (long)((at - cert->not_after) / SECONDS_A_DAY);
    return days < 1    ? xformat("ended on %s, today", date)
           : days == 1 ? xformat("ended on %s, yesterday", date)
                       : xformat("ended on %s, %ld days ago", date, days);
}

static void stop_ended_leaf(const struct facts *facts, const struct choice *choice,
                            struct import_identity *out)
{
    struct identity_files files;
    facts_files(facts, choice->identity, &files);
    stop(out, ended_when(choice->leaf, facts->at),
         files.csr && !out->brings_key
             ? xformat("send %s to the CA again and import its answer", files.csr->name)
             : xstrdup("ask the CA for the one that follows it"));
}

/* Where public roots lie on most machines, as a front end is told of it: on the screen a folder is
 * named like the certificates. */
static const char *public_roots(const struct import_options *options)
{
    return options->waiting ? "/etc/ssl/certs" : "--ca-folder /etc/ssl/certs";
}

/* What else may have the one that lacks; the folder that was named has it not. */
static const char *where_else(const struct import_options *options)
{
    return options->ca_folder ? "it is not in the folder of --ca-folder"
           : options->waiting ? "a folder that has it will do (public roots: /etc/ssl/certs)"
                              : "or name a folder that has it: --ca-folder (public roots: "
                                "/etc/ssl/certs)";
}

/* What may have a self-signed certificate that goes on when the one at that place has ended. */
static const struct cert *twin_of(const struct choice *choice, size_t at)
{
    const struct cert *ended = choice->chain.certs[at];
    return !ended->self_signed ? ended : at > 1 ? choice->chain.certs[at - 1] : NULL;
}

/* A root that another CA had signed once stays good beyond the other's end: by its own, self-signed
 * certificate of the same key, which chain_build takes where it is here. */
static void stop_ended_ca(const struct facts *facts, const struct import_options *options,
                          const struct choice *choice, size_t at, struct import_identity *out)
{
    const struct cert *ended = choice->chain.certs[at];
    char *when = ended_when(ended, facts->at);
    const struct cert *twin = twin_of(choice, at);
    char *remedy =
        twin ? xformat(
                   "ask the CA for its new certificate and import that as well; where \"%s\" is a "
                   "root, its self-signed certificate takes over: name a folder that has it "
                   "(public roots: %s)",
                   import_name(twin), public_roots(options))
             : xstrdup("ask the CA for its new certificate and import that as well");
    stop(out, xformat("its CA \"%s\" %s", import_name(ended), when), remedy);
    out->waits = true;
    free(when);
}

/* The one in place came from elsewhere: who knows that does not look for the mistake here. */
static void add_predecessor(const struct facts *facts, const struct choice *choice,
                            struct str *problem)
{
    struct identity_files files;
    facts_files(facts, choice->identity, &files);
    if (!files.leaf || files.leaf->self_signed ||
        strcmp(files.leaf->issuer, choice->leaf->issuer) == 0)
        return;
    char *former = import_short_name(files.leaf->issuer);
    char *was = part_of(files.leaf->issuer, "O="), *is = part_of(choice->leaf->issuer, "O=");
    bool same_ca = was && is && strcmp(was, is) == 0;
    str_addf(problem, "; the one in place is from \"%s\": %s", former,
             same_ca ? "your CA changed its intermediate" : "this one comes from another CA");
    free(former);
    free(was);
    free(is);
}

/* A file that came with it and could not be read: the one that lacks may be in there. */
static const char *unread_file(const struct import_work *work)
{
    for (size_t i = 0; i < work->sources.count; i++) {
        const struct import_source *source = &work->sources.items[i];
        if (source->problem || source->pki.problem || (source->pki.locked && !source->pki.count))
            return source->path;
    }
    return NULL;
}

static char *where_to_get(const struct import_work *work, const struct import_options *options,
                          const char *aia)
{
    const char *unread = unread_file(work);
    char *may =
        unread
            ? xformat("it may be in %s, which could not be read (its row says why); else ", unread)
            : xstrdup("");
    char *way =
        *aia ? xformat("%sfetch %s and import it as well; %s", may, aia, where_else(options))
             : xformat("%sask the CA for it and import it as well; %s", may, where_else(options));
    free(may);
    return way;
}

static void stop_incomplete(const struct facts *facts, const struct import_options *options,
                            const struct choice *choice, const struct import_work *work,
                            struct import_identity *out)
{
    const struct cert *last = choice->chain.certs[choice->chain.count - 1];
    char *issuer = import_short_name(last->issuer);
    struct str problem = {0};
    if (last == choice->leaf) {
        str_addf(&problem, "its issuer \"%s\" is not here", issuer);
        add_predecessor(facts, choice, &problem);
    } else {
        str_addf(&problem, "\"%s\", the issuer of its CA \"%s\", is not here", issuer,
                 import_name(last));
    }
    free(issuer);
    stop(out, str_take(&problem), where_to_get(work, options, last->aia));
    out->waits = true;
}

/* What is wrong with the certificate at which the chain fails, and what to do. */
static char *why_broken(const struct chain *chain, const char **remedy)
{
    const char *name = import_name(chain_failed(chain));
    *remedy = "ask the CA for the chain that belongs to it";
    switch (chain_fault(chain)) {
    case FAULT_SIGNATURE:
        *remedy = "have the CA send it again";
        return xformat("\"%s\" was changed after it was signed, or damaged on its way", name);
    case FAULT_NO_CA:
        *remedy =
            "show that to the CA: it has sent the wrong certificate of its own, or signed with "
            "the wrong one";
        return xformat("\"%s\" may not sign certificates, as it says itself", name);
    case FAULT_PATH_LENGTH:
        return xformat("\"%s\" allows fewer CAs below it than stand here", name);
    case FAULT_CONSTRAINT:
        *remedy = "have it signed by a CA that may sign these names";
        return xformat("\"%s\" has a name that a CA above it may not sign", name);
    default:
        if (chain->depth == 0)
            *remedy = "show that to the CA; where it is about the key, make a new one first "
                      "(certwright check says how)";
        return xformat("%s, at \"%s\"", chain->reason, name);
    }
}

static void stop_broken(const struct choice *choice, struct import_identity *out)
{
    const struct chain *chain = &choice->chain;
    char *other = chain_other_issuer(chain);
    if (other) {
        stop(out, other, xformat("%s", chain_other_remedy));
        out->waits = true;
        return;
    }
    const char *remedy;
    char *why = why_broken(chain, &remedy);
    stop(out, xformat("its chain does not verify: %s", why), xstrdup(remedy));
    free(why);
    out->waits = chain->depth > 0; /* no other chain mends what is wrong with itself */
}

static bool first_ended(const struct facts *facts, const struct choice *choice, size_t *at)
{
    for (*at = 0; *at < choice->chain.count; ++*at)
        if (choice->chain.certs[*at]->not_after <= facts->at)
            return true;
    return false;
}

static void judge(const struct facts *facts, const struct import_options *options,
                  const struct choice *choice, const struct import_work *work,
                  struct import_identity *out)
{
    const struct chain *chain = &choice->chain;
    size_t ended;
    if (choice->leaf->not_after <= facts->at)
        stop_ended_leaf(facts, choice, out);
    else if (!chain->complete && chain->count)
        stop_incomplete(facts, options, choice, work, out);
    else if (!chain->valid && first_ended(facts, choice, &ended))
        stop_ended_ca(facts, options, choice, ended, out);
    else if (!chain->valid)
        stop_broken(choice, out);
}

/* A key whose certificate is in use goes out of use with it. */
static void judge_key(const struct facts *facts, const struct choice *choice,
                      struct import_identity *out)
{
    struct identity_files files;
    facts_files(facts, choice->identity, &files);
    if (!files.key || !files.leaf || out->stop)
        return;
    const struct key *key = pki_first_key(&files.key->pki);
    bool is_open = key && !key->encrypted;
    if (is_open && memcmp(key->id, files.leaf->key_id, KEY_ID_BYTES) != 0)
        return;
    stop(out,
         xformat("%s has a certificate in place, %s, which ends %s: with another key it is of no "
                 "use any more",
                 choice->identity->key_file, choice->identity->certificate_file, out->old_end),
         xstrdup("--force replaces both; the old ones stay as .bak"));
}

static void add_missing(const struct choice *choice, const char *issuer, const char *aia,
                        struct import *out)
{
    out->missing = grow(out->missing, out->missing_count, sizeof *out->missing);
    out->missing[out->missing_count++] =
        (struct import_missing){xstrdup(choice->identity->name), xstrdup(issuer), xstrdup(aia)};
}

/* The certificate that lacks: the issuer of the last one, or of the one that names another, or the
 * next one of a CA that has ended. */
static void tell_missing(const struct facts *facts, const struct choice *choice, struct import *out)
{
    const struct chain *chain = &choice->chain;
    const struct cert *below = NULL;
    size_t ended;
    if (!chain->complete && chain->count)
        below = chain->certs[chain->count - 1];
    for (size_t i = 0; !chain->valid && !below && i + 1 < chain->count; i++) {
        char *other = cert_other_issuer(chain->certs[i], chain->certs[i + 1]);
        below = other ? chain->certs[i] : NULL;
        free(other);
    }
    if (below) {
        add_missing(choice, below->issuer, below->aia, out);
    } else if (!chain->valid && first_ended(facts, choice, &ended) && ended > 0) {
        const struct cert *twin = twin_of(choice, ended);
        add_missing(choice, twin ? twin->subject : chain->certs[ended]->subject, "", out);
    }
}

void import_judge(const struct facts *facts, const struct import_options *options,
                  const struct choice *choice, struct import *out)
{
    const struct identity *identity = choice->identity;
    const struct taking *taking = &out->work->taking;
    out->identities = grow(out->identities, out->identity_count, sizeof *out->identities);
    struct import_identity *item = &out->identities[out->identity_count++];
    struct identity_files files;
    facts_files(facts, identity, &files);
    item->identity = xstrdup(identity->name);
    item->certificate = xstrdup(identity->certificate_file);
    item->bundle = xstrdup(choice->chain_pem.length ? identity->bundle_file : "");
    item->fullchain = xstrdup(identity->fullchain_file);
    item->in_place = choice->in_place;
    item->brings_key = taking->identity == identity && taking->is_new;
    item->old_end = files.leaf ? import_end(files.leaf) : xstrdup("");
    item->new_end = import_end(choice->leaf);
    judge(facts, options, choice, out->work, item);
    if (item->brings_key)
        judge_key(facts, choice, item);
    item->waits = item->waits && !item->brings_key;
    item->take = !item->stop || options->force;
    import_compare(facts, choice, item);
    import_tell_chains(facts, choice, item);
    tell_missing(facts, choice, out);
}
