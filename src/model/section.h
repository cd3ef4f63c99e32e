#ifndef MODEL_SECTION_H
#define MODEL_SECTION_H

#include "base/str.h"

/* Private to model/: the text of a new section of deployment.conf. */

/* One "name = value" of it. Free it. */
char *section_item(const char *name, const struct strings *values, bool list);
/* The same of one value, behind the others. */
void section_value(struct strings *items, const char *name, const char *value);
/* The whole, broken where a line would grow too long. */
void section_add(struct str *out, const char *indent, const char *name, const char *title,
                 const struct strings *items);

#endif
