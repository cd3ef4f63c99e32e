/* When what ends, found out once: the table, the calendar and the metrics all tell the same. */
#include "ops/ends.h"

#include "base/clock.h"
#include "base/mem.h"
#include "pki/chain.h"
#include "store/pool.h"

#include <stdlib.h>
#include <string.h>

/* Certificates that have a row already, by their digest. */
struct known {
    size_t *slots; /* index + 1 of its row; 0: free */
    size_t capacity;
};
struct run {
    const struct facts *facts;
    struct ends *ends;
    struct known known;
    struct pool authorities;
    size_t *row_of; /* by identity: index + 1 of its row; 0: it has none */
};

const char *ends_word(enum term_state term)
{
    static const char *const words[] = {"OK", "NOTE", "WARN", "ENDED"};
    return words[term];
}

const char *ends_kind_word(enum end_kind kind)
{
    static const char *const words[] = {"leaf", "ca", "copy"};
    return words[kind];
}

static const char *cert_title(const struct cert *cert)
{
    return *cert->cn ? cert->cn : cert->subject;
}

/* Whole days, so that the last hours are no day and the first after the end are one. */
static long days_left(const struct cert *cert, time_t at)
{
    time_t left = cert->not_after - at;
    return left >= 0 ? (long)(left / SECONDS_A_DAY)
                     : -(long)((-left + SECONDS_A_DAY - 1) / SECONDS_A_DAY);
}

static size_t *slot_of(struct known *known, const struct ends *ends, const unsigned char *id)
{
    size_t at;
    memcpy(&at, id, sizeof at);
    for (at %= known->capacity; known->slots[at]; at = (at + 1) % known->capacity)
        if (memcmp(ends->items[known->slots[at] - 1].cert->id, id, KEY_ID_BYTES) == 0)
            break;
    return &known->slots[at];
}

static struct ending *add(struct run *run, enum end_kind kind, const char *name,
                          const struct cert *cert, const char *file)
{
    struct ends *ends = run->ends;
    ends->items = grow(ends->items, ends->count, sizeof *ends->items);
    struct ending *ending = &ends->items[ends->count++];
    *ending = (struct ending){.kind = kind,
                              .name = xstrdup(name),
                              .cert = cert,
                              .file = file,
                              .first = cert,
                              .term = rules_term(cert, run->facts->at),
                              .days = days_left(cert, run->facts->at)};
    size_t *slot = slot_of(&run->known, ends, cert->id);
    if (!*slot)
        *slot = ends->count;
    return ending;
}

/* The file of the store that holds it. */
static const char *file_of(const struct facts *facts, const struct cert *cert)
{
    for (size_t i = 0; i < facts->scan.count; i++) {
        const struct pki_file *file = &facts->scan.files[i].pki;
        for (size_t j = 0; j < file->count; j++)
            if (file->objects[j].kind == OBJECT_CERT && cert_same(file->objects[j].cert, cert))
                return facts->scan.files[i].name;
    }
    return "";
}

static void add_authorities(struct run *run, const struct chain *chain)
{
    for (size_t i = 1; i < chain->count; i++) {
        const struct cert *cert = chain->certs[i];
        size_t *slot = slot_of(&run->known, run->ends, cert->id);
        if (!*slot)
            add(run, END_CA, cert_title(cert), cert, file_of(run->facts, cert));
        slot = slot_of(&run->known, run->ends, cert->id);
        run->ends->items[*slot - 1].signs++;
    }
}

static void add_uses(const struct facts *facts, const struct identity *identity,
                     struct ending *ending)
{
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct identity_use *use = &identity->uses[i];
        if (!slot_used(&facts->deployment, use->service, use->slot))
            continue;
        strings_add_new(&ending->servers, use->service->server->name);
        char *service = xformat("%s %s", use->service->server->name, use->service->component->kind);
        strings_add_new(&ending->services, service);
        free(service);
    }
}

