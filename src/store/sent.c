#include "store/sent.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool read_open(int dir, struct sent_list *out, struct error *err)
{
    struct buffer data = {0};
    struct stat info;
    if (fstatat(dir, sent_name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return true;
    if (!file_read_at(dir, sent_name, true, &data, err))
        return false;
    struct strings lines = {0};
    strings_split(&lines, (const char *)data.data, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct sent one;
        if (read_line(lines.items[i], &one))
            *add(out) = one;
    }
    strings_free(&lines);
    buffer_free(&data);
    return true;
}

bool sent_read(const char *path, struct sent_list *out, struct error *err)
{
    struct store store;
    struct stat info;
    *out = (struct sent_list){0};
    if (stat(path, &info) != 0 && errno == ENOENT)
        return true;
    if (!store_open(path, false, &store, err))
        return false;
    bool good = read_open(store.fd, out, err);
    store_close(&store);
    return good;
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
    char hash[SENT_HASH + 1];
    hex(id, hash);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].request, request) == 0 && strcmp(list->items[i].hash, hash) == 0)
            return list->items[i].date;
    return NULL;
}

static bool write_all(const struct store *store, const struct sent_list *list, struct error *err)
{
    struct str text = {0};
    char *temp = NULL;
    for (size_t i = 0; i < list->count; i++)
        str_addf(&text, "%s %s %s\n", list->items[i].request, list->items[i].hash,
                 list->items[i].date);
    bool good =
        file_write_temp(store->fd, sent_name, str_text(&text), text.length, 0644, &temp, err);
    str_free(&text);
    if (!good)
        return false;
    good = renameat(store->fd, temp, store->fd, sent_name) == 0;
    if (!good) {
        error_system(err, sent_name, "cannot be put in place");
        unlinkat(store->fd, temp, 0);
    } else if (fsync(store->fd) != 0 && errno != EINVAL && errno != EROFS) {
        good = error_system(err, store->path, "the store cannot be synced");
    }
    free(temp);
    return good;
}

bool sent_note(const struct store *store, const char *request, const unsigned char id[32],
               const char *date, struct error *err)
{
    if (store->lock_fd < 0)
        return error_set(err, STATUS_SYSTEM, store->path, NULL, "the store is not locked");
    struct sent_list list = {0};
    if (!read_open(store->fd, &list, err))
        return false;
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
