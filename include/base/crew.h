#ifndef BASE_CREW_H
#define BASE_CREW_H

#include "base/error.h"

#include <stddef.h>
#include <stdio.h>

/* The items from first to before last: writes what is to be said of them to out, returns a status.
 */
typedef int (*crew_function)(void *arg, size_t first, size_t last, FILE *out);

/* Cores that this process may use, at least 1. */
size_t crew_cores(void);
/* Does count items on all cores, each with a share in a process of its own: OpenSSL's locks make
 * threads that decode slower than one thread, and processes have none in common. What they write
 * appears on out in the items' order; the result is the highest status. Shares of fewer than least
 * items are not worth a process. Nothing else that they change outlives them. */
int crew_run(crew_function work, void *arg, size_t count, size_t least, FILE *out);

#endif
