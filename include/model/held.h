#ifndef MODEL_HELD_H
#define MODEL_HELD_H

#include "model/facts.h"

/* What the servers hold while renewals are open: the store as it was before the first import of
 * each, from the journal (guide 5.6). */

struct held_identity {
    const struct identity *identity; /* of the present facts */
    bool new_key;                    /* the key in place is another than the one held */
    /* PEM of the leaves, and of their CAs, imported between: neither held nor in place now */
    struct str since;
};
struct held {
    struct facts *facts; /* the same deployment.conf and moment; its scan has the held files in
                            place of the new ones, and trust files as they follow from those */
    struct held_identity *identities; /* whose renewal is open, a new certificate in place */
    size_t count;
    time_t since;            /* the first of those imports */
    struct held_file *files; /* where the bytes of what differs are */
    size_t file_count;
    struct journal *journal;
    struct store *store; /* open, to read their bytes */
};
/* *out NULL: no renewal has a new certificate in place. Free with held_free. */
must_check bool held_gather(const struct facts *facts, struct held **out, struct error *err);
void held_free(struct held *held);
/* The journal kept what the file was: its bytes are known, whoever wrote it since. */
bool held_kept(const struct held *held, const char *name);
/* What a list of the store was before it lost what is gone, while the servers hold it
 * (store/renewals): false: no such list is open. Free with pki_file_free. */
bool held_list(const struct facts *facts, const char *name, struct pki_file *out);
const struct held_identity *held_find(const struct held *held, const struct identity *identity);
/* What ends it, for a sentence: "certwright renew --done callbridge1"; of many names RUNBOOK has
 * them. Free it. */
char *held_ending(const struct held *held);
/* The bytes of a file as the servers hold it; it must be in held->facts->scan. Free with
 * buffer_free, which wipes. */
must_check bool held_read(const struct held *held, const char *name, struct buffer *out,
                          struct error *err);

#endif
