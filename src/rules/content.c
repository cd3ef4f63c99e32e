/* Names and files: each file by itself, and key with certificate and request. */
#include "base/mem.h"
#include "model/build.h"
#include "model/lifecycle.h"
#include "rule.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

static const char *const role_words[] = {"private key", "certificate", "bundle",
                                         "full chain",  "request",     "trust bundle"};

static bool is_text(enum role role)
{
    return role == ROLE_BUNDLE || role == ROLE_FULLCHAIN || role == ROLE_TRUST;
}

static const char *base_end(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot : name + strlen(name);
}

/* The file gets another name, and deployment.conf says so. */
static void renamed(struct finding *finding, const struct subject *s, const char *to)
{
    static const char *const options[] = {"key-file", "certificate-file", "bundle-file",
                                          "fullchain-file"};
    const char *store = s->judge->facts->store_path;
    remedy_add(finding, "rename %s/%s to %s", store, s->name, to);
    if (s->trust) {
        char *option = xformat("%s-file", s->trust->rule->name);
        struct strings value = {.items = (char *[]){(char *)to}, .count = 1};
        remedy_set_service(finding, s->service, option, &value, false);
        free(option);
    } else if (s->role < ROLE_CSR) {
        remedy_set(finding, s->view, options[s->role], to);
    }
}

/* The name with each byte of `bad` before its extension made a hyphen. */
static char *hyphened(const char *name, char bad)
{
    char *to = xstrdup(name), *end = to + (base_end(name) - name);
    for (char *c = to; c < end; c++)
        if (*c == bad)
            *c = '-';
    return to;
}

static void name_dot(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const char *first = strchr(s->name, '.');
    if (!first || first == base_end(s->name))
        return;
    char *to = hyphened(s->name, '.');
    renamed(report(out, rule, s, "%s has a dot besides that of its extension", s->name), s, to);
    free(to);
}

static void name_underscore(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (!strchr(s->name, '_'))
        return;
    char *to = hyphened(s->name, '_');
    renamed(report(out, rule, s, "%s has an underscore, which guide A.1 forbids", s->name), s, to);
    free(to);
}

static void renamed_extension(struct finding *finding, const struct subject *s,
                              const char *extension)
{
    char *to = xformat("%.*s%s", (int)(base_end(s->name) - s->name), s->name, extension);
    renamed(finding, s, to);
    free(to);
}

static void name_extension_fits(const struct rule *rule, const struct subject *s,
                                struct findings *out)
{
    if (s->role == ROLE_CSR)
        return;
    bool key = s->role == ROLE_KEY;
    bool fits = key                           ? name_is_key(s->name)
                : s->role == ROLE_CERTIFICATE ? name_is_certificate(s->name)
                                              : name_is_bundle(s->name);
    if (fits)
        return;
    struct finding *finding = report(out, rule, s, "%s: the appliance takes a %s only as %s",
                                     s->name, role_words[s->role],
                                     key                           ? ".key, .pem or .der"
                                     : s->role == ROLE_CERTIFICATE ? ".pem, .der, .cer or .crt"
                                                                   : ".pem, .cer or .crt");
    renamed_extension(finding, s, key ? ".key" : ".crt");
}

static void ext_encoding(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (!s->file || s->file->problem || s->file->pki.kind == PKI_UNKNOWN)
        return;
    const char *extension = name_extension(s->name);
    bool der = !s->file->pki.pem;
    if (der && is_text(s->role)) {
        struct finding *finding =
            report(out, rule, s, "%s is a %s in DER, and the appliance reads those as PEM only",
                   s->name, role_words[s->role]);
        finding->severity = SEVERITY_ERROR;
        report_fix(finding, rule);
    } else if (strcasecmp(extension, ".pem") == 0 && der) {
        renamed_extension(report(out, rule, s, "%s holds DER, not PEM", s->name), s, ".der");
    } else if (strcasecmp(extension, ".der") == 0 && !der) {
        renamed_extension(report(out, rule, s, "%s holds PEM, not DER", s->name), s, ".pem");
    }
}

static bool made_elsewhere(const struct subject *s)
{
    return s->role == ROLE_KEY && *s->view->identity->key_at;
}

