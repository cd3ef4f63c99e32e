/* Whether what the plan installed lets those in, and those alone, whom it should. */
#include "base/file.h"
#include "base/mem.h"
#include "model/required.h"
#include "ops/rehearsing.h"
#include "pki/digest.h"
#include "pki/handshake.h"

#include <stdlib.h>
#include <string.h>

static const char *running(struct rehearsal *rehearsal, const struct service *service,
                           const char *path)
{
    struct stage_server *stage = stage_find(rehearsal, service->server->name);
    return stage
               ? appliance_running(stage->appliance, service->component->kind, service->name, path)
               : NULL;
}

/* The key never leaves that server, so there is none to prove anything with. */
static bool is_elsewhere(const struct identity *identity)
{
    return identity->key_servers.count > 0;
}

/* A file of a slot runs as it is named; what is wrong else, free it. */
static char *look_at_part(struct rehearsal *rehearsal, const struct service *service,
                          const struct slot *slot, const char *part)
{
    char *path = xformat("%s.%s", slot->name, part), *why = NULL;
    struct strings wanted = {0};
    const char *runs = running(rehearsal, service, path);
    service_value(&rehearsal->facts->deployment, service, path, &wanted);
    const char *named = wanted.count ? wanted.items[0] : NULL;
    if (named && !runs)
        why = xformat("%s of %s does not run with %s", service->name, service->server->name, named);
    else if (named && strcmp(named, runs) != 0)
        why = xformat("%s of %s runs with %s, not with %s", service->name, service->server->name,
                      runs, named);
    strings_free(&wanted);
    free(path);
    return why;
}

/* What commands of the release take of the slot. */
static bool is_assigned(const struct component *component, const struct slot *slot,
                        const char *part, const char *release)
{
    char *hole = xformat("{%s.%s}", slot->name, part);
    bool found = false;
    for (size_t i = 0; !found && i < component->command_count; i++)
        found = component->commands[i].stage == STAGE_ASSIGN &&
                release_in(&component->commands[i].release, release) &&
                strstr(component->commands[i].line, hole) != NULL;
    free(hole);
    return found;
}

static char *look_at_service(struct rehearsal *rehearsal, const struct service *service)
{
    const struct deployment *d = &rehearsal->facts->deployment;
    const struct component *component = service->component;
    char *why = NULL;
    for (size_t i = 0; !why && i < component->slot_count; i++) {
        const struct slot *slot = &component->slots[i];
        const struct identity *identity = service_identity(d, service, slot);
        if (!identity || !slot_used(d, service, slot) || is_elsewhere(identity))
            continue;
        for (size_t j = 0; !why && j < slot->takes.count; j++)
            if (is_assigned(component, slot, slot->takes.items[j], d->release))
                why = look_at_part(rehearsal, service, slot, slot->takes.items[j]);
    }
    return why;
}

void rehearse_services(struct rehearsal *rehearsal)
{
    const struct deployment *d = &rehearsal->facts->deployment;
    char *why = NULL;
    const char *where = "";
    size_t count = 0;
    for (size_t i = 0; !why && i < d->server_count; i++)
        for (size_t j = 0; !why && j < d->servers[i].service_count; j++, count++) {
            where = d->servers[i].name;
            why = look_at_service(rehearsal, &d->servers[i].services[j]);
        }
    char *what = xformat(count == 1 ? "%zu service runs with its files"
                                    : "%zu services run with their files",
                         count);
    tell(rehearsal, why ? REHEARSED_SURPRISE : REHEARSED_GOOD, why ? where : "", what,
         why ? why : "", why ? "certwright plan writes the lines that give it" : "");
    free(what);
    free(why);
}

/* Files of one side of a connection. */
struct side {
    struct pki_file key, certificate, bundle;
    const struct cert *chain[64];
    size_t count;
};

static void side_free(struct side *side)
{
    pki_file_free(&side->key);
    pki_file_free(&side->certificate);
    pki_file_free(&side->bundle);
}

/* The file behind a hole as the service has it since it was started. */
static bool read_running(struct rehearsal *rehearsal, const struct service *service,
                         const char *path, struct pki_file *out)
{
    struct stage_server *stage = stage_find(rehearsal, service->server->name);
    const struct buffer *data =
        stage ? appliance_running_file(stage->appliance, service->component->kind, service->name,
                                       path)
              : NULL;
    if (data)
        pki_parse(data->data, data->length, NULL, out);
    return data != NULL;
}

static void add_certs(const struct pki_file *file, struct side *side)
{
    for (size_t i = 0; i < file->count && side->count < sizeof side->chain / sizeof *side->chain;
         i++)
        if (file->objects[i].kind == OBJECT_CERT)
            side->chain[side->count++] = file->objects[i].cert;
}

