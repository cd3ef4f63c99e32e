#include "base/clock.h"
#include "base/mem.h"
#include "model/days.h"
#include "model/lifecycle.h"
#include "ops/certify.h"
#include "ops/material.h"
#include "ops/renewing.h"
#include "pki/chain.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_CA 3650 /* of --make-ca: it outlives what it signs */

/* A CA of the store, ready to sign. */
struct authority {
    char *name;
    const struct identity *identity; /* NULL: deployment.conf doesn't know it */
    struct pki_file key_file, cert_file;
    const struct key *key;
    const struct cert *cert;
    struct str chain_pem; /* the CA, then those above it */
    struct pool above;    /* the same; they lie in the run's scan and cert_file */
};

/* One run: what is read, and what it will write. */
struct signing {
    const struct facts *facts;
    const struct sign_options *options;
    struct store store;
    struct scan scan; /* under the lock */
    struct batch batch;
    struct authority **authorities;
    size_t authority_count;
    struct new_certificate *items;
    size_t item_count;
    struct made_list *made;
};

static void authority_free(struct authority *authority)
{
    free(authority->name);
    pki_file_free(&authority->key_file);
    pki_file_free(&authority->cert_file);
    str_free(&authority->chain_pem);
    pool_free(&authority->above);
    free(authority);
}

static void signing_free(struct signing *run)
{
    for (size_t i = 0; i < run->authority_count; i++)
        authority_free(run->authorities[i]);
    free(run->authorities);
    for (size_t i = 0; i < run->item_count; i++) {
        str_free(&run->items[i].leaf_pem);
        str_free(&run->items[i].chain_pem);
    }
    free(run->items);
    batch_free(&run->batch);
    scan_free(&run->scan);
    store_close(&run->store);
}

static bool absent(const struct signing *run, const struct authority *authority, const char *file,
                   struct error *err)
{
    if (!authority->identity && run->options->ca && strcmp(run->options->ca, authority->name) == 0)
        return error_set(err, STATUS_NO, file, "--make-ca makes a CA of that name",
                         "is not in the store, so %s cannot sign", authority->name);
    char *remedy = xformat("certwright generate %s", authority->name);
    error_set(err, STATUS_NO, file, remedy, "is not in the store, so %s cannot sign",
              authority->name);
    free(remedy);
    return false;
}

static void tell_made(struct signing *run, const struct authority *authority, const char *key_file,
                      const char *cert_file)
{
    bool new_key = !store_has(&run->store, key_file);
    char date[16];
    clock_date(run->facts->at + (time_t)DAYS_CA * SECONDS_A_DAY, date);
    struct made_item *made =
        made_add(run->made, authority->name, MADE_CERTIFICATE | (new_key ? MADE_KEY : 0u));
    made->note = xformat("%scertificate; root, ends %s", new_key ? "key, " : "", date);
    if (new_key)
        strings_add(&made->files, key_file);
    strings_add(&made->files, cert_file);
}

/* --make-ca: the certificate that lacks, and the key where that lacks too. */
static bool make_authority(struct signing *run, struct authority *authority, const char *key_file,
                           const char *cert_file, struct error *err)
{
    const struct deployment *deployment = &run->facts->deployment;
    if (!name_check_base(authority->name, err))
        return false;
    if (store_has(&run->store, key_file)) {
        if (!read_key(&run->store, key_file, &authority->key_file, &authority->key, err))
            return false;
    } else if (!make_key(deployment, key_file, &run->batch, &authority->key_file, &authority->key,
                         err)) {
        return false;
    }
    struct names names = {0};
    if (authority->identity) {
        identity_request(authority->identity, &names);
        strings_free(&names.eku);
    } else {
        names_copy(&names, &deployment->subject);
        free(names.attributes[ATTR_CN]);
        names.attributes[ATTR_CN] = xstrdup(authority->name);
    }
    struct str pem = {0};
    bool good = cert_selfsign(authority->key, &names, DAYS_CA, run->facts->at, &pem, err);
    if (good) {
        batch_add(&run->batch, cert_file, pem.data, pem.length, 0644, false);
        pki_parse((const unsigned char *)pem.data, pem.length, NULL, &authority->cert_file);
        authority->cert = pki_first_cert(&authority->cert_file);
        tell_made(run, authority, key_file, cert_file);
    }
    names_free(&names);
    str_free(&pem);
    return good && authority->cert;
}

/* What stands above the CA by signature, the CA first, root last. */
static void find_chain(struct signing *run, struct authority *authority)
{
    struct pool pool = {0};
    struct chain chain;
    pool_add(&pool, authority->cert);
    pool_add_scan(&pool, &run->scan);
    chain_build(authority->cert, pool.certs, pool.count, run->facts->at, &chain);
    for (size_t i = 0; i < chain.count; i++) {
        cert_pem(chain.certs[i], &authority->chain_pem);
        pool_add(&authority->above, chain.certs[i]);
    }
    pool_free(&pool);
}

