#include "base/clock.h"
#include "base/mem.h"
#include "plan/book.h"
#include "plan/change.h"
#include "plan/files.h"
#include "plan/page.h"

#include <stdlib.h>
#include <string.h>

static void access_needed(const struct book *book)
{
    struct str *out = book->out;
    page_title(out, 2, "1. Have ready");
    page_item(out,
              "A login with the role admin to the MMP (the command line) of each server below, "
              "by ssh for commands and by sftp for files. Where your user is not called `admin`, "
              "put its name in place of that, or say `mmp = \"NAME@ADDRESS\"` for the server in "
              "deployment.conf and plan again.");
    page_item(out,
              "This whole folder on the computer you sit at, and `ssh` and `sftp` (OpenSSH) on "
              "it.");
    page_item(out, "A backup of each server: `backup snapshot before-certificates` on its command "
                   "line, then fetch the two files it makes (.bak and .json) by sftp.");
    str_add(out, "\n| server | log in with | its folder here |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const char *name = book->plan->servers[i].name;
        char *login = server_ssh(book_server(book, name));
        str_addf(out, "| %s | `ssh %s` | `%s/` |\n", name, login, name);
        free(login);
        stream_pass(book->stream);
    }
    str_add_char(out, '\n');
}

/* "certificate of `CN`, ends 2027-01-02" */
static char *describe_certificate(const struct facts *facts, const char *name, const char *what)
{
    const struct cert *cert = scan_cert(&facts->scan, name);
    if (!cert)
        return xstrdup(what);
    char date[16], *title = page_quote(*cert->cn ? cert->cn : cert->subject);
    clock_date(cert->not_after, date);
    char *text = xformat("%s of %s, ends %s", what, title, date);
    free(title);
    return text;
}

static char *describe_bundle(const struct facts *facts, const char *name, const char *what)
{
    const struct store_file *file = scan_find(&facts->scan, name);
    size_t count = file ? pki_cert_count(&file->pki) : 0;
    return count == 1 ? xformat("%s, 1 certificate", what)
                      : xformat("%s, %zu certificates", what, count);
}

static const char *trust_holds(enum trust_how how)
{
    if (!trust_chains(how))
        return "certificates";
    return trust_lists(how) ? "certificates and CAs" : "CAs";
}

/* Who accepts whom by this file: "trusted by Web Bridge 3 (CAs of Call Bridge)". */
static char *describe_trust(const struct facts *facts, const struct server *server,
                            const char *name)
{
    struct strings readers = {0};
    for (size_t i = 0; i < server->service_count; i++) {
        const struct trust *trusts;
        size_t count = trusts_of(&facts->trusts, &server->services[i], &trusts);
        for (size_t k = 0; k < count; k++) {
            if (strcmp(trusts[k].file, name) != 0)
                continue;
            const struct trust_rule *rule = trusts[k].rule;
            const struct component *of = catalogue_find(facts->catalogue, rule->of);
            char *reader = xformat("%s (%s of %s)", server->services[i].component->title,
                                   trust_holds(rule->how), of ? of->title : rule->of);
            strings_add_new(&readers, reader);
            free(reader);
        }
    }
    char *list = strings_join(&readers, ", ");
    char *text = readers.count ? xformat("trusted by %s", list) : NULL;
    free(list);
    strings_free(&readers);
    return text;
}

/* Which identity a file belongs to, and as what. */
struct owner {
    const char *file;
    const struct identity *identity;
    enum { OWNER_CERTIFICATE, OWNER_BUNDLE, OWNER_FULLCHAIN } as;
};
struct owners {
    struct owner *items; /* by file */
    size_t count;
};

static int compare_owners(const void *a, const void *b)
{
    const struct owner *one = a, *two = b;
    int order = strcmp(one->file, two->file);
    return order ? order : (int)one->as - (int)two->as;
}

static void owners_make(const struct deployment *deployment, struct owners *out)
{
    out->items = xcalloc(3 * deployment->identity_count, sizeof *out->items);
    out->count = 0;
    for (size_t i = 0; i < deployment->identity_count; i++) {
        const struct identity *identity = &deployment->identities[i];
        out->items[out->count++] =
            (struct owner){identity->certificate_file, identity, OWNER_CERTIFICATE};
        out->items[out->count++] = (struct owner){identity->bundle_file, identity, OWNER_BUNDLE};
        out->items[out->count++] =
            (struct owner){identity->fullchain_file, identity, OWNER_FULLCHAIN};
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare_owners);
}

