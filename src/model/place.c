/* Services and servers that come and go, with what follows from them: there is a trunk from each
 * core to each Load Balancer, whoever of the two came last. */
#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/edit.h"
#include "model/section.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_gone(const struct edit *edit, const struct service *service)
{
    for (size_t i = 0; i + 1 < edit->gone.count; i += 2)
        if (strcmp(edit->gone.items[i], service->server->name) == 0 &&
            strcmp(edit->gone.items[i + 1], service->name) == 0)
            return true;
    return false;
}

/* That service of the server was there and stays. */
static bool stays(const struct edit *edit, const struct service *service)
{
    return !service->implied && !is_gone(edit, service);
}

/* The kind runs there after the change, as far as it is known. */
static bool runs(const struct edit *edit, const char *server, const char *kind)
{
    const struct server *before = deployment_server(&edit->before->deployment, server);
    for (size_t i = 0; before && i < before->service_count; i++)
        if (strcmp(before->services[i].component->kind, kind) == 0 &&
            stays(edit, &before->services[i]))
            return true;
    for (size_t i = 0; i < edit->added_count; i++)
        if (strcmp(edit->added[i].server, server) == 0 &&
            strcmp(edit->added[i].component->kind, kind) == 0)
            return true;
    return false;
}

static bool has_title(const struct edit *edit, const char *server, const char *title)
{
    const struct server *before = deployment_server(&edit->before->deployment, server);
    const struct service *service = before ? server_service(before, title) : NULL;
    if (service && stays(edit, service))
        return true;
    for (size_t i = 0; i < edit->added_count; i++)
        if (strcmp(edit->added[i].server, server) == 0 &&
            strcmp(edit->added[i].service, title) == 0)
            return true;
    return false;
}

/* A name for the service that its server has not. Free it. */
static char *title_of(const struct edit *edit, const char *server,
                      const struct component *component, const char *answer)
{
    char *first = derive_service_name(component, server, answer), *title = xstrdup(first);
    for (int n = 2; has_title(edit, server, title); n++) {
        free(title);
        title = xformat("%s%d", first, n);
    }
    free(first);
    return title;
}

static void note_added(struct edit *edit, const char *server, char *title,
                       const struct component *component, const char *shared,
                       const struct service *like)
{
    edit->added = grow(edit->added, edit->added_count, sizeof *edit->added);
    edit->added[edit->added_count++] = (struct edit_added){
        .server = xstrdup(server),
        .service = title,
        .component = component,
        .shared = shared && !component_has_ca(component) ? xstrdup(shared) : NULL,
        .like = like};
}

/* The answer to what the service is there once for each of; NULL: none is written. */
static const char *answer_of(const struct service *service)
{
    const struct strings *written = service_option(service, service->component->per);
    return written && written->count ? written->items[0] : NULL;
}

static bool leads(const struct edit *edit, const char *server, const struct component *component,
                  const char *answer)
{
    const struct server *before = deployment_server(&edit->before->deployment, server);
    for (size_t i = 0; before && i < before->service_count; i++) {
        const struct service *service = &before->services[i];
        const char *to = service->component == component ? answer_of(service) : NULL;
        if (to && strcmp(to, answer) == 0 && stays(edit, service))
            return true;
    }
    char *title = derive_service_name(component, server, answer);
    bool added = has_title(edit, server, title);
    free(title);
    return added;
}

/* The text of a service as it is added: its kind where the title doesn't tell, its one answer. */
static void service_items(const struct component *component, const char *title, const char *answer,
                          struct strings *items)
{
    if (strcmp(title, component->kind) != 0)
        section_value(items, "kind", component->kind);
    if (answer)
        section_value(items, component->per, answer);
}

/* Behind what the server has. */
static void insert_service(struct edit *edit, const char *server, const char *title,
                           const struct strings *items)
{
    struct conf_step path[] = {{"server", server}, {"service", title}};
    struct str text = {0};
    struct conf_span span;
    conf_add_section(&edit->text, path, 2);
    if (items->count && conf_find(str_text(&edit->text), path, 2, &span)) {
        const char *whole = str_text(&edit->text);
        char *all = strings_join(items, "  ");
        str_add_bytes(&text, whole, span.value_start);
        str_addf(&text, " %s ", all);
        const char *rest = whole + span.value_end;
        str_add(&text, rest);
        str_clear(&edit->text);
        str_add_bytes(&edit->text, str_text(&text), text.length);
        free(all);
    }
    str_free(&text);
}

