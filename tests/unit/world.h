#ifndef WORLD_H
#define WORLD_H

#include "flow/flow.h"
#include "unit.h"

/* A folder with a wizard in it, driven by events, for tests of the flow. */

struct world {
    char folder[64];
    char *config;
    struct catalogue catalogue;
    struct flow *flow;
};

/* For cmocka's set-up of each test. */
int world_enter(void **state);
int world_leave(void **state);
void open_flow(struct world *world);
/* The event is taken, or the test fails with the refusal. */
void must(struct world *world, struct event event);
void set(struct world *world, const char *id, const char *text);
void next(struct world *world);
/* The id of the page. */
const char *at(struct world *world);
void choose(struct world *world, const char *row);
/* The work of the make page, to its end. */
void run_job(struct world *world);
const struct field *field(struct world *world, const char *id);
/* What a file says. Free it. */
char *read_text(const char *path);

#endif
