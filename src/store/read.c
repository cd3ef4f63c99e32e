#include "store/read.h"

#include "base/mem.h"

#include <stdlib.h>

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
                         file->problem ? file->problem : "nothing recognisable in it");
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
