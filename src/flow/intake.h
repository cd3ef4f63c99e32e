#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include "flow/step.h"

/* What came back from CAs, as the import page keeps it: everything that was named or pasted adds
 * up, is looked at again with each addition, and stays until it is written or dropped. */

/* What waits from an earlier visit, or deployment.conf is another one now: looked at when the page
 * is shown. */
void intake_look_once(struct flow *flow);
/* Paths as a person types, drops or pastes them. */
must_check bool intake_add_paths(struct flow *flow, const char *text, struct error *err);
/* A text that was pasted: paths, line by line, or what is in such files. */
must_check bool intake_add_text(struct flow *flow, const char *text, struct error *err);
must_check bool intake_open(struct flow *flow, const char *password, struct error *err);
/* The private key that came is for this identity; force: in place of one with a certificate. */
must_check bool intake_take_key(struct flow *flow, const char *identity, bool force,
                                struct error *err);
/* The row's file, folder or text with all that is in it; or what waits from an earlier time. */
must_check bool intake_drop(struct flow *flow, size_t object, struct error *err);
must_check bool intake_drop_all(struct flow *flow, struct error *err);
/* Of several chains that hold for it, the next one. */
must_check bool intake_next_chain(struct flow *flow, const struct import_identity *identity,
                                  struct error *err);
void intake_tick(struct flow *flow, struct import_identity *identity);
must_check bool intake_write(struct flow *flow, struct error *err);

/* The identity whose certificate or key the object is; NULL: none's. */
struct import_identity *intake_identity(const struct flow *flow,
                                        const struct import_object *object);
/* Ticked, and not in place already. */
size_t intake_count_taken(const struct flow *flow);

/* paths.c: "~/a", 'a b', a\ b, file:///a%20b, one or several. The whole text is one path where
 * there is such a file. */
must_check bool paths_split(const char *text, struct strings *out, struct error *err);
/* Every line of it is a path. */
bool paths_only(const char *text);

/* intake_rows.c */
void intake_rows(const struct flow *flow, struct page *page);

#endif
