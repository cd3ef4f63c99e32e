/* certwright renew: a certificate's next one, from the request to the day it is everywhere. */
#include "ops/renew.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/made.h"
#include "ops/renew_due.h"

#include <stdlib.h>
#include <string.h>

static int done(const struct cli *cli, const struct facts *facts)
{
    struct strings names = {0};
    struct error err = {0};
    cli_names(cli, &names);
    int status = op_renew_done(facts, &names, &err) ? STATUS_OK : cli_fail(&err);
    for (size_t i = 0; !status && i < names.count; i++) {
        const struct renewal *renewal = renewals_open(&facts->renewals, names.items[i]);
        if (renewal && renewal_is_list(renewal))
            cli_say(cli,
                    "%s: the servers accept no more than it says; no plan narrows it any more.",
                    names.items[i]);
        else
            cli_say(cli, "%s: the renewal of %s (%s) is over; the servers have what the store has.",
                    names.items[i], renewal ? renewal->since : "now",
                    renew_words(renewal && renewal->new_key));
    }
    strings_free(&names);
    return status;
}

static int abandon(const struct cli *cli, const struct facts *facts)
{
    struct strings names = {0};
    struct abandoned_list list;
    struct error err = {0};
    cli_names(cli, &names);
    int status = op_renew_abandon(facts, &names, &list, &err) ? STATUS_OK : cli_fail(&err);
    strings_free(&names);
    if (status)
        return status;
    for (size_t i = 0; i < list.count; i++)
        cli_say(cli, "%s: its renewal (%s) is given up; %s.", list.items[i].identity->name,
                renew_words(list.items[i].new_key), list.items[i].note);
    cli_say(cli, "What is in place stays in use. certwright undo takes that back.");
    abandoned_free(&list);
    return STATUS_OK;
}

static void say_effects(const struct cli *cli, const struct facts *facts,
                        const struct identity *identity)
{
    struct renew_effects effects;
    renew_effects(facts, identity, &effects);
    for (size_t i = 0; i < effects.trusts.count; i++)
        cli_say(cli, "     %s", effects.trusts.items[i]);
    for (size_t i = 0; i < effects.restarts.count; i++)
        cli_say(cli, "     restarts %s", effects.restarts.items[i]);
    for (size_t i = 0; i < effects.notices.count; i++)
        cli_say(cli, "     %s", effects.notices.items[i]);
    cli_say(cli, "     keep the key: %s", effects.keep);
    cli_say(cli, "     new key: %s", effects.fresh);
    renew_effects_free(&effects);
}

static bool is_listed(const struct renewed_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].identity->name, name) == 0)
            return true;
    return false;
}

/* What comes next, for all that wait, and for all that were made here. */
static void say_next(const struct cli *cli, const struct renewed_list *list)
{
    struct strings requests = {0}, below = {0};
    bool issued = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct renewed *item = &list->items[i];
        issued = issued || item->how == RENEW_ISSUED;
        if (*item->request)
            strings_add_new(&requests, item->request);
        for (size_t k = 0; k < item->below.count; k++)
            if (!is_listed(list, item->below.items[k]))
                strings_add_new(&below, item->below.items[k]);
    }
    char *names = strings_join(&requests, ", "), *signs = strings_join(&below, " ");
    if (requests.count)
        cli_say(cli,
                "Next: send %s to the CA (certwright orders writes the order), then certwright "
                "import what it returns. What is in place stays in use until then.",
                names);
    if (below.count)
        cli_say(cli, "Next: certwright renew %s: a CA signed them that was renewed.", signs);
    if (issued)
        cli_say(cli, "Next: certwright plan; when it is installed, certwright renew --done NAME.");
    free(names);
    free(signs);
    strings_free(&requests);
    strings_free(&below);
}

