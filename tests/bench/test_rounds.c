#include "bench/rounds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct series series_of(const double *values, int count)
{
    struct series series = {0};

    for (int i = 0; i < count; i++)
        series_add(&series, values[i]);
    return series;
}

static void the_median_is_the_middle_one(void **state)
{
    static const double values[] = {5, 1, 4, 100, 2};
    struct series series = series_of(values, 5);

    (void)state;
    assert_true(series_median(&series) == 4);
    assert_true(series.values[0] == 5); /* in the order in which they were taken */
}

/* A machine that halves its speed in some rounds changes both sides of each round alike. */
static void a_ratio_is_taken_round_by_round(void **state)
{
    static const double fast[] = {20, 10, 20, 10, 10}, slow[] = {10, 5, 10, 5, 5};
    struct series a = series_of(fast, 5), b = series_of(slow, 5);

    (void)state;
    assert_true(series_ratio(&a, &b) == 2);
}

struct calls {
    long count;
    volatile double sum;
};

static void work(void *context)
{
    struct calls *calls = context;

    calls->count++;
    for (int i = 0; i < 1000; i++)
        calls->sum += sqrt(i);
}

static void work_is_called_as_often_as_was_asked(void **state)
{
    struct calls calls = {0};

    (void)state;
    assert_true(seconds_of_one(work, &calls, 7) > 0);
    assert_int_equal(calls.count, 7);
}

static void a_round_is_filled_with_calls(void **state)
{
    struct calls calls = {0};
    int times = times_in(work, &calls, 0.01);
    double seconds = seconds_of_one(work, &calls, times) * times;

    (void)state;
    assert_true(times > 1);
    assert_true(seconds > 0.001 && seconds < 0.1); /* not exact, but of that order */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_the_middle_one),
        cmocka_unit_test(a_ratio_is_taken_round_by_round),
        cmocka_unit_test(work_is_called_as_often_as_was_asked),
        cmocka_unit_test(a_round_is_filled_with_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
