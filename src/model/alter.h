#ifndef MODEL_ALTER_H
#define MODEL_ALTER_H

#include "model/deployment.h"

/* A value changed in a deployment and in a text of it alike, so that neither is read again. */

void alter_address(struct deployment *d, const struct server *server, const char *address,
                   struct str *text);
void alter_option(struct deployment *d, const struct service *service, const char *option,
                  const struct strings *values, bool list, struct str *text);
void alter_names(struct deployment *d, const struct identity *identity, const struct names *names,
                 struct str *text);
/* An identity that isn't there yet. Pointers to identities are void afterwards. */
void alter_add_identity(struct deployment *d, const char *name, const char *signer,
                        struct str *text);
/* Another name, with all that names it or its files. Pointers to identities are void afterwards. */
void alter_identity_name(struct deployment *d, const char *old, const char *name, struct str *text);
/* Takes out an identity. Pointers to identities are void afterwards. */
void alter_remove_identity(struct deployment *d, const char *name, struct str *text);

#endif
