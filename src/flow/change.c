/* What a change costs, said before it is made. Names of what is made stay (model/edit.h), and a
 * request or certificate that says something else afterwards must be asked for again: with a CA
 * that is money and days. So the front end first shows what stays and what is needed anew, and only
 * the event that comes again with insist is taken. */
#include "base/mem.h"
#include "flow/step.h"

#include <stdlib.h>
#include <string.h>

void change_forget(struct flow *flow)
{
    free(flow->ask);
    free(flow->ask_verb);
    flow->ask = flow->ask_verb = NULL;
    strings_free(&flow->costs);
}

/* In words what the store says otherwise of the identity; "" nothing. Free it. */
static char *otherwise(const struct facts *facts, const struct identity *identity,
                       struct lifecycle *life)
{
    lifecycle_of(facts, identity, life);
    return differences_words(store_differences(life));
}

/* Sent to a CA, or in use: paid for. */
static bool is_grave(const struct lifecycle *life)
{
    return life->life == LIFE_CERTIFIED || life->life == LIFE_RENEWING || *life->sent;
}

static void add_renewed(struct flow *flow, const struct identity *identity,
                        const struct lifecycle *life, const char *words)
{
    const char *format =
        life->life == LIFE_CERTIFIED
            ? "%s then needs a new certificate (%s); the one in place stays until it is there."
        : life->life == LIFE_RENEWING
            ? "%s then needs another request than the one that is open (%s); the certificate in "
              "place stays."
        : *life->sent ? "The request of %s is with its CA and is outdated then (%s): another one "
                        "must be sent."
                      : "The request of %s is outdated then (%s) and made anew, its key kept.";
    page_line(&flow->costs, format, identity->name, words);
}

/* true: it is grave. */
static bool weigh_identity(struct flow *flow, const struct identity *was, const struct facts *after,
                           const struct identity *is)
{
    struct lifecycle old = {0}, new;
    char *then = otherwise(after, is, &new);
    char *before = *then ? otherwise(flow->facts, was, &old) : xstrdup("");
    bool differs = strcmp(before, then) != 0;
    if (differs)
        add_renewed(flow, is, &new, then);
    bool grave = differs && is_grave(&new);
    free(before);
    free(then);
    lifecycle_free(&old);
    lifecycle_free(&new);
    return grave;
}

bool change_weigh(struct flow *flow, const struct edit *edit, const struct facts *after)
{
    const struct deployment *d = &flow->facts->deployment;
    bool grave = edit->kept.count > 0 || edit->goes.count > 0;
    strings_free(&flow->costs);
    strings_copy(&flow->costs, &edit->goes);
    for (size_t i = 0; i < edit->kept.count; i++)
        strings_add(&flow->costs, edit->kept.items[i]);
    for (size_t i = 0; i < d->identity_count; i++) {
        /* what is made keeps its name */
        const struct identity *was = &d->identities[i];
        const struct identity *is = deployment_identity(&after->deployment, was->name);
        if (is && lifecycle_is_made(flow->facts, was))
            grave |= weigh_identity(flow, was, after, is);
    }
    return grave && !flow->insist && !flow->trial;
}

static const char *verb_of(const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_RENAME:
        return "Keep the names and rename";
    case EDIT_REMOVE:
        return edit->kept.count   ? "Keep what is made and remove"
               : edit->goes.count ? "Remove all of it"
                                  : "Remove all the same";
    case EDIT_CHOOSE:
        return edit->kept.count ? "Keep what is made and change" : "Change all the same";
    case EDIT_ADD:
        return edit->kept.count ? "Keep what is made and add" : "Add all the same";
    case EDIT_VALUE:
        break;
    }
    return edit->kept.count ? "Keep the names and change" : "Change all the same";
}

bool change_ask(struct flow *flow, const struct edit *edit, struct error *err)
{
    free(flow->ask);
    free(flow->ask_verb);
    flow->ask = strings_join(&flow->costs, " ");
    flow->ask_verb = xstrdup(verb_of(edit));
    return error_set(err, STATUS_NO, "", flow->ask_verb, "%s", flow->ask);
}
