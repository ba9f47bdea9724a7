#include "core/base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text;
    bool is_printable;
} texts[] = {
    {"", true},          {"layer1.0/conv", true}, {"\xc3\xa9t\xc3\xa9", true},
    {"a\nb", false},     {"\x7f", false},         {"\xff", false},
    {"\xc3", false},     {"\xc3(", false},        {"\xe2\x82\xac", true},
    {"\xe2\x82", false}, {"\xc0\x80", false},     {"\xf0\x9f\x98\x80", true},
};

static void only_printable_utf8_is_printable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(text_is_printable(texts[i].text), texts[i].is_printable);
}

static const struct {
    double loss;
    const char *text;
} losses[] = {
    {0, "0.0000"},           {0.00149, "0.0015"},        {1.25, "1.2500"},
    {999999, "999999.0000"}, {22244838.6, "2.2245e+07"}, {2.2244838e-9, "2.2245e-09"},
    {INFINITY, "infinite"},  {-2.5, "-2.5000"},
};

static void losses_of_any_size_are_shown_with_digits(void **state)
{
    char text[TEXT_OF_LOSS_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        assert_string_equal(text_of_loss(losses[i].loss, text), losses[i].text);
}

static const struct {
    const char *from, *to;
    size_t distance;
} distances[] = {
    {"", "", 0},        {"", "abc", 3},   {"lapq", "lapq", 0}, {"lpaq", "lapq", 1},
    {"mmse", "mse", 1}, {"kld", "kl", 1}, {"aciq", "lapq", 3}, {"W4A4", "W8A8", 2},
};

static void distances_count_slips_either_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        assert_int_equal(text_distance(distances[i].from, distances[i].to),
                         distances[i].distance);
        assert_int_equal(text_distance(distances[i].to, distances[i].from),
                         distances[i].distance);
    }
}

static void long_texts_are_compared_as_far_as_there_is_room(void **state)
{
    char a[4 * TEXT_DISTANCE_MOST], b[4 * TEXT_DISTANCE_MOST];

    (void)state;
    memset(a, 'a', sizeof a - 1);
    a[sizeof a - 1] = '\0';
    memcpy(b, a, sizeof b);
    b[0] = 'b';
    b[TEXT_DISTANCE_MOST + 1] = 'b';
    assert_int_equal(text_distance(a, b), 1);
}

static void a_text_that_was_cut_ends_with_a_whole_character(void **state)
{
    char whole[32], text[8];

    (void)state;
    for (int bytes = 0; bytes <= 8; bytes++) {
        snprintf(whole, sizeof whole, "%.*s\xc3\xa9\xe2\x82\xac", bytes, "abcdefgh");
        memcpy(text, whole, sizeof text - 1);
        text[sizeof text - 1] = '\0';
        text_end_whole(text, sizeof text);
        assert_true(text_is_printable(text));
        assert_true(strlen(text) >= 4);
    }
    snprintf(text, sizeof text, "a\xc3\xa9");
    text_end_whole(text, sizeof text);
    assert_string_equal(text, "a\xc3\xa9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_printable_utf8_is_printable),
        cmocka_unit_test(losses_of_any_size_are_shown_with_digits),
        cmocka_unit_test(distances_count_slips_either_way),
        cmocka_unit_test(long_texts_are_compared_as_far_as_there_is_room),
        cmocka_unit_test(a_text_that_was_cut_ends_with_a_whole_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
