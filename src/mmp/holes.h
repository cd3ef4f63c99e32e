#ifndef MMP_HOLES_H
#define MMP_HOLES_H

#include "model/catalogue.h"

/* What may stand in the holes of a component's commands. */

enum hole {
    HOLE_TEXT,
    HOLE_TAG,
    HOLE_HOST,
    HOLE_PORT,
    HOLE_LISTEN,    /* a:443 */
    HOLE_INTERFACE, /* a */
    HOLE_CHOICE,
    HOLE_KEY, /* from here on files */
    HOLE_CERTIFICATE,
    HOLE_FULLCHAIN,
    HOLE_BUNDLE
};
struct hole_kind {
    enum hole hole;
    bool list;                     /* takes several, with blanks between */
    const struct strings *choices; /* of a choice */
};
struct hole_kind hole_kind(const struct component *component, const char *path);
bool hole_is_file(enum hole hole);
/* The holes of a template, in order. */
void holes_of(const char *pattern, struct strings *paths);
/* Whether the value has the form; a wrong one makes the line no such command. */
bool hole_fits(const struct hole_kind *kind, const char *value);
/* How help writes it: "<key-file>". */
void hole_usage(const struct hole_kind *kind, const char *path, struct str *out);
/* The file's name is one that the appliance takes in that place (guide 4.2, app. B); what else it
 * would have to be is added to why. */
bool hole_file_named(enum hole hole, const char *name, struct str *why);

#endif
