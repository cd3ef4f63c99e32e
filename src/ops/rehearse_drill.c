/* One fault on one server, for somebody to find: files that are not what their names say, or a line
 * that was typed wrong. */
#include "base/mem.h"
#include "model/required.h"
#include "ops/rehearsing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum planted {
    OTHER_CERTIFICATE,
    OTHER_KEY,
    NO_ROOT,
    NO_INTERMEDIATE,
    ENDED,
    NO_NAME,
    NO_USAGE,
    STALE,
    SHORT_LIST,
    EXCHANGED,
    FAULTS
};
/* A place where a fault can be planted. */
struct place {
    enum planted fault;
    const char *server;
    const struct identity *identity;
    const struct cert *other; /* that comes in, or that is left out */
    const struct trust *trust;
    const struct play_step *step;
    const struct require *require; /* the rule that is broken */
    const char *name;              /* that lacks */
};
struct places {
    struct place *items;
    size_t count;
    struct strings names; /* what places point at */
};

static void add(struct places *places, struct place place)
{
    places->items = grow(places->items, places->count, sizeof *places->items);
    places->items[places->count++] = place;
}

void drill_free(struct drill *drill)
{
    for (size_t i = 0; i < drill->file_count; i++) {
        free(drill->files[i].name);
        free(drill->files[i].content);
    }
    free(drill->server);
    free(drill->line);
    free(drill->typed);
    free(drill->answer);
    *drill = (struct drill){0};
}

static void put(struct drill *drill, const char *name, struct str *content)
{
    if (drill->file_count < sizeof drill->files / sizeof *drill->files)
        drill->files[drill->file_count++] = (struct drill_file){xstrdup(name), str_take(content)};
}

static bool is_uploaded(const struct play *play, const char *server, const char *file)
{
    for (size_t i = 0; i < play->count; i++)
        if (strcmp(play->steps[i].server, server) == 0 && strings_has(&play->steps[i].upload, file))
            return true;
    return false;
}

/* A CA whose key is in the store: it signs what is to be wrong in one thing alone. */
struct ca {
    const struct cert *cert;
    const char *key_file;
};

/* The private key in the store that belongs to the certificate; NULL: none that can be read. */
static const char *key_file_of(const struct facts *facts, const struct cert *cert)
{
    for (size_t i = 0; i < facts->scan.count; i++) {
        const struct key *key = pki_first_key(&facts->scan.files[i].pki);
        if (key && key->is_private && !key->encrypted &&
            memcmp(key->id, cert->key_id, KEY_ID_BYTES) == 0)
            return facts->scan.files[i].name;
    }
    return NULL;
}

static bool find_ca(const struct facts *facts, const struct identity *identity, struct ca *out)
{
    const struct cert *leaf = scan_cert(&facts->scan, identity->certificate_file);
    for (size_t i = 0; leaf && i < facts->scan.count; i++) {
        const struct cert *cert = pki_first_cert(&facts->scan.files[i].pki);
        if (!cert || !cert->is_ca || cert_same(cert, leaf) || !cert_issued_by(leaf, cert))
            continue;
        *out = (struct ca){cert, key_file_of(facts, cert)};
        return out->key_file && key_file_of(facts, leaf);
    }
    return false;
}

/* What a rule asks of its certificate, which could be left out. */
static void add_required(const struct facts *facts, const char *server,
                         const struct identity *identity, struct places *places)
{
    const struct deployment *d = &facts->deployment;
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct identity_use *use = &identity->uses[i];
        const struct component *component = use->service->component;
        struct required_names names = {0};
        if (strcmp(use->service->server->name, server) != 0)
            continue;
        required_names(d, use->service, use->slot, &names);
        for (size_t j = 0; j < names.count; j++)
            if (names.items[j].any.count == 1 && names.items[j].require) {
                strings_add(&places->names, names.items[j].any.items[0]);
                add(places,
                    (struct place){NO_NAME, server, identity, .require = names.items[j].require,
                                   .name = places->names.items[places->names.count - 1]});
            }
        required_free(&names);
        for (size_t j = 0; j < component->require_count; j++)
            if (component->requires[j].eku.count &&
                require_holds(d, use->service, use->slot, &component->requires[j]))
                add(places,
                    (struct place){NO_USAGE, server, identity, .require = &component->requires[j]});
    }
}

