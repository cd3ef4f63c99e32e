/* One page a kind, made from its file in screens/: another component needs no code here. One that
 * shows nothing but certificates of pages before it is passed by. */
#include "base/mem.h"
#include "flow/findings.h"

#include <stdlib.h>
#include <string.h>

static const struct service *first_service(const struct flow *flow, const char *kind)
{
    const struct component *component = catalogue_find(flow->catalogue, kind);
    const struct kind *all =
        component ? deployment_kind(&flow->facts->deployment, component) : NULL;
    return all && all->count ? all->services[0] : NULL;
}

/* A page before this one, in the order of the catalogue, shows the identity. */
static bool shown_before(const struct flow *flow, const struct component *component,
                         const struct identity *identity)
{
    for (size_t c = 0; c < flow->catalogue->count; c++) {
        const struct component *other = &flow->catalogue->components[c];
        if (other == component)
            return false;
        const struct service *service = first_service(flow, other->kind);
        for (size_t k = 0; service && k < other->slot_count; k++)
            if (service_identity(&flow->facts->deployment, service, &other->slots[k]) == identity)
                return true;
    }
    return false;
}

bool component_page_passes(const struct flow *flow, const char *kind)
{
    const struct service *service = first_service(flow, kind);
    if (!service)
        return true;
    size_t identities = 0;
    for (size_t k = 0; k < service->component->slot_count; k++) {
        const struct slot *slot = &service->component->slots[k];
        const struct identity *identity = service_identity(&flow->facts->deployment, service, slot);
        if (!identity || !shown_before(flow, service->component, identity))
            return false;
        identities++;
    }
    return identities > 0;
}

static char *option_value(const struct flow *flow, const struct service *service,
                          const struct ask *ask)
{
    struct strings values = {0};
    service_value(&flow->facts->deployment, service, ask->name, &values);
    char *text = strings_join(&values, " ");
    strings_free(&values);
    return text;
}

static void judge_option(struct field *field, const struct ask *ask, const char *value)
{
    struct error err = {0};
    if (!*value)
        return;
    if (ask->type == ANSWER_HOST && !host_check(value, &err)) {
        char *mend = host_mend(value);
        field_finding(field, LEVEL_ERROR, err.message, err.remedy, mend);
        free(mend);
    }
}

static void add_option(const struct flow *flow, const struct service *service,
                       const struct ask *ask, struct page *page)
{
    if (!release_in(&ask->release, flow->facts->deployment.release))
        return;
    char *value = option_value(flow, service, ask);
    char *id = xformat("%s.%s", service->component->kind, ask->name);
    enum field_kind kind = ask->type == ANSWER_TICK     ? FIELD_TICK
                           : ask->type == ANSWER_CHOICE ? FIELD_CHOICE
                                                        : FIELD_TEXT;
    bool on = strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;
    struct field *field =
        page_field(page, kind, id, ask->label, kind == FIELD_TICK ? (on ? "yes" : "no") : value);
    field_help(field, ask->help, ask->section);
    for (size_t i = 0; i < ask->choices.count; i++)
        field_choice(field, ask->choices.items[i], ask->choices.items[i], "");
    struct strings derived = {0};
    derive_option(&flow->facts->deployment, service, ask, &derived);
    char *proposal = strings_join(&derived, " ");
    field->follows = *proposal && strcmp(proposal, value) == 0;
    field->list = ask->list;
    field->fold = ask->fold || flow_lab(flow);
    field->optional = !*ask->initial || ask->list;
    if (ask->type == ANSWER_PORT)
        field->columns = 6;
    judge_option(field, ask, value);
    free(proposal);
    strings_free(&derived);
    free(id);
    free(value);
}

/* "Stands for:" and the line to type on the appliance, for each identity of the page. */
static void add_live(const struct flow *flow, const struct service *service, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    struct strings done = {0};
    page_line(&page->live, "Stands for:");
    for (size_t k = 0; k < service->component->slot_count; k++) {
        const struct identity *identity =
            service_identity(d, service, &service->component->slots[k]);
        if (!identity || !slot_used(d, service, &service->component->slots[k]) ||
            !strings_add_new(&done, identity->name))
            continue;
        struct names names = {0};
        struct str line = {0};
        identity_request(identity, &names);
        names_line(&names, strcmp(identity->signer, "self") == 0 ? "selfsigned" : "csr",
                   identity->name, &line);
        page_lines(&page->live, str_text(&line));
        str_free(&line);
        names_free(&names);
    }
    if (!done.count) {
        strings_free(&page->live);
        page_line(&page->live, "No certificate is needed.");
    }
    strings_free(&done);
}

/* The other components that share an identity of this page. */
static void add_sharers(const struct flow *flow, const struct service *service, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct identity *mine = service->component->slot_count
                                      ? service_identity(d, service, &service->component->slots[0])
                                      : NULL;
    struct strings titles = {0};
    for (size_t i = 0; mine && i < mine->use_count; i++)
        strings_add_new(&titles, mine->uses[i].service->component->title);
    if (titles.count > 1) {
        char *all = strings_join(&titles, ", ");
        char *line = xformat("One certificate, %s, for %s.", mine->name, all);
        page_lines(&page->intro, line);
        free(line);
        free(all);
    }
    strings_free(&titles);
}

