#include "store/sent.h"

#include "base/clock.h"
#include "ops/material.h"
#include "ops/ops.h"

#include <stdlib.h>
#include <string.h>

/* What facts know of the request, and what lies there under the lock. */
static bool same_request(const struct facts *facts, const char *name, const struct csr *now,
                         struct error *err)
{
    const struct store_file *seen = scan_find(&facts->scan, name);
    const struct csr *then = seen ? pki_first_csr(&seen->pki) : NULL;
    return (then && memcmp(then->id, now->id, sizeof now->id) == 0) ||
           error_set(err, STATUS_NO, name, "look at the new one before it is sent",
                     "another program made this request again meanwhile");
}

bool op_sent(const struct facts *facts, const struct identity *identity, bool sent,
             struct error *err)
{
    struct store store;
    struct pki_file file = {0};
    const struct csr *csr;
    char date[16];
    if (!open_locked(facts, &store, err))
        return false;
    char *name = request_name(facts, identity);
    clock_date(time(NULL), date);
    bool good = read_csr(&store, name, &file, &csr, err) && same_request(facts, name, csr, err) &&
                sent_note(&store, name, csr->id, sent ? date : NULL, err);
    pki_file_free(&file);
    free(name);
    store_close(&store);
    return good;
}
