#ifndef PLAN_MERGE_H
#define PLAN_MERGE_H

#include "base/arena.h"
#include "model/facts.h"

/* The commands of one service, filled in and merged. */

/* A file that a line of a renewal names, and what is to lie there under that name. */
struct need {
    const char *name;              /* on the appliance */
    const struct store_file *file; /* that one of the store; NULL: these certificates */
    const struct cert_set *certs;
    const struct str *text; /* as PEM */
    bool key;
};
/* What a line of a renewal takes that was not there before. */
struct fresh {
    struct strings holes; /* the paths of the slots that it gives a new pair */
    struct need *needs;
    size_t need_count;
};
struct line {
    enum stage stage : 8;
    enum phase phase : 8;
    enum effect effect : 8;
    enum source source : 6;
    bool api : 1;
    bool outside : 1;                  /* by hand, and not on our servers */
    unsigned rank;                     /* the command's place in the component's file */
    const char *text, *undo, *section; /* "" where there is none */
    const struct strings *expect;
    const struct strings *typed; /* of what is done by hand */
    struct fresh *fresh;         /* NULL: nothing, as in every plan but a renewal's */
};
struct procedure {
    struct line *lines; /* stage by stage: base, before, assign, after, display, by-hand */
    size_t count;
    struct strings holes; /* the paths that its commands use: which files the server needs */
    bool renews;          /* the service is in place: its files come with its turns */
};

/* Texts that say what the catalogue says are the catalogue's, others lie in the arena.
 * Leaves out what another release has, what a condition excludes, and each line with an empty hole.
 * A service without anything to assign has no lines at all. A value that could break out of its
 * line is an error. */
must_check bool merge_service(const struct facts *facts, const struct service *service,
                              struct arena *texts, struct procedure *out, struct error *err);
/* No line will be added: gives back the room for more. */
void procedure_fit(struct procedure *procedure);
void procedure_free(struct procedure *procedure);
/* Values in the place of deployment.conf's: what an appliance has in the midst of a renewal. */
struct merge_values {
    bool (*find)(const void *context, const char *path, struct strings *out); /* false: as ever */
    const void *context;
};
/* One command by itself: it has a part in the release and by its condition, and its holes are
 * filled. */
bool merge_takes(const struct facts *facts, const struct service *service,
                 const struct command *command, const struct merge_values *values);
must_check bool merge_command(const struct facts *facts, const struct service *service,
                              const struct command *command, const struct merge_values *values,
                              struct arena *texts, struct line *out, struct error *err);
/* Nothing of it is set yet where it had none. */
struct fresh *line_fresh(struct line *line);
void line_free(struct line *line);
bool procedure_has(const struct procedure *procedure, enum stage stage);

/* Letters, digits and . - : [ ] _ / alone: the value stays within its line and its word. what names
 * it in the message, "address" or "{a-record}". */
must_check bool value_check(const char *place, const char *what, const char *value,
                            struct error *err);

#endif
