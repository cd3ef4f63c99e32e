#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "base/error.h"
#include "base/str.h"

/* Lines typed at a terminal, with history and completion where libedit is there, and plain ones
 * else. */

struct prompt;
/* What the last word of an unfinished line may become. */
typedef void (*prompt_offer)(void *context, const char *line, struct strings *out);
struct prompt *prompt_new(prompt_offer offer, void *context);
void prompt_free(struct prompt *prompt);
/* The next line, without its end; false at the end of input. */
bool prompt_line(struct prompt *prompt, const char *text, struct str *out);
/* Standard input's next line where it is no terminal. */
bool prompt_plain(struct str *out);
/* The library's name and version; NULL: built without it. */
const char *prompt_version(void);

#endif
