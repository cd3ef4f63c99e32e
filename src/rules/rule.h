#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "pki/chain.h"
#include "rules/verdicts.h"

#include <stdarg.h>

/* What the groups of rules share. */

enum scope {
    SCOPE_FILE,
    SCOPE_IDENTITY,
    SCOPE_SLOT,
    SCOPE_TRUST,
    SCOPE_SERVICE,
    SCOPE_SERVER,
    SCOPE_ENTRY /* a component's file says what is judged, and how grave it is */
};
enum role { ROLE_KEY, ROLE_CERTIFICATE, ROLE_BUNDLE, ROLE_FULLCHAIN, ROLE_CSR, ROLE_TRUST };
#define ROLE_COUNT (ROLE_CSR + 1) /* of an identity's files */

/* What an identity says of itself: its certificate where a sound one is there, else the names
 * planned in deployment.conf (whose absence in the store is a rule of its own). */
struct view {
    const struct identity *identity;
    const struct store_file *files[ROLE_COUNT]; /* NULL: absent */
    const struct cert *leaf; /* of the right kind and its key's; NULL: planned names */
    const char *leaf_file;   /* where it stands; "" without one */
    const char *cn;
    bool has_san, has_eku, self_signed;
    struct strings sans, eku;    /* typed, as in cert: the leaf's where there is one */
    const struct names *request; /* what is planned, international host names in their ASCII form */
    bool signs;                  /* other identities: a CA of the store */
    bool next;                   /* a renewal waits, and its request is a new key's */
    unsigned roles;              /* 1 << role: what the slots that use it take */
    size_t first_use;            /* in judge.uses; USE_NONE: no slot takes it */
    size_t service_count;        /* that use it */
    const struct service *only;  /* the one, where it is one */
};
/* An identity in a slot. */
struct use {
    const struct server *server;
    const struct service *service;
    const struct slot *slot;
    struct view *view; /* NULL: none named */
    size_t next;       /* use of the same view */
};
#define USE_NONE ((size_t)-1)
struct judge {
    const struct facts *facts;
    bool planned; /* deployment.conf alone */
    bool errors;  /* what can be no error is not asked */
    struct view *views;
    size_t view_count;
    struct use *uses; /* service by service */
    size_t use_count;
    size_t *service_uses;      /* where each service's begin; one more at the end */
    size_t *server_services;   /* where each server's services begin in it */
    struct paths *paths, *own; /* above the leaves; own: where the store remembers none */
};
/* What a rule looks at; of each scope only its own members are set. */
struct subject {
    const struct judge *judge;
    const struct server *server;
    const struct service *service;
    const struct slot *slot;
    const struct view *view;
    const struct trust *trust;
    size_t others; /* that need the same of the same file: their judgement is this one */
    const struct require *require;
    enum role role;
    const char *name;              /* of a file */
    const struct store_file *file; /* NULL: absent */
};
/* One fault, one error: of the findings of one order that have something in common, the one of the
 * lowest rank alone is told. */
enum order {
    ORDER_NONE,
    ORDER_FILE, /* the same file */
    ORDER_SAN,  /* the same identity, as are the next ones */
    ORDER_CN,
    ORDER_WILDCARD,
    ORDER_CLIENT,
    ORDER_SIGNER,
    ORDER_NAME, /* the same service */
    ORDER_PRESENT,
    ORDER_ROOT,
    ORDER_SET, /* the same identity */
    ORDER_CA,  /* the same identity */
    ORDER_VALIDATE
};
struct rank {
    enum order order;
    int rank;
};
#define RANKS_MAX 3
struct rule {
    const char *id, *section;
    enum severity severity;
    enum scope scope;
    void (*check)(const struct rule *rule, const struct subject *subject, struct findings *out);
    const char *field; /* finding.field, where the check does not say it; NULL: none */
    enum fix fix;      /* what report_fix promises */
    bool graver;       /* some of its findings are errors, though severity is less */
    struct rank ranks[RANKS_MAX];
};
struct group {
    const struct rule *rules;
    size_t count;
};
#define RULE_GROUPS 7
extern const struct group rules_names, rules_content, rules_usage, rules_chain, rules_trust,
    rules_topology, rules_entries;
extern const struct group *const rule_groups[RULE_GROUPS];
/* The first of that id in any group; NULL: none. */
const struct rule *rule_find(const char *id);

/* rules/run: what every rule of the scope says. */
void rules_ask(enum scope scope, const struct subject *subject, struct findings *out);
/* Whoever needs the same of the same file is judged and told once: the one at start of
 * trusts.by_file, with those behind it that it stands for. The place after them. */
size_t trust_group(const struct judge *judge, size_t start, struct subject *out);

