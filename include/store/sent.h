#ifndef STORE_SENT_H
#define STORE_SENT_H

#include "store/store.h"

/* When requests went to their CA, in a dot file of the store, which is no PKI file: list, scan and
 * import pass it by. A line is bound to the request's content, so a request that was made again has
 * not been sent. */

enum { SENT_HASH = 64, SENT_DATE = 10 }; /* characters */

struct sent {
    char *request;            /* its file, callbridge.csr */
    char hash[SENT_HASH + 1]; /* SHA-256 of the request, hex */
    char date[SENT_DATE + 1]; /* 2026-11-23 */
};
struct sent_list {
    struct sent *items;
    size_t count;
};

/* Of the store at path; one that isn't there, or has no such file, has sent nothing. */
must_check bool sent_read(const char *path, struct sent_list *out, struct error *err);
void sent_free(struct sent_list *list);
/* The day on which this request was sent, NULL: not yet. id is SHA-256 of it. */
const char *sent_date(const struct sent_list *list, const char *request,
                      const unsigned char id[32]);
/* Notes the day, or with NULL that it was not sent after all. Needs the store's lock. */
must_check bool sent_note(const struct store *store, const char *request,
                          const unsigned char id[32], const char *date, struct error *err);

#endif
