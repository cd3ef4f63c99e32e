#ifndef MMP_FAMILY_H
#define MMP_FAMILY_H

#include "mmp/ground.h"
#include "mmp/pki.h"

/* The pki commands on an emulated appliance (guide app. C): as certwright's own, but that what is
 * made replaces what is there, as on the appliance, and that all it says is in the reply. */

struct family_reply {
    struct str text;
    bool good, known;   /* known: a command of the family, with the arguments it takes */
    bool asks;          /* it wants a password: run it again with one in the ground's place */
    struct error error; /* this machine refused */
};
/* words[0] is the one behind "pki". */
void family_run(const struct ground *ground, char *const *words, size_t count,
                struct family_reply *out);

#endif
