#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "pki/digest.h"
#include "store/store.h"

/* What transactions replaced, in a dot folder of the store. Each that has a verb (struct batch)
 * leaves an entry: a record, and the old files. It is written before anything changes, so that a
 * transaction whose process was killed is taken back by the next certwright, and undo brings back
 * what was there. */

struct journal_file {
    char *name;
    bool was, is;             /* a file stood there before; stands there since */
    mode_t was_mode, is_mode; /* their modes */
    char was_hash[DIGEST_HEX + 1], is_hash[DIGEST_HEX + 1];
    char *bak; /* the copy that the transaction left beside; "" none */
};
struct journal_entry {
    unsigned number;
    char *verb; /* import sign unlock renew fix undo */
    time_t at;
    unsigned undoes; /* the entry that it took back; 0 none */
    struct journal_file *files;
    size_t count;
};
struct journal {
    struct journal_entry *entries; /* the oldest first */
    size_t count;
};
enum { JOURNAL_KEPT = 30 }; /* entries, beyond those of open renewals; older ones go */

/* A store without one has an empty journal. Free with journal_free. */
must_check bool journal_read(const struct store *store, struct journal *out, struct error *err);
void journal_free(struct journal *journal);
/* The number that the next entry gets. Needs the lock. */
unsigned journal_next(const struct store *store);
const struct journal_entry *journal_entry(const struct journal *journal, unsigned number);
/* Where that file stands in the entry; its count where it has not touched it. */
size_t journal_place(const struct journal_entry *entry, const char *name);
/* Its verb as a noun: "renewal", else as it is. */
const char *journal_noun(const char *verb);
/* Another entry took it back. */
bool journal_is_undone(const struct journal *journal, const struct journal_entry *entry);
/* What undo takes back next; NULL: nothing. */
const struct journal_entry *journal_last(const struct journal *journal);
/* The file as it was before; it must have been there. Free with buffer_free, which wipes. */
must_check bool journal_old(const struct store *store, const struct journal_entry *entry,
                            size_t file, struct buffer *out, struct error *err);

#endif
