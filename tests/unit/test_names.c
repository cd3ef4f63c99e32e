#include "base/mem.h"
#include "pki/names.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void hosts_are_two_labels_or_more(void **state)
{
    (void)state;
    static const char *const good[] = {"a.b", "join.example.com", "*.example.com", "1a.x-y.com",
                                       "xn--mnchen-3ya.de"};
    static const char *const bad[] = {"",
                                      "postgres",
                                      "My company CA",
                                      "a..b",
                                      ".a.b",
                                      "a.b.",
                                      "a b.c",
                                      "a_b.c",
                                      "*",
                                      "*.",
                                      "a.*.b",
                                      "x*.b.c",
                                      ".*.b.c",
                                      "-a.b",
                                      "a-.b",
                                      "192.168.1.300",
                                      "192.168.1.1",
                                      "m\xC3\xBCn.de"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(is_host_name(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        if (is_host_name(bad[i]))
            fail_msg("\"%s\" is no host name", bad[i]);
    char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b";
    assert_false(is_host_name(label));
    assert_true(is_host_name(label + 1));
}

static void addresses_are_v4_and_v6(void **state)
{
    (void)state;
    assert_true(is_ip_address("192.0.2.1"));
    assert_true(is_ip_address("2001:db8::1"));
    assert_true(is_ip_address("::"));
    assert_false(is_ip_address("192.0.2"));
    assert_false(is_ip_address("192.0.2.256"));
    assert_false(is_ip_address("2001:db8:::1"));
    assert_false(is_ip_address("[::1]"));
    assert_false(is_ip_address(""));
}

static void sans_are_typed_by_their_look(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"a.example.com", "DNS:a.example.com"},
        {"192.0.2.1", "IP:192.0.2.1"},
        {"2001:DB8:0:0:1:0:0:1", "IP:2001:db8::1:0:0:1"}, /* RFC 5952, 4.2.3 */
        {"2001:db8:0:1:1:1:1:1", "IP:2001:db8:0:1:1:1:1:1"},
        {"::ffff:192.0.2.1", "IP:::ffff:192.0.2.1"},
        {"a@b.c", "email:a@b.c"},
        {"http://a.b/", "URI:http://a.b/"},
        {"sip:a@b.c", "URI:sip:a@b.c"},
        {"urn:x:y", "URI:urn:x:y"},
        {"host:443", "DNS:host:443"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *typed = san_typed(pairs[i][0]);
        assert_string_equal(typed, pairs[i][1]);
        free(typed);
    }
}

static void a_name_is_covered(void **state)
{
    (void)state;
    assert_true(san_covers("DNS:Join.Example.com", "join.example.COM"));
    assert_true(san_covers("join.example.com", "join.example.com"));
    assert_true(san_covers("DNS:*.example.com", "a.example.com"));
    assert_true(san_covers("DNS:*.example.com", "*.example.com"));
    assert_true(san_covers("IP:2001:db8::1", "2001:DB8:0::1"));
    assert_true(san_covers("192.0.2.1", "192.0.2.1"));
    assert_true(san_covers("postgres", "postgres"));
}

static void a_name_is_not_covered(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"DNS:*.example.com", "example.com"},
        {"DNS:*.example.com", "a.b.example.com"},
        {"DNS:*.example.com", ".example.com"},
        {"DNS:a*.example.com", "ab.example.com"},
        {"DNS:*", "host"},
        {"DNS:192.0.2.1", "192.0.2.1"},
        {"email:a.example.com", "a.example.com"},
        {"URI:a.example.com", "a.example.com"},
        {"IP:192.0.2.1", "192.0.2.10"},
        {"DNS:a.example.com", ""},
        {"DNS:example.com", "example.com.evil.org"},
        {"othername:1.2.3", "a.b"},
        {"DNS:www.a.com\\00.b.org", "www.a.com"},
        {"DNS:b.*.com", "b.a.com"},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (san_covers(pairs[i][0], pairs[i][1]))
            fail_msg("%s covers \"%s\"", pairs[i][0], pairs[i][1]);
}

/* Arguments, each after the other; the place, message and remedy of the error. */
static void refused(const char *argument, const char *place, const char *message,
                    const char *remedy)
{
    struct names names = {0};
    struct error err = {0};
    assert_false(names_add(&names, argument, &err));
    assert_string_equal(err.place, place);
    assert_string_equal(err.message, message);
    assert_string_equal(err.remedy, remedy);
    assert_int_equal(err.code, STATUS_NO);
    names_free(&names);
}

static void arguments_that_are_no_attributes_are_refused(void **state)
{
    (void)state;
    refused("subAltName:a.b", "subAltName", "not an attribute", "Write subjectAltName:a.b");
    refused("cn:a.b", "cn", "not an attribute", "Write CN:a.b");
    refused("SAN:a.b", "SAN", "not an attribute", "Write subjectAltName:a.b");
    refused("XY:a", "XY", "not an attribute",
            "Attributes are CN OU O L ST C emailAddress subjectAltName");
    refused("CN=a.b", "CN=a.b", "no attribute: a colon parts its name from its value",
            "Write CN:a.b");
    refused("O:", "O", "the value is missing", "Give a value or leave the attribute out");
    refused("O:\"\"", "O", "the value is missing", "Give a value or leave the attribute out");
}

static void values_are_judged_with_their_column(void **state)
{
    (void)state;
    refused("CN:join.example com", "CN", "a host name has no blank (column 13)",
            "Put a dot: join.example.com");
    refused("CN:.*.example.com", "CN", "a dot too many (column 1)", "Leave it out: *.example.com");
    refused("CN:a.*.example.com", "CN",
            "a star stands for the whole first label and no other (column 3)",
            "Write *.example.com");
    refused("CN:a\tb", "CN", "a control character (column 2)", "Leave it out");
    refused("O:\xC3\xBC\xC2\x9B", "O", "a control character (column 2)", "Leave it out");
    refused("O:a\xE2\x80\xAE"
            "b",
            "O", "a control character (column 2)", "Leave it out");
    refused("O:a\xFF", "O", "no UTF-8 text (column 2)", "Type it in UTF-8");
    refused("O: a", "O", "a blank in front (column 1)", "Leave it out");
    refused("C:USA", "C", "a country is two letters (ISO 3166)", "Write it as US, GB or FR");
    refused("C:united states", "C", "a country is two letters (ISO 3166)", "Write US");
    refused("C:1A", "C", "a country is two letters (ISO 3166)", "Write it as US, GB or FR");
    refused("emailAddress:admin", "emailAddress",
            "not an e-mail address: one @ parts its name from its host",
            "Write it as admin@example.com");
    refused("subjectAltName:a.example.com,b_c.example.com", "subjectAltName",
            "b_c.example.com: a host name has no '_' (column 2)", "Use a hyphen: b-c.example.com");
    refused("subjectAltName:join.example.com:443", "subjectAltName",
            "a host name has no ':' (column 17)", "Type the bare host name: join.example.com");
    refused("subjectAltName:DNS:a.b", "subjectAltName", "a name goes without \"DNS:\"",
            "Write a.b");
    refused("subjectAltName:192.168.1.300", "subjectAltName",
            "neither a host name nor an address (column 11)",
            "An address has four numbers from 0 to 255");
}

static void a_blank_after_a_comma_is_told(void **state)
{
    (void)state;
    refused("subjectAltName:a.example.com, b.example.com", "subjectAltName",
            "no blank may stand beside a comma, it ends the list (column 15)",
            "Leave the blank out: subjectAltName:a.example.com,b.example.com");
    /* As the guide wraps it, the shell hands over the first part alone. */
    refused("subjectAltName:a.example.com,", "subjectAltName",
            "the list ends in a comma, as when a blank follows it (column 14)",
            "Join the list without blanks: subjectAltName:a.example.com,b.example.com");
    refused("subjectAltName:a.b,,c.d", "subjectAltName", "two commas in a row (column 5)",
            "Leave one of them out");
}

static void limit(enum attribute attribute, size_t characters, bool good)
{
    struct str value = {0};
    struct error err = {0};
    for (size_t i = 0; i < characters; i++)
        str_add(&value, "\xC3\xA9"); /* characters count, not bytes */
    bool said = attribute_check(attribute, str_text(&value), &err);
    if (said != good)
        fail_msg("%zu characters of %s", characters, attribute_names[attribute]);
    if (!good)
        assert_non_null(strstr(err.message, "X.520 allows"));
    str_free(&value);
}

static void x520_limits_are_named(void **state)
{
    (void)state;
    static const enum attribute short_ones[] = {ATTR_CN, ATTR_O, ATTR_OU};
    for (size_t i = 0; i < COUNT(short_ones); i++) {
        limit(short_ones[i], 64, true);
        limit(short_ones[i], 65, false);
    }
    limit(ATTR_L, 128, true);
    limit(ATTR_ST, 129, false);
    struct error err = {0};
    char cn[66];
    memset(cn, 'a', 65);
    cn[65] = '\0';
    assert_false(attribute_check(ATTR_CN, cn, &err));
    assert_string_equal(err.message, "65 characters, X.520 allows 64 in CN");
}

static void titles_pass_as_common_names(void **state)
{
    (void)state;
    static const char *const good[] = {"postgres",         "My company CA", "Example Inc. CA 2",
                                       "example.com root", "*.example.com", "192.0.2.1",
                                       "Z\xC3\xBCrich CA"};
    struct error err;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(attribute_check(ATTR_CN, good[i], &err));
    assert_false(attribute_check(ATTR_CN, "", &err));
    assert_true(attribute_check(ATTR_O, "", &err));
}

static void hosts_are_mended_where_it_is_clear(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"join.example com", "join.example.com"},
        {"join. example.com", "join.example.com"},
        {"https://a.b.c:443/x", "a.b.c"},
        {"a.example.com.", "a.example.com"},
        {"a,example.com", "a.example.com"},
        {" a.b ", "a.b"},
        {"a..b", "a.b"},
        {"a.b", NULL},
        {"nothing", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *mended = host_mend(pairs[i][0]);
        if (!pairs[i][1])
            assert_null(mended);
        else
            assert_string_equal(mended, pairs[i][1]);
        free(mended);
    }
}

