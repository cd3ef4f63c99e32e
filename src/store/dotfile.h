#ifndef STORE_DOTFILE_H
#define STORE_DOTFILE_H

#include "base/file.h"
#include "store/store.h"

/* Small files of ours in the store: no PKI files, and nothing of them is secret. For this room
 * only. */

/* One that isn't there is empty. */
must_check bool dotfile_read(const struct store *store, const char *name, struct buffer *out,
                             struct error *err);
/* The same of the store at path, which may not be there. Whoever wants to see nothing half done
 * has opened the store before. */
must_check bool dotfile_read_at(const char *path, const char *name, struct buffer *out,
                                struct error *err);
/* The old one or the new one, never a part. Needs the lock. */
must_check bool dotfile_write(const struct store *store, const char *name, const struct str *text,
                              struct error *err);

#endif