/* A key made anew would fit no certificate that is here. */
void remedy_key(struct finding *finding, const struct subject *s)
{
    const struct view *view = s->view;
    const struct store_file *file = view->files[ROLE_CERTIFICATE];
    const struct cert *leaf = file && !file->problem ? pki_first_cert(&file->pki) : NULL;
    const char *owner = leaf ? key_owner(s->judge, leaf->key_id) : NULL;
    if (!leaf) {
        remedy_generate(finding, s);
    } else if (owner) {
        remedy_set(finding, view, "key-file", owner);
    } else {
        remedy_add(finding,
                   "copy the key of %s to %s/%s; if it is lost, delete %s/%s, then certwright "
                   "generate %s",
                   view_name(view, ROLE_CERTIFICATE), s->judge->facts->store_path, s->name,
                   s->judge->facts->store_path, view_name(view, ROLE_CERTIFICATE),
                   view->identity->name);
    }
}

/* The certificate is here, its chain isn't. */
static void remedy_fullchain(struct finding *finding, const struct subject *s)
{
    const struct view *view = s->view;
    if (view->leaf && (view->leaf->self_signed || store_issuer(s->judge, view->leaf, NULL)))
        report_fix(finding, &(struct rule){.fix = FIX_CHAIN});
    else
        remedy_chain(finding, s, "its chain");
}

/* The key lacks as well, as before anything is made: of that the key is told, which comes first. */
static bool waits_for_key(const struct subject *s)
{
    const struct view *view = s->view;
    return s->role != ROLE_KEY && view->roles & 1u << ROLE_KEY && !view->files[ROLE_KEY] &&
           !*view->identity->key_at && !view->files[ROLE_CERTIFICATE] &&
           !view->files[ROLE_FULLCHAIN];
}

/* Trust files have a rule of their own, and bundles too. */
static void file_missing(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->file || s->trust || s->role == ROLE_BUNDLE || s->role == ROLE_CSR || made_elsewhere(s) ||
        waits_for_key(s))
        return;
    const struct identity *identity = s->view->identity;
    struct finding *finding =
        report(out, rule, s, "%s, the %s of identity \"%s\", is not in the store", s->name,
               role_words[s->role], identity->name);
    if (s->role == ROLE_KEY)
        remedy_key(finding, s);
    else if (s->role == ROLE_FULLCHAIN && s->view->files[ROLE_CERTIFICATE])
        remedy_fullchain(finding, s);
    else
        remedy_new_certificate(finding, s, false);
}

/* A service whose slot no identity fills has no files to name. */
static void no_identity(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->view || s->service->installed)
        return;
    struct finding *finding =
        report(out, rule, s, "service \"%s\" on %s names no identity for its %s", s->service->name,
               s->server->name, s->slot->name);
    char *signer = derive_signer_name(&s->judge->facts->deployment, s->service, s->slot);
    remedy_own_identity(finding, s, signer);
    free(signer);
}

static bool fits(enum role role, const struct pki_file *file)
{
    switch (role) {
    case ROLE_KEY:
        return file->kind == PKI_PRIVATE_KEY;
    case ROLE_CSR:
        return file->kind == PKI_CSR;
    default:
        return file->kind == PKI_CERTIFICATE || file->kind == PKI_BUNDLE;
    }
}

/* What is there is of no use in this place: the right thing is had as if it lacked. */
static void remedy_file(struct finding *finding, const struct subject *s)
{
    const char *store = s->judge->facts->store_path;
    if (s->trust) {
        remedy_add(finding, "delete %s/%s", store, s->name);
        remedy_add(finding, "certwright check --fix");
        return;
    }
    remedy_add(finding, "rename %s/%s to %s.bak", store, s->name, s->name);
    if (s->role == ROLE_KEY)
        remedy_key(finding, s);
    else if (s->role == ROLE_CSR)
        remedy_generate(finding, s);
    else if (s->role == ROLE_CERTIFICATE || !s->view->files[ROLE_CERTIFICATE])
        remedy_new_certificate(finding, s, false);
    else
        remedy_fullchain(finding, s);
}

/* As a person says it; pki_kind_word is for programs. */
static const char *kind_words(enum pki_kind kind)
{
    return kind == PKI_CSR              ? "certificate request"
           : kind == PKI_PRIVATE_KEY    ? "private key"
           : kind == PKI_PUBLIC_KEY     ? "public key"
           : kind == PKI_SSH_PUBLIC_KEY ? "public key of SSH"
           : kind == PKI_PKCS12         ? "PKCS #12 file"
           : kind == PKI_PKCS7          ? "PKCS #7 file"
                                        : pki_kind_word(kind);
}

