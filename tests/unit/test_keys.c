#include "ui/keys.h"
#include "unit.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct key_reader *reader;
static long long now;

static int marked(void **state)
{
    (void)state;
    now = 1000;
    reader = keys_new(true, 50);
    return 0;
}

static int unmarked(void **state)
{
    (void)state;
    now = 1000;
    reader = keys_new(false, 50);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    keys_free(reader);
    return 0;
}

static void feed(const char *bytes)
{
    keys_feed(reader, bytes, strlen(bytes), false, now);
}

static struct key assert_key(enum press press, int number)
{
    struct key key;
    assert_true(keys_next(reader, now, &key));
    assert_int_equal(key.press, press);
    assert_int_equal(key.number, number);
    return key;
}

static void assert_text(const char *text)
{
    struct key key = assert_key(PRESS_TEXT, 0);
    assert_int_equal(key.length, strlen(text));
    assert_memory_equal(key.text, text, key.length);
}

static void assert_nothing(void)
{
    struct key key;
    assert_false(keys_next(reader, now, &key));
}

static void arrows_have_two_forms_and_modifiers(void **state)
{
    (void)state;
    feed("\033[A\033OB\033[1;5C\033[D");
    assert_key(PRESS_UP, 0);
    assert_key(PRESS_DOWN, 0);
    assert_key(PRESS_RIGHT, 0);
    assert_key(PRESS_LEFT, 0);
    assert_nothing();
}

static void function_keys_of_all_terminals(void **state)
{
    (void)state;
    feed("\033OP\033[[B\033[13~\033[21~");
    assert_key(PRESS_FUNCTION, 1);
    assert_key(PRESS_FUNCTION, 2);
    assert_key(PRESS_FUNCTION, 3);
    assert_key(PRESS_FUNCTION, 10);
    keys_add(reader, "\033Ow", PRESS_FUNCTION, 9);
    feed("\033Ow");
    assert_key(PRESS_FUNCTION, 9);
}

static void esc_and_a_digit_is_a_function_key_for_half_a_second(void **state)
{
    (void)state;
    feed("\033");
    assert_nothing();
    now += 60;
    assert_nothing();
    assert_true(keys_after_esc(reader));
    now += 400;
    feed("5");
    assert_key(PRESS_FUNCTION, 5);
    feed("\0330");
    assert_key(PRESS_FUNCTION, 10);
    assert_nothing();
}

static void esc_alone_is_esc_after_half_a_second(void **state)
{
    (void)state;
    feed("\033");
    assert_nothing();
    assert_in_range(keys_wait_ms(reader, now), 1, 50);
    now += 50;
    assert_nothing();
    assert_in_range(keys_wait_ms(reader, now), 400, 500);
    now += 450;
    assert_true(assert_key(PRESS_ESC, 0).waited); /* a digit that comes now is late */
    assert_nothing();
    assert_int_equal(keys_wait_ms(reader, now), -1);
}

static void esc_twice_is_esc_at_once(void **state)
{
    (void)state;
    feed("\033");
    now += 60;
    assert_nothing();
    feed("\033");
    now += 60;
    assert_key(PRESS_ESC, 0);
    assert_nothing();
    assert_false(keys_after_esc(reader));
}

static void esc_before_an_arrow_is_two_keys(void **state)
{
    (void)state;
    feed("\033\033[A");
    assert_key(PRESS_ESC, 0);
    assert_key(PRESS_UP, 0);
    feed("\033b");
    assert_key(PRESS_META, 'b');
}

static void a_sequence_in_two_reads_is_one_key(void **state)
{
    (void)state;
    feed("\033[");
    assert_nothing();
    now += 20;
    feed("6~");
    assert_key(PRESS_PAGE_DOWN, 0);
}

static void an_unknown_sequence_is_nothing(void **state)
{
    (void)state;
    feed("\033[38;5;1m\033[?1;2cx");
    assert_text("x");
    assert_nothing();
}

static void both_erase_keys_erase(void **state)
{
    (void)state;
    feed("\x08\x7F\r\t\x11\x1F");
    assert_key(PRESS_BACKSPACE, 0);
    assert_key(PRESS_BACKSPACE, 0);
    assert_key(PRESS_ENTER, 0);
    assert_key(PRESS_TAB, 0);
    assert_key(PRESS_CONTROL, 'Q');
    assert_key(PRESS_CONTROL, '_');
}

static void a_bad_byte_is_said_and_the_rest_read(void **state)
{
    (void)state;
    feed("a\xFF\xC3\xA9\xE6\x97\xA5");
    assert_text("a");
    assert_key(PRESS_BAD, 0xFF);
    assert_text("\xC3\xA9");
    assert_text("\xE6\x97\xA5");
    feed("\xE6\x97"); /* cut: the rest may come */
    assert_nothing();
    now += 60;
    assert_key(PRESS_BAD, 0xE6);
    assert_key(PRESS_BAD, 0x97);
}

static void a_marked_paste_is_one_key(void **state)
{
    (void)state;
    feed("x\033[200~one\rtwo\033[A\033[20");
    assert_text("x");
    assert_nothing();
    feed("1~y");
    struct key key = assert_key(PRESS_PASTE, 0);
    assert_int_equal(key.paste_length, 10);
    assert_memory_equal(key.paste, "one\ntwo\033[A", 10);
    assert_text("y");
}

