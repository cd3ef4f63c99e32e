#include "base/json.h"
#include "base/mem.h"
#include "cli/advice.h"
#include "cli/pki.h"
#include "ops/material.h"
#include "pki/text.h"

#include <stdlib.h>
#include <string.h>

/* `pki verify`: the chain from the files alone, judged as the appliance does. */

/* The files named: the certificate, a bundle, perhaps a CA; the last one's roots are trusted. */
#define FILES_MAX 3

struct verification {
    struct pki_file files[FILES_MAX];
    size_t count;
    struct pool links, anchors;
    enum purpose purpose;
    const char *host;
    time_t at;
    const struct cert *leaf;
    struct chain chain;
};

static void verification_free(struct verification *run)
{
    for (size_t i = 0; i < run->count; i++)
        pki_file_free(&run->files[i]);
    pool_free(&run->links);
    pool_free(&run->anchors);
}

static bool read_purpose(const char *text, enum purpose *out)
{
    *out = !text ? PURPOSE_ANY : strcmp(text, "server") == 0 ? PURPOSE_SERVER : PURPOSE_CLIENT;
    return !text || *out == PURPOSE_SERVER || strcmp(text, "client") == 0;
}

/* The certificate is the first of its file: one that signed another of them was put before the
 * leaf. */
static void note_order(const struct cli *cli, const char *name, const struct pki_file *file)
{
    const struct cert *first = pki_first_cert(file);
    size_t steps = ISSUED_STEPS;
    for (size_t i = 0; i < file->count && !cli->quiet; i++) {
        const struct cert *other = file->objects[i].cert;
        if (!other || cert_same(first, other) || !cert_issued_within(other, first, &steps))
            continue;
        struct error err = {0};
        char *remedy = xformat("certwright import %s writes the leaf first", name);
        error_set(&err, STATUS_OK, name, remedy,
                  "the first certificate, \"%s\", is a CA of the others: it is what is verified",
                  first->subject);
        cli_fail(&err);
        free(remedy);
        return;
    }
}

static bool read_files(const struct cli *cli, struct verification *run, struct error *err)
{
    for (size_t i = 1; i < cli->arg_count; i++) {
        struct pki_file *file = &run->files[run->count++];
        if (!pki_read(cli, cli->args[i], file, err))
            return false;
        if (!pki_first_cert(file))
            return pki_wrong_kind(cli->args[i], file, "certificate", err);
        pki_note(cli, cli->args[i], file);
        pki_note_unread(cli, cli->args[i], file);
        pool_add_file(i + 1 == cli->arg_count ? &run->anchors : &run->links, file);
    }
    run->leaf = pki_first_cert(&run->files[0]);
    note_order(cli, cli->args[1], &run->files[0]);
    return true;
}

json_t *pki_chain_json(const struct chain *chain)
{
    json_t *out = json_object(), *subjects = json_array();
    for (size_t i = 0; i < chain->count; i++)
        json_array_append_new(subjects, json_text(chain->certs[i]->subject));
    json_put(out, "ok", json_boolean(chain->valid));
    json_put(out, "error", chain->valid ? json_null() : json_text(chain->reason));
    json_put(out, "code", chain->valid ? json_null() : json_integer(chain->error));
    json_put(out, "depth", chain->valid ? json_null() : json_integer(chain->depth));
    json_put(out, "chain", subjects);
    return out;
}

/* The form of guide 4.4: where, who issued it, why, and the certificate. */
static void say_failure(const struct cli *cli, const struct chain *chain)
{
    const struct cert *failed = chain_failed(chain);
    struct str issuer = {0}, text = {0}, depth = {0};
    str_addf(&depth, "%d", chain->depth);
    text_oneline(failed, true, &issuer);
    pki_say(cli, WORD_NOT_VERIFIED, str_text(&depth), str_text(&issuer), chain->reason);
    text_cert(failed, &text);
    if (!cli->quiet && !cli->json)
        fwrite(str_text(&text), 1, text.length, stdout);
    str_free(&issuer);
    str_free(&text);
    str_free(&depth);
}

static void advise(const struct cli *cli, const struct verification *run)
{
    char *path = NULL;
    struct scan scan = {0};
    struct error err = {0};
    bool has_store = cli_store_path(cli, &path, NULL) && scan_store(path, &scan, NULL);
    const struct advice_question question = {.chain = &run->chain,
                                             .files = cli->args + 1,
                                             .file_count = run->count,
                                             .parsed = run->files,
                                             .links = &run->links,
                                             .anchors = &run->anchors,
                                             .purpose = run->purpose,
                                             .host = run->host,
                                             .at = run->at,
                                             .store = has_store ? &scan : NULL};
    advice_give(&question, &err);
    cli_fail(&err);
    scan_free(&scan);
    free(path);
}

int pki_verify(const struct cli *cli)
{
    struct verification run = {.at = cli->at_given ? cli->at : time(NULL),
                               .host = cli_value(cli, "name")};
    struct error err = {0};
    if (!read_purpose(cli_value(cli, "purpose"), &run.purpose))
        return cli_usage(cli, "--purpose is server or client");
    if (run.host && !*run.host)
        return cli_usage(cli, "--name is a host name or an address");
    if (cli_flag(cli, "each"))
        return pki_verify_each(cli, run.purpose);
    int status;
    if (!read_files(cli, &run, &err)) {
        status = cli_fail(&err);
    } else {
        chain_verify(run.leaf, run.links.certs, run.links.count, run.anchors.certs,
                     run.anchors.count, run.purpose, run.host, run.at, &run.chain);
        status = run.chain.valid ? STATUS_OK : STATUS_NO;
        if (cli->json)
            json_print(pki_chain_json(&run.chain), stdout);
        if (run.chain.valid) {
            pki_say(cli, WORD_VERIFIED, NULL, NULL, NULL);
        } else {
            say_failure(cli, &run.chain);
            advise(cli, &run);
        }
    }
    verification_free(&run);
    return status;
}
