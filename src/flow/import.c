/* What the CA sent back: paths, a picker or pasted text add up; verdicts first, then written. */
#include "base/mem.h"
#include "flow/intake.h"

#include <stdlib.h>
#include <string.h>

static void add_list(struct page *page, const char *what, struct strings *names)
{
    char *all = strings_fold(names, ", ");
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

static void add_actions(const struct flow *flow, struct page *page)
{
    struct action *action = page_add_action(page, "path", 4, 0, "Files");
    action->wants_path = true;
    action->start = flow->picked ? xstrdup(flow->picked) : NULL;
    action = page_add_action(page, "paste", 8, 0, "Paste");
    action->wants_text = true;
    if (flow->import.locked) {
        action = page_add_action(page, "password", 0, 'p', "Password");
        action->wants_secret = true;
    }
    if (!flow->import.object_count)
        return;
    page_add_action(page, "drop", 0, 'd', "Drop");
    action = page_add_action(page, "drop-all", 0, 'D', "Drop all");
    action->confirm = xstrdup("Drop all that is listed here");
    page_add_action(page, "chain", 0, 'c', "Chain")->of_row = true;
}

static void add_intro(const struct flow *flow, struct page *page)
{
    const struct import *import = &flow->import;
    if (!import->object_count) {
        page_line(&page->intro,
                  "Files or a folder as the CA sent them, any names and formats; or paste PEM.");
        page_line(&page->why, "Name a file, a ZIP file or a folder, or paste what came by mail.");
        page_line(&page->why,
                  "Each certificate goes to its key; chains are put in order. Guide 3.2, 4.3");
        return;
    }
    struct str text = {0};
    say_count(&text, import->file_count, "file", "files");
    say_count(&text, import->object_count, "object", "objects");
    page_line(&page->intro, "%s, nothing written yet:", str_text(&text));
    page_line(&page->why, "Space takes or leaves; what is left stays where it is.");
    str_free(&text);
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_LIST;
    page->title = xstrdup("Import");
    intake_look_once(flow);
    struct field *field = page_field(page, FIELD_TEXT, "import.path", "From", "");
    field->optional = true;
    field_help(field,
               "Files, ZIP files, mails or folders; several with blanks between them. Quotes, "
               "~/, \\ and file:// are understood.",
               "3.2");
    add_intro(flow, page);
    intake_rows(flow, page);
    list_awaited(flow, page);
    add_actions(flow, page);
    page->tick = xstrdup("Take/leave");
    size_t taken = intake_count_taken(flow);
    char *losing = import_losing_all(&flow->import);
    page->next = taken && *losing ? xformat("Write, %s", losing)
                 : taken          ? xformat("Write the %zu taken", taken)
                                  : xstrdup("Next");
    free(losing);
}

/* "The new certificate of web lacks what was asked for or is in place: DNS:a, DNS:b." */
static bool ask_loss(struct flow *flow, const char *losing, struct error *err)
{
    struct str text = {0};
    for (size_t i = 0; i < flow->import.identity_count; i++) {
        const struct import_identity *identity = &flow->import.identities[i];
        if (!identity->take || identity->in_place || !identity->losing.count)
            continue;
        char *list = strings_join(&identity->losing, ", ");
        str_addf(&text, "%sThe new certificate of %s lacks %s.", text.length ? " " : "",
                 identity->identity, list);
        free(list);
    }
    str_add(&text, " What is in place stays as .bak.");
    char *verb = xformat("Write, %s", losing);
    bool refused = flow_ask(flow, str_text(&text), verb, err);
    free(verb);
    str_free(&text);
    return refused;
}

static struct way write_taken(struct flow *flow, const struct event *event, struct error *err)
{
    char *losing = import_losing_all(&flow->import);
    bool good =
        (!*losing || event->insist || ask_loss(flow, losing, err)) && intake_write(flow, err);
    free(losing);
    return way_if(good, good && flow_states(flow)->awaited ? GO_STAY : GO_NEXT);
}

static struct way next(struct flow *flow, const struct event *event, struct error *err)
{
    if (intake_count_taken(flow))
        return write_taken(flow, event, err);
    size_t awaited = flow_states(flow)->awaited;
    if (!awaited || event->insist || flow->warned)
        return way_go(GO_NEXT);
    flow->warned = true;
    error_set(err, STATUS_NO, "", "Name what came back, or paste it",
              awaited == 1 ? "%zu certificate is still lacking"
                           : "%zu certificates are still lacking",
              awaited);
    return way_go(GO_REFUSED);
}

static struct way act(struct flow *flow, const struct page *page, const struct event *event,
                      struct error *err)
{
    const char *id = event->id, *text = event->text;
    bool good = true;
    const struct import_identity *identity =
        event->row < flow->import.object_count
            ? intake_identity(flow, &flow->import.objects[event->row])
            : NULL;
    if (strcmp(id, "chain") == 0)
        good = !identity || !identity->chain_count || intake_next_chain(flow, identity, err);
    else if (strcmp(id, "path") == 0 && text)
        good = intake_add_paths(flow, text, err);
    else if (strcmp(id, "paste") == 0 && text)
        good = intake_add_text(flow, text, err);
    else if (strcmp(id, "password") == 0 && text)
        good = intake_open(flow, text, err);
    else if (strcmp(id, "drop") == 0 && event->row < page->row_count)
        good = intake_drop(flow, event->row, err);
    else if (strcmp(id, "drop-all") == 0)
        good = intake_drop_all(flow, err);
    return way_if(good, GO_STAY);
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    intake_look_once(flow);
    bool row = event->row < page->row_count && event->row < flow->import.object_count;
    if (event->kind == EVENT_SET && event->text && *event->text)
        return way_if(intake_add_paths(flow, event->text, err), GO_STAY);
    if (event->kind == EVENT_ACTION)
        return act(flow, page, event, err);
    if (event->kind == EVENT_TICK && row && page->rows[event->row].can_tick) {
        intake_tick(flow, intake_identity(flow, &flow->import.objects[event->row]));
        return way_go(GO_STAY);
    }
    if (event->kind == EVENT_CHOOSE && row && page->rows[event->row].can_open) {
        char *id = xformat("key:%zu", flow->import.objects[event->row].pair);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    return event->kind == EVENT_NEXT ? next(flow, event, err) : way_go(GO_STAY);
}

const struct step_ops step_import = {"import", build, take};

/* key:N: whose key it is that came with its certificate. */
static const struct import_pair *pair_of(const struct flow *flow)
{
    size_t number = strtoul(flow_page_part(flow), NULL, 10);
    return flow->looked && number >= 1 && number <= flow->import.pair_count
               ? &flow->import.pairs[number - 1]
               : NULL;
}

/* Its present key has a certificate in place, which is of no use with another key. */
static bool is_in_use(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    return files.key && files.leaf;
}

static void build_key(struct flow *flow, struct page *page)
{
    page->kind = PAGE_MENU;
    page->title = xstrdup("Whose key is it?");
    intake_look_once(flow);
    const struct import_pair *pair = pair_of(flow);
    if (!pair)
        return;
    page_line(&page->intro, "%s is the private key of %s, %s.", pair->key_file, pair->cert_file,
              pair->name);
    const struct deployment *d = &flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        bool fits = strings_has(&pair->fits, identity->name);
        if (*identity->key_at)
            continue;
        struct row *row = page_row(page, identity->name, LEVEL_NONE, "", "%-14s %s", identity->name,
                                   fits ? "has its names" : "");
        row->can_open = true;
        row_detail(row,
                   is_in_use(flow, identity)
                       ? "Key and certificate in place are replaced; the old ones stay as .bak."
                       : "The key that it has now, if any, stays as .bak.");
        if (fits && strcmp(pair->fits.items[0], identity->name) == 0)
            page->at = page->row_count - 1;
    }
    page_line(&page->why, "Key, certificate and chain are written together, with F2 on the page "
                          "before.");
}

static struct way take_key(struct flow *flow, const struct page *page, const struct event *event,
                           struct error *err)
{
    if (event->kind != EVENT_CHOOSE || event->row >= page->row_count)
        return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
    const char *name = page->rows[event->row].id;
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    bool force = identity && is_in_use(flow, identity);
    char *question = xformat("%s has a key with its certificate in place. With another key that "
                             "certificate is of no use any more; both stay as .bak.",
                             name);
    bool good = (!force || event->insist || flow_ask(flow, question, "Replace both", err)) &&
                intake_take_key(flow, name, force, err);
    free(question);
    return way_if(good, GO_BACK);
}

const struct step_ops step_key = {"key", build_key, take_key};
