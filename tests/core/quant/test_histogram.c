#include "core/quant/histogram.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct histogram histogram, part;

static void fill(struct histogram *filled, const float *values, size_t count)
{
    struct range range = range_empty();

    range_add(&range, values, count);
    histogram_init(filled, range, HISTOGRAM_BINS);
    histogram_add(filled, values, count);
}

static int64_t count_of(const struct histogram *filled)
{
    int64_t count = filled->zeros + filled->below + filled->above;

    for (int bin = 0; bin < HISTOGRAM_BINS; bin++)
        count += filled->counts[bin];
    return count;
}

static void an_empty_range_has_nothing_between_its_ends(void **state)
{
    struct range range = range_empty();

    (void)state;
    assert_true(range.low > range.high);
    range_add(&range, NULL, 0);
    assert_true(range.low > range.high);
}

static void a_range_grows_with_every_call(void **state)
{
    struct range range = range_empty();

    (void)state;
    range_add(&range, (const float[]){-3}, 1);
    assert_true(range.low == -3 && range.high == -3);
    range_add(&range, (const float[]){-2, 5, 1}, 3);
    assert_true(range.low == -3 && range.high == 5);
}

static void ends_of_the_range_are_in_the_end_bins(void **state)
{
    const float values[] = {-1, 1, 0.9999f};

    (void)state;
    fill(&histogram, values, 3);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BINS - 1], 2);
}

static void values_beyond_the_range_are_counted_apart(void **state)
{
    const float values[] = {-FLT_MAX, -1.5f, 7, FLT_MAX, FLT_MAX};

    (void)state;
    histogram_init(&histogram, (struct range){-1, 1}, HISTOGRAM_BINS);
    histogram_add(&histogram, values, 5);
    assert_int_equal(histogram.below, 2);
    assert_int_equal(histogram.above, 3);
    assert_int_equal(count_of(&histogram), 5);
    histogram_add(&histogram, (const float[]){-1, 1, 1}, 3);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BINS - 1], 2);
}

static void the_inner_range_is_that_of_magnitudes_up_to_an_eighth(void **state)
{
    enum { MANY = 333, LAST = MANY - 1 };
    static float values[MANY];
    static const int places[] = {0, 63, 64, 300, LAST}; /* whole lanes, and the rest */

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (int k = 0; k < MANY; k++)
            values[k] = k % 2 ? -8 : 1.25f;
        values[places[i]] = -0.75f;
        values[(places[i] + 100) % MANY] = 1;
        fill(&histogram, values, MANY);
        assert_true(histogram.inner.low == -0.75f && histogram.inner.high == 1);
    }
    fill(&histogram, (const float[]){3, -8, 2}, 3);
    assert_true(histogram.inner.low > histogram.inner.high);
}

static void zeros_are_counted_apart(void **state)
{
    const float values[] = {0, -0.f, 1e-40f, 1, 0};

    (void)state;
    fill(&histogram, values, 5);
    assert_int_equal(histogram.zeros, 3);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(count_of(&histogram), 5);
}

static float wave(int i)
{
    return i % 3 ? sinf((float)i) * expf(cosf((float)i * 0.7f)) : 0;
}

static void merge(struct histogram *sum, const struct histogram *other)
{
    sum->zeros += other->zeros;
    sum->below += other->below;
    sum->above += other->above;
    sum->inner.low = fminf(sum->inner.low, other->inner.low);
    sum->inner.high = fmaxf(sum->inner.high, other->inner.high);
    for (int bin = 0; bin < HISTOGRAM_BINS; bin++)
        sum->counts[bin] += other->counts[bin];
}

static void merged_parts_equal_the_whole(void **state)
{
    enum { COUNT = 20000, PART = 700 };
    static float values[COUNT];
    static struct histogram sum;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        values[i] = wave(i);
    fill(&histogram, values, COUNT);
    histogram_init(&sum, histogram.range, HISTOGRAM_BINS);
    for (int first = 0; first < COUNT; first += PART) {
        histogram_init(&part, histogram.range, HISTOGRAM_BINS);
        histogram_add(&part, values + first,
                      COUNT - first < PART ? COUNT - first : PART);
        merge(&sum, &part);
    }
    assert_memory_equal(&sum, &histogram, sizeof sum);
    assert_int_equal(count_of(&sum), COUNT);
}

/* The bin of a histogram that one value is counted in. */
static int bin_of(float value, struct range range, int bins)
{
    histogram_init(&part, range, bins);
    histogram_add(&part, &value, 1);
    for (int bin = 0; bin < bins; bin++)
        if (part.counts[bin])
            return bin;
    return -1;
}

