#ifndef STORE_JOURNALING_H
#define STORE_JOURNALING_H

#include "store/journal.h"

/* Writes the journal; for this room only. A transaction begins its entry when all is checked, ends
 * it when all is in place, or drops it when it was rolled back. */

/* Adds a file; old may be NULL (there is none), and data (it is removed). */
void journal_note(struct journal_entry *entry, const char *name, const struct buffer *old,
                  const struct store_write *item, const char *bak);
void journal_entry_free(struct journal_entry *entry);
/* On the disk when it returns; gives the entry its number. */
must_check bool journal_begin(const struct store *store, struct journal_entry *entry,
                              struct error *err);
/* What counts from now on; where that fails everything is taken back. */
must_check bool journal_end(const struct store *store, const struct journal_entry *entry,
                            struct error *err);
void journal_drop(const struct store *store, const struct journal_entry *entry);
/* Removes what a writer that was killed had not put in place; with the second names of the files
 * that it replaced, where these are in place again. Needs the lock. */
void store_sweep(const struct store *store, bool old_links);
/* store_lock; held: another process has it. */
must_check bool store_try_lock(struct store *store, bool *held, struct error *err);
/* Takes back what a process that was killed left half done. Whoever finds such a thing does so,
 * unless that process still lives. */
must_check bool journal_recover(struct store *store, struct error *err);

#endif
