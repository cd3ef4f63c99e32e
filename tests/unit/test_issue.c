#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "sample.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const time_t now = 1800000000; /* 2027-01-15 */

static void take(struct names *names, const char *argument)
{
    struct error err = {0};
    if (!names_add(names, argument, &err))
        fail_msg("%s: %s", argument, err.message);
}

static struct key *new_key(const char *type, int bits)
{
    struct key *key;
    struct error err = {0};
    if (!key_generate(type, bits, &key, &err))
        fail_msg("%s", err.message);
    return key;
}

/* An RSA key that openssl makes once, in a process of its own: under valgrind ours would take
 * minutes. */
static struct key *rsa_key(const char *name)
{
    char *command = xformat("[ -e %s ] || openssl genrsa -out %s 2048", name, name);
    struct pki_file file;
    sample_run(command);
    sample_parse(name, NULL, &file);
    assert_int_equal(file.count, 1);
    struct key *key = file.objects[0].key;
    file.objects[0].key = NULL;
    pki_file_free(&file);
    free(command);
    return key;
}

/* PEM to be looked at, as a file too. */
static void parse(const struct str *pem, const char *name, struct pki_file *out)
{
    sample_write(name, pem->data, pem->length);
    pki_parse((const unsigned char *)pem->data, pem->length, NULL, out);
    if (out->problem)
        fail_msg("%s", out->problem);
}

static void keys_are_what_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        int bits;
        const char *algorithm;
    } kinds[] = {{"rsa", 2048, "RSA"}, {"rsa", 3072, "RSA"}, {"ec", 256, "EC"}, {"ec", 384, "EC"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (getenv("SLOW") && strcmp(kinds[i].type, "rsa") == 0) /* minutes under valgrind */
            continue;
        struct key *key = new_key(kinds[i].type, kinds[i].bits);
        assert_string_equal(key->algorithm, kinds[i].algorithm);
        assert_int_equal(key->bits, kinds[i].bits);
        assert_true(key->is_private && !key->encrypted);
        key_free(key);
    }
    struct key *key = NULL;
    struct error err = {0};
    assert_false(key_generate("rsa", 1024, &key, &err));
    assert_string_equal(err.message, "no key of type \"rsa\" with 1024 bits");
    assert_false(key_generate("dsa", 2048, &key, &err));
    assert_null(key);
}

static void keys_are_written_as_plain_pkcs8(void **state)
{
    (void)state;
    struct key *key = new_key("ec", 256);
    struct secret pem = {0};
    struct error err = {0};
    assert_true(key_pem(key, &pem, &err));
    assert_memory_equal(pem.data, "-----BEGIN PRIVATE KEY-----\n", 28);
    assert_string_equal((char *)pem.data + pem.length - 26, "-----END PRIVATE KEY-----\n");
    sample_write("k.key", pem.data, pem.length);
    sample_run("openssl pkey -in k.key -check -noout");
    struct pki_file file;
    pki_parse(pem.data, pem.length, NULL, &file);
    assert_memory_equal(pki_first_key(&file)->id, key->id, KEY_ID_BYTES);
    pki_file_free(&file);
    secret_free(&pem);
    key_free(key);
}

static void a_request_asks_for_what_was_given(void **state)
{
    (void)state;
    struct key *key = rsa_key("first.key");
    struct names names = {0};
    struct str pem = {0};
    struct error err = {0};
    struct pki_file file;
    take(&names, "CN:www.example.com");
    take(&names, "O:\"Z\xC3\xBCrich, Inc.\"");
    take(&names, "C:CH");
    take(&names, "emailAddress:a@b.example");
    take(&names, "subjectAltName:a.example.com,192.0.2.1,2001:db8::1,x@y.com,sip:a@b.com,"
                 "www.example.com");
    strings_add(&names.eku, "serverAuth");
    strings_add(&names.eku, "clientAuth");
    assert_true(csr_make(key, &names, &pem, &err));
    parse(&pem, "r.csr", &file);
    const struct csr *csr = pki_first_csr(&file);
    assert_true(csr->signature_valid);
    assert_memory_equal(csr->key_id, key->id, KEY_ID_BYTES);
    char *sans = strings_join(&csr->sans, " "), *ku = strings_join(&csr->ku, " "),
         *eku = strings_join(&csr->eku, " ");
    assert_string_equal(sans, "DNS:www.example.com DNS:a.example.com IP:192.0.2.1 IP:2001:db8::1 "
                              "email:x@y.com URI:sip:a@b.com");
    assert_string_equal(ku, "digitalSignature keyEncipherment");
    assert_string_equal(eku, "serverAuth clientAuth");
    free(sans);
    free(ku);
    free(eku);
    pki_file_free(&file);

    sample_run("openssl req -in r.csr -verify -noout");
    char *subject = sample_output("openssl req -in r.csr -noout -subject -nameopt compat,utf8");
    assert_string_equal(subject, "subject=C=CH, O=Z\xC3\xBCrich, Inc., CN=www.example.com, "
                                 "emailAddress=a@b.example");
    free(subject);
    char *lines = sample_output("openssl req -in r.csr -noout -text | "
                                "grep -c -e 'sha256WithRSAEncryption' -e 'Key Usage: critical'");
    assert_string_equal(lines, "2");
    free(lines);
    str_free(&pem);
    names_free(&names);
    key_free(key);
}

