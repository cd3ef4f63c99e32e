#include "ops/upgrade.h"

#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/required.h"
#include "model/template.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

/* What is known to go or to come with a release (217062, 221698, 225405). */
static const char *const releases[] = {"3.0", "3.1", "3.8", "3.12"};

/* One look from both sides. */
struct view {
    const struct facts *now, *then;
    const char *from, *to;
    struct upgrade *out;
};

static bool is_later(const char *release, const char *than)
{
    char *bound = xstrdup(than);
    const struct release until = {.until = bound};
    bool later = !release_in(&until, release);
    free(bound);
    return later;
}

void upgrade_releases(const char *release, struct strings *out)
{
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (is_later(releases[i], release))
            strings_add(out, releases[i]);
}

static struct upgrade_step *add(const struct view *v, enum upgrade_part part,
                                const struct service *service, char *why)
{
    struct upgrade *upgrade = v->out;
    upgrade->steps = grow(upgrade->steps, upgrade->count, sizeof *upgrade->steps);
    struct upgrade_step *step = &upgrade->steps[upgrade->count++];
    *step = (struct upgrade_step){
        .part = part,
        .place = service ? xformat("%s %s", service->server->name, service->name) : xstrdup(""),
        .why = why};
    return step;
}

static void take(struct strings *list, char *text)
{
    strings_add_take(list, text);
}

static char *quoted(const char *value)
{
    struct str text = {0};
    conf_quote(value, &text);
    return str_take(&text);
}

static bool goes(const struct view *v, const struct component *component)
{
    return release_in(&component->release, v->from) && !release_in(&component->release, v->to);
}

/* What it is to be signed by: the one that signs its forerunner, where the slot may have that. */
static const char *signer_of(const struct view *v, const struct service *old,
                             const struct slot *slot)
{
    for (size_t i = 0; i < old->component->slot_count; i++) {
        const struct identity *before =
            service_identity(&v->now->deployment, old, &old->component->slots[i]);
        bool listed = before && deployment_identity(&v->now->deployment, before->signer) != NULL;
        for (size_t j = 0; before && j < slot->signer_count; j++)
            listed = listed || strcmp(slot->signers[j].name, before->signer) == 0;
        if (listed)
            return before->signer;
    }
    return "internal";
}

/* The names that the slot's templates make of what the forerunner has; false: it lacks one. */
static bool names_of(const struct view *v, const struct service *old, const struct slot *slot,
                     struct strings *out)
{
    service_expand(&v->now->deployment, old, slot->cn, out);
    bool whole = out->count == 1;
    for (size_t i = 0; whole && i < slot->sans.count; i++) {
        struct strings more = {0};
        service_expand(&v->now->deployment, old, slot->sans.items[i], &more);
        for (size_t j = 0; j < more.count; j++)
            strings_add_new(out, more.items[j]);
        strings_free(&more);
    }
    return whole;
}

static char *own_name(const struct service *old, const struct component *heir,
                      const struct slot *slot)
{
    return heir->slot_count == 1 ? xformat("%s-%s", heir->kind, old->server->name)
                                 : xformat("%s-%s-%s", heir->kind, slot->name, old->server->name);
}

static void add_identity(const struct view *v, const struct service *old, const struct slot *slot,
                         const char *name, const struct strings *names, struct upgrade_step *step)
{
    const char *signer = signer_of(v, old, slot);
    struct str text = {0};
    char *cn = quoted(names->items[0]), *by = quoted(signer);
    str_addf(&text, "add identity \"%s\" { CN = %s", name, cn);
    for (size_t i = 1; i < names->count; i++) {
        char *san = quoted(names->items[i]);
        str_addf(&text, "%s%s", i == 1 ? " subjectAltName = { " : ", ", san);
        free(san);
    }
    str_addf(&text, "%s signer = %s } to deployment.conf", names->count > 1 ? " }" : "", by);
    take(&step->does, str_take(&text));
    free(by);
    free(cn);
}

