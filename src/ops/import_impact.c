#include "base/mem.h"
#include "model/template.h"
#include "ops/importing.h"

#include <stdlib.h>
#include <string.h>

static const char *value_of(const char *entry)
{
    const char *colon = strchr(entry, ':');
    return colon ? colon + 1 : entry;
}

/* Impact: which service each loss stops, in the catalogue's own words. */
struct view {
    const struct deployment *deployment;
    const struct service *service;
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

static bool requires(struct view *view, const struct require *require, const char *lost)
{
    if (text_starts(lost, "DNS:") || text_starts(lost, "IP:"))
        return any_gives(view, &require->names, value_of(lost));
    if (text_starts(lost, "CN="))
        return any_gives(view, &require->cn, lost + 3);
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

static bool impact_on_slot(struct view *view, const struct slot *slot, const char *lost,
                           struct strings *out)
{
    const struct component *component = view->service->component;
    for (size_t i = 0; i < component->require_count; i++) {
        const struct require *require = &component->requires[i];
        bool here = !*require->slot || strcmp(require->slot, slot->name) == 0;
        if (here && requires(view, require, lost) &&
            require_applies(view->deployment, view->service, require)) {
            say(view, lost, require->why, out);
            return true;
        }
    }
    if (strings_has(&slot->eku, lost) || is_key_usage(lost)) {
        say(view, lost, "whoever checks the usage of its certificate hangs up.", out);
        return true;
    }
    bool is_name = text_starts(lost, "DNS:") || text_starts(lost, "IP:");
    if (is_name)
        say(view, lost, "whoever reaches it by that name refuses the certificate.", out);
    return is_name;
}

void import_impact(const struct facts *facts, const struct identity *identity, const char *lost,
                   struct strings *out)
{
    const struct deployment *deployment = &facts->deployment;
    bool said = false;
    for (size_t i = 0; i < deployment->server_count; i++) {
        const struct server *server = &deployment->servers[i];
        for (size_t j = 0; j < server->service_count; j++) {
            struct view view = {deployment, &server->services[j]};
            const struct component *component = view.service->component;
            for (size_t k = 0; k < component->slot_count; k++)
                if (service_identity(deployment, view.service, &component->slots[k]) == identity)
                    said |= impact_on_slot(&view, &component->slots[k], lost, out);
        }
    }
    if (!said)
        strings_add_take(out,
                         xformat("%s: %s", lost,
                                 text_starts(lost, "lifetime") ? "renew it earlier."
                                                               : "no service here looks at it."));
}
