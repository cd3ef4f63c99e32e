/* Changes of deployment.conf: what follows, what stays, and how often anything is read. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/flow.h"
#include "model/conftext.h"
#include "model/confuse.h"
#include "model/edit.h"
#include "ops/ops.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Counted by the linker's --wrap: every parse of a deployment.conf, every look at the store. */
static size_t parses, scans;
bool __real_confuse_parse_parts(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                                struct parts *out, struct error *err);
bool __wrap_confuse_parse_parts(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                                struct parts *out, struct error *err);
bool __wrap_confuse_parse_parts(cfg_opt_t *opts, const char *place, const char *text, size_t length,
                                struct parts *out, struct error *err)
{
    parses++;
    return __real_confuse_parse_parts(opts, place, text, length, out, err);
}
bool __real_scan_store(const char *path, struct scan *out, struct error *err);
bool __wrap_scan_store(const char *path, struct scan *out, struct error *err);
bool __wrap_scan_store(const char *path, struct scan *out, struct error *err)
{
    scans++;
    return __real_scan_store(path, out, err);
}

/* Two servers of a kind, numbered; one identity called after its server; every mention of both. */
static const char conf[] =
    "name = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
    "identity \"callbridge1\" { CN = \"callbridge1.example.com\" signer = \"internal\" }\n"
    "identity \"callbridge2\" { CN = \"callbridge2.example.com\" signer = \"internal\" }\n"
    "identity \"core1\" { CN = \"core1.example.com\" signer = \"self\" }\n"
    "identity \"admin2\" { CN = \"core2.example.com\" signer = \"core1\" "
    "key-at = { \"core2\", \"core1\" } }\n"
    "server \"core1\" { address = \"core1.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge1\" xmpp-trust-file = \"core1.crt\" }\n"
    "  service \"webadmin\" { identity = \"core1\" } }\n"
    "server \"core2\" { address = \"core2.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge2\" }\n"
    "  service \"webadmin\" { identity = \"admin2\" } }\n"
    "validation { sip-trust-file = \"core1.crt\" }\n"
    "accept { rule = \"EXPIRED\" reason = \"x\" server = \"core2\" }\n"
    "accept { rule = \"EXPIRED\" reason = \"x\" server = \"core1\" identity = \"core1\" }\n";

