/* Whether every word of the component files means something: a mistyped kind, verb or hole would
 * otherwise make a trust or a rule vanish without a sound. */
#include "base/mem.h"
#include "model/checking.h"

#include <stdlib.h>
#include <string.h>

static const char *const usages[] = {
    "serverAuth",   "clientAuth",  "codeSigning", "emailProtection",
    "timeStamping", "OCSPSigning", NULL};

static bool check_slot(struct checking *c)
{
    static const char *const takes[] = {"key", "certificate", "bundle", "fullchain", NULL};
    static const char *const signers[] = {"public", "internal", "self"};
    const char *against = cfg_getstr(c->cfg, "against");
    if (!cfg_size(c->cfg, "takes"))
        return screen_wrong(c, NULL, "write takes = { \"key\", \"certificate\" }",
                            "a slot takes no file");
    if (!screen_listed(c, "takes", takes) || !screen_listed(c, "EKU", usages) || !screen_when(c) ||
        !screen_templates(c, "identity") || !screen_templates(c, "CN") ||
        !screen_templates(c, "SAN") || !screen_release(c))
        return false;
    struct words known = {0};
    for (size_t i = 0; i < sizeof signers / sizeof *signers; i++)
        known_add(&known, signers[i]);
    for (size_t i = 0; i < c->component->slot_count; i++)
        if (strcmp(c->component->slots[i].name, cfg_title(c->cfg)) != 0)
            known_add(&known, c->component->slots[i].name);
    if (*against && !component_trust(c->component, against))
        return screen_wrong(c, "against", "name a trust of this file", "no trust is called \"%s\"",
                            against);
    for (unsigned i = 0; i < cfg_size(c->cfg, "signer"); i++) {
        struct checking inner = *c;
        inner.outer = c->cfg;
        inner.outer_section = "slot";
        inner.section = "signer";
        inner.cfg = cfg_getnsec(c->cfg, "signer", i);
        if (!screen_one_of(&inner, NULL, "the signer", cfg_title(inner.cfg), &known) ||
            !screen_when(&inner))
            return false;
    }
    return true;
}

static const char *const answer_types[] = {"text",    "host", "hosts",      "listen",
                                           "listens", "port", "url",        "server",
                                           "choice",  "tick", "interfaces", NULL};

/* Of a choice it is one of them. */
static bool check_proposals(struct checking *c)
{
    struct words choices = {0};
    for (unsigned i = 0; i < cfg_size(c->cfg, "choices"); i++)
        known_add(&choices, cfg_getnstr(c->cfg, "choices", i));
    for (unsigned i = 0; i < cfg_size(c->cfg, "proposal"); i++) {
        struct checking inner = *c;
        inner.outer = c->cfg;
        inner.outer_section = "ask";
        inner.section = "proposal";
        inner.cfg = cfg_getnsec(c->cfg, "proposal", i);
        if (!screen_when(&inner) ||
            (choices.count &&
             !screen_one_of(&inner, NULL, "the choice", cfg_title(inner.cfg), &choices)))
            return false;
    }
    return true;
}

static bool check_ask(struct checking *c)
{
    const char *type = cfg_getstr(c->cfg, "type");
    const char *of = cfg_getstr(c->cfg, "of");
    bool server = strcmp(type, "server") == 0;
    if (!screen_listed(c, "type", answer_types) || !screen_templates(c, "default") ||
        !screen_templates(c, "instead") || !screen_release(c))
        return false;
    if (server != (*of != '\0'))
        return screen_wrong(c, server ? NULL : "of", "type \"server\" and `of` belong together",
                            server ? "it does not say of which kind"
                                   : "only a server is of a kind");
    if (server && !screen_kind(c, "of", of))
        return false;
    if ((strcmp(type, "choice") == 0) != (cfg_size(c->cfg, "choices") > 0))
        return screen_wrong(c, "choices", "type \"choice\" and `choices` belong together",
                            "\"%s\" and its choices do not fit", type);
    return check_proposals(c);
}