static void there_are_as_many_bins_as_asked_for(void **state)
{
    const struct range range = {-2, 3};

    (void)state;
    assert_int_equal(bin_of(-2, range, 5), 0);
    assert_int_equal(bin_of(-0.5f, range, 5), 1);
    assert_int_equal(bin_of(2.5f, range, 5), 4);
    assert_int_equal(bin_of(3, range, 5), 4);
    histogram_init(&part, range, 5);
    assert_true(histogram_bin_width(&part) == 1);
    assert_true(histogram_bin_centre(&part, 1) == -0.5);
}

static void zeros_go_where_values_next_to_zero_are(void **state)
{
    static const struct {
        struct range range;
        int bins, bin;
    } cases[] = {
        {{-2, 3}, 5, 2}, {{-1, 1}, 101, 50}, {{0, 4}, 7, 0},   {{-4, 0}, 7, 6},
        {{0, 0}, 7, 0},  {{1, 2}, 7, 0},     {{-2, -1}, 7, 6}, {{-0.25f, 1}, 4096, 819},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        histogram_init(&histogram, cases[i].range, cases[i].bins);
        histogram_add(&histogram, (const float[]){0, 0}, 2);
        assert_int_equal(histogram.zeros, 2);
        histogram_put_zeros_in_their_bin(&histogram);
        assert_int_equal(histogram.zeros, 0);
        assert_int_equal(histogram.counts[cases[i].bin], 2);
        assert_int_equal(count_of(&histogram), 2);
    }
}

static void one_value_is_one_point(void **state)
{
    static const float values[] = {0.3f, -7e-30f, 2e30f, FLT_MIN};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct distribution distribution;

        fill(&histogram, (const float[]){values[i], values[i]}, 2);
        distribution = distribution_of_histogram(&histogram);
        assert_int_equal(distribution.count, 1);
        assert_true(distribution.values[0] == (double)values[i]);
        assert_true(distribution.weights[0] == 2);
        assert_true(distribution_magnitude(&distribution) == fabs((double)values[i]));
        distribution_clear(&distribution);
    }
}

static void zeros_alone_are_the_point_zero(void **state)
{
    struct distribution distribution;

    (void)state;
    fill(&histogram, (const float[]){0, 0, 0}, 3);
    distribution = distribution_of_histogram(&histogram);
    assert_int_equal(distribution.count, 1);
    assert_true(distribution.values[0] == 0 && distribution.weights[0] == 3);
    assert_true(distribution_magnitude(&distribution) == 0);
    distribution_clear(&distribution);
}

static void nothing_seen_gives_no_points(void **state)
{
    struct distribution distribution;

    (void)state;
    histogram_init(&histogram, range_empty(), HISTOGRAM_BINS);
    distribution = distribution_of_histogram(&histogram);
    assert_int_equal(distribution.count, 0);
    assert_true(distribution_magnitude(&distribution) == 0);
    distribution_clear(&distribution);
}

/* Histograms of one value each: its point must be near. */
static void points_are_within_half_a_bin_of_their_values(void **state)
{
    static const float scales[] = {1e-30f, 1, 1e30f};

    (void)state;
    for (int i = 0; i < 3; i++) {
        float scale = scales[i];
        double half_bin = (double)scale * 5 / HISTOGRAM_BINS / 2;

        for (int k = 1; k < 500; k++) {
            float value = scale * (-3 + 0.01f * (float)k);
            struct distribution distribution;

            histogram_init(&histogram, (struct range){-3 * scale, 2 * scale},
                           HISTOGRAM_BINS);
            histogram_add(&histogram, &value, 1);
            distribution = distribution_of_histogram(&histogram);
            assert_int_equal(distribution.count, 1);
            assert_true(fabs(distribution.values[0] - (double)value) <=
                        half_bin * 1.0001);
            distribution_clear(&distribution);
        }
    }
}

static void every_value_is_a_point_of_its_distribution(void **state)
{
    const float values[] = {1, -4, 0, 1};
    struct distribution distribution = distribution_of_values(values, 4);

    (void)state;
    assert_int_equal(distribution.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(distribution.values[i] == (double)values[i]);
        assert_true(distribution.weights[i] == 1);
    }
    assert_true(distribution_magnitude(&distribution) == 4);
    distribution_clear(&distribution);
    assert_int_equal(distribution.count, 0);
}

/* `near` values at 1, so many at `far`, and zeros. */
static void fill_two(int near, int far_count, float far)
{
    static float values[20000];
    int count = 0;

    for (int i = 0; i < near; i++)
        values[count++] = i % 2 ? 1 : -1;
    for (int i = 0; i < far_count; i++)
        values[count++] = i % 2 ? -far : far;
    for (int i = 0; i < 500; i++)
        values[count++] = 0;
    fill(&histogram, values, (size_t)count);
}

