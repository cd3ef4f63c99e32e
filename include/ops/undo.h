#ifndef OPS_UNDO_H
#define OPS_UNDO_H

#include "store/journal.h"

/* Brings back what the last import, unlock, sign or renewal replaced, and takes away what it made;
 * a key that it made, or that would be replaced, stays as NAME.STAMP.bak. */

struct undone {
    char *verb; /* of what was taken back */
    time_t at;
    struct strings restored, removed, kept; /* names of files */
};
/* Refuses where a file was changed since: that change would be lost. Takes the store's lock. */
must_check bool op_undo(const char *store_path, time_t now, struct undone *out, struct error *err);
void undone_free(struct undone *undone);

#endif
