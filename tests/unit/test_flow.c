/* The wizard without a screen: events in, pages out, files judged at the end. */
#include "base/file.h"
#include "base/mem.h"
#include "flow/flow.h"
#include "model/build.h"
#include "model/facts.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool send(struct world *world, struct event event, struct error *err)
{
    return flow_take(world->flow, &event, err);
}

/* What init would have written. */
static void same_as_init(struct world *world, const char *preset)
{
    struct build_options options = {.preset = catalogue_preset(&world->catalogue, preset),
                                    .domain = "example.com"};
    struct str text = {0};
    assert_true(build_deployment(&world->catalogue, &options, &text, NULL));
    char *written = read_text(world->config);
    assert_string_equal(written, str_text(&text));
    free(written);
    str_free(&text);
}

/* Stopped after its first step, a rehearsal tells what was tried, and counts for nothing. */
static void stop_a_rehearsal(struct world *world)
{
    void *arg;
    struct error err = {0};
    atomic_bool cancelled = true;
    struct progress progress = {-1, &cancelled};
    must(world, (struct event){.kind = EVENT_GOTO, .id = "plan"});
    must(world, (struct event){.kind = EVENT_ACTION, .id = "rehearsal"});
    assert_int_equal(flow_page(world->flow)->kind, PAGE_JOB);
    job_function job = flow_job(world->flow, &arg);
    assert_non_null(job);
    assert_false(job(arg, &progress, &err));
    flow_job_result(world->flow, false, &err);
    must(world, (struct event){.kind = EVENT_DONE});
    assert_string_equal(flow_page(world->flow)->title, "Rehearsal - stopped");
    assert_int_equal(flow_page(world->flow)->row_count, 1);
    assert_null(flow_job(world->flow, &arg));
    next(world);
    assert_string_equal(at(world), "plan");
    const struct strings *text = &flow_page(world->flow)->text;
    assert_non_null(strstr(text->items[text->count - 1], "It has not been rehearsed"));
    next(world);
}

static void lab_takes_few_answers(void **state)
{
    struct world *world = *state;
    assert_string_equal(at(world), "start");
    choose(world, "lab");
    assert_string_equal(at(world), "basics");
    assert_int_equal(access(world->config, F_OK), -1);
    set(world, "basics.domain", "example.com");
    assert_int_equal(access(world->config, F_OK), 0);
    size_t pages = 0;
    while (strcmp(at(world), "make") != 0) {
        assert_true(pages++ < 5);
        next(world);
    }
    same_as_init(world, "lab");
    run_job(world);
    assert_string_equal(at(world), "check");
    next(world);
    assert_string_equal(at(world), "plan");
    next(world);
    assert_string_equal(at(world), "done");
    char *commands = path_join(world->folder, "install/cms1/commands.mmp");
    char *text = read_text(commands);
    assert_non_null(strstr(text, "\ncallbridge trust c2w labca.crt\n"));
    free(text);
    free(commands);
    stop_a_rehearsal(world);
    next(world);
    assert_true(flow_ended(world->flow));
}

static void back_keeps_answers_and_resume_returns(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.O", "Example Inc.");
    set(world, "basics.domain", "example.com");
    next(world);
    assert_string_equal(at(world), "facts");
    next(world);
    next(world);
    assert_string_equal(at(world), "page:webadmin");
    next(world);
    set(world, "callbridge.CN", "cb.example.com");
    for (int i = 0; i < 4; i++)
        must(world, (struct event){.kind = EVENT_BACK});
    assert_string_equal(at(world), "basics");
    assert_string_equal(field(world, "basics.O")->value, "Example Inc.");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:callbridge"});
    flow_free(world->flow);
    open_flow(world);
    choose(world, "continue");
    assert_string_equal(at(world), "page:callbridge");
    assert_string_equal(field(world, "callbridge.CN")->value, "cb.example.com");
}

