/* Catalogue, templates, presets, proposals and trusts without a store. */
#include "base/mem.h"
#include "model/build.h"
#include "model/required.h"
#include "model/template.h"
#include "model/trusts.h"
#include "unit.h"

#include <stdio.h>
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

static void make(const char *preset, struct deployment *out)
{
    struct build_options options = {.preset = catalogue_preset(&catalogue, preset),
                                    .domain = "example.com"};
    struct str text = {0};
    struct error err = {0};
    assert_non_null(options.preset);
    if (!build_deployment(&catalogue, &options, &text, &err))
        fail_msg("%s: %s", err.place, err.message);
    assert_true(deployment_parse("x.conf", str_text(&text), text.length, &catalogue, out, &err));
    str_free(&text);
}

struct view {
    const struct deployment *deployment;
    const struct service *service;
};

static bool look_up(void *context, const char *path, struct strings *out)
{
    const struct view *view = context;
    return service_value(view->deployment, view->service, path, out);
}

enum { SERVERS = 60 };

/* Sixty servers, one of them at another address, or with an option that is none. */
static bool read_servers(const char *option, const char *address, struct deployment *out,
                         struct error *err)
{
    struct str text = {0};
    str_add(&text, "name = \"example.com\"\n");
    for (int i = 0; i < SERVERS; i++)
        str_addf(&text,
                 "server \"s%d\" {\n    %s = \"%s%d.example.com\"\n"
                 "    service \"webadmin\" { listen = { \"a:445\" } }\n}\n",
                 i, i == 40 ? option : "address", i == 40 ? address : "core", i);
    bool good = deployment_parse("x.conf", str_text(&text), text.length, &catalogue, out, err);
    str_free(&text);
    return good;
}

/* The rest of a text, kept from the parse before, neither hides a change nor moves an error. */
static void what_is_kept_of_a_text_is_what_was_written(void **state)
{
    (void)state;
    static const char *const addresses[] = {"core", "edge", "core", "x"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct deployment d;
        struct error err = {0};
        assert_true(read_servers("address", addresses[i], &d, &err));
        assert_int_equal(d.server_count, SERVERS);
        assert_true(text_starts(d.servers[40].address, addresses[i]));
        assert_string_equal(d.servers[59].address, "core59.example.com");
        deployment_free(&d);
        assert_false(read_servers("adress", addresses[i], &d, &err));
        assert_string_equal(err.place, "x.conf:163");
        assert_string_equal(err.message, "no such option \"adress\" in server");
        assert_string_equal(err.remedy, "did you mean \"address\"?");
    }
}

/* The appliance reads a line with the template that wrote it: each hole comes back. */
static void matching_undoes_expansion(void **state)
{
    (void)state;
    size_t lines = 0;
    for (size_t p = 0; p < catalogue.preset_count; p++) {
        struct deployment d;
        struct trusts trusts;
        make(catalogue.presets[p].name, &d);
        trusts_derive(&d, NULL, &trusts);
        d.trusts = &trusts;
        for (size_t i = 0; i < d.servers[0].service_count; i++) {
            struct view view = {&d, &d.servers[0].services[i]};
            const struct component *component = view.service->component;
            for (size_t c = 0; c < component->command_count; c++) {
                const char *pattern = component->commands[c].line;
                if (!template_complete(pattern, look_up, &view))
                    continue;
                struct str line = {0};
                struct match match;
                assert_true(template_expand(pattern, look_up, &view, &line, NULL));
                assert_true(template_match(pattern, str_text(&line), &match));
                for (size_t h = 0; h < match.paths.count; h++) {
                    struct strings values = {0};
                    assert_true(look_up(&view, match.paths.items[h], &values));
                    char *text = strings_join(&values, " ");
                    assert_string_equal(match.values.items[h], text);
                    free(text);
                    strings_free(&values);
                }
                match_free(&match);
                str_free(&line);
                lines++;
            }
        }
        trusts_free(&trusts);
        deployment_free(&d);
    }
    assert_true(lines > 30);
}

