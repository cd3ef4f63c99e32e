#ifndef OPS_RENEWING_H
#define OPS_RENEWING_H

#include "ops/certify.h"

/* A certificate in place that the batch replaces, its own or one of the CAs in its bundle, opens
 * the identity's renewal in the same transaction, asked for or not. The batch must be complete but
 * for that. */
must_check bool renewing_open(const struct facts *facts, const struct store *store,
                              struct batch *batch, struct error *err);
/* Likewise a list that services in place accept, and that loses what nobody here presents any more:
 * the servers hold it still. Of a batch that opens no identity's renewal. */
must_check bool renewing_narrow(const struct facts *facts, const struct store *store,
                                struct batch *batch, struct error *err);
/* A certificate of the identity's next key puts that key, and its request, in place. */
must_check bool renewing_take_next(const struct store *store, const struct new_certificate *item,
                                   struct batch *batch, struct error *err);

/* The error that no renewal of that name is open, which names those that are. */
bool renewing_none(const struct renewals *renewals, const char *name, struct error *err);

#endif