static void a_paste_over_a_megabyte_is_refused(void **state)
{
    (void)state;
    char *much = malloc(PASTE_LIMIT_BYTES);
    memset(much, 'A', PASTE_LIMIT_BYTES);
    feed("\033[200~");
    assert_nothing();
    keys_feed(reader, much, PASTE_LIMIT_BYTES, false, now);
    assert_nothing();
    feed("BB\033[201~z");
    struct key key = assert_key(PRESS_PASTE, 0);
    assert_true(key.paste_refused);
    assert_int_equal(key.paste_length, 0);
    assert_text("z");
    free(much);
}

static void lines_at_once_are_a_paste_where_none_is_marked(void **state)
{
    (void)state;
    feed("-----BEGIN X-----\rabc\r");
    assert_nothing();
    now += 20;
    feed("-----END X-----\r");
    assert_nothing();
    now += 50;
    struct key key = assert_key(PRESS_PASTE, 0);
    assert_int_equal(key.paste_length, 38);
    assert_nothing();
    feed("join.example.com\r"); /* typed fast: Enter is Enter */
    for (int i = 0; i < 16; i++)
        assert_key(PRESS_TEXT, 0);
    assert_key(PRESS_ENTER, 0);
}

static void burst(const char *bytes)
{
    keys_feed(reader, bytes, strlen(bytes), true, now);
}

static void assert_paste(const char *text)
{
    struct key key = assert_key(PRESS_PASTE, 0);
    assert_int_equal(key.paste_length, strlen(text));
    assert_memory_equal(key.paste, text, key.paste_length);
}

static void much_at_once_is_a_paste_of_any_length(void **state)
{
    (void)state;
    burst("a.example.com\tb.example.com");
    assert_nothing();
    assert_in_range(keys_wait_ms(reader, now), 1, 50);
    now += 20;
    feed("\rc.example.com\rd"); /* longer than a read: whatever comes at once belongs to it */
    now += 20;
    feed("e\r");
    now += 50;
    assert_paste("a.example.com\tb.example.com\nc.example.com\nde\n");
    assert_nothing();
    burst("a.b.c\rd.e.f"); /* short, but nobody types a line's end in between */
    now += 50;
    assert_paste("a.b.c\nd.e.f");
    burst("x\r");
    assert_text("x");
    assert_key(PRESS_ENTER, 0);
}

static void a_key_behind_a_paste_is_a_key(void **state)
{
    (void)state;
    burst("join.example.com\r"); /* one line whole, as a script types it */
    now += 50;
    assert_paste("join.example.com");
    assert_key(PRESS_ENTER, 0);
    burst("meet.example.com");
    feed("\033OQ");
    assert_paste("meet.example.com");
    assert_key(PRESS_FUNCTION, 2);
    burst("video.example.com");
    feed("\t");
    feed("x");
    assert_paste("video.example.com");
    assert_key(PRESS_TAB, 0);
    assert_text("x");
    assert_nothing();
}

static void ascii_alone_reads_utf8(void **state)
{
    (void)state;
    keys_free(reader);
    setlocale(LC_ALL, "C");
    reader = keys_new(true, 50);
    feed("M\xC3\xBC\xFC");
    assert_text("M");
    assert_text("\xC3\xBC");
    now += 60;
    assert_key(PRESS_BAD, 0xFC);
    setlocale(LC_ALL, "C.UTF-8");
}

static void a_wheel_has_a_place(void **state)
{
    (void)state;
    feed("\033[<64;10;5M\033[<0;1;1m");
    struct key key = assert_key(PRESS_MOUSE, 64);
    assert_int_equal(key.x, 9);
    assert_int_equal(key.y, 4);
    assert_nothing();
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
#define MARKED(test) cmocka_unit_test_setup_teardown(test, marked, gone)
    const struct CMUnitTest tests[] = {
        MARKED(arrows_have_two_forms_and_modifiers),
        MARKED(function_keys_of_all_terminals),
        MARKED(esc_and_a_digit_is_a_function_key_for_half_a_second),
        MARKED(esc_alone_is_esc_after_half_a_second),
        MARKED(esc_twice_is_esc_at_once),
        MARKED(esc_before_an_arrow_is_two_keys),
        MARKED(a_sequence_in_two_reads_is_one_key),
        MARKED(an_unknown_sequence_is_nothing),
        MARKED(both_erase_keys_erase),
        MARKED(a_bad_byte_is_said_and_the_rest_read),
        MARKED(a_marked_paste_is_one_key),
        MARKED(a_paste_over_a_megabyte_is_refused),
        cmocka_unit_test_setup_teardown(lines_at_once_are_a_paste_where_none_is_marked, unmarked,
                                        gone),
        cmocka_unit_test_setup_teardown(much_at_once_is_a_paste_of_any_length, unmarked, gone),
        cmocka_unit_test_setup_teardown(a_key_behind_a_paste_is_a_key, unmarked, gone),
        MARKED(ascii_alone_reads_utf8),
        MARKED(a_wheel_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