/* The field of a service's option, or of the certificate in one of its slots. */
static struct field *option_field(const struct service *service, const char *option,
                                  struct page *page)
{
    const struct component *component = service->component;
    bool slot = false;
    for (size_t k = 0; k < component->slot_count && !slot; k++)
        slot = strcmp(component->slots[k].name, option) == 0;
    char *id = !slot                        ? xformat("%s.%s", component->kind, option)
               : component->slot_count == 1 ? xformat("%s.identity", component->kind)
                                            : xformat("%s.%s.identity", component->kind, option);
    struct field *field = page_find_field(page, id);
    free(id);
    return field;
}

static void add_service_findings(const struct flow *flow, const struct service *service,
                                 const struct findings *findings, struct page *page)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (*finding->identity || strcmp(finding->service, service->name) != 0 || finding->accepted)
            continue;
        if (finding->severity == SEVERITY_NOTICE)
            continue;
        char *remedy = finding_remedy(flow, finding, page->id, "");
        struct field *field = option_field(service, finding->field, page);
        enum level level = level_of(finding->severity);
        if (field)
            field_finding(field, level, finding->message, remedy, finding->mend);
        else
            page_line(&page->live, "%s %s. %s.", flow_level_word(level), finding->message, remedy);
        free(remedy);
    }
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_FORM;
    const char *kind = flow_page_part(flow);
    const struct service *service = first_service(flow, kind);
    if (!service) {
        page->title = xstrdup(kind);
        page_line(&page->intro, "It is not part of this deployment.");
        return;
    }
    const struct component *component = service->component;
    page->title = xstrdup(component->title);
    page_lines(&page->intro, component->purpose);
    add_sharers(flow, service, page);
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    for (size_t i = 0; i < component->ask_count; i++)
        if (!component->asks[i].fold)
            add_option(flow, service, &component->asks[i], page);
    for (size_t k = 0; k < component->slot_count; k++)
        if (slot_used(&flow->facts->deployment, service, &component->slots[k]))
            names_fields(flow, service, &component->slots[k], findings, page);
    for (size_t i = 0; i < component->ask_count; i++)
        if (component->asks[i].fold)
            add_option(flow, service, &component->asks[i], page);
    add_service_findings(flow, service, findings, page);
    add_live(flow, service, page);
    for (size_t k = 0; k < component->slot_count; k++) {
        const struct signer *signer =
            derive_signer(&flow->facts->deployment, service, &component->slots[k]);
        if (signer && *signer->why && component->slot_count == 1)
            page_line(&page->why, "Proposed: %s. %s Guide %s", signer->name, signer->why,
                      component->section);
    }
    if (!page->why.count)
        page_line(&page->why, "Guide %s", component->section);
}

static bool take_option(struct flow *flow, const struct service *service, const struct ask *ask,
                        const char *value, struct error *err)
{
    struct strings values = {0};
    struct str text = {0};
    str_add(&text, str_text(&flow->facts->deployment.text));
    if (ask->type == ANSWER_TICK)
        strings_add(&values, strcmp(value, "yes") == 0 ? "true" : "false");
    else if (ask->list)
        names_split(value, &values);
    else if (*value)
        strings_add(&values, value);
    edit_option(service, ask->name, &values, ask->list, &text);
    bool good = flow_put(flow, &text, true, err);
    if (!good && err && err->code != STATUS_SYSTEM) {
        struct error why = *err; /* the line of a file that was never written helps nobody */
        error_set(err, why.code, ask->label, why.remedy, "%s", why.message);
    }
    strings_free(&values);
    str_free(&text);
    return good;
}

static bool take_set(struct flow *flow, const struct event *event, struct error *err)
{
    const struct service *service = first_service(flow, flow_page_part(flow));
    if (!service || !text_starts(event->id, service->component->kind))
        return true;
    const char *rest = event->id + strlen(service->component->kind);
    if (*rest++ != '.')
        return true;
    const struct ask *ask = component_ask(service->component, rest);
    if (ask)
        return take_option(flow, service, ask, event->text, err);
    const char *dot = strchr(rest, '.');
    if (!dot && service->component->slot_count && is_names_option(rest))
        return names_take(flow, service, &service->component->slots[0], rest, event->text, err);
    for (size_t k = 0; dot && k < service->component->slot_count; k++) {
        const struct slot *slot = &service->component->slots[k];
        if (strlen(slot->name) == (size_t)(dot - rest) &&
            strncmp(slot->name, rest, (size_t)(dot - rest)) == 0 && is_names_option(dot + 1))
            return names_take(flow, service, slot, dot + 1, event->text, err);
    }
    return true;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(take_set(flow, event, err), GO_STAY);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_component = {"page", build, take};
