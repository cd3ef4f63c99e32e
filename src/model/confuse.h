#ifndef MODEL_CONFUSE_H
#define MODEL_CONFUSE_H

#include "base/error.h"

#include <confuse.h>
#include <stddef.h>

/* libconfuse's door, private to model/. */

#define TITLED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

/* Parses a text after conf_tame, with errors as values: "place:line: what was expected: did you
 * mean". NULL on failure; cfg_free the result. One thread only: libconfuse's scanner is static. */
cfg_t *confuse_parse(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                     struct error *err);

/* The same in parts, each with the items that stand in it: libconfuse compares every title with all
 * before it. An option that the text doesn't give may be unknown there. They are good until the
 * next parse. */
struct parts {
    cfg_t **items;
    size_t count;
    bool lent; /* kept for the next parse */
};
must_check bool confuse_parse_parts(cfg_opt_t *opts, const char *place, const char *text,
                                    size_t length, struct parts *out, struct error *err);
void parts_free(struct parts *parts);

#endif
