#include "store/journal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/journaling.h"
#include "store/renewals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* .certwright.journal/000012/ is an entry: "record", and the old files by their place in it. While
 * its transaction runs it ends in ".open"; while it is written itself, in ".new", and then nothing
 * of the store has changed yet. */
#define FOLDER ".certwright.journal"
#define RECORD "record"
enum { NAME_BYTES = 32 };

/* The folder itself, -1 with errno. */
static int open_folder(const struct store *store)
{
    return openat(store->fd, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_entry(int folder, const char *name)
{
    return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void entry_name(unsigned number, const char *end, char out[static NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%06u%s", number, end);
}

/* The number of an entry whose name ends so; 0: it is another thing. */
static unsigned number_of(const char *name, const char *end)
{
    char *rest;
    unsigned long number = strtoul(name, &rest, 10);
    return rest != name && strcmp(rest, end) == 0 && number < 1000000 ? (unsigned)number : 0;
}

static int compare_numbers(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return (a > b) - (a < b);
}

/* The entries with that end, in order; *out is freed by the caller. */
static size_t list_entries(int folder, const char *end, unsigned **out)
{
    size_t count = 0;
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    *out = NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        unsigned number = number_of(entry->d_name, end);
        if (number) {
            *out = grow(*out, count, sizeof **out);
            (*out)[count++] = number;
        }
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    if (count)
        qsort(*out, count, sizeof **out, compare_numbers);
    return count;
}

static json_t *side_json(bool there, mode_t mode, const char *hash)
{
    if (!there)
        return json_null();
    char text[8];
    json_t *side = json_object();
    snprintf(text, sizeof text, "%04o", (unsigned)mode & 07777u);
    json_put(side, "mode", json_text(text));
    json_put(side, "sha256", json_text(hash));
    return side;
}

static void record_write(const struct journal_entry *entry, struct str *out)
{
    json_t *record = json_object(), *files = json_array();
    for (size_t i = 0; i < entry->count; i++) {
        const struct journal_file *file = &entry->files[i];
        json_t *row = json_object();
        json_put(row, "name", json_text(file->name));
        json_put(row, "was", side_json(file->was, file->was_mode, file->was_hash));
        json_put(row, "is", side_json(file->is, file->is_mode, file->is_hash));
        json_put(row, "bak", json_text(file->bak));
        json_array_append_new(files, row);
    }
    json_put(record, "verb", json_text(entry->verb));
    json_put(record, "at", json_time(entry->at));
    json_put(record, "undoes", json_integer(entry->undoes));
    json_put(record, "files", files);
    json_write(record, out);
    json_decref(record);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool side_read(const json_t *side, bool *there, mode_t *mode, char hash[DIGEST_HEX + 1])
{
    *there = json_is_object(side);
    if (!*there)
        return json_is_null(side);
    const char *sum = text_of(side, "sha256");
    *mode = (mode_t)strtoul(text_of(side, "mode"), NULL, 8);
    if (strlen(sum) != DIGEST_HEX)
        return false;
    memcpy(hash, sum, DIGEST_HEX + 1);
    return true;
}

/* A name that leads out of the store is none of ours. */
static bool file_read_row(const json_t *row, struct journal_file *out)
{
    const char *name = text_of(row, "name"), *bak = text_of(row, "bak");
    if (!*name || strchr(name, '/') || strchr(bak, '/'))
        return false;
    out->name = xstrdup(name);
    out->bak = xstrdup(bak);
    return side_read(json_object_get(row, "was"), &out->was, &out->was_mode, out->was_hash) &&
           side_read(json_object_get(row, "is"), &out->is, &out->is_mode, out->is_hash);
}

static bool record_parse(const struct buffer *data, struct journal_entry *out)
{
    json_t *record = json_loadb((const char *)data->data, data->length, 0, NULL);
    const json_t *files = json_object_get(record, "files");
    bool good = json_is_array(files) && clock_parse(text_of(record, "at"), &out->at);
    out->verb = xstrdup(text_of(record, "verb"));
    out->undoes = (unsigned)json_integer_value(json_object_get(record, "undoes"));
    for (size_t i = 0; good && i < json_array_size(files); i++) {
        out->files = grow(out->files, out->count, sizeof *out->files);
        struct journal_file *file = &out->files[out->count++];
        *file = (struct journal_file){0};
        good = file_read_row(json_array_get(files, i), file);
    }
    json_decref(record);
    return good;
}

static bool entry_read(const struct store *store, int folder, const char *name, unsigned number,
                       struct journal_entry *out, struct error *err)
{
    struct buffer data = {0};
    struct error why = {0};
    int fd = open_entry(folder, name);
    *out = (struct journal_entry){.number = number};
    bool good = fd >= 0 && file_read_at(fd, RECORD, true, &data, &why) && record_parse(&data, out);
    if (!good) {
        char *place = xformat("%s/%s/%s", store->path, FOLDER, name);
        error_set(err, STATUS_NO, place, "move that folder away; what it could undo stays as it is",
                  "the journal's entry cannot be read");
        free(place);
        journal_entry_free(out);
    }
    if (fd >= 0)
        close(fd);
    buffer_free(&data);
    return good;
}

bool journal_read(const struct store *store, struct journal *out, struct error *err)
{
    *out = (struct journal){0};
    int folder = open_folder(store);
    if (folder < 0)
        return errno == ENOENT || error_system(err, store->path, "the journal cannot be opened");
    unsigned *numbers;
    size_t count = list_entries(folder, "", &numbers);
    bool good = true;
    out->entries = xcalloc(count + 1, sizeof *out->entries);
    for (size_t i = 0; i < count && good; i++) {
        char name[NAME_BYTES];
        entry_name(numbers[i], "", name);
        good = entry_read(store, folder, name, numbers[i], &out->entries[out->count], err);
        out->count += good;
    }
    free(numbers);
    close(folder);
    if (!good)
        journal_free(out);
    return good;
}

void journal_entry_free(struct journal_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        free(entry->files[i].name);
        free(entry->files[i].bak);
    }
    free(entry->files);
    free(entry->verb);
    *entry = (struct journal_entry){0};
}

void journal_free(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++)
        journal_entry_free(&journal->entries[i]);
    free(journal->entries);
    *journal = (struct journal){0};
}

const struct journal_entry *journal_entry(const struct journal *journal, unsigned number)
{
    for (size_t i = 0; i < journal->count; i++)
        if (journal->entries[i].number == number)
            return &journal->entries[i];
    return NULL;
}

const char *journal_noun(const char *verb)
{
    return strcmp(verb, "renew") == 0 ? "renewal" : verb;
}

size_t journal_place(const struct journal_entry *entry, const char *name)
{
    size_t at = 0;
    while (at < entry->count && strcmp(entry->files[at].name, name) != 0)
        at++;
    return at;
}

bool journal_is_undone(const struct journal *journal, const struct journal_entry *entry)
{
    for (size_t i = 0; i < journal->count; i++)
        if (journal->entries[i].undoes == entry->number)
            return true;
    return false;
}

const struct journal_entry *journal_last(const struct journal *journal)
{
    for (size_t i = journal->count; i-- > 0;) {
        const struct journal_entry *entry = &journal->entries[i];
        if (!entry->undoes && !journal_is_undone(journal, entry))
            return entry;
    }
    return NULL;
}

static void old_name(size_t file, char out[static NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%zu", file);
}

static bool read_old(const struct store *store, const char *entry, size_t file, struct buffer *out,
                     struct error *err)
{
    char name[NAME_BYTES];
    old_name(file, name);
    char *place = xformat(FOLDER "/%s/%s", entry, name);
    bool good = file_read_at(store->fd, place, true, out, err);
    free(place);
    return good;
}

bool journal_old(const struct store *store, const struct journal_entry *entry, size_t file,
                 struct buffer *out, struct error *err)
{
    char name[NAME_BYTES], hash[DIGEST_HEX + 1];
    entry_name(entry->number, "", name);
    *out = (struct buffer){0};
    if (!read_old(store, name, file, out, err))
        return false;
    digest_hex(out->data, out->length, hash);
    if (strcmp(hash, entry->files[file].was_hash) == 0)
        return true;
    buffer_free(out);
    return error_set(err, STATUS_NO, entry->files[file].name, "take it from a backup",
                     "what the journal kept of it is damaged");
}

void journal_note(struct journal_entry *entry, const char *name, const struct buffer *old,
                  const struct store_write *item, const char *bak)
{
    entry->files = grow(entry->files, entry->count, sizeof *entry->files);
    struct journal_file *file = &entry->files[entry->count++];
    *file = (struct journal_file){.name = xstrdup(name),
                                  .bak = xstrdup(bak),
                                  .was = old != NULL,
                                  .is = !item->remove,
                                  .is_mode = item->mode};
    if (old) {
        file->was_mode = old->mode;
        digest_hex(old->data, old->length, file->was_hash);
    }
    if (file->is)
        digest_hex(item->data, item->length, file->is_hash);
}

/* All of an entry goes; its files first, for a folder with a record is one that counts. */
static void remove_entry(int folder, const char *name)
{
    int fd = open_entry(folder, name);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *file; dir && (file = readdir(dir));)
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
            unlinkat(fd, file->d_name, 0);
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    unlinkat(folder, name, AT_REMOVEDIR);
}

/* Its own files have names that say nothing to a person. */
static bool told_of_journal(const struct store *store, bool good, struct error *err)
{
    if (!good && err)
        snprintf(err->place, sizeof err->place, "%s/%s", store->path, FOLDER);
    return good;
}

/* The old file under a second name: a copy where the file system has no links. */
static bool keep_file(const struct store *store, int entry, const char *name, size_t file,
                      struct error *err)
{
    char second[NAME_BYTES];
    old_name(file, second);
    if (linkat(store->fd, name, entry, second, 0) == 0)
        return true;
    struct buffer data = {0};
    char *temp;
    bool good =
        file_read_at(store->fd, name, true, &data, err) &&
        told_of_journal(
            store, file_write_temp(entry, second, data.data, data.length, data.mode, &temp, err),
            err);
    if (good) {
        good = renameat(entry, temp, entry, second) == 0 ||
               error_system(err, name, "the old file cannot be kept");
        free(temp);
    }
    buffer_free(&data);
    return good;
}

static bool sync_folder(int fd, const struct store *store, struct error *err)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ||
           error_system(err, store->path, "the journal cannot be synced");
}

static bool fill_entry(const struct store *store, int fd, const struct journal_entry *entry,
                       struct error *err)
{
    struct str record = {0};
    char *temp;
    bool good = true;
    for (size_t i = 0; i < entry->count && good; i++)
        if (entry->files[i].was)
            good = keep_file(store, fd, entry->files[i].name, i, err);
    record_write(entry, &record);
    if (good &&
        (good = told_of_journal(
             store, file_write_temp(fd, RECORD, record.data, record.length, 0600, &temp, err),
             err))) {
        good = renameat(fd, temp, fd, RECORD) == 0 ||
               error_system(err, store->path, "the journal cannot be written");
        free(temp);
    }
    str_free(&record);
    return good && sync_folder(fd, store, err);
}

static unsigned next_number(int folder)
{
    unsigned *numbers, last = 0;
    size_t count = list_entries(folder, "", &numbers);
    if (count)
        last = numbers[count - 1];
    free(numbers);
    return last + 1;
}

unsigned journal_next(const struct store *store)
{
    int folder = open_folder(store);
    unsigned next = folder < 0 ? 1 : next_number(folder);
    if (folder >= 0)
        close(folder);
    return next;
}

bool journal_begin(const struct store *store, struct journal_entry *entry, struct error *err)
{
    static const char words[] = "the journal cannot be written";
    char new[NAME_BYTES], open[NAME_BYTES];
    if (mkdirat(store->fd, FOLDER, 0700) != 0 && errno != EEXIST)
        return error_system(err, store->path, words);
    int folder = open_folder(store);
    if (folder < 0)
        return error_system(err, store->path, words);
    entry->number = next_number(folder);
    entry_name(entry->number, ".new", new);
    entry_name(entry->number, ".open", open);
    remove_entry(folder, new); /* of a process that died */
    bool good = mkdirat(folder, new, 0700) == 0 || error_system(err, store->path, words);
    int fd = good ? open_entry(folder, new) : -1;
    good = good && (fd >= 0 || error_system(err, store->path, words)) &&
           fill_entry(store, fd, entry, err) &&
           (renameat(folder, new, folder, open) == 0 || error_system(err, store->path, words)) &&
           sync_folder(folder, store, err);
    if (fd >= 0)
        close(fd);
    if (!good) {
        remove_entry(folder, new);
        remove_entry(folder, open);
    }
    close(folder);
    return good;
}

/* The first entry that an open renewal needs; count: none does. */
static size_t first_needed(const struct store *store, const unsigned *numbers, size_t count)
{
    struct renewals renewals;
    size_t at = 0;
    if (!renewals_of(store, &renewals, NULL))
        return 0;
    unsigned first = renewals_first(&renewals);
    while (at < count && (!first || numbers[at] < first))
        at++;
    renewals_free(&renewals);
    return at;
}

/* The oldest go, and what was never begun. */
static void prune(const struct store *store, int folder)
{
    unsigned *numbers;
    char name[NAME_BYTES];
    size_t count = list_entries(folder, "", &numbers);
    size_t needed = count > JOURNAL_KEPT ? first_needed(store, numbers, count) : 0;
    for (size_t i = 0; i + JOURNAL_KEPT < needed; i++) {
        entry_name(numbers[i], "", name);
        remove_entry(folder, name);
    }
    free(numbers);
    count = list_entries(folder, ".new", &numbers);
    for (size_t i = 0; i < count; i++) {
        entry_name(numbers[i], ".new", name);
        remove_entry(folder, name);
    }
    free(numbers);
}

void journal_drop(const struct store *store, const struct journal_entry *entry)
{
    char open[NAME_BYTES], gone[NAME_BYTES];
    int folder = open_folder(store);
    if (folder < 0)
        return;
    entry_name(entry->number, ".open", open);
    entry_name(entry->number, ".new", gone);
    /* Renamed first: half of it gone, it would be taken for one to take back. */
    if (renameat(folder, open, folder, gone) == 0 && fsync(folder) == 0)
        remove_entry(folder, gone);
    close(folder);
}

enum standing { STANDS_NOT, STANDS_OLD, STANDS_NEW, STANDS_OTHER };

static enum standing standing_of(const struct store *store, const struct journal_file *file)
{
    struct buffer now = {0};
    char hash[DIGEST_HEX + 1];
    if (!store_has(store, file->name))
        return STANDS_NOT;
    if (!file_read_at(store->fd, file->name, true, &now, NULL))
        return STANDS_OTHER;
    digest_hex(now.data, now.length, hash);
    mode_t mode = now.mode;
    buffer_free(&now);
    if (file->was && strcmp(hash, file->was_hash) == 0 && mode == file->was_mode)
        return STANDS_OLD;
    return file->is && strcmp(hash, file->is_hash) == 0 ? STANDS_NEW : STANDS_OTHER;
}

/* Beside, then over it: what a second kill leaves is the one or the other. */
static bool bring_back(const struct store *store, const char *entry,
                       const struct journal_file *file, size_t index, struct error *err)
{
    struct buffer old = {0};
    char *temp;
    if (!read_old(store, entry, index, &old, err))
        return false;
    bool good =
        file_write_temp(store->fd, file->name, old.data, old.length, file->was_mode, &temp, err);
    if (good) {
        good = renameat(store->fd, temp, store->fd, file->name) == 0 ||
               error_system(err, file->name, "cannot be put back");
        free(temp);
    }
    buffer_free(&old);
    return good;
}

/* What somebody put there since is left alone. */
static bool take_back(const struct store *store, const char *entry, const struct journal_file *file,
                      size_t index, struct error *err)
{
    enum standing standing = standing_of(store, file);
    if (!file->was) {
        if (standing == STANDS_NEW && unlinkat(store->fd, file->name, 0) != 0)
            return error_system(err, file->name, "cannot be removed");
        return true;
    }
    if ((standing == STANDS_NOT || standing == STANDS_NEW) &&
        !bring_back(store, entry, file, index, err))
        return false;
    if (*file->bak && standing_of(store, file) == STANDS_OLD)
        unlinkat(store->fd, file->bak, 0); /* a second copy: the file itself is back */
    return true;
}

static bool recover_entry(const struct store *store, int folder, unsigned number, struct error *err)
{
    struct journal_entry entry;
    char open[NAME_BYTES];
    entry_name(number, ".open", open);
    if (!entry_read(store, folder, open, number, &entry, err))
        return false;
    bool good = true;
    for (size_t i = 0; i < entry.count && good; i++)
        good = take_back(store, open, &entry.files[i], i, err);
    good = good && sync_folder(store->fd, store, err);
    if (good)
        journal_drop(store, &entry);
    journal_entry_free(&entry);
    return good;
}

bool journal_end(const struct store *store, const struct journal_entry *entry, struct error *err)
{
    char open[NAME_BYTES], name[NAME_BYTES];
    int folder = open_folder(store);
    if (folder < 0)
        return error_system(err, store->path, "the journal cannot be opened");
    entry_name(entry->number, ".open", open);
    entry_name(entry->number, "", name);
    bool good = (renameat(folder, open, folder, name) == 0 ||
                 error_system(err, store->path, "the journal cannot be closed")) &&
                sync_folder(folder, store, err);
    if (good || recover_entry(store, folder, entry->number, NULL)) /* else the next one does */
        prune(store, folder);
    close(folder);
    return good;
}

bool journal_recover(struct store *store, struct error *err)
{
    int folder = open_folder(store);
    if (folder < 0)
        return true;
    unsigned *numbers;
    size_t count = list_entries(folder, ".open", &numbers);
    bool good = true;
    if (count) {
        bool held = store->lock_fd >= 0, by_another;
        if (!store_try_lock(store, &by_another, NULL)) {
            free(numbers);
            close(folder);
            return by_another || /* its writer lives: nothing is half done */
                   error_set(err, STATUS_SYSTEM, store->path,
                             "run certwright once as the store's owner, who may write there",
                             "a process that was killed left it half written");
        }
        free(numbers);
        count = list_entries(folder, ".open", &numbers);
        for (size_t i = 0; i < count && good; i++)
            good = recover_entry(store, folder, numbers[i], err);
        if (good)
            store_sweep(store, true);
        if (!held) {
            close(store->lock_fd);
            store->lock_fd = -1;
        }
    }
    free(numbers);
    close(folder);
    return good;
}
