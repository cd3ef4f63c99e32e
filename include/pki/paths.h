#ifndef PKI_PATHS_H
#define PKI_PATHS_H

#include "pki/chain.h"

/* The paths found above the leaves of a store, for whoever asks again: one answer of the wizard is
 * judged a dozen times, and no certificate changed. What it remembers points to certificates, so it
 * lives no longer than they do. Threads may share one. */
struct paths;
struct paths *paths_new(void);
void paths_free(struct paths *paths); /* NULL is none */
void paths_forget(struct paths *paths);
/* chain_build, remembered; paths NULL: not. */
void paths_build(struct paths *paths, const struct cert *leaf, const struct cert *const *pool,
                 size_t count, time_t at, struct chain *out);

#endif
