#include "base/mem.h"
#include "model/template.h"
#include "pki/words.h"
#include "plan/making.h"
#include "plan/outside.h"
#include "plan/renewal.h"

#include <stdlib.h>
#include <string.h>

static const struct server *server_at(const struct making *making, size_t index)
{
    return &making->facts->deployment.servers[index];
}

const struct procedure *making_procedure(const struct making *making, const struct service *service)
{
    const struct server *server = service->server;
    size_t at = (size_t)(server - making->facts->deployment.servers);
    return &making->procedures[at][service - server->services];
}

struct step *making_step(struct making *making, enum phase phase, const struct server *server)
{
    struct plan *plan = making->plan;
    making->where = grow(making->where, plan->count, sizeof *making->where);
    making->where[plan->count] = (unsigned)(server - making->facts->deployment.servers);
    plan->steps = grow(plan->steps, plan->count, sizeof *plan->steps);
    struct step *step = &plan->steps[plan->count++];
    *step = (struct step){
        .number = (int)plan->count,
        .phase = phase,
        .server = server->name,
        .file = "",
        .upload = &strings_none,
        .command = "",
        .expect = &strings_none,
        .section = "",
        .undo = "",
        .manual = "",
        .typed = &strings_none,
        .source = SOURCE_OURS,
    };
    return step;
}

static void add_line(struct making *making, enum phase phase, const struct service *service,
                     const struct line *line)
{
    struct step *step = making_step(making, phase, service->server);
    *(line->stage == STAGE_BY_HAND ? &step->manual : &step->command) = line->text;
    step->expect = line->expect;
    step->typed = line->typed;
    step->section = line->section;
    step->undo = line->undo;
    step->service = service;
    step->stage = line->stage;
    step->effect = line->effect;
    step->api = line->api;
    step->outside = line->outside;
    step->source = line->source;
}

static void add_note(struct making *making, const struct server *server, const char *text)
{
    struct step *step = making_step(making, PHASE_CHECKS, server);
    step->manual = text;
    step->section = "4.2";
}

/* An identity's files under the names that the checks' templates have for them. */
struct pair {
    const char *key, *certificate, *anchor;
};
static bool pair_value(void *context, const char *path, struct strings *out)
{
    const struct pair *pair = context;
    const char *value = strcmp(path, "key") == 0           ? pair->key
                        : strcmp(path, "certificate") == 0 ? pair->certificate
                        : strcmp(path, "anchor") == 0      ? pair->anchor
                                                           : NULL;
    if (value)
        strings_add(out, value);
    return value != NULL;
}

static struct step *add_check(struct making *making, enum phase phase, const struct server *server,
                              const char *pattern, const struct pair *pair)
{
    struct step *step = making_step(making, phase, server);
    struct str line = {0};
    struct pair copy = pair ? *pair : (struct pair){0};
    if (!template_expand(pattern, pair_value, &copy, &line, NULL))
        abort(); /* our own pattern */
    step->command = arena_text(&making->plan->texts, str_text(&line));
    str_free(&line);
    step->stage = STAGE_OTHER;
    step->section = "4.3";
    return step;
}

/* What a check answers. */
static const struct strings *reply_of(struct arena *texts, enum word word)
{
    struct str text = {0};
    words_add(&text, word, NULL, NULL, NULL);
    const char *const line = arena_text(texts, str_text(&text));
    str_free(&text);
    return arena_list(texts, &line, 1);
}

/* The pair's two checks; what is signed by itself is verified with itself. */
static void add_pair(struct making *making, enum phase phase, const struct server *server,
                     const struct use *use, const char *certificate)
{
    const struct pair pair = {.key = identity_key(use->identity),
                              .certificate = certificate,
                              .anchor = use->anchor ? use->anchor : certificate};
    add_check(making, phase, server, "pki match {key} {certificate}", &pair)->expect =
        making->matched;
    add_check(making, phase, server, "pki verify {certificate} {anchor}", &pair)->expect =
        making->verified;
}

void making_list(struct making *making, enum phase phase, const struct server *server,
                 const struct strings *names)
{
    struct step *list = add_check(making, phase, server, "pki list", NULL);
    list->expect = names;
    list->source = SOURCE_FIELD;
    list->section = "4.2";
}

void making_pairs(struct making *making, enum phase phase, const struct server *server,
                  const struct server_files *files)
{
    for (size_t i = 0; i < files->use_count; i++) {
        const struct use *use = &files->uses[i];
        if (use->key && use->certificate)
            add_pair(making, phase, server, use, use->identity->certificate_file);
        bool is_told = use->certificate &&
                       strcmp(use->identity->certificate_file, use->identity->fullchain_file) == 0;
        if (use->key && use->fullchain && !is_told)
            add_pair(making, phase, server, use, use->identity->fullchain_file);
    }
}