static void add_one(struct edit *edit, const char *server, const struct component *component,
                    const char *answer, const char *shared, const struct service *like)
{
    struct strings items = {0};
    char *title = title_of(edit, server, component, answer);
    service_items(component, title, answer, &items);
    insert_service(edit, server, title, &items);
    note_added(edit, server, title, component, shared, like);
    strings_free(&items);
}

static bool stands_beside(const struct edit *edit, const struct component *component,
                          const char *server)
{
    for (size_t i = 0; i < component->beside.count; i++)
        if (!runs(edit, server, component->beside.items[i]))
            return false;
    return component->beside.count || runs(edit, server, component->kind);
}

/* Servers before the change and those that came. */
static void all_servers(const struct edit *edit, struct strings *out)
{
    const struct deployment *d = &edit->before->deployment;
    for (size_t i = 0; i < d->server_count; i++)
        strings_add(out, d->servers[i].name);
    for (size_t i = 0; i < edit->added_count; i++)
        if (!deployment_server(d, edit->added[i].server))
            strings_add_new(out, edit->added[i].server);
}

/* What is there once for each of others, where the kind that came to the server makes it so. */
static void add_derived(struct edit *edit, const char *server, const char *kind)
{
    const struct deployment *d = &edit->before->deployment;
    struct strings servers = {0};
    all_servers(edit, &servers);
    for (size_t c = 0; c < d->catalogue->count; c++) {
        const struct component *component = &d->catalogue->components[c];
        const struct ask *per = component_ask(component, component->per);
        bool is_end = per && strcmp(per->of, kind) == 0;
        bool is_here = per && strings_has(&component->beside, kind);
        if ((!is_end && !is_here) || !release_in(&component->release, d->release))
            continue;
        for (size_t i = 0; i < servers.count; i++) {
            const char *from = is_end ? servers.items[i] : server;
            const char *to = is_end ? server : servers.items[i];
            if (stands_beside(edit, component, from) && runs(edit, to, per->of) &&
                !leads(edit, from, component, to))
                add_one(edit, from, component, to, NULL, NULL);
        }
    }
    strings_free(&servers);
}

void edit_add_service(struct edit *edit, const struct server *server,
                      const struct component *component, const char *shared)
{
    edit->kind = EDIT_ADD;
    add_one(edit, server->name, component, NULL, shared, NULL);
    add_derived(edit, server->name, component->kind);
}

static void remove_one(struct edit *edit, const struct service *service)
{
    struct conf_step path[] = {{"server", service->server->name}, {"service", service->name}};
    for (size_t i = 0; i < service->component->slot_count; i++)
        if (service->identities[i])
            strings_add_new(&edit->left, service->identities[i]->name);
    strings_add(&edit->gone, service->server->name);
    strings_add(&edit->gone, service->name);
    conf_remove(&edit->text, path, 2);
}

/* It led to what went, or stood beside it. */
static bool is_derived(const struct edit *edit, const struct service *service,
                       const struct service *of)
{
    const struct component *component = service->component;
    const struct ask *per = component_ask(component, component->per);
    const char *to = per ? answer_of(service) : NULL;
    if (!to || runs(edit, of->server->name, of->component->kind))
        return false;
    return (strcmp(per->of, of->component->kind) == 0 && strcmp(to, of->server->name) == 0) ||
           (service->server == of->server && strings_has(&component->beside, of->component->kind));
}

/* "Trunk of core1, core2, core3": those of one kind that go along; "" none. Free it. */
static char *remove_derived(struct edit *edit, const struct component *component,
                            const struct service *of)
{
    const struct deployment *d = &edit->before->deployment;
    const struct kind *all = deployment_kind(d, component);
    struct strings from = {0};
    for (size_t i = 0; i < all->count; i++)
        if (stays(edit, all->services[i]) && is_derived(edit, all->services[i], of)) {
            remove_one(edit, all->services[i]);
            strings_add_new(&from, all->services[i]->server->name);
        }
    char *names = strings_join(&from, ", ");
    char *words = from.count ? xformat("%s of %s", component->title, names) : xstrdup("");
    free(names);
    strings_free(&from);
    return words;
}

