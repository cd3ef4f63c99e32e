/* Findings as values: planned names, order, precedence, what is accepted. */
#include "../../src/rules/rule.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/ruleid.h"
#include "rules/explain.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "name = \"example.com\"\n"
    "identity \"web\" { CN = \"join.example.com\" signer = \"internal\" }\n"
    "identity \"admin\" { CN = \"cms1.example.com\" signer = \"internal\" }\n";

struct fixture {
    struct catalogue catalogue;
    struct facts *facts;
};

static void open_fixture(struct fixture *fixture, const char *rest)
{
    struct error err = {0};
    struct str text = {0};
    *fixture = (struct fixture){0};
    str_add(&text, head);
    str_add(&text, rest);
    if (!catalogue_load(NULL, &fixture->catalogue, &err))
        fail_msg("%s", err.message);
    struct facts *facts = fixture->facts = xcalloc(1, sizeof *facts);
    facts->scan_users = xcalloc(1, sizeof *facts->scan_users);
    *facts->scan_users = 1;
    facts->catalogue = &fixture->catalogue;
    facts->store_path = xstrdup("store");
    assert_true(clock_parse("2026-06-15T12:00:00Z", &facts->at));
    if (!deployment_parse("deployment.conf", str_text(&text), text.length, &fixture->catalogue,
                          &facts->deployment, &err))
        fail_msg("%s: %s", err.place, err.message);
    trusts_derive(&facts->deployment, &facts->scan, &facts->trusts);
    str_free(&text);
}

static void close_fixture(struct fixture *fixture)
{
    facts_free(fixture->facts);
    catalogue_free(&fixture->catalogue);
}

static const struct finding *find(const struct findings *findings, const char *id)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].id, id) == 0)
            return &findings->items[i];
    return NULL;
}

static void planned_names_are_judged_without_files(void **state)
{
    (void)state;
    struct fixture fixture;
    struct findings findings;
    open_fixture(&fixture, "server \"cms1\" { address = \"cms1.example.com\"\n"
                           "  service \"webbridge3\" { https = \"web\" c2w = \"web\"\n"
                           "    a-record = \"meet.example.com\" } }\n");
    rules_run(fixture.facts, RULES_PLANNED, &findings);
    assert_null(find(&findings, "FILE-MISSING"));
    const struct finding *finding = find(&findings, "WB-CN-A-RECORD");
    assert_non_null(finding);
    assert_string_equal(finding->mend, "meet.example.com");
    assert_string_equal(finding->server, "cms1");
    assert_string_equal(finding->service, "webbridge3");
    assert_string_equal(finding->identity, "web");
    assert_string_equal(finding->file, "");
    assert_non_null(strstr(finding->message, "meet.example.com"));
    assert_non_null(strstr(finding->remedy, "identity \"web\""));
    /* c2w calls cms1.example.com, which the one certificate lacks as well */
    assert_non_null(find(&findings, "C2W-NAME"));
    findings_free(&findings);
    close_fixture(&fixture);
}

static size_t count_of(const struct findings *findings, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += strcmp(findings->items[i].id, id) == 0;
    return count;
}

/* One fault, one error, on however many servers the file would be. */
static void a_trust_file_that_many_read_is_told_once(void **state)
{
    (void)state;
    struct fixture fixture;
    struct findings findings;
    struct str text = {0};
    for (int i = 1; i <= 3; i++)
        str_addf(&text,
                 "server \"cms%d\" { address = \"cms%d.example.com\"\n"
                 "  service \"callbridge\" { identity = \"admin\" c2w-trust-file = \"cas.crt\" }\n"
                 "  service \"webbridge3\" { https = \"web\" c2w = \"web\"\n"
                 "    a-record = \"meet.example.com\" } }\n",
                 i, i);
    open_fixture(&fixture, str_text(&text));
    rules_run(fixture.facts, RULES_ALL, &findings);
    assert_int_equal(count_of(&findings, "TRUST-MISSING"), 1);
    const struct finding *finding = find(&findings, "TRUST-MISSING");
    assert_string_equal(finding->server, "cms1");
    assert_non_null(strstr(finding->message, "Call Bridge on cms1 and 2 others accept Web Bridge"));
    findings_free(&findings);
    close_fixture(&fixture);
    str_free(&text);
}

