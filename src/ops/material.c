#include "ops/material.h"

#include "base/mem.h"
#include "ops/ops.h"

#include <stdlib.h>
#include <string.h>

char *csr_name(const struct identity *identity)
{
    return xformat("%s.csr", identity->name);
}

char *request_name(const struct facts *facts, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    return files.csr ? xstrdup(files.csr->name) : csr_name(identity);
}

char *request_base(const struct facts *facts, const struct identity *identity)
{
    char *name = request_name(facts, identity);
    name[strlen(name) - strlen(".csr")] = '\0';
    return name;
}

char *request_key_name(const struct facts *facts, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    return xstrdup(files.next_key ? files.next_key->name : identity->key_file);
}

char *key_base(const struct identity *identity)
{
    const char *dot = strrchr(identity->key_file, '.');
    return dot ? xstrndup(identity->key_file, (size_t)(dot - identity->key_file))
               : xstrdup(identity->name);
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
        *key = pki_first_key(file);
        good = *key || error_set(err, STATUS_SYSTEM, name, NULL, "the new key cannot be read");
    }
    if (made)
        key_free(made);
    secret_free(&pem);
    return good;
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
    const char **known = xcalloc(deployment->identity_count + 1, sizeof *known);
    struct strings names = {0};
    for (size_t i = 0; i < deployment->identity_count; i++)
        strings_add(&names, known[i] = deployment->identities[i].name);
    char *list = strings_join(&names, ", ");
    const char *near = text_nearest(name, known, deployment->identity_count);
    char *remedy = near ? xformat("did you mean %s?", near)
                        : xformat("name one of those that %s has: %s", deployment->path, list);
    error_set(err, STATUS_NO, name, remedy, "no identity has this name");
    free(list);
    strings_free(&names);
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
    char *csr = csr_name(identity), *next = xformat("%s-next.csr", identity->name);
    const char *const own[] = {identity->key_file,         csr,
                               identity->certificate_file, identity->bundle_file,
                               identity->fullchain_file,   next};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strings_has(written, own[i]))
            strings_add_new(&item->files, own[i]);
    free(csr);
    free(next);
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

const char *made_word(unsigned what)
{
    return what & MADE_KEPT ? "KEPT" : what & MADE_SKIPPED ? "SKIP" : "OK";
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
