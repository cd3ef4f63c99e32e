/* What came back, from the first look until it is written or dropped. */
#include "flow/intake.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct import_identity *intake_identity(const struct flow *flow, const struct import_object *object)
{
    for (size_t i = 0; i < flow->import.identity_count; i++) {
        struct import_identity *identity = &flow->import.identities[i];
        if (strcmp(identity->certificate, object->target) == 0 ||
            (object->verdict == VERDICT_STOP && strcmp(identity->identity, object->target) == 0))
            return identity;
    }
    return NULL;
}

size_t intake_count_taken(const struct flow *flow)
{
    size_t count = 0;
    for (size_t i = 0; flow->looked && i < flow->import.identity_count; i++)
        count += flow->import.identities[i].take && !flow->import.identities[i].in_place;
    return count;
}

/* What asks for something first, then what is taken: of a year's answers most is left over. */
static int rank_of(const struct import_object *object)
{
    bool is_key = object->pair && object->verdict == VERDICT_LEFT;
    return object->verdict == VERDICT_STOP || object->waits || is_key ? 0
           : object->verdict == VERDICT_TAKE                          ? (object->is_leaf ? 1 : 2)
           : object->stranger                                         ? 3
                                                                      : 4;
}

static void order_objects(struct import *import)
{
    struct import_object *in = import->objects;
    struct import_object *out = xcalloc(import->object_count + 1, sizeof *out);
    size_t count = 0;
    for (int rank = 0; rank <= 4; rank++)
        for (size_t i = 0; i < import->object_count; i++)
            if (rank_of(&in[i]) == rank)
                out[count++] = in[i];
    free(in);
    import->objects = out;
}

/* Everything again. What one left stays left; force is for the key alone. */
static bool look(struct flow *flow, struct error *err)
{
    struct import_options options = {
        .password = flow->password.length ? &flow->password : NULL,
        .as = flow->as,
        .chains = &flow->chains,
        .force = flow->as && flow->as_force,
        .waiting = true,
    };
    struct import fresh;
    bool good = op_import_look(flow->facts, &flow->tray, &options, &fresh, err);
    if (!good && flow->chains.count) { /* that for which one was chosen may have been dropped */
        options.chains = NULL;
        good = op_import_look(flow->facts, &flow->tray, &options, &fresh, err);
        if (good)
            strings_free(&flow->chains);
    }
    if (!good)
        return false;
    if (flow->looked)
        import_free(&flow->import);
    order_objects(&fresh);
    flow->import = fresh;
    flow->looked = true;
    for (size_t i = 0; i < fresh.identity_count; i++) {
        struct import_identity *identity = &flow->import.identities[i];
        if ((identity->stop && !(identity->brings_key && flow->as_force)) ||
            strings_has(&flow->left, identity->identity))
            identity->take = false;
    }
    return true;
}

static void forget_key(struct flow *flow)
{
    free(flow->as);
    flow->as = NULL;
    flow->as_force = false;
}

/* A stick that was pulled out, a file that was moved: the others are looked at without it. */
static void drop_vanished(struct flow *flow)
{
    for (size_t i = flow->tray.count; i-- > 0;) {
        const char *path = flow->tray.items[i].path;
        if (path && strcmp(path, "-") != 0 && access(path, F_OK) != 0)
            tray_drop(&flow->tray, i);
    }
}

static bool look_afresh(struct flow *flow, struct error *err)
{
    drop_vanished(flow);
    if (look(flow, err))
        return true;
    if (!flow->as)
        return false;
    forget_key(flow); /* the key that it was for is gone, or no more the only one */
    return look(flow, err);
}

void intake_look_once(struct flow *flow)
{
    struct error err = {0};
    if (!flow->looked && !flow->trial && !look_afresh(flow, &err))
        flow_say(flow, LEVEL_ERROR, "%s: %s", err.place, err.message);
}

/* The object that disappoints most: what stops, else a certificate that is nobody's, else what was
 * left last. */
static const struct import_object *worst_object(const struct flow *flow)
{
    const struct import *import = &flow->import;
    for (size_t i = 0; i < import->object_count; i++)
        if (import->objects[i].verdict == VERDICT_STOP || import->objects[i].stranger)
            return &import->objects[i];
    return import->object_count ? &import->objects[import->object_count - 1] : NULL;
}

