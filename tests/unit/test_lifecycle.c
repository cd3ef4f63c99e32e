/* Where identities stand, and when their requests were sent. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/lifecycle.h"
#include "ops/ops.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char *config, *store;
    struct catalogue catalogue;
    struct facts *facts;
    struct key *ca_key;
    struct pki_file ca;
};

/* deployment.conf with one identity, its names as given. */
static void configure(struct fixture *f, const char *signer, const char *names)
{
    char *conf = xformat(
        "name = \"example.com\"\nkey { type = \"ec\" bits = 256 }\nsubject { O = \"Example Inc.\" "
        "}\n"
        "identity \"one\" { signer = \"%s\" %s }\nserver \"core\" { address = \"one.example.com\"\n"
        " service \"callbridge\" { identity = \"one\" listen = { \"a\" } } }\n",
        signer, names);
    struct facts_options options = {.config = f->config};
    struct error err = {0};
    assert_true(file_replace(f->config, conf, strlen(conf), 0644, NULL));
    free(conf);
    facts_free(f->facts);
    f->facts = NULL;
    if (!facts_gather(&options, &f->catalogue, &f->facts, &err))
        fail_msg("%s: %s", err.place, err.message);
}

static void generate(struct fixture *f)
{
    struct made_list made;
    struct error err = {0};
    if (!op_generate(f->facts, NULL, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    made_free(&made);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct names names = {0};
    struct str pem = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/test_lifecycle.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    f->store = path_join(f->folder, "store");
    assert_true(catalogue_load(NULL, &f->catalogue, NULL));
    names.attributes[ATTR_CN] = xstrdup("Outside CA");
    assert_true(key_generate("ec", 256, &f->ca_key, NULL));
    assert_true(cert_selfsign(f->ca_key, &names, 3650, time(NULL), &pem, NULL));
    pki_parse((unsigned char *)pem.data, pem.length, NULL, &f->ca);
    str_free(&pem);
    names_free(&names);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    key_free(f->ca_key);
    pki_file_free(&f->ca);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f->store);
    free(f);
    return 0;
}

static void put(const struct fixture *f, const char *name, const struct str *text)
{
    char *path = path_join(f->store, name);
    assert_true(file_replace(path, text->data, text->length, 0644, NULL));
    free(path);
}

static void drop(const struct fixture *f, const char *name)
{
    char *path = path_join(f->store, name);
    assert_int_equal(unlink(path), 0);
    free(path);
}

/* A CA answers with these names: those that were asked for, or what it makes of them. */
static void answer(struct fixture *f, const char *cn, const char *o, const char *ou,
                   const char *sans)
{
    struct names names = {0};
    struct str pem = {0};
    struct pki_file request;
    bool cut;
    char *path = path_join(f->store, "one.key");
    struct buffer data = {0};
    struct pki_file keys;
    assert_true(file_read(path, &data, NULL));
    pki_parse(data.data, data.length, NULL, &keys);
    names.attributes[ATTR_CN] = xstrdup(cn);
    names.attributes[ATTR_O] = o ? xstrdup(o) : NULL;
    names.attributes[ATTR_OU] = ou ? xstrdup(ou) : NULL;
    strings_split(&names.sans, sans, ' ');
    assert_true(csr_make(pki_first_key(&keys), &names, &pem, NULL));
    pki_parse((unsigned char *)pem.data, pem.length, NULL, &request);
    str_clear(&pem);
    assert_true(cert_issue(pki_first_csr(&request), pki_first_cert(&f->ca), f->ca_key, 365,
                           time(NULL), &pem, &cut, NULL));
    put(f, "one.crt", &pem);
    str_free(&pem);
    names_free(&names);
    pki_file_free(&request);
    pki_file_free(&keys);
    buffer_free(&data);
    free(path);
}

/* The identity's state, and in words what its request and its certificate say otherwise. */
static void stands(const struct fixture *f, enum life life, const char *request,
                   const char *certificate)
{
    const struct identity *one = deployment_identity(&f->facts->deployment, "one");
    struct lifecycle lifecycle;
    lifecycle_of(f->facts, one, &lifecycle);
    char *asked = differences_words(&lifecycle.request);
    char *got = differences_words(&lifecycle.certificate);
    assert_string_equal(asked, request);
    assert_string_equal(got, certificate);
    assert_int_equal(lifecycle.life, life);
    assert_int_equal(lifecycle_state(f->facts, one), life);
    assert_int_equal(lifecycle_is_made(f->facts, one), life != LIFE_NOTHING);
    free(asked);
    free(got);
    lifecycle_free(&lifecycle);
}

static const char plain[] = "CN = \"one.example.com\" subjectAltName = { \"join.example.com\" }";

static void a_key_and_a_request_are_two_steps(void **state)
{
    struct fixture *f = *state;
    configure(f, "internal", plain);
    stands(f, LIFE_NOTHING, "", "");
    generate(f);
    configure(f, "internal", plain);
    stands(f, LIFE_REQUEST, "", "");
    assert_true(lifecycle_is_awaited(f->facts, &f->facts->deployment.identities[0]));
    drop(f, "one.csr");
    configure(f, "internal", plain);
    stands(f, LIFE_KEY, "", "");
    assert_false(lifecycle_is_awaited(f->facts, &f->facts->deployment.identities[0]));
}

/* What certwright would write the same way is no difference. */
static void one_name_has_several_spellings(void **state)
{
    struct fixture *f = *state;
    configure(
        f, "internal",
        "CN = \"ONE.example.com\" subjectAltName = { \"one.example.com\", \"Join.example.com\", "
        "\"m\xC3\xBCller.example.com\", \"2001:DB8:0:0::1\", \"192.0.2.1\" }");
    generate(f);
    configure(f, "internal",
              "CN = \"one.example.com\" subjectAltName = { \"192.0.2.1\", \"2001:db8::1\", "
              "\"xn--mller-kva.example.com\", \"join.EXAMPLE.com\" }");
    stands(f, LIFE_REQUEST, "", "");
}

static void a_request_that_says_something_else_is_outdated(void **state)
{
    struct fixture *f = *state;
    configure(f, "internal",
              "CN = \"one.exmaple.com\" OU = \"IT\" subjectAltName = { \"old.example.com\" }");
    generate(f);
    configure(f, "internal", plain);
    stands(f, LIFE_OUTDATED,
           "CN was one.exmaple.com; OU was IT; subjectAltName lacks one.example.com, "
           "join.example.com; subjectAltName still has one.exmaple.com, old.example.com",
           "");
    configure(f, "internal",
              "CN = \"one.exmaple.com\" OU = \"IT\" L = \"Oslo\" "
              "subjectAltName = { \"old.example.com\" }");
    stands(f, LIFE_OUTDATED, "L was not there", "");
}

static void usages_are_compared_but_on_an_appliance(void **state)
{
    struct fixture *f = *state;
    struct str pem = {0};
    struct names names = {0};
    struct key *key = NULL;
    configure(f, "internal", plain);
    generate(f);
    names.attributes[ATTR_CN] = xstrdup("one.example.com");
    names.attributes[ATTR_O] = xstrdup("Example Inc.");
    strings_add(&names.sans, "join.example.com");
    assert_true(key_generate("ec", 256, &key, NULL));
    assert_true(csr_make(key, &names, &pem, NULL));
    put(f, "one.csr", &pem);
    configure(f, "internal", plain);
    stands(f, LIFE_OUTDATED, "extendedKeyUsage lacks serverAuth, clientAuth", "");
    char *there = xformat("%s key-at = \"core\"", plain);
    configure(f, "internal", there);
    stands(f, LIFE_REQUEST, "", "");
    free(there);
    key_free(key);
    str_free(&pem);
    names_free(&names);
}

static void note(const struct fixture *f, bool sent)
{
    struct error err = {0};
    if (!op_sent(f->facts, &f->facts->deployment.identities[0], sent, &err))
        fail_msg("%s: %s", err.place, err.message);
}

static void what_was_sent_belongs_to_that_request(void **state)
{
    struct fixture *f = *state;
    struct lifecycle lifecycle;
    char today[16];
    configure(f, "public", plain);
    generate(f);
    configure(f, "public", plain);
    note(f, true);
    configure(f, "public", plain);
    stands(f, LIFE_SENT, "", "");
    clock_date(time(NULL), today);
    f->facts->at += 6 * SECONDS_A_DAY;
    lifecycle_of(f->facts, &f->facts->deployment.identities[0], &lifecycle);
    assert_true(lifecycle.outside);
    assert_string_equal(lifecycle.sent, today);
    assert_int_equal(lifecycle.days_sent, 6);
    lifecycle_free(&lifecycle);
    assert_null(scan_find(&f->facts->scan, ".certwright.sent"));
    assert_int_equal(f->facts->scan.count, 2);

    drop(f, "one.csr");
    generate(f);
    configure(f, "public", plain);
    stands(f, LIFE_REQUEST, "", "");
    note(f, true);
    note(f, false);
    configure(f, "public", plain);
    stands(f, LIFE_REQUEST, "", "");
}

static void a_request_made_again_meanwhile_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    configure(f, "public", plain);
    assert_false(op_sent(f->facts, &f->facts->deployment.identities[0], true, &err));
    generate(f);
    configure(f, "public", plain);
    drop(f, "one.csr");
    generate(f);
    assert_false(op_sent(f->facts, &f->facts->deployment.identities[0], true, &err));
    assert_non_null(strstr(err.message, "made this request again"));
}

