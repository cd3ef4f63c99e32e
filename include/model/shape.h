#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include "model/build.h"

/* The answers that make a deployment of several servers from a preset: how many of which, by which
 * names, and what runs there. Told from the deployment, whoever made it. */

struct shape {
    const struct preset *preset; /* NULL: none; the rest is empty */
    struct strings with, without;
    struct build_count *counts; /* of each section that asks how many */
    size_t count_count;
    struct build_name *names; /* of each whose names aren't the preset's; patterns are owned */
    size_t name_count;
};
/* false: no preset makes servers and services like these. */
must_check bool shape_of(const struct deployment *deployment, const struct preset *preset,
                         struct shape *out);
/* The preset unasked. */
void shape_start(const struct preset *preset, struct shape *out);
void shape_copy(const struct shape *shape, struct shape *out);
void shape_free(struct shape *shape);
/* The preset asks for more than a server. */
bool preset_asks_shape(const struct preset *preset);

void shape_fill(const struct shape *shape, struct build_options *options);
long shape_count(const struct shape *shape, const struct preset_server *server);
void shape_set_count(struct shape *shape, const struct preset_server *server, long count);
/* The template of their addresses. */
const char *shape_names(const struct shape *shape, const struct preset_server *server);
void shape_set_names(struct shape *shape, const struct preset_server *server, const char *pattern);
/* The release has some of it. */
bool offer_known(const struct catalogue *catalogue, const struct preset_offer *offer,
                 const char *release);
bool shape_has(const struct catalogue *catalogue, const struct shape *shape,
               const struct preset_offer *offer, const char *release);
void shape_offer(const struct catalogue *catalogue, struct shape *shape,
                 const struct preset_offer *offer, const char *release, bool on);
/* "core{n}.{domain}" of core{n}.example.com. Free it. */
char *shape_hole(const char *address, const char *domain);
/* What the servers of the section are called, one after another. */
void shape_servers(const struct shape *shape, const struct preset_server *server,
                   const char *domain, struct strings *out);

#endif
