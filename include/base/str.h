#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

/* A growing text, always NUL-terminated once something was added. Start with {0}. */
struct str {
    char *data;
    size_t length, capacity;
};

void str_add(struct str *str, const char *text);
void str_add_bytes(struct str *str, const void *data, size_t length);
void str_add_char(struct str *str, char byte);
void str_addf(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text, "" when empty; stays owned by str. */
const char *str_text(const struct str *str);
/* Gives the text to the caller (free it) and empties str. Never NULL. */
char *str_take(struct str *str);
void str_clear(struct str *str);
void str_free(struct str *str);
/* Overwrites before freeing; growth of a str may leave copies: size it with str_reserve first. */
void str_wipe(struct str *str);
void str_reserve(struct str *str, size_t capacity);

/* A list of texts, each owned. Start with {0}. */
struct strings {
    char **items;
    size_t count;
};
extern const struct strings strings_none; /* an empty one */

void strings_add(struct strings *list, const char *text);
void strings_add_take(struct strings *list, char *text);
/* Adds unless it is there; true if added. The second compares without regard to case. */
bool strings_add_new(struct strings *list, const char *text);
/* Of those that differ in case alone the first stays, where it stands. */
void strings_unique(struct strings *list);
bool strings_has(const struct strings *list, const char *text);
bool strings_has_nocase(const struct strings *list, const char *text);
bool strings_equal(const struct strings *a, const struct strings *b);
void strings_copy(struct strings *to, const struct strings *from);
void strings_split(struct strings *list, const char *text, char separator);
/* Joined with the separator; free it. */
char *strings_join(const struct strings *list, const char *separator);
/* The same for names that count on: core1, core2, core3, edge is "core1-3, edge". Free it. */
char *strings_fold(const struct strings *list, const char *separator);
void strings_sort(struct strings *list);
void strings_free(struct strings *list);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* The nearest of count candidates by edit distance, else one that has the text within or is part of
 * it (sip-trust: sip-trust-file); NULL when none is near: "did you mean". */
const char *text_nearest(const char *text, const char *const *candidates, size_t count);

#endif
