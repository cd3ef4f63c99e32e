#include "base/file.h"

#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void buffer_free(struct buffer *buffer)
{
    wipe(buffer->data, buffer->length);
    free(buffer->data);
    *buffer = (struct buffer){0};
}

static bool check_kind(const struct stat *info, const char *name, struct error *err)
{
    const char *kind = S_ISDIR(info->st_mode)                             ? "a folder"
                       : S_ISFIFO(info->st_mode)                          ? "a FIFO"
                       : S_ISSOCK(info->st_mode)                          ? "a socket"
                       : S_ISCHR(info->st_mode) || S_ISBLK(info->st_mode) ? "a device"
                                                                          : NULL;
    if (kind)
        return error_set(err, STATUS_NO, name, "name a regular file", "it is %s, not a file", kind);
    if (!S_ISREG(info->st_mode))
        return error_set(err, STATUS_NO, name, "name a regular file", "it is no regular file");
    return true;
}

static bool check_size(const struct stat *info, const char *name, struct error *err)
{
    return (size_t)info->st_size <= FILE_LIMIT_BYTES ||
           error_set(err, STATUS_NO, name, "no file of a PKI is that large: check the name",
                     "it has more than 16 MiB");
}

/* Reads to the end; a file that grows meanwhile is read up to the limit. */
static bool read_all(int fd, size_t expected, struct buffer *out)
{
    size_t room = expected + 1;
    out->data = xcalloc(1, room + 1);
    for (;;) {
        if (out->length == room) {
            if (room > FILE_LIMIT_BYTES) {
                errno = EFBIG;
                return false;
            }
            unsigned char *bigger = xcalloc(1, room * 2 + 1);
            memcpy(bigger, out->data, out->length);
            wipe(out->data, out->length);
            free(out->data);
            out->data = bigger;
            room *= 2;
        }
        ssize_t got = read(fd, out->data + out->length, room - out->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        out->length += (size_t)got;
    }
    out->data[out->length] = '\0';
    return true;
}

bool file_open_at(int dir, const char *name, bool nofollow, int *fd, struct stat *info,
                  struct error *err)
{
    *fd = openat(dir, name,
                 O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (nofollow ? O_NOFOLLOW : 0));
    if (*fd < 0 && errno == ENXIO) /* a socket */
        return error_set(err, STATUS_NO, name, "name a regular file", "it is a socket, not a file");
    if (*fd < 0)
        return error_system(err, name, "cannot be read");
    bool good = fstat(*fd, info) == 0 ? check_kind(info, name, err)
                                      : error_system(err, name, "cannot be read");
    if (!good)
        close(*fd);
    return good;
}

bool file_piece(int fd, void *data, size_t length, size_t *got)
{
    for (*got = 0; *got < length;) {
        ssize_t part = read(fd, (char *)data + *got, length - *got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return part == 0;
        *got += (size_t)part;
    }
    return true;
}

bool file_read_at(int dir, const char *name, bool nofollow, struct buffer *out, struct error *err)
{
    *out = (struct buffer){0};
    int fd;
    struct stat info;
    if (!file_open_at(dir, name, nofollow, &fd, &info, err))
        return false;
    bool good = check_size(&info, name, err);
    if (good) {
        good = read_all(fd, (size_t)info.st_size, out) || error_system(err, name, "cannot be read");
        out->mode = info.st_mode & 07777;
    }
    close(fd);
    if (!good)
        buffer_free(out);
    return good;
}

bool file_read(const char *path, struct buffer *out, struct error *err)
{
    return file_read_at(AT_FDCWD, path, false, out, err);
}

static bool write_all(int fd, const void *data, size_t length)
{
    const char *at = data;
    while (length) {
        ssize_t done = write(fd, at, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        at += done;
        length -= (size_t)done;
    }
    return true;
}

bool file_write_open(int dir, const char *name, const void *data, size_t length, mode_t mode,
                     char **temp, int *out, struct error *err)
{
    static _Atomic unsigned serial;
    const char *base = path_base(name);
    char *path = NULL;
    int fd = -1;
    for (int try = 0; try < 100 && fd < 0; try++) {
        free(path);
        path =
            xformat("%.*s.%s.%ld-%u.tmp", (int)(base - name), name, base, (long)getpid(), serial++);
        fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, data, length)) {
        *temp = path;
        *out = fd;
        return true;
    }
    error_system(err, name, "cannot be written");
    if (fd >= 0) {
        close(fd);
        unlinkat(dir, path, 0);
    }
    free(path);
    return false;
}

/* The umask seldom takes anything away: a look costs less than to set the mode. */
static bool has_mode(int fd, mode_t mode)
{
    struct stat info;
    return fstat(fd, &info) == 0 && (info.st_mode & 07777) == mode;
}

bool file_create(int dir, const char *name, mode_t mode, int *out, struct error *err)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    *out = fd;
    if (fd >= 0 && (has_mode(fd, mode) || fchmod(fd, mode) == 0))
        return true;
    error_system(err, name, "cannot be written");
    if (fd >= 0)
        close(fd);
    *out = -1;
    return false;
}

bool file_append(int fd, const char *name, const void *data, size_t length, struct error *err)
{
    return write_all(fd, data, length) || error_system(err, name, "cannot be written");
}

bool file_write_temp(int dir, const char *name, const void *data, size_t length, mode_t mode,
                     char **temp, struct error *err)
{
    int fd;
    if (!file_write_open(dir, name, data, length, mode, temp, &fd, err))
        return false;
    if (files_sync(&fd, 1) == 1)
        return true;
    error_system(err, name, "cannot be written");
    unlinkat(dir, *temp, 0);
    free(*temp);
    return false;
}

static bool sync_folder_of(const char *path)
{
    const char *base = path_base(path);
    char *folder = base == path ? xstrdup(".") : xstrndup(path, (size_t)(base - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return false;
    bool good = fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
    close(fd);
    return good;
}

bool file_replace(const char *path, const void *data, size_t length, mode_t mode, struct error *err)
{
    char *temp;
    if (!file_write_temp(AT_FDCWD, path, data, length, mode, &temp, err))
        return false;
    bool good = rename(temp, path) == 0;
    if (!good) {
        error_system(err, path, "cannot be written");
        unlink(temp);
    } else if (!sync_folder_of(path)) {
        good = error_system(err, path, "its folder cannot be synced");
    }
    free(temp);
    return good;
}

/* FAT knows no links, and old file systems no renaming that spares what is there: one of the two
 * works nearly everywhere. */
static bool move_to_free(const char *temp, const char *path)
{
    if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST || link(temp, path) != 0)
        return false;
    unlink(temp);
    return true;
}

bool file_place(const char *path, const void *data, size_t length, mode_t mode, bool *taken,
                struct error *err)
{
    char *temp;
    *taken = false;
    if (!file_write_temp(AT_FDCWD, path, data, length, mode, &temp, err))
        return false;
    bool good = move_to_free(temp, path);
    if (!good) {
        *taken = errno == EEXIST;
        error_system(err, path, "cannot be written");
        unlink(temp);
    } else if (!sync_folder_of(path)) {
        good = error_system(err, path, "its folder cannot be synced");
    }
    free(temp);
    return good;
}

bool folder_make(const char *path, mode_t mode, struct error *err)
{
    char *copy = xstrdup(path);
    bool good = true;
    for (char *at = copy + 1; good; at++) {
        char byte = *at;
        if (byte != '/' && byte != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, mode) != 0 && errno != EEXIST)
            good = error_system(err, path, "the folder cannot be made");
        *at = byte;
        if (byte == '\0')
            break;
    }
    free(copy);
    struct stat info;
    if (good && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
        good = error_set(err, STATUS_NO, path, "choose another name or move it away",
                         "it is there, and no folder");
    return good;
}

static bool remove_below(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return false;
    }
    bool good = true;
    struct dirent *entry;
    while (good && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        good = (errno == EISDIR || errno == EPERM) && remove_below(fd, entry->d_name);
    }
    closedir(dir);
    return good && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

bool folder_remove(const char *path, struct error *err)
{
    if (remove_below(AT_FDCWD, path))
        return true;
    return error_system(err, path, "the folder cannot be removed");
}

char *path_join(const char *folder, const char *name)
{
    if (!*folder || strcmp(folder, ".") == 0 || *name == '/')
        return xstrdup(name);
    return xformat("%s%s%s", folder, text_ends(folder, "/") ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
