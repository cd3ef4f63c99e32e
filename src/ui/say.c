#include "ui/say.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/columns.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LABEL_COLUMNS = 8 };

static void put(FILE *out, const char *text)
{
    struct str harmless = {0};
    text_clip(&harmless, text, INT_MAX);
    char *local = text_local(str_text(&harmless));
    fputs(local, out);
    free(local);
    str_free(&harmless);
}

static printf_like(2, 0) void put_format(FILE *out, const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        return;
    put(out, text);
    free(text);
}

void say(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(out, format, args);
    va_end(args);
    fputc('\n', out);
}

void say_prompt(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_format(out, format, args);
    va_end(args);
    fflush(out);
}

void say_lines(FILE *out, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        say(out, "%s", lines->items[i]);
}

void say_heading(FILE *out, const struct page *page)
{
    if (page->steps > 0)
        say(out, "%s - step %d of %d", page->heading, page->step, page->steps);
    else
        say(out, "%s", page->heading);
    for (size_t i = 0; i < page->intro.count; i++) {
        char *line = say_keys(page->intro.items[i], 0);
        say(out, "%s", line);
        free(line);
    }
}

/* With a full stop where it has none. */
static void add_sentence(struct str *out, const char *text)
{
    if (!text || !*text)
        return;
    str_addf(out, "%s%s", out->length > 0 ? " " : "", text);
    if (!strchr(".!?:", text[strlen(text) - 1]))
        str_add_char(out, '.');
}

void say_finding(FILE *out, enum level level, const char *message, const char *remedy)
{
    struct str text = {0};
    add_sentence(&text, message);
    add_sentence(&text, remedy);
    const char *word = level == LEVEL_ERROR ? "Error: " : level == LEVEL_WARN ? "Warning: " : "";
    /* More lines than one stay lines. */
    struct strings lines = {0};
    strings_split(&lines, str_text(&text), '\n');
    for (size_t i = 0; i < lines.count; i++)
        say(out, "%s%s", i == 0 ? word : "", lines.items[i]);
    strings_free(&lines);
    str_free(&text);
}

void say_error(FILE *out, const struct error *err)
{
    char *message =
        *err->place ? xformat("%s: %s", err->place, err->message) : xstrdup(err->message);
    char *remedy =
        xstrdup(err->remedy); /* a sentence of its own here, but a command as it is typed */
    if (!text_starts(remedy, "certwright "))
        *remedy = (char)toupper((unsigned char)*remedy);
    say_finding(out, LEVEL_ERROR, message, remedy);
    free(remedy);
    free(message);
}

void say_message(FILE *out, const struct page *page)
{
    if (page->message && *page->message)
        say_finding(out, page->message_level, page->message, NULL);
}

void say_row(FILE *out, size_t number, const struct row *row)
{
    struct str text = {0};
    if (number > 0)
        str_addf(&text, "  %zu ", number);
    if (row->word && *row->word)
        str_addf(&text, "%s: ", row->word);
    const char *at = row->text;
    while (*at == ' ')
        at++;
    while (*at) {
        size_t blanks = strspn(at, " ");
        if (blanks >= 2 && at[blanks])
            str_add(&text, ", ");
        else if (blanks == 1 && at[blanks])
            str_add_char(&text, ' ');
        at += blanks;
        size_t word = strcspn(at, " ");
        str_add_bytes(&text, at, word);
        at += word;
    }
    if (row->right && *row->right)
        str_addf(&text, ", %s", row->right);
    if (row->can_tick)
        str_add(&text, row->ticked ? " (ticked)" : " (not ticked)");
    say(out, "%s", str_text(&text));
    str_free(&text);
}

static const char *label_of(const struct field *field)
{
    for (size_t i = 0; i < field->choices.count && i < field->labels.count; i++)
        if (strcmp(field->choices.items[i], field->value) == 0 && *field->labels.items[i])
            return field->labels.items[i];
    return field->value;
}

void say_cells_of(FILE *out, const struct page *page, size_t row)
{
    struct str text = {0};
    str_addf(&text, "  %zu ", row + 1);
    if (*page->rows[row].word)
        str_addf(&text, "%s: ", page->rows[row].word);
    const char *between = "";
    for (size_t i = 0; i < page->column_count; i++) {
        const struct field *field = &page->fields[row * page->column_count + i];
        const struct column *column = &page->columns[i];
        bool tick = field->kind == FIELD_TICK;
        if (tick ? strcmp(field->value, "yes") != 0 : !*field->value)
            continue;
        if (tick)
            str_addf(&text, "%s%s", between, column->title);
        else
            str_addf(&text, "%s%s%s%s", between, i ? column->title : "", i ? " " : "",
                     label_of(field));
        between = i ? ", " : ": ";
    }
    say(out, "%s%s", str_text(&text), page->rows[row].ticked ? " (marked)" : "");
    str_free(&text);
}

static void add_command(struct str *out, const char *word, size_t number)
{
    str_add(out, word);
    if (number)
        str_addf(out, " %zu", number);
}

char *say_keys(const char *text, size_t number)
{
    struct str out = {0};
    for (const char *at = text; *at;) {
        if (text_starts(at, "(Enter)")) {
            add_command(&out, "(open", number);
            str_add_char(&out, ')');
            at += strlen("(Enter)");
        } else if (text_starts(at, "F5 ") || strcmp(at, "F5") == 0) {
            add_command(&out, "mend", number);
            at += strlen("F5");
        } else if (text_starts(at, "F2 ")) { /* goes on, as Enter does here */
            str_add(&out, "Enter");
            at += strlen("F2");
        } else if (text_starts(at, "F9 ")) {
            str_add(&out, "mend-safe");
            at += strlen("F9");
        } else {
            str_add_char(&out, *at++);
        }
    }
    return str_take(&out);
}

