#ifndef STORE_READ_H
#define STORE_READ_H

#include "pki/load.h"
#include "store/store.h"

/* Keys, requests and certificates of the store, read one by one (under its lock where something is
 * made of them), with what to do when one lacks. */

/* The private key in a file of the store. *key lies in *file, which is freed with pki_file_free,
 * success or not. */
must_check bool read_key(const struct store *store, const char *name, struct pki_file *file,
                         const struct key **key, struct error *err);
/* The same of a CA: its id is not told. */
must_check bool read_signer(const struct store *store, const char *name, struct pki_file *file,
                            const struct key **key, struct error *err);
must_check bool read_csr(const struct store *store, const char *name, struct pki_file *file,
                         const struct csr **csr, struct error *err);
must_check bool read_cert(const struct store *store, const char *name, struct pki_file *file,
                          const struct cert **cert, struct error *err);

#endif
