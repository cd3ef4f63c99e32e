#ifndef FLOW_LETTER_H
#define FLOW_LETTER_H

#include "flow/step.h"
#include "pki/cert.h"

/* What goes to the CA with a request, ready to copy: a row of the page for each way that its kind
 * of CA takes requests. pem is the request as it is sent; no secret is in any of it. */
void letter_rows(const struct facts *facts, const struct identity *identity, const struct csr *csr,
                 const char *pem, struct page *page);

#endif
