/* What an appliance prints: each line of the catalogue's forms and replies is read as it was
 * printed, and displays that documents show are printed and read by them. */
#include "base/mem.h"
#include "model/catalogue.h"
#include "model/template.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

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

/* The holes of a line, and which of them has no value. */
struct values {
    struct strings paths;
    const char *unset; /* a path; "*": none has a value */
};

static bool is_set(const struct values *values, const char *path)
{
    return !values->unset || (strcmp(values->unset, "*") != 0 && strcmp(values->unset, path) != 0);
}

static bool give(void *context, const char *path, struct strings *out)
{
    struct values *values = context;
    strings_add_new(&values->paths, path);
    if (is_set(values, path))
        strings_add_take(out, xformat("%s-1.x", path));
    return true;
}

/* Every value that the line was read to have is the one it was printed with. */
static void reads_back(const char *line, const char *printed, const struct values *values)
{
    struct match match;
    if (!status_match(line, printed, &match))
        fail_msg("\"%s\" does not read \"%s\"", line, printed);
    for (size_t i = 0; i < match.paths.count; i++) {
        const char *path = match.paths.items[i], *value = match.values.items[i];
        size_t length = strlen(path);
        if (path[length - 1] == '?') {
            char *name = xstrndup(path, length - 1);
            assert_string_equal(value, is_set(values, name) ? "yes" : "no");
            free(name);
        } else if (*value) {
            char *wanted = xformat("%s-1.x", path);
            assert_string_equal(value, wanted);
            assert_true(is_set(values, path));
            free(wanted);
        } else {
            assert_true(values->unset != NULL);
        }
    }
    match_free(&match);
}

static size_t prints_and_reads(const char *line)
{
    struct values all = {0};
    size_t printed = 0;
    for (size_t turn = 0; turn < all.paths.count + 2; turn++) {
        struct str text = {0};
        all.unset = turn == 0 ? NULL : turn == 1 ? "*" : all.paths.items[turn - 2];
        assert_true(template_expand(line, give, &all, &text, NULL));
        /* Without its tag a Load Balancer is none: such a line is not printed. */
        if (text.length && template_complete(line, give, &all)) {
            reads_back(line, str_text(&text), &all);
            printed++;
        }
        str_free(&text);
    }
    strings_free(&all.paths);
    return printed;
}

static void reading_undoes_printing(void **state)
{
    (void)state;
    size_t printed = 0;
    for (size_t i = 0; i < catalogue.count; i++) {
        const struct component *c = &catalogue.components[i];
        for (size_t j = 0; j < c->form_count; j++)
            for (size_t k = 0; k < c->forms[j].lines.count; k++)
                printed += prints_and_reads(c->forms[j].lines.items[k]);
        for (size_t j = 0; j < c->command_count; j++)
            for (size_t k = 0; k < c->commands[j].reply.count; k++)
                printed += prints_and_reads(c->commands[j].reply.items[k]);
    }
    assert_true(printed > 200);
}

/* The form prints the line with all values that the plan expects. */
static bool form_prints(const struct component *component, const char *command, const char *release,
                        const char *expected)
{
    struct strings lines = {0};
    struct str wanted = {0};
    struct values values = {0};
    bool found = false;
    component_status(component, command, release, &lines);
    assert_true(template_expand(expected, give, &values, &wanted, NULL));
    for (size_t i = 0; i < lines.count && !found; i++) {
        struct str text = {0};
        for (size_t turn = 0; turn < 2 && !found; turn++) {
            /* Whether XMPP is validated changes a label. */
            values.unset = turn ? "xmpp-trust" : NULL;
            str_clear(&text);
            assert_true(template_expand(lines.items[i], give, &values, &text, NULL));
            found = status_same(str_text(&text), str_text(&wanted));
        }
        str_free(&text);
    }
    strings_free(&lines);
    strings_free(&values.paths);
    str_free(&wanted);
    return found;
}

static void a_plan_expects_what_the_form_prints(void **state)
{
    (void)state;
    static const char *const releases[] = {"2.9", "3.0", "3.12"};
    size_t checked = 0;
    for (size_t i = 0; i < catalogue.count; i++)
        for (size_t j = 0; j < catalogue.components[i].command_count; j++) {
            const struct component *c = &catalogue.components[i];
            const struct command *command = &c->commands[j];
            bool shows = command->stage == STAGE_DISPLAY || command->stage == STAGE_OTHER;
            for (size_t r = 0; r < sizeof releases / sizeof *releases; r++)
                for (size_t k = 0; shows && k < command->expect.count; k++) {
                    if (!release_in(&command->release, releases[r]) ||
                        !release_in(&c->release, releases[r]))
                        continue;
                    if (!form_prints(c, command->line, releases[r], command->expect.items[k]))
                        fail_msg("%s does not print \"%s\"", command->line,
                                 command->expect.items[k]);
                    checked++;
                }
        }
    assert_true(checked > 30);
}

