#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/outside.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

/* Somebody outside our servers, by the option of environment {} that says he is there. */
struct outsider {
    const char *fact;
    const char *text; /* may hold one %s: the option's value */
};
static const struct outsider outsiders[] = {
    {"active-directory",
     "Active Directory: its servers must accept the certificates below. Put the CA files named "
     "with them among their trusted roots (guide 2.2)."},
    {"sip-tls", "SIP call control: with trunks over TLS each side checks the other. It must trust "
                "the CAs of the "
                "certificates below (guide 2.2)."},
    {"lync-fqdn",
     "Lync or Skype for Business: the trusted application is %s, and "
     "`get-cstrustedapplicationcomputer` "
     "must show the same. Unless the front ends' own CA signed the certificates below, put the CA "
     "files into the root store of the Lync servers (guide 3.1.1, 5.5)."},
    {"lync-direct",
     "Lync of others, federated directly: their Edge servers accept a public CA only (guide 2.2)."},
    {"cucm",
     "Unified CM reaches this deployment as %s. Upload the CA files below to its trust store "
     "CallManager-trust, and check that this name is in the certificate (guide 2.2)."},
    {"expressway-name",
     "Expressway connects to %s and must trust the CAs below. The Expressway-E's own certificate "
     "must hold the host name of the Web Bridge in its SAN (guide 2.2, 3.1.2)."},
};

static const char *ca_file(const struct plan_server *server, const struct identity *identity)
{
    const char *names[] = {identity->bundle_file, identity->certificate_file,
                           identity->fullchain_file};
    for (size_t i = 0; server && i < sizeof names / sizeof *names; i++)
        if (strings_has(server->files, names[i]))
            return names[i];
    return NULL;
}

/* A certificate that somebody outside meets, and the file of the CAs to give him. */
struct met {
    const struct service *service;
    const char *file, *ca;        /* in the server's folder; ca NULL: every device knows it */
    const struct store_file *cas; /* that file */
    char *cn;
    const struct identity *identity;
    bool told;
};
struct mets {
    struct met *items;
    size_t count;
};

static void mets_add(struct mets *mets, const struct book *book, const struct service *service,
                     const struct slot *slot, const struct identity *identity)
{
    const char *ca = ca_file(book_plan_server(book, service->server->name), identity);
    const char *cn = identity->names.attributes[ATTR_CN];
    if (!ca)
        return;
    mets->items = grow(mets->items, mets->count, sizeof *mets->items);
    mets->items[mets->count++] = (struct met){
        .service = service,
        .file = strings_has(&slot->takes, "certificate") ? identity->certificate_file
                                                         : identity->fullchain_file,
        .ca = strcmp(identity->signer, "public") == 0 ? NULL : ca,
        .cas = scan_find(&book->facts->scan, ca),
        .cn = page_quote(cn ? cn : ""),
        .identity = identity,
    };
}

/* The certificates of the file but the leaf of a full chain are the same, one by one. */
static bool same_cas(const struct met *one, const struct met *other)
{
    const struct store_file *a = one->cas, *b = other->cas;
    if (a == b && (a || strcmp(one->ca, other->ca) == 0))
        return true;
    if (!a || !b || a->pki.count != b->pki.count)
        return false;
    for (size_t i = 0; i < a->pki.count; i++)
        if (a->pki.objects[i].kind != OBJECT_CERT || b->pki.objects[i].kind != OBJECT_CERT ||
            !cert_same(a->pki.objects[i].cert, b->pki.objects[i].cert))
            return false;
    return true;
}

static bool same_company(const struct met *one, const struct met *other)
{
    return !one->ca || !other->ca ? one->ca == other->ca : same_cas(one, other);
}

static bool same_certificate(const struct met *one, const struct met *other)
{
    return one->identity == other->identity && strcmp(one->file, other->file) == 0;
}

/* One file of CAs, whatever its name, and all that hangs on it. */
static void tell_company(const struct book *book, struct mets *mets, size_t from)
{
    const struct met *first = &mets->items[from];
    const char *server = first->service->server->name;
    if (first->ca)
        page_hang(book->out, "  - ", "CA file `%s/files/%s`, for these certificates:", server,
                  first->ca);
    else
        page_hang(book->out, "  - ", "Signed by a public CA:");
    for (size_t i = from; i < mets->count; i++) {
        struct met *met = &mets->items[i];
        if (met->told || !same_company(first, met))
            continue;
        page_hang(book->out, "    - ", "%s, %s: `%s/files/%s`", met->cn,
                  met->service->component->title, met->service->server->name, met->file);
        for (size_t k = i; k < mets->count; k++)
            mets->items[k].told |= same_certificate(met, &mets->items[k]);
    }
}