static void file_kind(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (!s->file)
        return;
    if (keys_changed_places(s) && (s->role == ROLE_KEY || s->role == ROLE_CERTIFICATE)) {
        if (s->role == ROLE_KEY)
            key_tell_exchange(rule, s, out);
        return;
    }
    const struct pki_file *file = &s->file->pki;
    const unsigned named_elsewhere = PEM_GLUED | PEM_UTF16 | PEM_INDENTED;
    if (s->file->problem) {
        struct finding *finding =
            report(out, rule, s, "%s can't be read: %s", s->name, s->file->problem);
        remedy_file(finding, s);
        return;
    }
    if (fits(s->role, file)) {
        if (!(file->flags & PEM_BROKEN) || file->flags & named_elsewhere)
            return;
        struct finding *finding =
            report(out, rule, s, "%s has a part that can't be read%s%s", s->name,
                   file->problem ? ": " : "", file->problem ? file->problem : "");
        remedy_file(finding, s);
        return;
    }
    if (file->kind == PKI_UNKNOWN && file->flags & named_elsewhere)
        return;
    struct finding *finding;
    if (file->kind == PKI_UNKNOWN)
        finding = report(out, rule, s, "%s is nothing that can be read as a %s%s%s", s->name,
                         role_words[s->role], file->problem ? ": " : "",
                         file->problem ? file->problem : "");
    else
        finding = report(out, rule, s, "%s is a %s, not a %s", s->name, kind_words(file->kind),
                         role_words[s->role]);
    if ((file->kind == PKI_PKCS12 || file->kind == PKI_PKCS7) && s->role != ROLE_KEY) {
        remedy_add(finding, "rename %s/%s to %s", s->judge->facts->store_path, s->name,
                   file->kind == PKI_PKCS12 ? "answer.p12" : "answer.p7b");
        remedy_add(finding, "certwright import %s/%s", s->judge->facts->store_path,
                   file->kind == PKI_PKCS12 ? "answer.p12" : "answer.p7b");
    } else {
        remedy_file(finding, s);
    }
}

static const struct {
    const char *id;
    unsigned flag;
    const char *is, *remedy;
} texts[] = {
    {"PEM-GLUED", PEM_GLUED, "has END and BEGIN on one line: the appliance can't read it",
     "put a line end between them"},
    {"PEM-GLUED", PEM_BEHIND, "has text behind a marker on its line: the appliance can't read it",
     "put a line end there"},
    {"PEM-GLUED", PEM_SPACED, "has a blank line inside an object: the appliance can't read it",
     "delete the blank line"},
    {"PEM-GLUED", PEM_CR, "has CR alone for line ends: the appliance finds nothing in it",
     "save it with LF"},
    {"PEM-GLUED", PEM_TYPED,
     "has no-break blanks, dashes or unseen characters of a word processor or a mail program: the "
     "appliance can't read it",
     "put the file that the CA made in its place"},
    {"PEM-GLUED", PEM_ESCAPED,
     "has its line ends written \\n, as in JSON: the appliance finds nothing in it",
     "make them line ends"},
    {"PEM-GLUED", PEM_TWICE,
     "is base64 of a file that was text already: the appliance can't read it",
     "put the file as it was before in its place"},
    {"PEM-GLUED", PEM_BARE, "is base64 without its markers: the appliance finds nothing in it",
     "put its BEGIN and END lines around it"},
    {"PEM-INDENTED", PEM_LABEL, "has a BEGIN that does not name what follows: it is passed by",
     "let both markers name it"},
    {"PEM-INDENTED", PEM_INDENTED,
     "has a blank before a BEGIN: that certificate is silently skipped", "remove the blank"},
    {"PEM-UTF16", PEM_UTF16, "is UTF-16 text from an editor: the appliance finds nothing in it",
     "save it as plain text"},
    {"PEM-BOM", PEM_BOM, "begins with an editor's byte order mark", "save it without"},
};

