/* Reads the text of screens/: one libconfuse file a component, one a preset. */
#include "model/screens.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/confuse.h"
#include "model/template.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static char no_items[] = "{}"; /* the default of a list; libconfuse wants it writable */

#define RELEASE                                                                                    \
    CFG_STR("from", "", CFGF_NONE), CFG_STR("until", "", CFGF_NONE), CFG_STR("again", "", CFGF_NONE)

static cfg_opt_t signer_opts[] = {CFG_STR("when", "", CFGF_NONE), CFG_STR("why", "", CFGF_NONE),
                                  CFG_END()};

static cfg_opt_t slot_opts[] = {CFG_STR("identity", "", CFGF_NONE),
                                CFG_STR_LIST("takes", no_items, CFGF_NONE),
                                CFG_STR("CN", "", CFGF_NONE),
                                CFG_STR_LIST("SAN", no_items, CFGF_NONE),
                                CFG_STR_LIST("EKU", no_items, CFGF_NONE),
                                CFG_STR("when", "", CFGF_NONE),
                                CFG_STR("against", "", CFGF_NONE),
                                RELEASE,
                                CFG_SEC("signer", signer_opts, TITLED),
                                CFG_END()};

static cfg_opt_t proposal_opts[] = {CFG_STR("when", "", CFGF_NONE), CFG_END()};

static cfg_opt_t ask_opts[] = {CFG_STR("type", "text", CFGF_NONE),
                               CFG_STR("label", "", CFGF_NONE),
                               CFG_STR("help", "", CFGF_NONE),
                               CFG_STR("section", "", CFGF_NONE),
                               CFG_STR("default", "", CFGF_NONE),
                               CFG_STR("instead", "", CFGF_NONE),
                               CFG_STR("of", "", CFGF_NONE),
                               CFG_STR("in", "environment", CFGF_NONE), /* of a fact */
                               RELEASE,
                               CFG_STR_LIST("choices", no_items, CFGF_NONE),
                               CFG_BOOL("list", cfg_false, CFGF_NONE),
                               CFG_BOOL("fold", cfg_false, CFGF_NONE),
                               CFG_SEC("proposal", proposal_opts, TITLED),
                               CFG_END()};

static cfg_opt_t require_opts[] = {
    CFG_STR("slot", "", CFGF_NONE),          CFG_STR("when", "", CFGF_NONE),
    CFG_STR("why", "", CFGF_NONE),           CFG_STR("severity", "", CFGF_NONE),
    CFG_STR("section", "", CFGF_NONE),       CFG_STR_LIST("names", no_items, CFGF_NONE),
    CFG_STR_LIST("cn", no_items, CFGF_NONE), CFG_STR_LIST("eku", no_items, CFGF_NONE),
    CFG_STR("not-signer", "", CFGF_NONE),    CFG_STR("not-platform", "", CFGF_NONE),
    CFG_STR("key-not-of", "", CFGF_NONE),    CFG_STR("same-ca-as", "", CFGF_NONE),
    CFG_STR("same-root-as", "", CFGF_NONE),  CFG_STR("wants", "", CFGF_NONE),
    CFG_STR("present", "", CFGF_NONE),       RELEASE,
    CFG_STR("remedy", "", CFGF_NONE),        CFG_END()};

static cfg_opt_t trust_opts[] = {CFG_STR("of", "", CFGF_NONE),
                                 CFG_STR("slot", "", CFGF_NONE),
                                 CFG_STR("via", "", CFGF_NONE),
                                 CFG_STR("back", "", CFGF_NONE),
                                 CFG_STR("beside", "", CFGF_NONE),
                                 CFG_STR("as", "server", CFGF_NONE),
                                 CFG_STR("how", "pinned", CFGF_NONE),
                                 CFG_STR("when", "", CFGF_NONE),
                                 CFG_STR("section", "", CFGF_NONE),
                                 RELEASE,
                                 CFG_END()};

static cfg_opt_t fault_opts[] = {CFG_STR_LIST("when", no_items, CFGF_NONE),
                                 CFG_STR("source", "guide", CFGF_NONE), CFG_END()};

static cfg_opt_t usage_opts[] = {CFG_STR("about", "", CFGF_NONE),
                                 CFG_STR_LIST("lines", no_items, CFGF_NONE), RELEASE, CFG_END()};

