#ifndef PLAN_BOOK_H
#define PLAN_BOOK_H

#include "plan/merge.h"
#include "plan/plan.h"

/* RUNBOOK.md while it is written: for a person at night who has never done this. */

struct book_service {
    const struct service *service;
    const struct strings *base; /* the lines that must have been typed before */
    const char *shows;          /* its display; NULL: no command is known */
};
struct book {
    const struct plan *plan;
    const struct facts *facts;
    struct stream *stream;
    struct str *out;               /* of the stream */
    struct book_service *services; /* those that have steps, in file order */
    size_t count;
    struct arena texts;                 /* of these */
    const struct plan_server **servers; /* by the deployment's; NULL: it has no steps */
    const struct step *first_call;      /* of the API; NULL */
};

/* Of a renewal: why now, what changes, and how it goes. */
void book_story(const struct book *book);
/* Its files on the servers, and the ones to go back with. */
const struct plan_extra *book_extra(const struct book *book, const struct step *step,
                                    const char *name);
/* Who notices what, and for how long: the whole, and each outage by its steps. */
void book_outage(const struct book *book);
void book_window(const struct book *book);
/* What to have ready: access, files, keys, preconditions, the time window. */
void book_before(const struct book *book);
/* The steps, turn by turn. */
void book_steps(const struct book *book);
/* What others must trust. */
void book_outside(const struct book *book);
/* That, what to look at when done, how to go back. */
void book_after(const struct book *book);

const struct server *book_server(const struct book *book, const char *name);
const struct plan_server *book_plan_server(const struct book *book, const char *name);
/* The address as URLs have it: an IPv6 one in brackets. */
char *book_url_address(const struct server *server);
/* https://ADDRESS:PORT of the management service of that server, or else of the first that has one;
 * *found is its service. NULL: none. Free it. */
char *book_management_url(const struct book *book, const struct server *server,
                          const struct service **found);
/* "a, b, c", and of many the first few. Free it. */
char *book_some(const struct strings *list, const char *between);

#endif