static bool read_part(struct rehearsal *rehearsal, const struct trust_target *target,
                      const char *part, struct pki_file *out)
{
    char *path = xformat("%s.%s", target->slot->name, part);
    bool good = read_running(rehearsal, target->service, path, out);
    free(path);
    return good;
}

/* What the one who is trusted shows: the files that its slot runs with. */
static bool read_side(struct rehearsal *rehearsal, const struct trust_target *target,
                      struct side *side)
{
    if (!read_part(rehearsal, target, "key", &side->key) ||
        !(read_part(rehearsal, target, "fullchain", &side->certificate) ||
          read_part(rehearsal, target, "certificate", &side->certificate)))
        return false;
    add_certs(&side->certificate, side);
    if (read_part(rehearsal, target, "bundle", &side->bundle))
        add_certs(&side->bundle, side);
    const struct key *private = pki_first_key(&side->key);
    return private && private->is_private && !private->encrypted && side->count;
}

static bool add_pem(const struct str *pem, struct pki_file *file, struct side *side)
{
    pki_parse((const unsigned char *)str_text(pem), pem->length, NULL, file);
    add_certs(file, side);
    return pki_first_cert(file) != NULL;
}

/* Its names, for another key; a certificate needs a CN. */
static void names_like(const struct cert *cert, struct names *names)
{
    names_copy(names, &cert->names);
    if (!names->attributes[ATTR_CN])
        names->attributes[ATTR_CN] = xstrdup(*cert->cn ? cert->cn : "impostor");
}

/* Another key under the same names, signed by itself. */
static bool make_impostor(const struct side *side, time_t at, struct side *out, struct error *err)
{
    struct key *key = NULL;
    struct secret key_text = {0};
    struct str text = {0};
    struct names names = {0};
    names_like(side->chain[0], &names);
    bool good = key_generate("ec", 256, &key, err) && key_pem(key, &key_text, err) &&
                cert_selfsign(key, &names, 1, at, &text, err);
    if (good) {
        pki_parse(key_text.data, key_text.length, NULL, &out->key);
        good = add_pem(&text, &out->certificate, out) && pki_first_key(&out->key);
    }
    if (key)
        key_free(key);
    secret_free(&key_text);
    str_free(&text);
    names_free(&names);
    return good;
}

/* The CA that signed the leaf, of what it shows and of what it is judged by; NULL: neither has it.
 */
static const struct cert *issuer_of(const struct side *side, const struct side *trusted)
{
    const struct side *sides[] = {side, trusted};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        for (size_t j = 0; j < sides[i]->count; j++)
            if (!cert_same(sides[i]->chain[j], side->chain[0]) &&
                cert_issued_by(side->chain[0], sides[i]->chain[j]))
                return sides[i]->chain[j];
    return NULL;
}

/* The impostor has it signed by a CA of the same name as that one, and another key; both are shown.
 */
static bool sign_impostor(const struct cert *issuer, time_t at, struct side *impostor,
                          struct error *err)
{
    struct key *key = NULL;
    struct pki_file request = {0};
    struct str ca = {0}, csr = {0}, leaf = {0};
    struct names names = {0}, leaf_names = {0};
    bool cut;
    names_like(issuer, &names);
    names_like(impostor->chain[0], &leaf_names);
    bool good = key_generate("ec", 256, &key, err) && cert_selfsign(key, &names, 2, at, &ca, err) &&
                csr_make(pki_first_key(&impostor->key), &leaf_names, &csr, err) &&
                add_pem(&ca, &impostor->bundle, impostor);
    if (good)
        pki_parse((const unsigned char *)str_text(&csr), csr.length, NULL, &request);
    good = good && cert_issue(pki_first_csr(&request), pki_first_cert(&impostor->bundle), key, 1,
                              at, &leaf, &cut, err);
    if (good) {
        pki_file_free(&impostor->certificate);
        impostor->count = 0;
        good = add_pem(&leaf, &impostor->certificate, impostor);
        add_certs(&impostor->bundle, impostor);
    }
    if (key)
        key_free(key);
    pki_file_free(&request);
    str_free(&ca);
    str_free(&csr);
    str_free(&leaf);
    names_free(&names);
    names_free(&leaf_names);
    return good;
}

/* Of its certificates, in their order. */
static void digest_of(const struct side *side, char out[static DIGEST_HEX + 1])
{
    struct str ids = {0};
    for (size_t i = 0; i < side->count; i++)
        str_add_bytes(&ids, side->chain[i]->id, sizeof side->chain[i]->id);
    digest_hex(str_text(&ids), ids.length, out);
    str_free(&ids);
}

