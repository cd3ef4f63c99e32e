/* Editing deployment.conf in place: only the bytes of what changes differ. */
#include "base/mem.h"
#include "model/build.h"
#include "model/conftext.h"
#include "model/deployment.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sample[] =
    "# a deployment, typed by hand\n"
    "release = \"2.9\"   // trailing\n"
    "name    = 'example.com'\n"
    "/* several\n   lines { \" */\n"
    "subject { O = \"Example Inc.\"  L = \"San Jose\" # city\n"
    "          C = US }\n"
    "\tkey { bits = 3072 }\n"
    "identity \"callbridge\" {\n"
    "    CN = \"callbridge.example.com\"   # keep me\n"
    "    subjectAltName = { \"a.example.com\",\n"
    "                       \"b.example.com\" }\n"
    "    signer = internal\n"
    "}\n"
    "identity \"webadmin\" { CN = \"cms1.example.com\" }\n"
    "server \"cms1\" {\n"
    "    address = cms1.example.com\n"
    "    service \"webadmin\" { identity = \"webadmin\" listen = { \"a:445\" } }\n"
    "    service \"callbridge\" { identity = \"callbridge\" }\n"
    "}\n"
    "# the end, without a line end";

static struct catalogue catalogue;

static int load(void **state)
{
    (void)state;
    return catalogue_load(NULL, &catalogue, NULL) ? 0 : 1;
}

static int unload(void **state)
{
    (void)state;
    catalogue_free(&catalogue);
    return 0;
}

static void parse(const char *text, struct deployment *out)
{
    struct error err = {0};
    if (!deployment_parse("deployment.conf", text, strlen(text), &catalogue, out, &err))
        fail_msg("%s: %s: %s\n%s", err.place, err.message, err.remedy, text);
}

static void refuse(const char *text, const char *place, const char *words, const char *remedy)
{
    struct deployment deployment;
    struct error err = {0};
    assert_false(deployment_parse("x.conf", text, strlen(text), &catalogue, &deployment, &err));
    assert_string_equal(err.place, place);
    if (!strstr(err.message, words) || (remedy && !strstr(err.remedy, remedy)))
        fail_msg("\"%s\" / \"%s\" lacks \"%s\" / \"%s\"", err.message, err.remedy, words,
                 remedy ? remedy : "");
}

/* A value of bytes that have all hurt somebody: quotes, dollars, braces, controls, UTF-8. */
static char *random_value(void)
{
    static const char *const parts[] = {"A",    " ",    "${HOME}", "\"",  "\\", "研究所", "$", "{",
                                        "}",    "#",    "//",      "/*",  "'",  "=",      ",", "\t",
                                        "\x01", "\x7f", "é",       "\\n", "x",  "\xff"};
    struct str out = {0};
    for (int i = rand() % 8; i >= 0; i--)
        str_add(&out, parts[(size_t)rand() % (sizeof parts / sizeof *parts)]);
    return str_take(&out);
}

static void a_value_survives_byte_for_byte(void **state)
{
    (void)state;
    static const char value[] = "A ${HOME} \"Inc.\" \\ 研究所";
    struct conf_step path[] = {{"subject", NULL}, {"O", NULL}};
    struct strings one = {0};
    struct str text = {0};
    strings_add(&one, value);
    str_add(&text, sample);
    conf_set(&text, path, 2, &one, false);
    struct deployment deployment;
    parse(str_text(&text), &deployment);
    assert_string_equal(deployment.subject.attributes[ATTR_O], value);
    deployment_free(&deployment);
    strings_free(&one);
    str_free(&text);
}

/* The new text is the old one but for the value's span, and the value reads back. */
static void thousands_of_random_edits(void **state)
{
    (void)state;
    struct {
        struct conf_step path[3];
        size_t depth;
    } places[] = {{{{"subject", NULL}, {"O", NULL}}, 2},
                  {{{"subject", NULL}, {"L", NULL}}, 2},
                  {{{"identity", "callbridge"}, {"CN", NULL}}, 2},
                  {{{"identity", "webadmin"}, {"CN", NULL}}, 2}};
    srand(7);
    struct str text = {0};
    str_add(&text, sample);
    for (int round = 0; round < repeated(4000, 400); round++) {
        size_t which = (size_t)rand() % (sizeof places / sizeof *places);
        struct conf_span before, after;
        assert_true(conf_find(str_text(&text), places[which].path, places[which].depth, &before));
        char *old = xstrdup(str_text(&text)), *value = random_value();
        struct strings one = {0};
        strings_add(&one, value);
        conf_set(&text, places[which].path, places[which].depth, &one, false);
        assert_true(conf_find(str_text(&text), places[which].path, places[which].depth, &after));
        assert_int_equal(before.value_start, after.value_start);
        assert_memory_equal(old, str_text(&text), before.value_start);
        assert_string_equal(old + before.value_end, str_text(&text) + after.value_end);
        struct deployment deployment;
        parse(str_text(&text), &deployment);
        const char *read = which == 0 ? deployment.subject.attributes[ATTR_O]
                           : which == 1
                               ? deployment.subject.attributes[ATTR_L]
                               : deployment_identity(&deployment, places[which].path[0].title)
                                     ->names.attributes[ATTR_CN];
        assert_string_equal(read, value);
        deployment_free(&deployment);
        strings_free(&one);
        free(value);
        free(old);
    }
    str_free(&text);
}

