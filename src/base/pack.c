#include "base/pack.h"

#include "base/mem.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static void *take(struct pack *pack, size_t bytes, size_t alignment)
{
    size_t start = (pack->bytes + alignment - 1) / alignment * alignment;
    pack->bytes = start + bytes;
    return pack->block ? pack->block + start : NULL;
}

void *pack(void *whole, size_t size, void (*members)(struct pack *pack, void *whole))
{
    struct pack measured = {.bytes = size};
    members(&measured, whole);
    struct pack moved = {.block = xcalloc(1, measured.bytes), .bytes = size};
    memcpy(moved.block, whole, size);
    members(&moved, moved.block);
    return moved.block;
}

void pack_text(struct pack *pack, char **text)
{
    if (!*text)
        return;
    size_t size = strlen(*text) + 1;
    char *room = take(pack, size, 1);
    if (!room)
        return;
    memcpy(room, *text, size);
    free(*text);
    *text = room;
}

char **pack_room(struct pack *pack, size_t count)
{
    return take(pack, count * sizeof(char *), alignof(char *));
}

static const char *none_lasts(const char *word)
{
    (void)word;
    return NULL;
}

void pack_strings(struct pack *pack, struct strings *list)
{
    pack_words(pack, list, none_lasts);
}

void pack_words(struct pack *pack, struct strings *list, const char *(*lasting)(const char *word))
{
    char **items = pack_room(pack, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const char *same = lasting(list->items[i]);
        if (!same) {
            pack_text(pack, &list->items[i]);
        } else if (items) {
            free(list->items[i]);
            list->items[i] = (char *)same;
        }
    }
    if (!items)
        return;
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    free(list->items);
    list->items = items;
}
