/* A change that keeps names of what is made, or needs a new request for it, says so first. */
#include "base/file.h"
#include "base/mem.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One server whose keys and requests are made. */
static void with_requests(struct world *world)
{
    choose(world, "single-combined");
    set(world, "basics.domain", "example.com");
    must(world, (struct event){.kind = EVENT_GOTO, .id = "make"});
    run_job(world);
}

static void go(struct world *world, const char *page)
{
    must(world, (struct event){.kind = EVENT_GOTO, .id = page});
}

/* The event is refused with a question that says so; deployment.conf is as it was. */
static void asks(struct world *world, const char *id, const char *text, const char *words,
                 const char *verb)
{
    struct error err = {0};
    const struct event event = {.kind = EVENT_SET, .id = id, .text = text};
    char *before = read_text(world->config);
    assert_false(flow_take(world->flow, &event, &err));
    const struct page *page = flow_page(world->flow);
    assert_non_null(page->ask);
    if (!strstr(page->ask, words))
        fail_msg("\"%s\" does not say: %s", page->ask, words);
    assert_string_equal(page->ask_verb, verb);
    char *after = read_text(world->config);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void insist(struct world *world, const char *id, const char *text)
{
    must(world, (struct event){.kind = EVENT_SET, .id = id, .text = text, .insist = true});
    assert_null(flow_page(world->flow)->ask);
}

static bool conf_says(struct world *world, const char *words)
{
    char *text = read_text(world->config);
    bool says = strstr(text, words) != NULL;
    free(text);
    return says;
}

static void a_rename_with_a_request_asks_first(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "servers");
    asks(world, "servers.name", "core1", "its request is made", "Keep the names and rename");
    assert_true(conf_says(world, "server \"cms1\""));
    /* "Not now": whatever comes next, the question is gone */
    set(world, "servers.name", "cms1");
    assert_null(flow_page(world->flow)->ask);
    insist(world, "servers.name", "core1");
    assert_true(conf_says(world, "server \"core1\""));
    assert_true(conf_says(world, "CN = \"cms1.example.com\""));
    assert_non_null(strstr(flow_page(world->flow)->message, "its request is made"));
    /* and back takes no question: it is how it was */
    must(world, (struct event){.kind = EVENT_UNDO});
    assert_true(conf_says(world, "server \"cms1\""));
}

static void a_half_typed_change_says_what_it_keeps(void **state)
{
    struct world *world = *state;
    struct page page;
    with_requests(world);
    go(world, "servers");
    flow_judge(world->flow, "servers.name", "core1", &page);
    assert_int_equal(page.fields[0].level, LEVEL_WARN);
    assert_non_null(strstr(page.fields[0].finding, "its request is made"));
    page_free(&page);
    flow_judge(world->flow, "servers.name", "cms1", &page);
    assert_int_equal(page.fields[0].level, LEVEL_NONE);
    page_free(&page);
    go(world, "basics");
    flow_judge(world->flow, "basics.domain", "example.org", &page);
    assert_int_equal(page.fields[0].level, LEVEL_WARN);
    assert_non_null(strstr(page.fields[0].finding, "callbridge keeps its names"));
    page_free(&page);
    flow_judge(world->flow, "basics.O", "Example Inc.", &page);
    assert_int_equal(page.fields[1].level, LEVEL_WARN);
    assert_non_null(strstr(page.fields[1].finding, "O was not there) and made anew, its key kept"));
    page_free(&page);
}

static void removing_what_has_a_request_asks_and_keeps_it(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "servers");
    asks(world, "servers.webbridge", "no", "webbridge stays in deployment.conf",
         "Keep what is made and remove");
    insist(world, "servers.webbridge", "no");
    assert_false(conf_says(world, "service \"webbridge\""));
    assert_true(conf_says(world, "identity \"webbridge\""));
    /* what was never made goes without a word */
    set(world, "servers.recorder", "yes");
    set(world, "servers.recorder", "no");
    assert_false(conf_says(world, "identity \"recorder\""));
}

static void sharing_instead_of_a_request_asks(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "page:webbridge");
    asks(world, "webbridge.identity", "callbridge", "webbridge stays in deployment.conf",
         "Keep what is made and change");
    insist(world, "webbridge.identity", "callbridge");
    assert_true(conf_says(world, "identity \"webbridge\""));
}