static cfg_opt_t command_opts[] = {CFG_STR("line", "", CFGF_NONE),
                                   CFG_STR("when", "", CFGF_NONE),
                                   CFG_STR("section", "", CFGF_NONE),
                                   CFG_STR("undo", "", CFGF_NONE),
                                   CFG_STR("source", "guide", CFGF_NONE),
                                   CFG_BOOL("none", cfg_false, CFGF_NONE),
                                   CFG_STR("effect", "", CFGF_NONE),
                                   CFG_STR("phase", "services", CFGF_NONE),
                                   CFG_BOOL("api", cfg_false, CFGF_NONE),
                                   CFG_SEC("fault", fault_opts, TITLED),
                                   CFG_STR_LIST("sets", no_items, CFGF_NONE),
                                   CFG_STR("asks", "", CFGF_NONE),
                                   CFG_STR("shows", "", CFGF_NONE),
                                   CFG_STR_LIST("typed", no_items, CFGF_NONE),
                                   CFG_STR_LIST("expect", no_items, CFGF_NONE),
                                   CFG_STR_LIST("reply", no_items, CFGF_NONE),
                                   CFG_STR("refusal", "", CFGF_NONE),
                                   RELEASE,
                                   CFG_END()};

static cfg_opt_t status_opts[] = {CFG_STR("line", "", CFGF_NONE),
                                  CFG_STR("section", "", CFGF_NONE),
                                  CFG_STR("source", "guide", CFGF_NONE),
                                  CFG_STR_LIST("lines", no_items, CFGF_NONE),
                                  RELEASE,
                                  CFG_END()};

/* The section names of the stages, in enum stage's order. */
static const char *const stage_names[] = {"base",    "before",  "assign", "after",
                                          "display", "by-hand", "other",  "retire"};

static cfg_opt_t implied_opts[] = {CFG_STR("when", "", CFGF_NONE),
                                   CFG_STR_LIST("options", no_items, CFGF_NONE), CFG_END()};

static cfg_opt_t component_opts[] = {CFG_STR("title", "", CFGF_NONE),
                                     CFG_STR("short", "", CFGF_NONE),
                                     CFG_STR("purpose", "", CFGF_NONE),
                                     CFG_STR("section", "", CFGF_NONE),
                                     RELEASE,
                                     CFG_INT("order", 1000, CFGF_NONE),
                                     CFG_STR_LIST("beside", no_items, CFGF_NONE),
                                     CFG_STR_LIST("follows", no_items, CFGF_NONE),
                                     CFG_STR("per", "", CFGF_NONE),
                                     CFG_STR("name", "", CFGF_NONE),
                                     CFG_STR("outage", "", CFGF_NONE),
                                     CFG_STR("notes", "", CFGF_NONE),
                                     CFG_STR("renewal", "", CFGF_NONE),
                                     CFG_STR("first", "", CFGF_NONE),
                                     CFG_STR("part-of", "", CFGF_NONE),
                                     CFG_STR("replaced-by", "", CFGF_NONE),
                                     CFG_SEC("implied", implied_opts, TITLED),
                                     CFG_BOOL("management", cfg_false, CFGF_NONE),
                                     CFG_SEC("slot", slot_opts, TITLED),
                                     CFG_SEC("ask", ask_opts, TITLED),
                                     CFG_SEC("fact", ask_opts, TITLED),
                                     CFG_SEC("require", require_opts, TITLED),
                                     CFG_SEC("trust", trust_opts, TITLED),
                                     CFG_SEC("base", command_opts, TITLED),
                                     CFG_SEC("before", command_opts, TITLED),
                                     CFG_SEC("assign", command_opts, TITLED),
                                     CFG_SEC("after", command_opts, TITLED),
                                     CFG_SEC("display", command_opts, TITLED),
                                     CFG_SEC("by-hand", command_opts, TITLED),
                                     CFG_SEC("other", command_opts, TITLED),
                                     CFG_SEC("retire", command_opts, TITLED),
                                     CFG_SEC("status", status_opts, TITLED),
                                     CFG_SEC("usage", usage_opts, TITLED),
                                     CFG_END()};

