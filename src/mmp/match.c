#include "mmp/action.h"
#include "mmp/read.h"

/* `pki match`: two public keys compared, of whatever kinds. */

bool action_match(struct action *action, struct error *err)
{
    struct pki_reply *reply = action->reply;
    const char *const names[2] = {action->words[1], action->words[2]};
    const struct object *pair[2] = {NULL, NULL};
    reply->file_count = 2;
    if (!pki_read_pair(action->place, PKI_NAMES, names, reply->files, pair, &reply->notes, err))
        return false;
    bool match = object_same_key(pair[0], pair[1]);
    reply->judged = true;
    reply->status = match ? STATUS_OK : STATUS_NO;
    action_say(action, match ? WORD_MATCH : WORD_NO_MATCH, NULL, NULL, NULL);
    return true;
}