static void a_changed_domain_changes_what_follows(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    next(world);
    next(world);
    next(world);
    next(world);
    set(world, "callbridge.CN", "typed.example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "basics"});
    set(world, "basics.domain", "example.org");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:callbridge"});
    assert_string_equal(field(world, "callbridge.CN")->value, "typed.example.com");
    assert_string_equal(field(world, "callbridge.subjectAltName")->value, "cms1.example.org");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:xmpp"});
    assert_string_equal(field(world, "xmpp.CN")->value, "xmpp.example.org");
    assert_string_equal(field(world, "xmpp.domain")->value, "example.org");
}

static void a_renamed_server_takes_its_certificate_along(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    next(world);
    set(world, "servers.name", "core1");
    assert_string_equal(field(world, "servers.address")->value, "core1.example.com");
    char *text = read_text(world->config);
    assert_null(strstr(text, "cms1"));
    assert_non_null(strstr(text, "identity \"core1\" { CN = \"core1.example.com\""));
    free(text);
}

static void judging_saves_nothing(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:webbridge"});
    char *before = read_text(world->config);
    struct page page;
    flow_judge(world->flow, "webbridge.CN", "join.example com", &page);
    bool told = false;
    for (size_t i = 0; i < page.field_count; i++)
        if (strcmp(page.fields[i].id, "webbridge.CN") == 0)
            told = page.fields[i].level == LEVEL_ERROR && *page.fields[i].finding;
    assert_true(told);
    page_free(&page);
    char *after = read_text(world->config);
    assert_string_equal(before, after);
    assert_string_equal(field(world, "webbridge.CN")->value, "join.example.com");
    free(before);
    free(after);
}

static void a_wrong_domain_is_told_and_changes_nothing(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "basics.domain", .text = "exam ple"}, &err));
    assert_non_null(strstr(err.message, "column 5"));
    assert_int_equal(access(world->config, F_OK), -1);
    assert_false(send(world, (struct event){.kind = EVENT_NEXT}, &err));
}

static void an_edit_from_outside_is_never_overwritten(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    next(world);
    char *text = read_text(world->config);
    char *edited = xformat("# by hand\n%s", text);
    assert_true(file_replace(world->config, edited, strlen(edited), 0644, NULL));
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "servers.name", .text = "core1"}, &err));
    assert_non_null(strstr(err.message, "another program"));
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "servers.name", .text = "core1"}, &err));
    must(world, (struct event){.kind = EVENT_ACTION, .id = "reread"});
    set(world, "servers.name", "core1");
    free(text);
    text = read_text(world->config);
    assert_non_null(strstr(text, "# by hand\n"));
    assert_non_null(strstr(text, "core1"));
    free(text);
    free(edited);
}

static void components_come_and_go(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    char *before = read_text(world->config);
    next(world);
    next(world);
    set(world, "servers.recorder", "yes");
    char *with = read_text(world->config);
    assert_non_null(strstr(with, "service \"recorder\""));
    assert_non_null(strstr(with, "identity \"recorder\""));
    set(world, "servers.recorder", "no");
    char *after = read_text(world->config);
    assert_null(strstr(after, "recorder"));
    assert_string_equal(before, after);
    free(before);
    free(with);
    free(after);
}

static void sharing_joins_the_names(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:webbridge"});
    set(world, "webbridge.identity", "callbridge");
    char *text = read_text(world->config);
    assert_null(strstr(text, "identity \"webbridge\""));
    free(text);
    assert_non_null(strstr(field(world, "webbridge.subjectAltName")->value, "join.example.com"));
    set(world, "webbridge.identity", "webbridge");
    assert_string_equal(field(world, "webbridge.CN")->value, "join.example.com");
}

static bool has_action(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->action_count; i++)
        if (strcmp(page->actions[i].id, id) == 0)
            return true;
    return false;
}

