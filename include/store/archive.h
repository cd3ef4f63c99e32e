#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "base/error.h"
#include "base/secret.h"

/* ZIP archives as CAs send them, read in memory: nothing of one ever touches the disk. libarchive
 * does it, loaded when one comes. */

/* name as the archive has it, folders and all: to be shown, never to be opened. */
typedef void (*archive_taker)(void *arg, const char *name, const unsigned char *data,
                              size_t length);

bool archive_is_zip(const unsigned char *data, size_t length);
/* Hands over one file after another; folders and hidden files are passed by. password may be NULL.
 * false: not to its end, err says why (without a place); what was handed over is good all the same.
 * *locked: a (or another) password would help. All files together may have FILE_LIMIT_BYTES. */
must_check bool archive_walk(const unsigned char *data, size_t length,
                             const struct secret *password, archive_taker take, void *arg,
                             bool *locked, struct error *err);
/* "libarchive 3.6.2"; NULL: built without. */
const char *archive_version(void);

#endif