static void bins_are_coarse_where_most_values_are_near_zero(void **state)
{
    static const struct {
        int near, far_count;
        float far;
        bool coarse;
    } cases[] = {
        {300, 100, 40, true},   {300, 101, 40, false}, {300, 100, 30, false},
        {300, 2, 1e30f, true},  {3, 1, 1e4f, true},    {2, 1, 1e4f, false},
        {300, 0, 1e30f, false}, {0, 3, 1e30f, false},  {0, 0, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill_two(cases[i].near, cases[i].far_count, cases[i].far);
        assert_int_equal(histogram_is_coarse(&histogram), cases[i].coarse);
    }
}

static void far_outliers_are_few_and_eight_times_as_far(void **state)
{
    static const struct {
        int near, far_count;
        float far;
        bool are_there;
    } cases[] = {
        {99, 1, 9, true},     {98, 1, 9, false},        {99, 1, 7.9f, false},
        {198, 2, 9, true},    {197, 2, 9, false},       {1584, 16, 9, true},
        {1900, 17, 9, false}, {16983, 17, 9, true},     {16982, 17, 9, false},
        {17000, 0, 9, false}, {16983, 17, 1e30f, true}, {0, 1, 9, false},
        {0, 200, 9, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill_two(cases[i].near, cases[i].far_count, cases[i].far);
        assert_int_equal(histogram_has_far_outliers(&histogram), cases[i].are_there);
    }
}

static void ends_become_points_from_the_outermost_inwards(void **state)
{
    static const double expected[][2] = {{-4.5, 2}, {4.5, 1}, {-3.5, 1}, {3.5, 4}};
    struct distribution distribution = {0};

    (void)state;
    histogram_init(&histogram, (struct range){-5, 5}, 10);
    histogram_add(&histogram,
                  (const float[]){-4.5, -4.4f, -3.3f, -3.5f, 0, 1, 3.1f, 3.2f, 3.3f,
                                  3.4f, 3.5f, 5},
                  12);
    distribution_add_ends(&distribution, &histogram, 3, 5);
    assert_int_equal(distribution.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(distribution.values[i] == expected[i][0]);
        assert_true(distribution.weights[i] == expected[i][1]);
    }
    distribution_clear(&distribution);
}

static void points_beyond_a_range_can_be_left_out(void **state)
{
    struct distribution distribution =
        distribution_of_values((const float[]){-3, 0, 2, 2.5f, 4, -2}, 6);

    (void)state;
    distribution_keep(&distribution, (struct range){-2, 2.5f});
    assert_int_equal(distribution.count, 4);
    assert_true(distribution.values[1] == 2 && distribution.values[3] == -2);
    distribution_clear(&distribution);
}

static void the_least_clip_goes_with_the_lower_half(void **state)
{
    static const float many[] = {3, -3, 3, 0, 0, 0, 0, 1e30f, -100};
    struct distribution distribution = distribution_of_values(many, 9);
    double least = distribution_least_clip(&distribution);

    (void)state;
    assert_true(least > 3. / 17 && least <= 3. / 8);
    distribution_clear(&distribution);
    distribution = distribution_of_values((const float[]){0, 0}, 2);
    assert_true(distribution_least_clip(&distribution) == 0);
    distribution_clear(&distribution);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_range_has_nothing_between_its_ends),
        cmocka_unit_test(a_range_grows_with_every_call),
        cmocka_unit_test(ends_of_the_range_are_in_the_end_bins),
        cmocka_unit_test(values_beyond_the_range_are_counted_apart),
        cmocka_unit_test(the_inner_range_is_that_of_magnitudes_up_to_an_eighth),
        cmocka_unit_test(zeros_are_counted_apart),
        cmocka_unit_test(merged_parts_equal_the_whole),
        cmocka_unit_test(there_are_as_many_bins_as_asked_for),
        cmocka_unit_test(zeros_go_where_values_next_to_zero_are),
        cmocka_unit_test(one_value_is_one_point),
        cmocka_unit_test(zeros_alone_are_the_point_zero),
        cmocka_unit_test(nothing_seen_gives_no_points),
        cmocka_unit_test(points_are_within_half_a_bin_of_their_values),
        cmocka_unit_test(every_value_is_a_point_of_its_distribution),
        cmocka_unit_test(bins_are_coarse_where_most_values_are_near_zero),
        cmocka_unit_test(far_outliers_are_few_and_eight_times_as_far),
        cmocka_unit_test(ends_become_points_from_the_outermost_inwards),
        cmocka_unit_test(points_beyond_a_range_can_be_left_out),
        cmocka_unit_test(the_least_clip_goes_with_the_lower_half),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