static bool has_key(const struct import *import)
{
    for (size_t i = 0; i < import->object_count; i++)
        if (import->objects[i].pair && import->objects[i].verdict == VERDICT_LEFT)
            return true;
    return false;
}

static void say_looked(struct flow *flow)
{
    size_t taken = intake_count_taken(flow);
    const struct import_object *object = worst_object(flow);
    if (taken)
        flow_say(flow, LEVEL_OK,
                 taken == 1 ? "%zu certificate to take; nothing is written yet."
                            : "%zu certificates to take; nothing is written yet.",
                 taken);
    else if (has_key(&flow->import))
        flow_say(flow, LEVEL_NOTE,
                 "A private key came with its certificate: Enter on a row KEY "
                 "chooses whose they are.");
    else if (object && object->waits)
        flow_say(flow, LEVEL_WARN, "%s #%d waits for \"%s\": it is kept until that comes.",
                 path_base(object->file), object->number, object->waits);
    else if (object)
        flow_say(flow, LEVEL_ERROR, "Nothing here can be taken. %s: %s.", path_base(object->file),
                 object->why);
}

/* What waits is kept at once, be it for days; also what is whole by now, until it is written. The
 * wizard that may not write keeps it in memory. */
static bool keep(struct flow *flow, struct error *err)
{
    struct import *import = &flow->import;
    if (flow->held)
        return true;
    bool *taken = xcalloc(import->identity_count + 1, sizeof *taken);
    for (size_t i = 0; i < import->identity_count; i++) {
        taken[i] = import->identities[i].take;
        import->identities[i].take = false; /* not yet */
    }
    bool good = tray_keep(flow->facts, import, err);
    for (size_t i = 0; i < import->identity_count; i++)
        import->identities[i].take = taken[i];
    free(taken);
    return good;
}

/* What was added since count is taken back where it can't be read. */
static bool added(struct flow *flow, size_t count, struct error *err)
{
    if (look(flow, err)) {
        say_looked(flow);
        return keep(flow, err);
    }
    while (flow->tray.count > count)
        tray_drop(&flow->tray, flow->tray.count - 1);
    return false;
}

static void note_folder(struct flow *flow, const char *path)
{
    free(flow->picked);
    flow->picked = xstrndup(path, (size_t)(path_base(path) - path));
}

bool intake_add_paths(struct flow *flow, const char *text, struct error *err)
{
    struct strings paths = {0};
    bool good = paths_split(text, &paths, err);
    drop_vanished(flow);
    size_t count = flow->tray.count;
    for (size_t i = 0; good && i < paths.count; i++)
        tray_add_path(&flow->tray, paths.items[i]);
    good = good && added(flow, count, err);
    if (good && paths.count)
        note_folder(flow, paths.items[0]);
    strings_free(&paths);
    return good;
}

bool intake_add_text(struct flow *flow, const char *text, struct error *err)
{
    if (paths_only(text))
        return intake_add_paths(flow, text, err);
    drop_vanished(flow);
    size_t count = flow->tray.count;
    tray_add_text(&flow->tray, text);
    return added(flow, count, err);
}

bool intake_open(struct flow *flow, const char *password, struct error *err)
{
    secret_free(&flow->password);
    secret_set(&flow->password, password, strlen(password));
    if (!look_afresh(flow, err))
        return false;
    say_looked(flow);
    if (flow->import.locked)
        flow_say(flow, LEVEL_ERROR, "That password does not open all of it: p tries another.");
    return keep(flow, err);
}

bool intake_take_key(struct flow *flow, const char *identity, bool force, struct error *err)
{
    char *was = flow->as;
    bool was_force = flow->as_force;
    flow->as = xstrdup(identity);
    flow->as_force = force;
    bool good = look(flow, err);
    if (good) {
        free(was);
        say_looked(flow);
    } else {
        free(flow->as);
        flow->as = was;
        flow->as_force = was_force;
    }
    return good;
}

bool intake_drop(struct flow *flow, size_t index, struct error *err)
{
    const struct import_object *object = &flow->import.objects[index];
    const struct import_identity *identity = intake_identity(flow, object);
    char *what = xstrdup(path_base(object->file));
    bool good = true;
    if (object->item < flow->tray.count) {
        tray_drop(&flow->tray, object->item);
    } else {
        const char *name = identity ? identity->identity : object->target;
        good = flow_may_write(flow, err) && tray_forget(flow->facts, name, err);
    }
    forget_key(flow);
    good = good && look_afresh(flow, err) && keep(flow, err);
    if (good)
        flow_say(flow, LEVEL_OK, "Dropped from the list: %s. The file itself stays.", what);
    free(what);
    return good;
}

