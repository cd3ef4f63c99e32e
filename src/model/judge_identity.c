/* What makes the identities of a deployment.conf unusable: their names, signers and files. */
#include "base/mem.h"
#include "model/judge.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void identity_names(const struct deployment *d, struct strings *out)
{
    for (size_t i = 0; i < d->identity_count; i++)
        strings_add(out, d->identities[i].name);
}

/* The signers' way up ends at public, internal or self. */
static bool signer_ends(const struct deployment *d, const struct identity *identity)
{
    for (size_t steps = 0; steps <= d->identity_count; steps++) {
        identity = deployment_identity(d, identity->signer);
        if (!identity)
            return true;
    }
    return false;
}

static bool judge_signer(const struct judging *j, const struct identity *identity)
{
    static const char *const words[] = {"public", "internal", "self"};
    struct conf_step path[] = {{"identity", identity->name}, {"signer", NULL}};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(identity->signer, words[i]) == 0)
            return true;
    if (!deployment_identity(j->deployment, identity->signer)) {
        struct strings known = {0};
        for (size_t i = 0; i < 3; i++)
            strings_add(&known, words[i]);
        identity_names(j->deployment, &known);
        char *remedy = suggestion(identity->signer, &known);
        wrong(j, path, 2, remedy, "no identity is called \"%s\"", identity->signer);
        free(remedy);
        strings_free(&known);
        return false;
    }
    if (!signer_ends(j->deployment, identity))
        return wrong(j, path, 2, "let one of them be signed by \"self\"",
                     "the signers of \"%s\" go in a circle", identity->name);
    return true;
}

/* It stands in a line that a person types at the CA: nothing in it may end that word. */
static bool judge_template(const struct judging *j, const struct identity *identity)
{
    struct conf_step path[] = {{"identity", identity->name}, {"template", NULL}};
    const char *text = identity->template_name;
    bool good = !text[strcspn(text, "\"%^&|<>!`$\\'")];
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        good = good && *c >= ' ' && *c != 0x7f;
    return good || wrong(j, path, 2, "write the template's name as certtmpl.msc shows it",
                         "\"%s\" is no name of a certificate template", text);
}

