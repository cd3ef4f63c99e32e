#include "base/clock.h"
#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

static const struct changes *changes_of(const struct book *book)
{
    return &book->plan->renewal->changes;
}

const struct plan_extra *book_extra(const struct book *book, const struct step *step,
                                    const char *name)
{
    const struct plan_server *server = book_plan_server(book, step->server);
    char *folder = step_folder(step), *path = xformat("%s/%s", folder, name);
    const struct plan_extra *found = NULL;
    for (size_t i = 0; !found && i < server->extra_count; i++)
        if (strcmp(server->extras[i].path, path) == 0)
            found = &server->extras[i];
    free(folder);
    free(path);
    return found;
}

/* --- what is new of a certificate ---------------------------------------------------------------
 */

/* "Call Bridge on core1, core2; Web Admin on core1" */
static char *used_by(const struct identity *identity)
{
    struct strings kinds = {0};
    struct str text = {0};
    for (size_t i = 0; i < identity->use_count; i++)
        strings_add_new(&kinds, identity->uses[i].service->component->title);
    for (size_t k = 0; k < kinds.count; k++) {
        struct strings servers = {0};
        for (size_t i = 0; i < identity->use_count; i++)
            if (strcmp(identity->uses[i].service->component->title, kinds.items[k]) == 0)
                strings_add_new(&servers, identity->uses[i].service->server->name);
        char *list = strings_fold(&servers, ", ");
        str_addf(&text, "%s%s on %s", k ? "; " : "", kinds.items[k], list);
        free(list);
        strings_free(&servers);
    }
    if (!kinds.count)
        str_add(&text, identity->signs ? "a CA of the store" : "used by no service");
    strings_free(&kinds);
    return str_take(&text);
}

static const struct cert *root_of(const struct cert_set *cas)
{
    for (size_t i = 0; i < cas->count; i++)
        if (cas->items[i]->self_signed)
            return cas->items[i];
    return NULL;
}

static void say_ca(const struct book *book, const struct identity *identity, struct str *out)
{
    struct cert_set was = {0}, is = {0};
    identity_cas(held_facts(changes_of(book)), identity, &was);
    identity_cas(book->facts, identity, &is);
    const struct cert *old = root_of(&was), *new = root_of(&is);
    const struct cert *leaf = scan_cert(&book->facts->scan, identity->certificate_file);
    if (leaf && leaf->self_signed)
        str_add(out, " It is signed by itself: whoever trusts it holds this very certificate.");
    else if (cert_sets_equal(&was, &is))
        str_add(out, " The CA is the same: who trusts the CA has nothing to do.");
    else if (old && new &&cert_same(old, new))
        str_add(out, " The CA signs with a new intermediate under the same root: who trusts the "
                     "root has nothing to do, who holds the intermediate gets the new one as "
                     "well.");
    else if (old && new &&strcmp(old->subject, new->subject) == 0)
        str_add(out, " The CA has renewed its own certificate: who trusts the CA must hold the "
                     "new one as well before phase 4.");
    else if (new) {
        char *from = page_quote(old ? old->subject : "none"), *to = page_quote(new->subject);
        str_addf(out,
                 " It comes from another CA, %s in the place of %s: who trusts the old CA must "
                 "trust the new one as well before phase 4.",
                 to, from);
        free(from);
        free(to);
    }
    free(was.items);
    free(is.items);
}

static void say_names(const struct cert *was, const struct cert *is, struct str *out)
{
    const char *const words[] = {" New names: %s.",
                                 " Names that it has no more, and that nobody may use: %s."};
    const struct cert *const certs[][2] = {{is, was}, {was, is}};
    for (size_t i = 0; i < 2; i++) {
        struct strings names = {0};
        for (size_t k = 0; k < certs[i][0]->sans.count; k++)
            if (!strings_has_nocase(&certs[i][1]->sans, certs[i][0]->sans.items[k]))
                strings_add_take(&names, page_quote(strchr(certs[i][0]->sans.items[k], ':') + 1));
        char *list = book_some(&names, ", ");
        if (names.count && i == 0)
            str_addf(out, words[0], list);
        else if (names.count)
            str_addf(out, words[1], list);
        free(list);
        strings_free(&names);
    }
}

static bool has_phase(const struct book *book, enum phase phase)
{
    for (size_t i = 0; i < book->plan->count; i++)
        if (book->plan->steps[i].phase == phase)
            return true;
    return false;
}

