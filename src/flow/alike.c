#include "flow/alike.h"

#include "base/mem.h"
#include "model/conftext.h"

#include <stdlib.h>
#include <string.h>

static const char *const slot_options[] = {"identity", "signer", "CN", "subjectAltName", "O"};
enum { SLOT_OPTIONS = sizeof slot_options / sizeof *slot_options };

static bool is_asked(const struct component *component, const struct ask *ask, const char *release)
{
    /* there is one for each answer to `per`: it follows, and is no question */
    return release_in(&ask->release, release) && strcmp(ask->name, component->per) != 0;
}

static void add_facet(struct alike *alike, struct facet facet)
{
    alike->facets = grow(alike->facets, alike->facet_count, sizeof *alike->facets);
    alike->facets[alike->facet_count++] = facet;
}

static void add_asks(struct alike *alike, bool folded)
{
    const struct component *component = alike->component;
    for (size_t i = 0; i < component->ask_count; i++)
        if (component->asks[i].fold == folded &&
            is_asked(component, &component->asks[i], alike->deployment->release))
            add_facet(alike, (struct facet){.ask = &component->asks[i]});
}

static void add_facets(struct alike *alike)
{
    const struct component *component = alike->component;
    add_asks(alike, false);
    for (size_t k = 0; k < component->slot_count; k++)
        for (size_t i = 0; i < SLOT_OPTIONS; i++)
            add_facet(alike,
                      (struct facet){.slot = &component->slots[k], .option = slot_options[i]});
    add_asks(alike, true);
}

static const struct identity *identity_of(const struct deployment *d, const struct service *service,
                                          const struct facet *facet)
{
    return facet->slot ? service_identity(d, service, facet->slot) : NULL;
}

bool facet_counts(const struct deployment *d, const struct service *service,
                  const struct facet *facet)
{
    return facet->ask || (slot_used(d, service, facet->slot) && identity_of(d, service, facet));
}

static char *ask_value(const struct deployment *d, const struct service *service,
                       const struct ask *ask)
{
    struct strings values = {0};
    service_value(d, service, ask->name, &values);
    char *text = strings_join(&values, " ");
    strings_free(&values);
    if (ask->type != ANSWER_TICK)
        return text;
    bool on = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    free(text);
    return xstrdup(on ? "yes" : "no");
}

char *facet_value(const struct deployment *d, const struct service *service,
                  const struct facet *facet)
{
    if (facet->ask)
        return ask_value(d, service, facet->ask);
    const struct identity *identity = identity_of(d, service, facet);
    const char *text = NULL;
    if (identity && strcmp(facet->option, "subjectAltName") == 0)
        return names_join(&identity->names.sans);
    if (identity && strcmp(facet->option, "identity") == 0)
        text = identity->name;
    else if (identity && strcmp(facet->option, "signer") == 0)
        text = identity->signer;
    else if (identity)
        text = identity->names.attributes[strcmp(facet->option, "CN") == 0 ? ATTR_CN : ATTR_O];
    return xstrdup(text ? text : "");
}

static bool names_follow(const struct deployment *d, const struct identity *identity, bool cn)
{
    struct names derived = {0};
    derive_identity(d, identity, &derived);
    const char *is = identity->names.attributes[ATTR_CN], *was = derived.attributes[ATTR_CN];
    bool follows = cn ? is && was && strcmp(is, was) == 0
                      : strings_equal(&derived.sans, &identity->names.sans);
    names_free(&derived);
    return follows;
}

static bool equals_taken(const char *value, char *derived)
{
    bool is = strcmp(value, derived) == 0;
    free(derived);
    return is;
}

static bool ask_follows(const struct deployment *d, const struct service *service,
                        const struct ask *ask)
{
    struct strings derived = {0}, values = {0};
    derive_option(d, service, ask, &derived);
    service_value(d, service, ask->name, &values);
    char *proposal = strings_join(&derived, " "), *value = strings_join(&values, " ");
    bool follows = *proposal && strcmp(proposal, value) == 0;
    free(proposal);
    free(value);
    strings_free(&derived);
    strings_free(&values);
    return follows;
}

