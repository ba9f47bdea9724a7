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
    float logits[CLASSES], float_logits[CLASSES];
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
};

static void losses_are_those_of_the_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct expected expected = {.label = samples[i].label};
        double loss;

        if (samples[i].loss != LOSS_CROSS_ENTROPY)
            expected.logits = samples[i].float_logits;
        loss = loss_of_sample(samples[i].loss, samples[i].logits, CLASSES, expected);
        if (!(fabs(loss - samples[i].expected) <=
              1e-9 * fmin(1, samples[i].expected)) &&
            !(fabs(loss - samples[i].expected) <= 1e-14 * samples[i].expected))
            fail_msg("sample %zu: %.15g, expected %.15g", i, loss, samples[i].expected);
    }
}

static void no_loss_is_below_zero(void **state)
{
    (void)state;
    for (enum loss loss = LOSS_CROSS_ENTROPY; loss <= LOSS_MSE_TO_FLOAT; loss++)
        for (int i = 0; i < 1000; i++) {
            float a[CLASSES] = {sinf(i), 30 * cosf(2 * i), 0.1f * sinf(3 * i)};
            float b[CLASSES] = {a[0] + 1e-6f * sinf(5 * i), a[1], a[2]};

            assert_true(loss_of_sample(loss, a, CLASSES, (struct expected){1, b}) >= 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_those_of_the_definitions),
        cmocka_unit_test(no_loss_is_below_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
