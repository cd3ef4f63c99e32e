/* Who acts when: pure ordering, with components made by hand. */
#include "base/mem.h"
#include "plan/order.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct component kind(const char *name, const char *follows, bool management)
{
    struct component component = {.kind = (char *)name, .management = management};
    if (*follows)
        strings_split(&component.follows, follows, ' ');
    return component;
}

/* manage rules its server; b follows a, c follows b, d follows nothing. */
enum { MANAGE, A, B, C, D, KINDS };
static struct component kinds[KINDS];

static int set_up(void **state)
{
    (void)state;
    kinds[MANAGE] = kind("manage", "", true);
    kinds[A] = kind("a", "", false);
    kinds[B] = kind("b", "a", false);
    kinds[C] = kind("c", "b", false);
    kinds[D] = kind("d", "", false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++)
        strings_free(&kinds[i].follows);
    return 0;
}

static bool all(const void *context, const struct service *service)
{
    (void)context;
    return !service->installed;
}

static struct service service(int component, const char *name)
{
    return (struct service){.name = (char *)name, .component = &kinds[component]};
}

/* "one: x y | two: z" */
static char *in_words(const struct order *order)
{
    struct str out = {0};
    for (size_t i = 0; i < order->count; i++) {
        str_addf(&out, "%s%s:", i ? " | " : "", order->turns[i].server->name);
        for (size_t k = 0; k < order->turns[i].count; k++)
            str_addf(&out, " %s", order->turns[i].services[k]->name);
    }
    return str_take(&out);
}

static void expect(const struct server *servers, size_t count, const char *wanted)
{
    struct order order;
    struct error err = {0};
    assert_true(order_make(servers, count, all, NULL, &order, &err));
    char *got = in_words(&order);
    assert_string_equal(got, wanted);
    free(got);
    order_free(&order);
}

static struct server server(const char *name, struct service *services, size_t count)
{
    return (struct server){.name = (char *)name, .services = services, .service_count = count};
}

static void trusted_before_trusting(void **state)
{
    (void)state;
    struct service on[] = {service(C, "c"), service(B, "b"), service(A, "a")};
    struct server servers[] = {server("one", on, 3)};
    expect(servers, 1, "one: a b c");
}

static void file_order_where_nothing_waits(void **state)
{
    (void)state;
    struct service on[] = {service(D, "d2"), service(A, "a"), service(D, "d1")};
    struct server servers[] = {server("one", on, 3)};
    expect(servers, 1, "one: d2 a d1");
}

/* After each service the first that is ready by then, not the next in the file. */
static void starts_over_after_each(void **state)
{
    (void)state;
    struct service on[] = {service(B, "b"), service(A, "a"), service(D, "d")};
    struct server servers[] = {server("one", on, 3)};
    expect(servers, 1, "one: a b d");
}

static void management_comes_first_on_its_server_alone(void **state)
{
    (void)state;
    struct service one[] = {service(A, "a"), service(MANAGE, "m")};
    struct service two[] = {service(D, "d")};
    struct server servers[] = {server("two", two, 1), server("one", one, 2)};
    expect(servers, 2, "two: d | one: m a");
}

static void another_server_is_waited_for(void **state)
{
    (void)state;
    struct service edge[] = {service(B, "b"), service(D, "d")};
    struct service core[] = {service(A, "a"), service(C, "c")};
    struct server servers[] = {server("edge", edge, 2), server("core", core, 2)};
    expect(servers, 2, "edge: d | core: a | edge: b | core: c");
}

/* The own server's kind is enough: the others' may come later. */
static void the_own_server_is_enough(void **state)
{
    (void)state;
    struct service one[] = {service(A, "a1"), service(B, "b1")};
    struct service two[] = {service(A, "a2"), service(B, "b2")};
    struct server servers[] = {server("one", one, 2), server("two", two, 2)};
    expect(servers, 2, "one: a1 b1 | two: a2 b2");
}

