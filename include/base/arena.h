#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

/* Room for what ends together: small texts by the thousand in few blocks. Start with {0}. */
struct arena {
    struct arena_block *block; /* the last one; it knows the one before */
    size_t used;               /* of it */
};
/* Cleared, for what holds pointers and whole numbers. */
void *arena_room(struct arena *arena, size_t size);
const char *arena_text(struct arena *arena, const char *text);
const char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A list of those very texts, and one of copies of them. */
struct strings *arena_list(struct arena *arena, const char *const *texts, size_t count);
const struct strings *arena_strings(struct arena *arena, const struct strings *list);
void arena_free(struct arena *arena);

#endif
