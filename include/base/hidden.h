#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

#include "base/secret.h"

/* A line of standard input that is not to be seen: a password. */

/* Asks on the terminal, without its echo, which every signal gives back. */
must_check bool hidden_ask(const char *prompt, struct secret *out, struct error *err);
/* The next line where standard input is no terminal. */
must_check bool hidden_read(struct secret *out, struct error *err);

#endif
