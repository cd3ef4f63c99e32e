#ifndef FLOW_DRAFT_H
#define FLOW_DRAFT_H

#include "base/str.h"

/* Half-typed answers, kept beside deployment.conf so that a lost line or a kill loses nothing:
 * .certwright.draft, 0600, never a password. It goes when it is empty. Start with {0}. */

struct draft_text {
    char *page, *field, *text;
};
struct draft {
    char *path; /* NULL: nothing is kept */
    struct draft_text *texts;
    size_t count;
    bool changed;
};

/* Reads what an earlier run left; anything unreadable is as good as none. */
void draft_open(struct draft *draft, const char *config);
/* NULL: none. */
const char *draft_text(const struct draft *draft, const char *page, const char *field);
void draft_set(struct draft *draft, const char *page, const char *field, const char *text);
void draft_remove(struct draft *draft, const char *page, const char *field);
/* Writes when something changed. A failure is no reason to disturb anybody: false. */
bool draft_save(struct draft *draft);
void draft_free(struct draft *draft);

#endif
