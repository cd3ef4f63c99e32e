#ifndef PKI_SHELF_H
#define PKI_SHELF_H

#include "pki/load.h"

/* Certificates that were read: in a store most stand in many files (a bundle beside each leaf), and
 * each is read, and kept, once. The files share them; the shelf may go before they do. */
struct shelf;
struct shelf *shelf_new(void);
void shelf_free(struct shelf *shelf);

/* pki_parse of a file whose certificates may be those of others. The library's copies are given up:
 * of a certificate its facts and its DER are kept, and it is decoded again when it is to verify; of
 * a request its facts alone, without a look at its signature. Its keys are to be forgotten
 * (pki_file_forget_secrets): they are read to be known, not to sign. */
void shelf_parse(struct shelf *shelf, const unsigned char *data, size_t length,
                 struct pki_file *out);

/* For this room. The certificate of these bytes; NULL: not on the shelf yet. */
struct cert *shelf_take(const struct shelf *shelf, const unsigned char *data, size_t length);
void shelf_put(struct shelf *shelf, struct cert *cert);

#endif
