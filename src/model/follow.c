/* What follows from a change of deployment.conf: worked out on values, told where it may not move.
 */
#include "base/mem.h"
#include "model/alter.h"
#include "model/build.h"
#include "model/edit.h"
#include "model/judge.h"
#include "model/lifecycle.h"
#include "model/link.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct following {
    struct edit *edit;
    const struct facts *facts;
    const struct deployment *before;
    struct deployment *now;
};

static const char *renamed(const struct edit_rename *renames, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(renames[i].old, name) == 0)
            name = renames[i].name;
    return name;
}

static const struct server *server_now(const struct following *f, const struct server *old)
{
    return deployment_server(f->now, renamed(f->edit->servers, f->edit->server_count, old->name));
}

static const struct identity *identity_now(const struct following *f, const struct identity *old)
{
    return deployment_identity(f->now,
                               renamed(f->edit->identities, f->edit->identity_count, old->name));
}

static bool is_frozen(const struct following *f, const struct identity *old)
{
    return !strings_has(&f->edit->anew, old->name) && lifecycle_is_made(f->facts, old);
}

/* Why an identity stays as it is, for "%s keeps its names: …". */
static const char *reason(const struct following *f, const struct identity *old)
{
    struct identity_files files;
    facts_files(f->facts, old, &files);
    return files.certificate ? "its certificate is there"
           : files.csr       ? "its request is made"
                             : "its key is made";
}

static void keep(const struct following *f, char *sentence)
{
    strings_add_new(&f->edit->kept, sentence);
    free(sentence);
}

static bool names_host(const struct identity *identity, const char *host)
{
    const char *cn = identity->names.attributes[ATTR_CN];
    return *host &&
           ((cn && strcasecmp(cn, host) == 0) || strings_has_nocase(&identity->names.sans, host));
}

/* The host of an address or a URL. Free it. */
static char *host_of(const char *value)
{
    const char *scheme = strstr(value, "://");
    const char *start = scheme ? scheme + 3 : value;
    return xstrndup(start, strcspn(start, scheme ? ":/" : "/"));
}

/* An identity that is made and has the host of this value among its names: the value then stays
 * with it, for a certificate that nobody connects to by its names is worth nothing. */
static const struct identity *holder(const struct following *f, const char *value)
{
    const struct identity *found = NULL;
    char *host = host_of(value);
    for (size_t i = 0; !found && i < f->before->identity_count; i++)
        if (names_host(&f->before->identities[i], host) && is_frozen(f, &f->before->identities[i]))
            found = &f->before->identities[i];
    free(host);
    return found;
}

static bool is_held(const struct following *f, const char *what, const char *of, const char *value)
{
    const struct identity *by = holder(f, value);
    if (by)
        keep(f, xformat("%s of %s stays %s: %s has that name, and %s.", what, of, value, by->name,
                        reason(f, by)));
    return by != NULL;
}

static void follow_addresses(const struct following *f)
{
    for (size_t i = 0; i < f->before->server_count; i++) {
        const struct server *old = &f->before->servers[i], *server = server_now(f, old);
        if (!server || strcmp(server->address, old->address) != 0)
            continue;
        char *was = derive_address(f->before, old), *is = derive_address(f->now, server);
        if (strcmp(old->address, was) == 0 && strcmp(was, is) != 0 &&
            !is_held(f, "The address", server->name, was))
            alter_address(f->now, server, is, &f->edit->text);
        free(was);
        free(is);
    }
}

/* What the option becomes: it follows when it is what its default makes of it, or an old address of
 * its server. */
static void followed(const struct following *f, const struct service *old,
                     const struct service *service, const struct ask *ask, struct strings *out)
{
    const struct strings *value = service_option(old, ask->name);
    struct strings was = {0};
    derive_option(f->before, old, ask, &was);
    if (value->count == 1 && strcmp(value->items[0], old->server->address) == 0)
        strings_add(out, service->server->address);
    else if (strings_equal(value, &was))
        derive_option(f->now, service, ask, out);
    else
        strings_copy(out, value);
    strings_free(&was);
}

