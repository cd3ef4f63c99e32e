#ifndef BASE_JOB_H
#define BASE_JOB_H

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>

/* One piece of work on a thread of its own. Notes come through a pipe, one line each, shorter than
 * PIPE_BUF; results are read after job_join. Signals are blocked in the thread. */
struct job;

/* What the worker sees. */
struct progress {
    int fd; /* the pipe's writing end, -1: nobody listens */
    atomic_bool *cancelled;
};

typedef bool (*job_function)(void *arg, struct progress *progress, struct error *err);

/* Starts fn(arg). *fd is the end to poll and read; it reaches its end when the work is done. */
must_check bool job_start(job_function fn, void *arg, struct job **out, int *fd, struct error *err);
/* Asks it to stop after the current step. */
void job_cancel(struct job *job);
/* Waits; the worker's result and error. Frees the job and closes the pipe. */
must_check bool job_join(struct job *job, struct error *err);

/* One step done: writes "done total note\n". false when cancelled. progress may be NULL. */
bool progress_step(struct progress *progress, size_t done, size_t total, const char *note);
bool progress_cancelled(const struct progress *progress);

#endif
