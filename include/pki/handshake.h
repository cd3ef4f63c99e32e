#ifndef PKI_HANDSHAKE_H
#define PKI_HANDSHAKE_H

#include "pki/load.h"

/* TLS between two sides in memory, with real keys and certificates: whether one lets the other in.
 * libssl is loaded by the first one, so that nothing else pays for it. */

struct handshake {
    /* Who proves who it is: a key, its certificate first, then what is sent along. */
    const struct key *key;
    const struct cert *const *chain;
    size_t chain_count;
    bool is_client; /* else the server */
    /* By what the other side judges it. */
    const struct cert *const *trusted;
    size_t trusted_count;
    bool pins;        /* the very certificate is among them */
    bool chains;      /* it hangs on a self-signed one of them */
    const char *name; /* that a client looks for in a server's certificate; NULL: none */
    time_t at;
};
/* Whether it is let in, and if not why, in OpenSSL's words. false: there was no handshake. */
must_check bool handshake_try(const struct handshake *handshake, bool *accepted, struct str *why,
                              struct error *err);

#endif
