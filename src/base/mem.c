#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *there(void *memory)
{
    if (!memory) {
        fputs("certwright: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    return there(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return there(realloc(old, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return there(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
    return there(strndup(text, length));
}

void *xmemdup(const void *data, size_t length)
{
    void *copy = xcalloc(1, length);
    if (length)
        memcpy(copy, data, length);
    return copy;
}

char *xformat(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    va_end(args);
    return there(length < 0 ? NULL : text);
}

void *grow(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) == 0)
        items = xrealloc(items, (count ? count * 2 : 1) * size);
    memset((char *)items + count * size, 0, size);
    return items;
}

void mem_give_back(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 128 << 10); /* the default, but fixed */
#endif
}

void wipe(void *data, size_t length)
{
    if (data && length)
        explicit_bzero(data, length);
}