static void an_edit_of_what_is_as_built_stays(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    char *text = read_text(world->config), *edited = xformat("# by hand\n%s", text);
    assert_true(file_replace(world->config, edited, strlen(edited), 0644, NULL));
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "basics.O", .text = "Example Inc."}, &err));
    assert_non_null(strstr(err.message, "another program changed it meanwhile ("));
    char *now = read_text(world->config);
    assert_string_equal(now, edited);
    assert_true(has_action(world, "reread"));
    must(world, (struct event){.kind = EVENT_ACTION, .id = "reread"});
    assert_false(has_action(world, "reread"));
    free(text);
    free(edited);
    free(now);
}

static void a_file_that_appears_meanwhile_stays(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    set(world, "basics.O", "Example Inc.");
    struct build_options options = {.preset = catalogue_preset(&world->catalogue, "webapp"),
                                    .domain = "example.org"};
    struct str text = {0};
    assert_true(build_deployment(&world->catalogue, &options, &text, NULL));
    assert_true(file_replace(world->config, str_text(&text), text.length, 0644, NULL));
    assert_false(send(world,
                      (struct event){.kind = EVENT_SET, .id = "basics.domain", .text = "a.example"},
                      &err));
    assert_non_null(strstr(err.message, "another program wrote it meanwhile ("));
    char *now = read_text(world->config);
    assert_string_equal(now, str_text(&text));
    must(world, (struct event){.kind = EVENT_ACTION, .id = "reread"});
    assert_string_equal(field(world, "basics.domain")->value, "example.org");
    free(now);
    str_free(&text);
}

static void a_file_that_vanished_is_written_back(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    next(world);
    char *before = read_text(world->config);
    assert_int_equal(unlink(world->config), 0);
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "servers.name", .text = "core1"}, &err));
    assert_non_null(strstr(err.message, "gone"));
    assert_int_equal(access(world->config, F_OK), -1);
    must(world, (struct event){.kind = EVENT_ACTION, .id = "rewrite"});
    char *now = read_text(world->config);
    assert_string_equal(now, before);
    set(world, "servers.name", "core1");
    free(before);
    free(now);
}

static void reopen(struct world *world)
{
    flow_free(world->flow);
    open_flow(world);
}

static void answers_before_the_domain_survive(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.O", "Example Inc.");
    set(world, "basics.C", "US");
    assert_int_equal(access(world->config, F_OK), -1);
    reopen(world);
    assert_non_null(strstr(flow_page(world->flow)->rows[0].text, "Go on: Basics"));
    choose(world, "continue");
    assert_string_equal(at(world), "basics");
    assert_string_equal(field(world, "basics.O")->value, "Example Inc.");
    set(world, "basics.domain", "example.com");
    char *text = read_text(world->config);
    assert_non_null(strstr(text, "Example Inc."));
    assert_non_null(strstr(text, "xmpp"));
    char *draft = path_join(world->folder, ".certwright.draft");
    assert_int_equal(access(draft, F_OK), -1);
    free(draft);
    free(text);
}

static void start_goes_on_where_text_waits(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    draft_set(flow_draft(world->flow), "basics", "basics.O", "Exam");
    assert_true(draft_save(flow_draft(world->flow)));
    reopen(world);
    assert_string_equal(flow_page(world->flow)->rows[0].text, "Go on: Basics, Organisation");
    choose(world, "continue");
    assert_string_equal(at(world), "basics");
    const struct page *page = flow_page(world->flow);
    assert_string_equal(page->fields[page->at].id, "basics.O");
}

static const struct mark *mark(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->mark_count; i++)
        if (strcmp(page->marks[i].id, id) == 0)
            return &page->marks[i];
    return NULL;
}

