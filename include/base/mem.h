#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Memory that is there or ends the program: nobody checks for NULL. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
void *xmemdup(const void *data, size_t length);
char *xformat(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Room for one item more in an array of count items; doubles at each power of two.
 * items = grow(items, count, sizeof *items); the new item is zeroed. */
void *grow(void *items, size_t count, size_t size);

/* What is large and freed goes back to the system, and what grows beyond 128 kB moves without a
 * copy; else the allocator keeps the room of the largest that it saw. Once, before anything is
 * large. */
void mem_give_back(void);

/* Overwrites, whatever the compiler thinks of it: keys and passwords. NULL is nothing. */
void wipe(void *data, size_t length);

#endif