static void pem_text(const struct rule *rule, const struct subject *s, struct findings *out)
{
    for (size_t i = 0; s->file && i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(texts[i].id, rule->id) != 0 || !(s->file->pki.flags & texts[i].flag))
            continue;
        struct finding *finding = report(out, rule, s, "%s %s (line %u)", s->name, texts[i].is,
                                         pki_flag_line(&s->file->pki, texts[i].flag));
        if (s->role == ROLE_KEY || s->role == ROLE_CSR)
            report_remedy(finding, "%s", texts[i].remedy);
        else
            report_fix(finding, rule);
    }
}

static const struct key *private_key(const struct subject *s)
{
    const struct store_file *file = s->view->files[ROLE_KEY];
    return file && !file->problem && file->pki.kind == PKI_PRIVATE_KEY ? pki_first_key(&file->pki)
                                                                       : NULL;
}

static void key_locked(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (s->role != ROLE_KEY || !s->file || s->file->problem)
        return;
    const struct key *key = pki_first_key(&s->file->pki);
    if (s->file->pki.kind != PKI_PRIVATE_KEY || !(s->file->pki.locked || (key && key->encrypted)))
        return;
    report_remedy(report(out, rule, s, "%s is still protected by a password", s->name),
                  "certwright pki unlock %s", s->name);
}

/* Which certificate of the file the key fits; 0: none. */
static size_t number_of_key(const struct pki_file *file, const unsigned char *id)
{
    size_t number = 0;
    for (size_t i = 0; i < file->count; i++) {
        if (file->objects[i].kind != OBJECT_CERT)
            continue;
        number++;
        if (memcmp(file->objects[i].cert->key_id, id, KEY_ID_BYTES) == 0)
            return number;
    }
    return 0;
}

static void mismatch(const struct rule *rule, const struct subject *s, const char *key_name,
                     const unsigned char *id, struct findings *out)
{
    const struct cert *cert = pki_first_cert(&s->file->pki);
    if (!cert || memcmp(cert->key_id, id, KEY_ID_BYTES) == 0)
        return;
    size_t number = number_of_key(&s->file->pki, id);
    const char *owner = key_owner(s->judge, cert->key_id);
    if (number) {
        char nth[16];
        ordinal(number, nth);
        struct finding *finding =
            report(out, rule, s, "%s begins with %s, and %s fits its %s certificate", s->name,
                   cert->subject, key_name, nth);
        report_fix(finding, &(struct rule){.fix = FIX_CHAIN});
    } else if (owner) {
        struct finding *finding =
            report(out, rule, s, "%s belongs to %s, not to %s", s->name, owner, key_name);
        if (remedy_key_place(finding, s))
            return;
        remedy_add(finding, "certwright import %s/%s", s->judge->facts->store_path, s->name);
        remedy_new_certificate(finding, s, false);
    } else {
        struct finding *finding = report(out, rule, s,
                                         "%s and %s do not belong together: the "
                                         "certificate is another key's",
                                         key_name, s->name);
        remedy_new_certificate(finding, s, false);
    }
}

/* Another certificate of the file is the key's: the order alone is wrong. */
static bool is_first_alone(const struct subject *s)
{
    const struct key *key = private_key(s);
    return key && !key->encrypted && s->file && !s->file->problem &&
           number_of_key(&s->file->pki, key->id) > 1;
}

/* FULLCHAIN-FIRST is the same for a full chain. */
static void key_match(const struct rule *rule, const struct subject *s, struct findings *out)
{
    enum role wanted = strcmp(rule->id, "KEY-MATCH") == 0 ? ROLE_CERTIFICATE : ROLE_FULLCHAIN;
    if (s->role != wanted || !s->file || s->file->problem || !fits(s->role, &s->file->pki))
        return;
    if (s->role == ROLE_CERTIFICATE && view_is_one_file(s->view) && is_first_alone(s))
        return; /* told of it as the full chain that it is */
    const struct key *key = private_key(s);
    const struct store_file *csr = s->view->files[ROLE_CSR];
    const struct csr *request = csr && !csr->problem ? pki_first_csr(&csr->pki) : NULL;
    if (key && !key->encrypted)
        mismatch(rule, s, view_name(s->view, ROLE_KEY), key->id, out);
    else if (!key && request && *s->view->identity->key_at && !s->view->next)
        mismatch(rule, s, csr->name, request->key_id, out);
}

