#include "core/quant/clip_ocs.h"

#include "core/base/memory.h"
#include "core/quant/clip_kld.h"
#include "tests/support/golden.h"

#include <string.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct error err;

static struct histogram histogram;

static struct range range_of(const float *values, size_t count)
{
    struct range range = range_empty();

    range_add(&range, values, count);
    return range;
}

static struct range symmetric(struct range range)
{
    float most = (float)range_magnitude(range);

    return (struct range){-most, most};
}

static void fill(const float *values, size_t count, struct range range, int bins)
{
    histogram_init(&histogram, range, bins);
    histogram_add(&histogram, values, count);
    histogram_put_zeros_in_their_bin(&histogram);
}

static double clip_mse(const float *values, size_t count, int bits)
{
    double clip;

    fill(values, count, range_of(values, count), CLIP_OCS_MSE_BINS);
    if (clip_ocs_mse(&histogram, bits, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

static double clip_aciq(const float *values, size_t count, int bits)
{
    struct distribution distribution = distribution_of_values(values, count);
    struct range range = range_of(values, count);
    double clip;

    fill(values, count, symmetric(range), CLIP_OCS_ACIQ_BINS);
    if (clip_ocs_aciq(&histogram, &distribution, range, bits, &clip, &err) < 0)
        fail_msg("%s", err.text);
    distribution_clear(&distribution);
    return clip;
}

static double clip_kl(const float *values, size_t count, int bits)
{
    double clip;

    fill(values, count, symmetric(range_of(values, count)), CLIP_OCS_KL_BINS);
    if (clip_kld(&histogram, (1 << bits) - 1, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

/* Values next to -1, 0 and 1, and one of them far out: only a step of 1 has no error but theirs. */
static void the_least_squared_error_is_found(void **state)
{
    float values[1001];

    (void)state;
    for (int i = 0; i < 1000; i++)
        values[i] = (float)(i % 3 - 1);
    values[1000] = 2;
    assert_true(clip_mse(values, 1001, 2) == 0.01 * 50 * 2);
}

static void a_clip_is_at_most_99_hundredths_by_squared_error(void **state)
{
    static const float values[] = {-1, 1, 1, -1};

    (void)state;
    assert_true(clip_mse(values, 4, 8) == 0.01 * 99);
}

static void values_that_allow_no_clip_fail_with_a_sentence(void **state)
{
    static const float zeros[] = {0, 0}, same[] = {3, 3};
    struct distribution distribution = distribution_of_values(same, 2);
    double clip = 5;

    (void)state;
    fill(zeros, 2, range_of(zeros, 2), CLIP_OCS_MSE_BINS);
    assert_int_equal(clip_ocs_mse(&histogram, 4, &clip, &err), -1);
    assert_string_equal(err.text,
                        "all values are zero: no step can be chosen for them");
    fill(same, 2, symmetric(range_of(same, 2)), CLIP_OCS_ACIQ_BINS);
    assert_int_equal(
        clip_ocs_aciq(&histogram, &distribution, range_of(same, 2), 4, &clip, &err),
        -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "the values do not spread: no step can be chosen for them");
    assert_true(clip == 5);
    distribution_clear(&distribution);
}

/* ---- the reference ------------------------------------------------------------------------ */

static float *golden_values(json_t *array, size_t *count)
{
    float *values;

    *count = json_array_size(array);
    values = memory_get(*count * sizeof *values);
    for (size_t i = 0; i < *count; i++)
        values[i] = (float)json_number_value(json_array_get(array, i));
    return values;
}

static bool is_near(double clip, double expected)
{
    return fabs(clip / expected - 1) < 1e-6;
}

static void assert_clip(json_t *item, const char *rule, double clip)
{
    double expected = json_number_value(golden_at(golden_at(item, rule), "alpha_f64"));

    if (!is_near(clip, expected))
        fail_msg("%s, %d bits, %s: %.9g, the reference has %.9g",
                 json_string_value(golden_at(item, "sample")),
                 (int)json_integer_value(golden_at(item, "bits")), rule, clip,
                 expected);
}

/* Near ties are decided by the rounding of floats there. */
static void assert_clip_is_acceptable(json_t *item, double clip)
{
    size_t index;
    json_t *one;

    json_array_foreach(golden_at(item, "kl.acceptable"), index, one)
    {
        if (is_near(clip, json_number_value(golden_at(one, "alpha"))))
            return;
    }
    assert_clip(item, "kl", clip);
}

static void clips_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_ocs.json");
    size_t index;
    json_t *item;

    (void)state;
    if (!golden)
        skip();
    assert_int_equal(json_array_size(golden_at(golden, "clip_cases")), 42);
    json_array_foreach(golden_at(golden, "clip_cases"), index, item)
    {
        const char *name = json_string_value(golden_at(item, "sample"));
        int bits = (int)json_integer_value(golden_at(item, "bits"));
        size_t count;
        float *values =
            golden_values(json_object_get(golden_at(golden, "samples"), name), &count);

        assert_clip(item, "mse", clip_mse(values, count, bits));
        assert_clip(item, "aciq", clip_aciq(values, count, bits));
        assert_clip_is_acceptable(item, clip_kl(values, count, bits));
        free(values);
    }
    json_decref(golden);
}

static void assert_counts(json_t *all, const char *key, const float *values,
                          size_t count, struct range range, int bins)
{
    json_t *counts = golden_at(golden_at(all, key), "counts");

    fill(values, count, range, bins);
    assert_int_equal(json_array_size(counts), bins);
    for (int bin = 0; bin < bins; bin++)
        assert_int_equal(histogram.counts[bin],
                         json_number_value(json_array_get(counts, (size_t)bin)));
}

static void histograms_equal_the_reference(void **state)
{
    json_t *golden = golden_open("golden_ocs.json");
    const char *name;
    json_t *all;

    (void)state;
    if (!golden)
        skip();
    json_object_foreach(golden_at(golden, "histograms_f64"), name, all)
    {
        size_t count;
        float *values =
            golden_values(json_object_get(golden_at(golden, "samples"), name), &count);
        struct range range = range_of(values, count);

        assert_counts(all, "mse201", values, count, range, CLIP_OCS_MSE_BINS);
        assert_counts(all, "aciq101", values, count, symmetric(range),
                      CLIP_OCS_ACIQ_BINS);
        assert_counts(all, "kl1001", values, count, symmetric(range), CLIP_OCS_KL_BINS);
        free(values);
    }
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_squared_error_is_found),
        cmocka_unit_test(a_clip_is_at_most_99_hundredths_by_squared_error),
        cmocka_unit_test(values_that_allow_no_clip_fail_with_a_sentence),
        cmocka_unit_test(clips_equal_the_reference),
        cmocka_unit_test(histograms_equal_the_reference),
    };

    return cmocka_run_group_tests_name("clip_ocs", tests, NULL, NULL);
}
