#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/error.h"

/* One writer at a time. The kernel's lock counts, and ends with its process; the file's line says
 * who has it, for people. */

struct lock_holder {
    long process;   /* 0: it does not say */
    char since[32]; /* 2026-01-02T03:04:05Z */
};
enum lock {
    LOCK_TAKEN,
    LOCK_HELD,  /* by another, told in holder */
    LOCK_FAILED /* err says why */
};
/* The lock file name in the folder dir (AT_FDCWD: this one), made where it is absent, 0600. place
 * is what messages call it. *fd keeps the lock until it is closed, or given back by lock_drop,
 * which removes the file as well; -1 without it. */
enum lock lock_take(int dir, const char *name, const char *place, int *fd,
                    struct lock_holder *holder, struct error *err);
/* The same for moments: waits until it is free, and leaves the file, which says nothing. */
must_check bool lock_wait(int dir, const char *name, const char *place, int *fd, struct error *err);
void lock_drop(int dir, const char *name, int fd);

#endif
