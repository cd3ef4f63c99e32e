#include "base/mem.h"
#include "mmp/action.h"
#include "mmp/failure.h"
#include "mmp/read.h"

#include <stdlib.h>

/* `pki verify`: the chain from the files alone; the last one's roots are trusted. */

/* The certificate is the first of its file: one that signed another of them was put before the
 * leaf. */
static void note_order(struct notes *notes, const char *name, const struct pki_file *file)
{
    const struct cert *first = pki_first_cert(file);
    size_t steps = ISSUED_STEPS;
    for (size_t i = 0; i < file->count; i++) {
        const struct cert *other = file->objects[i].cert;
        if (!other || cert_same(first, other) || !cert_issued_within(other, first, &steps))
            continue;
        char *remedy = xformat("certwright import %s writes the leaf first", name);
        notes_add(notes, name, remedy,
                  "the first certificate, \"%s\", is a CA of the others: it is what is verified",
                  first->subject);
        free(remedy);
        return;
    }
}

static bool read_files(struct action *action, struct error *err)
{
    struct pki_reply *reply = action->reply;
    for (size_t i = 1; i < action->count; i++) {
        const char *name = action->words[i];
        struct pki_file *file = &reply->files[reply->file_count++];
        if (!pki_read(action->place, PKI_ALL, name, file, err))
            return false;
        if (!pki_first_cert(file))
            return pki_wrong_kind(name, file, "certificate", err);
        notes_file(&reply->notes, name, file);
        notes_unread(&reply->notes, name, file);
        pool_add_file(i + 1 == action->count ? &reply->anchors : &reply->links, file);
    }
    reply->leaf = pki_first_cert(&reply->files[0]);
    note_order(&reply->notes, action->words[1], &reply->files[0]);
    return true;
}

bool action_verify(struct action *action, struct error *err)
{
    struct pki_reply *reply = action->reply;
    const struct pki_wishes *wishes = action->wishes;
    if (!read_files(action, err))
        return false;
    chain_verify(reply->leaf, reply->links.certs, reply->links.count, reply->anchors.certs,
                 reply->anchors.count, wishes->purpose, wishes->host, action->place->at,
                 &reply->chain);
    reply->judged = true;
    reply->status = reply->chain.valid ? STATUS_OK : STATUS_NO;
    if (reply->chain.valid)
        action_say(action, WORD_VERIFIED, NULL, NULL, NULL);
    else if (!wishes->facts)
        failure_add(&reply->chain, &reply->text);
    return true;
}
