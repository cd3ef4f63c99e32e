/* Whether every word of the component files means something: a mistyped kind, verb or hole would
 * otherwise make a trust or a rule vanish without a sound. */
#include "base/mem.h"
#include "model/conftext.h"
#include "model/screens.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checking {
    const struct catalogue *catalogue;
    const struct screen_file *file;
    const struct component *component; /* NULL: a preset */
    cfg_t *cfg;                        /* the section looked at */
    const char *section;               /* its name; NULL: the file's top */
    cfg_t *slot;                       /* the slot that the section, a signer, lies in */
    struct error *err;
};

/* Names that a word may be. */
struct words {
    const char *items[256];
    size_t count;
};

static void words_add(struct words *words, const char *word)
{
    if (words->count < sizeof words->items / sizeof *words->items)
        words->items[words->count++] = word;
}

static bool words_have(const struct words *words, const char *word)
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

/* An error at the line of a key, or of its section where the key is not written. */
static bool wrong(const struct checking *c, const char *key, const char *remedy, const char *format,
                  ...) printf_like(4, 5);
static bool wrong(const struct checking *c, const char *key, const char *remedy, const char *format,
                  ...)
{
    char message[600];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct conf_step path[3];
    size_t depth = 0;
    if (c->slot)
        path[depth++] = (struct conf_step){"slot", cfg_title(c->slot)};
    if (c->section)
        path[depth++] = (struct conf_step){c->section, cfg_title(c->cfg)};
    if (key)
        path[depth++] = (struct conf_step){key, NULL};
    struct conf_span span;
    char *where = NULL;
    for (; depth && !where; depth--)
        if (conf_find(str_text(&c->file->text), path, depth, &span))
            where = xformat("%s:%zu", c->file->path, span.line);
    error_set(c->err, STATUS_NO, where ? where : c->file->path, remedy, "%s", message);
    free(where);
    return false;
}

static bool one_of(const struct checking *c, const char *key, const char *what, const char *word,
                   const struct words *words)
{
    if (words_have(words, word))
        return true;
    char *remedy = words_suggest(words, word);
    wrong(c, key, remedy, "%s \"%s\" is not known", what, word);
    free(remedy);
    return false;
}

/* The key's word, or each of its words, is one of the list, which ends with NULL; "" is none. */
static bool listed(const struct checking *c, const char *key, const char *const *known)
{
    struct words words = {0};
    for (; *known; known++)
        words_add(&words, *known);
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        struct strings given = {0};
        const char *value = cfg_getnstr(c->cfg, key, i);
        bool good = true;
        strings_split(&given, value ? value : "", ' ');
        for (size_t j = 0; good && j < given.count; j++)
            good = one_of(c, key, key, given.items[j], &words);
        strings_free(&given);
        if (!good)
            return false;
    }
    return true;
}

static void kinds(const struct checking *c, struct words *out)
{
    for (size_t i = 0; i < c->catalogue->count; i++)
        words_add(out, c->catalogue->components[i].kind);
}

