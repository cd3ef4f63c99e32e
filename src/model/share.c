#include "model/share.h"

#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/lifecycle.h"

#include <stdlib.h>
#include <string.h>

/* Its signer is another slot of the same service: a CA that signs for nobody else. */
static bool is_signed_beside(const struct deployment *d, const struct identity_use *use)
{
    const struct signer *signer = derive_signer(d, use->service, use->slot);
    return signer && component_slot(use->service->component, signer->name);
}

bool share_may(const struct identity *identity, const char **why)
{
    const char *because = identity->signs        ? "it is a CA, and no service's alone"
                          : *identity->key_at    ? "its key is on an appliance and never leaves it"
                          : !identity->use_count ? "no service uses it"
                                                 : NULL;
    if (why)
        *why = because;
    return !because;
}

/* Another kind that is among the services must not have the key of this one (guide 3.1.4). */
static bool is_kept_apart(const struct deployment *d, const struct component *component)
{
    for (size_t c = 0; c < d->catalogue->count; c++) {
        const struct component *other = &d->catalogue->components[c];
        for (size_t i = 0; deployment_kind(d, other)->count && i < other->require_count; i++)
            if (strcmp(other->requires[i].key_not_of, component->kind) == 0 &&
                release_in(&other->requires[i].release, d->release))
                return true;
    }
    return false;
}

void share_all(const struct deployment *deployment, struct strings *out)
{
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        bool good = share_may(identity, NULL);
        for (size_t k = 0; good && k < identity->use_count; k++)
            good = !is_signed_beside(deployment, &identity->uses[k]) &&
                   !is_kept_apart(deployment, identity->uses[k].service->component);
        if (good)
            strings_add(out, identity->name);
    }
}

/* The name that the catalogue proposes, without what numbers it: "callbridge{n}" is callbridge.
 * Free it. */
static char *name_of_slot(const struct identity_use *use)
{
    struct str out = {0};
    for (const char *at = use->slot->identity; *at; at++) {
        if (*at == '{')
            at += strcspn(at, "}");
        else
            str_add_char(&out, *at);
        if (!*at)
            break;
    }
    if (!out.length)
        str_add(&out, use->service->component->kind);
    return str_take(&out);
}

/* What tells all of them in a word: the server that has them, the kinds, else the domain. Free it.
 */
static char *name_of_all(const struct deployment *d, const struct strings *identities)
{
    enum { KINDS_MOST = 2 };
    struct strings servers = {0}, slots = {0};
    for (size_t i = 0; i < identities->count; i++) {
        const struct identity *identity = deployment_identity(d, identities->items[i]);
        for (size_t k = 0; identity && k < identity->use_count; k++) {
            char *slot = name_of_slot(&identity->uses[k]);
            strings_add_new(&servers, identity->uses[k].service->server->name);
            strings_add_new(&slots, slot);
            free(slot);
        }
    }
    char *name = servers.count == 1 && slots.count > 1 ? xstrdup(servers.items[0])
                 : slots.count <= KINDS_MOST           ? strings_join(&slots, "-")
                                                       : xstrndup(d->name, strcspn(d->name, "."));
    strings_free(&servers);
    strings_free(&slots);
    return name;
}

/* No other identity in use is called so, and no file in the store: a key there is another one's. */
static bool is_free(const struct edit *edit, const struct strings *ours, const char *name)
{
    static const char *const suffixes[] = {".key", ".csr", ".crt"};
    if (strings_has(ours, name))
        return true;
    const struct identity *there = deployment_identity(&edit->before->deployment, name);
    if (there && !there->use_count && !there->signs)
        return true; /* left over from before: its files are there for those services */
    bool is = !there;
    for (size_t i = 0; is && i < sizeof suffixes / sizeof *suffixes; i++) {
        char *file = xformat("%s%s", name, suffixes[i]);
        is = !scan_find(&edit->before->scan, file);
        free(file);
    }
    return is;
}

/* Takes name over. Free it. */
static char *free_name(const struct edit *edit, const struct strings *ours, char *name)
{
    char *found = xstrdup(name);
    for (int n = 2; !is_free(edit, ours, found); n++) {
        free(found);
        found = xformat("%s-%d", name, n);
    }
    free(name);
    return found;
}