/* What the wizard says of the country while it is typed, and what F5 makes of it. */
static void countries_are_judged_and_mended(void **state)
{
    (void)state;
    static const struct {
        const char *code, *mend;
        bool told;
        enum severity severity;
    } cases[] = {{"USA", "US", true, SEVERITY_ERROR},  {"UK", "GB", true, SEVERITY_WARNING},
                 {"us", "US", true, SEVERITY_WARNING}, {"XX", "", true, SEVERITY_WARNING},
                 {"US", "", false, SEVERITY_NOTICE},   {"GB", "", false, SEVERITY_NOTICE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        struct findings findings;
        char *text = xformat("subject { C = \"%s\" }\n"
                             "server \"cms1\" { address = \"cms1.example.com\"\n"
                             "  service \"webadmin\" { identity = \"admin\" } }\n",
                             cases[i].code);
        open_fixture(&fixture, text);
        rules_run(fixture.facts, RULES_PLANNED, &findings);
        const struct finding *finding = find(&findings, "COUNTRY");
        if (!finding != !cases[i].told)
            fail_msg("C = %s", cases[i].code);
        if (finding) {
            assert_int_equal(finding->severity, cases[i].severity);
            assert_string_equal(finding->mend, cases[i].mend);
            assert_string_equal(finding->field, *cases[i].mend ? "C" : finding->field);
            assert_non_null(strstr(finding->message, cases[i].code));
        }
        findings_free(&findings);
        close_fixture(&fixture);
        free(text);
    }
}

/* How often the rules of ports speak where the Web Admin listens there, beside c2w on a:444. */
static size_t clashes(const char *listen, char **message)
{
    struct fixture fixture;
    struct findings findings;
    size_t count = 0;
    char *text = xformat("server \"cms1\" { address = \"cms1.example.com\"\n"
                         "  service \"webadmin\" { identity = \"admin\" listen = { \"%s\" } }\n"
                         "  service \"webbridge3\" { https = \"web\" c2w = \"web\"\n"
                         "    c2w-listen = { \"a:444\" } } }\n",
                         listen);
    open_fixture(&fixture, text);
    rules_run(fixture.facts, RULES_PLANNED, &findings);
    for (size_t i = 0; i < findings.count; i++)
        if (strcmp(findings.items[i].id, "PORT-CLASH") == 0) {
            count++;
            free(*message);
            *message = xstrdup(findings.items[i].message);
        }
    findings_free(&findings);
    close_fixture(&fixture);
    free(text);
    return count;
}

static void one_port_on_two_interfaces_is_no_clash(void **state)
{
    (void)state;
    char *message = NULL;
    assert_int_equal(clashes("b:444", &message), 0);
    assert_int_equal(clashes("a:445", &message), 0);
    assert_null(message);
    assert_int_equal(clashes("a:444", &message), 1);
    assert_string_equal(message, "webadmin (listen) and webbridge3 (c2w-listen) both listen on "
                                 "port 444 of interface a");
    free(message);
}

static void missing_files_are_told_in_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct findings findings;
    open_fixture(&fixture, "server \"cms1\" { address = \"cms1.example.com\"\n"
                           "  service \"webadmin\" { identity = \"admin\" }\n"
                           "  service \"recorder\" { identity = \"web\" } }\n");
    rules_run(fixture.facts, RULES_ALL, &findings);
    assert_int_equal(findings_errors(&findings), 2); /* of a pair the key, which comes first */
    assert_string_equal(findings.items[0].file, "web.key");
    assert_string_equal(findings.items[0].service, "recorder");
    assert_string_equal(findings.items[1].file, "admin.key");
    assert_string_equal(findings.items[1].remedy, "certwright generate admin");
    findings_free(&findings);
    close_fixture(&fixture);
}

static size_t errors_with(const char *accept)
{
    struct fixture fixture;
    struct findings findings;
    struct str text = {0};
    str_addf(&text,
             "server \"cms1\" { address = \"cms1.example.com\"\n"
             "  service \"webadmin\" { identity = \"admin\" }\n"
             "  service \"recorder\" { identity = \"web\" } }\n%s\n",
             accept);
    open_fixture(&fixture, str_text(&text));
    rules_run(fixture.facts, RULES_ALL, &findings);
    size_t errors = findings_errors(&findings);
    assert_int_equal(findings.count, 2);
    findings_free(&findings);
    close_fixture(&fixture);
    str_free(&text);
    return errors;
}

