#include "core/base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_printable_utf8_is_printable),
        cmocka_unit_test(losses_of_any_size_are_shown_with_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
