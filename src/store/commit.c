#include "base/clock.h"
#include "base/mem.h"
#include "pki/load.h"
#include "store/journaling.h"
#include "store/name.h"
#include "store/renewals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file on its way: what is written beside, what the old one is kept as until all is done. */
struct move {
    const struct store_write *item;
    bool exists;    /* an old file stands there */
    bool unchanged; /* with the same bytes and mode */
    bool is_key;    /* the old one is a private key */
    bool stays;     /* the old one is kept for good, as .bak */
    mode_t old_mode;
    struct buffer old;
    char *temp; /* the new file, written and synced; NULL once renamed */
    char *bak;  /* the name under which it is going to be kept for good */
    char *kept; /* the old file's second name */
    bool done;
};

/* What a batch is checked against; the folder is read once, when a new name comes. */
struct checks {
    const struct store *store;
    struct strings folder; /* sorted without regard to case */
    bool listed;
    bool keeps_all; /* whatever is replaced stays as .bak */
    const struct batch *batch;
};

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcasecmp(*a, *b);
}

static bool list_folder(struct checks *checks, struct error *err)
{
    int fd = openat(checks->store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return error_system(err, checks->store->path, "the store cannot be listed");
    }
    for (struct dirent *entry; (entry = readdir(dir));)
        strings_add(&checks->folder, entry->d_name);
    closedir(dir);
    qsort(checks->folder.items, checks->folder.count, sizeof *checks->folder.items, compare_names);
    checks->listed = true;
    return true;
}

