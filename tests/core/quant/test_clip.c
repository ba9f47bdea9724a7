#include "core/quant/clip.h"

#include "core/base/memory.h"
#include "core/quant/clip_kld.h"
#include "core/quant/clip_lp.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 3000 };

static float values[COUNT];
static struct error err;

/* What a rule sees of the values. */
static struct clip_view view_of(const struct clip_rule *rule, enum grid grid, int bits,
                                bool nonnegative)
{
    struct clip_sight sight = clip_sight(rule, nonnegative);
    struct clip_view view = {.grid = grid, .bits = bits, .nonnegative = nonnegative};

    view.range = range_empty();
    range_add(&view.range, values, COUNT);
    if (sight.distribution)
        view.distribution = distribution_of_values(values, COUNT);
    if (sight.bins == 0)
        return view;
    view.histogram = memory_get(sizeof *view.histogram);
    histogram_init(view.histogram, clip_histogram_range(&sight, view.range),
                   sight.bins);
    histogram_add(view.histogram, values, COUNT);
    if (!sight.skips_zeros)
        histogram_put_zeros_in_their_bin(view.histogram);
    return view;
}

static double clip_of(struct clip_rule rule, enum grid grid, int bits, bool nonnegative)
{
    struct clip_view view = view_of(&rule, grid, bits, nonnegative);
    double clip;

    if (clip_find(&rule, &view, &clip, &err) < 0)
        fail_msg("%s", err.text);
    clip_view_clear(&view);
    return clip;
}

static void make_values(bool nonnegative)
{
    for (int i = 0; i < COUNT; i++) {
        values[i] = sinf((float)i) * expf(2 * cosf((float)i * 0.7f));
        if (nonnegative && values[i] < 0)
            values[i] = 0;
    }
}

static const struct clip_rule rules[] = {
    {.kind = CLIP_MINMAX},
    {.kind = CLIP_LP, .number = 2},
    {.kind = CLIP_PERCENTILE, .number = 99},
    {.kind = CLIP_COSINE},
    {.kind = CLIP_ACIQ, .density = ACIQ_AUTO},
    {.kind = CLIP_KLD},
    {.kind = CLIP_KLD_SYMMETRIC},
    {.kind = CLIP_OCS_MSE},
    {.kind = CLIP_OCS_ACIQ},
    {.kind = CLIP_OCS_KL},
};

static void every_rule_finds_a_clip_in_what_it_sees(void **state)
{
    (void)state;
    assert_int_equal(sizeof rules / sizeof *rules, CLIP_KIND_COUNT);
    for (int nonnegative = 0; nonnegative < 2; nonnegative++) {
        enum grid grid = nonnegative ? GRID_UNSIGNED : GRID_MIDRISE;
        double most;

        make_values(nonnegative);
        most = clip_of(rules[0], grid, 4, nonnegative);
        for (int i = 0; i < CLIP_KIND_COUNT; i++) {
            assert_int_equal(rules[i].kind, i);
            for (int bits = 2; bits <= 4; bits++) {
                double clip = clip_of(rules[i], grid, bits, nonnegative);

                assert_true(clip > 0.02 * most && clip < 1.2 * most);
            }
        }
    }
}

static void kld_looks_at_one_side_of_what_cannot_be_negative(void **state)
{
    struct clip_rule kld = {.kind = CLIP_KLD}, symmetric = {.kind = CLIP_KLD_SYMMETRIC};

    (void)state;
    make_values(true);
    assert_int_equal(clip_sight(&kld, true).bins, CLIP_KLD_MAGNITUDE_BINS);
    assert_int_equal(clip_sight(&kld, false).bins, CLIP_KLD_BINS);
    assert_int_equal(clip_sight(&symmetric, true).bins, CLIP_KLD_BINS);
    assert_true(clip_of(kld, GRID_UNSIGNED, 4, true) !=
                clip_of(symmetric, GRID_UNSIGNED, 4, true));
    assert_true(clip_of(kld, GRID_UNSIGNED, 4, false) ==
                clip_of(symmetric, GRID_UNSIGNED, 4, false));
}

/* On a signed grid half of the levels are of no use to what cannot be negative. */
static void levels_on_one_side_are_those_of_the_grid(void **state)
{
    struct clip_rule kld = {.kind = CLIP_KLD};

    (void)state;
    make_values(true);
    assert_true(clip_of(kld, GRID_MIDTREAD, 5, true) ==
                clip_of(kld, GRID_UNSIGNED, 4, true));
}

