/* holds:ROW of the trusts: whose certificates its file holds, to when, and whose it lacks. */
#include "base/clock.h"
#include "base/mem.h"
#include "flow/findings.h"
#include "flow/trust.h"

#include <stdlib.h>
#include <string.h>

struct holding {
    const struct flow *flow;
    const struct map_row *row;
    const struct store_file *file; /* NULL: there is none */
    struct page *page;
};

static const struct cert *leaf_of(const struct flow *flow, const struct identity *identity)
{
    struct identity_files files = {0};
    if (identity)
        facts_files(flow->facts, identity, &files);
    return files.leaf;
}

/* A service that the trust accepts with that certificate; older: with one of that key or subject.
 */
static const struct trust_target *target_of(const struct holding *h, const struct cert *cert,
                                            bool older)
{
    const struct trust_need *need = h->row->trusts[0]->need;
    for (size_t i = 0; i < need->target_count; i++) {
        const struct cert *leaf = leaf_of(h->flow, need->targets[i].identity);
        bool same = leaf && cert_same(leaf, cert);
        bool was = leaf && !same && !cert->is_ca &&
                   (memcmp(leaf->key_id, cert->key_id, KEY_ID_BYTES) == 0 ||
                    strcmp(leaf->subject, cert->subject) == 0);
        if (older ? was : same)
            return &need->targets[i];
    }
    return NULL;
}

static const struct identity *identity_of(const struct holding *h, const struct cert *cert)
{
    const struct deployment *d = &h->flow->facts->deployment;
    for (size_t i = 0; i < d->identity_count; i++) {
        const struct cert *leaf = leaf_of(h->flow, &d->identities[i]);
        if (leaf && cert_same(leaf, cert))
            return &d->identities[i];
    }
    return NULL;
}

/* "core1 callbridge, core2 callbridge": who of the targets uses that identity. Free it. */
static char *target_words(const struct trust_need *need, const struct identity *identity)
{
    struct strings names = {0};
    const struct component *component = need->targets[0].service->component;
    for (size_t i = 0; i < need->target_count; i++)
        if (need->targets[i].identity == identity)
            strings_add_new(&names, need->targets[i].service->server->name);
    char *servers = strings_fold(&names, ", ");
    char *words = xformat("%s %s", component->kind, servers);
    strings_free(&names);
    free(servers);
    return words;
}

static struct row *add_row(const struct holding *h, enum level level, const char *word,
                           const char *whose, const char *name, const char *ends)
{
    char *id = xformat("object%zu", h->page->row_count + 1);
    struct row *row =
        page_row(h->page, id, level, word, "%s: %s%s%s", whose, name, *ends ? ", ends " : "", ends);
    strings_add(&row->cells, whose);
    strings_add(&row->cells, name);
    strings_add(&row->cells, *ends ? ends : "-");
    free(id);
    return row;
}

/* Enter shows the certificate itself. */
static void can_look(const struct holding *h, const char *file, struct row *row)
{
    if (!scan_find(&h->flow->facts->scan, file))
        return;
    free(row->file);
    row->file = xstrdup(file);
    row->can_open = true;
}

static void add_certificate(const struct holding *h, const struct cert *cert)
{
    const struct trust_target *now = target_of(h, cert, false);
    const struct trust_target *was = now ? NULL : target_of(h, cert, true);
    const struct trust_need *need = h->row->trusts[0]->need;
    const struct identity *identity = now   ? now->identity
                                      : was ? was->identity
                                            : identity_of(h, cert);
    bool ended = cert->not_after < h->flow->facts->at;
    char ends[16];
    clock_date(cert->not_after, ends);
    char *whose = now || was    ? target_words(need, identity)
                  : identity    ? xstrdup(identity->name)
                  : cert->is_ca ? xstrdup("a CA")
                                : xstrdup("nobody here");
    const char *word = ended ? "ENDED" : was ? "OLD" : now || cert->is_ca ? "OK" : "LEFT";
    enum level level = ended ? LEVEL_ERROR : was ? LEVEL_WARN : LEVEL_OK;
    struct row *row = add_row(h, level, word, whose, *cert->cn ? cert->cn : cert->subject, ends);
    const char *note = was           ? "An older certificate: another one is in use now"
                       : now         ? "In use now"
                       : cert->is_ca ? "What it signs is accepted where chains are checked"
                                     : "No one whom this trust is for uses it";
    row_detail(row, "%s. Serial %s, issued by %s.", note, cert->serial, cert->issuer);
    can_look(h, identity && !was ? identity->certificate_file : h->row->file, row);
    free(whose);
}

