/* What was answered, in reverse: each change keeps the deployment.conf that was before it. A whole
 * text a change is cheap, and right however much followed from the answer; what is written to the
 * store ends it, for a file cannot be unsent. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

#define CHANGES_MOST 200

struct change {
    char *text; /* deployment.conf as it was; NULL: there was none */
    const struct preset *preset;
    struct names subject;
    bool as_built;
    char *page, *spot; /* where the change was made: a field's id, or a row's */
    char *what;        /* "Domain", "Accept" */
    char *was;         /* the field's answer in words; NULL: no field */
    bool tick;         /* a row's, which deployment.conf knows nothing of */
};
struct history {
    struct change *changes[CHANGES_MOST];
    size_t count;
};

static void change_free(struct change *change)
{
    if (!change)
        return;
    char *texts[] = {change->text, change->page, change->spot, change->what, change->was};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    names_free(&change->subject);
    free(change);
}

/* What a choice is called on the page, not in the file. */
static const char *answer_words(const struct field *field)
{
    if (field->kind == FIELD_TICK)
        return strcmp(field->value, "yes") == 0 ? "ticked" : "not ticked";
    for (size_t i = 0; field->kind == FIELD_CHOICE && i < field->choices.count; i++)
        if (strcmp(field->choices.items[i], field->value) == 0)
            return field->labels.items[i];
    return *field->value ? field->value : "empty";
}

static void name_change(struct change *change, const struct page *page, const struct event *event)
{
    const struct field *field = event->kind == EVENT_SET ? page_find_field(page, event->id) : NULL;
    const struct action *action =
        event->kind == EVENT_ACTION ? page_find_action(page, event->id) : NULL;
    change->page = xstrdup(page->id);
    change->what = xstrdup(field ? field->label : action ? action->label : page->title);
    if (field) {
        change->spot = xstrdup(field->id);
        change->was = xstrdup(answer_words(field));
    } else if (event->row < page->row_count) {
        change->spot = xstrdup(page->rows[event->row].id);
    }
}

struct change *history_before(const struct flow *flow, const struct page *page,
                              const struct event *event)
{
    if (event->kind != EVENT_SET && event->kind != EVENT_ACTION && event->kind != EVENT_TICK)
        return NULL;
    struct change *change = xcalloc(1, sizeof *change);
    if (flow->loaded)
        change->text = xstrdup(str_text(&flow->facts->deployment.text));
    change->preset = flow->preset;
    names_copy(&change->subject, &flow->subject);
    change->as_built = flow_is_as_built(flow);
    change->tick = event->kind == EVENT_TICK;
    name_change(change, page, event);
    return change;
}

static bool names_same(const struct names *a, const struct names *b)
{
    for (size_t i = 0; i < ATTR_COUNT; i++) {
        const char *x = a->attributes[i] ? a->attributes[i] : "";
        const char *y = b->attributes[i] ? b->attributes[i] : "";
        if (strcmp(x, y) != 0)
            return false;
    }
    return true;
}

static bool is_changed(const struct flow *flow, const struct change *before)
{
    if (before->tick)
        return true;
    if (!flow->loaded || !before->text)
        return flow->loaded || !names_same(&flow->subject, &before->subject);
    return strcmp(before->text, str_text(&flow->facts->deployment.text)) != 0;
}

void history_after(struct flow *flow, struct change *before, bool taken)
{
    if (!before || !is_changed(flow, before) || (before->tick && !taken)) {
        change_free(before);
        return;
    }
    if (!flow->past)
        flow->past = xcalloc(1, sizeof *flow->past);
    struct history *past = flow->past;
    if (past->count == CHANGES_MOST) {
        change_free(past->changes[0]);
        past->count--;
        memmove(past->changes, past->changes + 1, past->count * sizeof *past->changes);
    }
    past->changes[past->count++] = before;
    order_unpass(flow, "review"); /* what was looked at is another now */
}

const char *history_last(const struct flow *flow)
{
    const struct history *past = flow->past;
    return past && past->count ? past->changes[past->count - 1]->what : NULL;
}

void history_clear(struct flow *flow)
{
    while (flow->past && flow->past->count)
        change_free(flow->past->changes[--flow->past->count]);
}

/* Answers and file as before the change. */
static bool restore(struct flow *flow, const struct change *change, struct error *err)
{
    if (!flow_restore(flow, change->text, err))
        return false;
    flow->preset = change->preset;
    names_free(&flow->subject);
    names_copy(&flow->subject, &change->subject);
    str_free(&flow->built);
    if (change->as_built)
        str_add(&flow->built, change->text);
    return true;
}

struct way history_undo(struct flow *flow, bool *tick, struct error *err)
{
    struct history *past = flow->past;
    if (!past || !past->count) {
        flow_say(flow, LEVEL_NOTE, "There is nothing to undo.");
        return way_go(GO_STAY);
    }
    struct change *change = past->changes[past->count - 1];
    *tick = change->tick;
    if (!change->tick && !restore(flow, change, err))
        return way_go(GO_REFUSED);
    past->count--;
    if (change->was)
        flow_say(flow, LEVEL_OK, "Undone: %s is %s again.", change->what, change->was);
    else
        flow_say(flow, LEVEL_OK, "Undone: %s.", change->what);
    struct way way = way_to(change->page, change->spot);
    change_free(change);
    return way;
}