/* A line that isn't ours, a half line, another request: none of them marks this one. */
static void strange_lines_are_passed_by(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    configure(f, "public", plain);
    generate(f);
    str_add(&text, "one.csr\none.csr 00 2026-01-02\n\none.csr ");
    for (int i = 0; i < 64; i++)
        str_add_char(&text, 'a');
    str_add(&text, " 2026-01-02\n# a note\n");
    put(f, ".certwright.sent", &text);
    configure(f, "public", plain);
    stands(f, LIFE_REQUEST, "", "");
    assert_int_equal(f->facts->sent.count, 1);
    note(f, true);
    configure(f, "public", plain);
    stands(f, LIFE_SENT, "", "");
    assert_int_equal(f->facts->sent.count, 1);
    str_free(&text);
}

static void a_certificate_tells_what_was_added_since(void **state)
{
    struct fixture *f = *state;
    configure(f, "internal", plain);
    generate(f);
    answer(f, "one.example.com", "Example Inc.", NULL, "join.example.com");
    configure(f, "internal", plain);
    stands(f, LIFE_CERTIFIED, "", "");
    configure(f, "internal",
              "CN = \"one.example.com\" O = \"New Name Ltd\" "
              "subjectAltName = { \"join.example.com\", \"meet.example.com\" }");
    stands(f, LIFE_CERTIFIED, "", "O was Example Inc.; subjectAltName lacks meet.example.com");
    drop(f, "one.csr");
    generate(f);
    configure(f, "internal",
              "CN = \"one.example.com\" O = \"New Name Ltd\" "
              "subjectAltName = { \"join.example.com\", \"meet.example.com\" }");
    stands(f, LIFE_RENEWING, "", "subjectAltName lacks meet.example.com");
    configure(f, "internal",
              "CN = \"two.example.com\" "
              "subjectAltName = { \"one.example.com\", \"join.example.com\" }");
    stands(f, LIFE_RENEWING,
           "CN was one.example.com; O was New Name Ltd; subjectAltName lacks two.example.com; "
           "subjectAltName still has meet.example.com",
           "CN was one.example.com; subjectAltName lacks two.example.com");
}

