#include "base/file.h"
#include "base/mem.h"
#include "pki/crypto.h"
#include "pki/reader.h"

#include <openssl/err.h>
#include <openssl/objects.h>

enum { NESTED_BAGS_MAX = 4 };

static const STACK_OF(X509) * pkcs7_certs(const PKCS7 *p7)
{
    switch (OBJ_obj2nid(p7->type)) {
    case NID_pkcs7_signed:
        return p7->d.sign ? p7->d.sign->cert : NULL;
    case NID_pkcs7_signedAndEnveloped:
        return p7->d.signed_and_enveloped ? p7->d.signed_and_enveloped->cert : NULL;
    default:
        return NULL;
    }
}

void read_pkcs7(struct reader *reader, PKCS7 *p7)
{
    if (reader->file->kind == PKI_UNKNOWN)
        reader->file->kind = PKI_PKCS7;
    const STACK_OF(X509) *certs = pkcs7_certs(p7);
    for (int i = 0; i < sk_X509_num(certs) && !reader->is_full; i++) {
        X509 *x509 = sk_X509_value(certs, i);
        X509_up_ref(x509);
        reader_add_cert(reader, x509);
    }
    if (sk_X509_num(certs) > 0)
        return;
    if (OBJ_obj2nid(p7->type) == NID_pkcs7_enveloped)
        reader_problem(reader,
                       "encrypted for whoever it was sent to: open it with the mail program "
                       "that has the key, and save what is in it");
    else
        reader_problem(reader, "a PKCS #7 file without certificates");
}

bool pki_signed_content(const unsigned char *data, size_t length, struct buffer *out)
{
    crypto_init();
    PKCS7 *p7 = d2i_PKCS7(NULL, &data, (long)length);
    const ASN1_OCTET_STRING *content = p7 && PKCS7_type_is_signed(p7) && p7->d.sign &&
                                               p7->d.sign->contents &&
                                               PKCS7_type_is_data(p7->d.sign->contents)
                                           ? p7->d.sign->contents->d.data
                                           : NULL;
    bool good = content && ASN1_STRING_length(content) > 0;
    if (good) {
        out->length = (size_t)ASN1_STRING_length(content);
        out->data = xmemdup(ASN1_STRING_get0_data(content), out->length);
    }
    PKCS7_free(p7);
    ERR_clear_error();
    return good;
}

/* One password tried on one PKCS #12. */
struct opening {
    struct reader *reader;
    PKCS12 *p12;
    const char *password;
    int length;
    size_t before; /* objects that were there already */
    bool had_problem;
    bool costly;
};

static bool open_shrouded(struct opening *opening, const X509_SIG *locked)
{
    const X509_ALGOR *algorithm;
    X509_SIG_get0(locked, &algorithm, NULL);
    if (!unlock_affordable(opening->reader, algorithm)) {
        opening->costly = true;
        return false;
    }
    EVP_PKEY *pkey = unlock_open_pkcs8(locked, opening->password, opening->length);
    if (pkey)
        reader_add_key(opening->reader, pkey, true);
    return pkey != NULL;
}

static void read_cert_bag(struct opening *opening, const PKCS12_SAFEBAG *bag)
{
    X509 *x509 = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate
                     ? PKCS12_SAFEBAG_get1_cert(bag)
                     : NULL;
    if (x509)
        reader_add_cert(opening->reader, x509);
    else
        reader_problem(opening->reader, "a certificate in the PKCS #12 file cannot be read");
}

static void read_key_bag(struct opening *opening, const PKCS12_SAFEBAG *bag)
{
    crypto_secure_heap();
    EVP_PKEY *pkey = EVP_PKCS82PKEY(PKCS12_SAFEBAG_get0_p8inf(bag));
    if (pkey)
        reader_add_key(opening->reader, pkey, true);
    else
        reader_problem(opening->reader, "a key in the PKCS #12 file cannot be read");
}

