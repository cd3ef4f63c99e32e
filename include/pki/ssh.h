#ifndef PKI_SSH_H
#define PKI_SSH_H

#include "pki/load.h"

/* The public key of a file as OpenSSH writes it: "ssh-rsa AAAA… comment" and a line end. The
 * private key's where there is one, else the first certificate's. Adds to out. */
must_check bool ssh_line(const struct pki_file *file, const char *comment, struct str *out,
                         struct error *err);

#endif
