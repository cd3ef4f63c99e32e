#include "pki/text.h"

#include "base/escape.h"
#include "base/mem.h"
#include "pki/object.h"
#include "pki/words.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL 3's texts are put into the layout of 1.0, which the appliance prints (guide 4.8), and
 * every value of a stranger is escaped by itself: a line end inside a name must not look like a new
 * line. */

#define NAME_LENGTH 80

/* What OpenSSL printed, ended by a NUL that is not counted; stays owned by the BIO. */
static const char *bio_text(BIO *bio, size_t *length)
{
    char *data = NULL;
    BIO_write(bio, "", 1);
    long count = BIO_get_mem_data(bio, &data);
    *length = count > 1 ? (size_t)count - 1 : 0;
    return *length ? data : "";
}

/* The names as 1.0 joined them: ", " before types of one or two capitals, "/" before others
 * (CN=x/emailAddress=y), but UTF-8 readable. */
static void name_compat(const X509_NAME *name, struct str *out)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
        char words[NAME_LENGTH];
        int nid = OBJ_obj2nid(type);
        if (nid == NID_undef)
            OBJ_obj2txt(words, sizeof words, type, 1);
        else
            snprintf(words, sizeof words, "%s", OBJ_nid2sn(nid));
        size_t capitals = strspn(words, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (i > 0)
            str_add(out, capitals <= 2 && words[capitals] == '\0' ? ", " : "/");
        str_addf(out, "%s=", words);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        unsigned char *text = NULL;
        int length = ASN1_STRING_to_UTF8(&text, value);
        if (length >= 0)
            escape_add(out, (const char *)text, (size_t)length);
        else
            escape_add(out, (const char *)ASN1_STRING_get0_data(value),
                       (size_t)ASN1_STRING_length(value));
        OPENSSL_free(text);
    }
    ERR_clear_error();
}

void text_oneline(const struct cert *cert, bool issuer, struct str *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        return;
    X509 *x509 = cert_x509(cert);
    const X509_NAME *name = issuer ? X509_get_issuer_name(x509) : X509_get_subject_name(x509);
    unsigned long form =
        XN_FLAG_ONELINE & ~(unsigned long)(ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_ESC_CTRL);
    X509_NAME_print_ex(bio, name, 0, form);
    size_t length;
    const char *text = bio_text(bio, &length);
    escape_add(out, text, length);
    BIO_free(bio);
    X509_free(x509);
}

/* OpenSSL's lines up to the extensions, with our names and the algorithm where 1.0 had it. */
static void add_head(struct str *out, BIO *bio, const X509_NAME *subject, const X509_NAME *issuer)
{
    static const char algorithm[] = "        Signature Algorithm:";
    size_t length;
    const char *text = bio_text(bio, &length), *end = text + length;
    while (text < end) {
        const char *next = memchr(text, '\n', (size_t)(end - text));
        next = next ? next + 1 : end;
        if (issuer && text_starts(text, "        Issuer: ")) {
            str_add(out, "        Issuer: ");
            name_compat(issuer, out);
            str_add_char(out, '\n');
        } else if (text_starts(text, "        Subject: ")) {
            str_add(out, "        Subject: ");
            name_compat(subject, out);
            str_add_char(out, '\n');
        } else {
            if (text_starts(text, algorithm))
                text += 4;
            escape_lines(out, text, (size_t)(next - text));
        }
        text = next;
    }
}

/* "DNS:x, DNS:y", or a line each. */
static void add_values(struct str *out, const STACK_OF(CONF_VALUE) * values, int indent, bool lines,
                       bool is_key_id)
{
    if (sk_CONF_VALUE_num(values) <= 0)
        str_addf(out, "%*s<EMPTY>\n", indent, "");
    for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(values, i);
        if (i == 0)
            str_addf(out, "%*s", indent, "");
        else if (lines)
            str_addf(out, "\n%*s", indent, "");
        else
            str_add(out, ", ");
        if (is_key_id && !value->name)
            str_add(out, "keyid:"); /* OpenSSL 3 leaves it out where it stands alone */
        if (value->name)
            escape_add(out, value->name, strlen(value->name));
        if (value->name && value->value)
            str_add_char(out, ':');
        if (value->value)
            escape_add(out, value->value, strlen(value->value));
    }
    if (sk_CONF_VALUE_num(values) > 0)
        str_add_char(out, '\n');
}

