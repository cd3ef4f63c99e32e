#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include "base/str.h"

/* Texts measured in columns of the terminal, grapheme by grapheme, and made harmless on the way:
 * control bytes are shown as \xNN, what the locale can't show as \uNNNN. Texts are UTF-8
 * throughout. */

/* The grapheme at text[*at]: adds how it is shown to out (may be NULL), moves *at past it, returns
 * its columns. *at must be less than length. */
int grapheme_next(const char *text, size_t length, size_t *at, struct str *out);
/* Where the grapheme before at begins; 0 at the start. */
size_t grapheme_before(const char *text, size_t at);

int text_columns(const char *text);
/* The text cut at its end to columns; returns the columns used. */
int text_clip(struct str *out, const char *text, int columns);
/* The same with ".." in the middle of what is too long: names differ at both ends. */
int text_fit(struct str *out, const char *text, int columns);
/* The text in lines of at most columns, broken at blanks where there are any; \n begins a line. A
 * line's own leading blanks are kept. */
void text_wrap(struct strings *out, const char *text, int columns);

/* Columns drawn together: no more than two blanks between words. Free it. */
char *text_squeeze(const char *text);

bool text_is_ascii(const char *text);
/* UTF-8 that is harmless already, in the locale's bytes, for libraries that want them. Free it. */
char *text_local(const char *text);

#endif
