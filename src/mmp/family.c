#include "mmp/family.h"

#include "base/mem.h"
#include "mmp/action.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void say(struct str *out, enum word word, const char *one)
{
    words_add(out, word, one, NULL, NULL);
    str_add_char(out, '\n');
}

static bool has_file(const struct ground *ground, const char *name)
{
    struct stat info;
    char *path = path_join(ground->place.store, name);
    bool is_there = !strchr(name, '/') && *name != '.' && stat(path, &info) == 0;
    free(path);
    return is_there;
}

/* The files that a line names, as far as they must be there. Free it. */
static void named_files(enum pki_verb verb, char *const *words, size_t count, struct strings *out)
{
    switch (verb) {
    case VERB_INSPECT:
    case VERB_MATCH:
    case VERB_VERIFY:
    case VERB_UNLOCK:
        for (size_t i = 1; i < count; i++)
            strings_add(out, words[i]);
        break;
    case VERB_SIGN:
        strings_add_take(out, xformat("%s.csr", words[1]));
        strings_add_take(out, xformat("%s.crt", words[2]));
        strings_add_take(out, xformat("%s.key", words[2]));
        break;
    case VERB_TO_SSH:
        strings_add_take(out, xformat("%s.pub", words[1]));
        break;
    default:
        break;
    }
}

/* Says which is not there. */
static bool files_are_there(const struct ground *ground, enum pki_verb verb, char *const *words,
                            size_t count, struct str *out)
{
    struct strings names = {0};
    bool good = true;
    named_files(verb, words, count, &names);
    for (size_t i = 0; good && i < names.count; i++) {
        good = has_file(ground, names.items[i]);
        if (good)
            continue;
        if (verb == VERB_INSPECT) {
            say(out, WORD_SSH_NOT_FOUND, NULL);
            say(out, WORD_FILES_NOT_FOUND, NULL);
        }
        say(out, WORD_FILE_ABSENT, names.items[i]);
    }
    strings_free(&names);
    return good;
}

static void add_use(struct str *out, const char *label, const char *name)
{
    if (name && *name)
        str_addf(out, "  %-12s: %s\n", label, name);
}

static void add_slot(const struct values *set, const struct slot *slot, struct str *out)
{
    static const char *const parts[] = {"key", "certificate", "fullchain", "bundle"};
    static const char *const labels[] = {"key", "certificate", "certificate", "bundle"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *path = xformat("%s.%s", slot->name, parts[i]);
        add_use(out, labels[i], value_get(set, path));
        free(path);
    }
}

/* A trust may have a rule for each release. */
static void add_trusts(const struct values *set, const struct component *component, struct str *out)
{
    struct strings told = {0};
    for (size_t i = 0; i < component->trust_count; i++)
        if (strings_add_new(&told, component->trusts[i].name))
            add_use(out, "trust", value_get(set, component->trusts[i].name));
    strings_free(&told);
}

/* One a slot; the trusts stand with the last one. */
static void add_unit(const struct unit *unit, const struct component *component, struct str *out)
{
    for (size_t i = 0; i < component->slot_count || i == 0; i++) {
        struct str lines = {0};
        bool several = component->slot_count > 1;
        if (component->slot_count)
            add_slot(&unit->set, &component->slots[i], &lines);
        if (i + 1 >= component->slot_count)
            add_trusts(&unit->set, component, &lines);
        if (lines.length)
            str_addf(out, "%s%s%s%s%s\n%s", unit->kind, *unit->tag ? " " : "", unit->tag,
                     several ? " " : "", several ? component->slots[i].name : "", str_text(&lines));
        str_free(&lines);
    }
}

/* `pki` alone: what each service has been given. */
static void add_uses(const struct ground *ground, struct str *out)
{
    for (size_t i = 0; i < ground->record->count; i++) {
        const struct unit *unit = &ground->record->units[i];
        const struct component *component = catalogue_find(ground->catalogue, unit->kind);
        if (component)
            add_unit(unit, component, out);
    }
    if (!out->length)
        say(out, WORD_USAGE_NONE, NULL);
}

/* What certwright would say beside the reply the appliance says in it; certwright's own advice has
 * no place here. */
static void add_error(const struct error *error, struct str *out)
{
    struct str why = {0};
    str_addf(&why, "%s%s%s", error->place, *error->place ? ": " : "", error->message);
    say(out, WORD_REFUSED, str_text(&why));
    str_free(&why);
}

void family_run(const struct ground *ground, char *const *words, size_t count,
                struct family_reply *out)
{
    /* An existing key is replaced at once (214618). */
    static const struct pki_wishes wishes = {.force = true};
    *out = (struct family_reply){0};
    enum pki_verb verb = pki_find(count ? words[0] : "");
    out->known = verb != VERB_COUNT && (count == 0 || (*words[0] && pki_takes(verb, count - 1)));
    if (!out->known)
        return;
    if (verb == VERB_USES) {
        add_uses(ground, &out->text);
        out->good = true;
        return;
    }
    if (!files_are_there(ground, verb, words, count, &out->text))
        return;
    struct pki_reply reply;
    pki_run(&ground->place, &wishes, words, count, &reply);
    str_add(&out->text, str_text(&reply.text));
    out->good = reply.status == STATUS_OK;
    out->asks = reply.password == PASSWORD_WANTED;
    if (reply.status == STATUS_SYSTEM)
        out->error = reply.error;
    else if (*reply.error.message && !out->asks)
        add_error(&reply.error, &out->text);
    pki_reply_free(&reply);
}
