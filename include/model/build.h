#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "model/deployment.h"

/* Making deployment.conf from a preset, and what is proposed in it. */

/* How many servers are asked for, by a preset's word: cores. */
struct build_count {
    const char *of;
    long count;
};
/* What servers of a preset's section are called: the template of their addresses. Its first part is
 * their name. */
struct build_name {
    const struct preset_server *of;
    const char *pattern;
};
struct build_options {
    const struct preset *preset;
    const char *domain;
    const char *release;                  /* NULL: 2.9 */
    const struct names *subject;          /* NULL: none */
    const struct strings *with, *without; /* kinds; may be NULL */
    const struct build_count *counts;     /* those that differ from the preset's; may be NULL */
    size_t count_count;
    const struct build_name *names; /* likewise */
    size_t name_count;
};
/* The release that it is for. */
const char *build_release(const struct build_options *options);
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
/* The same as a deployment.conf names it: another slot's signer is the identity there. Free it. */
char *derive_signer_name(const struct deployment *deployment, const struct service *service,
                         const struct slot *slot);
/* The title of a service on that server; answer: to the question it is there once for each of, a
 * server's name. Free it. */
char *derive_service_name(const struct component *component, const char *server,
                          const char *answer);
/* The name a slot's own identity would have. Free it. */
char *derive_identity_name(const struct deployment *deployment, const struct service *service,
                           const struct slot *slot);

#endif
