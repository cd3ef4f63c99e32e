/* A rule as a page: its words, where it says what, and the deployment that its test breaks it with.
 */
#include "explained.h"
#include "model/ruleid.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

const char *rule_group_title(enum rule_group group)
{
    static const char *const titles[] = {
        [RULES_FILES] = "Names and files",
        [RULES_NAMES] = "Names in certificates",
        [RULES_USAGE] = "Usage, signer and validity",
        [RULES_CHAINS] = "Chains and bundles",
        [RULES_TRUSTS] = "Trusts",
        [RULES_SERVICES] = "Services",
        [RULES_ADDED] = "Of component files",
    };
    return titles[group];
}

/* What an entry of a component's file states: its severity, its source and why. */
static void add_entry(const struct component *component, const struct require *require,
                      bool severities[], struct rule_page *out)
{
    severities[require_severity(require)] = true;
    if (*require->section)
        strings_add_new(&out->sections, require->section);
    if (*require->why) {
        struct str line = {0};
        str_addf(&line, "%s: %s", component->title, require->why);
        strings_add_new(&out->says, str_text(&line));
        str_free(&line);
    }
}

static void add_entries(const struct catalogue *catalogue, const char *id, bool severities[],
                        struct rule_page *out)
{
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].require_count; j++)
            if (strcmp(catalogue->components[i].requires[j].id, id) == 0)
                add_entry(&catalogue->components[i], &catalogue->components[i].requires[j],
                          severities, out);
}

static void add_rules(const char *id, bool severities[], struct rule_page *out)
{
    for (size_t i = 0; i < RULE_GROUPS; i++)
        for (size_t j = 0; j < rule_groups[i]->count; j++) {
            const struct rule *rule = &rule_groups[i]->rules[j];
            if (rule->scope == SCOPE_ENTRY || strcmp(rule->id, id) != 0)
                continue;
            severities[rule->severity] = true;
            if (*rule->section)
                strings_add_new(&out->sections, rule->section);
        }
}

static void add_examples(const char *id, bool severities[], struct rule_page *out)
{
    while (out->examples < rule_examples + rule_example_count && strcmp(out->examples->id, id) != 0)
        out->examples++;
    const struct rule_example *end = out->examples;
    while (end < rule_examples + rule_example_count && strcmp(end->id, id) == 0)
        end++;
    out->example_count = (size_t)(end - out->examples);
    for (size_t i = 0; i < out->example_count; i++)
        for (int severity = SEVERITY_ERROR; severity <= SEVERITY_NOTICE; severity++)
            severities[severity] |=
                strcmp(out->examples[i].severity, severity_word((enum severity)severity)) == 0;
}

bool rule_page_open(const struct catalogue *catalogue, const char *id, struct rule_page *out)
{
    bool severities[SEVERITY_NOTICE + 1] = {false};
    *out = (struct rule_page){.examples = rule_examples};
    if (!rule_id_known(catalogue, id))
        return false;
    out->words = rule_explain(id);
    out->group = rule_group_of(id);
    add_rules(id, severities, out);
    add_entries(catalogue, id, severities, out);
    add_examples(id, severities, out);
    for (int severity = SEVERITY_ERROR; severity <= SEVERITY_NOTICE; severity++)
        if (severities[severity])
            strings_add(&out->severities, severity_word((enum severity)severity));
    return true;
}

void rule_page_close(struct rule_page *page)
{
    strings_free(&page->severities);
    strings_free(&page->sections);
    strings_free(&page->says);
    *page = (struct rule_page){0};
}

void rule_page_ids(const struct catalogue *catalogue, struct strings *out)
{
    for (int group = RULES_FILES; group < RULES_ADDED; group++)
        for (size_t i = 0; i < rule_id_count; i++)
            if (rule_group_of(rule_ids[i]) == (enum rule_group)group)
                strings_add(out, rule_ids[i]);
    for (size_t i = 0; i < catalogue->count; i++)
        for (size_t j = 0; j < catalogue->components[i].require_count; j++)
            if (!rule_explain(catalogue->components[i].requires[j].id))
                strings_add_new(out, catalogue->components[i].requires[j].id);
}
