#include "plan/folder.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/deployment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char temp_mark[] = ".tmp-";

/* Up to so many files are synced one by one. More take seconds that way, and all that is unwritten
 * on the disk, whosever it is, a fraction of one. */
enum { FILES_EACH = 250 };

/* Of plan.json so much is looked at: its first step, however many files that uploads. */
enum { FIRST_STEP_BYTES = 1 << 20 };

/* plan.json as we write it: a list of steps. By its first one: all the others are as long as the
 * deployment. */
static bool is_our_plan(const char *text, size_t length)
{
    static const char *const members[] = {"step",    "phase",  "server",  "file", "upload",
                                          "command", "expect", "section", "undo", "manual"};
    bool is_array = length && *text == '[';
    const char *end = text + length;
    while (text < end && strchr("[ \n", *text) && *text)
        text++;
    bool is_empty = text < end && *text == ']';
    json_t *first = is_array && !is_empty
                        ? json_loadb(text, (size_t)(end - text), JSON_DISABLE_EOF_CHECK, NULL)
                        : NULL;
    bool ours = is_array && (is_empty || json_is_object(first));
    for (size_t i = 0; first && ours && i < sizeof members / sizeof *members; i++)
        ours = json_object_get(first, members[i]) != NULL;
    json_decref(first);
    return ours;
}

static bool holds_our_plan(const char *path)
{
    int fd;
    struct stat info;
    char *name = path_join(path, "plan.json");
    bool ours = file_open_at(AT_FDCWD, name, true, &fd, &info, NULL);
    if (ours) {
        size_t length;
        size_t room = info.st_size < FIRST_STEP_BYTES ? (size_t)info.st_size : FIRST_STEP_BYTES;
        char *text = xcalloc(1, room + 1);
        ours = file_piece(fd, text, room, &length) && is_our_plan(text, length);
        free(text);
        close(fd);
    }
    free(name);
    return ours;
}

static bool check_target(const char *path, struct error *err)
{
    static const char remedy[] = "move it away or name another place with --out";
    const char *base = path_base(path);
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return error_set(err, STATUS_NO, path, "give the folder a name: --out install",
                         "the installation cannot be put in the place of that folder");
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT || error_system(err, path, "cannot be looked at");
    if (!S_ISDIR(info.st_mode))
        return error_set(err, STATUS_NO, path, remedy, "it is there, and no folder");
    if (!holds_our_plan(path))
        return error_set(err, STATUS_NO, path, remedy,
                         "that folder was not written by certwright (it has no plan.json of ours), "
                         "so it is not replaced");
    return true;
}

static char *parent_of(const char *path)
{
    const char *base = path_base(path);
    if (base == path)
        return xstrdup(".");
    return xstrndup(path, base - path > 1 ? (size_t)(base - path) - 1 : 1);
}

/* install.tmp-XXXXXX as we make it, or with -old behind: what stood in path's place. */
static bool is_left_over(const char *name, const char *mark, bool old_too)
{
    size_t length = strlen(mark) + strlen("XXXXXX");
    if (!text_starts(name, mark) || strlen(name) < length)
        return false;
    return !name[length] || (old_too && strcmp(name + length, "-old") == 0);
}

/* Removed unless its writer lives and holds its lock. */
static void remove_left_over(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && info.st_uid == geteuid() &&
        (info.st_mode & 07777) == 0700 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        bool gone = folder_remove(path, NULL);
        (void)gone; /* else the next plan tries again */
    }
    if (fd >= 0)
        close(fd);
}

/* Folders beside that a crash left, private keys in them. An old installation set aside is removed
 * only where a new one took its place. */
static void sweep(const char *parent, const char *path)
{
    DIR *dir = opendir(parent);
    if (!dir)
        return;
    struct stat info;
    bool there = lstat(path, &info) == 0;
    char *mark = xformat("%s%s", path_base(path), temp_mark);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (!is_left_over(entry->d_name, mark, there))
            continue;
        char *name = path_join(parent, entry->d_name);
        remove_left_over(name);
        free(name);
    }
    free(mark);
    closedir(dir);
}

static bool make_temp(struct folder *folder, struct error *err)
{
    folder->temp = xformat("%s%sXXXXXX", folder->path, temp_mark);
    if (!mkdtemp(folder->temp))
        return error_system(err, folder->path, "no folder can be made beside it");
    folder->lock = open(folder->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->lock < 0 || flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
        error_system(err, folder->temp, "cannot be locked");
        rmdir(folder->temp);
        return false;
    }
    return true;
}

