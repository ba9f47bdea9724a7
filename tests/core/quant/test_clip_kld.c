#include "core/quant/clip_kld.h"

#include "core/base/memory.h"
#include "tests/support/golden.h"
#include "tests/support/golden_tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct error err;

static struct histogram histogram;

static double clip_of(int levels)
{
    double clip;

    if (clip_kld(&histogram, levels, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

static double clip_one_sided_of(int levels)
{
    double clip;

    if (clip_kld_one_sided(&histogram, levels, &clip, &err) < 0)
        fail_msg("%s", err.text);
    return clip;
}

/* So many values in bins [first, end), and one value at the end of the range. */
static void fill_evenly(struct range range, int bins, int first, int end)
{
    histogram_init(&histogram, range, bins);
    for (int bin = first; bin < end; bin++)
        histogram.counts[bin] = 1000;
    histogram.counts[bins - 1] = 1;
}

/* Of values that are spread evenly but for one far away, the clip is at the end of the even ones:
 * beyond them there is nothing to lose, and runs that reach further do not fit them. */
static void a_lonely_value_is_clipped_on_one_side(void **state)
{
    (void)state;
    fill_evenly((struct range){0, 1}, 256, 0, 128);
    assert_true(clip_one_sided_of(16) < 0.6);
    assert_true(clip_one_sided_of(16) > 0.45);
}

/* Counts that fall off from the centre, but never to zero. */
static void the_tail_is_clipped_where_there_are_few_levels(void **state)
{
    double few, many;

    (void)state;
    histogram_init(&histogram, (struct range){-1, 1}, 201);
    for (int bin = 0; bin < 201; bin++)
        histogram.counts[bin] = 1 + (int64_t)(1e6 * exp(-0.1 * abs(bin - 100)));
    few = clip_of(3);
    many = clip_of(31);
    assert_true(few < many);
    assert_true(many < 1);
}

static void even_values_are_not_clipped(void **state)
{
    (void)state;
    fill_evenly((struct range){-3, 3}, 201, 0, 201);
    histogram.counts[200] = 1000;
    assert_true(clip_of(7) > 2.8);
    fill_evenly((struct range){0, 3}, 256, 0, 256);
    histogram.counts[255] = 1000;
    assert_true(clip_one_sided_of(16) > 2.8);
}

static void clips_go_with_the_range(void **state)
{
    double clip;

    (void)state;
    fill_evenly((struct range){-1, 1}, 201, 50, 151);
    clip = clip_of(15);
    histogram.range = (struct range){-1024, 1024};
    assert_true(clip_of(15) == 1024 * clip);
}

static void nothing_to_look_at_fails_with_a_sentence(void **state)
{
    double clip = 5;

    (void)state;
    histogram_init(&histogram, (struct range){0, 0}, 201);
    histogram.counts[0] = 3;
    assert_int_equal(clip_kld(&histogram, 7, &clip, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_string_equal(err.text,
                        "all values are zero: no step can be chosen for them");
    histogram_init(&histogram, (struct range){0, 1}, 201);
    histogram.zeros = 9; /* these are not looked at */
    assert_int_equal(clip_kld_one_sided(&histogram, 16, &clip, &err), -1);
    assert_int_equal(err.code, EXIT_INPUT);
    assert_true(clip == 5);
}

/* ---- the reference ------------------------------------------------------------------------ */

static void fill_with(const struct distribution *distribution, struct range range,
                      int bins)
{
    float *values = memory_get(distribution->count * sizeof *values);

    for (size_t i = 0; i < distribution->count; i++)
        values[i] = (float)distribution->values[i];
    histogram_init(&histogram, range, bins);
    histogram_add(&histogram, values, distribution->count);
    free(values);
}

static void assert_clip(json_t *item, const char *key, double clip)
{
    double expected = json_number_value(golden_at(golden_at(item, key), "alpha"));

    if (fabs(clip / expected - 1) > 1e-6)
        fail_msg("%s, %d bits, %s: %.9g, the reference has %.9g",
                 json_string_value(golden_at(item, "tensor")),
                 (int)json_integer_value(golden_at(item, "bits")), key, clip, expected);
}

static void compare_case(json_t *item, const struct distribution *distribution,
                         enum grid grid, void *context)
{
    float most = (float)distribution_magnitude(distribution);
    int bits = (int)json_integer_value(golden_at(item, "bits"));

    (void)grid;
    (void)context;
    fill_with(distribution, (struct range){-most, most}, CLIP_KLD_BINS);
    histogram_put_zeros_in_their_bin(&histogram);
    assert_clip(item, "two_sided", clip_of((1 << bits) - 1));
    if (!json_object_get(item, "one_sided"))
        return;
    fill_with(distribution, (struct range){0, most}, CLIP_KLD_MAGNITUDE_BINS);
    assert_clip(item, "one_sided", clip_one_sided_of(1 << bits));
}

static void clips_equal_the_reference(void **state)
{
    (void)state;
    golden_tensor_compare("g_kld.cases", false, 20, compare_case, NULL);
}

static void clips_of_network_weights_equal_the_reference(void **state)
{
    (void)state;
    golden_tensor_compare("g_kld.cases", true, 8, compare_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lonely_value_is_clipped_on_one_side),
        cmocka_unit_test(the_tail_is_clipped_where_there_are_few_levels),
        cmocka_unit_test(even_values_are_not_clipped),
        cmocka_unit_test(clips_go_with_the_range),
        cmocka_unit_test(nothing_to_look_at_fails_with_a_sentence),
        cmocka_unit_test(clips_equal_the_reference),
        cmocka_unit_test(clips_of_network_weights_equal_the_reference),
    };

    return cmocka_run_group_tests_name("clip_kld", tests, NULL, NULL);
}
