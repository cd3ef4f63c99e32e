#include "model/confuse.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/conftext.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_BYTES (64 << 10)

/* While a file of a usual size is typed, one answer after another changes a line or two of it: what
 * was read of the rest is kept in small parts, for some parses. Of a larger one it would take more
 * memory than all that is made of it. */
enum { KEPT_BYTES = 256 << 10, KEPT_PART_BYTES = 1 << 10, KEPT_ROUNDS = 4 };

static struct {
    struct kept {
        char *text;
        size_t length;
        cfg_t *cfg;
        size_t round; /* in which it was used last */
    } * items;
    size_t count, round; /* the first parse keeps nothing: a command has no other */
    unsigned long table; /* of options, with which they were read */
} kept;

/* libconfuse calls back without a context, and its scanner is static anyhow: one parse at a time.
 */
static struct {
    const char *place;
    int lines_before; /* of the file, before the text */
    struct error *err;
    bool told;
} current;

/* How the no-break blank, the blanks and unseen characters of U+2000 on and the byte order mark
 * begin in UTF-8. */
#define UNSEEN_LEADS "\xC2\xE2\xEF"

/* What to write in the place of an unknown name: the nearest, else all that are known there. */
static char *option_remedy(cfg_t *cfg, const char *name)
{
    struct strings known = {0};
    for (unsigned i = 0; i < cfg_num(cfg); i++)
        strings_add(&known, cfg_opt_name(cfg_getnopt(cfg, i)));
    const char *near = text_nearest(name, (const char *const *)known.items, known.count);
    char *all = strings_join(&known, ", ");
    bool is_unseen = name[strcspn(name, UNSEEN_LEADS)] != '\0';
    char *remedy =
        near && is_unseen
            ? xformat("a no-break blank or another unseen character stands beside \"%s\": type it "
                      "anew, with a plain blank",
                      near)
        : near ? xformat("did you mean \"%s\"?", near)
               : xformat("take it out; known are: %s", all);
    free(all);
    strings_free(&known);
    return remedy;
}

static void tell(cfg_t *cfg, const char *format, va_list args)
{
    if (current.told || !current.err)
        return;
    current.told = true;
    char message[600];
    vsnprintf(message, sizeof message, format, args);
    char *where = xformat("%s:%d", current.place, current.lines_before + cfg->line);
    const char *prefix = "no such option '";
    if (text_starts(message, prefix)) {
        char *name = xstrdup(message + strlen(prefix));
        name[strcspn(name, "'")] = '\0';
        char *remedy = option_remedy(cfg, name);
        error_set(current.err, STATUS_NO, where, remedy, "no such option \"%s\"%s%s", name,
                  cfg->name && strcmp(cfg->name, "root") != 0 ? " in " : "",
                  cfg->name && strcmp(cfg->name, "root") != 0 ? cfg->name : "");
        free(remedy);
        free(name);
    } else {
        error_set(current.err, STATUS_NO, where, NULL, "%s", message);
    }
    free(where);
}

/* A section that stands once is made before the whole has its function, and would tell on its own
 * whoever asks it for what it was not given. */
static void set_teller(cfg_t *cfg)
{
    cfg_set_error_function(cfg, tell);
    for (unsigned i = 0; i < cfg_num(cfg); i++) {
        cfg_opt_t *opt = cfg_getnopt(cfg, i);
        for (unsigned j = 0; opt->type == CFGT_SEC && j < cfg_opt_size(opt); j++)
            cfg_set_error_function(cfg_opt_getnsec(opt, j), tell);
    }
}

/* A text that was checked. */
static cfg_t *parse(cfg_opt_t *opts, const char *place, int lines_before, const char *text,
                    size_t length, struct error *err)
{
    struct str tame = {0};
    conf_tame(text, length, &tame);
    str_add(&tame, "\n"); /* a comment on the last line wants its end */
    cfg_t *cfg = cfg_init(opts, CFGF_NONE);
    set_teller(cfg);
    struct error none = {0};
    current.place = place;
    current.lines_before = lines_before;
    current.err = err ? err : &none;
    current.told = false;
    int result = cfg_parse_buf(cfg, str_text(&tame));
    str_free(&tame);
    current.err = NULL; /* who asks later for what is not there is told nothing */
    if (result == CFG_SUCCESS)
        return cfg;
    if (!current.told)
        error_set(err, STATUS_NO, place, NULL, "it cannot be read as a configuration");
    cfg_free(cfg);
    return NULL;
}

cfg_t *confuse_parse(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                     struct error *err)
{
    return conf_check(text, length, place, err) ? parse(opts, place, 0, text, length, err) : NULL;
}

struct reading {
    cfg_opt_t *opts, *given; /* those that the text names; NULL: not asked for yet */
    const char *place, *text;
    size_t length;
};

