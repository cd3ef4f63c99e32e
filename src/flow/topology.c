/* How many servers there are, what they are called and what is asked of them all. From that the
 * preset makes everything else: trunks, tags, trusts, names. It is made anew with each answer, as
 * long as nothing was changed by hand or made in the store. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

static const char prefix[] = "topology.";

bool topology_is_asked(const struct flow *flow)
{
    return flow_shape(flow) && flow_is_as_built(flow);
}

/* "core1 core2 core3"; of many the first and the last. Free it. */
static char *servers_words(const struct flow *flow, const struct shape *shape,
                           const struct preset_server *section)
{
    enum { NAMED = 4 };
    struct strings names = {0};
    shape_servers(shape, section, flow->facts->deployment.name, &names);
    char *words = names.count > NAMED ? xformat("%s %s .. %s", names.items[0], names.items[1],
                                                names.items[names.count - 1])
                                      : strings_join(&names, " ");
    strings_free(&names);
    return words;
}

static struct field *add_field(struct page *page, enum field_kind kind, const char *name,
                               const char *what, const char *label, const char *value)
{
    char *id = xformat("%s%s%s", prefix, name, what);
    struct field *field = page_field(page, kind, id, label, value);
    free(id);
    return field;
}

static void add_count(const struct flow *flow, const struct shape *shape,
                      const struct preset_server *section, struct page *page)
{
    char *value = xformat("%ld", shape_count(shape, section));
    struct field *field = add_field(page, FIELD_TEXT, section->count, "", section->label, value);
    field_help(field, section->help, section->section);
    field->columns = 3;
    field->fold = !section->initial; /* none of them is the usual answer */
    free(field->note);
    field->note = servers_words(flow, shape, section);
    free(value);
}

/* With the domain as it is; who types another one names servers elsewhere. */
static char *names_value(const struct flow *flow, const char *pattern)
{
    static const char hole[] = "{domain}";
    size_t length = strlen(pattern);
    return text_ends(pattern, hole) ? xformat("%.*s%s", (int)(length - strlen(hole)), pattern,
                                              flow->facts->deployment.name)
                                    : xstrdup(pattern);
}

static void add_names(const struct flow *flow, const struct shape *shape,
                      const struct preset_server *section, struct page *page)
{
    char *value = names_value(flow, shape_names(shape, section));
    struct field *field =
        add_field(page, FIELD_TEXT, section->count, ".names", section->names, value);
    field_help(field,
               "The addresses, with {n} for each one's number. What stands before the first dot is "
               "the server's short name.",
               "3.1");
    field->fold = strcmp(shape_names(shape, section), section->address) == 0;
    free(value);
}

static void add_offers(const struct flow *flow, const struct shape *shape, bool folded,
                       struct page *page)
{
    const char *release = flow->facts->deployment.release;
    for (size_t i = 0; i < shape->preset->offer_count; i++) {
        const struct preset_offer *offer = &shape->preset->offers[i];
        if (offer->fold != folded || !offer_known(flow->catalogue, offer, release))
            continue;
        bool on = shape_has(flow->catalogue, shape, offer, release);
        struct field *field =
            add_field(page, FIELD_TICK, offer->name, "", offer->label, on ? "yes" : "no");
        field_help(field, offer->help, offer->section);
        field->fold = offer->fold;
    }
}

/* What the answers come to, so that nobody orders one certificate too many. */
void topology_totals(const struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    size_t public = 0, internal = 0, here = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        const char *signer = d->identities[i].signer;
        if (strcmp(signer, "public") == 0)
        public++;
        else if (strcmp(signer, "internal") == 0) internal++;
        else here++;
    }
    struct str parts = {0};
    say_count(&parts, public, "from a public CA", "from a public CA");
    say_count(&parts, internal, "from the internal CA", "from the internal CA");
    say_count(&parts, here, "signed here", "signed here");
    page_line(&page->live,
              d->identity_count == 1 ? "%zu certificate: %s." : "%zu certificates: %s.",
              d->identity_count, str_text(&parts));
    str_free(&parts);
}

/* What is there once for each of others is never asked. */
static void add_derived(const struct flow *flow, struct page *page)
{
    const struct deployment *d = &flow->facts->deployment;
    for (size_t c = 0; c < flow->catalogue->count; c++) {
        const struct component *component = &flow->catalogue->components[c];
        const struct ask *per = component_ask(component, component->per);
        const struct component *other = per ? catalogue_find(flow->catalogue, per->of) : NULL;
        size_t count = deployment_kind(d, component)->count;
        if (other && count)
            page_line(&page->why,
                      "%s: %zu in all, one from each of its servers to each %s. Guide %s",
                      component->title, count, other->title, component->section);
    }
    if (!page->why.count)
        page_line(&page->why, "Whom each accepts, and in which order, follows by itself.");
}

