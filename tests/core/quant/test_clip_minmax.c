#include "core/quant/clip_minmax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct error err;

static const struct sample {
    float values[3];
    double clip;
} samples[] = {{{1, -2, 0}, 2},
               {{-3, -1, -2}, 3},
               {{0, 0.5f, 0.25f}, 0.5},
               {{0x1p-100f, 0, 0}, 0x1p-100}};

static void clip_is_the_largest_magnitude(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct distribution distribution = distribution_of_values(samples[i].values, 3);
        struct range range = range_empty();
        double clip;

        range_add(&range, samples[i].values, 3);
        assert_int_equal(clip_minmax(&distribution, &clip, &err), 0);
        assert_true(clip == samples[i].clip);
        assert_int_equal(clip_minmax_of_range(range, &clip, &err), 0);
        assert_true(clip == samples[i].clip);
        distribution_clear(&distribution);
    }
}

static void zeros_fail_with_a_sentence(void **state)
{
    struct distribution distribution = distribution_of_values((const float[]){0, 0}, 2);
    double clip = 5;

    (void)state;
    assert_int_equal(clip_minmax(&distribution, &clip, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "all values are zero: no step can be chosen for them");
    assert_int_equal(clip_minmax_of_range((struct range){0, 0}, &clip, &err), -1);
    assert_int_equal(clip_minmax_of_range(range_empty(), &clip, &err), -1);
    assert_true(clip == 5);
    distribution_clear(&distribution);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_is_the_largest_magnitude),
        cmocka_unit_test(zeros_fail_with_a_sentence),
    };

    return cmocka_run_group_tests_name("clip_minmax", tests, NULL, NULL);
}
