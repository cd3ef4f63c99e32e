#include "flow/follows.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MOST = 4 }; /* findings and trust files that are named one by one */

/* Names that count on are told as one; of many the first ones. Free it. */
static char *named(const struct strings *names)
{
    enum { NAMES_MOST = 6 };
    struct strings all = {0}, shown = {0};
    char *folded = strings_fold(names, "\t");
    strings_split(&all, folded, '\t');
    for (size_t i = 0; i < all.count && (i < NAMES_MOST || all.count == NAMES_MOST + 1); i++)
        strings_add(&shown, all.items[i]);
    if (shown.count < all.count)
        strings_add_take(&shown, xformat("%zu more", all.count - shown.count));
    char *words = strings_join(&shown, ", ");
    free(folded);
    strings_free(&all);
    strings_free(&shown);
    return words;
}

static void servers_of(const struct identity *identity, struct strings *out)
{
    for (size_t i = 0; i < identity->use_count; i++)
        strings_add_new(out, identity->uses[i].service->server->name);
}

/* "singleCert: key and certificate on core1-3, 5 names, signed by the public CA." */
static void tell_new(const struct identity *identity, struct strings *lines)
{
    struct strings servers = {0}, sans = {0};
    servers_of(identity, &servers);
    names_full_san(&identity->names, &sans);
    char *where = named(&servers);
    strings_add_take(lines,
                     xformat("%s: key and certificate on %s, %zu %s, signed by %s%s.",
                             identity->name, where, sans.count, sans.count == 1 ? "name" : "names",
                             is_outside(identity) ? "the " : "", signer_label(identity->signer)));
    free(where);
    strings_free(&servers);
    strings_free(&sans);
}

static bool is_another(const struct identity *was, const struct identity *is)
{
    bool same = was && strcmp(was->signer, is->signer) == 0 && was->use_count == is->use_count &&
                strings_equal(&was->names.sans, &is->names.sans);
    for (size_t i = 0; same && i < is->use_count; i++)
        same = strcmp(was->uses[i].service->name, is->uses[i].service->name) == 0 &&
               strcmp(was->uses[i].service->server->name, is->uses[i].service->server->name) == 0;
    return !same;
}

void follows_identities(const struct facts *before, const struct facts *after,
                        struct strings *lines)
{
    const struct deployment *was = &before->deployment, *is = &after->deployment;
    struct strings gone = {0}, come = {0};
    size_t told = 0, others = 0;
    for (size_t i = 0; i < is->identity_count; i++) {
        const struct identity *identity = &is->identities[i];
        const struct identity *old = deployment_identity(was, identity->name);
        if (!old)
            strings_add(&come, identity->name);
        if (!identity->use_count || !is_another(old, identity))
            continue;
        if (told++ < SHOWN_MOST)
            tell_new(identity, lines);
        else
            others++;
    }
    if (others)
        strings_add_take(lines, xformat("%zu more change likewise.", others));
    for (size_t i = 0; i < was->identity_count; i++)
        if (!deployment_identity(is, was->identities[i].name))
            strings_add(&gone, was->identities[i].name);
    char *away = named(&gone), *new = named(&come);
    if (come.count > SHOWN_MOST)
        strings_add_take(lines, xformat("New: %s.", new));
    if (gone.count)
        strings_add_take(lines,
                         xformat(gone.count == 1 ? "Its files are not needed any more: %s."
                                                 : "Not needed any more, with their files: %s.",
                                 away));
    if (is->identity_count != was->identity_count)
        strings_add_take(lines, xformat("Certificates in all: %zu in place of %zu.",
                                        is->identity_count, was->identity_count));
    free(away);
    free(new);
    strings_free(&gone);
    strings_free(&come);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What a file for it is composed of: certificates by identity, CAs by signer. Free it. */
static char *composed(const struct trust_need *need)
{
    struct strings of = {0};
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        if (identity && trust_lists(need->how))
            strings_add(&of, identity->name);
        if (identity && trust_chains(need->how))
            strings_add_take(&of, xformat("by %s", identity->signer));
    }
    if (of.count)
        qsort(of.items, of.count, sizeof *of.items, by_text);
    strings_unique(&of);
    char *text = strings_join(&of, " ");
    strings_free(&of);
    return text;
}

/* By need, for services that accept the same share one. */
static char **compose(const struct trusts *trusts)
{
    char **all = xcalloc(trusts->need_count + 1, sizeof *all);
    for (size_t i = 0; i < trusts->need_count; i++)
        all[i] = composed(&trusts->needs[i]);
    return all;
}

static void drop(char **all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(all[i]);
    free(all);
}

