#include "core/evaluate/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CLASSES = 3 };

/* Expected values were worked out with 30 digits. */
static const struct {
    enum loss loss;
    float logits[CLASSES], others[CLASSES]; /* of the float network, or labels */
    int label;
    double expected;
} samples[] = {
    {LOSS_CROSS_ENTROPY, {0, 0, 0}, {0}, 0, 1.0986122886681098},
    {LOSS_CROSS_ENTROPY, {1, 2, 3}, {0}, 0, 2.4076059644443803},
    {LOSS_CROSS_ENTROPY, {1e30f, 0, 0}, {0}, 1, (double)1e30f},
    {LOSS_KL_TO_FLOAT, {1, 2, 3}, {1, 2, 3}, 2, 0},
    {LOSS_KL_TO_FLOAT, {11, 12, 13}, {1, 2, 3}, 2, 0}, /* the same predictions */
    {LOSS_KL_TO_FLOAT, {0, 0, 0}, {1, 2, 3}, 0, 0.26621670682817095},
    {LOSS_KL_TO_FLOAT, {1, 2, 3}, {0, 0, 0}, 0, 0.3089936757762704},
    {LOSS_KL_TO_FLOAT, {0, 1000, 0}, {1000, 0, 0}, 1, 1000}, /* labels do not count */
    {LOSS_MSE_TO_FLOAT, {1, 2, 3}, {1, 2, 3}, 0, 0},
    {LOSS_MSE_TO_FLOAT, {1, 2, 5}, {1, 3, 3}, 0, 5.0 / 3},
    {LOSS_MSE_TO_FLOAT, {1e30f, 0, 0}, {0, 0, 0}, 0, 1e30f * (double)1e30f / 3},
    {LOSS_MSE_TO_FLOAT, {1e-30f, 0, 0}, {0, 0, 0}, 0, 1e-30f * (double)1e-30f / 3},
    {LOSS_MEAN_SQUARED_ERROR, {1, 2, 3}, {1, 2, 3}, 0, 0},
    {LOSS_MEAN_SQUARED_ERROR, {1, 2, 5}, {1, 3, 3}, 0, 5.0 / 3},
    {LOSS_BINARY_CROSS_ENTROPY, {0}, {0}, 1, 0.69314718055994531},
    {LOSS_BINARY_CROSS_ENTROPY, {2}, {0}, 1, 0.12692801104297249},
    {LOSS_BINARY_CROSS_ENTROPY, {2}, {0}, 0, 2.1269280110429725},
    {LOSS_BINARY_CROSS_ENTROPY, {-2}, {0}, 0, 0.12692801104297249},
    {LOSS_BINARY_CROSS_ENTROPY, {40}, {0}, 1, 4.2483542552915889e-18},
    {LOSS_BINARY_CROSS_ENTROPY, {-1e30f}, {0}, 1, (double)1e30f},
};

/* As many outputs as the loss takes, up to CLASSES. */
static size_t outputs_of(enum loss loss)
{
    return loss_takes(loss, CLASSES) ? CLASSES : loss_table[loss].most_outputs;
}

static void losses_are_those_of_the_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct expected expected = {.label = samples[i].label};
        double loss;

        if (loss_table[samples[i].loss].needs_float_logits)
            expected.logits = samples[i].others;
        if (loss_table[samples[i].loss].needs_numbers)
            expected.numbers = samples[i].others;
        loss = loss_of_sample(samples[i].loss, samples[i].logits,
                              outputs_of(samples[i].loss), expected);
        if (!(fabs(loss - samples[i].expected) <=
              1e-9 * fmin(1, samples[i].expected)) &&
            !(fabs(loss - samples[i].expected) <= 1e-14 * samples[i].expected))
            fail_msg("sample %zu: %.15g, expected %.15g", i, loss, samples[i].expected);
    }
}

static void no_loss_is_below_zero(void **state)
{
    (void)state;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++)
        for (int i = 0; i < 1000; i++) {
            float a[CLASSES] = {sinf(i), 30 * cosf(2 * i), 0.1f * sinf(3 * i)};
            float b[CLASSES] = {a[0] + 1e-6f * sinf(5 * i), a[1], a[2]};

            assert_true(loss_of_sample(loss, a, outputs_of(loss),
                                       (struct expected){1, b, b}) >= 0);
        }
}

