#ifndef PLAN_ORDER_H
#define PLAN_ORDER_H

#include "model/deployment.h"

/* Who acts when: the trusted before the trusting. */

/* What one server does before another must act. */
struct turn {
    const struct server *server;
    const struct service **services; /* in the order they are done */
    size_t count;
};
struct order {
    struct turn *turns;
    size_t count;
};

/* Does the service have steps in this plan? Those without count as done. */
typedef bool (*order_wanted)(const void *context, const struct service *service);

/* Servers take turns in file order; in its turn a server does, again and again, the first service
 * in file order whose predecessors are done: for each kind in its `follows` those on its own
 * server, or where that has none, on all; and its own server's management. Kinds that wait for each
 * other in a circle are an error. Free with order_free. */
must_check bool order_make(const struct server *servers, size_t count, order_wanted wanted,
                           const void *context, struct order *out, struct error *err);
/* The same, where some have to come before whatever else the kinds say: a service that is early
 * waits for nobody, one that is held up for those who let it go when they are done. */
struct order_rules {
    order_wanted wanted, early, held_up;
    void (*done)(void *context, const struct service *service);
    void *context;
};
must_check bool order_make_by(const struct server *servers, size_t count,
                              const struct order_rules *rules, struct order *out,
                              struct error *err);
void order_free(struct order *order);

#endif
