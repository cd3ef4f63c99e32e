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

/* What can be made here is due where it lacks, and where it is outdated before it is sent. */
static bool is_due(const struct flow *flow, const struct identity *identity,
                   const struct lifecycle *life)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    if (*identity->key_at)
        return false;
    bool self = strcmp(identity->signer, "self") == 0;
    if (!files.key || (self && !files.leaf) || life->request.count)
        return true;
    if (!self && !files.csr && !files.leaf)
        return true;
    return is_signed_here(flow, identity) && (!files.leaf || life->life == LIFE_RENEWING);
}

static void count(const struct flow *flow, const struct identity *identity, struct states *out)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    out->by_life[life.life]++;
    out->outside += is_outside(identity);
    if (lifecycle_is_awaited(flow->facts, identity)) {
        out->awaited++;
        out->sent += *life.sent && !life.request.count;
        out->outdated += life.request.count > 0;
    }
    out->lacking += life.life != LIFE_CERTIFIED && life.life != LIFE_RENEWING;
    out->anew += life.request.count && !*identity->key_at;
    out->behind += life.life == LIFE_CERTIFIED && life.certificate.count > 0;
    out->due += is_due(flow, identity, &life);
    out->all++;
    lifecycle_free(&life);
}

const struct states *flow_states(struct flow *flow)
{
    if (!flow->states) {
        const struct deployment *d = flow->loaded ? &flow->facts->deployment : NULL;
        flow->states = xcalloc(1, sizeof *flow->states);
        flow->states->made = xcalloc(d ? d->identity_count : 0, sizeof *flow->states->made);
        for (size_t i = 0; d && i < d->identity_count; i++) {
            count(flow, &d->identities[i], flow->states);
            flow->states->made[i] = lifecycle_is_made(flow->facts, &d->identities[i]);
        }
    }
    return flow->states;
}

static char *sent_words(const struct lifecycle *life)
{
    return life->days_sent == 0   ? xstrdup("sent to the CA today")
           : life->days_sent == 1 ? xstrdup("1 day with the CA")
                                  : xformat("%d days with the CA", life->days_sent);
}

static char *outdated_words(const struct lifecycle *life)
{
    char *changes = differences_words(&life->request);
    char *words = xformat("request outdated: %s", changes);
    free(changes);
    return words;
}

char *life_words(const struct flow *flow, const struct identity *identity)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    char *words = NULL;
    switch (life.life) {
    case LIFE_NOTHING:
        words = life.key_elsewhere
                    ? xformat("key and request are made on %s: not here yet", identity->key_at)
                    : xstrdup("nothing made yet");
        break;
    case LIFE_KEY:
        words = xstrdup(strcmp(identity->signer, "self") == 0 ? "key made, no certificate yet"
                                                              : "key made, no request yet");
        break;
    case LIFE_REQUEST:
        words = xstrdup(life.outside ? "request to be sent" : "request made, to be signed here");
        break;
    case LIFE_OUTDATED:
        words = outdated_words(&life);
        break;
    case LIFE_SENT:
        words = sent_words(&life);
        break;
    case LIFE_CERTIFIED:
        words = xstrdup("");
        break;
    case LIFE_RENEWING: {
        char *how = life.request.count ? outdated_words(&life)
                    : *life.sent       ? sent_words(&life)
                                       : xstrdup("request to be sent");
        words = xformat("renewal: %s", how);
        free(how);
        break;
    }
    }
    lifecycle_free(&life);
    return words;
}

bool lacks(const struct flow *flow, const struct identity *identity)
{
    struct lifecycle life;
    lifecycle_of(flow->facts, identity, &life);
    bool due = is_due(flow, identity, &life);
    lifecycle_free(&life);
    return due;
}

const struct differences *store_differences(const struct lifecycle *life)
{
    bool certified = life->life == LIFE_CERTIFIED || life->life == LIFE_RENEWING;
    return certified && !life->request.count ? &life->certificate : &life->request;
}

