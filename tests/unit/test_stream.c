/* Long texts, piece by piece; and texts of JSON as they stand in one. */
#include "base/json.h"
#include "base/stream.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct taker {
    struct str text;
    size_t pieces, longest;
    bool full; /* nothing more goes in */
};

static bool take(void *context, const char *text, size_t length, struct error *err)
{
    struct taker *taker = context;
    taker->pieces++;
    if (taker->full)
        return error_set(err, STATUS_SYSTEM, "x", NULL, "the disk is full");
    if (length > taker->longest)
        taker->longest = length;
    str_add_bytes(&taker->text, text, length);
    return true;
}

enum { LINES = 20000 };

static void add_lines(struct stream *stream)
{
    for (int i = 0; i < LINES; i++) {
        str_addf(&stream->text, "line %d\n", i);
        stream_pass(stream);
    }
}

static void comes_whole_and_in_order(void **state)
{
    (void)state;
    struct taker taker = {0};
    struct stream stream = {.take = take, .context = &taker};
    struct str wanted = {0};
    for (int i = 0; i < LINES; i++)
        str_addf(&wanted, "line %d\n", i);
    add_lines(&stream);
    assert_true(stream_end(&stream, NULL));
    assert_string_equal(str_text(&taker.text), str_text(&wanted));
    assert_true(taker.pieces > 2 && taker.longest < wanted.length / 2);
    str_free(&wanted);
    str_free(&taker.text);
}

static void an_empty_one_is_no_piece(void **state)
{
    (void)state;
    struct taker taker = {0};
    struct stream stream = {.take = take, .context = &taker};
    assert_true(stream_end(&stream, NULL));
    assert_int_equal(taker.pieces, 0);
}

static void ends_with_why_it_was_not_taken(void **state)
{
    (void)state;
    struct taker taker = {.full = true};
    struct stream stream = {.take = take, .context = &taker};
    struct error err = {0};
    add_lines(&stream);
    assert_int_equal(taker.pieces, 1);
    taker.full = false;
    assert_false(stream_end(&stream, &err));
    assert_string_equal(err.message, "the disk is full");
    assert_int_equal(taker.pieces, 1);
}

/* A text by itself is what it is within a value. */
static void a_text_is_written_as_in_a_value(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "pki list", "a \"b\" \\ /",
                                        "\t\n\x01", "\x7F",     "\xC3\xA9 \xF0\x9F\x98\x80",
                                        "\xFF\xFE"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str text = {0}, value = {0};
        json_t *string = json_text(texts[i]);
        str_add(&text, "x");
        json_add_text(&text, texts[i]);
        str_add(&text, "\n");
        json_write(string, &value);
        assert_string_equal(str_text(&text) + 1, str_text(&value));
        json_decref(string);
        str_free(&text);
        str_free(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_whole_and_in_order),
        cmocka_unit_test(an_empty_one_is_no_piece),
        cmocka_unit_test(ends_with_why_it_was_not_taken),
        cmocka_unit_test(a_text_is_written_as_in_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
