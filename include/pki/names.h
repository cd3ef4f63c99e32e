#ifndef PKI_NAMES_H
#define PKI_NAMES_H

#include "base/error.h"
#include "base/str.h"

/* What a request or a certificate is to say: the MMP's attributes (guide 3.1, app. C). */
enum attribute { ATTR_CN, ATTR_OU, ATTR_O, ATTR_L, ATTR_ST, ATTR_C, ATTR_EMAIL, ATTR_COUNT };
extern const char *const attribute_names[ATTR_COUNT]; /* CN OU O L ST C emailAddress */

struct names {
    char *attributes[ATTR_COUNT]; /* NULL: absent */
    struct strings sans;          /* as typed: www.example.com, 192.0.2.1, a@b.c, http://… */
    struct strings eku;           /* serverAuth, clientAuth; empty: no extension */
};
void names_free(struct names *names);
/* A copy as a request says it: international host names in their ASCII form. */
void names_copy(struct names *to, const struct names *from);
/* The copy would say the same. */
bool names_are_ascii(const struct names *names);

/* One "ATTR:value" as the MMP takes it, into names; surrounding quotes of the value are dropped.
 * Unknown attributes, X.520 limits, blanks after a comma in a SAN are errors that say what to do.
 */
must_check bool names_add(struct names *names, const char *argument, struct error *err);
/* One value judged alone, as the wizard types it: limits, control bytes, two letters of C, a host
 * where the field needs one. The message names the column where that helps. */
must_check bool attribute_check(enum attribute attribute, const char *value, struct error *err);
must_check bool san_check(const char *value, struct error *err);
/* A host name of two or more labels, or an address; the message names the column. */
must_check bool host_check(const char *value, struct error *err);
/* A domain as a person types it, in ASCII or international; *ascii is what the DNS and certificates
 * call it (free it). */
must_check bool domain_check(const char *value, char **ascii, struct error *err);
must_check bool email_check(const char *value, struct error *err);
/* An international host name whose ASCII form has at most so many characters. */
must_check bool idn_check(const char *value, size_t most, struct error *err);
/* The host name that was meant: a blank becomes a dot, http:// and a port go; NULL when unclear,
 * or where several names stand. */
char *host_mend(const char *value);

/* Names typed, pasted or answered at once, each once. Line ends, tabs, commas, semicolons, "&" and
 * no-break blanks part them, and blanks between whole names; "join.example com" stays the one
 * mistake that it is. "DNS:" and brackets go. */
void names_split(const char *text, struct strings *out);
/* Of pasted names what can neither be one nor is meant as one goes to left_out. */
void names_sort(struct strings *names, struct strings *left_out);
/* In one line that names_split takes apart again. Free it. */
char *names_join(const struct strings *names);
/* Two whole names or more. */
bool are_several_names(const char *text);

/* International host names, in UTF-8: bücher.example.com. */
bool is_idn_host(const char *text);
/* The form that the DNS and a certificate have (xn--bcher-kva.example.com), a copy of what is ASCII
 * already. NULL where there is none, or libidn2 lacks; *why then says why (it may be NULL). */
char *host_ascii(const char *host, const char **why);
/* Any value of a SAN or a CN: its international host, also one behind an @, in ASCII; else a copy.
 */
char *name_ascii(const char *value);
/* "libidn2 2.3.3", NULL where it was built without. */
const char *idn_version(void);

/* Two or more labels of letters, digits, hyphens; the first may be "*". At most 253. */
bool is_host_name(const char *text);
/* Hosts are the same in ASCII, whatever their case; any other CN is not, as the database client's.
 */
bool is_same_cn(const char *a, const char *b);
bool is_ip_address(const char *text); /* IPv4 or IPv6 */
/* The whole SAN: CN first where it is a host name or an address, then the rest, each once, typed
 * ("DNS:x" "IP:y" "email:z" "URI:u"). Guide D.2. */
void names_full_san(const struct names *names, struct strings *out);
/* One SAN as typed, with its type: "DNS:x" "IP:y" "email:z" "URI:u"; an IPv6 address as RFC 5952.
 */
char *san_typed(const char *value);
/* The line to type on the appliance: pki csr base CN:x O:"Example Inc." subjectAltName:a,b
 * base's keyword is the verb: "csr" or "selfsigned". Adds to out. The CN is not repeated. */
void names_line(const struct names *names, const char *verb, const char *base, struct str *out);
/* A SAN entry ("DNS:*.x" …) or a bare name covers the wanted name: equal without regard to case, or
 * a wildcard that stands for exactly its first label. wanted is a host name or an address. */
bool san_covers(const char *entry, const char *wanted);
/* ISO 3166-1 alpha-2, capitals. */
bool is_country(const char *code);
const char *country_name(const char *code); /* English short name, NULL when unknown */
/* The code that somebody meant: "USA", "UK", "us", "Germany"; NULL when unclear. */
const char *country_meant(const char *typed);
const char *country_code(const char *name); /* the way back, NULL when unknown */

#endif
