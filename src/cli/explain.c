/* certwright explain: what a rule is, and a deployment that breaks it. */
#include "rules/explain.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "model/ruleid.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 79, ID_WIDTH = 22 };

/* The words behind what stands on the line already, the next lines indented. */
static void add_wrapped(struct str *out, size_t indent, const char *text)
{
    const char *line = strrchr(str_text(out), '\n');
    size_t column = strlen(line ? line + 1 : str_text(out));
    struct strings words = {0};
    strings_split(&words, text, ' ');
    for (size_t i = 0; i < words.count; i++) {
        size_t length = strlen(words.items[i]);
        if (i && column + 1 + length > WIDTH) {
            str_addf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (i) {
            str_add_char(out, ' ');
            column++;
        }
        str_add(out, words.items[i]);
        column += length;
    }
    str_add_char(out, '\n');
    strings_free(&words);
}

static void add_part(struct str *out, const char *title, const char *text)
{
    if (!*text)
        return;
    str_addf(out, "%-11s", title);
    add_wrapped(out, 11, text);
}

/* "error, warning (guide 4.7.1, document 217062)" */
static void add_sources(struct str *out, const struct rule_page *page)
{
    char *severities = strings_join(&page->severities, ", ");
    str_addf(out, "%s", severities);
    for (size_t i = 0; i < page->sections.count; i++)
        str_addf(out, "%s%s %s", i ? ", " : " (", cli_source(page->sections.items[i]),
                 page->sections.items[i]);
    str_add(out, page->sections.count ? ")\n" : " (measured)\n");
    free(severities);
}

static void add_example(struct str *out, const struct rule_example *example)
{
    struct strings lines = {0};
    str_add(out, "\nThis deployment.conf breaks it:\n\n");
    strings_split(&lines, example->deployment, '\n');
    for (size_t i = 0; i < lines.count; i++)
        if (*lines.items[i])
            str_addf(out, "    %s\n", lines.items[i]);
    strings_free(&lines);
    if (!*example->store)
        return;
    str_add(out, "\nIn its store, ");
    add_wrapped(out, 0, example->store);
}

static void add_page(struct str *out, const char *id, const struct rule_page *page)
{
    str_addf(out, "%s, ", id);
    add_sources(out, page);
    if (page->words)
        add_wrapped(out, 0, page->words->rule);
    for (size_t i = 0; !page->words && i < page->says.count; i++)
        add_wrapped(out, 0, page->says.items[i]);
    str_add(out, page->words ? "\n" : "");
    for (size_t i = 0; i < page->example_count; i++)
        add_part(out, i ? "" : "Why:", page->examples[i].why);
    if (page->words) {
        add_part(out, "Otherwise:", page->words->otherwise);
        add_part(out, "Repair:", page->words->repair);
    }
    if (page->example_count)
        add_example(out, &page->examples[0]);
}

static void add_list(struct str *out, const struct catalogue *catalogue)
{
    struct strings ids = {0};
    int group = -1;
    rule_page_ids(catalogue, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        struct rule_page page;
        if (!rule_page_open(catalogue, ids.items[i], &page))
            continue;
        if ((int)page.group != group)
            str_addf(out, "%s%s\n", i ? "\n" : "", rule_group_title(page.group));
        group = page.group;
        str_addf(out, "  %-*s ", ID_WIDTH, ids.items[i]);
        add_wrapped(out, ID_WIDTH + 3,
                    page.words        ? page.words->rule
                    : page.says.count ? page.says.items[0]
                                      : "");
        rule_page_close(&page);
    }
    str_add(out, "\ncertwright explain RULE says why, and shows a deployment that breaks it.\n");
    strings_free(&ids);
}

static json_t *page_json(const char *id, const struct rule_page *page)
{
    json_t *object = json_object(), *examples = json_array();
    json_put(object, "id", json_text(id));
    json_put(object, "group", json_text(rule_group_title(page->group)));
    json_put(object, "severities", json_strings(&page->severities));
    json_put(object, "sections", json_strings(&page->sections));
    json_put(object, "rule", json_text(page->words ? page->words->rule : ""));
    json_put(object, "otherwise", json_text(page->words ? page->words->otherwise : ""));
    json_put(object, "repair", json_text(page->words ? page->words->repair : ""));
    json_put(object, "says", json_strings(&page->says));
    for (size_t i = 0; i < page->example_count; i++) {
        json_t *example = json_object();
        json_put(example, "why", json_text(page->examples[i].why));
        json_put(example, "store", json_text(page->examples[i].store));
        json_put(example, "deployment", json_text(page->examples[i].deployment));
        json_array_append_new(examples, example);
    }
    json_put(object, "examples", examples);
    return object;
}

static void print_list_json(const struct catalogue *catalogue)
{
    struct strings ids = {0};
    struct json_rows rows = {.stream = stdout};
    rule_page_ids(catalogue, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        struct rule_page page;
        if (!rule_page_open(catalogue, ids.items[i], &page))
            continue;
        json_rows_add(&rows, page_json(ids.items[i], &page));
        rule_page_close(&page);
    }
    json_rows_end(&rows);
    strings_free(&ids);
}

static void print_text(struct str *text)
{
    struct str safe = {0};
    escape_lines(&safe, str_text(text), text->length);
    fputs(str_text(&safe), stdout);
    str_free(&safe);
}

/* Written in small letters it is the same rule. */
static int explain_rule(const struct cli *cli, const struct catalogue *catalogue, const char *word)
{
    char *id = xstrdup(word);
    for (char *c = id; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    struct rule_page page;
    struct error err = {0};
    int status = STATUS_OK;
    if (!rule_page_open(catalogue, id, &page)) {
        const char *near = rule_id_nearest(catalogue, word);
        char *hint =
            near ? xformat("did you mean %s?", near) : xstrdup("certwright explain lists all");
        error_set(&err, STATUS_NO, word, hint, "there is no such rule");
        free(hint);
        status = cli_fail(&err);
    } else if (cli->json) {
        json_print(page_json(id, &page), stdout);
    } else {
        struct str text = {0};
        add_page(&text, id, &page);
        print_text(&text);
        str_free(&text);
    }
    rule_page_close(&page);
    free(id);
    return status;
}

static int run_explain(const struct cli *cli)
{
    if (cli->arg_count > 1)
        return cli_usage(cli, "explain takes one rule");
    struct catalogue catalogue;
    struct error err = {0};
    if (!catalogue_load(cli->catalogue_folder, &catalogue, &err))
        return cli_fail(&err);
    int status = STATUS_OK;
    if (cli->arg_count) {
        status = explain_rule(cli, &catalogue, cli->args[0]);
    } else if (cli->json) {
        print_list_json(&catalogue);
    } else {
        struct str text = {0};
        add_list(&text, &catalogue);
        print_text(&text);
        str_free(&text);
    }
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option options[] = {{0}};

const struct cli_command command_explain = {
    .name = "explain",
    .takes = CLI_JSON,
    .run = run_explain,
    .options = options,
    .usage = "explain [RULE]",
    .summary = "why a rule is there, and what breaks it",
    .help = "Says what the rule is, why, what happens otherwise and how it is repaired, and shows "
            "a\n"
            "small deployment that breaks it. Without RULE it lists all rules by group.",
};