static void an_ec_request_enciphers_no_keys(void **state)
{
    (void)state;
    struct key *key = new_key("ec", 384);
    struct names names = {0};
    struct str pem = {0};
    struct error err = {0};
    struct pki_file file;
    take(&names, "CN:postgres");
    assert_true(csr_make(key, &names, &pem, &err));
    parse(&pem, "r.csr", &file);
    const struct csr *csr = pki_first_csr(&file);
    assert_int_equal(csr->ku.count, 1);
    assert_int_equal(csr->sans.count, 0);
    assert_int_equal(csr->eku.count, 0);
    pki_file_free(&file);
    str_free(&pem);
    names_free(&names);
    key_free(key);
}

static void keys_of_other_kinds_make_requests_too(void **state)
{
    (void)state;
    sample_run("openssl genpkey -algorithm ED25519 -out ed.key;"
               "openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key;"
               "openssl pkey -in ed.key -pubout -out ed.pub");
    static const char *const files[] = {"ed.key", "pss.key"};
    struct names names = {0};
    struct error err = {0};
    take(&names, "CN:a.example.com");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct pki_file key, csr;
        struct str pem = {0};
        sample_parse(files[i], NULL, &key);
        assert_true(csr_make(pki_first_key(&key), &names, &pem, &err));
        parse(&pem, "r.csr", &csr);
        assert_true(pki_first_csr(&csr)->signature_valid);
        assert_int_equal(pki_first_csr(&csr)->ku.count, 1);
        pki_file_free(&key);
        pki_file_free(&csr);
        str_free(&pem);
    }
    struct pki_file public;
    struct str pem = {0};
    sample_parse("ed.pub", NULL, &public);
    assert_false(csr_make(pki_first_key(&public), &names, &pem, &err));
    assert_string_equal(err.message, "a public key, not a private one");
    assert_int_equal(pem.length, 0);
    pki_file_free(&public);
    names_free(&names);
}

static void a_request_needs_a_common_name(void **state)
{
    (void)state;
    struct key *key = new_key("ec", 256);
    struct names names = {0};
    struct str pem = {0};
    struct error err = {0};
    take(&names, "O:Example");
    assert_false(csr_make(key, &names, &pem, &err));
    assert_string_equal(err.place, "CN");
    assert_int_equal(pem.length, 0);
    names_free(&names);
    key_free(key);
}

/* A CA as pki selfsigned makes it, with the days given, from the moment given. */
static void make_ca(const char *cn, int days, time_t at, struct key **key, struct pki_file *file)
{
    struct names names = {0};
    struct str pem = {0};
    struct error err = {0};
    *key = rsa_key(strcmp(cn, "CN:Other CA") == 0 ? "second.key" : "first.key");
    take(&names, cn);
    strings_add(&names.eku, "serverAuth"); /* has no effect */
    if (!cert_selfsign(*key, &names, days, at, &pem, &err))
        fail_msg("%s", err.message);
    parse(&pem, "ca.crt", file);
    str_free(&pem);
    names_free(&names);
}

static void selfsigned_can_serve_and_sign(void **state)
{
    (void)state;
    struct key *key;
    struct pki_file file;
    make_ca("CN:cms.example.com", 365, now, &key, &file);
    const struct cert *cert = pki_first_cert(&file);
    char *ku = strings_join(&cert->ku, " ");
    assert_string_equal(ku, "digitalSignature keyEncipherment keyCertSign cRLSign");
    free(ku);
    assert_true(cert->is_ca && cert->self_signed && !cert->has_eku);
    assert_int_equal(cert->version, 3);
    assert_string_equal(cert->sans.items[0], "DNS:cms.example.com");
    assert_int_equal(cert->not_before, now);
    assert_int_equal(cert->not_after, now + 365 * SECONDS_A_DAY);
    assert_string_equal(cert->signature_digest, "SHA256");
    assert_true(strlen(cert->serial) > 24 && strlen(cert->serial) <= 32);
    assert_memory_equal(cert->key_id, key->id, KEY_ID_BYTES);
    sample_run("openssl verify -x509_strict -attime 1800000001 -purpose sslserver -CAfile ca.crt "
               "ca.crt");
    pki_file_free(&file);
    key_free(key);
}