static void what_was_added_can_be_taken_out(void **state)
{
    (void)state;
    struct conf_step places[][3] = {
        {{"subject", NULL}, {"OU", NULL}, {NULL, NULL}},
        {{"identity", "callbridge"}, {"O", NULL}, {NULL, NULL}},
        {{"identity", "webadmin"}, {"subjectAltName", NULL}, {NULL, NULL}},
        {{"server", "cms1"}, {"service", "callbridge"}, {"listen", NULL}},
        {{"store", NULL}, {NULL, NULL}, {NULL, NULL}}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t depth = places[i][2].name ? 3 : places[i][1].name ? 2 : 1;
        struct str text = {0};
        struct strings one = {0};
        strings_add(&one, "a");
        str_add(&text, sample);
        if (depth == 1)
            str_add(&text, "\n");
        char *old = xstrdup(str_text(&text));
        conf_set(&text, places[i], depth, &one, i >= 2 && i <= 3);
        assert_string_not_equal(old, str_text(&text));
        struct deployment deployment;
        parse(str_text(&text), &deployment);
        deployment_free(&deployment);
        assert_true(conf_remove(&text, places[i], depth));
        assert_string_equal(old, str_text(&text));
        free(old);
        strings_free(&one);
        str_free(&text);
    }
}

/* Of the places of a deployment, whether they are there or not. */
static size_t random_place(struct conf_step out[3])
{
    static const char *const options[] = {"O", "CN", "listen", "address", "store", "x"};
    static const char *const titles[] = {"callbridge", "webadmin", "cms1", "new"};
    size_t depth = 1 + (size_t)rand() % 3;
    for (size_t i = 0; i + 1 < depth; i++) {
        bool service = i || rand() % 2;
        out[i].name = i ? "service" : rand() % 3 == 0 ? "subject" : service ? "server" : "identity";
        out[i].title = strcmp(out[i].name, "subject") == 0
                           ? NULL
                           : titles[(size_t)rand() % (sizeof titles / sizeof *titles)];
    }
    out[depth - 1] =
        (struct conf_step){options[(size_t)rand() % (sizeof options / sizeof *options)], NULL};
    return depth;
}

static void edit_by_chance(struct str *text)
{
    struct conf_step path[3];
    size_t depth = random_place(path);
    struct strings values = {0};
    for (int i = rand() % 3; i >= 0; i--)
        strings_add_take(&values, rand() % 2 ? random_value() : xformat("%d", rand() % 20000));
    if (rand() % 8 == 0)
        (void)conf_remove(text, path, depth);
    else
        conf_set(text, path, depth, &values, values.count > 1);
    strings_free(&values);
}

static void assert_same_span(const struct conf_span *a, const struct conf_span *b)
{
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->value_start, b->value_start);
    assert_int_equal(a->value_end, b->value_end);
    assert_int_equal(a->line, b->line);
}

/* The outline of a text moves along with its edits: what is found by it is what a fresh look at the
 * text finds. */
static void a_text_edited_is_known_as_if_read_again(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct str kept = {0}, fresh = {0};
        str_add(&kept, sample);
        str_add(&fresh, sample);
        srand(seed);
        for (int i = 0; i < 30; i++)
            edit_by_chance(&kept);
        struct conf_span known[20], again[20];
        bool there[20];
        for (int i = 0; i < 20; i++) {
            struct conf_step path[3];
            size_t depth = random_place(path);
            there[i] = conf_find(str_text(&kept), path, depth, &known[i]);
        }
        srand(seed);
        for (int i = 0; i < 30; i++) {
            conf_forget();
            edit_by_chance(&fresh);
        }
        conf_forget();
        assert_string_equal(str_text(&kept), str_text(&fresh));
        for (int i = 0; i < 20; i++) {
            struct conf_step path[3];
            size_t depth = random_place(path);
            assert_int_equal(conf_find(str_text(&fresh), path, depth, &again[i]), there[i]);
            if (there[i])
                assert_same_span(&known[i], &again[i]);
        }
        str_free(&kept);
        str_free(&fresh);
    }
}

