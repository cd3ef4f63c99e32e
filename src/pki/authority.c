#include "base/mem.h"
#include "pki/chain.h"
#include "pki/object.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* An authority key identifier may name the CA's certificate itself, by its issuer and serial number
 * (RFC 5280 4.2.1.1), or the key by an identifier that another certificate of the key lacks. A CA
 * that is renewed with its key leaves what it signed before bound to the former certificate: the
 * signature holds, and still OpenSSL, and with it the appliance, looks for that one. */

const char chain_other_remedy[] = "ask the CA for that certificate, its former one, or have yours "
                                  "issued again below the one that it has now";

static const char *name_of(const struct cert *cert)
{
    return *cert->cn ? cert->cn : cert->subject;
}

static char *by_serial(const struct cert *cert, const struct cert *issuer)
{
    X509 *x509 = cert_x509(cert);
    const ASN1_INTEGER *named = X509_get0_authority_serial(x509);
    char *serial = named ? field_serial(named) : NULL;
    X509_free(x509);
    char *why =
        serial && strcmp(serial, issuer->serial) != 0
            ? xformat("\"%s\" names another certificate of its CA \"%s\": the one with the serial "
                      "number %s, and the one here has %s",
                      name_of(cert), name_of(issuer), serial, issuer->serial)
            : xformat("\"%s\" names another certificate of its CA \"%s\": one that another CA "
                      "issued",
                      name_of(cert), name_of(issuer));
    free(serial);
    return why;
}

char *cert_other_issuer(const struct cert *cert, const struct cert *issuer)
{
    X509 *below = cert_x509(cert), *above = cert_x509(issuer);
    int why = X509_check_issued(above, below);
    X509_free(below);
    X509_free(above);
    ERR_clear_error();
    if ((why != X509_V_ERR_AKID_SKID_MISMATCH && why != X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH) ||
        !cert_issued_by(cert, issuer))
        return NULL;
    if (why == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH)
        return by_serial(cert, issuer);
    return xformat("\"%s\" names another certificate of its CA \"%s\": one with another key "
                   "identifier, though the key is the same",
                   name_of(cert), name_of(issuer));
}

char *chain_other_issuer(const struct chain *chain)
{
    char *why = NULL;
    for (size_t i = 0; i + 1 < chain->count && !chain->valid && !why; i++)
        why = cert_other_issuer(chain->certs[i], chain->certs[i + 1]);
    return why;
}