/* Where the heir listens by itself the forerunner does already. */
static bool is_taken(const struct view *v, const struct service *old, const struct ask *ask)
{
    bool taken = false;
    for (size_t i = 0; *ask->instead && !taken && i < old->component->ask_count; i++) {
        const struct ask *other = &old->component->asks[i];
        struct strings values = {0};
        taken = (other->type == ANSWER_LISTEN || other->type == ANSWER_LISTENS) &&
                service_value(&v->now->deployment, old, other->name, &values) &&
                strings_has(&values, ask->initial);
        strings_free(&values);
    }
    return taken;
}

/* What is asked of both kinds alike, but for ports: side by side each needs its own. */
static void add_options(const struct view *v, const struct service *old,
                        const struct component *heir, struct str *text)
{
    for (size_t i = 0; i < heir->ask_count; i++) {
        const struct ask *ask = &heir->asks[i];
        const struct strings *values = service_option(old, ask->name);
        if (is_taken(v, old, ask))
            str_addf(text, " %s = { \"%s\" }", ask->name, ask->instead);
        if (!values || values->count != 1 || ask->type != ANSWER_HOST)
            continue;
        char *value = quoted(values->items[0]);
        str_addf(text, " %s = %s", ask->name, value);
        free(value);
    }
}

static bool signs_here(const struct view *v, const struct service *old, const struct slot *slot)
{
    return deployment_identity(&v->now->deployment, signer_of(v, old, slot)) != NULL;
}

/* The heir beside its forerunner, while the present release runs: its identities, its service, and
 * the way to its certificates. */
static bool is_whole(const struct view *v, const struct service *old, const struct component *heir)
{
    bool whole = true;
    for (size_t i = 0; whole && i < heir->slot_count; i++) {
        struct strings names = {0};
        whole = names_of(v, old, &heir->slots[i], &names);
        strings_free(&names);
    }
    return whole;
}

static void add_heir(const struct view *v, const struct service *old, const struct component *heir)
{
    struct upgrade_step *step =
        add(v, UPGRADE_READY, old,
            xformat("%s goes, and %s takes its place: it is put beside it while %s still runs",
                    old->component->title, heir->title, v->from));
    struct str service = {0};
    struct strings made = {0}, sent = {0}, here = {0};
    for (size_t i = 0; i < heir->slot_count; i++) {
        const struct slot *slot = &heir->slots[i];
        struct strings names = {0};
        char *name = own_name(old, heir, slot);
        if (names_of(v, old, slot, &names))
            add_identity(v, old, slot, name, &names, step);
        str_addf(&service, " %s = \"%s\"", slot->name, name);
        strings_add(signs_here(v, old, slot) ? &here : &sent, name);
        strings_add_take(&made, name);
        strings_free(&names);
    }
    add_options(v, old, heir, &service);
    take(&step->does, xformat("add service \"%s\" {%s } to server \"%s\" of deployment.conf",
                              heir->kind, str_text(&service), old->server->name));
    char *all = strings_join(&made, " ");
    take(&step->does, xformat("certwright generate %s", all));
    free(all);
    char *signed_here = strings_join(&here, " ");
    if (here.count)
        take(&step->does, xformat("certwright sign %s", signed_here));
    free(signed_here);
    for (size_t i = 0; i < sent.count; i++)
        take(&step->does, xformat("send %s.csr to the CA", sent.items[i]));
    if (sent.count)
        take(&step->does, xstrdup("certwright import what it returns"));
    take(&step->does, xstrdup("certwright plan"));
    str_free(&service);
    strings_free(&here);
    strings_free(&sent);
    strings_free(&made);
}

/* The kind that replaces what goes, where the deployment has none of it yet: beside each service
 * that says how it is to be called; where none does, a person decides. */
