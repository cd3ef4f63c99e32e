#include "flow/draft.h"

#include "base/file.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRAFT_NAME ".certwright.draft"
#define DRAFT_TEXTS_MOST 500

static struct draft_text *find(const struct draft *draft, const char *page, const char *field)
{
    for (size_t i = 0; i < draft->count; i++)
        if (strcmp(draft->texts[i].page, page) == 0 && strcmp(draft->texts[i].field, field) == 0)
            return &draft->texts[i];
    return NULL;
}

/* A line: page, tab, field, tab, text. */
static void read_line(struct draft *draft, char *line)
{
    char *field = strchr(line, '\t');
    char *text = field ? strchr(field + 1, '\t') : NULL;
    if (!text || line[0] == '#')
        return;
    *field++ = '\0';
    *text++ = '\0';
    draft_set(draft, line, field, text);
}

void draft_open(struct draft *draft, const char *config)
{
    if (!config)
        return;
    char *folder = xstrndup(config, (size_t)(path_base(config) - config));
    draft->path = path_join(folder, DRAFT_NAME);
    free(folder);
    struct buffer buffer = {0};
    struct error err = {0};
    if (!file_read_at(AT_FDCWD, draft->path, true, &buffer, &err))
        return;
    char *line = (char *)buffer.data;
    while (line && *line) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        read_line(draft, line);
        line = end ? end + 1 : NULL;
    }
    draft->changed = false;
    buffer_free(&buffer);
}

const char *draft_text(const struct draft *draft, const char *page, const char *field)
{
    const struct draft_text *found = find(draft, page, field);
    return found ? found->text : NULL;
}

void draft_set(struct draft *draft, const char *page, const char *field, const char *text)
{
    struct draft_text *found = find(draft, page, field);
    if (found && strcmp(found->text, text) == 0)
        return;
    if (strpbrk(text, "\n\t") || (!found && draft->count == DRAFT_TEXTS_MOST))
        return;
    if (!found) {
        draft->texts = grow(draft->texts, draft->count, sizeof *draft->texts);
        found = &draft->texts[draft->count++];
        found->page = xstrdup(page);
        found->field = xstrdup(field);
    }
    free(found->text);
    found->text = xstrdup(text);
    draft->changed = true;
}

static void forget(struct draft_text *text)
{
    free(text->page);
    free(text->field);
    free(text->text);
}

void draft_remove(struct draft *draft, const char *page, const char *field)
{
    struct draft_text *found = find(draft, page, field);
    if (!found)
        return;
    forget(found);
    size_t at = (size_t)(found - draft->texts);
    memmove(found, found + 1, (draft->count - at - 1) * sizeof *found);
    draft->count--;
    draft->changed = true;
}

bool draft_save(struct draft *draft)
{
    if (!draft->path || !draft->changed)
        return true;
    draft->changed = false;
    if (draft->count == 0) {
        unlink(draft->path);
        return true;
    }
    struct str out = {0};
    str_add(&out, "# certwright: half-typed answers, taken up by the next start\n");
    for (size_t i = 0; i < draft->count; i++)
        str_addf(&out, "%s\t%s\t%s\n", draft->texts[i].page, draft->texts[i].field,
                 draft->texts[i].text);
    struct error err = {0};
    bool good = file_replace(draft->path, out.data, out.length, 0600, &err);
    str_free(&out);
    return good;
}

void draft_free(struct draft *draft)
{
    for (size_t i = 0; i < draft->count; i++)
        forget(&draft->texts[i]);
    free(draft->texts);
    free(draft->path);
    *draft = (struct draft){0};
}
