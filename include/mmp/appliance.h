#ifndef MMP_APPLIANCE_H
#define MMP_APPLIANCE_H

#include "base/file.h"
#include "model/catalogue.h"

#include <time.h>

/* An emulated appliance: the command line of a Meeting Server over a folder that holds the files
 * which SFTP would show. What it understands, keeps, refuses and prints is the catalogue's: the
 * templates that the plan expands are matched here. Nothing is printed and nobody is asked: a line
 * goes in, a reply comes out. Several may be open at once, on one folder as well. */

struct appliance;
struct appliance_options {
    const char *release; /* from now on; NULL: as it was, of a new one the guide's */
    time_t at;           /* the moment it judges by; 0: the clock */
    bool alone; /* nobody else has it, and it ends with the session: nothing is kept on the disk */
    bool bare;  /* of a new one: nothing is configured. Else what chapter 4 takes for granted is */
};
enum appliance_verdict {
    APPLIANCE_DONE,
    APPLIANCE_REFUSED, /* as the appliance refuses: the text says FAILURE or ERROR */
    APPLIANCE_UNKNOWN, /* no command, or wrong arguments: the text is its usage */
    APPLIANCE_FAILED   /* this machine refused: error says why */
};
struct appliance_reply {
    struct str text; /* whole lines, nothing in them acts on a terminal */
    enum appliance_verdict verdict;
    struct error error;
    bool asks;   /* the next line is the answer to the text */
    bool hidden; /* which is not to be seen: a password */
    bool ends;   /* the session is over */
    /* Of a command that stopped, started or restarted a service, which it did: */
    enum effect effect;
    const struct component *component;
    char *tag; /* "" where the kind has none; NULL: no such command */
};

/* The folder is made where it is absent. Free with appliance_close, success or not. */
must_check bool appliance_open(const char *folder, const struct catalogue *catalogue,
                               const struct appliance_options *options, struct appliance **out,
                               struct error *err);
void appliance_close(struct appliance *appliance);
/* One line as typed, or the answer to what the last one asked. Free with appliance_reply_free. */
void appliance_line(struct appliance *appliance, const char *line, struct appliance_reply *out);
void appliance_reply_free(struct appliance_reply *reply);
/* "cms> " */
void appliance_prompt(const struct appliance *appliance, struct str *out);
/* What a service of it runs with since its last enable or restart: the value of a hole, NULL where
 * there is none or it does not run. name: the service's; it counts where the kind has tags. */
const char *appliance_running(const struct appliance *appliance, const char *kind, const char *name,
                              const char *path);
/* The same for a file, as it was then: of an appliance that is alone. NULL: there is none. */
const struct buffer *appliance_running_file(const struct appliance *appliance, const char *kind,
                                            const char *name, const char *path);
/* A key that never leaves the server that it stands for: its certificate lies there under the key's
 * name, and serves as a key that fits. */
void appliance_stand_in(struct appliance *appliance, const char *key_file);
/* Makes a service be there that the deployment has in place already: what its first lines would
 * make known. */
must_check bool appliance_assume(struct appliance *appliance, const char *kind, const char *name,
                                 struct error *err);
/* Makes a service be enabled, as one may find it on a server, where it has to be disabled before it
 * takes files: who forgets that is refused. */
must_check bool appliance_enable(struct appliance *appliance, const char *kind, const char *name,
                                 struct error *err);
/* The folder of its files. */
const char *appliance_folder(const struct appliance *appliance);
/* What the last word of an unfinished line may become, sorted. */
void appliance_complete(const struct appliance *appliance, const char *line, struct strings *out);

#endif
