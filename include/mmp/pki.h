#ifndef MMP_PKI_H
#define MMP_PKI_H

#include "mmp/notes.h"
#include "model/facts.h"
#include "pki/chain.h"
#include "store/pool.h"

/* The appliance's pki commands (guide app. C) over a folder: a line in, a reply out. Nothing is
 * printed here and nobody is asked: who typed the line prints the reply, and adds what it likes. */

enum pki_verb {
    VERB_USES, /* pki alone */
    VERB_LIST,
    VERB_INSPECT,
    VERB_MATCH,
    VERB_VERIFY,
    VERB_UNLOCK,
    VERB_CSR,
    VERB_SELFSIGNED,
    VERB_SIGN,
    VERB_TO_SSH,
    VERB_COUNT
};

/* Where a line is typed. */
struct pki_place {
    const char *store;                   /* the folder */
    time_t at;                           /* now */
    const struct deployment *deployment; /* what the files are for; NULL: unknown */
    const struct facts *facts;           /* for pki alone; NULL: no service uses anything */
    const struct secret *password;       /* of files that are locked; NULL: none is known */
};
/* What the appliance has no words for; {0} is as it does. */
struct pki_wishes {
    const char *key_type; /* NULL: the deployment's for its identities, else RSA of 2048 bits */
    int key_bits;
    const char *key; /* a key that is there, instead of a new one */
    int days;        /* 0: the default */
    enum purpose purpose;
    const char *host;
    bool force; /* may replace */
    bool facts; /* the reply's facts are wanted, not its text */
};

/* A file that pki list names. */
struct pki_row {
    char *file;
    enum pki_kind kind;
    bool pem;
    char *subject;    /* "" none */
    bool has_end;     /* it is a certificate */
    time_t not_after; /* then */
};
/* What a slot of a service uses; its names lie in the facts. */
struct pki_use {
    const struct service *service;
    const struct slot *slot;                /* NULL: a service with trusts alone */
    const char *key, *certificate, *bundle; /* "" none */
    struct strings trust, missing;
};

enum { PKI_FILES_MAX = 3 };
enum password_need { PASSWORD_NONE, PASSWORD_WANTED, PASSWORD_WRONG };

struct pki_reply {
    enum status status;
    enum pki_verb verb;
    struct str text;    /* what the appliance prints, whole lines */
    struct notes notes; /* what is odd about the files that were read */
    struct error error; /* why there is no answer, or not all of it; no message: nothing to say */
    bool judged;        /* match, verify: the status is the verdict */
    enum password_need password; /* of the file that is to be unlocked */

    struct pki_row *rows; /* list */
    size_t row_count;
    struct pki_use *uses; /* pki alone */
    size_t use_count;
    bool was_read;                        /* inspect: its file, whatever it is */
    struct pki_file files[PKI_FILES_MAX]; /* as named: inspect, match, verify */
    size_t file_count;
    const struct cert *leaf; /* verify */
    struct pool links, anchors;
    struct chain chain;
    char *key_file, *file; /* csr, selfsigned, sign, unlock: used or made */
    bool changed;          /* unlock */
    struct pki_file made;  /* sign: the certificate */
    struct strings lost;   /* usages asked for that only a CA may have */
    int days;              /* asked for */
    bool cut;              /* to the end of the CA */
};

/* The words of a typed line. A part in quotes is one word with what it touches; within quotes a
 * backslash takes the next byte as it is. */
must_check bool pki_words(const char *line, struct strings *out, struct error *err);
/* The line as typed: pki csr web CN:www.example.com O:"Example Inc." */
void pki_line(const struct pki_place *place, const char *line, struct pki_reply *out);
/* The same from words; words[0] is the one behind "pki". Free with pki_reply_free. */
void pki_run(const struct pki_place *place, const struct pki_wishes *wishes, char *const *words,
             size_t count, struct pki_reply *out);
void pki_reply_free(struct pki_reply *reply);

/* The verb of that name, VERB_COUNT where there is none. */
enum pki_verb pki_find(const char *name);
/* The nearest verb; NULL: none is near. */
const char *pki_near(const char *name);
/* Does it take so many words behind its name? */
bool pki_takes(enum pki_verb verb, size_t count);

#endif
