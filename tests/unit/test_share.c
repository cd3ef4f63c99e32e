/* One certificate for several services, and each its own: who has which, its names, its signer. */
#include "base/file.h"
#include "base/mem.h"
#include "model/share.h"
#include "ops/ops.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char conf[] =
    "release = \"2.9\"\nname = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
    "subject { O = \"Acme\" }\n"
    "identity \"callbridge1\" { CN = \"callbridge1.example.com\" "
    "subjectAltName = { \"core1.example.com\" } signer = \"internal\" }\n"
    "identity \"callbridge2\" { CN = \"callbridge2.example.com\" "
    "subjectAltName = { \"core2.example.com\", \"old.example.com\" } signer = \"internal\" }\n"
    "identity \"webadmin1\" { CN = \"core1.example.com\" signer = \"internal\" O = \"Other\" }\n"
    "identity \"webbridge3\" { CN = \"join.example.com\" signer = \"public\" }\n"
    "identity \"edge\" { CN = \"edge.example.com\" signer = \"internal\" }\n"
    "identity \"trunk\" { CN = \"core2.example.com\" signer = \"internal\" }\n"
    "identity \"there\" { CN = \"core2.example.com\" signer = \"internal\" key-at = \"core2\" }\n"
    "identity \"root\" { CN = \"Example database CA\" signer = \"self\" }\n"
    "identity \"dbserver\" { CN = \"core1.example.com\" signer = \"root\" }\n"
    "identity \"dbclient\" { CN = \"postgres\" signer = \"root\" }\n"
    "server \"core1\" { address = \"core1.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge1\" database = \"co-located\" }\n"
    "  service \"webadmin\" { identity = \"webadmin1\" }\n"
    "  service \"webbridge3\" { https = \"webbridge3\" c2w = \"webbridge3\" "
    "a-record = \"join.example.com\" c2w-url = \"c2w://core1.example.com:9999\" }\n"
    "  service \"database\" { root = \"root\" server = \"dbserver\" client = \"dbclient\" } }\n"
    "server \"core2\" { address = \"core2.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge2\" }\n"
    "  service \"webadmin\" { identity = \"there\" }\n"
    "  service \"trunk\" { identity = \"trunk\" edge = \"edge\" } }\n"
    "server \"edge\" { address = \"edge.example.com\"\n"
    "  service \"loadbalancer\" { identity = \"edge\" } }\n";

struct fixture {
    char folder[64];
    char *config;
    struct catalogue catalogue;
    struct facts *facts;
    struct edit edit;
    struct deployment now;
};

static void gather(struct fixture *f)
{
    struct facts_options options = {.config = f->config};
    struct error err = {0};
    facts_free(f->facts);
    f->facts = NULL;
    if (!facts_gather(&options, &f->catalogue, &f->facts, &err))
        fail_msg("%s: %s", err.place, err.message);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/test_share.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    assert_true(file_replace(f->config, conf, sizeof conf - 1, 0644, NULL));
    assert_true(catalogue_load(NULL, &f->catalogue, NULL));
    gather(f);
    edit_begin(&f->edit, f->facts);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    edit_free(&f->edit);
    deployment_free(&f->now);
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f);
    return 0;
}

static void finish(struct fixture *f)
{
    struct error err = {0};
    deployment_free(&f->now);
    if (!edit_finish(&f->edit, true, &f->now, &err))
        fail_msg("%s: %s", err.place, err.message);
}

/* What was made of it is where one goes on from. */
static void go_on(struct fixture *f)
{
    struct error err = {0};
    if (!deployment_put(&f->facts->deployment, &f->now, &err))
        fail_msg("%s: %s", err.place, err.message);
    edit_free(&f->edit);
    gather(f);
    edit_begin(&f->edit, f->facts);
}

static void make(struct fixture *f, const char *identity)
{
    struct strings names = {0};
    struct made_list made;
    struct error err = {0};
    strings_add(&names, identity);
    if (!op_generate(f->facts, &names, &made, NULL, &err))
        fail_msg("%s: %s", err.place, err.message);
    made_free(&made);
    strings_free(&names);
    edit_free(&f->edit);
    gather(f);
    edit_begin(&f->edit, f->facts);
}

static void share(struct fixture *f, const char *names, const char *expected)
{
    struct strings list = {0};
    strings_split(&list, names, ' ');
    char *name = edit_share(&f->edit, &list);
    assert_string_equal(name, expected);
    free(name);
    strings_free(&list);
    finish(f);
}

static void split(struct fixture *f, const char *name, enum share_split by, const char *expected)
{
    struct strings out = {0}, lost = {0};
    edit_split(&f->edit, deployment_identity(&f->facts->deployment, name), by, &out, &lost);
    char *all = strings_join(&out, " ");
    assert_string_equal(all, expected);
    free(all);
    strings_free(&out);
    strings_free(&lost);
    finish(f);
}

/* "CN, SAN, SAN by SIGNER" */
static void has_names(const struct fixture *f, const char *name, const char *expected)
{
    const struct identity *identity = deployment_identity(&f->now, name);
    assert_non_null(identity);
    char *sans = strings_join(&identity->names.sans, ", ");
    char *all = xformat("%s%s%s by %s", identity->names.attributes[ATTR_CN], *sans ? ", " : "",
                        sans, identity->signer);
    assert_string_equal(all, expected);
    free(all);
    free(sans);
}