/* rules/trust: a trust file that is derived waits for certificates that are not there yet. */
bool trust_waits(const struct subject *subject);
/* The one of whose hole an entry's `names` speak; NULL: the component has no such one, it is off.
 */
const struct trust_rule *trust_rule_named(const struct subject *subject);
const struct trust *trust_named(const struct subject *subject);

/* rules/view */
void judge_open(const struct facts *facts, enum rules_scope scope, struct judge *out);
void judge_close(struct judge *judge);
/* The slots of a service that are used, one after another. */
const struct use *judge_uses(const struct judge *judge, const struct service *service,
                             size_t *count);
const struct view *judge_view(const struct judge *judge, const struct identity *identity);
/* What its file is called, there or not; "": a request that is not there. */
const char *view_name(const struct view *view, enum role role);
/* The union of what its slots need: serverAuth, clientAuth. */
void view_usages(const struct judge *judge, const struct view *view, struct strings *out);
/* The view's names hold the wanted one: a SAN covers it, the CN counts only without any SAN. */
bool view_has_name(const struct view *view, const char *wanted);
/* What it is called in a message: its certificate's file, else `identity "x"`. Free it. */
char *view_title(const struct view *view);
/* The entry of such a component: require.id is id and its condition holds for a service that uses
 * the identity in that slot; the most severe. NULL: none. */
const struct require *view_require(const struct judge *judge, const struct view *view,
                                   const char *id);
const struct require *service_require(const struct judge *judge, const struct service *service,
                                      const char *id);

/* rules/finding: adds one. The place is the subject's; file is the subject's name, else the leaf's.
 */
struct finding *report(struct findings *out, const struct rule *rule, const struct subject *subject,
                       const char *format, ...) printf_like(4, 5);
void report_remedy(struct finding *finding, const char *format, ...) printf_like(2, 3);
/* certwright check --fix does what the rule says. */
void report_fix(struct finding *finding, const struct rule *rule);
/* The option, and the value that mends it ("" none). */
void report_mend(struct finding *finding, const char *field, const char *value);
void report_file(struct finding *finding, const char *file);
void finding_set(char **member, const char *value);
void finding_take(char **member, char *value);
/* Its message from now on; takes it. */
void finding_say(struct finding *finding, char *message);
char *finding_format(const char *format, va_list args);
void finding_free(struct finding *finding);
/* "1st", "2nd" … */
void ordinal(size_t number, char out[static 16]);

/* rules/remedy: each adds steps to the remedy, a ", then" between them. */
#define STEP_BETWEEN ", then "
#define STEP_IMPORT "certwright import what it returns"
void remedy_steps(const char *remedy, struct strings *out);
void remedy_add(struct finding *finding, const char *format, ...) printf_like(2, 3);
/* The steps of another remedy that this one has not. */
void remedy_join(struct finding *finding, const char *remedy);
/* An option of the identity, or of a service, and F5's value for it. */
void remedy_set(struct finding *finding, const struct view *view, const char *option,
                const char *value);
void remedy_set_list(struct finding *finding, const struct view *view, const char *option,
                     const struct strings *values);
void remedy_set_sans(struct finding *finding, const struct view *view, const struct strings *sans);
void remedy_set_service(struct finding *finding, const struct service *service, const char *option,
                        const struct strings *values, bool list);
void remedy_set_subject(struct finding *finding, const char *option, const char *value);
/* The CN that the catalogue proposes; names in the place of wildcards. Then the new certificate. */
void remedy_cn(struct finding *finding, const struct subject *subject);
void remedy_no_wildcard(struct finding *finding, const struct subject *subject);
/* CN becomes the name, or the names join subjectAltName, so far as deployment.conf does not say so
 * already; then the new certificate. */
void remedy_name(struct finding *finding, const struct subject *subject, const char *option,
                 const struct strings *names);
/* A request made where the key is (key-at), never under the name of a key in use, which pki csr
 * would replace at once. Gives the name of the request; free it. */
char *remedy_request_there(struct finding *finding, const struct subject *s);
/* The key and the request that lack, after what would keep them from being made. */
void remedy_generate(struct finding *finding, const struct subject *subject);
/* Another key for the next certificate, beside the one that serves; likewise where it is on its
 * appliance. */
void remedy_renew(struct finding *finding, const struct subject *subject);
void remedy_renew_there(struct finding *finding, const struct subject *subject);
/* How the view's identity gets another certificate; request: its names or signer changed, so that
 * the request is made anew. Nothing where only deployment.conf is judged. */