/* Not sent yet: it is only told, for nobody has it. */
static void a_request_that_nobody_has_is_outdated_without_asking(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "page:callbridge");
    set(world, "callbridge.CN", "cb.example.com");
    assert_non_null(
        strstr(flow_page(world->flow)->message,
               "The request of callbridge is outdated then (CN was callbridge.example.com"));
}

static void other_names_than_the_certificate_has_are_asked_for(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    go(world, "make");
    run_job(world);
    go(world, "page:callbridge");
    asks(world, "callbridge.subjectAltName", "other.example.com",
         "cms1 then needs a new certificate (subjectAltName lacks other.example.com)",
         "Change all the same");
    insist(world, "callbridge.subjectAltName", "other.example.com");
    assert_true(conf_says(world, "other.example.com"));
}

/* The preset's own names, built anew, would be others. */
static void what_is_made_is_not_built_anew(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "basics");
    asks(world, "basics.domain", "example.org", "callbridge keeps its names",
         "Keep the names and change");
    insist(world, "basics.domain", "example.org");
    assert_true(conf_says(world, "name = \"example.org\""));
    assert_true(conf_says(world, "CN = \"cms1.example.com\""));
}

static const char two[] =
    "name = \"example.com\"\nkey { type = \"ec\" bits = 256 }\n"
    "identity \"callbridge1\" { CN = \"core1.example.com\" signer = \"self\" }\n"
    "identity \"callbridge2\" { CN = \"core2.example.com\" signer = \"self\" }\n"
    "server \"core1\" { address = \"core1.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge1\" } }\n"
    "server \"core2\" { address = \"core2.example.com\"\n"
    "  service \"callbridge\" { identity = \"callbridge2\" } }\n";

static void with_two(struct world *world)
{
    assert_true(file_replace(world->config, two, sizeof two - 1, 0644, NULL));
    flow_free(world->flow);
    open_flow(world);
    go(world, "make");
    run_job(world);
    go(world, "servers");
}

static bool in_store(struct world *world, const char *name)
{
    char *path = xformat("%s/store/%s", world->folder, name);
    bool is = access(path, F_OK) == 0;
    free(path);
    return is;
}

/* The other keeps number, names and files: nothing is orphaned. */
static void of_two_certified_one_goes_and_both_stay(void **state)
{
    struct world *world = *state;
    with_two(world);
    asks(world, "servers.core1.callbridge", "no", "callbridge2 keeps its name and its files",
         "Keep what is made and remove");
    insist(world, "servers.core1.callbridge", "no");
    assert_true(conf_says(world, "identity \"callbridge1\" { CN = \"core1.example.com\""));
    assert_true(conf_says(world, "identity \"callbridge2\" { CN = \"core2.example.com\""));
    assert_true(conf_says(world, "service \"callbridge\" { identity = \"callbridge2\""));
    assert_true(in_store(world, "callbridge1.crt") && in_store(world, "callbridge2.key"));
    must(world, (struct event){.kind = EVENT_UNDO});
    char *text = read_text(world->config);
    assert_string_equal(text, two);
    free(text);
}

static void a_server_renamed_twice_keeps_what_is_made(void **state)
{
    struct world *world = *state;
    with_two(world);
    insist(world, "servers.core1.name", "london");
    insist(world, "servers.london.name", "paris");
    assert_string_equal(field(world, "servers.paris.name")->value, "paris");
    assert_string_equal(field(world, "servers.paris.address")->value, "core1.example.com");
    assert_true(conf_says(world, "identity \"callbridge1\" { CN = \"core1.example.com\""));
    assert_false(conf_says(world, "london"));
    set(world, "servers.core2.webadmin", "yes"); /* the second server's tick is its own */
    assert_string_equal(field(world, "servers.paris.webadmin")->value, "no");
    assert_string_equal(field(world, "servers.core2.webadmin")->value, "yes");
}

static const struct row *row_of(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->row_count; i++)
        if (strcmp(page->rows[i].id, id) == 0)
            return &page->rows[i];
    fail_msg("no row %s on page %s", id, page->id);
    return NULL;
}

static char sign_of(struct world *world, const char *id)
{
    const struct page *page = flow_page(world->flow);
    for (size_t i = 0; i < page->mark_count; i++)
        if (strcmp(page->marks[i].id, id) == 0)
            return page->marks[i].sign;
    return ' ';
}