static void add_checks(struct making *making, const struct server *server,
                       const struct server_files *files, const struct server_texts *texts)
{
    const struct strings *names = texts->upload;
    if (names->count) {
        struct step *upload = making_step(making, PHASE_CHECKS, server);
        upload->upload = names;
        upload->file = arena_format(&making->plan->texts, "%s/upload.sftp", server->name);
        upload->section = "4.2";
        ship_known(making, server, names);
    }
    for (size_t i = 0; i < texts->notes->count; i++)
        add_note(making, server, texts->notes->items[i]);
    making_list(making, PHASE_CHECKS, server, names);
    making_pairs(making, PHASE_CHECKS, server, files);
}

/* A line of a service in that phase: one to type into its turn, or one that a person sees to. */
static bool is_of(const struct line *line, enum phase phase, bool by_hand)
{
    return line->phase == phase && (line->stage == STAGE_BY_HAND) == by_hand;
}

static void add_lines(struct making *making, enum phase phase, const struct service *service)
{
    const struct procedure *procedure = making_procedure(making, service);
    for (size_t i = 0; i < procedure->count; i++)
        if (is_of(&procedure->lines[i], phase, false))
            add_line(making, phase, service, &procedure->lines[i]);
}

/* What a person does by hand in a phase: round by round, a line of the component's file on each of
 * its servers before the next line on any. */
struct round {
    const struct service *service;
    const struct line *line;
};
struct rounds {
    struct round *items;
    size_t count;
};

static int compare_rounds(const void *a, const void *b)
{
    const struct round *x = a, *y = b;
    if (x->line->rank != y->line->rank)
        return x->line->rank < y->line->rank ? -1 : 1;
    return (x->service->index > y->service->index) - (x->service->index < y->service->index);
}

static void rounds_gather(const struct making *making, enum phase phase, bool api,
                          const struct service *service, struct rounds *out)
{
    const struct procedure *procedure = making_procedure(making, service);
    for (size_t i = 0; i < procedure->count; i++) {
        const struct line *line = &procedure->lines[i];
        if (!is_of(line, phase, true) || line->api != api)
            continue;
        out->items = grow(out->items, out->count, sizeof *out->items);
        out->items[out->count++] = (struct round){service, line};
    }
}

/* A kind's rounds begin when the last of its services has had its turn. */
static void add_rounds(struct making *making, enum phase phase, bool api,
                       const struct component *component)
{
    const struct kind *kind = deployment_kind(&making->facts->deployment, component);
    struct rounds rounds = {0};
    for (size_t i = 0; i < kind->count; i++)
        rounds_gather(making, phase, api, kind->services[i], &rounds);
    if (rounds.count)
        qsort(rounds.items, rounds.count, sizeof *rounds.items, compare_rounds);
    for (size_t i = 0; i < rounds.count; i++)
        add_line(making, phase, rounds.items[i].service, rounds.items[i].line);
    free(rounds.items);
}

struct phasing {
    const struct making *making;
    enum phase phase;
};

static bool is_wanted(const void *context, const struct service *service)
{
    const struct phasing *phasing = context;
    const struct procedure *procedure = making_procedure(phasing->making, service);
    for (size_t i = 0; i < procedure->count; i++)
        if (is_of(&procedure->lines[i], phasing->phase, false))
            return true;
    return false;
}

/* A reader that takes its wide lists with its own new pair comes before those whom they are for. */
static bool is_joined(const void *context, const struct service *service)
{
    const struct phasing *phasing = context;
    return phasing->making->changes->services[service->index].joined;
}

static bool is_held_up(const void *context, const struct service *service)
{
    const struct phasing *phasing = context;
    return phasing->making->changes->services[service->index].waits > 0;
}

static void let_go(void *context, const struct service *service)
{
    const struct phasing *phasing = context;
    struct changes *changes = phasing->making->changes;
    if (changes->services[service->index].joined)
        changes_let_go(changes, service);
}

/* How many services of each component are still to have their turn. */
static size_t *count_kinds(const struct order *order, const struct catalogue *catalogue)
{
    size_t *left = xcalloc(catalogue->count + 1, sizeof *left);
    for (size_t i = 0; i < order->count; i++)
        for (size_t k = 0; k < order->turns[i].count; k++)
            left[order->turns[i].services[k]->component - catalogue->components]++;
    return left;
}