static const struct owner *owners_find(const struct owners *owners, const char *file)
{
    size_t low = 0, high = owners->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(owners->items[middle].file, file) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < owners->count && strcmp(owners->items[low].file, file) == 0;
    return found ? &owners->items[low] : NULL;
}

static char *describe(const struct facts *facts, const struct owners *owners,
                      const struct server *server, const char *name)
{
    const struct owner *owner = owners_find(owners, name);
    if (file_is_private(facts, name))
        return xstrdup("private key: secret");
    if (owner && owner->as == OWNER_BUNDLE)
        return describe_bundle(facts, name, "its CAs, root last");
    if (owner && owner->as == OWNER_FULLCHAIN)
        return describe_bundle(facts, name, "certificate and CAs in one file");
    /* A CA's own certificate is here because somebody trusts it. */
    bool leaf = owner && !owner->identity->signs;
    char *trust = leaf ? NULL : describe_trust(facts, server, name);
    return trust ? trust : describe_certificate(facts, name, "certificate");
}

/* What a renewal makes for itself: no file of the store. NULL: it is one. */
static char *describe_new(const struct book *book, const struct step *step, const char *name)
{
    const struct plan_extra *extra = book->plan->renewal ? book_extra(book, step, name) : NULL;
    size_t count = 0;
    if (!extra || extra->name)
        return NULL;
    for (const char *at = str_text(extra->text); (at = strstr(at, "-----BEGIN")); at++)
        count++;
    return xformat("%s, %zu certificate%s",
                   step->phase == PHASE_WIDENING || step->phase == PHASE_SERVICES
                       ? "what is accepted meanwhile"
                       : "what is accepted in the end",
                   count, count == 1 ? "" : "s");
}

static void files_needed(const struct book *book)
{
    page_title(book->out, 3, "Files");
    if (book->plan->renewal)
        page_text(book->out,
                  "These go onto the servers, each in the turn that uses it and not before: a "
                  "service that is started again presents whatever lies there. What the uploads "
                  "replace stands in the folders `back`, as certwright put it there the last "
                  "time, so that you can go back.");
    else
        page_text(
            book->out,
            "These go onto the servers. A file that a server has already under the same name is "
            "replaced by the upload: look for these names in its `pki list` first, and fetch the "
            "old ones by sftp (`get NAME`), so that you can go back.");
    struct owners owners;
    owners_make(&book->facts->deployment, &owners);
    str_add(book->out, "| server | file | what it is |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < book->plan->count; i++) {
        const struct step *step = &book->plan->steps[i];
        const struct server *server = step->upload->count ? book_server(book, step->server) : NULL;
        for (size_t k = 0; server && k < step->upload->count; k++) {
            char *what = describe_new(book, step, step->upload->items[k]);
            if (!what)
                what = describe(book->facts, &owners, server, step->upload->items[k]);
            str_addf(book->out, "| %s | `%s` | %s |\n", step->server, step->upload->items[k], what);
            free(what);
        }
        stream_pass(book->stream);
    }
    free(owners.items);
    str_add_char(book->out, '\n');
}

static void keys_here(const struct book *book)
{
    struct strings keys = {0};
    plan_keys(book->plan, book->facts, &keys);
    if (keys.count) {
        page_title(book->out, 3, "Private keys in this folder");
        page_text(book->out,
                  "Whoever has one of these can pose as the server. Send them by sftp only, never "
                  "by mail, and delete them here when all is done (section 5).");
    }
    for (size_t i = 0; i < keys.count; i++)
        page_item(book->out, "`%s`", keys.items[i]);
    if (keys.count)
        str_add_char(book->out, '\n');
    strings_free(&keys);
}

/* The service's own display shows what its base lines set; some have none that is known. */
static void base_rows(const struct book *book, const struct book_service *item)
{
    const char *shows = item->shows;
    for (size_t i = 0; i < item->base->count; i++)
        str_addf(book->out, "| %s | `%s` | %s%s%s |\n", item->service->server->name,
                 item->base->items[i], shows ? "`" : "",
                 shows ? shows : "no command is known to show it", shows ? "`" : "");
}