static void add_of_identity(const struct facts *facts, const char *server,
                            const struct identity *identity, struct places *places)
{
    const struct deployment *d = &facts->deployment;
    struct ca ca;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *other = scan_cert(&facts->scan, d->identities[i].certificate_file);
        if (&d->identities[i] == identity || !other)
            continue;
        add(places, (struct place){OTHER_CERTIFICATE, server, identity, .other = other});
        break;
    }
    add(places, (struct place){.fault = OTHER_KEY, .server = server, .identity = identity});
    if (!find_ca(facts, identity, &ca))
        return;
    add(places, (struct place){.fault = ENDED, .server = server, .identity = identity});
    add_required(facts, server, identity, places);
}

static void add_of_bundle(const struct facts *facts, const char *server,
                          const struct identity *identity, struct places *places)
{
    const struct store_file *bundle = scan_find(&facts->scan, identity->bundle_file);
    if (!bundle || pki_cert_count(&bundle->pki) < 2)
        return;
    add(places, (struct place){.fault = NO_ROOT, .server = server, .identity = identity});
    add(places, (struct place){.fault = NO_INTERMEDIATE, .server = server, .identity = identity});
}

/* A list of the trust's holds somebody else's certificate, or not everybody's. */
static void add_of_trust(const struct facts *facts, const struct trust *trust,
                         struct places *places)
{
    const struct deployment *d = &facts->deployment;
    const char *server = trust->reader->server->name;
    const struct store_file *list = scan_find(&facts->scan, trust->file);
    bool stale = false;
    if (trust->given || !text_ends(trust->file, "-trust.crt") || !list)
        return;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *other = scan_cert(&facts->scan, d->identities[i].certificate_file);
        bool meant = false, lists = false;
        for (size_t j = 0; j < trust->need->target_count; j++)
            meant |= trust->need->targets[j].identity == &d->identities[i];
        for (size_t j = 0; other && j < list->pki.count; j++)
            lists |= list->pki.objects[j].kind == OBJECT_CERT &&
                     cert_same(list->pki.objects[j].cert, other);
        if (other && !meant && !stale) {
            add(places,
                (struct place){STALE, server, &d->identities[i], .other = other, .trust = trust});
            stale = true;
        }
        if (other && meant && lists && pki_cert_count(&list->pki) > 1)
            add(places, (struct place){SHORT_LIST, server, &d->identities[i], .other = other,
                                       .trust = trust});
    }
}

/* "KIND certs a.key a.crt abundle.crt": where the leaf stands just before its bundle. */
static char *pair_of(const struct identity *identity)
{
    return xformat(" %s %s", identity->certificate_file, identity->bundle_file);
}

static void add_of_step(const struct facts *facts, const struct play_step *step,
                        struct places *places)
{
    const struct deployment *d = &facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        char *pair = pair_of(&d->identities[i]);
        if (text_ends(step->command, pair) && !text_starts(step->command, "pki "))
            add(places, (struct place){EXCHANGED, step->server, &d->identities[i], .step = step});
        free(pair);
    }
}

static void collect(const struct rehearsal *rehearsal, struct places *places)
{
    const struct facts *facts = rehearsal->facts;
    const struct play *play = &rehearsal->play;
    for (size_t s = 0; s < facts->deployment.server_count; s++)
        for (size_t i = 0; i < facts->deployment.identity_count; i++) {
            const char *server = facts->deployment.servers[s].name;
            const struct identity *identity = &facts->deployment.identities[i];
            if (is_uploaded(play, server, identity->key_file) &&
                is_uploaded(play, server, identity->certificate_file))
                add_of_identity(facts, server, identity, places);
            if (is_uploaded(play, server, identity->bundle_file))
                add_of_bundle(facts, server, identity, places);
        }
    for (size_t i = 0; i < facts->trusts.count; i++)
        if (is_uploaded(play, facts->trusts.items[i].reader->server->name,
                        facts->trusts.items[i].file))
            add_of_trust(facts, &facts->trusts.items[i], places);
    for (size_t i = 0; i < play->count; i++)
        add_of_step(facts, &play->steps[i], places);
}

/* The file without its last certificate, or without its first, or without that one. */
static void put_without(const struct facts *facts, const char *file, const struct place *place,
                        struct drill *out)
{
    const struct store_file *stored = scan_find(&facts->scan, file);
    struct str content = {0};
    for (size_t i = 0; i < stored->pki.count; i++) {
        const struct cert *cert = stored->pki.objects[i].cert;
        bool left_out = place->fault == NO_ROOT           ? i + 1 == stored->pki.count
                        : place->fault == NO_INTERMEDIATE ? i == 0
                                                          : cert && cert_same(cert, place->other);
        if (stored->pki.objects[i].kind == OBJECT_CERT && !left_out)
            cert_pem(cert, &content);
    }
    put(out, file, &content);
}

