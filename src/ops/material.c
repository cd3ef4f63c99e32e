#include "ops/material.h"

#include "base/mem.h"
#include "ops/ops.h"

#include <stdlib.h>
#include <string.h>

char *csr_name(const struct identity *identity)
{
    return xformat("%s.csr", identity->name);
}

static bool read_file(enum pki_need need, const struct store *store, const char *name,
                      struct pki_file *file, struct error *err)
{
    struct buffer data = {0};
    *file = (struct pki_file){0};
    bool good = store_read(store, name, &data, err);
    if (good)
        pki_parse_for(need, data.data, data.length, NULL, file);
    buffer_free(&data);
    return good;
}

static bool wrong_kind(const char *name, const struct pki_file *file, const char *wanted,
                       const char *remedy, struct error *err)
{
    if (file->kind == PKI_UNKNOWN)
        return error_set(err, STATUS_NO, name, remedy, "holds no %s: %s", wanted,
                         file->problem ? file->problem : "nothing known is in it");
    return error_set(err, STATUS_NO, name, remedy, "holds a %s, not a %s",
                     pki_kind_word(file->kind), wanted);
}

static bool need_private(const char *name, const struct pki_file *file, const struct key **key,
                         struct error *err)
{
    *key = pki_first_key(file);
    if (file->locked || (*key && (*key)->encrypted)) {
        char *remedy = xformat("certwright pki unlock %s", name);
        error_set(err, STATUS_NO, name, remedy, "the key is locked by a password");
        free(remedy);
        return false;
    }
    if (!*key || !(*key)->is_private)
        return wrong_kind(name, file, "private key", "put the key back, or move this file away",
                          err);
    return true;
}

bool read_key(const struct store *store, const char *name, struct pki_file *file,
              const struct key **key, struct error *err)
{
    return read_file(PKI_ALL, store, name, file, err) && need_private(name, file, key, err);
}

bool read_signer(const struct store *store, const char *name, struct pki_file *file,
                 const struct key **key, struct error *err)
{
    return read_file(PKI_SIGN, store, name, file, err) && need_private(name, file, key, err);
}

bool read_csr(const struct store *store, const char *name, struct pki_file *file,
              const struct csr **csr, struct error *err)
{
    if (!read_file(PKI_ALL, store, name, file, err))
        return false;
    *csr = pki_first_csr(file);
    return *csr || wrong_kind(name, file, "certificate request",
                              "move it away: certwright generate makes a new one", err);
}

bool read_cert(const struct store *store, const char *name, struct pki_file *file,
               const struct cert **cert, struct error *err)
{
    if (!read_file(PKI_ALL, store, name, file, err))
        return false;
    *cert = pki_first_cert(file);
    return *cert || wrong_kind(name, file, "certificate", "put the certificate back", err);
}

bool make_key(const struct deployment *deployment, const char *name, struct batch *batch,
              struct pki_file *file, const struct key **key, struct error *err)
{
    struct key *made = NULL;
    struct secret pem = {0};
    *file = (struct pki_file){0};
    bool good = key_generate(deployment->key_type, deployment->key_bits, &made, err) &&
                key_pem(made, &pem, err);
    if (good) {
        batch_add(batch, name, pem.data, pem.length, 0600, false);
        pki_parse(pem.data, pem.length, NULL, file);
        good = need_private(name, file, key, err);
    }
    if (made)
        key_free(made);
    secret_free(&pem);
    return good;
}

bool pool_add(struct pool *pool, const struct cert *cert)
{
    for (size_t i = 0; i < pool->count; i++)
        if (cert_same(pool->certs[i], cert))
            return false;
    pool->certs = grow(pool->certs, pool->count, sizeof *pool->certs);
    pool->certs[pool->count++] = cert;
    return true;
}

void pool_add_file(struct pool *pool, const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT)
            pool_add(pool, file->objects[i].cert);
}

void pool_add_scan(struct pool *pool, const struct scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        pool_add_file(pool, &scan->files[i].pki);
}

void pool_free(struct pool *pool)
{
    free(pool->certs);
    *pool = (struct pool){0};
}

bool open_locked(const struct facts *facts, struct store *out, struct error *err)
{
    if (!store_open(facts->store_path, true, out, err))
        return false;
    if (store_lock(out, err))
        return true;
    store_close(out);
    return false;
}

static bool unknown_identity(const struct deployment *deployment, const char *name,
                             struct error *err)
{
    const char **known = xcalloc(deployment->identity_count, sizeof *known);
    for (size_t i = 0; i < deployment->identity_count; i++)
        known[i] = deployment->identities[i].name;
    const char *near = text_nearest(name, known, deployment->identity_count);
    char *remedy = near ? xformat("did you mean %s?", near)
                        : xformat("the identities are those of %s", deployment->path);
    error_set(err, STATUS_NO, name, remedy, "no identity has this name");
    free(remedy);
    free(known);
    return false;
}

bool choose_identities(const struct deployment *deployment, const struct strings *names,
                       const struct identity ***out, size_t *count, struct error *err)
{
    *out = NULL;
    *count = 0;
    for (size_t i = 0; names && i < names->count; i++)
        if (!deployment_identity(deployment, names->items[i]))
            return unknown_identity(deployment, names->items[i], err);
    *out = xcalloc(deployment->identity_count, sizeof **out);
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        if (!names || names->count == 0 || strings_has(names, identity->name))
            (*out)[(*count)++] = identity;
    }
    return true;
}

bool identity_takes(const struct deployment *deployment, const struct identity *identity,
                    const char *what)
{
    (void)deployment;
    for (size_t i = 0; i < identity->use_count; i++)
        if (strings_has(&identity->uses[i].slot->takes, what))
            return true;
    return false;
}

struct made_item *made_add(struct made_list *list, const char *identity, unsigned what)
{
    list->items = grow(list->items, list->count, sizeof *list->items);
    struct made_item *item = &list->items[list->count++];
    item->identity = xstrdup(identity);
    item->what = what;
    return item;
}

static void tell_item(struct made_item *item, const struct deployment *deployment,
                      const struct strings *written)
{
    const struct identity *identity = deployment_identity(deployment, item->identity);
    if (!identity || !(item->what & (MADE_KEY | MADE_CSR | MADE_CERTIFICATE)))
        return; /* no identity: a CA of --make-ca, told where it is made */
    char *csr = csr_name(identity);
    const char *const own[] = {identity->key_file, csr, identity->certificate_file,
                               identity->bundle_file, identity->fullchain_file};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strings_has(written, own[i]))
            strings_add_new(&item->files, own[i]);
    free(csr);
}

void made_tell(struct made_list *list, const struct deployment *deployment,
               const struct strings *written)
{
    for (size_t i = 0; i < list->count; i++)
        tell_item(&list->items[i], deployment, written);
    for (size_t i = 0; i < written->count; i++) {
        bool told = false;
        for (size_t j = 0; j < list->count && !told; j++)
            told = strings_has(&list->items[j].files, written->items[i]);
        if (!told)
            strings_add_new(&list->trusts, written->items[i]);
    }
}

void made_free(struct made_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].identity);
        free(list->items[i].note);
        strings_free(&list->items[i].files);
    }
    free(list->items);
    strings_free(&list->trusts);
    *list = (struct made_list){0};
}