/* CAs rewrite subjects, add names, cover several by a wildcard. */
static void what_a_ca_makes_of_a_subject_is_no_difference(void **state)
{
    struct fixture *f = *state;
    static const char names[] = "CN = \"one.example.com\" OU = \"IT\" subjectAltName = { "
                                "\"join.example.com\" }";
    configure(f, "public", names);
    generate(f);
    answer(f, "*.example.com", NULL, NULL, "*.example.com example.com");
    configure(f, "public", names);
    stands(f, LIFE_CERTIFIED, "", "");
    answer(f, "join.example.com", "EXAMPLE INC", NULL, "one.example.com www.example.com");
    configure(f, "public", names);
    stands(f, LIFE_CERTIFIED, "", "");
    configure(f, "public",
              "CN = \"one.example.com\" OU = \"Another\" subjectAltName = { "
              "\"join.example.com\" }");
    stands(f, LIFE_CERTIFIED, "", "");
}

static void a_certificate_made_here_says_what_the_file_says(void **state)
{
    struct fixture *f = *state;
    configure(f, "self", plain);
    generate(f);
    configure(f, "self", plain);
    stands(f, LIFE_CERTIFIED, "", "");
    configure(f, "self",
              "CN = \"one.example.com\" OU = \"IT\" subjectAltName = { "
              "\"meet.example.com\" }");
    stands(f, LIFE_CERTIFIED, "", "OU was not there; subjectAltName lacks meet.example.com");
}

static void a_sent_request_beside_its_old_certificate_is_a_renewal(void **state)
{
    struct fixture *f = *state;
    configure(f, "internal", plain);
    generate(f);
    answer(f, "one.example.com", "Example Inc.", NULL, "join.example.com");
    configure(f, "internal", plain);
    note(f, true);
    configure(f, "internal", plain);
    stands(f, LIFE_CERTIFIED, "", ""); /* begun on the day it was sent: this is the answer */
    struct cert *leaf = (struct cert *)scan_cert(&f->facts->scan, "one.crt");
    leaf->not_before -= 30 * SECONDS_A_DAY;
    stands(f, LIFE_RENEWING, "", "");
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_key_and_a_request_are_two_steps),
        test(one_name_has_several_spellings),
        test(a_request_that_says_something_else_is_outdated),
        test(usages_are_compared_but_on_an_appliance),
        test(what_was_sent_belongs_to_that_request),
        test(a_request_made_again_meanwhile_is_not_sent),
        test(strange_lines_are_passed_by),
        test(a_certificate_tells_what_was_added_since),
        test(what_a_ca_makes_of_a_subject_is_no_difference),
        test(a_certificate_made_here_says_what_the_file_says),
        test(a_sent_request_beside_its_old_certificate_is_a_renewal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
