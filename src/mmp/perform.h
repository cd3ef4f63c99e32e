#ifndef MMP_PERFORM_H
#define MMP_PERFORM_H

#include "mmp/grammar.h"
#include "mmp/ground.h"

/* Carries a command of the catalogue out on an emulated appliance. */

/* line: as typed. Adds the reply's lines to out; false: it is refused. What the command asks back
 * has been answered. */
bool perform(const struct ground *ground, const struct typed *typed, const char *line,
             struct str *out);

/* What it does to the service of the command. */
enum effect perform_effect(const struct typed *typed);

#endif
