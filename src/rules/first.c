/* What to do first: the remedies of the deepest errors, those of one form put together. */
#include "rules/first.h"

#include "base/mem.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* Steps that differ in what they are done to, and can be done to all of it at once: what stands
 * around one name, and around several. */
static const struct form {
    const char *head, *tail, *heads, *tails;
    enum depth depth;
} forms[] = {
    {"certwright generate ", "", "certwright generate ", "", DEPTH_KEY},
    {"certwright sign --force ", "", "certwright sign --force ", "", DEPTH_CERTIFICATE},
    {"certwright sign ", "", "certwright sign ", "", DEPTH_CERTIFICATE},
    {"certwright import ", " what it returns", "certwright import ", " what they return",
     DEPTH_CHAIN},
    {"certwright import ", "", "certwright import ", "", DEPTH_CERTIFICATE},
    {"send ", ".csr to the CA", "send the requests of ", " to their CAs", DEPTH_CERTIFICATE},
};
enum { FORM_COUNT = sizeof forms / sizeof *forms };

/* The same for steps without a name, where several findings have them. */
static const char *const plurals[][2] = {
    {STEP_IMPORT, "certwright import what they return"},
    {"ask the CA for its chain, root included", "ask their CAs for their chains, root included"},
    {"ask the CA for its new chain, root included",
     "ask their CAs for their new chains, root included"},
};
/* Beyond that a command takes all that lacks it, if that is the same. */
enum { NAMES_MAX = 3 };

/* The form of a step, and its name (free it). NULL: it is done as it stands. */
static const struct form *form_of(const char *step, char **name)
{
    for (size_t i = 0; i < FORM_COUNT; i++) {
        const struct form *form = &forms[i];
        size_t head = strlen(form->head), tail = strlen(form->tail), length = strlen(step);
        if (!text_starts(step, form->head) || !text_ends(step, form->tail) || length <= head + tail)
            continue;
        *name = xstrndup(step + head, length - head - tail);
        if (!strpbrk(*name, " ,"))
            return form;
        free(*name);
    }
    *name = NULL;
    return NULL;
}

/* Where a file belongs; what has none is the deployment itself. */
static enum depth depth_of_file(const struct facts *facts, const struct finding *finding)
{
    const struct identity *identity = deployment_identity(&facts->deployment, finding->identity);
    if (!*finding->file)
        return DEPTH_DEPLOYMENT;
    if (!identity)
        return DEPTH_TRUST;
    if (strcmp(finding->file, identity->key_file) == 0 || text_ends(finding->file, ".csr"))
        return DEPTH_KEY;
    return strcmp(finding->file, identity->certificate_file) == 0 ? DEPTH_CERTIFICATE : DEPTH_CHAIN;
}

/* By the first step that says it: putting a file aside doesn't. */
static enum depth depth_of(const struct facts *facts, const struct finding *finding,
                           const struct strings *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const char *step = steps->items[i];
        char *name = NULL;
        const struct form *form = form_of(step, &name);
        free(name);
        if (form)
            return form->depth;
        if (strstr(step, "deployment.conf"))
            return DEPTH_DEPLOYMENT;
        if (strcmp(step, "certwright check --fix") == 0)
            return *finding->identity ? DEPTH_CHAIN : DEPTH_TRUST;
        if (!text_starts(step, "rename ") && !text_starts(step, "delete "))
            break;
    }
    return depth_of_file(facts, finding);
}

enum depth finding_depth(const struct facts *facts, const struct finding *finding)
{
    struct strings steps = {0};
    remedy_steps(finding->remedy, &steps);
    enum depth depth = depth_of(facts, finding, &steps);
    strings_free(&steps);
    return depth;
}

/* Findings whose remedies have one form. */
struct alike {
    char *form;
    struct strings steps; /* of the first of them */
    size_t count;
    bool several; /* names: of several findings, or of one that is seen on several servers */
};
struct alikes {
    struct alike *items;
    size_t count;
    size_t *of; /* by finding; GROUP_NONE: it is no error, or lies higher */
};
#define GROUP_NONE ((size_t)-1)

static void groups_empty(struct alikes *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->items[i].form);
        strings_free(&groups->items[i].steps);
    }
    free(groups->items);
    groups->items = NULL;
    groups->count = 0;
}

/* A step without its name. Free it. */
static char *form_words(const char *step)
{
    char *name = NULL;
    const struct form *form = form_of(step, &name);
    free(name);
    return xformat("%s\n%s\n", form ? form->head : step, form ? form->tail : "");
}

/* How many steps there are until they begin again with other names: what is told of several servers
 * at once has the same for each. */
static size_t period(const struct strings *steps)
{
    struct strings words = {0};
    size_t length = 1;
    for (size_t i = 0; i < steps->count; i++)
        strings_add_take(&words, form_words(steps->items[i]));
    for (bool again = false; length < steps->count && !again; length += !again) {
        again = steps->count % length == 0;
        for (size_t i = length; i < steps->count && again; i++)
            again = strcmp(words.items[i], words.items[i - length]) == 0;
    }
    strings_free(&words);
    return length;
}

/* One after another, so many of them. */
static char *forms_words(const struct strings *steps, size_t count)
{
    struct str words = {0};
    for (size_t i = 0; i < count; i++) {
        char *one = form_words(steps->items[i]);
        str_add(&words, one);
        free(one);
    }
    return str_take(&words);
}

