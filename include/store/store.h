#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/file.h"
#include "base/str.h"

#include <time.h>

/* The flat folder of PKI files. */
struct store {
    char *path;
    int fd;      /* the folder, O_PATH-like */
    int lock_fd; /* -1: not locked */
};

/* Opens; create makes the folder (0700) where it is absent. What a process that was killed left
 * half done is taken back. */
must_check bool store_open(const char *path, bool create, struct store *out, struct error *err);
void store_close(struct store *store);
/* Takes the writers' lock or says who (process, since when) holds it. Kept until store_close. */
must_check bool store_lock(struct store *store, struct error *err);
bool store_has(const struct store *store, const char *name);
/* Reads one file: regular, within the store (a symlink that leaves it is refused), under 16 MiB. */
must_check bool store_read(const struct store *store, const char *name, struct buffer *out,
                           struct error *err);

/* One file to write. */
struct store_write {
    char *name;
    unsigned char *data;
    size_t length;
    mode_t mode;  /* 0600 or 0644 */
    bool replace; /* may stand in place of an old one; a key then leaves NAME.key.STAMP.bak */
    bool remove;  /* nothing is written: the file goes, if it is there */
    bool keep;    /* what stands there stays as NAME.STAMP.bak, whatever it is */
};
/* A transaction: all of it or nothing. */
struct batch {
    struct store_write *items;
    size_t count;
    /* import sign unlock renew fix undo: the journal keeps it (store/journal.h) */
    const char *verb;
    unsigned undoes; /* the journal's entry that it takes back; 0 none */
};
/* Copies data. Keys (mode 0600) are wiped by batch_free. */
void batch_add(struct batch *batch, const char *name, const void *data, size_t length, mode_t mode,
               bool replace);
/* A file that goes in the same transaction; one that is not there is none. A key is refused, unless
 * the batch puts it under another name. */
void batch_remove(struct batch *batch, const char *name);
/* The same of a key as well, which stays as NAME.STAMP.bak. */
void batch_retire(struct batch *batch, const char *name, bool is_key);
void batch_free(struct batch *batch);
/* Every name is checked, every temporary file written and fsynced before the first rename; a rename
 * that fails brings back what was renamed before. Needs the lock. An existing file without replace
 * is refused, as is a private key that what is no key (mode 0644) would replace; one with the same
 * bytes and mode is left alone. */
must_check bool store_commit(struct store *store, const struct batch *batch, time_t now,
                             struct error *err);

/* The same as store_commit; the names under which keys were kept are added to kept. */
must_check bool store_commit_telling(struct store *store, const struct batch *batch, time_t now,
                                     struct strings *kept, struct error *err);
/* The same, and every file that is replaced or removed stays as NAME.STAMP.bak, as a key always
 * does; their names are added to kept. */
must_check bool store_commit_keeping(struct store *store, const struct batch *batch, time_t now,
                                     struct strings *kept, struct error *err);

#endif
