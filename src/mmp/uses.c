#include "base/escape.h"
#include "base/mem.h"
#include "mmp/action.h"

#include <stdlib.h>
#include <string.h>

/* `pki` alone: the services and the files that each uses. */

static const char *use_file(const struct facts *facts, struct pki_use *use, bool takes,
                            const char *name)
{
    if (!takes)
        return "";
    if (!scan_find(&facts->scan, name))
        strings_add_new(&use->missing, name);
    return name;
}

static void use_slot(const struct facts *facts, const struct slot *slot,
                     const struct identity *identity, struct pki_use *use)
{
    bool whole = strings_has(&slot->takes, "fullchain");
    bool has_bundle =
        strings_has(&slot->takes, "bundle") &&
        (strcmp(identity->signer, "self") != 0 || scan_find(&facts->scan, identity->bundle_file));
    use->key = use_file(facts, use, strings_has(&slot->takes, "key"), identity->key_file);
    use->certificate = use_file(facts, use, whole || strings_has(&slot->takes, "certificate"),
                                whole ? identity->fullchain_file : identity->certificate_file);
    use->bundle = use_file(facts, use, has_bundle, identity->bundle_file);
}

static void use_trusts(const struct facts *facts, const struct service *service,
                       struct pki_use *use)
{
    const struct trust *trusts;
    size_t count = trusts_of(&facts->trusts, service, &trusts);
    for (size_t i = 0; i < count; i++)
        strings_add_new(&use->trust, use_file(facts, use, true, trusts[i].file));
}

static void add_line(struct str *text, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    str_addf(text, "  %-12s: ", label);
    escape_add(text, value, strlen(value));
    str_add_char(text, '\n');
}

static void add_text(struct str *text, const struct pki_use *use)
{
    bool several = use->slot && use->service->component->slot_count > 1;
    str_addf(text, "%s %s%s%s\n", use->service->server->name, use->service->name,
             several ? " " : "", several ? use->slot->name : "");
    add_line(text, "key", use->key);
    add_line(text, "certificate", use->certificate);
    add_line(text, "bundle", use->bundle);
    for (size_t i = 0; i < use->trust.count; i++)
        add_line(text, "trust", use->trust.items[i]);
    for (size_t i = 0; i < use->missing.count; i++)
        add_line(text, "missing", use->missing.items[i]);
}

static void add_use(struct action *action, const struct pki_use *use)
{
    struct pki_reply *reply = action->reply;
    reply->uses = grow(reply->uses, reply->use_count, sizeof *reply->uses);
    reply->uses[reply->use_count++] = *use;
    if (!action->wishes->facts)
        add_text(&reply->text, use);
}

/* One a slot; the service's trusts stand with its first one. */
static void add_service(struct action *action, const struct service *service)
{
    const struct facts *facts = action->place->facts;
    const struct component *component = service->component;
    bool has_any = false;
    for (size_t i = 0; i <= component->slot_count; i++) {
        const struct slot *slot = i < component->slot_count ? &component->slots[i] : NULL;
        const struct identity *identity =
            slot ? service_identity(&facts->deployment, service, slot) : NULL;
        bool used = slot && identity && slot_used(&facts->deployment, service, slot);
        if (slot ? !used : has_any)
            continue; /* the last round is for a service with trusts alone */
        struct pki_use use = {.service = service, .slot = slot};
        if (slot)
            use_slot(facts, slot, identity, &use);
        if (!has_any)
            use_trusts(facts, service, &use);
        if (slot || use.trust.count) {
            add_use(action, &use);
            has_any = true;
        }
    }
}

bool action_uses(struct action *action, struct error *err)
{
    (void)err;
    const struct facts *facts = action->place->facts;
    for (size_t i = 0; facts && i < facts->deployment.server_count; i++) {
        const struct server *server = &facts->deployment.servers[i];
        for (size_t j = 0; j < server->service_count; j++)
            add_service(action, &server->services[j]);
    }
    if (!action->reply->use_count)
        action_say(action, WORD_USAGE_NONE, NULL, NULL, NULL);
    return true;
}