static void take(struct names *names, const char *argument)
{
    struct error err = {0};
    if (!names_add(names, argument, &err))
        fail_msg("%s: %s", argument, err.message);
}

static void joined_is(const struct names *names, const char *expected)
{
    struct strings full = {0};
    names_full_san(names, &full);
    char *joined = strings_join(&full, " ");
    assert_string_equal(joined, expected);
    free(joined);
    strings_free(&full);
}

static void the_cn_comes_first_in_the_san_once(void **state)
{
    (void)state;
    struct names names = {0};
    take(&names, "CN:www.example.com");
    joined_is(&names, "DNS:www.example.com");
    take(&names, "subjectAltName:a.example.com,WWW.example.com,192.0.2.1,a.example.com,x@y.com");
    joined_is(&names, "DNS:www.example.com DNS:a.example.com IP:192.0.2.1 email:x@y.com");
    names_free(&names);
    take(&names, "CN:postgres");
    joined_is(&names, "");
    take(&names, "subjectAltName:db");
    joined_is(&names, "DNS:db");
    names_free(&names);
    take(&names, "CN:2001:db8::1");
    joined_is(&names, "IP:2001:db8::1");
    names_free(&names);
}

static void the_line_is_what_the_guide_types(void **state)
{
    (void)state;
    struct names names = {0}, copy;
    struct str line = {0};
    take(&names, "CN:join.example.com");
    take(&names, "O:\"Example Inc.\"");
    take(&names, "OU:Support");
    take(&names, "C:US");
    take(&names, "ST:\"New Jersey\"");
    take(&names, "subjectAltName:join.example.com,a.example.com,192.0.2.1");
    assert_string_equal(names.attributes[ATTR_O], "Example Inc.");
    names_copy(&copy, &names);
    names_line(&copy, "csr", "wb3-https1", &line);
    assert_string_equal(str_text(&line),
                        "pki csr wb3-https1 CN:join.example.com O:\"Example Inc.\" OU:Support "
                        "ST:\"New Jersey\" C:US subjectAltName:a.example.com,192.0.2.1");
    str_clear(&line);
    names_free(&copy);
    names_free(&names);
    take(&names, "CN:\"My company CA\""); /* guide 3.1.5 */
    names_line(&names, "selfsigned", "dbca", &line);
    assert_string_equal(str_text(&line), "pki selfsigned dbca CN:\"My company CA\"");
    names_free(&names);
    str_free(&line);
}

