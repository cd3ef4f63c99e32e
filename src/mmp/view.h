#ifndef MMP_VIEW_H
#define MMP_VIEW_H

#include "mmp/pki.h"
#include "mmp/record.h"

/* What the holes of a component's templates stand for on an emulated appliance. */

struct view {
    const struct component *component;
    const struct unit *unit;       /* NULL: nothing of it was ever typed */
    const struct record *record;   /* of the whole appliance */
    const struct pki_place *place; /* where its files lie */
    const char *name;              /* of the appliance, as the prompt has it */
    int depth;
};

/* A template_lookup: context is a view. What nobody typed is the catalogue's default, for the guide
 * begins with interfaces and domain in place; on a bare appliance it is nothing. */
bool view_lookup(void *context, const char *path, struct strings *out);
/* The value alone, lists with blanks between; "" none. Free it. */
char *view_value(const struct view *view, const char *path);
/* Of one of the conditions all words hold: PATH, !PATH, PATH=value. */
bool view_holds_one(const struct view *view, const struct strings *conditions);

#endif