static bool load_authority(struct signing *run, struct authority *authority, struct error *err)
{
    const struct identity *identity = deployment_identity(&run->facts->deployment, authority->name);
    authority->identity = identity;
    char *key_file = identity ? xstrdup(identity->key_file) : xformat("%s.key", authority->name);
    char *cert_file =
        identity ? xstrdup(identity->certificate_file) : xformat("%s.crt", authority->name);
    bool is_ca = run->options->ca && strcmp(run->options->ca, authority->name) == 0;
    bool has_key = store_has(&run->store, key_file);
    bool good;
    if (identity && strcmp(identity->signer, "self") != 0 && is_ca)
        good = error_set(err, STATUS_NO, authority->name,
                         "name a CA: an identity with signer "
                         "\"self\", or a new name with --make-ca",
                         "is not a CA: deployment.conf has it signed by %s", identity->signer);
    else if (!store_has(&run->store, cert_file) && is_ca && run->options->make_ca)
        good = make_authority(run, authority, key_file, cert_file, err);
    else if (!has_key)
        good = absent(run, authority, key_file, err);
    else if (!store_has(&run->store, cert_file))
        good = absent(run, authority, cert_file, err);
    else
        good = read_key(&run->store, key_file, &authority->key_file, &authority->key, err) &&
               read_cert(&run->store, cert_file, &authority->cert_file, &authority->cert, err);
    if (good)
        find_chain(run, authority);
    free(key_file);
    free(cert_file);
    return good;
}

static bool need_authority(struct signing *run, const char *name, struct authority **out,
                           struct error *err)
{
    for (size_t i = 0; i < run->authority_count; i++) {
        *out = run->authorities[i];
        if (strcmp((*out)->name, name) == 0)
            return true;
    }
    run->authorities = grow(run->authorities, run->authority_count, sizeof *run->authorities);
    *out = xcalloc(1, sizeof **out);
    (*out)->name = xstrdup(name);
    run->authorities[run->authority_count++] = *out;
    return load_authority(run, *out, err);
}

/* Certified by that CA, for the key at hand, and not ended. */
static bool is_certified(const struct signing *run, const struct identity *identity,
                         const struct authority *authority, const struct csr *csr)
{
    const struct cert *leaf = scan_cert(&run->scan, identity->certificate_file);
    return leaf && cert_issued_by(leaf, authority->cert) && leaf->not_after > run->facts->at &&
           memcmp(leaf->key_id, csr->key_id, KEY_ID_BYTES) == 0;
}

static bool read_request(struct signing *run, const struct identity *identity,
                         struct pki_file *file, const struct csr **csr, struct error *err)
{
    char *name = request_name(run->facts, identity);
    char *key_file = request_key_name(run->facts, identity);
    bool good = true;
    if (!store_has(&run->store, name)) {
        char *remedy = *identity->key_at
                           ? xformat("fetch it from %s by SFTP into the store", identity->key_at)
                           : xformat("certwright generate %s", identity->name);
        good = error_set(err, STATUS_NO, name, remedy, "is not in the store: nothing to sign");
        free(remedy);
    }
    good = good && read_csr(&run->store, name, file, csr, err);
    const struct store_file *stored = scan_find(&run->scan, key_file);
    const struct key *key = stored ? pki_first_key(&stored->pki) : NULL;
    if (good && key && !key->encrypted && memcmp(key->id, (*csr)->key_id, KEY_ID_BYTES) != 0)
        good = error_set(err, STATUS_NO, name, "move it away: certwright generate makes a new one",
                         "was made for another key than %s", key_file);
    free(key_file);
    free(name);
    return good;
}

static bool issue(struct signing *run, const struct identity *identity,
                  const struct authority *authority, const struct csr *csr, struct error *err)
{
    const struct facts *facts = run->facts;
    int days = run->options->days;
    if (days <= 0)
        days = days_signed(&facts->deployment, identity);
    run->items = grow(run->items, run->item_count, sizeof *run->items);
    struct new_certificate *item = &run->items[run->item_count++];
    item->identity = identity;
    bool cut = false;
    if (!cert_issue(csr, authority->cert, authority->key, days, facts->at, &item->leaf_pem, &cut,
                    err) ||
        (!authority->cert->self_signed &&
         !pool_upholds(&authority->above, &item->leaf_pem, authority->cert, facts->at, err))) {
        error_wrap(err, "%s is not signed by %s: ", identity->name, authority->name);
        return false;
    }
    str_add_bytes(&item->chain_pem, authority->chain_pem.data, authority->chain_pem.length);
    time_t end = facts->at + (time_t)days * SECONDS_A_DAY;
    char date[16];
    clock_date(cut ? authority->cert->not_after : end, date);
    struct made_item *made = made_add(run->made, identity->name, MADE_CERTIFICATE);
    made->note = xformat("signed by %s, ends %s%s", authority->name, date,
                         cut ? ": cut to the end of its CA" : "");
    certify_files(facts, &run->store, item, &run->batch);
    return renewing_take_next(&run->store, item, &run->batch, err);
}

