/* The deployment.conf of what servers say. */
#include "base/mem.h"
#include "model/conftext.h"
#include "ops/adopting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_LENGTH = 100 };

/* "name = value", of a list with braces; free it. */
static char *item(const char *name, const struct strings *values, bool is_list)
{
    struct str out = {0};
    str_addf(&out, "%s = %s", name, is_list ? "{ " : "");
    for (size_t i = 0; i < values->count; i++) {
        str_add(&out, i ? ", " : "");
        conf_quote(values->items[i], &out);
    }
    str_add(&out, is_list ? " }" : "");
    return str_take(&out);
}

static void add_item(struct strings *items, const char *name, const char *value)
{
    char *values[] = {(char *)value};
    const struct strings one = {values, 1};
    strings_add_take(items, item(name, &one, false));
}

/* "name { items }" in one line where they fit, else in lines of their own. */
static void add_section(struct str *out, const char *indent, const char *head, const char *title,
                        const struct strings *items)
{
    char *all = strings_join(items, "  ");
    str_addf(out, "%s%s ", indent, head);
    if (title)
        conf_quote(title, out);
    str_add(out, title ? " {" : "{");
    if (strlen(all) + strlen(indent) + strlen(head) + (title ? strlen(title) : 0) + 10 <
        LINE_MAX_LENGTH) {
        str_addf(out, *all ? " %s }\n" : "%s }\n", all);
    } else {
        str_add(out, "\n");
        for (size_t i = 0; i < items->count; i++)
            str_addf(out, "%s    %s\n", indent, items->items[i]);
        str_addf(out, "%s}\n", indent);
    }
    free(all);
}

/* A condition that is one word says by itself what makes it true. */
static bool is_one_word(const char *when)
{
    return *when && *when != '!' && !strpbrk(when, " =:");
}

static void set_validation(struct adopting *work, const char *name, const char *value)
{
    const char *old = match_value(&work->validation, name);
    if (!old) {
        strings_add(&work->validation.paths, name);
        strings_add(&work->validation.values, value);
    } else if (strcmp(old, value) != 0) {
        adopt_open(work,
                   "servers differ in %s: one has %s, another %s; deployment.conf says %s for "
                   "all",
                   name, old, value, old);
    }
}

static const char validation[] = "validation.";

/* A trust that is set says that its condition holds. */
static void follow_trusts(struct adopting *work, struct shown *shown)
{
    for (size_t i = 0; i < shown->component->trust_count; i++) {
        const struct trust_rule *rule = &shown->component->trusts[i];
        const char *file = shown_value(shown, rule->name);
        const struct ask *ask = component_ask(shown->component, rule->when);
        if (!file || !*file || !is_one_word(rule->when))
            continue;
        if (text_starts(rule->when, validation))
            set_validation(work, rule->when + strlen(validation), "true");
        else if (ask && ask->type == ANSWER_TICK)
            shown_set(shown, rule->when, "true");
    }
}

/* What stands for all servers, by the display of one of them. */
static void follow_facts(struct adopting *work, const struct speaker *speaker,
                         const struct shown *shown)
{
    for (size_t i = 0; i < shown->component->fact_count; i++) {
        const struct fact *fact = &shown->component->facts[i];
        char *path = xformat("%s.%s", fact->block, fact->name);
        const char *value = shown_value(shown, path);
        if (value && *value && strcmp(fact->block, "validation") == 0) {
            bool is_file = text_ends(fact->name, "-file");
            set_validation(work, fact->name,
                           is_file ? adopt_store_name(work, speaker, value) : value);
        }
        free(path);
    }
}

static struct shown *beside(struct speaker *speaker, const char *kind)
{
    for (size_t i = 0; i < speaker->shown_count; i++)
        if (strcmp(speaker->shown[i].component->kind, kind) == 0)
            return &speaker->shown[i];
    return NULL;
}

/* "database=remote" becomes an option of that one; a condition that says more is passed by. */
static void answer(struct shown *shown, const char *when)
{
    const char *equals = strchr(when, '=');
    char *name = xstrndup(when, strcspn(when, "="));
    if (equals && !strpbrk(when, " !:.") && component_ask(shown->component, name))
        shown_set(shown, name, equals + 1);
    free(name);
}

/* It lacks what only a written one has. */
static bool is_implied(const struct shown *shown)
{
    bool lacks = false, has = false;
    for (size_t i = 0; i < shown->component->slot_count; i++) {
        bool written = strcmp(shown->component->slots[i].when, "!implied") == 0;
        lacks = lacks || (written && !shown->identities[i]);
        has = has || (!written && shown->identities[i]);
    }
    return shown->component->implied_count && lacks && has;
}

