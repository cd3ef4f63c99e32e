/* What a plan takes for granted: interfaces and domains (guide, chapter 4), and whole services that
 * are in place already. */
#include "base/file.h"
#include "base/mem.h"
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

/* A file of the store lies on the server since then; one that is not here lacks there, too. */
static bool lay_file(const struct facts *facts, struct appliance *appliance, const char *name,
                     struct error *err)
{
    char *from = path_join(facts->store_path, name);
    char *to = path_join(appliance_folder(appliance), name);
    struct buffer data = {0};
    bool good = !file_read(from, &data, NULL) || rehearse_put(to, &data, err);
    buffer_free(&data);
    free(from);
    free(to);
    return good;
}

static bool seed_step(struct rehearsal *rehearsal, const struct step *step, struct error *err)
{
    struct stage_server *server = stage_find(rehearsal, step->server);
    bool in_place = step->service && step->service->installed;
    bool base = step->phase == PHASE_BASE && !rehearsal->play.has_base;
    if (!server || !(in_place || base))
        return true;
    bool good = true;
    for (size_t i = 0; good && i < step->typed.count; i++)
        good = type_quietly(server->appliance, step->typed.items[i], err);
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

bool rehearse_seed(struct rehearsal *rehearsal, struct error *err)
{
    const struct facts *facts = rehearsal->facts;
    bool installed = has_installed(facts);
    const struct plan_options options = {.base = true, .all = installed};
    struct plan plan = {0};
    bool good = plan_make(facts, &options, &plan, err);
    for (size_t i = 0; good && i < facts->deployment.server_count; i++)
        good = assume(rehearsal, &facts->deployment.servers[i], err);
    for (size_t i = 0; good && installed && i < plan.server_count; i++) {
        struct stage_server *server = stage_find(rehearsal, plan.servers[i].name);
        for (size_t j = 0; good && server && j < plan.servers[i].files.count; j++)
            good = lay_file(facts, server->appliance, plan.servers[i].files.items[j], err);
    }
    for (size_t i = 0; good && i < plan.count; i++)
        good = seed_step(rehearsal, &plan.steps[i], err);
    plan_free(&plan);
    return good;
}
