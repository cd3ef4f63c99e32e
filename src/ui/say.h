#ifndef UI_SAY_H
#define UI_SAY_H

#include "flow/flow.h"

#include <stdio.h>

/* A page in sentences, for the front ends without a screen. Nothing that acts on a terminal passes.
 */

void say(FILE *out, const char *format, ...) printf_like(2, 3);
/* The same without the line's end: a prompt. */
void say_prompt(FILE *out, const char *format, ...) printf_like(2, 3);
void say_lines(FILE *out, const struct strings *lines);
/* Heading and intro. */
void say_heading(FILE *out, const struct page *page);
/* "Error: message. Remedy", "Warning: ", or the message alone. */
void say_finding(FILE *out, enum level level, const char *message, const char *remedy);
void say_error(FILE *out, const struct error *err);
/* The outcome of the last event. */
void say_message(FILE *out, const struct page *page);
/* A row as a sentence: columns become commas. number 0: none. */
void say_row(FILE *out, size_t number, const struct row *row);
/* What a row's text says of keys as what is typed here: "(Enter)" is "(open 3)", F5 is "mend 3".
 * Free it. */
char *say_keys(const char *text, size_t number);
/* A row of a table: what it is called, then its texts and what is ticked. */
void say_cells_of(FILE *out, const struct page *page, size_t row);
/* A row as say_row; a finding is its word, its sentence and its remedy. */
void say_found(FILE *out, size_t number, const struct row *row);
/* Lines for the eye as sentences: columns become commas, what is only hex is left out. */
void say_text(FILE *out, const struct strings *lines);
/* Where one is: each step and its state. */
void say_marks(FILE *out, const struct page *page);
/* What is saved when one leaves, and the command that goes on. */
void say_left(FILE *out, struct flow *flow, const char *config, const char *again);
/* Runs the page's job, a line a step (out NULL: none), and tells the flow. false: err says why.
 * done: there was one.
 */
must_check bool say_job(FILE *out, struct flow *flow, bool *done, struct error *err);

#endif
