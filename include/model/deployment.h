#ifndef MODEL_DEPLOYMENT_H
#define MODEL_DEPLOYMENT_H

#include "model/catalogue.h"
#include "pki/names.h"

struct scan;
struct trusts;

/* deployment.conf as values (doc/man). Read-only: changes are edits of its text (model/edit.h). */

struct texts;
struct setting {
    const char *name;      /* of the deployment's words */
    struct strings values; /* a single value: one item */
};
/* A place that takes the identity. */
struct identity_use {
    const struct service *service;
    const struct slot *slot;
};
struct identity {
    char *name;
    struct names names; /* CN, SAN and the subject's attributes, defaults of subject {} merged in */
    const char *signer; /* public, internal, self, or an identity's name; of the words */
    char *key_file, *certificate_file, *bundle_file, *fullchain_file; /* defaults filled in */
    char *key_in_use; /* while the next one waits on its appliance, the one before it; NULL: the
                         key_file */
    struct strings key_servers; /* the appliances that have its key, which never leaves them */
    const char *key_at;         /* the first: there its request is made; "" the key is here */
    const char *template_name;  /* of the words, as key_at */
    struct identity_use *uses;  /* in file order */
    size_t use_count;
    bool signs; /* another one: a CA of the store */
};
struct service {
    char *name; /* the section's title; the tag */
    const struct component *component;
    struct setting *options; /* as written */
    size_t option_count;
    bool installed;
    bool implied; /* not written: it is there because of another one (doc/catalogue.md) */
    struct server *server;
    const struct identity **identities; /* by slot; NULL: none is named there, or known */
    size_t index;                       /* among all, in file order */
    size_t ordinal;                     /* among those of its kind, from 1 */
};
/* Folders of the plan beside those that bear a server's name. */
enum { KEPT_FOLDERS = 2 };
extern const char *const kept_folders[KEPT_FOLDERS];
struct server {
    char *name, *address;
    const char *platform; /* of the words */
    const char *mmp;      /* [USER@]HOST: how ssh reaches it; "" the address; of the words */
    struct strings public_interfaces;
    struct service *services;
    size_t service_count;
};
struct accept {
    char *rule, *identity, *server, *service, *file, *reason, *until; /* "" any */
};
/* The services of one component, in file order. */
struct kind {
    const struct service **services;
    size_t count;
    const struct service *first; /* what a cluster of them begins with; NULL: there is none */
    bool first_is_ticked;
};
struct deployment {
    char *path;          /* where it was read from */
    struct str text;     /* the file as it is */
    struct texts *words; /* what thousands of sections say alike, each kept once */
    const struct catalogue *catalogue;
    char *release, *name, *store; /* store: as written */
    struct names subject;
    char *key_type;
    int key_bits;
    struct setting *environment, *validation;
    size_t environment_count, validation_count;
    struct identity *identities;
    size_t identity_count;
    const struct identity **by_name; /* the same, sorted: names are looked up all the time */
    struct server *servers;
    size_t server_count;
    const struct server **servers_by_name;
    struct kind *kinds; /* by component of the catalogue */
    struct accept *accepts;
    size_t accept_count;
    /* The store as read, set by facts_gather; NULL: unknown. They decide which identities have a
     * bundle and how trust files are called. */
    const struct scan *scan;
    const struct trusts *trusts;
    bool in_place; /* every service counts as installed: a renewal */
};

/* Reads and judges the whole file; errors carry path:line. The catalogue must outlive it. */
must_check bool deployment_load(const char *path, const struct catalogue *catalogue,
                                struct deployment *out, struct error *err);
must_check bool deployment_parse(const char *path, const char *text, size_t length,
                                 const struct catalogue *catalogue, struct deployment *out,
                                 struct error *err);
void deployment_free(struct deployment *deployment);

/* Everything that pki csr would refuse of an identity's names, at "deployment.conf:LINE". A file
 * that is half done may be read and saved with it; nothing is made of it. */
must_check bool identity_check(const struct deployment *deployment, const struct identity *identity,
                               struct error *err);

const struct identity *deployment_identity(const struct deployment *deployment, const char *name);
/* The name is that of an identity's key, certificate, bundle or full chain: no derived file has it.
 */
bool deployment_owns_file(const struct deployment *deployment, const char *name);
/* From 3.0 on a service takes its certificate and chain as one file (217062); before that the
 * certificate's file holds the leaf alone (guide 3.2). */
bool deployment_takes_chains(const struct deployment *deployment);
/* USER@HOST for ssh, and for sftp, which takes an IPv6 address in brackets. */
char *server_ssh(const struct server *server);
char *server_sftp(const struct server *server);
const struct server *deployment_server(const struct deployment *deployment, const char *name);
const struct service *server_service(const struct server *server, const char *name);
/* A service of the kind is written there. */
bool server_has_kind(const struct server *server, const char *kind);
/* What is written for the option, NULL when absent. */
const struct strings *service_option(const struct service *service, const char *name);
/* The same of a question that the release has; NULL as well where it is no question. */
const struct strings *service_answer(const struct deployment *deployment,
                                     const struct service *service, const char *question);
/* The identity in a slot, NULL when none is named or known. */
const struct identity *service_identity(const struct deployment *deployment,
                                        const struct service *service, const struct slot *slot);
/* An environment or validation ("validation.NAME") option: as written, else the catalogue's
 * default, else "". */
const char *deployment_fact(const struct deployment *deployment, const char *name);
/* Some component declares that option. */
bool deployment_knows_fact(const struct deployment *deployment, const char *name);
bool deployment_lab(const struct deployment *deployment);
const struct kind *deployment_kind(const struct deployment *deployment,
                                   const struct component *component);
/* The name of the key that services use now. */
const char *identity_key(const struct identity *identity);
/* The union of what its slots need: serverAuth, clientAuth. */
void identity_eku(const struct identity *identity, struct strings *out);
/* Usages in that order, those that out has not. */
void usages_add(const struct strings *needed, struct strings *out);
/* The names a request of it carries: names, and the EKU of its slots. Free with names_free. */
void identity_request(const struct identity *identity, struct names *out);

/* The value(s) of a template path seen from a service: {a-record}, {https.key}, {c2w-url.host},
 * {address}, {domain}, {server}, {tag}, {n}, {trust} …; false when the path is unknown. slot files
 * are
 * "" where the slot takes none. trusts are resolved through model/trusts.h. */
bool service_value(const struct deployment *deployment, const struct service *service,
                   const char *path, struct strings *out);
/* A condition (doc/catalogue.md): all words hold: fact, !fact, fact=value; facts are environment
 * options, own options, kinds present ("with:KIND", "several:KIND", "beside:KIND" on its server),
 * installed, implied, validation.NAME. */
bool service_condition(const struct deployment *deployment, const struct service *service,
                       const char *when);
/* A rule of the service's component counts here: the release has it, and its when holds. */
bool require_applies(const struct deployment *deployment, const struct service *service,
                     const struct require *require);
/* Does the slot take part here (its when holds)? */
bool slot_used(const struct deployment *deployment, const struct service *service,
               const struct slot *slot);

#endif
