#ifndef PLAN_MERGE_H
#define PLAN_MERGE_H

#include "model/facts.h"

/* The commands of one service, filled in and merged. */

struct line {
    enum stage stage;
    enum phase phase;
    enum effect effect;
    bool api;
    char *text, *undo, *section; /* "" where there is none */
    struct strings expect;
    struct strings typed; /* of what is done by hand */
    size_t rank;          /* the command's place in the component's file */
    enum source source;
};
struct procedure {
    struct line *lines; /* stage by stage: base, before, assign, after, display, by-hand */
    size_t count;
    struct strings holes; /* the paths that its commands use: which files the server needs */
};

/* Leaves out what another release has, what a condition excludes, and each line with an empty hole.
 * A service without anything to assign has no lines at all. A value that could break out of its
 * line is an error. */
must_check bool merge_service(const struct facts *facts, const struct service *service,
                              struct procedure *out, struct error *err);
void procedure_free(struct procedure *procedure);
bool procedure_has(const struct procedure *procedure, enum stage stage);

/* Letters, digits and . - : [ ] _ / alone: the value stays within its line and its word. what names
 * it in the message, "address" or "{a-record}". */
must_check bool value_check(const char *place, const char *what, const char *value,
                            struct error *err);

#endif