static void dollars_stay_in_every_quoting(void **state)
{
    (void)state;
    setenv("HOME", "/somewhere", 1);
    struct deployment deployment;
    parse("name = example.com subject { O = \"${HOME}\" L = '${HOME}' ST = $HOME OU = "
          "\"\\${HOME}\" }",
          &deployment);
    assert_string_equal(deployment.subject.attributes[ATTR_O], "${HOME}");
    assert_string_equal(deployment.subject.attributes[ATTR_L], "${HOME}");
    assert_string_equal(deployment.subject.attributes[ATTR_ST], "$HOME");
    assert_string_equal(deployment.subject.attributes[ATTR_OU], "${HOME}");
    deployment_free(&deployment);
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    refuse("name = example.com\nsubject {\n  Ou = x }", "x.conf:3", "no such option \"Ou\"",
           "\"OU\"");
    refuse("name = example.com\nrelase = 2", "x.conf:2", "no such option \"relase\"", "release");
    refuse("name = example.com\nname = b.example.com", "x.conf:2", "given twice", NULL);
    refuse("name = example.com\nidentity \"a\" {}\nidentity \"a\" {}", "x.conf:3", "twice", NULL);
    refuse("name = example.com\nsubject { O = \"x\n", "x.conf:2", "never closed", NULL);
    refuse("name = example.com\nsubject {\n O = x\n", "x.conf:2", "never closed", "");
    refuse("name = example.com\n}\n", "x.conf:2", "brace too many", NULL);
    refuse("name = example.com\nsubject { O = ${HOME} }", "x.conf:2", "outside quotes", NULL);
    refuse("name = example.com\nsubject { O = \"a\\0b\" }", "x.conf:2", "NUL", NULL);
    refuse("name = example.com\nsubject { O = \"\\9\" }", "x.conf:2", "no such escape", NULL);
    refuse("\xEF\xBB\xBFname = example.com", "x.conf", "byte order mark", "BOM");
    refuse("name = example.com\nserver \"a\" { address = a.example.com service \"calbridge\" {} }",
           "x.conf:2", "no component is called \"calbridge\"", "callbridge");
    refuse("name = example.com\nserver \"a\" {\n address = a.example.com\n service \"turn\" {\n "
           "tls-port = 99999 } }",
           "x.conf:5", "tls-port", "port");
    refuse("name = example.com\nidentity \"a\" { signer = \"intrenal\" }", "x.conf:2", "intrenal",
           "internal");
    refuse("name = example.com\nidentity \"web\" {}\nidentity \"webbundle\" {}", "x.conf:3",
           "webbundle.crt", NULL);
    refuse("name = example.com\nidentity \"Web\" {}\nidentity \"web\" {}", "x.conf:3", "both mean",
           NULL);
    refuse("name = example.com\nidentity \"a\" { signer = b }\nidentity \"b\" { signer = a }",
           "x.conf:2", "circle", NULL);
    refuse("release = 2.9\n", "x.conf", "missing", "name");
    refuse("name = example.com\nidentity \"a_b\" {}", "x.conf:2", "a_b", NULL);
}

static void random_text_never_breaks_the_editor(void **state)
{
    (void)state;
    static const char alphabet[] = "ab{}=\"'#/*$\\ \n,()+";
    srand(11);
    for (int round = 0; round < repeated(20000, 2000); round++) {
        char text[64];
        size_t length = (size_t)rand() % (sizeof text - 1);
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
        text[length] = '\0';
        struct conf_step path[] = {{"a", NULL}, {"b", NULL}};
        struct str copy = {0};
        struct strings one = {0};
        struct error err;
        strings_add(&one, "v");
        str_add(&copy, text);
        bool good = conf_check(text, length, "x", &err);
        conf_set(&copy, path, 2, &one, false);
        /* what was good stays good, but where "a" was an option before */
        if (good && !conf_check(str_text(&copy), copy.length, "x", &err) &&
            !strstr(err.message, "twice"))
            fail_msg("%s: <%s> became <%s>", err.message, text, str_text(&copy));
        strings_free(&one);
        str_free(&copy);
        struct str tame = {0};
        conf_tame(text, length, &tame);
        str_free(&tame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_survives_byte_for_byte),
        cmocka_unit_test(thousands_of_random_edits),
        cmocka_unit_test(what_was_added_can_be_taken_out),
        cmocka_unit_test(a_text_edited_is_known_as_if_read_again),
        cmocka_unit_test(dollars_stay_in_every_quoting),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(random_text_never_breaks_the_editor),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