static void csr_stale(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct key *key = s->role == ROLE_CSR && !s->view->next ? private_key(s) : NULL;
    if (!s->file || s->file->problem || !key || key->encrypted)
        return;
    const struct csr *request = pki_first_csr(&s->file->pki);
    if (!request || memcmp(request->key_id, key->id, KEY_ID_BYTES) == 0)
        return;
    /* A certificate of the request's key already says that the key is the wrong one. */
    const struct store_file *file = s->view->files[ROLE_CERTIFICATE];
    const struct cert *cert = file && !file->problem ? pki_first_cert(&file->pki) : NULL;
    if (cert && memcmp(request->key_id, cert->key_id, KEY_ID_BYTES) == 0)
        return;
    const char *owner = key_owner(s->judge, request->key_id);
    struct finding *finding =
        report(out, rule, s, "%s was made for %s, not for %s: its answer will never match", s->name,
               owner ? owner : "another key", view_name(s->view, ROLE_KEY));
    remedy_add(finding, "delete %s/%s", s->judge->facts->store_path, s->name);
    remedy_generate(finding, s);
}

/* A list of usages is the rules' own that name what it stops. */
static char *outdated_words(const struct differences *certificate)
{
    struct differences names = {.items = xcalloc(certificate->count + 1, sizeof *names.items)};
    for (size_t i = 0; i < certificate->count; i++)
        if (strcmp(certificate->items[i].what, "extendedKeyUsage") != 0)
            names.items[names.count++] = certificate->items[i];
    char *words = names.count ? differences_words(&names) : NULL;
    free(names.items);
    return words;
}

/* An answer to the request would lack what deployment.conf has by now; so does the certificate. */
static void csr_outdated(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    if (s->judge->planned || (!view->files[ROLE_CSR] && !view->leaf))
        return;
    struct lifecycle life;
    lifecycle_of(s->judge->facts, view->identity, &life);
    struct finding *finding = NULL;
    char *words = NULL;
    if (life.request.count) {
        words = differences_words(&life.request);
        finding = report(out, rule, s, "%s is outdated: %s. deployment.conf says otherwise by now",
                         view_name(view, ROLE_CSR), words);
        report_file(finding, view_name(view, ROLE_CSR));
        report_mend(finding, life.request.items[0].what, "");
        if (*view->identity->key_at)
            remedy_new_certificate(finding, s, true);
        else
            remedy_generate(finding, s);
    } else if (view->leaf && (words = outdated_words(&life.certificate))) {
        finding = report(out, rule, s, "%s is outdated: %s. deployment.conf says otherwise by now",
                         view->leaf_file, words);
        finding->severity = SEVERITY_WARNING;
        report_mend(finding, life.certificate.items[0].what, "");
        remedy_new_certificate(finding, s, true);
    }
    free(words);
    lifecycle_free(&life);
}

/* A signer's too, which no server gets. */
static void key_mode(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct store_file *file = s->view->files[ROLE_KEY];
    if (!private_key(s) || s->judge->planned || !(file->mode & 077))
        return;
    struct finding *finding = report(out, rule, s, "%s can be read by others (mode %04o)",
                                     file->name, (unsigned)(file->mode & 07777));
    report_file(finding, file->name);
    report_fix(finding, rule);
}

/* Request and certificate of the key that was put aside. */
static void remedy_aside(struct finding *finding, const struct subject *s)
{
    const struct view *view = s->view;
    static const enum role roles[] = {ROLE_CSR, ROLE_CERTIFICATE, ROLE_BUNDLE, ROLE_FULLCHAIN};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (view->files[roles[i]])
            remedy_add(finding, "rename %s/%s to %s.bak", s->judge->facts->store_path,
                       view_name(view, roles[i]), view_name(view, roles[i]));
    remedy_generate(finding, s);
    if (strcmp(view->identity->signer, "self") != 0)
        remedy_new_certificate(finding, s, false);
}

static void remedy_rsa(struct finding *finding, const struct deployment *deployment)
{
    if (strcmp(deployment->key_type, "rsa") != 0 || deployment->key_bits < RSA_BITS_MIN)
        remedy_add(finding, "set key { type = \"rsa\" bits = 2048 } in deployment.conf");
}

/* One that is in place and still to be installed has to end first; what is signed here may be
 * renewed on top of it. */
static bool may_renew(const struct subject *s)
{
    const struct renewal *open = renewals_open(&s->judge->facts->renewals, s->view->identity->name);
    const char *signer = s->view->identity->signer;
    bool outside = strcmp(signer, "internal") == 0 || strcmp(signer, "public") == 0;
    return !open || !open->first || (!outside && !open->new_key);
}

