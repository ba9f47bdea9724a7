#include "core/quant/bias_correction.h"

#include "tests/support/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { CHANNELS_MOST = 8, WEIGHTS_MOST = 512 };

static void mean_of_a_known_channel(void **state)
{
    const struct quantizer quantizer = {GRID_MIDRISE, 2, 1, 0};
    const float weights[] = {0.25f, 0.75f, -2, 1}; /* mean 0 */
    const int16_t codes[] = {0, 0, -2, 1};         /* 0.5, 0.5, -1.5, 1.5: mean 0.25 */
    float correction;

    (void)state;
    bias_correction_mean(weights, codes, 1, 4, code_values_of(&quantizer), &correction);
    assert_true(correction == -0.25f);
}

static void each_channel_has_its_own_correction(void **state)
{
    const struct quantizer quantizer = {GRID_MIDTREAD, 8, 0.5f, 0};
    const float weights[] = {1, 2, -1, -3};
    const int16_t codes[] = {2, 4, -2, -4};
    float corrections[2];

    (void)state;
    bias_correction_mean(weights, codes, 2, 2, code_values_of(&quantizer), corrections);
    assert_true(corrections[0] == 0);
    assert_true(corrections[1] == -0.5f);
}

static float next_weight(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) * 0x1p-23f - 1;
}

static void corrected_channels_have_the_mean_of_their_weights(void **state)
{
    enum { CHANNELS = 5, COUNT = 99 };
    float weights[CHANNELS * COUNT], corrections[CHANNELS];
    int16_t codes[CHANNELS * COUNT];
    uint32_t seed = 7;

    (void)state;
    for (int i = 0; i < CHANNELS * COUNT; i++)
        weights[i] = next_weight(&seed);
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++) {
        struct quantizer quantizer = {grid, 3, grid_step_of_clip(grid, 3, 0.7), 0};

        quantizer_wide_codes(&quantizer, weights, CHANNELS * COUNT, codes);
        bias_correction_mean(weights, codes, CHANNELS, COUNT,
                             code_values_of(&quantizer), corrections);
        for (int channel = 0; channel < CHANNELS; channel++) {
            double difference = 0;

            for (int i = channel * COUNT; i < (channel + 1) * COUNT; i++)
                difference += (double)weights[i] - (double)corrections[channel] -
                              (double)quantizer_value(&quantizer, codes[i]);
            assert_true(fabs(difference / COUNT) < 1e-7);
        }
    }
}

/* Codes -1 and 1 about a mean of 0: a deviation of 1 step; the weights' is 0.5. */
static void a_known_channel_gets_the_deviation_of_its_weights(void **state)
{
    const struct quantizer quantizer = {GRID_MIDTREAD, 4, 0.7f, 0};
    const float weights[] = {0.5f, 1.5f, 1.5f, 0.5f};
    const int16_t codes[] = {-1, 1, 1, -1};

    (void)state;
    assert_true(bias_correction_step(weights, codes, 4, code_values_of(&quantizer)) ==
                0.5f);
}

static void a_channel_of_one_code_keeps_its_step(void **state)
{
    const struct quantizer quantizer = {GRID_MIDRISE, 2, 0.3f, 0};
    const float weights[] = {0.1f, 0.2f, 0.15f};
    const int16_t codes[] = {0, 0, 0};

    (void)state;
    assert_true(bias_correction_step(weights, codes, 3, code_values_of(&quantizer)) ==
                0.3f);
}

/* Mean and deviation of values. */
static void look_at(const double *values, int count, double *mean, double *deviation)
{
    double sum = 0, squares = 0;

    for (int i = 0; i < count; i++)
        sum += values[i];
    *mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += (values[i] - *mean) * (values[i] - *mean);
    *deviation = sqrt(squares / count);
}

static void corrected_channels_have_mean_and_deviation_of_their_weights(void **state)
{
    enum { COUNT = 99 };
    uint32_t seed = 11;

    (void)state;
    for (enum grid grid = GRID_MIDRISE; grid < GRID_UNSIGNED; grid++) {
        struct quantizer quantizer = {grid, 3, grid_step_of_clip(grid, 3, 0.6), 0};
        double floats[COUNT], values[COUNT], means[2], deviations[2];
        float weights[COUNT], correction;
        int16_t codes[COUNT];

        for (int i = 0; i < COUNT; i++)
            floats[i] = weights[i] = next_weight(&seed);
        quantizer_wide_codes(&quantizer, weights, COUNT, codes);
        quantizer.step =
            bias_correction_step(weights, codes, COUNT, code_values_of(&quantizer));
        bias_correction_mean(weights, codes, 1, COUNT, code_values_of(&quantizer),
                             &correction);
        for (int i = 0; i < COUNT; i++)
            values[i] =
                (double)quantizer_value(&quantizer, codes[i]) + (double)correction;
        look_at(floats, COUNT, &means[0], &deviations[0]);
        look_at(values, COUNT, &means[1], &deviations[1]);
        assert_true(fabs(means[0] - means[1]) < 1e-6);
        assert_true(fabs(deviations[0] - deviations[1]) < 1e-6);
    }
}

static void compare_case(json_t *golden)
{
    double numbers[WEIGHTS_MOST], expected[WEIGHTS_MOST];
    float weights[WEIGHTS_MOST], corrections[CHANNELS_MOST];
    int16_t codes[WEIGHTS_MOST];
    int bits = (int)json_integer_value(golden_at(golden, "bits"));
    double clip = json_number_value(golden_at(golden, "alpha"));
    size_t channels = json_integer_value(json_array_get(golden_at(golden, "shape"), 0));
    size_t count = golden_numbers(golden_at(golden, "w"), numbers, WEIGHTS_MOST);
    struct quantizer quantizer = {GRID_MIDRISE, bits,
                                  grid_step_of_clip(GRID_MIDRISE, bits, clip), 0};

    golden_numbers(golden_at(golden, "mean_corrected_reference"), expected,
                   WEIGHTS_MOST);
    for (size_t i = 0; i < count; i++)
        weights[i] = (float)numbers[i];
    quantizer_wide_codes(&quantizer, weights, count, codes);
    bias_correction_mean(weights, codes, channels, count / channels,
                         code_values_of(&quantizer), corrections);
    for (size_t i = 0; i < count; i++) {
        float corrected =
            quantizer_value(&quantizer, codes[i]) + corrections[i * channels / count];

        if (fabs((double)corrected - expected[i]) > 1e-7)
            fail_msg("%d bits, weight %zu: %.9g, the reference has %.9g", bits, i,
                     (double)corrected, expected[i]);
    }
}

static void corrected_weights_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_lapq.json");
    size_t index;
    json_t *item;

    (void)state;
    if (!golden)
        skip();
    json_array_foreach(golden_at(golden, "d_bias_correction"), index, item)
        compare_case(item);
    assert_int_equal(index, 3);
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_of_a_known_channel),
        cmocka_unit_test(each_channel_has_its_own_correction),
        cmocka_unit_test(corrected_channels_have_the_mean_of_their_weights),
        cmocka_unit_test(a_known_channel_gets_the_deviation_of_its_weights),
        cmocka_unit_test(a_channel_of_one_code_keeps_its_step),
        cmocka_unit_test(corrected_channels_have_mean_and_deviation_of_their_weights),
        cmocka_unit_test(corrected_weights_equal_the_reference),
    };

    return cmocka_run_group_tests_name("bias_correction", tests, NULL, NULL);
}