static void a_line_of_another_command_does_not_match(void **state)
{
    (void)state;
    struct match match;
    assert_false(template_match("turn certs {key} {crt}[ {bundle}]", "turn certs a.key", &match));
    assert_false(template_match("turn certs {key} {crt}", "turn enable", &match));
    assert_true(template_match("turn certs {key} {crt}[ {bundle}]", "turn certs a.key a.crt b.crt",
                               &match));
    assert_string_equal(match_value(&match, "bundle"), "b.crt");
    assert_null(match_value(&match, "other"));
    match_free(&match);
}

static void unknown_holes_are_errors(void **state)
{
    (void)state;
    struct deployment d;
    struct str line = {0};
    struct error err = {0};
    make("lab", &d);
    struct view view = {&d, &d.servers[0].services[0]};
    assert_false(template_expand("x {nothing-of-that-name}", look_up, &view, &line, &err));
    assert_non_null(strstr(err.message, "nothing-of-that-name"));
    assert_true(template_expand("x {cucm}", look_up, &view, &line, &err));
    assert_false(template_expand("x {listen.colour}", look_up, &view, &line, &err));
    assert_non_null(strstr(err.message, "listen.colour"));
    str_free(&line);
    deployment_free(&d);
}

static const struct service *service_of(const struct deployment *d, const char *name)
{
    const struct service *service = server_service(&d->servers[0], name);
    assert_non_null(service);
    return service;
}

static void same_trust(const struct trusts *trusts, const struct deployment *d, const char *service,
                       const char *name, const char *file)
{
    const struct trust *trust = trusts_find(trusts, service_of(d, service), name);
    assert_non_null(trust);
    assert_string_equal(trust->file, file);
}

static void trust_files_are_named_as_the_contract_says(void **state)
{
    (void)state;
    struct deployment d;
    struct trusts trusts;
    make("lab", &d);
    trusts_derive(&d, NULL, &trusts);
    same_trust(&trusts, &d, "webbridge3", "c2w-trust", "labca.crt");
    same_trust(&trusts, &d, "callbridge", "c2w-trust", "labca.crt");
    trusts_free(&trusts);
    deployment_free(&d);

    make("webapp", &d);
    trusts_derive(&d, NULL, &trusts);
    same_trust(&trusts, &d, "webbridge3", "c2w-trust", "webbridge3-c2w-trust.crt");
    same_trust(&trusts, &d, "callbridge", "c2w-trust", "callbridge-c2w-trust.crt");
    trusts_free(&trusts);
    deployment_free(&d);

    make("single-combined", &d);
    trusts_derive(&d, NULL, &trusts);
    assert_int_equal(trusts.count, 1); /* no validation: the XMPP trusts stay away */
    same_trust(&trusts, &d, "webbridge", "trust", "callbridge.crt");
    trusts_free(&trusts);
    deployment_free(&d);
}

static void conditions_read_facts_options_and_kinds(void **state)
{
    (void)state;
    struct deployment d;
    make("single-combined", &d);
    const struct service *turn = service_of(&d, "turn");
    assert_true(service_condition(&d, turn, ""));
    assert_true(service_condition(&d, turn, "tls-port"));
    assert_true(service_condition(&d, turn, "tls-port=447 webrtc-apps"));
    assert_true(service_condition(&d, turn, "with:webbridge3|with:xmpp !installed"));
    assert_false(service_condition(&d, turn, "with:webbridge3|installed"));
    assert_true(service_condition(&d, turn, "with:xmpp !with:webbridge3 !installed"));
    assert_true(service_condition(&d, turn, "purpose=production !validation.xmpp"));
    assert_false(service_condition(&d, turn, "purpose=lab"));
    assert_false(service_condition(&d, turn, "webrtc-apps cucm"));
    deployment_free(&d);
}

