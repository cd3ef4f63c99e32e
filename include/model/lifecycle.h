#ifndef MODEL_LIFECYCLE_H
#define MODEL_LIFECYCLE_H

#include "model/facts.h"

/* Where an identity stands between nothing and a certificate in use, found out in one place: the
 * wizard's map and pages, the rules, the plan and import all ask here (guide 3.1, 5.6). */

enum life {
    LIFE_NOTHING,   /* no key here, no request, no certificate */
    LIFE_KEY,       /* a key and nothing more: its request (or, self-signed, certificate) lacks */
    LIFE_REQUEST,   /* a request that says what deployment.conf says: to be sent */
    LIFE_OUTDATED,  /* a request, unanswered, that says something else: made again before it is sent
                     */
    LIFE_SENT,      /* the request is with its CA */
    LIFE_CERTIFIED, /* a certificate of the key is in place, and no other is asked for */
    LIFE_RENEWING   /* a certificate is in place, and a request for the next one is open */
};

/* What a request or certificate says otherwise than deployment.conf. */
struct difference {
    const char *what; /* CN, O, OU, L, ST, C, emailAddress, subjectAltName, extendedKeyUsage */
    char *was;        /* what it says; a list joined by ", "; "" nothing */
    char *now;        /* what deployment.conf says */
    struct strings lacking; /* of a list: the entries that it has not */
    struct strings besides; /* of a list: those that deployment.conf has no more */
};
struct differences {
    struct difference *items;
    size_t count;
};

struct lifecycle {
    enum life life;
    bool outside;                   /* a CA signs it that isn't here: public or internal */
    bool key_elsewhere;             /* key-at: the key is on an appliance */
    char sent[11];                  /* "2026-11-23": when its request was sent; "" not yet */
    int days_sent;                  /* since then, at facts' moment */
    struct differences request;     /* of an unanswered request; none without */
    struct differences certificate; /* of the certificate in place: what it lacks; none without */
};

/* identity must belong to facts. Free with lifecycle_free. */
void lifecycle_of(const struct facts *facts, const struct identity *identity,
                  struct lifecycle *out);
void lifecycle_free(struct lifecycle *lifecycle);
/* Its state alone, without the differences of its certificate. */
enum life lifecycle_state(const struct facts *facts, const struct identity *identity);
/* What its request, answered or not, says otherwise; adds to out. Nothing without a request. */
void lifecycle_request(const struct facts *facts, const struct identity *identity,
                       struct differences *out);
void differences_free(struct differences *differences);
/* Something exists under its name (key, request or certificate): its names and files stay. */
bool lifecycle_is_made(const struct facts *facts, const struct identity *identity);
/* Its request is open and someone outside is to answer it: LIFE_REQUEST, OUTDATED, SENT, RENEWING.
 */
bool lifecycle_is_awaited(const struct facts *facts, const struct identity *identity);
/* "CN was cms1.exmaple.com, subjectAltName lacks join.example.com": for a sentence. Free it. */
char *differences_words(const struct differences *differences);

#endif
