#include "flow/draft.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/draftXXXXXX";
static char config[64], path[64];

static int make_folder(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/draftXXXXXX", sizeof folder);
    if (!mkdtemp(folder))
        return -1;
    snprintf(config, sizeof config, "%s/deployment.conf", folder);
    snprintf(path, sizeof path, "%s/.certwright.draft", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void half_typed_text_is_there_again(void **state)
{
    (void)state;
    struct draft draft = {0}, again = {0};
    draft_open(&draft, config);
    draft_set(&draft, "basics", "domain", "example com");
    draft_set(&draft, "page:x", "x.cn", "  b\xC3\xBC ");
    draft_set(&draft, "basics", "domain", "example c");
    assert_true(draft_save(&draft));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    draft_open(&again, config);
    assert_int_equal(again.count, 2);
    assert_string_equal(draft_text(&again, "basics", "domain"), "example c");
    assert_string_equal(draft_text(&again, "page:x", "x.cn"), "  b\xC3\xBC ");
    assert_null(draft_text(&again, "basics", "x.cn"));
    draft_free(&draft);
    draft_free(&again);
}

static void an_empty_draft_is_no_file(void **state)
{
    (void)state;
    struct draft draft = {0};
    draft_open(&draft, config);
    draft_set(&draft, "basics", "domain", "x");
    assert_true(draft_save(&draft));
    draft_remove(&draft, "basics", "domain");
    draft_remove(&draft, "basics", "domain");
    assert_true(draft_save(&draft));
    assert_int_equal(access(path, F_OK), -1);
    draft_free(&draft);
}

static void nothing_is_written_where_nothing_changed(void **state)
{
    (void)state;
    struct draft draft = {0};
    draft_open(&draft, config);
    assert_true(draft_save(&draft));
    assert_int_equal(access(path, F_OK), -1);
    draft_free(&draft);
}

static void junk_is_as_good_as_none(void **state)
{
    (void)state;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("no tabs\n# page\tfield\ttext\n\t\n\n\tone\n", file);
    fclose(file);
    struct draft draft = {0};
    draft_open(&draft, config);
    assert_int_equal(draft.count, 0);
    draft_free(&draft);
}

int main(void)
{
#define DRAFT(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        DRAFT(half_typed_text_is_there_again),
        DRAFT(an_empty_draft_is_no_file),
        DRAFT(nothing_is_written_where_nothing_changed),
        DRAFT(junk_is_as_good_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