static void accepted_findings_stay_but_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(errors_with(""), 2);
    assert_int_equal(errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" }"), 0);
    assert_int_equal(
        errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" file = \"admin.key\" }"), 1);
    assert_int_equal(
        errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" identity = \"web\" }"), 1);
    assert_int_equal(errors_with("accept { rule = \"KEY-MATCH\" reason = \"x\" }"), 2);
}

static void an_accept_ends_after_its_day(void **state)
{
    (void)state;
    assert_int_equal(
        errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" until = \"2026-06-16\" }"), 0);
    assert_int_equal(
        errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" until = \"2026-06-15\" }"), 0);
    assert_int_equal(
        errors_with("accept { rule = \"FILE-MISSING\" reason = \"x\" until = \"2026-06-14\" }"), 2);
}

static struct finding *made(struct findings *out, const char *id, enum severity severity,
                            const char *file)
{
    const struct rule rule = {.id = id, .section = "", .severity = severity};
    const struct subject subject = {.name = file};
    return report(out, &rule, &subject, "something of %s", file);
}

static void the_deeper_reason_alone_is_told(void **state)
{
    (void)state;
    struct facts facts = {0};
    struct findings findings = {0};
    made(&findings, "EXPIRED", SEVERITY_ERROR, "a.crt");
    made(&findings, "KEY-MATCH", SEVERITY_ERROR, "a.crt");
    made(&findings, "EXPIRED", SEVERITY_ERROR, "b.crt");
    made(&findings, "NAME-DOT", SEVERITY_ERROR, "a.crt"); /* another thing altogether */
    findings_settle(&facts, RULES_ALL, &findings);
    assert_int_equal(findings.count, 3);
    assert_string_equal(findings.items[0].id, "KEY-MATCH");
    assert_string_equal(findings.items[1].file, "b.crt");
    assert_string_equal(findings.items[2].id, "NAME-DOT");
    findings_free(&findings);
}

static void an_error_is_not_silent_for_a_warning(void **state)
{
    (void)state;
    struct facts facts = {0};
    struct findings findings = {0};
    made(&findings, "PEM-BOM", SEVERITY_WARNING, "a.crt");
    made(&findings, "KEY-MATCH", SEVERITY_ERROR, "a.crt");
    findings_settle(&facts, RULES_ALL, &findings);
    assert_int_equal(findings.count, 2);
    findings_free(&findings);
}

static void one_rule_speaks_once_at_a_place(void **state)
{
    (void)state;
    struct facts facts = {0};
    struct findings findings = {0};
    made(&findings, "DEPRECATED", SEVERITY_NOTICE, "");
    made(&findings, "DEPRECATED", SEVERITY_ERROR, "");
    made(&findings, "KEY-MODE", SEVERITY_WARNING, "a.key");
    made(&findings, "KEY-MODE", SEVERITY_WARNING, "a.key");
    findings_settle(&facts, RULES_ALL, &findings);
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.items[0].severity, SEVERITY_ERROR);
    findings_free(&findings);
}

static void nothing_read_can_act_on_a_terminal(void **state)
{
    (void)state;
    struct findings findings = {0};
    struct finding *finding = made(&findings, "KEY-MODE", SEVERITY_WARNING, "\033[2Jx");
    report_remedy(finding, "look at %s", "a\nb");
    assert_null(strchr(finding->message, '\033'));
    assert_non_null(strstr(finding->message, "\\x1B"));
    assert_null(strchr(finding->remedy, '\n'));
    findings_free(&findings);
}

static void a_place_is_what_there_is_of_it(void **state)
{
    (void)state;
    char empty[] = "", server[] = "cms1", file[] = "a.crt";
    struct finding finding = {.server = server, .service = empty, .identity = empty, .file = file};
    char *place = finding_place(&finding);
    assert_string_equal(place, "cms1 a.crt");
    free(place);
}