static bool add_turn(struct making *making, enum phase phase, const struct turn *turn, size_t *left,
                     struct error *err)
{
    const struct component *components = making->facts->catalogue->components;
    size_t at = (size_t)(turn->server - making->facts->deployment.servers);
    bool ahead = phase == PHASE_BUILDING && making->appliances[at].ahead;
    if (!ahead && !ship_turn(making, phase, phase, turn, err))
        return false;
    for (size_t i = 0; i < turn->count; i++)
        add_lines(making, phase, turn->services[i]);
    for (size_t i = 0; i < turn->count; i++)
        if (--left[turn->services[i]->component - components] == 0)
            add_rounds(making, phase, false, turn->services[i]->component);
    return true;
}

/* What has been done brings those forward who waited for it. */
static bool add_phase(struct making *making, enum phase phase, struct error *err)
{
    const struct deployment *deployment = &making->facts->deployment;
    const struct catalogue *catalogue = making->facts->catalogue;
    struct phasing phasing = {making, phase};
    struct order_rules rules = {.wanted = is_wanted, .context = &phasing};
    if (phase == PHASE_SERVICES && making->plan->renewal) {
        rules.early = is_joined;
        rules.held_up = is_held_up;
        rules.done = let_go;
    }
    struct order order;
    if (!order_make_by(deployment->servers, deployment->server_count, &rules, &order, err))
        return false;
    size_t *left = count_kinds(&order, catalogue);
    bool *turned = xcalloc(catalogue->count + 1, sizeof *turned);
    for (size_t i = 0; i < catalogue->count; i++)
        turned[i] = left[i] > 0;
    bool good = true;
    for (size_t i = 0; good && i < order.count; i++)
        good = add_turn(making, phase, &order.turns[i], left, err);
    for (size_t i = 0; i < catalogue->count; i++)
        if (!turned[i]) /* by hand alone */
            add_rounds(making, phase, false, &catalogue->components[i]);
    for (size_t i = 0; phase != PHASE_SERVICES && i < catalogue->count; i++)
        add_rounds(making, phase, true, &catalogue->components[i]);
    free(left);
    free(turned);
    order_free(&order);
    return good;
}

/* The API is told at the very end: a Call Bridge that joins a database forgets what it knew. */
static void add_calls(struct making *making)
{
    const struct catalogue *catalogue = making->facts->catalogue;
    size_t count = making->plan->count;
    enum phase last = PHASE_SERVICES;
    if (count && making->plan->steps[count - 1].phase > last)
        last = making->plan->steps[count - 1].phase;
    for (size_t i = 0; i < catalogue->count; i++)
        add_rounds(making, PHASE_SERVICES, true, &catalogue->components[i]);
    for (; count < making->plan->count; count++)
        making->plan->steps[count].phase = last;
}

static bool has_work(const struct making *making, size_t index)
{
    for (size_t i = 0; i < server_at(making, index)->service_count; i++)
        if (making->procedures[index][i].count)
            return true;
    return false;
}

/* Some service there is installed as for the first time. */
static bool has_new(const struct making *making, size_t index)
{
    for (size_t i = 0; i < server_at(making, index)->service_count; i++)
        if (making->procedures[index][i].count && !making->procedures[index][i].renews)
            return true;
    return false;
}

static void add_phases_before(struct making *making)
{
    size_t count = making->facts->deployment.server_count;
    for (size_t i = 0; making->options->base && i < count; i++)
        for (size_t k = 0; k < server_at(making, i)->service_count; k++)
            add_lines(making, PHASE_BASE, &server_at(making, i)->services[k]);
    for (size_t i = 0; i < count; i++)
        if (has_new(making, i))
            add_checks(making, server_at(making, i), &making->files[i], &making->texts[i]);
}

/* A step of a turn: a command, or what is uploaded for its commands. */
static bool is_turned(const struct step *step)
{
    return *step->command || (step->upload->count && !*step->file);
}

/* The file of a server's present turn. */
struct named {
    unsigned turn;
    const char *file;
};

static const char *turn_file(struct arena *texts, const char *server, unsigned turns, unsigned turn,
                             struct named *named)
{
    if (named->turn != turn)
        named->file = turns == 1 ? arena_format(texts, "%s/commands.mmp", server)
                                 : arena_format(texts, "%s/commands-%u.mmp", server, turn);
    named->turn = turn;
    return named->file;
}

/* Gives each command its file. A turn lasts until another server's command, or until a person has
 * to do something in between; where something that runs is touched it ends with its phase, too. Its
 * file is commands.mmp where the server has no other turn. */
