#ifndef OPS_IMPORT_H
#define OPS_IMPORT_H

#include "base/secret.h"
#include "model/facts.h"

/* What a CA returned, sorted to the keys of the store: looked at first, then written. */

/* What was handed in, one thing after another: it adds up until it is written or dropped. Start
 * with {0}. */
struct tray_item {
    char *path; /* a file, a folder, "-" for fd 0; NULL: */
    char *text; /* pasted */
};
struct tray {
    struct tray_item *items;
    size_t count;
};
void tray_add_path(struct tray *tray, const char *path); /* once, however often */
void tray_add_text(struct tray *tray, const char *text);
void tray_drop(struct tray *tray, size_t item);
void tray_free(struct tray *tray); /* pasted texts may hold keys: they are wiped */

/* One verdict over one object that was handed in. */
enum verdict { VERDICT_TAKE, VERDICT_LEFT, VERDICT_STOP };
struct import_object {
    enum verdict verdict;
    char *file;    /* path as given, or "pasted text" */
    int number;    /* of the object in its file, from 1 */
    char *what;    /* "certificate CN=…", "private key" … */
    char *target;  /* callbridge.crt, callbridgebundle.crt, or the identity; "" none */
    char *why;     /* key matches, ends 2027-11-02, losing 2 names; no key here fits … */
    size_t item;   /* of the tray; its count: kept from an earlier time */
    size_t pair;   /* 1 + index in pairs, of a private key and of its certificate; 0 none */
    char *waits;   /* the issuer that it waits for; NULL where it doesn't */
    bool unread;   /* it, or a part of it, could not be read */
    bool is_leaf;  /* a certificate that is no CA's */
    bool stranger; /* and fits no key and no request */
};

/* A line of the table of old and new. */
struct import_change {
    const char *what; /* ends, issuer, key, name, usage */
    char *was, *is;   /* "" where it had or has none */
    bool lost;        /* the certificate in place is better in this */
};
/* One of several chains that hold for a certificate. */
struct import_chain {
    char *names;   /* of its CAs, root last: "Acme Issuing 2, Acme Root" */
    char *end;     /* the day on which the first of them ends */
    bool in_place; /* its CAs are the bundle in the store */
};
struct import_identity {
    char *identity;
    char *certificate, *bundle, *fullchain; /* file names */
    struct strings lost; /* "DNS:x", "serverAuth", "O=x": what the request had and it has not … */
    size_t lost_asked;   /* … so many of them; the rest had the one in place alone */
    struct strings had;  /* those of lost that the one in place had */
    struct strings gained; /* what the request had not */
    struct strings impact; /* one sentence a loss: which service it stops */
    struct strings losing; /* those of lost that count: every name, each usage that was asked for */
    struct strings lacking; /* what deployment.conf asks for since the request, and it has not */
    struct import_change *changes; /* beside the one in place; none where there is none */
    size_t change_count;
    struct import_chain *chains; /* two or more, shortest first; none where there is no choice */
    size_t chain_count, chain;   /* chain: the number of the one that is taken, from 1 */
    const char *chain_why;       /* the shortest, as chosen … */
    bool stop;               /* ended, without a path to a root, or its key may not be replaced */
    bool waits;              /* stop, and what it lacks may still come: kept in the tray's file */
    bool in_place;           /* the same certificate lies there already */
    bool brings_key;         /* its private key is taken with it (import_options.as) */
    bool take;               /* the front end's tick; set to !stop by op_import_look */
    char *problem, *remedy;  /* where stop */
    char *old_end, *new_end; /* dates; old "" where none was in place */
};
struct import_missing {
    char *identity, *issuer, *aia;
};
/* A private key that is no identity's, with a certificate that was handed in: both can be an
 * identity's (import_options.as). */
struct import_pair {
    char *key_file, *cert_file;
    char *extra; /* to be handed in as well: the key lies in the store; NULL: it came along */
    char *name;  /* of the certificate */
    struct strings fits; /* identities whose names it has; those that need no force first */
    bool force;          /* for the first: a certificate of its present key is in place */
    bool former;         /* the key was that of the first */
};
struct import {
    struct import_object *objects;
    size_t object_count;
    struct import_identity *identities;
    size_t identity_count;
    struct import_missing *missing;
    size_t missing_count;
    struct import_pair *pairs;
    size_t pair_count;
    size_t file_count;
    bool locked;              /* some of it by a password that was not given, or is wrong */
    struct import_work *work; /* certificates and chains, owned */
};
struct import_options {
    const char *ca_folder;         /* NULL; CAs to complete chains with */
    const struct secret *password; /* NULL; for PKCS#12 */
    const char
        *as; /* NULL; the identity that a private key among it, with its certificate, is for */
    const struct strings *chains; /* NULL; "2", "web=2": another one of several chains that hold */
    bool force;
    bool waiting; /* what waits from an earlier time has its rows; else only what is whole now */
};
/* Reads what is in the tray and sorts it; writes nothing. Unreadable paths are errors that name
 * them. */
must_check bool op_import_look(const struct facts *facts, const struct tray *tray,
                               const struct import_options *options, struct import *out,
                               struct error *err);
/* Writes what is ticked: certificate, bundle, full chain, derived trust files, in one transaction;
 * the files replaced stay as NAME.STAMP.bak, their names are added to kept (which may be NULL). A
 * stopped identity is written only when its take was set (--force). */
must_check bool op_import_write(const struct facts *facts, const struct import *import,
                                struct strings *written, struct strings *kept, struct error *err);
void import_free(struct import *import);

/* "losing 2 names", "losing clientAuth", "losing 1 name and 2 usages"; "" where nothing that counts
 * is lost. Free it. */
char *import_losing(const struct import_identity *identity);
/* The same of all that is ticked together. */
char *import_losing_all(const struct import *import);

/* What waits for an issuer is kept, certificates alone, in a file beside deployment.conf until it
 * is written or dropped. */
#define TRAY_FILE ".certwright.tray"
/* Keeps what waits now, drops what was taken; true also where nothing waits. */
must_check bool tray_keep(const struct facts *facts, const struct import *import,
                          struct error *err);
/* Drops what waits for the identity. */
must_check bool tray_forget(const struct facts *facts, const char *identity, struct error *err);

#endif
