#include "base/mem.h"
#include "base/texts.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void equal_texts_are_one(void **state)
{
    (void)state;
    struct texts *texts = texts_new();
    char typed[] = "core1";
    const char *kept = texts_keep(texts, typed);
    assert_ptr_not_equal(kept, typed);
    typed[4] = '2';
    assert_string_equal(kept, "core1");
    assert_ptr_not_equal(texts_keep(texts, typed), kept);
    typed[4] = '1';
    assert_ptr_equal(texts_keep(texts, typed), kept);
    assert_string_equal(texts_keep(texts, ""), "");
    assert_ptr_equal(texts_keep(texts, ""), texts_keep(texts, typed + 5));
    texts_free(texts);
    texts_free(NULL);
}

/* Enough of them for the table to grow, and for several blocks; none moves. */
static void thousands_stay_where_they_are(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static const char *kept[COUNT];
    struct texts *texts = texts_new();
    for (size_t i = 0; i < COUNT; i++) {
        char *text = xformat("server%zu.example.com", i);
        kept[i] = texts_keep(texts, text);
        free(text);
    }
    for (size_t i = 0; i < COUNT; i++) {
        char *text = xformat("server%zu.example.com", i);
        assert_ptr_equal(texts_keep(texts, text), kept[i]);
        assert_string_equal(kept[i], text);
        free(text);
    }
    texts_free(texts);
}

static void a_long_one_has_its_room(void **state)
{
    (void)state;
    static char text[1 << 16];
    memset(text, 'x', sizeof text - 1);
    struct texts *texts = texts_new();
    const char *before = texts_keep(texts, "before"), *kept = texts_keep(texts, text);
    assert_string_equal(kept, text);
    assert_string_equal(texts_keep(texts, "behind"), "behind");
    assert_ptr_equal(texts_keep(texts, "before"), before);
    assert_ptr_equal(texts_keep(texts, text), kept);
    texts_free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_texts_are_one),
                                       cmocka_unit_test(thousands_stay_where_they_are),
                                       cmocka_unit_test(a_long_one_has_its_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
