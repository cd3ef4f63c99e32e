#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "ops/material.h"
#include "pki/chain.h"

/* What to do about a chain that does not hold: which issuer lacks, where it can be had. */

struct advice_question {
    const struct chain *chain;     /* the best failure */
    char **files;                  /* as named: certificate, bundle, CA */
    const struct pki_file *parsed; /* the same, read */
    size_t file_count;
    const struct pool *links, *anchors;
    enum purpose purpose;
    const char *host;
    time_t at;
    const struct scan *store; /* NULL: none to look into */
};

/* Fills err with the file, what is wrong in plain words, and what to do. */
void advice_give(const struct advice_question *question, struct error *err);

#endif
