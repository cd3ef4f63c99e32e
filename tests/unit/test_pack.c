#include "base/mem.h"
#include "base/pack.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct page {
    char *title, *none;
    int number;
    struct strings lines, words, empty;
};

static const char *usual(const char *word)
{
    static const char lasts[] = "usual";
    return strcmp(word, lasts) == 0 ? lasts : NULL;
}

static void members(struct pack *pack, void *whole)
{
    struct page *page = whole;
    pack_text(pack, &page->title);
    pack_text(pack, &page->none);
    pack_strings(pack, &page->lines);
    pack_words(pack, &page->words, usual);
    pack_strings(pack, &page->empty);
}

static struct page *made(void)
{
    struct page loose = {.title = xstrdup("four"), .number = 7};
    strings_split(&loose.lines, "a,bb,ccc", ',');
    strings_split(&loose.words, "usual,rare", ',');
    return pack(&loose, sizeof loose, members);
}

static void all_of_it_comes_along(void **state)
{
    (void)state;
    struct page *page = made();
    assert_int_equal(page->number, 7);
    assert_string_equal(page->title, "four");
    assert_null(page->none);
    assert_int_equal(page->lines.count, 3);
    assert_string_equal(page->lines.items[0], "a");
    assert_string_equal(page->lines.items[2], "ccc");
    assert_int_equal(page->words.count, 2);
    assert_string_equal(page->words.items[0], "usual");
    assert_string_equal(page->words.items[1], "rare");
    assert_int_equal(page->empty.count, 0);
    free(page); /* the sanitizers tell what this leaves */
}

/* "four", its three lines and "rare" with their ends, and the lists' five pointers, behind it. */
static void it_is_one_block(void **state)
{
    (void)state;
    struct page *page = made();
    const char *start = (const char *)(page + 1), *lines = (const char *)page->lines.items;
    assert_ptr_equal(page->title, start);
    assert_in_range(lines - start, 5, 5 + sizeof(char *));
    assert_ptr_equal(page->lines.items[0], lines + 3 * sizeof(char *));
    assert_ptr_equal(page->lines.items[1], page->lines.items[0] + 2);
    const char *words = (const char *)page->words.items;
    assert_in_range(words - lines, 3 * sizeof(char *) + 9, 4 * sizeof(char *) + 9);
    assert_ptr_equal(page->words.items[1], words + 2 * sizeof(char *));
    free(page);
}

static void a_word_that_lasts_is_not_copied(void **state)
{
    (void)state;
    struct page *page = made(), *other = made();
    assert_ptr_equal(page->words.items[0], other->words.items[0]);
    assert_ptr_not_equal(page->words.items[1], other->words.items[1]);
    free(page);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it_comes_along),
                                       cmocka_unit_test(it_is_one_block),
                                       cmocka_unit_test(a_word_that_lasts_is_not_copied)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
