#include "base/clock.h"
#include "base/mem.h"
#include "model/days.h"
#include "model/lifecycle.h"
#include "ops/certify.h"
#include "ops/forge.h"
#include "ops/material.h"
#include "ops/renewing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files of so many identities are put in place at once, with one sync of the folder, where their
 * keys are there in time. */
enum { GROUP_MAX = 32 };

/* One identity, judged before anything is made. */
struct task {
    const struct identity *identity;
    char *csr, *key_file; /* names: of the next ones while a renewal with a new key waits */
    bool self;            /* a certificate, no request */
    bool has_key;
    bool named;         /* asked for by its name */
    bool stale;         /* a request is there, for another key */
    char *outdated;     /* what the one there says that deployment.conf doesn't; NULL: nothing */
    char *left;         /* why there is nothing to do; NULL when there is */
    struct batch batch; /* what is made */
    time_t end;         /* of a certificate */
};

struct run {
    const struct facts *facts;
    struct store store;
    struct task *tasks;
    size_t count;
    size_t done; /* in place, and told */
    struct forge *forge;
    struct made_list *out;
    struct progress *progress;
};

static void task_free(struct task *task)
{
    free(task->csr);
    free(task->key_file);
    free(task->left);
    free(task->outdated);
    batch_free(&task->batch);
}

static char *key_of(const struct store *store, const char *name)
{
    struct stat info;
    char date[16] = "";
    if (fstatat(store->fd, name, &info, 0) == 0)
        clock_date(info.st_mtime, date);
    return xformat("key of %s, never overwritten", date);
}

/* A request for another key is worth nothing: it is made again. What can't be judged (the key is
 * locked) fits. */
static bool csr_fits(const struct store *store, const char *csr_file, const char *key_file)
{
    struct pki_file csrs = {0}, keys = {0};
    const struct csr *csr;
    const struct key *key;
    bool fits = !read_key(store, key_file, &keys, &key, NULL) ||
                (read_csr(store, csr_file, &csrs, &csr, NULL) &&
                 memcmp(csr->key_id, key->id, KEY_ID_BYTES) == 0);
    pki_file_free(&csrs);
    pki_file_free(&keys);
    return fits;
}

/* The line to type on the appliance that keeps the key. */
static char *line_for_appliance(const struct identity *identity)
{
    struct str line = {0};
    struct names names = {0};
    identity_request(identity, &names);
    char *base = key_base(identity);
    str_addf(&line, "its key is made on %s and stays there: ", identity->key_at);
    names_line(&names, "csr", base, &line);
    free(base);
    names_free(&names);
    return str_take(&line);
}

/* An unanswered request that says something else than deployment.conf is made again; so is, for who
 * asks by name, what a certificate in place was made of. */
static void judge_age(const struct run *run, struct task *task)
{
    const struct identity *identity = task->identity;
    struct lifecycle lifecycle;
    struct differences asked = {0};
    lifecycle_of(run->facts, identity, &lifecycle);
    lifecycle_request(run->facts, identity, &asked);
    bool is_certified = lifecycle.life == LIFE_CERTIFIED;
    bool is_renewing = lifecycle.life == LIFE_RENEWING;
    const struct differences *differences = !is_certified                 ? &lifecycle.request
                                            : lifecycle.certificate.count ? &lifecycle.certificate
                                                                          : &asked;
    char *words = differences->count ? differences_words(differences) : NULL;
    /* what the certificate lacks is asked for already: not answered yet, or not in full */
    bool is_asked = (is_certified || is_renewing) && !task->self && !asked.count;
    if (words && !is_asked && (task->named || !is_certified))
        task->outdated = words;
    else if (lifecycle.certificate.count && is_renewing && is_asked)
        task->left = xformat("its certificate is out of date, and %s asks for the next one: "
                             "send it to the CA",
                             task->csr);
    else if (words && lifecycle.certificate.count && !is_asked)
        task->left = xformat("its certificate is out of date: %s; `certwright generate %s` makes "
                             "the next %s with this key",
                             words, identity->name, task->self ? "one" : "request");
    else
        task->left = key_of(&run->store, task->key_file);
    if (task->outdated != words)
        free(words);
    differences_free(&asked);
    lifecycle_free(&lifecycle);
}

