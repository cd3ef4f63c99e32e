#ifndef OPS_UPGRADE_H
#define OPS_UPGRADE_H

#include "model/facts.h"

/* What an upgrade to a later release asks of a deployment, in the order to do it: what has to be
 * there first, what goes, the upgrade itself, and what then takes other commands. */

enum upgrade_part { UPGRADE_READY, UPGRADE_OUT, UPGRADE_NOW, UPGRADE_AFTER };
struct upgrade_step {
    enum upgrade_part part;
    char *place;          /* "core1 xmpp"; "" all servers */
    char *why;            /* a sentence without its full stop */
    struct strings does;  /* in deployment.conf and with certwright, as remedies say it */
    struct strings typed; /* on the appliance of the place */
};
struct upgrade {
    char *from, *to;
    struct upgrade_step *steps;
    size_t count;
    bool touched; /* something of the deployment goes or changes */
};
/* From the release that is written to a later one; false: it is none. They outlive the facts. */
must_check bool upgrade_make(const struct facts *facts, const char *release, struct upgrade *out);
void upgrade_free(struct upgrade *upgrade);
/* "Ready first, while 2.9 runs": free it. */
char *upgrade_heading(const struct upgrade *upgrade, enum upgrade_part part);
/* Numbered, as a person follows it. Adds to out. */
void upgrade_text(const struct upgrade *upgrade, struct str *out);
/* Releases after that one that are known to differ; adds to out. */
void upgrade_releases(const char *release, struct strings *out);

#endif
