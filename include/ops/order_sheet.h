#ifndef OPS_ORDER_SHEET_H
#define OPS_ORDER_SHEET_H

#include "model/facts.h"

/* What goes to a CA with a request, in words: what whoever signs it has to know. Plain ASCII in
 * lines of at most ORDER_WIDTH, but for a name that is longer: it is never cut. */

#define ORDER_MARK "Certificate order" /* each begins so */
enum { ORDER_WIDTH = 78 };

struct order {
    const struct identity *identity;
    const struct csr *csr;
    const char *request; /* callbridge1.csr */
    struct str text;
};
struct order_cover {
    const char *signer; /* public or internal */
    struct strings identities;
    struct str text;
};
/* callbridge1.txt, and cover.internal.txt, which is no identity's name. Free them. */
char *order_file(const struct identity *identity);
char *order_cover_file(const struct order_cover *cover);

void order_sheet(const struct facts *facts, const struct identity *identity, const struct csr *csr,
                 const char *pem, struct str *out);

/* "the public CA", "the internal CA" */
const char *order_to(const struct identity *identity);
/* "Call Bridge on core1, core2; Web Admin on core1": free it. */
char *order_users(const struct identity *identity);
/* The name of the AD CS template: the one that is written; WebServer, which has server usage alone
 * (guide 3.3); NULL: one that has to be named, for client usage is needed as well. */
const char *order_template(const struct identity *identity, const struct csr *csr);
/* aa:bb:..., SHA-256 of the public key's encoding. */
void order_key(const struct csr *csr, struct str *out);
/* The same in two lines, each behind indent. */
void order_key_lines(const struct csr *csr, const char *indent, struct str *out);
/* The cover of these, one at least. */
void order_cover_text(const struct facts *facts, const struct order *orders, size_t count,
                      struct order_cover *cover);

#endif