static bool option_is_held(const struct following *f, const struct service *service,
                           const struct ask *ask, const struct strings *is)
{
    const struct strings *value = service_option(service, ask->name);
    for (size_t i = 0; i < value->count; i++)
        if (!strings_has(is, value->items[i]) &&
            is_held(f, ask->label, service->component->title, value->items[i]))
            return true;
    return false;
}

/* true: it moved. */
static bool follow_option(const struct following *f, const struct service *old,
                          const struct service *service, const struct ask *ask)
{
    const struct strings *value = service_option(old, ask->name);
    const struct strings *current = service_option(service, ask->name);
    struct strings is = {0};
    if (!value || !current || !strings_equal(value, current))
        return false;
    followed(f, old, service, ask, &is);
    bool moves = !strings_equal(current, &is) && !option_is_held(f, service, ask, &is);
    if (moves)
        alter_option(f->now, service, ask->name, &is, ask->list, &f->edit->text);
    strings_free(&is);
    return moves;
}

static bool follow_options(const struct following *f)
{
    bool moved = false;
    for (size_t i = 0; i < f->before->server_count; i++) {
        const struct server *old_server = &f->before->servers[i];
        const struct server *server = server_now(f, old_server);
        for (size_t j = 0; server && j < old_server->service_count; j++) {
            const struct service *old = &old_server->services[j];
            const struct service *service = server_service(server, old->name);
            if (!service || service->component != old->component)
                continue;
            for (size_t k = 0; k < old->component->ask_count; k++)
                moved |= follow_option(f, old, service, &old->component->asks[k]);
        }
    }
    return moved;
}

/* What the catalogue would call an identity that one slot alone has; NULL where several share it.
 */
static char *own_name(const struct deployment *d, const struct identity *identity)
{
    return identity->use_count == 1
               ? derive_identity_name(d, identity->uses[0].service, identity->uses[0].slot)
               : NULL;
}

/* Nothing has the name, in deployment.conf or in the store: a key that lies there belongs to what
 * had the name before. */
static bool is_free(const struct following *f, const char *name)
{
    static const char *const suffixes[] = {".key", ".csr", ".crt"};
    bool is = !deployment_identity(f->now, name);
    for (size_t i = 0; is && i < sizeof suffixes / sizeof *suffixes; i++) {
        char *file = xformat("%s%s", name, suffixes[i]);
        is = !scan_find(&f->facts->scan, file);
        free(file);
    }
    return is;
}

/* The name that an identity of a renamed server, or a numbered one, gets; NULL: none. Free it. */
static char *next_name(const struct following *f, const struct identity *old,
                       const struct identity *identity)
{
    const struct edit *edit = f->edit;
    const char *server = renamed(edit->servers, edit->server_count, old->name);
    if (strcmp(server, old->name) != 0)
        return xstrdup(server); /* called after its server */
    char *was = own_name(f->before, old);
    char *is = was && strcmp(was, old->name) == 0 ? own_name(f->now, identity) : NULL;
    free(was);
    if (!is || strcmp(is, old->name) != 0)
        return is;
    free(is);
    return NULL;
}

static void note_rename(struct edit *edit, const char *old, const char *name)
{
    edit->identities = grow(edit->identities, edit->identity_count, sizeof *edit->identities);
    edit->identities[edit->identity_count++] = (struct edit_rename){xstrdup(old), xstrdup(name)};
}

static void follow_identity_names(const struct following *f)
{
    for (size_t i = 0; i < f->before->identity_count; i++) {
        const struct identity *old = &f->before->identities[i];
        const struct identity *identity = deployment_identity(f->now, old->name);
        char *name = identity ? next_name(f, old, identity) : NULL;
        if (name && lifecycle_is_made(f->facts, old)) {
            keep(f, xformat("%s keeps its name and its files: %s.", old->name, reason(f, old)));
        } else if (name && is_free(f, name)) {
            note_rename(f->edit, old->name, name);
            alter_identity_name(f->now, old->name, name, &f->edit->text);
        }
        free(name);
    }
}

