#include "base/mem.h"
#include "base/str.h"
#include "unit.h"

#include <stdlib.h>

static void folds(const char *names, const char *wanted)
{
    struct strings list = {0};
    strings_split(&list, names, ' ');
    char *folded = strings_fold(&list, " ");
    assert_string_equal(folded, wanted);
    free(folded);
    strings_free(&list);
}

static void names_that_count_on_are_folded(void **state)
{
    (void)state;
    folds("core1 core2 core3", "core1-3");
    folds("core1 core2 edge1 edge2", "core1-2 edge1-2");
    folds("core8 core9 core10 core11", "core8-11");
    folds("core08 core09 core10", "core08-10");
    folds("core98 core99 core100", "core98-100");
    folds("core99999999999999999999 core100000000000000000000",
          "core99999999999999999999-100000000000000000000");
}

static void others_stay_as_they_are(void **state)
{
    (void)state;
    folds("cms1", "cms1");
    folds("core1 core3", "core1 core3");
    folds("core2 core1", "core2 core1");
    folds("core1 core1", "core1 core1");
    folds("core1 edge2", "core1 edge2");
    folds("core core1", "core core1");
    folds("1 2", "1 2"); /* "1-2" were a number of one */
    folds("core9 core010", "core9 core010");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_that_count_on_are_folded),
                                       cmocka_unit_test(others_stay_as_they_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
