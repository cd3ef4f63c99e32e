#include "model/checking.h"

#include "base/mem.h"
#include "model/conftext.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void known_add(struct words *words, const char *word)
{
    if (words->count < sizeof words->items / sizeof *words->items)
        words->items[words->count++] = word;
}

bool known_has(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

/* "did you mean", or all of them; free it. */
static char *words_suggest(const struct words *words, const char *word)
{
    const char *near = text_nearest(word, words->items, words->count);
    if (near)
        return xformat("did you mean \"%s\"?", near);
    struct str all = {0};
    for (size_t i = 0; i < words->count; i++)
        str_addf(&all, "%s%s", i ? ", " : "known are: ", words->items[i]);
    return str_take(&all);
}

/* The line of a list's value within the list; where it cannot be told, the list's. */
static size_t line_of(const struct checking *c, const struct conf_span *span)
{
    const char *text = str_text(&c->file->text), *at = NULL;
    char *quoted = c->item ? xformat("\"%s\"", c->item) : NULL;
    if (quoted)
        at = strstr(text + span->start, quoted);
    free(quoted);
    if (!at || at >= text + span->end)
        return span->line;
    size_t line = span->line;
    for (const char *sign = text + span->start; sign < at; sign++)
        line += *sign == '\n';
    return line;
}

bool screen_wrong(const struct checking *c, const char *key, const char *remedy, const char *format,
                  ...)
{
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct conf_step path[3];
    size_t depth = 0;
    if (c->outer)
        path[depth++] = (struct conf_step){c->outer_section, cfg_title(c->outer)};
    if (c->section)
        path[depth++] = (struct conf_step){c->section, cfg_title(c->cfg)};
    if (key)
        path[depth++] = (struct conf_step){key, NULL};
    struct conf_span span;
    char *where = NULL;
    for (; depth && !where; depth--)
        if (conf_find(str_text(&c->file->text), path, depth, &span))
            where = xformat("%s:%zu", c->file->path, line_of(c, &span));
    error_set(c->err, STATUS_NO, where ? where : c->file->path, remedy, "%s", message);
    free(where);
    return false;
}

bool screen_one_of(const struct checking *c, const char *key, const char *what, const char *word,
                   const struct words *words)
{
    if (known_has(words, word))
        return true;
    char *remedy = words_suggest(words, word);
    screen_wrong(c, key, remedy, "%s \"%s\" is not known", what, word);
    free(remedy);
    return false;
}

bool screen_listed(const struct checking *c, const char *key, const char *const *known)
{
    struct words words = {0};
    for (; *known; known++)
        known_add(&words, *known);
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        struct strings given = {0};
        const char *value = cfg_getnstr(c->cfg, key, i);
        bool good = true;
        strings_split(&given, value ? value : "", ' ');
        for (size_t j = 0; good && j < given.count; j++)
            good = screen_one_of(c, key, key, given.items[j], &words);
        strings_free(&given);
        if (!good)
            return false;
    }
    return true;
}

static void kinds(const struct checking *c, struct words *out)
{
    for (size_t i = 0; i < c->catalogue->count; i++)
        known_add(out, c->catalogue->components[i].kind);
}

bool screen_kind(const struct checking *c, const char *key, const char *kind)
{
    struct words words = {0};
    kinds(c, &words);
    return screen_one_of(c, key, "the kind", kind, &words);
}

/* A release is numbers with dots between them. */
static bool is_release(const char *text)
{
    for (;;) {
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > 4)
            return false;
        if (!text[digits])
            return true;
        if (text[digits] != '.')
            return false;
        text += digits + 1;
    }
}

bool screen_release(const struct checking *c)
{
    static const char *const keys[] = {"from", "until", "again"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *release = cfg_getstr(c->cfg, keys[i]);
        if (*release && !is_release(release))
            return screen_wrong(c, keys[i], "write it like 2.9", "\"%s\" is no release", release);
    }
    const struct release from = {.from = cfg_getstr(c->cfg, "from")};
    const struct release until = {.until = cfg_getstr(c->cfg, "until")};
    const char *again = cfg_getstr(c->cfg, "again");
    if (*again && !*until.until)
        return screen_wrong(c, "again", "write until = \"...\" before it",
                            "what is there again must have gone before");
    if (*until.until && !release_in(&from, until.until))
        return screen_wrong(c, "until", "write the earlier one in from",
                            "it ends in %s, before it begins", until.until);
    return !*again || !release_in(&until, again) ||
           screen_wrong(c, "again", "name a later release", "it is back in %s, before it has gone",
                        again);
}

