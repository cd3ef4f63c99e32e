#ifndef UI_LINEEDIT_H
#define UI_LINEEDIT_H

#include "base/error.h"
#include "ui/keys.h"

/* The editor of one line: graphemes, words, kill and undo. libform's own loses blanks, draws wide
 * characters outside its field and has no undo. Start with {0}. */

struct line_state {
    char *text;
    size_t cursor;
};
enum line_change { LINE_NONE, LINE_INSERT, LINE_ERASE, LINE_KILL };
struct lineedit {
    struct str text;
    size_t cursor; /* in bytes, where a grapheme begins */
    size_t left;   /* the first byte shown */
    char *killed;
    struct line_state *undo;
    size_t undo_count;
    enum line_change last; /* a run of one kind is undone at once */
};

/* A new text, the cursor behind it; undo forgets what was. */
void lineedit_set(struct lineedit *line, const char *text);
const char *lineedit_text(const struct lineedit *line);
/* Another text, which undo takes back. */
void lineedit_replace(struct lineedit *line, const char *text);
/* Words at the cursor, the separator where they would touch others. false: too long, not taken. */
must_check bool lineedit_add_words(struct lineedit *line, const char *words, const char *separator);
bool lineedit_can_undo(const struct lineedit *line);
/* True when the key belongs to a line's editing, changed or not. Of a paste the first line is
 * taken. */
bool lineedit_key(struct lineedit *line, const struct key *key);
/* What is seen of it in columns, padded with '_'; *cursor is the column of the cursor (NULL: it has
 * none, its beginning is shown), *before and *after say whether more stands outside. */
void lineedit_show(struct lineedit *line, int columns, struct str *out, int *cursor, bool *before,
                   bool *after);
/* Wipes. */
void lineedit_free(struct lineedit *line);

#endif
