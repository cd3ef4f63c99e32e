#ifndef OPS_REHEARSING_H
#define OPS_REHEARSING_H

#include "base/file.h"
#include "mmp/appliance.h"
#include "ops/rehearse.h"

/* Private to ops/rehearse*.c: a rehearsal at work. */

struct play_step { /* of plan.json */
    int number, phase;
    char *server, *file, *command, *manual;
    struct strings upload, expect, typed;
};
struct play {
    struct play_step *steps;
    size_t count;
    bool has_base; /* the plan sets the preconditions itself */
};
must_check bool play_read(const char *folder, struct play *out, struct error *err);
void play_free(struct play *play);

struct drill_file {
    char *name, *content;
};
struct drill { /* a fault: files that are put in the place of those that the plan uploads */
    char *server;
    struct drill_file files[2];
    size_t file_count;
    char *line, *typed; /* or a line, and what is typed for it; NULL: none */
    char *answer;
};
struct stage_server {
    const struct server *server;
    struct appliance *appliance;
    struct str transcript;
};
struct stage_files { /* a commands file: what is typed is what lies there */
    char *name;
    struct strings lines;
    size_t next;
};
struct rehearsal {
    const struct facts *facts;
    struct rehearsal_options options;
    char *folder, *run; /* run: where the appliances are */
    struct play play;
    struct stage_server *servers;
    size_t server_count;
    struct stage_files *files;
    size_t file_count;
    size_t at;         /* of steps, then of trusts */
    bool runs_already; /* services that the plan touches ran before it */
    bool ended;
    struct drill drill;   /* server NULL: none */
    struct strings tried; /* handshakes that held: others with the same files would as well */
    struct rehearsed told;
    struct rehearsal_sum sum;
};
struct stage_server *stage_find(struct rehearsal *rehearsal, const char *server);
/* A file on an appliance, which nobody needs after a crash. */
must_check bool rehearse_put(const char *path, const struct buffer *data, struct error *err);
/* What came out: copies the words. Good where why is "". */
void tell(struct rehearsal *rehearsal, enum rehearsed_how how, const char *server, const char *what,
          const char *why, const char *remedy);

/* One of the faults that there may be, by chance or by the date. Free with drill_free. */
must_check bool drill_choose(const struct rehearsal *rehearsal, struct drill *out,
                             struct error *err);
void drill_free(struct drill *drill);
/* What the servers have before the plan begins. */
must_check bool rehearse_seed(struct rehearsal *rehearsal, struct error *err);
/* Every service that has an identity runs with the files that deployment.conf names. */
void rehearse_services(struct rehearsal *rehearsal);
/* Each trust that a service has a part in holds after it was started anew: what is wrong is told as
 * the present step's. */
must_check bool rehearse_unbroken(struct rehearsal *rehearsal, const char *server,
                                  const struct component *component, const char *tag,
                                  struct error *err);
/* A trust of the facts, by handshakes. */
must_check bool rehearse_trust(struct rehearsal *rehearsal, const struct trust *trust,
                               struct error *err);

#endif
