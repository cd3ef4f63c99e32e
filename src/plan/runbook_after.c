#include "base/mem.h"
#include "plan/book.h"
#include "plan/files.h"
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
     "beside them among their trusted roots (guide 2.2)."},
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

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += length)
        if ((at == text || at[-1] == ' ') && (!at[length] || strchr(" =", at[length])))
            return true;
    return false;
}

/* The component declares the fact or has a rule that hangs on it: its certificate is looked at. */
static bool concerns(const struct component *component, const char *fact)
{
    for (size_t i = 0; i < component->fact_count; i++)
        if (strcmp(component->facts[i].name, fact) == 0)
            return true;
    for (size_t i = 0; i < component->require_count; i++)
        if (*component->requires[i].slot && has_word(component->requires[i].when, fact))
            return true;
    return false;
}

static const struct signer *public_signer(const struct slot *slot)
{
    for (size_t i = 0; i < slot->signer_count; i++)
        if (strcmp(slot->signers[i].name, "public") == 0)
            return &slot->signers[i];
    return NULL;
}

/* Where one slot of several meets the outside, that one alone is meant. */
static bool faces_outside(const struct component *component, const struct slot *slot)
{
    bool any = false;
    for (size_t i = 0; i < component->slot_count; i++)
        any = any || public_signer(&component->slots[i]);
    return !any || public_signer(slot);
}

static const char *ca_file(const struct plan_server *server, const struct identity *identity)
{
    const char *names[] = {identity->bundle_file, identity->certificate_file,
                           identity->fullchain_file};
    for (size_t i = 0; server && i < sizeof names / sizeof *names; i++)
        if (strings_has(&server->files, names[i]))
            return names[i];
    return NULL;
}

static void certificate_item(const struct book *book, const struct service *service,
                             const struct slot *slot, const struct identity *identity,
                             struct strings *told)
{
    const char *name = service->server->name;
    const struct plan_server *server = book_plan_server(book, name);
    const char *ca = ca_file(server, identity);
    const char *file = strings_has(&slot->takes, "certificate") ? identity->certificate_file
                                                                : identity->fullchain_file;
    if (!ca)
        return;
    const char *cn = identity->names.attributes[ATTR_CN];
    char *title = page_quote(cn ? cn : "");
    char *text = strcmp(identity->signer, "public") == 0
                     ? xformat("%s, %s: `%s/files/%s`, signed by a public CA", title,
                               service->component->title, name, file)
                     : xformat("%s, %s: `%s/files/%s`, CA file `%s/files/%s`", title,
                               service->component->title, name, file, name, ca);
    if (strings_add_new(told, text))
        page_hang(book->out, "  - ", "%s", text);
    free(text);
    free(title);
}

static void certificates_of(const struct book *book, const char *fact, struct strings *told)
{
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        const struct component *component = service->component;
        if (!concerns(component, fact))
            continue;
        for (size_t k = 0; k < component->slot_count; k++) {
            const struct slot *slot = &component->slots[k];
            const struct identity *identity =
                service_identity(&book->facts->deployment, service, slot);
            if (identity && faces_outside(component, slot) &&
                slot_used(&book->facts->deployment, service, slot))
                certificate_item(book, service, slot, identity, told);
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
        struct strings told = {0};
        char *value = page_quote(deployment_fact(&book->facts->deployment, outsiders[i].fact));
        const char *hole = strstr(outsiders[i].text, "%s");
        if (hole)
            page_item(book->out, "%.*s%s%s", (int)(hole - outsiders[i].text), outsiders[i].text,
                      value, hole + 2);
        else
            page_item(book->out, "%s", outsiders[i].text);
        certificates_of(book, outsiders[i].fact, &told);
        free(value);
        strings_free(&told);
    }
    return any;
}

/* A slot that a public CA would sign, and none did: its clients must get the CA from somewhere. A
 * lab changes the proposal, not the clients. */
static bool clients_lack_ca(const struct book *book, const struct service *service,
                            const struct slot *slot, const struct identity *identity)
{
    const struct signer *signer = public_signer(slot);
    return signer && identity && !service->component->management &&
           strcmp(identity->signer, "public") != 0 &&
           (text_starts(signer->when, "purpose=") ||
            service_condition(&book->facts->deployment, service, signer->when));
}

static bool outside_by_signer(const struct book *book)
{
    bool any = false;
    struct strings told = {0};
    for (size_t i = 0; i < book->count; i++) {
        const struct service *service = book->services[i].service;
        for (size_t k = 0; k < service->component->slot_count; k++) {
            const struct slot *slot = &service->component->slots[k];
            const struct identity *identity =
                service_identity(&book->facts->deployment, service, slot);
            if (!slot_used(&book->facts->deployment, service, slot) ||
                !clients_lack_ca(book, service, slot, identity))
                continue;
            if (!any)
                page_item(book->out,
                          "Browsers and apps: no public CA signed the certificates below, "
                          "so each device warns until it trusts the CA file:");
            any = true;
            certificate_item(book, service, slot, identity, &told);
        }
    }
    strings_free(&told);
    return any;
}