static void the_map_comes_from_facts(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "plan"});
    assert_int_equal(mark(world, "servers")->sign, '.');
    assert_int_equal(mark(world, "make")->sign, '.');
    assert_int_equal(mark(world, "check")->sign, '.');
    assert_int_equal(mark(world, "basics")->sign, '?'); /* here one would go on */
    assert_null(mark(world, "import"));
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:webadmin"});
    assert_null(mark(world, "page:callbridge")); /* passed by: it shares the certificate */
    must(world, (struct event){.kind = EVENT_GOTO, .id = "make"});
    run_job(world);
    assert_string_equal(at(world), "check");
    assert_int_equal(mark(world, "servers")->sign, '+');
    assert_int_equal(mark(world, "make")->sign, '+');
    assert_int_equal(mark(world, "plan")->sign, '?');
    next(world);
    next(world);
    must(world, (struct event){.kind = EVENT_GOTO, .id = "basics"});
    assert_int_equal(mark(world, "plan")->sign, '+');
    assert_int_equal(mark(world, "check")->sign, '+');
}

static void start_tells_the_state(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    reopen(world);
    assert_string_equal(flow_page(world->flow)->title, "What would you like to do?");
    assert_non_null(strstr(flow_page(world->flow)->intro.items[0],
                           ": 5 certificates planned, nothing made yet."));
    must(world, (struct event){.kind = EVENT_GOTO, .id = "make"});
    run_job(world);
    assert_string_equal(at(world), "requests");
    reopen(world);
    assert_non_null(strstr(flow_page(world->flow)->intro.items[0], ": 5 requests made."));
    assert_string_equal(flow_page(world->flow)->rows[0].text, "Go on: Requests for the CA");
}

static void another_deployment_is_opened(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    char *other = path_join(world->folder, "other"), *config = path_join(other, "deployment.conf");
    struct build_options options = {.preset = catalogue_preset(&world->catalogue, "lab"),
                                    .domain = "example.org"};
    struct str text = {0};
    assert_true(build_deployment(&world->catalogue, &options, &text, NULL));
    assert_true(folder_make(other, 0755, NULL));
    assert_true(file_replace(config, str_text(&text), text.length, 0644, NULL));
    assert_false(
        send(world, (struct event){.kind = EVENT_ACTION, .id = "open", .text = "/nowhere"}, &err));
    assert_string_equal(flow_config(world->flow), world->config);
    must(world, (struct event){.kind = EVENT_ACTION, .id = "open", .text = other});
    assert_string_equal(flow_config(world->flow), config);
    assert_non_null(strstr(flow_page(world->flow)->heading, "example.org"));
    /* The same once more, by the folder: it is not held against itself. */
    must(world, (struct event){.kind = EVENT_ACTION, .id = "open", .text = other});
    assert_null(flow_held(world->flow));
    assert_false(
        send(world, (struct event){.kind = EVENT_ACTION, .id = "open", .text = "/nowhere"}, &err));
    assert_null(flow_held(world->flow));
    str_free(&text);
    free(config);
    free(other);
}

static void inspecting_from_the_start_comes_back_to_it(void **state)
{
    struct world *world = *state;
    const struct page *page = flow_page(world->flow);
    size_t row = 0;
    while (strcmp(page->rows[row].id, "inspect") != 0)
        row++;
    assert_true(has_action(world, page->rows[row].action));
    must(world, (struct event){.kind = EVENT_ACTION, .id = "look", .text = "/etc/passwd"});
    assert_string_equal(at(world), "look:/etc/passwd");
    must(world, (struct event){.kind = EVENT_BACK});
    assert_string_equal(at(world), "start");
}

/* What the row of the start page promises, played: Enter there, the domain, then Next alone. */
static void the_start_page_counts_its_keys_truly(void **state)
{
    struct world *world = *state;
    const char *text = flow_page(world->flow)->rows[0].text;
    assert_non_null(strstr(text, "7 keys, 1 name"));
    choose(world, "lab");
    int keys = 1;
    set(world, "basics.domain", "example.com");
    while (strcmp(at(world), "done") != 0) {
        if (strcmp(at(world), "make") == 0) {
            run_job(world); /* without a key */
            continue;
        }
        next(world);
        keys++;
        assert_true(keys < 20);
    }
    assert_int_equal(keys, 7);
}

