#ifndef MODEL_PATTERN_H
#define MODEL_PATTERN_H

#include "model/deployment.h"

/* What alike services have in common, as a person writes it once for all of them:
 * "edge{n}.example.com". {n} is the number of the one that has the value, {server} and {address}
 * its server's, {domain} the deployment's. */

struct seat { /* who has a value */
    const struct deployment *deployment;
    const struct server *server;
    size_t number;
};
/* What the pattern is there; braces that are no hole stay. Free it. */
char *pattern_fill(const char *pattern, const struct seat *seat);
bool pattern_varies(const char *pattern);
/* The pattern that most of the values follow: fits says whose; of two that as many follow the one
 * of the first value. NULL: fewer than half follow any. Free it. */
char *pattern_common(const struct seat *seats, const char *const *values, size_t count, bool *fits);
/* The value as it would be written for others: a number behind a letter becomes {n} where it is the
 * seat's, and what the server is called or reached by a hole. Free it. */
char *pattern_of_value(const char *value, const struct seat *seat);

#endif
