#include "base/crew.h"
#include "base/escape.h"
#include "base/json.h"
#include "cli/pki.h"
#include "mmp/read.h"
#include "pki/words.h"

#include <stdlib.h>
#include <string.h>

/* `pki match --each` and `pki verify --each`: thousands of files in one run, a line or a row each.
 * Why one fails is what the same command says of that one alone. */

#define SHARE_LEAST 64 /* a new process takes as long as some ten certificates */

struct each {
    const struct cli *cli;
    const struct pki_place *place;
    char **names;
    struct verifier *verifier;
};

static void say_line(const struct each *each, FILE *out, const char *name, const char *words)
{
    if (each->cli->json || each->cli->quiet)
        return;
    struct str line = {0};
    escape_add(&line, name, strlen(name));
    str_addf(&line, ": %s\n", words);
    fputs(str_text(&line), out);
    str_free(&line);
}

static void match_row(struct json_rows *rows, const char *const names[2], json_t *match)
{
    json_t *row = json_object();
    json_put(row, "key", json_text(names[0]));
    json_put(row, "certificate", json_text(names[1]));
    json_put(row, "match", match);
    json_rows_add(rows, row);
}

static int match_pair(const struct each *each, const char *const names[2], FILE *out,
                      struct json_rows *rows)
{
    struct pki_file files[2] = {{0}, {0}};
    const struct object *pair[2] = {NULL, NULL};
    struct error err = {0};
    struct notes notes = {0};
    bool good = pki_read_pair(each->place, PKI_NAMES, names, files, pair, &notes, &err);
    pki_say_notes(each->cli, &notes);
    notes_free(&notes);
    bool match = good && object_same_key(pair[0], pair[1]);
    if (each->cli->json)
        match_row(rows, names, good ? json_boolean(match) : json_null());
    if (good) {
        struct str words = {0}, both = {0};
        words_add(&words, match ? WORD_MATCH : WORD_NO_MATCH, NULL, NULL, NULL);
        str_addf(&both, "%s %s", names[0], names[1]);
        say_line(each, out, str_text(&both), str_text(&words));
        str_free(&words);
        str_free(&both);
    }
    pki_file_free(&files[0]);
    pki_file_free(&files[1]);
    return !good ? cli_fail(&err) : match ? STATUS_OK : STATUS_NO;
}

static int match_share(void *arg, size_t first, size_t last, FILE *out)
{
    const struct each *each = arg;
    struct json_rows rows = {.stream = out, .count = first};
    int worst = STATUS_OK;
    for (size_t i = first; i < last; i++) {
        const char *const names[2] = {each->names[2 * i], each->names[2 * i + 1]};
        int status = match_pair(each, names, out, &rows);
        worst = status > worst ? status : worst;
    }
    return worst;
}

static int run_each(struct each *each, crew_function work, size_t count)
{
    int status = crew_run(work, each, count, SHARE_LEAST, stdout);
    struct json_rows rows = {.stream = stdout, .count = count};
    if (each->cli->json)
        json_rows_end(&rows);
    return status;
}

int pki_match_each(const struct cli *cli, const struct pki_place *place)
{
    struct each each = {.cli = cli, .place = place, .names = cli->args + 1};
    if ((cli->arg_count - 1) % 2)
        return cli_usage(cli, "match --each wants a certificate after each key");
    return run_each(&each, match_share, (cli->arg_count - 1) / 2);
}

static void say_verdict(const struct each *each, const char *name, const struct chain *chain,
                        FILE *out)
{
    struct str words = {0};
    if (chain->valid)
        words_add(&words, WORD_VERIFIED, NULL, NULL, NULL);
    else
        str_addf(&words, "FAILURE: depth=%d: %s", chain->depth, chain->reason);
    say_line(each, out, name, str_text(&words));
    str_free(&words);
}

static int verify_one(const struct each *each, const char *name, FILE *out, struct json_rows *rows)
{
    struct pki_file file;
    struct error err = {0};
    struct chain chain = {0};
    const struct cert *leaf = NULL;
    if (pki_read(each->place, PKI_ALL, name, &file, &err)) {
        leaf = pki_first_cert(&file);
        if (!leaf)
            pki_wrong_kind(name, &file, "certificate", &err);
    }
    if (leaf)
        verifier_check(each->verifier, leaf, &chain);
    if (each->cli->json) {
        json_t *row = pki_chain_json(&chain);
        json_put(row, "file", json_text(name));
        if (!leaf)
            json_put(row, "error", json_text(err.message));
        json_rows_add(rows, row);
    }
    if (leaf)
        say_verdict(each, name, &chain, out);
    pki_file_free(&file);
    return !leaf ? cli_fail(&err) : chain.valid ? STATUS_OK : STATUS_NO;
}

static int verify_share(void *arg, size_t first, size_t last, FILE *out)
{
    const struct each *each = arg;
    struct json_rows rows = {.stream = out, .count = first};
    int worst = STATUS_OK;
    for (size_t i = first; i < last; i++) {
        int status = verify_one(each, each->names[i], out, &rows);
        worst = status > worst ? status : worst;
    }
    return worst;
}

int pki_verify_each(const struct cli *cli, const struct pki_place *place,
                    const struct pki_wishes *wishes)
{
    size_t count = cli->arg_count - 2;
    const char *bundle_name = cli->args[cli->arg_count - 1];
    struct pki_file bundle;
    struct pool anchors = {0};
    struct error err = {0};
    if (!pki_read(place, PKI_ALL, bundle_name, &bundle, &err) ||
        (!pki_first_cert(&bundle) && !pki_wrong_kind(bundle_name, &bundle, "certificate", &err))) {
        pki_file_free(&bundle);
        return cli_fail(&err);
    }
    pool_add_file(&anchors, &bundle);
    struct each each = {.cli = cli, .place = place, .names = cli->args + 1};
    each.verifier = verifier_new(NULL, 0, anchors.certs, anchors.count, wishes->purpose,
                                 wishes->host, place->at);
    int status = run_each(&each, verify_share, count);
    verifier_free(each.verifier);
    pool_free(&anchors);
    pki_file_free(&bundle);
    return status;
}