bool make_is_due(struct flow *flow)
{
    return flow_states(flow)->due > 0;
}

static bool is_judged(const struct flow *flow, const struct judged *judged)
{
    long age = (long)(flow->facts->at - judged->at);
    return judged->good && age >= 0 && age <= JUDGED_SECONDS;
}

static const struct findings *judge(const struct flow *flow, enum rules_scope scope,
                                    void (*rules)(const struct facts *facts, enum rules_scope scope,
                                                  struct findings *out),
                                    struct judged *judged)
{
    if (!is_judged(flow, judged)) {
        findings_free(&judged->findings);
        rules(flow->facts, scope, &judged->findings);
        judged->good = true;
        judged->at = flow->facts->at;
    }
    return &judged->findings;
}

const struct findings *flow_findings(struct flow *flow, enum rules_scope scope)
{
    return judge(flow, scope, rules_run, &flow->judged[scope == RULES_ALL]);
}

const struct findings *flow_errors(struct flow *flow, enum rules_scope scope)
{
    struct judged *all = &flow->judged[scope == RULES_ALL];
    return is_judged(flow, all)
               ? &all->findings
               : judge(flow, scope, rules_errors, &flow->errors[scope == RULES_ALL]);
}

const struct map *flow_map(struct flow *flow)
{
    if (!flow->map) {
        flow->map = xcalloc(1, sizeof *flow->map);
        map_make(flow->facts, flow->map);
    }
    return flow->map;
}

const struct pool *flow_pool(struct flow *flow)
{
    if (!flow->pool) {
        flow->pool = xcalloc(1, sizeof *flow->pool);
        pool_add_scan(flow->pool, &flow->facts->scan);
    }
    return flow->pool;
}

const struct pool *flow_authorities(struct flow *flow)
{
    if (!flow->authorities) {
        flow->authorities = xcalloc(1, sizeof *flow->authorities);
        pool_add_authorities(flow->authorities, &flow->facts->scan);
    }
    return flow->authorities;
}

bool flow_holds(struct flow *flow, const struct held **out, struct error *err)
{
    if (!flow->looked_what_holds && !held_gather(flow->facts, &flow->holds, err))
        return false;
    flow->looked_what_holds = true;
    *out = flow->holds;
    return true;
}

void flow_forget_findings(struct flow *flow)
{
    held_free(flow->holds);
    flow->holds = NULL;
    flow->looked_what_holds = false;
    struct pool **pools[] = {&flow->pool, &flow->authorities};
    for (size_t i = 0; i < 2; i++) {
        if (*pools[i])
            pool_free(*pools[i]);
        free(*pools[i]);
        *pools[i] = NULL;
    }
    if (flow->map)
        map_free(flow->map);
    free(flow->map);
    flow->map = NULL;
    if (flow->states)
        free(flow->states->made);
    free(flow->states);
    flow->states = NULL;
    for (size_t i = 0; i < 2; i++) {
        findings_free(&flow->judged[i].findings);
        findings_free(&flow->errors[i].findings);
        flow->judged[i] = flow->errors[i] = (struct judged){0};
    }
    flow->written.good = false;
}

enum plan_written plan_state(struct flow *flow, time_t *when)
{
    char *out = flow_path(flow, "install"), *path = path_join(out, "plan.json");
    struct stat info;
    enum plan_written is = PLAN_ABSENT;
    if (flow->loaded && stat(path, &info) == 0) {
        *when = info.st_mtime;
        if (!flow->written.good ||
            memcmp(&flow->written.of, &info.st_mtim, sizeof info.st_mtim) != 0) {
            struct plan plan = {0};
            struct error ignored; /* what cannot be planned now isn't what is written */
            bool made = plan_now(flow, &plan, &ignored);
            flow->written.is = made ? plan_compare(&plan, flow->facts, out) : PLAN_OTHER;
            flow->written.of = info.st_mtim;
            flow->written.good = true;
            plan_free(&plan);
        }
        is = flow->written.is;
    }
    free(path);
    free(out);
    return is;
}
