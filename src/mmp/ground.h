#ifndef MMP_GROUND_H
#define MMP_GROUND_H

#include "mmp/view.h"

/* Where a line is carried out: an appliance, its lock held. */
struct ground {
    const struct catalogue *catalogue;
    struct record *record;
    struct pki_place place;
    const char *name; /* as the prompt has it */
};

#endif
