#ifndef OPS_ADOPT_H
#define OPS_ADOPT_H

#include "model/facts.h"

/* Servers that run, as their displays tell: copied from terminals into logs, with the public files
 * fetched from them. */

struct adopt_options {
    const struct strings *logs; /* files */
    const char *files;   /* the folder of what was fetched, or of one folder a server; NULL */
    const char *store;   /* where the store is, or will be */
    const char *release; /* of a deployment.conf that is there; NULL: the logs', or a guess */
    bool force;          /* what is there is replaced, and stays as .bak */
};
/* What the logs say. Free with adopt_free. */
struct adopt {
    const struct catalogue *catalogue;
    struct strings servers;   /* "core1: Web Admin, Call Bridge", a line each */
    struct strings guesses;   /* sentences without a full stop */
    struct strings open;      /* what only a person can fill in */
    struct strings unfetched; /* files that are in use and not here, as the last of open say */
    struct str text;          /* the deployment.conf */
    char *release;
    size_t service_count, identity_count, file_count; /* file_count: that go to the store */
    struct adopting *work;
};
must_check bool op_adopt_read(const struct catalogue *catalogue,
                              const struct adopt_options *options, struct adopt *out,
                              struct error *err);
/* Makes the deployment and the store's files of it; writes nothing. */
must_check bool op_adopt_make(struct adopt *adopt, const char *config, struct error *err);
/* Writes both: the store's files in one transaction, then config. Names of files that stayed as
 * .bak are added to kept. */
must_check bool op_adopt_write(const struct adopt *adopt, const char *config,
                               struct strings *written, struct strings *kept, struct error *err);
void adopt_free(struct adopt *adopt);

/* What to type on each server, and the sftp batch that fetches its public files; read may be NULL:
 * for any server. */
void op_adopt_commands(const struct catalogue *catalogue, const struct adopt *read,
                       struct str *out);

/* Something that a server says otherwise than deployment.conf and store. */
struct adopt_difference {
    char *server, *service, *what, *expected, *found; /* service "": the server itself */
};
struct adopt_differences {
    struct adopt_difference *items;
    size_t count;
};
void op_adopt_compare(const struct facts *facts, const struct adopt *read,
                      struct adopt_differences *out);
void adopt_differences_free(struct adopt_differences *differences);

#endif