static void histograms_range_where_the_rule_wants_them(void **state)
{
    const struct range range = {-1, 3}, below = {-5, -2};
    struct clip_sight plain = {.bins = 9};
    struct clip_sight symmetric = {.bins = 9, .symmetric = true};
    struct clip_sight magnitudes = {.bins = 9, .skips_zeros = true};

    (void)state;
    assert_true(clip_histogram_range(&plain, range).low == -1);
    assert_true(clip_histogram_range(&plain, range).high == 3);
    assert_true(clip_histogram_range(&symmetric, range).low == -3);
    assert_true(clip_histogram_range(&symmetric, range).high == 3);
    assert_true(clip_histogram_range(&symmetric, below).high == 5);
    assert_true(clip_histogram_range(&magnitudes, range).low == 0);
    assert_true(clip_histogram_range(&magnitudes, range).high == 3);
}

static void zeros_fail_under_every_rule(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        values[i] = 0;
    for (int i = 0; i < CLIP_KIND_COUNT; i++) {
        struct clip_view view = view_of(&rules[i], GRID_MIDRISE, 4, false);
        double clip = 5;

        assert_int_equal(clip_find(&rules[i], &view, &clip, &err), -1);
        assert_int_equal(err.code, EXIT_INPUT);
        assert_true(clip == 5);
        clip_view_clear(&view);
    }
}

/* Of a rule; the clip is that of the longer side. */
static int zero_of(struct clip_rule rule, int bits, double *clip)
{
    struct clip_view view = view_of(&rule, GRID_ASYMMETRIC, bits, false);
    int zero;

    if (clip_find(&rule, &view, clip, &err) < 0)
        fail_msg("%s", err.text);
    zero = view.zero;
    clip_view_clear(&view);
    return zero;
}

/* From `low` to `high`, evenly. */
static void spread_values(float low, float high)
{
    for (int i = 0; i < COUNT; i++)
        values[i] = low + (high - low) * (float)i / (COUNT - 1);
}

static void zero_lies_between_the_ends_under_every_rule(void **state)
{
    (void)state;
    for (int i = 0; i < CLIP_OCS_MSE; i++)
        for (int bits = 4; bits <= 8; bits += 4) {
            int most = (1 << bits) - 1;
            double clip;

            spread_values(-1, 4);
            assert_in_range(zero_of(rules[i], bits, &clip), most / 5 - most / 25,
                            most / 2);
            spread_values(-4, 1);
            assert_in_range(zero_of(rules[i], bits, &clip), most / 2,
                            most - most / 5 + most / 25);
            spread_values(1, 4);
            assert_int_equal(zero_of(rules[i], bits, &clip), 0);
        }
}

static void minmax_keeps_both_ends(void **state)
{
    double clip;

    (void)state;
    spread_values(-1, 4);
    assert_int_equal(zero_of(rules[CLIP_MINMAX], 8, &clip), 51);
    assert_true(clip == 4);
    spread_values(-3, 1);
    assert_int_equal(zero_of(rules[CLIP_MINMAX], 4, &clip), 11);
    assert_true(clip == 3);
}

/* The ratio of the ends would leave next to nothing below zero. */
static void a_far_outlier_does_not_decide_the_zero(void **state)
{
    double clip;

    (void)state;
    spread_values(-1, 1);
    values[7] = 10;
    assert_in_range(zero_of(rules[CLIP_PERCENTILE], 8, &clip), 127, 128);
}

/* What cannot be better than a symmetric grid is one. */
static void no_zero_costs_more_than_the_middle(void **state)
{
    (void)state;
    for (int bits = 2; bits <= 8; bits++)
        for (int skew = 0; skew < 6; skew++) {
            struct distribution distribution;
            double symmetric, clip;
            int zero;

            make_values(false);
            for (int i = 0; i < COUNT; i++)
                values[i] *= values[i] < 0 ? 1 / (1 + (float)skew) : 1;
            symmetric = clip_of(rules[CLIP_LP], GRID_MIDTREAD, bits, false);
            zero = zero_of(rules[CLIP_LP], bits, &clip);
            distribution = distribution_of_values(values, COUNT);
            assert_true(clip_lp_error(&distribution,
                                      levels_about(GRID_ASYMMETRIC, bits, zero), 2,
                                      clip) <=
                        clip_lp_error(&distribution, levels_of(GRID_MIDTREAD, bits), 2,
                                      symmetric) *
                            1.001);
            distribution_clear(&distribution);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_finds_a_clip_in_what_it_sees),
        cmocka_unit_test(kld_looks_at_one_side_of_what_cannot_be_negative),
        cmocka_unit_test(levels_on_one_side_are_those_of_the_grid),
        cmocka_unit_test(histograms_range_where_the_rule_wants_them),
        cmocka_unit_test(zeros_fail_under_every_rule),
        cmocka_unit_test(zero_lies_between_the_ends_under_every_rule),
        cmocka_unit_test(minmax_keeps_both_ends),
        cmocka_unit_test(a_far_outlier_does_not_decide_the_zero),
        cmocka_unit_test(no_zero_costs_more_than_the_middle),
    };

    return cmocka_run_group_tests_name("clip", tests, NULL, NULL);
}
