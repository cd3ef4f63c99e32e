#include "base/file.h"
#include "base/mem.h"
#include "mmp/pki.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The pki family without a command line: lines in, replies out, over a folder and a clock. */

#define NOW 1767323045 /* 2026-01-02T03:04:05Z */

struct fixture {
    char folder[64];
    struct pki_place place;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/mmp-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->place = (struct pki_place){.store = f->folder, .at = NOW};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct error err;
    assert_true(folder_remove(f->folder, &err));
    free(f);
    return 0;
}

/* The line's whole text and status. */
static void types(const struct fixture *f, const char *line, enum status status, const char *text)
{
    struct pki_reply reply;
    pki_line(&f->place, line, &reply);
    assert_int_equal(reply.status, status);
    if (text)
        assert_string_equal(str_text(&reply.text), text);
    pki_reply_free(&reply);
}

static void says_why(const struct fixture *f, const char *line, enum status status,
                     const char *place, const char *words)
{
    struct pki_reply reply;
    pki_line(&f->place, line, &reply);
    assert_int_equal(reply.status, status);
    assert_string_equal(str_text(&reply.text), "");
    assert_string_equal(reply.error.place, place);
    assert_non_null(strstr(reply.error.message, words));
    pki_reply_free(&reply);
}

static void check_words(const char *line, size_t count, const char *const *expected)
{
    struct strings words = {0};
    assert_true(pki_words(line, &words, NULL));
    assert_int_equal(words.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(words.items[i], expected[i]);
    strings_free(&words);
}

static void test_words(void **state)
{
    (void)state;
    check_words("  pki\tlist \r\n", 2, (const char *const[]){"pki", "list"});
    check_words("O:\"Example Inc.\" C:US", 2, (const char *const[]){"O:Example Inc.", "C:US"});
    check_words("\"O:a b\" \"\" x", 3, (const char *const[]){"O:a b", "", "x"});
    check_words("O:\"a \\\"b\\\" \\\\ c\"", 1, (const char *const[]){"O:a \"b\" \\ c"});
    check_words("", 0, NULL);
    struct strings words = {0};
    struct error err;
    assert_false(pki_words("O:\"Example", &words, &err));
    assert_int_equal(err.code, STATUS_USAGE);
    strings_free(&words);
}

/* What certwright tells a person to type on an appliance reads back as what was meant. */
static void test_words_undo_line(void **state)
{
    (void)state;
    struct names names = {0}, read = {0};
    struct str line = {0};
    struct strings words = {0};
    names.attributes[ATTR_CN] = xstrdup("www.example.com");
    names.attributes[ATTR_O] = xstrdup("Ex \"ample\" & \\ Söhne");
    strings_add(&names.sans, "a.example.com");
    names_line(&names, "csr", "web", &line);
    assert_true(pki_words(str_text(&line), &words, NULL));
    assert_string_equal(words.items[1], "csr");
    for (size_t i = 3; i < words.count; i++)
        assert_true(names_add(&read, words.items[i], NULL));
    assert_string_equal(read.attributes[ATTR_CN], names.attributes[ATTR_CN]);
    assert_string_equal(read.attributes[ATTR_O], names.attributes[ATTR_O]);
    assert_true(strings_equal(&read.sans, &names.sans));
    names_free(&names);
    names_free(&read);
    strings_free(&words);
    str_free(&line);
}

static void test_session(void **state)
{
    struct fixture *f = *state;
    types(f, "pki list", STATUS_OK, "User supplied certificates and keys:\n");
    types(f, "pki", STATUS_OK, "No service uses a certificate\n");
    types(f, "pki selfsigned ca CN:\"My company CA\"", STATUS_OK,
          "Created key file ca.key and certificate ca.crt\n");
    types(f, "pki csr web CN:www.example.com O:\"Example Inc.\"", STATUS_OK,
          "Created key file web.key and CSR web.csr\n");
    types(f, "pki sign web ca", STATUS_OK, "Created certificate web.crt, signed by ca.crt\n");
    types(f, "pki match web.key web.crt", STATUS_OK, "SUCCESS: Key and certificate pair match\n");
    types(f, "pki match ca.key web.crt", STATUS_NO,
          "FAILURE: Key and certificate problem: certificate and key do not match\n");
    types(f, "pki verify web.crt ca.crt", STATUS_OK,
          "SUCCESS: certificate verified against CA bundle\n");
    types(f, "pki unlock web.key", STATUS_OK, "Key file web.key is not locked\n");
    types(f, "pki list", STATUS_OK,
          "User supplied certificates and keys:\nca.crt\nca.key\nweb.crt\nweb.csr\nweb.key\n");
    says_why(f, "pki csr web CN:www.example.com", STATUS_NO, "web.key", "never overwritten");
    says_why(f, "pki csr x subjectAltName:a.example.com", STATUS_NO, "x", "needs a common name");
    says_why(f, "pki csr x CN:x.example.com subjectAltName:a.example.com, b.example.com", STATUS_NO,
             "subjectAltName", "ends in a comma");
    says_why(f, "pki frobnicate", STATUS_USAGE, "", "pki has no \"frobnicate\"");
    says_why(f, "pki match web.key", STATUS_USAGE, "", "wrong number of arguments");
    says_why(f, "version", STATUS_USAGE, "", "no line of the pki family");
}

/* The clock is the place's: what was made begins then, and what has ended then does not hold. */
static void test_clock(void **state)
{
    struct fixture *f = *state;
    const struct pki_wishes wishes = {.facts = true};
    char inspect[] = "inspect", file[] = "ca.crt";
    char *const words[] = {inspect, file};
    struct pki_reply reply;
    types(f, "pki selfsigned ca", STATUS_OK, NULL);
    pki_run(&f->place, &wishes, words, 2, &reply);
    assert_int_equal(reply.status, STATUS_OK);
    assert_true(pki_first_cert(&reply.files[0])->not_before <= NOW);
    assert_true(pki_first_cert(&reply.files[0])->not_after > NOW);
    assert_string_equal(str_text(&reply.text), ""); /* facts alone were wanted */
    pki_reply_free(&reply);
    types(f, "pki verify ca.crt ca.crt", STATUS_OK, NULL);
    f->place.at = NOW + 400L * 86400;
    types(f, "pki verify ca.crt ca.crt", STATUS_NO, NULL);
}

/* A password is asked for by the reply, and nothing changes until it is right. */
static void test_password(void **state)
{
    struct fixture *f = *state;
    char *command = xformat("openssl genpkey -algorithm RSA -aes256 -pass pass:geheim -out "
                            "%s/locked.key 2>/dev/null",
                            f->folder);
    assert_int_equal(system(command), 0);
    free(command);
    struct pki_reply reply;
    pki_line(&f->place, "pki unlock locked.key", &reply);
    assert_int_equal(reply.password, PASSWORD_WANTED);
    assert_string_equal(reply.error.place, "locked.key");
    pki_reply_free(&reply);
    struct secret password = {0};
    secret_set(&password, "falsch", 6);
    f->place.password = &password;
    pki_line(&f->place, "pki unlock locked.key", &reply);
    assert_int_equal(reply.password, PASSWORD_WRONG);
    pki_reply_free(&reply);
    secret_set(&password, "geheim", 6);
    types(f, "pki unlock locked.key", STATUS_OK, "Unlocked key file locked.key\n");
    types(f, "pki unlock locked.key", STATUS_OK, "Key file locked.key is not locked\n");
    secret_free(&password);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_undo_line),
        cmocka_unit_test_setup_teardown(test_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_password, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
