#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "base/error.h"
#include "base/secret.h"

#include <stddef.h>

/* ZIP and tar archives, and single files that were compressed, read in memory: nothing of one ever
 * touches the disk. libarchive does it, loaded when one comes. */

/* What is left of what files in files may take altogether, to whatever depth. */
struct unpack_share {
    size_t bytes, files;
};

enum archive_kind { ARCHIVE_NONE, ARCHIVE_ZIP, ARCHIVE_TAR, ARCHIVE_PACKED };
enum archive_kind archive_kind(const unsigned char *data, size_t length);

/* name as the archive has it, folders and all, to be shown, never to be opened; NULL for what a
 * single compressed file was. */
typedef void (*archive_taker)(void *arg, const char *name, const unsigned char *data,
                              size_t length);
/* Hands over one file after another; folders, links and hidden files are passed by. password may be
 * NULL. false: not to its end, err says why (without a place); what was handed over is good all the
 * same. *locked: a (or another) password would help. */
must_check bool archive_walk(const unsigned char *data, size_t length,
                             const struct secret *password, struct unpack_share *share,
                             archive_taker take, void *arg, bool *locked, struct error *err);
/* "libarchive 3.6.2"; NULL: built without. */
const char *archive_version(void);

#endif