static cfg_opt_t preset_server_opts[] = {CFG_STR("address", "", CFGF_NONE),
                                         CFG_STR("count", "", CFGF_NONE),
                                         CFG_INT("default", 1, CFGF_NONE),
                                         CFG_STR("label", "", CFGF_NONE),
                                         CFG_STR("names", "", CFGF_NONE),
                                         CFG_STR("help", "", CFGF_NONE),
                                         CFG_STR("section", "", CFGF_NONE),
                                         CFG_STR("with", "", CFGF_NONE),
                                         CFG_STR_LIST("kinds", no_items, CFGF_NONE),
                                         CFG_STR_LIST("also", no_items, CFGF_NONE),
                                         CFG_END()};
static cfg_opt_t preset_add_opts[] = {CFG_STR("to", "", CFGF_NONE),
                                      CFG_INT("first", PRESET_MOST, CFGF_NONE),
                                      CFG_STR("unless", "", CFGF_NONE), CFG_END()};
static cfg_opt_t preset_value_opts[] = {CFG_STR("option", "", CFGF_NONE),
                                        CFG_STR("value", "", CFGF_NONE),
                                        CFG_STR("when", "", CFGF_NONE), CFG_END()};
static cfg_opt_t preset_offer_opts[] = {
    CFG_STR("label", "", CFGF_NONE),        CFG_STR("help", "", CFGF_NONE),
    CFG_STR("section", "", CFGF_NONE),      CFG_STR_LIST("kinds", no_items, CFGF_NONE),
    CFG_BOOL("fold", cfg_false, CFGF_NONE), CFG_END()};
static cfg_opt_t preset_opts[] = {CFG_STR("title", "", CFGF_NONE),
                                  CFG_STR("summary", "", CFGF_NONE),
                                  CFG_INT("answers", 0, CFGF_NONE),
                                  CFG_INT("order", 1000, CFGF_NONE),
                                  CFG_STR("purpose", "production", CFGF_NONE),
                                  CFG_STR("shared", "", CFGF_NONE),
                                  CFG_STR("signer", "", CFGF_NONE),
                                  CFG_STR("ca", "", CFGF_NONE),
                                  CFG_STR_LIST("facts", no_items, CFGF_NONE),
                                  CFG_SEC("server", preset_server_opts, TITLED),
                                  CFG_SEC("add", preset_add_opts, TITLED),
                                  CFG_SEC("value", preset_value_opts, TITLED),
                                  CFG_SEC("offer", preset_offer_opts, TITLED),
                                  CFG_END()};

static char *text(cfg_t *cfg, const char *name)
{
    const char *value = cfg_getstr(cfg, name);
    return xstrdup(value ? value : "");
}

static void list(cfg_t *cfg, const char *name, struct strings *out)
{
    for (unsigned i = 0; i < cfg_size(cfg, name); i++)
        strings_add(out, cfg_getnstr(cfg, name, i));
}

static struct release release(cfg_t *cfg)
{
    return (struct release){
        .from = text(cfg, "from"), .until = text(cfg, "until"), .again = text(cfg, "again")};
}

static enum answer_type answer_type(const char *word)
{
    static const char *const words[] = {"text", "host",   "hosts",  "listen", "listens",   "port",
                                        "url",  "server", "choice", "tick",   "interfaces"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum answer_type)i;
    return ANSWER_TEXT;
}

static enum source source(const char *word)
{
    return strcmp(word, "field") == 0  ? SOURCE_FIELD
           : strcmp(word, "ours") == 0 ? SOURCE_OURS
                                       : SOURCE_GUIDE;
}

static enum trust_how trust_how(const char *word)
{
    return strcmp(word, "chain") == 0    ? TRUST_CHAIN
           : strcmp(word, "either") == 0 ? TRUST_EITHER
           : strcmp(word, "both") == 0   ? TRUST_BOTH
                                         : TRUST_PINNED;
}

static char *or_default(char *value, const char *fallback)
{
    if (*value)
        return value;
    free(value);
    return xstrdup(fallback);
}

