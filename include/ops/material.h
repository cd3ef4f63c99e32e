#ifndef OPS_MATERIAL_H
#define OPS_MATERIAL_H

#include "model/facts.h"
#include "store/pool.h"
#include "store/read.h"
#include "store/store.h"

/* Keys, requests and certificates as the operations need them. */

/* <name>.csr; free it. */
char *csr_name(const struct identity *identity);
/* The request that is to be answered, and the private key that it is of: those of the next key
 * while a renewal with one waits. Free them. */
char *request_name(const struct facts *facts, const struct identity *identity);
char *request_base(const struct facts *facts, const struct identity *identity); /* less ".csr" */
char *request_key_name(const struct facts *facts, const struct identity *identity);

/* Of a key on an appliance the name by which `pki csr` made it there; free it. */
char *key_base(const struct identity *identity);

/* A new key as PEM into the batch (0600, never in place of another). */
must_check bool make_key(const struct deployment *deployment, const char *name, struct batch *batch,
                         struct pki_file *file, const struct key **key, struct error *err);

/* Opens and locks the store of facts for writing. */
must_check bool open_locked(const struct facts *facts, struct store *out, struct error *err);

/* The identities of these names in file order (NULL: all). Unknown names are an error with a
 * suggestion. *out is freed with free. */
must_check bool choose_identities(const struct deployment *deployment, const struct strings *names,
                                  const struct identity ***out, size_t *count, struct error *err);

/* A slot takes such a file of the identity: "fullchain". */
bool identity_takes(const struct deployment *deployment, const struct identity *identity,
                    const char *what);

struct made_list;
struct made_item;
struct made_item *made_add(struct made_list *list, const char *identity, unsigned what);
/* What was written: a file of the identity to its item, any other that no item has to the trusts.
 */
void made_tell(struct made_list *list, const struct deployment *deployment,
               const struct strings *written);

#endif
