/* A certificate as people look at it: chain as a tree, what is needed beside what is there. */
#include "flow/look.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/required.h"
#include "pki/text.h"
#include "store/pool.h"

#include <stdlib.h>
#include <string.h>

/* What lies in the store, and what a file has that lies elsewhere. */
static void store_pool(struct flow *flow, struct pool *pool)
{
    const struct pool *all = flow->loaded ? flow_pool(flow) : NULL;
    for (size_t i = 0; all && i < all->count; i++) {
        pool->certs = grow(pool->certs, pool->count, sizeof *pool->certs);
        pool->certs[pool->count++] = all->certs[i];
    }
}

static long days_left(struct flow *flow, const struct cert *cert)
{
    time_t now = flow->loaded ? flow->facts->at : time(NULL);
    return (long)((cert->not_after - now) / SECONDS_A_DAY);
}

static time_t moment(struct flow *flow)
{
    return flow->loaded ? flow->facts->at : flow->at ? flow->at : time(NULL);
}

/* Root first, each certificate below its issuer. */
static void add_tree(struct flow *flow, const struct chain *chain, struct strings *lines)
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
static void add_service_needs(struct flow *flow, const struct identity_use *use,
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
static void add_needs(struct flow *flow, const struct identity *identity, const struct cert *leaf,
                      struct strings *lines)
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

/* The path that its own files make, where it holds: that is what is presented. Else by the CAs of
 * the store, else by whatever is there. Rules and status ask for the first two as well, so that
 * they are found once. */
static void path_above(struct flow *flow, const struct identity_files *files, struct chain *out)
{
    const struct scan *scan = &flow->facts->scan;
    const struct store_file *above = files->bundle ? files->bundle : files->fullchain;
    struct pool own = {0};
    *out = (struct chain){0};
    if (above) {
        pool_add_above(&own, &above->pki, files->leaf);
        paths_build(scan->paths, files->leaf, own.certs, own.count, flow->facts->at, out);
    }
    pool_free(&own);
    for (int i = 0; i < 2 && !(out->complete && out->valid); i++) {
        const struct pool *wider = i ? flow_pool(flow) : flow_authorities(flow);
        paths_build(scan->paths, files->leaf, wider->certs, wider->count, flow->facts->at, out);
    }
}

enum level look_summary(struct flow *flow, const struct identity *identity, char **text)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    char *life = life_words(flow, identity);
    if (!files.leaf) {
        *text = life;
        return LEVEL_WARN;
    }
    struct chain chain;
    path_above(flow, &files, &chain);
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    bool matches = key && memcmp(key->id, files.leaf->key_id, KEY_ID_BYTES) == 0;
    char ends[16];
    clock_date(files.leaf->not_after, ends);
    const struct cert *top = issuer_above(&chain);
    bool needs_key = !*identity->key_at && !files.leaf->is_ca; /* a CA's may lie anywhere */
    *text = xformat("%s, %s%s, ends %s%s%s",
                    !key      ? *identity->key_at ? "its key is on the appliance"
                                : needs_key       ? "its key is missing"
                                                  : "its key is elsewhere"
                    : matches ? "key matches"
                              : "KEY DOES NOT MATCH",
                    chain.complete && chain.count > 1 ? "root " : "",
                    !chain.complete    ? "an issuer is missing"
                    : chain.count == 1 ? "self-signed"
                                       : top->cn,
                    ends, *life ? "; " : "", life);
    free(life);
    if ((key && !matches) || (!key && needs_key) || !chain.complete || !chain.valid)
        return LEVEL_ERROR;
    switch (rules_term(files.leaf, flow->facts->at)) {
    case TERM_LONG:
        break;
    case TERM_NEAR:
        return LEVEL_NOTE;
    case TERM_DUE:
        return LEVEL_WARN;
    case TERM_ENDED:
        return LEVEL_ERROR;
    }
    return LEVEL_OK;
}

