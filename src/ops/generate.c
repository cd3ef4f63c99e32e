#include "base/clock.h"
#include "base/mem.h"
#include "ops/certify.h"
#include "ops/days.h"
#include "ops/material.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One identity, judged before anything is made. */
struct task {
    const struct identity *identity;
    char *csr; /* file name */
    bool self; /* a certificate, no request */
    bool has_key;
    bool stale; /* a request is there, for another key */
    struct pki_file key_file;
    const struct key *key;
    char *left; /* why there is nothing to do; NULL when there is */
};

static void task_free(struct task *task)
{
    free(task->csr);
    free(task->left);
    pki_file_free(&task->key_file);
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
static char *line_for_appliance(const struct deployment *deployment,
                                const struct identity *identity)
{
    struct str line = {0};
    struct names names = {0};
    identity_request(deployment, identity, &names);
    str_addf(&line, "its key is made on %s and stays there: ", identity->key_at);
    names_line(&names, "csr", identity->name, &line);
    names_free(&names);
    return str_take(&line);
}

static bool judge(const struct facts *facts, const struct store *store, struct task *task,
                  struct error *err)
{
    const struct identity *identity = task->identity;
    task->csr = csr_name(identity);
    task->self = strcmp(identity->signer, "self") == 0;
    const char *rest = task->self ? identity->certificate_file : task->csr;
    bool has_rest = store_has(store, rest);
    if (*identity->key_at) {
        task->left = has_rest ? xformat("its request from %s is here", identity->key_at)
                              : line_for_appliance(&facts->deployment, identity);
        return true;
    }
    task->has_key = store_has(store, identity->key_file);
    if (has_rest && task->self && !task->has_key)
        task->left = xformat("%s is there without its key: nothing made", rest);
    else if (has_rest && task->has_key && (task->self || csr_fits(store, rest, identity->key_file)))
        task->left = key_of(store, identity->key_file);
    task->stale = has_rest;
    return task->left || !task->has_key ||
           read_key(store, identity->key_file, &task->key_file, &task->key, err);
}

static bool add_request(const struct facts *facts, const struct task *task, struct batch *batch,
                        struct error *err)
{
    struct names names = {0};
    struct str pem = {0};
    identity_request(&facts->deployment, task->identity, &names);
    bool good = csr_make(task->key, &names, &pem, err);
    if (good)
        batch_add(batch, task->csr, pem.data, pem.length, 0644, true);
    names_free(&names);
    str_free(&pem);
    return good;
}

static bool add_certificate(const struct facts *facts, const struct store *store,
                            const struct task *task, struct batch *batch, time_t *end,
                            struct error *err)
{
    const struct identity *identity = task->identity;
    struct names names = {0};
    struct str pem = {0};
    identity_request(&facts->deployment, identity, &names);
    strings_free(&names.eku); /* it serves and signs: no extended usage (SPEC 5) */
    int days = days_selfsigned(&facts->deployment, identity);
    bool good = cert_selfsign(task->key, &names, days, facts->at, &pem, err);
    if (good) {
        certify_put(store, batch, identity->certificate_file, &pem);
        if (identity_takes(&facts->deployment, identity, "fullchain"))
            certify_put(store, batch, identity->fullchain_file, &pem);
        good = certify_trusts(facts, store, batch, err);
        *end = facts->at + (time_t)days * SECONDS_A_DAY;
    }
    names_free(&names);
    str_free(&pem);
    return good;
}

static char *note_of(const struct facts *facts, const struct task *task, time_t end)
{
    const char *key = task->has_key ? "" : "key, ";
    if (!task->self)
        return xformat("%srequest%s", key,
                       task->stale ? " (made again: the old one was for another key)" : "");
    char date[16];
    clock_date(end, date);
    return xformat("%scertificate; %sends %s", key,
                   identity_is_signer(&facts->deployment, task->identity) ? "root, " : "", date);
}

static bool make(const struct facts *facts, struct store *store, struct task *task,
                 struct made_list *out, struct error *err)
{
    const struct identity *identity = task->identity;
    struct batch batch = {0};
    struct strings written = {0};
    time_t end = 0;
    bool good = (task->has_key || make_key(&facts->deployment, identity->key_file, &batch,
                                           &task->key_file, &task->key, err)) &&
                (task->self ? add_certificate(facts, store, task, &batch, &end, err)
                            : add_request(facts, task, &batch, err)) &&
                certify_commit(store, &batch, facts->at, &written, err);
    if (good) {
        struct made_item *item =
            made_add(out, identity->name,
                     (task->has_key ? 0u : MADE_KEY) | (task->self ? MADE_CERTIFICATE : MADE_CSR));
        item->note = note_of(facts, task, end);
        made_tell(out, &facts->deployment, &written);
    }
    strings_free(&written);
    batch_free(&batch);
    return good;
}

static bool make_all(const struct facts *facts, struct store *store, struct task *tasks,
                     size_t count, struct made_list *out, struct progress *progress,
                     struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct task *task = &tasks[i];
        if (task->left) {
            unsigned what = *task->identity->key_at ? MADE_SKIPPED : MADE_KEPT;
            made_add(out, task->identity->name, what)->note = xstrdup(task->left);
        } else if (!make(facts, store, task, out, err)) {
            return false;
        }
        const struct made_item *last = &out->items[out->count - 1];
        char *note = xformat("%s %s", last->identity, last->note);
        bool go_on = progress_step(progress, i + 1, count, note);
        free(note);
        if (!go_on && i + 1 < count)
            return error_set(err, STATUS_NO, facts->store_path, "the next run makes the rest",
                             "stopped after %zu of %zu: what is done stays done", i + 1, count);
    }
    return true;
}

bool op_generate(const struct facts *facts, const struct strings *names, struct made_list *out,
                 struct progress *progress, struct error *err)
{
    *out = (struct made_list){0};
    const struct identity **chosen;
    size_t count;
    if (!choose_identities(&facts->deployment, names, &chosen, &count, err))
        return false;
    struct store store;
    struct task *tasks = xcalloc(count, sizeof *tasks);
    bool good = open_locked(facts, &store, err);
    if (good) {
        for (size_t i = 0; good && i < count; i++) {
            tasks[i].identity = chosen[i];
            good = judge(facts, &store, &tasks[i], err);
        }
        good = good && make_all(facts, &store, tasks, count, out, progress, err);
        store_close(&store);
    }
    for (size_t i = 0; i < count; i++)
        task_free(&tasks[i]);
    free(tasks);
    free(chosen);
    return good;
}
