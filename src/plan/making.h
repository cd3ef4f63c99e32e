#ifndef PLAN_MAKING_H
#define PLAN_MAKING_H

#include "plan/change.h"
#include "plan/files.h"
#include "plan/merge.h"
#include "plan/order.h"
#include "plan/plan.h"

/* A plan while it is made. */

/* What lies on an appliance under a name. */
struct holding {
    const char *name;
    const struct store_file *file; /* as one of the store, or of what was held; NULL: */
    const struct cert_set *certs;
    const struct str *text; /* of certs */
    bool held;              /* since before this plan */
    bool kept;              /* and goes into back/ already */
};
struct appliance {
    bool known;
    bool ahead; /* what its rebuilding needs lies there, checked, before anything is taken apart */
    struct holding *files;
    size_t count;
};
/* The files of an upload within a turn. */
struct shipment {
    size_t step;
    const struct need **items;
    size_t count;
};
struct server_texts {
    const struct strings *upload, *notes;
};
struct making {
    const struct facts *facts;
    const struct plan_options *options;
    struct changes *changes;
    struct procedure **procedures; /* one array a server, one procedure a service */
    struct server_files *files;    /* one a server; of them the plan keeps: */
    struct server_texts *texts;
    const struct strings *matched, *verified; /* the replies of a pair's two checks */
    struct appliance *appliances;             /* one a server */
    struct shipment *shipments;
    size_t shipment_count;
    struct strings fetches; /* what to fetch before the present upload */
    struct ca_keys cas;
    struct plan *plan;
    struct plan_server **servers; /* the plan's, by the deployment's; NULL: nothing to do there */
    unsigned *where;              /* the server's number, one a step */
};

struct step *making_step(struct making *making, enum phase phase, const struct server *server);
/* `pki list`, looking for those names. */
void making_list(struct making *making, enum phase phase, const struct server *server,
                 const struct strings *names);
/* The checks of the pairs. */
void making_pairs(struct making *making, enum phase phase, const struct server *server,
                  const struct server_files *files);
const struct procedure *making_procedure(const struct making *making,
                                         const struct service *service);

/* What the turn's lines of that phase need and the appliance has not, uploaded and checked before
 * anything is stopped; at: the phase in which that is done. */
must_check bool ship_turn(struct making *making, enum phase phase, enum phase at,
                          const struct turn *turn, struct error *err);
/* The same for what has to be taken apart: everywhere, before the first one goes. */
must_check bool ship_ahead(struct making *making, struct error *err);
/* An upload of the first phase. */
void ship_known(struct making *making, const struct server *server, const struct strings *names);
/* Below the servers' folders: files-N/ and back/, when each turn has its number. */
void ship_files(struct making *making, const unsigned *turns, const unsigned *turn);
void ship_free(struct making *making);

#endif
