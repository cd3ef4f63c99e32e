#ifndef FLOW_ALIKE_H
#define FLOW_ALIKE_H

#include "flow/step.h"
#include "model/pattern.h"

/* Services of a kind are asked together: one answer, a pattern, stands for all of them. What fits
 * no pattern with the others is an exception, asked and shown by itself on the page each:KIND. What
 * is saved are plain values: deployment.conf knows no pattern. */

/* What is asked: an option, or something about the certificate in a slot. */
struct facet {
    const struct ask *ask; /* NULL: of the slot */
    const struct slot *slot;
    const char *option; /* identity, signer, CN, subjectAltName, O */
};
struct alike {
    const struct deployment *deployment;
    const struct component *component;
    const struct service **services;
    size_t count;
    bool several;         /* there are more of the kind: {n} means something */
    size_t **numbers;     /* by slot and identity: which one of the kind it is; 0 none */
    struct facet *facets; /* in the order of the page */
    size_t facet_count;
};
/* No services: there are none of the kind. */
void alike_open(const struct flow *flow, const char *kind, struct alike *out);
void alike_close(struct alike *alike);

/* "webbridge3.a-record"; of one service "webbridge3.edge1.a-record", its row "webbridge3.edge1".
 * Free it. */
char *alike_field_id(const struct alike *alike, const struct facet *facet);
char *alike_service_id(const struct alike *alike, const struct service *service);
char *alike_cell_id(const struct alike *alike, const struct service *service,
                    const struct facet *facet);
const struct facet *alike_facet(const struct alike *alike, const char *field_id);

/* What the service says; "" where it has none. Free it. */
char *facet_value(const struct deployment *d, const struct service *service,
                  const struct facet *facet);
bool facet_follows(const struct deployment *d, const struct service *service,
                   const struct facet *facet);
/* The service is asked for that: its slot is in use. */
bool facet_counts(const struct deployment *d, const struct service *service,
                  const struct facet *facet);
/* All of them do, so far as they have it. */
bool alike_follows(const struct alike *alike, const struct facet *facet);
struct seat facet_seat(const struct alike *alike, const struct service *service,
                       const struct facet *facet);
/* Another value for one service, of which the facet's identity is identity (NULL: the one it has).
 */
void facet_edit(struct edit *edit, const struct service *service, const struct facet *facet,
                const char *identity, const char *value);

/* The pattern that most of them follow, and by service whether it does; NULL: fewer than half
 * follow any. Free it. */
char *alike_value(const struct alike *alike, const struct facet *facet, bool *fits);
/* What is shown where each has a value of its own, and means: they stay as they are. */
#define EACH_ITS_OWN "{own}"

#endif