static bool differ(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* A CN or a SAN follows where it stood as derived, and the change itself left it alone. */
static void follow_cn_san(const struct following *f, const struct identity *old,
                          const struct identity *identity)
{
    const char *old_cn = old->names.attributes[ATTR_CN];
    const char *cn = identity->names.attributes[ATTR_CN];
    struct names was = {0}, is = {0}, next = {0};
    derive_identity(f->before, old, &was);
    derive_identity(f->now, identity, &is);
    const char *was_cn = was.attributes[ATTR_CN], *is_cn = is.attributes[ATTR_CN];
    bool cn_moves = same(cn, old_cn) && same(cn, was_cn) && differ(was_cn, is_cn);
    bool sans_move = strings_equal(&old->names.sans, &identity->names.sans) &&
                     strings_equal(&old->names.sans, &was.sans) &&
                     !strings_equal(&was.sans, &is.sans);
    if ((cn_moves || sans_move) && is_frozen(f, old)) {
        keep(f, xformat("%s keeps its names: %s. Other names need a new request: type them on its "
                        "page.",
                        old->name, reason(f, old)));
    } else if (cn_moves || sans_move) {
        if (cn_moves)
            next.attributes[ATTR_CN] = xstrdup(is_cn);
        strings_copy(&next.sans, sans_move ? &is.sans : &identity->names.sans);
        alter_names(f->now, identity, &next, &f->edit->text);
    }
    names_free(&was);
    names_free(&is);
    names_free(&next);
}

/* An option may follow another that follows; no chain of defaults is longer. */
enum { PASSES_MAX = 4 };

static void follow(const struct following *f)
{
    follow_identity_names(f);
    follow_addresses(f);
    for (int pass = 0; pass < PASSES_MAX && follow_options(f); pass++)
        ;
    for (size_t i = 0; i < f->before->identity_count; i++) {
        const struct identity *old = &f->before->identities[i], *identity = identity_now(f, old);
        if (identity)
            follow_cn_san(f, old, identity);
    }
}

/* Identities that a service which went had, and nobody has now. What is made is not forgotten: its
 * certificate may be paid for, and on its way. */
static void drop_left(const struct following *f)
{
    struct strings dropped = {0};
    for (size_t i = 0; i < f->edit->left.count; i++) {
        const char *name = f->edit->left.items[i];
        const struct identity *old = deployment_identity(f->before, name);
        const struct identity *identity = deployment_identity(f->now, name);
        if (!old || !identity || identity->use_count || identity->signs)
            continue;
        if (lifecycle_is_made(f->facts, old))
            keep(f, xformat("%s stays in deployment.conf, and its files in %s: %s. No service uses "
                            "it now.",
                            name, f->before->store, reason(f, old)));
        else if (strings_add_new(&dropped, name))
            alter_remove_identity(f->now, name, &f->edit->text);
    }
    char *names = strings_join(&dropped, ", ");
    if (f->edit->goes.count && dropped.count)
        strings_add_take(&f->edit->goes,
                         xformat(dropped.count == 1
                                     ? "The certificate %s, which is not made yet, goes as well."
                                     : "The certificates %s, which are not made yet, go as well.",
                                 names));
    free(names);
    strings_free(&dropped);
}

static const struct service *added(const struct following *f, size_t at)
{
    const struct server *server = deployment_server(f->now, f->edit->added[at].server);
    return server ? server_service(server, f->edit->added[at].service) : NULL;
}

/* Who signs the one that it is like signs the new one, too. */
static char *signer_of_new(const struct following *f, size_t at, const struct slot *slot)
{
    const struct edit_added *new = &f->edit->added[at];
    const struct identity *like = new->like ? service_identity(f->before, new->like, slot) : NULL;
    return like ? xstrdup(like->signer) : derive_signer_name(f->now, added(f, at), slot);
}

static void fill_slot(const struct following *f, size_t at, const struct slot *slot)
{
    const struct edit_added *new = &f->edit->added[at];
    const struct service *service = added(f, at);
    struct strings one = {0};
    char *name = new->shared ? xstrdup(new->shared) : derive_identity_name(f->now, service, slot);
    strings_add(&one, name);
    alter_option(f->now, service, slot->name, &one, false, &f->edit->text);
    if (!deployment_identity(f->now, name)) {
        char *by = signer_of_new(f, at, slot);
        alter_add_identity(f->now, name, by, &f->edit->text);
        free(by);
    }
    strings_free(&one);
    free(name);
}

static void fill_asks(const struct following *f, size_t at)
{
    const struct component *component = f->edit->added[at].component;
    for (size_t i = 0; i < component->ask_count; i++) {
        const struct ask *ask = &component->asks[i];
        struct strings values = {0};
        if (!service_option(added(f, at), ask->name))
            derive_option(f->now, added(f, at), ask, &values);
        if (values.count)
            alter_option(f->now, added(f, at), ask->name, &values, ask->list, &f->edit->text);
        strings_free(&values);
    }
}

/* New services get their catalogue's defaults, and their identities names. */
static void fill(const struct following *f)
{
    for (size_t at = 0; at < f->edit->added_count; at++) {
        const struct component *component = f->edit->added[at].component;
        for (size_t i = 0; added(f, at) && i < component->slot_count; i++)
            fill_slot(f, at, &component->slots[i]);
    }
    if (f->edit->added_count)
        deployment_relink(f->now);
    for (size_t at = 0; at < f->edit->added_count; at++)
        if (added(f, at))
            fill_asks(f, at);
}

/* An identity that came with the change gets the names that the catalogue proposes. */
static void name_new(const struct following *f)
{
    for (size_t i = 0; i < f->now->identity_count; i++) {
        const struct identity *identity = &f->now->identities[i];
        if (identity->names.attributes[ATTR_CN] || deployment_identity(f->before, identity->name))
            continue;
        struct names names = {0};
        derive_identity(f->now, identity, &names);
        alter_names(f->now, identity, &names, &f->edit->text);
        names_free(&names);
    }
}

static void add_name(struct names *names, const char *name)
{
    const char *cn = names->attributes[ATTR_CN];
    if (name && (!cn || strcasecmp(cn, name) != 0) && !strings_has_nocase(&names->sans, name))
        strings_add(&names->sans, name);
}

/* What now serves the services of several has the names that they need, and those that were typed
 * for one of them; where its own were typed, they stay in front. */
static void name_joined(const struct following *f)
{
    for (size_t i = 0; i < f->edit->joined.count; i++) {
        const struct identity *identity = deployment_identity(f->now, f->edit->joined.items[i]);
        struct names derived = {0}, names = {0};
        if (!identity)
            continue;
        derive_identity(f->now, identity, &derived);
        names_copy(&names, &identity->names);
        add_name(&names, derived.attributes[ATTR_CN]);
        for (size_t k = 0; k < derived.sans.count; k++)
            add_name(&names, derived.sans.items[k]);
        for (size_t k = 0; k < f->edit->joined_names.count; k++)
            add_name(&names, f->edit->joined_names.items[k]);
        alter_names(f->now, identity, &names, &f->edit->text);
        names_free(&derived);
        names_free(&names);
    }
}

bool edit_finish(struct edit *edit, bool follows, struct deployment *now, struct error *err)
{
    const struct deployment *before = &edit->before->deployment;
    struct following f = {edit, edit->before, before, now};
    if (!deployment_parse(before->path, str_text(&edit->text), edit->text.length, before->catalogue,
                          now, err))
        return false;
    fill(&f);
    drop_left(&f);
    if (follows)
        follow(&f);
    name_new(&f);
    name_joined(&f);
    if (strcmp(str_text(&now->text), str_text(&edit->text)) == 0)
        return true; /* nothing follows: it is as it was read */
    deployment_relink(now);
    str_clear(&now->text);
    str_add_bytes(&now->text, str_text(&edit->text), edit->text.length);
    if (deployment_judge(now, err))
        return true;
    deployment_free(now);
    return false;
}
