/* What a plan takes for granted: interfaces and domains (guide, chapter 4), and whole services that
 * are in place already. */
#include "base/file.h"
#include "base/mem.h"
#include "model/held.h"
#include "ops/rehearsing.h"
#include "plan/plan.h"
#include "store/read.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* Lines that were typed long ago: what they answer is nobody's concern now. */
static bool type_quietly(struct appliance *appliance, const char *line, struct error *err)
{
    struct appliance_reply reply;
    appliance_line(appliance, line, &reply);
    bool good = reply.verdict != APPLIANCE_FAILED;
    if (!good)
        *err = reply.error;
    appliance_reply_free(&reply);
    return good;
}

/* Where what lies on the servers is read: the store, or what it had before a renewal began. */
struct before {
    const struct facts *facts;
    const struct held *held; /* NULL: the store */
};

/* A file of the store lies on the server since then; one that is not here lacks there, too. */
static bool lay_file(const struct before *before, struct appliance *appliance, const char *name,
                     const char *as, struct error *err)
{
    char *from = path_join(before->facts->store_path, name);
    char *to = path_join(appliance_folder(appliance), as);
    struct buffer data = {0};
    bool there =
        before->held ? held_read(before->held, name, &data, NULL) : file_read(from, &data, NULL);
    bool good = !there || rehearse_put(to, &data, err);
    buffer_free(&data);
    free(from);
    free(to);
    return good;
}

/* Keys that never leave their servers: their certificates stand for them. */
static bool lay_stand_ins(struct rehearsal *rehearsal, const struct before *before,
                          struct error *err)
{
    const struct deployment *d = &before->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++)
        for (size_t j = 0; j < d->identities[i].key_servers.count; j++) {
            const struct identity *identity = &d->identities[i];
            struct stage_server *stage = stage_find(rehearsal, identity->key_servers.items[j]);
            if (!stage)
                continue;
            appliance_stand_in(stage->appliance, identity_key(identity));
            if (!lay_file(before, stage->appliance, identity->certificate_file,
                          identity_key(identity), err))
                return false;
        }
    return true;
}

static bool seed_step(struct rehearsal *rehearsal, const struct step *step, bool whole,
                      struct error *err)
{
    struct stage_server *server = stage_find(rehearsal, step->server);
    bool in_place = whole || (step->service && step->service->installed);
    bool base = step->phase == PHASE_BASE && !rehearsal->play.has_base;
    if (!server || !(in_place || base))
        return true;
    bool good = true;
    for (size_t i = 0; good && i < step->typed->count; i++)
        good = type_quietly(server->appliance, step->typed->items[i], err);
    return good && (!*step->command || type_quietly(server->appliance, step->command, err));
}

/* What comes first: services that were created by a line which no plan types again, and those that
 * run already with nothing of the plan's. */
static bool assume(struct rehearsal *rehearsal, const struct server *server, struct error *err)
{
    struct stage_server *stage = stage_find(rehearsal, server->name);
    for (size_t i = 0; stage && i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        const char *kind = service->component->kind;
        if (!(service->installed ? appliance_assume(stage->appliance, kind, service->name, err)
                                 : appliance_enable(stage->appliance, kind, service->name, err)))
            return false;
    }
    return true;
}

static bool has_installed(const struct facts *facts)
{
    for (size_t i = 0; i < facts->deployment.server_count; i++)
        for (size_t j = 0; j < facts->deployment.servers[i].service_count; j++)
            if (facts->deployment.servers[i].services[j].installed)
                return true;
    return false;
}

static bool lay_files(struct rehearsal *rehearsal, const struct before *before,
                      const struct plan *plan, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < plan->server_count; i++) {
        struct stage_server *server = stage_find(rehearsal, plan->servers[i].name);
        for (size_t j = 0; good && server && j < plan->servers[i].files->count; j++)
            good = lay_file(before, server->appliance, plan->servers[i].files->items[j],
                            plan->servers[i].files->items[j], err);
    }
    return good;
}

/* whole: everything that the facts have was installed before, as a plan of all of it does. */
static bool seed(struct rehearsal *rehearsal, const struct before *before, bool whole,
                 struct error *err)
{
    const struct plan_options options = {.base = true, .all = rehearsal->runs_already};
    struct plan plan = {0};
    bool good = plan_make(before->facts, &options, &plan, err);
    for (size_t i = 0; good && i < before->facts->deployment.server_count; i++)
        good = assume(rehearsal, &before->facts->deployment.servers[i], err);
    if (good && rehearsal->runs_already)
        good = lay_files(rehearsal, before, &plan, err);
    good = good && lay_stand_ins(rehearsal, before, err);
    for (size_t i = 0; good && i < plan.count; i++)
        /* what is asked back at a cluster that never was has no answer here */
        if (!(whole && plan.steps[i].phase == PHASE_REMOVAL))
            good = seed_step(rehearsal, &plan.steps[i], whole, err);
    plan_free(&plan);
    return good;
}

/* deployment.conf has the next key's name already, where that key was made on its server. What the
 * servers hold goes with another key: where its name is not known, it is called otherwise here. */
static void name_old_keys(const struct held *held)
{
    struct deployment *d = &held->facts->deployment;
    for (size_t i = 0; i < held->count; i++)
        for (size_t j = 0; held->identities[i].new_key && j < d->identity_count; j++) {
            struct identity *identity = &d->identities[j];
            if (strcmp(identity->name, held->identities[i].identity->name) != 0 ||
                !identity->key_servers.count ||
                (identity->key_in_use && strcmp(identity->key_in_use, identity->key_file) != 0))
                continue;
            free(identity->key_in_use);
            identity->key_in_use = xformat("%s-was.key", identity->name);
        }
}

bool rehearse_seed(struct rehearsal *rehearsal, struct error *err)
{
    struct held *held = NULL;
    if (!held_gather(rehearsal->facts, &held, err))
        return false;
    const struct before before = {held ? held->facts : rehearsal->facts, held};
    const struct before now = {rehearsal->facts, NULL};
    rehearsal->runs_already = held || has_installed(rehearsal->facts);
    if (held)
        name_old_keys(held);
    bool good = seed(rehearsal, &before, held != NULL, err) &&
                (!held || lay_stand_ins(rehearsal, &now, err));
    held_free(held);
    return good;
}
