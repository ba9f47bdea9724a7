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

static const double exponents[] = {1, 2, 2.4, 3, 4};
enum { EXPONENT_COUNT = sizeof exponents / sizeof exponents[0] };

static const int bit_counts[] = {2, 3, 4, 8};
enum { BIT_COUNTS = sizeof bit_counts / sizeof bit_counts[0] };

static double clip_of(const struct distribution *distribution, enum grid grid, int bits,
                      double p)
{
    double clip;

    if (clip_lp(distribution, levels_of(grid, bits), p, &clip, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(clip > 0 && isfinite(clip));
    return clip;
}

/* ---- samples ---- */

enum { SAMPLE = 30000 };
static float sample[SAMPLE];

static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*seed >> 11) + 0.5) * 0x1p-53;
}

static double gauss(uint64_t *seed)
{
    double radius = sqrt(-2 * log(uniform(seed)));

    return radius * cos(6.283185307179586 * uniform(seed));
}

static double laplace(uint64_t *seed)
{
    double magnitude = -log(uniform(seed));

    return uniform(seed) < 0.5 ? magnitude : -magnitude;
}

static double rectified_gauss(uint64_t *seed)
{
    return fmax(gauss(seed), 0);
}

static double rectified_heavy_tail(uint64_t *seed)
{
    return pow(rectified_gauss(seed), 3);
}

static const struct kind {
    const char *name;
    double (*draw)(uint64_t *seed);
    enum grid grid;
} kinds[] = {
    {"gauss", gauss, GRID_MIDRISE},
    {"laplace", laplace, GRID_NARROW},
    {"laplace", laplace, GRID_MIDTREAD},
    {"rectified gauss", rectified_gauss, GRID_UNSIGNED},
    {"rectified heavy tail", rectified_heavy_tail, GRID_UNSIGNED},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static void draw(const struct kind *kind, size_t count)
{
    uint64_t seed = 12345;

    for (size_t i = 0; i < count; i++)
        sample[i] = (float)kind->draw(&seed);
}

/* ---- facts ---- */

static void error_of_a_few_values(void **state)
{
    double values[] = {0.25, -3, 1}, weights[] = {2, 1, 1};
    struct distribution distribution = {
        .count = 3, .values = values, .weights = weights};

    (void)state;
    /* 2 bits: levels -1.5, -0.5, 0.5, 1.5; then 0, 0.5, 1, 1.5 */
    assert_true(clip_lp_error(&distribution, levels_of(GRID_MIDRISE, 2), 1, 1.5) ==
                2.5 / 4);
    assert_true(clip_lp_error(&distribution, levels_of(GRID_MIDRISE, 2), 2, 1.5) ==
                2.625 / 4);
    assert_true(clip_lp_error(&distribution, levels_of(GRID_UNSIGNED, 2), 2, 1.5) ==
                9.125 / 4);
}

static void zeros_fail_with_a_sentence(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){0, -0.f, 0}, 3);
    double clip = 5;

    (void)state;
    assert_int_equal(clip_lp(&distribution, levels_of(GRID_MIDRISE, 4), 2, &clip, &err),
                     -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "all values are zero: no step can be chosen for them");
    assert_true(clip == 5);
    distribution_clear(&distribution);
}

static void one_value_is_met(void **state)
{
    static const float values[] = {3.7f, -3.7f, 1e-30f, -1e30f};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct distribution distribution = distribution_of_values(&values[i], 1);

        for (enum grid grid = 0; grid < GRID_UNSIGNED; grid++)
            for (int bits = BITS_LEAST; bits <= BITS_MOST; bits++) {
                double clip = clip_of(&distribution, grid, bits, 2);
                double error =
                    clip_lp_error(&distribution, levels_of(grid, bits), 1, clip);

                assert_true(error <= 1e-5 * fabs((double)values[i]));
            }
        distribution_clear(&distribution);
    }
}

static void values_on_the_levels_lose_nothing(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){-3, -1, 1, 3, 3}, 5);

    (void)state;
    for (int i = 0; i < EXPONENT_COUNT; i++)
        assert_true(fabs(clip_of(&distribution, GRID_MIDRISE, 2, exponents[i]) - 3) <
                    1e-4);
    distribution_clear(&distribution);
}

static void values_below_zero_have_a_clip_on_every_grid(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){-1, -2, -4, -0.5f}, 4);

    (void)state;
    for (enum grid grid = 0; grid < GRID_COUNT; grid++) {
        double clip = clip_of(&distribution, grid, 4, 2);

        assert_true(clip <= 1.2 * 4);
        if (grid != GRID_UNSIGNED && grid != GRID_ASYMMETRIC)
            assert_true(clip_lp_error(&distribution, levels_of(grid, 4), 2, clip) <
                        0.05);
    }
    distribution_clear(&distribution);
}

static void clips_scale_with_the_values(void **state)
{
    static const float scales[] = {0x1p-100f, 0x1p-3f, 0x1p90f};
    enum { COUNT = 2000 };

    (void)state;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        struct distribution distribution;
        double clip;

        draw(&kinds[kind], COUNT);
        distribution = distribution_of_values(sample, COUNT);
        clip = clip_of(&distribution, kinds[kind].grid, 4, 2.4);
        distribution_clear(&distribution);
        for (int i = 0; i < 3; i++) {
            draw(&kinds[kind], COUNT);
            for (int k = 0; k < COUNT; k++)
                sample[k] *= scales[i];
            distribution = distribution_of_values(sample, COUNT);
            assert_true(clip_of(&distribution, kinds[kind].grid, 4, 2.4) ==
                        clip * (double)scales[i]);
            distribution_clear(&distribution);
        }
    }
}

