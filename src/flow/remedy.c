/* A finding's remedy for who sits in the wizard: where it names a place in deployment.conf that a
 * page asks for, it names that page and its field. Steps are joined by ", then "; the places are
 * those of rules/: identity "x", service "x" of server "y", subject {}, environment {},
 * validation {}. */
#include "base/mem.h"
#include "flow/findings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char config_name[] = "deployment.conf", then[] = ", then ";

/* A field of a page; page NULL: no page asks for it. */
struct spot {
    char *page, *field; /* ids */
    char *label;
    bool tick;
};

static void spot_free(struct spot *spot)
{
    free(spot->page);
    free(spot->field);
    free(spot->label);
}

static struct spot spot_on(const char *kind, const char *option, const char *label, bool tick)
{
    bool known = *kind && strcmp(kind, "basics") != 0 && strcmp(kind, "facts") != 0;
    return (struct spot){.page = known ? xformat("page:%s", kind) : xstrdup(kind),
                         .field = xformat("%s.%s", kind, option),
                         .label = xstrdup(label),
                         .tick = tick};
}

/* A kind's page shows the first of its services. */
static bool is_shown(const struct flow *flow, const struct service *service)
{
    const struct kind *all = deployment_kind(&flow->facts->deployment, service->component);
    return all && all->count && all->services[0] == service;
}

static struct spot spot_of_slot(const struct service *service, const struct slot *slot,
                                const char *option)
{
    const struct component *component = service->component;
    bool one = component->slot_count == 1;
    char *id = one ? xstrdup(option) : xformat("%s.%s", slot->name, option);
    char *label =
        one ? xstrdup(names_label(option)) : xformat("%s of %s", names_label(option), slot->name);
    struct spot spot = spot_on(component->kind, id, label, false);
    free(id);
    free(label);
    return spot;
}

static struct spot spot_of_identity(const struct flow *flow, const char *name, const char *option)
{
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    for (size_t i = 0; identity && is_names_option(option) && i < identity->use_count; i++)
        if (is_shown(flow, identity->uses[i].service))
            return spot_of_slot(identity->uses[i].service, identity->uses[i].slot, option);
    return (struct spot){0};
}

static struct spot spot_of_service(const struct flow *flow, const char *server, const char *name,
                                   const char *option)
{
    const struct server *on = deployment_server(&flow->facts->deployment, server);
    const struct service *service = on ? server_service(on, name) : NULL;
    if (!service || !is_shown(flow, service))
        return (struct spot){0};
    const struct slot *slot = component_slot(service->component, option);
    if (slot)
        return spot_of_slot(service, slot, "identity");
    const struct ask *ask = component_ask(service->component, option);
    if (!ask || !release_in(&ask->release, flow->facts->deployment.release))
        return (struct spot){0};
    return spot_on(service->component->kind, option, ask->label, ask->type == ANSWER_TICK);
}

static struct spot spot_of_fact(const struct flow *flow, const char *block, const char *option)
{
    for (size_t i = 0; order_has(flow, "facts") && i < flow->catalogue->count; i++) {
        const struct component *component = &flow->catalogue->components[i];
        const struct kind *all = deployment_kind(&flow->facts->deployment, component);
        for (size_t k = 0; all && all->count && k < component->fact_count; k++) {
            const struct fact *fact = &component->facts[k];
            if (fact->fold || strcmp(fact->name, option) != 0 || strcmp(fact->block, block) != 0)
                continue;
            char *id =
                xformat("%s%s", strcmp(block, "validation") == 0 ? "validation." : "", option);
            struct spot spot = spot_on("facts", id, fact->label, fact->type == ANSWER_TICK);
            free(id);
            return spot;
        }
    }
    return (struct spot){0};
}

/* The text between the quotes behind a word: of service "x" that is x. Free it; NULL: none. */
static char *named(const char *place, const char *word)
{
    const char *at = strstr(place, word);
    const char *begin = at ? at + strlen(word) : NULL;
    const char *end = begin ? strchr(begin, '"') : NULL;
    return end ? xstrndup(begin, (size_t)(end - begin)) : NULL;
}

static struct spot spot_of(const struct flow *flow, const char *place, const char *option)
{
    struct spot spot = {0};
    char *identity = named(place, "identity \""), *service = named(place, "service \""),
         *server = named(place, "server \"");
    if (text_starts(place, "identity ") && identity)
        spot = spot_of_identity(flow, identity, option);
    else if (text_starts(place, "service ") && service && server)
        spot = spot_of_service(flow, server, service, option);
    else if (text_starts(place, "subject {}") && basics_label(option))
        spot = spot_on("basics", option, basics_label(option), false);
    else if (text_starts(place, "environment {}"))
        spot = spot_of_fact(flow, "environment", option);
    else if (text_starts(place, "validation {}"))
        spot = spot_of_fact(flow, "validation", option);
    free(identity);
    free(service);
    free(server);
    return spot;
}

