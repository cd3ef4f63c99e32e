#include "model/facts.h"

#include "base/mem.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A new key made on the appliance is NAME-2, NAME-3 …: the one before it, where nobody wrote down
 * which it was. */
static char *key_before(const char *file)
{
    size_t length = strcspn(file, "."), digits = length;
    while (digits > 0 && isdigit((unsigned char)file[digits - 1]))
        digits--;
    long number = digits < length && digits > 1 && file[digits - 1] == '-'
                      ? strtol(file + digits, NULL, 10)
                      : 0;
    if (number < 2)
        return xstrdup(file);
    if (number == 2)
        return xformat("%.*s%s", (int)(digits - 1), file, file + length);
    return xformat("%.*s%ld%s", (int)digits, file, number - 1, file + length);
}

void facts_former_key(struct identity *identity, const struct renewal *renewal)
{
    if (!renewal || !renewal->new_key || !identity->key_servers.count)
        return;
    free(identity->key_in_use);
    identity->key_in_use =
        *renewal->key_file ? xstrdup(renewal->key_file) : key_before(identity->key_file);
}

char *facts_next_base(const struct facts *facts, const struct identity *identity)
{
    for (unsigned n = 2;; n++) {
        char *base = xformat("%s-%u", identity->name, n);
        char *csr = xformat("%s.csr", base), *key = xformat("%s.key", base);
        bool is_free = strcmp(key, identity->key_file) != 0 &&
                       strcmp(key, identity_key(identity)) != 0 && !scan_find(&facts->scan, csr) &&
                       !deployment_identity(&facts->deployment, base);
        free(csr);
        free(key);
        if (is_free)
            return base;
        free(base);
    }
}

/* The certificate in place goes with the key that it was made for, until the next one has come. */
static void find_keys_in_use(struct facts *facts)
{
    for (size_t i = 0; facts->renewals.count && i < facts->deployment.identity_count; i++) {
        struct identity *identity = &facts->deployment.identities[i];
        const struct renewal *renewal = renewals_open(&facts->renewals, identity->name);
        if (renewal && !renewal->first)
            facts_former_key(identity, renewal);
    }
}

/* The store says how trust files are called, and which identities have a bundle. */
static void join(struct facts *facts)
{
    find_keys_in_use(facts);
    facts->deployment.scan = &facts->scan;
    trusts_derive(&facts->deployment, &facts->scan, &facts->trusts);
    facts->deployment.trusts = &facts->trusts;
}

bool facts_gather(const struct facts_options *options, const struct catalogue *catalogue,
                  struct facts **out, struct error *err)
{
    struct facts *facts = xcalloc(1, sizeof *facts);
    facts->catalogue = catalogue;
    facts->at = options->at ? options->at : time(NULL);
    facts->scan_users = xcalloc(1, sizeof *facts->scan_users);
    *facts->scan_users = 1;
    if (!deployment_load(options->config, catalogue, &facts->deployment, err)) {
        facts_free(facts);
        return false;
    }
    if (options->store) {
        facts->store_path = xstrdup(options->store);
    } else {
        const char *base = path_base(options->config);
        char *folder = xstrndup(options->config, (size_t)(base - options->config));
        facts->store_path = path_join(folder, facts->deployment.store);
        free(folder);
    }
    if (!scan_store(facts->store_path, &facts->scan, err) ||
        !sent_read(facts->store_path, &facts->sent, err) ||
        !renewals_read(facts->store_path, &facts->renewals, err)) {
        facts_free(facts);
        return false;
    }
    if (options->release) {
        free(facts->deployment.release);
        facts->deployment.release = xstrdup(options->release);
    }
    join(facts);
    *out = facts;
    return true;
}

struct facts *facts_with(const struct facts *facts, struct deployment *deployment)
{
    struct facts *with = xcalloc(1, sizeof *with);
    *with = (struct facts){.catalogue = facts->catalogue,
                           .deployment = *deployment,
                           .store_path = facts->store_path ? xstrdup(facts->store_path) : NULL,
                           .scan = facts->scan,
                           .sent = facts->sent,
                           .renewals = facts->renewals,
                           .scan_users = facts->scan_users,
                           .at = facts->at};
    *deployment = (struct deployment){0};
    if (!with->scan_users)
        with->scan_users = xcalloc(1, sizeof *with->scan_users);
    ++*with->scan_users;
    join(with);
    return with;
}

