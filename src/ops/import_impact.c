#include "base/mem.h"
#include "model/template.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *value_of(const char *entry)
{
    const char *colon = strchr(entry, ':');
    return colon ? colon + 1 : entry;
}

/* Impact: which service each loss stops, in the catalogue's own words. */
struct view {
    const struct deployment *deployment;
    const struct service *service;
    const struct cert *cert; /* what came */
};

static bool look_up(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    return service_value(view->deployment, view->service, path, out);
}

static bool pattern_gives(struct view *view, const char *pattern, const char *value)
{
    struct strings alternatives = {0}, values = {0};
    strings_split(&alternatives, pattern, '|'); /* {a} | {b}: one of them */
    for (size_t i = 0; i < alternatives.count; i++) {
        char *one = alternatives.items[i];
        one += strspn(one, " ");
        one[strcspn(one, " ")] = '\0';
        if (!template_expand_list(one, look_up, view, &values, NULL))
            continue;
    }
    bool gives = strings_has_nocase(&values, value);
    strings_free(&alternatives);
    strings_free(&values);
    return gives;
}

static bool any_gives(struct view *view, const struct strings *patterns, const char *value)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (pattern_gives(view, patterns->items[i], value))
            return true;
    return false;
}

static bool is_host(const char *lost)
{
    return text_starts(lost, "DNS:") || text_starts(lost, "IP:");
}

/* A CN that the SAN has is lost to those alone who look at nothing but the CN. */
static bool is_in_san(const struct cert *cert, const char *lost)
{
    return text_starts(lost, "CN=") && cert->sans.count && cert_has_name(cert, lost + 3);
}

static bool requires(struct view *view, const struct require *require, const char *lost)
{
    if (is_host(lost))
        return any_gives(view, &require->names, value_of(lost));
    if (text_starts(lost, "CN="))
        return !(require->names.count && is_in_san(view->cert, lost)) &&
               any_gives(view, &require->cn, lost + 3);
    return strings_has(&require->eku, lost);
}

static void say(struct view *view, const char *lost, const char *why, struct strings *out)
{
    struct str text = {0};
    if (!template_expand(why, look_up, view, &text, NULL)) {
        str_clear(&text);
        str_add(&text, why);
    }
    char *sentence = xformat("%s on %s lacks %s: %s", view->service->name,
                             view->service->server->name, lost, str_text(&text));
    strings_add_new(out, sentence);
    free(sentence);
    str_free(&text);
}

static bool is_key_usage(const char *lost)
{
    return strcmp(lost, "digitalSignature") == 0 || strcmp(lost, "keyEncipherment") == 0;
}

static bool is_here(const struct view *view, const struct slot *slot, const struct require *require)
{
    return (!*require->slot || strcmp(require->slot, slot->name) == 0) &&
           require_applies(view->deployment, view->service, require);
}

/* Those who meet the slot check names: unless all that is said of its names is advice (the nodes
 * of a database look at the CA alone, 210530). */
static bool names_count(const struct view *view, const struct slot *slot)
{
    const struct component *component = view->service->component;
    bool advice = false;
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        if (!require->names.count || *require->present || !is_here(view, slot, require))
            continue;
        if (strcmp(require->severity, "error") == 0)
            return true;
        advice = true;
    }
    return !advice;
}

/* A name that is asked for by one service, or is another server's, is not what others are reached
 * by. */
static bool is_others(const struct view *view, const char *name, bool asked_for)
{
    for (size_t i = 0; i < view->deployment->server_count; i++) {
        const struct server *server = &view->deployment->servers[i];
        if (server != view->service->server && strcasecmp(server->address, name) == 0)
            return true;
    }
    return asked_for && strcasecmp(view->service->server->address, name) != 0;
}

/* What the catalogue asks for. */
static bool asks_on_slot(struct view *view, const struct slot *slot, const char *lost,
                         struct strings *out)
{
    const struct component *component = view->service->component;
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        if (is_here(view, slot, require) && requires(view, require, lost)) {
            if (out)
                say(view, lost, require->why, out);
            return true;
        }
    }
    return false;
}

static bool impact_on_slot(struct view *view, const struct slot *slot, const char *lost,
                           bool asked_for, struct strings *out)
{
    if (asks_on_slot(view, slot, lost, out))
        return true;
    if (strings_has(&slot->eku, lost) || is_key_usage(lost)) {
        say(view, lost, "whoever checks the usage of its certificate hangs up.", out);
        return true;
    }
    bool reached =
        is_host(lost) && names_count(view, slot) && !is_others(view, value_of(lost), asked_for);
    if (reached)
        say(view, lost, "whoever reaches it by that name refuses the certificate.", out);
    return reached;
}

/* Each slot that has the identity; out NULL: whether the catalogue asks for what is lost. */
static bool each_slot(const struct deployment *deployment, const struct choice *choice,
                      const char *lost, bool asked_for, struct strings *out)
{
    bool any = false;
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        for (size_t j = 0; j < server->service_count; j++) {
            struct view view = {deployment, &server->services[j], choice->leaf};
            const struct component *component = view.service->component;
            for (size_t k = 0; k < component->slot_count; k++) {
                const struct slot *slot = &component->slots[k];
                if (service_identity(deployment, view.service, slot) == choice->identity)
                    any |= out ? impact_on_slot(&view, slot, lost, asked_for, out)
                               : asks_on_slot(&view, slot, lost, NULL);
            }
        }
    }
    return any;
}

static char *no_impact(const struct cert *cert, const char *lost)
{
    if (text_starts(lost, "lifetime"))
        return xformat("%s: renew it earlier.", lost);
    if (is_in_san(cert, lost))
        return xformat("%s: its SAN has that name, and no service here needs it as the CN.", lost);
    return xformat("%s: no service here looks at it.", lost);
}

void import_impact(const struct facts *facts, const struct choice *choice, const char *lost,
                   struct strings *out)
{
    const struct deployment *deployment = &facts->deployment;
    const struct cert *cert = choice->leaf;
    bool asked_for = is_host(lost) && each_slot(deployment, choice, lost, false, NULL);
    if (!each_slot(deployment, choice, lost, asked_for, out))
        strings_add_take(out, no_impact(cert, lost));
}