/* { "a", "b" } as a person types it: a b. */
static char *typed(const char *value, size_t length)
{
    struct str text = {0};
    for (size_t i = 0; i < length; i++)
        if (value[i] == '\\' && i + 1 < length)
            str_add_char(&text, value[++i]);
        else if (!strchr("{}\",", value[i]) && (value[i] != ' ' || text.length))
            str_add_char(&text, value[i]);
    while (text.length && str_text(&text)[text.length - 1] == ' ')
        text.data[--text.length] = '\0';
    return str_take(&text);
}

/* What is to be done at the field: "make it join.example.com". */
static char *deed(const struct spot *spot, const char *option, const char *value,
                  const char *signer)
{
    if (spot->tick)
        return xstrdup(strcmp(value, "true") == 0 ? "tick it" : "take its tick away");
    if (strcmp(option, "signer") == 0)
        return xformat("choose %s", signer_label(value));
    if (text_ends(spot->field, ".identity"))
        return signer ? xformat("choose its own, signed by the %s", signer_label(signer))
                      : xformat("choose %s", value);
    return xformat("make it %s", value);
}

struct reader { /* who is told */
    const char *page, *field;
    const struct way *enter; /* where Enter leads: NULL nowhere */
};

static bool is_there(const struct way *way, const struct spot *spot)
{
    return way && way->go == GO_PAGE && strcmp(way->page, spot->page) == 0 && way->at &&
           strcmp(way->at, spot->field) == 0;
}

/* A step of the remedy: set OPTION = VALUE in PLACE of deployment.conf, take OPTION out
 * of PLACE of deployment.conf. */
struct deed_at {
    char *option;
    const char *value, *value_end; /* NULL: none */
    const char *head_end;          /* of what is left without the place */
    const char *place, *tail;
};

static bool read_step(const char *text, struct deed_at *out)
{
    const char *option = text_starts(text, "set ")    ? text + strlen("set ")
                         : text_starts(text, "take ") ? text + strlen("take ")
                                                      : NULL;
    const char *end = option ? strstr(text, config_name) : NULL;
    *out = (struct deed_at){0};
    for (const char *at = text; end && (at = strstr(at, " in ")) && at < end; at++) {
        out->head_end = at;
        out->place = at + strlen(" in ");
    }
    const char *out_of = end ? strstr(text, " out of ") : NULL;
    if (out_of && out_of < end) {
        out->head_end = out_of + strlen(" out");
        out->place = out_of + strlen(" out of ");
    }
    if (!out->place)
        return false;
    const char *equals = strstr(text, " = ");
    if (equals && equals < out->place) {
        out->value = equals + strlen(" = ");
        out->value_end = out->head_end;
    }
    out->tail = end + strlen(config_name);
    out->option = xstrndup(option, strcspn(option, " ,"));
    return true;
}

/* "City, State and Country": what the basics call the attributes of set L, ST, C. */
static char *all_labels(const char *options, const char *end)
{
    struct strings names = {0};
    struct str text = {0};
    char *all = xstrndup(options, (size_t)(end - options));
    strings_split(&names, all, ',');
    for (size_t i = 0; i < names.count; i++) {
        const char *label = basics_label(names.items[i] + strspn(names.items[i], " "));
        str_addf(&text, "%s%s",
                 !i                    ? ""
                 : i + 1 < names.count ? ", "
                                       : " and ",
                 label ? label : "?");
    }
    if (names.count < 2 || strchr(str_text(&text), '?'))
        str_clear(&text);
    free(all);
    strings_free(&names);
    return str_take(&text);
}

/* A step of the remedy; NULL: it stays as it is. signer: of the identity that a step before it was
 * to add, which choosing "its own" does. */
static char *step_words(const struct flow *flow, const char *text, const char *signer,
                        const struct reader *reader)
{
    struct deed_at step;
    if (!read_step(text, &step))
        return NULL;
    struct spot spot = spot_of(flow, step.place, step.option);
    char *words = NULL;
    if (spot.page) {
        bool here = strcmp(spot.page, reader->page) == 0;
        bool at_it = here && strcmp(spot.field, reader->field) == 0;
        const char *enter = is_there(reader->enter, &spot) ? " (Enter)" : "";
        char *title = order_title(flow, spot.page);
        char *there = at_it  ? xstrdup("")
                      : here ? xformat("in field %s ", spot.label)
                             : xformat("go to %s, field %s%s", title, spot.label, enter);
        char *several = text_starts(step.place, "subject {}")
                            ? all_labels(text + strlen("set "), step.head_end)
                            : xstrdup("");
        if (step.value) {
            char *value = typed(step.value, (size_t)(step.value_end - step.value));
            char *what = deed(&spot, step.option, value, signer);
            words = xformat("%s%s%s%s", there, here ? "" : " and ", what, step.tail);
            free(value);
            free(what);
        } else if (*several) {
            words = here ? xformat("fill in %s", several)
                         : xformat("go to %s%s and fill in %s", title, enter, several);
        } else {
            words = xformat("%s%s%.*s%s", there,
                            at_it  ? ""
                            : here ? ""
                                   : ": ",
                            (int)(step.head_end - text), text, step.tail);
        }
        free(several);
        free(there);
        free(title);
    }
    spot_free(&spot);
    free(step.option);
    return words;
}