struct fixture {
    char folder[64];
    char *config;
    struct catalogue catalogue;
    struct facts *facts;
    struct deployment now;
    struct strings kept;
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
    snprintf(f->folder, sizeof f->folder, "/tmp/test_edit.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    assert_true(file_replace(f->config, conf, sizeof conf - 1, 0644, NULL));
    assert_true(catalogue_load(NULL, &f->catalogue, NULL));
    gather(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    deployment_free(&f->now);
    strings_free(&f->kept);
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f);
    return 0;
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
    gather(f);
}

/* Ends the edit in f->now, with one parse; what a second reading gives is the same. */
static void finish(struct fixture *f, struct edit *edit)
{
    struct error err = {0};
    struct deployment again;
    parses = scans = 0;
    if (!edit_finish(edit, true, &f->now, &err))
        fail_msg("%s: %s", err.place, err.message);
    assert_int_equal(parses, 1);
    assert_int_equal(scans, 0);
    strings_copy(&f->kept, &edit->kept);
    edit_free(edit);
    if (!deployment_parse(f->config, str_text(&f->now.text), f->now.text.length, &f->catalogue,
                          &again, &err))
        fail_msg("%s: %s", err.place, err.message);
    assert_int_equal(again.identity_count, f->now.identity_count);
    for (size_t i = 0; i < again.identity_count; i++) {
        const struct identity *a = &again.identities[i], *b = &f->now.identities[i];
        assert_string_equal(a->name, b->name);
        assert_string_equal(a->key_file, b->key_file);
        assert_string_equal(a->fullchain_file, b->fullchain_file);
        assert_string_equal(a->signer, b->signer);
        assert_int_equal(a->use_count, b->use_count);
        assert_string_equal(a->names.attributes[ATTR_CN], b->names.attributes[ATTR_CN]);
        assert_true(strings_equal(&a->names.sans, &b->names.sans));
    }
    for (size_t i = 0; i < again.server_count; i++) {
        assert_string_equal(again.servers[i].address, f->now.servers[i].address);
        for (size_t j = 0; j < again.servers[i].service_count; j++)
            for (size_t k = 0; k < again.servers[i].services[j].option_count; k++) {
                const struct setting *a = &again.servers[i].services[j].options[k];
                const struct strings *b = service_option(&f->now.servers[i].services[j], a->name);
                assert_non_null(b);
                assert_true(strings_equal(&a->values, b));
            }
    }
    deployment_free(&again);
}

static bool says(const struct fixture *f, const char *words)
{
    return strstr(str_text(&f->now.text), words) != NULL;
}

static void is_kept(const struct fixture *f, const char *words)
{
    for (size_t i = 0; i < f->kept.count; i++)
        if (strstr(f->kept.items[i], words))
            return;
    fail_msg("nothing kept says: %s", words);
}

static void rename_server(struct fixture *f, const char *old, const char *name)
{
    struct edit edit;
    edit_begin(&edit, f->facts);
    edit_rename_server(&edit, old, name);
    finish(f, &edit);
}

static void a_new_server_name_takes_every_mention_along(void **state)
{
    struct fixture *f = *state;
    rename_server(f, "core1", "london");
    assert_null(strstr(str_text(&f->now.text), "core1"));
    assert_true(says(f, "server \"london\" { address = \"london.example.com\""));
    assert_true(says(f, "identity \"london\" { CN = \"london.example.com\""));
    assert_true(says(f, "signer = \"london\" key-at = { \"core2\", \"london\" }"));
    assert_true(says(f, "xmpp-trust-file = \"london.crt\""));
    assert_true(says(f, "sip-trust-file = \"london.crt\""));
    assert_true(says(f, "server = \"core2\" }"));
    assert_true(says(f, "server = \"london\" identity = \"london\""));
    assert_int_equal(f->kept.count, 0);
}

/* CN, SAN, files and the address that the certificate names: none of them moves. */
static void what_is_made_keeps_its_names(void **state)
{
    struct fixture *f = *state;
    make(f, "core1");
    rename_server(f, "core1", "london");
    assert_true(says(f, "server \"london\" { address = \"core1.example.com\""));
    assert_true(says(f, "identity \"core1\" { CN = \"core1.example.com\""));
    assert_true(says(f, "xmpp-trust-file = \"core1.crt\""));
    assert_true(says(f, "key-at = { \"core2\", \"london\" }"));
    is_kept(f, "core1 keeps its name and its files: its certificate is there");
    is_kept(f, "address of london stays core1.example.com");
    assert_non_null(deployment_identity(&f->now, "core1"));
}

static void the_domain_moves_only_what_is_not_made(void **state)
{
    struct fixture *f = *state;
    struct edit edit;
    struct strings domain = {0};
    struct conf_step path[] = {{"name", NULL}};
    make(f, "callbridge2");
    edit_begin(&edit, f->facts);
    strings_add(&domain, "example.org");
    conf_set(&edit.text, path, 1, &domain, false);
    finish(f, &edit);
    assert_true(says(f, "\"callbridge1\" { CN = \"callbridge1.example.org\""));
    assert_true(says(f, "\"callbridge2\" { CN = \"callbridge2.example.com\""));
    is_kept(f, "callbridge2 keeps its names: its request is made");
    deployment_free(&f->now);
    strings_free(&f->kept);

    edit_begin(&edit, f->facts);
    conf_set(&edit.text, path, 1, &domain, false);
    strings_add(&edit.anew, "callbridge2");
    finish(f, &edit);
    assert_true(says(f, "\"callbridge2\" { CN = \"callbridge2.example.org\""));
    assert_int_equal(f->kept.count, 0);
    strings_free(&domain);
}

static void remove_service(struct fixture *f, const char *server, const char *name)
{
    struct edit edit;
    const struct deployment *d = &f->facts->deployment;
    edit_begin(&edit, f->facts);
    edit_remove_service(&edit, server_service(deployment_server(d, server), name));
    finish(f, &edit);
}

/* The one that is left is paired by its name: the first place in the file is no identity's. */
static void of_two_the_other_keeps_what_is_made(void **state)
{
    struct fixture *f = *state;
    make(f, "callbridge2");
    remove_service(f, "core1", "callbridge");
    assert_null(deployment_identity(&f->now, "callbridge1"));
    assert_true(says(f, "\"callbridge2\" { CN = \"callbridge2.example.com\""));
    assert_true(says(f, "service \"callbridge\" { identity = \"callbridge2\""));
    is_kept(f, "callbridge2 keeps its name and its files: its request is made");
}

static void of_two_the_other_is_no_more_numbered(void **state)
{
    struct fixture *f = *state;
    remove_service(f, "core1", "callbridge");
    assert_null(deployment_identity(&f->now, "callbridge1"));
    assert_null(deployment_identity(&f->now, "callbridge2"));
    const struct identity *left = deployment_identity(&f->now, "callbridge");
    assert_non_null(left);
    assert_string_equal(left->key_file, "callbridge.key");
    assert_string_equal(left->uses[0].service->server->name, "core2");
    assert_int_equal(f->kept.count, 0);
}

static void a_removed_service_leaves_what_is_made(void **state)
{
    struct fixture *f = *state;
    make(f, "callbridge1");
    remove_service(f, "core1", "callbridge");
    assert_non_null(deployment_identity(&f->now, "callbridge1"));
    is_kept(f, "callbridge1 stays in deployment.conf, and its files in store: its request is made");
    assert_non_null(deployment_identity(&f->now, "callbridge"));
}

/* A key that lies in the store under the free name is another's. */
static void a_name_with_files_in_the_store_is_not_free(void **state)
{
    struct fixture *f = *state;
    make(f, "callbridge1");
    char *old = xformat("%s/store/callbridge1.key", f->folder);
    char *new = xformat("%s/store/callbridge.key", f->folder);
    char *csr = xformat("%s/store/callbridge1.csr", f->folder);
    assert_int_equal(rename(old, new), 0);
    assert_int_equal(unlink(csr), 0);
    gather(f);
    remove_service(f, "core1", "callbridge");
    assert_non_null(deployment_identity(&f->now, "callbridge2"));
    assert_null(deployment_identity(&f->now, "callbridge"));
    free(old);
    free(new);
    free(csr);
}

static void add_service(struct fixture *f, const char *server, const char *kind)
{
    struct edit edit;
    edit_begin(&edit, f->facts);
    edit_add_service(&edit, deployment_server(&f->facts->deployment, server),
                     catalogue_find(&f->catalogue, kind), NULL);
    finish(f, &edit);
}

static void a_new_service_brings_identity_names_and_options(void **state)
{
    struct fixture *f = *state;
    add_service(f, "core1", "webbridge3");
    const struct service *service =
        server_service(deployment_server(&f->now, "core1"), "webbridge3");
    assert_non_null(service);
    for (size_t i = 0; i < service->component->slot_count; i++) {
        assert_non_null(service->identities[i]);
        assert_non_null(service->identities[i]->names.attributes[ATTR_CN]);
    }
    assert_string_equal(service_option(service, "https-listen")->items[0], "a:443");
    assert_string_equal(service_option(service, "c2w-url")->items[0],
                        "c2w://core1.example.com:9999");
}

static void choose(struct fixture *f, const char *name)
{
    struct edit edit;
    const struct service *service =
        server_service(deployment_server(&f->facts->deployment, "core1"), "callbridge");
    edit_begin(&edit, f->facts);
    edit_choose(&edit, service, &service->component->slots[0], name);
    finish(f, &edit);
}

static void sharing_a_certificate_forgets_no_request(void **state)
{
    struct fixture *f = *state;
    choose(f, "core1");
    assert_null(deployment_identity(&f->now, "callbridge1"));
    deployment_free(&f->now);
    make(f, "callbridge1");
    choose(f, "core1");
    assert_non_null(deployment_identity(&f->now, "callbridge1"));
    is_kept(f, "callbridge1 stays in deployment.conf");
}

static void a_wrong_text_is_told_and_nothing_kept(void **state)
{
    struct fixture *f = *state;
    struct edit edit;
    struct error err = {0};
    struct deployment now;
    edit_begin(&edit, f->facts);
    edit_rename_server(&edit, "core1", "core2");
    assert_false(edit_finish(&edit, true, &now, &err));
    assert_non_null(strstr(err.message, "twice"));
    edit_free(&edit);
}

/* What the wizard does for an accepted answer: one parse, no look at the store. */
static void an_accepted_answer_is_read_once(void **state)
{
    struct fixture *f = *state;
    struct flow_options options = {.config = f->config, .catalogue = &f->catalogue};
    struct flow *flow = NULL;
    struct error err = {0};
    assert_true(flow_open(&options, &flow, &err));
    flow_page(flow);
    struct event go = {.kind = EVENT_GOTO, .id = "servers"};
    assert_true(flow_take(flow, &go, &err));
    flow_page(flow);
    parses = scans = 0;
    struct event set = {.kind = EVENT_SET, .id = "servers.core1.name", .text = "london"};
    if (!flow_take(flow, &set, &err))
        fail_msg("%s: %s", err.place, err.message);
    flow_page(flow);
    assert_int_equal(parses, 1);
    assert_int_equal(scans, 0);
    flow_free(flow);
}

/* A value half typed is judged every quarter of a second: one parse at most, no look at the store.
 */
static void a_judged_value_is_read_once(void **state)
{
    struct fixture *f = *state;
    struct flow_options options = {.config = f->config, .catalogue = &f->catalogue};
    struct flow *flow = NULL;
    struct page page;
    assert_true(flow_open(&options, &flow, NULL));
    assert_true(flow_take(flow, &(struct event){.kind = EVENT_GOTO, .id = "servers"}, NULL));
    flow_page(flow);
    parses = scans = 0;
    flow_judge(flow, "servers.core1.name", "lond", &page);
    page_free(&page);
    assert_int_equal(parses, 1);
    flow_judge(flow, "servers.core1.name", "lon don", &page); /* refused before it is an edit */
    page_free(&page);
    assert_int_equal(parses, 1);
    assert_int_equal(scans, 0);
    flow_free(flow);
}

/* The builder reads its two drafts; what it wrote is read once, and the store is looked at once. */
static void a_new_deployment_is_gathered_once(void **state)
{
    struct fixture *f = *state;
    struct flow_options options = {.config = f->config, .catalogue = &f->catalogue};
    struct flow *flow = NULL;
    struct error err = {0};
    assert_int_equal(unlink(f->config), 0);
    assert_true(flow_open(&options, &flow, &err));
    assert_true(flow_take(flow, &(struct event){.kind = EVENT_CHOOSE}, &err));
    parses = scans = 0;
    const struct event domain = {.kind = EVENT_SET, .id = "basics.domain", .text = "example.com"};
    if (!flow_take(flow, &domain, &err))
        fail_msg("%s: %s", err.place, err.message);
    flow_page(flow);
    assert_int_equal(parses, 2 + 1);
    assert_int_equal(scans, 1);
    flow_free(flow);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_new_server_name_takes_every_mention_along),
        test(what_is_made_keeps_its_names),
        test(the_domain_moves_only_what_is_not_made),
        test(of_two_the_other_keeps_what_is_made),
        test(of_two_the_other_is_no_more_numbered),
        test(a_removed_service_leaves_what_is_made),
        test(a_name_with_files_in_the_store_is_not_free),
        test(a_new_service_brings_identity_names_and_options),
        test(sharing_a_certificate_forgets_no_request),
        test(a_wrong_text_is_told_and_nothing_kept),
        test(an_accepted_answer_is_read_once),
        test(a_judged_value_is_read_once),
        test(a_new_deployment_is_gathered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
