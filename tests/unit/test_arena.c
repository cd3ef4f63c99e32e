/* Small texts in few blocks. */
#include "base/arena.h"
#include "base/mem.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS = 3000 };

static void texts_of_any_length_stay_as_they_were(void **state)
{
    (void)state;
    struct arena arena = {0};
    const char *texts[TEXTS];
    char *large = xcalloc(1, 20001);
    memset(large, 'x', 20000);
    for (int i = 0; i < TEXTS; i++)
        texts[i] = i % 1000 == 7 ? arena_text(&arena, large) : arena_format(&arena, "text %d", i);
    for (int i = 0; i < TEXTS; i++) {
        char *wanted = i % 1000 == 7 ? xstrdup(large) : xformat("text %d", i);
        assert_string_equal(texts[i], wanted);
        free(wanted);
    }
    free(large);
    arena_free(&arena);
    assert_null(arena.block);
}

static void a_list_has_the_texts_or_copies(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct strings names = {0};
    strings_add(&names, "core1.crt");
    strings_add(&names, "");
    arena_text(&arena, "x"); /* lists stand where pointers may */
    const struct strings *same = arena_list(&arena, (const char *const *)names.items, names.count);
    const struct strings *copy = arena_strings(&arena, &names);
    assert_ptr_equal(same->items[0], names.items[0]);
    assert_true(strings_equal(copy, &names));
    assert_ptr_not_equal(copy->items[0], names.items[0]);
    assert_int_equal(arena_strings(&arena, &strings_none)->count, 0);
    strings_free(&names);
    assert_string_equal(copy->items[0], "core1.crt");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_any_length_stay_as_they_were),
        cmocka_unit_test(a_list_has_the_texts_or_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
