#include "core/network/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    float logits[3];
    int label;
    double loss;
    int top1;
} samples[] = {
    {{0, 0, 0}, 0, 1.0986122886681098, 1}, /* ties: the first class wins */
    {{0, 0, 0}, 2, 1.0986122886681098, 0},
    {{1, 2, 3}, 2, 0.4076059644443803, 1},
    {{1, 2, 3}, 0, 2.4076059644443806, 0},
    {{1000, 0, 0}, 0, 0, 1},
    {{1000, 0, 0}, 1, 1000, 0},
    {{1e30f, 0, 0}, 1, LOSS_MOST, 0},
    {{INFINITY, 0, 0}, 0, LOSS_MOST, 0},
    {{NAN, 0, 0}, 1, LOSS_MOST, 0},
};

static void losses_and_ranks_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct score score = {0};

        score_add(&score, LOSS_CROSS_ENTROPY, samples[i].logits, 3,
                  (struct expected){.label = samples[i].label});
        assert_true(fabs(score_loss(&score) - samples[i].loss) < 1e-9);
        assert_int_equal(score.top1, samples[i].top1);
        assert_int_equal(score.samples, 1);
        assert_int_equal(score.not_finite, i >= 7);
    }
}

static void sums_do_not_depend_on_the_order(void **state)
{
    size_t count = sizeof samples / sizeof *samples;
    struct score forwards = {0}, parts[2] = {{0}, {0}};

    (void)state;
    for (size_t i = 0; i < count; i++)
        score_add(&forwards, LOSS_CROSS_ENTROPY, samples[i].logits, 3,
                  (struct expected){.label = samples[i].label});
    for (size_t i = count; i-- > 0;)
        score_add(&parts[i % 2], LOSS_CROSS_ENTROPY, samples[i].logits, 3,
                  (struct expected){.label = samples[i].label});
    score_merge(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &forwards, sizeof forwards);
}

static void a_sample_without_a_label_counts_for_the_loss_alone(void **state)
{
    static const float logits[] = {1, 3, 2}, float_logits[] = {1, 2, 2},
                       spoilt[] = {1, NAN, 2};
    struct score score = {0};

    (void)state;
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3,
              (struct expected){NO_LABEL, spoilt});
    assert_int_equal(score.not_finite, 1);
    score = (struct score){0};
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3,
              (struct expected){NO_LABEL, float_logits});
    assert_float_equal(score_loss(&score), 1 / 3.0, 1e-9);
    assert_true(isnan(score_top1(&score)));
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3, (struct expected){1, float_logits});
    assert_float_equal(score_top1(&score), 1, 0);
    assert_int_equal(score.samples, 2);
    assert_int_equal(score.not_finite, 0);
}

static void without_samples_there_is_no_mean(void **state)
{
    struct score none = {0};

    (void)state;
    assert_true(isnan(score_loss(&none)));
    assert_true(isnan(score_top1(&none)));
}

static void the_worst_losses_of_many_samples_still_fit(void **state)
{
    struct score all = {0}, one = {0};
    static const float logits[3] = {1e30f, 0, 0};

    (void)state;
    score_add(&one, LOSS_CROSS_ENTROPY, logits, 3, (struct expected){.label = 1});
    for (int doubling = 0; doubling < 17; doubling++) {
        all = one;
        score_merge(&one, &all);
    }
    assert_int_equal(one.samples, 1 << 17);
    assert_true(fabs(score_loss(&one) - LOSS_MOST) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_ranks_are_those_of_the_definition),
        cmocka_unit_test(sums_do_not_depend_on_the_order),
        cmocka_unit_test(a_sample_without_a_label_counts_for_the_loss_alone),
        cmocka_unit_test(without_samples_there_is_no_mean),
        cmocka_unit_test(the_worst_losses_of_many_samples_still_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
