/* The emulated appliance: its grammar is the plan's, and what it keeps lies in its folder. */
#include "base/file.h"
#include "base/mem.h"
#include "mmp/appliance.h"
#include "mmp/grammar.h"
#include "mmp/holes.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1767323045 /* 2026-01-02T03:04:05Z */

struct fixture {
    char folder[64];
    struct catalogue catalogue;
    struct appliance *appliance;
};

static struct appliance *open_one(const struct fixture *f, const char *release)
{
    struct appliance *appliance;
    struct error err = {0};
    const struct appliance_options options = {.release = release, .at = NOW};
    assert_true(appliance_open(f->folder, &f->catalogue, &options, &appliance, &err));
    return appliance;
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct error err = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/appliance-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_true(catalogue_load(NULL, &f->catalogue, &err));
    f->appliance = open_one(f, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct error err;
    appliance_close(f->appliance);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, &err));
    free(f);
    return 0;
}

/* The line's whole text and verdict; text NULL: whatever it says. */
static void types(struct appliance *appliance, const char *line, enum appliance_verdict verdict,
                  const char *text)
{
    struct appliance_reply reply;
    appliance_line(appliance, line, &reply);
    if (text)
        assert_string_equal(str_text(&reply.text), text);
    assert_int_equal(reply.verdict, verdict);
    appliance_reply_free(&reply);
}

/* A value that the hole takes, another for each. */
struct sample {
    const struct component *component;
    const char *left_out; /* "" there */
};

static bool sample_value(void *context, const char *path, struct strings *out)
{
    const struct sample *sample = context;
    struct hole_kind kind = hole_kind(sample->component, path);
    size_t sum = 7;
    for (const char *at = path; *at; at++)
        sum = (sum * 31 + (unsigned char)*at) % 1000;
    if (sample->left_out && strstr(sample->left_out, path))
        return true;
    switch (kind.hole) {
    case HOLE_KEY:
        strings_add_take(out, xformat("k%zu.key", sum));
        break;
    case HOLE_CERTIFICATE:
    case HOLE_FULLCHAIN:
    case HOLE_BUNDLE:
        strings_add_take(out, xformat("c%zu.crt", sum));
        break;
    case HOLE_PORT:
        strings_add_take(out, xformat("%zu", sum + 1));
        break;
    case HOLE_LISTEN:
        strings_add_take(out, xformat("a:%zu", sum + 1));
        if (kind.list)
            strings_add_take(out, xformat("lo:%zu", sum + 2));
        break;
    case HOLE_INTERFACE:
        strings_add(out, "a");
        if (kind.list)
            strings_add(out, "b");
        break;
    case HOLE_CHOICE:
        strings_add(out, kind.choices->items[sum % kind.choices->count]);
        break;
    case HOLE_TAG:
    case HOLE_TEXT:
    case HOLE_HOST:
        strings_add_take(out, xformat("w%zu.example.com", sum));
        break;
    }
    return true;
}

/* The line that the plan would type of a pattern is that command, with those values. */
static size_t undoes(const struct fixture *f, const char *release,
                     const struct component *component, const char *pattern, const char *left_out)
{
    struct sample sample = {component, left_out};
    struct str line = {0};
    struct strings holes = {0};
    struct typed typed;
    struct error err = {0};
    if (!*pattern)
        return 0;
    assert_true(template_expand(pattern, sample_value, &sample, &line, &err));
    assert_true(grammar_read(&f->catalogue, release, str_text(&line), &typed));
    assert_string_equal(typed.pattern, pattern);
    assert_ptr_equal(typed.component, component);
    holes_of(pattern, &holes);
    for (size_t i = 0; i < holes.count; i++) {
        struct strings values = {0};
        sample_value(&sample, holes.items[i], &values);
        char *wanted = strings_join(&values, " ");
        const char *got = match_value(&typed.match, holes.items[i]);
        assert_string_equal(got ? got : "", wanted);
        free(wanted);
        strings_free(&values);
    }
    typed_free(&typed);
    strings_free(&holes);
    str_free(&line);
    return 1;
}

