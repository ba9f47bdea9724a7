#include "core/quant/step_ratios.h"

#include "core/quant/clip_lp.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CHANNELS = 5, COUNT = 60 };

static const struct step_layout channels = {CHANNELS, COUNT, COUNT};

/* Channels of one shape and of sizes that are `sizes`. */
static void make_weights(const float *sizes, float *weights)
{
    for (int channel = 0; channel < CHANNELS; channel++)
        for (int i = 0; i < COUNT; i++)
            *weights++ = sizes[channel] * sinf(1.7f * (float)i);
}

static void ratios_of_one_shape_are_those_of_the_sizes(void **state)
{
    static const float sizes[CHANNELS] = {0.5f, 2, 1, 0.25f, 0.125f};
    float weights[CHANNELS * COUNT], ratios[CHANNELS];

    (void)state;
    make_weights(sizes, weights);
    for (enum ratio_rule rule = RATIO_OF_MINMAX; rule <= RATIO_OF_MMSE; rule++)
        for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++) {
            step_ratios(weights, &channels, grid, 4, rule, ratios);
            for (int channel = 0; channel < CHANNELS; channel++)
                assert_float_equal(ratios[channel], sizes[channel] / 2, 1e-6);
        }
}

static void minmax_clips_nothing_in_any_channel(void **state)
{
    static const float sizes[CHANNELS] = {0.37f, 1.9f, 1.1f, 0.003f, 0.7f};
    float weights[CHANNELS * COUNT], ratios[CHANNELS], most = 0;
    struct quantizer quantizer = {GRID_NARROW, 8, 1, 0};

    (void)state;
    make_weights(sizes, weights);
    step_ratios(weights, &channels, GRID_NARROW, 8, RATIO_OF_MINMAX, ratios);
    for (int i = 0; i < CHANNELS * COUNT; i++)
        most = fmaxf(most, fabsf(weights[i]));
    quantizer.step = grid_step_of_clip(GRID_NARROW, 8, most);
    for (int channel = 0; channel < CHANNELS; channel++) {
        struct quantizer own =
            step_ratios_quantizer(&quantizer, ratios, (size_t)channel);
        double clip = own.step * grid_levels(GRID_NARROW, 8), of_channel = 0;

        for (int i = 0; i < COUNT; i++)
            of_channel = fmax(of_channel, fabs(weights[channel * COUNT + i]));
        assert_true(fabs(clip / of_channel - 1) < 1e-6);
    }
}

/* The rule that the ratios come from finds, on the divided weights, the step that makes each
 * channel's step its own. */
static void a_rule_finds_the_steps_of_all_channels_at_once(void **state)
{
    static const float sizes[CHANNELS] = {0.5f, 2, 1, 0.25f, 0.125f};
    float weights[CHANNELS * COUNT], divided[CHANNELS * COUNT], ratios[CHANNELS];
    struct distribution all;
    struct quantizer quantizer = {GRID_NARROW, 4, 0, 0};
    struct error err;
    double clip;

    (void)state;
    make_weights(sizes, weights);
    for (int i = 0; i < COUNT; i++) /* a channel of another shape */
        weights[2 * COUNT + i] *= fabsf(weights[2 * COUNT + i]);
    step_ratios(weights, &channels, GRID_NARROW, 4, RATIO_OF_MMSE, ratios);
    step_ratios_divide(weights, &channels, ratios, divided);
    all = distribution_of_values(divided, CHANNELS * COUNT);
    assert_int_equal(clip_lp(&all, levels_of(GRID_NARROW, 4), 2, &clip, &err), 0);
    distribution_clear(&all);
    quantizer.step = grid_step_of_clip(GRID_NARROW, 4, clip);
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        struct distribution one =
            distribution_of_values(weights + channel * COUNT, COUNT);

        assert_int_equal(clip_lp(&one, levels_of(GRID_NARROW, 4), 2, &clip, &err), 0);
        distribution_clear(&one);
        assert_true(fabs(step_ratios_quantizer(&quantizer, ratios, channel).step /
                             grid_step_of_clip(GRID_NARROW, 4, clip) -
                         1) < 1e-4);
    }
}

