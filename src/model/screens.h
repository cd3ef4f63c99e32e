#ifndef MODEL_SCREENS_H
#define MODEL_SCREENS_H

#include "model/catalogue.h"

#include <confuse.h>

/* The text of component files and presets (doc/catalogue.md). Read when the program is built, and
 * with --catalogue. */

struct screen_file {
    char *path;
    char *name; /* the kind, or the preset */
    bool is_preset;
    struct str text;
    cfg_t *cfg;
};
struct screens {
    struct screen_file *items;
    size_t count;
};

/* Adds the files of the folder and of its presets/ to the catalogue, in the place of what has the
 * same name, judges them and sorts. */
must_check bool screens_read(const char *folder, struct catalogue *catalogue, struct error *err);
/* Every word of the files is one that means something; the catalogue has them all. */
must_check bool screens_check(const struct screens *screens, const struct catalogue *catalogue,
                              struct error *err);

/* Gives each component what its parts say: their facts, rules and commands after its own. */
void catalogue_join(struct catalogue *catalogue);

/* Frees what it holds, unless it is compiled in, and empties it. */
void component_free(struct component *component);
void preset_free(struct preset *preset);

#endif
