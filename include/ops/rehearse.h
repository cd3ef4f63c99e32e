#ifndef OPS_REHEARSE_H
#define OPS_REHEARSE_H

#include "model/facts.h"

/* A plan carried out where nothing can break: its uploads and lines on an emulated appliance for
 * each server, in its order, then each trust tried by a TLS handshake with the very files that lie
 * there (guide 5). One thing after another, so that whoever waits sees where it is. */

enum rehearsed_how {
    REHEARSED_GOOD,
    REHEARSED_NOTE,    /* good, and something is to be known */
    REHEARSED_SURPRISE /* another outcome than the plan's */
};
struct rehearsed {
    enum rehearsed_how how;
    int step;                  /* of plan.json; 0: a handshake */
    char *server;              /* where it was */
    char *what;                /* the line, or what else was done */
    char *why;                 /* of a note or a surprise; "" */
    char *remedy;              /* of a surprise; "" */
    char *answer;              /* the line of the reply that decided; "" */
    char *file;                /* core1/commands.mmp, where the line is typed from; "" */
    size_t line;               /* of it, from 1; 0: none */
    const struct trust *trust; /* of a handshake, of the facts; NULL: none */
};
struct rehearsal_options {
    const char *folder; /* install */
    bool keep_going;    /* past a surprise */
    bool by_date;       /* the same day plants the same fault; else it is by chance */
    bool drill; /* a fault is planted, nothing is told, and the appliances stay to be looked at */
};
struct rehearsal;

/* The plan is read and the appliances are made ready, with what the plan takes for granted. Free
 * with rehearsal_end, success or not. */
must_check bool rehearsal_begin(const struct facts *facts, const struct rehearsal_options *options,
                                struct rehearsal **out, struct error *err);
/* Does the next thing and tells it, valid until the next call. *done: there is none any more, or a
 * surprise ended it. false: this machine refused. */
must_check bool rehearsal_next(struct rehearsal *rehearsal, const struct rehearsed **out,
                               bool *done, struct error *err);
size_t
rehearsal_count(const struct rehearsal *rehearsal); /* of things to do, handshakes included */
struct rehearsal_sum {
    size_t steps, trusts, notes, surprises;
};
struct rehearsal_sum rehearsal_sum(const struct rehearsal *rehearsal);
/* Writes the transcripts into rehearsal/ of the folder, a file a server, and how it went. */
must_check bool rehearsal_write(const struct rehearsal *rehearsal, struct error *err);
/* How the plan that lies in the folder went when it was rehearsed last. */
enum rehearsal_last {
    REHEARSAL_NEVER,
    REHEARSAL_OF_ANOTHER, /* plan than the one that lies there */
    REHEARSAL_GOOD,
    REHEARSAL_SURPRISE
};
enum rehearsal_last rehearsal_last(const char *folder, time_t *at);
/* Where the appliances of a drill are, and what is wrong there. */
const char *rehearsal_drill(const struct rehearsal *rehearsal, const char **answer);
/* Removes the appliances, but those of a drill. */
void rehearsal_end(struct rehearsal *rehearsal);

#endif