static void say_key(const struct book *book, const struct held_identity *item, struct str *out)
{
    if (!item->new_key)
        str_add(out, " Keep the key: it stays where it is, and is not sent.");
    else if (item->identity->key_servers.count)
        str_add(out, " It has a new key, made on the appliance.");
    else
        str_add(out, " It has a new key, which is uploaded with it. If the old one was lost, "
                     "nothing else changes.");
    if (item->new_key && has_phase(book, PHASE_NARROWING))
        str_add(out, " If somebody else may have the old one, leave phase 2 out, swap at once "
                     "(phase 4) and type phase 6 right after it: until then who has it is "
                     "believed, and in between the two sides refuse each other.");
}

/* All but whose it is. Free it. */
static char *what_is_new(const struct book *book, const struct held_identity *item)
{
    const struct identity *identity = item->identity;
    const struct cert *was =
        scan_cert(&held_facts(changes_of(book))->scan, identity->certificate_file);
    const struct cert *is = scan_cert(&book->facts->scan, identity->certificate_file);
    struct str text = {0};
    if (was && is) {
        char old[16], new[16];
        clock_date(was->not_after, old);
        clock_date(is->not_after, new);
        str_addf(&text, "the certificate on the servers %s %s, the new one ends %s.",
                 was->not_after <= book->facts->at ? "ended" : "ends", old, new);
        say_key(book, item, &text);
        say_ca(book, identity, &text);
        say_names(was, is, &text);
    } else {
        str_add(&text, "a first certificate.");
    }
    return str_take(&text);
}

/* Of whom the same is to be said, that is said once. */
static void tell_identities(const struct book *book, const struct held *held)
{
    char **texts = xcalloc(held->count + 1, sizeof *texts);
    for (size_t i = 0; i < held->count; i++)
        texts[i] = what_is_new(book, &held->identities[i]);
    for (size_t i = 0; i < held->count; i++) {
        struct strings names = {0};
        for (size_t k = i; texts[i] && k < held->count; k++) {
            if (!texts[k] || (k > i && strcmp(texts[k], texts[i]) != 0))
                continue;
            char *users = used_by(held->identities[k].identity);
            strings_add_take(&names,
                             xformat("`%s` (%s)", held->identities[k].identity->name, users));
            free(users);
            if (k > i) {
                free(texts[k]);
                texts[k] = NULL;
            }
        }
        char *list = strings_join(&names, ", ");
        if (names.count)
            page_item(book->out, "%s: %s", list, texts[i]);
        free(list);
        strings_free(&names);
        free(texts[i]);
        texts[i] = NULL;
    }
    free(texts);
}

/* --- services that come or go -------------------------------------------------------------------
 */

static void tell_services(const struct book *book)
{
    const struct changes *changes = changes_of(book);
    struct strings gone = {0};
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        const struct service_change *change = &changes->services[service->index];
        if (!change->in_place)
            page_item(book->out, "%s on %s is new.", service->component->title,
                      service->server->name);
        for (size_t k = 0; k < change->count; k++)
            for (size_t c = 0; c < change->trusts[k].content->gone.count; c++) {
                const struct cert *cert = change->trusts[k].content->gone.items[c];
                strings_add_take(&gone, page_quote(*cert->cn ? cert->cn : cert->subject));
            }
    }
    strings_unique(&gone);
    char *list = book_some(&gone, ", ");
    if (gone.count)
        page_item(book->out, "No service of deployment.conf presents these any more: %s.", list);
    free(list);
    strings_free(&gone);
}

/* --- how it goes --------------------------------------------------------------------------------
 */

static void phase_item(const struct book *book, enum phase phase, const char *words)
{
    const struct plan *plan = book->plan;
    int from = 0, to = 0;
    struct strings servers = {0};
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].phase != phase)
            continue;
        from = from ? from : plan->steps[i].number;
        to = plan->steps[i].number;
        strings_add_new(&servers, plan->steps[i].server);
    }
    char *list = strings_fold(&servers, ", ");
    if (from)
        page_item(book->out, "Phase %d, steps %d to %d, on %s: %s", (int)phase, from, to, list,
                  words);
    free(list);
    strings_free(&servers);
}

/* Those of its kind that drop what they carry, and how often. */
static void count_restarts(const struct book *book, const struct component *component)
{
    const struct kind *kind = deployment_kind(&book->facts->deployment, component);
    bool restarts = false;
    struct str text = {0};
    for (size_t i = 0; i < component->command_count; i++)
        restarts |= component->commands[i].stage == STAGE_AFTER &&
                    component->commands[i].effect == EFFECT_RESTART;
    for (size_t i = 0; restarts && i < kind->count; i++) {
        struct strings steps = {0};
        for (size_t k = 0; k < book->plan->count; k++)
            if (book->plan->steps[k].service == kind->services[i] &&
                book->plan->steps[k].effect == EFFECT_RESTART)
                strings_add_take(&steps, xformat("%d", book->plan->steps[k].number));
        char *list = strings_join(&steps, " and ");
        if (steps.count)
            str_addf(&text, "%s%s %zu (step%s %s)", text.length ? ", " : "",
                     kind->services[i]->server->name, steps.count, steps.count > 1 ? "s" : "",
                     list);
        free(list);
        strings_free(&steps);
    }
    if (text.length)
        page_item(book->out, "Restarts of each %s, which drop what runs through it: %s.",
                  component->title, str_text(&text));
    else if (restarts && kind->count)
        page_item(book->out, "No %s is restarted.", component->title);
    str_free(&text);
}

