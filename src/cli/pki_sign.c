#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/pki.h"
#include "model/days.h"
#include "ops/certify.h"
#include "ops/material.h"

#include <stdlib.h>
#include <string.h>

/* `pki sign`: a CA of the store answers a request (guide 3.1.5, app. C). */

struct signature {
    const struct cli *cli;
    char *csr_name, *ca_name, *ca_key_name, *out_name;
    int days;
    struct store store;
    struct pki_file csr_file, ca_file, key_file;
    struct pki_file made; /* what came out, read again */
    bool cut;
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
    pki_file_free(&run->made);
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
    const struct csr *csr;
    const struct key *key;
    struct str pem = {0};
    struct batch batch = {0};
    bool force = cli_flag(run->cli, "force");
    if (!pki_open_store(run->cli, false, &run->store, err) ||
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
    time_t now = time(NULL);
    bool good = cert_issue(csr, run->ca, key, run->days, now, &pem, &run->cut, err) &&
                (run->ca->self_signed || holds(run, &pem, now, err));
    if (!good) {
        error_wrap(err, "is not signed by %s: ", run->ca_name);
        error_set(err, err->code, run->csr_name, err->remedy, "%s", err->message);
    } else {
        pki_parse((const unsigned char *)pem.data, pem.length, NULL, &run->made);
        batch_add(&batch, run->out_name, pem.data, pem.length, 0644, force);
        good = store_commit(&run->store, &batch, now, err);
    }
    batch_free(&batch);
    str_free(&pem);
    return good;
}

/* Usages that only a CA may have: none is made here. */
static void say_lost(const struct signature *run)
{
    const struct cert *cert = pki_first_cert(&run->made);
    const struct csr *csr = pki_first_csr(&run->csr_file);
    struct strings lost = {0};
    for (size_t i = 0; i < csr->ku.count; i++)
        if (!strings_has(&cert->ku, csr->ku.items[i]))
            strings_add(&lost, csr->ku.items[i]);
    char *list = strings_join(&lost, ", ");
    if (lost.count)
        cli_say(run->cli, "Without %s, which the request asks for: it is no CA's", list);
    free(list);
    strings_free(&lost);
}

static void say_signed(const struct signature *run)
{
    const struct cli *cli = run->cli;
    const struct cert *cert = pki_first_cert(&run->made);
    char date[16];
    clock_date(cert->not_after, date);
    if (cli->json) {
        json_t *out = json_object();
        json_put(out, "certificate", json_text(run->out_name));
        json_put(out, "issuer", json_text(cert->issuer));
        json_put(out, "not_after", json_time(cert->not_after));
        json_put(out, "cut", json_boolean(run->cut));
        json_print(out, stdout);
        return;
    }
    pki_say(cli, WORD_SIGNED, run->out_name, run->ca_name, NULL);
    say_lost(run);
    if (run->cut)
        cli_say(cli, "It ends on %s, not after %d days: its CA ends then", date, run->days);
}

int pki_sign(const struct cli *cli)
{
    const char *base = cli->args[1], *ca = cli->args[2];
    struct signature run = {.cli = cli,
                            .csr_name = xformat("%s.csr", base),
                            .ca_name = xformat("%s.crt", ca),
                            .ca_key_name = xformat("%s.key", ca),
                            .out_name = xformat("%s.crt", base),
                            .store = {.fd = -1, .lock_fd = -1}};
    struct pki_known known;
    struct error err = {0};
    int status = cli_number(cli, "days", DAYS_MOST, &run.days);
    if (status == STATUS_OK && !pki_know(cli, base, &known, &err)) {
        status = cli_fail(&err);
        pki_known_free(&known);
    } else if (status == STATUS_OK) {
        if (!run.days)
            run.days = days_signed(&known.deployment, known.identity);
        pki_known_free(&known);
        if (!sign(&run, &err))
            status = cli_fail(&err);
        else
            say_signed(&run);
    }
    signature_free(&run);
    return status;
}