static void releases_compare_by_number(void **state)
{
    (void)state;
    struct release range = {.from = (char *)"2.9", .until = (char *)"2.10"};
    assert_true(release_in(&range, "2.9"));
    assert_true(release_in(&range, "2.9.1"));
    assert_true(release_in(&range, "2.10"));
    assert_false(release_in(&range, "3.0"));
    assert_false(release_in(&range, "2.8"));
    struct release open = {.from = (char *)"", .until = (char *)""};
    assert_true(release_in(&open, "2.4"));
}

static void usages_are_the_union_of_the_slots(void **state)
{
    (void)state;
    struct deployment d;
    struct strings eku = {0};
    make("lab", &d);
    identity_eku(deployment_identity(&d, "cms1"), &eku);
    assert_int_equal(eku.count, 2);
    assert_string_equal(eku.items[0], "serverAuth");
    strings_free(&eku);
    identity_eku(deployment_identity(&d, "labca"), &eku);
    assert_int_equal(eku.count, 0);
    strings_free(&eku);
    deployment_free(&d);
}

static void every_kind_has_what_a_page_needs(void **state)
{
    (void)state;
    assert_int_equal(catalogue.count, 13);
    for (size_t i = 0; i < catalogue.count; i++) {
        const struct component *c = &catalogue.components[i];
        assert_true(*c->title && *c->purpose && *c->section);
        assert_true((c->slot_count > 0) != (*c->part_of != '\0'));
        for (size_t k = 0; k < c->slot_count; k++) {
            assert_true(*c->slots[k].identity && *c->slots[k].cn);
            assert_true(c->slots[k].signer_count > 0 && c->slots[k].takes.count > 0);
            for (size_t s = 0; s < c->slots[k].signer_count; s++)
                assert_true(*c->slots[k].signers[s].why);
        }
        for (size_t k = 0; k < c->ask_count; k++)
            assert_true(*c->asks[k].help && *c->asks[k].section && strlen(c->asks[k].label) <= 12);
        for (size_t k = 0; k < c->fact_count; k++)
            assert_true(*c->facts[k].help && (c->facts[k].fold || strlen(c->facts[k].label) <= 12));
    }
}

static void parse(const char *text, struct deployment *out)
{
    struct error err = {0};
    if (!deployment_parse("x.conf", text, strlen(text), &catalogue, out, &err))
        fail_msg("%s: %s", err.place, err.message);
}

static void a_trust_is_switched_off_by_none(void **state)
{
    (void)state;
    static const char with[] =
        "name = \"example.com\"\nidentity \"one\" {}\n"
        "server \"s\" { address = \"s.example.com\"\n"
        " service \"callbridge\" { identity = \"one\" %s }\n"
        " service \"xmpp\" { identity = \"one\" } }\nvalidation { xmpp = true }\n";
    for (int off = 0; off < 2; off++) {
        struct deployment d;
        struct trusts trusts;
        char text[sizeof with + 64];
        snprintf(text, sizeof text, with, off ? "xmpp-trust-file = \"none\"" : "");
        parse(text, &d);
        trusts_derive(&d, NULL, &trusts);
        assert_int_equal(trusts_find(&trusts, service_of(&d, "callbridge"), "xmpp-trust") == NULL,
                         off);
        trusts_free(&trusts);
        deployment_free(&d);
    }
}

/* count servers with a Call Bridge and a Web Bridge 3 each, all of one signer's. */
static void make_cores(size_t count, const char *signer, struct deployment *out)
{
    struct str text = {0};
    str_add(&text, "name = \"example.com\"\nidentity \"ca\" { signer = \"self\" }\n");
    for (size_t i = 1; i <= count; i++)
        str_addf(&text,
                 "identity \"one%zu\" { signer = \"%s\" }\n"
                 "server \"core%zu\" { address = \"core%zu.example.com\"\n"
                 " service \"callbridge\" { identity = \"one%zu\" }\n"
                 " service \"webbridge3\" { https = \"one%zu\" c2w = \"one%zu\" } }\n",
                 i, signer, i, i, i, i, i);
    parse(str_text(&text), out);
    str_free(&text);
}

