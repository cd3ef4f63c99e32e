#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "model/facts.h"

/* A change of deployment.conf and everything that follows from it, of one parse: what a change says
 * is edited in the text, parsed once, and what follows is worked out on the values and edited into
 * the text beside them.
 *
 * Names of what exists stay. An identity that has a key, a request or a certificate in the store
 * keeps its name, its files, its CN and its SAN, and so does an address or an option that its
 * certificate names: they would no longer belong together (guide 3.1). What stayed is told. */

struct edit_rename {
    char *old, *name;
};
/* A service that came with the change. Its identities are shared, or made where they lack, by the
 * same signer as those of like. */
struct edit_added {
    char *server, *service;
    const struct component *component;
    char *shared;               /* NULL: its own */
    const struct service *like; /* of before; NULL: none */
};
/* What it is all about, for who asks before it is done. */
enum edit_kind { EDIT_VALUE, EDIT_ADD, EDIT_REMOVE, EDIT_CHOOSE, EDIT_RENAME };
struct edit {
    const struct facts *before;
    enum edit_kind kind;
    struct str text;
    struct strings anew; /* identities that may get other names although they are made */
    struct strings kept; /* what stays as it is, and why: a sentence each */
    /* what happened so far, by name: places in the file tell nothing */
    struct edit_rename *servers, *identities;
    size_t server_count, identity_count; /* renamed */
    struct edit_added *added;
    size_t added_count;
    struct strings gone;         /* services that went: server and title by turns */
    struct strings left;         /* identities that a service which went had */
    struct strings joined;       /* identities that several had before: they get … */
    struct strings joined_names; /* … what follows from their services, and these names besides */
    struct strings goes;         /* what goes along unasked: a sentence each, to be asked for */
};
/* facts must outlive it. Free with edit_free. */
void edit_begin(struct edit *edit, const struct facts *before);
/* The service with its catalogue's defaults and, for each slot, an identity: shared (NULL: its own,
 * made where it lacks); and what is there once for each such service, or beside it: trunks. */
void edit_add_service(struct edit *edit, const struct server *server,
                      const struct component *component, const char *shared);
/* Takes the service out, with what led to it or stood beside it, and identities that nothing uses
 * any more and that aren't made. */
void edit_remove_service(struct edit *edit, const struct service *service);
/* A server behind those called like it, with the same services and what follows from them. */
void edit_add_server(struct edit *edit, const struct server *like, const char *name,
                     const char *address);
/* Takes the server out with all its services, and what led to them. */
void edit_remove_server(struct edit *edit, const struct server *server);
/* The server's place in the file becomes that before the other one's, or behind it. */
void edit_move_server(struct edit *edit, const struct server *server, const struct server *other,
                      bool behind);
/* But for a number at the end. */
bool edit_called_alike(const struct server *a, const struct server *b);
/* A name for a server like that one that no server has: core4. Free it. */
char *edit_next_name(const struct deployment *deployment, const struct server *like);
/* Its address, after the fashion of that one's. Free it. */
char *edit_next_address(const struct deployment *deployment, const struct server *like,
                        const char *name);
/* Another identity in the service's slot, made where it lacks; the old one goes where nothing uses
 * it any more and it isn't made. */
void edit_choose(struct edit *edit, const struct service *service, const struct slot *slot,
                 const char *name);
/* Another name for a server; all that names it comes along. */
void edit_rename_server(struct edit *edit, const char *old, const char *name);
/* Parses the text into *now; with follow everything that stood as derived follows: addresses,
 * options, names of identities, CNs, SANs. A value that was typed stays. false: *now is none. */
must_check bool edit_finish(struct edit *edit, bool follow, struct deployment *now,
                            struct error *err);
void edit_free(struct edit *edit);

/* Saves now's text where it differs from before's; not over what another program wrote meanwhile.
 */
must_check bool deployment_put(const struct deployment *before, const struct deployment *now,
                               struct error *err);
/* A deployment.conf where none is; not over one that appeared meanwhile. */
must_check bool deployment_create(const char *path, const struct str *text, struct error *err);
/* Takes the file away unless another program changed it. */
must_check bool deployment_remove(const struct deployment *deployment, struct error *err);
enum standing { STANDING_AS_READ, STANDING_CHANGED, STANDING_GONE };
/* The file of the deployment, beside what was read of it. */
enum standing deployment_standing(const struct deployment *deployment);

/* One option of a service in a text; no values: it goes. */
void edit_option(const struct service *service, const char *option, const struct strings *values,
                 bool list, struct str *text);

#endif