/* What goes with the service that went, told in words. */
static void remove_with(struct edit *edit, const struct service *of, struct strings *told)
{
    const struct deployment *d = &edit->before->deployment;
    for (size_t c = 0; c < d->catalogue->count; c++) {
        char *words = *d->catalogue->components[c].per
                          ? remove_derived(edit, &d->catalogue->components[c], of)
                          : xstrdup("");
        if (*words)
            strings_add_new(told, words);
        free(words);
    }
}

void edit_remove_service(struct edit *edit, const struct service *service)
{
    struct strings told = {0};
    edit->kind = EDIT_REMOVE;
    if (is_gone(edit, service))
        return;
    remove_one(edit, service);
    remove_with(edit, service, &told);
    char *all = strings_join(&told, "; ");
    if (told.count)
        strings_add_take(&edit->goes, xformat("With %s of %s goes: %s.", service->component->title,
                                              service->server->name, all));
    free(all);
    strings_free(&told);
}

void edit_remove_server(struct edit *edit, const struct server *server)
{
    struct strings titles = {0}, told = {0};
    struct conf_step path[] = {{"server", server->name}};
    edit->kind = EDIT_REMOVE;
    for (size_t i = 0; i < server->service_count; i++)
        if (stays(edit, &server->services[i])) {
            strings_add_new(&titles, server->services[i].component->title);
            remove_one(edit, &server->services[i]);
        }
    for (size_t i = 0; i < server->service_count; i++)
        if (!server->services[i].implied)
            remove_with(edit, &server->services[i], &told);
    for (size_t i = edit->before->deployment.accept_count; i-- > 0;)
        if (strcmp(edit->before->deployment.accepts[i].server, server->name) == 0)
            conf_remove_nth(&edit->text, "accept", i);
    conf_remove(&edit->text, path, 1);
    char *mine = strings_join(&titles, ", "), *others = strings_join(&told, "; ");
    strings_add_take(&edit->goes,
                     xformat("%s goes%s%s.%s%s%s", server->name, titles.count ? ", and on it " : "",
                             mine, told.count ? " With them goes: " : "", others,
                             told.count ? "." : ""));
    free(mine);
    free(others);
    strings_free(&titles);
    strings_free(&told);
}

/* The option says what is so of that server alone. */
static bool is_its_own(const struct service *service, const struct setting *option)
{
    const struct component *component = service->component;
    return component_slot(component, option->name) || strcmp(option->name, component->first) == 0 ||
           strcmp(option->name, "kind") == 0 || strcmp(option->name, "installed") == 0 ||
           component_trust_option(component, option->name) ||
           (option->values.count == 1 &&
            strcmp(option->values.items[0], service->server->address) == 0);
}

/* What it says otherwise than by default: the new one says so, too. */
static void copied_items(const struct deployment *d, const struct service *like,
                         struct strings *items)
{
    for (size_t i = 0; i < like->option_count; i++) {
        const struct setting *option = &like->options[i];
        const struct ask *ask = component_ask(like->component, option->name);
        struct strings derived = {0};
        if (!ask || is_its_own(like, option))
            continue;
        derive_option(d, like, ask, &derived);
        if (!strings_equal(&derived, &option->values))
            strings_add_take(items, section_item(option->name, &option->values, ask->list));
        strings_free(&derived);
    }
}

/* The identity that the service's likes share on their server or with others; NULL: its own. Free
 * it. */
static char *shared_of(const struct deployment *d, const struct service *like, const char *name)
{
    if (!like->component->slot_count)
        return NULL;
    const struct identity *identity = service_identity(d, like, &like->component->slots[0]);
    char *own = derive_identity_name(d, like, &like->component->slots[0]);
    bool is_own = !identity || strcmp(identity->name, own) == 0;
    free(own);
    if (is_own)
        return NULL;
    return xstrdup(strcmp(identity->name, like->server->name) == 0 ? name : identity->name);
}