/* The next key is made beside the one that serves (guide 5.6), where one may be. */
static void remedy_weak(struct finding *finding, const struct subject *s)
{
    if (*s->view->identity->key_at) { /* the appliance makes RSA */
        remedy_renew_there(finding, s);
        return;
    }
    remedy_rsa(finding, &s->judge->facts->deployment);
    if (s->view->leaf && may_renew(s)) {
        remedy_renew(finding, s);
        return;
    }
    remedy_add(finding, "rename %s/%s to %s.bak", s->judge->facts->store_path, s->name, s->name);
    remedy_aside(finding, s);
}

/* RSA, EC …; "" nothing is known of the key. */
static const char *key_kind(const struct subject *s, int *bits)
{
    if (s->role != ROLE_KEY || !s->view->roles) /* a trust file has no view */
        return "";
    const struct key *key = private_key(s);
    const struct cert *leaf = s->view->leaf;
    if (key ? key->encrypted : !leaf)
        return "";
    *bits = key ? key->bits : leaf->key_bits;
    return key ? key->algorithm : leaf->key_algorithm;
}

static void key_short(const struct rule *rule, const struct subject *s, struct findings *out)
{
    int bits = 0;
    if (strcmp(key_kind(s, &bits), "RSA") == 0 && bits < RSA_BITS_MIN)
        remedy_weak(report(out, rule, s, "%s is RSA with %d bits: at least 2048 bits are required",
                           s->name, bits),
                    s);
}

static void key_unusual(const struct rule *rule, const struct subject *s, struct findings *out)
{
    int bits = 0;
    const char *kind = key_kind(s, &bits);
    if (*kind && (strcmp(kind, "RSA") != 0 || bits > RSA_BITS_MAX))
        remedy_weak(report(out, rule, s,
                           "%s is %s with %d bits; only RSA of 2048 to 4096 is documented", s->name,
                           kind, bits),
                    s);
}

/* Guide 1.2.3, 4.8: who has a CA's key can make every other certificate. */
static void key_ca(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (!s->view || !strings_has(&s->slot->takes, "key") || !s->view->signs)
        return;
    struct finding *finding =
        report(out, rule, s, "%s signs other identities, and its key would go to a server with it",
               s->view->identity->name);
    report_file(finding, s->view->identity->key_file);
    remedy_own_identity(finding, s, s->view->identity->name);
}

static void key_at_shared(const struct rule *rule, const struct subject *s, struct findings *out)
{
    if (!s->view || !*s->view->identity->key_at || !strings_has(&s->slot->takes, "key") ||
        strings_has(&s->view->identity->key_servers, s->server->name))
        return;
    const struct strings *servers = &s->view->identity->key_servers;
    char *names = strings_join(servers, ", ");
    struct finding *finding =
        report(out, rule, s,
               servers->count == 1
                   ? "the key of \"%s\" is made on %s and never leaves it, but %s needs it too"
                   : "the key of \"%s\" lies on %s alone, but %s needs it too",
               s->view->identity->name, names, s->server->name);
    free(names);
    report_file(finding, "");
    remedy_own_identity(finding, s, s->view->identity->signer);
}

static bool is_live(const struct judge *judge, const struct view *view)
{
    for (size_t i = view->first_use; i != USE_NONE; i = judge->uses[i].next)
        if (judge->uses[i].service->installed &&
            strings_has(&view->identity->key_servers, judge->uses[i].server->name))
            return true;
    return false;
}

/* A certificate that serves on needs no request. */
static bool wants_request(const struct subject *s)
{
    const struct view *view = s->view;
    if (!view->leaf)
        return true;
    struct lifecycle life;
    lifecycle_of(s->judge->facts, view->identity, &life);
    enum term_state term = rules_term(view->leaf, s->judge->facts->at);
    bool wants = life.certificate.count || term == TERM_DUE || term == TERM_ENDED;
    lifecycle_free(&life);
    return wants;
}

