#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/* Adds text so that no byte of it can act on a terminal: C0, DEL, C1 controls, bidirectional
 * overrides and bytes that are no UTF-8 appear as \xNN. Newline and tab are escaped as well. */
void escape_add(struct str *out, const char *text, size_t length);
/* The same as a new string; free it. */
char *escape_text(const char *text);
/* The same but newline passes and tab becomes blanks: for whole texts. */
void escape_lines(struct str *out, const char *text, size_t length);

/* The next UTF-8 code point at text[*at]; moves *at past it. false (and *at moved by one byte)
 * where the bytes are no UTF-8. */
bool utf8_next(const char *text, size_t length, size_t *at, unsigned *code);
bool utf8_valid(const char *text, size_t length);

#endif