void remedy_new_certificate(struct finding *finding, const struct subject *subject, bool request);
/* The same, signed by another from now on. */
void remedy_signer(struct finding *finding, const struct subject *subject, const char *signer);
/* The chain of the certificate that is in place, from its CA: "its chain". */
void remedy_chain(struct finding *finding, const struct subject *subject, const char *what);
/* The key is put back, or made: subject.name is its file. */
void remedy_key(struct finding *finding, const struct subject *subject);
/* What an identity of the slot's own would be called: no other has that name. Free it. */
char *remedy_identity_name(const struct deployment *deployment, const struct service *service,
                           const struct slot *slot);
/* An identity joins deployment.conf for a slot, with the names proposed; its files are made. */
void remedy_add_identity(struct finding *finding, const struct deployment *deployment,
                         const struct identity_use *use, const char *name, const char *signer);
void remedy_make(struct finding *finding, const char *name, const char *signer);
/* An identity of its own for the subject's slot, with the names proposed. */
void remedy_own_identity(struct finding *finding, const struct subject *subject,
                         const char *signer);
/* The same for several services, one at least, that share it. */
void remedy_own_identities(struct finding *finding, const struct subject *s,
                           const struct identity_use *uses, size_t count, const char *signer);

/* rules/precedence */
void findings_settle(const struct facts *facts, enum rules_scope scope, struct findings *findings);

/* rules/key_place: the file of the store with that private key, or NULL. */
const char *key_owner(const struct judge *judge, const unsigned char *id);
/* A request is here, and it is of another key than the one here. */
bool request_is_strange(const struct view *view);
/* The view's key lies elsewhere, as its certificate and its request say: it is put back. false:
 * that is not what happened. */
bool remedy_key_place(struct finding *finding, const struct subject *subject);
/* The key lies where its certificate belongs, and the other way round: FILE-KIND, told once. */
bool keys_changed_places(const struct subject *subject);
void key_tell_exchange(const struct rule *rule, const struct subject *subject,
                       struct findings *out);

/* rules/require: the entries of a component's file. */
void require_run(const struct judge *judge, struct findings *out);
enum severity require_severity(const struct require *require);
/* The values of a template seen from the subject's service. */
void require_expand(const struct subject *subject, const char *pattern, struct strings *out);
/* A sentence with its holes filled in; free it. */
char *require_sentence(const struct subject *subject, const char *sentence);
/* The entry's `why` behind another sentence: ". Why", or "". Free it. */
char *require_reason(const struct subject *subject);

/* Its verbs, by what they judge. */
void verb_names(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_names_of_file(const struct rule *rule, const struct subject *subject,
                        struct findings *out);
void verb_cn(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_eku(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_not_signer(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_key_not_of(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_same_ca_as(const struct rule *rule, const struct subject *subject, struct findings *out);
/* other: the view whose CA it should be; NULL: a file's. */
void another_ca(const struct rule *rule, const struct subject *subject, const struct view *other,
                const char *whose, struct findings *out);
/* rules/verb_root */
void verb_same_root_as(const struct rule *rule, const struct subject *subject,
                       struct findings *out);
bool has_no_ca(const struct subject *subject);
void mend_no_ca(struct finding *finding, const struct subject *subject);
/* rules/verb_pair */
bool is_unlisted(const struct subject *subject);
bool is_unequal(const struct subject *subject);
char *tell_unequal(const struct subject *subject);
void mend_list(struct finding *finding, const struct subject *subject);
void mend_value(struct finding *finding, const struct subject *subject);
bool signs_others(const struct subject *subject);
char *tell_others(const struct subject *subject);
void mend_others(struct finding *finding, const struct subject *subject);
void verb_present(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_wants(const struct rule *rule, const struct subject *subject, struct findings *out);
void verb_not_platform(const struct rule *rule, const struct subject *subject,
                       struct findings *out);

/* rules/path: the certificates of a file; free items. */
struct certs {
    const struct cert **items;
    size_t count;
};
void certs_add(struct certs *pool, const struct store_file *file);
void certs_free(struct certs *pool);
bool certs_have(const struct certs *pool, const struct cert *cert);
/* Self-signed, and says of itself that it may not sign certificates. */
bool is_no_ca_root(const struct cert *cert);
/* The path from the view's leaf through the certificates of a file (NULL: none). */
void file_chain(const struct judge *judge, const struct view *view, const struct store_file *file,
                struct chain *chain);
/* Its certificate and its full chain, which a slot takes, are one file. */
bool view_is_one_file(const struct view *view);
/* The same as file_chain through its bundle, full chain or, from 3.0 on, certificate's file. false:
 * it has none. */
bool view_chain(const struct judge *judge, const struct view *view, struct chain *chain,
                const char **file);

/* rules/chain */
/* The file of the store (other than these two names) that has the certificate's issuer, or NULL. */
const struct cert *store_issuer(const struct judge *judge, const struct cert *cert,
                                const char **file);

#endif