static void add_heirs(const struct view *v)
{
    const struct deployment *d = &v->now->deployment;
    const struct component *lacking = NULL;
    const struct service *first = NULL;
    size_t before = v->out->count;
    for (size_t i = 0; i < v->now->catalogue->count; i++) {
        const struct component *component = &v->now->catalogue->components[i];
        const struct component *heir = catalogue_find(v->now->catalogue, component->replaced_by);
        const struct kind *kind = deployment_kind(d, component);
        if (!heir || !goes(v, component) || !kind->count || deployment_kind(d, heir)->count)
            continue;
        lacking = heir;
        first = first ? first : kind->services[0];
        for (size_t j = 0; release_in(&heir->release, v->from) && j < kind->count; j++)
            if (is_whole(v, kind->services[j], heir))
                add_heir(v, kind->services[j], heir);
    }
    if (lacking && v->out->count == before)
        add(v, UPGRADE_READY, NULL,
            xformat("%s goes, and who uses it needs %s before: add one on the wizard's page of "
                    "servers",
                    first->component->title, lacking->title));
}

struct seat {
    const struct deployment *deployment;
    const struct service *service;
};

static bool value_of(void *context, const char *path, struct strings *out)
{
    const struct seat *seat = context;
    return service_value(seat->deployment, seat->service, path, out);
}

/* The line as the service types it, none where a hole is empty. */
static void expand(const struct view *v, const struct service *service, const char *pattern,
                   struct strings *out)
{
    struct seat seat = {&v->now->deployment, service};
    struct str line = {0};
    if (template_complete(pattern, value_of, &seat) &&
        template_expand(pattern, value_of, &seat, &line, NULL))
        strings_add(out, str_text(&line));
    str_free(&line);
}

static void add_out(const struct view *v, const struct service *service)
{
    const struct component *component = service->component;
    const struct component *heir = catalogue_find(v->now->catalogue, component->replaced_by);
    struct upgrade_step *step =
        add(v, UPGRADE_OUT, service,
            heir ? xformat("%s has no %s; %s takes its place", v->to, component->title, heir->title)
                 : xformat("%s has no %s", v->to, component->title));
    for (size_t i = 0; i < component->command_count; i++)
        if (component->commands[i].stage == STAGE_RETIRE &&
            service_condition(&v->now->deployment, service, component->commands[i].when))
            expand(v, service, component->commands[i].line, &step->typed);
    take(&step->does, xformat("remove service \"%s\" from server \"%s\" of deployment.conf",
                              service->name, service->server->name));
    for (size_t i = 0; heir && i < heir->ask_count; i++)
        if (!deployment_kind(&v->now->deployment, heir)->count &&
            release_in(&heir->release, v->from) && is_whole(v, service, heir) &&
            is_taken(v, service, &heir->asks[i]))
            take(&step->does, xformat("set %s = { \"%s\" } in service \"%s\" of server \"%s\" of "
                                      "deployment.conf",
                                      heir->asks[i].name, heir->asks[i].initial, heir->kind,
                                      service->server->name));
}

/* Those that lean on others first, as their files are ordered: trunks before load balancers. */
static void add_outs(const struct view *v)
{
    const struct deployment *d = &v->now->deployment;
    for (size_t i = v->now->catalogue->count; i-- > 0;) {
        const struct component *component = &v->now->catalogue->components[i];
        const struct kind *kind = deployment_kind(d, component);
        for (size_t j = 0; goes(v, component) && j < kind->count; j++)
            if (!kind->services[j]->implied)
                add_out(v, kind->services[j]);
    }
}

static bool in_force(const struct view *v, const struct service *service,
                     const struct command *command, const char *release)
{
    return release_in(&command->release, release) &&
           service_condition(&v->now->deployment, service, command->when);
}