static void read_slot(cfg_t *cfg, struct slot *slot)
{
    slot->name = xstrdup(cfg_title(cfg));
    slot->identity = text(cfg, "identity");
    list(cfg, "takes", &slot->takes);
    slot->cn = text(cfg, "CN");
    list(cfg, "SAN", &slot->sans);
    list(cfg, "EKU", &slot->eku);
    slot->when = text(cfg, "when");
    slot->against = text(cfg, "against");
    slot->release = release(cfg);
    for (unsigned i = 0; i < cfg_size(cfg, "signer"); i++) {
        cfg_t *sec = cfg_getnsec(cfg, "signer", i);
        slot->signers = grow(slot->signers, slot->signer_count, sizeof *slot->signers);
        slot->signers[slot->signer_count++] = (struct signer){
            .name = xstrdup(cfg_title(sec)), .when = text(sec, "when"), .why = text(sec, "why")};
    }
}

static void read_ask(cfg_t *cfg, const char *section, struct ask *ask)
{
    ask->name = xstrdup(cfg_title(cfg));
    ask->type = answer_type(cfg_getstr(cfg, "type"));
    ask->label = or_default(text(cfg, "label"), ask->name);
    ask->help = text(cfg, "help");
    ask->section = or_default(text(cfg, "section"), section);
    ask->initial = text(cfg, "default");
    ask->instead = text(cfg, "instead");
    for (unsigned i = 0; i < cfg_size(cfg, "proposal"); i++) {
        cfg_t *sec = cfg_getnsec(cfg, "proposal", i);
        ask->proposals = grow(ask->proposals, ask->proposal_count, sizeof *ask->proposals);
        ask->proposals[ask->proposal_count++] =
            (struct proposal){.value = xstrdup(cfg_title(sec)), .when = text(sec, "when")};
    }
    list(cfg, "choices", &ask->choices);
    ask->of = text(cfg, "of");
    ask->release = release(cfg);
    ask->fold = cfg_getbool(cfg, "fold");
    ask->list = cfg_getbool(cfg, "list") || ask->type == ANSWER_HOSTS ||
                ask->type == ANSWER_LISTENS || ask->type == ANSWER_INTERFACES;
}

static void read_fact(cfg_t *cfg, const char *section, struct fact *fact)
{
    fact->block = text(cfg, "in");
    fact->name = xstrdup(cfg_title(cfg));
    fact->type = answer_type(cfg_getstr(cfg, "type"));
    fact->label = or_default(text(cfg, "label"), fact->name);
    fact->help = text(cfg, "help");
    fact->section = or_default(text(cfg, "section"), section);
    fact->initial = text(cfg, "default");
    list(cfg, "choices", &fact->choices);
    fact->fold = cfg_getbool(cfg, "fold");
}

static void read_require(cfg_t *cfg, const char *section, struct require *require)
{
    const char *title = cfg_title(cfg);
    require->id = xstrndup(title, strcspn(title, " "));
    require->release = release(cfg);
    require->slot = text(cfg, "slot");
    require->when = text(cfg, "when");
    require->why = text(cfg, "why");
    require->remedy = text(cfg, "remedy");
    require->severity = or_default(text(cfg, "severity"), "error");
    require->section = or_default(text(cfg, "section"), section);
    list(cfg, "names", &require->names);
    list(cfg, "cn", &require->cn);
    list(cfg, "eku", &require->eku);
    require->not_signer = text(cfg, "not-signer");
    require->not_platform = text(cfg, "not-platform");
    require->key_not_of = text(cfg, "key-not-of");
    require->same_ca_as = text(cfg, "same-ca-as");
    require->same_root_as = text(cfg, "same-root-as");
    require->wants = text(cfg, "wants");
    require->present = text(cfg, "present");
}

static void read_trust(cfg_t *cfg, const char *section, struct trust_rule *trust)
{
    trust->name = xstrndup(cfg_title(cfg), strcspn(cfg_title(cfg), " "));
    trust->release = release(cfg);
    trust->of = text(cfg, "of");
    trust->slot = text(cfg, "slot");
    trust->via = text(cfg, "via");
    trust->back = text(cfg, "back");
    trust->beside = text(cfg, "beside");
    trust->as = text(cfg, "as");
    trust->how = trust_how(cfg_getstr(cfg, "how"));
    trust->when = text(cfg, "when");
    trust->section = or_default(text(cfg, "section"), section);
}

/* What comes before an assignment stops the service and what comes after starts it, unless the file
 * says otherwise. */