static bool check_fact(struct checking *c)
{
    static const char *const blocks[] = {"environment", "validation", NULL};
    return screen_listed(c, "in", blocks) && screen_listed(c, "type", answer_types);
}

static bool check_slot_name(const struct checking *c, const char *key, const char *slot)
{
    struct words known = {0};
    for (size_t i = 0; i < c->component->slot_count; i++)
        known_add(&known, c->component->slots[i].name);
    return screen_one_of(c, key, "the slot", slot, &known);
}

static bool check_require_slot(const struct checking *c)
{
    const char *slot = cfg_getstr(c->cfg, "slot");
    if (*slot == '{')
        return screen_template(c, "slot", slot, false);
    return !*slot || check_slot_name(c, "slot", slot);
}

static bool check_require(struct checking *c)
{
    static const char *const severities[] = {"error", "warning", "notice", NULL};
    static const char *const signers[] = {"public", "internal", "self", NULL};
    static const char *const platforms[] = {"vm", "cms1000", "cms2000", "x-series", NULL};
    static const char *const presences[] = {
        "service",   "wildcard", "address",  "no-san",  "no-identity",  "no-management",
        "open-port", "older",    "several",  "half",    "stranger",     "no-file",
        "no-files",  "no-ca",    "unlisted", "unequal", "signs-others", NULL};
    if (!check_require_slot(c) || !screen_when(c) || !screen_release(c) ||
        !screen_listed(c, "severity", severities) || !screen_listed(c, "eku", usages) ||
        !screen_listed(c, "not-signer", signers) || !screen_listed(c, "not-platform", platforms) ||
        !screen_listed(c, "present", presences) || !screen_templates(c, "names") ||
        !screen_templates(c, "cn"))
        return false;
    const char *other = cfg_getstr(c->cfg, "key-not-of"), *ca = cfg_getstr(c->cfg, "same-ca-as");
    if (*other && !screen_kind(c, "key-not-of", other))
        return false;
    if (*ca && (strchr(ca, '{') ? !screen_template(c, "same-ca-as", ca, false)
                                : !screen_kind(c, "same-ca-as", ca)))
        return false;
    const char *root = cfg_getstr(c->cfg, "same-root-as"), *wants = cfg_getstr(c->cfg, "wants");
    if (*wants && !screen_kind(c, "wants", wants))
        return false;
    if (*root && !check_slot_name(c, "same-root-as", root))
        return false;
    const char *present = cfg_getstr(c->cfg, "present");
    /* What is in a certificate, or lacks, has its remedy by itself. */
    static const char *const own[] = {"service", "no-management", "open-port", "older",
                                      "several", "half",          "no-file"};
    struct words remedied = {0};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        known_add(&remedied, own[i]);
    if (known_has(&remedied, present) && !*cfg_getstr(c->cfg, "remedy"))
        return screen_wrong(c, NULL, "write remedy = \"...\"",
                            "`present` needs to say what mends it");
    return screen_template(c, "why", cfg_getstr(c->cfg, "why"), true) &&
           screen_template(c, "remedy", cfg_getstr(c->cfg, "remedy"), true);
}

/* The key, where it is given, names a question of that component that a server answers. */
static bool leads(const struct checking *c, const char *key, const struct component *component,
                  const char *name)
{
    const struct ask *ask = component_ask(component, name);
    return !*name || (ask && ask->type == ANSWER_SERVER) ||
           screen_wrong(c, key, "name an ask of type \"server\"", "\"%s\" leads to no server",
                        name);
}

