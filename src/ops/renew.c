/* Asks for the next certificate of an identity, or makes it where its signer is here. */
#include "ops/renew.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/conftext.h"
#include "model/days.h"
#include "model/edit.h"
#include "model/lifecycle.h"
#include "ops/certify.h"
#include "ops/material.h"
#include "ops/renewing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One identity, judged before anything is made. */
struct task {
    const struct identity *identity;
    bool new_key;
    bool waits; /* already, as it is asked for now */
    char *ou;   /* another one, for a certificate that signs itself; NULL: as it is */
    char *base; /* of a new key on an appliance; NULL */
};
struct run {
    const struct facts *facts;
    struct task *tasks;
    size_t count;
    struct renewed_list *out;
};

static bool is_self(const struct identity *identity)
{
    return strcmp(identity->signer, "self") == 0;
}

static bool is_signed_here(const struct facts *facts, const struct identity *identity)
{
    return deployment_identity(&facts->deployment, identity->signer) != NULL;
}

const char *renew_words(bool new_key)
{
    return new_key ? "new key" : "keep the key";
}

/* It stands as a root of its own in a store of CAs, where of two with one subject the first alone
 * is tried. One that signs others keeps its name: theirs say it. */
static bool stands_as_root(const struct facts *facts, const struct identity *identity)
{
    if (!is_self(identity) || identity->signs)
        return false;
    for (size_t i = 0; i < facts->trusts.need_count; i++) {
        const struct trust_need *need = &facts->trusts.needs[i];
        bool authorities = need->how == TRUST_CHAIN || need->how == TRUST_BOTH;
        for (size_t k = 0; authorities && k < need->target_count; k++)
            if (need->targets[k].identity == identity)
                return true;
    }
    return false;
}

char *renew_needs_key(const struct facts *facts, const struct identity *identity)
{
    struct identity_files files;
    facts_files(facts, identity, &files);
    if (stands_as_root(facts, identity))
        return xstrdup("it signs itself and stands among CAs, where of two certificates of one "
                       "name the first alone is tried: the next one gets another key and name");
    if (*identity->key_at) {
        const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
        bool fits = csr && files.leaf && memcmp(csr->key_id, files.leaf->key_id, KEY_ID_BYTES) == 0;
        return fits ? NULL
                    : xformat("its key is on %s, and the request of that key is not here",
                              identity->key_at);
    }
    return files.key ? NULL : xformat("%s is not in the store", identity->key_file);
}

/* "IT 2025-11-29" with today's date. Free it. */
static char *another_ou(const struct facts *facts, const struct identity *identity)
{
    enum { DATE = 10, LONGEST = 40 };
    const char *was = identity->names.attributes[ATTR_OU];
    char date[16], stamp[32];
    char *base = xstrdup(was ? was : "");
    size_t length = strlen(base);
    clock_date(facts->at, date);
    clock_stamp(facts->at, stamp);
    time_t day;
    if (length >= DATE && isdigit((unsigned char)base[length - 1]) &&
        clock_parse(base + length - DATE, &day))
        base[length = length > DATE ? length - DATE - 1 : 0] = '\0';
    if (length > LONGEST)
        base[length = 0] = '\0';
    char *ou = xformat("%s%s%s", base, length ? " " : "", date);
    if (was && strcmp(was, ou) == 0) {
        free(ou);
        ou = xformat("%s%s%s", base, length ? " " : "", stamp);
    }
    free(base);
    return ou;
}

static bool refuse_installed(const struct identity *identity, const struct renewal *open,
                             struct error *err)
{
    char *remedy = xformat("certwright plan writes its installation, certwright renew --done %s "
                           "ends it, certwright undo takes it back",
                           identity->name);
    error_set(err, STATUS_NO, identity->name, remedy,
              "its renewal of %s (%s) is in place in the store, and still to be installed",
              open->since, renew_words(open->new_key));
    free(remedy);
    return false;
}

static bool refuse_next(const struct facts *facts, const struct identity *identity,
                        struct error *err)
{
    char *next = xformat("%s-next", identity->name);
    bool taken = deployment_identity(&facts->deployment, next) != NULL;
    if (taken)
        error_set(err, STATUS_NO, identity->name,
                  "rename that identity, or keep the key of this one",
                  "its new key would lie in the files of identity \"%s\"", next);
    free(next);
    return !taken;
}