static void outside(const struct book *book)
{
    page_title(book->out, 2, "4. What others must trust");
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

static void look_once_more(const struct book *book)
{
    struct str *out = book->out;
    page_title(out, 2, "5. When all is done");
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const struct server *server = book_server(book, book->plan->servers[i].name);
        struct strings shows = {0};
        for (size_t k = 0; k < book->count; k++) {
            const char *line = procedure_line(&book->services[k].procedure, STAGE_DISPLAY);
            if (line && book->services[k].service->server == server)
                strings_add_new(&shows, line);
        }
        char *list = strings_join(&shows, "`, `");
        if (shows.count)
            page_item(out,
                      shows.count == 1 ? "%s: `%s` shows the new files, and `Enabled : true` where "
                                         "there is such a line."
                                       : "%s: `%s` show the new files, and `Enabled : true` where "
                                         "there is such a line.",
                      server->name, list);
        free(list);
        strings_free(&shows);
        const struct service *management;
        char *url = book_management_url(book, server, &management);
        if (url && management->server == server)
            page_item(out,
                      "%s: open %s and look at the certificate that the browser shows, then at "
                      "Logs > Event log: no line since then may speak of TLS, certificates or "
                      "authentication.",
                      server->name, url);
        free(url);
    }
    page_item(out, "Hold a short test call from each kind of device that people use.");
    page_item(out,
              "Delete the private keys from this folder (`certwright` keeps its own in the store). "
              "Here:");
    str_add_char(out, '\n');
    for (size_t i = 0; i < book->plan->server_count; i++)
        for (size_t k = 0; k < book->plan->servers[i].files.count; k++)
            if (file_is_private(book->facts, book->plan->servers[i].files.items[k]))
                page_code(out, 6, "rm %s/files/%s", book->plan->servers[i].name,
                          book->plan->servers[i].files.items[k]);
    str_add_char(out, '\n');
}

/* The lines that take back one service's steps [from, to), the last first. A restart takes nothing
 * back: it makes what was taken back count, once, at the end. */
static void take_back(const struct book *book, size_t from, size_t to)
{
    const struct step *steps = book->plan->steps;
    const char *restart = NULL;
    bool any = false;
    for (size_t i = to; i-- > from;) {
        if (steps[i].effect == EFFECT_RESTART && *steps[i].command)
            restart = steps[i].command;
        if (!*steps[i].undo)
            continue;
        page_code(book->out, 4, "%s", steps[i].undo);
        any = true;
    }
    if (any && restart)
        page_code(book->out, 4, "%s", restart);
}

static bool can_go_back(const struct step *steps, size_t from, size_t to)
{
    while (from < to && !*steps[from].undo)
        from++;
    return from < to;
}

/* A step of a service's procedure, or by hand with a way back. */
static bool is_taken_back(const struct step *step)
{
    return step->service && (*step->command || *step->undo);
}

/* Where the lines below are typed, unless those above were typed there. */
static void say_where(const struct book *book, const struct step *step, const struct step *above)
{
    bool first_base = step->stage == STAGE_BASE && (!above || above->stage != STAGE_BASE);
    if (!first_base && above && strcmp(above->server, step->server) == 0)
        return;
    if (above)
        str_add_char(book->out, '\n');
    if (first_base)
        page_text(book->out, "What the first phase set. Where section 1 has another value written "
                             "down, type the line with that one in place of `none`.");
    char *address = book_ssh_address(book_server(book, step->server));
    str_addf(book->out, "On %s (`ssh admin@%s`):\n\n", step->server, address);
    free(address);
}

/* Services from the last to the first: nobody is left trusting what is gone. */
static void go_back(const struct book *book)
{
    struct str *out = book->out;
    const struct plan *plan = book->plan;
    page_title(out, 2, "6. Going back");
    page_text(out,
              "Only the services whose steps you have done, from the last to the first, in this "
              "order:");
    const struct step *above = NULL;
    for (size_t to = plan->count; to > 0;) {
        const struct step *last = &plan->steps[to - 1];
        size_t from = to - 1;
        while (is_taken_back(last) && from > 0 && plan->steps[from - 1].phase == last->phase &&
               is_taken_back(&plan->steps[from - 1]) &&
               plan->steps[from - 1].service == last->service)
            from--;
        if (!is_taken_back(last) || !can_go_back(plan->steps, from, to)) {
            to = from;
            continue;
        }
        say_where(book, last, above);
        above = last;
        take_back(book, from, to);
        to = from;
    }
    str_add_char(out, '\n');
    page_text(
        out, "A service that had certificates before gets them again: type its `certs` and `trust` "
             "lines with the old file names (you wrote them down in section 1) in place of `none`, "
             "then its `enable` or `restart`. Old files of other names are still on the server; "
             "those of the same name upload again from the copies you fetched. Without old "
             "certificates the service stays disabled, as it was.");
    page_text(out,
              "If nothing helps: `backup rollback` with the backup of section 1 brings back the "
              "whole server as it was. It restarts the server and ends all calls there.");
}

void book_after(const struct book *book)
{
    outside(book);
    look_once_more(book);
    go_back(book);
}