static bool check_trust(struct checking *c)
{
    static const char *const hows[] = {"pinned", "chain", "either", "both", NULL};
    static const char *const sides[] = {"server", "client", NULL};
    const char *of = cfg_getstr(c->cfg, "of"), *slot = cfg_getstr(c->cfg, "slot");
    const char *via = cfg_getstr(c->cfg, "via"), *beside = cfg_getstr(c->cfg, "beside");
    if (!screen_listed(c, "how", hows) || !screen_listed(c, "as", sides) || !screen_when(c) ||
        !screen_release(c) || !screen_kind(c, "of", of) ||
        (*beside && !screen_kind(c, "beside", beside)))
        return false;
    const struct component *there = catalogue_find(c->catalogue, of);
    struct words known = {0};
    for (size_t i = 0; i < there->slot_count; i++)
        known_add(&known, there->slots[i].name);
    if (*slot && !screen_one_of(c, "slot", "the slot", slot, &known))
        return false;
    if (!there->slot_count)
        return screen_wrong(c, "of", "name another kind", "%s has no certificate to trust",
                            there->title);
    return leads(c, "via", c->component, via) &&
           leads(c, "back", there, cfg_getstr(c->cfg, "back"));
}

static const char *const sources[] = {"guide", "field", "ours", NULL};

/* What the emulated appliance makes of a command: it refuses it, and what it knows afterwards. */
static bool check_appliance(const struct checking *c)
{
    struct checking seen = *c;
    seen.appliance = true;
    if (!screen_sets(&seen, "sets"))
        return false;
    for (unsigned i = 0; i < cfg_size(c->cfg, "fault"); i++) {
        seen.outer = c->cfg;
        seen.outer_section = c->section;
        seen.section = "fault";
        seen.cfg = cfg_getnsec(c->cfg, "fault", i);
        if (!screen_listed(&seen, "source", sources) || !screen_when(&seen))
            return false;
        if (!cfg_size(seen.cfg, "when"))
            return screen_wrong(&seen, NULL, "write when = \"...\"",
                                "a fault without a condition would refuse every time");
    }
    return true;
}

static bool check_usage(struct checking *c)
{
    if (!cfg_size(c->cfg, "lines"))
        return screen_wrong(c, NULL, "write lines = { \"...\" }", "a usage has no line");
    return screen_release(c);
}

static bool check_command(struct checking *c)
{
    static const char *const effects[] = {"none", "stop", "start", "restart", NULL};
    static const char *const phases[] = {"widening", "removal",   "services",
                                         "building", "narrowing", NULL};
    const char *line = cfg_getstr(c->cfg, "line");
    if (*cfg_getstr(c->cfg, "undo") && cfg_getbool(c->cfg, "none"))
        return screen_wrong(c, "undo", "keep one of them",
                            "`none` and `undo` both say what undoes it");
    if (cfg_getbool(c->cfg, "api") && strcmp(c->section, "by-hand") != 0)
        return screen_wrong(c, "api", "move it to by-hand",
                            "only what is done by hand goes to the API");
    if (cfg_size(c->cfg, "typed") && strcmp(c->section, "by-hand") != 0)
        return screen_wrong(c, "typed", "move it to by-hand", "a command is typed as it stands");
    c->appliance = strcmp(c->section, "other") == 0;
    bool good = check_appliance(c);
    good = good && screen_template(c, NULL, *line ? line : cfg_title(c->cfg), false);
    c->appliance = false;
    return good && screen_listed(c, "source", sources) && screen_listed(c, "effect", effects) &&
           screen_listed(c, "phase", phases) && screen_when(c) && screen_release(c) &&
           screen_templates(c, "undo") && screen_forms(c, "expect") &&
           screen_templates(c, "typed") && screen_forms(c, "reply") &&
           screen_templates(c, "refusal");
}

static bool check_status(struct checking *c)
{
    const char *line = cfg_getstr(c->cfg, "line");
    if (!cfg_size(c->cfg, "lines"))
        return screen_wrong(c, NULL, "write lines = { \"...\" }, as the appliance prints them",
                            "a status form has no line");
    return screen_listed(c, "source", sources) && screen_release(c) &&
           screen_template(c, NULL, *line ? line : cfg_title(c->cfg), false) &&
           screen_forms(c, "lines");
}

