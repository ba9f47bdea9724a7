#include "core/quant/clip_percentile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct error err;

static double clip_of(const float *values, size_t count, double percentile)
{
    struct distribution distribution = distribution_of_values(values, count);
    double clip;

    if (clip_percentile(&distribution, percentile, &clip, &err) < 0)
        fail_msg("%s", err.text);
    distribution_clear(&distribution);
    return clip;
}

static void so_many_per_cent_of_the_magnitudes_stay_within(void **state)
{
    static const float values[] = {3, -1, -10, 8, 0, 5, -4, 7, -6, 9};
    static const struct {
        double percentile, clip;
    } cases[] = {{100, 10}, {91, 10}, {90, 9}, {81, 9}, {80, 8}, {20, 1}, {11, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(clip_of(values, 10, cases[i].percentile) == cases[i].clip);
}

static void weights_count_like_repeated_values(void **state)
{
    double values[] = {-2, 1, 5}, weights[] = {1, 97, 2}, clip;
    struct distribution distribution = {
        .count = 3, .values = values, .weights = weights};

    (void)state;
    assert_int_equal(clip_percentile(&distribution, 97, &clip, &err), 0);
    assert_true(clip == 1);
    assert_int_equal(clip_percentile(&distribution, 98, &clip, &err), 0);
    assert_true(clip == 2);
    assert_int_equal(clip_percentile(&distribution, 98.5, &clip, &err), 0);
    assert_true(clip == 5);
}

static void a_clip_of_zero_fails_with_a_sentence(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){0, 0, 0, 7}, 4);
    double clip = 5;

    (void)state;
    assert_int_equal(clip_percentile(&distribution, 75, &clip, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text, "75 % of the values are zero: raise `percentile`, or "
                                  "no step can be chosen for them");
    assert_true(clip == 5);
    assert_int_equal(clip_percentile(&distribution, 76, &clip, &err), 0);
    assert_true(clip == 7);
    distribution_clear(&distribution);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_per_cent_of_the_magnitudes_stay_within),
        cmocka_unit_test(weights_count_like_repeated_values),
        cmocka_unit_test(a_clip_of_zero_fails_with_a_sentence),
    };

    return cmocka_run_group_tests_name("clip_percentile", tests, NULL, NULL);
}
