#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "model/deployment.h"

/* Making deployment.conf from a preset, and what is proposed in it. */

struct build_options {
    const struct preset *preset;
    const char *domain;
    const char *release;                  /* NULL: 2.9 */
    const struct names *subject;          /* NULL: none */
    const struct strings *with, *without; /* kinds; may be NULL */
};
/* The text of a new deployment.conf (screens/presets). */
must_check bool build_deployment(const struct catalogue *catalogue,
                                 const struct build_options *options, struct str *text,
                                 struct error *err);

/* What the catalogue and the deployment around it propose. */
void derive_option(const struct deployment *deployment, const struct service *service,
                   const struct ask *ask, struct strings *out);
/* CN and SAN; the attributes are the subject's. */
void derive_identity(const struct deployment *deployment, const struct identity *identity,
                     struct names *out);
/* "SERVER.DOMAIN" */
char *derive_address(const struct deployment *deployment, const struct server *server);
/* public, internal or self: the slot's first signer whose condition holds. */
const struct signer *derive_signer(const struct deployment *deployment,
                                   const struct service *service, const struct slot *slot);
/* The name a slot's own identity would have. Free it. */
char *derive_identity_name(const struct deployment *deployment, const struct service *service,
                           const struct slot *slot);

#endif