/* Where a service is without being written: beside which kind, when, and with which options. */
static bool check_implied(struct checking *c)
{
    struct words known = {0};
    struct strings files = {0};
    if (!screen_kind(c, NULL, cfg_title(c->cfg)))
        return false;
    const struct component *own = c->component;
    c->component = catalogue_find(c->catalogue, cfg_title(c->cfg));
    bool good = screen_when(c);
    c->component = own;
    for (size_t i = 0; i < own->slot_count; i++)
        known_add(&known, own->slots[i].name);
    for (size_t i = 0; i < own->ask_count; i++)
        known_add(&known, own->asks[i].name);
    for (size_t i = 0; i < own->trust_count; i++)
        strings_add_take(&files, xformat("%s-file", own->trusts[i].name));
    for (size_t i = 0; i < files.count; i++)
        known_add(&known, files.items[i]);
    for (unsigned i = 0; good && i < cfg_size(c->cfg, "options"); i++)
        good = screen_one_of(c, "options", "the option", cfg_getnstr(c->cfg, "options", i), &known);
    strings_free(&files);
    return good;
}

/* A part of another kind has its facts, rules and commands there, and nothing that takes a service.
 */
static bool check_part(struct checking *c)
{
    static const char *const not_there[] = {"slot", "ask", "trust", "implied"};
    const char *host = cfg_getstr(c->cfg, "part-of");
    if (!*host)
        return true;
    if (!screen_kind(c, "part-of", host))
        return false;
    if (*catalogue_find(c->catalogue, host)->part_of)
        return screen_wrong(c, "part-of", "name a kind that is a service",
                            "\"%s\" is a part itself", host);
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++)
        if (cfg_size(c->cfg, not_there[i]))
            return screen_wrong(c, "part-of", "move it to the file of that kind",
                                "a part of another kind has no %s", not_there[i]);
    c->component = catalogue_find(c->catalogue, host);
    return true;
}

/* The tag of a service: it is named before anything is answered, but for its server and `per`. */
static bool check_name(const struct checking *c, const char *per)
{
    struct words known = {0};
    const char *name = cfg_getstr(c->cfg, "name");
    known_add(&known, "server");
    if (*per)
        known_add(&known, per);
    for (const char *at = strchr(name, '{'); at; at = strchr(at + 1, '{')) {
        char *path = xstrndup(at + 1, strcspn(at + 1, "}"));
        bool good = screen_one_of(c, "name", "the hole", path, &known);
        free(path);
        if (!good)
            return false;
    }
    return screen_templates(c, "name");
}

static bool check_first(const struct checking *c)
{
    const char *name = cfg_getstr(c->cfg, "first");
    const struct ask *ask = component_ask(c->component, name);
    return !*name || (ask && ask->type == ANSWER_TICK) ||
           screen_wrong(c, "first", "name an ask of this file of type tick",
                        "nothing that is ticked is called \"%s\"", name);
}

