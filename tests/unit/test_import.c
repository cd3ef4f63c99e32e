#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "ops/importing.h"
#include "ops/ops.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW ((time_t)1767323045) /* 2026-01-02T03:04:05Z */

static const char conf[] =
    "release = \"2.9\"\nname = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
    "identity \"lab\" { CN = \"Lab CA\" signer = \"self\" }\n"
    "identity \"one\" { CN = \"one.example.com\" subjectAltName = { \"join.example.com\" } "
    "signer = \"internal\" }\n"
    "identity \"two\" { CN = \"two.example.com\" signer = \"lab\" }\n"
    "server \"core\" {\n    address = \"one.example.com\"\n"
    "    service \"webadmin\" { identity = \"two\" listen = { \"a:445\" } }\n"
    "    service \"callbridge\" { identity = \"one\" listen = { \"a\" } }\n}\n";

/* A CA outside the store. */
struct ca {
    struct key *key;
    struct pki_file file;
    const struct cert *cert;
    struct str pem;
};

struct fixture {
    char folder[64];
    char *config;
    struct catalogue catalogue;
    struct facts *facts;
    struct ca ca;
};

static void make_ca(struct ca *ca, const char *name)
{
    struct names names = {0};
    names.attributes[ATTR_CN] = xstrdup(name);
    assert_true(key_generate("ec", 256, &ca->key, NULL));
    assert_true(cert_selfsign(ca->key, &names, 3650, NOW - 400 * SECONDS_A_DAY, &ca->pem, NULL));
    pki_parse((unsigned char *)ca->pem.data, ca->pem.length, NULL, &ca->file);
    ca->cert = pki_first_cert(&ca->file);
    assert_non_null(ca->cert);
    names_free(&names);
}

static void ca_free(struct ca *ca)
{
    key_free(ca->key);
    pki_file_free(&ca->file);
    str_free(&ca->pem);
}

static void gather(struct fixture *f)
{
    struct facts_options options = {.config = f->config, .at = NOW};
    struct error err = {0};
    if (!facts_gather(&options, &f->catalogue, &f->facts, &err))
        fail_msg("%s: %s", err.place, err.message);
}

static void gather_again(struct fixture *f)
{
    facts_free(f->facts);
    gather(f);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct made_list made;
    struct error err = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/test_import.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    assert_true(file_replace(f->config, conf, sizeof conf - 1, 0644, NULL));
    assert_true(catalogue_load(NULL, &f->catalogue, &err));
    gather(f);
    if (!op_generate(f->facts, NULL, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    assert_int_equal(made.count, 3);
    assert_int_equal(made.items[0].what, MADE_KEY | MADE_CERTIFICATE);
    assert_int_equal(made.items[1].what, MADE_KEY | MADE_CSR);
    made_free(&made);
    gather_again(f);
    make_ca(&f->ca, "Outside CA");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ca_free(&f->ca);
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f);
    return 0;
}

/* The CA answers the request of an identity; the certificate begins at `from`. */
static void answer(struct fixture *f, const struct ca *ca, const char *csr_file, int days,
                   time_t from, struct str *out)
{
    char *path = path_join(f->facts->store_path, csr_file);
    struct buffer data = {0};
    struct pki_file request;
    bool cut;
    struct error err = {0};
    assert_true(file_read(path, &data, NULL));
    pki_parse(data.data, data.length, NULL, &request);
    if (!cert_issue(pki_first_csr(&request), ca->cert, ca->key, days, from, out, &cut, &err))
        fail_msg("%s", err.message);
    pki_file_free(&request);
    buffer_free(&data);
    free(path);
}

static void look(struct fixture *f, const char *text, bool force, struct import *out)
{
    struct tray tray = {0};
    struct import_options options = {.force = force};
    struct error err = {0};
    tray_add_text(&tray, text);
    if (!op_import_look(f->facts, &tray, &options, out, &err))
        fail_msg("%s: %s", err.place, err.message);
    tray_free(&tray);
}

static size_t count_verdicts(const struct import *import, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < import->object_count; i++)
        count += import->objects[i].verdict == verdict;
    return count;
}