static void a_country_is_judged_at_its_field(void **state)
{
    static const struct {
        const char *typed, *mend;
        enum level level;
    } cases[] = {{"USA", "US", LEVEL_ERROR},     {"UK", "GB", LEVEL_WARN},
                 {"us", "US", LEVEL_WARN},       {"XX", NULL, LEVEL_WARN},
                 {"Germany", "DE", LEVEL_ERROR}, {"DE", NULL, LEVEL_NONE}};
    struct world *world = *state;
    choose(world, "single-combined");
    for (int after = 0; after < 2; after++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            set(world, "basics.C", cases[i].typed);
            const struct field *country = field(world, "basics.C");
            assert_int_equal(country->level, cases[i].level);
            if (cases[i].mend)
                assert_string_equal(country->mend, cases[i].mend);
            else
                assert_null(country->mend);
        }
        set(world, "basics.domain", "example.com");
    }
}

static void an_international_domain_is_told_in_its_ascii_form(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "m\xC3\xBCller.example");
    assert_non_null(strstr(flow_page(world->flow)->message, "xn--mller-kva.example"));
    assert_string_equal(field(world, "basics.domain")->value, "xn--mller-kva.example");
}

static void a_wrong_answer_is_not_called_missing(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    assert_true(flow_page(world->flow)->firm);
    assert_false(send(world, (struct event){.kind = EVENT_NEXT, .insist = true}, &err));
    assert_non_null(strstr(err.message, "an answer is needed"));
    assert_false(send(
        world, (struct event){.kind = EVENT_SET, .id = "basics.domain", .text = "exam ple"}, &err));
    assert_false(send(world, (struct event){.kind = EVENT_NEXT}, &err));
    assert_non_null(strstr(err.message, "column 5"));
    set(world, "basics.domain", "example.com");
    assert_false(flow_page(world->flow)->firm);
}

static const struct row *row_that(struct world *world, const char *text)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->row_count; i++)
        if (strstr(page->rows[i].text, text))
            return &page->rows[i];
    return NULL;
}

static void review_shows_every_name_and_what_is_new(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "review"});
    assert_string_equal(flow_page(world->flow)->intro.items[1], "Nothing is made yet.");
    assert_string_equal(row_that(world, "callbridge  ")->word, "NEW");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "make"});
    run_job(world);
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:webbridge"});
    set(world, "webbridge.subjectAltName", "join.example.com meet.example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "review"});
    assert_string_equal(flow_page(world->flow)->intro.items[1],
                        "1 request is outdated: Next makes it anew, key kept.");
    assert_string_equal(row_that(world, "callbridge  ")->word, "OK");
    assert_string_equal(row_that(world, "    meet.example.com")->word, "NEW");
    must(world, (struct event){.kind = EVENT_CHOOSE,
                               .row = (size_t)(row_that(world, "    meet.example.com") -
                                               flow_page(world->flow)->rows)});
    assert_string_equal(at(world), "page:webbridge");
}

static void a_listen_value_is_judged_at_its_field(void **state)
{
    static const char *const wrong[] = {"a:99999", "nonsense", "a:0"};
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "page:webadmin"});
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        struct page page;
        flow_judge(world->flow, "webadmin.listen", wrong[i], &page);
        for (size_t k = 0; k < page.field_count; k++)
            if (strcmp(page.fields[k].id, "webadmin.listen") == 0)
                assert_int_equal(page.fields[k].level, LEVEL_ERROR);
        page_free(&page);
        assert_false(send(
            world, (struct event){.kind = EVENT_SET, .id = "webadmin.listen", .text = wrong[i]},
            &err));
        assert_string_equal(field(world, "webadmin.listen")->value, "a:445");
    }
    set(world, "webadmin.listen", "a:445,b:445");
    assert_string_equal(field(world, "webadmin.listen")->value, "a:445 b:445");
}

static void undo(struct world *world)
{
    must(world, (struct event){.kind = EVENT_UNDO});
}

