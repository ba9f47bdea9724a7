#include "core/evaluate/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { OUTPUTS = 7 };

static double value_of(enum metric metric, const float *logits, size_t outputs,
                       struct expected expected)
{
    return metric_table[metric].of_sample(logits, outputs, expected);
}

static void every_row_answers_everything(void **state)
{
    static const float logits[OUTPUTS] = {3, 1, 4, 1, 5, 9, 2};

    (void)state;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &metric_table[metric];
        double value;

        assert_true(row->name && row->help);
        assert_true((row->of == METRIC_OF_LOSS) == (metric >= METRIC_STORED));
        assert_true((row->of == METRIC_OF_PREDICTIONS) == (row->of_sample != NULL));
        if (row->of != METRIC_OF_PREDICTIONS)
            continue;
        assert_true(row->needs_labels || row->needs_float_logits || row->needs_numbers);
        value = value_of(metric, logits, OUTPUTS, (struct expected){5, logits, logits});
        assert_true(value >= 0 && isfinite(value));
        assert_true(!metric_is_share(metric) || value == 0 || value == 1);
    }
}

static void a_label_is_right_by_its_place(void **state)
{
    static const float logits[OUTPUTS] = {3, 1, 4, 1, 5, 9, 2};
    static const double top1[OUTPUTS] = {0, 0, 0, 0, 0, 1, 0};
    static const double top5[OUTPUTS] = {1, 0, 1, 0, 1, 1, 1}; /* the 3 comes fourth */

    (void)state;
    for (int label = 0; label < OUTPUTS; label++) {
        struct expected expected = {.label = label};

        assert_true(value_of(METRIC_TOP1, logits, OUTPUTS, expected) == top1[label]);
        assert_true(value_of(METRIC_TOP5, logits, OUTPUTS, expected) == top5[label]);
    }
}

static void of_equal_logits_the_first_class_is_predicted(void **state)
{
    static const float logits[2] = {1, 1};

    (void)state;
    assert_true(value_of(METRIC_TOP1, logits, 2, (struct expected){.label = 0}) == 1);
    assert_true(value_of(METRIC_TOP1, logits, 2, (struct expected){.label = 1}) == 0);
}

static void one_output_says_yes_above_zero(void **state)
{
    static const struct {
        float logit;
        int label, right;
    } samples[] = {{2, 1, 1}, {2, 0, 0}, {-2, 0, 1}, {-2, 1, 0}, {0, 0, 1}, {0, 1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        assert_true(value_of(METRIC_TOP1, &samples[i].logit, 1,
                             (struct expected){.label = samples[i].label}) ==
                    samples[i].right);
}

static void the_absolute_error_is_the_mean_over_outputs(void **state)
{
    static const float logits[] = {1, -2, 3, 0x1.fffffep127f};
    static const float in_float[] = {1, 2, 2.5f, -0x1.fffffep127f};

    (void)state;
    assert_true(value_of(METRIC_MAE_TO_FLOAT, logits, 3,
                         (struct expected){NO_LABEL, in_float, NULL}) == 1.5);
    assert_true(value_of(METRIC_MEAN_ABSOLUTE_ERROR, logits, 3,
                         (struct expected){NO_LABEL, NULL, in_float}) == 1.5);
    assert_true(value_of(METRIC_MAE_TO_FLOAT, logits, 1,
                         (struct expected){NO_LABEL, in_float, NULL}) == 0);
    assert_true(value_of(METRIC_MAE_TO_FLOAT, logits + 3, 1,
                         (struct expected){NO_LABEL, in_float + 3, NULL}) ==
                0x1.fffffep128);
}

static void predictions_agree_where_the_float_network_says_the_same(void **state)
{
    static const float logits[] = {3, 1, 4, -1}, alike[] = {1, 1, 2, 0},
                       unlike[] = {3, 1, 2, 5};

    (void)state;
    assert_true(value_of(METRIC_AGREEMENT, logits, 3,
                         (struct expected){NO_LABEL, alike, NULL}) == 1);
    assert_true(
        value_of(METRIC_AGREEMENT, logits, 3, (struct expected){2, unlike, NULL}) == 0);
    /* One output says yes above 0. */
    assert_true(value_of(METRIC_AGREEMENT, logits + 3, 1,
                         (struct expected){NO_LABEL, alike + 3, NULL}) == 1);
    assert_true(value_of(METRIC_AGREEMENT, logits + 3, 1,
                         (struct expected){NO_LABEL, unlike + 3, NULL}) == 0);
}

static void what_it_needs_decides_where_it_is_known(void **state)
{
    static const float logits[1] = {0};

    (void)state;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &metric_table[metric];

        bool is_one = row->of == METRIC_OF_PREDICTIONS;

        assert_int_equal(metric_is_known(metric, (struct expected){0, logits, logits}),
                         is_one);
        assert_int_equal(
            metric_is_known(metric, (struct expected){NO_LABEL, logits, logits}),
            is_one && !row->needs_labels);
        assert_int_equal(
            metric_is_known(metric, (struct expected){IGNORED_LABEL, logits, logits}),
            is_one && !row->needs_labels);
        assert_int_equal(metric_is_known(metric, (struct expected){0, NULL, logits}),
                         is_one && !row->needs_float_logits);
        assert_int_equal(metric_is_known(metric, (struct expected){0, logits, NULL}),
                         is_one && !row->needs_numbers);
    }
}

static void people_read_shares_in_per_cent_and_means_as_numbers(void **state)
{
    char text[METRIC_TEXT_BYTES];

    (void)state;
    assert_string_equal(metric_text(METRIC_TOP1, 0.9375, text), "93.75 %");
    assert_string_equal(metric_text(METRIC_TOP1, NAN, text), "-");
    assert_string_equal(metric_text(METRIC_MAE_TO_FLOAT, 0.125, text), "0.1250");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_answers_everything),
        cmocka_unit_test(a_label_is_right_by_its_place),
        cmocka_unit_test(of_equal_logits_the_first_class_is_predicted),
        cmocka_unit_test(one_output_says_yes_above_zero),
        cmocka_unit_test(the_absolute_error_is_the_mean_over_outputs),
        cmocka_unit_test(predictions_agree_where_the_float_network_says_the_same),
        cmocka_unit_test(what_it_needs_decides_where_it_is_known),
        cmocka_unit_test(people_read_shares_in_per_cent_and_means_as_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
