#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

#include "model/facts.h"

/* The map of trusts: who accepts whose certificates, by which file. */

/* For Graphviz: servers with their services, and an arrow from who accepts to whose certificates
 * are accepted. A file that several stand in is a node of its own, so that the arrows are no more
 * than the certificates. Dashed: the file is not in the store. */
void graph_dot(const struct facts *facts, struct str *out);
/* In characters, 80 columns wide where names allow it. */
void graph_text(const struct facts *facts, struct str *out);

#endif