static void write_and_gather(struct fixture *f, const struct import *import)
{
    struct strings written = {0};
    struct error err = {0};
    if (!op_import_write(f->facts, import, &written, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    strings_free(&written);
    gather_again(f);
}

static time_t end_in_store(struct fixture *f, const char *name)
{
    const struct cert *cert = scan_cert(&f->facts->scan, name);
    assert_non_null(cert);
    return cert->not_after;
}

static void of_several_the_one_that_lasts_longest_is_taken(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    answer(f, &f->ca, "one.csr", 30, NOW, &text);
    answer(f, &f->ca, "one.csr", 90, NOW, &text);
    str_add(&text, f->ca.pem.data);
    answer(f, &f->ca, "one.csr", 60, NOW, &text);
    str_add(&text, f->ca.pem.data); /* twice */
    struct import import;
    look(f, text.data, false, &import);
    assert_int_equal(import.file_count, 1);
    assert_int_equal(import.object_count, 5);
    assert_int_equal(import.identity_count, 1);
    assert_string_equal(import.identities[0].identity, "one");
    assert_false(import.identities[0].stop);
    assert_true(import.identities[0].take);
    assert_int_equal(count_verdicts(&import, VERDICT_TAKE), 2);
    assert_int_equal(import.objects[1].verdict, VERDICT_TAKE);
    assert_string_equal(import.objects[1].target, "one.crt");
    assert_string_equal(import.objects[2].target, "onebundle.crt");
    assert_string_equal(import.objects[1].file, "pasted text");
    assert_int_equal(import.objects[1].number, 2);
    write_and_gather(f, &import);
    assert_int_equal(end_in_store(f, "one.crt"), NOW + 90 * SECONDS_A_DAY);
    import_free(&import);
    str_free(&text);
}

static void a_better_one_in_place_stays_and_counts_as_served(void **state)
{
    struct fixture *f = *state;
    struct str good = {0}, shorter = {0};
    struct import import;
    answer(f, &f->ca, "one.csr", 90, NOW, &good);
    str_add(&good, f->ca.pem.data);
    answer(f, &f->ca, "one.csr", 30, NOW, &shorter);
    look(f, good.data, false, &import);
    write_and_gather(f, &import);
    import_free(&import);

    look(f, shorter.data, false, &import);
    assert_int_equal(import.identity_count, 1);
    assert_true(import.identities[0].in_place);
    assert_int_equal(import.objects[0].verdict, VERDICT_LEFT);
    write_and_gather(f, &import);
    assert_int_equal(end_in_store(f, "one.crt"), NOW + 90 * SECONDS_A_DAY);
    import_free(&import);

    look(f, shorter.data, true, &import); /* asked for by force */
    assert_false(import.identities[0].in_place);
    import_free(&import);
    str_free(&good);
    str_free(&shorter);
}

static void one_that_ended_stops_unless_forced(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    struct import import;
    answer(f, &f->ca, "one.csr", 30, NOW - 60 * SECONDS_A_DAY, &text);
    str_add(&text, f->ca.pem.data);
    look(f, text.data, false, &import);
    assert_true(import.identities[0].stop);
    assert_false(import.identities[0].take);
    assert_non_null(strstr(import.identities[0].problem, "ended on 2025-12-03"));
    assert_int_equal(import.objects[0].verdict, VERDICT_STOP);
    assert_string_equal(import.objects[0].target, "one");
    assert_int_equal(import.objects[1].verdict, VERDICT_LEFT);
    assert_int_equal(import.missing_count, 0);
    import_free(&import);
    look(f, text.data, true, &import);
    assert_true(import.identities[0].stop);
    assert_true(import.identities[0].take);
    assert_int_equal(import.objects[0].verdict, VERDICT_TAKE);
    import_free(&import);
    str_free(&text);
}

static void one_of_tomorrow_is_taken_and_said(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    struct import import;
    answer(f, &f->ca, "one.csr", 30, NOW + 2 * SECONDS_A_DAY, &text);
    str_add(&text, f->ca.pem.data);
    look(f, text.data, false, &import);
    assert_false(import.identities[0].stop);
    assert_non_null(strstr(import.objects[0].why, "valid from 2026-01-04"));
    import_free(&import);
    str_free(&text);
}

static void a_missing_issuer_stops_and_is_named(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    struct import import;
    answer(f, &f->ca, "one.csr", 30, NOW, &text);
    look(f, text.data, false, &import);
    assert_true(import.identities[0].stop);
    assert_string_equal(import.identities[0].problem, "its issuer \"Outside CA\" is not here");
    assert_int_equal(import.missing_count, 1);
    assert_string_equal(import.missing[0].identity, "one");
    assert_string_equal(import.missing[0].issuer, "CN=Outside CA");
    assert_string_equal(import.identities[0].bundle, "");
    import_free(&import);
    str_free(&text);
}

static void a_stranger_serves_nobody(void **state)
{
    struct fixture *f = *state;
    struct import import;
    look(f, f->ca.pem.data, false, &import);
    assert_int_equal(import.identity_count, 0);
    assert_int_equal(import.object_count, 1);
    assert_int_equal(import.objects[0].verdict, VERDICT_LEFT);
    assert_true(*import.objects[0].why);
    import_free(&import);
}

static void a_private_key_is_left_and_told(void **state)
{
    struct fixture *f = *state;
    struct secret pem = {0};
    struct import import;
    assert_true(key_pem(f->ca.key, &pem, NULL));
    char *text = xstrndup((char *)pem.data, pem.length);
    look(f, text, false, &import);
    assert_int_equal(import.object_count, 1);
    assert_int_equal(import.objects[0].verdict, VERDICT_LEFT);
    assert_non_null(strstr(import.objects[0].what, "private key"));
    assert_non_null(strstr(import.objects[0].why, "keep it"));
    assert_null(strstr(import.objects[0].why, "delete"));
    import_free(&import);
    secret_free(&pem);
    free(text);
}

static void a_lab_certificate_gives_way_to_the_real_one(void **state)
{
    struct fixture *f = *state;
    struct sign_options options = {.ca = "lab", .days = 3000};
    struct made_list made;
    struct error err = {0};
    struct strings names = {0};
    strings_add(&names, "one");
    if (!op_sign(f->facts, &options, &names, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    assert_int_equal(made.count, 1);
    assert_int_equal(made.items[0].what, MADE_CERTIFICATE);
    made_free(&made);
    strings_free(&names);
    gather_again(f);
    assert_int_equal(end_in_store(f, "one.crt"), NOW + 3000 * SECONDS_A_DAY);

    struct str text = {0};
    struct import import;
    answer(f, &f->ca, "one.csr", 90, NOW, &text);
    str_add(&text, f->ca.pem.data);
    look(f, text.data, false, &import);
    write_and_gather(f, &import);
    assert_int_equal(end_in_store(f, "one.crt"), NOW + 90 * SECONDS_A_DAY);
    import_free(&import);
    str_free(&text);
}

static void what_was_asked_and_not_got_is_told(void **state)
{
    struct fixture *f = *state;
    struct names names = {0};
    struct str csr = {0}, text = {0};
    struct pki_file file = {0}, key = {0};
    struct buffer pem = {0}; /* the scan keeps no private key */
    char *path = path_join(f->facts->store_path, "one.key");
    assert_true(file_read(path, &pem, NULL));
    pki_parse(pem.data, pem.length, NULL, &key);
    free(path);
    buffer_free(&pem);
    names.attributes[ATTR_CN] = xstrdup("one.example.com");
    names.attributes[ATTR_O] = xstrdup("Rewritten");
    strings_add(&names.eku, "serverAuth");
    strings_add(&names.sans, "www.example.com");
    assert_true(csr_make(pki_first_key(&key), &names, &csr, NULL));
    pki_parse((unsigned char *)csr.data, csr.length, NULL, &file);
    bool cut;
    assert_true(
        cert_issue(pki_first_csr(&file), f->ca.cert, f->ca.key, 90, NOW, &text, &cut, NULL));
    str_add(&text, f->ca.pem.data);

    struct import import;
    look(f, text.data, false, &import);
    const struct import_identity *got = &import.identities[0];
    assert_false(got->stop);
    assert_int_equal(got->lost.count, 2);
    assert_true(strings_has(&got->lost, "DNS:join.example.com"));
    assert_true(strings_has(&got->lost, "clientAuth"));
    assert_int_equal(got->gained.count, 2);
    assert_true(strings_has(&got->gained, "DNS:www.example.com"));
    assert_true(strings_has(&got->gained, "O=Rewritten"));
    assert_true(got->impact.count >= 2);
    assert_true(text_starts(got->impact.items[0], "callbridge on core lacks"));
    import_free(&import);
    names_free(&names);
    pki_file_free(&key);
    pki_file_free(&file);
    str_free(&csr);
    str_free(&text);
}

static void a_later_one_without_its_issuer_is_missing(void **state)
{
    struct fixture *f = *state;
    struct str good = {0}, later = {0};
    struct import import;
    struct ca next = {0};
    make_ca(&next, "Next CA");
    answer(f, &f->ca, "one.csr", 12, NOW, &good);
    str_add(&good, f->ca.pem.data);
    look(f, good.data, false, &import);
    write_and_gather(f, &import);
    import_free(&import);

    answer(f, &next, "one.csr", 90, NOW, &later);
    look(f, later.data, false, &import);
    assert_int_equal(import.identity_count, 1);
    assert_true(import.identities[0].stop);
    assert_true(import.identities[0].waits);
    assert_false(import.identities[0].take);
    assert_int_equal(import.missing_count, 1);
    assert_string_equal(import.missing[0].issuer, "CN=Next CA");
    assert_string_equal(import.objects[0].waits, "Next CA");
    assert_non_null(
        strstr(import.identities[0].problem, "the one in place is from \"Outside CA\""));
    assert_true(tray_keep(f->facts, &import, NULL));
    import_free(&import);

    look(f, next.pem.data, false, &import); /* the issuer alone, later */
    assert_int_equal(import.identity_count, 1);
    assert_true(import.identities[0].take);
    assert_int_equal(import.file_count, 1);
    write_and_gather(f, &import);
    assert_true(tray_keep(f->facts, &import, NULL));
    assert_int_equal(end_in_store(f, "one.crt"), NOW + 90 * SECONDS_A_DAY);
    import_free(&import);
    look(f, next.pem.data, false, &import);
    assert_int_equal(import.object_count, 1); /* nothing waits any more */
    import_free(&import);

    ca_free(&next);
    str_free(&good);
    str_free(&later);
}

static void what_waits_has_its_row_until_it_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct str text = {0};
    struct import import;
    struct tray tray = {0};
    const struct import_options options = {.waiting = true};
    struct ca next = {0};
    make_ca(&next, "Next CA");
    answer(f, &next, "one.csr", 90, NOW, &text);
    look(f, text.data, false, &import);
    assert_true(tray_keep(f->facts, &import, NULL));
    import_free(&import);

    assert_true(op_import_look(f->facts, &tray, &options, &import, NULL)); /* another day */
    assert_int_equal(import.object_count, 1);
    assert_int_equal(import.file_count, 0);
    assert_int_equal(import.objects[0].verdict, VERDICT_STOP);
    assert_string_equal(import.objects[0].waits, "Next CA");
    assert_string_equal(import.objects[0].file, "pasted text");
    assert_int_equal(import.objects[0].item, tray.count);
    import_free(&import);
    tray_add_text(&tray, next.pem.data);
    tray_add_text(&tray, text.data); /* the same once more is one row */
    assert_true(op_import_look(f->facts, &tray, &options, &import, NULL));
    assert_int_equal(import.object_count, 2);
    assert_int_equal(count_verdicts(&import, VERDICT_TAKE), 2);
    import_free(&import);
    tray_drop(&tray, 0);
    assert_int_equal(tray.count, 1);
    tray_free(&tray);

    assert_true(tray_forget(f->facts, "one", NULL));
    assert_true(op_import_look(f->facts, &tray, &options, &import, NULL));
    assert_int_equal(import.object_count, 0);
    import_free(&import);
    ca_free(&next);
    str_free(&text);
}

static void a_worse_one_says_what_is_lost(void **state)
{
    struct fixture *f = *state;
    struct names names = {0};
    struct pki_file key = {0}, file = {0};
    struct buffer pem = {0};
    struct str good = {0}, csr = {0}, worse = {0};
    struct import import;
    struct strings written = {0}, kept = {0};
    bool cut;
    answer(f, &f->ca, "one.csr", 30, NOW, &good);
    str_add(&good, f->ca.pem.data);
    look(f, good.data, false, &import);
    char *phrase = import_losing(&import.identities[0]);
    assert_string_equal(phrase, "");
    free(phrase);
    assert_int_equal(import.identities[0].change_count, 0);
    write_and_gather(f, &import);
    import_free(&import);

    char *path = path_join(f->facts->store_path, "one.key");
    assert_true(file_read(path, &pem, NULL));
    pki_parse(pem.data, pem.length, NULL, &key);
    names.attributes[ATTR_CN] = xstrdup("one.example.com");
    strings_add(&names.eku, "serverAuth");
    assert_true(csr_make(pki_first_key(&key), &names, &csr, NULL));
    pki_parse((unsigned char *)csr.data, csr.length, NULL, &file);
    assert_true(
        cert_issue(pki_first_csr(&file), f->ca.cert, f->ca.key, 90, NOW, &worse, &cut, NULL));
    look(f, worse.data, false, &import);
    const struct import_identity *got = &import.identities[0];
    assert_true(got->take);
    assert_true(strings_has(&got->had, "DNS:join.example.com"));
    assert_true(strings_has(&got->had, "clientAuth"));
    phrase = import_losing(got);
    assert_string_equal(phrase, "losing 1 name and clientAuth");
    free(phrase);
    assert_non_null(strstr(import.objects[0].why, "losing 1 name and clientAuth"));
    size_t lost = 0;
    for (size_t i = 0; i < got->change_count; i++)
        lost += got->changes[i].lost;
    assert_int_equal(lost, 2);
    assert_string_equal(got->changes[0].what, "ends");

    assert_true(op_import_write(f->facts, &import, &written, &kept, NULL));
    assert_true(strings_has(&kept, "one.crt.20260102T030405Z.bak"));
    assert_int_equal(kept.count, 2); /* the full chain, too; the bundle is the same */
    strings_free(&written);
    strings_free(&kept);
    import_free(&import);
    names_free(&names);
    pki_file_free(&key);
    pki_file_free(&file);
    buffer_free(&pem);
    free(path);
    str_free(&good);
    str_free(&csr);
    str_free(&worse);
}

static void losses_are_told_in_whole_words(void **state)
{
    (void)state;
    const struct {
        const char *losses, *words;
    } cases[] = {
        {"DNS:a", "losing 1 name"},
        {"DNS:a,IP:192.0.2.1", "losing 2 names"},
        {"clientAuth", "losing clientAuth"},
        {"clientAuth,serverAuth", "losing 2 usages"},
        {"DNS:a,DNS:b,clientAuth", "losing 2 names and clientAuth"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct import_identity identity = {.take = true};
        struct import import = {.identities = &identity, .identity_count = 1};
        strings_split(&identity.losing, cases[i].losses, ',');
        char *one = import_losing(&identity), *all = import_losing_all(&import);
        assert_string_equal(one, cases[i].words);
        assert_string_equal(all, cases[i].words);
        free(one);
        free(all);
        strings_free(&identity.losing);
    }
}

static void a_held_lock_leaves_all_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct store store;
    struct str text = {0};
    struct import import;
    struct strings written = {0};
    struct error err = {0};
    answer(f, &f->ca, "one.csr", 90, NOW, &text);
    str_add(&text, f->ca.pem.data);
    look(f, text.data, false, &import);
    assert_true(store_open(f->facts->store_path, false, &store, NULL));
    assert_true(store_lock(&store, NULL));
    assert_false(op_import_write(f->facts, &import, &written, NULL, &err));
    assert_int_equal(err.code, STATUS_SYSTEM);
    assert_false(store_has(&store, "one.crt"));
    assert_int_equal(written.count, 0);
    store_close(&store);
    import_free(&import);
    str_free(&text);
}

static void short_names_come_from_distinguished_names(void **state)
{
    (void)state;
    const char *const pairs[][2] = {
        {"CN=Acme Issuing 2,O=Acme", "Acme Issuing 2"},
        {"O=Acme,CN=x", "x"},
        {"O=A\\,CN=no,C=US", "O=A\\,CN=no,C=US"},
        {"CN=A\\, B,O=C", "A, B"},
        {"", ""},
        {"CN=", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *name = import_short_name(pairs[i][0]);
        assert_string_equal(name, pairs[i][1]);
        free(name);
    }
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(of_several_the_one_that_lasts_longest_is_taken),
        with_store(a_better_one_in_place_stays_and_counts_as_served),
        with_store(one_that_ended_stops_unless_forced),
        with_store(one_of_tomorrow_is_taken_and_said),
        with_store(a_missing_issuer_stops_and_is_named),
        with_store(a_stranger_serves_nobody),
        with_store(a_private_key_is_left_and_told),
        with_store(a_lab_certificate_gives_way_to_the_real_one),
        with_store(what_was_asked_and_not_got_is_told),
        with_store(a_later_one_without_its_issuer_is_missing),
        with_store(what_waits_has_its_row_until_it_is_dropped),
        with_store(a_worse_one_says_what_is_lost),
        cmocka_unit_test(losses_are_told_in_whole_words),
        with_store(a_held_lock_leaves_all_as_it_was),
        cmocka_unit_test(short_names_come_from_distinguished_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