static void folder_free(struct folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    if (folder->lock >= 0)
        close(folder->lock);
    free(folder->place);
    strings_free(&folder->folders);
    free(folder->path);
    free(folder->temp);
    *folder = (struct folder){.lock = -1, .fd = -1};
}

bool folder_begin(const char *path, size_t files, struct folder *out, struct error *err)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    *out = (struct folder){.path = xstrndup(path, length), .lock = -1, .fd = -1};
    out->at_once = files > FILES_EACH;
    char *parent = parent_of(out->path);
    bool good = check_target(out->path, err) && folder_make(parent, 0777, err);
    if (good) {
        sweep(parent, out->path);
        good = make_temp(out, err);
    }
    free(parent);
    if (!good)
        folder_free(out);
    return good;
}

static bool exchange(const char *a, const char *b)
{
#if defined(SYS_renameat2) && defined(RENAME_EXCHANGE)
    return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
#else
    (void)a;
    (void)b;
    errno = ENOSYS;
    return false;
#endif
}

/* Where the file system cannot exchange: two renames, and back when the second fails. */
static bool exchange_in_steps(struct folder *folder)
{
    char *aside = xformat("%s-old", folder->temp);
    bool good = rename(folder->path, aside) == 0;
    if (good && rename(folder->temp, folder->path) != 0) {
        int why = errno;
        good = false;
        if (rename(aside, folder->path) != 0)
            why = errno;
        errno = why;
    }
    if (good)
        good = rename(aside, folder->temp) == 0;
    free(aside);
    return good;
}

static bool sync_parent(const char *path, struct error *err)
{
    char *parent = parent_of(path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
    if (!good)
        error_system(err, path, "its folder cannot be synced");
    if (fd >= 0)
        close(fd);
    free(parent);
    return good;
}

bool folder_add(struct folder *folder, const char *name, struct error *err)
{
    char *path = path_join(folder->temp, name);
    bool good = mkdir(path, 0700) == 0 || error_system(err, path, "cannot be made");
    if (!folder->at_once)
        strings_add(&folder->folders, path);
    free(path);
    return good;
}

bool folder_open(struct folder *folder, const char *name, mode_t mode, struct error *err)
{
    free(folder->place);
    folder->place = path_join(folder->temp, name);
    return file_create(AT_FDCWD, folder->place, mode, &folder->fd, err);
}

bool folder_append(struct folder *folder, const void *data, size_t length, struct error *err)
{
    return file_append(folder->fd, folder->place, data, length, err);
}

bool folder_close(struct folder *folder, struct error *err)
{
    int fd = folder->fd;
    folder->fd = -1;
    if (!folder->at_once)
        return unsynced_add(&folder->files, fd, folder->place, err);
    return close(fd) == 0 || error_system(err, folder->place, "cannot be written");
}

/* The files, then the folders that name them. */
static bool sync_below(struct folder *folder, struct error *err)
{
    if (folder->at_once)
        return disk_sync(folder->lock, folder->temp, err);
    bool good = unsynced_flush(&folder->files, err);
    for (size_t i = 0; good && i < folder->folders.count; i++) {
        const char *path = folder->folders.items[i];
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        good = fd >= 0 ? unsynced_add(&folder->files, fd, path, err)
                       : error_system(err, path, "cannot be synced");
    }
    return unsynced_flush(&folder->files, good ? err : NULL) && good;
}

/* What was delivered and rehearsed outlives the plan that it was done with. */
static bool keep_what_was_done(const struct folder *folder, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < KEPT_FOLDERS; i++) {
        char *from = path_join(folder->temp, kept_folders[i]);
        char *to = path_join(folder->path, kept_folders[i]);
        good =
            rename(from, to) == 0 || errno == ENOENT || error_system(err, from, "cannot be kept");
        free(from);
        free(to);
    }
    return good;
}

bool folder_swap(struct folder *folder, struct error *err)
{
    struct stat info;
    if (!sync_below(folder, err))
        return false;
    if (fsync(folder->lock) != 0 && errno != EINVAL && errno != EROFS)
        return error_system(err, folder->temp, "cannot be synced");
    bool there = lstat(folder->path, &info) == 0;
    if (!there && rename(folder->temp, folder->path) != 0)
        return error_system(err, folder->path, "cannot be put in place");
    if (there && !exchange(folder->temp, folder->path) && !exchange_in_steps(folder))
        return error_system(err, folder->path, "cannot be put in place");
    if (there && !keep_what_was_done(folder, err))
        return false;
    return sync_parent(folder->path, err);
}

bool folder_end(struct folder *folder, struct error *err)
{
    bool good = unsynced_flush(&folder->files, NULL); /* of what was given up */
    good = folder_remove(folder->temp, err);
    folder_free(folder);
    return good;
}
