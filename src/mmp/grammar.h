#ifndef MMP_GRAMMAR_H
#define MMP_GRAMMAR_H

#include "model/catalogue.h"
#include "model/template.h"

/* Which command of the catalogue a typed line is: its templates are the grammar. */

enum act {
    ACT_DO,   /* the command */
    ACT_UNDO, /* what takes it back */
    ACT_SHOW  /* a display; there may be no command */
};
struct typed {
    const struct component *component;
    const struct command *command;
    enum act act;
    const char *pattern; /* that the line matches */
    struct match match;
};

/* words: single blanks between them. Free with typed_free, success or not. */
bool grammar_read(const struct catalogue *catalogue, const char *release, const char *words,
                  struct typed *out);
void typed_free(struct typed *typed);

/* Each line that it understands, of the components that the release has, for usage and completion;
 * a command and what undoes it, in file order. */
struct form {
    const struct component *component;
    const char *pattern;
};
struct forms {
    struct form *items;
    size_t count;
};
void grammar_forms(const struct catalogue *catalogue, const char *release, struct forms *out);
void forms_free(struct forms *forms);

#endif
