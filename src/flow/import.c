/* What the CA sent back: a path, a picker or pasted PEM; verdicts first, then written. */
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static enum level verdict_level(enum verdict verdict)
{
    return verdict == VERDICT_TAKE ? LEVEL_OK : verdict == VERDICT_STOP ? LEVEL_ERROR : LEVEL_NOTE;
}

static const char *verdict_word(enum verdict verdict)
{
    static const char *const words[] = {"TAKE", "LEFT", "STOP"};
    return words[verdict];
}

static struct import_identity *identity_of(const struct flow *flow,
                                           const struct import_object *object)
{
    for (size_t i = 0; i < flow->import.identity_count; i++) {
        struct import_identity *identity = &flow->import.identities[i];
        if (strcmp(identity->certificate, object->target) == 0)
            return identity;
    }
    return NULL;
}

static void add_object(const struct flow *flow, size_t index, struct page *page)
{
    const struct import_object *object = &flow->import.objects[index];
    const struct import_identity *identity = identity_of(flow, object);
    char *source = xformat("%s #%d", path_base(object->file), object->number);
    char *id = xformat("%zu", index + 1);
    bool off = identity && object->verdict == VERDICT_TAKE && !identity->take;
    struct row *row = page_row(page, id, off ? LEVEL_NOTE : verdict_level(object->verdict),
                               off ? "LEFT" : verdict_word(object->verdict), "%-16s %-20s %s",
                               source, *object->target ? object->target : "-", object->why);
    row->can_tick = identity && object->verdict == VERDICT_TAKE;
    row->ticked = row->can_tick && identity->take;
    row->can_open = true;
    struct str detail = {0};
    str_addf(&detail, "%s: %s. %s.", object->file, object->what, object->why);
    if (identity && identity->stop)
        str_addf(&detail, "\n%s. %s", identity->problem ? identity->problem : "",
                 identity->remedy ? identity->remedy : "");
    for (size_t i = 0; identity && i < identity->impact.count; i++)
        str_addf(&detail, "\nLOST: %s", identity->impact.items[i]);
    row_detail(row, "%s", str_text(&detail));
    str_free(&detail);
    free(id);
    free(source);
}

/* The object that disappoints most: what stops, else what was left last. */
static size_t worst_object(const struct flow *flow)
{
    for (size_t i = 0; i < flow->import.object_count; i++)
        if (flow->import.objects[i].verdict == VERDICT_STOP)
            return i;
    return flow->import.object_count ? flow->import.object_count - 1 : 0;
}

static size_t count_taken(const struct flow *flow)
{
    size_t count = 0;
    for (size_t i = 0; flow->looked && i < flow->import.identity_count; i++)
        count += flow->import.identities[i].take && !flow->import.identities[i].in_place;
    return count;
}

static void add_list(struct page *page, const char *what, struct strings *names)
{
    char *all = strings_join(names, ", ");
    if (names->count)
        page_line(&page->text, "%s: %s", what, all);
    free(all);
    strings_free(names);
}

/* With the CA is only what was sent as it is now. */
static void list_awaited(const struct flow *flow, struct page *page)
{
    struct strings sent = {0}, unsent = {0}, outdated = {0};
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        struct lifecycle life;
        if (!lifecycle_is_awaited(flow->facts, identity))
            continue;
        lifecycle_of(flow->facts, identity, &life);
        if (life.request.count)
            strings_add(&outdated, identity->name);
        else if (!*life.sent)
            strings_add(&unsent, identity->name);
        else
            strings_add_take(&sent, life.days_sent == 0 ? xformat("%s (today)", identity->name)
                                    : life.days_sent == 1
                                        ? xformat("%s (1 day)", identity->name)
                                        : xformat("%s (%d days)", identity->name, life.days_sent));
        lifecycle_free(&life);
    }
    add_list(page, "With the CA", &sent);
    add_list(page, "Not marked as sent", &unsent);
    add_list(page, "Requests that are outdated", &outdated);
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_LIST;
    page->title = xstrdup("Import");
    if (!flow->looked) {
        page_line(&page->intro,
                  "Files or a folder as the CA sent them, any names and formats; or paste PEM.");
        list_awaited(flow, page);
        page_line(&page->why, "Name a file, a ZIP file or a folder, or paste what came by mail.");
        page_line(&page->why,
                  "Each certificate goes to its key; chains are put in order. Guide 3.2, 4.3");
    } else {
        page_line(&page->intro,
                  "%zu file%s, %zu object%s, nothing written yet:", flow->import.file_count,
                  flow->import.file_count == 1 ? "" : "s", flow->import.object_count,
                  flow->import.object_count == 1 ? "" : "s");
        for (size_t i = 0; i < flow->import.object_count; i++)
            add_object(flow, i, page);
        for (size_t i = 0; i < flow->import.identity_count; i++) {
            const struct import_identity *identity = &flow->import.identities[i];
            if (*identity->old_end && !identity->in_place)
                page_line(&page->text, "%s in place ends %s, new %s", identity->identity,
                          identity->old_end, identity->new_end);
        }
        for (size_t i = 0; i < flow->import.missing_count; i++) {
            const struct import_missing *missing = &flow->import.missing[i];
            page_line(&page->text, "STOP no file holds \"%s\", above %s.%s%s", missing->issuer,
                      missing->identity, *missing->aia ? " Fetch " : " Ask the CA for it.",
                      missing->aia);
        }
        list_awaited(flow, page);
        page->at = count_taken(flow) ? 0 : worst_object(flow);
        page_line(&page->why, "Space takes or leaves; what is left stays where it is.");
    }
    struct action *action = page_add_action(page, "path", 4, 0, "Files");
    action->wants_path = true;
    action = page_add_action(page, "paste", 8, 0, "Paste");
    action->wants_text = true;
    if (flow->looked && flow->import.locked) {
        action = page_add_action(page, "password", 0, 'p', "Password");
        action->wants_secret = true;
    }
    size_t taken = count_taken(flow);
    page->next = taken ? xformat("Write the %zu taken", taken) : xstrdup("Next");
}