static void all_of_the_others_are_waited_for(void **state)
{
    (void)state;
    struct service edge[] = {service(B, "b")};
    struct service one[] = {service(A, "a1")};
    struct service two[] = {service(A, "a2")};
    struct server servers[] = {server("edge", edge, 1), server("one", one, 1),
                               server("two", two, 1)};
    expect(servers, 3, "one: a1 | two: a2 | edge: b");
}

static void what_is_not_wanted_counts_as_done(void **state)
{
    (void)state;
    struct service on[] = {service(B, "b"), service(A, "a")};
    on[1].installed = true;
    struct server servers[] = {server("one", on, 2)};
    expect(servers, 1, "one: b");
}

static void a_kind_does_not_wait_for_itself(void **state)
{
    (void)state;
    strings_add(&kinds[D].follows, "d");
    struct service on[] = {service(D, "d1"), service(D, "d2")};
    struct server servers[] = {server("one", on, 2)};
    expect(servers, 1, "one: d1 d2");
    strings_free(&kinds[D].follows);
}

static void a_kind_that_is_nowhere_is_not_waited_for(void **state)
{
    (void)state;
    struct service on[] = {service(C, "c")};
    struct server servers[] = {server("one", on, 1)};
    expect(servers, 1, "one: c");
}

/* Names of services, by what the rules of a renewal say of them. */
struct special {
    const char *early, *held_up;
};

static bool all_wanted(const void *context, const struct service *service)
{
    (void)context;
    (void)service;
    return true;
}

static bool is_early(const void *context, const struct service *service)
{
    const struct special *special = context;
    return strcmp(service->name, special->early) == 0;
}

static bool is_held_up(const void *context, const struct service *service)
{
    const struct special *special = context;
    return strcmp(service->name, special->held_up) == 0;
}

static void let_go(void *context, const struct service *service)
{
    struct special *special = context;
    if (strcmp(service->name, special->early) == 0)
        special->held_up = "";
}

static void who_is_early_goes_before_whom_it_follows(void **state)
{
    (void)state;
    struct special special = {"b", "a"};
    const struct order_rules rules = {.wanted = all_wanted,
                                      .early = is_early,
                                      .held_up = is_held_up,
                                      .done = let_go,
                                      .context = &special};
    struct service on[] = {service(A, "a")}, other[] = {service(B, "b")};
    struct server servers[] = {server("one", on, 1), server("two", other, 1)};
    struct order order;
    assert_true(order_make_by(servers, 2, &rules, &order, NULL));
    assert_int_equal(order.count, 2);
    assert_string_equal(order.turns[0].server->name, "two");
    assert_string_equal(order.turns[1].services[0]->name, "a");
    order_free(&order);
}

static void a_circle_is_an_error_that_names_them(void **state)
{
    (void)state;
    strings_add(&kinds[A].follows, "c");
    struct service on[] = {service(A, "first"), service(B, "second"), service(C, "third")};
    struct server servers[] = {server("one", on, 3)};
    struct order order;
    struct error err = {0};
    assert_false(order_make(servers, 1, all, NULL, &order, &err));
    assert_int_equal(err.code, STATUS_NO);
    assert_non_null(strstr(err.message, "first on one, second on one, third on one"));
    assert_int_equal(order.count, 0);
    strings_free(&kinds[A].follows);
}

static void no_server_no_turn(void **state)
{
    (void)state;
    expect(NULL, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusted_before_trusting),
        cmocka_unit_test(file_order_where_nothing_waits),
        cmocka_unit_test(starts_over_after_each),
        cmocka_unit_test(management_comes_first_on_its_server_alone),
        cmocka_unit_test(another_server_is_waited_for),
        cmocka_unit_test(the_own_server_is_enough),
        cmocka_unit_test(all_of_the_others_are_waited_for),
        cmocka_unit_test(what_is_not_wanted_counts_as_done),
        cmocka_unit_test(a_kind_does_not_wait_for_itself),
        cmocka_unit_test(a_kind_that_is_nowhere_is_not_waited_for),
        cmocka_unit_test(who_is_early_goes_before_whom_it_follows),
        cmocka_unit_test(a_circle_is_an_error_that_names_them),
        cmocka_unit_test(no_server_no_turn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