static enum effect effect(const char *word, enum stage stage)
{
    static const char *const words[] = {"none", "stop", "start", "restart"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum effect)i;
    return stage == STAGE_BEFORE ? EFFECT_STOP : stage == STAGE_AFTER ? EFFECT_START : EFFECT_NONE;
}

static enum phase phase(const char *word)
{
    return strcmp(word, "removal") == 0     ? PHASE_REMOVAL
           : strcmp(word, "building") == 0  ? PHASE_BUILDING
           : strcmp(word, "widening") == 0  ? PHASE_WIDENING
           : strcmp(word, "narrowing") == 0 ? PHASE_NARROWING
                                            : PHASE_SERVICES;
}

static void read_command(cfg_t *cfg, enum stage stage, const char *section, struct command *command)
{
    command->stage = stage;
    command->line = or_default(text(cfg, "line"), cfg_title(cfg));
    command->when = text(cfg, "when");
    command->section = or_default(text(cfg, "section"), section);
    command->undo = cfg_getbool(cfg, "none") ? template_none(command->line) : text(cfg, "undo");
    command->effect = effect(cfg_getstr(cfg, "effect"), stage);
    command->phase = phase(cfg_getstr(cfg, "phase"));
    command->api = cfg_getbool(cfg, "api");
    list(cfg, "typed", &command->typed);
    command->source = source(cfg_getstr(cfg, "source"));
    list(cfg, "expect", &command->expect);
    list(cfg, "reply", &command->reply);
    command->refusal = text(cfg, "refusal");
    command->release = release(cfg);
    list(cfg, "sets", &command->sets);
    command->asks = text(cfg, "asks");
    command->shows = text(cfg, "shows");
    for (unsigned i = 0; i < cfg_size(cfg, "fault"); i++) {
        cfg_t *sec = cfg_getnsec(cfg, "fault", i);
        command->faults = grow(command->faults, command->fault_count, sizeof *command->faults);
        struct fault *fault = &command->faults[command->fault_count++];
        *fault = (struct fault){.line = xstrdup(cfg_title(sec)),
                                .source = source(cfg_getstr(sec, "source"))};
        list(sec, "when", &fault->when);
    }
}

static void read_usage(cfg_t *cfg, struct usage *usage)
{
    usage->word = xstrdup(cfg_title(cfg));
    usage->about = text(cfg, "about");
    list(cfg, "lines", &usage->lines);
    usage->release = release(cfg);
}

static void read_form(cfg_t *cfg, const char *section, struct status_form *form)
{
    form->line = or_default(text(cfg, "line"), cfg_title(cfg));
    form->section = or_default(text(cfg, "section"), section);
    form->source = source(cfg_getstr(cfg, "source"));
    list(cfg, "lines", &form->lines);
    form->release = release(cfg);
}

static void read_implied(cfg_t *cfg, struct implied *implied)
{
    implied->beside = xstrdup(cfg_title(cfg));
    implied->when = text(cfg, "when");
    list(cfg, "options", &implied->options);
}

/* Reads each section of that name into a new item of an array of the component. */
#define EACH(cfg, name, items, count, read)                                                        \
    for (unsigned i = 0; i < cfg_size(cfg, name); i++) {                                           \
        items = grow(items, count, sizeof *items);                                                 \
        read;                                                                                      \
        count++;                                                                                   \
    }