/* Its key, who has to accept it, then what is needed beside what is there. */
static void add_checks(struct flow *flow, const struct identity *identity, const struct cert *leaf,
                       struct strings *lines)
{
    struct identity_files files;
    facts_files(flow->facts, identity, &files);
    const struct key *key = files.key ? pki_first_key(&files.key->pki) : NULL;
    if (key)
        page_line(lines, "%-5s key %s",
                  memcmp(key->id, leaf->key_id, KEY_ID_BYTES) == 0 ? "OK" : "FAIL",
                  identity->key_file);
    else if (*identity->key_at)
        page_line(lines, "OK    key %s, on %s", identity_key(identity), identity->key_at);
    else
        page_line(lines, "MISS  key %s", identity->key_file);
    look_accepted(flow, identity, leaf, lines);
    add_needs(flow, identity, leaf, lines);
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

/* A certificate in the lines that most people look for. */
static void add_facts(struct flow *flow, const struct cert *cert, struct strings *lines)
{
    char begins[16], ends[16];
    long left = days_left(flow, cert);
    clock_date(cert->not_before, begins);
    clock_date(cert->not_after, ends);
    page_line(lines, "Subject  %s", cert->subject);
    if (cert->sans.count) {
        char *names = strings_join(&cert->sans, " ");
        page_line(lines, "Names    %s", names);
        free(names);
    } else {
        page_line(lines, "Names    none (no subjectAltName)");
    }
    if (cert->not_before > moment(flow))
        page_line(lines, "Valid    %s to %s UTC: not yet", begins, ends);
    else if (cert->not_after < moment(flow))
        page_line(lines, "Valid    %s to %s UTC: ended", begins, ends);
    else
        page_line(lines,
                  left == 1 ? "Valid    %s to %s UTC, %ld day left"
                            : "Valid    %s to %s UTC, %ld days left",
                  begins, ends, left);
}

/* What fewer people look for, below the rest. */
static void add_more_facts(const struct cert *cert, struct strings *lines)
{
    char *usages = strings_join(&cert->eku, ", ");
    page_line(lines, "Issuer   %s", cert->issuer);
    page_line(lines, "Usage    %s",
              cert->is_ca     ? "signs others (a CA)"
              : cert->has_eku ? usages
                              : "any (no extendedKeyUsage)");
    free(usages);
    page_line(lines, "Key      %s %d, signed with %s", cert->key_algorithm, cert->key_bits,
              cert->signature_algorithm);
    char print[FINGERPRINT_SIZE];
    cert_fingerprint(cert, print);
    int half = (int)strlen(print) / 2; /* a row each, the colon between left out */
    page_line(lines, "SHA-256  %.*s", half, print);
    page_line(lines, "         %s", print + half + 1);
}

static void add_request_facts(const struct csr *csr, struct strings *lines)
{
    char *names = strings_join(&csr->sans, " ");
    page_line(lines, "Subject  %s", csr->subject);
    page_line(lines, "Names    %s", *names ? names : "none (no subjectAltName)");
    page_line(lines, "Key      %s %d", csr->key_algorithm, csr->key_bits);
    page_line(lines, "Signed   %s",
              csr->signature_valid ? "by its own key, as it must be"
                                   : "NOT by its own key: it was changed");
    free(names);
}

/* Whose key it is: identities of the deployment with the same public key in a certificate. */
static void add_key_facts(struct flow *flow, const struct key *key, struct strings *lines)
{
    if (key->encrypted) {
        page_line(lines, "Private key, locked by a password.");
        return;
    }
    page_line(lines, "%s key, %s %d", key->is_private ? "Private" : "Public", key->algorithm,
              key->bits);
    for (size_t i = 0; flow->loaded && i < flow->facts->scan.count; i++) {
        const struct cert *cert = pki_first_cert(&flow->facts->scan.files[i].pki);
        if (cert && memcmp(cert->key_id, key->id, KEY_ID_BYTES) == 0)
            page_line(lines, "Belongs to %s (%s).", flow->facts->scan.files[i].name,
                      *cert->cn ? cert->cn : cert->subject);
    }
}

static void add_used_by(const struct identity *identity, struct strings *lines)
{
    struct str text = {0};
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct service *service = identity->uses[i].service;
        bool again = i > 0 && identity->uses[i - 1].service == service;
        bool last = i + 1 == identity->use_count || identity->uses[i + 1].service != service;
        if (!again)
            str_addf(&text, "%s%s on %s", i ? ", " : "", service->component->title,
                     service->server->name);
        if (service->component->slot_count > 1)
            str_addf(&text, "%s%s%s", again ? ", " : " (", identity->uses[i].slot->name,
                     last ? ")" : "");
    }
    if (identity->signs)
        str_addf(&text, "%ssigns others of this deployment", text.length ? ", and " : "");
    page_line(lines, "Used by  %s", text.length ? str_text(&text) : "no service");
    str_free(&text);
}

static void add_object(struct flow *flow, const struct object *object, struct strings *lines)
{
    if (object->kind == OBJECT_CERT)
        add_facts(flow, object->cert, lines);
    else if (object->kind == OBJECT_CSR)
        add_request_facts(object->csr, lines);
    else
        add_key_facts(flow, object->key, lines);
}

/* The first certificate of a file: what ends when and whom it is for, its chain as a tree, then
 * what is needed beside what is there. */