/* deployment.conf as it was read, to be judged as of that release; NULL: the one that is written.
 */
static bool parse_again(const struct facts *facts, const char *release, struct deployment *out)
{
    const struct deployment *d = &facts->deployment;
    struct error ignored;
    if (!deployment_parse(d->path, str_text(&d->text), d->text.length, facts->catalogue, out,
                          &ignored))
        return false;
    if (release) {
        free(out->release);
        out->release = xstrdup(release);
    }
    return true;
}

struct facts *facts_for_release(const struct facts *facts, const char *release)
{
    struct deployment other;
    return parse_again(facts, release, &other) ? facts_with(facts, &other) : NULL;
}

struct facts *facts_over(const struct facts *facts, struct scan *scan)
{
    struct deployment other;
    if (!parse_again(facts, facts->deployment.release, &other))
        return NULL;
    struct facts *over = xcalloc(1, sizeof *over);
    *over = (struct facts){.catalogue = facts->catalogue,
                           .deployment = other,
                           .store_path = xstrdup(facts->store_path),
                           .scan = *scan,
                           .scan_users = xcalloc(1, sizeof *over->scan_users),
                           .at = facts->at};
    *over->scan_users = 1;
    *scan = (struct scan){0};
    join(over);
    return over;
}

void facts_settle(struct facts *facts)
{
    str_free(&facts->deployment.text);
    paths_forget(facts->scan.paths);
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    trusts_free(&facts->trusts);
    deployment_free(&facts->deployment);
    if (--*facts->scan_users == 0) {
        scan_free(&facts->scan);
        sent_free(&facts->sent);
        renewals_free(&facts->renewals);
        free(facts->scan_users);
    }
    free(facts->store_path);
    free(facts);
}

/* The name is another identity's, and so are the files. */
static bool is_taken(const struct facts *facts, const char *base)
{
    return deployment_identity(&facts->deployment, base) != NULL;
}

/* The file BASE ENDING, of BASE its first bytes: looked for all the time, so nothing is printed.
 */
static const struct store_file *find_file(const struct facts *facts, const char *base, size_t bytes,
                                          const char *ending)
{
    char name[NAME_MAX + 1];
    size_t more = strlen(ending);
    if (bytes + more > NAME_MAX)
        return NULL;
    memcpy(name, base, bytes);
    memcpy(name + bytes, ending, more + 1);
    return scan_find(&facts->scan, name);
}

/* A new key's request and the key, both or none. */
static void find_next(const struct facts *facts, const struct identity *identity,
                      struct identity_files *out)
{
    size_t bytes = strlen(identity->name);
    const struct store_file *request = find_file(facts, identity->name, bytes, "-next.csr");
    if (!request)
        return;
    char *base = xformat("%s-next", identity->name);
    if (!is_taken(facts, base))
        out->next_key = find_file(facts, base, strlen(base), ".key");
    if (out->next_key)
        out->csr = request;
    free(base);
}

/* Of a key that was made on an appliance under another name, so that the live one stays. */
static void find_there(const struct facts *facts, const struct identity *identity,
                       struct identity_files *out)
{
    const char *dot = strrchr(identity->key_file, '.');
    const struct store_file *request =
        find_file(facts, identity->key_file, dot ? (size_t)(dot - identity->key_file) : 0, ".csr");
    if (request)
        out->csr = request;
}

void facts_files(const struct facts *facts, const struct identity *identity,
                 struct identity_files *out)
{
    *out = (struct identity_files){
        .key = scan_find(&facts->scan, identity->key_file),
        .csr = find_file(facts, identity->name, strlen(identity->name), ".csr"),
        .certificate = scan_find(&facts->scan, identity->certificate_file),
        .bundle = scan_find(&facts->scan, identity->bundle_file),
        .fullchain = scan_find(&facts->scan, identity->fullchain_file),
    };
    if (out->certificate && !out->certificate->problem)
        out->leaf = pki_first_cert(&out->certificate->pki);
    if (*identity->key_at)
        find_there(facts, identity, out);
    else
        find_next(facts, identity, out);
}
