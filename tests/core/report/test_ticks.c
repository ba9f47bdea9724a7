#include "core/report/ticks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The ticks of a range as people read them. */
static const struct axis_case {
    double low, high;
    bool is_log;
    int about;
    const char *ticks;
} cases[] = {
    {0, 1, false, 5, "0.0 0.2 0.4 0.6 0.8 1.0"},
    {0, 100, false, 5, "0 20 40 60 80 100"},
    {40, 93, false, 5, "40 60 80"},
    {-0.3, 0.3, false, 6, "-0.3 -0.2 -0.1 0.0 0.1 0.2 0.3"},
    {0, 2e6, false, 4, "0 500000 1e6 1.5e6 2e6"},
    {0, 3e-7, false, 3, "0 1e-7 2e-7 3e-7"},
    {1, 1000, true, 4, "1 3 10 30 100 300 1000"},
    {0.9, 110, true, 6, "1 2 5 10 20 50 100"},
    {1, 1e12, true, 4, "1 1000 1e6 1e9 1e12"},
    {2, 2.5, true, 5, "2.0 2.1 2.2 2.3 2.4 2.5"},
};

static void join(const struct ticks *ticks, char text[512])
{
    char one[TICK_TEXT_BYTES];

    text[0] = '\0';
    for (int i = 0; i < ticks->count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, ticks_text(ticks, ticks->at[i], one));
    }
}

static void ticks_are_round_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct axis_case *one = &cases[i];
        struct ticks ticks = ticks_of(one->low, one->high, one->is_log, one->about);
        char text[512];

        join(&ticks, text);
        assert_string_equal(text, one->ticks);
    }
}

/* Over ranges of all sizes: no tick outside, at least two inside, none twice. */
static void every_range_has_ticks_inside(void **state)
{
    (void)state;
    for (double low = 1e-30; low < 1e30; low *= 3.7)
        for (double factor = 1.02; factor < 1e9; factor *= 3.1)
            for (int is_log = 0; is_log < 2; is_log++) {
                double high = low * factor, slack = (high - low) * 1e-6;
                struct ticks ticks = ticks_of(low, high, is_log, 5);

                assert_in_range(ticks.count, 2, TICKS_MOST - 1);
                for (int i = 0; i < ticks.count; i++) {
                    assert_true(ticks.at[i] >= low - slack);
                    assert_true(ticks.at[i] <= high + slack);
                    assert_true(i == 0 || ticks.at[i] > ticks.at[i - 1]);
                }
            }
}

static void ends_move_outwards_to_ticks(void **state)
{
    double low = 0.13, high = 0.87;

    (void)state;
    ticks_round_range(&low, &high, false);
    assert_true(fabs(low) < 1e-12 && fabs(high - 1) < 1e-12);
    low = high = 5;
    ticks_round_range(&low, &high, false);
    assert_true(low < 5 && high > 5);
    low = 3;
    high = 300;
    ticks_round_range(&low, &high, true);
    assert_true(low > 0 && low < 3 && high > 300);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_numbers),
        cmocka_unit_test(every_range_has_ticks_inside),
        cmocka_unit_test(ends_move_outwards_to_ticks),
    };

    return cmocka_run_group_tests_name("ticks", tests, NULL, NULL);
}