/* The remedy's steps; a ", then " within one is none of ours. */
static void split(const char *remedy, struct strings *steps)
{
    for (const char *next; (next = strstr(remedy, then)); remedy = next + strlen(then))
        strings_add_take(steps, xstrndup(remedy, (size_t)(next - remedy)));
    strings_add(steps, remedy);
}

/* Nothing of it is here yet, or it is still to be added: the page after the review makes it. */
static bool is_made_there(const struct flow *flow, const char *name)
{
    const struct identity *identity = deployment_identity(&flow->facts->deployment, name);
    return !identity || lacks(flow, identity);
}

/* A command that the review's F2 does. */
static bool is_for_review(const struct flow *flow, const char *step)
{
    static const char *const commands[] = {"certwright generate ", "certwright sign "};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (text_starts(step, commands[i]) && is_made_there(flow, step + strlen(commands[i])))
            return true;
    return false;
}

struct way finding_remedy_way(const struct flow *flow, const struct finding *finding)
{
    struct strings steps = {0};
    struct way way = way_go(GO_STAY);
    split(finding->remedy, &steps);
    for (size_t i = 0; i < steps.count && way.go == GO_STAY; i++) {
        struct deed_at step;
        if (is_for_review(flow, steps.items[i]))
            way = way_to("review", finding->identity);
        if (!read_step(steps.items[i], &step))
            continue;
        struct spot spot = spot_of(flow, step.place, step.option);
        if (spot.page)
            way = way_to(spot.page, spot.field);
        spot_free(&spot);
        free(step.option);
    }
    strings_free(&steps);
    return way;
}

/* To begin a line with, unless it begins with a command. */
static void begin(char *text)
{
    if (!text_starts(text, "certwright "))
        *text = (char)toupper((unsigned char)*text);
}

/* A command that the wizard does at a key or on a page. */
static const char *key_words(const struct flow *flow, const struct finding *finding,
                             const char *step, const struct reader *reader)
{
    static const char fix[] = "certwright check --fix", generate[] = "certwright generate ",
                      import[] = "certwright import what it returns";
    enum mending mending = finding_mending(flow, finding);
    if ((strcmp(step, fix) == 0 && mending == MEND_SAFE) ||
        (text_starts(step, generate) && mending == MEND_REQUEST))
        return "F5 does it";
    if (is_for_review(flow, step)) {
        bool enter = reader->enter && reader->enter->go == GO_PAGE &&
                     strcmp(reader->enter->page, "review") == 0;
        return enter ? "go to Review (Enter), whose F2 makes it"
                     : "go to Review, whose F2 makes it";
    }
    if (strcmp(step, "certwright generate") == 0 || strcmp(step, "certwright sign") == 0)
        return "go to Review, whose F2 makes them";
    if (strcmp(step, "certwright import what they return") == 0)
        return "import what they return (page Import)";
    return strcmp(step, import) == 0 ? "import what it returns (page Import)" : step;
}

char *finding_remedy(const struct flow *flow, const struct finding *finding, const char *page,
                     const char *field)
{
    struct strings steps = {0}, told = {0};
    struct way way = finding_way(flow, finding);
    struct reader reader = {page, field, strcmp(page, "check") == 0 ? &way : NULL};
    split(finding->remedy, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        const char *step = steps.items[i];
        bool adds = text_starts(step, "add identity ") && i + 1 < steps.count;
        char *signer = adds ? named(step, "signer = \"") : NULL;
        char *words = step_words(flow, signer ? steps.items[i + 1] : step, signer, &reader);
        i += words && signer; /* two steps in one */
        const char *said = words ? words : key_words(flow, finding, step, &reader);
        if (!told.count || strcmp(told.items[told.count - 1], said) != 0)
            strings_add(&told, said);
        free(words);
        free(signer);
    }
    char *text = strings_join(&told, then);
    begin(text);
    strings_free(&steps);
    strings_free(&told);
    free(way.page);
    free(way.at);
    return text;
}