static void add_leaf(struct run *run, const struct identity *identity)
{
    struct identity_files files;
    facts_files(run->facts, identity, &files);
    if (!files.leaf)
        return;
    struct ending *ending =
        add(run, END_LEAF, identity->name, files.leaf,
            files.certificate ? files.certificate->name : identity->certificate_file);
    ending->identity = identity;
    add_uses(run->facts, identity, ending);
    run->row_of[identity - run->facts->deployment.identities] = run->ends->count;
}

/* The path that its own files make is the one that is presented; what lacks there (a root seldom
 * is in it) is looked for in the whole store. */
static void path_of(struct run *run, const struct identity *identity, const struct cert *leaf,
                    struct chain *out)
{
    struct identity_files files;
    struct pool own = {0};
    facts_files(run->facts, identity, &files);
    const struct store_file *above = files.bundle ? files.bundle : files.fullchain;
    if (above) {
        pool_add_above(&own, &above->pki, leaf);
        paths_build(run->facts->scan.paths, leaf, own.certs, own.count, run->facts->at, out);
    }
    pool_free(&own);
    if (!above || !out->complete) {
        struct chain wider = {0};
        paths_build(run->facts->scan.paths, leaf, run->authorities.certs, run->authorities.count,
                    run->facts->at, &wider);
        if (wider.count > out->count)
            *out = wider;
    }
}

/* After all leaves: a CA that is an identity of its own has its row then. */
static void add_chain(struct run *run, const struct identity *identity)
{
    size_t row = run->row_of[identity - run->facts->deployment.identities];
    struct chain chain = {0};
    if (!row)
        return;
    struct ending *ending = &run->ends->items[row - 1];
    path_of(run, identity, ending->cert, &chain);
    for (size_t i = 1; i < chain.count; i++)
        if (chain.certs[i]->not_after < ending->first->not_after)
            ending->first = chain.certs[i];
    add_authorities(run, &chain);
}

/* A trust's file may hold what no identity and no CA above one is. */
static void add_copies(struct run *run, const struct trust *trust)
{
    const struct store_file *file = scan_find(&run->facts->scan, trust->file);
    for (size_t i = 0; file && i < file->pki.count; i++) {
        const struct cert *cert = file->pki.objects[i].cert;
        if (file->pki.objects[i].kind != OBJECT_CERT)
            continue;
        size_t row = *slot_of(&run->known, run->ends, cert->id);
        if (!row) {
            add(run, END_COPY, cert_title(cert), cert, file->name);
            row = run->ends->count;
        }
        struct ending *ending = &run->ends->items[row - 1];
        if (ending->kind != END_COPY)
            continue;
        char *who = xformat("%s %s", trust->reader->server->name, trust->reader->component->kind);
        strings_add_new(&ending->servers, trust->reader->server->name);
        strings_add_new(&ending->services, who);
        free(who);
    }
}

static void add_awaited(struct run *run, const struct identity *identity)
{
    struct lifecycle life;
    struct identity_files files;
    if (!lifecycle_is_awaited(run->facts, identity))
        return;
    lifecycle_of(run->facts, identity, &life);
    facts_files(run->facts, identity, &files);
    struct ends *ends = run->ends;
    ends->awaited = grow(ends->awaited, ends->awaited_count, sizeof *ends->awaited);
    struct awaited *awaited = &ends->awaited[ends->awaited_count++];
    *awaited = (struct awaited){.identity = identity,
                                .file = files.csr ? files.csr->name : "",
                                .days = life.days_sent,
                                .renews = life.life == LIFE_RENEWING};
    memcpy(awaited->sent, life.sent, sizeof awaited->sent);
    lifecycle_free(&life);
}

static int compare(const void *left, const void *right)
{
    const struct ending *a = left, *b = right;
    if (a->cert->not_after != b->cert->not_after)
        return a->cert->not_after < b->cert->not_after ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->file, b->file);
}