/* An extension whose values OpenSSL gives one by one. */
static bool add_listed(struct str *out, X509_EXTENSION *extension, int indent)
{
    const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
    if (!method || !method->i2v || !method->it)
        return false;
    void *content = X509V3_EXT_d2i(extension);
    if (!content)
        return false;
    STACK_OF(CONF_VALUE) *values = method->i2v(method, content, NULL);
    if (values)
        add_values(out, values, indent, (method->ext_flags & X509V3_EXT_MULTILINE) != 0,
                   method->ext_nid == NID_authority_key_identifier);
    sk_CONF_VALUE_pop_free(values, X509V3_conf_free);
    ASN1_item_free(content, ASN1_ITEM_ptr(method->it));
    return values != NULL;
}

/* An extension that OpenSSL prints as a text of its own. A line that begins before the indent is a
 * line end inside a value. */
static bool add_printed(struct str *out, X509_EXTENSION *extension, int indent)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || !X509V3_EXT_print(bio, extension, 0, indent)) {
        BIO_free(bio);
        return false;
    }
    size_t length;
    const char *text = bio_text(bio, &length), *end = text + length;
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t size = (size_t)((stop ? stop : end) - line);
        if (line != text)
            str_add(out, size == 0 || strspn(line, " ") >= (size_t)indent ? "\n" : "\\x0A");
        escape_add(out, line, size);
        line = stop ? stop + 1 : end;
    }
    str_add(out, length && end[-1] == '\n' ? "\n\n" : "\n");
    BIO_free(bio);
    return true;
}

/* An extension that OpenSSL doesn't know: its bytes, as far as they can be printed. */
static void add_dumped(struct str *out, X509_EXTENSION *extension, int indent)
{
    const ASN1_STRING *data = X509_EXTENSION_get_data(extension);
    str_addf(out, "%*s", indent, "");
    for (int i = 0; i < ASN1_STRING_length(data); i++) {
        unsigned char byte = ASN1_STRING_get0_data(data)[i];
        str_add_char(out, byte >= ' ' && byte <= '~' ? (char)byte : '.');
    }
    str_add_char(out, '\n');
}

static void add_object(struct str *out, const ASN1_OBJECT *object)
{
    char words[NAME_LENGTH];
    OBJ_obj2txt(words, sizeof words, object, 0);
    str_add(out, words);
}

static void add_extensions(struct str *out, const char *title, int indent,
                           const STACK_OF(X509_EXTENSION) * extensions)
{
    if (sk_X509_EXTENSION_num(extensions) <= 0)
        return;
    str_addf(out, "%*s%s:\n", indent, "", title);
    for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(extensions, i);
        str_addf(out, "%*s", indent + 4, "");
        add_object(out, X509_EXTENSION_get_object(extension));
        str_addf(out, ": %s\n", X509_EXTENSION_get_critical(extension) ? "critical" : "");
        if (!add_listed(out, extension, indent + 8) && !add_printed(out, extension, indent + 8))
            add_dumped(out, extension, indent + 8);
    }
    ERR_clear_error();
}

/* 1.0 had no line "Signature Value:" between algorithm and bytes. */
static void add_signature(struct str *out, const X509_ALGOR *algorithm,
                          const ASN1_BIT_STRING *signature)
{
    static const char unwanted[] = "    Signature Value:\n";
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio && X509_signature_print(bio, algorithm, signature)) {
        size_t length;
        const char *text = bio_text(bio, &length);
        const char *cut = memmem(text, length, unwanted, sizeof unwanted - 1);
        size_t before = cut ? (size_t)(cut - text) : length;
        size_t rest = cut ? before + sizeof unwanted - 1 : length;
        escape_lines(out, text, before);
        escape_lines(out, text + rest, length - rest);
    }
    BIO_free(bio);
}