static bool judge(const struct run *run, struct task *task, struct error *err)
{
    const struct identity *identity = task->identity;
    const struct store *store = &run->store;
    task->csr = request_name(run->facts, identity);
    task->key_file = request_key_name(run->facts, identity);
    task->self = strcmp(identity->signer, "self") == 0;
    const char *rest = task->self ? identity->certificate_file : task->csr;
    bool has_rest = store_has(store, rest);
    if (*identity->key_at) {
        if (has_rest)
            task->left = xformat("its request from %s is here", identity->key_at);
        else if (identity_check(&run->facts->deployment, identity, err))
            task->left = line_for_appliance(identity);
        return task->left != NULL;
    }
    task->has_key = store_has(store, task->key_file);
    if (has_rest && task->self && !task->has_key)
        task->left = xformat("%s is there without its key: nothing made", rest);
    else if (has_rest && task->has_key && (task->self || csr_fits(store, rest, task->key_file)))
        judge_age(run, task);
    else
        task->stale = has_rest;
    if (task->left)
        return true;
    struct pki_file file = {0};
    const struct key *key;
    bool good = identity_check(&run->facts->deployment, identity, err) &&
                (!task->has_key || read_key(store, task->key_file, &file, &key, err));
    pki_file_free(&file);
    return good;
}

/* What it replaces stays as .bak: it may have been sent, or be in use. */
static void add_file(struct task *task, const char *name, const struct str *pem)
{
    batch_add(&task->batch, name, pem->data, pem->length, 0644, true);
    task->batch.items[task->batch.count - 1].keep = true;
}

static bool add_request(struct task *task, const struct key *key, struct error *err)
{
    struct names names = {0};
    struct str pem = {0};
    identity_request(task->identity, &names);
    bool good = csr_make(key, &names, &pem, err);
    if (good)
        add_file(task, task->csr, &pem);
    names_free(&names);
    str_free(&pem);
    return good;
}

static bool add_certificate(const struct run *run, struct task *task, const struct key *key,
                            struct error *err)
{
    const struct deployment *deployment = &run->facts->deployment;
    const struct identity *identity = task->identity;
    struct names names = {0};
    struct str pem = {0};
    identity_request(identity, &names);
    strings_free(&names.eku); /* it serves and signs: no extended usage */
    int days = days_selfsigned(identity);
    bool good = cert_selfsign(key, &names, days, run->facts->at, &pem, err);
    if (good) {
        add_file(task, identity->certificate_file, &pem);
        if (identity_takes(deployment, identity, "fullchain"))
            certify_put(&run->store, &task->batch, identity->fullchain_file, &pem);
        task->end = run->facts->at + (time_t)days * SECONDS_A_DAY;
    }
    names_free(&names);
    str_free(&pem);
    return good;
}

static bool add_rest(const struct run *run, struct task *task, const struct key *key,
                     struct error *err)
{
    return task->self ? add_certificate(run, task, key, err) : add_request(task, key, err);
}

static bool add_for_old_key(const struct run *run, struct task *task, struct error *err)
{
    struct pki_file file;
    const struct key *key;
    bool good =
        read_key(&run->store, task->key_file, &file, &key, err) && add_rest(run, task, key, err);
    pki_file_free(&file);
    return good;
}

static bool add_with_new_key(const struct run *run, struct task *task, struct error *err)
{
    struct key *key = NULL;
    struct secret pem = {0};
    bool good = forge_take(run->forge, &key, err) && key_pem(key, &pem, err);
    if (good) {
        batch_add(&task->batch, task->key_file, pem.data, pem.length, 0600, false);
        good = add_rest(run, task, key, err);
    }
    secret_free(&pem);
    key_free(key);
    return good;
}

static char *note_of(const struct task *task)
{
    const char *key = task->has_key ? "" : "key, ";
    if (task->left)
        return xstrdup(task->left);
    if (task->outdated)
        return xformat("%s, anew: %s; key kept", task->self ? "certificate" : "request",
                       task->outdated);
    if (!task->self)
        return xformat("%srequest%s", key,
                       task->stale ? " (made again: the old one was for another key)" : "");
    char date[16];
    clock_date(task->end, date);
    return xformat("%scertificate; %sends %s", key, task->identity->signs ? "root, " : "", date);
}

static unsigned what_of(const struct task *task)
{
    if (task->left)
        return *task->identity->key_at ? MADE_SKIPPED : MADE_KEPT;
    return (task->has_key ? 0u : MADE_KEY) | (task->self ? MADE_CERTIFICATE : MADE_CSR) |
           (task->outdated ? MADE_ANEW : 0u);
}

/* What follows from certificates that sign themselves; where another one was in place its renewal
 * is open, and the journal keeps that. */
static bool follow(struct run *run, struct batch *batch, struct error *err)
{
    if (!certify_trusts(run->facts, &run->store, batch, err))
        return false;
    size_t before = batch->count;
    if (!renewing_open(run->facts, &run->store, batch, err))
        return false;
    if (batch->count > before)
        batch->verb = "renew";
    return true;
}

/* The tasks from first to before last in one transaction. What they made stays theirs; the trust
 * files that follow from new certificates are added here. */
