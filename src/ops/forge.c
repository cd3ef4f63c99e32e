#include "ops/forge.h"

#include "base/crew.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
    THREADS_MAX = 64,
    AHEAD_MAX = 64, /* keys that wait: they lie in memory that is locked, and scarce */
};

/* A key that was made, or why not. */
struct slot {
    bool done, good;
    struct key *key;
    struct error err;
};

/* The lock guards all that changes after the start. */
struct forge {
    const char *type;
    int bits;
    size_t count, next, taken; /* next to be made; taken by the user */
    bool stopped;
    struct slot slots[AHEAD_MAX]; /* a ring, from taken on */
    pthread_mutex_t lock;
    pthread_cond_t made, room;
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
};

/* The index of the next key to make; false when there is none. */
static bool claim(struct forge *forge, size_t *index)
{
    pthread_mutex_lock(&forge->lock);
    while (!forge->stopped && forge->next < forge->count && forge->next >= forge->taken + AHEAD_MAX)
        pthread_cond_wait(&forge->room, &forge->lock);
    bool good = !forge->stopped && forge->next < forge->count;
    if (good)
        *index = forge->next++;
    pthread_mutex_unlock(&forge->lock);
    return good;
}

static void *work(void *arg)
{
    struct forge *forge = arg;
    size_t index;
    while (claim(forge, &index)) {
        struct slot slot = {.done = true};
        slot.good = key_generate(forge->type, forge->bits, &slot.key, &slot.err);
        pthread_mutex_lock(&forge->lock);
        forge->slots[index % AHEAD_MAX] = slot;
        pthread_cond_signal(&forge->made);
        pthread_mutex_unlock(&forge->lock);
    }
    return NULL;
}

struct forge *forge_start(const char *type, int bits, size_t count)
{
    struct forge *forge = xcalloc(1, sizeof *forge);
    forge->type = type;
    forge->bits = bits;
    forge->count = count;
    pthread_mutex_init(&forge->lock, NULL);
    pthread_cond_init(&forge->made, NULL);
    pthread_cond_init(&forge->room, NULL);
    size_t wanted = crew_cores();
    wanted = wanted < count ? wanted : count;
    wanted = wanted < THREADS_MAX ? wanted : THREADS_MAX;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for who waits */
    while (count > 1 && forge->thread_count < wanted &&
           pthread_create(&forge->threads[forge->thread_count], NULL, work, forge) == 0)
        forge->thread_count++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return forge;
}

bool forge_is_ready(struct forge *forge)
{
    pthread_mutex_lock(&forge->lock);
    bool ready = forge->slots[forge->taken % AHEAD_MAX].done;
    pthread_mutex_unlock(&forge->lock);
    return ready;
}

bool forge_take(struct forge *forge, struct key **out, struct error *err)
{
    if (!forge->thread_count)
        return key_generate(forge->type, forge->bits, out, err);
    struct slot *place = &forge->slots[forge->taken % AHEAD_MAX];
    pthread_mutex_lock(&forge->lock);
    while (!place->done)
        pthread_cond_wait(&forge->made, &forge->lock);
    struct slot slot = *place;
    *place = (struct slot){0};
    forge->taken++;
    pthread_cond_signal(&forge->room);
    pthread_mutex_unlock(&forge->lock);
    *out = slot.key;
    if (!slot.good && err)
        *err = slot.err;
    return slot.good;
}

void forge_stop(struct forge *forge)
{
    pthread_mutex_lock(&forge->lock);
    forge->stopped = true;
    pthread_cond_broadcast(&forge->room);
    pthread_mutex_unlock(&forge->lock);
    for (size_t i = 0; i < forge->thread_count; i++)
        pthread_join(forge->threads[i], NULL);
    for (size_t i = 0; i < AHEAD_MAX; i++)
        key_free(forge->slots[i].key);
    pthread_cond_destroy(&forge->room);
    pthread_cond_destroy(&forge->made);
    pthread_mutex_destroy(&forge->lock);
    free(forge);
}
