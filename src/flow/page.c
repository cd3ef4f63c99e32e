/* Filling a page: every text is the page's own, so that it outlives the facts it was made of. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field *page_field(struct page *page, enum field_kind kind, const char *id, const char *label,
                         const char *value)
{
    page->fields = grow(page->fields, page->field_count, sizeof *page->fields);
    struct field *field = &page->fields[page->field_count++];
    field->id = xstrdup(id);
    field->label = xstrdup(label);
    field->help = xstrdup("");
    field->section = xstrdup("");
    field->kind = kind;
    field->value = xstrdup(value ? value : "");
    field->note = xstrdup("");
    field->finding = xstrdup("");
    field->remedy = xstrdup("");
    return field;
}

static void replace(char **text, const char *with)
{
    char *copy = xstrdup(with ? with : "");
    free(*text);
    *text = copy;
}

void field_help(struct field *field, const char *help, const char *section)
{
    replace(&field->help, help);
    replace(&field->section, section);
}

void field_choice(struct field *field, const char *word, const char *label, const char *why)
{
    strings_add(&field->choices, word);
    strings_add(&field->labels, label);
    strings_add(&field->whys, why);
}

void field_finding(struct field *field, enum level level, const char *finding, const char *remedy,
                   const char *mend)
{
    if (level <= field->level)
        return;
    field->level = level;
    replace(&field->finding, finding);
    replace(&field->remedy, remedy);
    free(field->mend);
    field->mend = mend && *mend ? xstrdup(mend) : NULL;
}

struct row *page_row(struct page *page, const char *id, enum level level, const char *word,
                     const char *format, ...)
{
    page->rows = grow(page->rows, page->row_count, sizeof *page->rows);
    struct row *row = &page->rows[page->row_count++];
    va_list args;
    va_start(args, format);
    if (vasprintf(&row->text, format, args) < 0)
        row->text = xstrdup("");
    va_end(args);
    row->id = xstrdup(id);
    row->word = xstrdup(word);
    row->level = level;
    row->detail = xstrdup("");
    row->right = xstrdup("");
    row->help = xstrdup("");
    row->file = xstrdup("");
    row->action = xstrdup("");
    return row;
}

struct column *page_column(struct page *page, const char *id, const char *label, const char *title,
                           const char *help, const char *section)
{
    page->columns = grow(page->columns, page->column_count, sizeof *page->columns);
    struct column *column = &page->columns[page->column_count++];
    *column = (struct column){xstrdup(id), xstrdup(label), xstrdup(title), xstrdup(help),
                              xstrdup(section)};
    return column;
}

void row_detail(struct row *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(row->detail);
    if (vasprintf(&row->detail, format, args) < 0)
        row->detail = xstrdup("");
    va_end(args);
}

struct action *page_add_action(struct page *page, const char *id, int function, char letter,
                               const char *label)
{
    page->actions = grow(page->actions, page->action_count, sizeof *page->actions);
    struct action *action = &page->actions[page->action_count++];
    action->id = xstrdup(id);
    action->function = function;
    action->letter = letter;
    action->label = xstrdup(label);
    return action;
}

void page_line(struct strings *lines, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0)
        strings_add_take(lines, text);
    va_end(args);
}

void say_count(struct str *out, size_t count, const char *one, const char *many)
{
    if (count)
        str_addf(out, "%s%zu %s", out->length ? ", " : "", count, count == 1 ? one : many);
}

void page_lines(struct strings *lines, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        strings_add_take(lines, xstrndup(text, length));
        text += length + (text[length] == '\n');
    }
}

const struct action *page_find_action(const struct page *page, const char *id)
{
    for (size_t i = 0; i < page->action_count; i++)
        if (strcmp(page->actions[i].id, id) == 0)
            return &page->actions[i];
    return NULL;
}

struct way way_go(enum go go)
{
    return (struct way){.go = go};
}

struct way way_to(const char *page, const char *at)
{
    return (struct way){GO_PAGE, xstrdup(page), at ? xstrdup(at) : NULL};
}

struct way way_open(const char *config)
{
    return (struct way){.go = GO_OPEN, .page = xstrdup(config)};
}

struct way way_if(bool good, enum go go)
{
    return way_go(good ? go : GO_REFUSED);
}

size_t page_find_row(const struct page *page, const char *id)
{
    size_t row = 0;
    while (row < page->row_count && strcmp(page->rows[row].id, id) != 0)
        row++;
    return row;
}

struct field *page_find_field(const struct page *page, const char *id)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (strcmp(page->fields[i].id, id) == 0)
            return &page->fields[i];
    return NULL;
}

enum level level_of(enum severity severity)
{
    return severity == SEVERITY_ERROR     ? LEVEL_ERROR
           : severity == SEVERITY_WARNING ? LEVEL_WARN
                                          : LEVEL_NOTE;
}

const char *flow_level_word(enum level level)
{
    static const char *const words[] = {"", "OK", "note", "WARN", "ERROR"};
    return words[level];
}

static void field_free(struct field *field)
{
    char *texts[] = {field->id,   field->label,   field->help,   field->section, field->value,
                     field->note, field->finding, field->remedy, field->mend};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    strings_free(&field->choices);
    strings_free(&field->labels);
    strings_free(&field->whys);
}

void page_free(struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++)
        field_free(&page->fields[i]);
    for (size_t i = 0; i < page->row_count; i++) {
        struct row *row = &page->rows[i];
        char *texts[] = {row->id,   row->text, row->word,   row->detail,   row->right,
                         row->help, row->file, row->action, row->clipboard};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
        strings_free(&row->below);
        strings_free(&row->cells);
        strings_free(&row->does);
    }
    for (size_t i = 0; i < page->column_count; i++) {
        struct column *column = &page->columns[i];
        char *texts[] = {column->id, column->label, column->title, column->help, column->section};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            free(texts[j]);
    }
    for (size_t i = 0; i < page->mark_count; i++) {
        free(page->marks[i].id);
        free(page->marks[i].label);
        free(page->marks[i].words);
    }
    for (size_t i = 0; i < page->action_count; i++) {
        free(page->actions[i].id);
        free(page->actions[i].label);
        free(page->actions[i].confirm);
        free(page->actions[i].start);
    }
    char *texts[] = {page->id,   page->heading,      page->title,     page->message,
                     page->next, page->confirm_next, page->clipboard, page->undo,
                     page->ask,  page->ask_verb,     page->tick,      page->stop};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(page->fields);
    free(page->rows);
    free(page->columns);
    free(page->marks);
    free(page->actions);
    strings_free(&page->heads);
    strings_free(&page->intro);
    strings_free(&page->live);
    strings_free(&page->text);
    strings_free(&page->why);
    *page = (struct page){0};
}

void flow_mark(struct flow *flow, const char *name)
{
    struct strings kept = {0};
    for (size_t i = 0; i < flow->marked.count; i++)
        if (strcmp(flow->marked.items[i], name) != 0)
            strings_add(&kept, flow->marked.items[i]);
    if (kept.count == flow->marked.count)
        strings_add(&kept, name);
    strings_free(&flow->marked);
    flow->marked = kept;
}
