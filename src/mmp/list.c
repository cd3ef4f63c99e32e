#include "base/escape.h"
#include "base/mem.h"
#include "mmp/action.h"

#include <stdlib.h>
#include <string.h>

/* `pki list`: the files there are. */

static void add_row(struct pki_reply *reply, const struct store_file *file, bool facts)
{
    const struct pki_file *pki = &file->pki;
    const struct cert *cert = pki_first_cert(pki);
    const struct csr *csr = pki_first_csr(pki);
    reply->rows = grow(reply->rows, reply->row_count, sizeof *reply->rows);
    reply->rows[reply->row_count++] = (struct pki_row){
        .file = xstrdup(file->name),
        .kind = pki->kind,
        .pem = pki->pem,
        .subject = !facts ? NULL
                          : xstrdup(cert  ? cert->subject
                                    : csr ? csr->subject
                                          : ""),
        .has_end = cert != NULL,
        .not_after = cert ? cert->not_after : 0,
    };
}

static void add_name(struct str *text, const char *name)
{
    escape_add(text, name, strlen(name));
    str_add_char(text, '\n');
}

/* SSH keys stand behind all others, under a title of their own. */
static void add_text(struct action *action)
{
    const struct pki_reply *reply = action->reply;
    bool has_ssh = false;
    action_say(action, WORD_LIST_HEAD, NULL, NULL, NULL);
    for (size_t i = 0; i < reply->row_count; i++) {
        if (reply->rows[i].kind == PKI_SSH_PUBLIC_KEY)
            has_ssh = true;
        else
            add_name(&action->reply->text, reply->rows[i].file);
    }
    if (!has_ssh)
        return;
    action_say(action, WORD_LIST_SSH_HEAD, NULL, NULL, NULL);
    for (size_t i = 0; i < reply->row_count; i++)
        if (reply->rows[i].kind == PKI_SSH_PUBLIC_KEY)
            add_name(&action->reply->text, reply->rows[i].file);
}

bool action_list(struct action *action, struct error *err)
{
    struct scan_walk walk = {0};
    if (!scan_open(action->place->store, PKI_NAMES, &walk, err))
        return false;
    for (const struct store_file *file; (file = scan_next(&walk));)
        add_row(action->reply, file, action->wishes->facts);
    scan_close(&walk);
    if (!action->wishes->facts)
        add_text(action);
    return true;
}