static void read_component(cfg_t *cfg, const char *kind, struct component *c)
{
    c->kind = xstrdup(kind);
    c->order = cfg_getint(cfg, "order");
    c->title = or_default(text(cfg, "title"), kind);
    c->head = or_default(text(cfg, "short"), c->title);
    c->purpose = text(cfg, "purpose");
    c->section = text(cfg, "section");
    c->release = release(cfg);
    list(cfg, "beside", &c->beside);
    list(cfg, "follows", &c->follows);
    c->per = text(cfg, "per");
    c->name = text(cfg, "name");
    c->outage = text(cfg, "outage");
    c->notes = text(cfg, "notes");
    c->renewal = text(cfg, "renewal");
    c->management = cfg_getbool(cfg, "management");
    c->first = text(cfg, "first");
    c->part_of = text(cfg, "part-of");
    c->replaced_by = text(cfg, "replaced-by");
    EACH(cfg, "implied", c->implied, c->implied_count,
         read_implied(cfg_getnsec(cfg, "implied", i), &c->implied[c->implied_count]))
    EACH(cfg, "slot", c->slots, c->slot_count,
         read_slot(cfg_getnsec(cfg, "slot", i), &c->slots[c->slot_count]))
    EACH(cfg, "ask", c->asks, c->ask_count,
         read_ask(cfg_getnsec(cfg, "ask", i), c->section, &c->asks[c->ask_count]))
    EACH(cfg, "fact", c->facts, c->fact_count,
         read_fact(cfg_getnsec(cfg, "fact", i), c->section, &c->facts[c->fact_count]))
    EACH(cfg, "require", c->requires, c->require_count,
         read_require(cfg_getnsec(cfg, "require", i), c->section, &c->requires[c->require_count]))
    EACH(cfg, "trust", c->trusts, c->trust_count,
         read_trust(cfg_getnsec(cfg, "trust", i), c->section, &c->trusts[c->trust_count]))
    for (size_t stage = 0; stage < sizeof stage_names / sizeof *stage_names; stage++)
        EACH(cfg, stage_names[stage], c->commands, c->command_count,
             read_command(cfg_getnsec(cfg, stage_names[stage], i), (enum stage)stage, c->section,
                          &c->commands[c->command_count]))
    EACH(cfg, "status", c->forms, c->form_count,
         read_form(cfg_getnsec(cfg, "status", i), c->section, &c->forms[c->form_count]))
    EACH(cfg, "usage", c->usages, c->usage_count,
         read_usage(cfg_getnsec(cfg, "usage", i), &c->usages[c->usage_count]))
    c->own_facts = c->fact_count;
    c->own_requires = c->require_count;
    c->own_commands = c->command_count;
    c->own_forms = c->form_count;
}

static void read_preset_server(cfg_t *cfg, struct preset_server *server)
{
    server->name = xstrdup(cfg_title(cfg));
    server->address = text(cfg, "address");
    server->count = text(cfg, "count");
    server->initial = (int)cfg_getint(cfg, "default");
    server->label = or_default(text(cfg, "label"), server->count);
    server->names = text(cfg, "names");
    server->help = text(cfg, "help");
    server->section = text(cfg, "section");
    server->with = text(cfg, "with");
    list(cfg, "kinds", &server->kinds);
    list(cfg, "also", &server->also);
}

static void read_preset_add(cfg_t *cfg, struct preset_add *add)
{
    add->kind = xstrdup(cfg_title(cfg));
    add->to = text(cfg, "to");
    add->first = (int)cfg_getint(cfg, "first");
    add->unless = text(cfg, "unless");
}

/* "KIND far": the kind, and a word that tells values of it apart. */
static void read_preset_value(cfg_t *cfg, struct preset_value *value)
{
    value->kind = xstrndup(cfg_title(cfg), strcspn(cfg_title(cfg), " "));
    value->option = text(cfg, "option");
    value->value = text(cfg, "value");
    value->when = text(cfg, "when");
}

static void read_preset_offer(cfg_t *cfg, struct preset_offer *offer)
{
    offer->name = xstrdup(cfg_title(cfg));
    offer->label = or_default(text(cfg, "label"), offer->name);
    offer->help = text(cfg, "help");
    offer->section = text(cfg, "section");
    offer->fold = cfg_getbool(cfg, "fold");
    list(cfg, "kinds", &offer->kinds);
}

static void read_preset(cfg_t *cfg, const char *name, struct preset *preset)
{
    preset->name = xstrdup(name);
    preset->order = cfg_getint(cfg, "order");
    preset->title = text(cfg, "title");
    preset->summary = text(cfg, "summary");
    preset->answers = (int)cfg_getint(cfg, "answers");
    preset->purpose = text(cfg, "purpose");
    preset->shared = text(cfg, "shared");
    preset->signer = text(cfg, "signer");
    preset->ca = text(cfg, "ca");
    list(cfg, "facts", &preset->facts);
    EACH(cfg, "server", preset->servers, preset->server_count,
         read_preset_server(cfg_getnsec(cfg, "server", i), &preset->servers[preset->server_count]))
    EACH(cfg, "add", preset->adds, preset->add_count,
         read_preset_add(cfg_getnsec(cfg, "add", i), &preset->adds[preset->add_count]))
    EACH(cfg, "value", preset->values, preset->value_count,
         read_preset_value(cfg_getnsec(cfg, "value", i), &preset->values[preset->value_count]))
    EACH(cfg, "offer", preset->offers, preset->offer_count,
         read_preset_offer(cfg_getnsec(cfg, "offer", i), &preset->offers[preset->offer_count]))
}

