#ifndef MODEL_LINK_H
#define MODEL_LINK_H

#include "model/deployment.h"

/* Private to model/: who uses what, found out once when a deployment.conf was read. Deployments of
 * thousands of identities stay quick. */
void deployment_link(struct deployment *deployment);
void deployment_unlink(struct deployment *deployment);

#endif