bool facet_follows(const struct deployment *d, const struct service *service,
                   const struct facet *facet)
{
    if (facet->ask)
        return ask_follows(d, service, facet->ask);
    const struct identity *identity = identity_of(d, service, facet);
    if (!identity)
        return true;
    if (strcmp(facet->option, "identity") == 0)
        return equals_taken(identity->name, derive_identity_name(d, service, facet->slot));
    if (strcmp(facet->option, "signer") == 0)
        return equals_taken(identity->signer, derive_signer_name(d, service, facet->slot));
    if (strcmp(facet->option, "O") == 0) {
        const char *o = identity->names.attributes[ATTR_O], *common = d->subject.attributes[ATTR_O];
        return (!o && !common) || (o && common && strcmp(o, common) == 0);
    }
    return names_follow(d, identity, strcmp(facet->option, "CN") == 0);
}

/* The names of a certificate that several services have are looked at once. */
bool alike_follows(const struct alike *alike, const struct facet *facet)
{
    const struct deployment *d = alike->deployment;
    bool names = facet->slot && strcmp(facet->option, "signer") != 0 &&
                 strcmp(facet->option, "identity") != 0;
    bool *seen = xcalloc(d->identity_count, sizeof *seen), follow = true;
    for (size_t i = 0; i < alike->count && follow; i++) {
        const struct service *service = alike->services[i];
        const struct identity *identity = names ? identity_of(d, service, facet) : NULL;
        bool *known = identity ? &seen[identity - d->identities] : NULL;
        if (!facet_counts(d, service, facet) || (known && *known))
            continue;
        follow = facet_follows(d, service, facet);
        if (known)
            *known = true;
    }
    free(seen);
    return follow;
}

struct seat facet_seat(const struct alike *alike, const struct service *service,
                       const struct facet *facet)
{
    const struct deployment *d = alike->deployment;
    struct seat seat = {d, service->server, service->ordinal};
    const struct identity *identity = identity_of(d, service, facet);
    if (!identity || strcmp(facet->option, "identity") == 0)
        return seat; /* the names of identities count the services */
    size_t number = alike->numbers[facet->slot - alike->component->slots][identity - d->identities];
    seat.number = number ? number : seat.number;
    return seat;
}

static void set_identity(struct edit *edit, const char *identity, const char *option,
                         const char *value)
{
    struct conf_step path[] = {{"identity", identity}, {option, NULL}};
    struct strings values = {0};
    bool list = strcmp(option, "subjectAltName") == 0;
    if (list)
        names_split(value, &values);
    else if (*value)
        strings_add(&values, value);
    if (values.count)
        conf_set(&edit->text, path, 2, &values, list);
    else
        conf_remove(&edit->text, path, 2);
    strings_free(&values);
}

static void set_option(struct edit *edit, const struct service *service, const struct ask *ask,
                       const char *value)
{
    struct strings values = {0};
    if (ask->type == ANSWER_TICK)
        strings_add(&values, strcmp(value, "yes") == 0 ? "true" : "false");
    else if (ask->list)
        names_split(value, &values);
    else if (*value)
        strings_add(&values, value);
    edit_option(service, ask->name, &values, ask->list, &edit->text);
    strings_free(&values);
}

void facet_edit(struct edit *edit, const struct service *service, const struct facet *facet,
                const char *identity, const char *value)
{
    const struct deployment *d = &edit->before->deployment;
    const struct identity *mine = identity_of(d, service, facet);
    const char *common = d->subject.attributes[ATTR_O];
    if (facet->ask)
        set_option(edit, service, facet->ask, value);
    else if (strcmp(facet->option, "identity") == 0)
        edit_choose(edit, service, facet->slot, value);
    else if (identity || mine)
        set_identity(
            edit, identity ? identity : mine->name, facet->option,
            strcmp(facet->option, "O") == 0 && common && strcmp(common, value) == 0 ? "" : value);
}

/* The values of those among the services that count, and who has them. */
struct values {
    struct seat *seats;
    char **values;
    size_t *who; /* indices of the services */
    size_t count;
};

static void column_free(struct values *column)
{
    for (size_t i = 0; i < column->count; i++)
        free(column->values[i]);
    free(column->values);
    free(column->seats);
    free(column->who);
}

