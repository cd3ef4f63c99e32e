#ifndef PKI_TEXT_H
#define PKI_TEXT_H

#include "pki/load.h"

/* The certificate or request as guide 4.8 prints it (OpenSSL 1.0's layout). Escaped. */
void text_cert(const struct cert *cert, struct str *out);
void text_csr(const struct csr *csr, struct str *out);
/* What `pki inspect` prints for a whole file, first lines included. */
void text_inspect(const struct pki_file *file, struct str *out);
/* "C = US, O = Example Inc., CN = x", as in a verification failure (guide 4.4). */
void text_oneline(const struct cert *cert, bool issuer, struct str *out);
/* OpenSSL's and the optional libraries' versions, for --version. */
void text_versions(struct str *out);

#endif