static void add_first(struct flow *flow, const char *name, const struct pki_file *file,
                      const struct identity *identity, struct page *page)
{
    struct strings *lines = &page->text;
    const struct cert *cert = pki_first_cert(file);
    struct pool pool = {0};
    struct chain chain = {0};
    if (cert) {
        store_pool(flow, &pool);
        if (!identity)
            pool_add_file(&pool, file);
        chain_build(cert, pool.certs, pool.count, moment(flow), &chain);
        look_first_end(&chain, lines);
    }
    if (cert && flow->loaded) {
        if (identity) {
            look_stands(flow, identity, lines);
            look_copies(flow, cert, lines);
            add_used_by(identity, lines);
        } else {
            look_whose(flow, cert, lines);
        }
        if (cert->is_ca || cert->self_signed)
            look_signs(flow, cert, lines);
    }
    if (flow->loaded && *name)
        look_readers(flow, name, lines);
    page_line(lines, "%s", "");
    if (cert) {
        add_tree(flow, &chain, lines);
        page_line(lines, "%s", "");
    }
    if (cert && identity) {
        add_checks(flow, identity, cert, lines);
        page_line(lines, "%s", "");
        look_due(flow, identity, cert, &page->why);
    }
    pool_free(&pool);
}

/* The first object whole; what else there is, below. name: of a file of the store, else "". */
static void add_file(struct flow *flow, const char *name, const struct pki_file *file,
                     const struct identity *identity, struct page *page)
{
    for (size_t i = 0; i < file->count; i++) {
        if (file->count > 1)
            page_line(&page->text, "%zu of %u", i + 1, file->count);
        add_object(flow, &file->objects[i], &page->text);
        const struct cert *cert =
            file->objects[i].kind == OBJECT_CERT ? file->objects[i].cert : NULL;
        if (i == 0)
            add_first(flow, name, file, identity, page);
        else if (cert && flow->loaded && !identity)
            look_whose(flow, cert, &page->text);
        if (cert)
            add_more_facts(cert, &page->text);
        if (i + 1 < file->count)
            page_line(&page->text, "%s", "");
    }
    if (file->problem)
        page_lines(&page->text, file->problem);
    pki_text_notes(file, &page->text);
    struct str text = {0};
    text_inspect(file, &text);
    page_lines(&page->live, str_text(&text));
    str_free(&text);
}

void look_file(struct flow *flow, const char *file, struct page *page)
{
    page->title = xformat("Inspect %s", file);
    bool stored = flow->loaded && !strchr(file, '/');
    struct buffer buffer = {0};
    struct error err = {0};
    char *path = stored ? path_join(flow->facts->store_path, file) : xstrdup(file);
    if (!file_read(path, &buffer, &err) && !file_read(file, &buffer, &err)) {
        page_line(&page->text, "%s: %s", err.place, err.message);
        page_line(&page->text, "%s", err.remedy);
    } else {
        struct pki_file parsed = {0};
        bool known = stored && scan_find(&flow->facts->scan, file);
        pki_parse(buffer.data, buffer.length, NULL, &parsed);
        add_file(flow, known ? file : "", &parsed, known ? identity_of_file(flow, file) : NULL,
                 page);
        pki_file_free(&parsed);
    }
    buffer_free(&buffer);
    free(path);
}

/* Whose certificate is shown; NULL: it is another thing. */
static const struct identity *renewed_by(const struct flow *flow)
{
    const char *file = flow_page_part(flow);
    const struct identity *identity =
        flow->loaded && !strchr(file, '/') ? identity_of_file(flow, file) : NULL;
    bool leaf = identity && (strcmp(identity->certificate_file, file) == 0 ||
                             strcmp(identity->fullchain_file, file) == 0);
    return leaf && scan_cert(&flow->facts->scan, file) ? identity : NULL;
}

/* look:FILE is what it is in short, text:FILE the whole text as `pki inspect` prints it. */
static void build(struct flow *flow, struct page *page)
{
    page->kind = PAGE_TEXT;
    look_file(flow, flow_page_part(flow), page);
    page->next = xstrdup("Back");
    bool whole = text_starts(flow->at_page, "text:");
    if (whole) {
        strings_free(&page->text);
        page->text = page->live;
        page->live = (struct strings){0};
    } else {
        strings_free(&page->live);
        page_add_action(page, "text", 6, 0, "Text");
        if (renewed_by(flow))
            page_add_action(page, "renew", 7, 0, "Renew");
    }
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    (void)page;
    (void)err;
    if (event->kind == EVENT_ACTION && strcmp(event->id, "text") == 0) {
        char *id = xformat("text:%s", flow_page_part(flow));
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    const struct identity *identity = renewed_by(flow);
    if (event->kind == EVENT_ACTION && identity && strcmp(event->id, "renew") == 0) {
        char *id = xformat("renew:%s", identity->name);
        struct way way = way_to(id, NULL);
        free(id);
        return way;
    }
    return way_go(event->kind == EVENT_NEXT ? GO_BACK : GO_STAY);
}

const struct step_ops step_look = {"look", build, take}, step_text = {"text", build, take};