static void every_row_answers_everything(void **state)
{
    (void)state;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
        const struct loss_row *row = &loss_table[loss];

        assert_true(row->name && row->help && row->of_sample);
        assert_true(row->needs_labels || row->needs_float_logits || row->needs_numbers);
        assert_int_equal(loss_needs_dataset(loss),
                         row->needs_labels || row->needs_numbers);
        assert_true(row->least_outputs >= 1 && row->least_outputs <= row->most_outputs);
        assert_true(isfinite(loss_of_guessing(loss, outputs_of(loss))));
    }
}

/* A loss to float costs nothing where the logits are the float ones. */
static void a_loss_to_float_is_lowest_at_the_float_logits(void **state)
{
    static const float logits[CLASSES] = {1, -2, 0.5f},
                       others[CLASSES] = {1, -2, 0.75f};

    (void)state;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
        struct expected expected = {NO_LABEL, logits, NULL};

        if (!loss_table[loss].needs_float_logits)
            continue;
        assert_true(loss_of_sample(loss, logits, CLASSES, expected) < 1e-15);
        assert_true(loss_of_sample(loss, others, CLASSES, expected) > 1e-3);
    }
}

static void losses_are_named_by_how_many_outputs_they_take(void **state)
{
    char text[LOSS_NAMES_BYTES];

    (void)state;
    assert_string_equal(loss_names_for(1, text),
                        "mse_to_float, binary_cross_entropy or mean_squared_error");
    assert_string_equal(
        loss_names_for(10, text),
        "cross_entropy, kl_to_float, mse_to_float or mean_squared_error");
    assert_false(loss_takes(LOSS_CROSS_ENTROPY, 1));
    assert_true(loss_takes(LOSS_CROSS_ENTROPY, 2));
    assert_true(loss_takes(LOSS_MSE_TO_FLOAT, 1));
}

static void
labels_of_one_output_are_no_and_yes_or_numbers_that_nothing_reads(void **state)
{
    (void)state;
    assert_int_equal(loss_classes(LOSS_BINARY_CROSS_ENTROPY, 1), 2);
    assert_int_equal(loss_classes(LOSS_MSE_TO_FLOAT, 1), 1);
    assert_int_equal(loss_classes(LOSS_MSE_TO_FLOAT, 10), 10);
    assert_int_equal(loss_classes(LOSS_CROSS_ENTROPY, 10), 10);
}

static void several_outputs_are_judged_by_cross_entropy(void **state)
{
    (void)state;
    for (enum loss loss = 0; loss < LOSS_COUNT; loss++) {
        assert_int_equal(loss_to_validate(loss, 2),
                         loss_table[loss].needs_numbers ? loss : LOSS_CROSS_ENTROPY);
        assert_int_equal(loss_to_validate(loss, 1), loss);
    }
}

static void the_unit_of_a_distance_is_the_power_of_two_below_it(void **state)
{
    (void)state;
    assert_true(loss_unit(LOSS_MSE_TO_FLOAT, 0.75) == 0.5);
    assert_true(loss_unit(LOSS_MSE_TO_FLOAT, 4) == 4);
    assert_true(loss_unit(LOSS_MSE_TO_FLOAT, 0) == 1);
    assert_true(loss_unit(LOSS_KL_TO_FLOAT, 0.75) == 1);
    assert_true(loss_of_guessing(LOSS_MSE_TO_FLOAT, 10) == 0);
    assert_true(loss_of_guessing(LOSS_KL_TO_FLOAT, 10) == log(10));
}

static void predictions_are_the_first_of_the_largest(void **state)
{
    static const float ties[] = {1, 3, 3}, yes = 0.5f, no = 0;

    (void)state;
    assert_int_equal(loss_prediction(ties, 3), 1);
    assert_int_equal(loss_prediction(&yes, 1), 1);
    assert_int_equal(loss_prediction(&no, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_the_definitions),
        cmocka_unit_test(no_loss_is_below_zero),
        cmocka_unit_test(every_row_answers_everything),
        cmocka_unit_test(a_loss_to_float_is_lowest_at_the_float_logits),
        cmocka_unit_test(losses_are_named_by_how_many_outputs_they_take),
        cmocka_unit_test(
            labels_of_one_output_are_no_and_yes_or_numbers_that_nothing_reads),
        cmocka_unit_test(several_outputs_are_judged_by_cross_entropy),
        cmocka_unit_test(the_unit_of_a_distance_is_the_power_of_two_below_it),
        cmocka_unit_test(predictions_are_the_first_of_the_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
