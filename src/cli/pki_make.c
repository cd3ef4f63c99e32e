#include "base/json.h"
#include "base/mem.h"
#include "cli/pki.h"
#include "model/days.h"
#include "ops/material.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

/* `pki csr`, `pki selfsigned`: a key and what is made with it, in one transaction of the store. */

/* The kind of key asked for. */
struct key_wish {
    const char *type;
    int bits;
};

static bool read_wish(const struct cli *cli, const struct pki_known *known, struct key_wish *wish)
{
    const char *bits = cli_value(cli, "bits"), *curve = cli_value(cli, "ec");
    *wish = (struct key_wish){"rsa", 2048};
    if (known->identity)
        *wish = (struct key_wish){known->deployment.key_type, known->deployment.key_bits};
    if (bits)
        *wish = (struct key_wish){"rsa", strcmp(bits, "2048") == 0   ? 2048
                                         : strcmp(bits, "3072") == 0 ? 3072
                                         : strcmp(bits, "4096") == 0 ? 4096
                                                                     : 0};
    if (curve)
        *wish = (struct key_wish){"ec", strcmp(curve, "P-256") == 0   ? 256
                                        : strcmp(curve, "P-384") == 0 ? 384
                                                                      : 0};
    return wish->bits != 0;
}

static int check_options(const struct cli *cli, const struct pki_known *known,
                         struct key_wish *wish, int *days)
{
    if (!!cli_value(cli, "bits") + !!cli_value(cli, "ec") + !!cli_value(cli, "key") > 1)
        return cli_usage(cli, "one of --bits, --ec and --key, not several");
    if (!read_wish(cli, known, wish))
        return cli_usage(cli, "--bits is 2048, 3072 or 4096; --ec is P-256 or P-384");
    return cli_number(cli, "days", DAYS_MOST, days);
}

/* One request or certificate to make. */
struct making {
    const struct cli *cli;
    bool is_request;            /* else a certificate that signs itself */
    char *key_name, *file_name; /* BASE.key, BASE.csr or BASE.crt */
    struct pki_known known;
    struct key_wish wish;
    int days;
    struct names names;
    struct pki_file key_file; /* --key */
    struct key *new_key;
    const struct key *key;
    struct store store;
    struct batch batch;
};

static void making_free(struct making *run)
{
    free(run->key_name);
    free(run->file_name);
    pki_known_free(&run->known);
    names_free(&run->names);
    pki_file_free(&run->key_file);
    if (run->new_key)
        key_free(run->new_key);
    batch_free(&run->batch);
    store_close(&run->store);
}

/* An international host name comes out in another form than it was typed: both are said. */
static void say_ascii(const struct cli *cli, const char *argument)
{
    const char *colon = strchr(argument, ':');
    struct strings values = {0};
    strings_split(&values, colon ? colon + 1 : "", ',');
    for (size_t i = 0; i < values.count; i++) {
        char *ascii = name_ascii(values.items[i]);
        if (strcmp(ascii, values.items[i]) != 0)
            pki_say(cli, WORD_ASCII_FORM, values.items[i], ascii, NULL);
        free(ascii);
    }
    strings_free(&values);
}

static bool read_names(struct making *run, struct error *err)
{
    const struct cli *cli = run->cli;
    for (size_t i = 2; i < cli->arg_count; i++) {
        if (!names_add(&run->names, cli->args[i], err))
            return false;
        say_ascii(cli, cli->args[i]);
    }
    if (run->names.attributes[ATTR_CN])
        return true;
    if (run->is_request) {
        char *remedy = xformat("certwright pki csr %s CN:www.example.com", cli->args[1]);
        error_set(err, STATUS_NO, cli->args[1], remedy, "a request needs a common name");
        free(remedy);
        return false;
    }
    run->names.attributes[ATTR_CN] = xstrdup(cli->args[1]); /* guide ch. 6: the basename alone */
    return true;
}

enum { RSA_BITS_LEAST = 2048 }; /* the CA/Browser Forum's, 6.1.5 */

/* --key FILE: a private key that is open. */
static bool read_given_key(struct making *run, const char *name, struct error *err)
{
    if (!pki_read(run->cli, name, &run->key_file, err))
        return false;
    run->key = pki_first_key(&run->key_file);
    if (run->key && run->key->encrypted)
        return error_set(err, STATUS_NO, name, "give its password with --password-file",
                         "the key is locked by a password");
    if (run->key && run->key->is_private) {
        pki_note(run->cli, name, &run->key_file);
        if (text_starts(run->key->algorithm, "RSA") && run->key->bits < RSA_BITS_LEAST)
            return error_set(err, STATUS_NO, name,
                             "leave --key out, and a new key is made with the request",
                             "an RSA key of %d bits, and CAs take none below %d", run->key->bits,
                             RSA_BITS_LEAST);
        return key_can_sign(run->key, err) ||
               error_set(err, err->code, name, err->remedy, "%s", err->message);
    }
    return pki_wrong_kind(name, &run->key_file, "private key", err);
}

