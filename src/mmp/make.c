#include "base/mem.h"
#include "mmp/action.h"
#include "mmp/read.h"
#include "model/days.h"
#include "store/name.h"

#include <stdlib.h>
#include <string.h>

/* `pki csr`, `pki selfsigned`: a key and what is made with it, in one transaction of the store. */

/* One request or certificate to make. */
struct making {
    struct action *action;
    bool is_request;                 /* else a certificate that signs itself */
    char *key_name, *file_name;      /* BASE.key, BASE.csr or BASE.crt */
    const struct identity *identity; /* what it is for; NULL: unknown */
    const char *key_type;
    int key_bits;
    struct names names;
    struct pki_file key_file; /* the one named */
    struct key *new_key;
    const struct key *key;
    struct store store;
    struct batch batch;
};

static void making_free(struct making *run)
{
    free(run->key_name);
    free(run->file_name);
    names_free(&run->names);
    pki_file_free(&run->key_file);
    if (run->new_key)
        key_free(run->new_key);
    batch_free(&run->batch);
    store_close(&run->store);
}

static void choose_kind(struct making *run)
{
    const struct pki_wishes *wishes = run->action->wishes;
    const struct deployment *deployment = run->action->place->deployment;
    run->identity = deployment ? deployment_identity(deployment, run->action->words[1]) : NULL;
    run->key_type = wishes->key_type ? wishes->key_type
                    : run->identity  ? deployment->key_type
                                     : "rsa";
    run->key_bits = wishes->key_type ? wishes->key_bits
                    : run->identity  ? deployment->key_bits
                                     : 2048;
}

/* An international host name comes out in another form than it was typed: both are said. */
static void say_ascii(struct action *action, const char *argument)
{
    const char *colon = strchr(argument, ':');
    struct strings values = {0};
    strings_split(&values, colon ? colon + 1 : "", ',');
    for (size_t i = 0; i < values.count; i++) {
        char *ascii = name_ascii(values.items[i]);
        if (strcmp(ascii, values.items[i]) != 0)
            action_say(action, WORD_ASCII_FORM, values.items[i], ascii, NULL);
        free(ascii);
    }
    strings_free(&values);
}

static bool read_names(struct making *run, struct error *err)
{
    const struct action *action = run->action;
    for (size_t i = 2; i < action->count; i++) {
        if (!names_add(&run->names, action->words[i], err))
            return false;
        say_ascii(run->action, action->words[i]);
    }
    if (run->names.attributes[ATTR_CN])
        return true;
    if (run->is_request) {
        char *remedy = xformat("certwright pki csr %s CN:www.example.com", action->words[1]);
        error_set(err, STATUS_NO, action->words[1], remedy, "a request needs a common name");
        free(remedy);
        return false;
    }
    run->names.attributes[ATTR_CN] =
        xstrdup(action->words[1]); /* guide ch. 6: the basename alone */
    return true;
}

enum { RSA_BITS_LEAST = 2048 }; /* the CA/Browser Forum's, 6.1.5 */

/* --key FILE: a private key that is open. */
static bool read_given_key(struct making *run, const char *name, struct error *err)
{
    if (!pki_read(run->action->place, PKI_ALL, name, &run->key_file, err))
        return false;
    run->key = pki_first_key(&run->key_file);
    if (run->key && run->key->encrypted)
        return error_set(err, STATUS_NO, name, "give its password with --password-file",
                         "the key is locked by a password");
    if (run->key && run->key->is_private) {
        notes_file(&run->action->reply->notes, name, &run->key_file);
        if (text_starts(run->key->algorithm, "RSA") && run->key->bits < RSA_BITS_LEAST)
            return error_set(err, STATUS_NO, name,
                             "leave --key out, and a new key is made with the request",
                             "an RSA key of %d bits, and at least %d bits are required",
                             run->key->bits, RSA_BITS_LEAST);
        return key_can_sign(run->key, err) ||
               error_set(err, err->code, name, err->remedy, "%s", err->message);
    }
    return pki_wrong_kind(name, &run->key_file, "private key", err);
}

/* The appliance would overwrite a key in use, and the service break at once; we don't. */
static bool check_absent(struct making *run, struct error *err)
{
    const struct action *action = run->action;
    if (action->wishes->force)
        return true;
    bool given = action->wishes->key != NULL;
    char *remedy = NULL;
    if (!given && store_has(&run->store, run->key_name)) {
        remedy = xformat("certwright pki %s %s ... --key %s keeps the key, another basename makes "
                         "a new one",
                         action->words[0], action->words[1], run->key_name);
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
    bool good = key_generate(run->key_type, run->key_bits, &run->new_key, err) &&
                key_pem(run->new_key, &pem, err);
    if (good)
        batch_add(&run->batch, run->key_name, pem.data, pem.length, 0600,
                  run->action->wishes->force);
    run->key = run->new_key;
    secret_free(&pem);
    return good;
}

static bool make_text(struct making *run, struct str *pem, struct error *err)
{
    if (run->is_request) {
        if (run->identity) /* the usages that its services need */
            identity_eku(run->identity, &run->names.eku);
        return csr_make(run->key, &run->names, pem, err);
    }
    int days =
        run->action->wishes->days ? run->action->wishes->days : days_selfsigned(run->identity);
    return cert_selfsign(run->key, &run->names, days, run->action->place->at, pem, err);
}

static bool make(struct making *run, struct error *err)
{
    const struct action *action = run->action;
    const char *given = action->wishes->key;
    struct str pem = {0};
    bool good = name_check_base(action->words[1], err) && read_names(run, err) &&
                (!given || read_given_key(run, given, err)) &&
                pki_open_store(action->place, true, &run->store, err) && check_absent(run, err) &&
                need_key(run, err) && make_text(run, &pem, err);
    if (good) {
        batch_add(&run->batch, run->file_name, pem.data, pem.length, 0644,
                  given || action->wishes->force);
        good = store_commit(&run->store, &run->batch, run->action->place->at, err);
    }
    str_free(&pem);
    return good;
}

static void say_made(const struct making *run)
{
    const char *given = run->action->wishes->key;
    struct pki_reply *reply = run->action->reply;
    reply->key_file = xstrdup(given ? given : run->key_name);
    reply->file = xstrdup(run->file_name);
    enum word word = run->is_request ? WORD_MADE_CSR : WORD_MADE_SELFSIGNED;
    if (given)
        word = run->is_request ? WORD_MADE_CSR_ONLY : WORD_MADE_SELFSIGNED_ONLY;
    action_say(run->action, word, reply->key_file, reply->file, NULL);
}

static bool run_making(struct action *action, bool is_request, struct error *err)
{
    const char *base = action->words[1];
    struct making run = {.action = action,
                         .is_request = is_request,
                         .key_name = xformat("%s.key", base),
                         .file_name = xformat("%s%s", base, is_request ? ".csr" : ".crt"),
                         .store = {.fd = -1, .lock_fd = -1}};
    choose_kind(&run);
    bool good = make(&run, err);
    if (good)
        say_made(&run);
    making_free(&run);
    return good;
}

bool action_csr(struct action *action, struct error *err)
{
    return run_making(action, true, err);
}

bool action_selfsigned(struct action *action, struct error *err)
{
    return run_making(action, false, err);
}
