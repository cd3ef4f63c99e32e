/* Whom a certificate is for, who accepts it, and what ends before it or with it. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/look.h"
#include "ops/renew.h"

#include <stdlib.h>
#include <string.h>

static const char *title_of(const struct cert *cert)
{
    return *cert->cn ? cert->cn : cert->subject;
}

void look_stands(const struct flow *flow, const struct identity *identity, struct strings *lines)
{
    struct open_renewals list;
    char *life = life_words(flow, identity);
    if (*life)
        page_line(lines, "Stands   %s", life);
    free(life);
    open_renewals(flow->facts, &list);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].identity == identity && !list.items[i].waits)
            page_line(lines,
                      "Renewed  %s, %s; once it is on every server: certwright renew --done %s",
                      list.items[i].since, renew_words(list.items[i].new_key), identity->name);
    open_renewals_free(&list);
}

void look_first_end(const struct chain *chain, struct strings *lines)
{
    const struct cert *first = chain->count ? chain->certs[0] : NULL;
    for (size_t i = 1; i < chain->count; i++)
        if (chain->certs[i]->not_after < first->not_after)
            first = chain->certs[i];
    if (!first || first == chain->certs[0])
        return;
    char date[16];
    clock_date(first->not_after, date);
    page_line(lines, "First    its CA \"%s\" ends before it, %s: it is of no use beyond that",
              title_of(first), date);
}

static bool holds(const struct store_file *file, const struct cert *cert)
{
    for (size_t i = 0; file && i < file->pki.count; i++)
        if (file->pki.objects[i].kind == OBJECT_CERT && cert_same(file->pki.objects[i].cert, cert))
            return true;
    return false;
}

/* A trust of one certificate is that certificate's own file: no copy. */
static bool is_own(const struct deployment *deployment, const char *file)
{
    for (size_t i = 0; i < deployment->identity_count; i++)
        if (strcmp(deployment->identities[i].certificate_file, file) == 0)
            return true;
    return false;
}

/* It was in use before: it has the key or the subject of the one that is. */
static bool is_former(const struct cert *leaf, const struct cert *cert)
{
    return !cert->is_ca && !cert_same(leaf, cert) &&
           (memcmp(leaf->key_id, cert->key_id, KEY_ID_BYTES) == 0 ||
            strcmp(leaf->subject, cert->subject) == 0);
}

void look_copies(const struct flow *flow, const struct cert *leaf, struct strings *lines)
{
    const struct facts *facts = flow->facts;
    struct strings names = {0};
    const char *last = "";
    for (size_t i = 0; i < facts->trusts.count; i++) {
        const char *file = facts->trusts.by_file[i]->file;
        if (strcmp(file, last) != 0 && holds(scan_find(&facts->scan, file), leaf) &&
            !is_own(&facts->deployment, file))
            strings_add(&names, file);
        last = file;
    }
    char *all = strings_join(&names, ", ");
    if (names.count == 1)
        page_line(lines, "Copies   %s holds it, and changes when it does", all);
    else if (names.count)
        page_line(lines, "Copies   %zu files hold it, and change when it does: %s", names.count,
                  all);
    free(all);
    strings_free(&names);
}

/* Its key is the identity's, or that of its request. */
static bool fits_key(const struct identity_files *files, const struct cert *cert)
{
    const struct key *key = files->key ? pki_first_key(&files->key->pki) : NULL;
    const struct csr *csr = files->csr ? pki_first_csr(&files->csr->pki) : NULL;
    return (key && !key->encrypted && memcmp(key->id, cert->key_id, KEY_ID_BYTES) == 0) ||
           (csr && memcmp(csr->key_id, cert->key_id, KEY_ID_BYTES) == 0);
}

void look_whose(const struct flow *flow, const struct cert *cert, struct strings *lines)
{
    const struct identity *former = NULL, *fits = NULL;
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        struct identity_files files;
        facts_files(flow->facts, identity, &files);
        if (files.leaf && cert_same(files.leaf, cert)) {
            page_line(lines, "Is       %s, the certificate of %s", identity->certificate_file,
                      identity->name);
            return;
        }
        bool is_older = files.leaf && cert->not_before < files.leaf->not_before;
        if (files.leaf && !former && is_older && is_former(files.leaf, cert))
            former = identity;
        else if (!fits && !is_older && fits_key(&files, cert))
            fits = identity;
    }
    if (fits)
        page_line(lines, "Fits     the key of %s: import takes it", fits->name);
    else if (former)
        page_line(lines, "Was      the certificate of %s: %s is another one now", former->name,
                  former->certificate_file);
}

static bool is_signed_by(const struct cert *cert, const struct cert *ca)
{
    return cert->issuer_hash == ca->subject_hash && !cert_same(cert, ca) &&
           cert_issued_by(cert, ca);
}