/* The appliance would overwrite a key in use, and the service break at once; we don't. */
static bool check_absent(struct making *run, struct error *err)
{
    const struct cli *cli = run->cli;
    if (cli_flag(cli, "force"))
        return true;
    bool given = cli_value(cli, "key") != NULL;
    char *remedy = NULL;
    if (!given && store_has(&run->store, run->key_name)) {
        remedy = xformat("certwright pki %s %s ... --key %s keeps the key, another basename makes "
                         "a new one",
                         cli->args[0], cli->args[1], run->key_name);
        error_set(err, STATUS_NO, run->key_name, remedy,
                  "is there already, and a key is never overwritten");
    } else if (!(given && run->is_request) && store_has(&run->store, run->file_name)) {
        remedy = xformat("choose another basename, or --force");
        error_set(err, STATUS_NO, run->file_name, remedy, "is there already");
    }
    bool absent = !remedy;
    free(remedy);
    return absent;
}

static bool need_key(struct making *run, struct error *err)
{
    if (run->key)
        return true;
    struct secret pem = {0};
    bool good = key_generate(run->wish.type, run->wish.bits, &run->new_key, err) &&
                key_pem(run->new_key, &pem, err);
    if (good)
        batch_add(&run->batch, run->key_name, pem.data, pem.length, 0600,
                  cli_flag(run->cli, "force"));
    run->key = run->new_key;
    secret_free(&pem);
    return good;
}

static bool make_text(struct making *run, struct str *pem, struct error *err)
{
    const struct pki_known *known = &run->known;
    if (run->is_request) {
        if (known->identity) /* the usages that its services need */
            identity_eku(known->identity, &run->names.eku);
        return csr_make(run->key, &run->names, pem, err);
    }
    int days = run->days ? run->days : days_selfsigned(known->identity);
    return cert_selfsign(run->key, &run->names, days, time(NULL), pem, err);
}

static bool make(struct making *run, struct error *err)
{
    const struct cli *cli = run->cli;
    const char *given = cli_value(cli, "key");
    struct str pem = {0};
    bool good = name_check_base(cli->args[1], err) && read_names(run, err) &&
                (!given || read_given_key(run, given, err)) &&
                pki_open_store(cli, true, &run->store, err) && check_absent(run, err) &&
                need_key(run, err) && make_text(run, &pem, err);
    if (good) {
        batch_add(&run->batch, run->file_name, pem.data, pem.length, 0644,
                  given || cli_flag(cli, "force"));
        good = store_commit(&run->store, &run->batch, time(NULL), err);
    }
    str_free(&pem);
    return good;
}

static void say_made(const struct making *run)
{
    const struct cli *cli = run->cli;
    const char *given = cli_value(cli, "key");
    if (cli->json) {
        json_t *out = json_object();
        json_put(out, "key", json_text(given ? given : run->key_name));
        json_put(out, run->is_request ? "csr" : "certificate", json_text(run->file_name));
        json_print(out, stdout);
        return;
    }
    enum word word = run->is_request ? WORD_MADE_CSR : WORD_MADE_SELFSIGNED;
    if (given)
        word = run->is_request ? WORD_MADE_CSR_ONLY : WORD_MADE_SELFSIGNED_ONLY;
    pki_say(cli, word, given ? given : run->key_name, run->file_name, NULL);
}

static int run_making(const struct cli *cli, bool is_request)
{
    const char *base = cli->args[1];
    struct making run = {.cli = cli,
                         .is_request = is_request,
                         .key_name = xformat("%s.key", base),
                         .file_name = xformat("%s%s", base, is_request ? ".csr" : ".crt"),
                         .store = {.fd = -1, .lock_fd = -1}};
    struct error err = {0};
    int status;
    if (!pki_know(cli, base, &run.known, &err)) {
        status = cli_fail(&err);
    } else {
        status = check_options(cli, &run.known, &run.wish, &run.days);
        if (status == STATUS_OK && !make(&run, &err))
            status = cli_fail(&err);
        else if (status == STATUS_OK)
            say_made(&run);
    }
    making_free(&run);
    return status;
}

int pki_csr(const struct cli *cli)
{
    return run_making(cli, true);
}

int pki_selfsigned(const struct cli *cli)
{
    return run_making(cli, false);
}