/* A trust of a service that stays, whose option the later release has no more. */
static void add_lost_trusts(const struct view *v, const struct service *service)
{
    const struct component *c = service->component;
    struct upgrade_step *step = NULL;
    for (size_t i = 0; i < c->trust_count; i++) {
        const struct trust_rule *trust = &c->trusts[i];
        bool stays = false;
        for (size_t j = 0; j < c->trust_count; j++)
            stays = stays || (strcmp(c->trusts[j].name, trust->name) == 0 &&
                              release_in(&c->trusts[j].release, v->to));
        if (stays || !release_in(&trust->release, v->from))
            continue;
        char *hole = xformat("{%s}", trust->name);
        for (size_t j = 0; j < c->command_count; j++) {
            const struct command *command = &c->commands[j];
            struct strings lines = {0};
            if (command->stage == STAGE_ASSIGN && strstr(command->line, hole) &&
                in_force(v, service, command, v->from) && *command->undo)
                expand(v, service, command->line, &lines);
            if (lines.count && !step)
                step = add(v, UPGRADE_OUT, service,
                           xformat("%s of %s has no such trust", c->title, v->to));
            if (lines.count)
                expand(v, service, command->undo, &step->typed);
            strings_free(&lines);
        }
        free(hole);
    }
}

/* What assigns its files is another command: a plan for the later release has it. */
static bool add_changed(const struct view *v, const struct service *service)
{
    const struct component *c = service->component;
    struct upgrade_step *step = NULL;
    for (size_t i = 0; i < c->command_count; i++) {
        const struct command *command = &c->commands[i];
        if (command->stage != STAGE_ASSIGN || release_in(&command->release, v->from) ||
            !in_force(v, service, command, v->to))
            continue;
        if (!step)
            step = add(
                v, UPGRADE_AFTER, service,
                xformat("%s takes its files by other commands, which certwright plan then writes",
                        c->title));
    }
    return step != NULL;
}

static void each_staying(const struct view *v, bool after, bool *changed)
{
    const struct deployment *d = &v->now->deployment;
    for (size_t i = 0; i < d->server_count; i++)
        for (size_t j = 0; j < d->servers[i].service_count; j++) {
            const struct service *service = &d->servers[i].services[j];
            if (!release_in(&service->component->release, v->to) ||
                !release_in(&service->component->release, v->from))
                continue;
            if (after)
                *changed = add_changed(v, service) || *changed;
            else
                add_lost_trusts(v, service);
        }
}

/* What the rules of the later release say, and those of the present one do not. */
static void add_findings(const struct view *v)
{
    struct findings before, findings;
    rules_run(v->now, RULES_ALL, &before);
    rules_run(v->then, RULES_ALL, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *one = &findings.items[i];
        const struct server *server = deployment_server(&v->then->deployment, one->server);
        const struct service *service = server ? server_service(server, one->service) : NULL;
        bool told = one->severity != SEVERITY_ERROR || one->accepted ||
                    (service && !release_in(&service->component->release, v->to));
        for (size_t j = 0; j < before.count && !told; j++)
            told = strcmp(before.items[j].id, one->id) == 0 &&
                   strcmp(before.items[j].server, one->server) == 0 &&
                   strcmp(before.items[j].service, one->service) == 0 &&
                   strcmp(before.items[j].identity, one->identity) == 0;
        if (told || text_starts(one->remedy, "certwright check --fix"))
            continue;
        take(&add(v, UPGRADE_AFTER, service, xformat("%s: %s", one->id, one->message))->does,
             xstrdup(one->remedy));
    }
    findings_free(&findings);
    findings_free(&before);
}

/* From 3.0 on it runs there no more (217062). */
static void add_platforms(const struct view *v)
{
    char until[] = "2.9";
    const struct release x_series = {.until = until};
    const struct deployment *d = &v->now->deployment;
    for (size_t i = 0; i < d->server_count; i++)
        if (strcmp(d->servers[i].platform, "x-series") == 0 && release_in(&x_series, v->from) &&
            !release_in(&x_series, v->to)) {
            struct upgrade_step *step =
                add(v, UPGRADE_READY, NULL,
                    xformat("%s is an X-series server, where %s does not run: move its services to "
                            "another platform",
                            d->servers[i].name, v->to));
            take(&step->does, xformat("set platform = \"vm\" in server \"%s\" of deployment.conf",
                                      d->servers[i].name));
        }
}

