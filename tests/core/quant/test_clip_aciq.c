#include "core/quant/clip_aciq.h"

#include "core/quant/clip_lp.h"
#include "tests/support/golden.h"
#include "tests/support/golden_tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct error err;

static double clip_of(const struct distribution *distribution, enum grid grid, int bits,
                      enum aciq_density density)
{
    double clip;

    if (clip_aciq(distribution, grid, bits, density, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

static void laplace_takes_the_mean_magnitude(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){1, -3, 0, 4}, 4);

    (void)state;
    assert_true(clip_of(&distribution, GRID_MIDRISE, 4, ACIQ_LAPLACE) == 2 * 5.03);
    assert_true(clip_of(&distribution, GRID_NARROW, 2, ACIQ_LAPLACE) == 2 * 2.83);
    distribution_clear(&distribution);
}

static void one_sided_clips_look_at_values_above_zero_alone(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){1, 0, 0, 7}, 4);

    (void)state;
    assert_true(clip_of(&distribution, GRID_UNSIGNED, 4, ACIQ_LAPLACE) == 4 * 6.2);
    assert_true(clip_of(&distribution, GRID_UNSIGNED, 8, ACIQ_GAUSS) == 5 * 4.2);
    distribution_clear(&distribution);
}

static void weights_count_like_repeated_values(void **state)
{
    struct distribution repeated =
        distribution_of_values((const float[]){1, 1, 1, -2, 5, 5}, 6);
    double values[] = {1, -2, 5}, weights[] = {3, 1, 2};
    struct distribution weighted = {.count = 3, .values = values, .weights = weights};

    (void)state;
    for (enum aciq_density density = 0; density < ACIQ_COUNT; density++)
        for (enum grid grid = 0; grid < GRID_COUNT; grid++)
            assert_true(clip_of(&repeated, grid, 3, density) ==
                        clip_of(&weighted, grid, 3, density));
    distribution_clear(&repeated);
}

static const struct spreadless {
    float values[2];
    enum grid grid;
    enum aciq_density density;
} spreadless[] = {
    {{0, 0}, GRID_MIDRISE, ACIQ_LAPLACE},    {{0, 0}, GRID_UNSIGNED, ACIQ_LAPLACE},
    {{0, 0}, GRID_UNSIGNED, ACIQ_GAUSS},     {{3, 3}, GRID_MIDRISE, ACIQ_GAUSS},
    {{-1, -2}, GRID_UNSIGNED, ACIQ_LAPLACE},
};

static void values_without_spread_fail_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spreadless / sizeof spreadless[0]; i++) {
        const struct spreadless *sample = &spreadless[i];
        struct distribution distribution = distribution_of_values(sample->values, 2);
        double clip = 5;

        assert_int_equal(
            clip_aciq(&distribution, sample->grid, 4, sample->density, &clip, &err),
            -1);
        assert_int_equal(err.code, EXIT_INPUT);
        assert_string_equal(err.text,
                            "the values do not spread: no step can be chosen for them");
        assert_true(clip == 5);
        distribution_clear(&distribution);
    }
}

static double clip_within(const struct distribution *distribution, bool nonnegative,
                          enum grid grid, int bits, enum aciq_density density)
{
    double clip;

    if (clip_aciq_within(distribution, nonnegative, grid, bits, density,
                         distribution_magnitude(distribution), &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

static void a_clip_is_at_most_the_largest_magnitude(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){1, -3, 0, 4}, 4);

    (void)state;
    assert_true(clip_of(&distribution, GRID_NARROW, 8, ACIQ_LAPLACE) > 4);
    for (enum aciq_density density = 0; density <= ACIQ_AUTO; density++)
        assert_true(clip_within(&distribution, false, GRID_NARROW, 8, density) == 4);
    distribution_clear(&distribution);
}

static void values_that_cannot_be_negative_spread_on_one_side(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){1, 0, 0, 7, 100}, 5);

    (void)state;
    assert_true(clip_within(&distribution, true, GRID_UNSIGNED, 2, ACIQ_LAPLACE) ==
                fmin(100, 36 * 3.89));
    assert_true(fabs(clip_within(&distribution, true, GRID_MIDTREAD, 2, ACIQ_GAUSS) /
                         (1.71 * sqrt(10050 / 3.)) -
                     1) < 1e-12);
    distribution_clear(&distribution);
}