static bool make_key(const struct place *place, struct drill *out, struct error *err)
{
    struct key *key = NULL;
    struct secret text = {0};
    struct str content = {0};
    bool good = key_generate("ec", 256, &key, err) && key_pem(key, &text, err);
    if (good) {
        str_add_bytes(&content, (const char *)text.data, text.length);
        put(out, place->identity->key_file, &content);
    }
    if (key)
        key_free(key);
    secret_free(&text);
    return good;
}

static void drop(struct strings *list, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* What its certificate says, but for what is to lack. */
static void names_of(const struct place *place, struct names *names)
{
    names_copy(names, &place->identity->names);
    if (place->fault == NO_NAME) {
        drop(&names->sans, place->name);
        if (names->attributes[ATTR_CN] && strcmp(names->attributes[ATTR_CN], place->name) == 0) {
            free(names->attributes[ATTR_CN]);
            names->attributes[ATTR_CN] = xstrdup("old.invalid");
        }
        if (!names->sans.count)
            strings_add(&names->sans, "old.invalid");
    }
    if (place->fault == NO_USAGE) {
        bool server = strings_has(&place->require->eku, "serverAuth");
        strings_free(&names->eku);
        names->eku = (struct strings){0};
        strings_add(&names->eku, server && place->require->eku.count == 1 ? "clientAuth"
                                 : server                                 ? "emailProtection"
                                                                          : "serverAuth");
    }
}

static bool parse_key(const struct facts *facts, const char *file, struct pki_file *out,
                      struct error *err)
{
    char *path = path_join(facts->store_path, file);
    struct buffer data = {0};
    bool good = file_read(path, &data, err);
    if (good)
        pki_parse(data.data, data.length, NULL, out);
    buffer_free(&data);
    free(path);
    return good;
}

/* Signed by its own CA, with its own key, and wrong in that alone. */
static bool make_leaf(const struct facts *facts, const struct place *place, struct drill *out,
                      struct error *err)
{
    struct ca ca;
    if (!find_ca(facts, place->identity, &ca))
        return error_set(err, STATUS_NO, place->identity->certificate_file, "certwright check",
                         "the key of its CA is not in the store any more");
    struct cert issuer = *ca.cert;
    struct pki_file ca_key = {0}, key = {0}, request = {0};
    struct names names = {0};
    struct str csr = {0}, leaf = {0}, chain = {0};
    bool cut, ended = place->fault == ENDED;
    if (ended)
        issuer.not_before = 0; /* it may be younger than what ended long ago */
    names_of(place, &names);
    bool good = parse_key(facts, ca.key_file, &ca_key, err) &&
                parse_key(facts, place->identity->key_file, &key, err) &&
                csr_make(pki_first_key(&key), &names, &csr, err);
    if (good)
        pki_parse((const unsigned char *)str_text(&csr), csr.length, NULL, &request);
    good = good &&
           cert_issue(pki_first_csr(&request), &issuer, pki_first_key(&ca_key), ended ? 300 : 365,
                      facts->at - (ended ? 400L * 86400 : 0), &leaf, &cut, err);
    if (good) {
        const struct store_file *bundle = scan_find(&facts->scan, place->identity->bundle_file);
        str_add(&chain, str_text(&leaf));
        for (size_t i = 0; bundle && i < bundle->pki.count; i++)
            if (bundle->pki.objects[i].kind == OBJECT_CERT)
                cert_pem(bundle->pki.objects[i].cert, &chain);
        put(out, place->identity->certificate_file, &leaf);
        put(out, place->identity->fullchain_file, &chain);
    }
    str_free(&csr);
    str_free(&leaf);
    str_free(&chain);
    names_free(&names);
    pki_file_free(&ca_key);
    pki_file_free(&key);
    pki_file_free(&request);
    return good;
}

static void exchange(const struct place *place, struct drill *out)
{
    const char *command = place->step->command;
    char *pair = pair_of(place->identity);
    out->line = xstrdup(command);
    out->typed = xformat("%.*s %s %s", (int)(strlen(command) - strlen(pair)), command,
                         place->identity->bundle_file, place->identity->certificate_file);
    free(pair);
}

static bool make(const struct facts *facts, const struct place *place, struct drill *out,
                 struct error *err)
{
    struct str content = {0};
    *out = (struct drill){.server = xstrdup(place->server)};
    switch (place->fault) {
    case OTHER_CERTIFICATE:
        cert_pem(place->other, &content);
        put(out, place->identity->certificate_file, &content);
        return true;
    case STALE:
        cert_pem(place->other, &content);
        put(out, place->trust->file, &content);
        return true;
    case NO_ROOT:
    case NO_INTERMEDIATE:
        put_without(facts, place->identity->bundle_file, place, out);
        return true;
    case SHORT_LIST:
        put_without(facts, place->trust->file, place, out);
        return true;
    case OTHER_KEY:
        return make_key(place, out, err);
    case ENDED:
    case NO_NAME:
    case NO_USAGE:
        return make_leaf(facts, place, out, err);
    case EXCHANGED:
    case FAULTS:
        break;
    }
    exchange(place, out);
    return true;
}

/* "KEY-MATCH: web.key on core1 ...": the rule, and what is wrong. */
static char *answer(const struct place *place)
{
    const char *server = place->server, *leaf = place->identity->certificate_file;
    const char *list = place->trust ? place->trust->file : "";
    const char *reader = place->trust ? place->trust->reader->name : "";
    switch (place->fault) {
    case OTHER_CERTIFICATE:
        return xformat("KEY-MATCH: %s on %s holds the certificate of %s", leaf, server,
                       place->other->cn);
    case OTHER_KEY:
        return xformat("KEY-MATCH: %s on %s is the key of another certificate",
                       place->identity->key_file, server);
    case NO_ROOT:
        return xformat("BUNDLE-NO-ROOT: %s on %s stops below its root",
                       place->identity->bundle_file, server);
    case NO_INTERMEDIATE:
        return xformat("CHAIN-BROKEN: %s on %s lacks the CA that signed %s",
                       place->identity->bundle_file, server, leaf);
    case ENDED:
        return xformat("EXPIRED: %s on %s has ended", leaf, server);
    case NO_NAME:
        return xformat("%s: %s on %s lacks the name %s", place->require->id, leaf, server,
                       place->name);
    case NO_USAGE:
        return xformat("%s: %s on %s may not be used as it is: its extended key usage is another",
                       place->require->id, leaf, server);
    case STALE:
        return xformat("TRUST-STALE: %s on %s, by which %s trusts, holds the certificate of %s "
                       "alone",
                       list, server, reader, place->identity->name);
    case SHORT_LIST:
        return xformat("TRUST-BUNDLE-COMPLETE: %s on %s, by which %s trusts, lacks the certificate "
                       "of %s",
                       list, server, reader, place->identity->name);
    case EXCHANGED:
    case FAULTS:
        break;
    }
    return xformat("FILE-KIND: on %s the leaf %s and its bundle %s stand in each other's place",
                   server, leaf, place->identity->bundle_file);
}

/* First what is wrong, then where, so that the many places of one fault don't hide the others. */
static const struct place *choose(const struct places *places, size_t number)
{
    size_t kinds[FAULTS], kind_count = 0, of_kind = 0;
    for (size_t fault = 0; fault < FAULTS; fault++) {
        bool there = false;
        for (size_t i = 0; i < places->count; i++)
            there |= places->items[i].fault == fault;
        if (there)
            kinds[kind_count++] = fault;
    }
    size_t fault = kinds[number % kind_count];
    for (size_t i = 0; i < places->count; i++)
        of_kind += places->items[i].fault == fault;
    size_t at = number / kind_count % of_kind;
    for (size_t i = 0; i < places->count; i++)
        if (places->items[i].fault == fault && at-- == 0)
            return &places->items[i];
    return &places->items[0];
}

bool drill_choose(const struct rehearsal *rehearsal, struct drill *out, struct error *err)
{
    struct places places = {0};
    struct timespec now;
    collect(rehearsal, &places);
    if (!places.count)
        return error_set(err, STATUS_NO, rehearsal->folder, "certwright plan --all",
                         "the plan uploads nothing that a fault could be planted in");
    clock_gettime(CLOCK_REALTIME, &now);
    size_t number = rehearsal->options.by_date ? (size_t)(rehearsal->facts->at / 86400)
                                               : (size_t)now.tv_nsec / 1000 + (size_t)getpid();
    const struct place *place = choose(&places, number);
    char *words = answer(place), *id = xstrndup(words, strcspn(words, ":"));
    bool good = make(rehearsal->facts, place, out, err);
    out->answer = xformat("%s.\ncertwright explain %s tells why, and what mends it.", words, id);
    free(words);
    free(id);
    free(places.items);
    strings_free(&places.names);
    return good;
}
