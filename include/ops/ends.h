#ifndef OPS_ENDS_H
#define OPS_ENDS_H

#include "model/lifecycle.h"
#include "rules/rules.h"

/* When what ends: each certificate in use, each CA above one, each copy of another one that a trust
 * holds, and the requests that wait for an answer (guide 5.6). */

enum end_kind {
    END_LEAF, /* an identity's certificate */
    END_CA,   /* signs others of the deployment */
    END_COPY  /* a trust's file holds it, and it is neither: one from outside, or an old one */
};
struct ending {
    enum end_kind kind;
    char *name; /* of the identity, else of the certificate */
    const struct cert *cert;
    const struct identity *identity; /* NULL unless it is a leaf */
    const char *file;                /* where it lies in the store */
    const struct cert *first;        /* what ends first of it and the CAs above it */
    enum term_state term;            /* of the certificate itself */
    long days;                       /* whole days left; negative: since it ended */
    size_t signs;                    /* identities below a CA */
    struct strings servers;          /* that present it or, of a copy, accept it */
    struct strings services;         /* theirs, one a server: "core1 callbridge" */
};
struct awaited {
    const struct identity *identity;
    const char *file; /* its request; "" where the store has none yet */
    char sent[11];    /* "2026-11-23"; "" not yet */
    int days;         /* since then */
    bool renews;      /* a certificate is in place meanwhile */
};
/* What ends first of what a server presents. */
struct server_end {
    const struct server *server;
    const struct ending *ending; /* NULL: it has no certificate yet */
    const struct cert *first;    /* of that one's chain */
};
struct ends {
    const struct facts *facts;
    struct ending *items; /* the first to end first */
    size_t count;
    struct awaited *awaited; /* in file order */
    size_t awaited_count;
    struct server_end *servers; /* in file order */
    size_t server_count;
};
/* Belongs to the facts. Free with ends_free. */
void ends_make(const struct facts *facts, struct ends *out);
void ends_free(struct ends *ends);
/* Who accepts an identity's certificate, one a service: "edge1 webbridge3". Of each of a thousand
 * servers it is a thousand, so it is found when it is asked for. Adds. */
void ends_trusting(const struct ends *ends, const struct ending *ending, struct strings *out);
/* Something has ended, or is due (the warning of EXPIRES-SOON). */
bool ends_alarm(const struct ends *ends);
/* ENDED WARN NOTE OK */
const char *ends_word(enum term_state term);
/* leaf ca copy */
const char *ends_kind_word(enum end_kind kind);
/* "core1-3", "signs 9", "edge1 in partner.crt", "nothing". Free it. */
char *ends_used(const struct ending *ending);
/* The days left as signs, at most 19 columns: # stands for 20 days, ~ for what is due, ! for what
 * is in the second half of that time, x for what has ended; > for what goes on beyond. Adds. */
void ends_bar(const struct ending *ending, struct str *out);

/* Tables of at most 80 columns, so far as names let them. */
void ends_text(const struct ends *ends, struct str *out);
/* Month by month, what stops where if nobody acts; and how often a public certificate is renewed
 * under the present and the announced longest lives. */
void ends_timeline(const struct ends *ends, struct str *out);
/* The text format of Prometheus. */
void ends_metrics(const struct ends *ends, const struct findings *findings, struct str *out);
/* An iCalendar file (RFC 5545): for each certificate the days by which its successor is to be
 * ordered, imported and installed. lead: days a CA takes from order to answer. */
enum { ENDS_LEAD_DAYS = 14 };
void ends_calendar(const struct ends *ends, int lead, struct str *out);

#endif