/* OpenSSL calls a key that it decoded by itself "RSA Public-Key". */
static void add_key_lines(struct str *out, const char *text, size_t length)
{
    static const char kind[] = "RSA ";
    const char *title = memmem(text, length, "Public-Key:", strlen("Public-Key:"));
    size_t before = title ? (size_t)(title - text) : 0;
    bool is_named = before >= strlen(kind) && memcmp(title - strlen(kind), kind, strlen(kind)) == 0;
    escape_lines(out, text, before - (is_named ? strlen(kind) : 0));
    escape_lines(out, text + before, length - before);
}

/* As X509_print_ex writes it, which would need a certificate whose key was decoded. */
static void add_public_key(struct str *out, X509_PUBKEY *key)
{
    ASN1_OBJECT *algorithm = NULL;
    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, key);
    str_addf(out, "%8sSubject Public Key Info:\n%12sPublic Key Algorithm: ", "", "");
    add_object(out, algorithm);
    str_add_char(out, '\n');
    EVP_PKEY *pkey = field_decode(key);
    BIO *bio = BIO_new(BIO_s_mem());
    if (pkey && bio && EVP_PKEY_print_public(bio, pkey, 16, NULL) > 0) {
        size_t length;
        const char *text = bio_text(bio, &length);
        add_key_lines(out, text, length);
    } else {
        str_addf(out, "%12sUnable to load Public Key\n", "");
    }
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

void text_cert(const struct cert *cert, struct str *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        return;
    X509 *x509 = cert_x509(cert);
    X509_print_ex(bio, x509, XN_FLAG_COMPAT,
                  X509_FLAG_NO_PUBKEY | X509_FLAG_NO_EXTENSIONS | X509_FLAG_NO_SIGDUMP |
                      X509_FLAG_NO_AUX);
    add_head(out, bio, X509_get_subject_name(x509), X509_get_issuer_name(x509));
    BIO_free(bio);
    add_public_key(out, X509_get_X509_PUBKEY(x509));
    add_extensions(out, "X509v3 extensions", 8, X509_get0_extensions(x509));
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *algorithm;
    X509_get0_signature(&signature, &algorithm, x509);
    add_signature(out, algorithm, signature);
    X509_free(x509);
    ERR_clear_error();
}

static void add_attribute(struct str *out, X509_ATTRIBUTE *attribute)
{
    for (int i = 0; i < X509_ATTRIBUTE_count(attribute); i++) {
        const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, i);
        str_addf(out, "%12s", "");
        size_t start = out->length;
        add_object(out, X509_ATTRIBUTE_get0_object(attribute));
        str_addf(out, "%*s:", (int)(out->length - start < 25 ? 25 - (out->length - start) : 0), "");
        switch (value ? ASN1_TYPE_get(value) : V_ASN1_UNDEF) {
        case V_ASN1_PRINTABLESTRING:
        case V_ASN1_T61STRING:
        case V_ASN1_NUMERICSTRING:
        case V_ASN1_UTF8STRING:
        case V_ASN1_IA5STRING:
            escape_add(out, (const char *)ASN1_STRING_get0_data(value->value.asn1_string),
                       (size_t)ASN1_STRING_length(value->value.asn1_string));
            str_add_char(out, '\n');
            break;
        default:
            str_add(out, "unable to print attribute\n");
        }
    }
}

static void add_attributes(struct str *out, X509_REQ *req)
{
    str_add(out, "        Attributes:\n");
    if (X509_REQ_get_attr_count(req) == 0)
        str_add(out, "            (none)\n");
    for (int i = 0; i < X509_REQ_get_attr_count(req); i++) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(req, i);
        if (!X509_REQ_extension_nid(OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute))))
            add_attribute(out, attribute);
    }
}

