#ifndef OPS_ORDERS_H
#define OPS_ORDERS_H

#include "ops/order_sheet.h"

/* The order sheets of all open requests: one an identity, and a cover for each CA that lists its
 * sheets, so that one person there gets one mail. */

/* A request that cannot go out as it is. */
struct order_held {
    const char *identity;
    char *why, *remedy;
};
struct orders {
    const struct facts *facts;
    struct order *items;
    size_t count;
    struct order_cover *covers;
    size_t cover_count;
    struct order_held *held;
    size_t held_count;
    bool all; /* of every identity: sheets of earlier times go */
};

/* The sheets of all open requests, or of the identities named: one of them without an open request
 * is an error. They belong to the facts. */
must_check bool op_orders(const struct facts *facts, const struct strings *names,
                          struct orders *out, struct error *err);
/* Writes them to folder, which is made; each file whole or not at all. Where they are all, sheets
 * that certwright wrote there earlier and that nobody has to answer any more are removed; their
 * names are added to removed. */
must_check bool op_orders_write(const struct orders *orders, const char *folder,
                                struct strings *removed, struct error *err);
void orders_free(struct orders *orders);

#endif
