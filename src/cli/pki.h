#ifndef CLI_PKI_H
#define CLI_PKI_H

#include "base/json.h"
#include "cli/cli.h"
#include "pki/chain.h"
#include "pki/words.h"
#include "store/store.h"

/* The pki family (guide app. C, SPEC 5): a file an action or two, one table in cli/pki.c. */

struct pki_action {
    const char *name;
    const char *usage;                 /* after "pki " */
    size_t least, most;                /* arguments after the name */
    const char *options;               /* the ones it takes, each between blanks */
    int (*run)(const struct cli *cli); /* args[0] is the name */
};

int pki_services(const struct cli *cli);
int pki_list(const struct cli *cli);
int pki_inspect(const struct cli *cli);
int pki_match(const struct cli *cli);
int pki_verify(const struct cli *cli);
int pki_unlock(const struct cli *cli);
int pki_csr(const struct cli *cli);
int pki_selfsigned(const struct cli *cli);
int pki_sign(const struct cli *cli);
int pki_to_ssh(const struct cli *cli);

/* A file of the store, or a path where the name has a "/". What is locked is opened with
 * --password-file where that is given; nobody is asked. Free with pki_file_free, success or not. */
must_check bool pki_read(const struct cli *cli, const char *name, struct pki_file *out,
                         struct error *err);
must_check bool pki_read_for(enum pki_need need, const struct cli *cli, const char *name,
                             struct pki_file *out, struct error *err);
/* A key and a certificate to compare; false when one of the files holds nothing that can be. */
must_check bool pki_read_pair(const struct cli *cli, const char *const names[2],
                              struct pki_file files[2], const struct object *pair[2],
                              struct error *err);
json_t *pki_chain_json(const struct chain *chain);
/* --each: many pairs; many certificates with the bundle that is named last. */
int pki_match_each(const struct cli *cli);
int pki_verify_each(const struct cli *cli, enum purpose purpose);
/* The store, opened and locked for writing; create makes the folder. */
must_check bool pki_open_store(const struct cli *cli, bool create, struct store *out,
                               struct error *err);
/* On stderr what is odd about a file that was read nevertheless: its name says another kind, its
 * text would stop other readers. */
void pki_note(const struct cli *cli, const char *name, const struct pki_file *file);
/* And why a part of it could not be read: what lacks may be there. */
void pki_note_unread(const struct cli *cli, const char *name, const struct pki_file *file);
/* "a certificate request" */
const char *pki_kind_phrase(enum pki_kind kind);
/* "certificate file needed, this is a CSR": for a file that has nothing of the wanted kind. */
bool pki_wrong_kind(const char *name, const struct pki_file *file, const char *wanted,
                    struct error *err);
/* What deployment.conf says of a basename, where there is such a file: it knows what it is for. */
struct pki_known {
    struct catalogue catalogue;
    struct deployment deployment;
    const struct identity *identity; /* NULL: no such name, or no file */
};
must_check bool pki_know(const struct cli *cli, const char *base, struct pki_known *out,
                         struct error *err);
void pki_known_free(struct pki_known *known);
/* A wording of the appliance on stdout, unless --json or --quiet. */
void pki_say(const struct cli *cli, enum word word, const char *one, const char *two,
             const char *three);

#endif
