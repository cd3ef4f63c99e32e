#include "mmp/action.h"
#include "mmp/read.h"
#include "pki/text.h"

/* `pki inspect`: what a file holds. */

bool action_inspect(struct action *action, struct error *err)
{
    const char *name = action->words[1];
    struct pki_reply *reply = action->reply;
    struct pki_file *file = &reply->files[reply->file_count++];
    if (!pki_read(action->place, action->wishes->facts ? PKI_FACTS : PKI_TEXT, name, file, err))
        return false;
    reply->was_read = true;
    notes_file(&reply->notes, name, file);
    if (!action->wishes->facts)
        text_inspect(file, &reply->text);
    if (file->kind != PKI_UNKNOWN && !file->problem)
        return true;
    bool says_nothing =
        file->kind == PKI_UNKNOWN && (!file->problem || text_starts(file->problem, "neither"));
    return error_set(
        err, STATUS_NO, name,
        says_nothing ? "it must be a certificate, key, request, PKCS#7, PKCS#12 or SSH key" : "",
        "%s", file->problem ? file->problem : "is no PKI file");
}
