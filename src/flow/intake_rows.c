/* A row for each object that came, and below the list what its identity gains and loses. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/intake.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_COLUMNS = 26 };

/* KEY: a private key came with its certificate, and no identity has it yet. */
static bool is_key(const struct import_object *object)
{
    return object->pair && object->verdict == VERDICT_LEFT;
}

static const char *word_of(const struct import_object *object,
                           const struct import_identity *identity)
{
    if (is_key(object))
        return "KEY";
    if (object->verdict == VERDICT_TAKE && identity && !identity->take)
        return identity->stop ? "STOP" : "LEFT";
    static const char *const words[] = {"TAKE", "LEFT", "STOP"};
    return object->waits ? "WAIT" : words[object->verdict];
}

static enum level level_of_word(const char *word, bool loses)
{
    return strcmp(word, "STOP") == 0            ? LEVEL_ERROR
           : strcmp(word, "WAIT") == 0          ? LEVEL_WARN
           : strcmp(word, "TAKE") == 0 && loses ? LEVEL_WARN
           : strcmp(word, "TAKE") == 0          ? LEVEL_OK
                                                : LEVEL_NOTE;
}

/* "LOSES 2 names": it stands first, for what ends a row may be cut. */
static char *text_of(const struct import_object *object, const char *losing)
{
    if (object->waits)
        return xformat("waits for %s", object->waits);
    if (is_key(object))
        return xstrdup("a key with its certificate: Enter chooses whose");
    if (*losing)
        return xformat("LOSES %s; %s", losing + strlen("losing "), object->why);
    return xstrdup(object->why);
}

/* Old and new side by side, what gets worse marked. */
static void add_table(const struct import_identity *identity, struct strings *out)
{
    if (identity->change_count && !identity->in_place)
        page_line(out, "%-11.11s %-*s %s", identity->identity, VALUE_COLUMNS, "in place", "new");
    for (size_t i = 0; i < identity->change_count && !identity->in_place; i++) {
        const struct import_change *change = &identity->changes[i];
        page_line(out, "  %-9s %-*.*s %-*.*s%s", change->what, VALUE_COLUMNS, VALUE_COLUMNS,
                  change->was, VALUE_COLUMNS, VALUE_COLUMNS, change->is,
                  change->lost ? "LOST" : "");
    }
    for (size_t i = 0; i < identity->lost_asked; i++)
        page_line(out, "asked, not got: %s", identity->lost.items[i]);
    for (size_t i = 0; i < identity->lacking.count; i++)
        page_line(out, "deployment.conf asks for %s since the request was made",
                  identity->lacking.items[i]);
    for (size_t i = 0; i < identity->gained.count; i++)
        page_line(out, "got, not asked: %s", identity->gained.items[i]);
}

/* Which of several chains, and the others. */
static void add_chains(const struct import_identity *identity, struct strings *out)
{
    if (!identity->chain_count)
        return;
    page_line(out, "%zu chains hold; taken is %zu, %s", identity->chain_count, identity->chain,
              identity->chain_why);
    for (size_t i = 0; i < identity->chain_count; i++)
        page_line(out, "  %zu: %s; until %s%s", i + 1, identity->chains[i].names,
                  identity->chains[i].end, identity->chains[i].in_place ? "; in place" : "");
}

static void add_detail(const struct flow *flow, const struct import_object *object,
                       const struct import_identity *identity, struct row *row)
{
    struct str detail = {0};
    if (is_key(object))
        str_addf(&detail,
                 "%s: %s. Enter chooses the identity that this key and its certificate "
                 "are for.",
                 object->file, object->what);
    else
        str_addf(&detail, "%s: %s. %s.", object->file, object->what, object->why);
    if (identity && identity->stop && identity->remedy)
        str_addf(&detail, "\n%s", identity->remedy);
    for (size_t i = 0; object->waits && i < flow->import.missing_count; i++) {
        const struct import_missing *missing = &flow->import.missing[i];
        if (strcmp(missing->identity, object->target) == 0)
            str_addf(&detail, "\n%s %s", *missing->aia ? "Fetch" : "Ask the CA for",
                     *missing->aia ? missing->aia : missing->issuer);
    }
    for (size_t i = 0; identity && i < identity->impact.count; i++)
        str_addf(&detail, "\n%s", identity->impact.items[i]);
    row_detail(row, "%s", str_text(&detail));
    str_free(&detail);
}

/* "star.p7b #2"; alone in its file it needs no number. Free it. */
static char *source_of(const struct import_object *object, const struct strings *several)
{
    return strings_has(several, object->file)
               ? xformat("%s #%d", path_base(object->file), object->number)
               : xstrdup(path_base(object->file));
}

static void add_object(const struct flow *flow, size_t index, const struct strings *several,
                       struct page *page)
{
    const struct import_object *object = &flow->import.objects[index];
    const struct import_identity *identity = intake_identity(flow, object);
    bool leaf = identity && object->is_leaf;
    char *losing = leaf && !identity->in_place ? import_losing(identity) : xstrdup("");
    const char *word = word_of(object, identity);
    char *source = source_of(object, several);
    char *id = xformat("%zu", index + 1), *text = text_of(object, losing);
    struct row *row = page_row(page, id, level_of_word(word, *losing), word, "%s  %s  %s", source,
                               *object->target ? object->target : "-", text);
    strings_add(&row->cells, source);
    strings_add(&row->cells, *object->target ? object->target : "-");
    strings_add(&row->cells, text);
    row->can_tick = leaf && object->verdict == VERDICT_TAKE && strcmp(word, "STOP") != 0;
    row->ticked = row->can_tick && identity->take;
    row->can_open = is_key(object);
    add_detail(flow, object, identity, row);
    if (leaf) {
        add_chains(identity, &row->below);
        add_table(identity, &row->below);
    }
    if (leaf && identity->chain_count)
        strings_add(&row->does, "chain");
    free(text);
    free(id);
    free(source);
    free(losing);
}

void intake_rows(const struct flow *flow, struct page *page)
{
    struct strings several = {0}; /* files with more than one */
    for (size_t i = 0; i < flow->import.object_count; i++)
        if (flow->import.objects[i].number == 2)
            strings_add(&several, flow->import.objects[i].file);
    for (size_t i = 0; i < flow->import.object_count; i++)
        add_object(flow, i, &several, page);
    strings_free(&several);
    if (intake_count_taken(flow))
        return;
    size_t left = page->row_count; /* first what asks for something */
    for (size_t i = 0; i < flow->import.object_count; i++) {
        const char *word = page->rows[i].word;
        if (strcmp(word, "LEFT") == 0 && !flow->import.objects[i].stranger) {
            left = left < i ? left : i;
        } else if (strcmp(word, "TAKE") != 0) {
            page->at = i;
            return;
        }
    }
    if (left < page->row_count)
        page->at = left;
}