static void clear(struct flow *flow)
{
    tray_free(&flow->tray);
    strings_free(&flow->left);
    strings_free(&flow->chains);
    secret_free(&flow->password);
    forget_key(flow);
}

bool intake_drop_all(struct flow *flow, struct error *err)
{
    struct import nothing = {0};
    if (!flow_may_write(flow, err))
        return false;
    for (size_t i = 0; i < flow->import.identity_count; i++)
        if (!tray_forget(flow->facts, flow->import.identities[i].identity, err))
            return false;
    clear(flow);
    if (flow->looked)
        import_free(&flow->import);
    flow->import = nothing;
    flow->looked = false;
    flow_say(flow, LEVEL_OK, "All is dropped from the list. The files themselves stay.");
    return true;
}

/* The picks but the identity's: one stands for it at most. */
static void forget_chain(struct flow *flow, const char *identity)
{
    size_t length = strlen(identity), count = 0;
    for (size_t i = 0; i < flow->chains.count; i++) {
        char *pick = flow->chains.items[i];
        if (strncmp(pick, identity, length) == 0 && pick[length] == '=')
            free(pick);
        else
            flow->chains.items[count++] = pick;
    }
    flow->chains.count = count;
}

bool intake_next_chain(struct flow *flow, const struct import_identity *identity, struct error *err)
{
    char *name = xstrdup(identity->identity);
    size_t number = identity->chain % identity->chain_count + 1;
    forget_chain(flow, name);
    if (number > 1)
        strings_add_take(&flow->chains, xformat("%s=%zu", name, number));
    bool good = look(flow, err);
    if (good)
        flow_say(flow, LEVEL_OK, "Chain %zu is taken for %s.", number, name);
    free(name);
    return good;
}

void intake_tick(struct flow *flow, struct import_identity *identity)
{
    identity->take = !identity->take;
    if (!identity->take) {
        strings_add_new(&flow->left, identity->identity);
        return;
    }
    for (size_t i = 0; i < flow->left.count; i++)
        if (strcmp(flow->left.items[i], identity->identity) == 0) {
            free(flow->left.items[i]);
            flow->left.items[i] = flow->left.items[--flow->left.count];
            return;
        }
}

/* Something of it is neither written nor kept with what waits. */
static bool has_rest(const struct flow *flow, size_t item)
{
    for (size_t i = 0; i < flow->import.object_count; i++) {
        const struct import_object *object = &flow->import.objects[i];
        if (object->item != item)
            continue;
        const struct import_identity *identity = intake_identity(flow, object);
        bool left = identity && object->is_leaf && !identity->take && !identity->stop;
        if (left || (object->pair && object->verdict != VERDICT_TAKE) ||
            (object->unread && flow->import.locked))
            return true;
    }
    return false;
}

static void drop_written(struct flow *flow)
{
    for (size_t i = flow->tray.count; i-- > 0;)
        if (!has_rest(flow, i))
            tray_drop(&flow->tray, i);
    if (!flow->tray.count)
        clear(flow);
    forget_key(flow);
}

static void say_written(struct flow *flow, size_t files)
{
    struct str text = {0};
    const struct states *states = flow_states(flow);
    str_addf(&text, files == 1 ? "Wrote %zu file to %s." : "Wrote %zu files to %s.", files,
             flow->facts->store_path);
    if (states->sent)
        str_addf(&text,
                 states->sent == 1 ? " %zu certificate is still with the CA."
                                   : " %zu certificates are still with the CA.",
                 states->sent);
    size_t others = states->awaited - states->sent;
    if (others)
        str_addf(&text,
                 others == 1 ? " %zu request is not marked as sent."
                             : " %zu requests are not marked as sent.",
                 others);
    flow_say(flow, LEVEL_OK, "%s", str_text(&text));
    str_free(&text);
}

bool intake_write(struct flow *flow, struct error *err)
{
    struct strings written = {0};
    bool good = flow_may_write(flow, err) &&
                op_import_write(flow->facts, &flow->import, &written, NULL, err) &&
                tray_keep(flow->facts, &flow->import, err);
    if (good) {
        drop_written(flow);
        good = flow_gather(flow, err);
    }
    if (good)
        say_written(flow, written.count);
    strings_free(&written);
    return good;
}