static double least_error_of_many_clips(const struct distribution *distribution,
                                        enum grid grid, int bits, double p)
{
    double largest = distribution_magnitude(distribution), least = INFINITY;

    for (double clip = 1.15 * largest; clip > 0.01 * largest; clip *= 0.997)
        least =
            fmin(least, clip_lp_error(distribution, levels_of(grid, bits), p, clip));
    return least;
}

static void no_clip_of_a_dense_scan_is_better(void **state)
{
    enum { COUNT = 500 };

    (void)state;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        struct distribution distribution;

        draw(&kinds[kind], COUNT);
        distribution = distribution_of_values(sample, COUNT);
        for (int b = 0; b < BIT_COUNTS; b++)
            for (int i = 0; i < EXPONENT_COUNT; i++) {
                enum grid grid = kinds[kind].grid;
                int bits = bit_counts[b];
                double p = exponents[i];
                double error = clip_lp_error(&distribution, levels_of(grid, bits), p,
                                             clip_of(&distribution, grid, bits, p));

                if (error >
                    1.0001 * least_error_of_many_clips(&distribution, grid, bits, p))
                    fail_msg("%s, %d bits, p %g", kinds[kind].name, bits, p);
            }
        distribution_clear(&distribution);
    }
}

static struct distribution through_histogram(size_t count)
{
    static struct histogram histogram;
    struct range range = range_empty();

    range_add(&range, sample, count);
    histogram_init(&histogram, range, HISTOGRAM_BINS);
    histogram_add(&histogram, sample, count);
    return distribution_of_histogram(&histogram);
}

static void clips_of_histograms_lose_little_more(void **state)
{
    (void)state;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        struct distribution exact, binned;

        draw(&kinds[kind], SAMPLE);
        exact = distribution_of_values(sample, SAMPLE);
        binned = through_histogram(SAMPLE);
        for (int b = 0; b < BIT_COUNTS; b++)
            for (int i = 0; i < EXPONENT_COUNT; i += 2) {
                enum grid grid = kinds[kind].grid;
                int bits = bit_counts[b];
                double p = exponents[i];
                double best = clip_lp_error(&exact, levels_of(grid, bits), p,
                                            clip_of(&exact, grid, bits, p));
                double ours = clip_lp_error(&exact, levels_of(grid, bits), p,
                                            clip_of(&binned, grid, bits, p));

                if (ours > best * (bits == 8 ? 1.01 : 1.001))
                    fail_msg("%s, %d bits, p %g: %g more", kinds[kind].name, bits, p,
                             ours / best - 1);
            }
        distribution_clear(&exact);
        distribution_clear(&binned);
    }
}

/* ---- the reference ---- */

struct comparison {
    int other_clips;
    double worst; /* error / the reference's - 1 */
};

static void compare_case(json_t *golden, const struct distribution *distribution,
                         enum grid grid, void *context)
{
    struct comparison *comparison = context;
    int bits = (int)json_integer_value(golden_at(golden, "bits"));
    double p = json_number_value(golden_at(golden, "p"));
    double expected_clip = json_number_value(golden_at(golden, "alpha"));
    double expected_error = json_number_value(golden_at(golden, "err"));
    double clip = clip_of(distribution, grid, bits, p);
    double excess =
        clip_lp_error(distribution, levels_of(grid, bits), p, clip) / expected_error -
        1;

    assert_true(
        fabs(clip_lp_error(distribution, levels_of(grid, bits), p, expected_clip) /
                 expected_error -
             1) < 1e-10);
    if (excess > 1e-4)
        fail_msg("%s, %d bits, p %g: clip %g, the reference's %g loses less by %g",
                 json_string_value(golden_at(golden, "tensor")), bits, p, clip,
                 expected_clip, excess);
    comparison->other_clips += fabs(clip / expected_clip - 1) > 1e-3;
    comparison->worst = fmax(comparison->worst, excess);
}

static void compare_all(bool of_network, int count)
{
    struct comparison comparison = {0};

    golden_tensor_compare("b_lp_optimum.cases", of_network, count, compare_case,
                          &comparison);
    print_message(
        "%d cases: error at most %.1e above the global minimum, %d at another kink\n",
        count, comparison.worst, comparison.other_clips);
    assert_true(comparison.other_clips <= 3);
}

static void finds_the_global_minimum_of_the_reference(void **state)
{
    (void)state;
    compare_all(false, 100);
}

static void finds_the_global_minimum_for_weights_of_a_network(void **state)
{
    (void)state;
    compare_all(true, 40);
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
        alone = clip_of(&distribution, GRID_MIDTREAD, bits, 2);
        distribution.count = POINTS + 1;
        with_far = clip_of(&distribution, GRID_MIDTREAD, bits, 2);
        assert_true(fabs(with_far - alone) < 0.01 * alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_of_a_few_values),
        cmocka_unit_test(zeros_fail_with_a_sentence),
        cmocka_unit_test(one_value_is_met),
        cmocka_unit_test(one_far_value_among_very_many_is_clipped),
        cmocka_unit_test(values_on_the_levels_lose_nothing),
        cmocka_unit_test(values_below_zero_have_a_clip_on_every_grid),
        cmocka_unit_test(clips_scale_with_the_values),
        cmocka_unit_test(no_clip_of_a_dense_scan_is_better),
        cmocka_unit_test(clips_of_histograms_lose_little_more),
        cmocka_unit_test(finds_the_global_minimum_of_the_reference),
        cmocka_unit_test(finds_the_global_minimum_for_weights_of_a_network),
    };

    return cmocka_run_group_tests_name("clip_lp", tests, NULL, NULL);
}