static void name_turns(struct making *making)
{
    struct plan *plan = making->plan;
    size_t count = making->facts->deployment.server_count, last = count;
    unsigned *turns = xcalloc(count + 1, sizeof *turns);
    unsigned *turn = xcalloc(plan->count + 1, sizeof *turn);
    for (size_t i = 0; i < plan->count; i++) {
        if (*plan->steps[i].manual)
            last = count;
        if (plan->renewal && i && plan->steps[i].phase != plan->steps[i - 1].phase)
            last = count;
        if (!is_turned(&plan->steps[i]))
            continue;
        size_t at = making->where[i];
        turn[i] = turns[at] += at != last;
        last = at;
    }
    struct named *named = xcalloc(count + 1, sizeof *named);
    for (size_t i = 0; i < plan->count; i++) {
        size_t at = making->where[i];
        if (*plan->steps[i].command)
            plan->steps[i].file =
                turn_file(&plan->texts, plan->steps[i].server, turns[at], turn[i], &named[at]);
    }
    free(named);
    ship_files(making, turns, turn);
    free(turns);
    free(turn);
}

static const struct strings *sorted(struct arena *texts, const struct strings *list)
{
    struct strings *copy = arena_list(texts, (const char *const *)list->items, list->count);
    strings_sort(copy);
    return copy;
}

static void add_servers(struct making *making)
{
    struct plan *plan = making->plan;
    size_t count = making->facts->deployment.server_count;
    making->servers = xcalloc(count + 1, sizeof(void *));
    plan->servers = xcalloc(count + 1, sizeof *plan->servers);
    for (size_t i = 0; i < count; i++) {
        if (!has_work(making, i))
            continue;
        struct plan_server *server = &plan->servers[plan->server_count++];
        making->servers[i] = server;
        server->name = server_at(making, i)->name;
        server->files = sorted(&plan->texts, making->texts[i].upload);
    }
}

/* A server's name is a folder of install/, its address a word of a command. */
static bool check_server(const struct server *server, struct error *err)
{
    const char *name = server->name;
    char *place = xformat("server \"%s\"", name);
    bool good = value_check(place, "the name", name, err) &&
                value_check(place, "the address", server->address, err);
    if (good && (!*name || *name == '.' || *name == '-' || strpbrk(name, "/:[]") ||
                 strcmp(name, "RUNBOOK.md") == 0 || strcmp(name, "plan.json") == 0))
        good = error_set(err, STATUS_NO, place, "use letters, digits and hyphens",
                         "that name cannot be a folder of the installation");
    for (size_t i = 0; good && i < server->service_count; i++)
        good = value_check(place, "the service", server->services[i].name, err);
    free(place);
    return good;
}

/* A file's name as the plan keeps it: an identity's own where it is one of its files. */
static const char *kept_name(struct arena *texts, const struct server_files *files,
                             const char *name)
{
    for (size_t i = 0; i < files->use_count; i++) {
        const struct identity *identity = files->uses[i].identity;
        const char *const own[] = {identity->key_file, identity->certificate_file,
                                   identity->bundle_file, identity->fullchain_file};
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            if (strcmp(own[k], name) == 0)
                return own[k];
    }
    return arena_text(texts, name);
}

static const struct strings *kept_names(struct arena *texts, const struct server_files *files)
{
    struct strings *names =
        arena_list(texts, (const char *const *)files->upload.items, files->upload.count);
    for (size_t i = 0; i < names->count; i++)
        names->items[i] = (char *)kept_name(texts, files, names->items[i]);
    return names;
}

static bool fill_server(struct making *making, size_t index, struct error *err)
{
    const struct server *server = server_at(making, index);
    struct arena *texts = &making->plan->texts;
    making->procedures[index] = xcalloc(server->service_count + 1, sizeof(struct procedure));
    if (!check_server(server, err))
        return false;
    for (size_t i = 0; i < server->service_count; i++) {
        const struct service *service = &server->services[i];
        bool in_place = making->changes->services[service->index].in_place;
        struct procedure *procedure = &making->procedures[index][i];
        if (in_place ? !renewal_procedure(making->changes, service, texts, procedure, err)
                     : !merge_service(making->facts, service, texts, procedure, err))
            return false;
        if (!making->plan->renewal) /* whose outsiders get lines of their own later */
            procedure_fit(procedure);
    }
    struct server_files *files = &making->files[index];
    if (!files_gather(making->facts, &making->cas, server, making->procedures[index], files, err))
        return false;
    making->texts[index].upload = kept_names(texts, files);
    making->texts[index].notes = arena_strings(texts, &files->notes);
    strings_free(&files->upload);
    strings_free(&files->notes);
    for (size_t i = 0; i < server->service_count; i++)
        strings_free(&making->procedures[index][i].holes);
    return true;
}

