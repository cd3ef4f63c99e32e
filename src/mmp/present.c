#include "mmp/present.h"

#include "base/mem.h"
#include "mmp/action.h"
#include "mmp/failure.h"
#include "mmp/holes.h"
#include "mmp/read.h"
#include "model/template.h"

#include <stdlib.h>
#include <string.h>

/* What was found out: by slot of the release, "" where there is nothing to look at, else the
 * verdict as it is printed; of trusts what is wrong. */
struct findings_of {
    struct strings pairs, chains, trusts;
    bool pairs_good, chains_good;
};

static void findings_free(struct findings_of *found)
{
    strings_free(&found->pairs);
    strings_free(&found->chains);
    strings_free(&found->trusts);
}

static void add_word(struct strings *list, enum word word, const char *one, const char *two)
{
    struct str text = {0};
    words_add(&text, word, one, two, NULL);
    strings_add_take(list, str_take(&text));
}

/* A file of a slot: "" where none is set. Free it. */
static char *slot_file(const struct view *view, const struct slot *slot, const char *part)
{
    char *path = xformat("%s.%s", slot->name, part);
    const char *name = view->unit ? value_get(&view->unit->set, path) : NULL;
    free(path);
    return xstrdup(name ? name : "");
}

/* Reads a certificate, a bundle or a chain; says why not. */
static bool read_certs(const struct view *view, const char *name, struct pki_file *file,
                       struct error *err)
{
    if (!pki_read(view->place, PKI_ALL, name, file, err))
        return false;
    return pki_first_cert(file) || error_set(err, STATUS_NO, name, NULL, "it holds no certificate");
}

static void check_pair(const struct view *view, const char *key, const char *certificate,
                       struct findings_of *found)
{
    const char *const names[2] = {key, certificate};
    struct pki_file files[2] = {{0}, {0}};
    const struct object *pair[2] = {NULL, NULL};
    struct notes notes = {0};
    struct error err = {0};
    bool read = pki_read_pair(view->place, PKI_NAMES, names, files, pair, &notes, &err);
    bool is_key = read && ((pair[0]->kind == OBJECT_KEY && pair[0]->key->is_private) ||
                           strings_has(&view->record->stand_ins, key));
    bool is_cert = read && pair[1]->kind == OBJECT_CERT;
    bool match = is_key && is_cert && object_same_key(pair[0], pair[1]);
    struct str why = {0};
    if (!read)
        str_addf(&why, "%s: %s", err.place, err.message);
    else if (!is_key || !is_cert)
        str_addf(&why, "%s holds no %s", is_key ? certificate : key,
                 is_key ? "certificate" : "private key");
    if (why.length)
        add_word(&found->pairs, WORD_PAIR_PROBLEM, str_text(&why), NULL);
    else
        add_word(&found->pairs, match ? WORD_MATCH : WORD_NO_MATCH, NULL, NULL);
    found->pairs_good &= match;
    str_free(&why);
    notes_free(&notes);
    pki_file_free(&files[0]);
    pki_file_free(&files[1]);
}

/* The leaf up to a self-signed root of the last file alone: the appliance takes the bundle as its
 * store, and a full chain as both. */
static void check_chain(const struct view *view, const char *certificate, const char *bundle,
                        struct findings_of *found)
{
    struct pki_file leaf = {0}, rest = {0};
    struct pool links = {0}, anchors = {0};
    struct error err = {0};
    struct str text = {0};
    bool good = read_certs(view, certificate, &leaf, &err) && read_certs(view, bundle, &rest, &err);
    if (!good) {
        add_word(&found->chains, WORD_TRUST_PROBLEM, err.place, err.message);
    } else {
        struct chain chain;
        pool_add_file(&links, &leaf);
        pool_add_file(&anchors, &rest);
        chain_verify(pki_first_cert(&leaf), links.certs, links.count, anchors.certs, anchors.count,
                     PURPOSE_ANY, NULL, view->place->at, &chain);
        good = chain.valid;
        if (good)
            words_add(&text, WORD_VERIFIED, NULL, NULL, NULL);
        else
            failure_add(&chain, &text);
        strings_add_take(&found->chains, str_take(&text));
    }
    found->chains_good &= good;
    pool_free(&links);
    pool_free(&anchors);
    pki_file_free(&leaf);
    pki_file_free(&rest);
}

static void check_slot(const struct view *view, const struct slot *slot, struct findings_of *found)
{
    char *key = slot_file(view, slot, "key"), *whole = slot_file(view, slot, "fullchain");
    char *certificate = slot_file(view, slot, *whole ? "fullchain" : "certificate");
    const char *against = view->unit ? value_get(&view->unit->set, slot->against) : NULL;
    char *bundle = against ? xstrdup(against) : slot_file(view, slot, "bundle");
    if (*key && *certificate)
        check_pair(view, key, certificate, found);
    else
        strings_add(&found->pairs, "");
    if (*key && (*whole || *bundle))
        check_chain(view, certificate, *whole ? whole : bundle, found);
    else
        strings_add(&found->chains, "");
    free(key);
    free(whole);
    free(certificate);
    free(bundle);
}