bool judge_identity(const struct judging *j, const struct identity *identity)
{
    struct conf_step here[] = {{"identity", identity->name}};
    struct error why;
    if (!name_check_base(identity->name, &why))
        return wrong(j, here, 1, why.remedy, "identity \"%s\": %s", identity->name, why.message);
    struct {
        const char *file, *option;
    } files[] = {{identity->key_file, "key-file"},
                 {identity->certificate_file, "certificate-file"},
                 {identity->bundle_file, "bundle-file"},
                 {identity->fullchain_file, "fullchain-file"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct conf_step path[] = {{"identity", identity->name}, {files[i].option, NULL}};
        if (!is_file_name(files[i].file))
            return wrong(j, path, 2, "use letters, digits and hyphens, and one dot",
                         "\"%s\" is no file name", files[i].file);
    }
    if (!judge_template(j, identity))
        return false;
    struct conf_step at[] = {{"identity", identity->name}, {"key-at", NULL}};
    for (size_t i = 0; i < identity->key_servers.count; i++)
        if (!deployment_server(j->deployment, identity->key_servers.items[i]))
            return wrong(j, at, 2, "name a server of this file", "no server is called \"%s\"",
                         identity->key_servers.items[i]);
    return judge_signer(j, identity);
}

enum role { ROLE_KEY, ROLE_REQUEST, ROLE_CERTIFICATE, ROLE_BUNDLE, ROLE_FULLCHAIN };
enum { ROLE_COUNT = ROLE_FULLCHAIN + 1 };
static const char *const role_options[ROLE_COUNT] = {"key-file", "the request", "certificate-file",
                                                     "bundle-file", "fullchain-file"};

/* A file that an identity names. */
struct named_file {
    const char *name;
    size_t identity; /* its place */
    enum role role;
};

static int compare_files(const void *left, const void *right)
{
    const struct named_file *a = left, *b = right;
    int order = strcasecmp(a->name, b->name);
    if (order)
        return order;
    if (a->identity != b->identity)
        return a->identity < b->identity ? -1 : 1;
    return (a->role > b->role) - (a->role < b->role);
}

bool deployment_takes_chains(const struct deployment *deployment)
{
    char from[] = "3.0", until[] = "";
    const struct release one_file = {.from = from, .until = until};
    return release_in(&one_file, deployment->release);
}

/* A certificate with its chain is both. */
static bool may_be_one(const struct deployment *d, const struct named_file *a,
                       const struct named_file *b)
{
    return a->identity == b->identity && a->role == ROLE_CERTIFICATE && b->role == ROLE_FULLCHAIN &&
           strcmp(a->name, b->name) == 0 && deployment_takes_chains(d);
}

/* The first name of an identity that has another purpose before it. */
static void find_clash(const struct deployment *d, const struct named_file *files, size_t count,
                       const struct named_file *clash[2])
{
    for (size_t i = 0, first = 0; i < count; i++) {
        if (i && strcasecmp(files[i].name, files[first].name) != 0)
            first = i;
        const struct named_file *a = &files[first], *b = &files[i];
        bool earlier = !clash[1] || b->identity < clash[1]->identity ||
                       (b->identity == clash[1]->identity && a->identity < clash[0]->identity);
        if (a != b && earlier && !may_be_one(d, a, b)) {
            clash[0] = a;
            clash[1] = b;
        }
    }
}

static bool tell_clash(const struct judging *j, const struct named_file *first,
                       const struct named_file *second)
{
    const char *name = j->deployment->identities[second->identity].name;
    struct conf_step path[] = {{"identity", name}, {role_options[second->role], NULL}};
    if (first->identity != second->identity)
        return wrong(j, path, 2, "choose another name",
                     "identities \"%s\" and \"%s\" both mean the file %s",
                     j->deployment->identities[first->identity].name, name, second->name);
    bool chain = first->role == ROLE_CERTIFICATE && second->role == ROLE_FULLCHAIN;
    return wrong(j, path, 2, "give each its own file name",
                 "%s and %s of identity \"%s\" both mean the file %s%s", role_options[first->role],
                 role_options[second->role], name, second->name,
                 chain ? ", which only release 3.0 and later allow" : "");
}

/* An import would put a certificate in the place of a key. Case tells no files apart where an
 * administrator's computer ignores it. */
bool judge_file_names(const struct judging *j)
{
    const struct deployment *d = j->deployment;
    const struct named_file *clash[2] = {NULL, NULL};
    struct named_file *files = xcalloc(ROLE_COUNT * d->identity_count, sizeof *files);
    char **requests = xcalloc(d->identity_count, sizeof *requests);
    size_t count = 0;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct identity *identity = &d->identities[i];
        requests[i] = xformat("%s.csr", identity->name);
        const char *const names[ROLE_COUNT] = {identity->key_file, requests[i],
                                               identity->certificate_file, identity->bundle_file,
                                               identity->fullchain_file};
        for (int k = 0; k < ROLE_COUNT; k++)
            files[count++] = (struct named_file){names[k], i, (enum role)k};
    }
    qsort(files, count, sizeof *files, compare_files);
    find_clash(d, files, count, clash);
    bool good = !clash[1] || tell_clash(j, clash[0], clash[1]);
    for (size_t i = 0; i < d->identity_count; i++)
        free(requests[i]);
    free(requests);
    free(files);
    return good;
}

/* Where an attribute of an identity comes from: its own section, else subject {}. */
static char *attribute_place(const struct deployment *d, const char *identity, const char *name)
{
    struct conf_step own[] = {{"identity", identity}, {name, NULL}};
    struct conf_step common[] = {{"subject", NULL}, {name, NULL}};
    struct conf_span span;
    if (!conf_find(str_text(&d->text), own, 2, &span) &&
        conf_find(str_text(&d->text), common, 2, &span))
        return judge_place(d, common, 2);
    return judge_place(d, own, 2);
}

/* What a judge of pki said of one value, told of the identity and its line. */
static bool refused(const struct deployment *d, const struct identity *identity, const char *name,
                    const char *value, const struct error *why, struct error *err)
{
    char *place = attribute_place(d, identity->name, name);
    error_set(err, STATUS_NO, place, why->remedy, "%s \"%s\" of identity \"%s\": %s", name, value,
              identity->name, why->message);
    free(place);
    return false;
}

bool identity_check(const struct deployment *deployment, const struct identity *identity,
                    struct error *err)
{
    static const char san[] = "subjectAltName";
    struct error why = {0};
    const char *cn = identity->names.attributes[ATTR_CN];
    if (!(cn && *cn) && strcmp(identity->signer, "self") != 0) {
        struct judging j = {deployment, err};
        struct conf_step here[] = {{"identity", identity->name}, {"CN", NULL}};
        return wrong(&j, here, 2,
                     "write the name that clients connect to, CN = \"cms1.example.com\"",
                     "identity \"%s\" has no CN, and a request needs one", identity->name);
    }
    for (int i = 0; i < ATTR_COUNT; i++) {
        const char *value = identity->names.attributes[i];
        if (value && *value && !attribute_check((enum attribute)i, value, &why))
            return refused(deployment, identity, attribute_names[i], value, &why, err);
    }
    for (size_t i = 0; i < identity->names.sans.count; i++) {
        const char *value = identity->names.sans.items[i];
        if (!san_check(value, &why))
            return refused(deployment, identity, san, value, &why, err);
    }
    return true;
}