static bool commit(struct run *run, size_t first, size_t last, struct strings *written,
                   struct error *err)
{
    struct batch all = {0}, trusts = {0};
    bool certified = false;
    for (size_t i = first; i < last; i++) {
        const struct task *task = &run->tasks[i];
        certified = certified || (task->self && task->batch.count);
        for (size_t k = 0; k < task->batch.count; k++) {
            all.items = grow(all.items, all.count, sizeof *all.items);
            all.items[all.count++] = task->batch.items[k];
        }
    }
    size_t own = all.count;
    bool good = !own || ((!certified || follow(run, &all, err)) &&
                         certify_commit(&run->store, &all, run->facts->at, written, err));
    for (size_t i = own; i < all.count; i++) {
        trusts.items = grow(trusts.items, trusts.count, sizeof *trusts.items);
        trusts.items[trusts.count++] = all.items[i];
    }
    batch_free(&trusts);
    free(all.items);
    return good;
}

/* What was written belongs to the items from first on. */
static void tell(struct run *run, size_t last, const struct strings *written)
{
    struct made_list *out = run->out;
    size_t first = out->count;
    for (size_t i = run->done; i < last; i++) {
        const struct task *task = &run->tasks[i];
        struct made_item *item = made_add(out, task->identity->name, what_of(task));
        item->note = note_of(task);
    }
    struct made_list new = {
        .items = out->items + first, .count = out->count - first, .trusts = out->trusts};
    made_tell(&new, &run->facts->deployment, written);
    out->trusts = new.trusts;
    for (size_t i = run->done; i < last; i++) {
        const struct made_item *item = &out->items[first + i - run->done];
        bool made = !(item->what & (MADE_KEPT | MADE_SKIPPED));
        char *note = xformat("%s%s%s %s", made ? "" : made_word(item->what), made ? "" : " ",
                             item->identity, item->note);
        progress_step(run->progress, i + 1, run->count, note);
        free(note);
        batch_free(&run->tasks[i].batch);
    }
    run->done = last;
}

static bool put_in_place(struct run *run, size_t last, struct error *err)
{
    struct strings written = {0};
    bool good = commit(run, run->done, last, &written, err);
    if (good)
        tell(run, last, &written);
    strings_free(&written);
    return good;
}

/* What the tasks before last made. Where one of them stops them all, those before it are done. */
static bool flush(struct run *run, size_t last, struct error *err)
{
    if (run->done == last || (last - run->done > 1 && put_in_place(run, last, NULL)))
        return true;
    while (run->done < last)
        if (!put_in_place(run, run->done + 1, err))
            return false;
    return true;
}

static bool make(struct run *run, size_t index, struct error *err)
{
    struct task *task = &run->tasks[index];
    if (task->left)
        return true;
    if (task->has_key)
        return add_for_old_key(run, task, err);
    if (!forge_is_ready(run->forge) && !flush(run, index, err))
        return false;
    return add_with_new_key(run, task, err);
}

static bool make_all(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->count; i++) {
        if (progress_cancelled(run->progress)) {
            if (!flush(run, i, err))
                return false;
            return error_set(err, STATUS_NO, run->facts->store_path, "the next run makes the rest",
                             "stopped after %zu of %zu: what is done stays done", run->done,
                             run->count);
        }
        struct error why = {0};
        if (!make(run, i, &why)) {
            batch_free(&run->tasks[i].batch);
            bool good = flush(run, i, err);
            if (good && err)
                *err = why;
            return false;
        }
        if (i + 1 - run->done == GROUP_MAX && !flush(run, i + 1, err))
            return false;
    }
    return flush(run, run->count, err);
}

static bool run_tasks(struct run *run, struct error *err)
{
    const struct deployment *deployment = &run->facts->deployment;
    size_t keys = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (!judge(run, &run->tasks[i], err))
            return false;
        keys += !run->tasks[i].left && !run->tasks[i].has_key;
    }
    run->forge = forge_start(deployment->key_type, deployment->key_bits, keys);
    bool good = make_all(run, err);
    forge_stop(run->forge);
    return good;
}

bool op_generate(const struct facts *facts, const struct strings *names, struct made_list *out,
                 struct progress *progress, struct error *err)
{
    *out = (struct made_list){0};
    const struct identity **chosen;
    struct run run = {.facts = facts, .out = out, .progress = progress};
    if (!choose_identities(&facts->deployment, names, &chosen, &run.count, err))
        return false;
    run.tasks = xcalloc(run.count, sizeof *run.tasks);
    for (size_t i = 0; i < run.count; i++)
        run.tasks[i] = (struct task){.identity = chosen[i], .named = names && names->count};
    bool good = open_locked(facts, &run.store, err);
    if (good) {
        good = run_tasks(&run, err);
        store_close(&run.store);
    }
    for (size_t i = 0; i < run.count; i++)
        task_free(&run.tasks[i]);
    free(run.tasks);
    free(chosen);
    return good;
}
