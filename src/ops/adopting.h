#ifndef OPS_ADOPTING_H
#define OPS_ADOPTING_H

#include "base/file.h"
#include "model/template.h"
#include "ops/adopt.h"

/* Private to ops/: a log as sessions, displays as services, files as identities. */

/* A command that was typed, and what came back. */
struct said {
    char *command;
    struct strings lines;
    size_t log;   /* the number of its log */
    size_t width; /* of the longest line of its log: a screen's, where lines were wrapped */
};
/* A service as its server shows it. */
struct shown {
    const struct component *component;
    char *tag;           /* as its display says; "" */
    struct match values; /* by path; "": known to be none */
    char *name;          /* in deployment.conf */
    bool implied;        /* not written there: another one has it (doc/catalogue.md) */
    const struct identity_found **identities; /* by slot; NULL: none */
    struct strings trusts;                    /* options that name the files of its trusts */
};
/* A certificate as pki inspect tells of it. */
struct inspected {
    char *file;
    char *subject, *issuer, *ends; /* as printed */
    char *serial;                  /* upper-case hex */
    struct names names;
};
/* A server that speaks in a log. */
struct speaker {
    char *prompt, *name, *address;
    char *release; /* "" where no version was typed */
    struct said *said;
    size_t said_count;
    struct shown *shown;
    size_t shown_count;
    struct strings listed; /* what pki list says */
    bool has_list;
    struct inspected *inspected;
    size_t inspected_count;
    struct strings missing; /* displays that were not typed */
    struct scan *files;     /* fetched from it; NULL */
    char *folder;           /* where they lie */
};
/* One key pair and its files, wherever it is used. */
struct identity_found {
    char *name;
    char *key, *certificate, *bundle, *fullchain; /* file names in the store; "" none */
    const struct cert *leaf;                      /* NULL: not fetched */
    const struct inspected *told;                 /* what is known of it all the same; NULL */
    const struct pki_file *chain;                 /* the file that holds its chain; NULL */
    char *key_name, *certificate_name;            /* on the appliance */
    const struct speaker *first;
    const struct shown *shown; /* the first that uses it … */
    const struct slot *slot;   /* … and where */
    struct strings servers;
    char *signer;
    bool key_here; /* its key lies in the store */
};
/* A name of the store, and what is there. */
struct named {
    char *name, *content; /* content: its certificates, or "?" */
    char *owner;          /* the identity whose it is, and what; "" none */
    char *source;         /* the file fetched; NULL */
};
struct adopting {
    struct adopt *out;
    const struct adopt_options *options;
    struct speaker *speakers;
    size_t speaker_count;
    struct identity_found **identities;
    size_t identity_count;
    struct named *names;
    size_t name_count;
    struct match validation; /* options of that block */
    char *domain;
    struct batch batch;
};

/* A log's text as a person saw it: escapes, colours and what was rubbed out are gone, lines end in
 * LF. */
void log_clean(const char *data, size_t length, struct str *out);
/* Adds what is said in it to the speakers; false: nobody speaks. number: of the log. */
bool log_read(struct adopting *work, const char *text, size_t number);
/* The speaker that is called so, or a new one. */
struct speaker *log_speaker(struct adopting *work, const char *prompt);

/* Reads the displays of all speakers: services, releases, what was not typed. */
void adopt_displays(struct adopting *work);
/* A value of what is shown, NULL where nothing tells, "" where it is known to be none. */
const char *shown_value(const struct shown *shown, const char *path);
void shown_set(struct shown *shown, const char *path, const char *value);
bool shown_runs(const struct shown *shown);    /* a display says so */
bool shown_stopped(const struct shown *shown); /* a display says that it is off */

/* Reads what pki inspect printed, and what it says of that file last; NULL: nothing. */
void speaker_inspect(struct speaker *speaker);
const struct inspected *speaker_inspected(const struct speaker *speaker, const char *name);
void inspected_free(struct inspected *inspected);

/* The folder of what was fetched: each speaker gets its files. */
must_check bool adopt_files(struct adopting *work, struct error *err);
const struct store_file *speaker_file(const struct speaker *speaker, const char *name);
/* The certificates of a file, each once, whatever their order: equal texts, equal content. "" where
 * there are none. Free it. */
char *file_content(const struct pki_file *file);

/* The names of its certificate, as far as anything tells; NULL: nothing does. */
const struct names *found_names(const struct identity_found *identity);
/* Whose key pairs are in use, under names that the store can hold beside each other. */
void adopt_identities(struct adopting *work);
/* The name in the store of what a server calls so; the same for the same content. Within work. */
const char *adopt_store_name(struct adopting *work, const struct speaker *speaker,
                             const char *name);

/* Which options follow from what is shown, for all: a cluster, a database elsewhere, validation. */
void adopt_follow(struct adopting *work);
/* The text of deployment.conf, with the trusts' files as far as they are known. */
void adopt_text(struct adopting *work);

void adopt_guess(struct adopting *work, const char *format, ...) printf_like(2, 3);
void adopt_open(struct adopting *work, const char *format, ...) printf_like(2, 3);

#endif
