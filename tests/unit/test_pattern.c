/* One value for many servers, and back. */
#include "base/mem.h"
#include "model/pattern.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MOST 8

static struct deployment deployment;
static struct server servers[MOST];
static struct seat seats[MOST];

/* edge1 …, reached by edge1.DOMAIN …, or called as names says. */
static void seat_all(char *domain, char (*names)[24], char (*addresses)[24], size_t count)
{
    deployment.name = domain;
    for (size_t i = 0; i < count; i++) {
        servers[i] = (struct server){.name = names[i], .address = addresses[i]};
        seats[i] = (struct seat){&deployment, &servers[i], i + 1};
    }
}

static void common(const char *const *values, size_t count, const char *wanted)
{
    bool fits[MOST];
    char *pattern = pattern_common(seats, values, count, fits);
    assert_string_equal(pattern ? pattern : "(none)", wanted);
    for (size_t i = 0; pattern && i < count; i++) {
        char *value = pattern_fill(pattern, &seats[i]);
        assert_int_equal(fits[i], strcmp(value, values[i]) == 0);
        free(value);
    }
    free(pattern);
}

static void edges(void)
{
    static char names[][24] = {"edge1", "edge2", "edge3"};
    static char addresses[][24] = {"edge1.example.com", "edge2.example.com", "edge3.example.com"};
    static char domain[] = "example.com";
    seat_all(domain, names, addresses, 3);
}

static void alike_values_are_one_pattern(void **state)
{
    (void)state;
    edges();
    common((const char *[]){"a:443", "a:443", "a:443"}, 3, "a:443");
    common((const char *[]){"edge1.example.com", "edge2.example.com", "edge3.example.com"}, 3,
           "edge{n}.example.com");
    common((const char *[]){"join.example.com, edge1.example.com",
                            "join.example.com, edge2.example.com",
                            "join.example.com, edge3.example.com"},
           3, "join.example.com, edge{n}.example.com");
    common((const char *[]){"10.0.0.1", "10.0.0.2", "10.0.0.3"}, 3, "10.0.0.{n}");
    common((const char *[]){"", "", ""}, 3, "");
}

static void a_number_that_all_share_is_no_hole(void **state)
{
    (void)state;
    static char domain[] = "h2g2.com";
    static char names[][24] = {"edge1", "edge2"},
                addresses[][24] = {"edge1.h2g2.com", "edge2.h2g2.com"};
    seat_all(domain, names, addresses, 2);
    common((const char *[]){"edge1.h2g2.com", "edge2.h2g2.com"}, 2, "edge{n}.h2g2.com");
    common((const char *[]){"cms1-xmpp1.h2g2.com", "cms1-xmpp2.h2g2.com"}, 2,
           "cms1-xmpp{n}.h2g2.com");
    common((const char *[]){"a:1", "a:1"}, 2, "a:1");
}

static void servers_without_numbers_are_named(void **state)
{
    (void)state;
    static char domain[] = "example.com";
    static char names[][24] = {"london", "paris"},
                addresses[][24] = {"london.example.com", "10.1.1.9"};
    seat_all(domain, names, addresses, 2);
    common((const char *[]){"london.example.com", "10.1.1.9"}, 2, "{address}");
    common((const char *[]){"london", "paris"}, 2, "{server}");
    common((const char *[]){"web-london.example.com", "web-paris.example.com"}, 2,
           "web-{server}.example.com");
}

static void most_of_them_decide(void **state)
{
    (void)state;
    edges();
    bool fits[3];
    const char *values[] = {"join2.example.com", "join.example.com", "join.example.com"};
    char *pattern = pattern_common(seats, values, 3, fits);
    assert_string_equal(pattern, "join.example.com");
    assert_false(fits[0]);
    assert_true(fits[1] && fits[2]);
    free(pattern);
    common((const char *[]){"one", "other", "third"}, 3, "(none)");
}

static void one_value_tells_what_others_would_have(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"edge2.example.com", "edge{n}.example.com"}, {"a:2", "a:2"}, {"10.0.2.2", "10.0.2.2"},
        {"join.example.com", "join.example.com"},     {"", ""},
    };
    edges();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *pattern = pattern_of_value(pairs[i][0], &seats[1]);
        assert_string_equal(pattern, pairs[i][1]);
        free(pattern);
    }
}

static void braces_that_are_no_hole_stay(void **state)
{
    (void)state;
    edges();
    char *value = pattern_fill("{own} {n}{ {server}.{domain} {address}", &seats[1]);
    assert_string_equal(value, "{own} 2{ edge2.example.com edge2.example.com");
    free(value);
    assert_true(pattern_varies("a{n}"));
    assert_false(pattern_varies("join.{domain}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_values_are_one_pattern),
        cmocka_unit_test(a_number_that_all_share_is_no_hole),
        cmocka_unit_test(servers_without_numbers_are_named),
        cmocka_unit_test(most_of_them_decide),
        cmocka_unit_test(one_value_tells_what_others_would_have),
        cmocka_unit_test(braces_that_are_no_hole_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
