#include "core/evaluate/tensor_error.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CHANNELS = 2 };

/* Two channels side by side; unsigned codes 0..3 of step 1. */
static const struct tensor_rounding rounding = {
    {GRID_UNSIGNED, 2, 1, 0}, 0, -1, CHANNELS};

struct numbers {
    int64_t sums[TENSOR_ERROR_SUMS];
    double maxima[16];
};

static struct numbers begin(void)
{
    struct numbers numbers = {0};

    for (int i = 0; i < 16; i++)
        numbers.maxima[i] = -INFINITY;
    return numbers;
}

static void add(struct numbers *numbers, const float *values, size_t count)
{
    float rounded[16];

    memcpy(rounded, values, count * sizeof *values);
    quantizer_round(&rounding.quantizer, rounded, count);
    tensor_error_add(&rounding, values, rounded, count, numbers->sums, numbers->maxima);
}

static void known_values_have_known_errors(void **state)
{
    const float values[] = {0.25f, 0.1f, 1.75f, 0.4f, 3.4f, 0.3f, 4.0f, 0.2f};
    struct numbers numbers = begin();
    struct tensor_error error;
    double signal = 0, noise = 0, cross = 0, square = 0;
    const double rounded[] = {0, 0, 2, 0, 3, 0, 3, 0};

    (void)state;
    for (int i = 0; i < 8; i++) {
        signal += (double)values[i] * values[i];
        noise += (values[i] - rounded[i]) * (values[i] - rounded[i]);
        cross += values[i] * rounded[i];
        square += rounded[i] * rounded[i];
    }
    add(&numbers, values, 8);
    error = tensor_error_of(numbers.sums, numbers.maxima, CHANNELS);
    assert_true(fabs(error.sqnr - 10 * log10(signal / noise)) < 1e-12);
    assert_true(fabs(error.cosine - cross / sqrt(signal * square)) < 1e-15);
    assert_true(error.largest == 1);
    assert_true(error.clipped == 0.125); /* 4.0 alone: 3.4 is within half a step */
    assert_int_equal(error.channels, CHANNELS);
    assert_int_equal(error.dead_channels, 1); /* the second one is zero everywhere */
}

static void a_channel_that_never_changed_is_not_dead(void **state)
{
    const float values[] = {0, 1, 0, 1};
    struct numbers numbers = begin();
    struct tensor_error error;

    (void)state;
    add(&numbers, values, 4);
    error = tensor_error_of(numbers.sums, numbers.maxima, CHANNELS);
    assert_int_equal(error.dead_channels, 0);
    assert_true(isinf(error.sqnr) && error.sqnr > 0 && error.cosine == 1);
}

/* Pieces of one sample each, by two ranks in another order. */
static void pieces_in_any_order_have_the_same_digits(void **state)
{
    const float values[] = {0.1f, 2.7f, 1e-20f, 3.3f, 0.7f, 1e20f, 0.3f, 1.1f};
    struct numbers all = begin(), one = begin(), other = begin();

    (void)state;
    for (int i = 0; i < 8; i += 2)
        add(&all, values + i, 2);
    add(&other, values + 6, 2);
    add(&other, values + 2, 2);
    add(&one, values + 4, 2);
    add(&one, values, 2);
    for (int i = 0; i < TENSOR_ERROR_SUMS; i++)
        one.sums[i] += other.sums[i];
    for (int i = 0; i < 16; i++)
        one.maxima[i] = fmax(one.maxima[i], other.maxima[i]);
    assert_memory_equal(one.sums, all.sums, sizeof all.sums);
    assert_memory_equal(one.maxima, all.maxima, sizeof all.maxima);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values_have_known_errors),
        cmocka_unit_test(a_channel_that_never_changed_is_not_dead),
        cmocka_unit_test(pieces_in_any_order_have_the_same_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
