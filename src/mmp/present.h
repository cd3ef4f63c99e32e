#ifndef MMP_PRESENT_H
#define MMP_PRESENT_H

#include "mmp/view.h"

/* What an appliance looks at when a service is enabled or restarted, and says line by line. */

/* The command's reply when all is well, or with what is wrong in its place. Adds whole lines. The
 * answer: all is well. */
bool present_check(const struct view *view, const struct command *command, struct str *out);

#endif
