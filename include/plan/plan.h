#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/arena.h"
#include "base/stream.h"
#include "model/held.h"

/* The installation as steps; plan.json is this, every other file is written from it. A plan belongs
 * to the facts, and to what is held, that it was made of. Its texts are its own or theirs, "" where
 * there is none: steps are many and say the same, so that they share what they can. */
struct step {
    int number;
    enum phase phase : 8;
    enum stage stage : 8;      /* of its service's procedure */
    enum effect effect : 8;    /* on those who use the service */
    enum source source : 6;    /* of the reply */
    bool outside : 1;          /* manual is not done on our servers */
    bool api : 1;              /* manual is a call of the API */
    const char *server, *file; /* core1, core1/commands-2.mmp (upload: core1/upload.sftp) */
    const struct strings *upload;
    const char *command;
    const struct strings *expect;
    const char *section, *undo, *manual;
    const struct strings *typed;   /* of manual: each line, and the answer where one asks back */
    const struct service *service; /* whose procedure it is of; NULL: the server's */
};
/* What people notice of a service while the plan is carried out. */
struct outage {
    const struct service *service;
    /* The same: a restart, which drops what runs through it. to NULL: it stays stopped. */
    const struct step *from, *to;
    size_t lines; /* to type until it serves again */
};
struct outages {
    struct outage *items; /* in the order of the steps; free with free */
    size_t count;
};
/* A file of a renewal below the server's folder. */
struct plan_extra {
    const char *path;       /* files-2/x.crt, back/x.crt */
    const char *name;       /* in the store; NULL: the text */
    const struct str *text; /* belongs to the plan */
    bool held;              /* as the servers hold it */
    bool is_private;
};
struct plan_server {
    const char *name;
    const struct strings *files; /* names in files/, sorted */
    struct plan_extra *extras;
    size_t extra_count;
};
struct renewal_plan; /* what changes, where something that runs does */
struct plan {
    struct step *steps;
    size_t count;
    struct plan_server *servers;
    size_t server_count;
    struct renewal_plan *renewal; /* NULL: nothing that runs already is touched */
    struct arena texts;
};
struct plan_options {
    bool base; /* preconditions as phase 0 */
    bool all;
    const struct held *held; /* what the servers hold while renewals are open; NULL: none is */
};
must_check bool plan_make(const struct facts *facts, const struct plan_options *options,
                          struct plan *out, struct error *err);
void plan_free(struct plan *plan);
/* install/ whole: made beside and renamed into place; a folder there without our plan.json is
 * refused. out is the folder's path. Byte-identical for equal facts. */
must_check bool plan_write(const struct plan *plan, const struct facts *facts, const char *out,
                           struct error *err);
/* RUNBOOK.md and plan.json, piece by piece; the caller ends the stream. */
void plan_runbook(const struct plan *plan, const struct facts *facts, struct stream *out);
void plan_json(const struct plan *plan, struct stream *out);
/* The lines that make a trust count: those of its reader that name its file, and those that stop
 * and start the reader around them; none where no command names it. Adds them to out. */
must_check bool plan_trust_lines(const struct facts *facts, const struct trust *trust,
                                 struct strings *out, struct error *err);
void plan_outages(const struct plan *plan, struct outages *out);
/* What lies in the folder beside what plan_write would put there. */
enum plan_written {
    PLAN_ABSENT, /* no plan of ours */
    PLAN_OTHER,  /* an older one, or of other certificates */
    PLAN_SAME    /* this one, byte by byte */
};
enum plan_written plan_compare(const struct plan *plan, const struct facts *facts, const char *out);
/* A file of the store is a private key, by name or by content: written for its owner alone. */
bool file_is_private(const struct facts *facts, const char *name);
/* Private keys below install/, by their paths there: core1/files/callbridge.key. */
void plan_keys(const struct plan *plan, const struct facts *facts, struct strings *out);
/* Where what an upload step names lies, below its server's folder: files, files-2. Free it. */
char *step_folder(const struct step *step);
/* Files below install/ that plan_write makes, counted; for "Will write install/ (1 server, 9
 * files)". */
size_t plan_file_count(const struct plan *plan);

#endif