/* On a file system that ignores case the two would be one. */
static bool check_case(struct checks *checks, const char *name, struct error *err)
{
    if (!checks->listed && !list_folder(checks, err))
        return false;
    const struct strings *folder = &checks->folder;
    size_t low = 0, high = folder->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp(folder->items[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < folder->count && strcasecmp(folder->items[low], name) == 0; low++)
        if (strcmp(folder->items[low], name) != 0)
            return error_set(err, STATUS_NO, name, "choose another name, or rename that file",
                             "differs only in case from %s, which is there", folder->items[low]);
    return true;
}

static int compare_items(const void *left, const void *right)
{
    const struct store_write *const *x = left, *const *y = right, *a = *x, *b = *y;
    int order = strcasecmp(a->name, b->name);
    return order ? order : (a > b) - (a < b);
}

/* The first item whose name one before it has; the batch's count where there is none. */
static size_t find_twice(const struct batch *batch)
{
    const struct store_write **sorted = xcalloc(batch->count, sizeof *sorted);
    size_t first = batch->count;
    for (size_t i = 0; i < batch->count; i++)
        sorted[i] = &batch->items[i];
    qsort(sorted, batch->count, sizeof *sorted, compare_items);
    for (size_t i = 1; i < batch->count; i++) {
        size_t place = (size_t)(sorted[i] - batch->items);
        if (place < first && strcasecmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            first = place;
    }
    free(sorted);
    return first;
}

/* An SSH public key takes the place of the container that it is made of. */
static bool is_ssh_name(const char *name)
{
    return text_ends(name, ".pub");
}

/* The batch has these bytes under another name: nothing is lost with the file. */
static bool moves(const struct checks *checks, const struct buffer *old)
{
    for (size_t i = 0; i < checks->batch->count; i++) {
        const struct store_write *item = &checks->batch->items[i];
        if (!item->remove && item->length == old->length &&
            memcmp(item->data, old->data, old->length) == 0)
            return true;
    }
    return false;
}

static bool check_old(struct checks *checks, struct move *move, struct error *err)
{
    const struct store *store = checks->store;
    const struct store_write *item = move->item;
    struct stat info;
    if (fstatat(store->fd, item->name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT)
            return error_system(err, item->name, "cannot be looked at");
        return item->remove || check_case(checks, item->name, err);
    }
    move->exists = true;
    if (S_ISLNK(info.st_mode))
        return error_set(err, STATUS_NO, item->name, "remove it, or put the file itself there",
                         "a symbolic link stands in this place, and is not written through");
    if (!file_read_at(store->fd, item->name, true, &move->old, err))
        return false;
    move->old_mode = move->old.mode;
    if (!item->remove && move->old.length == item->length && move->old_mode == item->mode &&
        (item->length == 0 || memcmp(move->old.data, item->data, item->length) == 0)) {
        move->unchanged = true;
        return true;
    }
    move->is_key = pki_holds_private(move->old.data, move->old.length);
    if (item->remove && moves(checks, &move->old))
        return true;
    move->stays = move->is_key || (checks->keeps_all && *item->name != '.') || item->keep;
    if (move->is_key && !item->remove && item->mode != 0600 && !is_ssh_name(item->name))
        return error_set(err, STATUS_NO, item->name,
                         "give the two names of their own in deployment.conf (key-file, "
                         "certificate-file)",
                         "holds a private key, and what is no key would be written over it");
    if (item->remove && move->is_key && !item->keep)
        return error_set(err, STATUS_NO, item->name, "move it away by hand",
                         "holds a private key, and would be removed");
    if (!item->replace)
        return error_set(
            err, STATUS_NO, item->name, "choose another name, or --force where the command has it",
            move->is_key ? "a key is there, and a key is never overwritten" : "is there already");
    return true;
}

static bool check_all(const struct store *store, const struct batch *batch, bool keeps_all,
                      struct move *moves, struct error *err)
{
    struct checks checks = {.store = store, .keeps_all = keeps_all, .batch = batch};
    size_t twice = find_twice(batch);
    bool good = true;
    for (size_t i = 0; i < batch->count && good; i++) {
        const char *name = batch->items[i].name;
        good = batch->items[i].remove || strcmp(name, RENEWALS_FILE) == 0 ||
               name_check_file(name, err);
        if (good && i == twice)
            good = error_set(err, STATUS_NO, name, "give each its own file name in deployment.conf",
                             "two things would be written under this name");
        good = good && check_old(&checks, &moves[i], err);
    }
    strings_free(&checks.folder);
    return good;
}

/* NAME.key.20260102T030405Z.bak, a second later where that is taken: no key is lost. */
static char *free_bak_name(const struct store *store, const char *name, time_t now)
{
    for (;; now++) {
        char stamp[32];
        clock_compact(now, stamp);
        char *bak = xformat("%s.%s.bak", name, stamp);
        if (!store_has(store, bak))
            return bak;
        free(bak);
    }
}

/* Gives the old file a second name, so that a later failure can bring it back. */
static bool keep_old(struct store *store, struct move *move, struct error *err)
{
    const char *name = move->item->name;
    if (!move->stays) {
        char *second = xformat(".%s.%ld.old", name, (long)getpid());
        unlinkat(store->fd, second, 0); /* of a process that died; ours by the lock */
        if (linkat(store->fd, name, store->fd, second, 0) == 0) {
            move->kept = second;
            return true;
        }
        free(second); /* no hard links here (FAT): a copy serves as well */
        return file_write_temp(store->fd, name, move->old.data, move->old.length, move->old_mode,
                               &move->kept, err);
    }
    char *copy;
    if (!file_write_temp(store->fd, name, move->old.data, move->old.length,
                         move->is_key ? 0600 : move->old_mode, &copy, err))
        return false;
    bool good = renameat(store->fd, copy, store->fd, move->bak) == 0;
    if (good) {
        move->kept = xstrdup(move->bak);
    } else {
        error_system(err, move->bak, "the old file cannot be kept");
        unlinkat(store->fd, copy, 0);
    }
    free(copy);
    return good;
}

static bool changes_nothing(const struct move *move)
{
    return move->unchanged || (move->item->remove && !move->exists);
}

static bool write_new(struct store *store, struct move *move, struct unsynced *unsynced,
                      struct error *err)
{
    const struct store_write *item = move->item;
    int fd;
    return file_write_open(store->fd, item->name, item->data, item->length, item->mode, &move->temp,
                           &fd, err) &&
           unsynced_add(unsynced, fd, item->name, err);
}

/* All that needs space is written before anything changes. */
static bool prepare(struct store *store, struct move *moves, size_t count, struct error *err)
{
    struct unsynced unsynced = {.count = 0};
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        struct move *move = &moves[i];
        const struct store_write *item = move->item;
        if (changes_nothing(move))
            continue;
        good = (item->remove || write_new(store, move, &unsynced, err)) &&
               (!move->exists || keep_old(store, move, err));
    }
    return unsynced_flush(&unsynced, good ? err : NULL) && good;
}

static bool put_in_place(struct store *store, struct move *moves, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct move *move = &moves[i];
        const char *name = move->item->name;
        if (move->temp) {
            if (renameat(store->fd, move->temp, store->fd, name) != 0)
                return error_system(err, name, "cannot be put in place");
            free(move->temp);
            move->temp = NULL;
        } else if (move->item->remove && move->exists) {
            if (unlinkat(store->fd, name, 0) != 0)
                return error_system(err, name, "cannot be removed");
        } else {
            continue;
        }
        move->done = true;
    }
    if (fsync(store->fd) != 0 && errno != EINVAL && errno != EROFS)
        return error_system(err, store->path, "the store cannot be synced");
    return true;
}