/* The item of that name, emptied, or a new one at the end. */
static struct component *place_of_component(struct catalogue *catalogue, const char *kind)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (strcmp(catalogue->components[i].kind, kind) == 0) {
            component_free(&catalogue->components[i]);
            return &catalogue->components[i];
        }
    catalogue->components =
        grow(catalogue->components, catalogue->count, sizeof *catalogue->components);
    return &catalogue->components[catalogue->count++];
}

static struct preset *place_of_preset(struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->preset_count; i++)
        if (strcmp(catalogue->presets[i].name, name) == 0) {
            preset_free(&catalogue->presets[i]);
            return &catalogue->presets[i];
        }
    catalogue->presets =
        grow(catalogue->presets, catalogue->preset_count, sizeof *catalogue->presets);
    return &catalogue->presets[catalogue->preset_count++];
}

/* is_preset: it lies in presets/. */
static bool add_file(struct screens *screens, const char *path, bool is_preset,
                     struct catalogue *catalogue, struct error *err)
{
    struct buffer buffer = {0};
    if (!file_read(path, &buffer, err))
        return false;
    cfg_t *cfg = confuse_parse(is_preset ? preset_opts : component_opts, path,
                               (const char *)buffer.data, buffer.length, err);
    if (cfg) {
        const char *base = path_base(path);
        char *stem = xstrndup(base, strlen(base) - strlen(".conf"));
        if (is_preset)
            read_preset(cfg, stem, place_of_preset(catalogue, stem));
        else
            read_component(cfg, stem, place_of_component(catalogue, stem));
        screens->items = grow(screens->items, screens->count, sizeof *screens->items);
        struct screen_file *file = &screens->items[screens->count++];
        *file = (struct screen_file){
            .path = xstrdup(path), .name = stem, .is_preset = is_preset, .cfg = cfg};
        str_add_bytes(&file->text, buffer.data, buffer.length);
    }
    buffer_free(&buffer);
    return cfg != NULL;
}

/* The *.conf files of a folder in the order of their names. */
static bool add_folder(struct screens *screens, const char *folder, bool is_preset,
                       struct catalogue *catalogue, struct error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return is_preset || error_system(err, folder, "the catalogue's folder cannot be read");
    struct strings names = {0};
    for (struct dirent *entry; (entry = readdir(dir));)
        if (text_ends(entry->d_name, ".conf") && entry->d_name[0] != '.')
            strings_add(&names, entry->d_name);
    closedir(dir);
    strings_sort(&names);
    bool good = true;
    for (size_t i = 0; good && i < names.count; i++) {
        char *path = path_join(folder, names.items[i]);
        good = add_file(screens, path, is_preset, catalogue, err);
        free(path);
    }
    strings_free(&names);
    return good;
}

static int by_order(const void *a, const void *b)
{
    const struct component *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->kind, y->kind);
}

static int by_preset_order(const void *a, const void *b)
{
    const struct preset *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->name, y->name);
}

static void screens_free(struct screens *screens)
{
    for (size_t i = 0; i < screens->count; i++) {
        free(screens->items[i].path);
        free(screens->items[i].name);
        str_free(&screens->items[i].text);
        cfg_free(screens->items[i].cfg);
    }
    free(screens->items);
}

bool screens_read(const char *folder, struct catalogue *catalogue, struct error *err)
{
    struct screens screens = {0};
    char *presets = path_join(folder, "presets");
    bool good = add_folder(&screens, folder, false, catalogue, err) &&
                add_folder(&screens, presets, true, catalogue, err) &&
                screens_check(&screens, catalogue, err);
    free(presets);
    screens_free(&screens);
    if (catalogue->count)
        qsort(catalogue->components, catalogue->count, sizeof *catalogue->components, by_order);
    if (catalogue->preset_count)
        qsort(catalogue->presets, catalogue->preset_count, sizeof *catalogue->presets,
              by_preset_order);
    if (good)
        catalogue_join(catalogue);
    return good;
}