static void services_that_accept_the_same_share_one_need(void **state)
{
    (void)state;
    struct deployment d;
    struct trusts trusts;
    make_cores(20, "internal", &d);
    trusts_derive(&d, NULL, &trusts);
    assert_int_equal(trusts.count, 40);
    assert_int_equal(trusts.need_count, 2); /* not one a reader: that is the square */
    for (size_t i = 0; i < trusts.count; i++) {
        const struct trust *trust = &trusts.items[i];
        assert_int_equal(trust->need->target_count, 20);
        assert_int_equal(trust->need->content, trusts.items[0].need->content);
        assert_string_equal(trust->file,
                            i % 2 ? "webbridge3-c2w-trust.crt" : "callbridge-c2w-trust.crt");
    }
    for (size_t i = 1; i < trusts.count; i++)
        assert_true(strcmp(trusts.by_file[i - 1]->file, trusts.by_file[i]->file) <= 0);
    trusts_free(&trusts);
    deployment_free(&d);

    make_cores(2, "ca", &d); /* on whichever server: the CA's own file */
    trusts_derive(&d, NULL, &trusts);
    for (size_t i = 0; i < trusts.count; i++)
        assert_string_equal(trusts.items[i].file, "ca.crt");
    trusts_free(&trusts);
    deployment_free(&d);
}

/* What pki csr refuses is told with file, line and identity before anything is made of it. */
static void names_that_no_request_takes_are_told_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *option, *place, *words;
    } cases[] = {
        {"subjectAltName = { \"a.example.com, b.example.com\" }", "x.conf:5", "a comma"},
        {"subjectAltName = { \"a.example.com\", \"\" }", "x.conf:5", "a name is missing"},
        {"subjectAltName = { \"DNS:a.example.com\" }", "x.conf:5", "DNS:"},
        {"OU = \"1234567890123456789012345678901234567890123456789012345678901234X\"", "x.conf:5",
         "allows 64"},
        {"C = \"USA\"", "x.conf:5", "two letters"},
        {"L = \" Oslo\"", "x.conf:5", "blank in front"},
        {"O = \"a\\x07b\"", "x.conf:5", "control character"},
        {"signer = \"public\"", "x.conf:2", "X.520"},
        {"O = \"\"", NULL, NULL},
        {"O = \"Example\"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct deployment d;
        struct error err = {0};
        bool common = cases[i].words && strcmp(cases[i].words, "X.520") == 0;
        char *text = xformat(
            "name = \"example.com\"\nsubject { O = \"%s\" }\n# a remark\nidentity \"one\" { CN = "
            "\"one.example.com\"\n%s }\n",
            common ? "1234567890123456789012345678901234567890123456789012345678901234X" : "Acme",
            cases[i].option);
        parse(text, &d);
        bool good = identity_check(&d, &d.identities[0], &err);
        assert_int_equal(good, cases[i].place == NULL);
        if (!good) {
            assert_string_equal(err.place, cases[i].place);
            assert_non_null(strstr(err.message, "\"one\""));
            assert_non_null(strstr(err.message, cases[i].words));
            assert_true(*err.remedy);
        }
        deployment_free(&d);
        free(text);
    }
}

static void a_request_needs_a_cn(void **state)
{
    (void)state;
    struct deployment d;
    struct error err = {0};
    parse("name = \"example.com\"\n\nidentity \"one\" { signer = \"public\" }\n"
          "identity \"ca\" { signer = \"self\" }\n",
          &d);
    assert_false(identity_check(&d, &d.identities[0], &err));
    assert_string_equal(err.place, "x.conf:3");
    assert_true(identity_check(&d, &d.identities[1], &err));
    deployment_free(&d);
}

