#ifndef MMP_RECORD_H
#define MMP_RECORD_H

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

/* What an emulated appliance keeps, in a dot file of its folder: written aside and renamed, read
 * anew for each line under a lock, so that sessions see each other's changes. */

#define ENABLED "state.enabled" /* the path of what enabling and disabling leaves */

struct value {
    char *path, *text; /* of a template's hole; "" was typed as none */
};
struct values {
    struct value *items;
    size_t count;
};
/* A file as it was when a service began to use it. */
struct copy {
    char *name;
    struct buffer data;
};
/* A service of it: its settings, and those that the last enable or restart took. */
struct unit {
    char *kind, *tag; /* tag "" where the kind has none */
    struct values set, running;
    struct copy *copies; /* where the record has them: of the files in running */
    size_t copy_count;
};
struct record {
    char *release, *hostname; /* "" as the folder is called */
    bool bare;
    struct unit *units;
    size_t count;
    bool changed; /* since it was read */
    /* Of an appliance that is not kept on the disk: */
    bool has_copies;
    struct strings stand_ins; /* keys of which only the certificate is known, which lies there */
};

/* Without a file there: an appliance fresh from its box, with an empty release. */
must_check bool record_load(const char *folder, struct record *out, struct error *err);
must_check bool record_save(const char *folder, struct record *record, struct error *err);
void record_free(struct record *record);

/* NULL: it has none; create makes it. */
struct unit *record_unit(struct record *record, const char *kind, const char *tag, bool create);
/* NULL: nothing was typed. */
const char *value_get(const struct values *values, const char *path);
void value_set(struct values *values, const char *path, const char *text);
void value_forget(struct values *values, const char *path);
void values_copy(struct values *to, const struct values *from);
void values_free(struct values *values);
void unit_forget_copies(struct unit *unit);

#endif
