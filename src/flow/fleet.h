#ifndef FLOW_FLEET_H
#define FLOW_FLEET_H

#include "flow/step.h"

/* What can be done with whole servers on their page: one more like it, one less, another place in
 * the order, what runs there on others as well. */

void fleet_actions(struct page *page);
struct way fleet_act(struct flow *flow, const struct event *event, struct error *err);

/* The component is asked for: it is a service, and the release has it, or a server. */
bool fleet_asks(const struct flow *flow, const struct component *component);
const struct service *fleet_service(const struct server *server, const struct component *component);
/* The identity that all slots of the server share, NULL where they don't. */
const char *fleet_shared(const struct deployment *d, const struct server *server);

#endif
