#include "base/json.h"
#include "base/mem.h"
#include "cli/password.h"
#include "cli/pki.h"
#include "pki/ssh.h"

#include <stdlib.h>
#include <string.h>

/* `pki unlock` and `pki pkcs12-to-ssh`: a locked file is replaced by an open one. What is wanted is
 * decrypted and whole before anything is opened for writing. */

#define TRIES 3

/* A locked file of the store and what it was opened to. */
struct opening {
    const struct cli *cli;
    const char *name;
    struct buffer data;
    struct pki_file file;
};

static void opening_free(struct opening *run)
{
    buffer_free(&run->data);
    pki_file_free(&run->file);
}

static bool read_locked(struct opening *run, struct error *err)
{
    char *path = NULL;
    struct store store = {.fd = -1, .lock_fd = -1};
    bool good = cli_store_path(run->cli, &path, err) && store_open(path, false, &store, err) &&
                store_read(&store, run->name, &run->data, err);
    if (good)
        pki_parse(run->data.data, run->data.length, NULL, &run->file);
    store_close(&store);
    free(path);
    return good;
}

/* A person may mistype; a file or a pipe has one try. */
static bool open_locked_file(struct opening *run, struct error *err)
{
    int tries = password_is_typed(run->cli) ? TRIES : 1;
    while (run->file.locked && tries-- > 0) {
        struct secret password = {0};
        if (!password_read(run->cli, run->name, &password, err))
            return false;
        pki_file_free(&run->file);
        run->file = (struct pki_file){0};
        pki_parse(run->data.data, run->data.length, &password, &run->file);
        secret_free(&password);
        if (!run->file.locked)
            break;
        if (run->file.problem && !run->file.wrong_password)
            return error_set(err, STATUS_NO, run->name, "", "%s", run->file.problem);
        error_set(err, STATUS_NO, run->name, tries > 0 ? "" : "nothing was changed",
                  tries > 0 ? "the password is wrong, %d %s left" : "the password is wrong", tries,
                  tries == 1 ? "try" : "tries");
        if (tries > 0)
            cli_fail(err);
    }
    return !run->file.locked;
}

/* Replaces the file, unless somebody else has changed it while the password was typed. */
static bool replace(struct opening *run, const void *data, size_t length, mode_t mode,
                    struct error *err)
{
    struct store store;
    struct buffer present = {0};
    struct batch batch = {0};
    if (!pki_open_store(run->cli, false, &store, err))
        return false;
    bool good = store_read(&store, run->name, &present, err);
    if (good && (present.length != run->data.length ||
                 memcmp(present.data, run->data.data, present.length) != 0))
        good = error_set(err, STATUS_NO, run->name, "try again",
                         "was changed by somebody else meanwhile");
    batch_add(&batch, run->name, data, length, mode, true);
    good = good && store_commit(&store, &batch, time(NULL), err);
    batch_free(&batch);
    buffer_free(&present);
    store_close(&store);
    return good;
}

/* The key, and the certificates that stood beside it. */
static bool unlocked_text(const struct opening *run, struct secret *out, struct error *err)
{
    const struct key *key = pki_first_key(&run->file);
    struct secret pem = {0};
    struct str certs = {0};
    if (!key_pem(key, &pem, err))
        return false;
    for (size_t i = 0; i < run->file.count; i++)
        if (run->file.objects[i].kind == OBJECT_CERT)
            cert_pem(run->file.objects[i].cert, &certs);
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

static void say_file(const struct cli *cli, enum word word, const char *name, bool changed)
{
    if (cli->json) {
        json_t *out = json_object();
        json_put(out, "file", json_text(name));
        json_put(out, "changed", json_boolean(changed));
        json_print(out, stdout);
    }
    pki_say(cli, word, name, NULL, NULL);
}

int pki_unlock(const struct cli *cli)
{
    struct opening run = {.cli = cli, .name = cli->args[1]};
    struct secret text = {0};
    struct error err = {0};
    bool good = read_locked(&run, &err);
    if (good && run.file.kind == PKI_PKCS12)
        good = error_set(&err, STATUS_NO, run.name, "certwright import takes it apart",
                         "is a PKCS#12 file, not a key");
    const struct key *key = good ? pki_first_key(&run.file) : NULL;
    if (good && (!key || !key->is_private))
        good = pki_wrong_kind(run.name, &run.file, "private key", &err);
    bool was_open = good && !key->encrypted;
    if (good && !was_open) {
        good = open_locked_file(&run, &err) && unlocked_text(&run, &text, &err) &&
               replace(&run, text.data, text.length, 0600, &err);
    }
    if (good)
        say_file(cli, was_open ? WORD_WAS_OPEN : WORD_UNLOCKED, run.name, !was_open);
    secret_free(&text);
    opening_free(&run);
    return good ? STATUS_OK : cli_fail(&err);
}

int pki_to_ssh(const struct cli *cli)
{
    char *name = xformat("%s.pub", cli->args[1]);
    struct opening run = {.cli = cli, .name = name};
    struct str line = {0};
    struct error err = {0};
    bool good = read_locked(&run, &err);
    if (good && run.file.kind != PKI_PKCS12)
        good = run.file.kind == PKI_SSH_PUBLIC_KEY
                   ? error_set(&err, STATUS_NO, name, "nothing is to be done",
                               "is an SSH public key already")
                   : pki_wrong_kind(name, &run.file, "PKCS#12 container", &err);
    good = good && open_locked_file(&run, &err);
    if (good && !ssh_line(&run.file, cli->args[1], &line, &err))
        good = error_set(&err, err.code, name, err.remedy, "%s", err.message);
    good = good && replace(&run, str_text(&line), line.length, 0644, &err);
    if (good)
        say_file(cli, WORD_SSH_MADE, name, true);
    str_free(&line);
    opening_free(&run);
    free(name);
    return good ? STATUS_OK : cli_fail(&err);
}
