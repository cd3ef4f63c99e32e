/* A certificate as people look at it: chain as a tree, what is needed beside what is there. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "flow/step.h"
#include "model/required.h"
#include "pki/chain.h"
#include "pki/text.h"

#include <stdlib.h>
#include <string.h>

struct pool {
    const struct cert **items;
    size_t count;
};

static void pool_add(struct pool *pool, const struct pki_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        if (file->objects[i].kind == OBJECT_CERT) {
            pool->items = grow(pool->items, pool->count, sizeof *pool->items);
            pool->items[pool->count++] = file->objects[i].cert;
        }
}

static void store_pool(const struct flow *flow, struct pool *pool)
{
    for (size_t i = 0; flow->loaded && i < flow->facts->scan.count; i++)
        pool_add(pool, &flow->facts->scan.files[i].pki);
}

static long days_left(const struct flow *flow, const struct cert *cert)
{
    time_t now = flow->loaded ? flow->facts->at : time(NULL);
    return (long)((cert->not_after - now) / SECONDS_A_DAY);
}

static time_t moment(const struct flow *flow)
{
    return flow->loaded ? flow->facts->at : flow->at ? flow->at : time(NULL);
}

/* Root first, each certificate below its issuer. */
static void add_tree(const struct flow *flow, const struct chain *chain, struct strings *lines)
{
    if (!chain->complete && chain->count)
        page_line(lines, "MISS  %s  (its certificate is not here)",
                  chain->certs[chain->count - 1]->issuer);
    for (size_t i = 0; i < chain->count; i++) {
        const struct cert *cert = chain->certs[chain->count - 1 - i];
        size_t depth = chain->complete ? i : i + 1;
        char ends[16];
        clock_date(cert->not_after, ends);
        bool bad =
            (!chain->valid && chain->error && (size_t)chain->depth == chain->count - 1 - i) ||
            cert->not_after < moment(flow) || cert->not_before > moment(flow);
        const char *role = cert->self_signed       ? (chain->count == 1 ? "self-signed" : "root")
                           : i + 1 == chain->count ? "leaf"
                                                   : "CA";
        page_line(lines, "%-5s %*s%s%s  (%s, ends %s)", bad ? "FAIL" : "OK",
                  (int)(depth ? depth * 3 - 3 : 0), "", depth ? "`- " : "",
                  *cert->cn ? cert->cn : cert->subject, role, ends);
    }
    if (!chain->valid && *chain->reason)
        page_line(lines, "FAIL  %s", chain->reason);
}

/* What each service needs of the certificate, beside what it has. */
static void add_service_needs(const struct flow *flow, const struct identity_use *use,
                              const struct cert *leaf, struct strings *said, struct strings *lines)
{
    struct required_names names;
    required_names(&flow->facts->deployment, use->service, use->slot, &names);
    const char *title = use->service->component->title;
    for (size_t i = 0; i < names.count; i++) {
        const struct strings *any = &names.items[i].any;
        bool has = false;
        for (size_t j = 0; j < any->count; j++) {
            has = has || cert_has_name(leaf, any->items[j]);
            strings_add_new(said, any->items[j]);
        }
        char *words = strings_join(any, " or ");
        page_line(lines, "%-5s name %s, for %s", has ? "OK" : "MISS", words, title);
        free(words);
    }
    for (size_t i = 0; i < use->slot->eku.count; i++) {
        const char *usage = use->slot->eku.items[i];
        page_line(lines, "%-5s usage %s, for %s%s",
                  !leaf->has_eku || strings_has(&leaf->eku, usage) ? "OK" : "MISS", usage, title,
                  leaf->has_eku ? "" : " (no restriction in it)");
    }
    required_free(&names);
}

/* Then what the request asked for besides. */
static void add_needs(const struct flow *flow, const struct identity *identity,
                      const struct cert *leaf, struct strings *lines)
{
    struct names wanted = {0};
    struct strings sans = {0}, said = {0}, needs = {0};
    for (size_t i = 0; i < identity->use_count; i++)
        add_service_needs(flow, &identity->uses[i], leaf, &said, &needs);
    struct strings once = {0}; /* two slots of a service may need the same */
    for (size_t i = 0; i < needs.count; i++)
        strings_add_new(&once, needs.items[i]);
    strings_copy(lines, &once);
    strings_free(&once);
    strings_free(&needs);
    identity_request(identity, &wanted);
    names_full_san(&wanted, &sans);
    for (size_t i = 0; i < sans.count; i++) {
        const char *name = strchr(sans.items[i], ':') + 1;
        if (!strings_has_nocase(&said, name))
            page_line(lines, "%-5s name %s, asked for", cert_has_name(leaf, name) ? "OK" : "MISS",
                      name);
    }
    strings_free(&said);
    strings_free(&sans);
    names_free(&wanted);
}