/* false where the password does not fit. */
static bool read_bags(struct opening *opening, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags) && !opening->reader->is_full; i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_certBag:
            read_cert_bag(opening, bag);
            break;
        case NID_keyBag:
            read_key_bag(opening, bag);
            break;
        case NID_pkcs8ShroudedKeyBag:
            if (!open_shrouded(opening, PKCS12_SAFEBAG_get0_pkcs8(bag)))
                return false;
            break;
        case NID_safeContentsBag:
            if (depth < NESTED_BAGS_MAX &&
                !read_bags(opening, PKCS12_SAFEBAG_get0_safes(bag), depth + 1))
                return false;
            break;
        default: /* revocation lists, secrets */
            break;
        }
    }
    return true;
}

static bool read_safe(struct opening *opening, PKCS7 *safe)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    if (PKCS7_type_is_data(safe) && safe->d.data) {
        bags = PKCS12_unpack_p7data(safe);
    } else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted && safe->d.encrypted->enc_data) {
        if (!unlock_affordable(opening->reader, safe->d.encrypted->enc_data->algorithm)) {
            opening->costly = true;
            return false;
        }
        bags = PKCS12_unpack_p7encdata(safe, opening->password, opening->length);
    } else {
        reader_problem(opening->reader, "a part of the PKCS #12 file is of an unknown kind");
        return true;
    }
    bool good = bags && read_bags(opening, bags, 0);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return good;
}

static bool mac_fits(struct opening *opening)
{
    if (!PKCS12_mac_present(opening->p12))
        return true;
    const ASN1_INTEGER *rounds = NULL;
    const X509_ALGOR *algorithm = NULL;
    PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, opening->p12);
    bool good = OBJ_obj2nid(algorithm->algorithm) == NID_pbmac1
                    ? unlock_affordable_pbmac1(opening->reader, algorithm)
                    : unlock_affordable_rounds(opening->reader, rounds);
    if (!good) {
        opening->costly = true;
        return false;
    }
    return PKCS12_verify_mac(opening->p12, opening->password, opening->length) == 1;
}

/* RFC 9879. */
static bool lacks_pbmac1(const PKCS12 *p12)
{
    const X509_ALGOR *algorithm = NULL;
    PKCS12_get0_mac(NULL, &algorithm, NULL, NULL, p12);
    return algorithm && OBJ_obj2nid(algorithm->algorithm) == NID_pbmac1 &&
           OpenSSL_version_num() < 0x30400000;
}

static bool try_pkcs12(void *arg)
{
    struct opening *opening = arg;
    reader_forget(opening->reader, opening->before, opening->had_problem);
    if (!mac_fits(opening))
        return false;
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(opening->p12);
    bool good = safes != NULL;
    for (int i = 0; good && i < sk_PKCS7_num(safes); i++)
        good = read_safe(opening, sk_PKCS7_value(safes, i));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return good;
}

/* The one given, while the file's rounds last; then no password, and an empty one: exports without
 * a password have either. */
void read_pkcs12(struct reader *reader, PKCS12 *p12)
{
    const struct secret *given = reader->password;
    struct opening opening = {.reader = reader,
                              .p12 = p12,
                              .before = reader->file->count,
                              .had_problem = reader->file->problem != NULL};
    const char *const passwords[] = {given ? (const char *)given->data : NULL, NULL, ""};
    enum unlock worst = given ? UNLOCK_WRONG : UNLOCK_NONE;
    if (reader->file->kind == PKI_UNKNOWN)
        reader->file->kind = PKI_PKCS12;
    if (lacks_pbmac1(p12)) {
        unlock_report(reader, UNLOCK_PBMAC1);
        return;
    }
    for (size_t i = given ? 0 : 1; i < 3 && worst != UNLOCK_COSTLY; i++) {
        opening.password = passwords[i];
        opening.length = given && i == 0 ? (int)given->length : 0;
        enum unlock outcome = unlock_try(try_pkcs12, &opening);
        if (outcome == UNLOCK_OPEN) {
            if (reader->file->count == opening.before)
                reader_problem(reader, "a PKCS #12 file without certificates and keys");
            return;
        }
        if (outcome == UNLOCK_LEGACY || outcome == UNLOCK_UNKNOWN)
            worst = outcome;
        if (opening.costly && (i == 0 || !given)) /* else the one given was tried, and is wrong */
            worst = UNLOCK_COSTLY;
    }
    reader_forget(reader, opening.before, opening.had_problem);
    unlock_report(reader, worst);
}
