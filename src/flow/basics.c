/* Domain, organisation, release; then what surrounds the servers. Before the domain is known there
 * is no deployment.conf: the answers wait in the draft (keep.c), and the domain creates it. */
#include "base/mem.h"
#include "flow/step.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    enum attribute attribute;
    const char *label, *help, *section;
} attributes[] = {
    {ATTR_O, "Organisation",
     "The registered name with its suffix, like Example Inc. Public CAs check it.", "1.2.2"},
    {ATTR_OU, "Department", "A department, like Support. Most CAs leave it out today.", "1.2.2"},
    {ATTR_L, "City", "The city, written out.", "1.2.2"},
    {ATTR_ST, "State", "State, province or county, written out: California, not CA.", "1.2.2"},
    {ATTR_C, "Country", "The country's two-letter ISO code: US, GB, DE.", "1.2.2"},
    {ATTR_EMAIL, "E-mail", "Whom the CA may write to about the certificates.", "1.2.2"},
};
enum { ATTRIBUTE_FIELDS = sizeof attributes / sizeof *attributes };

const char *basics_label(const char *attribute)
{
    for (size_t i = 0; i < ATTRIBUTE_FIELDS; i++)
        if (strcmp(attribute_names[attributes[i].attribute], attribute) == 0)
            return attributes[i].label;
    return NULL;
}

static const struct names *subject_of(const struct flow *flow)
{
    return flow->loaded ? &flow->facts->deployment.subject : &flow->subject;
}

/* Two letters that name no country are only doubtful: CAs differ. Anything else is refused by all
 * (guide 3.1). */
static void judge_country(struct field *field, const char *value)
{
    if (!*value || is_country(value))
        return;
    struct error err = {0};
    const char *meant = country_meant(value);
    char *remedy = meant ? xformat("Write %s, %s", meant, country_name(meant)) : NULL;
    if (!attribute_check(ATTR_C, value, &err))
        field_finding(field, LEVEL_ERROR, err.message, remedy ? remedy : err.remedy, meant);
    else if (meant && strcasecmp(meant, value) == 0)
        field_finding(field, LEVEL_WARN, "some CAs refuse a country in small letters", remedy,
                      meant);
    else
        field_finding(field, LEVEL_WARN, "this is no country of ISO 3166",
                      remedy ? remedy : "Write the two letters of your country: US, GB or FR",
                      meant);
    free(remedy);
}

static void add_subject_field(const struct flow *flow, size_t index, struct page *page)
{
    enum attribute attribute = attributes[index].attribute;
    const char *value = subject_of(flow)->attributes[attribute];
    char *id = xformat("basics.%s", attribute_names[attribute]);
    struct field *field = page_field(page, FIELD_TEXT, id, attributes[index].label, value);
    free(id);
    field_help(field, attributes[index].help, attributes[index].section);
    field->optional = true;
    field->fold = flow_lab(flow);
    if (attribute == ATTR_C) {
        field->columns = 2;
        judge_country(field, field->value);
        const char *name = value ? country_name(value) : NULL;
        free(field->note);
        field->note = xstrdup(name ? name : "");
    }
    struct error err = {0};
    if (value && *value && !attribute_check(attribute, value, &err))
        field_finding(field, LEVEL_ERROR, err.message, err.remedy, NULL);
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_FORM;
    page->title = xstrdup("Basics");
    page_line(&page->intro, "What all certificates have in common.");
    const struct deployment *d = flow->loaded ? &flow->facts->deployment : NULL;
    struct field *field =
        page_field(page, FIELD_TEXT, "basics.domain", "Domain", flow->loaded ? d->name : "");
    field_help(field,
               "The domain of the deployment, like example.com. Names of servers and services are "
               "proposed from it.",
               "3.1");
    for (size_t i = 0; i < ATTRIBUTE_FIELDS; i++)
        add_subject_field(flow, i, page);
    if (flow->loaded) {
        field = page_field(page, FIELD_TEXT, "basics.release", "Release", d->release);
        field_help(field, "The Meeting Server's release. The guide, and certwright, know 2.9.",
                   "1");
        field->columns = 8;
        field->fold = true;
    }
    page_lines(&page->why,
               flow_lab(flow)
                   ? "Only the domain is needed: a CA made here does not ask who you are."
                   : "A public CA wants organisation, city, state and country in full; "
                     "it refuses a request that lacks them. Guide 3.1");
}

