#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/stat.h>

#define FILE_LIMIT_BYTES ((size_t)16 << 20) /* nothing of a PKI is larger */

/* The bytes of a file, NUL-terminated besides. Start with {0}; free with buffer_free, which wipes.
 */
struct buffer {
    unsigned char *data;
    size_t length;
    mode_t mode;
};
void buffer_free(struct buffer *buffer);

/* Reads a regular file. Folders, FIFOs, sockets, devices and files over FILE_LIMIT_BYTES are
 * refused with a message that says which. dir is AT_FDCWD or an open folder. nofollow refuses
 * symlinks. "-" is no special name here. */
must_check bool file_read_at(int dir, const char *name, bool nofollow, struct buffer *out,
                             struct error *err);
must_check bool file_read(const char *path, struct buffer *out, struct error *err);
/* The same file, of any size, to be read in pieces by file_piece; close *fd. */
must_check bool file_open_at(int dir, const char *name, bool nofollow, int *fd, struct stat *info,
                             struct error *err);
/* Up to length bytes, fewer at the file's end alone; *got tells. false: errno says why. */
must_check bool file_piece(int fd, void *data, size_t length, size_t *got);

/* Writes beside, fsyncs, renames, fsyncs the folder: the old file or the new, never a part.
 * The mode is exact, whatever the umask. */
must_check bool file_replace(const char *path, const void *data, size_t length, mode_t mode,
                             struct error *err);

/* The same where no file is: one that appeared meanwhile stays, and *taken says so. */
must_check bool file_place(const char *path, const void *data, size_t length, mode_t mode,
                           bool *taken, struct error *err);

/* Files that were written, brought to the disk and closed: some at a time, whose syncs the disk
 * does together. The place of the first that failed (errno tells), count when all is well. */
size_t files_sync(const int *fds, size_t count);

/* Files that are written and not yet on the disk: few enough for any limit of open files. Start
 * with {0}; whatever happens, end with unsynced_flush. */
struct unsynced {
    int fds[32];
    char *names[32];
    size_t count;
};
/* Takes the file; name is said where its sync fails. Flushes when there are many. */
must_check bool unsynced_add(struct unsynced *unsynced, int fd, const char *name,
                             struct error *err);
must_check bool unsynced_flush(struct unsynced *unsynced, struct error *err);

/* All that was written to the file system on which fd lies, in one go: for many files at once. */
must_check bool disk_sync(int fd, const char *name, struct error *err);

/* A new file in a folder that nobody looks into yet: none may be there. The mode is exact, whatever
 * the umask. Closed and synced by the caller. */
must_check bool file_create(int dir, const char *name, mode_t mode, int *fd, struct error *err);
must_check bool file_append(int fd, const char *name, const void *data, size_t length,
                            struct error *err);
/* A temporary file beside name in the folder dir, written and fsynced; *temp is its name (free).
 * Rename it with renameat or unlink it. */
must_check bool file_write_temp(int dir, const char *name, const void *data, size_t length,
                                mode_t mode, char **temp, struct error *err);
/* The same before its fsync; *fd goes to files_sync. */
must_check bool file_write_open(int dir, const char *name, const void *data, size_t length,
                                mode_t mode, char **temp, int *fd, struct error *err);

/* Makes a folder and its parents. */
must_check bool folder_make(const char *path, mode_t mode, struct error *err);
/* Removes a folder and all below it; symlinks are not followed. */
must_check bool folder_remove(const char *path, struct error *err);
/* a/b, or b alone where a is "" or "." or b is absolute; free it. */
char *path_join(const char *folder, const char *name);
/* The part after the last slash; within path. */
const char *path_base(const char *path);

#endif
