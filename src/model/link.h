#ifndef MODEL_LINK_H
#define MODEL_LINK_H

#include "model/deployment.h"

/* Private to model/: who uses what, found out once when a deployment.conf was read. Deployments of
 * thousands of identities stay quick. */
void deployment_link(struct deployment *deployment);
void deployment_unlink(struct deployment *deployment);
/* After identities came, went or got other names, or options changed. No service moves. */
void deployment_relink(struct deployment *deployment);
/* What a service owns, but for its links. */
void service_free(struct service *service);
/* What an identity owns, but for who uses it. */
void identity_free(struct identity *identity);

#endif