/* Takes the steps. */
static size_t group_add(struct alikes *groups, struct strings *steps)
{
    size_t length = period(steps), at = 0;
    bool several = length < steps->count;
    char *form = forms_words(steps, length);
    while (at < groups->count && strcmp(groups->items[at].form, form) != 0)
        at++;
    if (at == groups->count) {
        groups->items = grow(groups->items, groups->count, sizeof *groups->items);
        groups->items[groups->count++] = (struct alike){.form = form, .steps = *steps};
        for (size_t i = length; i < steps->count; i++)
            free(steps->items[i]);
        groups->items[at].steps.count = length;
    } else {
        free(form);
        strings_free(steps);
    }
    struct alike *group = &groups->items[at];
    group->several = group->several || several || group->count;
    group->count++;
    return at;
}

/* The deepest errors, grouped. */
static void groups_make(const struct facts *facts, const struct findings *findings,
                        struct alikes *out)
{
    enum depth deepest = DEPTH_TRUST;
    *out = (struct alikes){.of = xcalloc(findings->count + 1, sizeof *out->of)};
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        struct strings steps = {0};
        out->of[i] = GROUP_NONE;
        if (finding->severity != SEVERITY_ERROR || finding->accepted)
            continue;
        remedy_steps(finding->remedy, &steps);
        enum depth depth = depth_of(facts, finding, &steps);
        if (depth < deepest) {
            groups_empty(out);
            for (size_t j = 0; j < i; j++)
                out->of[j] = GROUP_NONE;
            deepest = depth;
        }
        if (depth == deepest && steps.count)
            out->of[i] = group_add(out, &steps);
        else
            strings_free(&steps);
    }
}

/* The names in that step of the group's remedies, each once; false: it has none. */
static bool names_in(const struct findings *findings, const struct alikes *groups, size_t group,
                     size_t step, struct strings *out)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct strings steps = {0};
        if (groups->of[i] != group)
            continue;
        remedy_steps(findings->items[i].remedy, &steps);
        for (size_t j = step; j < steps.count; j += groups->items[group].steps.count) {
            char *name = NULL;
            if (form_of(steps.items[j], &name))
                strings_add_new(out, name);
            free(name);
        }
        strings_free(&steps);
    }
    return out->count > 0;
}

/* generate alone makes what is lacking or unanswered, sign alone signs for every identity. */
static bool takes_all(const struct facts *facts, const char *head, const struct strings *names)
{
    bool generate = text_starts(head, "certwright generate "), all = true;
    if (names->count <= NAMES_MAX || (!generate && strcmp(head, "certwright sign ") != 0))
        return false;
    for (size_t i = 0; i < facts->deployment.identity_count && all; i++) {
        const struct identity *identity = &facts->deployment.identities[i];
        if (generate)
            all = !strings_has(names, identity->name) ||
                  !scan_find(&facts->scan, identity->certificate_file);
        else
            all = strcmp(identity->signer, "public") != 0 &&
                  strcmp(identity->signer, "internal") != 0;
    }
    return all;
}

static char *step_of_all(const struct facts *facts, const struct form *form, struct strings *names)
{
    if (names->count == 1)
        return xformat("%s%s%s", form->head, names->items[0], form->tail);
    strings_sort(names);
    if (takes_all(facts, form->head, names))
        return xstrndup(form->head, strlen(form->head) - 1);
    char *list = text_starts(form->head, "certwright ") ? strings_join(names, " ")
                                                        : strings_fold(names, ", ");
    char *step = xformat("%s%s%s", form->heads, list, form->tails);
    free(list);
    return step;
}

static char *step_of_several(const struct alike *group, size_t step)
{
    const char *words = group->steps.items[step];
    for (size_t i = 0; group->several && i < sizeof plurals / sizeof *plurals; i++)
        if (strcmp(words, plurals[i][0]) == 0)
            words = plurals[i][1];
    return xstrdup(words);
}

/* It mends more, or as much in fewer steps. */
static bool is_better(const struct alike *a, const struct alike *b)
{
    return a->count > b->count || (a->count == b->count && a->steps.count < b->steps.count);
}

void rules_first(const struct facts *facts, const struct findings *findings, struct first *out)
{
    struct alikes groups;
    size_t most = 0;
    *out = (struct first){.mends = xcalloc(findings->count + 1, sizeof *out->mends)};
    groups_make(facts, findings, &groups);
    for (size_t i = 1; i < groups.count; i++)
        if (is_better(&groups.items[i], &groups.items[most]))
            most = i;
    for (size_t i = 0; groups.count && i < findings->count; i++)
        out->mends[i] = groups.of[i] == most;
    for (size_t i = 0; groups.count && i < groups.items[most].steps.count; i++) {
        char *name = NULL;
        struct strings names = {0};
        const struct form *form = form_of(groups.items[most].steps.items[i], &name);
        bool named = form && names_in(findings, &groups, most, i, &names);
        strings_add_take(&out->steps, named ? step_of_all(facts, form, &names)
                                            : step_of_several(&groups.items[most], i));
        strings_free(&names);
        free(name);
    }
    groups_empty(&groups);
    free(groups.of);
}

void first_free(struct first *first)
{
    strings_free(&first->steps);
    free(first->mends);
    *first = (struct first){0};
}