static bool check_top(struct checking *c)
{
    static const char *const keys[] = {"follows", "beside"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (unsigned j = 0; j < cfg_size(c->cfg, keys[i]); j++)
            if (!screen_kind(c, keys[i], cfg_getnstr(c->cfg, keys[i], j)))
                return false;
    const char *heir = cfg_getstr(c->cfg, "replaced-by");
    if (*heir && !screen_kind(c, "replaced-by", heir))
        return false;
    const char *per = cfg_getstr(c->cfg, "per");
    if (*per && !component_ask(c->component, per))
        return screen_wrong(c, "per", "name an ask of this file", "nothing asks for \"%s\"", per);
    return leads(c, "per", c->component, per) && check_first(c) && screen_release(c) &&
           check_name(c, per) && check_part(c);
}

/* Each section of a component's file, and who judges it. */
static const struct {
    const char *name;
    bool (*check)(struct checking *c);
} sections[] = {
    {"implied", check_implied}, {"slot", check_slot},       {"ask", check_ask},
    {"fact", check_fact},       {"require", check_require}, {"trust", check_trust},
    {"base", check_command},    {"before", check_command},  {"assign", check_command},
    {"after", check_command},   {"display", check_command}, {"by-hand", check_command},
    {"other", check_command},   {"retire", check_command},  {"status", check_status},
    {"usage", check_usage},
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

/* "webbridge|webbridge3": each of them is a kind. */
static bool check_kinds(const struct checking *c, const char *key)
{
    bool good = true;
    for (unsigned i = 0; good && i < cfg_size(c->cfg, key); i++) {
        struct strings kinds = {0};
        strings_split(&kinds, cfg_getnstr(c->cfg, key, i), '|');
        for (size_t k = 0; good && k < kinds.count; k++)
            good = screen_kind(c, key, kinds.items[k]);
        strings_free(&kinds);
    }
    return good;
}

static bool check_preset_server(struct checking *c)
{
    const char *count = cfg_getstr(c->cfg, "count"), *with = cfg_getstr(c->cfg, "with");
    long initial = cfg_getint(c->cfg, "default");
    if (*count && !strstr(cfg_title(c->cfg), "{n}"))
        return screen_wrong(c, "count", "write {n} into their name",
                            "several servers have one name");
    if (initial < 0 || initial > PRESET_MOST)
        return screen_wrong(c, "default", "write 0 to 999", "no preset makes %ld servers", initial);
    return (!*with || screen_kind(c, "with", with)) && check_kinds(c, "kinds") &&
           check_kinds(c, "also");
}

static bool check_preset_add(struct checking *c)
{
    struct words servers = {0}, counts = {0};
    const char *unless = cfg_getstr(c->cfg, "unless");
    cfg_t *top = c->file->cfg;
    for (unsigned i = 0; i < cfg_size(top, "server"); i++) {
        cfg_t *server = cfg_getnsec(top, "server", i);
        known_add(&servers, cfg_title(server));
        if (*cfg_getstr(server, "count"))
            known_add(&counts, cfg_getstr(server, "count"));
    }
    return screen_kind(c, NULL, cfg_title(c->cfg)) &&
           screen_one_of(c, "to", "the server", cfg_getstr(c->cfg, "to"), &servers) &&
           (!*unless || screen_one_of(c, "unless", "the count", unless, &counts));
}

static bool check_preset_value(struct checking *c)
{
    char *kind = xstrndup(cfg_title(c->cfg), strcspn(cfg_title(c->cfg), " "));
    bool good = screen_kind(c, NULL, kind);
    c->component = catalogue_find(c->catalogue, kind);
    free(kind);
    struct words known = {0};
    for (size_t j = 0; good && j < c->component->ask_count; j++)
        known_add(&known, c->component->asks[j].name);
    return good && screen_one_of(c, "option", "the option", cfg_getstr(c->cfg, "option"), &known) &&
           screen_when(c);
}

static bool check_preset_offer(struct checking *c)
{
    return check_kinds(c, "kinds");
}

static bool check_facts(const struct checking *c)
{
    for (unsigned i = 0; i < cfg_size(c->cfg, "facts"); i++) {
        static const char validation[] = "validation.";
        struct words known = {0};
        const char *fact = cfg_getnstr(c->cfg, "facts", i);
        bool there = text_starts(fact, validation);
        const char *name = there ? fact + strlen(validation) : fact;
        if (!screen_fact(c, there ? "validation" : "environment", name, &known))
            return screen_one_of(c, "facts", "the fact", name, &known);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*check)(struct checking *c);
} preset_sections[] = {{"server", check_preset_server},
                       {"add", check_preset_add},
                       {"value", check_preset_value},
                       {"offer", check_preset_offer}};

static bool check_preset(struct checking *c)
{
    static const char *const purposes[] = {"production", "lab", NULL};
    cfg_t *top = c->file->cfg;
    if (!screen_listed(c, "purpose", purposes) || !check_facts(c))
        return false;
    for (size_t i = 0; i < sizeof preset_sections / sizeof *preset_sections; i++)
        for (unsigned j = 0; j < cfg_size(top, preset_sections[i].name); j++) {
            c->section = preset_sections[i].name;
            c->cfg = cfg_getnsec(top, c->section, j);
            if (!preset_sections[i].check(c))
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