static void make_csr(const char *const *arguments, struct pki_file *file)
{
    struct key *key = new_key("ec", 256);
    struct names names = {0};
    struct str pem = {0};
    struct error err = {0};
    for (; *arguments; arguments++)
        take(&names, *arguments);
    strings_add(&names.eku, "clientAuth");
    assert_true(csr_make(key, &names, &pem, &err));
    parse(&pem, "leaf.csr", file);
    str_free(&pem);
    names_free(&names);
    key_free(key);
}

static void a_ca_signs_what_was_asked_for(void **state)
{
    (void)state;
    struct key *key;
    struct pki_file ca, request, leaf;
    struct str pem = {0};
    struct error err = {0};
    bool cut = true;
    make_ca("CN:Lab CA", 3650, now, &key, &ca);
    make_csr((const char *const[]){"CN:a.example.com", "O:Example",
                                   "subjectAltName:b.example.com,192.0.2.1", NULL},
             &request);
    const struct csr *csr = pki_first_csr(&request);
    assert_true(cert_issue(csr, pki_first_cert(&ca), key, 365, now, &pem, &cut, &err));
    assert_false(cut);
    parse(&pem, "leaf.crt", &leaf);
    const struct cert *cert = pki_first_cert(&leaf);
    assert_string_equal(cert->subject, csr->subject);
    assert_string_equal(cert->issuer, pki_first_cert(&ca)->subject);
    assert_true(strings_equal(&cert->sans, &csr->sans));
    assert_true(strings_equal(&cert->ku, &csr->ku));
    assert_true(strings_equal(&cert->eku, &csr->eku));
    assert_true(cert->has_basic && !cert->is_ca);
    assert_int_equal(cert->not_after, now + 365 * SECONDS_A_DAY);
    assert_memory_equal(cert->key_id, csr->key_id, KEY_ID_BYTES);
    assert_true(cert_issued_by(cert, pki_first_cert(&ca)));
    assert_false(cert->self_issued);
    sample_run("openssl verify -x509_strict -attime 1800000001 -purpose sslclient -CAfile ca.crt "
               "leaf.crt");
    char *ids = sample_output("openssl x509 -in leaf.crt -noout -text | "
                              "grep -c -e 'Subject Key Identifier' -e 'Authority Key Identifier'");
    assert_string_equal(ids, "2");
    free(ids);
    str_clear(&pem);
    pki_file_free(&leaf);
    /* Another serial each time. */
    assert_true(cert_issue(csr, pki_first_cert(&ca), key, 365, now, &pem, &cut, &err));
    struct pki_file again;
    parse(&pem, "leaf2.crt", &again);
    char *first = sample_output("openssl x509 -in leaf.crt -noout -serial");
    assert_string_not_equal(first + strlen("serial="), pki_first_cert(&again)->serial);
    free(first);
    pki_file_free(&again);
    pki_file_free(&request);
    pki_file_free(&ca);
    str_free(&pem);
    key_free(key);
}

static void days_are_cut_to_the_ca(void **state)
{
    (void)state;
    struct key *key;
    struct pki_file ca, request, leaf;
    struct str pem = {0};
    struct error err = {0};
    bool cut = false;
    make_ca("CN:Lab CA", 100, now, &key, &ca);
    make_csr((const char *const[]){"CN:postgres", NULL}, &request);
    assert_true(cert_issue(pki_first_csr(&request), pki_first_cert(&ca), key, 365,
                           now + 10 * SECONDS_A_DAY, &pem, &cut, &err));
    assert_true(cut);
    parse(&pem, "leaf.crt", &leaf);
    assert_int_equal(pki_first_cert(&leaf)->not_after, pki_first_cert(&ca)->not_after);
    pki_file_free(&leaf);
    pki_file_free(&request);
    pki_file_free(&ca);
    str_free(&pem);
    key_free(key);
}

static void refused(const struct csr *csr, const struct cert *ca, const struct key *key, int days,
                    time_t at, const char *message)
{
    struct str pem = {0};
    struct error err = {0};
    bool cut;
    assert_false(cert_issue(csr, ca, key, days, at, &pem, &cut, &err));
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, STATUS_NO);
    assert_int_equal(pem.length, 0);
}