static void leave(struct signing *run, const struct identity *identity, unsigned what, char *note)
{
    made_add(run->made, identity->name, what)->note = note;
}

static bool sign_one(struct signing *run, const struct identity *identity, bool named,
                     struct error *err)
{
    const struct deployment *deployment = &run->facts->deployment;
    if (strcmp(identity->signer, "self") == 0) {
        if (named)
            leave(run, identity, MADE_SKIPPED, xstrdup("signs itself"));
        return true;
    }
    const char *ca =
        deployment_identity(deployment, identity->signer) ? identity->signer : run->options->ca;
    if (!ca)
        return error_set(err, STATUS_USAGE, identity->name,
                         "--ca NAME signs it with a CA made here",
                         "its signer is \"%s\", no identity of the store", identity->signer);
    char *csr_file = request_name(run->facts, identity);
    bool waits = *identity->key_at && !named && !store_has(&run->store, csr_file);
    free(csr_file);
    if (waits) {
        leave(run, identity, MADE_SKIPPED,
              xformat("its request has not come from %s yet", identity->key_at));
        return true;
    }
    struct authority *authority;
    struct pki_file file = {0};
    const struct csr *csr;
    bool good =
        need_authority(run, ca, &authority, err) && read_request(run, identity, &file, &csr, err);
    bool is_done = good && !run->options->force && is_certified(run, identity, authority, csr) &&
                   lifecycle_state(run->facts, identity) != LIFE_RENEWING;
    if (is_done)
        leave(run, identity, MADE_KEPT, xformat("certified by %s already", ca));
    else
        good = good && issue(run, identity, authority, csr, err);
    pki_file_free(&file);
    return good;
}

static bool sign_all(struct signing *run, const struct strings *names, struct progress *progress,
                     struct error *err)
{
    const struct facts *facts = run->facts;
    const struct identity **chosen;
    size_t count;
    struct strings written = {0};
    if (!choose_identities(&facts->deployment, names, &chosen, &count, err))
        return false;
    bool named = names && names->count;
    struct authority *authority;
    bool good = !run->options->ca || need_authority(run, run->options->ca, &authority, err);
    for (size_t i = 0; good && i < count; i++) {
        good = sign_one(run, chosen[i], named, err);
        if (good && !progress_step(progress, i + 1, count, chosen[i]->name) && i + 1 < count)
            good = error_set(err, STATUS_NO, facts->store_path, "start again when you like",
                             "stopped: nothing was written");
    }
    good = good && certify_trusts(facts, &run->store, &run->batch, err) &&
           renewing_open(facts, &run->store, &run->batch, err);
    run->batch.verb = "sign";
    good = good && certify_commit(&run->store, &run->batch, facts->at, &written, err);
    if (good)
        made_tell(run->made, &facts->deployment, &written);
    strings_free(&written);
    free(chosen);
    return good;
}

bool sign_into(const struct facts *facts, const struct store *store,
               const struct identity *identity, const struct csr *csr, struct batch *batch,
               char **note, struct error *err)
{
    const struct sign_options options = {.force = true};
    struct made_list made = {0};
    struct signing run = {
        .facts = facts,
        .options = &options,
        .store = {.path = store->path, .fd = store->fd, .lock_fd = store->lock_fd},
        .batch = *batch,
        .made = &made};
    struct authority *authority;
    bool good = scan_store(facts->store_path, &run.scan, err) &&
                need_authority(&run, identity->signer, &authority, err) &&
                issue(&run, identity, authority, csr, err);
    *note = good ? xstrdup(made.items[0].note) : NULL;
    *batch = run.batch;
    run.batch = (struct batch){0};
    run.store = (struct store){.fd = -1, .lock_fd = -1}; /* the caller's */
    signing_free(&run);
    made_free(&made);
    return good;
}

bool op_sign(const struct facts *facts, const struct sign_options *options,
             const struct strings *names, struct made_list *out, struct progress *progress,
             struct error *err)
{
    *out = (struct made_list){0};
    struct signing run = {.facts = facts, .options = options, .made = out};
    if (!open_locked(facts, &run.store, err))
        return false;
    bool good =
        scan_store(facts->store_path, &run.scan, err) && sign_all(&run, names, progress, err);
    signing_free(&run);
    if (!good)
        made_free(out);
    return good;
}