static void add_like(struct edit *edit, const struct service *like, const char *name,
                     struct str *text)
{
    const struct deployment *d = &edit->before->deployment;
    struct strings items = {0};
    char *title = title_of(edit, name, like->component, NULL);
    char *shared = shared_of(d, like, name);
    service_items(like->component, title, NULL, &items);
    copied_items(d, like, &items);
    section_add(text, "    ", "service", title, &items);
    note_added(edit, name, title, like->component, shared, like);
    strings_free(&items);
    free(shared);
}

/* The text gets the piece behind (or before) the server's section, on lines of its own. */
static void insert_beside(struct edit *edit, const char *server, bool behind, const char *piece)
{
    struct conf_step path[] = {{"server", server}};
    struct conf_span span;
    struct str text = {0};
    if (!conf_find(str_text(&edit->text), path, 1, &span))
        return;
    const char *whole = str_text(&edit->text);
    size_t at = behind ? span.end : span.start;
    if (behind && whole[at] == '\n')
        at++;
    str_add_bytes(&text, whole, at);
    if (text.length && str_text(&text)[text.length - 1] != '\n')
        str_add_char(&text, '\n');
    str_add(&text, piece);
    str_add(&text, whole + at);
    str_clear(&edit->text);
    str_add_bytes(&edit->text, str_text(&text), text.length);
    str_free(&text);
}

static size_t stem_of(const char *name)
{
    size_t stem = strlen(name);
    while (stem && isdigit((unsigned char)name[stem - 1]))
        stem--;
    return stem;
}

bool edit_called_alike(const struct server *a, const struct server *b)
{
    size_t stem = stem_of(a->name);
    return stem == stem_of(b->name) && strncmp(a->name, b->name, stem) == 0;
}

/* The last of those that are called alike. */
static const struct server *last_alike(const struct deployment *d, const struct server *server)
{
    for (size_t i = d->server_count; i-- > 0;)
        if (edit_called_alike(&d->servers[i], server))
            return &d->servers[i];
    return server;
}

void edit_add_server(struct edit *edit, const struct server *like, const char *name,
                     const char *address)
{
    struct str text = {0};
    struct strings items = {0};
    edit->kind = EDIT_ADD;
    section_value(&items, "address", address);
    section_value(&items, "platform", *like->platform ? like->platform : "vm");
    if (like->public_interfaces.count)
        strings_add_take(&items, section_item("public-interfaces", &like->public_interfaces, true));
    char *head = strings_join(&items, "  ");
    str_add(&text, "server ");
    conf_quote(name, &text);
    str_addf(&text, " {\n    %s\n", head);
    size_t first = edit->added_count;
    for (size_t i = 0; i < like->service_count; i++)
        if (!like->services[i].implied && !*like->services[i].component->per)
            add_like(edit, &like->services[i], name, &text);
    str_add(&text, "}\n");
    insert_beside(edit, last_alike(&edit->before->deployment, like)->name, true, str_text(&text));
    for (size_t i = first, end = edit->added_count; i < end; i++)
        add_derived(edit, name, edit->added[i].component->kind);
    free(head);
    strings_free(&items);
    str_free(&text);
}

void edit_move_server(struct edit *edit, const struct server *server, const struct server *other,
                      bool behind)
{
    struct conf_step path[] = {{"server", server->name}};
    struct conf_span span;
    if (!conf_find(str_text(&edit->text), path, 1, &span))
        return;
    char *piece =
        xformat("%.*s\n", (int)(span.end - span.start), str_text(&edit->text) + span.start);
    conf_remove(&edit->text, path, 1);
    insert_beside(edit, other->name, behind, piece);
    free(piece);
}

char *edit_next_name(const struct deployment *d, const struct server *like)
{
    size_t stem = stem_of(like->name);
    unsigned long n = strtoul(like->name + stem, NULL, 10);
    char *name = NULL;
    do {
        free(name);
        name = xformat("%.*s%lu", (int)stem, like->name, n ? ++n : (n = 2));
    } while (deployment_server(d, name));
    return name;
}

char *edit_next_address(const struct deployment *d, const struct server *like, const char *name)
{
    size_t length = strlen(like->name);
    if (strncmp(like->address, like->name, length) == 0 && like->address[length] == '.')
        return xformat("%s%s", name, like->address + length);
    return xformat("%s.%s", name, d->name);
}
