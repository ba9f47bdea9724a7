#include "core/quant/clip_cosine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct error err;

static double clip_of(const struct distribution *distribution, enum grid grid, int bits)
{
    double clip;

    if (clip_cosine(distribution, levels_of(grid, bits), &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

/* Values that lie on the levels of a grid: its clip has a cosine of 1, and so have all clips that
 * give them the same codes. */
static void the_grid_that_values_lie_on_is_found(void **state)
{
    (void)state;
    for (enum grid grid = 0; grid < GRID_COUNT; grid++)
        for (int bits = 2; bits <= 4; bits++) {
            struct quantizer quantizer = {grid, bits, 0.37f, 0};
            float values[16];
            struct distribution distribution;
            double clip;
            int count = 0;

            for (int code = quantizer_lowest(&quantizer);
                 code <= quantizer_highest(&quantizer); code++)
                values[count++] = quantizer_value(&quantizer, code);
            distribution = distribution_of_values(values, (size_t)count);
            clip = clip_of(&distribution, grid, bits);
            assert_true(clip_cosine_of(&distribution, levels_of(grid, bits), clip) >
                        1 - 1e-6);
            quantizer.step = grid_step_of_clip(grid, bits, clip);
            for (int i = 0; i < count; i++)
                assert_int_equal(quantizer_code(&quantizer, values[i]),
                                 quantizer_lowest(&quantizer) + i);
            distribution_clear(&distribution);
        }
}

/* Nothing between the clips that were tried is much better. */
static void no_other_clip_is_better(void **state)
{
    enum { COUNT = 1000, TRIED = 5000 };
    static float values[COUNT];
    struct distribution distribution;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        values[i] = sinf((float)i) * expf(3 * cosf((float)i * 0.7f)); /* heavy tails */
    distribution = distribution_of_values(values, COUNT);
    for (int bits = 2; bits <= 8; bits++) {
        double largest = distribution_magnitude(&distribution);
        double found = clip_of(&distribution, GRID_MIDTREAD, bits);
        double least =
            1 - clip_cosine_of(&distribution, levels_of(GRID_MIDTREAD, bits), found);

        assert_true(found < largest * 1.15);
        for (int i = 1; i <= TRIED; i++)
            assert_true(1 - clip_cosine_of(&distribution,
                                           levels_of(GRID_MIDTREAD, bits),
                                           largest * 1.15 * i / TRIED) >
                        least * 0.98);
    }
    distribution_clear(&distribution);
}

static void the_length_of_values_does_not_matter(void **state)
{
    static const float values[] = {0.1f, -0.4f, 0.35f, 0.02f, 1.1f, -0.9f};
    float longer[6];
    struct distribution one, other;

    (void)state;
    for (int i = 0; i < 6; i++)
        longer[i] = 1024 * values[i];
    one = distribution_of_values(values, 6);
    other = distribution_of_values(longer, 6);
    assert_true(clip_of(&other, GRID_NARROW, 4) ==
                1024 * clip_of(&one, GRID_NARROW, 4));
    distribution_clear(&one);
    distribution_clear(&other);
}

static void zeros_fail_with_a_sentence(void **state)
{
    struct distribution distribution = distribution_of_values((const float[]){0, 0}, 2);
    double clip = 5;

    (void)state;
    assert_int_equal(
        clip_cosine(&distribution, levels_of(GRID_UNSIGNED, 4), &clip, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "all values are zero: no step can be chosen for them");
    assert_true(clip == 5);
    distribution_clear(&distribution);
}

/* A body of so many values that one farther away than any search goes from it costs nothing. */
static void one_far_value_among_very_many_is_clipped(void **state)
{
    enum { POINTS = 2001 };
    static double values[POINTS + 1], weights[POINTS + 1];
    struct distribution distribution = {
        .count = POINTS, .values = values, .weights = weights};

    (void)state;
    for (int i = 0; i < POINTS; i++) {
        values[i] = 0.005 * (i - POINTS / 2);
        weights[i] = floor(1e13 * exp(-values[i] * values[i] / 2));
    }
    values[POINTS] = -1e5;
    weights[POINTS] = 1;
    for (int bits = 2; bits <= 8; bits += 3) {
        double alone, with_far;

        distribution.count = POINTS;
        alone = clip_of(&distribution, GRID_MIDTREAD, bits);
        distribution.count = POINTS + 1;
        with_far = clip_of(&distribution, GRID_MIDTREAD, bits);
        assert_true(fabs(with_far - alone) < 0.01 * alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_grid_that_values_lie_on_is_found),
        cmocka_unit_test(no_other_clip_is_better),
        cmocka_unit_test(the_length_of_values_does_not_matter),
        cmocka_unit_test(zeros_fail_with_a_sentence),
        cmocka_unit_test(one_far_value_among_very_many_is_clipped),
    };

    return cmocka_run_group_tests_name("clip_cosine", tests, NULL, NULL);
}
