#include "base/texts.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 32 /* a power of two */
enum { BLOCK_FIRST = 256, BLOCK_MOST = 1 << 14 };

/* The texts lie behind one another; a longer one than a block has a block of its own size. */
struct block {
    struct block *before;
    size_t room, used;
    char bytes[];
};
struct texts {
    const char **places; /* open addressing */
    size_t room, count;
    struct block *last;
};

/* FNV-1a. */
static size_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32);
}

static const char **place_of(const struct texts *texts, const char *text)
{
    size_t at = hash_of(text) & (texts->room - 1);
    while (texts->places[at] && strcmp(texts->places[at], text) != 0)
        at = (at + 1) & (texts->room - 1);
    return &texts->places[at];
}

struct texts *texts_new(void)
{
    struct texts *texts = xcalloc(1, sizeof *texts);
    texts->room = ROOM_FIRST;
    texts->places = xcalloc(texts->room, sizeof *texts->places);
    return texts;
}

void texts_free(struct texts *texts)
{
    if (!texts)
        return;
    for (struct block *block = texts->last, *before; block; block = before) {
        before = block->before;
        free(block);
    }
    free(texts->places);
    free(texts);
}

static void make_room(struct texts *texts)
{
    struct texts bigger = {.room = texts->room * 2};
    bigger.places = xcalloc(bigger.room, sizeof *bigger.places);
    for (size_t i = 0; i < texts->room; i++)
        if (texts->places[i])
            *place_of(&bigger, texts->places[i]) = texts->places[i];
    free(texts->places);
    texts->places = bigger.places;
    texts->room = bigger.room;
}

static const char *copy(struct texts *texts, const char *text)
{
    size_t size = strlen(text) + 1;
    struct block *block = texts->last;
    if (!block || block->room - block->used < size) {
        size_t room = !block                     ? BLOCK_FIRST
                      : block->room < BLOCK_MOST ? block->room * 2
                                                 : BLOCK_MOST;
        room = room < size ? size : room;
        block = xcalloc(1, sizeof *block + room);
        block->room = room;
        block->before = texts->last;
        texts->last = block;
    }
    char *kept = memcpy(block->bytes + block->used, text, size);
    block->used += size;
    return kept;
}

const char *texts_keep(struct texts *texts, const char *text)
{
    const char **place = place_of(texts, text);
    if (*place)
        return *place;
    const char *kept = copy(texts, text);
    if (4 * texts->count >= 3 * texts->room) {
        make_room(texts);
        place = place_of(texts, kept);
    }
    texts->count++;
    return *place = kept;
}
