#ifndef MMP_USAGE_H
#define MMP_USAGE_H

#include "model/catalogue.h"

/* What `help` prints, and what completion offers: by the templates, or literally where a source has
 * the text. */

/* All commands by their first word. */
void usage_all(const struct catalogue *catalogue, const char *release, struct str *out);
/* Those that begin with the word; false: none does. */
bool usage_of(const struct catalogue *catalogue, const char *release, const char *word,
              struct str *out);
/* What the last word of an unfinished line may become: words of commands, and of files those that
 * the folder has, sorted. */
void usage_complete(const struct catalogue *catalogue, const char *release, const char *folder,
                    const char *line, struct strings *out);

#endif