/* What a hole may be, seen from a component. Words for the suggestion go to *known. */
static bool is_path(const struct checking *c, const struct component *component, const char *path,
                    struct words *known);

static bool is_slot_part(const struct slot *slot, const char *part, struct words *known)
{
    known_add(known, "name");
    for (size_t i = 0; i < slot->takes.count; i++)
        known_add(known, slot->takes.items[i]);
    return known_has(known, part);
}

static bool is_ask_part(const struct checking *c, const struct ask *ask, const char *part,
                        struct words *known)
{
    if (ask->type == ANSWER_SERVER) {
        const struct component *there = catalogue_find(c->catalogue, ask->of);
        known_add(known, "address");
        return strcmp(part, "address") == 0 || (there && is_path(c, there, part, known));
    }
    if (ask->type == ANSWER_URL)
        known_add(known, "host");
    if (ask->type == ANSWER_LISTEN || ask->type == ANSWER_LISTENS)
        known_add(known, "interface");
    known_add(known, "port");
    return known_has(known, part);
}

bool screen_fact(const struct checking *c, const char *block, const char *name, struct words *known)
{
    bool found = false;
    for (size_t i = 0; i < c->catalogue->count; i++)
        for (size_t j = 0; j < c->catalogue->components[i].fact_count; j++) {
            const struct fact *fact = &c->catalogue->components[i].facts[j];
            if (strcmp(fact->block, block) != 0)
                continue;
            known_add(known, fact->name);
            found = found || strcmp(fact->name, name) == 0;
        }
    return found;
}

static bool is_path(const struct checking *c, const struct component *component, const char *path,
                    struct words *known)
{
    static const char *const everywhere[] = {"domain", "release", "address", "server",
                                             "tag",    "n",       "purpose"};
    const char *dot = strchr(path, '.');
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    const struct ask *ask = component_ask(component, head);
    const struct slot *slot = component_slot(component, head);
    free(head);
    if (dot && ask)
        return is_ask_part(c, ask, dot + 1, known);
    if (dot && slot)
        return is_slot_part(slot, dot + 1, known);
    if (text_starts(path, "first."))
        return is_path(c, component, dot + 1, known);
    if (strcmp(path, "domain.title") == 0)
        return true;
    if (text_starts(path, "validation."))
        return screen_fact(c, "validation", dot + 1, known);
    if (ask || component_trust(component, path) || component_trust_option(component, path))
        return true;
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
        known_add(known, everywhere[i]);
    for (size_t i = 0; i < component->ask_count; i++)
        known_add(known, component->asks[i].name);
    for (size_t i = 0; i < component->trust_count; i++)
        known_add(known, component->trusts[i].name);
    for (size_t i = 0; i < component->slot_count; i++)
        known_add(known, component->slots[i].name);
    if (screen_fact(c, "environment", path, known))
        return true;
    return !slot && known_has(known, path);
}

/* {state.on}, {state.peers.bundle}, {client.CN}: what no deployment.conf says. */
static bool is_appliance_path(const struct component *component, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot || !dot[1])
        return false;
    char *head = xstrndup(path, (size_t)(dot - path));
    bool good = strcmp(head, "state") == 0 ||
                (component_slot(component, head) && strcmp(dot + 1, "CN") == 0);
    free(head);
    return good;
}

static bool check_path(const struct checking *c, const char *key, const char *what,
                       const char *path)
{
    struct words known = {0};
    if ((c->appliance && is_appliance_path(c->component, path)) ||
        is_path(c, c->component, path, &known))
        return true;
    char *remedy = words_suggest(&known, strrchr(path, '.') ? strrchr(path, '.') + 1 : path);
    screen_wrong(c, key, remedy, "%s%s%s means nothing", what, path, *what == '{' ? "}" : "");
    free(remedy);
    return false;
}

bool screen_template(const struct checking *c, const char *key, const char *text, bool sentence)
{
    bool bracket = false;
    for (const char *at = text; *at; at++) {
        if (!sentence && (*at == '[' || *at == ']')) {
            if (bracket == (*at == '['))
                return screen_wrong(c, key, "close each [ with one ]",
                                    "the brackets of \"%s\" do not fit", text);
            bracket = *at == '[';
        }
        if (*at == '}' && !sentence)
            return screen_wrong(c, key, "write {NAME}", "\"%s\" has a } without a {", text);
        if (*at != '{')
            continue;
        size_t length = strcspn(at + 1, "{}");
        if (at[1 + length] != '}') {
            if (sentence)
                continue;
            return screen_wrong(c, key, "write {NAME}", "a { of \"%s\" is never closed", text);
        }
        char *path = xstrndup(at + 1, length);
        bool good = (sentence && (!length || strchr(path, ' '))) || check_path(c, key, "{", path);
        free(path);
        if (!good)
            return false;
        at += length + 1;
    }
    return !bracket ||
           screen_wrong(c, key, "close each [ with one ]", "a [ of \"%s\" is never closed", text);
}