static bool judge_task(const struct facts *facts, struct task *task, bool asked_new,
                       struct error *err)
{
    const struct identity *identity = task->identity;
    const struct renewal *open = renewals_open(&facts->renewals, identity->name);
    struct identity_files files;
    facts_files(facts, identity, &files);
    if (!files.leaf) {
        char *remedy = xformat("certwright generate %s begins with its first one", identity->name);
        error_set(err, STATUS_NO, identity->name, remedy, "has no certificate yet to be renewed");
        free(remedy);
        return false;
    }
    bool here = is_self(identity) || is_signed_here(facts, identity);
    if (open && open->first && !(here && asked_new && !open->new_key))
        return refuse_installed(identity, open, err);
    char *why = renew_needs_key(facts, identity);
    bool root = stands_as_root(facts, identity);
    task->new_key = asked_new || root || (open && open->new_key);
    if (why && !task->new_key) {
        char *remedy =
            *identity->key_at
                ? xformat("--new-key makes another one; or fetch the request that it was signed "
                          "for into the store, as %s.csr",
                          identity->name)
                : xstrdup("--new-key makes another one");
        error_set(err, STATUS_NO, identity->name, remedy, "cannot keep the key: %s", why);
        free(remedy);
    }
    bool good = !why || task->new_key;
    free(why);
    if (!good || !identity_check(&facts->deployment, identity, err))
        return false;
    if (*identity->key_at && (is_self(identity) || is_signed_here(facts, identity)))
        return error_set(err, STATUS_NO, identity->name,
                         "make it there with pki selfsigned or pki sign, and fetch it",
                         "its key is on %s and never leaves it, so nothing can be signed with it "
                         "here",
                         identity->key_at);
    task->waits = open && open->new_key == task->new_key;
    if (root)
        task->ou = another_ou(facts, identity);
    if (*identity->key_at && task->new_key && !task->waits)
        task->base = facts_next_base(facts, identity);
    return !task->new_key || *identity->key_at || refuse_next(facts, identity, err);
}

/* What deployment.conf has to say otherwise, once for all of them. */
static bool put_conf(const struct run *run, struct error *err)
{
    struct edit edit;
    struct deployment now;
    bool changed = false;
    edit_begin(&edit, run->facts);
    for (size_t i = 0; i < run->count; i++) {
        const struct task *task = &run->tasks[i];
        char *key_file = task->base ? xformat("%s.key", task->base) : NULL;
        const char *value = key_file ? key_file : task->ou;
        struct strings values = {0};
        if (value) {
            struct conf_step path[] = {{"identity", task->identity->name},
                                       {key_file ? "key-file" : "OU", NULL}};
            strings_add(&values, value);
            conf_set(&edit.text, path, 2, &values, false);
            changed = true;
        }
        strings_free(&values);
        free(key_file);
    }
    bool good = true;
    if (changed && (good = edit_finish(&edit, false, &now, err))) {
        good = deployment_put(&run->facts->deployment, &now, err);
        deployment_free(&now);
    }
    edit_free(&edit);
    return good;
}

static bool add_request(const struct identity *identity, const struct key *key, const char *name,
                        struct batch *batch, struct error *err)
{
    struct names names = {0};
    struct str pem = {0};
    identity_request(identity, &names);
    bool good = csr_make(key, &names, &pem, err);
    if (good)
        batch_add(batch, name, pem.data, pem.length, 0644, true);
    names_free(&names);
    str_free(&pem);
    return good;
}

