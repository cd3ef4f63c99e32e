#include "mmp/view.h"

#include "base/mem.h"
#include "mmp/read.h"
#include "model/template.h"

#include <stdlib.h>
#include <string.h>

/* A new appliance's domain: the guide's. */
static const char own_domain[] = "example.com";

static void add_list(const char *text, bool is_list, struct strings *out)
{
    if (is_list)
        strings_split(out, text, ' ');
    else if (*text)
        strings_add(out, text);
}

/* a:443, typed as two words. */
static char *joined(const struct values *set, const char *ask)
{
    char *first = xformat("%s.interface", ask), *second = xformat("%s.port", ask);
    const char *interface = value_get(set, first), *port = value_get(set, second);
    char *whole = !interface ? NULL : port ? xformat("%s:%s", interface, port) : xstrdup(interface);
    free(first);
    free(second);
    return whole;
}

/* What the guide does not begin with: a line sets it that is typed before its first step. */
static bool is_set_before(const struct component *component, const struct ask *ask)
{
    char *hole = xformat("{%s", ask->name);
    bool found = false;
    for (size_t i = 0; !found && i < component->command_count; i++) {
        const char *at = component->commands[i].stage == STAGE_BASE
                             ? strstr(component->commands[i].line, hole)
                             : NULL;
        found = at && strchr("}.", at[strlen(hole)]);
    }
    free(hole);
    return found;
}

static char *initial(const struct view *view, const struct ask *ask)
{
    enum { DEEPEST = 4 };
    struct str text = {0};
    struct view inner = *view;
    inner.depth++;
    bool lacks = view->record->bare && is_set_before(view->component, ask);
    if (lacks || view->depth > DEEPEST || !release_in(&ask->release, view->record->release) ||
        !template_expand(ask->initial, view_lookup, &inner, &text, NULL))
        str_clear(&text);
    return str_take(&text);
}

/* The option as typed, in one word or two, else its default. Free it. */
static char *ask_value(const struct view *view, const struct ask *ask)
{
    const char *typed = view->unit ? value_get(&view->unit->set, ask->name) : NULL;
    char *whole = typed ? xstrdup(typed) : view->unit ? joined(&view->unit->set, ask->name) : NULL;
    return whole ? whole : initial(view, ask);
}

/* Of "a:443" the interface or the port. */
static char *part_of(const char *value, const char *part)
{
    size_t length = strcspn(value, " ");
    const char *colon = memchr(value, ':', length);
    if (strcmp(part, "port") == 0)
        return colon ? xstrndup(colon + 1, length - (size_t)(colon - value) - 1) : xstrdup("");
    return xstrndup(value, colon ? (size_t)(colon - value) : length);
}

/* The common name in the certificate of a slot, as the file says it now. */
static char *slot_cn(const struct view *view, const struct slot *slot)
{
    static const char *const files[] = {"certificate", "fullchain"};
    char *cn = xstrdup("");
    for (size_t i = 0; view->unit && i < sizeof files / sizeof *files; i++) {
        char *path = xformat("%s.%s", slot->name, files[i]);
        const char *name = value_get(&view->unit->set, path);
        struct pki_file file = {0};
        bool read = name && *name && pki_read(view->place, PKI_TEXT, name, &file, NULL);
        if (read && pki_first_cert(&file)) {
            free(cn);
            cn = xstrdup(pki_first_cert(&file)->cn);
        }
        pki_file_free(&file);
        free(path);
    }
    return cn;
}

static const char *global(const struct view *view, const char *path)
{
    return strcmp(path, "domain") == 0    ? own_domain
           : strcmp(path, "server") == 0  ? view->name
           : strcmp(path, "address") == 0 ? view->name
           : strcmp(path, "release") == 0 ? view->record->release
                                          : "";
}

bool view_lookup(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    const struct component *component = view->component;
    const char *typed = view->unit ? value_get(&view->unit->set, path) : NULL;
    const char *dot = strchr(path, '.');
    char *head = xstrndup(path, dot ? (size_t)(dot - path) : strlen(path));
    const struct ask *ask = view->depth ? NULL : component_ask(component, head);
    const struct slot *slot = component_slot(component, head);
    char *value = NULL;
    if (strcmp(path, "tag") == 0)
        value = xstrdup(view->unit ? view->unit->tag : "");
    else if (typed)
        value = xstrdup(typed);
    else if (slot && dot && strcmp(dot, ".CN") == 0)
        value = slot_cn(view, slot);
    else if (ask && !dot)
        value = ask_value(view, ask);
    else if (ask) {
        char *whole = ask_value(view, ask);
        value = part_of(whole, dot + 1);
        free(whole);
    } else {
        value = xstrdup(global(view, path));
    }
    add_list(value, ask && !dot && ask->list, out);
    free(value);
    free(head);
    return true;
}

char *view_value(const struct view *view, const char *path)
{
    struct strings values = {0};
    struct view copy = *view;
    view_lookup(&copy, path, &values);
    char *text = strings_join(&values, " ");
    strings_free(&values);
    return text;
}

static bool word_holds(const struct view *view, const char *word)
{
    if (*word == '!')
        return !word_holds(view, word + 1);
    const char *equals = strchr(word, '=');
    char *path = xstrndup(word, equals ? (size_t)(equals - word) : strlen(word));
    char *value = view_value(view, path);
    bool holds = equals ? strcmp(value, equals + 1) == 0 : *value && strcmp(value, "false") != 0;
    free(value);
    free(path);
    return holds;
}

static bool holds(const struct view *view, const char *when)
{
    struct strings words = {0};
    bool good = true;
    strings_split(&words, when, ' ');
    for (size_t i = 0; good && i < words.count; i++)
        good = word_holds(view, words.items[i]);
    strings_free(&words);
    return good;
}

bool view_holds_one(const struct view *view, const struct strings *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (holds(view, conditions->items[i]))
            return true;
    return false;
}
