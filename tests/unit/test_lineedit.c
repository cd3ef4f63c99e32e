#include "ui/columns.h"
#include "ui/lineedit.h"
#include "unit.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct lineedit line;

static int fresh(void **state)
{
    (void)state;
    line = (struct lineedit){0};
    return 0;
}

static int gone(void **state)
{
    (void)state;
    lineedit_free(&line);
    return 0;
}

static void press(enum press press, int number)
{
    struct key key = {.press = press, .number = number};
    assert_true(lineedit_key(&line, &key));
}

/* One key a grapheme's code point, as the reader hands them out. */
static void type(const char *text)
{
    for (const char *at = text; *at;) {
        struct key key = {.press = PRESS_TEXT};
        do
            key.text[key.length++] = *at++;
        while (((unsigned char)*at & 0xC0) == 0x80);
        assert_true(lineedit_key(&line, &key));
    }
}

static void control(int letter)
{
    press(PRESS_CONTROL, letter);
}

#define assert_line(wanted, wanted_cursor)                                                         \
    do {                                                                                           \
        assert_string_equal(lineedit_text(&line), wanted);                                         \
        assert_int_equal(line.cursor, wanted_cursor);                                              \
    } while (0)

static void typing_goes_in_at_the_cursor(void **state)
{
    (void)state;
    type("join.example.com");
    control('A');
    type("x");
    press(PRESS_RIGHT, 0);
    press(PRESS_BACKSPACE, 0);
    assert_line("xoin.example.com", 1);
    control('D');
    press(PRESS_END, 0);
    press(PRESS_LEFT, 0);
    control('B');
    press(PRESS_DELETE, 0);
    assert_line("xin.example.cm", 13);
}

static void a_grapheme_is_one_step(void **state)
{
    (void)state;
    type("ae\xCC\x81\xE6\x97\xA5"); /* a, e with an accent put on it, a character of two columns */
    assert_line("ae\xCC\x81\xE6\x97\xA5", 7);
    control('B');
    assert_int_equal(line.cursor, 4);
    control('B');
    assert_int_equal(line.cursor, 1);
    control('D');
    assert_line("a\xE6\x97\xA5", 1);
    control('E');
    press(PRESS_BACKSPACE, 0);
    assert_line("a", 1);
}

static void words_are_labels_of_a_name(void **state)
{
    (void)state;
    type("join.example.com");
    press(PRESS_META, 'b');
    assert_int_equal(line.cursor, 13);
    press(PRESS_META, 'b');
    assert_int_equal(line.cursor, 5);
    press(PRESS_META, 'd');
    assert_line("join..com", 5);
    press(PRESS_META, 'f');
    assert_int_equal(line.cursor, 9);
    control('W');
    assert_line("join..", 6);
}

static void what_is_killed_comes_back(void **state)
{
    (void)state;
    type("one two");
    control('U');
    assert_line("", 0);
    control('Y');
    control('Y');
    assert_line("one twoone two", 14);
    control('A');
    control('F');
    control('K');
    assert_line("o", 1);
}

static void undo_takes_back_a_run_at_a_time(void **state)
{
    (void)state;
    type("abc");
    press(PRESS_BACKSPACE, 0);
    press(PRESS_BACKSPACE, 0);
    control('W');
    assert_line("", 0);
    control('_');
    assert_line("a", 1);
    control('_');
    assert_line("abc", 3);
    control('_');
    assert_line("", 0);
    control('_');
    assert_line("", 0);
}

static void blanks_are_kept(void **state)
{
    (void)state;
    type(" a  ");
    assert_line(" a  ", 4);
}

static void a_paste_is_its_first_line(void **state)
{
    (void)state;
    static const char text[] = "\n  join.example.com \nsecond\n";
    struct key key = {.press = PRESS_PASTE, .paste = text, .paste_length = sizeof text - 1};
    assert_true(lineedit_key(&line, &key));
    assert_line("join.example.com", 16);
    control('_');
    assert_line("", 0);
}

static void words_go_in_apart_from_others(void **state)
{
    (void)state;
    type("a.example.com");
    assert_true(lineedit_add_words(&line, "b.example.com", ", "));
    assert_string_equal(lineedit_text(&line), "a.example.com, b.example.com");
    control('A');
    assert_true(lineedit_add_words(&line, "c.example.com", ", "));
    assert_string_equal(lineedit_text(&line), "c.example.com, a.example.com, b.example.com");
    assert_true(lineedit_can_undo(&line));
    control('_');
    assert_string_equal(lineedit_text(&line), "a.example.com, b.example.com");
    lineedit_set(&line, "join.");
    assert_true(lineedit_add_words(&line, "example.com", ", "));
    assert_string_equal(lineedit_text(&line), "join.example.com");
    lineedit_set(&line, "as saved");
    assert_false(lineedit_can_undo(&line));
    lineedit_replace(&line, "half typed");
    control('_');
    assert_string_equal(lineedit_text(&line), "as saved");
}