/* The one that keeps its name: of those that are made the one with most services. NULL: none is. */
static const struct identity *made_of(const struct edit *edit, const struct strings *identities)
{
    const struct deployment *d = &edit->before->deployment;
    const struct identity *found = NULL;
    for (size_t i = 0; i < identities->count; i++) {
        const struct identity *identity = deployment_identity(d, identities->items[i]);
        if (identity && lifecycle_is_made(edit->before, identity) &&
            (!found || identity->use_count > found->use_count))
            found = identity;
    }
    return found;
}

/* What a person typed besides that which follows from the services. */
static void typed_names(const struct deployment *d, const struct identity *identity,
                        struct strings *out)
{
    struct names derived = {0};
    derive_identity(d, identity, &derived);
    const char *cn = identity->names.attributes[ATTR_CN], *was = derived.attributes[ATTR_CN];
    if (cn && (!was || strcmp(cn, was) != 0) && !strings_has_nocase(&derived.sans, cn))
        strings_add_new(out, cn);
    for (size_t i = 0; i < identity->names.sans.count; i++) {
        const char *san = identity->names.sans.items[i];
        if (!strings_has_nocase(&derived.sans, san) && !(was && strcmp(san, was) == 0) &&
            !(cn && strcmp(san, cn) == 0))
            strings_add_new(out, san);
    }
    names_free(&derived);
}

static void set_one(struct edit *edit, const char *identity, const char *option, const char *value)
{
    struct conf_step path[] = {{"identity", identity}, {option, NULL}};
    struct strings one = {0};
    strings_add(&one, value);
    conf_set(&edit->text, path, 2, &one, false);
    strings_free(&one);
}

/* An identity that comes: signed as the one whose services it takes, with what that one's subject
 * says otherwise than the others'. */
static void add_like(struct edit *edit, const char *name, const char *signer,
                     const struct identity *like)
{
    const struct deployment *d = &edit->before->deployment;
    if (deployment_identity(d, name))
        return;
    set_one(edit, name, "signer", signer);
    for (int i = 0; i < ATTR_COUNT; i++) {
        const char *value = like->names.attributes[i], *common = d->subject.attributes[i];
        if (i != ATTR_CN && value && *value && (!common || strcmp(value, common) != 0))
            set_one(edit, name, attribute_names[i], value);
    }
    if (*like->template_name)
        set_one(edit, name, "template", like->template_name);
}

static void choose(struct edit *edit, const struct identity_use *use, const char *name)
{
    struct strings one = {0};
    strings_add(&one, name);
    edit_option(use->service, use->slot->name, &one, false, &edit->text);
    strings_free(&one);
}

/* Browsers and apps outside know public CAs alone: what one of them needs, all have. */
static const char *signer_of_all(const struct deployment *d, const struct strings *identities)
{
    const char *signer = NULL;
    for (size_t i = 0; i < identities->count; i++) {
        const struct identity *identity = deployment_identity(d, identities->items[i]);
        if (identity && (!signer || strcmp(identity->signer, "public") == 0))
            signer = identity->signer;
    }
    return signer ? signer : "internal";
}

char *edit_share(struct edit *edit, const struct strings *identities)
{
    const struct deployment *d = &edit->before->deployment;
    const struct identity *made = made_of(edit, identities);
    const char *signer = made ? made->signer : signer_of_all(d, identities);
    char *name =
        made ? xstrdup(made->name) : free_name(edit, identities, name_of_all(d, identities));
    const struct identity *target = deployment_identity(d, name);
    edit->kind = EDIT_CHOOSE;
    strings_add(&edit->anew, name);
    strings_add(&edit->joined, name);
    for (size_t i = 0; i < identities->count; i++) {
        const struct identity *identity = deployment_identity(d, identities->items[i]);
        if (!identity)
            continue;
        typed_names(d, identity, &edit->joined_names);
        if (!target)
            add_like(edit, name, signer, target = identity);
        if (strcmp(identity->name, name) == 0) {
            edit_sign(edit, identity, signer);
            continue;
        }
        for (size_t k = 0; k < identity->use_count; k++)
            choose(edit, &identity->uses[k], name);
        strings_add_new(&edit->left, identity->name);
    }
    return name;
}