static void mets_tell(const struct book *book, struct mets *mets)
{
    for (size_t i = 0; i < mets->count; i++)
        if (!mets->items[i].told)
            tell_company(book, mets, i);
    for (size_t i = 0; i < mets->count; i++)
        free(mets->items[i].cn);
    free(mets->items);
    *mets = (struct mets){0};
}

static void certificates_of(const struct book *book, const char *fact, struct mets *mets)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        const struct component *component = service->component;
        if (!outside_concerns(component, fact))
            continue;
        for (size_t k = 0; k < component->slot_count; k++) {
            const struct slot *slot = &component->slots[k];
            const struct identity *identity =
                service_identity(&book->facts->deployment, service, slot);
            if (identity && outside_faces(component, slot) &&
                slot_used(&book->facts->deployment, service, slot))
                mets_add(mets, book, service, slot, identity);
        }
    }
}

/* The option's value as a condition sees it: an empty one or a "false" is nobody. */
static bool fact_holds(const struct book *book, const char *fact)
{
    return book->count &&
           service_condition(&book->facts->deployment, book->services[0].service, fact);
}

static bool outside_by_fact(const struct book *book)
{
    bool any = false;
    for (size_t i = 0; i < sizeof outsiders / sizeof *outsiders; i++) {
        if (!fact_holds(book, outsiders[i].fact))
            continue;
        any = true;
        struct mets mets = {0};
        char *value = page_quote(deployment_fact(&book->facts->deployment, outsiders[i].fact));
        const char *hole = strstr(outsiders[i].text, "%s");
        if (hole)
            page_item(book->out, "%.*s%s%s", (int)(hole - outsiders[i].text), outsiders[i].text,
                      value, hole + 2);
        else
            page_item(book->out, "%s", outsiders[i].text);
        certificates_of(book, outsiders[i].fact, &mets);
        mets_tell(book, &mets);
        free(value);
    }
    return any;
}

/* A slot that a public CA would sign, and none did: its clients must get the CA from somewhere. A
 * lab changes the proposal, not the clients. */
static bool clients_lack_ca(const struct book *book, const struct service *service,
                            const struct slot *slot, const struct identity *identity)
{
    const struct signer *signer = outside_signer(slot);
    return signer && identity && !service->component->management &&
           strcmp(identity->signer, "public") != 0 &&
           (text_starts(signer->when, "purpose=") ||
            service_condition(&book->facts->deployment, service, signer->when));
}

static bool outside_by_signer(const struct book *book)
{
    struct mets mets = {0};
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        for (size_t k = 0; k < service->component->slot_count; k++) {
            const struct slot *slot = &service->component->slots[k];
            const struct identity *identity =
                service_identity(&book->facts->deployment, service, slot);
            if (slot_used(&book->facts->deployment, service, slot) &&
                clients_lack_ca(book, service, slot, identity))
                mets_add(&mets, book, service, slot, identity);
        }
    }
    bool any = mets.count;
    if (any)
        page_item(book->out, "Browsers and apps: no public CA signed the certificates below, "
                             "so each device warns until it trusts the CA file:");
    mets_tell(book, &mets);
    return any;
}

/* Told by steps of their own, before and after. */
static void outside_renewed(const struct book *book)
{
    struct strings steps = {0};
    for (size_t i = 0; i < book->plan->count; i++)
        if (book->plan->steps[i].outside)
            strings_add_take(&steps, xformat("%d", book->plan->steps[i].number));
    char *list = strings_join(&steps, ", ");
    if (steps.count)
        page_item(book->out,
                  "Others outside of these servers must learn of a CA before phase 4, and may "
                  "forget one in phase 6: steps %s say who, and which files to hand over.",
                  list);
    else
        page_item(book->out, "Nobody has to do anything: no CA changes that anybody outside of "
                             "these servers is told of in deployment.conf.");
    str_add_char(book->out, '\n');
    free(list);
    strings_free(&steps);
}

void book_outside(const struct book *book)
{
    page_title(book->out, 2, "4. What others must trust");
    if (book->plan->renewal && book->plan->renewal->held) {
        outside_renewed(book);
        return;
    }
    page_text(book->out, "Outside of these servers. Hand over certificates and CA files, never a "
                         "`.key`.");
    bool any = outside_by_fact(book);
    any = outside_by_signer(book) || any;
    if (!any)
        page_item(book->out,
                  "Nobody: deployment.conf names no Active Directory, SIP call control, Lync, "
                  "Unified CM or Expressway, and public CAs are known everywhere.");
    str_add_char(book->out, '\n');
}