/* Sums of numbers that are spread evenly are nearly Gaussian; their cubes have long tails. */
static void the_density_that_loses_less_is_taken(void **state)
{
    enum { COUNT = 4000 };
    static float bell[COUNT], tails[COUNT];
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        bell[i] = 0;
        for (int k = 0; k < 12; k++) {
            random = random * 1664525u + 1013904223u;
            bell[i] += (float)(random >> 8) / (1 << 24) - 0.5f;
        }
        tails[i] = bell[i] * bell[i] * bell[i];
    }
    for (int bits = 2; bits <= 8; bits++) {
        struct distribution distributions[] = {distribution_of_values(bell, COUNT),
                                               distribution_of_values(tails, COUNT)};

        for (int i = 0; i < 2; i++) {
            double errors[ACIQ_COUNT + 1];

            for (enum aciq_density density = 0; density <= ACIQ_AUTO; density++)
                errors[density] = clip_lp_error(
                    &distributions[i], levels_of(GRID_MIDRISE, bits), 2,
                    clip_within(&distributions[i], false, GRID_MIDRISE, bits, density));
            assert_true(errors[ACIQ_LAPLACE] != errors[ACIQ_GAUSS] || bits > 6);
            assert_true(errors[ACIQ_AUTO] ==
                        fmin(errors[ACIQ_LAPLACE], errors[ACIQ_GAUSS]));
            distribution_clear(&distributions[i]);
        }
    }
}

/* Laplace needs no deviation from the mean. */
static void equal_values_have_a_clip_where_any_density_will_do(void **state)
{
    struct distribution distribution = distribution_of_values((const float[]){3, 3}, 2);
    double clip;

    (void)state;
    assert_int_equal(clip_aciq_within(&distribution, false, GRID_MIDRISE, 4, ACIQ_GAUSS,
                                      3, &clip, &err),
                     -1);
    assert_true(clip_within(&distribution, false, GRID_MIDRISE, 4, ACIQ_AUTO) == 3);
    distribution_clear(&distribution);
}

static const struct {
    const char *key;
    enum aciq_density density;
} keys[] = {{"aciq_laplace", ACIQ_LAPLACE}, {"aciq_gauss", ACIQ_GAUSS}};

static void compare_case(json_t *item, const struct distribution *distribution,
                         enum grid grid, void *context)
{
    int bits = (int)json_integer_value(golden_at(item, "bits"));

    (void)context;
    for (int i = 0; i < 2; i++) {
        double clip = clip_of(distribution, grid, bits, keys[i].density);
        double expected = json_number_value(golden_at(item, keys[i].key));

        if (fabs(clip / expected - 1) > 2e-6)
            fail_msg("%s, %s, %d bits: %.9g, the reference has %.9g",
                     json_string_value(golden_at(item, "tensor")), keys[i].key, bits,
                     clip, expected);
    }
}

static void clips_equal_the_reference(void **state)
{
    (void)state;
    golden_tensor_compare("c_aciq", false, 20, compare_case, NULL);
}

static void clips_of_network_weights_equal_the_reference(void **state)
{
    (void)state;
    golden_tensor_compare("c_aciq", true, 8, compare_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laplace_takes_the_mean_magnitude),
        cmocka_unit_test(one_sided_clips_look_at_values_above_zero_alone),
        cmocka_unit_test(weights_count_like_repeated_values),
        cmocka_unit_test(values_without_spread_fail_with_a_sentence),
        cmocka_unit_test(a_clip_is_at_most_the_largest_magnitude),
        cmocka_unit_test(values_that_cannot_be_negative_spread_on_one_side),
        cmocka_unit_test(the_density_that_loses_less_is_taken),
        cmocka_unit_test(equal_values_have_a_clip_where_any_density_will_do),
        cmocka_unit_test(clips_equal_the_reference),
        cmocka_unit_test(clips_of_network_weights_equal_the_reference),
    };

    return cmocka_run_group_tests_name("clip_aciq", tests, NULL, NULL);
}
