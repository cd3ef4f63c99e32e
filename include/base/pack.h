#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/str.h"

/* A struct and its texts in one block of memory, for what is held by the thousand: apart from each
 * other thirty short texts take twice their length. Whoever has the struct names its members in a
 * function, which is called twice: to measure them, and to move them. */
struct pack {
    char *block; /* NULL: they are measured */
    size_t bytes;
};

/* A copy of the struct of size bytes, with what members moves behind it: its own texts are freed,
 * it is the caller's still. One free() ends the copy and its texts. */
void *pack(void *whole, size_t size, void (*members)(struct pack *pack, void *whole));
/* What a struct owns, one after the other; a text may be NULL. */
void pack_text(struct pack *pack, char **text);
void pack_strings(struct pack *pack, struct strings *list);
/* The same of words of which most are usual: lasting gives the one that stays anyway, NULL: none.
 */
void pack_words(struct pack *pack, struct strings *list, const char *(*lasting)(const char *word));
/* Room for so many pointers; NULL while they are measured. */
char **pack_room(struct pack *pack, size_t count);

#endif