/* Review, make, requests: outdated ones go round once more, their keys kept. */
static void an_outdated_request_is_made_anew_before_it_is_sent(void **state)
{
    struct world *world = *state;
    with_requests(world);
    char *key = xformat("%s/store/callbridge.key", world->folder);
    char *before = read_text(key);
    go(world, "page:callbridge");
    set(world, "callbridge.CN", "cb.example.com");
    assert_int_equal(sign_of(world, "make"), '!');
    assert_int_equal(sign_of(world, "requests"), '!');
    go(world, "start");
    assert_string_equal(row_of(world, "continue")->text, "Go on: Review");
    go(world, "review");
    assert_string_equal(row_of(world, "callbridge")->word, "CHANGED");
    assert_string_equal(row_of(world, "callbridge")->detail,
                        "Request outdated: CN was callbridge.example.com; subjectAltName lacks "
                        "cb.example.com; subjectAltName still has callbridge.example.com. F5 makes "
                        "it anew, key kept.");
    next(world);
    assert_string_equal(at(world), "make");
    assert_string_equal(row_of(world, "callbridge")->word, "wait");
    assert_non_null(strstr(row_of(world, "callbridge")->text, "request anew"));
    assert_int_equal(flow_page(world->flow)->row_count, 1);
    run_job(world);
    assert_string_equal(at(world), "requests");
    assert_non_null(strstr(flow_page(world->flow)->message, ": 1 request anew (key kept)."));
    char *after = read_text(key);
    assert_string_equal(before, after);
    assert_int_equal(sign_of(world, "make"), '+');
    free(before);
    free(after);
    free(key);
}

static void act(struct world *world, const char *action, const char *row)
{
    must(world, (struct event){.kind = EVENT_ACTION,
                               .id = action,
                               .row = (size_t)(row_of(world, row) - flow_page(world->flow)->rows)});
}

static void review_makes_anew_with_one_key(void **state)
{
    struct world *world = *state;
    with_requests(world);
    go(world, "page:callbridge");
    set(world, "callbridge.CN", "cb.example.com");
    go(world, "review");
    act(world, "mend", "webadmin");
    assert_non_null(strstr(flow_page(world->flow)->message, "webadmin is as deployment.conf says"));
    act(world, "mend", "callbridge");
    assert_string_equal(row_of(world, "callbridge")->word, "OK");
    assert_string_equal(flow_page(world->flow)->intro.items[1],
                        "All that can be made here is made.");
    assert_string_equal(flow_page(world->flow)->text.items[0],
                        "5 certificates with 8 names, all from a CA outside.");
}

/* Signed here: the certificate is made anew, too. */
static void review_makes_the_certificate_of_a_lab_anew(void **state)
{
    struct world *world = *state;
    choose(world, "lab");
    set(world, "basics.domain", "example.com");
    go(world, "make");
    run_job(world);
    go(world, "basics");
    insist(world, "basics.O", "Example Inc.");
    go(world, "review");
    assert_string_equal(row_of(world, "cms1")->word, "CHANGED");
    assert_non_null(
        strstr(row_of(world, "cms1")->detail, "Certificate outdated: O was not there."));
    act(world, "mend", "cms1");
    assert_string_equal(row_of(world, "cms1")->word, "OK");
    assert_string_equal(flow_page(world->flow)->message, "cms1.crt is made anew, its key kept.");
}

/* Looked at again, the make page shows what there is and nothing that waits. */
static void the_make_page_tells_what_stands(void **state)
{
    struct world *world = *state;
    with_requests(world);
    flow_free(world->flow);
    open_flow(world);
    go(world, "make");
    assert_string_equal(row_of(world, "callbridge")->word, "OK");
    assert_non_null(strstr(row_of(world, "callbridge")->text, "key, request"));
    assert_string_equal(flow_page(world->flow)->why.items[0], "All that can be made here is made.");
}

#define test(name) cmocka_unit_test_setup_teardown(name, world_enter, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_rename_with_a_request_asks_first),
        test(a_half_typed_change_says_what_it_keeps),
        test(removing_what_has_a_request_asks_and_keeps_it),
        test(sharing_instead_of_a_request_asks),
        test(a_request_that_nobody_has_is_outdated_without_asking),
        test(other_names_than_the_certificate_has_are_asked_for),
        test(what_is_made_is_not_built_anew),
        test(of_two_certified_one_goes_and_both_stay),
        test(a_server_renamed_twice_keeps_what_is_made),
        test(an_outdated_request_is_made_anew_before_it_is_sent),
        test(review_makes_anew_with_one_key),
        test(review_makes_the_certificate_of_a_lab_anew),
        test(the_make_page_tells_what_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
