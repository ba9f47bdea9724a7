#include "core/evaluate/guess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void labels_are_counted(void **state)
{
    static const int32_t labels[] = {3, 1, 3, NO_LABEL, 4, 3, 1, NO_LABEL};
    struct label_shares shares = label_shares_of(labels, COUNT(labels), 6);

    (void)state;
    assert_int_equal(shares.samples, 6);
    assert_int_equal(shares.lowest, 1);
    assert_int_equal(shares.highest, 4);
    assert_int_equal(shares.most_frequent, 3);
    assert_int_equal(shares.most, 3);
    assert_float_equal(shares.entropy, log(2) / 2 + log(3) / 3 + log(6) / 6, 1e-12);
}

static void without_labels_there_is_nothing(void **state)
{
    static const int32_t labels[] = {NO_LABEL, NO_LABEL};
    struct label_shares shares = label_shares_of(labels, 2, 3);

    (void)state;
    assert_int_equal(shares.samples, 0);
    assert_int_equal(shares.most, 0);
    assert_int_equal(shares.lowest, 0);
    assert_float_equal(shares.entropy, 0, 0);
}

/* Samples of `classes` labels, the first of which so many have; the others share the rest. */
static struct label_shares labels_with(int classes, int samples, int first)
{
    int32_t labels[1024];

    for (int i = 0; i < samples; i++)
        labels[i] = i < first ? 0 : 1 + i % (classes - 1);
    return label_shares_of(labels, (size_t)samples, classes);
}

static struct score score_with(int samples, int top1, double loss)
{
    struct score score = {.samples = 1, .labelled = 1};
    char text[64];

    snprintf(text, sizeof text, "0x%llxp-32", llround(ldexp(loss * samples, 32)));
    assert_true(score_read_loss(&score, text));
    score.samples = score.predictions = score.labelled = samples;
    score.known[METRIC_TOP1] = samples;
    score.metrics[METRIC_TOP1] = top1;
    return score;
}

static const struct judgement {
    int classes, samples, first, top1;
    double loss; /* NaN: it is none of labels */
    bool is_guess;
} judgements[] = {
    /* ten classes, as many of each: 512 +- 47 of 5,120 are chance; here 51.2 +- 6.8 */
    {10, 512, 51, 50, NAN, true},
    {10, 512, 51, 65, 2.5, true},
    {10, 512, 51, 70, 2.5, true},
    {10, 512, 51, 80, 2.1, false},
    {10, 512, 51, 480, 0.2, false},
    {10, 512, 51, 480, NAN, false},
    /* far from chance, and yet a loss that is none of a trained network */
    {10, 512, 51, 150, 9.5, true},
    {10, 512, 51, 150, 1.9, false},
    {10, 512, 51, 150, NAN, false},
    /* sure of itself and mostly right */
    {10, 512, 51, 400, 9.5, false},
    /* a label that most samples have: rare events may be found by nobody and the loss be good */
    {2, 512, 480, 480, 0.3, true},
    {2, 512, 480, 480, 0.1, false},
    {2, 512, 480, 480, NAN, true},
    {2, 512, 480, 505, NAN, false},
    /* too few samples, or labels, to tell from accuracies */
    {2, 8, 4, 8, NAN, false},
    {2, 8, 4, 4, NAN, false},
    {2, 8, 4, 3, 0.9, true},
    {10, 64, 64, 64, 0.01, false},
    {10, 64, 64, 64, NAN, false},
    {10, 64, 64, 0, 5.5, true},
};

static void what_is_no_better_than_a_guess_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(judgements); i++) {
        const struct judgement *one = &judgements[i];
        bool has_loss = !isnan(one->loss);
        struct label_shares labels =
            labels_with(one->classes, one->samples, one->first);
        struct score score =
            score_with(one->samples, one->top1, has_loss ? one->loss : 0.01);

        if (guess_is_as_good(&score, has_loss ? LOSS_CROSS_ENTROPY : LOSS_KL_TO_FLOAT,
                             &labels, one->classes) != one->is_guess)
            fail_msg("judgement %zu is wrong", i);
    }
}

static void without_labels_nothing_is_a_guess(void **state)
{
    struct score score = {.samples = 9};
    struct label_shares none = {0};

    (void)state;
    assert_false(guess_is_as_good(&score, LOSS_CROSS_ENTROPY, &none, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_counted),
        cmocka_unit_test(without_labels_there_is_nothing),
        cmocka_unit_test(what_is_no_better_than_a_guess_is_known),
        cmocka_unit_test(without_labels_nothing_is_a_guess),
    };

    return cmocka_run_group_tests_name("guess", tests, NULL, NULL);
}