static void making_free(struct making *making)
{
    for (size_t i = 0; i < making->facts->deployment.server_count; i++) {
        for (size_t k = 0; making->procedures[i] && k < server_at(making, i)->service_count; k++)
            procedure_free(&making->procedures[i][k]);
        free(making->procedures[i]);
        server_files_free(&making->files[i]);
    }
    ship_free(making);
    free(making->servers);
    free(making->procedures);
    free(making->where);
    free(making->cas.items);
    free(making->files);
    free(making->texts);
}

/* Each phase's steps. A cluster that has to be taken apart is left whole until the others have had
 * their turn, where they need one: it is down the shorter. */
static bool add_phases(struct making *making, struct error *err)
{
    struct plan *plan = making->plan;
    if (!making->plan->renewal)
        return add_phase(making, PHASE_REMOVAL, err) && add_phase(making, PHASE_SERVICES, err) &&
               add_phase(making, PHASE_BUILDING, err);
    bool good = add_phase(making, PHASE_WIDENING, err);
    size_t before = plan->count;
    good = good && add_phase(making, PHASE_SERVICES, err);
    bool others = plan->count > before;
    size_t removal = plan->count;
    good = good && ship_ahead(making, err) && add_phase(making, PHASE_REMOVAL, err);
    for (size_t i = removal; others && i < plan->count; i++)
        plan->steps[i].phase = PHASE_BUILDING;
    return good && add_phase(making, PHASE_BUILDING, err) &&
           add_phase(making, PHASE_NARROWING, err);
}

static void add_outside(struct making *making)
{
    struct procedure **by_index = xcalloc(making->changes->count + 1, sizeof(void *));
    for (size_t i = 0; i < making->facts->deployment.server_count; i++)
        for (size_t k = 0; k < server_at(making, i)->service_count; k++)
            by_index[server_at(making, i)->services[k].index] = &making->procedures[i][k];
    outside_lines(making->changes, by_index, &making->plan->texts);
    free(by_index);
}

static struct renewal_plan *renewal_make(const struct facts *facts,
                                         const struct plan_options *options)
{
    struct renewal_plan *renewal = xcalloc(1, sizeof *renewal);
    renewal->facts = *facts;
    renewal->held = options->all ? NULL : options->held;
    renewal->facts.deployment.in_place = renewal->held != NULL;
    changes_make(&renewal->facts, renewal->held, options->all, &renewal->changes);
    return renewal;
}

static void renewal_free(struct renewal_plan *renewal)
{
    if (renewal)
        changes_free(&renewal->changes);
    free(renewal);
}

bool plan_make(const struct facts *facts, const struct plan_options *options, struct plan *out,
               struct error *err)
{
    *out = (struct plan){0};
    size_t count = facts->deployment.server_count;
    struct renewal_plan *renewal = renewal_make(facts, options);
    struct making making = {.facts = &renewal->facts, .options = options, .plan = out};
    making.changes = &renewal->changes;
    making.procedures = xcalloc(count + 1, sizeof *making.procedures);
    making.files = xcalloc(count + 1, sizeof *making.files);
    making.texts = xcalloc(count + 1, sizeof *making.texts);
    making.matched = reply_of(&out->texts, WORD_MATCH);
    making.verified = reply_of(&out->texts, WORD_VERIFIED);
    making.appliances = xcalloc(count + 1, sizeof *making.appliances);
    ca_keys_find(facts, &making.cas);
    if (renewal->held || renewal->changes.any)
        out->renewal = renewal;
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        good = fill_server(&making, i, err);
    if (good && renewal->held)
        add_outside(&making);
    if (good) {
        add_servers(&making);
        add_phases_before(&making);
        good = add_phases(&making, err);
    }
    if (good) {
        add_calls(&making);
        name_turns(&making);
    }
    making_free(&making);
    if (!out->renewal)
        renewal_free(renewal);
    if (!good)
        plan_free(out);
    return good;
}

void plan_free(struct plan *plan)
{
    free(plan->steps);
    for (size_t i = 0; i < plan->server_count; i++)
        free(plan->servers[i].extras);
    free(plan->servers);
    renewal_free(plan->renewal);
    arena_free(&plan->texts);
    *plan = (struct plan){0};
}