static const char *used(const struct fixture *f, const char *server, const char *service,
                        const char *slot)
{
    const struct server *at = deployment_server(&f->now, server);
    return service_option(server_service(at, service), slot)->items[0];
}

static void those_of_a_kind_are_called_after_it(void **state)
{
    struct fixture *f = *state;
    share(f, "callbridge1 callbridge2", "callbridge");
    assert_string_equal(used(f, "core1", "callbridge", "identity"), "callbridge");
    assert_string_equal(used(f, "core2", "callbridge", "identity"), "callbridge");
    assert_null(deployment_identity(&f->now, "callbridge1"));
    /* the second one's typed name comes along */
    has_names(f, "callbridge",
              "callbridge1.example.com, core1.example.com, callbridge2.example.com, "
              "core2.example.com, old.example.com by internal");
}

static void those_of_a_server_are_called_after_it(void **state)
{
    struct fixture *f = *state;
    share(f, "callbridge1 webadmin1 webbridge3", "core1");
    assert_string_equal(used(f, "core1", "webbridge3", "c2w"), "core1");
    /* one of them needs the public CA */
    has_names(f, "core1", "core1.example.com, join.example.com by public");
}

static void one_that_is_made_keeps_its_name_and_grows(void **state)
{
    struct fixture *f = *state;
    make(f, "webadmin1");
    share(f, "callbridge1 webadmin1", "webadmin1");
    assert_string_equal(used(f, "core1", "callbridge", "identity"), "webadmin1");
    has_names(f, "webadmin1", "core1.example.com by internal");
    assert_int_equal(f->edit.kept.count, 0);
    /* and one more that is made stays beside it, for its files are paid for */
    go_on(f);
    make(f, "callbridge2");
    share(f, "callbridge2 webadmin1", "webadmin1");
    assert_non_null(deployment_identity(&f->now, "callbridge2"));
    has_names(f, "webadmin1", "core1.example.com, core2.example.com, old.example.com by internal");
    assert_non_null(strstr(f->edit.kept.items[0], "callbridge2 stays in deployment.conf"));
    go_on(f);
    split(f, "webadmin1", SPLIT_SERVICES, "callbridge1 webadmin1 callbridge2");
    assert_string_equal(used(f, "core2", "callbridge", "identity"), "callbridge2");
    has_names(f, "callbridge2",
              "callbridge2.example.com, core2.example.com, old.example.com by "
              "internal");
}

static void a_split_one_is_as_its_services_propose(void **state)
{
    struct fixture *f = *state;
    share(f, "callbridge1 callbridge2 webadmin1 webbridge3", "example");
    go_on(f);
    split(f, "example", SPLIT_SERVERS, "core1 callbridge2");
    has_names(f, "core1", "core1.example.com, join.example.com by public");
    has_names(f, "callbridge2", "callbridge2.example.com, core2.example.com by public");
    edit_free(&f->edit);
    edit_begin(&f->edit, f->facts);
    split(f, "example", SPLIT_SERVICES, "callbridge1 webadmin1 wb3-https wb3-c2w callbridge2");
    assert_null(deployment_identity(&f->now, "example"));
    has_names(f, "callbridge1", "callbridge1.example.com, core1.example.com by public");
    assert_string_equal(used(f, "core1", "webbridge3", "https"), "wb3-https");
    assert_string_equal(used(f, "core1", "webbridge3", "c2w"), "wb3-c2w");
}

static void nothing_is_split_that_is_not_shared(void **state)
{
    struct fixture *f = *state;
    split(f, "webadmin1", SPLIT_SERVICES, "");
    split(f, "callbridge1", SPLIT_SERVERS, "");
    assert_string_equal(str_text(&f->now.text), conf);
}

static void for_all_is_for_all_that_may(void **state)
{
    struct fixture *f = *state;
    struct strings all = {0};
    const char *why;
    share_all(&f->facts->deployment, &all);
    char *names = strings_join(&all, " ");
    assert_string_equal(names, "callbridge1 callbridge2 webadmin1 webbridge3 trunk");
    free(names);
    strings_free(&all);
    const struct deployment *d = &f->facts->deployment;
    assert_false(share_may(deployment_identity(d, "there"), &why));
    assert_non_null(strstr(why, "never leaves"));
    assert_false(share_may(deployment_identity(d, "root"), &why));
    assert_true(share_may(deployment_identity(d, "dbserver"), &why));
}

static void another_one_signs(void **state)
{
    struct fixture *f = *state;
    edit_sign(&f->edit, deployment_identity(&f->facts->deployment, "webadmin1"), "public");
    finish(f);
    has_names(f, "webadmin1", "core1.example.com by public");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(those_of_a_kind_are_called_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(those_of_a_server_are_called_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_made_keeps_its_name_and_grows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_split_one_is_as_its_services_propose, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_split_that_is_not_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(for_all_is_for_all_that_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_one_signs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
