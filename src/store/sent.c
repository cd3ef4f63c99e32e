#include "store/sent.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/dotfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sent_name[] = ".certwright.sent";

static void hex(const unsigned char id[32], char out[static SENT_HASH + 1])
{
    for (int i = 0; i < SENT_HASH / 2; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", id[i]);
}

/* "callbridge.csr HASH 2026-11-23". A line of another form is passed by: the file may come from a
 * later certwright. */
static bool read_line(const char *line, struct sent *out)
{
    struct strings words = {0};
    time_t day;
    strings_split(&words, line, ' ');
    bool good = words.count == 3 && strlen(words.items[1]) == SENT_HASH &&
                strspn(words.items[1], "0123456789abcdef") == SENT_HASH &&
                strlen(words.items[2]) == SENT_DATE && clock_parse(words.items[2], &day);
    if (good) {
        *out = (struct sent){.request = xstrdup(words.items[0])};
        memcpy(out->hash, words.items[1], SENT_HASH);
        memcpy(out->date, words.items[2], SENT_DATE);
    }
    strings_free(&words);
    return good;
}

static struct sent *add(struct sent_list *list)
{
    list->items = grow(list->items, list->count, sizeof *list->items);
    return &list->items[list->count++];
}

static void parse(struct buffer *data, struct sent_list *out)
{
    struct strings lines = {0};
    strings_split(&lines, data->data ? (const char *)data->data : "", '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct sent one;
        if (read_line(lines.items[i], &one))
            *add(out) = one;
    }
    strings_free(&lines);
    buffer_free(data);
}

bool sent_read(const char *path, struct sent_list *out, struct error *err)
{
    struct buffer data;
    *out = (struct sent_list){0};
    if (!dotfile_read_at(path, sent_name, &data, err))
        return false;
    parse(&data, out);
    return true;
}

void sent_free(struct sent_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].request);
    free(list->items);
    *list = (struct sent_list){0};
}

const char *sent_date(const struct sent_list *list, const char *request, const unsigned char id[32])
{
    for (size_t i = 0; i < list->count; i++) {
        char hash[SENT_HASH + 1];
        if (strcmp(list->items[i].request, request) != 0)
            continue;
        hex(id, hash);
        if (strcmp(list->items[i].hash, hash) == 0)
            return list->items[i].date;
    }
    return NULL;
}

static bool write_all(const struct store *store, const struct sent_list *list, struct error *err)
{
    struct str text = {0};
    for (size_t i = 0; i < list->count; i++)
        str_addf(&text, "%s %s %s\n", list->items[i].request, list->items[i].hash,
                 list->items[i].date);
    bool good = dotfile_write(store, sent_name, &text, err);
    str_free(&text);
    return good;
}

bool sent_note(const struct store *store, const char *request, const unsigned char id[32],
               const char *date, struct error *err)
{
    if (store->lock_fd < 0)
        return error_set(err, STATUS_SYSTEM, store->path, NULL, "the store is not locked");
    struct sent_list list = {0};
    struct buffer data;
    if (!dotfile_read(store, sent_name, &data, err))
        return false;
    parse(&data, &list);
    struct sent *mine = NULL; /* a request has one line: what was sent before it is over */
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].request, request) == 0)
            mine = &list.items[i];
    if (date && !mine) {
        mine = add(&list);
        mine->request = xstrdup(request);
    }
    if (date) {
        hex(id, mine->hash);
        snprintf(mine->date, sizeof mine->date, "%s", date);
    } else if (mine) {
        free(mine->request);
        *mine = list.items[--list.count];
    }
    bool good = !(date || mine) || write_all(store, &list, err);
    sent_free(&list);
    return good;
}
