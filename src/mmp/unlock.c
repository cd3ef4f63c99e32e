#include "base/mem.h"
#include "mmp/action.h"
#include "mmp/read.h"
#include "pki/ssh.h"

#include <stdlib.h>
#include <string.h>

/* `pki unlock` and `pki pkcs12-to-ssh`: a locked file is replaced by an open one. What is wanted is
 * decrypted and whole before anything is opened for writing. */

/* A locked file of the store and what it was opened to. */
struct opening {
    struct action *action;
    const char *name;
    struct store store;
    struct buffer data;
    struct pki_file file;
};

static void opening_free(struct opening *run)
{
    buffer_free(&run->data);
    pki_file_free(&run->file);
    store_close(&run->store);
}

static bool read_locked(struct opening *run, struct error *err)
{
    if (!store_open(run->action->place->store, false, &run->store, err) ||
        !pki_expect(&run->store, run->name, false, err) ||
        !store_read(&run->store, run->name, &run->data, err))
        return false;
    pki_parse(run->data.data, run->data.length, NULL, &run->file);
    return true;
}

/* With the password that is known; else the reply says that one is wanted. Whoever typed it took
 * his time: the file is read as it is now, and under the lock. */
static bool open_file(struct opening *run, struct error *err)
{
    struct pki_reply *reply = run->action->reply;
    const struct secret *password = run->action->place->password;
    if (!run->file.locked)
        return store_lock(&run->store, err);
    if (!password) {
        reply->password = PASSWORD_WANTED;
        return error_set(err, STATUS_NO, run->name, "give its password", "is locked by a password");
    }
    pki_file_free(&run->file);
    buffer_free(&run->data);
    run->file = (struct pki_file){0};
    if (!store_lock(&run->store, err) || !store_read(&run->store, run->name, &run->data, err))
        return false;
    pki_parse(run->data.data, run->data.length, password, &run->file);
    if (!run->file.locked)
        return true;
    if (run->file.problem && !run->file.wrong_password)
        return error_set(err, STATUS_NO, run->name, "", "%s", run->file.problem);
    reply->password = PASSWORD_WRONG;
    return error_set(err, STATUS_NO, run->name, "try another one; nothing was changed",
                     "the password is wrong");
}

static bool replace(struct opening *run, const void *data, size_t length, mode_t mode,
                    struct error *err)
{
    struct batch batch = {.verb = "unlock"};
    batch_add(&batch, run->name, data, length, mode, true);
    bool good = store_commit(&run->store, &batch, run->action->place->at, err);
    batch_free(&batch);
    return good;
}

/* The key, and the certificates that stood beside it. */
static bool unlocked_text(const struct pki_file *file, struct secret *out, struct error *err)
{
    const struct key *key = pki_first_key(file);
    struct secret pem = {0};
    struct str certs = {0};
    if (!key_pem(key, &pem, err))
        return false;
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT)
            cert_pem(file->objects[i].cert, &certs);
    unsigned char *whole = xcalloc(pem.length + certs.length + 1, 1);
    memcpy(whole, pem.data, pem.length);
    memcpy(whole + pem.length, str_text(&certs), certs.length);
    secret_set(out, whole, pem.length + certs.length);
    wipe(whole, pem.length);
    free(whole);
    str_free(&certs);
    secret_free(&pem);
    return true;
}

static void say_file(const struct opening *run, enum word word, bool changed)
{
    run->action->reply->file = xstrdup(run->name);
    run->action->reply->changed = changed;
    action_say(run->action, word, run->name, NULL, NULL);
}

/* The appliance takes a key and nothing around it. The container stays as .bak, with the
 * certificates that are in it. */
static bool take_out(struct opening *run, struct error *err)
{
    struct secret pem = {0};
    if (!open_file(run, err))
        return false;
    const struct key *key = pki_first_key(&run->file);
    if (!key || !key->is_private)
        return error_set(err, STATUS_NO, run->name, "certwright import takes its certificates",
                         "is a PKCS#12 file without a key");
    bool good = key_pem(key, &pem, err) && replace(run, pem.data, pem.length, 0600, err);
    if (good)
        say_file(run, WORD_UNLOCKED, true);
    secret_free(&pem);
    return good;
}

static bool unlock(struct opening *run, struct error *err)
{
    struct secret text = {0};
    if (!read_locked(run, err))
        return false;
    if (run->file.kind == PKI_PKCS12)
        return take_out(run, err);
    const struct key *key = pki_first_key(&run->file);
    if (!key || !key->is_private)
        return pki_wrong_kind(run->name, &run->file, "private key", err);
    if (!key->encrypted) {
        say_file(run, WORD_WAS_OPEN, false);
        return true;
    }
    bool good = open_file(run, err) && unlocked_text(&run->file, &text, err) &&
                replace(run, text.data, text.length, 0600, err);
    if (good)
        say_file(run, WORD_UNLOCKED, true);
    secret_free(&text);
    return good;
}

bool action_unlock(struct action *action, struct error *err)
{
    struct opening run = {
        .action = action, .name = action->words[1], .store = {.fd = -1, .lock_fd = -1}};
    bool good = unlock(&run, err);
    opening_free(&run);
    return good;
}

static bool to_ssh(struct opening *run, struct error *err)
{
    struct str line = {0};
    if (!read_locked(run, err))
        return false;
    if (run->file.kind == PKI_SSH_PUBLIC_KEY)
        return error_set(err, STATUS_NO, run->name, "nothing is to be done",
                         "is an SSH public key already");
    if (run->file.kind != PKI_PKCS12)
        return pki_wrong_kind(run->name, &run->file, "PKCS#12 container", err);
    bool good = open_file(run, err);
    if (good && !ssh_line(&run->file, run->action->words[1], &line, err))
        good = error_set(err, err->code, run->name, err->remedy, "%s", err->message);
    good = good && replace(run, str_text(&line), line.length, 0644, err);
    if (good)
        say_file(run, WORD_SSH_MADE, true);
    str_free(&line);
    return good;
}

bool action_to_ssh(struct action *action, struct error *err)
{
    char *name = xformat("%s.pub", action->words[1]);
    struct opening run = {.action = action, .name = name, .store = {.fd = -1, .lock_fd = -1}};
    bool good = to_ssh(&run, err);
    if (!good && run.store.fd >= 0 && !store_has(&run.store, name))
        error_set(err, STATUS_NO, name, "put the PKCS#12 file there under that name",
                  "it is not in the store, %s", run.store.path);
    opening_free(&run);
    free(name);
    return good;
}
