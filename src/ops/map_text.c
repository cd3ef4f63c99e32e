/* The map of trusts in characters. */
#include "base/escape.h"
#include "base/mem.h"
#include "ops/map.h"
#include "ops/table.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 2, ARROW = 4, GAP = 2 };

/* A row in words, with nothing in them that acts on a terminal. */
struct line {
    char *readers, *reader, *of, *file;
    char *state; /* with those who are not accepted, where others are */
};
/* The widest of each. */
struct widths {
    size_t reader, of, file, state;
};

static struct line line_of(const struct map_row *row)
{
    bool some = *row->refused && strcmp(row->refused, row->targets) != 0;
    return (struct line){.readers = escape_text(row->readers),
                         .reader = escape_text(row->reader),
                         .of = table_clean(xformat("%s %s", row->of, row->targets)),
                         .file = escape_text(row->file),
                         .state = table_clean(xformat("%s%s%s", map_word(row->state),
                                                      some ? " " : "", some ? row->refused : ""))};
}

static void line_free(struct line *line)
{
    free(line->readers);
    free(line->reader);
    free(line->of);
    free(line->file);
    free(line->state);
}

static struct widths measure(const struct line *lines, size_t count)
{
    struct widths w = {0};
    for (size_t i = 0; i < count; i++) {
        table_widen(&w.reader, lines[i].reader);
        table_widen(&w.of, lines[i].of);
        table_widen(&w.file, lines[i].file);
        table_widen(&w.state, lines[i].state);
    }
    return w;
}

/* By what it is accepted; broken where it is not, or not yet. */
static void add_arrow(struct str *out, enum trust_how how, enum map_state state, bool utf8)
{
    static const char *const looks[][2] = {
        {"-", "\u2500"}, {"=", "\u2550"}, {"X", "\u2573"}, {" ", " "}, {">", "\u25b6"}};
    enum { LEAF, CAS, CROSS, NOTHING, HEAD };
    int first = trust_lists(how) ? LEAF : CAS, last = trust_chains(how) ? CAS : LEAF;
    int middle = state == MAP_OK ? last : state == MAP_STALE ? CROSS : NOTHING;
    const int signs[ARROW] = {first, middle, last, HEAD};
    for (int i = 0; i < ARROW; i++)
        str_add(out, looks[signs[i]][utf8]);
}

/* A list of names, broken behind its commas; further lines begin at column from. */
static void add_list(struct str *out, const char *text, size_t from)
{
    size_t at = from;
    while (*text) {
        const char *comma = strstr(text, ", ");
        char *part = xstrndup(text, comma ? (size_t)(comma - text) + 1 : strlen(text));
        size_t width = table_columns(part);
        if (at > from && at + 1 + width > WIDTH) {
            str_add_char(out, '\n');
            table_pad(out, "", from);
            at = from;
        }
        str_addf(out, "%s%s", at > from ? " " : "", part);
        at += (at > from) + width;
        text += strlen(part) + (comma != NULL);
        free(part);
    }
}

static void add_heading(struct str *out, const char *servers)
{
    str_add_char(out, '\n');
    add_list(out, servers, 0);
    str_add_char(out, '\n');
}

static void add_legend(const struct map *map, bool utf8, struct str *out)
{
    static const struct {
        enum trust_how how;
        const char *words;
    } arrows[] = {{TRUST_PINNED, "the very certificates"},
                  {TRUST_CHAIN, "what their CAs have signed"},
                  {TRUST_BOTH, "both"}};
    char *summary = map_summary(map);
    str_addf(out, "\n%s.\n", summary);
    free(summary);
    for (size_t i = 0; map->count && i < sizeof arrows / sizeof *arrows; i++) {
        str_add(out, i ? "   " : "");
        add_arrow(out, arrows[i].how, MAP_OK, utf8);
        str_addf(out, " %s", arrows[i].words);
    }
    str_add(out, map->count ? "\n" : "");
}

void map_text(const struct map *map, bool utf8, struct str *out)
{
    struct line *lines = xcalloc(map->count + 1, sizeof *lines);
    for (size_t i = 0; i < map->count; i++)
        lines[i] = line_of(&map->rows[i]);
    struct widths w = measure(lines, map->count);
    size_t of_at = INDENT + w.reader + 1 + ARROW + 1;
    char *name = escape_text(map->facts->deployment.name);
    str_addf(out, "%s: who accepts whose certificates, and by which file\n", name);
    free(name);
    bool one_line = of_at + w.of + GAP + w.file + GAP + w.state <= WIDTH;
    for (size_t i = 0; i < map->count; i++) {
        if (!i || strcmp(map->rows[i].readers, map->rows[i - 1].readers) != 0)
            add_heading(out, lines[i].readers);
        table_pad(out, "", INDENT);
        table_pad(out, lines[i].reader, w.reader);
        str_add_char(out, ' ');
        add_arrow(out, map->rows[i].trusts[0]->rule->how, map->rows[i].state, utf8);
        str_add_char(out, ' ');
        if (one_line) {
            table_pad(out, lines[i].of, w.of + GAP);
        } else { /* the file gets a line of its own */
            add_list(out, lines[i].of, of_at);
            str_add_char(out, '\n');
            table_pad(out, "", of_at);
        }
        table_pad(out, lines[i].file, w.file + GAP);
        str_addf(out, "%s\n", lines[i].state);
        line_free(&lines[i]);
    }
    free(lines);
    add_legend(map, utf8, out);
}