static void numbers_are_ordinal(void **state)
{
    (void)state;
    static const struct {
        size_t number;
        const char *text;
    } cases[] = {{1, "1st"},   {2, "2nd"},   {3, "3rd"},  {4, "4th"},
                 {11, "11th"}, {12, "12th"}, {21, "21st"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        ordinal(cases[i].number, text);
        assert_string_equal(text, cases[i].text);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* accept {} is judged below this room, by a list of its own. */
static void every_rule_is_in_the_list_of_ids(void **state)
{
    (void)state;
    struct catalogue catalogue;
    struct error err;
    struct strings ids = {0};
    assert_true(catalogue_load(NULL, &catalogue, &err));
    for (size_t i = 0; i < RULE_GROUPS; i++)
        for (size_t j = 0; j < rule_groups[i]->count; j++)
            strings_add_new(&ids, rule_groups[i]->rules[j].id);
    for (size_t i = 0; i < catalogue.count; i++)
        for (size_t j = 0; j < catalogue.components[i].require_count; j++) {
            const char *id = catalogue.components[i].requires[j].id;
            if (!rule_find(id))
                fail_msg("%s has no row in src/rules/entries.c", id);
        }
    qsort(ids.items, ids.count, sizeof *ids.items, by_name);
    assert_int_equal(ids.count, rule_id_count);
    for (size_t i = 0; i < ids.count; i++)
        assert_string_equal(ids.items[i], rule_ids[i]);
    assert_true(rule_id_known(&catalogue, "EKU-CLIENT"));
    assert_false(rule_id_known(&catalogue, "EKU-CLEINT"));
    assert_string_equal(rule_id_nearest(&catalogue, "eku-cleint"), "EKU-CLIENT");
    assert_null(rule_id_nearest(&catalogue, "nothing-of-the-kind"));
    strings_free(&ids);
    catalogue_free(&catalogue);
}

/* The row of doc/rules.md: | `ID` | severities | sources | sentence |. Each cell with its blanks.
 */
static bool manual_row(const char *manual, const char *id, char cells[3][400])
{
    char *begin = xformat("\n| `%s` |", id);
    const char *row = strstr(manual, begin);
    bool whole = row != NULL;
    if (row)
        row += strlen(begin);
    for (size_t i = 0; whole && i < 3; i++) {
        size_t length = strcspn(row, "|\n");
        whole = row[length] == '|' && length < sizeof cells[i];
        if (whole)
            snprintf(cells[i], sizeof cells[i], "%.*s", (int)length, row);
        row += length + 1;
    }
    free(begin);
    return whole;
}

static void has_word(const char *id, const char *cell, const char *word)
{
    char *wanted = xformat(" %s ", *word ? word : "measured"), *found = xstrdup(cell);
    for (char *c = found; *c; c++)
        *c = *c == ',' ? ' ' : *c;
    if (!strstr(found, wanted))
        fail_msg("doc/rules.md: %s has \"%s\", which lacks \"%s\"", id, cell, word);
    free(found);
    free(wanted);
}

/* What certwright explain says of it: in its group, of that severity, from a test of its own. */
static void page_agrees(const struct catalogue *catalogue, const char *manual, const char *id,
                        const char *severities)
{
    struct rule_page page;
    assert_true(rule_page_open(catalogue, id, &page));
    char *heading = xformat("\n## %s\n", rule_group_title(page.group));
    char *row = xformat("\n| `%s` |", id);
    const char *group = strstr(manual, heading), *at = strstr(manual, row);
    const char *next = group ? strstr(group + 1, "\n## ") : NULL;
    if (!group || !at || at < group || (next && next < at))
        fail_msg("doc/rules.md has %s elsewhere than in %s", id, rule_group_title(page.group));
    char *told = strings_join(&page.severities, ", ");
    if (strncmp(severities + 1, told, strlen(told)) != 0 || severities[1 + strlen(told)] != ' ')
        fail_msg("%s: doc/rules.md says%s, its rules and tests %s", id, severities, told);
    if (!page.example_count)
        fail_msg("%s has no test to show", id);
    for (size_t i = 0; i < page.example_count; i++)
        assert_true(*page.examples[i].why && *page.examples[i].deployment);
    free(told);
    free(row);
    free(heading);
    rule_page_close(&page);
}

/* doc/rules.md, what F1 says and the rules are one list. */
static void every_rule_is_explained_and_in_the_manual(void **state)
{
    (void)state;
    struct catalogue catalogue;
    struct error err;
    struct buffer file = {0};
    char cells[3][400];
    assert_true(catalogue_load(NULL, &catalogue, &err));
    assert_true(file_read("doc/rules.md", &file, &err)); /* tests run at the top of the tree */
    const char *manual = (const char *)file.data;
    size_t rows = 0;
    for (const char *at = manual; (at = strstr(at, "\n| `")); at++)
        rows++;
    assert_int_equal(rows, rule_id_count);
    for (size_t i = 0; i < rule_id_count; i++) {
        const struct rule_words *words = rule_explain(rule_ids[i]);
        if (!words || !*words->otherwise || !*words->repair)
            fail_msg("%s is not explained", rule_ids[i]);
        else if (!manual_row(manual, rule_ids[i], cells))
            fail_msg("doc/rules.md has no row for %s", rule_ids[i]);
        else if (strncmp(cells[2] + 1, words->rule, strlen(words->rule)) != 0)
            fail_msg("doc/rules.md says of %s:%s", rule_ids[i], cells[2]);
        page_agrees(&catalogue, manual, rule_ids[i], cells[0]);
    }
    for (size_t i = 0; i < RULE_GROUPS; i++)
        for (size_t j = 0; j < rule_groups[i]->count; j++) {
            const struct rule *rule = &rule_groups[i]->rules[j];
            if (rule->scope == SCOPE_ENTRY)
                continue;
            assert_true(manual_row(manual, rule->id, cells));
            has_word(rule->id, cells[0], severity_word(rule->severity));
            has_word(rule->id, cells[1], rule->section);
        }
    for (size_t i = 0; i < catalogue.count; i++)
        for (size_t j = 0; j < catalogue.components[i].require_count; j++) {
            const struct require *require = &catalogue.components[i].requires[j];
            assert_true(manual_row(manual, require->id, cells));
            has_word(require->id, cells[0], severity_word(require_severity(require)));
            has_word(require->id, cells[1], require->section);
        }
    assert_null(rule_explain("NOTHING-SUCH"));
    buffer_free(&file);
    catalogue_free(&catalogue);
}

static size_t with_term(long life_days, long left_days)
{
    struct cert cert = {.not_before = 0, .not_after = (time_t)life_days * SECONDS_A_DAY};
    return rules_term(&cert, (time_t)(life_days - left_days) * SECONDS_A_DAY);
}

static void a_short_life_is_no_standing_alarm(void **state)
{
    (void)state;
    assert_int_equal(with_term(47, 40), TERM_LONG);
    assert_int_equal(with_term(47, 23), TERM_NEAR);
    assert_int_equal(with_term(47, 15), TERM_DUE);
    assert_int_equal(with_term(397, 91), TERM_LONG);
    assert_int_equal(with_term(397, 89), TERM_NEAR);
    assert_int_equal(with_term(397, 60), TERM_NEAR);
    assert_int_equal(with_term(397, 59), TERM_DUE);
    assert_int_equal(with_term(397, -1), TERM_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planned_names_are_judged_without_files),
        cmocka_unit_test(a_trust_file_that_many_read_is_told_once),
        cmocka_unit_test(countries_are_judged_and_mended),
        cmocka_unit_test(one_port_on_two_interfaces_is_no_clash),
        cmocka_unit_test(missing_files_are_told_in_order),
        cmocka_unit_test(accepted_findings_stay_but_do_not_count),
        cmocka_unit_test(an_accept_ends_after_its_day),
        cmocka_unit_test(the_deeper_reason_alone_is_told),
        cmocka_unit_test(an_error_is_not_silent_for_a_warning),
        cmocka_unit_test(one_rule_speaks_once_at_a_place),
        cmocka_unit_test(nothing_read_can_act_on_a_terminal),
        cmocka_unit_test(a_place_is_what_there_is_of_it),
        cmocka_unit_test(numbers_are_ordinal),
        cmocka_unit_test(every_rule_is_in_the_list_of_ids),
        cmocka_unit_test(every_rule_is_explained_and_in_the_manual),
        cmocka_unit_test(a_short_life_is_no_standing_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