bool screen_templates(const struct checking *c, const char *key)
{
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        const char *text = cfg_getnstr(c->cfg, key, i);
        if (text && !screen_template(c, key, text, false))
            return false;
    }
    return true;
}

/* What stands in a hole of a form: a path, or that of a choice between two words. */
static bool check_form_hole(const struct checking *c, const char *key, const char *hole)
{
    static const char state[] = "state.";
    const char *words = strchr(hole, '?');
    char *path = xstrndup(hole, words ? (size_t)(words - hole) : strlen(hole));
    bool good = (words && !*path) || (text_starts(path, state) && path[strlen(state)]) ||
                check_path(c, key, "{", path);
    free(path);
    return good && (!words || words == hole || strchr(words, '|') ||
                    screen_wrong(c, key, "write {NAME?YES|NO}",
                                 "{%s} does not say what stands there otherwise", hole));
}

static bool check_form(const struct checking *c, const char *key, const char *text)
{
    bool bracket = false;
    for (const char *at = text; *at; at++) {
        if (*at == '[' || *at == ']') {
            if (bracket == (*at == '['))
                return screen_wrong(c, key, "close each [ with one ]",
                                    "the brackets of \"%s\" do not fit", text);
            bracket = *at == '[';
        } else if (*at == '}') {
            return screen_wrong(c, key, "write {NAME}", "\"%s\" has a } without a {", text);
        } else if (*at == '{') {
            size_t length = strcspn(at + 1, "{}[]");
            if (at[1 + length] != '}')
                return screen_wrong(c, key, "write {NAME}", "a { of \"%s\" is never closed", text);
            char *hole = xstrndup(at + 1, length);
            bool good = check_form_hole(c, key, hole);
            free(hole);
            if (!good)
                return false;
            at += length + 1;
        }
    }
    return !bracket ||
           screen_wrong(c, key, "close each [ with one ]", "a [ of \"%s\" is never closed", text);
}

bool screen_forms(const struct checking *c, const char *key)
{
    struct checking one = *c;
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        one.item = cfg_getnstr(c->cfg, key, i);
        if (!check_form(&one, key, one.item))
            return false;
    }
    return true;
}

static bool check_choice(const struct checking *c, const char *name, const char *value)
{
    static const char *const purposes[] = {"production", "lab"};
    struct words words = {0};
    const struct ask *ask = component_ask(c->component, name);
    if (strcmp(name, "purpose") == 0) {
        known_add(&words, purposes[0]);
        known_add(&words, purposes[1]);
    }
    for (size_t i = 0; ask && i < ask->choices.count; i++)
        known_add(&words, ask->choices.items[i]);
    return !words.count || screen_one_of(c, "when", "the value", value, &words);
}

bool screen_sets(const struct checking *c, const char *key)
{
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        const char *word = cfg_getnstr(c->cfg, key, i);
        const char *path = word + strspn(word, "!");
        char *name = xstrndup(path, strcspn(path, "="));
        bool good = strcmp(word, "!all") == 0 || check_path(c, key, "", name);
        free(name);
        if (!good)
            return false;
    }
    return true;
}

static bool check_word(const struct checking *c, const char *word)
{
    word += strspn(word, "!");
    static const char *const of_kinds[] = {"with:", "several:", "beside:"};
    for (size_t i = 0; i < sizeof of_kinds / sizeof *of_kinds; i++)
        if (text_starts(word, of_kinds[i]))
            return screen_kind(c, "when", word + strlen(of_kinds[i]));
    static const char *const own[] = {"installed", "implied", "first"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(word, own[i]) == 0)
            return true;
    const char *equals = strchr(word, '=');
    char *name = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
    bool good = check_path(c, "when", "the condition ", name) &&
                (!equals || check_choice(c, name, equals + 1));
    free(name);
    return good;
}

bool screen_when(const struct checking *c)
{
    struct strings words = {0};
    bool good = true;
    for (unsigned i = 0; i < cfg_size(c->cfg, "when"); i++)
        strings_split(&words, cfg_getnstr(c->cfg, "when", i), ' ');
    for (size_t i = 0; good && i < words.count; i++) {
        struct strings either = {0};
        strings_split(&either, words.items[i], '|');
        for (size_t k = 0; good && k < either.count; k++)
            good = check_word(c, either.items[k]);
        strings_free(&either);
    }
    strings_free(&words);
    return good;
}