/* Each kind that has a certificate is seen by a command, in every release that has it. */
static void every_kind_is_shown(void **state)
{
    (void)state;
    static const char *const releases[] = {"2.9", "3.0", "3.1", "3.12"};
    for (size_t i = 0; i < catalogue.count; i++)
        for (size_t r = 0; r < sizeof releases / sizeof *releases; r++) {
            const struct component *c = &catalogue.components[i];
            struct strings shown = {0};
            component_displays(c, releases[r], &shown);
            if (release_in(&c->release, releases[r]) && !shown.count)
                fail_msg("nothing shows %s in %s", c->kind, releases[r]);
            strings_free(&shown);
        }
}

struct seen {
    const char *path, *value;
};

static bool look(void *context, const char *path, struct strings *out)
{
    for (const struct seen *seen = context; seen->path; seen++)
        if (strcmp(seen->path, path) == 0)
            strings_add(out, seen->value);
    return true;
}

static void prints(const char *kind, const char *command, const char *release, struct seen *seen,
                   const char *display)
{
    struct strings lines = {0};
    struct str out = {0};
    component_status(catalogue_find(&catalogue, kind), command, release, &lines);
    for (size_t i = 0; i < lines.count; i++) {
        struct str line = {0};
        assert_true(template_expand(lines.items[i], look, seen, &line, NULL));
        if (line.length)
            str_addf(&out, "%s\n", str_text(&line));
        str_free(&line);
    }
    assert_string_equal(str_text(&out), display);
    str_free(&out);
    strings_free(&lines);
}

static void displays_are_those_of_the_documents(void **state)
{
    (void)state;
    struct seen bridge[] = {{"listen", "a"},
                            {"identity.key", "callbridge.key"},
                            {"identity.certificate", "callbridge.cer"},
                            {NULL, NULL}};
    prints("callbridge", "callbridge", "2.9.5", bridge, /* 4.7.1 */
           "Listening interfaces : a\n"
           "Key file             : callbridge.key\n"
           "Certificate file     : callbridge.cer\n");
    struct seen web[] = {
        {"state.enabled", "true"},         {"listen", "a:443"},
        {"identity.key", "webbridge.key"}, {"identity.certificate", "webbridge.crt"},
        {"trust", "callbridge.crt"},       {NULL, NULL}};
    prints("webbridge", "webbridge", "2.9", web, /* 4.7.1 */
           "Enabled                : true\n"
           "Interface allowed list : a:443\n"
           "Key file               : webbridge.key\n"
           "Certificate file       : webbridge.crt\n"
           "Trust bundle           : callbridge.crt\n"
           "HTTP redirect          : Enabled\n");
    struct seen recorder[] = {{"state.enabled", "true"},
                              {"listen", "a:8888"},
                              {"listen.interface", "a"},
                              {"identity.key", "cms.key"},
                              {"identity.certificate", "cms.cer"},
                              {"trust", "cms.cer"},
                              {NULL, NULL}};
    prints("streamer", "streamer", "3.2", recorder, /* 217320 */
           "Enabled                 : true\n"
           "SIP interfaces          : tcp a:8888, tls none\n"
           "SIP key file            : cms.key\n"
           "SIP certificate file    : cms.cer\n"
           "SIP CA Bundle file      : cms.cer\n"
           "SIP Resolution          : 720p\n"
           "SIP traffic trace       : Disabled\n"
           "Call Limit              : none\n");
}

static void lines_are_read_without_regard_to_their_looks(void **state)
{
    (void)state;
    struct match match;
    assert_true(status_match("Interface allowed list : [{listen}|none]",
                             "interface WHITELIST     : a:8443\r", &match));
    assert_string_equal(match_value(&match, "listen"), "a:8443");
    match_free(&match);
    assert_true(status_match("Key file : [{identity.key}|none]", "Key file: none", &match));
    assert_string_equal(match_value(&match, "identity.key"), "");
    match_free(&match);
    assert_true(status_match("tcp [{listen}|none], tls [{listen.interface}:{port}|none]",
                             "tcp a:7000, tls a:7001", &match));
    assert_string_equal(match_value(&match, "listen"), "a:7000");
    assert_string_equal(match_value(&match, "port"), "7001");
    match_free(&match);
    assert_true(status_match("STATUS : web {state.enabled?running|not running}",
                             "STATUS   : web not running", &match));
    assert_string_equal(match_value(&match, "state.enabled?"), "no");
    match_free(&match);
    assert_false(status_match("Key file : {identity.key}", "Certificate file : a.crt", &match));
    assert_true(status_same("SUCCESS:  Webbridge enabled ", "success: webbridge ENABLED"));
    assert_false(status_same("SUCCESS: Webbridge enabled", "SUCCESS: Webbridge disabled"));
    /* A file of that name keeps it. */
    assert_true(status_match("Trust bundle : {trust}", "Trust bundle : whitelist.crt", &match));
    assert_string_equal(match_value(&match, "trust"), "whitelist.crt");
    match_free(&match);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_undoes_printing),
        cmocka_unit_test(a_plan_expects_what_the_form_prints),
        cmocka_unit_test(every_kind_is_shown),
        cmocka_unit_test(displays_are_those_of_the_documents),
        cmocka_unit_test(lines_are_read_without_regard_to_their_looks),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
