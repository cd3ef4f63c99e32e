#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/error.h"
#include "base/str.h"

/* A long text that is handed on while it is made, and never is in memory as a whole. Start with
 * {.take = ..., .context = ...}; end with stream_end, whatever happens. */
struct stream {
    struct str text; /* what was added since */
    bool (*take)(void *context, const char *text, size_t length, struct error *err);
    void *context;
    bool failed; /* nothing more is handed on */
    struct error why;
};
/* To be called now and then: hands on what came together, when it is worth the call. */
void stream_pass(struct stream *stream);
/* Hands on the rest; false where any of it was not taken. */
must_check bool stream_end(struct stream *stream, struct error *err);

#endif