/* Every command of the catalogue, with and without its optional part, in every release. */
static void match_undoes_expand(void **state)
{
    const struct fixture *f = *state;
    static const char *const releases[] = {"2.9", "3.0", "3.2", "3.12"};
    size_t tried = 0;
    for (size_t r = 0; r < sizeof releases / sizeof *releases; r++)
        for (size_t i = 0; i < f->catalogue.count; i++) {
            const struct component *c = &f->catalogue.components[i];
            for (size_t j = 0; j < c->command_count; j++) {
                const struct command *command = &c->commands[j];
                const char *bracket = strchr(command->line, '[');
                char *part = bracket ? xstrndup(bracket, strcspn(bracket, "]")) : NULL;
                if (*c->part_of || command->stage == STAGE_BY_HAND ||
                    !release_in(&c->release, releases[r]) ||
                    !release_in(&command->release, releases[r])) {
                    free(part);
                    continue;
                }
                tried += undoes(f, releases[r], c, command->line, NULL);
                if (part)
                    tried += undoes(f, releases[r], c, command->line, part);
                tried += undoes(f, releases[r], c, command->undo, NULL);
                free(part);
            }
        }
    assert_true(tried > 200);
}

/* What the guide types by hand is a line of the appliance, too. */
static void what_is_typed_by_hand_is_understood(void **state)
{
    const struct fixture *f = *state;
    size_t tried = 0;
    for (size_t i = 0; i < f->catalogue.count; i++) {
        const struct component *c = &f->catalogue.components[i];
        for (size_t j = 0; j < c->command_count; j++)
            for (size_t t = 0; t < c->commands[j].typed.count; t++) {
                struct sample sample = {c, NULL};
                struct str line = {0};
                struct typed typed;
                struct error err = {0};
                if (strcmp(c->commands[j].typed.items[t], "Y") == 0)
                    continue; /* an answer */
                assert_true(template_expand(c->commands[j].typed.items[t], sample_value, &sample,
                                            &line, &err));
                assert_true(grammar_read(&f->catalogue, "2.9", str_text(&line), &typed));
                assert_ptr_equal(typed.component, c);
                typed_free(&typed);
                str_free(&line);
                tried++;
            }
    }
    assert_true(tried > 10);
}

static void another_session_sees_what_one_did(void **state)
{
    struct fixture *f = *state;
    struct appliance *other = open_one(f, NULL);
    types(f->appliance, "pki selfsigned web CN:web.example.com", APPLIANCE_DONE,
          "Created key file web.key and certificate web.crt\n");
    types(f->appliance, "webadmin certs web.key web.crt", APPLIANCE_DONE, "");
    types(other, "webadmin enable", APPLIANCE_DONE, NULL);
    types(f->appliance, "webadmin certs web.key web.crt", APPLIANCE_REFUSED,
          "FAILURE: webadmin must be disabled first\n");
    types(f->appliance, "hostname cms7", APPLIANCE_DONE, "");
    types(other, "hostname", APPLIANCE_DONE, "cms7\n");
    appliance_close(other);
}

static void a_release_has_its_commands_alone(void **state)
{
    struct fixture *f = *state;
    struct appliance *later = open_one(f, "3.2");
    types(later, "version", APPLIANCE_DONE, "3.2\n");
    types(later, "xmpp disable", APPLIANCE_UNKNOWN, NULL);
    types(later, "webbridge3 disable", APPLIANCE_DONE, "");
    appliance_close(later);
}

static void a_question_waits_for_its_answer(void **state)
{
    struct fixture *f = *state;
    struct appliance_reply reply;
    appliance_line(f->appliance, "database cluster remove", &reply);
    assert_true(reply.asks && !reply.hidden);
    appliance_reply_free(&reply);
    types(f->appliance, "y", APPLIANCE_REFUSED, NULL);
    types(f->appliance, "y", APPLIANCE_UNKNOWN, NULL);
}

static void what_is_broken_is_no_appliance(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    char *path = path_join(f->folder, ".mmp");
    assert_true(file_replace(path, "[1]", 3, 0600, &err));
    types(f->appliance, "version", APPLIANCE_FAILED, NULL);
    free(path);
}

static void completion_offers_words_and_files(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line, *offered;
    } cases[] = {{"callb", "callbridge"},
                 {"tls sip ", "trust verify"},
                 {"tls sip verify ", "disable enable ocsp"},
                 {"xmpp certs ", "none web.key"},
                 {"xmpp certs web.key ", "web.crt"},
                 {"help xm", "xmpp"},
                 {"pki insp", "inspect"},
                 {"pki inspect ", "web.crt web.key"}};
    types(f->appliance, "pki selfsigned web", APPLIANCE_DONE, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strings words = {0};
        appliance_complete(f->appliance, cases[i].line, &words);
        char *all = strings_join(&words, " ");
        assert_string_equal(all, cases[i].offered);
        free(all);
        strings_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(match_undoes_expand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_typed_by_hand_is_understood, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_session_sees_what_one_did, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_release_has_its_commands_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_question_waits_for_its_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_broken_is_no_appliance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(completion_offers_words_and_files, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