/* What a line says is what it was made of. */
static void a_line_taken_apart_gives_the_names_again(void **state)
{
    (void)state;
    struct names names = {0}, again = {0};
    take(&names, "CN:join.example.com");
    take(&names, "emailAddress:admin@example.com");
    take(&names, "subjectAltName:2001:db8::1,sip:a@b.com,c.example.com");
    struct str line = {0};
    names_line(&names, "csr", "x", &line);
    struct strings words = {0};
    strings_split(&words, str_text(&line), ' ');
    for (size_t i = 3; i < words.count; i++)
        take(&again, words.items[i]);
    struct strings one = {0}, other = {0};
    names_full_san(&names, &one);
    names_full_san(&again, &other);
    assert_true(strings_equal(&one, &other));
    assert_string_equal(again.attributes[ATTR_EMAIL], "admin@example.com");
    strings_free(&one);
    strings_free(&other);
    strings_free(&words);
    str_free(&line);
    names_free(&names);
    names_free(&again);
}

static void nothing_is_given_twice(void **state)
{
    (void)state;
    struct names names = {0};
    struct error err = {0};
    take(&names, "CN:a.b");
    assert_false(names_add(&names, "CN:c.d", &err));
    assert_string_equal(err.message, "given twice");
    assert_string_equal(names.attributes[ATTR_CN], "a.b");
    take(&names, "subjectAltName:a.b");
    assert_false(names_add(&names, "subjectAltName:c.d", &err));
    assert_int_equal(names.sans.count, 1);
    names_free(&names);
}

