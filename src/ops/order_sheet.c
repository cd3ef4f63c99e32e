#include "ops/order_sheet.h"

#include "base/mem.h"
#include "ops/material.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL = 15 }; /* columns before a value */

char *order_file(const struct identity *identity)
{
    return xformat("%s.txt", identity->name);
}

char *order_cover_file(const struct order_cover *cover)
{
    return xformat("cover.%s.txt", cover->signer);
}

const char *order_to(const struct identity *identity)
{
    return strcmp(identity->signer, "public") == 0 ? "the public CA" : "the internal CA";
}

char *order_users(const struct identity *identity)
{
    struct str out = {0};
    for (size_t i = 0; i < identity->use_count; i++) {
        const struct component *component = identity->uses[i].service->component;
        bool told = false;
        for (size_t j = 0; j < i; j++)
            told = told || identity->uses[j].service->component == component;
        if (told)
            continue;
        struct strings servers = {0};
        for (size_t j = i; j < identity->use_count; j++)
            if (identity->uses[j].service->component == component)
                strings_add_new(&servers, identity->uses[j].service->server->name);
        char *list = strings_join(&servers, ", ");
        str_addf(&out, "%s%s on %s", out.length ? "; " : "", component->title, list);
        free(list);
        strings_free(&servers);
    }
    return str_take(&out);
}

static bool has_client(const struct csr *csr)
{
    return strings_has(&csr->eku, "clientAuth");
}

const char *order_template(const struct identity *identity, const struct csr *csr)
{
    return *identity->template_name ? identity->template_name
           : has_client(csr)        ? NULL
                                    : "WebServer";
}

void order_key(const struct csr *csr, struct str *out)
{
    for (size_t i = 0; i < KEY_ID_BYTES; i++)
        str_addf(out, "%s%02x", i ? ":" : "", csr->key_id[i]);
}

void order_key_lines(const struct csr *csr, const char *indent, struct str *out)
{
    struct str key = {0};
    order_key(csr, &key);
    int half = (int)(key.length + 1) / 2;
    str_addf(out, "%s%.*s\n%s%s\n", indent, half, str_text(&key), indent, str_text(&key) + half);
    str_free(&key);
}

/* What is no ASCII, as RFC 4514 writes a byte: whoever reads it may have any code page. */
static char *ascii(const char *text)
{
    struct str out = {0};
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c >= 0x80 || *c < ' ' || *c == 0x7f)
            str_addf(&out, "\\%02X", *c);
        else
            str_add_char(&out, (char)*c);
    return str_take(&out);
}

static void heading(struct str *out, const char *text)
{
    str_addf(out, "\n%s\n", text);
}

/* "  Label        value, broken between words": a word that is longer stays whole. */
static void entry(struct str *out, const char *label, const char *value)
{
    char *safe = ascii(value);
    size_t column = LABEL;
    bool begun = false;
    str_addf(out, "  %-*s", LABEL - 2, label);
    for (const char *word = safe; *word;) {
        size_t length = strcspn(word, " ");
        if (begun && column + 1 + length > ORDER_WIDTH) {
            str_addf(out, "\n%*s", LABEL, "");
            column = LABEL;
            begun = false;
        }
        str_addf(out, "%s%.*s", begun ? " " : "", (int)length, word);
        column += length + begun;
        begun = true;
        word += length + (word[length] == ' ');
    }
    str_add_char(out, '\n');
    free(safe);
}

static void entries(struct str *out, const char *label, const struct strings *values)
{
    for (size_t i = 0; i < values->count; i++)
        entry(out, i ? "" : label, values->items[i]);
}

static void usages(struct str *out, const char *label, const struct strings *values,
                   const char *none)
{
    char *text = values->count ? strings_join(values, ", ") : xstrdup(none);
    entry(out, label, text);
    free(text);
}

static bool has_wildcard(const struct csr *csr)
{
    for (size_t i = 0; i < csr->sans.count; i++)
        if (strstr(csr->sans.items[i], "*."))
            return true;
    return false;
}

/* What a public CA's shop calls it. */
static void add_product(const struct csr *csr, struct str *out)
{
    size_t names = csr->sans.count;
    char *text = names > 1 ? xformat("TLS server certificate for %zu names (multi-domain, SAN or "
                                     "UCC)%s",
                                     names, has_wildcard(csr) ? ", one of them a wildcard" : "")
                           : xformat("TLS server certificate for one %s",
                                     has_wildcard(csr) ? "wildcard" : "name");
    entry(out, "Product", text);
    entry(out, "",
          strchr(csr->subject, ',') ? "domain validation gives the names alone; the subject below "
                                      "takes organization validation"
                                    : "domain validation is enough");
    free(text);
    if (has_client(csr))
        entry(
            out, "Ask first",
            "whether client authentication is still given: most public CAs have stopped giving it "
            "(document 225482). Without it do not issue, tell us.");
}

static void add_template(const struct identity *identity, const struct csr *csr, struct str *out)
{
    const char *template = order_template(identity, csr);
    entry(out, "Template",
          template ? template
                   : "one of Active Directory that has client as well as server authentication. "
                     "WebServer has server authentication alone: copy it, and add Client "
                     "Authentication to its application policies.");
}