/* The services that have one of the new identities. */
struct part {
    char *name;
    const struct server *server;
    size_t slots;     /* how many names their components propose for them */
    const char *kind; /* of the first */
};
struct parts {
    struct part *items;
    size_t count;
    size_t *of; /* by use */
};

static void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        free(parts->items[i].name);
    free(parts->items);
    free(parts->of);
}

static size_t part_of(struct parts *parts, const struct identity_use *use, const char *own,
                      enum share_split by)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->items[i];
        bool same = by == SPLIT_SERVERS ? part->server == use->service->server
                                        : strcmp(part->name, own) == 0;
        if (!same)
            continue;
        part->slots += strcmp(part->name, own) != 0;
        return i;
    }
    parts->items = grow(parts->items, parts->count, sizeof *parts->items);
    parts->items[parts->count] = (struct part){.name = xstrdup(own),
                                               .server = use->service->server,
                                               .slots = 1,
                                               .kind = use->service->component->kind};
    return parts->count++;
}

static bool is_taken(const struct parts *parts, size_t but, const char *name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (i != but && strcmp(parts->items[i].name, name) == 0)
            return true;
    return false;
}

/* Of several services of a server its name; where that, or what is proposed, is another's already,
 * server and kind. */
static void name_parts(const struct edit *edit, const struct identity *identity,
                       struct parts *parts)
{
    struct strings ours = {0};
    strings_add(&ours, identity->name);
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->items[i];
        if (part->slots > 1) {
            free(part->name);
            part->name = xstrdup(part->server->name);
        }
        if (is_taken(parts, i, part->name) || !is_free(edit, &ours, part->name)) {
            char *longer = xformat("%s-%s", part->server->name, part->kind);
            free(part->name);
            part->name = free_name(edit, &ours, longer);
        }
    }
    strings_free(&ours);
}

static void make_parts(const struct edit *edit, const struct identity *identity,
                       enum share_split by, struct parts *out)
{
    *out = (struct parts){.of = xcalloc(identity->use_count + 1, sizeof *out->of)};
    for (size_t k = 0; k < identity->use_count; k++) {
        const struct identity_use *use = &identity->uses[k];
        char *own = derive_identity_name(&edit->before->deployment, use->service, use->slot);
        if (!use->service->implied) /* it has what the first one written has */
            out->of[k] = part_of(out, use, own, by);
        free(own);
    }
    name_parts(edit, identity, out);
}

/* One of them keeps it: called so anyhow, else the first where it is made. */
static size_t keeper(const struct edit *edit, const struct identity *identity,
                     const struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->items[i].name, identity->name) == 0)
            return i;
    return lifecycle_is_made(edit->before, identity) ? 0 : parts->count;
}

void edit_split(struct edit *edit, const struct identity *identity, enum share_split by,
                struct strings *out, struct strings *lost)
{
    struct parts parts;
    edit->kind = EDIT_CHOOSE;
    make_parts(edit, identity, by, &parts);
    size_t keeps = keeper(edit, identity, &parts);
    for (size_t i = 0; parts.count > 1 && i < parts.count; i++) {
        strings_add(out, i == keeps ? identity->name : parts.items[i].name);
        if (i != keeps)
            add_like(edit, parts.items[i].name, identity->signer, identity);
    }
    for (size_t k = 0; parts.count > 1 && k < identity->use_count; k++)
        if (!identity->uses[k].service->implied && parts.of[k] != keeps)
            choose(edit, &identity->uses[k], parts.items[parts.of[k]].name);
    if (parts.count > 1) {
        strings_add_new(&edit->left, identity->name);
        strings_add_new(&edit->anew, identity->name);
    }
    if (parts.count > 1 && keeps == parts.count)
        typed_names(&edit->before->deployment, identity, lost);
    parts_free(&parts);
}

void edit_sign(struct edit *edit, const struct identity *identity, const char *signer)
{
    edit->kind = EDIT_CHOOSE;
    if (strcmp(identity->signer, signer) != 0)
        set_one(edit, identity->name, "signer", signer);
}