static void a_refused_list_adds_nothing(void **state)
{
    (void)state;
    struct names names = {0};
    struct error err = {0};
    assert_false(names_add(&names, "subjectAltName:a.b,c d", &err));
    assert_int_equal(names.sans.count, 0);
    names_free(&names);
}

static void countries_are_iso(void **state)
{
    (void)state;
    assert_true(is_country("US"));
    assert_true(is_country("GB"));
    assert_true(is_country("AD"));
    assert_true(is_country("ZW"));
    assert_false(is_country("UK"));
    assert_false(is_country("us"));
    assert_false(is_country(""));
    assert_false(is_country("USA"));
    assert_string_equal(country_name("GB"), "United Kingdom");
    assert_string_equal(country_code("germany"), "DE");
    assert_null(country_code("Atlantis"));
}

static void assert_splits(const char *text, const char *wanted)
{
    struct strings names = {0};
    names_split(text, &names);
    char *joined = strings_join(&names, "|");
    if (strcmp(joined, wanted) != 0)
        fail_msg("\"%s\" became %s, not %s", text, joined, wanted);
    free(joined);
    strings_free(&names);
}

static void several_names_come_apart(void **state)
{
    (void)state;
    static const char wanted[] = "join.example.com|meet.example.com|192.0.2.1";
    static const char *const between[] = {"\n", "\r\n", "\t",  ",",   ", ",       ";",
                                          "; ", "&",    " & ", "   ", "\xC2\xA0", " \n\n"};
    for (size_t i = 0; i < COUNT(between); i++) {
        char *text = xformat("%sjoin.example.com%smeet.example.com%s192.0.2.1%s", between[i],
                             between[i], between[i], between[i]);
        assert_splits(text, wanted);
        free(text);
    }
    assert_splits("DNS:join.example.com, DNS:meet.example.com, IP Address:192.0.2.1", wanted);
    assert_splits("- join.example.com\n- <meet.example.com>\n* \"192.0.2.1\"", wanted);
    assert_splits("join.example.com join.example.com meet.example.com 192.0.2.1", wanted);
    assert_splits("b\xC3\xBC.example.com *.example.com sip:a@b.c",
                  "b\xC3\xBC.example.com|*.example.com|sip:a@b.c");
    assert_splits("join.example.com and meet.example.com, 192.0.2.1", wanted);
    assert_splits("a:443 b:444", "a:443|b:444");
    assert_splits("postgres", "postgres");
    assert_splits("", "");
    assert_splits("-", "-");
}

