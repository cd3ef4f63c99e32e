#include "pki/shelf.h"

#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/reader.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64 /* a power of two */

/* Open addressing by the certificates' own digests, which are evenly spread. */
struct shelf {
    struct cert **places;
    size_t room, count;
};

static size_t *place_of(const struct shelf *shelf, const unsigned char *id, size_t *place)
{
    memcpy(place, id, sizeof *place);
    for (*place &= shelf->room - 1; shelf->places[*place];
         *place = (*place + 1) & (shelf->room - 1))
        if (memcmp(shelf->places[*place]->id, id, KEY_ID_BYTES) == 0)
            break;
    return place;
}

struct shelf *shelf_new(void)
{
    struct shelf *shelf = xcalloc(1, sizeof *shelf);
    shelf->room = ROOM_FIRST;
    shelf->places = xcalloc(shelf->room, sizeof(struct cert *));
    return shelf;
}

void shelf_free(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->room; i++)
        cert_free(shelf->places[i]);
    free(shelf->places);
    free(shelf);
}

struct cert *shelf_take(const struct shelf *shelf, const unsigned char *data, size_t length)
{
    unsigned char id[KEY_ID_BYTES];
    size_t place;
    crypto_digest(data, length, id);
    struct cert *cert = shelf->places[*place_of(shelf, id, &place)];
    if (cert)
        cert->shares++;
    return cert;
}

static void make_room(struct shelf *shelf)
{
    struct shelf bigger = {.room = shelf->room * 2, .count = shelf->count};
    bigger.places = xcalloc(bigger.room, sizeof(struct cert *));
    for (size_t i = 0, place; i < shelf->room; i++)
        if (shelf->places[i])
            bigger.places[*place_of(&bigger, shelf->places[i]->id, &place)] = shelf->places[i];
    free(shelf->places);
    *shelf = bigger;
}

void shelf_put(struct shelf *shelf, struct cert *cert)
{
    size_t place;
    if (2 * shelf->count >= shelf->room)
        make_room(shelf);
    if (shelf->places[*place_of(shelf, cert->id, &place)])
        return; /* other bytes, the same certificate */
    shelf->places[place] = cert;
    shelf->count++;
    cert->shares++;
}