static void follow_neighbours(struct speaker *speaker, struct shown *shown)
{
    const struct component *component = shown->component;
    shown->implied = is_implied(shown);
    for (size_t i = 0; shown->implied && i < component->implied_count; i++) {
        struct shown *other = beside(speaker, component->implied[i].beside);
        if (other)
            answer(other, component->implied[i].when);
    }
    for (size_t i = 0; !shown->implied && i < speaker->shown_count; i++) {
        struct shown *other = &speaker->shown[i];
        for (size_t k = 0; k < other->component->require_count; k++)
            if (strcmp(other->component->requires[k].wants, component->kind) == 0)
                answer(other, other->component->requires[k].when);
    }
}

void adopt_follow(struct adopting *work)
{
    for (size_t i = 0; i < work->speaker_count; i++)
        for (size_t k = 0; k < work->speakers[i].shown_count; k++) {
            follow_trusts(work, &work->speakers[i].shown[k]);
            follow_facts(work, &work->speakers[i], &work->speakers[i].shown[k]);
            follow_neighbours(&work->speakers[i], &work->speakers[i].shown[k]);
        }
}

static const struct speaker *by_address(const struct adopting *work, const char *address)
{
    for (size_t i = 0; i < work->speaker_count; i++)
        if (strcasecmp(work->speakers[i].address, address) == 0 ||
            strcasecmp(work->speakers[i].name, address) == 0)
            return &work->speakers[i];
    return NULL;
}

/* The certificate's CN is the answer, where the question proposes it. */
static const char *by_certificate(const struct shown *shown, const struct ask *ask)
{
    char *hole = xformat("{%s}", ask->name);
    const char *value = NULL;
    for (size_t i = 0; i < shown->component->slot_count && ask->type == ANSWER_HOST; i++) {
        const struct identity_found *identity = shown->identities[i];
        const struct names *names = identity ? found_names(identity) : NULL;
        const char *cn = names && names->attributes[ATTR_CN] ? names->attributes[ATTR_CN] : "";
        if (strcmp(shown->component->slots[i].cn, hole) == 0 && is_host_name(cn))
            value = cn;
    }
    free(hole);
    return value;
}

static void find_values(struct adopting *work, const struct speaker *speaker,
                        const struct shown *shown, const struct ask *ask, struct strings *out)
{
    char *interface_path = xformat("%s.interface", ask->name);
    char *port_path = xformat("%s.port", ask->name);
    char *address_path = xformat("%s.address", ask->name);
    char *choice_path = xformat("%s?", ask->name);
    const char *value = shown_value(shown, ask->name);
    const char *interface = shown_value(shown, interface_path);
    const char *port = shown_value(shown, port_path);
    const char *address = shown_value(shown, address_path);
    const char *choice = shown_value(shown, choice_path);
    if (value && *value) {
        strings_split(out, value, ask->list ? ' ' : '\n');
    } else if (interface && *interface && port && *port) {
        strings_add_take(out, xformat("%s:%s", interface, port));
    } else if (address && *address) {
        const struct speaker *there = by_address(work, address);
        if (there)
            strings_add(out, there->name);
        else
            adopt_open(work, "%s: %s leads to %s, of which there is no log", speaker->name,
                       shown->name, address);
    } else if (choice && strcmp(choice, "yes") == 0) {
        if (ask->type == ANSWER_TICK)
            strings_add(out, "true");
        else
            adopt_open(work, "%s: %s of %s is set, and its display does not say to what",
                       speaker->name, ask->name, shown->name);
    } else if (!value && by_certificate(shown, ask)) {
        strings_add(out, by_certificate(shown, ask));
    }
    free(interface_path);
    free(port_path);
    free(address_path);
    free(choice_path);
}

static void add_service(struct adopting *work, const struct speaker *speaker,
                        const struct shown *shown, struct str *out)
{
    const struct component *component = shown->component;
    struct strings items = {0};
    if (strcmp(shown->name, component->kind) != 0)
        add_item(&items, "kind", component->kind);
    for (size_t i = 0; i < component->slot_count; i++)
        if (shown->identities[i])
            add_item(&items, component->slots[i].name, shown->identities[i]->name);
    for (size_t i = 0; i < component->ask_count; i++) {
        const struct ask *ask = &component->asks[i];
        struct strings values = {0};
        if (release_in(&ask->release, work->out->release))
            find_values(work, speaker, shown, ask, &values);
        if (values.count && ask->type == ANSWER_TICK)
            strings_add_take(&items, xformat("%s = %s", ask->name, values.items[0]));
        else if (values.count)
            strings_add_take(&items, item(ask->name, &values, ask->list));
        strings_free(&values);
    }
    for (size_t i = 0; i < shown->trusts.count; i++)
        strings_add(&items, shown->trusts.items[i]);
    strings_add(&items, "installed = true");
    add_section(out, "    ", "service", shown->name, &items);
    strings_free(&items);
}

/* The attributes that every certificate has alike stand once, in subject {}. */
static const char *common(const struct adopting *work, enum attribute attribute)
{
    const char *value = NULL;
    for (size_t i = 0; i < work->identity_count; i++) {
        const struct names *names = found_names(work->identities[i]);
        const char *own = names ? names->attributes[attribute] : NULL;
        if (!names)
            continue;
        if (!own || (value && strcmp(value, own) != 0))
            return NULL;
        value = own;
    }
    return value;
}