static bool is_kind(const struct checking *c, const char *key, const char *kind)
{
    struct words words = {0};
    kinds(c, &words);
    return one_of(c, key, "the kind", kind, &words);
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

static bool check_release(const struct checking *c)
{
    static const char *const keys[] = {"from", "until", "again"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *release = cfg_getstr(c->cfg, keys[i]);
        if (*release && !is_release(release))
            return wrong(c, keys[i], "write it like 2.9", "\"%s\" is no release", release);
    }
    const struct release from = {.from = cfg_getstr(c->cfg, "from")};
    const struct release until = {.until = cfg_getstr(c->cfg, "until")};
    const char *again = cfg_getstr(c->cfg, "again");
    if (*again && !*until.until)
        return wrong(c, "again", "write until = \"...\" before it",
                     "what is there again must have gone before");
    if (*until.until && !release_in(&from, until.until))
        return wrong(c, "until", "write the earlier one in from", "it ends in %s, before it begins",
                     until.until);
    return !*again || !release_in(&until, again) ||
           wrong(c, "again", "name a later release", "it is back in %s, before it has gone", again);
}

/* What a hole may be, seen from a component. Words for the suggestion go to *known. */
static bool is_path(const struct checking *c, const struct component *component, const char *path,
                    struct words *known);

static bool is_slot_part(const struct slot *slot, const char *part, struct words *known)
{
    words_add(known, "name");
    for (size_t i = 0; i < slot->takes.count; i++)
        words_add(known, slot->takes.items[i]);
    return words_have(known, part);
}

static bool is_ask_part(const struct checking *c, const struct ask *ask, const char *part,
                        struct words *known)
{
    if (ask->type == ANSWER_SERVER) {
        const struct component *there = catalogue_find(c->catalogue, ask->of);
        words_add(known, "address");
        return strcmp(part, "address") == 0 || (there && is_path(c, there, part, known));
    }
    if (ask->type == ANSWER_URL)
        words_add(known, "host");
    if (ask->type == ANSWER_LISTEN || ask->type == ANSWER_LISTENS)
        words_add(known, "interface");
    words_add(known, "port");
    return words_have(known, part);
}

static bool is_fact(const struct checking *c, const char *block, const char *name,
                    struct words *known)
{
    bool found = false;
    for (size_t i = 0; i < c->catalogue->count; i++)
        for (size_t j = 0; j < c->catalogue->components[i].fact_count; j++) {
            const struct fact *fact = &c->catalogue->components[i].facts[j];
            if (strcmp(fact->block, block) != 0)
                continue;
            words_add(known, fact->name);
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
    if (text_starts(path, "validation."))
        return is_fact(c, "validation", dot + 1, known);
    if (ask || component_trust(component, path))
        return true;
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
        words_add(known, everywhere[i]);
    for (size_t i = 0; i < component->ask_count; i++)
        words_add(known, component->asks[i].name);
    for (size_t i = 0; i < component->trust_count; i++)
        words_add(known, component->trusts[i].name);
    for (size_t i = 0; i < component->slot_count; i++)
        words_add(known, component->slots[i].name);
    if (is_fact(c, "environment", path, known))
        return true;
    return !slot && words_have(known, path);
}

static bool check_path(const struct checking *c, const char *key, const char *what,
                       const char *path)
{
    struct words known = {0};
    if (is_path(c, c->component, path, &known))
        return true;
    char *remedy = words_suggest(&known, strrchr(path, '.') ? strrchr(path, '.') + 1 : path);
    wrong(c, key, remedy, "%s%s%s means nothing", what, path, *what == '{' ? "}" : "");
    free(remedy);
    return false;
}

/* Every hole means something, and what opens closes. In a sentence braces with a blank in them show
 * a section of deployment.conf, and brackets are brackets. */
static bool check_template(const struct checking *c, const char *key, const char *text,
                           bool sentence)
{
    bool bracket = false;
    for (const char *at = text; *at; at++) {
        if (!sentence && (*at == '[' || *at == ']')) {
            if (bracket == (*at == '['))
                return wrong(c, key, "close each [ with one ]", "the brackets of \"%s\" do not fit",
                             text);
            bracket = *at == '[';
        }
        if (*at == '}' && !sentence)
            return wrong(c, key, "write {NAME}", "\"%s\" has a } without a {", text);
        if (*at != '{')
            continue;
        size_t length = strcspn(at + 1, "{}");
        if (at[1 + length] != '}') {
            if (sentence)
                continue;
            return wrong(c, key, "write {NAME}", "a { of \"%s\" is never closed", text);
        }
        char *path = xstrndup(at + 1, length);
        bool good = (sentence && (!length || strchr(path, ' '))) || check_path(c, key, "{", path);
        free(path);
        if (!good)
            return false;
        at += length + 1;
    }
    return !bracket ||
           wrong(c, key, "close each [ with one ]", "a [ of \"%s\" is never closed", text);
}

/* All values of a key. */
static bool check_templates(const struct checking *c, const char *key)
{
    for (unsigned i = 0; i < cfg_size(c->cfg, key); i++) {
        const char *text = cfg_getnstr(c->cfg, key, i);
        if (text && !check_template(c, key, text, false))
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
        words_add(&words, purposes[0]);
        words_add(&words, purposes[1]);
    }
    for (size_t i = 0; ask && i < ask->choices.count; i++)
        words_add(&words, ask->choices.items[i]);
    return !words.count || one_of(c, "when", "the value", value, &words);
}

static bool check_word(const struct checking *c, const char *word)
{
    word += strspn(word, "!");
    if (text_starts(word, "with:"))
        return is_kind(c, "when", word + strlen("with:"));
    if (strcmp(word, "installed") == 0)
        return true;
    const char *equals = strchr(word, '=');
    char *name = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
    bool good = check_path(c, "when", "the condition ", name) &&
                (!equals || check_choice(c, name, equals + 1));
    free(name);
    return good;
}

static bool check_when(const struct checking *c)
{
    struct strings words = {0};
    bool good = true;
    strings_split(&words, cfg_getstr(c->cfg, "when"), ' ');
    for (size_t i = 0; good && i < words.count; i++)
        good = check_word(c, words.items[i]);
    strings_free(&words);
    return good;
}

static const char *const usages[] = {
    "serverAuth",   "clientAuth",  "codeSigning", "emailProtection",
    "timeStamping", "OCSPSigning", NULL};

static bool check_slot(struct checking *c)
{
    static const char *const takes[] = {"key", "certificate", "bundle", "fullchain", NULL};
    static const char *const signers[] = {"public", "internal", "self"};
    if (!cfg_size(c->cfg, "takes"))
        return wrong(c, NULL, "write takes = { \"key\", \"certificate\" }", "a slot takes no file");
    if (!listed(c, "takes", takes) || !listed(c, "EKU", usages) || !check_when(c) ||
        !check_templates(c, "identity") || !check_templates(c, "CN") ||
        !check_templates(c, "SAN") || !check_release(c))
        return false;
    struct words known = {0};
    for (size_t i = 0; i < sizeof signers / sizeof *signers; i++)
        words_add(&known, signers[i]);
    for (unsigned i = 0; i < cfg_size(c->cfg, "signer"); i++) {
        struct checking inner = *c;
        inner.slot = c->cfg;
        inner.section = "signer";
        inner.cfg = cfg_getnsec(c->cfg, "signer", i);
        if (!one_of(&inner, NULL, "the signer", cfg_title(inner.cfg), &known) ||
            !check_when(&inner))
            return false;
    }
    return true;
}

static const char *const answer_types[] = {"text",    "host", "hosts",      "listen",
                                           "listens", "port", "url",        "server",
                                           "choice",  "tick", "interfaces", NULL};

static bool check_ask(struct checking *c)
{
    const char *type = cfg_getstr(c->cfg, "type");
    const char *of = cfg_getstr(c->cfg, "of");
    bool server = strcmp(type, "server") == 0;
    if (!listed(c, "type", answer_types) || !check_templates(c, "default") ||
        !check_templates(c, "instead") || !check_release(c))
        return false;
    if (server != (*of != '\0'))
        return wrong(c, server ? NULL : "of", "type \"server\" and `of` belong together",
                     server ? "it does not say of which kind" : "only a server is of a kind");
    if (server && !is_kind(c, "of", of))
        return false;
    if ((strcmp(type, "choice") == 0) != (cfg_size(c->cfg, "choices") > 0))
        return wrong(c, "choices", "type \"choice\" and `choices` belong together",
                     "\"%s\" and its choices do not fit", type);
    return true;
}

static bool check_fact(struct checking *c)
{
    static const char *const blocks[] = {"environment", "validation", NULL};
    return listed(c, "in", blocks) && listed(c, "type", answer_types);
}

static bool check_require_slot(const struct checking *c)
{
    const char *slot = cfg_getstr(c->cfg, "slot");
    struct words known = {0};
    if (*slot == '{')
        return check_template(c, "slot", slot, false);
    for (size_t i = 0; i < c->component->slot_count; i++)
        words_add(&known, c->component->slots[i].name);
    return !*slot || one_of(c, "slot", "the slot", slot, &known);
}

static bool check_require(struct checking *c)
{
    static const char *const severities[] = {"error", "warning", "notice", NULL};
    static const char *const signers[] = {"public", "internal", "self", NULL};
    static const char *const platforms[] = {"vm", "cms1000", "cms2000", "x-series", NULL};
    static const char *const presences[] = {"service",     "wildcard",      "address",   "no-san",
                                            "no-identity", "no-management", "open-port", "older",
                                            "several",     "half",          "stranger",  "no-file",
                                            NULL};
    if (!check_require_slot(c) || !check_when(c) || !check_release(c) ||
        !listed(c, "severity", severities) || !listed(c, "eku", usages) ||
        !listed(c, "not-signer", signers) || !listed(c, "not-platform", platforms) ||
        !listed(c, "present", presences) || !check_templates(c, "names") ||
        !check_templates(c, "cn"))
        return false;
    const char *other = cfg_getstr(c->cfg, "key-not-of"), *ca = cfg_getstr(c->cfg, "same-ca-as");
    if (*other && !is_kind(c, "key-not-of", other))
        return false;
    if (*ca && (strchr(ca, '{') ? !check_template(c, "same-ca-as", ca, false)
                                : !is_kind(c, "same-ca-as", ca)))
        return false;
    const char *present = cfg_getstr(c->cfg, "present");
    /* What is in a certificate, or lacks, has its remedy by itself. */
    static const char *const own[] = {"service", "no-management", "open-port", "older",
                                      "several", "half",          "no-file"};
    struct words remedied = {0};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        words_add(&remedied, own[i]);
    if (words_have(&remedied, present) && !*cfg_getstr(c->cfg, "remedy"))
        return wrong(c, NULL, "write remedy = \"...\"", "`present` needs to say what mends it");
    return check_template(c, "why", cfg_getstr(c->cfg, "why"), true) &&
           check_template(c, "remedy", cfg_getstr(c->cfg, "remedy"), true);
}

static bool check_trust(struct checking *c)
{
    static const char *const hows[] = {"pinned", "chain", "either", "both", NULL};
    const char *of = cfg_getstr(c->cfg, "of"), *slot = cfg_getstr(c->cfg, "slot");
    const char *via = cfg_getstr(c->cfg, "via"), *beside = cfg_getstr(c->cfg, "beside");
    if (!listed(c, "how", hows) || !check_when(c) || !check_release(c) || !is_kind(c, "of", of) ||
        (*beside && !is_kind(c, "beside", beside)))
        return false;
    const struct component *there = catalogue_find(c->catalogue, of);
    struct words known = {0};
    for (size_t i = 0; i < there->slot_count; i++)
        words_add(&known, there->slots[i].name);
    if (*slot && !one_of(c, "slot", "the slot", slot, &known))
        return false;
    if (!there->slot_count)
        return wrong(c, "of", "name another kind", "%s has no certificate to trust", there->title);
    const struct ask *ask = component_ask(c->component, via);
    return !*via || (ask && ask->type == ANSWER_SERVER) ||
           wrong(c, "via", "name an ask of type \"server\"", "\"%s\" leads to no server", via);
}

static bool check_command(struct checking *c)
{
    static const char *const sources[] = {"guide", "field", "ours", NULL};
    static const char *const effects[] = {"none", "stop", "start", "restart", NULL};
    static const char *const phases[] = {"removal", "services", "building", NULL};
    const char *line = cfg_getstr(c->cfg, "line");
    if (*cfg_getstr(c->cfg, "undo") && cfg_getbool(c->cfg, "none"))
        return wrong(c, "undo", "keep one of them", "`none` and `undo` both say what undoes it");
    if (cfg_getbool(c->cfg, "api") && strcmp(c->section, "by-hand") != 0)
        return wrong(c, "api", "move it to by-hand", "only what is done by hand goes to the API");
    if (cfg_size(c->cfg, "typed") && strcmp(c->section, "by-hand") != 0)
        return wrong(c, "typed", "move it to by-hand", "a command is typed as it stands");
    return listed(c, "source", sources) && listed(c, "effect", effects) &&
           listed(c, "phase", phases) && check_when(c) && check_release(c) &&
           check_template(c, NULL, *line ? line : cfg_title(c->cfg), false) &&
           check_templates(c, "undo") && check_templates(c, "expect") &&
           check_templates(c, "typed");
}

static bool check_top(struct checking *c)
{
    static const char *const keys[] = {"follows", "beside"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (unsigned j = 0; j < cfg_size(c->cfg, keys[i]); j++)
            if (!is_kind(c, keys[i], cfg_getnstr(c->cfg, keys[i], j)))
                return false;
    const char *per = cfg_getstr(c->cfg, "per");
    if (*per && !component_ask(c->component, per))
        return wrong(c, "per", "name an ask of this file", "nothing asks for \"%s\"", per);
    return check_release(c) && check_templates(c, "name");
}

/* Each section of a component's file, and who judges it. */
static const struct {
    const char *name;
    bool (*check)(struct checking *c);
} sections[] = {
    {"slot", check_slot},       {"ask", check_ask},         {"fact", check_fact},
    {"require", check_require}, {"trust", check_trust},     {"base", check_command},
    {"before", check_command},  {"assign", check_command},  {"after", check_command},
    {"display", check_command}, {"by-hand", check_command}, {"other", check_command},
};

static bool check_component(struct checking *c)
{
    cfg_t *top = c->file->cfg;
    c->component = catalogue_find(c->catalogue, c->file->name);
    if (!check_top(c))
        return false;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        for (unsigned j = 0; j < cfg_size(top, sections[i].name); j++) {
            c->section = sections[i].name;
            c->cfg = cfg_getnsec(top, sections[i].name, j);
            if (!sections[i].check(c))
                return false;
        }
    return true;
}

static bool check_preset(struct checking *c)
{
    static const char *const purposes[] = {"production", "lab", NULL};
    cfg_t *top = c->file->cfg;
    if (!listed(c, "purpose", purposes))
        return false;
    for (unsigned i = 0; i < cfg_size(top, "facts"); i++) {
        struct words known = {0};
        const char *fact = cfg_getnstr(top, "facts", i);
        if (!is_fact(c, "environment", fact, &known))
            return one_of(c, "facts", "the fact", fact, &known);
    }
    c->section = "server";
    for (unsigned i = 0; i < cfg_size(top, "server"); i++) {
        c->cfg = cfg_getnsec(top, "server", i);
        for (unsigned j = 0; j < cfg_size(c->cfg, "kinds"); j++)
            if (!is_kind(c, "kinds", cfg_getnstr(c->cfg, "kinds", j)))
                return false;
    }
    c->section = "value";
    for (unsigned i = 0; i < cfg_size(top, "value"); i++) {
        c->cfg = cfg_getnsec(top, "value", i);
        if (!is_kind(c, NULL, cfg_title(c->cfg)))
            return false;
        const struct component *of = catalogue_find(c->catalogue, cfg_title(c->cfg));
        struct words known = {0};
        for (size_t j = 0; j < of->ask_count; j++)
            words_add(&known, of->asks[j].name);
        if (!one_of(c, "option", "the option", cfg_getstr(c->cfg, "option"), &known))
            return false;
    }
    return true;
}

/* A file in the place of a compiled one may leave out what others rely on. */
static bool check_compiled(const struct catalogue *catalogue, struct error *err)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct component *component = &catalogue->components[i];
        for (size_t j = 0; component->compiled && j < component->trust_count; j++) {
            const struct trust_rule *trust = &component->trusts[j];
            const struct component *of = catalogue_find(catalogue, trust->of);
            if (of && (*trust->slot ? component_slot(of, trust->slot) != NULL : of->slot_count > 0))
                continue;
            return error_set(err, STATUS_NO, trust->of, "keep that slot in the file",
                             "%s accepts what is in its slot \"%s\", which is not there",
                             component->title, trust->slot);
        }
    }
    return true;
}

bool screens_check(const struct screens *screens, const struct catalogue *catalogue,
                   struct error *err)
{
    for (size_t i = 0; i < screens->count; i++) {
        struct checking c = {.catalogue = catalogue,
                             .file = &screens->items[i],
                             .cfg = screens->items[i].cfg,
                             .err = err};
        if (c.file->is_preset ? !check_preset(&c) : !check_component(&c))
            return false;
    }
    return check_compiled(catalogue, err);
}