/* The request that was made before asks for what deployment.conf has, and is the live key's. */
static bool serves_again(const struct facts *facts, const struct identity *identity, char **why)
{
    struct identity_files files;
    struct differences asked = {0};
    facts_files(facts, identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    *why = NULL;
    if (!csr || files.next_key ||
        (key && !key->encrypted && memcmp(key->id, csr->key_id, KEY_ID_BYTES) != 0))
        return false;
    lifecycle_request(facts, identity, &asked);
    if (asked.count)
        *why = differences_words(&asked);
    differences_free(&asked);
    return !*why;
}

static bool keep_key(const struct run *run, const struct store *store, const struct task *task,
                     struct batch *batch, struct renewed *out, struct error *err)
{
    const struct identity *identity = task->identity;
    char *why;
    out->request = csr_name(identity);
    bool good = true;
    if (serves_again(run->facts, identity, &why) || *identity->key_at) {
        out->note = xformat("keep the key: %s goes to the CA once more", out->request);
    } else {
        struct pki_file file;
        const struct key *key;
        good = read_key(store, identity->key_file, &file, &key, err) &&
               add_request(identity, key, out->request, batch, err);
        pki_file_free(&file);
        out->note =
            why ? xformat("keep the key: %s was made again (%s), for the CA", out->request, why)
                : xformat("keep the key: %s was made again, for the CA", out->request);
    }
    free(why);
    return good;
}

static bool next_key(const struct run *run, const struct task *task, struct batch *batch,
                     struct renewed *out, struct error *err)
{
    const struct identity *identity = task->identity;
    char *name = xformat("%s-next.key", identity->name);
    struct pki_file file;
    const struct key *key;
    out->request = xformat("%s-next.csr", identity->name);
    bool good = make_key(&run->facts->deployment, name, batch, &file, &key, err) &&
                add_request(identity, key, out->request, batch, err);
    out->note = xformat("new key: %s goes to the CA; %s stays in use until its answer is imported",
                        out->request, identity->key_file);
    pki_file_free(&file);
    free(name);
    return good;
}

/* The key's certificate by itself, or by the identity that signs it. */
static bool issue_for(const struct run *run, const struct store *store, const struct task *task,
                      const struct key *key, struct batch *batch, struct renewed *out,
                      struct error *err)
{
    const struct identity *identity = task->identity;
    struct names names = {0};
    struct str pem = {0};
    struct new_certificate item = {.identity = identity};
    char *note = NULL;
    bool good;
    identity_request(identity, &names);
    if (is_self(identity)) {
        char date[16];
        int days = days_selfsigned(identity);
        strings_free(&names.eku); /* it serves and signs */
        if (task->ou) {
            free(names.attributes[ATTR_OU]);
            names.attributes[ATTR_OU] = xstrdup(task->ou);
        }
        good = cert_selfsign(key, &names, days, run->facts->at, &item.leaf_pem, err);
        if (good)
            certify_files(run->facts, store, &item, batch);
        clock_date(run->facts->at + (time_t)days * SECONDS_A_DAY, date);
        note = xformat("signed by itself, ends %s%s%s", date, task->ou ? ", OU " : "",
                       task->ou ? task->ou : "");
    } else {
        struct pki_file file = {0};
        char *csr = csr_name(identity);
        good = csr_make(key, &names, &pem, err);
        if (good) {
            batch_add(batch, csr, pem.data, pem.length, 0644, true);
            pki_parse((const unsigned char *)pem.data, pem.length, NULL, &file);
            good = sign_into(run->facts, store, identity, pki_first_csr(&file), batch, &note, err);
        }
        pki_file_free(&file);
        free(csr);
    }
    out->note = xformat("%s: %s", renew_words(task->new_key), note ? note : "");
    free(note);
    names_free(&names);
    str_free(&pem);
    str_free(&item.leaf_pem);
    return good;
}

static bool issue(const struct run *run, const struct store *store, const struct task *task,
                  struct batch *batch, struct renewed *out, struct error *err)
{
    const struct identity *identity = task->identity;
    struct pki_file file;
    const struct key *key;
    out->how = RENEW_ISSUED;
    out->request = xstrdup("");
    bool good;
    if (task->new_key) {
        good = make_key(&run->facts->deployment, identity->key_file, batch, &file, &key, err);
        if (good)
            batch->items[batch->count - 1].replace = true; /* which stays as .bak */
    } else {
        good = read_key(store, identity->key_file, &file, &key, err);
    }
    good = good && issue_for(run, store, task, key, batch, out, err);
    pki_file_free(&file);
    return good && certify_trusts(run->facts, store, batch, err) &&
           renewing_open(run->facts, store, batch, err);
}

static void tell_there(const struct identity *identity, const char *base, struct renewed *out)
{
    struct names names = {0};
    struct str line = {0};
    identity_request(identity, &names);
    names_line(&names, "csr", base, &line);
    out->how = RENEW_THERE;
    out->request = xformat("%s.csr", base);
    out->typed = str_take(&line);
    out->note = xformat("new key: made on %s under the name %s, so that the live one stays; "
                        "deployment.conf has it as key-file",
                        identity->key_at, base);
    names_free(&names);
}

/* Its request has not come from there yet. */
static bool is_made_there(const struct facts *facts, const struct task *task)
{
    struct identity_files files;
    facts_files(facts, task->identity, &files);
    const struct csr *csr = files.csr ? pki_first_csr(&files.csr->pki) : NULL;
    return *task->identity->key_at && task->new_key &&
           (!csr || !files.leaf || memcmp(csr->key_id, files.leaf->key_id, KEY_ID_BYTES) == 0);
}

/* The renewal waits from today on. */
static bool note_waiting(const struct run *run, const struct store *store, const struct task *task,
                         struct batch *batch, struct error *err)
{
    struct renewals renewals;
    struct renewal renewal = {.identity = task->identity->name, .new_key = task->new_key};
    char today[16];
    if (!renewals_of(store, &renewals, err))
        return false;
    const struct renewal *before = renewals_open(&renewals, task->identity->name);
    renewal.key_file = task->base                ? task->identity->key_file
                       : task->new_key && before ? before->key_file
                                                 : NULL;
    clock_date(run->facts->at, today);
    memcpy(renewal.since, today, sizeof renewal.since - 1);
    renewals_set(&renewals, &renewal);
    renewals_put(&renewals, batch);
    renewals_free(&renewals);
    return true;
}

static bool still_waits(const struct run *run, const struct task *task, struct renewed *out)
{
    const struct renewal *open = renewals_open(&run->facts->renewals, task->identity->name);
    struct differences asked = {0};
    if (task->waits && is_made_there(run->facts, task)) {
        char *base = key_base(task->identity);
        tell_there(task->identity, base, out);
        free(base);
        return true;
    }
    lifecycle_request(run->facts, task->identity, &asked);
    bool waits = task->waits && !asked.count;
    if (waits) {
        out->how = RENEW_KEPT;
        out->request = request_name(run->facts, task->identity);
        out->note = xformat("%s: waits since %s for the answer to %s", renew_words(open->new_key),
                            open->since, out->request);
    }
    differences_free(&asked);
    return waits;
}

/* The next key is there already; its request says something else by now. */
static bool request_anew(const struct run *run, const struct store *store, const struct task *task,
                         struct batch *batch, struct renewed *out, struct error *err)
{
    char *name = request_key_name(run->facts, task->identity);
    struct pki_file file;
    const struct key *key;
    out->request = request_name(run->facts, task->identity);
    bool good = read_key(store, name, &file, &key, err) &&
                add_request(task->identity, key, out->request, batch, err);
    out->note = xformat("new key: %s was made again, for the CA", out->request);
    pki_file_free(&file);
    free(name);
    return good;
}

static bool make(const struct run *run, const struct store *store, const struct task *task,
                 struct batch *batch, struct renewed *out, struct error *err)
{
    struct identity_files files;
    facts_files(run->facts, task->identity, &files);
    if (is_self(task->identity) || is_signed_here(run->facts, task->identity))
        return issue(run, store, task, batch, out, err);
    bool good = true;
    if (task->base)
        tell_there(task->identity, task->base, out);
    else if (!task->new_key || *task->identity->key_at)
        good = keep_key(run, store, task, batch, out, err);
    else if (files.next_key)
        good = request_anew(run, store, task, batch, out, err);
    else
        good = next_key(run, task, batch, out, err);
    return good && note_waiting(run, store, task, batch, err);
}

static void list_below(const struct facts *facts, struct renewed *out)
{
    for (size_t i = 0; i < facts->deployment.identity_count; i++)
        if (strcmp(facts->deployment.identities[i].signer, out->identity->name) == 0)
            strings_add(&out->below, facts->deployment.identities[i].name);
}

static bool renew_one(const struct run *run, const struct task *task, struct error *err)
{
    struct renewed_list *list = run->out;
    list->items = grow(list->items, list->count, sizeof *list->items);
    struct renewed *out = &list->items[list->count++];
    *out = (struct renewed){.identity = task->identity, .new_key = task->new_key};
    list_below(run->facts, out);
    if (still_waits(run, task, out))
        return true;
    struct store store;
    struct batch batch = {.verb = "renew"};
    if (!open_locked(run->facts, &store, err))
        return false;
    bool good = make(run, &store, task, &batch, out, err) &&
                store_commit(&store, &batch, run->facts->at, err);
    batch_free(&batch);
    store_close(&store);
    return good;
}

/* How many signers stand above it in the file. */
static size_t depth_of(const struct facts *facts, const struct identity *identity)
{
    size_t depth = 0;
    while ((identity = deployment_identity(&facts->deployment, identity->signer)))
        depth++;
    return depth;
}

static bool gather(struct run *run, const struct strings *names, bool new_key, struct error *err)
{
    const struct identity **chosen;
    size_t count, left;
    if (!choose_identities(&run->facts->deployment, names, &chosen, &count, err))
        return false;
    run->tasks = xcalloc(count + 1, sizeof *run->tasks);
    left = names->count ? count : 0;
    for (size_t depth = 0; left; depth++)
        for (size_t i = 0; i < count; i++)
            if (depth_of(run->facts, chosen[i]) == depth) {
                run->tasks[run->count++].identity = chosen[i];
                left--;
            }
    free(chosen);
    for (size_t i = 0; i < run->count; i++)
        if (!judge_task(run->facts, &run->tasks[i], new_key, err))
            return false;
    return true;
}

bool op_renew(const struct facts *facts, const struct strings *names, bool new_key,
              struct renewed_list *out, struct error *err)
{
    struct run run = {.facts = facts, .out = out};
    *out = (struct renewed_list){0};
    bool good = gather(&run, names, new_key, err) && put_conf(&run, err);
    for (size_t i = 0; i < run.count && good; i++)
        good = renew_one(&run, &run.tasks[i], err);
    for (size_t i = 0; i < run.count; i++) {
        free(run.tasks[i].ou);
        free(run.tasks[i].base);
    }
    free(run.tasks);
    if (!good)
        renewed_free(out);
    return good;
}

void renewed_free(struct renewed_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct renewed *item = &list->items[i];
        free(item->request);
        free(item->note);
        free(item->typed);
        strings_free(&item->below);
    }
    free(list->items);
    *list = (struct renewed_list){0};
}
