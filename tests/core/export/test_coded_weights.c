#include "core/export/coded_weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 4, WEIGHTS = 2 };

/* A fully connected layer of four channels with two weights each, in codes of step 0.5. */
struct trial {
    float weights[CHANNELS * WEIGHTS], scale[CHANNELS], shift[CHANNELS];
    struct layer layer;
    struct weights tensor;
    struct coded_weights coded;
};

static void init(struct trial *trial, const float *scale, const float *shift)
{
    static const float weights[] = {1, -2, 3, -4, 5, -6, 7, -8};
    static const struct quantizer quantizer = {GRID_NARROW, 8, 0.5f, 0};
    static const struct weight_rules plain = {0};

    memcpy(trial->weights, weights, sizeof weights);
    memcpy(trial->scale, scale, sizeof trial->scale);
    memcpy(trial->shift, shift, sizeof trial->shift);
    trial->layer = (struct layer){.kind = LAYER_CONV, .window = window_of_one()};
    trial->layer.conv = (struct conv){.scale = trial->scale, .shift = trial->shift};
    trial->layer.weights = &trial->tensor;
    trial->tensor = (struct weights){.groups = 1,
                                     .outputs = CHANNELS,
                                     .inputs = WEIGHTS,
                                     .window = 1,
                                     .values = trial->weights};
    coded_weights_init(&trial->coded, trial->layer.weights, &plain, &quantizer, 8);
}

static void assert_integers(const struct trial *trial, size_t channel, int a, int b)
{
    assert_int_equal(trial->coded.integers[channel * WEIGHTS], a);
    assert_int_equal(trial->coded.integers[channel * WEIGHTS + 1], b);
}

static void a_step_takes_the_scale_and_integers_its_sign(void **state)
{
    static const float scale[] = {1, 0.3f, -0.7f, 3}, shift[CHANNELS] = {1, -2, 0, 4};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    assert_true(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    for (size_t i = 0; i < CHANNELS; i++)
        assert_true(trial.coded.steps[i] == fabsf(0.5f * scale[i]));
    assert_integers(&trial, 0, 2, -4);
    assert_integers(&trial, 1, 6, -8);
    assert_integers(&trial, 2, -10, 12);
    coded_weights_clear(&trial.coded);
}

static void a_zero_scale_has_zeros_and_the_step_of_another_channel(void **state)
{
    static const float scale[] = {1, 0, 2, 1e-36f}, shift[CHANNELS] = {0};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    assert_true(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    assert_integers(&trial, 1, 0, 0);
    assert_true(trial.coded.steps[1] == 1);
    assert_integers(&trial, 3, 0, 0); /* its products are no normal floats */
    assert_true(trial.coded.steps[3] == 1);
    coded_weights_clear(&trial.coded);
}

static void a_faint_channel_keeps_its_integers(void **state)
{
    static const float scale[] = {1, 1e-12f, 2, 1e-20f}, shift[CHANNELS] = {0};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    assert_true(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    assert_integers(&trial, 1, 6, -8);
    assert_true(trial.coded.steps[1] == 0.5f * 1e-12f);
    assert_integers(&trial, 3, 14, -16);
    assert_true(trial.coded.steps[3] == 0.5f * 1e-20f);
    coded_weights_clear(&trial.coded);
}

/* The shift in products of the largest step would be rounded to zero. */
static void a_channel_of_zeros_keeps_its_shift(void **state)
{
    static const float scale[] = {1, 1, 0, 1e3f}, shift[] = {0, -0.4f, 0.3f, 0};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    memset(trial.coded.integers + WEIGHTS, 0, WEIGHTS * sizeof *trial.coded.integers);
    assert_true(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    assert_true(trial.coded.steps[1] == 0.5f);
    assert_int_equal(coded_shift(&trial.coded, &trial.layer.conv, 0.1f, 1), -8);
    assert_integers(&trial, 2, 0, 0);
    assert_int_equal(coded_shift(&trial.coded, &trial.layer.conv, 0.1f, 2), 1 << 30);
    coded_weights_clear(&trial.coded);
}

/* 1e-5 of the others: shifts of 1000 in products of these steps are beyond 32 bits. */
static void a_shift_fits_32_bits(void **state)
{
    static const float scale[] = {1, 1e-5f, -1e-5f, 1},
                       shift[] = {1e3f, 1e3f, -1e3f, 0};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    assert_true(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    assert_true(trial.coded.steps[1] > 5e-6f);
    assert_true(trial.coded.steps[1] < 1e-4f);
    for (size_t i = 0; i < CHANNELS; i++) {
        double shifted = coded_shift(&trial.coded, &trial.layer.conv, 0.1f, i);
        double unit = (double)(0.1f * trial.coded.steps[i]);

        assert_true(fabs(shifted) <= 0x1p30 * 1.000001);
        assert_true(fabs(shifted * unit - (double)shift[i]) <= unit * 0.51 + 1e-3);
    }
    coded_weights_clear(&trial.coded);
}

static void corrected_weights_are_not_folded(void **state)
{
    static const float scale[] = {1, 2, 3, 4}, shift[CHANNELS] = {0};
    float corrections[CHANNELS] = {0};
    struct trial trial;

    (void)state;
    init(&trial, scale, shift);
    trial.coded.corrections = corrections;
    assert_false(coded_weights_fold(&trial.coded, &trial.layer, 0.1f));
    assert_true(trial.coded.steps[3] == 0.5f);
    trial.coded.corrections = NULL;
    coded_weights_clear(&trial.coded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_takes_the_scale_and_integers_its_sign),
        cmocka_unit_test(a_zero_scale_has_zeros_and_the_step_of_another_channel),
        cmocka_unit_test(a_faint_channel_keeps_its_integers),
        cmocka_unit_test(a_channel_of_zeros_keeps_its_shift),
        cmocka_unit_test(a_shift_fits_32_bits),
        cmocka_unit_test(corrected_weights_are_not_folded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
