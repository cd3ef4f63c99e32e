#ifndef OPS_MAP_H
#define OPS_MAP_H

#include "rules/verdicts.h"

/* Who accepts whose certificates: every trust of the deployment, kind by kind of those who accept.
 * Servers that are alike share a row, as "core1-3". */

enum map_state {
    MAP_OK,
    MAP_OFF,   /* deployment.conf says "none" */
    MAP_WAITS, /* for certificates that are not there yet */
    MAP_STALE,
    MAP_MISSING
};
enum { MAP_STATES = MAP_MISSING + 1 };
struct map_row {
    char *reader, *readers; /* who accepts: a kind or a tag, "core1-3" */
    char *of, *targets;     /* whose certificates: a kind, "core1-3" */
    char *refused;          /* those of them that are not accepted: "core3"; "" none */
    const char *file;       /* "none" where it is off */
    enum map_state state;
    const struct trust **trusts; /* what the row stands for, in the order of their readers */
    size_t trust_count;
    size_t kind;                         /* where the first of that kind stands */
    const struct trust_verdict *verdict; /* NULL: it is off */
};
struct map {
    const struct facts *facts;
    struct map_row *rows;
    size_t count, by_state[MAP_STATES];
    struct trust_verdicts verdicts;
    struct trusts off;
};
/* Belongs to the facts. */
void map_make(const struct facts *facts, struct map *out);
void map_free(struct map *map);
/* OK OFF WAITS STALE MISSING */
const char *map_word(enum map_state state);
/* What a service is called beside its server: its kind; its tag where that server has several. */
const char *map_name(const struct facts *facts, const struct service *service);
/* "10 trusts: 2 stale, the rest OK". Free it. */
char *map_summary(const struct map *map);

/* The map for Graphviz: a node for services that are alike to all others, a frame for its servers.
 */
void map_dot(const struct map *map, struct str *out);
/* The map in at most 80 columns, so far as names let it; utf8: with arrows that are no ASCII. */
void map_text(const struct map *map, bool utf8, struct str *out);

#endif
