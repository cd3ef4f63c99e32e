#ifndef PLAN_FOLDER_H
#define PLAN_FOLDER_H

#include "base/file.h"
#include "base/str.h"

/* install/ replaced whole: made beside, put in place by one rename, the old one removed after. */
struct folder {
    char *path;   /* as asked for, without slashes at its end */
    char *temp;   /* beside it: to be filled */
    int lock;     /* held on temp: tells a living writer's folder from one that a crash left */
    bool at_once; /* many files: they are brought to the disk in one go */
    struct strings folders; /* made below temp; empty where it's done at_once */
    struct unsynced files;  /* written below temp, and not yet on the disk */
    int fd;                 /* of the file that is being written, -1: none is */
    char *place;            /* where that is, for messages */
};
/* Refuses a path where something lies that is no folder of ours (it has our plan.json); makes temp.
 * files: how many are going to be written. Ends with folder_end in any case of success. */
must_check bool folder_begin(const char *path, size_t files, struct folder *out, struct error *err);
/* A folder below temp, by its name there; on the disk when folder_swap is done. */
must_check bool folder_add(struct folder *folder, const char *name, struct error *err);
/* A file, in pieces; one at a time. */
must_check bool folder_open(struct folder *folder, const char *name, mode_t mode,
                            struct error *err);
must_check bool folder_append(struct folder *folder, const void *data, size_t length,
                              struct error *err);
must_check bool folder_close(struct folder *folder, struct error *err);
/* temp takes path's place; what was there is temp then. All or nothing. */
must_check bool folder_swap(struct folder *folder, struct error *err);
/* Removes temp and what it holds. */
must_check bool folder_end(struct folder *folder, struct error *err);

#endif