/* One trust against one target. */
struct trial {
    struct rehearsal *rehearsal;
    const struct trust *trust;
    const struct trust_target *target;
    struct side trusted;         /* its file, as a bundle */
    char *why;                   /* of a surprise; NULL: none so far */
    size_t names;                /* that were looked for and found */
    char digest[DIGEST_HEX + 1]; /* of the file */
};

static bool shake(struct trial *trial, const struct side *side, const char *name, bool *accepted,
                  struct str *why, struct error *err)
{
    const struct trust_rule *rule = trial->trust->rule;
    const struct handshake handshake = {.key = pki_first_key(&side->key),
                                        .chain = side->chain,
                                        .chain_count = side->count,
                                        .is_client = strcmp(rule->as, "client") == 0,
                                        .trusted = trial->trusted.chain,
                                        .trusted_count = trial->trusted.count,
                                        .pins = trust_lists(rule->how),
                                        .chains = trust_takes_cas(rule->how),
                                        .name = name,
                                        .at = trial->rehearsal->facts->at};
    return handshake_try(&handshake, accepted, why, err);
}

/* As another that has its names alone; where CAs count, also by a CA that has but the name. */
static bool try_impostors(struct trial *trial, const struct side *side, struct error *err)
{
    time_t at = trial->rehearsal->facts->at;
    const struct cert *issuer =
        trust_takes_cas(trial->trust->rule->how) ? issuer_of(side, &trial->trusted) : NULL;
    bool accepted = false;
    struct str why = {0};
    struct side impostor = {0};
    bool good = make_impostor(side, at, &impostor, err) &&
                shake(trial, &impostor, NULL, &accepted, &why, err);
    if (good && accepted)
        trial->why = xstrdup("another certificate of the same name is accepted as well");
    if (good && !accepted && issuer) {
        str_clear(&why);
        good = sign_impostor(issuer, at, &impostor, err) &&
               shake(trial, &impostor, NULL, &accepted, &why, err);
        if (good && accepted)
            trial->why =
                xstrdup("a certificate by another CA of the same name is accepted as well");
    }
    side_free(&impostor);
    str_free(&why);
    return good;
}

/* As it is, then as others that pretend to be it. */
static bool try_both(struct trial *trial, const struct side *side, struct error *err)
{
    bool accepted;
    struct str why = {0};
    bool good = shake(trial, side, NULL, &accepted, &why, err);
    if (good && !accepted)
        trial->why = xformat("refused: %s", str_text(&why));
    str_free(&why);
    return good && (trial->why || try_impostors(trial, side, err));
}

/* The names that a client looks for in a server's certificate; of each entry one has to be there.
 */
static bool try_names(struct trial *trial, const struct side *side, struct error *err)
{
    struct required_names names = {0};
    bool good = true;
    if (strcmp(trial->trust->rule->as, "client") == 0)
        return true;
    required_names(&trial->rehearsal->facts->deployment, trial->target->service,
                   trial->target->slot, &names);
    for (size_t i = 0; good && !trial->why && i < names.count; i++) {
        bool accepted = false;
        struct str why = {0};
        for (size_t j = 0; good && !accepted && j < names.items[i].any.count; j++) {
            str_clear(&why);
            good = shake(trial, side, names.items[i].any.items[j], &accepted, &why, err);
        }
        trial->names += accepted;
        if (good && !accepted && names.items[i].any.count)
            trial->why = xformat("refused for %s: %s", names.items[i].any.items[0], str_text(&why));
        str_free(&why);
    }
    required_free(&names);
    return good;
}

/* The same file of trust has let the same service in already: of many servers that accept the same
 * one proves it for all. */
static bool was_tried(struct trial *trial)
{
    const struct service *service = trial->target->service;
    char *key = xformat("%s %s %d %s.%s.%s", trial->digest, trial->trust->rule->as,
                        (int)trial->trust->rule->how, service->server->name, service->name,
                        trial->target->slot->name);
    bool is_new = strings_add_new(&trial->rehearsal->tried, key);
    free(key);
    return !is_new;
}

static bool try_target(struct trial *trial, struct error *err)
{
    struct side side = {0};
    const struct service *service = trial->target->service;
    bool good = true;
    if (was_tried(trial))
        return true;
    if (read_side(trial->rehearsal, trial->target, &side))
        good = try_both(trial, &side, err) && (trial->why || try_names(trial, &side, err));
    else
        trial->why = xformat("%s of %s does not run with its key and certificate", service->name,
                             service->server->name);
    side_free(&side);
    return good;
}