static const struct cert *issuer_above(const struct chain *chain)
{
    return chain->count ? chain->certs[chain->count - 1] : NULL;
}

enum level look_summary(const struct flow *flow, const struct identity *identity, char **text)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    if (!files.leaf) {
        *text =
            xstrdup(lifecycle_is_awaited(flow->facts, identity) ? "with the CA: no certificate yet"
                                                                : "no certificate yet");
        return LEVEL_WARN;
    }
    struct pool pool = {0};
    struct chain chain;
    store_pool(flow, &pool);
    chain_build(files.leaf, pool.items, pool.count, flow->facts->at, &chain);
    free(pool.items);
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    bool matches = key && memcmp(key->id, files.leaf->key_id, KEY_ID_BYTES) == 0;
    char ends[16];
    clock_date(files.leaf->not_after, ends);
    const struct cert *top = issuer_above(&chain);
    *text = xformat("%s, %s%s, ends %s",
                    !key ? *identity->key_at ? "its key is on the appliance" : "its key is missing"
                    : matches ? "key matches"
                              : "KEY DOES NOT MATCH",
                    chain.complete && chain.count > 1 ? "root " : "",
                    !chain.complete    ? "an issuer is missing"
                    : chain.count == 1 ? "self-signed"
                                       : top->cn,
                    ends);
    if ((key && !matches) || (!key && !*identity->key_at) || !chain.complete || !chain.valid)
        return LEVEL_ERROR;
    return days_left(flow, files.leaf) < 60 ? LEVEL_WARN : LEVEL_OK;
}

void look_identity(const struct flow *flow, const struct identity *identity, struct strings *lines)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    if (!files.leaf)
        return;
    struct pool pool = {0};
    struct chain chain;
    store_pool(flow, &pool);
    chain_build(files.leaf, pool.items, pool.count, flow->facts->at, &chain);
    add_tree(flow, &chain, lines);
    page_line(lines, "%s", "");
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    if (key)
        page_line(lines, "%-5s key %s",
                  memcmp(key->id, files.leaf->key_id, KEY_ID_BYTES) == 0 ? "OK" : "FAIL",
                  identity->key_file);
    else
        page_line(lines, "MISS  key %s", identity->key_file);
    add_needs(flow, identity, files.leaf, lines);
    page_line(lines, "%s", "");
    free(pool.items);
}

static const struct identity *identity_of_file(const struct flow *flow, const char *file)
{
    for (size_t i = 0; flow->loaded && i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        if (strcmp(identity->certificate_file, file) == 0 ||
            strcmp(identity->fullchain_file, file) == 0)
            return identity;
    }
    return NULL;
}

static void add_text(const struct pki_file *file, struct strings *lines)
{
    struct str text = {0};
    text_inspect(file, &text);
    page_lines(lines, str_text(&text));
    str_free(&text);
}

/* A chain for a file that is nobody's: of its first certificate. */
static void add_stranger(const struct flow *flow, const struct pki_file *file,
                         struct strings *lines)
{
    const struct cert *leaf = pki_first_cert(file);
    if (!leaf)
        return;
    struct pool pool = {0};
    struct chain chain;
    pool_add(&pool, file);
    store_pool(flow, &pool);
    chain_build(leaf, pool.items, pool.count, moment(flow), &chain);
    add_tree(flow, &chain, lines);
    page_line(lines, "%s", "");
    free(pool.items);
}

void look_file(const struct flow *flow, const char *file, struct page *page)
{
    page->title = xformat("Inspect %s", file);
    const struct store_file *known =
        flow->loaded && !strchr(file, '/') ? scan_find(&flow->facts->scan, file) : NULL;
    const struct identity *identity = known ? identity_of_file(flow, file) : NULL;
    if (known && !known->problem) {
        if (identity)
            look_identity(flow, identity, &page->text);
        else
            add_stranger(flow, &known->pki, &page->text);
        add_text(&known->pki, &page->text);
        return;
    }
    struct buffer buffer = {0};
    struct error err = {0};
    char *path = flow->loaded && !strchr(file, '/') ? path_join(flow->facts->store_path, file)
                                                    : xstrdup(file);
    if (!file_read(path, &buffer, &err) && !file_read(file, &buffer, &err)) {
        page_line(&page->text, "%s: %s", err.place, err.message);
        page_line(&page->text, "%s", err.remedy);
    } else {
        struct pki_file parsed = {0};
        pki_parse(buffer.data, buffer.length, NULL, &parsed);
        add_stranger(flow, &parsed, &page->text);
        add_text(&parsed, &page->text);
        pki_file_free(&parsed);
    }
    buffer_free(&buffer);
    free(path);
}
