#include "core/quant/channel_ratios.h"

#include "core/quant/clip_lp.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CHANNELS = 5, COUNT = 60 };

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
            channel_ratios(weights, CHANNELS, COUNT, grid, 4, rule, ratios);
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
    channel_ratios(weights, CHANNELS, COUNT, GRID_NARROW, 8, RATIO_OF_MINMAX, ratios);
    for (int i = 0; i < CHANNELS * COUNT; i++)
        most = fmaxf(most, fabsf(weights[i]));
    quantizer.step = grid_step_of_clip(GRID_NARROW, 8, most);
    for (int channel = 0; channel < CHANNELS; channel++) {
        struct quantizer own = channel_quantizer(&quantizer, ratios, (size_t)channel);
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
    channel_ratios(weights, CHANNELS, COUNT, GRID_NARROW, 4, RATIO_OF_MMSE, ratios);
    channel_ratios_divide(weights, CHANNELS, COUNT, ratios, divided);
    all = distribution_of_values(divided, CHANNELS * COUNT);
    assert_int_equal(clip_lp(&all, levels_of(GRID_NARROW, 4), 2, &clip, &err), 0);
    distribution_clear(&all);
    quantizer.step = grid_step_of_clip(GRID_NARROW, 4, clip);
    for (size_t channel = 0; channel < CHANNELS; channel++) {
        struct distribution one =
            distribution_of_values(weights + channel * COUNT, COUNT);

        assert_int_equal(clip_lp(&one, levels_of(GRID_NARROW, 4), 2, &clip, &err), 0);
        distribution_clear(&one);
        assert_true(fabs(channel_quantizer(&quantizer, ratios, channel).step /
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
    channel_ratios(weights, CHANNELS, COUNT, GRID_MIDRISE, 4, RATIO_OF_MMSE, ratios);
    assert_true(ratios[2] == ratios[3] && ratios[3] < 1);
    make_weights(nothing, weights);
    channel_ratios(weights, CHANNELS, COUNT, GRID_MIDRISE, 4, RATIO_OF_MMSE, ratios);
    for (int channel = 0; channel < CHANNELS; channel++)
        assert_true(ratios[channel] == 1);
}

static void no_step_of_a_channel_vanishes(void **state)
{
    const struct quantizer quantizer = {GRID_NARROW, 4, 1e-30f, 0};
    const float ratios[] = {1, 1e-20f};

    (void)state;
    assert_true(channel_quantizer(&quantizer, ratios, 0).step == 1e-30f);
    assert_true(channel_quantizer(&quantizer, ratios, 1).step == FLT_MIN);
    assert_true(channel_quantizer(&quantizer, NULL, 1).step == 1e-30f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_of_one_shape_are_those_of_the_sizes),
        cmocka_unit_test(minmax_clips_nothing_in_any_channel),
        cmocka_unit_test(a_rule_finds_the_steps_of_all_channels_at_once),
        cmocka_unit_test(a_channel_of_zeros_gets_the_smallest_ratio),
        cmocka_unit_test(no_step_of_a_channel_vanishes),
    };

    return cmocka_run_group_tests_name("channel_ratios", tests, NULL, NULL);
}