static bool set_subject(struct flow *flow, enum attribute attribute, const char *text,
                        struct error *err)
{
    if (*text && strpbrk(text, "\n\r"))
        return error_set(err, STATUS_NO, attribute_names[attribute], NULL, "keep it on one line");
    free(flow->subject.attributes[attribute]);
    flow->subject.attributes[attribute] = *text ? xstrdup(text) : NULL;
    if (!flow->loaded)
        return true;
    if (flow_is_as_built(flow)) {
        char *domain = xstrdup(flow->facts->deployment.name);
        bool good = flow_create(flow, domain, err);
        free(domain);
        return good;
    }
    struct conf_step path[] = {{"subject", NULL}, {attribute_names[attribute], NULL}};
    struct str copy = {0};
    struct strings value = {0};
    str_add(&copy, str_text(&flow->facts->deployment.text));
    strings_add(&value, text);
    if (*text)
        conf_set(&copy, path, 2, &value, false);
    else
        conf_remove(&copy, path, 2);
    bool good = flow_put(flow, &copy, false, err);
    strings_free(&value);
    str_free(&copy);
    return good;
}

static bool set_top(struct flow *flow, const char *option, const char *text, struct error *err)
{
    struct conf_step path[] = {{option, NULL}};
    struct str copy = {0};
    struct strings value = {0};
    str_add(&copy, str_text(&flow->facts->deployment.text));
    strings_add(&value, text);
    conf_set(&copy, path, 1, &value, false);
    bool good = flow_put(flow, &copy, true, err);
    strings_free(&value);
    str_free(&copy);
    return good;
}

/* What the release has is then made anew; by hand what it lacks would stay and be wrong. */
static bool set_release(struct flow *flow, const char *text, struct error *err)
{
    if (!flow_is_as_built(flow) || !flow_shape(flow))
        return set_top(flow, "release", text, err);
    char *domain = xstrdup(flow->facts->deployment.name);
    bool good = flow_create_as(flow, domain, text, NULL, err);
    free(domain);
    return good;
}

static bool set_domain(struct flow *flow, const char *text, struct error *err)
{
    struct error why = {0};
    char *ascii;
    if (!*text)
        return error_set(err, STATUS_NO, "Domain", "type a domain like example.com",
                         "an answer is needed here");
    if (!domain_check(text, &ascii, &why))
        return error_set(err, STATUS_NO, "Domain", why.remedy, "%s", why.message);
    bool good = !flow->loaded || flow_is_as_built(flow) ? flow_create(flow, ascii, err)
                                                        : set_top(flow, "name", ascii, err);
    if (good && strcmp(ascii, text) != 0) /* as the DNS and certificates have it */
        flow_say(flow, LEVEL_OK, "%s is written as %s.", text, ascii);
    free(ascii);
    return good;
}

static bool set(struct flow *flow, const struct event *event, struct error *err)
{
    if (strcmp(event->id, "basics.domain") == 0)
        return set_domain(flow, event->text, err);
    if (strcmp(event->id, "basics.release") == 0)
        return set_release(flow, event->text, err);
    for (size_t i = 0; i < ATTRIBUTE_FIELDS; i++)
        if (strcmp(event->id + strlen("basics."), attribute_names[attributes[i].attribute]) == 0)
            return set_subject(flow, attributes[i].attribute, event->text, err);
    return true;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(set(flow, event, err), GO_STAY);
    if (event->kind != EVENT_NEXT)
        return way_go(GO_STAY);
    return way_if(flow->loaded ||
                      error_set(err, STATUS_NO, "Domain", "type a domain like example.com",
                                "an answer is needed here"),
                  GO_NEXT);
}

