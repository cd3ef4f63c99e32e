/* Saving each accepted answer, and trying one without saving. An answer costs one parse: the facts
 * are made of what was written, not read again, and a trial has its flow's until it changes them.
 */
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "flow/step.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shape_kept {
    bool good;
    struct shape shape; /* preset NULL: none */
};

void flow_forget_shape(struct flow *flow)
{
    if (flow->shape)
        shape_free(&flow->shape->shape);
    free(flow->shape);
    flow->shape = NULL;
}

/* What is looked at from now on. */
static void have(struct flow *flow, struct facts *facts)
{
    if (flow->looked)
        import_free(&flow->import); /* it points into the facts; the tray is looked at again */
    flow->looked = false;
    if (!flow->lent)
        facts_free(flow->facts);
    flow_forget_findings(flow);
    flow_forget_shape(flow);
    flow->shape = xcalloc(1, sizeof *flow->shape);
    flow->facts = facts;
    flow->lent = false;
    flow->loaded = true;
    flow->page_good = false;
}

static bool gather(struct flow *flow, struct error *err)
{
    struct facts_options options = {.config = flow->config, .store = flow->store, .at = flow->at};
    struct facts *fresh;
    if (!facts_gather(&options, flow->catalogue, &fresh, err))
        return false;
    have(flow, fresh);
    undo_forget(flow);
    return true;
}

const struct shape *flow_shape(const struct flow *flow)
{
    struct shape_kept *kept = flow->shape;
    if (!flow->loaded || !kept)
        return NULL;
    const struct deployment *d = &flow->facts->deployment;
    const struct catalogue *all = flow->catalogue;
    bool found = kept->shape.preset != NULL;
    if (!kept->good && flow->preset)
        found = shape_of(d, flow->preset, &kept->shape);
    for (size_t i = 0; !kept->good && !found && i < all->preset_count; i++)
        found = shape_of(d, &all->presets[i], &kept->shape);
    kept->good = true;
    return found ? &kept->shape : NULL;
}

/* What a preset made, by whichever command, may be made anew with other answers. */
static void know_preset(struct flow *flow)
{
    const struct shape *shape = flow->preset ? NULL : flow_shape(flow);
    if (!shape)
        return;
    const struct deployment *d = &flow->facts->deployment;
    struct build_options options = {
        .domain = d->name, .release = d->release, .subject = &d->subject};
    struct str text = {0};
    struct error ignored;
    shape_fill(shape, &options);
    if (build_deployment(flow->catalogue, &options, &text, &ignored) &&
        strcmp(str_text(&text), str_text(&d->text)) == 0) {
        flow->preset = shape->preset;
        names_free(&flow->subject);
        names_copy(&flow->subject, &d->subject);
        str_free(&flow->built);
        str_add(&flow->built, str_text(&text));
    }
    str_free(&text);
}

bool flow_gather(struct flow *flow, struct error *err)
{
    if (!gather(flow, err))
        return false;
    know_preset(flow);
    history_clear(flow);
    return true;
}

/* The deployment of a trial becomes what text says; the scan stays its flow's. */
static bool trial_parse(struct flow *flow, const struct str *text, struct error *err)
{
    static const struct facts nothing;
    struct deployment fresh;
    if (!deployment_parse(flow->config, str_text(text), text->length, flow->catalogue, &fresh, err))
        return false;
    have(flow, facts_with(flow->facts ? flow->facts : &nothing, &fresh));
    flow->facts->catalogue = flow->catalogue;
    return true;
}

void flow_trial(const struct flow *flow, struct flow *trial)
{
    *trial = (struct flow){.catalogue = flow->catalogue,
                           .config = flow->config,
                           .store = flow->store,
                           .folder = flow->folder,
                           .at = flow->at,
                           .preset = flow->preset,
                           .lock_fd = -1,
                           .trial = true};
    trial->facts = flow->facts;
    trial->lent = trial->loaded = flow->loaded;
    trial->shape = xcalloc(1, sizeof *trial->shape);
    trial->at_page = xstrdup(flow->at_page);
    names_copy(&trial->subject, &flow->subject);
    if (flow->built.length)
        str_add(&trial->built, str_text(&flow->built));
}

void flow_drop_trial(struct flow *trial)
{
    flow_forget_shape(trial);
    if (!trial->lent)
        facts_free(trial->facts);
    change_forget(trial);
    flow_forget_findings(trial);
    free(trial->spot);
    names_free(&trial->subject);
    str_free(&trial->built);
    free(trial->message);
    free(trial->at_page);
}

static const char lock_name[] = ".certwright.lock";

void flow_lock(struct flow *flow)
{
    struct lock_holder holder = {0};
    struct error ignored; /* where nothing can be written, saving says so */
    char *path = flow_path(flow, lock_name);
    enum lock lock = lock_take(AT_FDCWD, path, path, &flow->lock_fd, &holder, &ignored);
    free(path);
    free(flow->held);
    flow->held = NULL;
    if (lock != LOCK_HELD)
        return;
    char *who = holder.process ? xformat(" (process %ld, since %s)", holder.process, holder.since)
                               : xstrdup("");
    flow->held = xformat("Read-only: another certwright has this open%s. Look around; nothing is "
                         "saved here until that one is left.",
                         who);
    free(who);
}

void flow_unlock(struct flow *flow)
{
    char *path = flow_path(flow, lock_name);
    lock_drop(AT_FDCWD, path, flow->lock_fd);
    free(path);
    free(flow->held);
    flow->held = NULL;
    flow->lock_fd = -1;
}

