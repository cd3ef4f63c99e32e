#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "model/deployment.h"

/* Making deployment.conf: presets, services added and taken out, names that follow. */

struct build_options {
    const struct preset *preset;
    const char *domain;
    const char *release;                  /* NULL: 2.9 */
    const struct names *subject;          /* NULL: none */
    const struct strings *with, *without; /* kinds; may be NULL */
};
/* The text of a new deployment.conf (PRESETS.md). */
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

/* Edits of a deployment's text. Each gives the new text; deployment_put parses and saves it. */
void edit_option(const struct deployment *deployment, const struct service *service,
                 const char *option, const struct strings *values, bool list, struct str *text);
/* Adds the service with its catalogue's defaults and, for each slot in use, an identity: shared
 * (NULL: its own, made where it lacks). */
must_check bool edit_add_service(const struct deployment *deployment, const struct server *server,
                                 const struct component *component, const char *shared,
                                 struct str *text, struct error *err);
/* Takes the service out, and identities that nothing uses any more. */
must_check bool edit_remove_service(const struct deployment *deployment,
                                    const struct service *service, struct str *text,
                                    struct error *err);
/* Another name for a server; an identity of the same name follows, with all that names it. */
void edit_rename_server(const struct deployment *deployment, const char *old, const char *name,
                        struct str *text);

/* After a change from `before` (whose values are the old ones) to text: everything that stood as
 * derived follows: addresses, options, CNs, SANs. A value that was typed stays. */
must_check bool edit_follow(const struct deployment *before, struct str *text, struct error *err);

/* Parses text into *fresh and, when it differs from deployment's, saves it atomically; not over
 * what another program wrote meanwhile. false: nothing was saved, and *fresh is none. */
must_check bool deployment_put(const struct deployment *deployment, const struct str *text,
                               struct deployment *fresh, struct error *err);
/* A deployment.conf where none is; not over one that appeared meanwhile. */
must_check bool deployment_create(const char *path, const struct str *text, struct error *err);
/* Takes the file away unless another program changed it. */
must_check bool deployment_remove(const struct deployment *deployment, struct error *err);
enum standing { STANDING_AS_READ, STANDING_CHANGED, STANDING_GONE };
/* The file of the deployment, beside what was read of it. */
enum standing deployment_standing(const struct deployment *deployment);

#endif