const struct step_ops step_basics = {"basics", build, take};

/* Facts of the components that are here, each once. */
static const struct fact *next_fact(const struct flow *flow, size_t *server, size_t *service,
                                    size_t *index, struct strings *seen)
{
    const struct deployment *d = &flow->facts->deployment;
    for (; *server < d->server_count; ++*server, *service = 0)
        for (; *service < d->servers[*server].service_count; ++*service, *index = 0) {
            const struct component *c = d->servers[*server].services[*service].component;
            while (*index < c->fact_count) {
                const struct fact *fact = &c->facts[(*index)++];
                if (!fact->fold && strings_add_new(seen, fact->name))
                    return fact;
            }
        }
    return NULL;
}

static char *fact_path(const struct fact *fact)
{
    bool validation = strcmp(fact->block, "validation") == 0;
    return xformat("%s%s", validation ? "validation." : "", fact->name);
}

static void build_facts(struct flow *flow, struct page *page)
{
    page->kind = PAGE_FORM;
    page->title = xstrdup("Environment");
    page_lines(&page->intro,
               "Surroundings of the servers: who else connects decides on CAs, names and usages.");
    struct strings seen = {0};
    size_t server = 0, service = 0, index = 0;
    const struct fact *fact;
    while ((fact = next_fact(flow, &server, &service, &index, &seen))) {
        char *path = fact_path(fact), *id = xformat("facts.%s", path);
        const char *value = deployment_fact(&flow->facts->deployment, path);
        bool tick = fact->type == ANSWER_TICK;
        bool on = tick && (strcmp(value, "true") == 0 || strcmp(value, "yes") == 0);
        struct field *field = page_field(page, tick ? FIELD_TICK : FIELD_TEXT, id, fact->label,
                                         tick ? (on ? "yes" : "no") : value);
        field_help(field, fact->help, fact->section);
        field->optional = true;
        struct error err = {0};
        if (fact->type == ANSWER_HOST && *value && !host_check(value, &err)) {
            char *mend = host_mend(value);
            field_finding(field, LEVEL_ERROR, err.message, err.remedy, mend);
            free(mend);
        }
        free(path);
        free(id);
    }
    strings_free(&seen);
    page_lines(
        &page->why,
        "Leave empty what you do not have. These answers decide which CA a certificate needs "
        "and which names it must hold. Guide 2.2");
}

static bool set_fact(struct flow *flow, const struct event *event, struct error *err)
{
    struct strings seen = {0};
    size_t server = 0, service = 0, index = 0;
    const struct fact *fact;
    bool good = true;
    while ((fact = next_fact(flow, &server, &service, &index, &seen))) {
        char *path = fact_path(fact);
        bool mine = strcmp(event->id + strlen("facts."), path) == 0;
        free(path);
        if (!mine)
            continue;
        bool tick = fact->type == ANSWER_TICK;
        struct conf_step steps[] = {{fact->block, NULL}, {fact->name, NULL}};
        struct strings value = {0};
        struct str copy = {0};
        str_add(&copy, str_text(&flow->facts->deployment.text));
        strings_add(&value,
                    tick ? (strcmp(event->text, "yes") == 0 ? "true" : "false") : event->text);
        struct conf_span span;
        if (*event->text && (!tick || strcmp(event->text, "yes") == 0))
            conf_set(&copy, steps, 2, &value, false);
        else if (conf_find(str_text(&copy), steps, 2, &span))
            conf_remove(&copy, steps, 2);
        good = flow_put(flow, &copy, true, err);
        str_free(&copy);
        strings_free(&value);
        break;
    }
    strings_free(&seen);
    return good;
}

static struct way take_facts(struct flow *flow, const struct page *page, const struct event *event,
                             struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(set_fact(flow, event, err), GO_STAY);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_facts = {"facts", build_facts, take_facts};
