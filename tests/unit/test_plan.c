/* Steps that know their service, what people notice of it, and whether install/ holds them. */
#include "base/file.h"
#include "base/mem.h"
#include "model/build.h"
#include "ops/ops.h"
#include "plan/plan.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    char folder[64], *config, *out;
    struct catalogue catalogue;
    struct facts *facts;
    struct plan plan;
};

static void gather(struct fixture *f)
{
    struct facts_options options = {.config = f->config};
    struct error err = {0};
    facts_free(f->facts);
    if (!facts_gather(&options, &f->catalogue, &f->facts, &err))
        fail_msg("%s: %s", err.place, err.message);
}

/* The lab preset, its keys and certificates made, planned. */
static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct str text = {0};
    struct made_list made;
    struct plan_options options = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/test_plan.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->config = path_join(f->folder, "deployment.conf");
    f->out = path_join(f->folder, "install");
    assert_true(catalogue_load(NULL, &f->catalogue, NULL));
    struct build_options build = {.preset = catalogue_preset(&f->catalogue, "lab"),
                                  .domain = "example.com"};
    assert_true(build_deployment(&f->catalogue, &build, &text, NULL));
    assert_true(file_replace(f->config, str_text(&text), text.length, 0644, NULL));
    str_free(&text);
    gather(f);
    assert_true(op_generate(f->facts, NULL, &made, NULL, NULL));
    made_free(&made);
    gather(f);
    struct sign_options sign = {.ca = "labca"};
    assert_true(op_sign(f->facts, &sign, NULL, &made, NULL, NULL));
    made_free(&made);
    gather(f);
    assert_true(plan_make(f->facts, &options, &f->plan, NULL));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    plan_free(&f->plan);
    facts_free(f->facts);
    catalogue_free(&f->catalogue);
    assert_true(folder_remove(f->folder, NULL));
    free(f->config);
    free(f->out);
    free(f);
    return 0;
}

static void every_command_of_a_procedure_knows_its_service(void **state)
{
    const struct fixture *f = *state;
    size_t of_services = 0;
    for (size_t i = 0; i < f->plan.count; i++) {
        const struct step *step = &f->plan.steps[i];
        if (step->phase == 1)
            assert_null(step->service);
        else
            assert_non_null(step->service);
        of_services += step->service != NULL;
        if (step->service)
            assert_string_equal(step->server, step->service->server->name);
        if (step->effect == EFFECT_START) /* whoever goes back types it */
            assert_true(*step->undo);
    }
    assert_int_equal(of_services, 16);
}

static void an_outage_ends_where_its_service_starts(void **state)
{
    const struct fixture *f = *state;
    struct outages outages;
    plan_outages(&f->plan, &outages);
    assert_int_equal(outages.count, 2); /* the management stops and starts, the bridge restarts */
    assert_string_equal(outages.items[0].from->command, "webadmin disable");
    assert_string_equal(outages.items[0].to->command, "webadmin enable");
    assert_int_equal(outages.items[0].lines, 3);
    assert_string_equal(outages.items[1].from->command, "callbridge restart");
    assert_ptr_equal(outages.items[1].from, outages.items[1].to);
    free(outages.items);
}

static void a_service_that_is_not_started_again_is_told(void **state)
{
    const struct fixture *f = *state;
    struct outages outages;
    for (size_t i = 0; i < f->plan.count; i++)
        if (f->plan.steps[i].effect == EFFECT_START)
            f->plan.steps[i].effect = EFFECT_NONE;
    plan_outages(&f->plan, &outages);
    assert_null(outages.items[0].to);
    free(outages.items);
}

static void what_lies_in_the_folder_is_compared_byte_by_byte(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(plan_compare(&f->plan, f->facts, f->out), PLAN_ABSENT);
    assert_true(plan_write(&f->plan, f->facts, f->out, NULL));
    assert_int_equal(plan_compare(&f->plan, f->facts, f->out), PLAN_SAME);
    static const char *const parts[] = {"plan.json", "RUNBOOK.md", "cms1/commands.mmp",
                                        "cms1/upload.sftp", "cms1/files/cms1.crt"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *path = path_join(f->out, parts[i]);
        struct buffer was = {0};
        assert_true(file_read(path, &was, NULL));
        assert_true(file_replace(path, "x", 1, 0644, NULL));
        assert_int_equal(plan_compare(&f->plan, f->facts, f->out), PLAN_OTHER);
        assert_true(file_replace(path, was.data, was.length, 0644, NULL));
        buffer_free(&was);
        free(path);
    }
    assert_int_equal(plan_compare(&f->plan, f->facts, f->out), PLAN_SAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_command_of_a_procedure_knows_its_service, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_outage_ends_where_its_service_starts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_service_that_is_not_started_again_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_lies_in_the_folder_is_compared_byte_by_byte, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
