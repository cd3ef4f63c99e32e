#ifndef STORE_SCAN_H
#define STORE_SCAN_H

#include "pki/paths.h"
#include "pki/shelf.h"
#include "store/store.h"

/* A file of the store, parsed once. */
struct store_file {
    char *name;
    mode_t mode;
    struct pki_file pki;
    char *problem; /* why it can't be read at all (FIFO, too large, permission); NULL when read */
};
struct scan {
    struct store_file *files; /* by name, bytewise order */
    size_t count;
    struct paths *paths; /* above its certificates; NULL: none are remembered */
};
/* Every PKI file of the store; a store that doesn't exist is empty. */
must_check bool scan_store(const char *path, struct scan *out, struct error *err);
const struct store_file *scan_find(const struct scan *scan, const char *name);
/* The certificates of a file, or NULL; the first. */
const struct cert *scan_cert(const struct scan *scan, const char *name);
/* A file that is put in its place, or taken out. */
void scan_put(struct scan *scan, const char *name, mode_t mode, const void *data, size_t length);
void scan_drop(struct scan *scan, const char *name);
void scan_free(struct scan *scan);

/* The same files one after another, for who keeps none of them: thousands take no more room than
 * their names. */
struct scan_walk {
    struct store store;
    struct strings names;
    size_t next;
    enum pki_need need;
    struct shelf *shelf;    /* with PKI_ALL */
    struct store_file file; /* the present one */
};
must_check bool scan_open(const char *path, enum pki_need need, struct scan_walk *out,
                          struct error *err);
/* The next file, valid until the next call; NULL at the end. */
const struct store_file *scan_next(struct scan_walk *walk);
void scan_close(struct scan_walk *walk);

/* The store as it will be once a batch is committed. Borrows from the scan it was made of, which
 * must outlive it; owns what the batch brings. */
struct overlay {
    struct scan scan;
    struct store_file *own;
    size_t own_count;
};
void overlay_make(const struct scan *scan, const struct batch *batch, struct overlay *out);
void overlay_free(struct overlay *overlay);

#endif