/* pki csr makes a key of that name, whether there is one or not (document 214618). */
static void csr_live_name(const struct rule *rule, const struct subject *s, struct findings *out)
{
    const struct view *view = s->view;
    const struct identity *identity = view->identity;
    if (s->judge->planned || !*identity->key_at || view->files[ROLE_CSR] ||
        !is_live(s->judge, view) || !wants_request(s))
        return;
    struct finding *finding =
        report(out, rule, s,
               "the request of \"%s\" is still to be made on %s, where pki csr under that name "
               "replaces the key that its services use: they break at once",
               identity->name, identity->key_at);
    report_file(finding, view_name(view, ROLE_CERTIFICATE));
    char *next = remedy_request_there(finding, s);
    remedy_add(finding, "send %s.csr to the CA", next);
    remedy_add(finding, "certwright import what it returns");
    free(next);
}

static const struct rule rules[] = {
    {"NAME-DOT", "4.2", SEVERITY_ERROR, SCOPE_FILE, name_dot, .field = ""},
    {"NAME-UNDERSCORE", "3.1", SEVERITY_WARNING, SCOPE_FILE, name_underscore, .field = ""},
    {"NAME-EXT", "B", SEVERITY_ERROR, SCOPE_FILE, name_extension_fits, .ranks = {{ORDER_FILE, -1}}},
    {"EXT-ENCODING", "B", SEVERITY_WARNING, SCOPE_FILE, ext_encoding, .fix = FIX_CHAIN,
     .graver = true, .ranks = {{ORDER_FILE, 5}}},
    {"FILE-MISSING", "4.2", SEVERITY_ERROR, SCOPE_FILE, file_missing,
     .ranks = {{ORDER_FILE, 0}, {ORDER_PRESENT, 1}, {ORDER_SET, 1}}},
    {"FILE-MISSING", "4.2", SEVERITY_ERROR, SCOPE_SLOT, no_identity,
     .ranks = {{ORDER_FILE, 0}, {ORDER_PRESENT, 1}, {ORDER_SET, 1}}},
    {"FILE-KIND", "4.3", SEVERITY_ERROR, SCOPE_FILE, file_kind, .ranks = {{ORDER_FILE, 1}}},
    {"PEM-GLUED", "4.7.1", SEVERITY_ERROR, SCOPE_FILE, pem_text, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 3}}},
    {"PEM-INDENTED", "", SEVERITY_ERROR, SCOPE_FILE, pem_text, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 4}}},
    {"PEM-UTF16", "", SEVERITY_ERROR, SCOPE_FILE, pem_text, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 2}}},
    {"PEM-BOM", "", SEVERITY_WARNING, SCOPE_FILE, pem_text, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 5}}},
    {"KEY-LOCKED", "C", SEVERITY_ERROR, SCOPE_FILE, key_locked, .ranks = {{ORDER_FILE, 6}}},
    {"KEY-MATCH", "4.3", SEVERITY_ERROR, SCOPE_FILE, key_match, .ranks = {{ORDER_FILE, 7}}},
    {"FULLCHAIN-FIRST", "D.1", SEVERITY_ERROR, SCOPE_FILE, key_match, .fix = FIX_CHAIN,
     .ranks = {{ORDER_FILE, 8}}},
    {"CSR-STALE", "3.1", SEVERITY_ERROR, SCOPE_FILE, csr_stale, .ranks = {{ORDER_FILE, 8}}},
    {"CSR-OUTDATED", "3.1", SEVERITY_ERROR, SCOPE_IDENTITY, csr_outdated, .field = "",
     .ranks = {{ORDER_FILE, 16}}},
    {"KEY-MODE", "", SEVERITY_WARNING, SCOPE_IDENTITY, key_mode, .fix = FIX_MODE},
    {"KEY-WEAK", "A.1", SEVERITY_ERROR, SCOPE_FILE, key_short, .field = ""},
    {"KEY-WEAK", "A.1", SEVERITY_WARNING, SCOPE_FILE, key_unusual, .field = ""},
    {"KEY-CA", "1.2.3", SEVERITY_ERROR, SCOPE_SLOT, key_ca, .field = "identity",
     .ranks = {{ORDER_SAN, -1}}},
    {"CSR-LIVE-NAME", "214618", SEVERITY_ERROR, SCOPE_IDENTITY, csr_live_name, .field = "key-at",
     .ranks = {{ORDER_FILE, -2}}},
    {"KEY-AT-SHARED", "4.2", SEVERITY_ERROR, SCOPE_SLOT, key_at_shared, .field = "key-at"},
};
const struct group rules_content = {rules, sizeof rules / sizeof *rules};