static bool file_has(const struct holding *h, const struct cert *leaf)
{
    for (size_t i = 0; h->file && i < h->file->pki.count; i++)
        if (h->file->pki.objects[i].kind == OBJECT_CERT &&
            cert_same(h->file->pki.objects[i].cert, leaf))
            return true;
    return false;
}

/* Who is to be accepted and isn't, for the file lacks them or they have nothing yet. */
static void add_lacking(const struct holding *h)
{
    const struct trust_need *need = h->row->trusts[0]->need;
    struct strings told = {0};
    for (size_t i = 0; i < need->target_count; i++) {
        const struct identity *identity = need->targets[i].identity;
        const struct cert *leaf = leaf_of(h->flow, identity);
        bool refused = h->row->verdict && !verdict_accepts(h->row->verdict, i);
        if (!identity || (leaf && (!refused || file_has(h, leaf))) ||
            !strings_add_new(&told, identity->name))
            continue;
        char *whose = target_words(need, identity), ends[16] = "";
        if (leaf)
            clock_date(leaf->not_after, ends);
        struct row *row =
            add_row(h, leaf ? LEVEL_ERROR : LEVEL_NOTE, leaf ? "MISSING" : "WAITS", whose,
                    leaf && *leaf->cn ? leaf->cn : identity->certificate_file, ends);
        if (leaf)
            row_detail(row, "%s is in use, and not in %s: F5 writes the file from what is in use.",
                       identity->certificate_file, h->row->file);
        else
            row_detail(row, "%s is not there yet.", identity->certificate_file);
        can_look(h, identity->certificate_file, row);
        free(whose);
    }
    strings_free(&told);
}

static void build(struct flow *flow, struct page *page)
{
    static const char *const heads[] = {"certificate of", "name", "ends", "state"};
    const struct map_row *row = trust_row(flow, flow_page_part(flow));
    page->kind = PAGE_LIST;
    page->next = xstrdup("Back");
    if (!row) {
        page->title = xstrdup("A trust that is gone");
        return;
    }
    struct holding h = {flow, row, scan_find(&flow->facts->scan, row->file), page};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        strings_add(&page->heads, heads[i]);
    for (size_t i = 0; h.file && i < h.file->pki.count; i++)
        if (h.file->pki.objects[i].kind == OBJECT_CERT)
            add_certificate(&h, h.file->pki.objects[i].cert);
    size_t held = page->row_count;
    page->title = !h.file ? xformat("%s - not there", row->file)
                          : xformat(held == 1 ? "%s - %zu certificate" : "%s - %zu certificates",
                                    row->file, held);
    add_lacking(&h);
    page_line(&page->intro, "%s on %s accepts %s on %s %s.", row->reader, row->readers, row->of,
              row->targets, trust_how_words(row->trusts[0]->rule->how));
    for (size_t i = page->row_count; i-- > 0;)
        if (page->rows[i].level >= LEVEL_WARN)
            page->at = i;
    if (trust_mendable(row))
        page_add_action(page, "mend", 5, 0, "Mend");
    page_add_action(page, "commands", 6, 0, "Commands");
}

static struct way take(struct flow *flow, const struct page *page, const struct event *event,
                       struct error *err)
{
    if (event->kind == EVENT_NEXT)
        return way_go(GO_BACK);
    const struct map_row *row = trust_row(flow, flow_page_part(flow));
    if (event->kind == EVENT_ACTION && row && strcmp(event->id, "mend") == 0)
        return way_if(trust_mend(flow, row, err), GO_STAY);
    if (event->kind == EVENT_ACTION && strcmp(event->id, "commands") == 0)
        return trust_part("commands", flow_page_part(flow));
    if (event->kind == EVENT_CHOOSE && event->row < page->row_count &&
        page->rows[event->row].can_open)
        return trust_part("look", page->rows[event->row].file);
    return way_go(GO_STAY);
}

const struct step_ops step_holds = {"holds", build, take};
