/* One page a kind, made from its file in screens/, for all of its services: another component needs
 * no code here. One that shows nothing but certificates of pages before it is passed by. */
#include "flow/component.h"

#include "base/mem.h"
#include "flow/findings.h"
#include "flow/names.h"

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

struct way component_way(const struct identity *identity)
{
    const struct component *first = NULL;
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct component *component = identity->uses[i].service->component;
        if (!first || component < first) /* the catalogue's order is the pages' */
            first = component;
    }
    char *page = first ? xformat("page:%s", first->kind) : NULL;
    struct way way = page ? way_to(page, NULL) : way_go(GO_STAY);
    free(page);
    return way;
}

static enum field_kind kind_of(const struct facet *facet)
{
    if (facet->slot)
        return names_kind(facet);
    return facet->ask->type == ANSWER_TICK     ? FIELD_TICK
           : facet->ask->type == ANSWER_CHOICE ? FIELD_CHOICE
                                               : FIELD_TEXT;
}

static void judge_option(const struct alike *alike, const struct facet *facet, struct field *field)
{
    for (size_t i = 0; i < alike->count && facet->ask->type == ANSWER_HOST; i++) {
        char *value = facet_value(alike->deployment, alike->services[i], facet);
        struct error err = {0};
        if (*value && !host_check(value, &err)) {
            struct seat seat = facet_seat(alike, alike->services[i], facet);
            char *mend = host_mend(value);
            char *meant = mend && alike->several ? pattern_of_value(mend, &seat) : NULL;
            field_finding(field, LEVEL_ERROR, err.message, err.remedy, meant ? meant : mend);
            free(meant);
            free(mend);
        }
        free(value);
    }
}

void component_fill(const struct alike *alike, const struct facet *facet, bool lab,
                    struct field *field)
{
    const struct ask *ask = facet->ask;
    if (!ask) {
        names_fill(alike, facet, field);
    } else {
        field_help(field, ask->help, ask->section);
        for (size_t i = 0; i < ask->choices.count; i++)
            field_choice(field, ask->choices.items[i], ask->choices.items[i], "");
        field->list = ask->list;
        field->fold = ask->fold || lab;
        field->optional = !*ask->initial || ask->list;
        if (ask->type == ANSWER_PORT)
            field->columns = 6;
        judge_option(alike, facet, field);
    }
    field->follows =
        (!facet->slot || strcmp(facet->option, "identity") != 0) && alike_follows(alike, facet);
}

/* "3 names" of a list; "". Free it. */
static char *list_note(const struct facet *facet, const char *value)
{
    struct strings names = {0};
    if (facet->slot && strcmp(facet->option, "subjectAltName") == 0)
        names_split(value, &names);
    char *note = names.count > 1 ? xformat("%zu names", names.count) : xstrdup("");
    strings_free(&names);
    return note;
}

/* Of many services the first question is enough where all the others follow: + asks for the rest.
 */
static void fold_what_follows(const struct alike *alike, struct page *page)
{
    bool asked = false;
    for (size_t i = 0; alike->several && i < page->field_count; i++) {
        struct field *field = &page->fields[i];
        bool good = field->follows && field->level < LEVEL_ERROR;
        field->fold = field->fold || (good && asked);
        asked = asked || !field->fold;
    }
}

/* Whose value is another: "core2 *"; else how many there are. Free it. */
static char *note_of(const struct alike *alike, const char *pattern, const bool *fits,
                     const struct facet *facet)
{
    struct strings others = {0};
    size_t all = 0;
    for (size_t i = 0; i < alike->count; i++) {
        bool counts = facet_counts(alike->deployment, alike->services[i], facet);
        all += counts;
        if (counts && !fits[i])
            strings_add_new(&others, alike->services[i]->server->name);
    }
    char *note = others.count == 1 ? xformat("* %s", others.items[0])
                 : others.count    ? xformat("* %zu differ", others.count)
                 : alike->several && pattern && pattern_varies(pattern) ? xformat("%zu names", all)
                                                                        : xstrdup("");
    strings_free(&others);
    return note;
}

static bool is_shown(const struct alike *alike, const struct facet *facet)
{
    for (size_t i = 0; i < alike->count; i++)
        if (facet_counts(alike->deployment, alike->services[i], facet))
            return true;
    return false;
}

/* What each has of its own when the pattern is filled in: "CN: cb1.example.com, cb2.example.com".
 */
static void add_preview(const struct alike *alike, const struct facet *facet, const char *label,
                        struct page *page)
{
    enum { SHOWN = 3 };
    struct strings values = {0};
    for (size_t i = 0; i < alike->count; i++)
        if (facet_counts(alike->deployment, alike->services[i], facet)) {
            char *value = facet_value(alike->deployment, alike->services[i], facet);
            strings_add_new(&values, value);
            free(value);
        }
    size_t count = values.count;
    struct strings shown = {0};
    for (size_t i = 0; i < count; i++)
        if (count <= SHOWN || i < SHOWN - 1 || i + 1 == count)
            strings_add(&shown, values.items[i]);
    char *all = strings_join(&shown, count > SHOWN ? " .. " : "; ");
    page_line(&page->live, "%s: %s", label, all);
    free(all);
    strings_free(&shown);
    strings_free(&values);
}

