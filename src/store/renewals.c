#include "store/renewals.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/dotfile.h"

#include <stdlib.h>
#include <string.h>

static void renewal_free(struct renewal *renewal)
{
    free(renewal->identity);
    free(renewal->key_file);
    *renewal = (struct renewal){0};
}

#define KEY_WORD "key="

/* What may follow, in any order. */
static bool read_rest(const struct strings *words, struct renewal *out)
{
    for (size_t i = 4; i < words->count; i++) {
        const char *word = words->items[i];
        if (strcmp(word, "done") == 0)
            out->done = true;
        else if (text_starts(word, KEY_WORD) && word[strlen(KEY_WORD)])
            out->key_file = words->items[i] + strlen(KEY_WORD);
        else
            return false;
    }
    return true;
}

/* "NAME 2026-11-23 new 12", "... kept 0", with "done" or "key=NAME.key" behind it where it is. */
static bool read_line(const char *line, struct renewal *out)
{
    struct strings words = {0};
    time_t day;
    char *rest = NULL;
    strings_split(&words, line, ' ');
    bool good =
        words.count >= 4 && strlen(words.items[1]) == 10 && clock_parse(words.items[1], &day);
    if (good) {
        *out = (struct renewal){.new_key = strcmp(words.items[2], "new") == 0,
                                .first = (unsigned)strtoul(words.items[3], &rest, 10)};
        memcpy(out->since, words.items[1], sizeof out->since);
        good = *words.items[3] && !*rest && (out->new_key || strcmp(words.items[2], "kept") == 0) &&
               read_rest(&words, out);
    }
    if (good) {
        out->identity = xstrdup(words.items[0]);
        out->key_file = xstrdup(out->key_file ? out->key_file : "");
    }
    strings_free(&words);
    return good;
}

void renewals_parse(const char *text, struct renewals *out)
{
    struct strings lines = {0};
    *out = (struct renewals){0};
    strings_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct renewal one;
        if (!read_line(lines.items[i], &one))
            continue; /* a later certwright's */
        renewals_set(out, &one);
        renewal_free(&one);
    }
    strings_free(&lines);
}

static void parse_buffer(struct buffer *data, struct renewals *out)
{
    renewals_parse(data->data ? (const char *)data->data : "", out);
    buffer_free(data);
}

bool renewals_read(const char *path, struct renewals *out, struct error *err)
{
    struct buffer data;
    *out = (struct renewals){0};
    if (!dotfile_read_at(path, RENEWALS_FILE, &data, err))
        return false;
    parse_buffer(&data, out);
    return true;
}

bool renewals_of(const struct store *store, struct renewals *out, struct error *err)
{
    struct buffer data;
    *out = (struct renewals){0};
    if (!dotfile_read(store, RENEWALS_FILE, &data, err))
        return false;
    parse_buffer(&data, out);
    return true;
}

void renewals_free(struct renewals *renewals)
{
    for (size_t i = 0; i < renewals->count; i++)
        renewal_free(&renewals->items[i]);
    free(renewals->items);
    *renewals = (struct renewals){0};
}

/* Where it stands, or belongs. */
static size_t place_of(const struct renewals *renewals, const char *identity)
{
    size_t low = 0, high = renewals->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(renewals->items[middle].identity, identity) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct renewal *find(const struct renewals *renewals, const char *identity)
{
    size_t at = place_of(renewals, identity);
    return at < renewals->count && strcmp(renewals->items[at].identity, identity) == 0
               ? &renewals->items[at]
               : NULL;
}

bool renewal_is_list(const struct renewal *renewal)
{
    return strchr(renewal->identity, '.') != NULL;
}

const struct renewal *renewals_open(const struct renewals *renewals, const char *identity)
{
    const struct renewal *renewal = find(renewals, identity);
    return renewal && !renewal->done ? renewal : NULL;
}

unsigned renewals_first(const struct renewals *renewals)
{
    unsigned first = 0;
    for (size_t i = 0; i < renewals->count; i++) {
        const struct renewal *renewal = &renewals->items[i];
        if (!renewal->done && renewal->first && (!first || renewal->first < first))
            first = renewal->first;
    }
    return first;
}

void renewals_set(struct renewals *renewals, const struct renewal *renewal)
{
    struct renewal *mine = find(renewals, renewal->identity);
    if (!mine) {
        size_t at = place_of(renewals, renewal->identity);
        renewals->items = grow(renewals->items, renewals->count, sizeof *renewals->items);
        mine = &renewals->items[at];
        memmove(mine + 1, mine, (renewals->count - at) * sizeof *mine);
        renewals->count++;
        *mine = (struct renewal){0};
    }
    struct renewal old = *mine;
    *mine = *renewal;
    mine->identity = xstrdup(renewal->identity);
    mine->key_file = xstrdup(renewal->key_file ? renewal->key_file : "");
    renewal_free(&old);
}

void renewals_take_back(struct renewals *renewals, const struct renewals *was, unsigned entry)
{
    for (size_t i = 0; i < renewals->count;) {
        struct renewal *now = &renewals->items[i];
        const struct renewal *old = find(was, now->identity);
        /* What that entry opened or asked for; what was ended since stays ended. */
        bool its =
            now->first == entry || !now->first || (old && old->first == now->first && !now->done);
        if (its && old) {
            renewals_set(renewals, old);
        } else if (its) {
            renewal_free(now);
            renewals->count--;
            memmove(now, now + 1, (renewals->count - i) * sizeof *now);
            continue;
        }
        i++;
    }
}

static void write_text(const struct renewals *renewals, struct str *out)
{
    for (size_t i = 0; i < renewals->count; i++) {
        const struct renewal *renewal = &renewals->items[i];
        str_addf(out, "%s %s %s %u%s%s%s\n", renewal->identity, renewal->since,
                 renewal->new_key ? "new" : "kept", renewal->first, renewal->done ? " done" : "",
                 *renewal->key_file ? " " KEY_WORD : "", renewal->key_file);
    }
}

void renewals_put(const struct renewals *renewals, struct batch *batch)
{
    struct str text = {0};
    write_text(renewals, &text);
    if (text.length)
        batch_add(batch, RENEWALS_FILE, text.data, text.length, 0644, true);
    else
        batch_remove(batch, RENEWALS_FILE);
    str_free(&text);
}

bool renewals_write(const struct store *store, const struct renewals *renewals, struct error *err)
{
    struct str text = {0};
    write_text(renewals, &text);
    bool good = dotfile_write(store, RENEWALS_FILE, &text, err);
    str_free(&text);
    return good;
}