static void bad_cas_are_refused(void **state)
{
    (void)state;
    struct key *key, *other;
    struct pki_file ca, other_ca, request, leaf, old;
    struct str pem = {0};
    struct error err = {0};
    bool cut;
    make_ca("CN:Lab CA", 100, now, &key, &ca);
    make_ca("CN:Other CA", 100, now, &other, &other_ca);
    make_csr((const char *const[]){"CN:postgres", NULL}, &request);
    const struct csr *csr = pki_first_csr(&request);
    const struct cert *cert = pki_first_cert(&ca);
    refused(csr, cert, other, 10, now, "the CA's key and certificate do not belong together");
    refused(csr, cert, key, 10, cert->not_after, "the CA ended on 2027-04-25");
    refused(csr, cert, key, 10, now - 1, "the CA begins on 2027-01-15");
    refused(csr, cert, key, 0, now, "0 days are no lifetime");
    refused(csr, cert, key, 100000000, now, "100000000 days end after the year 9999");
    assert_true(cert_issue(csr, cert, key, 10, now, &pem, &cut, &err));
    parse(&pem, "leaf.crt", &leaf);
    refused(csr, pki_first_cert(&leaf), key, 10, now,
            "basicConstraints says it is not a CA: it may not sign others");
    sample_run(
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout o.key "
        "-subj /CN=o -out o.csr;"
        "openssl x509 -req -in o.csr -signkey o.key -out old.crt");
    sample_parse("old.crt", NULL, &old);
    refused(csr, pki_first_cert(&old), key, 10, now,
            "it has no basicConstraints: it may not sign others");
    pki_file_free(&old);
    sample_run("openssl req -x509 -new -key o.key -subj /CN=o -addext keyUsage=cRLSign "
               "-out old.crt");
    sample_parse("old.crt", NULL, &old);
    refused(csr, pki_first_cert(&old), key, 10, now,
            "its keyUsage lacks keyCertSign: it may not sign others");
    pki_file_free(&old);
    pki_file_free(&leaf);
    pki_file_free(&request);
    pki_file_free(&other_ca);
    pki_file_free(&ca);
    str_free(&pem);
    key_free(key);
    key_free(other);
}

static void a_request_with_a_bad_signature_is_refused(void **state)
{
    (void)state;
    struct key *key;
    struct pki_file ca, request;
    make_ca("CN:Lab CA", 100, now, &key, &ca);
    make_csr((const char *const[]){"CN:postgres", NULL}, &request);
    pki_file_free(&request);
    sample_run("openssl req -in leaf.csr -outform DER -out leaf.der");
    struct buffer data = {0};
    struct error err = {0};
    assert_true(file_read("leaf.der", &data, &err));
    data.data[data.length - 1] ^= 1;
    pki_parse(data.data, data.length, NULL, &request);
    refused(pki_first_csr(&request), pki_first_cert(&ca), key, 10, now,
            "the request's own signature does not hold");
    buffer_free(&data);
    pki_file_free(&request);
    pki_file_free(&ca);
    key_free(key);
}

static void a_ca_without_key_ids_still_signs(void **state)
{
    (void)state;
    struct pki_file ca, key, request;
    struct str pem = {0};
    struct error err = {0};
    bool cut;
    sample_run("printf '%s\\n' basicConstraints=CA:TRUE subjectKeyIdentifier=none >bare.ext;"
               "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
               "-keyout bare.key -subj /CN=bare -out bare.csr;"
               "openssl x509 -req -in bare.csr -signkey bare.key -extfile bare.ext -days 100 "
               "-out ca.crt");
    sample_run("! openssl x509 -in ca.crt -noout -text | grep -q 'Subject Key Identifier'");
    sample_parse("ca.crt", NULL, &ca);
    sample_parse("bare.key", NULL, &key);
    make_csr((const char *const[]){"CN:a.example.com", NULL}, &request);
    assert_true(cert_issue(pki_first_csr(&request), pki_first_cert(&ca), pki_first_key(&key), 10,
                           time(NULL), &pem, &cut, &err));
    sample_write("leaf.crt", pem.data, pem.length);
    sample_run("openssl verify -CAfile ca.crt leaf.crt");
    pki_file_free(&ca);
    pki_file_free(&key);
    pki_file_free(&request);
    str_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_what_was_asked_for),
        cmocka_unit_test(keys_are_written_as_plain_pkcs8),
        cmocka_unit_test(a_request_asks_for_what_was_given),
        cmocka_unit_test(an_ec_request_enciphers_no_keys),
        cmocka_unit_test(keys_of_other_kinds_make_requests_too),
        cmocka_unit_test(a_request_needs_a_common_name),
        cmocka_unit_test(selfsigned_can_serve_and_sign),
        cmocka_unit_test(a_ca_signs_what_was_asked_for),
        cmocka_unit_test(days_are_cut_to_the_ca),
        cmocka_unit_test(bad_cas_are_refused),
        cmocka_unit_test(a_request_with_a_bad_signature_is_refused),
        cmocka_unit_test(a_ca_without_key_ids_still_signs),
    };
    return cmocka_run_group_tests(tests, sample_enter, sample_leave);
}
