#ifndef STORE_RENEWALS_H
#define STORE_RENEWALS_H

#include "store/store.h"

/* Which renewals are open, in a dot file of the store, which is no PKI file. A renewal is open from
 * the day on which it was asked for, or a certificate in place was replaced, until a person says
 * that the servers have what the store has: so long the journal keeps what they hold meanwhile. */

#define RENEWALS_FILE ".certwright.renewals"

struct renewal {
    char *identity;
    char since[11]; /* 2026-11-23 */
    bool new_key;   /* else the key is kept */
    bool done;      /* open no more; undo of its import still looks here */
    char *key_file; /* a new key is made on its appliance: the name of the one before; "" */
    unsigned first; /* the journal's entry that put its first new certificate in place; 0: it waits
                       for that */
};
struct renewals {
    struct renewal *items; /* one an identity at most, by name */
    size_t count;
};

/* Of the store at path; one that isn't there, or has no such file, has none. */
must_check bool renewals_read(const char *path, struct renewals *out, struct error *err);
must_check bool renewals_of(const struct store *store, struct renewals *out, struct error *err);
/* The same from the file's text; lines of another form are passed by. */
void renewals_parse(const char *text, struct renewals *out);
void renewals_free(struct renewals *renewals);
/* It is of a list of certificates, identity is its file: the store's accepts less than the servers
 * do (guide 4.7.1). No identity's name has a dot. */
bool renewal_is_list(const struct renewal *renewal);
/* The open one of that identity; NULL. */
const struct renewal *renewals_open(const struct renewals *renewals, const char *identity);
/* The journal's entries from this one on are needed; 0: none is. */
unsigned renewals_first(const struct renewals *renewals);
/* In place of what was there for that identity. */
void renewals_set(struct renewals *renewals, const struct renewal *renewal);
/* What an entry of the journal did is taken back: was is the list as it was before it. */
void renewals_take_back(struct renewals *renewals, const struct renewals *was, unsigned entry);
/* The file as part of a transaction, in place of the present one. */
void renewals_put(const struct renewals *renewals, struct batch *batch);
/* The file alone, at once. Needs the lock. */
must_check bool renewals_write(const struct store *store, const struct renewals *renewals,
                               struct error *err);

#endif
