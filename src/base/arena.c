#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 8000 };

struct arena_block {
    struct arena_block *before;
    size_t size;
    char room[];
};

static char *take(struct arena *arena, size_t size, size_t alignment)
{
    size_t at = (arena->used + alignment - 1) / alignment * alignment;
    if (!arena->block || at + size > arena->block->size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *block = xcalloc(1, sizeof *block + room);
        *block = (struct arena_block){.before = arena->block, .size = room};
        arena->block = block;
        at = 0;
    }
    arena->used = at + size;
    return arena->block->room + at;
}

void *arena_room(struct arena *arena, size_t size)
{
    return take(arena, size, alignof(void *));
}

static char *copy_of(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(take(arena, size, 1), text, size);
}

const char *arena_text(struct arena *arena, const char *text)
{
    return copy_of(arena, text);
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = (size_t)(length > 0 ? length : 0) + 1;
    char *text = take(arena, size, 1);
    vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

static struct strings *list_of(struct arena *arena, size_t count)
{
    struct strings *list = arena_room(arena, sizeof *list);
    list->items = arena_room(arena, count * sizeof *list->items);
    list->count = count;
    return list;
}

struct strings *arena_list(struct arena *arena, const char *const *texts, size_t count)
{
    struct strings *list = list_of(arena, count);
    if (count)
        memcpy(list->items, texts, count * sizeof *texts);
    return list;
}

const struct strings *arena_strings(struct arena *arena, const struct strings *list)
{
    struct strings *copy = list_of(arena, list->count);
    for (size_t i = 0; i < copy->count; i++)
        copy->items[i] = copy_of(arena, list->items[i]);
    return copy;
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->block, *before; block; block = before) {
        before = block->before;
        free(block);
    }
    *arena = (struct arena){0};
}