static void a_blank_for_a_dot_is_one_mistake(void **state)
{
    (void)state;
    assert_splits("join.example com", "join.example com");
    assert_splits("join example.com", "join example.com");
    assert_splits("join.example com, meet.example.com", "join.example com|meet.example.com");
    assert_splits("join.example com\nmeet.example com", "join.example com|meet.example com");
    /* Two whole names and a third: nobody means one name by that. */
    assert_splits("join.example.com meet.example.com video",
                  "join.example.com|meet.example.com|video");
    struct strings names = {0};
    struct error err = {0};
    names_split("join.example com", &names);
    assert_false(san_check(names.items[0], &err));
    assert_string_equal(err.remedy, "Put a dot: join.example.com");
    char *line = names_join(&names);
    assert_splits(line, "join.example com");
    free(line);
    strings_add(&names, "meet.example.com");
    line = names_join(&names);
    assert_splits(line, "join.example com|meet.example.com");
    free(line);
    strings_free(&names);
}

static void what_is_no_name_is_left_out_of_a_paste(void **state)
{
    (void)state;
    struct strings names = {0}, left = {0};
    names_split("Names for us:\njoin.example.com\nmeet.example com\n(soon) 192.0.2.1", &names);
    names_sort(&names, &left);
    char *kept = names_join(&names), *rest = strings_join(&left, "|");
    assert_string_equal(kept, "join.example.com, meet.example com, 192.0.2.1");
    assert_string_equal(rest, "Names|for|us:|soon");
    free(kept);
    free(rest);
    strings_free(&names);
    strings_free(&left);
    names_split("postgres", &names); /* alone it is what was meant */
    names_sort(&names, &left);
    assert_int_equal(names.count, 1);
    assert_int_equal(left.count, 0);
    strings_free(&names);
}

static void no_remedy_glues_names(void **state)
{
    (void)state;
    static const char *const several[] = {"a.example.com b.example.com",
                                          "a.example.com\tb.example.com",
                                          "a.example.com;b.example.com",
                                          "a.example.com, b.example.com",
                                          "a.example.com\xC2\xA0"
                                          "b.example.com",
                                          "a.example.com & b.example.com"};
    for (size_t i = 0; i < COUNT(several); i++) {
        struct error err = {0};
        assert_null(host_mend(several[i]));
        assert_true(are_several_names(several[i]));
        assert_false(host_check(several[i], &err));
        assert_null(strstr(err.remedy, ".comb.") ? "glued" : NULL);
        assert_null(strstr(err.remedy, ".com.b") ? "glued" : NULL);
        assert_false(attribute_check(ATTR_CN, several[i], &err));
    }
    assert_false(are_several_names("join.example com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_names_come_apart),
        cmocka_unit_test(a_blank_for_a_dot_is_one_mistake),
        cmocka_unit_test(what_is_no_name_is_left_out_of_a_paste),
        cmocka_unit_test(no_remedy_glues_names),
        cmocka_unit_test(hosts_are_two_labels_or_more),
        cmocka_unit_test(addresses_are_v4_and_v6),
        cmocka_unit_test(sans_are_typed_by_their_look),
        cmocka_unit_test(a_name_is_covered),
        cmocka_unit_test(a_name_is_not_covered),
        cmocka_unit_test(arguments_that_are_no_attributes_are_refused),
        cmocka_unit_test(values_are_judged_with_their_column),
        cmocka_unit_test(a_blank_after_a_comma_is_told),
        cmocka_unit_test(x520_limits_are_named),
        cmocka_unit_test(titles_pass_as_common_names),
        cmocka_unit_test(hosts_are_mended_where_it_is_clear),
        cmocka_unit_test(the_cn_comes_first_in_the_san_once),
        cmocka_unit_test(the_line_is_what_the_guide_types),
        cmocka_unit_test(a_line_taken_apart_gives_the_names_again),
        cmocka_unit_test(nothing_is_given_twice),
        cmocka_unit_test(a_refused_list_adds_nothing),
        cmocka_unit_test(countries_are_iso),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