static void say_nothing(struct flow *flow)
{
    if (!flow->import.object_count)
        return;
    const struct import_object *object = &flow->import.objects[worst_object(flow)];
    flow_say(flow, LEVEL_ERROR, "Nothing here can be taken. %s: %s.", path_base(object->file),
             object->why);
}

/* What was named last, with the password or without. */
static bool look(struct flow *flow, const struct secret *password, struct error *err)
{
    struct import_options options = {.password = password};
    struct import fresh = {0};
    struct tray tray = {0};
    for (size_t i = 0; i < flow->paths.count; i++)
        tray_add_path(&tray, flow->paths.items[i]);
    if (flow->pasted)
        tray_add_text(&tray, flow->pasted);
    bool good = op_import_look(flow->facts, &tray, &options, &fresh, err);
    tray_free(&tray);
    if (good) {
        if (flow->looked)
            import_free(&flow->import);
        flow->import = fresh;
        flow->looked = true;
        size_t taken = count_taken(flow);
        if (taken)
            flow_say(flow, LEVEL_OK, "%zu certificate%s to take; nothing is written yet.", taken,
                     taken == 1 ? "" : "s");
        else
            say_nothing(flow);
    }
    return good;
}

static void forget_pasted(struct flow *flow)
{
    if (flow->pasted)
        wipe(flow->pasted, strlen(flow->pasted));
    free(flow->pasted);
    flow->pasted = NULL;
}

static bool look_at(struct flow *flow, const char *path, const char *text, struct error *err)
{
    strings_free(&flow->paths);
    forget_pasted(flow);
    if (path)
        strings_add(&flow->paths, path);
    else
        flow->pasted = xstrdup(text);
    return look(flow, NULL, err);
}

/* The same files again. */
static bool open_with(struct flow *flow, const char *password, struct error *err)
{
    struct secret secret = {0};
    secret_set(&secret, password, strlen(password));
    bool good = look(flow, &secret, err);
    secret_free(&secret);
    if (good && flow->import.locked)
        flow_say(flow, LEVEL_ERROR, "That password does not open all of it: p tries another.");
    return good;
}

static struct way write_taken(struct flow *flow, struct error *err)
{
    struct strings written = {0};
    bool good = flow_may_write(flow, err) &&
                op_import_write(flow->facts, &flow->import, &written, NULL, err) &&
                flow_gather(flow, err);
    if (good) {
        import_free(&flow->import);
        flow->looked = false;
        forget_pasted(flow);
        flow_say(flow, LEVEL_OK, "Wrote %zu files to %s.%s", written.count, flow->facts->store_path,
                 count_awaited(flow) ? " Some certificates still lack." : "");
    }
    strings_free(&written);
    return way_if(good, count_awaited(flow) ? GO_STAY : GO_NEXT);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_ACTION && strcmp(event->id, "path") == 0 && event->text)
        return way_if(look_at(flow, event->text, NULL, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "paste") == 0 && event->text)
        return way_if(look_at(flow, NULL, event->text, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "password") == 0 && event->text)
        return way_if(open_with(flow, event->text, err), GO_STAY);
    if (event->kind == EVENT_TICK && flow->looked && event->row < flow->import.object_count) {
        struct import_identity *identity = identity_of(flow, &flow->import.objects[event->row]);
        if (identity && !identity->stop)
            identity->take = !identity->take;
        return way_go(GO_STAY);
    }
    if (event->kind != EVENT_NEXT)
        return way_go(GO_STAY);
    if (count_taken(flow))
        return write_taken(flow, err);
    if (count_awaited(flow) && !event->insist && !flow->warned) {
        flow->warned = true;
        error_set(err, STATUS_NO, "",
                  "Name the files or the folder that came back, or paste them; Next again "
                  "goes on without",
                  "%zu certificate%s still lacking", count_awaited(flow),
                  count_awaited(flow) == 1 ? " is" : "s are");
        return way_go(GO_REFUSED);
    }
    return way_go(GO_NEXT);
}

const struct step_ops step_import = {"import", build, take};