static void roll_back(struct store *store, struct move *moves, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        struct move *move = &moves[i];
        const char *name = move->item->name;
        if (move->temp)
            unlinkat(store->fd, move->temp, 0);
        if (!move->done) {
            if (move->kept)
                unlinkat(store->fd, move->kept, 0);
            continue;
        }
        if (!move->kept)
            unlinkat(store->fd, name, 0);
        else if (renameat(store->fd, move->kept, store->fd, name) == 0 && move->is_key &&
                 fchmodat(store->fd, name, move->old_mode, 0) != 0)
            continue; /* 0600 is no worse */
    }
    fsync(store->fd);
}

static void drop_old(struct store *store, const struct move *moves, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (moves[i].kept && !moves[i].stays)
            unlinkat(store->fd, moves[i].kept, 0);
}

static void tell_kept(const struct move *moves, size_t count, struct strings *kept)
{
    for (size_t i = 0; i < count; i++)
        if (moves[i].kept && moves[i].stays)
            strings_add(kept, moves[i].kept);
}

/* What each change does, before the first is made: whoever finds it half done can take it back. */
static bool journal(const struct store *store, const struct batch *batch, const struct move *moves,
                    time_t now, struct journal_entry *entry, struct error *err)
{
    *entry = (struct journal_entry){.at = now, .undoes = batch->undoes};
    if (!batch->verb)
        return true;
    entry->verb = xstrdup(batch->verb);
    for (size_t i = 0; i < batch->count; i++)
        if (!changes_nothing(&moves[i]))
            journal_note(entry, batch->items[i].name, moves[i].exists ? &moves[i].old : NULL,
                         &batch->items[i], moves[i].bak ? moves[i].bak : "");
    return !entry->count || journal_begin(store, entry, err);
}

static bool carry_out(struct store *store, const struct batch *batch, struct move *moves,
                      time_t now, struct error *err)
{
    struct journal_entry entry;
    for (size_t i = 0; i < batch->count; i++)
        if (moves[i].stays && moves[i].exists)
            moves[i].bak = free_bak_name(store, batch->items[i].name, now);
    bool good = journal(store, batch, moves, now, &entry, err) &&
                prepare(store, moves, batch->count, err) &&
                put_in_place(store, moves, batch->count, err);
    if (!good) {
        roll_back(store, moves, batch->count);
        if (entry.number)
            journal_drop(store, &entry);
    } else {
        drop_old(store, moves, batch->count); /* the journal has them, or nobody wants them */
        good = !entry.number || journal_end(store, &entry, err);
    }
    journal_entry_free(&entry);
    return good;
}

static bool commit(struct store *store, const struct batch *batch, bool keeps_all, time_t now,
                   struct strings *kept, struct error *err)
{
    if (store->lock_fd < 0)
        return error_set(err, STATUS_SYSTEM, store->path, NULL, "the store is not locked");
    struct move *moves = xcalloc(batch->count, sizeof *moves);
    for (size_t i = 0; i < batch->count; i++)
        moves[i].item = &batch->items[i];

    /* A signal waits until the transaction is whole. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    store_sweep(store, false);
    bool good =
        check_all(store, batch, keeps_all, moves, err) && carry_out(store, batch, moves, now, err);
    if (good && kept)
        tell_kept(moves, batch->count, kept);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    for (size_t i = 0; i < batch->count; i++) {
        buffer_free(&moves[i].old);
        free(moves[i].temp);
        free(moves[i].bak);
        free(moves[i].kept);
    }
    free(moves);
    return good;
}

bool store_commit(struct store *store, const struct batch *batch, time_t now, struct error *err)
{
    return commit(store, batch, false, now, NULL, err);
}

bool store_commit_telling(struct store *store, const struct batch *batch, time_t now,
                          struct strings *kept, struct error *err)
{
    return commit(store, batch, false, now, kept, err);
}

bool store_commit_keeping(struct store *store, const struct batch *batch, time_t now,
                          struct strings *kept, struct error *err)
{
    return commit(store, batch, true, now, kept, err);
}