static int renew(const struct cli *cli, const struct facts *facts)
{
    struct strings names = {0};
    struct renewed_list list;
    struct error err = {0};
    cli_names(cli, &names);
    bool good = op_renew(facts, &names, cli_flag(cli, "new-key"), &list, &err);
    strings_free(&names);
    if (!good)
        return cli_fail(&err);
    for (size_t i = 0; i < list.count; i++) {
        const struct renewed *item = &list.items[i];
        cli_say(cli, "%-4s %s  %s", item->how == RENEW_KEPT ? "KEPT" : "OK", item->identity->name,
                item->note);
        if (item->typed)
            cli_say(cli, "     on %s type: %s", item->identity->key_at, item->typed);
        if (item->typed)
            cli_say(cli, "     then fetch %s from there into the store, by sftp", item->request);
        say_effects(cli, facts, item->identity);
    }
    say_next(cli, &list);
    renewed_free(&list);
    return STATUS_OK;
}

static void say_group(const struct facts *facts, const struct renew_group *group)
{
    cli_tell("%s", group->title);
    for (size_t i = 0; i < group->notices.count; i++)
        cli_tell("  %s", group->notices.items[i]);
    for (size_t i = 0; i < group->count; i++) {
        const struct ending *ending = group->endings[i];
        const struct renewal *open = renewals_open(&facts->renewals, ending->name);
        char date[16];
        clock_date(ending->cert->not_after, date);
        cli_tell("  %-5s %s  %s %s, %ld day%s%s", ends_word(ending->term), ending->name,
                 ending->days < 0 ? "ended" : "ends", date, labs(ending->days),
                 labs(ending->days) == 1 ? "" : "s",
                 !ending->identity || !open ? ""
                 : open->first              ? "; renewed, to be installed"
                                            : "; renewal waits for its CA");
    }
}

/* What is due, and what has been begun. */
static int list_due(const struct facts *facts)
{
    struct ends ends;
    struct renew_groups groups;
    ends_make(facts, &ends);
    renew_due(&ends, &groups);
    for (size_t i = 0; i < groups.count; i++)
        say_group(facts, &groups.items[i]);
    if (groups.count)
        cli_tell("certwright renew NAME keeps the key, --new-key makes another.");
    else
        cli_tell("Nothing ends within %d days.", RENEW_SOON);
    renew_groups_free(&groups);
    ends_free(&ends);
    return STATUS_OK;
}

static int run_renew(const struct cli *cli)
{
    bool ends = cli_flag(cli, "done"), abandons = cli_flag(cli, "abandon");
    if (ends && !cli->arg_count)
        return cli_usage(cli, "name the identities whose new certificates are installed: renew "
                              "--done NAME");
    if (abandons && !cli->arg_count)
        return cli_usage(cli, "name the identities whose renewals are given up: renew --abandon "
                              "NAME");
    if (abandons && (ends || cli_flag(cli, "new-key")))
        return cli_usage(cli, "--abandon gives a renewal up, and goes with no other option");
    if (cli_flag(cli, "new-key") && (ends || !cli->arg_count))
        return cli_usage(cli, ends ? "--done ends a renewal, and makes no key"
                                   : "name the identities that get a new key");
    struct catalogue catalogue = {0};
    struct facts *facts = NULL;
    int status = cli_gather(cli, &catalogue, &facts);
    if (status)
        return status;
    status = ends             ? done(cli, facts)
             : abandons       ? abandon(cli, facts)
             : cli->arg_count ? renew(cli, facts)
                              : list_due(facts);
    facts_free(facts);
    catalogue_free(&catalogue);
    return status;
}

static const struct cli_option renew_options[] = {
    {"new-key", false}, {"done", false}, {"abandon", false}, {NULL, false}};

const struct cli_command command_renew = {
    .name = "renew",
    .takes = 0,
    .run = run_renew,
    .options = renew_options,
    .usage = "renew [--new-key] [IDENTITY...], renew --done|--abandon IDENTITY...",
    .summary = "a certificate's next one, from the request to its installation",
    .help =
        "Without names: what is due or will be within 90 days, by what its installation\n"
        "disturbs. With names: the request for the next certificate, of the key that is there\n"
        "or, with --new-key, of another one (NAME-next.key); where the signer is here, the\n"
        "certificate itself. What is in place stays in use until import takes the answer.\n"
        "Until --done, which says that the servers have what the store has, the journal keeps\n"
        "what they hold meanwhile. --abandon gives up what waits for its certificate, and leaves\n"
        "what is in place as it is.\n",
};
