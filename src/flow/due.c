/* What is still to be done, found out from the files each time: the map, "Go on" and the pages all
 * ask here, so that none of them says what another denies. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define JUDGED_SECONDS 60 /* findings speak of days: no need to judge anew within a minute */

bool is_outside(const struct identity *identity)
{
    return strcmp(identity->signer, "public") == 0 || strcmp(identity->signer, "internal") == 0;
}

bool is_signed_here(const struct flow *flow, const struct identity *identity)
{
    return deployment_identity(&flow->facts->deployment, identity->signer) != NULL;
}

static void count_awaited_one(const struct flow *flow, const struct identity *identity,
                              struct states *out)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    out->awaited++;
    out->sent += *life.sent && !life.request.count;
    out->outdated += life.request.count > 0;
    lifecycle_free(&life);
}

void count_states(const struct flow *flow, struct states *out)
{
    *out = (struct states){0};
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        enum life life = lifecycle_state(flow->facts, identity);
        out->by_life[life]++;
        out->outside += is_outside(identity);
        if (lifecycle_is_awaited(flow->facts, identity))
            count_awaited_one(flow, identity, out);
        out->lacking += life != LIFE_CERTIFIED && life != LIFE_RENEWING;
        out->due += lacks(flow, identity);
        out->all++;
    }
}

size_t count_awaited(const struct flow *flow)
{
    struct states states;
    count_states(flow, &states);
    return states.awaited;
}

bool lacks(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    if (*identity->key_at)
        return false;
    bool self = strcmp(identity->signer, "self") == 0;
    if (!files.key || (self && !files.leaf))
        return true;
    if (!self && !files.csr && !files.leaf)
        return true;
    return is_signed_here(flow, identity) && !files.leaf;
}

bool make_is_due(const struct flow *flow)
{
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++)
        if (lacks(flow, &flow->facts->deployment.identities[i]))
            return true;
    return false;
}

const struct findings *flow_findings(struct flow *flow, enum rules_scope scope)
{
    struct judged *judged = &flow->judged[scope == RULES_ALL];
    long age = (long)(flow->facts->at - judged->at);
    if (!judged->good || age < 0 || age > JUDGED_SECONDS) {
        findings_free(&judged->findings);
        judged->findings = (struct findings){0};
        rules_run(flow->facts, scope, &judged->findings);
        judged->good = true;
        judged->at = flow->facts->at;
    }
    return &judged->findings;
}

void flow_forget_findings(struct flow *flow)
{
    for (size_t i = 0; i < 2; i++) {
        findings_free(&flow->judged[i].findings);
        flow->judged[i] = (struct judged){0};
    }
}

static bool is_newer(const char *path, const struct timespec *than)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    return info.st_mtim.tv_sec != than->tv_sec ? info.st_mtim.tv_sec > than->tv_sec
                                               : info.st_mtim.tv_nsec > than->tv_nsec;
}

enum plan_state plan_state(const struct flow *flow, time_t *written)
{
    char *out = flow_path(flow, "install"), *book = path_join(out, "plan.json");
    struct stat info;
    enum plan_state state = PLAN_NONE;
    if (flow->loaded && stat(book, &info) == 0) {
        state = is_newer(flow->config, &info.st_mtim) ? PLAN_OLD : PLAN_FRESH;
        for (size_t i = 0; i < flow->facts->scan.count && state == PLAN_FRESH; i++) {
            char *file = path_join(flow->facts->store_path, flow->facts->scan.files[i].name);
            if (is_newer(file, &info.st_mtim))
                state = PLAN_OLD;
            free(file);
        }
        *written = info.st_mtime;
    }
    free(book);
    free(out);
    return state;
}
