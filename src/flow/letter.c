/* How a request reaches its CA: a form, a mail, or the CA's own command at hand. */
#include "flow/letter.h"

#include "base/mem.h"
#include "ops/material.h"
#include "ops/order_sheet.h"

#include <stdlib.h>
#include <string.h>

#define LIFETIME "365" /* days; a CA of one's own may give more */

/* A way: what is copied, and lines around it that are only shown. */
static struct row *add_way(struct page *page, const char *id, const char *label, const char *what,
                           const char *copy)
{
    struct row *row = page_row(page, id, LEVEL_NONE, "", "%-10s %s", label, what);
    row->clipboard = xstrdup(copy);
    return row;
}

static bool is_both(const struct csr *csr)
{
    return strings_has(&csr->eku, "clientAuth");
}

static const char *usage_words(const struct csr *csr)
{
    return !is_both(csr) ? "server authentication (serverAuth)"
           : strings_has(&csr->eku, "serverAuth")
               ? "server and client authentication (serverAuth, clientAuth)"
               : "client authentication (clientAuth)";
}

/* The names without their types, as people and forms write them. */
static void names_of(const struct csr *csr, struct strings *out)
{
    for (size_t i = 0; i < csr->sans.count; i++) {
        const char *colon = strchr(csr->sans.items[i], ':');
        strings_add(out, colon ? colon + 1 : csr->sans.items[i]);
    }
}

/* Whoever issues it can compare it with what came. */
static void add_key(const struct csr *csr, struct str *out)
{
    str_addf(out, "  Key      %s %d, SHA-256 of the public key:\n", csr->key_algorithm,
             csr->key_bits);
    order_key_lines(csr, "           ", out);
}

static void add_mail(const struct identity *identity, const char *base, const struct csr *csr,
                     const char *pem, struct page *page)
{
    struct strings names = {0};
    names_of(csr, &names);
    const char *title = *csr->cn ? csr->cn : names.count ? names.items[0] : identity->name;
    char *users = order_users(identity);
    struct str mail = {0};
    str_addf(&mail, "Subject: Certificate request for %s\n\nHello,\n\n", title);
    str_addf(&mail, "please issue a certificate for the request below (%s.csr).\n", base);
    if (*users)
        str_addf(&mail, "It is for our Cisco Meeting Server: %s.\n", users);
    str_addf(&mail, "\n  Subject  %s\n", csr->subject);
    for (size_t i = 0; i < names.count; i++)
        str_addf(&mail, "  %-7s  %s\n", i ? "" : "Names", names.items[i]);
    str_addf(&mail, "  Usage    %s\n", usage_words(csr));
    add_key(csr, &mail);
    str_add(&mail, "\nPlease take the names and the usage as they stand in the request.");
    if (is_both(csr))
        str_add(&mail, " If you\ncannot give client authentication, please tell me before you "
                       "issue it.");
    str_add(&mail, "\nPlease send the certificate as PEM (Base64) with its whole chain: every\n"
                   "intermediate certificate, and the root as well.\n\nThank you\n\n");
    str_add(&mail, pem);
    struct row *row = add_way(page, "mail", "Mail", "to the people of the CA", str_text(&mail));
    page_lines(&row->below, str_text(&mail));
    row_detail(row, "F8 copies the mail, F6 shows all of it. Nothing in it is secret.");
    str_free(&mail);
    free(users);
    strings_free(&names);
}

static void add_form(const struct csr *csr, const char *pem, struct page *page)
{
    struct row *row = add_way(page, "form", "Web form", "what the CA's page asks for", pem);
    struct strings names = {0};
    names_of(csr, &names);
    page_line(&row->below, "1  Paste the request whole, from BEGIN to END: F8 copies it.");
    page_line(&row->below, "2  Kind of server, where the form asks: other, or Apache (PEM).");
    page_line(&row->below, "3  Names (SAN), where the form asks: every one of");
    for (size_t i = 0; i < names.count; i++)
        page_line(&row->below, "   %s", names.items[i]);
    page_line(&row->below, "4  Usage, where the form asks: %s.", usage_words(csr));
    page_line(&row->below, "5  Take the answer as PEM with its chain, the root as well.");
    row_detail(row, "F8 copies the request, to be pasted into the CA's page.");
    strings_free(&names);
}

/* The guide's template, WebServer, allows server usage alone (3.3). */
static void add_certreq(const struct identity *identity, const char *name, const struct csr *csr,
                        struct page *page)
{
    const char *template = order_template(identity, csr);
    bool unknown = !template;
    char *line = xformat("certreq -submit -attrib \"CertificateTemplate:%s\" %s.csr %s.cer %s.p7b",
                         unknown ? "TEMPLATE" : template, name, name, name);
    struct row *row = add_way(page, "certreq", "certreq", "Active Directory", line);
    page_line(&row->below, "On Windows, in the folder with %s.csr:", name);
    page_line(&row->below, "%s", "");
    page_lines(&row->below, line);
    page_line(&row->below, "%s", "");
    if (unknown) {
        page_line(&row->below,
                  "TEMPLATE stands for a template of your CA that allows both server and");
        page_line(&row->below, "client usage; WebServer does not.");
    }
    page_line(&row->below, "%s.p7b then has the certificate with its chain: import that.", name);
    row_detail(row,
               unknown ? "F8 copies the line. WebServer allows server usage alone: name a template "
                         "that allows\nboth. Guide 3.3"
                       : "F8 copies the line. Guide 3.3");
    free(line);
}

static void add_openssl(const char *name, struct page *page)
{
    char *line = xformat("openssl x509 -req -in %s.csr -CA ca.crt -CAkey ca.key -CAcreateserial "
                         "-days " LIFETIME " -sha256 -copy_extensions copy -out %s.pem",
                         name, name);
    struct row *row = add_way(page, "openssl", "openssl", "a CA of your own", line);
    page_line(&row->below, "Where the CA is, with %s.csr and OpenSSL 3.0 or later:", name);
    page_line(&row->below, "%s", "");
    page_lines(&row->below, line);
    page_line(&row->below, "%s", "");
    page_line(&row->below,
              "ca.crt and ca.key stand for the CA's own. The names and usages are those of");
    page_line(&row->below, "the request. Import %s.pem and ca.crt.", name);
    row_detail(row, "F8 copies the line.");
    free(line);
}

static void add_request(const char *pem, struct page *page)
{
    struct row *row =
        add_way(page, "request", "Request", "as PEM, for anyone who asks for it", pem);
    page_lines(&row->below, pem);
    row_detail(row, "F8 copies it. The same text is in the file named above: take either.");
}

static void add_order(const struct facts *facts, const struct identity *identity,
                      const struct csr *csr, const char *pem, struct page *page)
{
    struct str sheet = {0};
    order_sheet(facts, identity, csr, pem, &sheet);
    struct row *row =
        add_way(page, "order", "Order", "the sheet for whoever signs it", str_text(&sheet));
    page_lines(&row->below, str_text(&sheet));
    row_detail(row, "F8 copies the sheet, F6 shows all of it. Nothing in it is secret.");
    str_free(&sheet);
}

void letter_rows(const struct facts *facts, const struct identity *identity, const struct csr *csr,
                 const char *pem, struct page *page)
{
    bool public = strcmp(identity->signer, "public") == 0;
    char *base = request_base(facts, identity);
    add_request(pem, page);
    if (public) {
        add_form(csr, pem, page);
    } else {
        add_certreq(identity, base, csr, page);
        add_openssl(base, page);
    }
    add_mail(identity, base, csr, pem, page);
    add_order(facts, identity, csr, pem, page);
    free(base);
}