static void preconditions(const struct book *book)
{
    struct str *out = book->out;
    char *release = page_quote(book->facts->deployment.release);
    page_title(out, 3, "Must be in place before");
    if (book->plan->renewal && book->plan->renewal->held)
        page_text(out, "Everything runs already. Log in to each server and look, and write down "
                       "what the commands in the third column say now: it is what you go back "
                       "to.");
    else
        page_text(
            out,
            "Log in to each server and look. Where something lacks, type the line in the second "
            "column (or have `certwright plan --base` write them as a first phase). Write down "
            "what the commands in the third column say now: it is what you go back to.");
    str_add(out, "| server | in place | look with |\n| --- | --- | --- |\n");
    size_t k = 0;
    for (size_t i = 0; i < book->plan->server_count; i++) {
        const char *name = book->plan->servers[i].name;
        str_addf(out,
                 "| %s | release %s | `version` |\n"
                 "| %s | an address on each interface named below | `ipv4 a` (b, c, ...) |\n"
                 "| %s | a licence | `license` |\n",
                 name, release, name, name);
        const struct server *server = book_server(book, name);
        for (; k < book->count && book->services[k].service->server == server; k++)
            base_rows(book, &book->services[k]);
        stream_pass(book->stream);
    }
    free(release);
    str_add_char(out, '\n');
}

/* What the certificates are for must be found by that name. */
static void names_in_dns(const struct book *book)
{
    struct strings names = {0};
    for (size_t i = 0; i < book->count; i++) {
        const struct component *component = book->services[i].service->component;
        for (size_t k = 0; k < component->slot_count; k++) {
            const struct identity *identity = service_identity(
                &book->facts->deployment, book->services[i].service, &component->slots[k]);
            struct strings sans = {0};
            if (identity)
                names_full_san(&identity->names, &sans);
            for (size_t m = 0; m < sans.count; m++)
                if (text_starts(sans.items[m], "DNS:"))
                    strings_add(&names, sans.items[m] + strlen("DNS:"));
            strings_free(&sans);
        }
    }
    strings_unique(&names);
    if (names.count)
        page_text(book->out, "DNS must know these names, for the certificates are made out to them "
                             "(`nslookup NAME` on your computer shows each; a domain alone has SRV "
                             "records):");
    for (size_t i = 0; i < names.count; i++) {
        char *name = page_quote(names.items[i]);
        page_item(book->out, "%s", name);
        free(name);
    }
    if (names.count)
        str_add_char(book->out, '\n');
    strings_free(&names);
}

static bool is_listed(const struct book *book, const struct service *service)
{
    for (size_t i = 0; i < book->count; i++)
        if (book->services[i].service == service)
            return true;
    return false;
}

/* Called installed in deployment.conf: they must be, the others count on them. */
static void in_place_already(const struct book *book)
{
    const struct deployment *deployment = &book->facts->deployment;
    bool any = false;
    for (size_t i = 0; i < deployment->server_count; i++)
        for (size_t k = 0; k < deployment->servers[i].service_count; k++) {
            const struct service *service = &deployment->servers[i].services[k];
            if (!service->installed || is_listed(book, service))
                continue;
            if (!any)
                page_text(book->out,
                          "Not touched, because deployment.conf says that they have their "
                          "certificates already:");
            any = true;
            page_item(book->out, "%s (%s) on %s", service->component->title, service->name,
                      deployment->servers[i].name);
        }
    if (any)
        str_add_char(book->out, '\n');
}

static void when_different(const struct book *book)
{
    struct str *out = book->out;
    page_title(out, 2, "2. When a reply is different");
    page_text(out,
              "`SUCCESS` lines beyond those written here are fine. At a line with `FAILURE` or "
              "`ERROR`, or when a command answers with its usage, stop: do not type the next "
              "one. What is done so far may stay while you look.");
    page_item(out,
              "`certificate and key do not match`: the key or the certificate on the server is "
              "another one than here. Upload again (the batch for sftp replaces both) and repeat "
              "`pki match`. If it fails once more, the pair here is wrong: `certwright check`.");
    page_item(out,
              "`certificate verification error ... unable to get issuer certificate`: the CA file "
              "stops below its root. Import the CA's whole chain (`certwright import`), check, "
              "plan and upload again.");
    page_item(out,
              "`certificate has expired` or `not yet valid`: look at the server's clock (`date`), "
              "then at the dates in the table of files.");
    page_item(out,
              "`... configuration not complete`: the verdict; the reason is the line above it.");
    page_item(out,
              "A file is not found: it is not in `pki list`. Upload again, from the server's own "
              "folder here.");
    page_item(out,
              "A service stays off after its `enable` failed: repair the cause and type `enable` "
              "again, or go back (last page).");
    str_add_char(out, '\n');
}

void book_before(const struct book *book)
{
    access_needed(book);
    files_needed(book);
    keys_here(book);
    preconditions(book);
    if (!book->plan->renewal || !book->plan->renewal->held) {
        names_in_dns(book);
        in_place_already(book);
    }
    book_window(book);
    when_different(book);
}
