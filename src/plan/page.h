#ifndef PLAN_PAGE_H
#define PLAN_PAGE_H

#include "base/str.h"

/* Plain Markdown in 80 columns; what stands between backticks is never broken. */
void page_title(struct str *out, int depth, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A paragraph and the blank line after it. */
void page_text(struct str *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "- " and the text; no blank line after. */
void page_item(struct str *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* first stands before the text, as many blanks before its further lines. */
void page_hang(struct str *out, const char *first, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of a code block, behind indent blanks; never wrapped. */
void page_code(struct str *out, int indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A value of somebody's file as a code span: controls and backticks cannot get out. Free it. */
char *page_quote(const char *value);

#endif
