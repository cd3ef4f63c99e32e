#ifndef MMP_ACTION_H
#define MMP_ACTION_H

#include "mmp/pki.h"
#include "pki/words.h"

/* A line at work: a file an action or two, one table in mmp/pki.c. */
struct action {
    const struct pki_place *place;
    const struct pki_wishes *wishes;
    char *const *words; /* words[0] is the verb */
    size_t count;
    struct pki_reply *reply;
};

/* Each fills the reply: text, notes, facts and, where the answer is no, the status. false: there is
 * no answer, err says why. */
must_check bool action_uses(struct action *action, struct error *err);
must_check bool action_list(struct action *action, struct error *err);
must_check bool action_inspect(struct action *action, struct error *err);
must_check bool action_match(struct action *action, struct error *err);
must_check bool action_verify(struct action *action, struct error *err);
must_check bool action_unlock(struct action *action, struct error *err);
must_check bool action_csr(struct action *action, struct error *err);
must_check bool action_selfsigned(struct action *action, struct error *err);
must_check bool action_sign(struct action *action, struct error *err);
must_check bool action_to_ssh(struct action *action, struct error *err);

/* A wording of the appliance as a line of the reply; nothing where its facts are wanted. */
void action_say(struct action *action, enum word word, const char *one, const char *two,
                const char *three);

#endif