static void column_of(const struct alike *alike, const struct facet *facet, struct values *out)
{
    *out = (struct values){xcalloc(alike->count + 1, sizeof *out->seats),
                           xcalloc(alike->count + 1, sizeof *out->values),
                           xcalloc(alike->count + 1, sizeof *out->who), 0};
    for (size_t i = 0; i < alike->count; i++) {
        const struct service *service = alike->services[i];
        if (!facet_counts(alike->deployment, service, facet))
            continue;
        out->seats[out->count] = facet_seat(alike, service, facet);
        out->values[out->count] = facet_value(alike->deployment, service, facet);
        out->who[out->count++] = i;
    }
}

static void number_identities(struct alike *alike)
{
    const struct deployment *d = alike->deployment;
    const struct component *component = alike->component;
    alike->numbers = xcalloc(component->slot_count + 1, sizeof *alike->numbers);
    for (size_t k = 0; k < component->slot_count; k++) {
        size_t number = 0;
        alike->numbers[k] = xcalloc(d->identity_count + 1, sizeof **alike->numbers);
        for (size_t i = 0; i < alike->count; i++) {
            const struct identity *identity =
                service_identity(d, alike->services[i], &component->slots[k]);
            size_t *place = identity ? &alike->numbers[k][identity - d->identities] : NULL;
            if (place && !*place)
                *place = ++number;
        }
    }
}

/* Every service of the kind that is written. */
static void open_all(const struct flow *flow, const struct component *component, struct alike *out)
{
    *out = (struct alike){.deployment = &flow->facts->deployment, .component = component};
    const struct kind *kind = deployment_kind(out->deployment, component);
    out->services = xcalloc(kind->count + 1, sizeof *out->services);
    for (size_t i = 0; i < kind->count; i++)
        if (!kind->services[i]->implied)
            out->services[out->count++] = kind->services[i];
    out->several = out->count > 1;
    number_identities(out);
    add_facets(out);
}

void alike_open(const struct flow *flow, const char *kind, struct alike *out)
{
    const struct component *component = catalogue_find(flow->catalogue, kind);
    *out = (struct alike){0};
    if (component && flow->loaded)
        open_all(flow, component, out);
}

void alike_close(struct alike *alike)
{
    for (size_t k = 0; alike->numbers && k < alike->component->slot_count; k++)
        free(alike->numbers[k]);
    free(alike->numbers);
    free(alike->services);
    free(alike->facets);
    *alike = (struct alike){0};
}

/* "CN", of a kind with several slots "c2w.CN". */
static char *facet_name(const struct alike *alike, const struct facet *facet)
{
    const char *option = facet->ask ? facet->ask->name : facet->option;
    return facet->slot && alike->component->slot_count > 1
               ? xformat("%s.%s", facet->slot->name, option)
               : xstrdup(option);
}

char *alike_field_id(const struct alike *alike, const struct facet *facet)
{
    char *name = facet_name(alike, facet);
    char *id = xformat("%s.%s", alike->component->kind, name);
    free(name);
    return id;
}

char *alike_service_id(const struct alike *alike, const struct service *service)
{
    bool titled = *alike->component->per != '\0';
    return xformat("%s.%s%s%s", alike->component->kind, service->server->name, titled ? "." : "",
                   titled ? service->name : "");
}

char *alike_cell_id(const struct alike *alike, const struct service *service,
                    const struct facet *facet)
{
    char *name = facet_name(alike, facet), *row = alike_service_id(alike, service);
    char *id = xformat("%s.%s", row, name);
    free(row);
    free(name);
    return id;
}

const struct facet *alike_facet(const struct alike *alike, const char *field_id)
{
    for (size_t i = 0; i < alike->facet_count; i++) {
        char *id = alike_field_id(alike, &alike->facets[i]);
        bool is = strcmp(id, field_id) == 0;
        free(id);
        if (is)
            return &alike->facets[i];
    }
    return NULL;
}

char *alike_value(const struct alike *alike, const struct facet *facet, bool *fits)
{
    struct values column;
    column_of(alike, facet, &column);
    bool *fit = xcalloc(column.count + 1, sizeof *fit);
    char *pattern =
        !alike->several
            ? xstrdup(column.count ? column.values[0] : "")
            : pattern_common(column.seats, (const char *const *)column.values, column.count, fit);
    for (size_t i = 0; i < alike->count; i++)
        fits[i] = false;
    for (size_t i = 0; i < column.count; i++)
        fits[column.who[i]] = !alike->several || (pattern && fit[i]);
    free(fit);
    column_free(&column);
    return pattern;
}