static void undo_takes_back_answer_by_answer(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.O", "Example Inc.");
    set(world, "basics.domain", "example.com");
    char *first = read_text(world->config);
    next(world);
    next(world);
    set(world, "servers.recorder", "yes");
    assert_string_equal(flow_page(world->flow)->undo, "Recorder");
    next(world);
    set(world, "servers.nothing", "yes"); /* no change, nothing to undo */
    undo(world);
    assert_string_equal(at(world), "servers");
    assert_string_equal(flow_page(world->flow)->message, "Undone: Recorder is not ticked again.");
    char *text = read_text(world->config);
    assert_string_equal(text, first);
    undo(world);
    assert_int_equal(access(world->config, F_OK), -1);
    assert_string_equal(at(world), "basics");
    assert_string_equal(field(world, "basics.domain")->value, "");
    assert_string_equal(field(world, "basics.O")->value, "Example Inc.");
    undo(world);
    assert_string_equal(field(world, "basics.O")->value, "");
    assert_string_equal(flow_page(world->flow)->message, "Undone: Organisation is empty again.");
    undo(world);
    assert_string_equal(flow_page(world->flow)->message, "There is nothing to undo.");
    set(world, "basics.domain", "example.com");
    free(text);
    text = read_text(world->config);
    assert_null(strstr(text, "Example Inc."));
    free(first);
    free(text);
}

static void undo_leaves_what_another_program_wrote(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    next(world);
    set(world, "servers.name", "core1");
    assert_true(file_replace(world->config, "# mine\n", 7, 0644, NULL));
    assert_false(send(world, (struct event){.kind = EVENT_UNDO}, &err));
    assert_non_null(strstr(err.message, "another program changed it meanwhile"));
    char *text = read_text(world->config);
    assert_string_equal(text, "# mine\n");
    free(text);
}

static void esc_returns_whence_one_came(void **state)
{
    struct world *world = *state;
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "review"});
    const struct page *page = flow_page(world->flow);
    size_t row = 0;
    while (strcmp(page->rows[row].id, "callbridge") != 0)
        row++;
    must(world, (struct event){.kind = EVENT_CHOOSE, .row = row});
    assert_string_equal(at(world), "page:callbridge");
    must(world, (struct event){.kind = EVENT_BACK});
    assert_string_equal(at(world), "review");
    assert_int_equal(flow_page(world->flow)->at, row);
    must(world, (struct event){.kind = EVENT_BACK});
    assert_string_equal(at(world), "basics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lab_takes_few_answers, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(back_keeps_answers_and_resume_returns, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_changed_domain_changes_what_follows, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_renamed_server_takes_its_certificate_along, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(judging_saves_nothing, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(a_wrong_domain_is_told_and_changes_nothing, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(an_edit_from_outside_is_never_overwritten, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(components_come_and_go, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(sharing_joins_the_names, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(an_edit_of_what_is_as_built_stays, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_file_that_appears_meanwhile_stays, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_file_that_vanished_is_written_back, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(answers_before_the_domain_survive, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(start_goes_on_where_text_waits, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(the_map_comes_from_facts, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(start_tells_the_state, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(another_deployment_is_opened, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(inspecting_from_the_start_comes_back_to_it, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(the_start_page_counts_its_keys_truly, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_country_is_judged_at_its_field, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(an_international_domain_is_told_in_its_ascii_form,
                                        world_enter, world_leave),
        cmocka_unit_test_setup_teardown(a_wrong_answer_is_not_called_missing, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(review_shows_every_name_and_what_is_new, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(a_listen_value_is_judged_at_its_field, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(undo_takes_back_answer_by_answer, world_enter, world_leave),
        cmocka_unit_test_setup_teardown(undo_leaves_what_another_program_wrote, world_enter,
                                        world_leave),
        cmocka_unit_test_setup_teardown(esc_returns_whence_one_came, world_enter, world_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