static void add_wanted(const struct identity *identity, const struct csr *csr, struct str *out)
{
    char *algorithm =
        xformat("%s %d, SHA-256 of the public key:", csr->key_algorithm, csr->key_bits);
    char indent[LABEL + 1];
    memset(indent, ' ', LABEL);
    indent[LABEL] = '\0';
    heading(out, "What is ordered");
    if (strcmp(identity->signer, "public") == 0)
        add_product(csr, out);
    else
        add_template(identity, csr, out);
    entry(out, "Subject", csr->subject);
    entries(out, "Names (SAN)", &csr->sans);
    usages(out, "Key usage", &csr->ku, "as your policy has it, digitalSignature with it");
    usages(out, "Extended", &csr->eku, "none is asked for");
    entry(out, "Signed with", "SHA-256");
    entry(out, "Key", algorithm);
    order_key_lines(csr, indent, out);
    entry(out, "", "Names, usages and key are those of the request: please change none.");
    free(algorithm);
}

/* cmd.exe goes on in the next line behind a caret. */
static void add_certreq(const struct identity *identity, const char *name, const struct csr *csr,
                        struct str *out)
{
    const char *template = order_template(identity, csr);
    char *safe = ascii(template ? template : "TEMPLATE");
    bool fits = 3 * (strlen(name) + strlen(".csr ")) + strlen("    ") <= ORDER_WIDTH;
    const char *gap = fits ? " " : " ^\n    ";
    heading(out, "With Active Directory Certificate Services (guide 3.3)");
    str_addf(out,
             "  In cmd.exe, in the folder with %s.csr%s:\n\n"
             "  certreq -submit -attrib \"CertificateTemplate:%s\" ^\n"
             "    %s.csr%s%s.cer%s%s.p7b\n",
             name, template ? "" : ", your template for TEMPLATE", safe, name, gap, name, gap,
             name);
    free(safe);
}

/* Any name is taken in, for the key tells whose it is; a good one spares questions. */
static void add_answer(const struct identity *identity, const char *base, struct str *out)
{
    bool public = strcmp(identity->signer, "public") == 0;
    char *name =
        public ? xformat("%s.crt", base) : xformat("%s.cer, or %s.p7b with the chain", base, base);
    heading(out, "What to send back");
    entry(out, "Form",
          public ? "PEM (Base64): where the shop asks for a kind of server, Apache"
                 : "PEM (Base64), or PKCS #7");
    entry(out, "With it", "every intermediate certificate and the root, in one file or in several");
    entry(out, "Named", name);
    free(name);
}

static void add_check(const char *base, struct str *out)
{
    heading(out, "To compare the key before it is signed");
    str_addf(out,
             "  openssl req -in \\\n    %s.csr \\\n    -noout -pubkey |\n"
             "    openssl pkey -pubin -outform DER | openssl dgst -sha256 -c\n",
             base);
}

void order_sheet(const struct facts *facts, const struct identity *identity, const struct csr *csr,
                 const char *pem, struct str *out)
{
    char *users = order_users(identity);
    char *base = request_base(facts, identity);
    char *request = xformat("%s.csr, below as well", base);
    char *from = xformat("Cisco Meeting Server of %s", facts->deployment.name);
    str_addf(out, ORDER_MARK ": %s\n\n", identity->name);
    entry(out, "To", order_to(identity));
    entry(out, "From", from);
    if (*users)
        entry(out, "For", users);
    entry(out, "Request", request);
    add_wanted(identity, csr, out);
    if (strcmp(identity->signer, "public") != 0)
        add_certreq(identity, base, csr, out);
    add_answer(identity, base, out);
    add_check(base, out);
    const char *begin = strstr(pem, "-----BEGIN ");
    heading(out, "The request");
    for (const char *line = begin ? begin : ""; *line;) {
        size_t length = strcspn(line, "\r\n");
        if (length)
            str_addf(out, "%.*s\n", (int)length, line);
        line += length + strspn(line + length, "\r\n");
    }
    free(from);
    free(request);
    free(base);
    free(users);
}

/* A line or two each: what tells one from the other at the CA. */
static void add_listed(const struct order *order, struct str *out)
{
    const struct csr *csr = order->csr;
    char *name = order_file(order->identity);
    char *eku = strings_join(&csr->eku, ", ");
    char *names = csr->sans.count == 1 ? xstrdup("1 name") : xformat("%zu names", csr->sans.count);
    char *title = *csr->cn ? ascii(csr->cn) : ascii(csr->subject);
    str_addf(out, "\n  %s\n", name);
    entry(out, "", title);
    char *what = xformat("%s%s%s", names, *eku ? "; " : "", eku);
    entry(out, "", what);
    free(what);
    free(title);
    free(names);
    free(eku);
    free(name);
}

void order_cover_text(const struct facts *facts, const struct order *orders, size_t count,
                      struct order_cover *cover)
{
    const char *to = strcmp(cover->signer, "public") == 0 ? "the public CA" : "the internal CA";
    bool one = cover->identities.count == 1;
    struct str *out = &cover->text;
    char *from = xformat("Cisco Meeting Server of %s", facts->deployment.name);
    str_addf(out, ORDER_MARK "s for %s: %zu\n\n", to, cover->identities.count);
    entry(out, "From", from);
    entry(out, "Attached", one ? "the sheet below" : "the sheets below");
    heading(out,
            one ? "Please issue one certificate. Its sheet says what it needs and ends in\nthe "
                  "request itself; nothing in it is secret."
                : "Please issue one certificate for each sheet. A sheet says what it needs "
                  "and\nends in the request itself; nothing in them is secret.");
    for (size_t i = 0; i < count; i++)
        if (strings_has(&cover->identities, orders[i].identity->name))
            add_listed(&orders[i], out);
    heading(out, "Please send all answers together, with every intermediate certificate and\n"
                 "the root; one archive will do.");
    free(from);
}
