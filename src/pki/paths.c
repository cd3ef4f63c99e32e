#include "pki/paths.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A path in the room that it takes. */
struct path {
    const struct cert *leaf;
    struct path *next; /* of the same place */
    bool complete, valid;
    int error, depth;
    const char *reason;
    size_t count;
    const struct cert *above[]; /* but the leaf */
};
/* The leaves below the same issuers. */
struct set {
    const struct cert **pool;
    size_t pool_count;
    time_t at;          /* judged then */
    time_t from, until; /* as long as none of the pool begins or ends */
    struct verifier *verifier;
    struct path **places; /* by leaf */
    size_t room, count;
};

/* Most leaves of a deployment have one of a few sets of CAs above them. */
enum { SETS_MAX = 8, ROOM_FIRST = 16 };
#define TIME_FIRST ((time_t)INT64_MIN)
#define TIME_LAST ((time_t)INT64_MAX)
struct paths {
    pthread_mutex_t lock;
    struct set sets[SETS_MAX];
    size_t count, oldest;
};

struct paths *paths_new(void)
{
    struct paths *paths = xcalloc(1, sizeof *paths);
    pthread_mutex_init(&paths->lock, NULL);
    return paths;
}

static void set_free(struct set *set)
{
    for (size_t i = 0; i < set->room; i++)
        for (struct path *path = set->places[i], *next; path; path = next) {
            next = path->next;
            free(path);
        }
    if (set->verifier)
        verifier_free(set->verifier);
    free(set->places);
    free(set->pool);
}

void paths_forget(struct paths *paths)
{
    for (size_t i = 0; paths && i < paths->count; i++) {
        set_free(&paths->sets[i]);
        paths->sets[i] = (struct set){0};
    }
    if (paths)
        paths->count = paths->oldest = 0;
}

void paths_free(struct paths *paths)
{
    if (!paths)
        return;
    paths_forget(paths);
    pthread_mutex_destroy(&paths->lock);
    free(paths);
}

/* Between two such edges no verdict changes. */
static void add_edge(struct set *set, time_t edge)
{
    if (edge <= set->at && edge > set->from)
        set->from = edge;
    if (edge > set->at && edge < set->until)
        set->until = edge;
}

static bool same_moment(const struct set *set, const struct cert *leaf, time_t at)
{
    return at >= set->from && at < set->until &&
           (at >= leaf->not_before) == (set->at >= leaf->not_before) &&
           (at >= leaf->not_after) == (set->at >= leaf->not_after);
}

/* Files of one store share their certificates, so that the pointers tell. */
static struct set *set_of(struct paths *paths, const struct cert *leaf,
                          const struct cert *const *pool, size_t count, time_t at)
{
    for (size_t i = 0; i < paths->count; i++) {
        struct set *set = &paths->sets[i];
        if (set->pool_count == count && same_moment(set, leaf, at) &&
            (!count || memcmp(set->pool, pool, count * sizeof *pool) == 0))
            return set;
    }
    bool full = paths->count == SETS_MAX;
    struct set *set = &paths->sets[full ? paths->oldest++ % SETS_MAX : paths->count++];
    set_free(set);
    *set = (struct set){.pool = xcalloc(count, sizeof(const struct cert *)),
                        .pool_count = count,
                        .at = at,
                        .from = TIME_FIRST,
                        .until = TIME_LAST,
                        .places = xcalloc(ROOM_FIRST, sizeof *set->places),
                        .room = ROOM_FIRST};
    if (count)
        memcpy(set->pool, pool, count * sizeof *pool);
    for (size_t i = 0; i < count; i++) {
        add_edge(set, pool[i]->not_before);
        add_edge(set, pool[i]->not_after);
    }
    set->verifier = verifier_new(NULL, 0, set->pool, count, PURPOSE_ANY, NULL, at);
    return set;
}

static struct path **place_of(struct path **places, size_t room, const struct cert *leaf)
{
    size_t hash;
    memcpy(&hash, leaf->id, sizeof hash);
    return &places[hash & (room - 1)];
}

static void make_room(struct set *set)
{
    size_t room = set->room * 2;
    struct path **places = xcalloc(room, sizeof *places);
    for (size_t i = 0; i < set->room; i++)
        for (struct path *path = set->places[i], *next; path; path = next) {
            struct path **place = place_of(places, room, path->leaf);
            next = path->next;
            path->next = *place;
            *place = path;
        }
    free(set->places);
    set->places = places;
    set->room = room;
}

static void keep(struct set *set, const struct chain *chain)
{
    if (set->count++ == set->room)
        make_room(set);
    size_t above = chain->count - 1;
    struct path *path = xcalloc(1, sizeof *path + above * sizeof *path->above);
    struct path **place = place_of(set->places, set->room, chain->certs[0]);
    *path = (struct path){.leaf = chain->certs[0],
                          .next = *place,
                          .complete = chain->complete,
                          .valid = chain->valid,
                          .error = chain->error,
                          .depth = chain->depth,
                          .reason = chain->reason,
                          .count = chain->count};
    memcpy(path->above, chain->certs + 1, above * sizeof *path->above);
    *place = path;
}

static bool recall(const struct set *set, const struct cert *leaf, struct chain *chain)
{
    const struct path *path = *place_of(set->places, set->room, leaf);
    while (path && path->leaf != leaf)
        path = path->next;
    if (!path)
        return false;
    *chain = (struct chain){.count = path->count,
                            .complete = path->complete,
                            .valid = path->valid,
                            .error = path->error,
                            .depth = path->depth,
                            .reason = path->reason};
    chain->certs[0] = leaf;
    memcpy(chain->certs + 1, path->above, (path->count - 1) * sizeof *path->above);
    return true;
}

void paths_build(struct paths *paths, const struct cert *leaf, const struct cert *const *pool,
                 size_t count, time_t at, struct chain *out)
{
    if (!paths) {
        chain_build(leaf, pool, count, at, out);
        return;
    }
    pthread_mutex_lock(&paths->lock);
    struct set *set = set_of(paths, leaf, pool, count, at);
    if (!recall(set, leaf, out)) {
        verifier_check(set->verifier, leaf, out);
        if (out->count)
            keep(set, out);
    }
    pthread_mutex_unlock(&paths->lock);
}