static void add_facet(const struct flow *flow, const struct alike *alike, const struct facet *facet,
                      struct page *page)
{
    bool *fits = xcalloc(alike->count + 1, sizeof *fits);
    char *value = alike_value(alike, facet, fits), *id = alike_field_id(alike, facet);
    const char *label = facet->ask ? facet->ask->label : names_label(facet->option);
    enum field_kind kind = kind_of(facet);
    struct field *field = page_field(page, kind, id, label,
                                     value                ? value
                                     : kind == FIELD_TICK ? "no"
                                                          : EACH_ITS_OWN);
    component_fill(alike, facet, flow_lab(flow), field);
    if (!value && kind == FIELD_CHOICE)
        field_choice(field, EACH_ITS_OWN, "each its own", "They stay as they are.");
    char *note = note_of(alike, kind == FIELD_TEXT ? value : NULL, fits, facet);
    free(field->note);
    field->note = *note ? note : list_note(facet, value ? value : "");
    if (!*note)
        free(note);
    free(id);
    free(value);
    free(fits);
}

/* The results of what is written with {n}. */
static void add_previews(const struct alike *alike, struct page *page)
{
    for (size_t i = 0; alike->several && i < alike->facet_count; i++) {
        const struct facet *facet = &alike->facets[i];
        bool *fits = xcalloc(alike->count + 1, sizeof *fits);
        bool file = facet->slot && strcmp(facet->option, "identity") == 0; /* no name to read */
        char *value = !file && is_shown(alike, facet) ? alike_value(alike, facet, fits) : NULL;
        if (value && pattern_varies(value))
            add_preview(alike, facet, facet->ask ? facet->ask->label : names_label(facet->option),
                        page);
        free(value);
        free(fits);
    }
}