/* Files that a trust names hold certificates still. */
static void check_trusts(const struct view *view, struct findings_of *found)
{
    for (size_t i = 0; view->unit && i < view->unit->set.count; i++) {
        const struct value *value = &view->unit->set.items[i];
        struct hole_kind kind = hole_kind(view->component, value->path);
        struct pki_file file = {0};
        struct error err = {0};
        if (kind.hole != HOLE_BUNDLE || !*value->text || text_ends(value->path, ".bundle"))
            continue;
        if (!read_certs(view, value->text, &file, &err))
            add_word(&found->trusts, WORD_TRUST_PROBLEM, value->text, err.message);
        pki_file_free(&file);
    }
}

static void look(const struct view *view, struct findings_of *found)
{
    *found = (struct findings_of){.pairs_good = true, .chains_good = true};
    for (size_t i = 0; i < view->component->slot_count; i++)
        if (release_in(&view->component->slots[i].release, view->record->release))
            check_slot(view, &view->component->slots[i], found);
    check_trusts(view, found);
}

static void add_line(struct str *out, const char *line)
{
    str_add(out, line);
    if (!text_ends(line, "\n"))
        str_add_char(out, '\n');
}

static bool is_failure(const char *line)
{
    return *line && !text_starts(line, "SUCCESS");
}

static void add_refusal(const struct view *view, const struct command *command, struct str *out)
{
    struct str line = {0};
    struct view copy = *view;
    if (template_expand(command->refusal, view_lookup, &copy, &line, NULL) && line.length)
        add_line(out, str_text(&line));
    str_free(&line);
}

/* "SUCCESS: HTTPS Key and certificate pair match" says of a slot what the word says of the only
 * one. */
static bool says(const char *line, enum word word)
{
    struct str text = {0};
    words_add(&text, word, NULL, NULL, NULL);
    bool same = text_ends(line, str_text(&text) + strlen("SUCCESS: "));
    str_free(&text);
    return same;
}

/* The lines of the reply, as far as this appliance prints them. */
static void reply_lines(const struct view *view, const struct command *command, struct strings *out)
{
    const struct strings *lines = command->reply.count ? &command->reply : &command->expect;
    for (size_t i = 0; i < lines->count; i++) {
        struct str line = {0};
        struct view copy = *view;
        if (template_expand(lines->items[i], view_lookup, &copy, &line, NULL) && line.length)
            strings_add(out, str_text(&line));
        str_free(&line);
    }
    if (lines->count)
        return;
    add_word(out, WORD_MATCH, NULL, NULL);
    add_word(out, WORD_VERIFIED, NULL, NULL);
    if (command->effect == EFFECT_START)
        add_word(out, WORD_ENABLED, view->component->title, NULL);
}

/* The reply's line where what it says is so, else what was found; nothing where there is nothing to
 * look at. */
static void add_verdict(const struct strings *found, size_t *next, const char *line,
                        struct str *out)
{
    if (*next >= found->count)
        return;
    const char *verdict = found->items[(*next)++];
    if (*verdict)
        add_line(out, is_failure(verdict) ? verdict : line);
}

/* What the reply has no line for is told where it fails. */
static void add_failures(const struct strings *found, size_t next, struct str *out)
{
    for (; next < found->count; next++)
        if (is_failure(found->items[next]))
            add_line(out, found->items[next]);
}

/* All is read. The guide shows a pair that differs alone, without what else was looked at
 * (4.4, 4.6, 4.7). */
static void add_reply(const struct view *view, const struct command *command,
                      const struct findings_of *found, bool good, struct str *out)
{
    struct strings lines = {0};
    size_t pair = 0, chain = 0;
    bool has_verdict = *command->refusal || (!command->reply.count && !command->expect.count);
    if (found->pairs_good)
        reply_lines(view, command, &lines);
    size_t body = lines.count - (has_verdict && lines.count);
    for (size_t i = 0; i < body; i++) {
        const char *line = lines.items[i];
        if (says(line, WORD_MATCH))
            add_verdict(&found->pairs, &pair, line, out);
        else if (says(line, WORD_VERIFIED) || says(line, WORD_CHAIN_VERIFIED))
            add_verdict(&found->chains, &chain, line, out);
        else
            add_line(out, line);
    }
    add_failures(&found->pairs, pair, out);
    if (found->pairs_good)
        add_failures(&found->chains, chain, out);
    add_failures(&found->trusts, 0, out);
    if (!good)
        add_refusal(view, command, out);
    else if (body < lines.count)
        add_line(out, lines.items[body]);
    strings_free(&lines);
}

bool present_check(const struct view *view, const struct command *command, struct str *out)
{
    struct findings_of found;
    look(view, &found);
    bool good = found.pairs_good && found.chains_good && !found.trusts.count;
    add_reply(view, command, &found, good, out);
    findings_free(&found);
    return good;
}
