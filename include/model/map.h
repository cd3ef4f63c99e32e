#ifndef MODEL_MAP_H
#define MODEL_MAP_H

#include "model/facts.h"

/* Who trusts whom, for people: trusts that are alike on several servers are one row. */
struct map_row {
    const struct trust *trust; /* the first of those it stands for */
    char *readers;             /* the servers that accept: "core1-3" */
    char *service;             /* what accepts there: the service's name */
    char *accepted;            /* whose certificates: "callbridge core1-3", "" none is named */
    bool here;                 /* the file is in the store */
    size_t count;              /* trusts it stands for */
};
struct map {
    struct map_row *rows; /* in the order of their first readers */
    size_t count;
};
void map_make(const struct facts *facts, struct map *out);
void map_free(struct map *map);

#endif