/* The options that the names name, and the sections they stand in. */
static cfg_opt_t *only_named(const cfg_opt_t *opts, const struct strings *names)
{
    cfg_opt_t *out = NULL;
    size_t count = 0;
    for (; opts->name; opts++) {
        if (!strings_has(names, opts->name))
            continue;
        out = grow(out, count, sizeof *out);
        out[count] = *opts;
        if (opts->type == CFGT_SEC)
            out[count].subopts = only_named(opts->subopts, names);
        count++;
    }
    out = grow(out, count, sizeof *out);
    out[count] = *opts; /* the end */
    return out;
}

static void named_free(cfg_opt_t *opts)
{
    for (const cfg_opt_t *opt = opts; opt->name; opt++)
        if (opt->type == CFGT_SEC)
            named_free(opt->subopts);
    free(opts);
}

static unsigned long table_hash(const cfg_opt_t *opts, unsigned long hash)
{
    for (; opts->name; opts++) {
        for (const char *at = opts->name; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001B3;
        hash = (hash ^ (unsigned long)opts->type ^ (unsigned long)opts->flags << 8) * 0x100000001B3;
        if (opts->type == CFGT_SEC)
            hash = table_hash(opts->subopts, hash);
    }
    return hash * 31;
}

/* Those that no parse used for some time; all: any. */
static void kept_drop(bool all)
{
    size_t count = 0;
    for (size_t i = 0; i < kept.count; i++) {
        struct kept *item = &kept.items[i];
        if (!all && item->round + KEPT_ROUNDS > kept.round) {
            kept.items[count++] = *item;
            continue;
        }
        cfg_free(item->cfg);
        free(item->text);
    }
    kept.count = count;
}

static cfg_t *kept_find(const char *text, size_t length)
{
    for (size_t i = 0; i < kept.count; i++) {
        struct kept *item = &kept.items[i];
        if (item->length != length || memcmp(item->text, text, length) != 0)
            continue;
        item->round = kept.round;
        return item->cfg;
    }
    return NULL;
}

static void kept_add(const char *text, size_t length, cfg_t *cfg)
{
    kept.items = grow(kept.items, kept.count, sizeof *kept.items);
    kept.items[kept.count++] = (struct kept){xstrndup(text, length), length, cfg, kept.round};
}

/* For each section that it reads, libconfuse copies the options of all kinds of service: a good
 * part is read with those that the text gives, only a bad one with all, for its error. */
static cfg_t *parse_part(struct reading *reading, size_t start, size_t end, int lines,
                         struct error *err)
{
    const char *text = reading->text + start;
    if (!reading->given) {
        struct strings names = {0};
        conf_names(reading->text, reading->length, &names);
        reading->given = only_named(reading->opts, &names);
        strings_free(&names);
    }
    cfg_t *cfg = parse(reading->given, reading->place, lines, text, end - start, NULL);
    return cfg ? cfg : parse(reading->opts, reading->place, lines, text, end - start, err);
}

static bool parse_parts(struct reading *reading, struct parts *out, struct error *err)
{
    const char *text = reading->text;
    size_t length = reading->length;
    struct conf_cuts cuts;
    bool keep = kept.round > 1 && length <= KEPT_BYTES, good = true;
    conf_cut(text, length, keep ? KEPT_PART_BYTES : PART_BYTES, &cuts);
    *out = (struct parts){.items = xcalloc(cuts.count, sizeof *out->items), .lent = keep};
    int lines = 0;
    size_t start = 0;
    for (size_t i = 0; i < cuts.count && good; i++) {
        size_t part = cuts.ends[i] - start;
        cfg_t *known = keep ? kept_find(text + start, part) : NULL;
        cfg_t *cfg = known ? known : parse_part(reading, start, cuts.ends[i], lines, err);
        good = cfg != NULL;
        if (good)
            out->items[out->count++] = cfg;
        if (good && keep && !known)
            kept_add(text + start, part, cfg);
        for (; start < cuts.ends[i]; start++)
            lines += text[start] == '\n';
    }
    free(cuts.ends);
    if (!good)
        parts_free(out);
    return good;
}

bool confuse_parse_parts(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                         struct parts *out, struct error *err)
{
    *out = (struct parts){0};
    if (!conf_check(text, length, place, err))
        return false;
    unsigned long table = table_hash(opts, 0xCBF29CE484222325);
    kept.round++;
    kept_drop(table != kept.table);
    kept.table = table;
    struct reading reading = {opts, NULL, place, text, length};
    bool good = parse_parts(&reading, out, err);
    if (reading.given)
        named_free(reading.given);
    if (kept.round == 1)
        conf_forget();
    return good;
}

void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < parts->count && !parts->lent; i++)
        cfg_free(parts->items[i]);
    free(parts->items);
    *parts = (struct parts){0};
}