/* "{a} | {b}": one name is asked for, which either serves; never a name with the bar in it. */
static void one_of_two_names_is_one_requirement(void **state)
{
    (void)state;
    struct deployment d;
    struct required_names wanted = {0};
    char either[] = "{address} | {domain}", both[] = "{domain}";
    char *patterns[] = {either, both};
    const struct require require = {.names = {.items = patterns, .count = 2}};
    make("webapp", &d);
    const struct service *service = &d.servers[0].services[0];
    required_by(&d, service, &require, &wanted);
    assert_int_equal(wanted.count, 2);
    assert_int_equal(wanted.items[0].any.count, 2);
    assert_string_equal(wanted.items[0].any.items[0], d.servers[0].address);
    assert_string_equal(wanted.items[0].any.items[1], "example.com");
    assert_int_equal(wanted.items[1].any.count, 1);
    assert_string_equal(wanted.items[1].any.items[0], "example.com");
    required_free(&wanted);
    deployment_free(&d);
}

/* Who signs what, of tables 2 and 3 of guide 2.2; the facts stand on the left. */
static void signers_are_those_of_the_guide(void **state)
{
    (void)state;
    static const struct {
        const char *facts, *kind, *slot, *signer;
    } rows[] = {
        {"webrtc-apps", "webbridge", "identity", "public"},
        {"native-apps", "webbridge", "identity", "internal"},
        {"native-apps", "xmpp", "identity", "public"},
        {"webrtc-apps", "xmpp", "identity", "internal"},
        {"lync-direct", "callbridge", "identity", "public"},
        {"webrtc-apps", "callbridge", "identity", "internal"},
        {"webrtc-apps", "turn", "identity", "public"},
        {"lync-direct", "webadmin", "identity", "internal"},
        {"native-apps", "loadbalancer", "identity", "internal"},
        {"native-apps", "trunk", "identity", "internal"},
        {"lync-direct", "recorder", "identity", "internal"},
        {"lync-direct", "streamer", "identity", "internal"},
        {"lync-direct", "webbridge3", "https", "public"}, /* D.2: for guests */
        {"lync-direct", "webbridge3", "c2w", "internal"},
        {"lync-direct", "database", "server", "dbca"},
        {"lync-direct", "database", "client", "dbca"},
        {"lync-direct", "database", "root", "self"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deployment d;
        char text[400];
        snprintf(text, sizeof text,
                 "name = \"example.com\"\nenvironment { %s = true }\n"
                 "server \"s\" { address = \"s.example.com\"\n service \"%s\" { } }\n",
                 rows[i].facts, rows[i].kind);
        parse(text, &d);
        const struct service *service = service_of(&d, rows[i].kind);
        char *signer =
            derive_signer_name(&d, service, component_slot(service->component, rows[i].slot));
        assert_string_equal(signer, rows[i].signer);
        free(signer);
        deployment_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_of_a_text_is_what_was_written),
        cmocka_unit_test(matching_undoes_expansion),
        cmocka_unit_test(a_line_of_another_command_does_not_match),
        cmocka_unit_test(unknown_holes_are_errors),
        cmocka_unit_test(trust_files_are_named_as_the_contract_says),
        cmocka_unit_test(conditions_read_facts_options_and_kinds),
        cmocka_unit_test(releases_compare_by_number),
        cmocka_unit_test(usages_are_the_union_of_the_slots),
        cmocka_unit_test(every_kind_has_what_a_page_needs),
        cmocka_unit_test(a_trust_is_switched_off_by_none),
        cmocka_unit_test(services_that_accept_the_same_share_one_need),
        cmocka_unit_test(names_that_no_request_takes_are_told_with_their_line),
        cmocka_unit_test(a_request_needs_a_cn),
        cmocka_unit_test(one_of_two_names_is_one_requirement),
        cmocka_unit_test(signers_are_those_of_the_guide),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