/* Of each server, what ends first of all that it presents, CAs included. Rows are sorted, so of two
 * the first stays. */
static void add_servers(struct run *run)
{
    const struct deployment *deployment = &run->facts->deployment;
    struct ends *ends = run->ends;
    ends->server_count = deployment->server_count;
    ends->servers = xcalloc(ends->server_count + 1, sizeof *ends->servers);
    for (size_t i = 0; i < ends->server_count; i++)
        ends->servers[i].server = &deployment->servers[i];
    for (size_t i = 0; i < ends->count; i++) {
        const struct ending *ending = &ends->items[i];
        for (size_t j = 0; ending->identity && j < ending->identity->use_count; j++) {
            const struct identity_use *use = &ending->identity->uses[j];
            struct server_end *end = &ends->servers[use->service->server - deployment->servers];
            if (slot_used(deployment, use->service, use->slot) &&
                (!end->first || ending->first->not_after < end->first->not_after)) {
                end->ending = ending;
                end->first = ending->first;
            }
        }
    }
}

static size_t certificates(const struct scan *scan)
{
    size_t count = 0;
    for (size_t i = 0; i < scan->count; i++)
        count += pki_cert_count(&scan->files[i].pki);
    return count;
}

void ends_make(const struct facts *facts, struct ends *out)
{
    const struct deployment *deployment = &facts->deployment;
    *out = (struct ends){.facts = facts};
    struct run run = {.facts = facts, .ends = out};
    run.known.capacity = 2 * certificates(&facts->scan) + 1;
    run.known.slots = xcalloc(run.known.capacity, sizeof *run.known.slots);
    run.row_of = xcalloc(deployment->identity_count + 1, sizeof *run.row_of);
    pool_add_authorities(&run.authorities, &facts->scan);
    for (size_t i = 0; i < deployment->identity_count; i++)
        add_leaf(&run, &deployment->identities[i]);
    for (size_t i = 0; i < deployment->identity_count; i++)
        add_chain(&run, &deployment->identities[i]);
    for (size_t i = 0; i < facts->trusts.count; i++)
        add_copies(&run, &facts->trusts.items[i]);
    for (size_t i = 0; i < deployment->identity_count; i++)
        add_awaited(&run, &deployment->identities[i]);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare);
    add_servers(&run);
    pool_free(&run.authorities);
    free(run.known.slots);
    free(run.row_of);
}

void ends_free(struct ends *ends)
{
    for (size_t i = 0; i < ends->count; i++) {
        struct ending *ending = &ends->items[i];
        free(ending->name);
        strings_free(&ending->servers);
        strings_free(&ending->services);
    }
    free(ends->items);
    free(ends->awaited);
    free(ends->servers);
    *ends = (struct ends){0};
}

/* One a need, which many services share. */
static bool *needs_of(const struct trusts *trusts, const struct identity *identity)
{
    bool *names = xcalloc(trusts->need_count + 1, sizeof *names);
    for (size_t i = 0; i < trusts->need_count; i++)
        for (size_t k = 0; !names[i] && k < trusts->needs[i].target_count; k++)
            names[i] = trusts->needs[i].targets[k].identity == identity;
    return names;
}

void ends_trusting(const struct ends *ends, const struct ending *ending, struct strings *out)
{
    const struct trusts *trusts = &ends->facts->trusts;
    if (!ending->identity)
        return;
    bool *names = needs_of(trusts, ending->identity);
    for (size_t i = 0; i < trusts->count; i++) {
        const struct service *reader = trusts->items[i].reader;
        if (names[trusts->items[i].need - trusts->needs])
            strings_add_take(out, xformat("%s %s", reader->server->name, reader->component->kind));
    }
    strings_unique(out);
    free(names);
}

bool ends_alarm(const struct ends *ends)
{
    for (size_t i = 0; i < ends->count; i++)
        if (ends->items[i].term >= TERM_DUE)
            return true;
    return false;
}
