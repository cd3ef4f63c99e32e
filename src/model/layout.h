#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H

#include "model/build.h"

/* Private to model/: the servers that a preset makes, and what runs on each. */

struct layout_service {
    char *name;
    const struct component *component;
    const char *answer; /* to the question that it is there once for each of; NULL without one */
};
struct layout_server {
    char *name, *address;
    const struct preset_server *preset;
    struct strings kinds;
    struct layout_service *services;
    size_t service_count;
};
struct layout {
    struct layout_server *servers;
    size_t count;
};

must_check bool layout_make(const struct catalogue *catalogue, const struct build_options *options,
                            struct layout *out, struct error *err);
void layout_free(struct layout *layout);

/* "{server}", "{domain}" and "{n}" of a preset's names. Free it. */
char *layout_fill(const char *pattern, const char *server, const char *domain, size_t n);
/* What the nth server of the section is called: an address given by a template of its own names it;
 * one that tells no name, or the same of all, doesn't. Free it. */
char *layout_name(const struct build_options *options, const struct preset_server *server,
                  size_t n);
/* How many servers are asked for by that word; unasked as many as the preset says. */
long layout_count(const struct build_options *options, const char *word, long initial);

#endif