void look_signs(const struct flow *flow, const struct cert *ca, struct strings *lines)
{
    struct strings names = {0};
    for (size_t i = 0; i < flow->facts->deployment.identity_count; i++) {
        const struct identity *identity = &flow->facts->deployment.identities[i];
        struct identity_files files;
        facts_files(flow->facts, identity, &files);
        if (files.leaf && is_signed_by(files.leaf, ca))
            strings_add(&names, identity->name);
    }
    char *all = strings_fold(&names, ", ");
    if (names.count)
        page_line(lines, "Signs    %zu here: %s", names.count, all);
    free(all);
    strings_free(&names);
}

/* "Web Bridge on edge1-2"; a tag by its name. Free it. */
static char *reader_words(const struct map_row *row)
{
    const struct component *component = row->trusts[0]->reader->component;
    bool is_kind = strcmp(row->reader, component->kind) == 0;
    return xformat("%s on %s", is_kind ? component->title : row->reader, row->readers);
}

void look_readers(struct flow *flow, const char *file, struct strings *lines)
{
    const struct map *map = flow_map(flow);
    for (size_t i = 0; i < map->count; i++) {
        const struct map_row *row = &map->rows[i];
        if (strcmp(row->file, file) != 0)
            continue;
        char *reader = reader_words(row);
        page_line(lines, "Read by  %s, to accept %s on %s", reader, row->of, row->targets);
        free(reader);
    }
}

static const struct cert *older_in(const struct store_file *file, const struct cert *leaf)
{
    for (size_t i = 0; file && i < file->pki.count; i++) {
        const struct object *object = &file->pki.objects[i];
        if (object->kind == OBJECT_CERT && is_former(leaf, object->cert))
            return object->cert;
    }
    return NULL;
}

static void add_refused(const struct flow *flow, const struct map_row *row, const char *reader,
                        const struct cert *leaf, struct strings *lines)
{
    const struct store_file *file = scan_find(&flow->facts->scan, row->file);
    const struct cert *older = older_in(file, leaf);
    char date[16];
    if (older) {
        clock_date(older->not_after, date);
        page_line(lines, "OLD   %s refuses it: %s has an older one, which %s %s", reader, row->file,
                  older->not_after < flow->facts->at ? "ended" : "ends", date);
    } else {
        page_line(lines, "MISS  %s refuses it: %s %s", reader, row->file,
                  file ? "does not have what it needs" : "is not there");
    }
}

static void add_reader(const struct flow *flow, const struct map_row *row, bool accepts,
                       const struct cert *leaf, struct strings *lines)
{
    const struct store_file *file = scan_find(&flow->facts->scan, row->file);
    char *reader = reader_words(row);
    if (row->state == MAP_OFF)
        page_line(lines, "OFF   %s accepts any: it is told not to check", reader);
    else if (row->state == MAP_WAITS)
        page_line(lines, "WAIT  %s: %s waits for other certificates", reader, row->file);
    else if (!accepts)
        add_refused(flow, row, reader, leaf, lines);
    else
        page_line(lines, "OK    accepted by %s, %s %s", reader,
                  holds(file, leaf) ? "which has it in" : "by its CA in", row->file);
    free(reader);
}

void look_accepted(struct flow *flow, const struct identity *identity, const struct cert *leaf,
                   struct strings *lines)
{
    const struct map *map = flow_map(flow);
    size_t before = lines->count;
    for (size_t i = 0; i < map->count; i++) {
        const struct map_row *row = &map->rows[i];
        const struct trust_need *need = row->trusts[0]->need;
        bool is_meant = false, accepts = true;
        for (size_t j = 0; j < need->target_count; j++) {
            if (need->targets[j].identity != identity)
                continue;
            is_meant = true;
            accepts = accepts && (!row->verdict || verdict_accepts(row->verdict, j));
        }
        if (is_meant)
            add_reader(flow, row, accepts, leaf, lines);
    }
    if (lines->count == before && !identity->signs)
        page_line(lines, "OK    no service here has to be told to accept it");
}

void look_due(const struct flow *flow, const struct identity *identity, const struct cert *leaf,
              struct strings *lines)
{
    enum term_state term = rules_term(leaf, flow->facts->at);
    if (term != TERM_ENDED && term != TERM_DUE)
        return;
    long days = (long)((leaf->not_after - flow->facts->at) / SECONDS_A_DAY);
    struct strings names = {0};
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct service *service = identity->uses[i].service;
        char *name = xformat("%s on %s", service->component->title, service->server->name);
        strings_add_new(&names, name);
        free(name);
    }
    char *who = names.count > 2    ? xformat("%s and %zu more", names.items[0], names.count - 1)
                : names.count == 2 ? strings_join(&names, " and ")
                : names.count      ? xstrdup(names.items[0])
                                   : xstrdup("");
    if (term == TERM_ENDED)
        page_line(lines, "It has ended%s%s. Guide 5.6", *who ? "; who checks it refuses " : "",
                  who);
    else
        page_line(lines, "Ends in %ld day%s%s%s. Guide 5.6", days, days == 1 ? "" : "s",
                  *who ? "; then who checks it refuses " : "", who);
    free(who);
    strings_free(&names);
}