static void add_subject(const struct adopting *work, struct str *out)
{
    struct strings items = {0};
    for (int i = 0; i < ATTR_COUNT; i++)
        if (i != ATTR_CN && common(work, (enum attribute)i))
            add_item(&items, attribute_names[i], common(work, (enum attribute)i));
    if (items.count)
        add_section(out, "", "subject", NULL, &items);
    strings_free(&items);
}

/* How most keys are, for those that are made anew: written where it is not the default. */
static void add_key(const struct adopting *work, struct str *out)
{
    static const struct {
        const char *algorithm, *type;
        int bits;
    } kinds[] = {{"RSA", "rsa", 2048},
                 {"RSA", "rsa", 3072},
                 {"RSA", "rsa", 4096},
                 {"EC", "ec", 256},
                 {"EC", "ec", 384}};
    size_t best = 0, most = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t count = 0;
        for (size_t i = 0; i < work->identity_count; i++) {
            const struct cert *leaf = work->identities[i]->leaf;
            count += leaf && leaf->key_bits == kinds[k].bits &&
                     strcmp(leaf->key_algorithm, kinds[k].algorithm) == 0;
        }
        if (count > most) {
            most = count;
            best = k;
        }
    }
    if (best)
        str_addf(out, "key { type = \"%s\"  bits = %d }\n", kinds[best].type, kinds[best].bits);
}

static void add_names(const struct adopting *work, const struct names *names, struct strings *items)
{
    struct strings sans = {0};
    const char *cn = names->attributes[ATTR_CN] ? names->attributes[ATTR_CN] : "";
    if (*cn)
        add_item(items, "CN", cn);
    for (size_t i = 0; i < names->sans.count; i++)
        if (strcasecmp(names->sans.items[i], cn) != 0)
            strings_add_new(&sans, names->sans.items[i]);
    if (sans.count)
        strings_add_take(items, item("subjectAltName", &sans, true));
    strings_free(&sans);
    for (int i = 0; i < ATTR_COUNT; i++) {
        const char *value = names->attributes[i];
        if (i != ATTR_CN && value && !common(work, (enum attribute)i))
            add_item(items, attribute_names[i], value);
    }
}

static void add_identity(struct adopting *work, const struct identity_found *identity,
                         struct str *out)
{
    struct strings items = {0};
    const struct {
        const char *option, *file, *suffix;
    } files[] = {{"key-file", identity->key, ".key"},
                 {"certificate-file", identity->certificate, ".crt"},
                 {"bundle-file", identity->bundle, "bundle.crt"},
                 {"fullchain-file", identity->fullchain, "fullchain.crt"}};
    if (found_names(identity))
        add_names(work, found_names(identity), &items);
    add_item(&items, "signer", identity->signer);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *standard = xformat("%s%s", identity->name, files[i].suffix);
        if (*files[i].file && strcmp(files[i].file, standard) != 0)
            add_item(&items, files[i].option, files[i].file);
        free(standard);
    }
    if (*identity->key && !identity->key_here)
        strings_add_take(&items, item("key-at", &identity->servers, identity->servers.count > 1));
    add_section(out, "", "identity", identity->name, &items);
    strings_free(&items);
}

static void add_server(struct adopting *work, const struct speaker *speaker, struct str *out)
{
    str_add(out, "server ");
    conf_quote(speaker->name, out);
    str_add(out, " {\n    address = ");
    conf_quote(speaker->address, out);
    str_add(out, "\n");
    for (size_t i = 0; i < speaker->shown_count; i++)
        if (!speaker->shown[i].implied)
            add_service(work, speaker, &speaker->shown[i], out);
    str_add(out, "}\n");
}

void adopt_text(struct adopting *work)
{
    struct str *out = &work->out->text;
    struct strings items = {0};
    str_clear(out);
    str_add(out, "# What the servers said, written by certwright adopt.\n\nrelease = ");
    conf_quote(work->out->release, out);
    str_add(out, "\nname = ");
    conf_quote(work->domain, out);
    str_add(out, "\n");
    add_subject(work, out);
    add_key(work, out);
    str_add(out, "\n");
    for (size_t i = 0; i < work->identity_count; i++)
        add_identity(work, work->identities[i], out);
    for (size_t i = 0; i < work->speaker_count; i++) {
        str_add(out, "\n");
        add_server(work, &work->speakers[i], out);
    }
    for (size_t i = 0; i < work->validation.paths.count; i++) {
        const char *value = work->validation.values.items[i];
        if (strcmp(value, "true") == 0)
            strings_add_take(&items, xformat("%s = true", work->validation.paths.items[i]));
        else
            add_item(&items, work->validation.paths.items[i], value);
    }
    if (items.count) {
        str_add(out, "\n");
        add_section(out, "", "validation", NULL, &items);
    }
    strings_free(&items);
}