bool flow_may_write(struct flow *flow, struct error *err)
{
    if (flow->held && !flow->trial)
        flow_lock(flow);
    return !flow->held || error_set(err, STATUS_SYSTEM, flow->config, "", "%s", flow->held);
}

static void say_costs(struct flow *flow, const struct edit *edit)
{
    bool gone = edit->goes.count == flow->costs.count; /* what went was asked for */
    char *all = strings_join(&flow->costs, " ");
    if (*all)
        flow_say(flow, gone ? LEVEL_OK : LEVEL_WARN, "%s", all);
    free(all);
}

static bool save(struct flow *flow, const struct deployment *fresh, struct error *err)
{
    const struct deployment *old = &flow->facts->deployment;
    if (flow->trial)
        return true;
    if (strcmp(str_text(&fresh->text), str_text(&old->text)) != 0 && !flow_may_write(flow, err))
        return false;
    if (deployment_put(old, fresh, err))
        return true;
    flow->standing = deployment_standing(old);
    return false;
}

/* What follows goes before what it costs. */
static bool ask_told(struct flow *flow, const struct told *told, struct strings *lines,
                     struct error *err)
{
    strings_copy(lines, &flow->costs);
    char *question = strings_join(lines, "\n");
    bool asked = flow_ask(flow, question, told->verb, err);
    free(question);
    return asked;
}

bool flow_edit(struct flow *flow, struct edit *edit, bool follow, struct error *err)
{
    return flow_edit_told(flow, edit, follow, NULL, err);
}

/* Nothing is asked where nobody is to be asked, and nothing follows. */
static bool may_go_on(struct flow *flow, const struct edit *edit, const struct facts *after,
                      const struct told *told, struct error *err)
{
    struct strings lines = {0};
    bool grave = change_weigh(flow, edit, after);
    if (told && !flow->insist && !flow->trial)
        told->tell(flow, told, after, &lines);
    bool good = lines.count || (told && grave) ? ask_told(flow, told, &lines, err)
                                               : !grave || change_ask(flow, edit, err);
    strings_free(&lines);
    return good;
}

bool flow_edit_told(struct flow *flow, struct edit *edit, bool follow, const struct told *told,
                    struct error *err)
{
    struct deployment fresh;
    bool good = edit_finish(edit, follow, &fresh, err);
    if (good) {
        struct facts *after = facts_with(flow->facts, &fresh);
        good = may_go_on(flow, edit, after, told, err) && save(flow, &after->deployment, err);
        if (good)
            have(flow, after);
        else
            facts_free(after);
    }
    if (good)
        say_costs(flow, edit);
    edit_free(edit);
    return good;
}

bool flow_put(struct flow *flow, struct str *text, bool follow, struct error *err)
{
    struct edit edit;
    edit_begin(&edit, flow->facts);
    str_clear(&edit.text);
    str_add_bytes(&edit.text, str_text(text), text->length);
    return flow_edit(flow, &edit, follow, err);
}

bool flow_restore(struct flow *flow, const char *text, struct error *err)
{
    if (text) {
        struct str copy = {0};
        str_add(&copy, text);
        bool good = !flow->loaded || flow_put(flow, &copy, false, err);
        str_free(&copy);
        return good;
    }
    if (!flow->loaded)
        return true;
    if (!flow_may_write(flow, err) || !deployment_remove(&flow->facts->deployment, err))
        return false;
    facts_free(flow->facts);
    flow_forget_findings(flow);
    flow_forget_shape(flow);
    flow->facts = NULL;
    flow->loaded = false;
    return true;
}

/* Built anew, what is made would get other names. */
bool flow_is_as_built(const struct flow *flow)
{
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++)
        if (lifecycle_is_made(flow->facts, &flow->facts->deployment.identities[i]))
            return false;
    return flow->preset && flow->built.length && flow->loaded &&
           strcmp(str_text(&flow->built), str_text(&flow->facts->deployment.text)) == 0;
}

/* One that appeared meanwhile is somebody else's: it stays, and may be read. */
static bool create(struct flow *flow, const struct str *text, struct error *err)
{
    if (deployment_create(flow->config, text, err))
        return gather(flow, err);
    if (access(flow->config, F_OK) == 0)
        flow->standing = STANDING_CHANGED;
    return false;
}

bool flow_create_as(struct flow *flow, const char *domain, const char *release,
                    const struct shape *shape, struct error *err)
{
    struct str text = {0};
    struct shape same = {0};
    struct build_options options = {
        .preset = flow->preset, .domain = domain, .release = release, .subject = &flow->subject};
    if (!shape && flow_shape(flow))
        shape_copy(flow_shape(flow), &same); /* it goes with the facts */
    if (shape || same.preset)
        shape_fill(shape ? shape : &same, &options);
    bool good = build_deployment(flow->catalogue, &options, &text, err);
    if (good && flow->trial)
        good = trial_parse(flow, &text, err);
    else if (good)
        good = flow->loaded ? flow_put(flow, &text, false, err)
                            : flow_may_write(flow, err) && create(flow, &text, err);
    if (good) {
        str_free(&flow->built);
        flow->built = text;
    } else {
        str_free(&text);
    }
    shape_free(&same);
    return good;
}

bool flow_create(struct flow *flow, const char *domain, struct error *err)
{
    char *release = flow->loaded ? xstrdup(flow->facts->deployment.release) : NULL;
    bool good = flow_create_as(flow, domain, release, NULL, err);
    free(release);
    return good;
}