static const struct trust *trust_before(const struct facts *before, const struct trust *trust)
{
    const struct server *server =
        deployment_server(&before->deployment, trust->reader->server->name);
    const struct service *reader = server ? server_service(server, trust->reader->name) : NULL;
    return reader ? trusts_find(&before->trusts, reader, trust->rule->name) : NULL;
}

/* "callbridge-webbridge-trust.crt on core1-3": a file each, with who accepts by it. */
struct changed {
    char *file;
    struct strings readers;
};

static void note_changed(struct changed **all, size_t *count, const struct trust *trust)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*all)[i].file, trust->file) == 0) {
            strings_add_new(&(*all)[i].readers, trust->reader->server->name);
            return;
        }
    *all = grow(*all, *count, sizeof **all);
    (*all)[*count] = (struct changed){.file = xstrdup(trust->file)};
    strings_add(&(*all)[(*count)++].readers, trust->reader->server->name);
}

void follows_trusts(const struct facts *before, const struct facts *after, struct strings *lines)
{
    char **was = compose(&before->trusts), **is = compose(&after->trusts);
    struct changed *changed = NULL;
    size_t count = 0;
    for (size_t i = 0; i < after->trusts.count; i++) {
        const struct trust *trust = &after->trusts.items[i], *old = trust_before(before, trust);
        if (trust->given || (old && strcmp(old->file, trust->file) == 0 &&
                             strcmp(was[old->need - before->trusts.needs],
                                    is[trust->need - after->trusts.needs]) == 0))
            continue;
        note_changed(&changed, &count, trust);
    }
    if (count)
        strings_add_take(lines, count == 1 ? xstrdup("1 trust file changes:")
                                           : xformat("%zu trust files change:", count));
    for (size_t i = 0; i < count; i++) {
        char *readers = named(&changed[i].readers);
        if (i < SHOWN_MOST)
            strings_add_take(lines, xformat("  %s on %s", changed[i].file, readers));
        else if (i == SHOWN_MOST)
            strings_add_take(lines, xformat("  and %zu more", count - i));
        free(readers);
        free(changed[i].file);
        strings_free(&changed[i].readers);
    }
    free(changed);
    drop(was, before->trusts.need_count);
    drop(is, after->trusts.need_count);
}

/* How often each rule speaks, before and after. */
struct tally {
    const char *id;
    size_t before, after;
};
struct tallies {
    struct tally *items;
    size_t count;
};

static struct tally *tally_of(struct tallies *tallies, const char *id)
{
    for (size_t i = 0; i < tallies->count; i++)
        if (strcmp(tallies->items[i].id, id) == 0)
            return &tallies->items[i];
    tallies->items = grow(tallies->items, tallies->count, sizeof *tallies->items);
    tallies->items[tallies->count] = (struct tally){.id = id};
    return &tallies->items[tallies->count++];
}

static bool has_said(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].id, finding->id) == 0 &&
            strcmp(findings->items[i].message, finding->message) == 0)
            return true;
    return false;
}

/* A rule that speaks as often as before, of other names, says nothing new. */
static void tell_findings(const struct findings *before, const struct findings *after,
                          struct tallies *tallies, struct strings *lines)
{
    size_t told = 0, others = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct finding *finding = &after->items[i];
        const struct tally *tally = tally_of(tallies, finding->id);
        if (finding->accepted || tally->after <= tally->before || has_said(before, finding))
            continue;
        if (told++ < SHOWN_MOST)
            strings_add_take(lines,
                             xformat("%s %s: %s%s", flow_level_word(level_of(finding->severity)),
                                     finding->id, finding->message,
                                     text_ends(finding->message, ".") ? "" : "."));
        else
            others++;
    }
    if (others)
        strings_add_take(
            lines,
            xformat(others == 1 ? "and %zu more finding." : "and %zu more findings.", others));
}

void follows_findings(struct flow *flow, const struct facts *after, struct strings *lines)
{
    const struct findings *before = flow_findings(flow, RULES_PLANNED);
    struct findings findings = {0};
    struct tallies tallies = {0};
    struct strings gone = {0};
    rules_run(after, RULES_PLANNED, &findings);
    for (size_t i = 0; i < before->count; i++)
        tally_of(&tallies, before->items[i].id)->before += !before->items[i].accepted;
    for (size_t i = 0; i < findings.count; i++)
        tally_of(&tallies, findings.items[i].id)->after += !findings.items[i].accepted;
    tell_findings(before, &findings, &tallies, lines);
    for (size_t i = 0; i < tallies.count; i++)
        if (tallies.items[i].before && !tallies.items[i].after)
            strings_add(&gone, tallies.items[i].id);
    char *all = strings_join(&gone, ", ");
    if (gone.count)
        strings_add_take(lines, xformat("No more: %s.", all));
    free(all);
    free(tallies.items);
    strings_free(&gone);
    findings_free(&findings);
}
