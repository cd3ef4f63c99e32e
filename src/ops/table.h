#ifndef OPS_TABLE_H
#define OPS_TABLE_H

#include "base/str.h"

/* Columns of text that goes to a terminal. */

/* Code points: names of servers and files are written in letters of one column. */
size_t table_columns(const char *text);
void table_pad(struct str *out, const char *text, size_t width);
/* A cell with nothing in it that acts on a terminal; text is freed. Free it. */
char *table_clean(char *text);
/* The column is as wide as its widest cell. */
void table_widen(size_t *width, const char *text);

#endif
