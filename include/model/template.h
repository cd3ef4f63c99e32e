#ifndef MODEL_TEMPLATE_H
#define MODEL_TEMPLATE_H

#include "base/error.h"
#include "base/str.h"

/* Gives the values of a hole's path; false: unknown. */
typedef bool (*template_lookup)(void *context, const char *path, struct strings *out);

/* "bridge certs {identity.key}[ {identity.bundle}]": holes in braces; a bracketed part goes when
 * one of its holes is empty; a hole takes a list (joined by blanks). An unknown hole is an error.
 * What an appliance prints has more: in "[{trust}|none]" a word for a part that goes, in
 * "{trust?on|off}" one of two words, whether it has a value (not "false"), and "{?720p}" for what
 * is the appliance's own affair.
 */
must_check bool template_expand(const char *pattern, template_lookup lookup, void *context,
                                struct str *out, struct error *err);
/* The same for one value a list entry: a pattern that is one hole gives each of its values. */
must_check bool template_expand_list(const char *pattern, template_lookup lookup, void *context,
                                     struct strings *out, struct error *err);

/* Every hole outside brackets has a value: the line says something whole. */
bool template_complete(const char *pattern, template_lookup lookup, void *context);

/* The pattern with "none" in the place of its files: "bridge certs none", a tag stays. Free it. */
char *template_none(const char *pattern);

/* Undoes expansion: the values of the holes by path, from a typed line. Where a part was not there
 * its holes are "", and of one of two words "NAME?" is "yes" or "no". */
struct match {
    struct strings paths, values;
};
bool template_match(const char *pattern, const char *line, struct match *out);
/* The same for what an appliance printed: runs of blanks, case and an older word for a list don't
 * count. Free out where it is true. */
bool status_match(const char *line, const char *printed, struct match *out);
/* Two lines of a reply are the same by that measure. */
bool status_same(const char *a, const char *b);
void match_free(struct match *match);
const char *match_value(const struct match *match, const char *path);

#endif