static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_FORM;
    page->title = xstrdup("Topology");
    const struct shape *shape = flow_shape(flow);
    if (!shape)
        return;
    page_line(&page->intro, "How many servers, and what runs there. The rest follows.");
    for (size_t i = 0; i < shape->preset->server_count; i++)
        if (*shape->preset->servers[i].count)
            add_count(flow, shape, &shape->preset->servers[i], page);
    for (size_t i = 0; i < shape->preset->server_count; i++)
        if (*shape->preset->servers[i].names && shape_count(shape, &shape->preset->servers[i]))
            add_names(flow, shape, &shape->preset->servers[i], page);
    add_offers(flow, shape, false, page);
    add_offers(flow, shape, true, page);
    topology_totals(flow, page);
    add_derived(flow, page);
}

static bool set_count(struct shape *shape, const struct preset_server *section, const char *text,
                      struct error *err)
{
    size_t digits = strspn(text, "0123456789");
    long least = section->initial ? 1 : 0;
    long count = digits && digits < 5 && !text[digits] ? atol(text) : -1;
    if (count < least || count > PRESET_MOST)
        return error_set(err, STATUS_NO, section->label, "Type how many there are",
                         "this takes a number from %ld to %d", least, PRESET_MOST);
    shape_set_count(shape, section, count);
    return true;
}

static bool set_names(const struct flow *flow, struct shape *shape,
                      const struct preset_server *section, const char *text, struct error *err)
{
    if (shape_count(shape, section) > 1 && !strstr(text, "{n}"))
        return error_set(err, STATUS_NO, section->names,
                         "Write {n} where each has its number, as in core{n}.example.com",
                         "several servers would have one address");
    char *holed = shape_hole(text, flow->facts->deployment.name);
    shape_set_names(shape, section, holed);
    struct strings names = {0};
    struct error why = {0};
    char *first = xstrdup(text), *hole = strstr(first, "{n}");
    if (hole) { /* a digit is a good example of a number */
        *hole = '1';
        memmove(hole + 1, hole + 3, strlen(hole + 3) + 1);
    }
    bool good = host_check(first, &why);
    strings_free(&names);
    free(first);
    free(holed);
    return good || error_set(err, STATUS_NO, section->names, why.remedy, "%s", why.message);
}

/* false: refused. *known: the page asks that. */
static bool answer(const struct flow *flow, struct shape *shape, const char *what, const char *text,
                   bool *known, struct error *err)
{
    const struct preset *preset = shape->preset;
    *known = true;
    for (size_t i = 0; i < preset->server_count; i++) {
        const struct preset_server *section = &preset->servers[i];
        size_t length = strlen(section->count);
        if (length && strcmp(what, section->count) == 0)
            return set_count(shape, section, text, err);
        if (length && text_starts(what, section->count) && strcmp(what + length, ".names") == 0)
            return set_names(flow, shape, section, text, err);
    }
    for (size_t i = 0; i < preset->offer_count; i++)
        if (strcmp(what, preset->offers[i].name) == 0) {
            shape_offer(flow->catalogue, shape, &preset->offers[i], flow->facts->deployment.release,
                        strcmp(text, "yes") == 0);
            return true;
        }
    *known = false;
    return true;
}

static bool set(struct flow *flow, const struct event *event, struct error *err)
{
    struct shape shape = {0};
    bool known = false;
    if (!topology_is_asked(flow) || !text_starts(event->id, prefix))
        return true;
    shape_copy(flow_shape(flow), &shape);
    bool good = answer(flow, &shape, event->id + strlen(prefix), event->text, &known, err);
    if (good && known) {
        char *domain = xstrdup(flow->facts->deployment.name);
        char *release = xstrdup(flow->facts->deployment.release);
        good = flow_create_as(flow, domain, release, &shape, err);
        free(domain);
        free(release);
    }
    shape_free(&shape);
    return good;
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    if (event->kind == EVENT_SET)
        return way_if(set(flow, event, err), GO_STAY);
    return way_go(event->kind == EVENT_NEXT ? GO_NEXT : GO_STAY);
}

const struct step_ops step_topology = {"topology", build, take};
