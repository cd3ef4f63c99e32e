#include "base/mem.h"
#include "mmp/action.h"
#include "mmp/read.h"
#include "model/days.h"
#include "store/read.h"

#include <stdlib.h>
#include <string.h>

/* `pki sign`: a CA of the store answers a request (guide 3.1.5, app. C). */

struct signature {
    struct action *action;
    char *csr_name, *ca_name, *ca_key_name, *out_name;
    struct store store;
    struct pki_file csr_file, ca_file, key_file;
    const struct cert *ca;
};

static void signature_free(struct signature *run)
{
    free(run->csr_name);
    free(run->ca_name);
    free(run->ca_key_name);
    free(run->out_name);
    pki_file_free(&run->csr_file);
    pki_file_free(&run->ca_file);
    pki_file_free(&run->key_file);
    store_close(&run->store);
}

/* The CAs above one that has an issuer are looked for in the whole store. */
static bool holds(const struct signature *run, const struct str *pem, time_t now, struct error *err)
{
    struct scan scan = {0};
    struct pool pool = {0};
    bool good = scan_store(run->store.path, &scan, err);
    if (good) {
        pool_add_scan(&pool, &scan);
        good = pool_upholds(&pool, pem, run->ca, now, err);
    }
    pool_free(&pool);
    scan_free(&scan);
    return good;
}

static bool sign(struct signature *run, struct error *err)
{
    struct pki_reply *reply = run->action->reply;
    const struct csr *csr;
    const struct key *key;
    struct str pem = {0};
    struct batch batch = {0};
    bool force = run->action->wishes->force;
    if (!pki_open_store(run->action->place, false, &run->store, err) ||
        !pki_expect(&run->store, run->csr_name, true, err) ||
        !pki_expect(&run->store, run->ca_name, true, err) ||
        !pki_expect(&run->store, run->ca_key_name, true, err) ||
        !read_csr(&run->store, run->csr_name, &run->csr_file, &csr, err) ||
        !read_cert(&run->store, run->ca_name, &run->ca_file, &run->ca, err) ||
        !read_signer(&run->store, run->ca_key_name, &run->key_file, &key, err))
        return false;
    if (strcmp(run->out_name, run->ca_name) == 0) /* forced, it would end the CA */
        return error_set(err, STATUS_NO, run->csr_name,
                         "certwright pki selfsigned makes a CA's own certificate",
                         "is the request of %s itself, and what it signs is no CA", run->ca_name);
    if (!force && store_has(&run->store, run->out_name))
        return error_set(err, STATUS_NO, run->out_name, "move it away, or --force",
                         "is there already");
    time_t now = run->action->place->at;
    bool good = cert_issue(csr, run->ca, key, reply->days, now, &pem, &reply->cut, err) &&
                (run->ca->self_signed || holds(run, &pem, now, err));
    if (!good) {
        error_wrap(err, "is not signed by %s: ", run->ca_name);
        error_set(err, err->code, run->csr_name, err->remedy, "%s", err->message);
    } else {
        pki_parse((const unsigned char *)pem.data, pem.length, NULL, &reply->made);
        batch_add(&batch, run->out_name, pem.data, pem.length, 0644, force);
        good = store_commit(&run->store, &batch, now, err);
    }
    batch_free(&batch);
    str_free(&pem);
    return good;
}

/* Usages that only a CA may have: none is made here. */
static void find_lost(const struct signature *run)
{
    struct pki_reply *reply = run->action->reply;
    const struct cert *cert = pki_first_cert(&reply->made);
    const struct csr *csr = pki_first_csr(&run->csr_file);
    for (size_t i = 0; cert && i < csr->ku.count; i++)
        if (!strings_has(&cert->ku, csr->ku.items[i]))
            strings_add(&reply->lost, csr->ku.items[i]);
}

bool action_sign(struct action *action, struct error *err)
{
    const char *base = action->words[1], *ca = action->words[2];
    const struct deployment *deployment = action->place->deployment;
    struct pki_reply *reply = action->reply;
    struct signature run = {.action = action,
                            .csr_name = xformat("%s.csr", base),
                            .ca_name = xformat("%s.crt", ca),
                            .ca_key_name = xformat("%s.key", ca),
                            .out_name = xformat("%s.crt", base),
                            .store = {.fd = -1, .lock_fd = -1}};
    reply->days = action->wishes->days;
    if (!reply->days)
        reply->days =
            days_signed(deployment, deployment ? deployment_identity(deployment, base) : NULL);
    bool good = sign(&run, err);
    if (good) {
        reply->file = xstrdup(run.out_name);
        action_say(action, WORD_SIGNED, run.out_name, run.ca_name, NULL);
        find_lost(&run);
    }
    signature_free(&run);
    return good;
}