/* "Stands for:" and the line to type on the appliance, for each identity of one service. */
static void add_live(const struct flow *flow, const struct alike *alike, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    const struct service *service = alike->services[0];
    struct strings done = {0};
    page_line(&page->live, alike->several ? "Stands for, of the first:" : "Stands for:");
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

/* The field where a finding about one of the services is answered: of an option, or of the
 * certificate in one of its slots. */
static struct field *field_of(const struct alike *alike, const struct finding *finding,
                              struct page *page)
{
    struct field *field = NULL, *cn = NULL;
    for (size_t i = 0; i < alike->facet_count && !field; i++) {
        const struct facet *facet = &alike->facets[i];
        bool mine = !facet->slot || !*finding->identity;
        for (size_t k = 0; k < alike->count && !mine; k++) {
            const struct identity *identity =
                service_identity(alike->deployment, alike->services[k], facet->slot);
            mine = identity && strcmp(identity->name, finding->identity) == 0;
        }
        const char *option = facet->ask ? facet->ask->name
                             : !*finding->identity && strcmp(facet->option, "identity") == 0
                                 ? facet->slot->name
                                 : facet->option;
        char *id = alike_field_id(alike, facet);
        if (mine && strcmp(option, finding->field) == 0)
            field = page_find_field(page, id);
        if (mine && facet->slot && !cn && strcmp(facet->option, "CN") == 0 && *finding->identity)
            cn = page_find_field(page, id);
        free(id);
    }
    for (size_t i = 0; i < ATTR_COUNT; i++)
        if (field || strcmp(attribute_names[i], finding->field) == 0)
            return field; /* the subject's attributes are the basics' */
    return cn;
}

/* It is about one of the services, or a certificate of theirs. */
static bool is_about(const struct alike *alike, const struct finding *finding)
{
    for (size_t i = 0; i < alike->count; i++) {
        const struct service *service = alike->services[i];
        if (!*finding->identity && strcmp(finding->service, service->name) == 0 &&
            (!*finding->server || strcmp(finding->server, service->server->name) == 0))
            return true;
        for (size_t k = 0; *finding->identity && k < service->component->slot_count; k++) {
            const struct identity *identity =
                service_identity(alike->deployment, service, &service->component->slots[k]);
            if (identity && strcmp(identity->name, finding->identity) == 0)
                return true;
        }
    }
    return false;
}

static void add_finding(const struct flow *flow, const struct alike *alike,
                        const struct finding *finding, struct page *page)
{
    struct field *field = field_of(alike, finding, page);
    enum level level = level_of(finding->severity);
    char *remedy = finding_remedy(flow, finding, page->id, field ? field->id : "");
    const char *subject = *finding->identity ? finding->identity : finding->server;
    char *message = alike->several && *subject ? xformat("%s: %s", subject, finding->message)
                                               : xstrdup(finding->message);
    if (field)
        field_finding(field, level, message, remedy, alike->several ? NULL : finding->mend);
    else if (!*finding->identity)
        page_line(&page->live, "%s %s. %s.", flow_level_word(level), message, remedy);
    free(message);
    free(remedy);
}

static void build(struct flow *flow, struct page *page)
{
    struct alike alike;
    page->kind = PAGE_FORM;
    const char *kind = flow_page_part(flow);
    alike_open(flow, kind, &alike);
    if (!alike.count) {
        page->title = xstrdup(kind);
        page_line(&page->intro, "It is not part of this deployment.");
        alike_close(&alike);
        return;
    }
    const struct component *component = alike.component;
    page->title = alike.several ? xformat("%s, %zu of them", component->title, alike.count)
                                : xstrdup(component->title);
    page_lines(&page->intro, component->purpose);
    add_sharers(flow, alike.services[0], page);
    for (size_t i = 0; i < alike.facet_count; i++)
        if (is_shown(&alike, &alike.facets[i]))
            add_facet(flow, &alike, &alike.facets[i], page);
    const struct findings *findings = flow_findings(flow, RULES_PLANNED);
    for (size_t i = 0; i < findings->count; i++)
        if (!findings->items[i].accepted && findings->items[i].severity != SEVERITY_NOTICE &&
            is_about(&alike, &findings->items[i]))
            add_finding(flow, &alike, &findings->items[i], page);
    fold_what_follows(&alike, page);
    add_previews(&alike, page);
    add_live(flow, &alike, page);
    for (size_t k = 0; k < component->slot_count; k++) {
        const struct signer *signer =
            derive_signer(&flow->facts->deployment, alike.services[0], &component->slots[k]);
        if (signer && *signer->why && component->slot_count == 1)
            page_line(&page->why, "Proposed: %s. %s Guide %s", signer->name, signer->why,
                      component->section);
    }
    if (!page->why.count)
        page_line(&page->why, "Guide %s", component->section);
    if (alike.several)
        page_add_action(page, "each", 4, 'e', "One by one");
    alike_close(&alike);
}

bool component_give(struct edit *edit, const struct alike *alike, const struct service *service,
                    const struct facet *facet, const char *pattern, struct strings *done)
{
    const struct identity *identity =
        facet->slot ? service_identity(alike->deployment, service, facet->slot) : NULL;
    if (identity && strcmp(facet->option, "identity") != 0 &&
        !strings_add_new(done, identity->name))
        return false; /* several services have it */
    struct seat seat = facet_seat(alike, service, facet);
    char *value = alike->several ? pattern_fill(pattern, &seat) : xstrdup(pattern);
    char *is = facet_value(alike->deployment, service, facet);
    bool changes = strcmp(is, value) != 0;
    if (changes)
        facet_edit(edit, service, facet, NULL, value);
    free(is);
    free(value);
    return changes;
}

bool component_edit(struct flow *flow, struct edit *edit, const char *label, struct error *err)
{
    bool good = flow_edit(flow, edit, true, err);
    if (!good && err && err->code != STATUS_SYSTEM && !flow->ask) {
        struct error why = *err; /* the line of a file that was never written helps nobody */
        error_set(err, why.code, label, why.remedy, "%s", why.message);
    }
    return good;
}

/* All but the exceptions get it; where each has its own, all. */
static bool set(struct flow *flow, const struct alike *alike, const struct facet *facet,
                const char *text, struct error *err)
{
    struct edit edit;
    struct strings done = {0};
    bool *fits = xcalloc(alike->count + 1, sizeof *fits);
    char *pattern = alike_value(alike, facet, fits);
    edit_begin(&edit, flow->facts);
    for (size_t i = 0; i < alike->count; i++)
        if ((fits[i] || !pattern) && facet_counts(alike->deployment, alike->services[i], facet))
            (void)component_give(&edit, alike, alike->services[i], facet, text, &done);
    free(pattern);
    free(fits);
    strings_free(&done);
    return component_edit(flow, &edit, facet->ask ? facet->ask->label : names_label(facet->option),
                          err);
}

static bool take_set(struct flow *flow, const struct event *event, struct error *err)
{
    struct alike alike;
    alike_open(flow, flow_page_part(flow), &alike);
    const struct facet *facet = alike.count ? alike_facet(&alike, event->id) : NULL;
    bool kept = alike.several && strcmp(event->text, EACH_ITS_OWN) == 0;
    bool good = !facet || kept || strpbrk(event->text, "\n\r") ||
                set(flow, &alike, facet, event->text, err);
    alike_close(&alike);
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(take_set(flow, event, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "each") == 0) {
        char *id = xformat("each:%s", flow_page_part(flow));
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_component = {"page", build, take};