static bool reader_is_ours(const struct trust *trust)
{
    for (size_t i = 0; i < trust->reader->component->slot_count; i++)
        if (trust->reader->identities[i])
            return true;
    return false;
}

/* Each whom it is for; *tried counts those that have something to show. */
static bool try_targets(struct trial *trial, size_t *tried, struct error *err)
{
    const struct trust_need *need = trial->trust->need;
    bool good = true;
    for (size_t i = 0; good && !trial->why && i < need->target_count; i++) {
        trial->target = &need->targets[i];
        if (!trial->target->identity || is_elsewhere(trial->target->identity) ||
            !slot_used(&trial->rehearsal->facts->deployment, trial->target->service,
                       trial->target->slot))
            continue;
        good = try_target(trial, err);
        ++*tried;
    }
    return good;
}

static void tell_trust(const struct trial *trial, size_t tried)
{
    const struct service *reader = trial->trust->reader;
    const struct service *target = trial->target ? trial->target->service : NULL;
    char *what = xformat("%s trusts %s by %s", reader->name,
                         trial->trust->need->targets[0].service->name, trial->trust->file);
    char *why = trial->why
                    ? xformat("%s%s%s%s%s", target ? target->name : "", target ? " of " : "",
                              target ? target->server->name : "", target ? ": " : "", trial->why)
                : tried ? xstrdup("")
                        : xstrdup("nobody has a key and a certificate here to try it with");
    tell(trial->rehearsal,
         trial->why ? REHEARSED_SURPRISE
         : tried    ? REHEARSED_GOOD
                    : REHEARSED_NOTE,
         reader->server->name, what, why, trial->why ? "certwright check says what to mend" : "");
    trial->rehearsal->told.trust = trial->trust;
    free(what);
    free(why);
}

bool rehearse_trust(struct rehearsal *rehearsal, const struct trust *trust, struct error *err)
{
    struct trial trial = {.rehearsal = rehearsal, .trust = trust};
    size_t tried = 0;
    bool good = true;
    if (read_running(rehearsal, trust->reader, trust->rule->name, &trial.trusted.certificate)) {
        add_certs(&trial.trusted.certificate, &trial.trusted);
        digest_of(&trial.trusted, trial.digest);
        good = try_targets(&trial, &tried, err);
    } else if (reader_is_ours(trust)) {
        trial.why = xformat("%s of %s does not run with %s", trust->reader->name,
                            trust->reader->server->name, trust->file);
    }
    if (good)
        tell_trust(&trial, tried);
    side_free(&trial.trusted);
    free(trial.why);
    return good;
}

static bool is_that(const struct service *service, const char *server,
                    const struct component *component, const char *tag)
{
    return service->component == component && strcmp(service->server->name, server) == 0 &&
           (!*tag || strcmp(service->name, tag) == 0);
}

/* Whether it holds now, where both run; *why is owned. */
static bool holds_now(struct rehearsal *rehearsal, const struct trust *trust,
                      const struct trust_target *target, char **why, struct error *err)
{
    struct trial trial = {.rehearsal = rehearsal, .trust = trust, .target = target};
    struct side side = {0};
    struct str text = {0};
    bool good = true, accepted = true;
    if (read_running(rehearsal, trust->reader, trust->rule->name, &trial.trusted.certificate) &&
        read_side(rehearsal, target, &side)) {
        add_certs(&trial.trusted.certificate, &trial.trusted);
        good = shake(&trial, &side, NULL, &accepted, &text, err);
    }
    if (good && !accepted)
        *why = xformat("%s of %s refuses %s of %s from here on: %s", trust->reader->name,
                       trust->reader->server->name, target->service->name,
                       target->service->server->name, str_text(&text));
    str_free(&text);
    side_free(&side);
    side_free(&trial.trusted);
    return good;
}

bool rehearse_unbroken(struct rehearsal *rehearsal, const char *server,
                       const struct component *component, const char *tag, struct error *err)
{
    const struct trusts *trusts = &rehearsal->facts->trusts;
    char *why = NULL;
    bool good = true;
    for (size_t i = 0; good && !why && i < trusts->count; i++) {
        const struct trust *trust = &trusts->items[i];
        bool reads = is_that(trust->reader, server, component, tag);
        for (size_t j = 0; good && !why && j < trust->need->target_count; j++) {
            const struct trust_target *target = &trust->need->targets[j];
            if (reads || is_that(target->service, server, component, tag))
                good = holds_now(rehearsal, trust, target, &why, err);
        }
    }
    if (why)
        tell(rehearsal, REHEARSED_SURPRISE, server, rehearsal->told.what, why,
             "certwright plan orders the lines so that no trust breaks");
    free(why);
    return good;
}
