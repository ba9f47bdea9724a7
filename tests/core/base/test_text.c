#include "core/base/text.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_printable_utf8_is_printable)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