static void how_it_goes(const struct book *book)
{
    const struct catalogue *catalogue = book->facts->catalogue;
    bool renews = changes_of(book)->held != NULL;
    page_title(book->out, 3, "How it goes");
    phase_item(book, PHASE_CHECKS, "what is new is uploaded and checked. Nobody notices.");
    phase_item(book, PHASE_WIDENING,
               "who holds certificates or CAs side by side accepts the new ones as well as the "
               "old ones, before anybody presents a new one.");
    phase_item(book, PHASE_REMOVAL, "the cluster is taken apart, its first server last.");
    phase_item(book, PHASE_SERVICES,
               renews ? "the new certificates are uploaded, checked and presented, service by "
                        "service."
                      : "the new services get their certificates.");
    phase_item(book, PHASE_BUILDING, "the cluster gets its certificates, and is built.");
    phase_item(book, PHASE_NARROWING,
               "the old ones are accepted no longer. This phase may wait for the next window: "
               "until then everything works.");
    for (size_t i = 0; i < catalogue->count; i++)
        count_restarts(book, &catalogue->components[i]);
    str_add_char(book->out, '\n');
}

/* --- where trust cannot stay whole --------------------------------------------------------------
 */

/* The first and the last step of a service in the phase of the swaps. */
static void widen_range(const struct book *book, const struct service *service, int *from, int *to)
{
    for (size_t i = 0; i < book->plan->count; i++) {
        const struct step *step = &book->plan->steps[i];
        if (step->service != service || step->phase != PHASE_SERVICES || !step->effect)
            continue;
        *from = *from && *from < step->number ? *from : step->number;
        *to = step->number > *to ? step->number : *to;
    }
}

static void tell_break(const struct book *book, const struct trust_change *trust)
{
    const struct service *reader = trust->trust->reader;
    const struct trust_need *need = trust->trust->need;
    int from = 0, to = 0;
    struct strings targets = {0};
    widen_range(book, reader, &from, &to);
    for (size_t i = 0; i < need->target_count; i++) {
        if (!target_changes(changes_of(book), &need->targets[i]))
            continue;
        widen_range(book, need->targets[i].service, &from, &to);
        strings_add_take(&targets, xformat("%s on %s", need->targets[i].service->component->title,
                                           need->targets[i].service->server->name));
    }
    char *list = book_some(&targets, ", ");
    if (!from)
        from = to = 1;
    if (trust->content->blurred)
        page_item(book->out,
                  "%s on %s and %s: the old and the new CA have one name and nothing that tells "
                  "them apart, so that only the first would be tried. They do not accept each "
                  "other from step %d to step %d, for as long as it takes to type these %d.",
                  reader->component->title, reader->server->name, list, from, to, to - from + 1);
    else
        page_item(book->out,
                  "%s on %s and %s: the old certificate has ended, so that trust is broken "
                  "already. There is no side by side: it is whole again with step %d.",
                  reader->component->title, reader->server->name, list, to);
    free(list);
    strings_free(&targets);
}

static void where_broken(const struct book *book)
{
    const struct changes *changes = changes_of(book);
    struct strings told = {0};
    bool any = false;
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        const struct service_change *change = &changes->services[service->index];
        bool breaks = false;
        for (size_t k = 0; k < change->count; k++)
            breaks |= change->trusts[k].at_once && !change->rebuilt;
        bool says = change->touched && *service->component->renewal &&
                    strings_add_new(&told, service->component->kind);
        if (!any && (breaks || says))
            page_title(book->out, 3, "Where it is not seamless");
        any |= breaks || says;
        if (says)
            page_item(book->out, "%s: %s", service->component->title, service->component->renewal);
        for (size_t k = 0; breaks && k < change->count; k++)
            if (change->trusts[k].at_once)
                tell_break(book, &change->trusts[k]);
    }
    if (any)
        str_add_char(book->out, '\n');
    strings_free(&told);
}

void book_story(const struct book *book)
{
    const struct held *held = changes_of(book)->held;
    page_title(book->out, 2, held ? "Why now, and what is new" : "What is new");
    if (held)
        tell_identities(book, held);
    else
        tell_services(book);
    str_add_char(book->out, '\n');
    how_it_goes(book);
    where_broken(book);
}