/* A finding: its sentences, then the rule's id. */
void say_found(FILE *out, size_t number, const struct row *row)
{
    if (!row->right || !*row->right || row->level < LEVEL_NOTE || !row->detail || !*row->detail) {
        say_row(out, number, row);
        return;
    }
    static const char *const words[] = {
        [LEVEL_NOTE] = "Note", [LEVEL_WARN] = "Warning", [LEVEL_ERROR] = "Error"};
    struct str text = {0};
    struct strings lines = {0};
    if (number > 0)
        str_addf(&text, "  %zu ", number);
    str_addf(&text, "%s: ", words[row->level]);
    char *detail = say_keys(row->detail, number);
    strings_split(&lines, detail, '\n');
    free(detail);
    if (lines.count > 0 && strstr(row->text, ": ")) /* where, and the first sentence */
        str_addf(&text, "%.*s: ", (int)(strstr(row->text, ": ") - row->text), row->text);
    for (size_t i = 0; i < lines.count; i++)
        str_addf(&text, "%s%s%s", i > 0 ? " " : "", lines.items[i],
                 strchr(".!?:", lines.items[i][strlen(lines.items[i]) - 1]) ? "" : ".");
    str_addf(&text, " %s.", row->right);
    say(out, "%s", str_text(&text));
    strings_free(&lines);
    str_free(&text);
}

/* Pairs of hexadecimal digits and colons, as keys and signatures are printed. */
static bool is_hex(const char *line)
{
    size_t pairs = 0, length = strlen(line);
    for (size_t i = 0; i + 2 < length; i++)
        pairs += isxdigit((unsigned char)line[i]) && isxdigit((unsigned char)line[i + 1]) &&
                 line[i + 2] == ':';
    return pairs >= 4;
}

/* What stands before a line: OK, FAIL; Subject, Used by; 0: nothing does. */
static size_t word_of(const char *line)
{
    const char *gap = strstr(line, "  ");
    size_t length = gap ? (size_t)(gap - line) : 0, word = strcspn(line, " ");
    bool two_words = length > word && length <= LABEL_COLUMNS && isupper((unsigned char)*line);
    return length >= 2 && (length == word || two_words) ? length : 0;
}

void say_text(FILE *out, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        const char *line = lines->items[i];
        if (!line[strspn(line, " ")] || is_hex(line))
            continue;
        size_t word = word_of(line);
        char *first = word ? xstrndup(line, word) : NULL;
        const char *rest = line + word + strspn(line + word, " ");
        if (text_starts(rest, "`- ")) /* of a tree */
            rest += strlen("`- ");
        struct row row = {.text = (char *)rest, .word = first};
        say_row(out, 0, &row);
        free(first);
    }
}

void say_marks(FILE *out, const struct page *page)
{
    for (size_t i = 0; i < page->mark_count; i++) {
        const struct mark *mark = &page->marks[i];
        const char *label = mark->label + strspn(mark->label, " ");
        bool target = mark->id && *mark->id;
        say(out, "  %s: %s%s%s", label,
            mark->sign == '>' ? "here"
            : mark->words     ? mark->words
                              : "",
            target ? ", #" : "", target ? mark->id : "");
    }
    if (page->mark_count == 0)
        say(out, "This is all there is to answer here.");
}

void say_left(FILE *out, struct flow *flow, const char *config, const char *again)
{
    bool half_typed = flow_draft(flow)->count > 0;
    if (flow_held(flow)) {
        say(out, "Nothing was changed here.");
        return;
    }
    if (!half_typed && (!config || access(config, F_OK) != 0)) {
        say(out, "Nothing was answered, so nothing is saved.");
        return;
    }
    if (half_typed)
        say(out, "What was half typed waits in its field.");
    say(out, "Saved. Go on: %s", again);
}

/* "done total note" as "3 of 21: note". */
static void say_step(FILE *out, const char *line)
{
    char *note;
    unsigned long done = strtoul(line, &note, 10), total = strtoul(note, &note, 10);
    while (*note == ' ')
        note++;
    struct row row = {.text = note};
    say_prompt(out, "%lu of %lu: ", done, total);
    say_row(out, 0, &row);
}

bool say_job(FILE *out, struct flow *flow, bool *done, struct error *err)
{
    void *arg = NULL;
    job_function function = flow_job(flow, &arg);
    *done = function != NULL;
    if (!function)
        return true;
    struct job *job;
    int fd;
    if (!job_start(function, arg, &job, &fd, err))
        return false;
    FILE *steps = fdopen(dup(fd), "r");
    char *line = NULL;
    size_t room = 0;
    while (steps && getline(&line, &room, steps) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!out)
            continue;
        say_step(out, line);
        fflush(out);
    }
    free(line);
    if (steps)
        fclose(steps);
    bool good = job_join(job, err);
    flow_job_result(flow, good, err);
    struct error refused = {0};
    if (!flow_take(flow, &(struct event){.kind = EVENT_DONE}, &refused) && good) {
        *err = refused;
        return false;
    }
    return good;
}