static void other_keys_are_not_the_lines(void **state)
{
    (void)state;
    static const enum press others[] = {PRESS_ENTER, PRESS_TAB, PRESS_UP,
                                        PRESS_DOWN,  PRESS_ESC, PRESS_FUNCTION};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(lineedit_key(&line, &(struct key){.press = others[i], .number = 2}));
}

static void assert_shows(int columns, const char *wanted, int wanted_cursor, bool before,
                         bool after)
{
    struct str out = {0};
    int cursor;
    bool is_before, is_after;
    lineedit_show(&line, columns, &out, &cursor, &is_before, &is_after);
    assert_string_equal(str_text(&out), wanted);
    assert_int_equal(cursor, wanted_cursor);
    assert_int_equal(is_before, before);
    assert_int_equal(is_after, after);
    str_free(&out);
}

static void what_is_seen_is_padded_and_scrolled(void **state)
{
    (void)state;
    type("abc");
    assert_shows(6, "abc___", 3, false, false);
    type("def");
    assert_shows(6, "abcdef", 6, false, false); /* full: the cursor is on the bracket */
    type("g");
    assert_shows(6, "defg__", 4, true, false);
    control('A');
    assert_shows(6, "abcdef", 0, false, true);
}

static void a_wide_character_is_never_cut(void **state)
{
    (void)state;
    type("\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5");
    control('A');
    assert_shows(5, "\xE6\x97\xA5\xE6\x97\xA5_", 0, false, true);
    control('E');
    struct str out = {0};
    int cursor;
    bool before, after;
    lineedit_show(&line, 5, &out, &cursor, &before, &after);
    assert_int_equal(text_columns(str_text(&out)), 5);
    assert_true(cursor < 5);
    str_free(&out);
}

static void without_the_focus_its_beginning_is_seen(void **state)
{
    (void)state;
    type("abcdefgh");
    assert_shows(4, "fgh_", 3, true, false);
    struct str out = {0};
    bool before, after;
    lineedit_show(&line, 4, &out, NULL, &before, &after);
    assert_string_equal(str_text(&out), "abcd");
    assert_false(before);
    assert_true(after);
    str_free(&out);
}

static void control_bytes_are_shown_not_sent(void **state)
{
    (void)state;
    lineedit_set(&line, "a\x1B[31m\xFF");
    assert_shows(20, "a\\x1B[31m\\xFF_______", 13, false, false);
    press(PRESS_BACKSPACE, 0);
    assert_line("a\x1B[31m", 6);
}

static void long_texts_keep_their_ends(void **state)
{
    (void)state;
    struct str out = {0};
    assert_int_equal(text_fit(&out, "callbridge-xmpp-trust.crt", 15), 15);
    assert_string_equal(str_text(&out), "callbri..st.crt");
    str_clear(&out);
    assert_int_equal(text_clip(&out, "\xE6\x97\xA5x", 1), 0);
    str_free(&out);
}

static void assert_wraps(const char *text, int columns, const char *wanted)
{
    struct strings lines = {0};
    text_wrap(&lines, text, columns);
    char *joined = strings_join(&lines, "|");
    assert_string_equal(joined, wanted);
    free(joined);
    strings_free(&lines);
}

static void lines_break_at_blanks_and_hang(void **state)
{
    (void)state;
    assert_wraps("one two three", 8, "one two|three");
    assert_wraps("one two", 7, "one two");
    assert_wraps("abcdefghij", 4, "abcd|efgh|ij");
    assert_wraps("x n:aa,bb,cc y", 8, "x|n:aa,|bb,|cc y");
    assert_wraps("n:aa,bb y", 8, "n:aa,bb|y");
    assert_wraps("S  aa,bb,cc", 7, "S  aa,|   bb,|   cc");
    assert_wraps("a\n\nb\n", 4, "a||b");
    assert_wraps("see 2.2, 6", 8, "see|2.2, 6");
    assert_wraps("CA    signs what we ask for", 16, "CA    signs what|      we ask for");
    assert_wraps("\xE6\x97\xA5\xE6\x97\xA5", 1, "\xE6\x97\xA5|\xE6\x97\xA5");
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
#define EDIT(test) cmocka_unit_test_setup_teardown(test, fresh, gone)
    const struct CMUnitTest tests[] = {
        EDIT(typing_goes_in_at_the_cursor),
        EDIT(a_grapheme_is_one_step),
        EDIT(words_are_labels_of_a_name),
        EDIT(what_is_killed_comes_back),
        EDIT(undo_takes_back_a_run_at_a_time),
        EDIT(blanks_are_kept),
        EDIT(a_paste_is_its_first_line),
        EDIT(words_go_in_apart_from_others),
        EDIT(other_keys_are_not_the_lines),
        EDIT(what_is_seen_is_padded_and_scrolled),
        EDIT(a_wide_character_is_never_cut),
        EDIT(without_the_focus_its_beginning_is_seen),
        EDIT(control_bytes_are_shown_not_sent),
        cmocka_unit_test(long_texts_keep_their_ends),
        cmocka_unit_test(lines_break_at_blanks_and_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