static void add_upgrade(const struct view *v)
{
    struct upgrade_step *step =
        add(v, UPGRADE_NOW, NULL,
            xformat("Save each server (backup snapshot NAME, and fetch that file by SFTP), then "
                    "install release %s on it",
                    v->to));
    take(&step->does, xformat("set release = \"%s\" in deployment.conf", v->to));
}

bool upgrade_make(const struct facts *facts, const char *release, struct upgrade *out)
{
    struct facts *now = facts_for_release(facts, NULL);
    struct facts *then = now ? facts_for_release(facts, release) : NULL;
    bool later = then && is_later(release, now->deployment.release);
    *out = (struct upgrade){0};
    if (later) {
        struct view view = {now, then, now->deployment.release, release, out};
        bool changed = false;
        out->from = xstrdup(view.from);
        out->to = xstrdup(release);
        add_platforms(&view);
        add_heirs(&view);
        each_staying(&view, false, &changed);
        add_outs(&view);
        out->touched = out->count > 0;
        add_upgrade(&view);
        size_t before = out->count;
        each_staying(&view, true, &changed);
        add_findings(&view);
        out->touched = out->touched || out->count > before;
        struct upgrade_step *last =
            add(&view, UPGRADE_AFTER, NULL,
                xstrdup("Trust files and commands are made for the new release"));
        take(&last->does, xstrdup("certwright check --fix"));
        take(&last->does, xstrdup("certwright plan"));
    }
    facts_free(then);
    facts_free(now);
    return later;
}

char *upgrade_heading(const struct upgrade *upgrade, enum upgrade_part part)
{
    return part == UPGRADE_READY ? xformat("Ready first, while %s runs", upgrade->from)
           : part == UPGRADE_OUT ? xformat("Taken out before the upgrade")
           : part == UPGRADE_NOW ? xformat("The upgrade to %s", upgrade->to)
                                 : xformat("Under %s", upgrade->to);
}

static void step_text(const struct upgrade_step *step, size_t number, struct str *out)
{
    str_addf(out, "%3zu  %s%s%s.\n", number, step->place, *step->place ? ": " : "", step->why);
    for (size_t i = 0; i < step->typed.count; i++)
        str_addf(out, "     %s %s\n", i ? "    " : "type", step->typed.items[i]);
    for (size_t i = 0; i < step->does.count; i++)
        str_addf(out, "     %s  %s\n", i ? "then" : "do  ", step->does.items[i]);
}

void upgrade_text(const struct upgrade *upgrade, struct str *out)
{
    str_addf(out, "Upgrade from %s to %s, in this order (document 217062)\n", upgrade->from,
             upgrade->to);
    if (!upgrade->touched)
        str_add(out, "Nothing of this deployment goes or changes with it.\n");
    for (size_t i = 0; i < upgrade->count; i++) {
        if (!i || upgrade->steps[i - 1].part != upgrade->steps[i].part) {
            char *heading = upgrade_heading(upgrade, upgrade->steps[i].part);
            str_addf(out, "%s\n", heading);
            free(heading);
        }
        step_text(&upgrade->steps[i], i + 1, out);
    }
}

void upgrade_free(struct upgrade *upgrade)
{
    for (size_t i = 0; i < upgrade->count; i++) {
        free(upgrade->steps[i].place);
        free(upgrade->steps[i].why);
        strings_free(&upgrade->steps[i].does);
        strings_free(&upgrade->steps[i].typed);
    }
    free(upgrade->steps);
    free(upgrade->from);
    free(upgrade->to);
    *upgrade = (struct upgrade){0};
}
