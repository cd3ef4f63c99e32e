/* The store's last change (import, sign, unlock, renewal) taken back by the key that takes back
 * answers, when none of those is left: told first, for files come and go. */
#include "ops/undo.h"

#include "base/clock.h"
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static bool read_journal(const struct flow *flow, struct journal *out, struct error *err)
{
    struct store store;
    if (!store_open(flow->facts->store_path, false, &store, err))
        return false;
    bool good = journal_read(&store, out, err);
    store_close(&store);
    return good;
}

void undo_forget(struct flow *flow)
{
    free(flow->store_verb);
    flow->store_verb = NULL;
}

const char *undo_of_store(struct flow *flow)
{
    struct journal journal;
    struct error ignored; /* where the journal cannot be read nothing is offered */
    if (!flow->loaded || flow->trial)
        return NULL;
    if (!flow->store_verb && read_journal(flow, &journal, &ignored)) {
        const struct journal_entry *last = journal_last(&journal);
        flow->store_verb = xstrdup(last ? journal_noun(last->verb) : "");
        journal_free(&journal);
    }
    return flow->store_verb && *flow->store_verb ? flow->store_verb : NULL;
}

/* "a.crt, b.crt and 10 more". Free it. */
static char *some(const struct strings *names)
{
    enum { NAMED_MOST = 6 };
    struct strings shown = {0};
    for (size_t i = 0; i < names->count && i < NAMED_MOST; i++)
        strings_add(&shown, names->items[i]);
    char *list = strings_join(&shown, ", ");
    char *words = names->count > NAMED_MOST
                      ? xformat("%s and %zu more", list, names->count - NAMED_MOST)
                      : xstrdup(list);
    free(list);
    strings_free(&shown);
    return words;
}

/* What comes back and what goes, by name. Free it. */
static char *question_of(const struct journal_entry *entry)
{
    struct strings back = {0}, away = {0};
    struct str text = {0};
    char stamp[32];
    for (size_t i = 0; i < entry->count; i++) {
        const struct journal_file *file = &entry->files[i];
        if (*file->name == '.')
            continue; /* our own */
        if (file->was)
            strings_add(&back, file->name);
        else
            strings_add(&away, file->name);
    }
    clock_stamp(entry->at, stamp);
    char *back_words = some(&back), *away_words = some(&away);
    str_addf(&text, "The store becomes what it was before the %s of %s.", journal_noun(entry->verb),
             stamp);
    if (back.count)
        str_addf(&text, "\nAs they were: %s.", back_words);
    if (away.count)
        str_addf(&text, "\nAway: %s.", away_words);
    str_add(&text, "\nNo key is lost: one that goes stays as NAME.key.STAMP.bak.");
    free(back_words);
    free(away_words);
    strings_free(&back);
    strings_free(&away);
    return str_take(&text);
}

static bool ask(struct flow *flow, struct error *err)
{
    struct journal journal;
    if (!read_journal(flow, &journal, err))
        return false;
    const struct journal_entry *last = journal_last(&journal);
    bool asked = true;
    if (last) {
        char *question = question_of(last),
             *verb = xformat("Take the %s back", journal_noun(last->verb));
        asked = flow_ask(flow, question, verb, err);
        free(question);
        free(verb);
    } else {
        flow_say(flow, LEVEL_NOTE, "There is nothing to undo.");
    }
    journal_free(&journal);
    return asked;
}

bool undo_store(struct flow *flow, bool insist, struct error *err)
{
    struct undone undone;
    if (!insist)
        return ask(flow, err);
    if (!flow_may_write(flow, err) ||
        !op_undo(flow->facts->store_path, flow->at ? flow->at : time(NULL), &undone, err))
        return false;
    bool good = flow_gather(flow, err);
    struct str counts = {0};
    say_count(&counts, undone.restored.count, "file as before", "files as before");
    say_count(&counts, undone.removed.count, "file gone", "files gone");
    say_count(&counts, undone.kept.count, "key kept", "keys kept");
    if (good)
        flow_say(flow, LEVEL_OK, "Undone: the %s.%s%s%s", journal_noun(undone.verb),
                 counts.length ? " " : "", str_text(&counts), counts.length ? "." : "");
    str_free(&counts);
    undone_free(&undone);
    return good;
}

/* Told where files come in; the key does it everywhere. */
void undo_action(struct flow *flow, struct page *page)
{
    bool here = strcmp(page->id, "import") == 0, taken = false;
    for (size_t i = 0; i < page->action_count; i++)
        taken = taken || page->actions[i].function == 9;
    const char *verb = here ? undo_of_store(flow) : NULL;
    if (verb && !taken) {
        char *label = xformat("Undo %s", verb);
        page_add_action(page, "undo", 9, 0, label)->rare = true;
        free(label);
    }
    if (verb && !page->undo)
        page->undo = xstrdup(verb);
}