static void a_channel_of_zeros_gets_the_smallest_ratio(void **state)
{
    static const float sizes[CHANNELS] = {0.5f, 2, 0, 0.25f, 1};
    static const float nothing[CHANNELS] = {0};
    float weights[CHANNELS * COUNT], ratios[CHANNELS];

    (void)state;
    make_weights(sizes, weights);
    step_ratios(weights, &channels, GRID_MIDRISE, 4, RATIO_OF_MMSE, ratios);
    assert_true(ratios[2] == ratios[3] && ratios[3] < 1);
    make_weights(nothing, weights);
    step_ratios(weights, &channels, GRID_MIDRISE, 4, RATIO_OF_MMSE, ratios);
    for (int channel = 0; channel < CHANNELS; channel++)
        assert_true(ratios[channel] == 1);
}

static void no_step_of_a_channel_vanishes(void **state)
{
    const struct quantizer quantizer = {GRID_NARROW, 4, 1e-30f, 0};
    const float ratios[] = {1, 1e-20f};

    (void)state;
    assert_true(step_ratios_quantizer(&quantizer, ratios, 0).step == 1e-30f);
    assert_true(step_ratios_quantizer(&quantizer, ratios, 1).step == FLT_MIN);
    assert_true(step_ratios_quantizer(&quantizer, NULL, 1).step == 1e-30f);
}

/* Rows of 7 in blocks of 3: the last of a row has one weight. */
static void blocks_of_rows_have_their_weights(void **state)
{
    static const struct step_layout layout = {2, 7, 3};
    static const struct step_span spans[] = {{0, 3}, {3, 3},  {6, 1},
                                             {7, 3}, {10, 3}, {13, 1}};

    (void)state;
    assert_int_equal(step_layout_of_row(&layout), 3);
    assert_int_equal(step_layout_count(&layout), 6);
    for (size_t i = 0; i < 6; i++) {
        struct step_span span = step_layout_span(&layout, i);

        assert_int_equal(span.first, spans[i].first);
        assert_int_equal(span.count, spans[i].count);
        for (size_t at = span.first; at < span.first + span.count; at++)
            assert_int_equal(step_layout_at(&layout, at), i);
    }
    assert_int_equal(step_layout_of_row(&channels), 1);
    assert_int_equal(step_layout_at(&channels, 3 * COUNT + 1), 3);
}

static void blocks_have_ratios_of_their_own(void **state)
{
    static const struct step_layout layout = {2, 5, 3};
    static const float weights[] = {1, -2, 1, 8, 4, 0, 0, 0, 3, -4};
    static const float expected[] = {0.25f, 1, 0.25f, 0.5f};
    float ratios[4], divided[10];

    (void)state;
    step_ratios(weights, &layout, GRID_NARROW, 4, RATIO_OF_MINMAX, ratios);
    for (int i = 0; i < 4; i++)
        assert_float_equal(ratios[i], expected[i], 1e-6);
    step_ratios_divide(weights, &layout, ratios, divided);
    for (size_t i = 0; i < 10; i++)
        assert_float_equal(divided[i],
                           weights[i] / expected[step_layout_at(&layout, i)], 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_of_one_shape_are_those_of_the_sizes),
        cmocka_unit_test(minmax_clips_nothing_in_any_channel),
        cmocka_unit_test(a_rule_finds_the_steps_of_all_channels_at_once),
        cmocka_unit_test(a_channel_of_zeros_gets_the_smallest_ratio),
        cmocka_unit_test(no_step_of_a_channel_vanishes),
        cmocka_unit_test(blocks_of_rows_have_their_weights),
        cmocka_unit_test(blocks_have_ratios_of_their_own),
    };

    return cmocka_run_group_tests_name("step_ratios", tests, NULL, NULL);
}
