#include "core/evaluate/score.h"

#include <float.h>
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
    {{1e30f, 0, 0}, 1, (double)1e30f, 0},
    {{INFINITY, 0, 0}, 0, INFINITY, 0},
    {{NAN, 0, 0}, 1, INFINITY, 0},
};

static void losses_and_ranks_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct score score = {.samples = 0};

        score_add(&score, LOSS_CROSS_ENTROPY, samples[i].logits, 3,
                  (struct expected){.label = samples[i].label});
        assert_true(score_loss(&score) == samples[i].loss ||
                    fabs(score_loss(&score) - samples[i].loss) < 1e-9);
        assert_int_equal(score.metrics[METRIC_TOP1], samples[i].top1);
        assert_int_equal(score.samples, 1);
        assert_int_equal(score.not_finite, i >= 7);
    }
}

static void sums_do_not_depend_on_the_order(void **state)
{
    size_t count = sizeof samples / sizeof *samples;
    struct score forwards = {.samples = 0}, parts[2] = {{.samples = 0}};

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
    struct score score = {.samples = 0};

    (void)state;
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3,
              (struct expected){NO_LABEL, spoilt, NULL});
    assert_int_equal(score.not_finite, 1);
    score = (struct score){.samples = 0};
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3,
              (struct expected){NO_LABEL, float_logits, NULL});
    assert_float_equal(score_loss(&score), 1 / 3.0, 1e-9);
    assert_true(isnan(score_metric(&score, METRIC_TOP1)));
    score_add(&score, LOSS_MSE_TO_FLOAT, logits, 3,
              (struct expected){1, float_logits, NULL});
    assert_float_equal(score_metric(&score, METRIC_TOP1), 1, 0);
    assert_int_equal(score.samples, 2);
    assert_int_equal(score.not_finite, 0);
}

static void a_mean_is_that_of_the_samples_compared_with_float(void **state)
{
    static const float logits[] = {1, 3}, in_float[] = {1, 1}, spoilt[] = {1, INFINITY};
    struct score score = {.samples = 0}, back = {.samples = 0};
    char text[SCORE_TEXT_MOST];

    (void)state;
    score_add(&score, LOSS_CROSS_ENTROPY, logits, 2, (struct expected){.label = 1});
    assert_true(isnan(score_metric(&score, METRIC_MAE_TO_FLOAT)));
    assert_true(score_lacks(&score, METRIC_MAE_TO_FLOAT));
    assert_false(score_lacks(&score, METRIC_TOP1));
    score = (struct score){.samples = 0};
    score_add(&score, LOSS_CROSS_ENTROPY, logits, 2,
              (struct expected){1, in_float, NULL});
    score_add(&score, LOSS_CROSS_ENTROPY, in_float, 2,
              (struct expected){1, in_float, NULL});
    assert_true(score_metric(&score, METRIC_MAE_TO_FLOAT) == 0.5);
    assert_true(score_metric(&score, METRIC_TOP1) == 0.5);
    assert_true(score_metric(&score, METRIC_AGREEMENT) ==
                0.5); /* the first of equals */
    assert_false(score_lacks(&score, METRIC_MAE_TO_FLOAT));
    score_mean_text(&score, METRIC_MAE_TO_FLOAT, text);
    assert_true(score_read_mean(&back, METRIC_MAE_TO_FLOAT, text));
    assert_memory_equal(back.metrics + METRIC_SHARES, score.metrics + METRIC_SHARES,
                        sizeof score.metrics - METRIC_SHARES * sizeof *score.metrics);
    score_add(&score, LOSS_CROSS_ENTROPY, logits, 2,
              (struct expected){1, spoilt, NULL});
    assert_true(score_metric(&score, METRIC_MAE_TO_FLOAT) == INFINITY);
}

static void without_samples_there_is_no_mean(void **state)
{
    struct score none = {.samples = 0};

    (void)state;
    assert_true(isnan(score_loss(&none)));
    assert_true(isnan(score_metric(&none, METRIC_TOP1)));
}

/* The largest and the smallest distance that floats can have, each of many samples. */
static void losses_of_any_size_are_added_up_without_rounding(void **state)
{
    static const float logits[][2] = {{FLT_MAX, 0}, {0x1p-149f, 0}, {1, 0}};
    static const float float_logits[][2] = {{-FLT_MAX, 0}, {0, 0}, {0, 0}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct score one = {.samples = 0}, all;
        double loss;

        score_add(&one, LOSS_MSE_TO_FLOAT, logits[i], 2,
                  (struct expected){NO_LABEL, float_logits[i], NULL});
        loss = score_loss(&one);
        for (int doubling = 0; doubling < 20; doubling++) {
            all = one;
            score_merge(&one, &all);
        }
        assert_int_equal(one.samples, 1 << 20);
        assert_true(loss > 0 && isfinite(loss));
        assert_true(loss ==
                    loss_of_sample(LOSS_MSE_TO_FLOAT, logits[i], 2,
                                   (struct expected){NO_LABEL, float_logits[i], NULL}));
        assert_true(score_loss(&one) == loss);
    }
}

static void a_loss_scales_with_the_outputs_exactly(void **state)
{
    static const float logits[3] = {0.1f, 0.7f, -0.3f}, float_logits[3] = {0.2f, 0, 1};

    (void)state;
    for (int exponent = -60; exponent <= 60; exponent += 20) {
        struct score plain = {.samples = 0}, scaled = {.samples = 0};
        float a[3], b[3];

        for (int i = 0; i < 3; i++) {
            a[i] = ldexpf(logits[i], exponent);
            b[i] = ldexpf(float_logits[i], exponent);
        }
        for (int sample = 0; sample < 7; sample++) {
            score_add(&plain, LOSS_MSE_TO_FLOAT, logits, 3,
                      (struct expected){NO_LABEL, float_logits, NULL});
            score_add(&scaled, LOSS_MSE_TO_FLOAT, a, 3,
                      (struct expected){NO_LABEL, b, NULL});
        }
        assert_true(score_loss(&scaled) == ldexp(score_loss(&plain), 2 * exponent));
    }
}

static void what_is_not_finite_is_worse_than_all_else(void **state)
{
    struct score cheap = {.samples = 1}, dear = {.samples = 1}, worst = {.samples = 1};

    (void)state;
    assert_true(score_read_loss(&cheap, "0x1p-64") &&
                score_read_loss(&dear, "0x1p160"));
    worst.not_finite = 1;
    assert_true(score_is_lower(&cheap, &dear) && !score_is_lower(&dear, &cheap));
    assert_true(score_is_lower(&dear, &worst) && !score_is_lower(&worst, &dear));
    assert_true(score_is_equal(&dear, &dear) && !score_is_equal(&cheap, &dear));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_ranks_are_those_of_the_definition),
        cmocka_unit_test(sums_do_not_depend_on_the_order),
        cmocka_unit_test(a_sample_without_a_label_counts_for_the_loss_alone),
        cmocka_unit_test(a_mean_is_that_of_the_samples_compared_with_float),
        cmocka_unit_test(without_samples_there_is_no_mean),
        cmocka_unit_test(losses_of_any_size_are_added_up_without_rounding),
        cmocka_unit_test(a_loss_scales_with_the_outputs_exactly),
        cmocka_unit_test(what_is_not_finite_is_worse_than_all_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