void text_csr(const struct csr *csr, struct str *out)
{
    X509_REQ *req = csr->req;
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        return;
    X509_REQ_print_ex(bio, req, XN_FLAG_COMPAT,
                      X509_FLAG_NO_EXTENSIONS | X509_FLAG_NO_ATTRIBUTES | X509_FLAG_NO_SIGDUMP);
    add_head(out, bio, X509_REQ_get_subject_name(req), NULL);
    BIO_free(bio);
    add_attributes(out, req);
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(req);
    add_extensions(out, "Requested Extensions", 12, extensions);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *algorithm;
    X509_REQ_get0_signature(req, &signature, &algorithm);
    add_signature(out, algorithm, signature);
    if (!csr->signature_valid)
        str_add(out,
                "    The signature is wrong: this request was changed, or not made by its key\n");
    ERR_clear_error();
}

/* Never the numbers of a private key: what it is, and what it is known by. */
static void text_key(const struct key *key, struct str *out)
{
    str_add(out, key->is_private ? "Private-Key: " : "Public-Key: ");
    if (key->encrypted) {
        str_add(out, "locked by a password (pki unlock opens it)\n");
        return;
    }
    str_addf(out, "(%d bit)\n    Algorithm: %s\n    Public key SHA-256:\n        ", key->bits,
             key->algorithm);
    for (size_t i = 0; i < KEY_ID_BYTES; i++)
        str_addf(out, "%s%02X", i ? ":" : "", key->id[i]);
    str_add_char(out, '\n');
}

static const char *kind_title(enum pki_kind kind)
{
    switch (kind) {
    case PKI_CERTIFICATE:
        return "certificate";
    case PKI_BUNDLE:
        return "certificate bundle";
    case PKI_PRIVATE_KEY:
        return "private key";
    case PKI_PUBLIC_KEY:
        return "public key";
    case PKI_CSR:
        return "certificate signing request";
    case PKI_PKCS12:
        return "PKCS#12 container";
    case PKI_PKCS7:
        return "PKCS#7 certificate bundle";
    default:
        return "";
    }
}

static void text_found(const struct pki_file *file, struct str *out)
{
    bool is_ssh = file->kind == PKI_SSH_PUBLIC_KEY;
    words_add(out, is_ssh ? WORD_SSH_FOUND : WORD_SSH_NOT_FOUND, NULL, NULL, NULL);
    str_add_char(out, '\n');
    if (!is_ssh) {
        words_add(out, WORD_FILES_FOUND, NULL, NULL, NULL);
        str_add_char(out, '\n');
    }
    if (is_ssh)
        words_add(out, WORD_CONTENT_SSH, NULL, NULL, NULL);
    else if (file->kind == PKI_UNKNOWN)
        words_add(out, WORD_CONTENT_UNKNOWN, NULL, NULL, NULL);
    else
        words_add(out, WORD_CONTENT, file->pem ? "PEM" : "DER", kind_title(file->kind), NULL);
    str_add_char(out, '\n');
}

void text_inspect(const struct pki_file *file, struct str *out)
{
    text_found(file, out);
    if (file->locked && file->count == 0)
        str_add(out, "It is locked by a password (--password-file opens it)\n");
    if (file->ssh_text) {
        escape_add(out, file->ssh_text->data, file->ssh_text->length);
        str_add_char(out, '\n');
    }
    for (size_t i = 0; i < file->count; i++) {
        const struct object *object = &file->objects[i];
        if (object->kind == OBJECT_CERT)
            text_cert(object->cert, out);
        else if (object->kind == OBJECT_CSR)
            text_csr(object->csr, out);
        else
            text_key(object->key, out);
    }
}

void text_versions(struct str *out)
{
    const char *idn = idn_version();
    str_addf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
    str_addf(out, "%s\n", idn ? idn : "without libidn2: international host names in ASCII only");
}
